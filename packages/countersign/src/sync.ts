/**
 * countersign with plain values instead of promises, on Node: the same names, the same checks, the same errors. A
 * remote key set has to be loaded first (`await set.load()`), and a key function has to answer at once.
 *
 * @module countersign/sync
 */
import { sync as backend } from '#crypto'
import type { JwtClaims } from './claims.ts'
import { refusal } from './errors.ts'
import type { ClaimsInput, SignOptions } from './jwt/claims-writer.ts'
import { type DecryptedToken, type DecrypterOptions, prepareDecrypter, type SafeDecrypted } from './jwt/decrypter.ts'
import { type EncrypterOptions, type EncryptOptions, prepareEncrypter } from './jwt/encrypter.ts'
import { prepareSigner, SIGNERS, type SignerOptions, type SignToken } from './jwt/signer.ts'
import {
  prepareVerifier,
  type SafeVerified,
  VERIFIERS,
  type VerifiedToken,
  type VerifierOptions,
} from './jwt/verifier.ts'
import type { Jwk, JwkSet } from './key/jwk.ts'
import type { Key } from './key/key.ts'
import type { GenerateOptions, ThumbprintHash } from './key/ops.ts'
import * as keys from './key/ops.ts'
import { atOnce, runSync } from './op.ts'

export type * from './index.ts'
export {
  capabilities,
  decodeUnverified,
  importKey,
  JoseError,
  keySet,
  remoteKey,
  remoteKeySet,
  secretKey,
} from './index.ts'

/** Makes signed JWTs; {@link createSigner} has done the work on its options. */
export interface SyncSigner<Claims = JwtClaims> {
  /**
   * Signs a claims set into a compact JWT (RFC 7519 §7.1); `iat`, `exp` and the header's `kid` are set.
   *
   * @throws {JoseError} `CS_CLAIM_TYPE`, `CS_ISS`, `CS_TOO_LARGE` or `CS_CLAIMS_SCHEMA` for claims that are refused,
   *   `CS_UNAVAILABLE` where no key of a ring may sign at the moment
   */
  sign(claims: ClaimsInput<Claims>, options?: SignOptions): string
}

/** Checks signed JWTs; {@link createVerifier} has done the work on its options. */
export interface SyncVerifier<Claims = JwtClaims> {
  /**
   * The claims of a token, once its signature and every demand on it hold (RFC 7519 §7.2).
   *
   * @throws {JoseError} for every token that is refused: `CS_MALFORMED`, `CS_ALG`, `CS_NO_KEY`, `CS_SIGNATURE`,
   *   `CS_EXPIRED`, `CS_AUD` and so on
   */
  verify(token: string): VerifiedToken<Claims>
  /** As `verify`, with the refusal as a value. What is no refusal of a token is still thrown. */
  safeVerify(token: string): SafeVerified<Claims>
}

/** Makes encrypted JWTs; {@link createEncrypter} has done the work on its options. */
export interface SyncEncrypter<Claims = JwtClaims> {
  /**
   * Encrypts a claims set into a compact JWT (RFC 7519 §7.1). With `sign` it is signed first (RFC 7519 §11.2).
   *
   * @throws {JoseError} `CS_CLAIM_TYPE`, `CS_ISS`, `CS_TOO_LARGE` or `CS_CLAIMS_SCHEMA` for claims that are refused,
   *   `CS_NO_KEY` or `CS_KEY_TYPE` where there is no key to encrypt to, and what the signer throws
   */
  encrypt(claims: ClaimsInput<Claims>, options?: EncryptOptions): string
}

/** Opens encrypted JWTs and checks their claims; {@link createDecrypter} has done the work on its options. */
export interface SyncDecrypter<Claims = JwtClaims> {
  /**
   * The claims of a token, once it is decrypted and every demand on it holds (RFC 7519 §7.2).
   *
   * @throws {JoseError} for every token that is refused: `CS_MALFORMED`, `CS_ALG`, `CS_NO_KEY`, `CS_DECRYPTION`,
   *   `CS_NESTED`, `CS_EXPIRED` and so on
   */
  decrypt(token: string): DecryptedToken<Claims>
  /** As `decrypt`, with the refusal as a value. What is no refusal of a token is still thrown. */
  safeDecrypt(token: string): SafeDecrypted<Claims>
}

/**
 * Makes a signer of JWTs (RFC 7519 §7.1), as `createSigner` of `countersign` does.
 *
 * @throws {TypeError} for an option that is not what it should be, and for a key that works by promises
 * @throws {JoseError} `CS_KEY_TYPE`, `CS_KEY_SIZE`, `CS_WEAK_SECRET` or `CS_ALG` for a key that cannot sign
 * @example
 * ```ts
 * import { createSigner, generateKey } from 'countersign/sync'
 *
 * const signer = createSigner({ key: generateKey('HS256'), issuer: 'https://issuer.example', expiresIn: '15m' })
 * console.log(signer.sign({ sub: '1234567890' }).split('.').length) // 3
 * ```
 */
export function createSigner<Claims = JwtClaims>(options: SignerOptions<Claims>): SyncSigner<Claims> {
  const sign = prepareSigner(options, backend)
  return SIGNERS.tie({ sign: (claims, call) => atOnce(sign(claims, backend, call)) }, sign as SignToken)
}

/**
 * Makes a verifier of JWTs (RFC 7519 §7.2), as `createVerifier` of `countersign` does.
 *
 * @throws {TypeError} for an option that is not what it should be, and for an async key function, hook or schema
 * @throws {JoseError} `CS_KEY_INVALID`, `CS_KEY_TYPE`, `CS_KEY_SIZE`, `CS_WEAK_SECRET` or `CS_JWKS_INVALID` for keys
 *   that are refused, or that could never verify anything
 * @example
 * ```ts
 * import { createSigner, createVerifier, generateKey } from 'countersign/sync'
 *
 * const key = generateKey('HS256')
 * const token = createSigner({ key, audience: 'api', expiresIn: '15m' }).sign({ sub: '1234567890' })
 * const verifier = createVerifier({ keys: key, issuer: 'any', audience: 'api' })
 * console.log(verifier.verify(token).claims.sub) // 1234567890
 * ```
 */
export function createVerifier<Claims = JwtClaims>(options: VerifierOptions<Claims>): SyncVerifier<NoInfer<Claims>> {
  const verify = prepareVerifier(options, backend)
  const verifier: SyncVerifier<Claims> = {
    verify: (token) => atOnce(verify(token, backend)),
    safeVerify(token) {
      try {
        return { ok: true, ...atOnce(verify(token, backend)) }
      } catch (error) {
        return refusal(error)
      }
    },
  }
  return VERIFIERS.tie(verifier, verify)
}

/**
 * Makes an encrypter of JWTs (RFC 7519 §7.1), as `createEncrypter` of `countersign` does.
 *
 * @throws {TypeError} for an option that is not what it should be, and for a key that works by promises
 * @throws {JoseError} `CS_KEY_TYPE`, `CS_KEY_SIZE`, `CS_KEY_INVALID` or `CS_UNSUPPORTED` for a key that cannot be
 *   encrypted to
 * @example
 * ```ts
 * import { createEncrypter, generateKey } from 'countersign/sync'
 *
 * const encrypter = createEncrypter({ key: generateKey('A256GCM'), expiresIn: '15m' })
 * console.log(encrypter.encrypt({ sub: 'alice' }).split('.').length) // 5
 * ```
 */
export function createEncrypter<Claims = JwtClaims>(options: EncrypterOptions<Claims>): SyncEncrypter<Claims> {
  const encrypt = prepareEncrypter(options, backend)
  return { encrypt: (claims, call) => runSync(encrypt(claims, call), backend) }
}

/**
 * Makes a decrypter of JWTs (RFC 7519 §7.2), as `createDecrypter` of `countersign` does.
 *
 * @throws {TypeError} for an option that is not what it should be, for a key that works by promises, and for a private
 *   key where nothing says who may have written the claims
 * @throws {JoseError} `CS_KEY_TYPE`, `CS_KEY_SIZE`, `CS_KEY_INVALID`, `CS_JWKS_INVALID` or `CS_ALG` for keys that are
 *   refused
 * @example
 * ```ts
 * import { createDecrypter, createEncrypter, generateKey } from 'countersign/sync'
 *
 * const key = generateKey('A256GCM')
 * const token = createEncrypter({ key, audience: 'api', expiresIn: '15m' }).encrypt({ sub: 'alice' })
 * const decrypter = createDecrypter({ keys: key, issuer: 'any', audience: 'api' })
 * console.log(decrypter.decrypt(token).claims.sub) // alice
 * ```
 */
export function createDecrypter<Claims = JwtClaims>(options: DecrypterOptions<Claims>): SyncDecrypter<NoInfer<Claims>> {
  const decrypt = prepareDecrypter(options, backend)
  return {
    decrypt: (token) => runSync(decrypt(token), backend),
    safeDecrypt(token) {
      try {
        return { ok: true, ...runSync(decrypt(token), backend) }
      } catch (error) {
        return refusal(error)
      }
    },
  }
}

/**
 * Makes a new key (RFC 7518 §3.1, §4.1, §5.1), as `generateKey` of `countersign` does. An RSA key takes some hundred
 * milliseconds, in which nothing else runs.
 *
 * @throws {TypeError} for an unknown algorithm or a size that is not allowed
 * @throws {JoseError} `CS_UNSUPPORTED` where this runtime does not have the algorithm or the curve
 * @example
 * ```ts
 * import { generateKey } from 'countersign/sync'
 *
 * console.log(generateKey('ES256').kind) // private
 * ```
 */
export function generateKey(alg: string, options: GenerateOptions = {}): Key {
  return runSync(keys.generateKey(alg, options), backend)
}

/**
 * The public half of a private key, as `publicKey` of `countersign` gives it.
 *
 * @throws {JoseError} `CS_KEY_TYPE` for a secret, which has none
 * @example
 * ```ts
 * import { generateKey, publicKey } from 'countersign/sync'
 *
 * console.log(publicKey(generateKey('ES256')).kind) // public
 * ```
 */
export function publicKey(key: Key): Key {
  return runSync(keys.publicKey(key), backend)
}

/**
 * A key as a JWK (RFC 7517 §4), as `exportJwk` of `countersign` gives it: keep the JWK of a private key to yourself.
 *
 * @throws {JoseError} `CS_KEY_TYPE` for a key that was imported with `ext: false`
 * @example
 * ```ts
 * import { exportJwk, generateKey } from 'countersign/sync'
 *
 * console.log(exportJwk(generateKey('HS256')).kty) // oct
 * ```
 */
export function exportJwk(key: Key): Jwk {
  return runSync(keys.exportJwk(key), backend)
}

/**
 * A key as PEM (RFC 7468), as `exportPem` of `countersign` gives it.
 *
 * @throws {JoseError} `CS_KEY_TYPE` for a secret, and for a key that was imported with `ext: false`
 * @example
 * ```ts
 * import { exportPem, generateKey } from 'countersign/sync'
 *
 * console.log(exportPem(generateKey('ES256')).split('\n')[0]) // -----BEGIN PRIVATE KEY-----
 * ```
 */
export function exportPem(key: Key): string {
  return runSync(keys.exportPem(key), backend)
}

/**
 * The JWK thumbprint of a key (RFC 7638 §3), as `thumbprint` of `countersign` gives it.
 *
 * @param hash - default `sha-256`
 * @throws {TypeError} for a hash of another name
 * @example
 * ```ts
 * import { generateKey, thumbprint } from 'countersign/sync'
 *
 * console.log(thumbprint(generateKey('ES256')).length) // 43
 * ```
 */
export function thumbprint(key: Key, hash?: ThumbprintHash): string {
  return runSync(keys.thumbprint(key, hash), backend)
}

/**
 * The thumbprint as a URI (RFC 9278 §3), as `thumbprintUri` of `countersign` gives it.
 *
 * @param hash - default `sha-256`
 * @throws {TypeError} for a hash of another name
 * @example
 * ```ts
 * import { generateKey, thumbprintUri } from 'countersign/sync'
 *
 * console.log(thumbprintUri(generateKey('ES256')).startsWith('urn:ietf:params:oauth:jwk-thumbprint:sha-256:')) // true
 * ```
 */
export function thumbprintUri(key: Key, hash?: ThumbprintHash): string {
  return runSync(keys.thumbprintUri(key, hash), backend)
}

/**
 * The JWK Set to publish for some keys (RFC 7517 §5), as `publicJwks` of `countersign` gives it.
 *
 * @throws {JoseError} `CS_KEY_TYPE` for a secret, `CS_AMBIGUOUS_KEY` for two keys that nothing tells apart
 * @example
 * ```ts
 * import { generateKey, publicJwks } from 'countersign/sync'
 *
 * console.log(publicJwks([generateKey('ES256')]).keys.length) // 1
 * ```
 */
export function publicJwks(published: readonly Key[]): JwkSet {
  return runSync(keys.publicJwks(published), backend)
}
