import type { Figures } from './figures.ts'
import type { Effort } from './jobs.ts'

/** What is measured in one process: all that is timed, or what is weighed, which may run beside others. */
export type Part = 'timed' | 'weighed'

/** What a process is told to measure, as JSON in its first argument. */
export interface Order {
  readonly part: Part
  readonly effort: Effort
  /** The one suite or scheme to measure, where not all are wanted. */
  readonly only?: string
  /** The folder of the bundled scripts, as a URL that ends with a slash. */
  readonly scripts: string
}

/** What a process says by IPC: a line of progress, or the figures of a suite. */
export type Report = { readonly line: string } | { readonly name: string; readonly figures: Figures }
