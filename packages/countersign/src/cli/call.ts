import type { Note } from '../diagnosis/told.ts'
import type { Sources } from './given/sources.ts'
import type { Host } from './host.ts'
import type { AnyValues, Settings, ValuesOf } from './rows/table.ts'
import type { Outcome } from './shown/outcome.ts'
import type { Progress } from './shown/progress.ts'

/** A command line that was understood, with all that its work takes. */
export interface Call<Values = AnyValues> {
  readonly host: Host
  readonly settings: Settings
  readonly values: Values
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

/** A command line of the command whose options have these names. */
export type CallOf<Names extends string> = Call<ValuesOf<Names>>

/** Does what a command is for. Nothing is left to say where it has printed its answers itself. */
export type Run<Names extends string> = (call: CallOf<Names>) => Promise<Outcome | undefined>
