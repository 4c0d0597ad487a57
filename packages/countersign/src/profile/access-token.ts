import type { Fault, JwtClaims } from '../claims.ts'
import { isObject, type JsonObject, own } from '../json.ts'
import type { Signer, Verifier } from '../jwt/promises.ts'
import {
  checkTypes,
  type Kind,
  OBJECT,
  type ProfileSignerOptions,
  type ProfileVerifierOptions,
  TEXT,
  TEXTS,
  TIME,
} from './kind.ts'

/** The claims of an access token (RFC 9068 §2.2), as {@link accessToken} gives them. */
export interface AccessTokenClaims extends JwtClaims {
  /** Who issued it. */
  readonly iss: string
  /** The user, or the client where it acts for itself. */
  readonly sub: string
  /** The resource server that it is for, or several. */
  readonly aud: string | readonly string[]
  /** Epoch seconds; from then on it has expired. */
  readonly exp: number
  /** When it was issued, in epoch seconds. */
  readonly iat: number
  /** Its id. */
  readonly jti: string
  /** The client that the token was issued to. */
  readonly client_id: string
  /** Scopes with a space between them (RFC 9068 §2.2.3). */
  readonly scope?: string
  /** The roles of the user (RFC 9068 §2.2.3.1). */
  readonly roles?: readonly string[]
  /** The groups of the user (RFC 9068 §2.2.3.1). */
  readonly groups?: readonly string[]
  /** What the user is entitled to (RFC 9068 §2.2.3.1). */
  readonly entitlements?: readonly string[]
  /** When the user logged in, in epoch seconds (RFC 9068 §2.2.1). */
  readonly auth_time?: number
  /** The class of the authentication (RFC 9068 §2.2.1). */
  readonly acr?: string
  /** The methods of the authentication (RFC 9068 §2.2.1). */
  readonly amr?: readonly string[]
  /** The key that the token is bound to (RFC 7800 §3.1). */
  readonly cnf?: Confirmation
}

/**
 * What proves that the sender of a token is its owner (RFC 7800 §3.1): `cnf` of an access token, which
 * {@link dpopProof} is checked against.
 */
export interface Confirmation {
  /** The SHA-256 thumbprint of a DPoP key (RFC 9449 §6.1). */
  readonly jkt?: string
  /** The SHA-256 of a client's certificate (RFC 8705 §3.1). */
  readonly 'x5t#S256'?: string
  readonly [name: string]: unknown
}

/** Makes and checks the access tokens of RFC 9068: what {@link accessToken} is. */
export interface AccessTokenProfile {
  /**
   * Makes a signer of access tokens (RFC 9068 §2).
   *
   * @throws {TypeError} for an option that is not what it should be
   * @throws {JoseError} `CS_KEY_TYPE`, `CS_KEY_SIZE` or `CS_WEAK_SECRET` for a key that cannot sign with the algorithm
   */
  createSigner<Claims = AccessTokenClaims>(options: ProfileSignerOptions<Claims>): Signer<Claims>
  /**
   * Makes a verifier of access tokens (RFC 9068 §4).
   *
   * @throws {TypeError} for an option that is not what it should be
   * @throws {JoseError} `CS_KEY_INVALID`, `CS_KEY_TYPE`, `CS_JWKS_INVALID` for keys that are refused, or that could
   *   never verify anything
   */
  createVerifier<Claims = AccessTokenClaims>(options: ProfileVerifierOptions<Claims>): Verifier<NoInfer<Claims>>
}

/** RFC 9068 §2.1, §2.2 and §4. */
export const ACCESS_TOKEN: Kind = {
  name: 'accessToken',
  typ: 'at+jwt',
  required: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
  types: {
    client_id: TEXT,
    scope: TEXT,
    roles: TEXTS,
    groups: TEXTS,
    entitlements: TEXTS,
    auth_time: TIME,
    acr: TEXT,
    amr: TEXTS,
    cnf: OBJECT,
  },
  further: checkConfirmation,
}

function checkConfirmation(claims: JsonObject, faults: Fault[]): void {
  const cnf = own(claims, 'cnf')
  if (isObject(cnf)) checkTypes(cnf, { jkt: TEXT, 'x5t#S256': TEXT }, faults, 'cnf.')
}
