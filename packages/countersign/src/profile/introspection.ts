import { type Fault, type JwtClaims, missing } from '../claims.ts'
import { isObject, type JsonObject, own } from '../json.ts'
import type { Signer, Verifier } from '../jwt/promises.ts'
import {
  AUDIENCE,
  BOOLEAN,
  checkAbsent,
  checkTypes,
  type Kind,
  type LastingSignerOptions,
  OBJECT,
  type ProfileVerifierOptions,
  TEXT,
  TIME,
} from './kind.ts'

/** The claims of an introspection response (RFC 9701 §5). */
export interface IntrospectionClaims extends JwtClaims {
  readonly iss: string
  readonly aud: string | readonly string[]
  readonly iat: number
  readonly sub?: never
  readonly exp?: never
  /** What the server says about the token that it was asked about. */
  readonly token_introspection: TokenIntrospection
}

/** What is said about a token (RFC 7662 §2.2). */
export interface TokenIntrospection {
  /** Whether the token is good; where it is not, nothing else counts. */
  readonly active: boolean
  readonly scope?: string
  readonly client_id?: string
  readonly username?: string
  readonly token_type?: string
  readonly exp?: number
  readonly iat?: number
  readonly nbf?: number
  readonly sub?: string
  readonly aud?: string | readonly string[]
  readonly iss?: string
  readonly jti?: string
  readonly [name: string]: unknown
}

/** Makes and checks the introspection responses of RFC 9701. */
export interface IntrospectionProfile {
  /**
   * @throws {TypeError} for an option that is not what it should be
   * @throws {JoseError} for a key that cannot sign with the algorithm
   */
  createSigner<Claims = IntrospectionClaims>(options: LastingSignerOptions<Claims>): Signer<Claims>
  /**
   * A response answers one request, so it is five minutes old at most unless `maxAge` says otherwise.
   *
   * @throws {TypeError} for an option that is not what it should be
   * @throws {JoseError} for keys that are refused, or that could never verify anything
   */
  createVerifier<Claims = IntrospectionClaims>(options: ProfileVerifierOptions<Claims>): Verifier<NoInfer<Claims>>
}

/** RFC 9701 §5. */
export const INTROSPECTION: Kind = {
  name: 'introspection',
  typ: 'token-introspection+jwt',
  required: ['iss', 'aud', 'iat', 'token_introspection'],
  maxAge: 300,
  types: { token_introspection: OBJECT },
  further: checkIntrospection,
}

const MEMBERS = {
  active: BOOLEAN,
  scope: TEXT,
  client_id: TEXT,
  username: TEXT,
  token_type: TEXT,
  exp: TIME,
  iat: TIME,
  nbf: TIME,
  sub: TEXT,
  aud: AUDIENCE,
  iss: TEXT,
  jti: TEXT,
} as const

function checkIntrospection(claims: JsonObject, faults: Fault[]): void {
  // What says so much about a token must not be taken for that token (RFC 9701 §5, §8.1).
  checkAbsent(claims, ['sub', 'exp'], 'they stand in token_introspection alone (RFC 9701 §5)', faults)
  const said = own(claims, 'token_introspection')
  if (!isObject(said)) return
  if (!Object.hasOwn(said, 'active')) faults.push(missing('token_introspection.active'))
  checkTypes(said, MEMBERS, faults, 'token_introspection.')
}
