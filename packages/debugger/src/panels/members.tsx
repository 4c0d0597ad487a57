import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { TIME_CLAIMS } from '../../../countersign/src/diagnosis/decode-token.ts'
import { type ExactJson, numberOf, quoted, toLines, toRow } from '../../../countersign/src/diagnosis/exact-json.ts'
import { inZone, type TimeZone, toIso, toWhen } from '../../../countersign/src/diagnosis/moments.ts'
import { Json } from '../shown/json.tsx'
import { Choice, Panel } from '../shown/panel.tsx'
import { meaningOf } from '../work/meanings.ts'

interface MembersProps {
  readonly number: number
  readonly title: string
  readonly about?: string
  readonly json: ExactJson
  readonly place: 'header' | 'claim'
  readonly zone: TimeZone
  readonly now: number
}

/** A header or claims: as JSON to its last digit, or as a table that says what each member means. */
export function Members({ number, title, about, json, place, zone, now }: MembersProps): JSX.Element {
  const [view, setView] = useState<'table' | 'json'>('table')
  const isObject = json.kind === 'object'
  return (
    <Panel
      number={number}
      title={title}
      {...(about !== undefined && { about })}
      actions={
        isObject && (
          <Choice
            label={`How the ${title.toLowerCase()} is shown`}
            value={view}
            of={[
              ['table', 'Table'],
              ['json', 'JSON'],
            ]}
            onChange={setView}
          />
        )
      }
    >
      {isObject && view === 'table' ? (
        <Table members={json.members} place={place} zone={zone} now={now} />
      ) : (
        <Json json={json} />
      )}
    </Panel>
  )
}

type TableProps = Pick<MembersProps, 'place' | 'zone' | 'now'> & {
  readonly members: readonly (readonly [name: string, value: ExactJson])[]
}

const MOST_ROWS = 200

function Table({ members, place, zone, now }: TableProps): JSX.Element {
  return (
    <table>
      <tbody>
        {members.slice(0, MOST_ROWS).map(([name, value]) => {
          const meaning = meaningOf(place, name)
          return (
            <tr>
              <th scope="row">{quoted(name).slice(1, -1)}</th>
              <td>
                <Value name={name} value={value} isClaim={place === 'claim'} zone={zone} now={now} />
                {meaning && (
                  <p class="meaning">
                    {meaning.title} <span class="spec">{meaning.spec}</span>
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

type ValueProps = Pick<MembersProps, 'zone' | 'now'> & {
  readonly name: string
  readonly value: ExactJson
  readonly isClaim: boolean
}

function Value({ name, value, isClaim, zone, now }: ValueProps): JSX.Element {
  const seconds = isClaim && TIME_CLAIMS.includes(name) ? numberOf(value) : undefined
  const iso = seconds === undefined ? undefined : toIso(seconds)
  const text = toRow(value) ?? toLines(value)
  if (seconds === undefined || iso === undefined) return <code class={value.kind}>{text}</code>
  const isPast = name === 'exp' && seconds <= now
  return (
    <>
      <code class="number">{text}</code> <time dateTime={iso}>{inZone(seconds, zone)}</time>{' '}
      <span class={isPast ? 'when bad' : 'when'}>({toWhen(seconds, now)})</span>
    </>
  )
}
