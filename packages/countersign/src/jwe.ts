/**
 * countersign/jwe: encryption of any plaintext, in every serialization of RFC 7516. For JWTs use `countersign`, which
 * checks the claims as well.
 *
 * @module countersign/jwe
 */
import { backend } from '#crypto'
import { type DecryptedJwe, type DecryptJweOptions, decryptJwe as decrypt } from './jwe/decrypt-jwe.ts'
import { encryptJwe as encrypt } from './jwe/encrypt-jwe.ts'
import type { EncryptJweOptions } from './jwe/encrypt-plan.ts'
import { run } from './op.ts'
import type { FlattenedJwe, GeneralJwe } from './serialization/jwe.ts'

export { JoseError } from './errors.ts'
export type { JweHeader } from './header.ts'
export type { DecryptedJwe, DecryptJweOptions } from './jwe/decrypt-jwe.ts'
export type { EncryptJweOptions, JweOptions, JweSerialization, JweTarget } from './jwe/encrypt-plan.ts'
export type { ManagementChoice } from './jwe/options.ts'
export type { InflateLimit, JweLimits } from './options.ts'
export type { FlattenedJwe, GeneralJwe, JwePart, SharedJwe } from './serialization/jwe.ts'

/**
 * Encrypts a plaintext (RFC 7516 §5.1): octets, or text (its UTF-8). Who can open it depends on the key: with a public
 * key its owner, with a shared secret or a password whoever has that. Only a shared secret also says who wrote the
 * plaintext; sign it first where that counts.
 *
 * @returns a string for `compact`, the default for one key; an object for `flattened` and for `general`, the default
 *   for several recipients
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} `CS_KEY_TYPE`, `CS_KEY_SIZE` or `CS_KEY_INVALID` for a key that cannot be encrypted to,
 *   `CS_TOO_LARGE`, `CS_MALFORMED` for text that has no UTF-8, or `CS_UNSUPPORTED`
 * @example
 * ```ts
 * import { generateKey, publicKey } from 'countersign'
 * import { decryptJwe, encryptJwe } from 'countersign/jwe'
 *
 * const key = await generateKey('ECDH-ES+A256KW', { crv: 'X25519' })
 * const recipient = await publicKey(key)
 * const compact = await encryptJwe('for your eyes only', { key: recipient })
 * console.log(compact.split('.').length) // 5
 *
 * const { plaintext, header } = await decryptJwe(compact, { keys: key })
 * console.log(new TextDecoder().decode(plaintext), header.enc) // for your eyes only A256GCM
 *
 * const options = { key: recipient, serialization: 'flattened', aad: 'for all to see', apv: 'bob' } as const
 * const flattened = await encryptJwe('hello', options)
 * console.log(flattened.encrypted_key?.length, flattened.iv?.length, flattened.tag?.length) // 54 16 22
 * ```
 */
export function encryptJwe(
  plaintext: Uint8Array | string,
  options: EncryptJweOptions & { readonly serialization: 'flattened' },
): Promise<FlattenedJwe>
export function encryptJwe(
  plaintext: Uint8Array | string,
  options: EncryptJweOptions &
    ({ readonly serialization: 'general' } | { readonly recipients: object; readonly serialization?: never }),
): Promise<GeneralJwe>
export function encryptJwe(
  plaintext: Uint8Array | string,
  options: EncryptJweOptions & { readonly key: object; readonly serialization?: 'compact' },
): Promise<string>
export function encryptJwe(
  plaintext: Uint8Array | string,
  options: EncryptJweOptions,
): Promise<string | FlattenedJwe | GeneralJwe>
export async function encryptJwe(
  plaintext: Uint8Array | string,
  options: EncryptJweOptions,
): Promise<string | FlattenedJwe | GeneralJwe> {
  return run(encrypt(plaintext, options, backend), backend)
}

/**
 * Decrypts a JWE (RFC 7516 §5.2): a string is a compact one, an object a flattened or general one. Of several
 * recipients the first that a key opens counts. Whatever goes wrong once a key is used is one error, `CS_DECRYPTION`,
 * that tells nothing more.
 *
 * Keys are taken in with each call: give a `Key` or a `keySet` where many tokens are decrypted.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} for every JWE that is refused: `CS_MALFORMED`, `CS_BASE64`, `CS_HEADER`, `CS_CRIT`, `CS_ALG`,
 *   `CS_NO_KEY`, `CS_DECRYPTION` and so on; `unavailable: true` where the answer is not known
 * @example
 * ```ts
 * import { generateKey, keySet, publicKey } from 'countersign'
 * import { decryptJwe, encryptJwe } from 'countersign/jwe'
 *
 * const alice = await generateKey('RSA-OAEP-256')
 * const bob = await generateKey('ECDH-ES+A128KW')
 * const recipients = [{ key: await publicKey(alice) }, { key: await publicKey(bob) }]
 * const jwe = await encryptJwe('to both of you', { recipients, enc: 'A128CBC-HS256' })
 * console.log(jwe.recipients.length, jwe.recipients[1]?.header?.alg) // 2 ECDH-ES+A128KW
 *
 * const { plaintext, key } = await decryptJwe(jwe, { keys: keySet({ keys: [bob] }) })
 * console.log(new TextDecoder().decode(plaintext), key.kid === bob.kid) // to both of you true
 * ```
 */
export async function decryptJwe(token: string | object, options: DecryptJweOptions): Promise<DecryptedJwe> {
  return run(decrypt(token, options, backend), backend)
}
