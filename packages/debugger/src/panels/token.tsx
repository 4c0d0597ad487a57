import type { JSX } from 'preact'
import { base64url, utf8 } from '../../../countersign/src/bytes.ts'
import type { DecodedToken } from '../../../countersign/src/diagnosis/decode-token.ts'
import { Panel } from '../shown/panel.tsx'
import { NoteText, ToldText } from '../shown/told.tsx'
import type { Reading } from '../work/read.ts'

interface TokenProps {
  readonly text: string
  readonly reading: Reading
  /** Left out for a token that is not to be changed. */
  readonly onText?: (text: string) => void
}

/** The field for the token, and what was read there. */
export function Token({ text, reading, onText }: TokenProps): JSX.Element {
  return (
    <Panel
      number={1}
      title="Token"
      {...(reading.kind === 'token' && { about: shapeOf(reading.token) })}
      actions={
        onText && (
          <>
            <button type="button" onClick={() => onText(example())}>
              Show an example
            </button>
            <button type="button" onClick={() => onText('')}>
              Clear
            </button>
          </>
        )
      }
    >
      <textarea
        {...(onText ? { id: 'token', 'aria-describedby': 'token-hint' } : { readOnly: true })}
        aria-label={onText ? 'Token' : 'Token that was inside'}
        rows={8}
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        translate={false}
        value={text}
        onInput={(event) => onText?.(event.currentTarget.value)}
      />
      {onText && (
        <p id="token-hint" class="hint">
          It is found in what stands around it, too: <code>Bearer …</code>, quotes, a curl line, a JSON response.
        </p>
      )}
      {reading.kind === 'unreadable' && <ToldText told={reading.told} />}
      {reading.kind === 'token' && reading.token.notes.map((note) => <NoteText note={note} />)}
    </Panel>
  )
}

function shapeOf({ kind, serialization, token }: DecodedToken): string {
  const size = new TextEncoder().encode(typeof token === 'string' ? token : JSON.stringify(token)).length
  return `${kind.toUpperCase()}, ${serialization}, ${size} bytes`
}

/** A token that was issued a minute ago. Its account is more than a float can hold, and its signature was never made. */
function example(): string {
  const iat = Math.floor(Date.now() / 1000) - 60
  const texts = [
    '{"alg":"ES256","typ":"JWT","kid":"2026-a"}',
    `{"iss":"https://id.example.com","aud":"https://api.example.com","sub":"ada","account":9007199254740993,"admin":true,"iat":${iat},"exp":${iat + 900}}`,
  ]
  return [...texts.map((text) => base64url(utf8(text))), base64url(new Uint8Array(64))].join('.')
}
