/**
 * countersign/guard: lets in requests whose token verifies, and answers the others as RFC 6750 says. For whatever takes a
 * `Request` and gives a `Response`: Next, workers, Deno, Bun. The doors `/guard/node`, `/guard/fastify` and `/guard/hono`
 * are the same for their frameworks.
 *
 * @module countersign/guard
 */
import { verifying } from '#crypto'
import type { JwtClaims } from './claims.ts'
import { type FetchGuard, fetchGuard, type RequestLike } from './guard/fetch.ts'
import type { GuardOptions } from './guard/guard.ts'
import type { Refusal } from './guard/refusal.ts'
import { toResponse as responseOf } from './guard/responses.ts'
import type { PlatformResponse } from './platform.ts'

export { JoseError } from './errors.ts'
export type { DemandOptions } from './guard/demands.ts'
export type { FetchGuard, GuardedHandler, PlatformRequest, RequestLike } from './guard/fetch.ts'
export type { Admitted, CookieOptions, GuardOptions, GuardResult } from './guard/guard.ts'
export type { ProofOptions } from './guard/proofs.ts'
export type { Refusal, RefusalBody, RefusalReason } from './guard/refusal.ts'
export type { PlatformResponse } from './platform.ts'

/**
 * Makes a guard for `Request` and `Response`. Every option is checked here, once.
 *
 * A request without a token is answered with 401 and the scheme; one whose token is refused with 401 `invalid_token`; one
 * whose token may not do that with 403 `insufficient_scope`; one that is malformed, or has two tokens, with 400
 * `invalid_request`; and where keys or a store cannot be reached, with 503 and Retry-After (RFC 6750 §3). A token that is
 * bound to a key (`cnf`) is refused without its proof (RFC 9449 §7.2).
 *
 * @throws {TypeError} for an option that is not what it should be
 * @example
 * ```ts
 * import { createSigner, createVerifier, generateKey, publicKey } from 'countersign'
 * import { createGuard } from 'countersign/guard'
 *
 * const key = await generateKey('ES256')
 * const verifier = createVerifier({ keys: await publicKey(key), issuer: 'any', audience: 'orders' })
 *
 * const guard = createGuard({ verifier, scope: 'orders:read' })
 * const GET = guard.protect((request, { claims }) => Response.json({ hello: claims.sub }))
 *
 * const refused = await GET(new Request('https://api.example/orders'))
 * console.log(refused.status, refused.headers.get('www-authenticate')) // 401 Bearer scope="orders:read"
 *
 * const token = await createSigner({ key, audience: 'orders', expiresIn: '5m' }).sign({ sub: 'alice', scope: 'orders:read' })
 * const headers = { authorization: `Bearer ${token}` }
 * const answer = await GET(new Request('https://api.example/orders', { headers }))
 * console.log(answer.status, await answer.json()) // 200 { hello: 'alice' }
 * ```
 */
export function createGuard<Claims = JwtClaims, Optional extends boolean = false>(
  options: GuardOptions<Claims, Optional, RequestLike>,
): FetchGuard<Claims, Optional> {
  return fetchGuard(options, verifying)
}

/**
 * The answer to a request that a guard did not let in (RFC 6750 §3), as `protect` gives it.
 *
 * @example
 * ```ts
 * import { createVerifier, generateKey } from 'countersign'
 * import { createGuard, toResponse } from 'countersign/guard'
 *
 * const verifier = createVerifier({ keys: await generateKey('HS256'), issuer: 'any', audience: 'any' })
 * const result = await createGuard({ verifier }).token('not a token')
 * if (!result.ok) console.log(result.body.error, toResponse(result).status, result.reason) // invalid_token 401 …
 * ```
 */
export function toResponse(refusal: Refusal): PlatformResponse {
  return responseOf(refusal)
}
