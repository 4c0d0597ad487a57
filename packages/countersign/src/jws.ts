/**
 * countersign/jws: signatures over any payload, in every serialization of RFC 7515. For JWTs use `countersign`, which
 * checks the claims as well.
 *
 * @module countersign/jws
 */
import { backend, verifying } from '#crypto'
import type { JwsPayload, PayloadStream } from './jws/pieces.ts'
import { type SignJwsOptions, signJws as sign } from './jws/sign-jws.ts'
import { type VerifiedJws, type VerifiedStream, type VerifyJwsOptions, verifyJws as verify } from './jws/verify-jws.ts'
import { run } from './op.ts'
import type { FlattenedJws, GeneralJws } from './serialization/jws.ts'

export { JoseError } from './errors.ts'
export type { JwsPayload, PayloadStream } from './jws/pieces.ts'
export type { JwsOptions, JwsSerialization, JwsSigner, SignJwsOptions } from './jws/sign-jws.ts'
export type { VerifiedJws, VerifiedStream, VerifyJwsOptions } from './jws/verify-jws.ts'
export type { JoseLimits } from './options.ts'
export type { FlattenedJws, GeneralJws, JwsPart } from './serialization/jws.ts'

/**
 * Signs a payload (RFC 7515 §5.1): octets, text (its UTF-8), or an async iterable of octets such as a file that is
 * being read, which takes `detached: true` and an RSA, ECDSA or HMAC algorithm. An iterable is read from where it
 * stands to its end, and let go on every way out.
 *
 * @returns a string for `compact`, the default for one key; an object for `flattened` and for `general`, the default
 *   for several signers
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} `CS_KEY_TYPE`, `CS_KEY_SIZE` or `CS_WEAK_SECRET` for a key that cannot sign, `CS_TOO_LARGE`,
 *   `CS_MALFORMED`, `CS_UNSUPPORTED` for a payload in pieces that the algorithm cannot take, or `CS_UNAVAILABLE` for
 *   one that could not be read to its end, and where a key that is elsewhere fails or no key of a ring may sign at the
 *   moment
 * @example
 * ```ts
 * import { generateKey, publicKey } from 'countersign'
 * import { signJws, verifyJws } from 'countersign/jws'
 *
 * const key = await generateKey('ES256')
 * const compact = await signJws('hello', { key })
 * console.log(compact.split('.').length) // 3
 *
 * const document = new TextEncoder().encode('a contract')
 * const detached = await signJws(document, { key, serialization: 'flattened', detached: true })
 * const { header } = await verifyJws(detached, { keys: await publicKey(key), detachedPayload: document })
 * console.log(header.alg, detached.payload) // ES256 undefined
 * ```
 */
export function signJws(
  payload: JwsPayload,
  options: SignJwsOptions & { readonly serialization: 'flattened' },
): Promise<FlattenedJws>
export function signJws(
  payload: JwsPayload,
  options: SignJwsOptions &
    ({ readonly serialization: 'general' } | { readonly signers: object; readonly serialization?: never }),
): Promise<GeneralJws>
export function signJws(
  payload: JwsPayload,
  options: SignJwsOptions & { readonly key: object; readonly serialization?: 'compact' },
): Promise<string>
export function signJws(payload: JwsPayload, options: SignJwsOptions): Promise<string | FlattenedJws | GeneralJws>
export async function signJws(
  payload: JwsPayload,
  options: SignJwsOptions,
): Promise<string | FlattenedJws | GeneralJws> {
  return run(sign(payload, options, backend), backend)
}

/**
 * Verifies a JWS (RFC 7515 §5.2): a string is a compact one, an object a flattened or general one. Of several
 * signatures the first that verifies counts, and its headers alone are given back.
 *
 * Keys are taken in with each call: give a `Key` or a `keySet` where many tokens are verified.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} for every JWS that is refused: `CS_MALFORMED`, `CS_BASE64`, `CS_HEADER`, `CS_CRIT`, `CS_ALG`,
 *   `CS_NO_KEY`, `CS_SIGNATURE` and so on; `unavailable: true` where the answer is not known
 * @example
 * ```ts
 * import { generateKey, keySet, publicJwks } from 'countersign'
 * import { signJws, verifyJws } from 'countersign/jws'
 *
 * const [alice, bob] = [await generateKey('ES256'), await generateKey('Ed25519')]
 * const jws = await signJws('{"amount":100}', { signers: [{ key: alice }, { key: bob }] })
 * console.log(jws.signatures.length, jws.signatures[0]?.signature.length) // 2 86
 *
 * const { payload, key } = await verifyJws(jws, { keys: keySet(await publicJwks([bob])) })
 * console.log(new TextDecoder().decode(payload), key.kid === bob.kid) // {"amount":100} true
 * ```
 */
export function verifyJws(
  token: string | object,
  options: VerifyJwsOptions & { readonly detachedPayload: PayloadStream },
): Promise<VerifiedStream>
export function verifyJws(
  token: string | object,
  options: VerifyJwsOptions & { readonly detachedPayload?: Uint8Array | string },
): Promise<VerifiedJws>
export function verifyJws(token: string | object, options: VerifyJwsOptions): Promise<VerifiedJws | VerifiedStream>
export async function verifyJws(
  token: string | object,
  options: VerifyJwsOptions,
): Promise<VerifiedJws | VerifiedStream> {
  return run(verify(token, options, verifying), verifying)
}
