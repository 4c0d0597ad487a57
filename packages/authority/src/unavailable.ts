import { errors } from 'oidc-provider'

/**
 * The answer while a database is out of reach, or no key may sign: 503, for clients that try again (RFC 6749 §4.1.2.1
 * has the code for it). A class of our own, since oidc-provider's has status 400.
 */
class UnavailableError extends errors.OIDCProviderError {
  override readonly name = 'UnavailableError'

  constructor(cause: unknown) {
    super(503, 'temporarily_unavailable', { cause } as never)
    this.expose = true
    this.error_description = 'the server cannot answer at the moment, try again'
  }
}

export function unavailable(cause: unknown): errors.OIDCProviderError {
  return new UnavailableError(cause)
}
