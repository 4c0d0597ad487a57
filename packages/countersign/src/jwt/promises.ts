import type { JwtClaims } from '../claims.ts'
import type { Backend, Verifying } from '../crypto/backend.ts'
import { type JoseError, refusal } from '../errors.ts'
import type { ClaimsInput, SignOptions } from './claims-writer.ts'
import type { DecryptedToken, SafeDecrypted } from './decrypter.ts'
import type { EncryptOptions } from './encrypter.ts'
import { SIGNERS, type SignToken } from './signer.ts'
import { type SafeVerified, VERIFIERS, type VerifiedToken, type VerifyToken } from './verifier.ts'

/** Makes signed JWTs; {@link createSigner} has done the work on its options. */
export interface Signer<Claims = JwtClaims> {
  /**
   * Signs a claims set into a compact JWT (RFC 7519 §7.1); `iat`, `exp` and the header's `kid` are set.
   *
   * @throws {JoseError} `CS_CLAIM_TYPE`, `CS_ISS`, `CS_TOO_LARGE` or `CS_CLAIMS_SCHEMA` for claims that are refused,
   *   `CS_UNAVAILABLE` where a key that is elsewhere fails or no key of a ring may sign at the moment, `CS_SIGNATURE`
   *   for what a key that is elsewhere did wrong
   */
  sign(claims: ClaimsInput<Claims>, options?: SignOptions): Promise<string>
}

/** Checks signed JWTs; {@link createVerifier} has done the work on its options. */
export interface Verifier<Claims = JwtClaims> {
  /**
   * The claims of a token, once its signature and every demand on it hold (RFC 7519 §7.2).
   *
   * @throws {JoseError} for every token that is refused: `CS_MALFORMED`, `CS_ALG`, `CS_NO_KEY`, `CS_SIGNATURE`,
   *   `CS_EXPIRED`, `CS_AUD` and so on; `unavailable: true` where the answer is not known, as with `CS_JWKS_FETCH`
   */
  verify(token: string): Promise<VerifiedToken<Claims>>
  /** As `verify`, with the refusal as a value. What is no refusal of a token is still thrown. */
  safeVerify(token: string): Promise<SafeVerified<Claims>>
}

/** Makes encrypted JWTs; {@link createEncrypter} has done the work on its options. */
export interface Encrypter<Claims = JwtClaims> {
  /**
   * Encrypts a claims set into a compact JWT (RFC 7519 §7.1); `iat`, `exp` and the header's `kid` are set. With `sign`
   * it is signed first (RFC 7519 §11.2).
   *
   * @throws {JoseError} `CS_CLAIM_TYPE`, `CS_ISS`, `CS_TOO_LARGE` or `CS_CLAIMS_SCHEMA` for claims that are refused,
   *   `CS_NO_KEY` or `CS_KEY_TYPE` where there is no key to encrypt to, and what the signer throws
   */
  encrypt(claims: ClaimsInput<Claims>, options?: EncryptOptions): Promise<string>
}

/** Opens encrypted JWTs and checks their claims; {@link createDecrypter} has done the work on its options. */
export interface Decrypter<Claims = JwtClaims> {
  /**
   * The claims of a token, once it is decrypted and every demand on it holds (RFC 7519 §7.2).
   *
   * @throws {JoseError} for every token that is refused: `CS_MALFORMED`, `CS_ALG`, `CS_NO_KEY`, `CS_DECRYPTION`,
   *   `CS_NESTED`, `CS_EXPIRED` and so on; `unavailable: true` where the answer is not known
   */
  decrypt(token: string): Promise<DecryptedToken<Claims>>
  /** As `decrypt`, with the refusal as a value. What is no refusal of a token is still thrown. */
  safeDecrypt(token: string): Promise<SafeDecrypted<Claims>>
}

/**
 * The outcome of a check, with the refusal as a value, as `safeVerify` of {@link countersign/profile!idToken | idToken}
 * gives it.
 */
export type Safe<Result> = ({ readonly ok: true } & Result) | { readonly ok: false; readonly error: JoseError }

/** Does some work, and gives a refusal as a value. What is no refusal is thrown. */
export async function safely<Result extends object>(work: () => Promise<Result>): Promise<Safe<Result>> {
  try {
    return { ok: true, ...(await work()) }
  } catch (error) {
    return refusal(error)
  }
}

/** An operation as the object that a door gives out. */
export function toSigner<Claims>(sign: SignToken<Claims>, backend: Backend): Signer<Claims> {
  return SIGNERS.tie({ sign: async (claims, call) => sign(claims, backend, call) }, sign as SignToken)
}

/** An operation as the object that a door gives out. */
export function toVerifier<Claims>(verify: VerifyToken<Claims>, backend: Verifying): Verifier<Claims> {
  const verifier: Verifier<Claims> = {
    verify: async (token) => verify(token, backend),
    safeVerify: (token) => safely(async () => verify(token, backend)),
  }
  return VERIFIERS.tie(verifier, verify)
}
