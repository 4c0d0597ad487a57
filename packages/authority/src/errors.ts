/** What went wrong, for programs. */
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

/** A reason to refuse what an administrator asked for: a fact, and what to do. It holds no password, secret or key. */
export class AuthorityError extends Error {
  override readonly name = 'AuthorityError'
  readonly code: AuthorityCode
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
