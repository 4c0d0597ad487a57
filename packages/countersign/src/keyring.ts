/**
 * countersign/keyring: keys that rotate by themselves, the stores that they are kept in, and the endpoint that publishes
 * them.
 *
 * @module countersign/keyring
 */
import { backend } from '#crypto'
import { fileStore as openFiles } from '#files'
import { jwksHandler as handleJwks, type JwksHandler } from './keyring/jwks-handler.ts'
import { memoryStore as newMemory } from './keyring/memory-store.ts'
import { type KeyRing, openRing } from './keyring/ring.ts'
import { type KeyRingOptions, toSettings } from './keyring/ring-options.ts'
import { checkSchedule as checkTimes, type ScheduleOptions, toSchedule } from './keyring/schedule.ts'
import type { KeyStore, SealingOptions } from './keyring/store.ts'

export { JoseError } from './errors.ts'
export type { JwksHandler, JwksRequest, JwksResponse } from './keyring/jwks-handler.ts'
export type { KeyState } from './keyring/plan.ts'
export type { KeyRing, KeyRingEvent, Revocation, RingKey, Rotation } from './keyring/ring.ts'
export type { KeyRingOptions, RingAlgorithm } from './keyring/ring-options.ts'
export type { ScheduleOptions } from './keyring/schedule.ts'
export type { KeyStore, SealedBy, SealingOptions, StoredKey, StoreTransaction } from './keyring/store.ts'

/**
 * Opens a ring of keys that take turns, and makes its first keys where the store has none. A next key is always
 * published and ready: it signs once it has been public for `prepublish`, for a `period`, and stays public for `overlap`
 * after that, while its tokens live. Nothing has to be called for that; a ring that is used looks after itself.
 *
 * The ring is a `key` for `createSigner` and `signJws`, and `keys` for `createVerifier`. Several processes may share one
 * store. Secrets (HMAC) rotate in the same way and are never published.
 *
 * @throws {TypeError} for an option that is not what it should be, and for times at which a valid token would be refused
 * @throws {JoseError} `CS_UNAVAILABLE` where the store fails, `CS_KEY_INVALID` where what it holds does not open
 * @example
 * ```ts
 * import { createSigner, createVerifier } from 'countersign'
 * import { createKeyRing, memoryStore } from 'countersign/keyring'
 *
 * const ring = await createKeyRing({ alg: 'ES256', store: memoryStore(), tokenLifetime: '15m' })
 * const signer = createSigner({ key: ring, issuer: 'https://issuer.example', audience: 'api', expiresIn: '15m' })
 * const verifier = createVerifier({ keys: ring, issuer: 'https://issuer.example', audience: 'api' })
 *
 * const token = await signer.sign({ sub: '1234567890' })
 * console.log((await verifier.verify(token)).claims.sub) // 1234567890
 * console.log(ring.list().map((key) => key.state)) // [ 'active', 'next' ]
 *
 * ring.subscribe((event) => {
 *   if (event.type === 'failed') console.error(event.error.message)
 *   else console.info(event.kid, event.alg, event.state)
 * })
 * ```
 */
export async function createKeyRing(options: KeyRingOptions): Promise<KeyRing> {
  return openRing(toSettings(options), backend)
}

/**
 * Checks the times of a key ring before it is opened, as `createKeyRing` will.
 *
 * @param algs - how many algorithms the ring is to have
 * @throws {TypeError} that names every time at which a valid token would be refused
 * @example
 * ```ts
 * import { checkSchedule } from 'countersign/keyring'
 *
 * checkSchedule({ period: '30d', prepublish: '1d' })
 * try {
 *   checkSchedule({ prepublish: '5m' })
 * } catch (error) {
 *   console.log((error as Error).message.includes('prepublish (300 s) is less than')) // true
 * }
 * ```
 */
export function checkSchedule(options: ScheduleOptions, algs = 1): void {
  checkTimes(toSchedule(options), algs)
}

/**
 * A store that lasts as long as the process: for tests, and for a single process whose tokens may end with it.
 *
 * @example
 * ```ts
 * import { createKeyRing, memoryStore } from 'countersign/keyring'
 *
 * const ring = await createKeyRing({ alg: 'HS256', store: memoryStore() })
 * console.log((await ring.publicJwks()).keys.length) // 0
 * ```
 */
export function memoryStore(): KeyStore {
  return newMemory()
}

/**
 * A store in a directory, which is made where it is not there. Files are for their owner alone (0600), and private keys
 * are in them as JWEs under a key of 32 octets (`kek`) or a passphrase. Several processes of one machine may share it, and
 * one that is killed at any moment loses nothing. To replace the kek or the passphrase, give the new one with the old one
 * in `previous`.
 *
 * @throws {TypeError} for an option that is not what it should be, and on a runtime without files
 * @example
 * ```ts
 * import { mkdtemp, readdir } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { createKeyRing, fileStore } from 'countersign/keyring'
 *
 * const directory = await mkdtemp(join(tmpdir(), 'keys-'))
 * const kek = crypto.getRandomValues(new Uint8Array(32)) // from a secret manager, as { base64: … } or octets
 *
 * const ring = await createKeyRing({ alg: 'Ed25519', store: fileStore(directory, { kek }) })
 * console.log(ring.list().length, await readdir(directory)) // 2 [ 'keys.1.json' ]
 * ```
 */
export function fileStore(directory: string | { readonly href: string }, options: SealingOptions): KeyStore {
  return openFiles(directory, options)
}

/**
 * An endpoint that publishes the keys of a ring as a JWK Set (RFC 7517 §5), as a function from `Request` to `Response`:
 * with max-age, a strong ETag and 304 (RFC 9110 §13.1.2), HEAD, and CORS for every origin. While the store is out of
 * reach for so long that a key may be missing, it answers 503.
 *
 * @throws {TypeError} for what is no ring
 * @example
 * ```ts
 * import { createKeyRing, jwksHandler, memoryStore } from 'countersign/keyring'
 *
 * const handler = jwksHandler(await createKeyRing({ alg: 'ES256', store: memoryStore() }))
 * const response = await handler(new Request('https://issuer.example/.well-known/jwks.json'))
 * console.log(response.status, response.headers.get('content-type')) // 200 application/jwk-set+json
 * ```
 */
export function jwksHandler(ring: KeyRing): JwksHandler {
  return handleJwks(ring, backend)
}
