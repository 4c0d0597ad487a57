import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Panel } from '../shown/panel.tsx'
import { ToldText } from '../shown/told.tsx'
import { type Built, build, type Draft, withExp } from '../work/build.ts'
import type { GivenText } from '../work/keys.ts'

interface BuildProps {
  readonly draft: Draft
  readonly given: GivenText
  readonly now: number
  readonly onDraft: (draft: Draft) => void
  readonly onGiven: (given: GivenText) => void
}

const LIVES: readonly (readonly [text: string, seconds: number])[] = [
  ['+15m', 900],
  ['+1h', 3600],
]

/** Header and claims to edit, and the token that they make with the key: signed, or encrypted where the header says enc. */
export function Build({ draft, given, now, onDraft, onGiven }: BuildProps): JSX.Element {
  const built = useBuilt(draft, given)
  const faultOf = (of: string): JSX.Element | false =>
    built.kind === 'fault' && built.of === of && <ToldText told={built.told} />
  return (
    <div class="level">
      <div class="verdict">
        <div role="status" id="status">
          {built.kind === 'token' ? (
            <p class="good">
              <span aria-hidden="true">✓</span> Made anew with each edit
            </p>
          ) : (
            <p class="neutral">
              <span aria-hidden="true">–</span>{' '}
              {built.kind === 'nothing' ? 'Give a private key or a secret to sign with.' : 'No token yet.'}
            </p>
          )}
        </div>
      </div>
      <div class="given">
        <Panel number={1} title="Token" {...(built.kind === 'token' && { about: `${built.token.length} characters` })}>
          <textarea
            id="built"
            aria-label="Token that was made"
            rows={8}
            readOnly
            value={built.kind === 'token' ? built.token : ''}
          />
        </Panel>
        <Panel number={4} title="Key">
          <textarea
            id="key"
            aria-label="Key"
            rows={5}
            spellcheck={false}
            autocomplete="off"
            value={given.text}
            onInput={(event) => onGiven({ ...given, text: event.currentTarget.value })}
          />
          <p class="hint">A private key or a secret signs; a public key or a secret encrypts. It stays in this page.</p>
          {faultOf('key')}
        </Panel>
      </div>
      <div class="result">
        <Panel number={2} title="Header">
          <Editor
            id="edit-header"
            label="Header"
            value={draft.header}
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
              onClick={() => onDraft({ ...draft, payload: withExp(draft.payload, now + seconds) })}
            >
              exp {text}
            </button>
          ))}
        >
          <Editor
            id="edit-claims"
            label="Claims"
            value={draft.payload}
            onValue={(payload) => onDraft({ ...draft, payload })}
          />
          {faultOf('payload')}
        </Panel>
      </div>
    </div>
  )
}

interface EditorProps {
  readonly id: string
  readonly label: string
  readonly value: string
  readonly onValue: (value: string) => void
}

function Editor({ id, label, value, onValue }: EditorProps): JSX.Element {
  return (
    <textarea
      id={id}
      aria-label={label}
      rows={Math.min(24, Math.max(4, value.split('\n').length + 1))}
      spellcheck={false}
      autocomplete="off"
      autocapitalize="off"
      value={value}
      onInput={(event) => onValue(event.currentTarget.value)}
    />
  )
}

function useBuilt(draft: Draft, given: GivenText): Built {
  const [built, setBuilt] = useState<Built>({ kind: 'nothing' })
  useEffect(() => {
    let isOver = false
    void build(draft, given).then((one) => {
      if (!isOver) setBuilt(one)
    })
    return () => {
      isOver = true
    }
  }, [draft, given])
  return built
}
