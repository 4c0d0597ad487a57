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

/** The claims of an access token (RFC 9068 §2.2). */
export interface AccessTokenClaims extends JwtClaims {
  readonly iss: string
  readonly sub: string
  readonly aud: string | readonly string[]
  readonly exp: number
  readonly iat: number
  readonly jti: string
  /** The client that the token was issued to. */
  readonly client_id: string
  /** Scopes with a space between them. */
  readonly scope?: string
  readonly roles?: readonly string[]
  readonly groups?: readonly string[]
  readonly entitlements?: readonly string[]
  /** When the user logged in, in epoch seconds. */
  readonly auth_time?: number
  /** The class of the authentication. */
  readonly acr?: string
  /** The methods of the authentication. */
  readonly amr?: readonly string[]
  /** The key that the token is bound to. */
  readonly cnf?: Confirmation
}

/** What proves that the sender of a token is its owner (RFC 7800 §3.1). */
export interface Confirmation {
  /** The thumbprint of a DPoP key (RFC 9449 §6.1). */
  readonly jkt?: string
  /** The SHA-256 of a client's certificate (RFC 8705 §3.1). */
  readonly 'x5t#S256'?: string
  readonly [name: string]: unknown
}

/** Makes and checks the access tokens of RFC 9068. */
export interface AccessTokenProfile {
  /**
   * @throws {TypeError} for an option that is not what it should be
   * @throws {JoseError} for a key that cannot sign with the algorithm
   */
  createSigner<Claims = AccessTokenClaims>(options: ProfileSignerOptions<Claims>): Signer<Claims>
  /**
   * @throws {TypeError} for an option that is not what it should be
   * @throws {JoseError} for keys that are refused, or that could never verify anything
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
