import type { ComponentChildren, JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { DecodedToken } from '../../../countersign/src/diagnosis/decode-token.ts'
import { Marked } from '../shown/marked.tsx'
import { Panel, useId } from '../shown/panel.tsx'
import { NoteText, ToldText } from '../shown/told.tsx'
import { type Reading, sizeOf } from '../work/read.ts'

interface TokenProps {
  readonly text: string
  readonly reading: Reading
  /** Left out for a token that is not to be changed. */
  readonly onText?: (text: string) => void
  readonly onExample?: () => void
  /** What else can be done with the token. */
  readonly actions?: ComponentChildren
}

/** The field for the token, and what was read there. */
export function Token({ text, reading, onText, onExample, actions }: TokenProps): JSX.Element {
  const id = useId('token')
  const token = reading.kind === 'token' ? reading.token : undefined
  const shape = useMemo(() => token && shapeOf(token), [token])
  const paste = (): void => {
    navigator.clipboard.readText().then(onText, () => document.getElementById(id)?.focus())
  }
  return (
    <Panel
      number={1}
      title="Token"
      actions={
        onText && (
          <>
            <button type="button" onClick={paste}>
              Paste
            </button>
            <button type="button" onClick={onExample}>
              Show an example
            </button>
            <button type="button" disabled={text === ''} onClick={() => onText('')}>
              Clear
            </button>
            {actions}
          </>
        )
      }
    >
      <textarea
        class="token"
        {...(onText ? { id, 'aria-describedby': 'token-hint' } : { readOnly: true })}
        aria-label={onText ? 'Token' : 'Token that was inside'}
        aria-invalid={reading.kind === 'unreadable'}
        rows={7}
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        translate={false}
        value={text}
        onInput={(event) => onText?.(event.currentTarget.value)}
      />
      {onText && (
        <p id="token-hint" class="hint">
          {shape ?? 'It is found in other text, too: Bearer …, quotes, a curl line, a JSON response.'}
        </p>
      )}
      {reading.kind === 'unreadable' && (
        <>
          {reading.fault && (
            <Marked
              {...reading.fault}
              title={reading.fault.isDecoded ? `The ${reading.fault.part}, decoded` : `In the ${reading.fault.part}`}
            />
          )}
          <ToldText told={reading.told} />
        </>
      )}
      {reading.kind === 'token' && reading.token.notes.map((note) => <NoteText note={note} />)}
    </Panel>
  )
}

function shapeOf(token: DecodedToken): string {
  const parts = typeof token.token === 'string' ? `, ${token.token.split('.').length} parts` : ''
  return `${token.kind.toUpperCase()}, ${token.serialization}${parts}, ${sizeOf(token)} bytes`
}
