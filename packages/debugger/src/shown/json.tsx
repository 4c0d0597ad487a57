import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { type ExactJson, toLines } from '../../../countersign/src/diagnosis/exact-json.ts'

// No JSON text has these two characters: they are always escaped in it.
const [FROM, TO] = ['\u0001', '\u0002']
/** More than this would keep a browser busy for longer than anybody waits. */
const MOST_PIECES = 2000
/** A text as long as this takes a browser a moment to break into lines. */
const MOST_TEXT = 4000

/** The same lines as the command prints, with their colours. Of very many, the first ones until somebody asks. */
export function Json({ json }: { readonly json: ExactJson }): JSX.Element {
  const [all, setAll] = useState(false)
  const text = toLines(json, (kind, piece) => `${FROM}${kind}:${piece}${TO}`)
  const [first = '', ...pieces] = text.split(FROM)
  const isCut = pieces.length > MOST_PIECES && !all
  return (
    <>
      <pre>
        {first}
        {(isCut ? pieces.slice(0, MOST_PIECES) : pieces).map((piece) => {
          const [inside = '', behind = ''] = piece.split(TO)
          const colon = inside.indexOf(':')
          return (
            <>
              <span class={inside.slice(0, colon)}>
                <Long text={inside.slice(colon + 1)} />
              </span>
              {behind}
            </>
          )
        })}
      </pre>
      {isCut && (
        <p>
          <button type="button" onClick={() => setAll(true)}>
            Show all {pieces.length} names and values
          </button>
        </p>
      )}
    </>
  )
}

/** A text whose end is shown once somebody asks for it. */
export function Long({ text }: { readonly text: string }): JSX.Element {
  const [all, setAll] = useState(false)
  if (all || text.length <= MOST_TEXT) return <>{text}</>
  return (
    <>
      {text.slice(0, MOST_TEXT)}…{' '}
      <button type="button" onClick={() => setAll(true)}>
        Show all {text.length} characters
      </button>
    </>
  )
}
