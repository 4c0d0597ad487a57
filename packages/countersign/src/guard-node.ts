/**
 * countersign/guard/node: the guard of `countersign/guard` as a middleware for Express, Connect, Nest and node:http.
 *
 * @module countersign/guard/node
 */
import { verifying } from '#crypto'
import type { JwtClaims } from './claims.ts'
import type { GuardOptions } from './guard/guard.ts'
import { type NodeGuard, type NodeRequest, nodeGuard } from './guard/node.ts'

export { JoseError } from './errors.ts'
export type { DemandOptions } from './guard/demands.ts'
export type { Admitted, CookieOptions, GuardOptions, GuardResult } from './guard/guard.ts'
export type { NodeGuard, NodeRequest, NodeResponse } from './guard/node.ts'
export type { ProofOptions } from './guard/proofs.ts'
export type { Refusal, RefusalBody, RefusalReason } from './guard/refusal.ts'

/**
 * Makes a middleware that lets in requests whose token verifies, and answers the others as `createGuard` of
 * `countersign/guard` does (RFC 6750 §3). `guard.of(request)` gives the token to whatever stands behind it, typed.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { createSigner, createVerifier, generateKey, publicKey } from 'countersign'
 * import { createGuard } from 'countersign/guard/node'
 *
 * const key = await generateKey('ES256')
 * const verifier = createVerifier({ keys: await publicKey(key), issuer: 'any', audience: 'orders' })
 * const guard = createGuard({ verifier }) // app.use(guard), where there is a framework
 *
 * const server = createServer((request, response) => {
 *   guard(request, response, () => response.end(`hello ${guard.of(request).claims.sub}`))
 * })
 * await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
 * const { port } = server.address() as { port: number }
 *
 * const token = await createSigner({ key, audience: 'orders', expiresIn: '5m' }).sign({ sub: 'alice' })
 * const headers = { authorization: `Bearer ${token}` }
 * console.log(await (await fetch(`http://127.0.0.1:${port}`, { headers })).text()) // hello alice
 * console.log((await fetch(`http://127.0.0.1:${port}`)).status) // 401
 * server.close()
 * server.closeAllConnections()
 * ```
 */
export function createGuard<Claims = JwtClaims, Optional extends boolean = false>(
  options: GuardOptions<Claims, Optional, NodeRequest>,
): NodeGuard<Claims, Optional> {
  return nodeGuard(options, verifying)
}
