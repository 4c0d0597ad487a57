import type { JoseError, JwtClaims, Verifier } from 'countersign'
import { createMiddleware } from 'hono/factory'
import { ApiError } from './errors.ts'

/** What the guard leaves for the routes behind it. */
export interface BearerEnv {
  Variables: { readonly claims: JwtClaims }
}

/** Lets a request through whose bearer token verifies (RFC 6750 §2.1). */
export function requireToken(verifier: Verifier) {
  return createMiddleware<BearerEnv>(async (c, next) => {
    const [, token] = /^Bearer +(\S+)$/i.exec(c.req.header('Authorization') ?? '') ?? []
    if (token === undefined) {
      // A request without a token has done nothing wrong yet: it is told the scheme and no error (RFC 6750 §3.1).
      throw new ApiError(401, 'no_token', 'this needs an access token', { headers: { 'WWW-Authenticate': 'Bearer' } })
    }
    const result = await verifier.safeVerify(token)
    if (!result.ok) throw toApiError(result.error)
    c.set('claims', result.claims)
    await next()
  })
}

/** Lets a request through whose token names the role. It comes from the token: a change counts from the next one on. */
export function requireRole(role: string) {
  return createMiddleware<BearerEnv>(async (c, next) => {
    const { roles } = c.var.claims
    if (Array.isArray(roles) && roles.includes(role)) return next()
    const message = `this needs the role ${role}`
    throw new ApiError(403, 'insufficient_scope', message, {
      hint: 'Have the role given to you and log in again: the next token names it.',
      headers: challenge('insufficient_scope', message),
    })
  })
}

/** A refused token is the client's affair (401); keys that cannot be had are not (503). */
export function toApiError({ code, message, hint, unavailable }: JoseError): ApiError {
  if (unavailable) return new ApiError(503, code, message, { hint, headers: { 'Retry-After': '5' } })
  return invalidToken(code, message, hint)
}

export function invalidToken(code: string, message: string, hint: string): ApiError {
  return new ApiError(401, code, message, { hint, headers: challenge('invalid_token', message) })
}

/** Messages quote values of the token; the header has room for some printable ASCII only (RFC 6750 §3). */
function challenge(error: string, message: string): Record<string, string> {
  const description = message.replaceAll('"', "'").replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?')
  return { 'WWW-Authenticate': `Bearer error="${error}", error_description="${description}"` }
}
