import type { ComponentChildren, JSX } from 'preact'
import type { Note, Told } from '../../../countersign/src/diagnosis/told.ts'

interface ToldProps {
  readonly told: Told
  readonly children?: ComponentChildren
}

/** An error in the words of the command. */
export function ToldText({ told: { code, message, hint }, children }: ToldProps): JSX.Element {
  return (
    <div class="told bad">
      <p>
        <span class="code">error[{code}]</span>: {message}
      </p>
      <p class="fix">
        <span class="code">fix</span>: {hint}
      </p>
      {children}
    </div>
  )
}

export function NoteText({ note: { code, message } }: { readonly note: Note }): JSX.Element {
  return (
    <div class="told warn">
      <p>
        <span class="code">note[{code}]</span>: {message}
      </p>
    </div>
  )
}
