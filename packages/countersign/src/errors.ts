import { type ErrorCode, HINTS } from './messages.ts'

export type { ErrorCode }

/**
 * One fault of a claims set, of which a {@link JoseError} lists all. Values of claims other than `iss`, `aud` and the
 * times are never told.
 */
export interface Issue {
  /** The kind of fault, for programs. */
  readonly code: ErrorCode
  /** The claim, such as `exp`, or the header member, such as `typ`. */
  readonly path: string
  /** What would have passed: text, or a time in epoch seconds. */
  readonly expected?: string | number
  /** What was found: text, or a time in epoch seconds. */
  readonly actual?: string | number
  /** What to do about it. */
  readonly hint: string
}

/** What may accompany a {@link JoseError}. */
export interface JoseErrorDetails {
  /** What to do about it. Default: what the code has. */
  readonly hint?: string
  /** Every fault of the claims. Default: none. */
  readonly issues?: readonly Issue[]
  /** Whether the answer is not known, so that it may be another one later. Default false. */
  readonly unavailable?: boolean
  /** The error behind it. */
  readonly cause?: unknown
}

/**
 * The one error that input can cause. `code` is for programs, `message` states the fact with its values, `hint` says
 * what to do, `issues` lists every fault of the claims, and `unavailable` means that the answer is not known: respond
 * with 503 and not with 401. No part holds a token, a key, a secret, or a claim other than `iss`, `aud` and the times.
 *
 * @example
 * ```ts
 * import { createSigner, createVerifier, generateKey, JoseError } from 'countersign'
 *
 * const key = await generateKey('HS256')
 * const verifier = createVerifier({ keys: key, issuer: 'any', audience: 'api' })
 * try {
 *   await verifier.verify('not a token')
 * } catch (error) {
 *   if (!(error instanceof JoseError)) throw error
 *   console.log(error.code, error.message, error.hint) // CS_MALFORMED …
 * }
 *
 * const token = await createSigner({ key, audience: 'other', expiresIn: '5m' }).sign({})
 * const { error } = (await verifier.safeVerify(token)) as { error: JoseError }
 * const [{ path, expected, actual }] = error.issues
 * console.log(path, expected, actual) // aud "api" "other"
 *
 * // For a hook or a key function of your own that refuses a token.
 * const { hint } = new JoseError('CS_REVOKED', 'the user has left', { unavailable: false })
 * console.log(hint) // The user has to log in again.
 * ```
 */
export class JoseError extends Error {
  /** The name of the class, which tells it from other errors in logs. */
  override readonly name: string = 'JoseError'
  /** The kind of failure, for programs. */
  readonly code: ErrorCode
  /** What to do about it, for people. */
  readonly hint: string
  /** Every fault of the claims, where they were looked at; the first of them gave the code. */
  readonly issues: readonly Issue[]
  /** Whether keys or a store could not be reached: then the answer is 503 and not 401. */
  readonly unavailable: boolean

  constructor(code: ErrorCode, message: string, details: JoseErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.hint = details.hint ?? HINTS[code]
    this.issues = details.issues ?? []
    this.unavailable = details.unavailable ?? false
  }

  /** The error as plain data, for a log line or a response; it leaves out the stack and the cause. */
  toJSON(): Pick<JoseError, 'name' | 'code' | 'message' | 'hint' | 'issues' | 'unavailable'> {
    const { name, code, message, hint, issues, unavailable } = this
    return { name, code, message, hint, issues, unavailable }
  }
}

/**
 * Why one of several parts of a token was passed over: only that keys are unavailable is worth telling, since it may
 * pass. What is no refusal, or concerns the only part there is, is thrown.
 */
export function setAside(error: unknown, before: JoseError | undefined, parts: readonly unknown[]): JoseError {
  if (parts.length === 1 || !(error instanceof JoseError)) throw error
  return before?.unavailable ? before : error
}

/** A refusal as a value. What is no refusal is thrown. */
export function refusal(error: unknown): { readonly ok: false; readonly error: JoseError } {
  if (error instanceof JoseError) return { ok: false, error }
  throw error
}

const SHOWN = 100
// Control characters beyond those that JSON escapes, and the marks that turn the direction of text around.
const UNSEEN = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/**
 * A value from outside as it may stand in a message: quoted, with control characters escaped, cut at 100 characters.
 * Use it for alg, enc, kid, typ, iss, aud and times alone.
 */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    const text = JSON.stringify(value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value)
    return text.replace(UNSEEN, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
  }
  if (typeof value === 'number') return String(value)
  return kindOf(value)
}

/** The kind of a value, in the words of JSON: for messages that may not tell the value itself. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
