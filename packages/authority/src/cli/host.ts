import type { startAuthority } from '../authority.ts'
import type { Operations } from '../operations.ts'
import type { Settings } from '../settings.ts'

/** Everything outside that a command touches. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether people read what is printed. */
  readonly isTerminal: boolean
  readonly version: string
  /** Prints a line. */
  print(line: string): void
  /** Prints a line for people, beside the output. */
  complain(line: string): void
  /** All of the standard input. @throws {UsageError} where somebody would have to type it */
  readInput(): Promise<string>
  readFile(path: string): Promise<string>
  /** The signal to stop, once it comes; from then on a second one ends the process at once. */
  stopSignal(): Promise<string>
  /** What an administrator may do, in this process or in the server that has the data. */
  open(settings: Settings): Promise<Opened>
  readonly start: typeof startAuthority
  migrate(settings: Settings): Promise<readonly Step[]>
}

/** A step from older tables to newer ones. */
export interface Step {
  readonly name: string
  /** When it was taken, as an ISO text. */
  readonly at: string
  /** Whether that was just now. */
  readonly taken: boolean
}

/** Operations that may be asked for until they are closed. */
export interface Opened {
  readonly operations: Operations
  close(): Promise<void>
}
