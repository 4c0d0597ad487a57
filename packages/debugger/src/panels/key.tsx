import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import { base64 } from '../../../countersign/src/bytes.ts'
import { looksLikeDer } from '../../../countersign/src/key/outline.ts'
import { Panel, useId } from '../shown/panel.tsx'
import { ToldText } from '../shown/told.tsx'
import type { Expected } from '../work/judge.ts'
import { briefly, type GivenText, isPrivate, isSecret, type KeysRead } from '../work/keys.ts'
import { SPELLINGS } from '../work/offers.ts'
import { isEncryptedPem } from '../work/pkcs8.ts'
import { Fetching } from './fetching.tsx'

interface KeyProps {
  readonly given: GivenText
  readonly read: KeysRead
  readonly hint: ComponentChildren
  /** It makes a token, and what it has to be is said all the time. */
  readonly isBuilding: boolean
  readonly onGiven: (given: GivenText) => void
  /** How the command gets the key; nothing where it is not asked for. */
  readonly line?: string
  /** Buttons beside the field. */
  readonly actions?: ComponentChildren
  readonly children?: ComponentChildren
}

/** The key: pasted, dropped or typed; what it is; and how it is meant where that cannot be seen. */
export function KeyPanel({ given, read, hint, isBuilding, onGiven, line, actions, children }: KeyProps): JSX.Element {
  const id = useId('key')
  const [isShown, setShown] = useState(false)
  const [isOver, setOver] = useState(false)
  const { text } = given
  const isHidden = !isShown && isPrivate(text)
  const isLocked = isEncryptedPem(text)
  // Whatever was chosen for another key is over with it.
  const put = (next: string): void => {
    const { kid: _, passphrase: __, ...rest } = given
    onGiven({ ...rest, text: next })
  }
  const drop = async (event: DragEvent): Promise<void> => {
    event.preventDefault()
    setOver(false)
    const [file] = event.dataTransfer?.files ?? []
    const dropped = event.dataTransfer?.getData('text/plain') ?? ''
    if (file) put(await textOf(file))
    else if (dropped !== '') put(dropped)
  }
  return (
    <Panel
      number={4}
      title="Key"
      actions={
        <>
          {actions}
          <FileButton onText={put} />
          <button
            type="button"
            disabled={!isPrivate(text)}
            onClick={() => setShown(!isShown)}
            aria-label={isHidden ? 'Show the key' : 'Hide the key'}
          >
            {isHidden ? 'Show' : 'Hide'}
          </button>
        </>
      }
    >
      <textarea
        id={id}
        class={`${isHidden ? 'hidden' : ''}${isOver ? ' over' : ''}`}
        aria-label="Key"
        aria-describedby={`${id}-hint`}
        rows={5}
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        translate={false}
        value={text}
        onInput={(event) => put(event.currentTarget.value)}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      />
      <p id={`${id}-hint`} class="hint">
        {read.kind === 'keys' ? (
          <>
            <strong>{read.keys.title}</strong> ({read.keys.form})
          </>
        ) : (
          <>{hint} It stays in this page.</>
        )}
      </p>
      {read.kind === 'keys' && isBuilding && <p class="hint">{hint}</p>}
      {isSecret(text) && <Spelling given={given} onGiven={onGiven} />}
      {isLocked && (
        <label class="field">
          Passphrase{' '}
          <input
            type="password"
            autocomplete="off"
            value={given.passphrase ?? ''}
            onInput={(event) => onGiven({ ...given, passphrase: event.currentTarget.value })}
          />
        </label>
      )}
      {read.kind === 'keys' && read.keys.kids.length > 0 && (
        <label class="field">
          Key of the set{' '}
          <select
            value={given.kid ?? ''}
            onChange={(event) => onGiven({ ...given, kid: event.currentTarget.value || undefined })}
          >
            <option value="">the one that the token names</option>
            {read.keys.kids.map((kid) => (
              <option value={kid}>kid {briefly(kid)}</option>
            ))}
          </select>
        </label>
      )}
      {read.kind === 'fault' && <ToldText told={read.told} />}
      {children}
      {line !== undefined && <Fetching line={line} text={given.text} onText={put} />}
    </Panel>
  )
}

function Spelling({ given, onGiven }: Pick<KeyProps, 'given' | 'onGiven'>): JSX.Element {
  const name = useId('spelling')
  return (
    <fieldset>
      <legend>The secret is written as</legend>
      {SPELLINGS.map(([spelling, text]) => (
        <label>
          <input
            type="radio"
            name={name}
            checked={given.spelling === spelling}
            onChange={() => onGiven({ ...given, spelling })}
          />{' '}
          {text}
        </label>
      ))}
      <label>
        <input
          type="checkbox"
          checked={given.allowWeak}
          onChange={(event) => onGiven({ ...given, allowWeak: event.currentTarget.checked })}
        />{' '}
        accept a weak one
      </label>
    </fieldset>
  )
}

/** Chooses a file, by mouse or keyboard. */
function FileButton({ onText }: { readonly onText: (text: string) => void }): JSX.Element {
  const id = useId('key-file')
  return (
    <>
      <input
        id={id}
        type="file"
        hidden
        onChange={async (event) => {
          const input = event.currentTarget
          const [file] = input.files ?? []
          if (file) onText(await textOf(file))
          input.value = ''
        }}
      />
      <button type="button" onClick={() => document.getElementById(id)?.click()}>
        Open a file
      </button>
    </>
  )
}

/** The text of a file; what is DER, or no text, in base64. */
async function textOf(file: Blob): Promise<string> {
  const bytes = new Uint8Array(await file.slice(0, MOST_OCTETS).arrayBuffer())
  if (looksLikeDer(bytes)) return base64(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return base64(bytes)
  }
}

/** More than any key or set has. */
const MOST_OCTETS = 1024 * 1024

interface ExpectedProps {
  readonly expected: Expected
  readonly onExpected: (expected: Expected) => void
}

/** What is expected of the claims. */
export function Expectations({ expected, onExpected }: ExpectedProps): JSX.Element {
  return (
    <fieldset class="expected">
      <legend>What is expected; empty is not checked</legend>
      {(['iss', 'aud', 'typ'] as const).map((name) => (
        <label>
          {name}{' '}
          <input
            type="text"
            spellcheck={false}
            autocomplete="off"
            value={expected[name]}
            onInput={(event) => onExpected({ ...expected, [name]: event.currentTarget.value })}
          />
        </label>
      ))}
      <label>
        leeway (s){' '}
        <input
          type="number"
          min={0}
          max={3600}
          value={expected.leeway}
          onInput={(event) => {
            const leeway = event.currentTarget.valueAsNumber
            if (leeway >= 0 && leeway <= 3600) onExpected({ ...expected, leeway })
          }}
          onBlur={(event) => {
            // What is none was not taken, and does not stay there as if it were.
            event.currentTarget.value = String(expected.leeway)
          }}
        />
      </label>
    </fieldset>
  )
}
