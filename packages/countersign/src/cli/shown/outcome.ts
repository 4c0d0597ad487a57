import type { Bytes } from '../../bytes.ts'
import type { Told } from '../../diagnosis/told.ts'
import type { Brush } from './paint.ts'

/** What a command has to say: for programs, and for people. */
export interface Outcome {
  /** The members of its document, beside those that every document has; {@link exactly} keeps numbers as they were. */
  readonly json: Readonly<Record<string, unknown>>
  /** What stands on the standard output; octets go there as they are. */
  readonly text: string | Bytes | ((brush: Brush) => string)
  /** It holds what only its owner may see: a file of it is of mode 0600. */
  readonly isPrivate?: boolean
  /** The command has written its files itself, and the text is for the standard output whatever --out says. */
  readonly isWritten?: boolean
  /** Why it refused something. Then the exit code is that of the error, and the error is told after the text. */
  readonly error?: Told
  /** All was done, and what was found is grave enough to fail: the exit code then, where there is no error. */
  readonly isFailure?: boolean
  /** The text tells the error already. */
  readonly isTold?: boolean
}
