/**
 * countersign/revocation: tokens taken back before they expire, and tokens that are accepted once. What is made here goes
 * into the option `revoked` of a verifier, alone or several in an array; where anything fails, the token is refused.
 *
 * @module countersign/revocation
 */
import { backend } from '#crypto'
import type { RevocationCheck } from './jwt/acceptance.ts'
import { type Denylist, type DenylistOptions, newDenylist } from './revocation/denylist.ts'
import { type ExpiringStoreOptions, MemoryStore } from './revocation/expiring-store.ts'
import { type NotBefore, type NotBeforeOptions, newNotBefore } from './revocation/not-before.ts'
import { newOneTime, type OneTimeOptions } from './revocation/one-time.ts'
import { newStatusCheck, type StatusCheck, type StatusCheckOptions } from './revocation/status-check.ts'
import { newStatusList, type StatusList, type StatusListOptions } from './revocation/status-list.ts'

export { JoseError } from './errors.ts'
export type { CheckedToken, RevocationCheck } from './jwt/acceptance.ts'
export type { Denylist, DenylistOptions, TokenName } from './revocation/denylist.ts'
export type { ExpiringStore, ExpiringStoreOptions, MemoryStore } from './revocation/expiring-store.ts'
export type {
  NotBefore,
  NotBeforeOptions,
  RevokeOptions,
  SessionName,
  SubjectName,
} from './revocation/not-before.ts'
export type { OneTimeOptions } from './revocation/one-time.ts'
export type { StatusCheck, StatusCheckOptions, TokenWithStatus } from './revocation/status-check.ts'
export type { StatusClaim, StatusList, StatusListOptions } from './revocation/status-list.ts'
export type { StatusBits, StatusReference } from './revocation/statuses.ts'
export type { PublishedHandler, PublishedRequest } from './source/published.ts'

/**
 * Marks in the memory of the process, bounded: what expired makes room, and what still counts never does, so a full
 * store refuses (`CS_UNAVAILABLE`). No other process sees it, and no restart survives it: for that, write an
 * `ExpiringStore` over your database.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @example
 * ```ts
 * import { expiringStore } from 'countersign/revocation'
 *
 * const store = expiringStore({ max: 10_000, now: () => 1000 })
 * console.log(store.add('a', 1, 1060), store.add('a', 1, 1060)) // true false
 * ```
 */
export function expiringStore(options: ExpiringStoreOptions = {}): MemoryStore {
  return new MemoryStore(options)
}

/**
 * Revokes single tokens, by iss and jti (RFC 7519 §4.1.7). A mark is kept until its token has expired anyway. Tokens
 * without jti are refused (`CS_CLAIM_MISSING`): give the signer `jti: true`.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @example
 * ```ts
 * import { createSigner, createVerifier, generateKey } from 'countersign'
 * import { createDenylist, expiringStore } from 'countersign/revocation'
 *
 * const denylist = createDenylist({ store: expiringStore(), clockTolerance: '30s' })
 * const key = await generateKey('HS256')
 * const signer = createSigner({ key, issuer: 'https://issuer.example', expiresIn: '15m', jti: true })
 * const verifier = createVerifier({ keys: key, issuer: 'any', audience: 'any', revoked: denylist.revoked })
 *
 * const token = await signer.sign({ sub: 'alice' })
 * const { claimsSet } = await verifier.verify(token)
 * await denylist.revoke(claimsSet)
 * const result = await verifier.safeVerify(token)
 * console.log(result.ok, result.ok || result.error.code) // false CS_REVOKED
 *
 * await denylist.revoke({ iss: 'https://issuer.example', jti: 'a1b2', exp: 1_790_000_000 }) // by name alone
 * ```
 */
export function createDenylist(options: DenylistOptions = {}): Denylist {
  return newDenylist(options, backend)
}

/**
 * Revokes all tokens of a subject, or of a session (`sid`), that were issued (RFC 7519 §4.1.6) until a moment: signed
 * out everywhere. The second of that moment counts as before it. Tokens without iat, or with neither sub nor sid, are
 * refused.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @example
 * ```ts
 * import { createSigner, createVerifier, generateKey } from 'countersign'
 * import { createNotBefore } from 'countersign/revocation'
 *
 * const clock = { time: 1_790_000_000 }
 * const now = () => clock.time
 * const notBefore = createNotBefore({ tokenLifetime: '15m', now })
 * const key = await generateKey('HS256')
 * const signer = createSigner({ key, issuer: 'https://issuer.example', expiresIn: '15m', now })
 * const verifier = createVerifier({ keys: key, issuer: 'any', audience: 'any', revoked: notBefore.revoked, now })
 *
 * const before = await signer.sign({ sub: 'alice' })
 * await notBefore.revokeSubject({ iss: 'https://issuer.example', sub: 'alice' })
 * clock.time += 1
 * const after = await signer.sign({ sub: 'alice' })
 * console.log((await verifier.safeVerify(before)).ok, (await verifier.safeVerify(after)).ok) // false true
 *
 * await notBefore.revokeSession({ sid: 'a1b2' }, { at: clock.time - 60 }) // until a minute ago
 * ```
 */
export function createNotBefore(options: NotBeforeOptions): NotBefore {
  return newNotBefore(options, backend)
}

/**
 * Accepts each token once, by iss and jti (RFC 7519 §4.1.7): of several verifications at the same moment one passes,
 * and all others are refused with `CS_REPLAY`. Tokens without jti or exp are refused. The store is one for all
 * processes that accept them.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @example
 * ```ts
 * import { createSigner, createVerifier, generateKey } from 'countersign'
 * import { expiringStore, oneTime } from 'countersign/revocation'
 *
 * const key = await generateKey('HS256')
 * const signer = createSigner({ key, expiresIn: '10m', jti: true })
 * const revoked = oneTime({ store: expiringStore() })
 * const verifier = createVerifier({ keys: key, issuer: 'any', audience: 'any', revoked })
 *
 * const token = await signer.sign({ sub: 'alice' })
 * const [first, second] = [await verifier.safeVerify(token), await verifier.safeVerify(token)]
 * console.log(first.ok, second.ok || second.error.code) // true CS_REPLAY
 * ```
 */
export function oneTime(options: OneTimeOptions): RevocationCheck {
  return newOneTime(options, backend)
}

/**
 * A Token Status List (draft-ietf-oauth-status-list-17 §4): the statuses of up to millions of tokens, a few bits for
 * each, compressed and signed as one token that everybody may fetch. Each token gets an index of its own, and says so
 * in its claim `status`; 0 is valid, 1 invalid, 2 suspended.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} `CS_KEY_TYPE`, `CS_KEY_SIZE` or `CS_WEAK_SECRET` for a key that cannot sign with the algorithm
 * @example
 * ```ts
 * import { generateKey } from 'countersign'
 * import { createStatusList } from 'countersign/revocation'
 *
 * const key = await generateKey('ES256')
 * const list = createStatusList({ uri: 'https://issuer.example/statuses/1', bits: 1, size: 100_000, key })
 * list.set(42, 1)
 * console.log(list.get(42), list.reference(42).status_list.idx) // 1 42
 * const response = await list.handler(new Request('https://issuer.example/statuses/1'))
 * console.log(response.status, response.headers.get('content-type')) // 200 application/statuslist+jwt
 * ```
 */
export function createStatusList(options: StatusListOptions): StatusList {
  return newStatusList(options, backend)
}

/**
 * Looks up the status of tokens in the lists that their issuer publishes (draft-ietf-oauth-status-list-17 §8). A list
 * is fetched with the first token that refers to it, verified, and kept as long as it says. Only the lists in `uris`
 * are ever fetched. Where there is no list to use, the token is refused with `unavailable: true`.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} `CS_KEY_INVALID`, `CS_KEY_TYPE` or `CS_JWKS_INVALID` for keys that are refused, or that could
 *   never verify anything
 * @example
 * ```ts
 * import { createSigner, createVerifier, generateKey, publicKey } from 'countersign'
 * import { createStatusCheck, createStatusList } from 'countersign/revocation'
 *
 * const uri = 'https://issuer.example/statuses/1'
 * const key = await generateKey('ES256')
 * const keys = await publicKey(key)
 * const list = createStatusList({ uri, bits: 1, size: 100_000, key })
 * const signer = createSigner({ key, issuer: 'https://issuer.example', expiresIn: '30d' })
 *
 * const fetch = async () => new Response(await list.token()) // leave fetch out, and the issuer is asked
 * const check = createStatusCheck({ keys, uris: uri, fetch })
 * const verifier = createVerifier({ keys, issuer: 'any', audience: 'any', revoked: check.revoked })
 *
 * list.set(7, 1)
 * const [good, bad] = [await signer.sign({ status: list.reference(6) }), await signer.sign({ status: list.reference(7) })]
 * console.log((await verifier.safeVerify(good)).ok, (await verifier.safeVerify(bad)).ok) // true false
 * const { claims } = await verifier.verify(good)
 * console.log(await check.status({ claims })) // 0
 * ```
 */
export function createStatusCheck(options: StatusCheckOptions): StatusCheck {
  return newStatusCheck(options, backend)
}
