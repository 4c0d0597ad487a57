import type { JSX } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { printable } from '../../../countersign/src/diagnosis/exact-json.ts'
import { Copy } from '../shown/copy-button.tsx'
import { Marked } from '../shown/marked.tsx'
import { Panel } from '../shown/panel.tsx'
import { ToldText } from '../shown/told.tsx'
import {
  type BuildFault,
  type Built,
  build,
  type Draft,
  neededKey,
  newKey,
  parseDraft,
  withExp,
} from '../work/build.ts'
import { type Difference, differences } from '../work/diff.ts'
import type { GivenText, KeysRead } from '../work/keys.ts'
import { read, sizeOf } from '../work/read.ts'
import { KeyPanel } from './key.tsx'
import { useKeys } from './use-keys.ts'

interface BuildProps {
  readonly draft: Draft
  readonly given: GivenText
  /** What stood in the field before, to compare with. */
  readonly pasted?: string
  readonly onDraft: (draft: Draft) => void
  readonly onGiven: (given: GivenText) => void
  /** Told of each token that was made, and of nothing where there is none. */
  readonly onBuilt: (token: string) => void
}

const LIVES: readonly (readonly [text: string, seconds: number])[] = [
  ['+15m', 900],
  ['+1h', 3600],
]

/** Header and claims to edit, and the token that they make with the key: signed, or encrypted where the header says enc. */
export function Build({ draft, given, pasted = '', onDraft, onGiven, onBuilt }: BuildProps): JSX.Element {
  const parsed = useMemo(() => parseDraft(draft), [draft])
  const [shown, keys] = useKeys(given)
  const [built, isCurrent] = useBuilt(parsed, keys)
  const needed = useMemo(() => neededKey(parsed.header), [parsed])
  const token = built.kind === 'token' && isCurrent ? built.token : ''
  const { generate } = needed
  useEffect(() => onBuilt(token), [onBuilt, token])
  const faultOf = (of: BuildFault['of']): JSX.Element | false =>
    built.kind === 'fault' && built.of === of && <Fault fault={built} text={of === 'key' ? '' : draft[of]} />
  return (
    <div class="level">
      <div class="verdict">
        <div role="status" id="status">
          {built.kind === 'token' ? (
            <p class="good">
              <span aria-hidden="true">✓</span> {built.isEncrypted ? 'Encrypted' : 'Signed'} anew with each edit
            </p>
          ) : built.kind === 'nothing' ? (
            <p class="neutral">
              <span aria-hidden="true">–</span> Give a private key or a secret to sign with.
            </p>
          ) : (
            <p class="bad">
              <span aria-hidden="true">✗</span> No token: the {built.of} is at fault.
            </p>
          )}
        </div>
      </div>
      <div class="given">
        <Panel
          number={1}
          title="Token"
          {...(token !== '' && { about: `${sizeOf({ token })} bytes` })}
          actions={<Copy label="the token" text={() => token} isOff={token === ''} />}
        >
          <textarea id="built" class="token" aria-label="Token that was made" rows={7} readOnly value={token} />
          <Differences pasted={pasted} parsed={parsed} />
        </Panel>
        <KeyPanel
          given={given}
          read={shown}
          hint={needed.text}
          isBuilding
          onGiven={onGiven}
          actions={
            generate !== undefined && (
              <button
                type="button"
                onClick={async () => onGiven({ ...given, kid: undefined, text: await newKey(generate) })}
              >
                New key
              </button>
            )
          }
        >
          {keys.kind === 'keys' && faultOf('key')}
        </KeyPanel>
      </div>
      <div class="result">
        <Panel number={2} title="Header">
          <Editor
            id="edit-header"
            label="Header"
            value={draft.header}
            isBad={parsed.fault?.of === 'header'}
            onValue={(header) => onDraft({ ...draft, header })}
          />
          {faultOf('header')}
        </Panel>
        <Panel
          number={3}
          title="Claims"
          actions={LIVES.map(([text, seconds]) => (
            <button
              type="button"
              aria-label={`exp ${text} from now`}
              onClick={() => onDraft({ ...draft, payload: withExp(draft.payload, Date.now() / 1000 + seconds) })}
            >
              exp {text}
            </button>
          ))}
        >
          <Editor
            id="edit-claims"
            label="Claims"
            value={draft.payload}
            isBad={parsed.fault?.of === 'payload'}
            onValue={(payload) => onDraft({ ...draft, payload })}
          />
          {faultOf('payload')}
        </Panel>
      </div>
    </div>
  )
}

/** Around a fault so much is shown. */
const AROUND = 40

function Fault({ fault: { told, offset }, text }: { readonly fault: BuildFault; readonly text: string }): JSX.Element {
  const at = offset === undefined ? '' : String.fromCodePoint(text.codePointAt(offset) ?? 0x20)
  const line = offset === undefined ? 1 : text.slice(0, offset).split('\n').length
  return (
    <>
      {offset !== undefined && (
        <Marked
          title={`Line ${line}`}
          before={text.slice(Math.max(0, offset - AROUND), offset).replace(/^[\s\S]*\n/, '')}
          at={offset < text.length ? at : ''}
          after={text.slice(offset + at.length, offset + AROUND).replace(/\n[\s\S]*$/, '')}
        />
      )}
      <ToldText told={told} />
    </>
  )
}

const HOW: Readonly<Record<Difference['how'], string>> = {
  added: '+ added',
  changed: '~ changed',
  removed: '− removed',
}

interface DifferencesProps {
  readonly pasted: string
  readonly parsed: ReturnType<typeof parseDraft>
}

/** What the token that is made does not have in common with the one that was pasted. */
function Differences({ pasted, parsed }: DifferencesProps): JSX.Element | false {
  const reading = useMemo(() => read(pasted), [pasted])
  if (reading.kind !== 'token') return false
  const { header, payload } = reading.token
  const all = [
    ...differences(header, parsed.header).map((one) => ['header', one] as const),
    ...(payload?.json ? differences(payload.json, parsed.payload) : []).map((one) => ['claim', one] as const),
  ]
  return (
    <div class="diff">
      <h3>Against the token that was pasted</h3>
      {all.length === 0 ? (
        <p class="hint">{parsed.fault ? 'nothing to compare yet' : 'says the same'}</p>
      ) : (
        <ul>
          {all.map(([place, { name, how, was, is }]) => (
            <li class={how}>
              <strong>{HOW[how]}</strong> {place} <code>{printable(name)}</code>{' '}
              {was !== undefined && is !== undefined ? (
                <>
                  <del>{brief(was)}</del> → <ins>{brief(is)}</ins>
                </>
              ) : (
                <code>{brief(was ?? is ?? '')}</code>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

const brief = (text: string): string => (text.length > 120 ? `${text.slice(0, 120)}…` : text)

interface EditorProps {
  readonly id: string
  readonly label: string
  readonly value: string
  readonly isBad: boolean
  readonly onValue: (value: string) => void
}

function Editor({ id, label, value, isBad, onValue }: EditorProps): JSX.Element {
  return (
    <textarea
      id={id}
      aria-label={label}
      aria-invalid={isBad}
      rows={Math.min(24, Math.max(4, value.split('\n').length + 1))}
      spellcheck={false}
      autocomplete="off"
      autocapitalize="off"
      value={value}
      onInput={(event) => onValue(event.currentTarget.value)}
    />
  )
}

/** What is made, and whether it is made of what is written now: with a password it takes a while. */
function useBuilt(parsed: ReturnType<typeof parseDraft>, keys: KeysRead): readonly [built: Built, isCurrent: boolean] {
  const [made, setMade] = useState<readonly [of: unknown, keys: KeysRead, built: Built]>([
    undefined,
    keys,
    { kind: 'nothing' },
  ])
  useEffect(() => {
    let isOver = false
    void build(parsed, keys).then((one) => {
      if (!isOver) setMade([parsed, keys, one])
    })
    return () => {
      isOver = true
    }
  }, [parsed, keys])
  return [made[2], made[0] === parsed && made[1] === keys]
}
