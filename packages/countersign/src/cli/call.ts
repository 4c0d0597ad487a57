import type { Note } from '../diagnosis/told.ts'
import type { Host } from './host.ts'
import type { Outcome } from './outcome.ts'
import type { Progress } from './progress.ts'
import type { Sources } from './sources.ts'
import type { Command, Options, Settings, Values } from './table.ts'

/** A command line that was understood, with all that its work takes. */
export interface Call<O extends Options = Options> {
  readonly host: Host
  readonly settings: Settings
  readonly values: Values<O>
  /** The words behind the name of the command. */
  readonly words: readonly string[]
  readonly sources: Sources
  /** Says something worth knowing, beside the output. */
  note(note: Note): void
  /** Prints one of several answers at once: a line of `--lines`. */
  answer(outcome: Outcome): Promise<void>
  /** Says how far long work has come, where somebody watches. */
  readonly progress: Progress
}

/** Does what a command is for. Nothing is left to say where it has printed its answers itself. */
export type Run<C extends Command> = (call: Call<C['options']>) => Promise<Outcome | undefined>
