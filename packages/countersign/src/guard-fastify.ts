/**
 * countersign/guard/fastify: the guard of `countersign/guard` as a plugin for Fastify.
 *
 * @module countersign/guard/fastify
 */
import type { FastifyRequest } from 'fastify'
import { verifying } from '#crypto'
import type { JwtClaims } from './claims.ts'
import { type FastifyGuard, fastifyGuard } from './guard/fastify.ts'
import type { GuardOptions } from './guard/guard.ts'

export { JoseError } from './errors.ts'
export type { DemandOptions } from './guard/demands.ts'
export type { FastifyGuard, GuardTypes, RouteGuard } from './guard/fastify.ts'
export type { Admitted, CookieOptions, GuardOptions, GuardResult } from './guard/guard.ts'
export type { ProofOptions } from './guard/proofs.ts'
export type { Refusal, RefusalBody, RefusalReason } from './guard/refusal.ts'

/**
 * Makes a plugin that lets in requests whose token verifies, and answers the others as `createGuard` of
 * `countersign/guard` does (RFC 6750 §3). Register it, and each route of that instance needs a token, which is
 * `request.jwt` there.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @example
 * ```ts
 * import { createSigner, createVerifier, generateKey, publicKey } from 'countersign'
 * import { createGuard } from 'countersign/guard/fastify'
 * import fastify from 'fastify'
 *
 * const key = await generateKey('ES256')
 * const verifier = createVerifier({ keys: await publicKey(key), issuer: 'any', audience: 'orders' })
 * const guard = createGuard({ verifier })
 *
 * const app = fastify()
 * await app.register(guard)
 * app.get('/orders', (request) => `hello ${request.jwt.claims.sub}`)
 * app.post('/orders', { onRequest: guard.requires({ scope: 'orders:write' }) }, () => 'made')
 *
 * const token = await createSigner({ key, audience: 'orders', expiresIn: '5m' }).sign({ sub: 'alice' })
 * const headers = { authorization: `Bearer ${token}` }
 * console.log((await app.inject({ url: '/orders', headers })).body) // hello alice
 * console.log((await app.inject({ method: 'POST', url: '/orders', headers })).statusCode) // 403
 * await app.close()
 * ```
 */
export function createGuard<Claims = JwtClaims, Optional extends boolean = false>(
  options: GuardOptions<Claims, Optional, FastifyRequest>,
): FastifyGuard<Claims, Optional> {
  return fastifyGuard(options, verifying)
}
