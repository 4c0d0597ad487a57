/** What went wrong, for programs: the `code` of an {@link AuthorityError}. */
export type AuthorityCode =
  | 'SETTINGS'
  | 'DATA_IN_USE'
  | 'KEK_WRONG'
  | 'SCHEMA'
  | 'DATABASE'
  | 'BACKUP'
  | 'USER_EXISTS'
  | 'USER_INVALID'
  | 'USER_UNKNOWN'
  | 'CLIENT_EXISTS'
  | 'CLIENT_INVALID'
  | 'CLIENT_UNKNOWN'
  | 'SESSION_UNKNOWN'
  | 'KEY_UNKNOWN'
  | 'MAIL'
  | 'USAGE'

/**
 * A reason to refuse what an administrator asked for: a fact, and what to do. It holds no password, secret or key.
 *
 * @example
 * ```ts
 * import { AuthorityError, toSettings } from '@countersign/authority'
 *
 * try {
 *   toSettings({ PORT: 'eighty', LOG_LEVEL: 'loud' })
 * } catch (error) {
 *   if (!(error instanceof AuthorityError)) throw error
 *   console.log(error.code, error.hint) // SETTINGS The README of @countersign/authority lists every setting.
 * }
 * ```
 */
export class AuthorityError extends Error {
  /** The name of the class. */
  override readonly name = 'AuthorityError'
  /** The kind of failure, for programs. */
  readonly code: AuthorityCode
  /** What to do about it, where that is known. */
  readonly hint: string | undefined

  constructor(
    code: AuthorityCode,
    message: string,
    options: { readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
  }
}
