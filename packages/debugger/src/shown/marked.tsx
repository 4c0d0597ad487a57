import type { JSX } from 'preact'
import { printable, quoted } from '../../../countersign/src/diagnosis/exact-json.ts'

interface MarkedProps {
  readonly title: string
  readonly before: string
  /** The character at fault; nothing where something is missing. */
  readonly at: string
  readonly after: string
}

/** A text with the character that is at fault, which is named: some look like others, and some like nothing. */
export function Marked({ title, before, at, after }: MarkedProps): JSX.Element {
  const code = at.codePointAt(0)
  const name =
    code === undefined
      ? 'It ends there.'
      : `${quoted(at)} (U+${code.toString(16).toUpperCase().padStart(4, '0')}) is where it goes wrong.`
  return (
    <figure class="marked">
      <figcaption>{title}</figcaption>
      <pre>
        {printable(before)}
        <mark>{at === '' ? '▲' : at.trim() === '' ? '␣' : printable(at)}</mark>
        {printable(after)}
      </pre>
      <p>
        <span aria-hidden="true">▲</span> {name}
      </p>
    </figure>
  )
}
