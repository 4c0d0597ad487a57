import type { startAuthority } from '../authority.ts'
import type { Finding } from '../doctor/finding.ts'
import type { AuthorityError } from '../errors.ts'
import type { Rewrapped } from '../keys/master.ts'
import type { Operations } from '../operations.ts'
import type { Settings } from '../settings.ts'
import type { BackedUp } from '../store/backup.ts'

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
  /** What somebody at a terminal answers to a question; nothing where nobody sits there. */
  ask(question: string): Promise<string | undefined>
  /** Waits for some milliseconds, or for less where the signal comes. */
  pause(milliseconds: number, signal: AbortSignal): Promise<void>
  /** Waits until nobody reads the output any more. */
  unread(): Promise<void>
  /** The signal to stop, once it comes; from then on a second one ends the process at once. */
  stopSignal(): Promise<string>
  /** What an administrator may do, in this process or in the server that has the data. */
  open(settings: Settings): Promise<Opened>
  readonly start: typeof startAuthority
  migrate(settings: Settings): Promise<readonly Step[]>
  /** What is done to all of the data at once; it is loaded when it is asked for. */
  upkeep(): Promise<Upkeep>
}

/** Backups, the key that encrypts keys, and the state of it all. */
export interface Upkeep {
  /** @param file - a path, or `-` for the standard output */
  backUp(settings: Settings, file: string, force: boolean): Promise<BackedUpFile>
  restore(settings: Settings, file: string): Promise<RestoredFile>
  rotateMaster(settings: Settings): Promise<MasterRotation>
  examine(settings: Settings): Promise<readonly Finding[]>
  /** What is wrong with settings that were refused. */
  faultsOf(error: AuthorityError): readonly Finding[]
}

export interface BackedUpFile extends BackedUp {
  readonly file?: string
  readonly octets?: number
  /** Where the key is that opens it: a path, or the name of a setting. */
  readonly kek: string
}

export interface RestoredFile {
  /** What the backup was made of, and when, as an ISO text. */
  readonly from: BackedUp['kind']
  readonly at: string
  readonly issuer: string
  readonly rows: BackedUp['rows']
  /** The steps that the tables took here. */
  readonly taken: readonly string[]
}

/** What became of the key that encrypts keys; keys are named by ids that tell nothing of them. */
export type MasterRotation =
  /** There is a new one, to be brought in by these steps. */
  | { readonly how: 'proposed'; readonly kek: string; readonly kekId: string; readonly steps: readonly string[] }
  /** What was under the previous one is under the current one. */
  | ({ readonly how: 'wrapped'; readonly kekId: string } & Rewrapped)
  /** A new one is in the file, and the one before it in another. */
  | ({
      readonly how: 'replaced'
      readonly file: string
      readonly previousFile: string
      readonly kekId: string
    } & Rewrapped)

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
  /** Nobody else can open the data until they are closed: it is an embedded database, in this process. */
  readonly alone?: true
  close(): Promise<void>
}
