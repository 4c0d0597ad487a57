/**
 * countersign with plain values instead of promises, on Node: the same names, the same checks, the same errors. A
 * remote key set has to be loaded first (`await set.load()`), and a key function has to answer at once.
 *
 * @packageDocumentation
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

/** Makes signed JWTs; the work on its options is done. */
export interface SyncSigner<Claims = JwtClaims> {
  /** @throws {JoseError} `CS_CLAIM_TYPE`, `CS_ISS`, `CS_TOO_LARGE` or `CS_CLAIMS_SCHEMA` */
  sign(claims: ClaimsInput<Claims>, options?: SignOptions): string
}

/** Checks signed JWTs; the work on its options is done. */
export interface SyncVerifier<Claims = JwtClaims> {
  /** @throws {JoseError} for every token that is refused */
  verify(token: string): VerifiedToken<Claims>
  /** The same, with the refusal as a value. What is no refusal of a token is still thrown. */
  safeVerify(token: string): SafeVerified<Claims>
}

/** Makes encrypted JWTs; the work on its options is done. */
export interface SyncEncrypter<Claims = JwtClaims> {
  /** @throws {JoseError} `CS_CLAIM_TYPE`, `CS_ISS`, `CS_TOO_LARGE` or `CS_CLAIMS_SCHEMA`, or why there is no key to encrypt to */
  encrypt(claims: ClaimsInput<Claims>, options?: EncryptOptions): string
}

/** Opens encrypted JWTs and checks their claims; the work on its options is done. */
export interface SyncDecrypter<Claims = JwtClaims> {
  /** @throws {JoseError} for every token that is refused */
  decrypt(token: string): DecryptedToken<Claims>
  /** The same, with the refusal as a value. What is no refusal of a token is still thrown. */
  safeDecrypt(token: string): SafeDecrypted<Claims>
}

/**
 * As `createSigner` of `countersign`.
 *
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
 * As `createVerifier` of `countersign`.
 *
 * @throws {TypeError} for an async key function, too
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
 * As `createEncrypter` of `countersign`.
 *
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
 * As `createDecrypter` of `countersign`.
 *
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
 * As `generateKey` of `countersign`. An RSA key takes some hundred milliseconds, in which nothing else runs.
 *
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
 * As `publicKey` of `countersign`.
 *
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
 * As `exportJwk` of `countersign`.
 *
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
 * As `exportPem` of `countersign`.
 *
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
 * As `thumbprint` of `countersign`.
 *
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
 * As `thumbprintUri` of `countersign`.
 *
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
 * As `publicJwks` of `countersign`.
 *
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
