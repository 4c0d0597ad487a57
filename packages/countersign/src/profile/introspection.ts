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

/** The claims of an introspection response (RFC 9701 §5), as {@link introspection} gives them. */
export interface IntrospectionClaims extends JwtClaims {
  /** The authorization server. */
  readonly iss: string
  /** The resource server that asked. */
  readonly aud: string | readonly string[]
  /** When it was asked, in epoch seconds. */
  readonly iat: number
  readonly sub?: never
  readonly exp?: never
  /** What the server says about the token that it was asked about. */
  readonly token_introspection: TokenIntrospection
}

/** What is said about a token (RFC 7662 §2.2), in a response of {@link introspection}. */
export interface TokenIntrospection {
  /** Whether the token is good; where it is not, nothing else counts. */
  readonly active: boolean
  /** Its scopes, with a space between them. */
  readonly scope?: string
  /** The client that asked for it. */
  readonly client_id?: string
  /** A name of the user for people. */
  readonly username?: string
  /** Its type, such as `Bearer`. */
  readonly token_type?: string
  /** Epoch seconds; from then on it has expired. */
  readonly exp?: number
  /** When it was issued, in epoch seconds. */
  readonly iat?: number
  /** Epoch seconds; before that it is not valid. */
  readonly nbf?: number
  /** The user. */
  readonly sub?: string
  /** Whom it is for. */
  readonly aud?: string | readonly string[]
  /** Who issued it. */
  readonly iss?: string
  /** Its id. */
  readonly jti?: string
  readonly [name: string]: unknown
}

/** Makes and checks the introspection responses of RFC 9701: what {@link introspection} is. */
export interface IntrospectionProfile {
  /**
   * Makes a signer of responses (RFC 9701 §5).
   *
   * @throws {TypeError} for an option that is not what it should be
   * @throws {JoseError} `CS_KEY_TYPE`, `CS_KEY_SIZE` or `CS_WEAK_SECRET` for a key that cannot sign with the algorithm
   */
  createSigner<Claims = IntrospectionClaims>(options: LastingSignerOptions<Claims>): Signer<Claims>
  /**
   * Makes a verifier of responses. Each answers one request, so it is five minutes old at most unless `maxAge` says
   * otherwise.
   *
   * @throws {TypeError} for an option that is not what it should be
   * @throws {JoseError} `CS_KEY_INVALID`, `CS_KEY_TYPE`, `CS_JWKS_INVALID` for keys that are refused, or that could
   *   never verify anything
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
