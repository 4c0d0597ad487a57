import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import {
  type ExactJson,
  numberOf,
  printable,
  quoted,
  toLines,
  toRow,
} from '../../../countersign/src/diagnosis/exact-json.ts'
import { inZone, type TimeZone, toIso, toWhen } from '../../../countersign/src/diagnosis/moments.ts'
import { oddTime, TIME_CLAIMS } from '../../../countersign/src/diagnosis/odd-times.ts'
import { Copy } from '../shown/copy-button.tsx'
import { Json, Long } from '../shown/json.tsx'
import { Choice, Panel, useId } from '../shown/panel.tsx'
import { meaningOf } from '../work/meanings.ts'
import { useNow } from '../work/now.ts'

interface MembersProps {
  readonly number: number
  readonly title: string
  readonly index?: number
  readonly about?: string
  readonly json: ExactJson
  readonly place: 'header' | 'claim'
  readonly zone: TimeZone
}

/** A header or claims: as JSON to its last digit, or as a table that says what each member means. */
export function Members({ number, title, index = 0, about, json, place, zone }: MembersProps): JSX.Element {
  const [view, setView] = useState<'table' | 'json'>('table')
  const isObject = json.kind === 'object'
  const shown = useMemo(
    () =>
      isObject && view === 'table' ? <Table members={json.members} place={place} zone={zone} /> : <Json json={json} />,
    [json, view, place, zone],
  )
  return (
    <Panel
      number={number}
      title={title}
      index={index}
      {...(about !== undefined && { about })}
      actions={
        <>
          {isObject && (
            <Choice
              label={`How the ${title.toLowerCase()} is shown`}
              value={view}
              of={[
                ['table', 'Table'],
                ['json', 'JSON'],
              ]}
              onChange={setView}
            />
          )}
          <Copy label={`the ${title.toLowerCase()}`} text={() => toLines(json)} />
        </>
      }
    >
      {shown}
    </Panel>
  )
}

interface TableProps extends Pick<MembersProps, 'place' | 'zone'> {
  readonly members: readonly (readonly [name: string, value: ExactJson])[]
}

const MOST_ROWS = 200

function Table({ members, place, zone }: TableProps): JSX.Element {
  const id = useId(place === 'claim' ? 'payload' : 'header')
  if (members.length === 0) return <p>empty</p>
  return (
    <table>
      <tbody>
        {members.slice(0, MOST_ROWS).map(([name, value]) => {
          const meaning = meaningOf(place, name)
          return (
            <tr id={`${id}-${name}`} tabIndex={-1}>
              <th scope="row">
                <Long text={quoted(name).slice(1, -1)} />
              </th>
              <td>
                <Value name={name} value={value} isClaim={place === 'claim'} zone={zone} />
                {meaning && (
                  <p class="meaning">
                    {meaning.meaning} <span class="spec">({meaning.spec})</span>
                  </p>
                )}
              </td>
            </tr>
          )
        })}
        {members.length > MOST_ROWS && (
          <tr>
            <td colSpan={2}>and {members.length - MOST_ROWS} more: JSON shows them all</td>
          </tr>
        )}
      </tbody>
    </table>
  )
}

interface ValueProps extends Pick<MembersProps, 'zone'> {
  readonly name: string
  readonly value: ExactJson
  readonly isClaim: boolean
}

function Value({ name, value, isClaim, zone }: ValueProps): JSX.Element {
  const text = toRow(value) ?? toLines(value)
  const code = (
    <code class={value.kind}>
      <Long text={text} />
    </code>
  )
  if (!isClaim || !TIME_CLAIMS.includes(name)) return code
  const seconds = numberOf(value)
  const odd = oddTime(name, value)
  return (
    <>
      {code}
      {seconds !== undefined && toIso(seconds) !== undefined && (
        <p class="moment">
          <Moment name={name} seconds={seconds} zone={zone} />
        </p>
      )}
      {odd !== undefined && (
        <p class="odd">
          <span aria-hidden="true">!</span> {printable(odd)}
        </p>
      )}
    </>
  )
}

interface MomentProps {
  readonly name: string
  readonly seconds: number
  readonly zone: TimeZone
}

/** A moment in a time zone, and how far it is from now. */
export function Moment({ name, seconds, zone }: MomentProps): JSX.Element {
  const now = useNow()
  const isBad = (name === 'exp' && seconds <= now) || (name === 'nbf' && seconds > now)
  return (
    <>
      <time dateTime={toIso(seconds) ?? ''}>{inZone(seconds, zone)}</time>{' '}
      <span class={isBad ? 'when bad' : 'when'}>({toWhen(seconds, now)})</span>
    </>
  )
}
