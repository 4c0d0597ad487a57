/**
 * countersign/guard/hono: the guard of `countersign/guard` as a middleware for Hono.
 *
 * @module countersign/guard/hono
 */
import type { Context } from 'hono'
import { verifying } from '#crypto'
import type { JwtClaims } from './claims.ts'
import type { GuardOptions } from './guard/guard.ts'
import { type HonoGuard, honoGuard } from './guard/hono.ts'

export { JoseError } from './errors.ts'
export type { DemandOptions } from './guard/demands.ts'
export type { Admitted, CookieOptions, GuardOptions, GuardResult } from './guard/guard.ts'
export type { GuardedEnv, HonoGuard } from './guard/hono.ts'
export type { ProofOptions } from './guard/proofs.ts'
export type { Refusal, RefusalBody, RefusalReason } from './guard/refusal.ts'

/**
 * Makes a middleware that lets in requests whose token verifies, and answers the others as `createGuard` of
 * `countersign/guard` does (RFC 6750 §3). Behind it, `c.var.jwt` is the token, typed.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @example
 * ```ts
 * import { createSigner, createVerifier, generateKey, publicKey } from 'countersign'
 * import { createGuard } from 'countersign/guard/hono'
 * import { Hono } from 'hono'
 *
 * const key = await generateKey('ES256')
 * const verifier = createVerifier({ keys: await publicKey(key), issuer: 'any', audience: 'orders' })
 * const guard = createGuard({ verifier })
 *
 * const app = new Hono()
 *   .get('/orders', guard, (c) => c.text(`hello ${c.var.jwt.claims.sub}`))
 *   .post('/orders', guard.requires({ scope: 'orders:write' }), (c) => c.text('made', 201))
 *
 * const token = await createSigner({ key, audience: 'orders', expiresIn: '5m' }).sign({ sub: 'alice' })
 * const headers = { authorization: `Bearer ${token}` }
 * console.log(await (await app.request('/orders', { headers })).text()) // hello alice
 * console.log((await app.request('/orders', { method: 'POST', headers })).status) // 403
 * ```
 */
export function createGuard<Claims = JwtClaims, Optional extends boolean = false>(
  options: GuardOptions<Claims, Optional, Context>,
): HonoGuard<Claims, Optional> {
  return honoGuard(options, verifying)
}
