import { type Fault, type JwtClaims, missing } from '../claims.ts'
import type { Backend, Sourcing } from '../crypto/backend.ts'
import { isObject, type JsonObject } from '../json.ts'
import type { Signer, Verifier } from '../jwt/promises.ts'
import type { SignToken } from '../jwt/signer.ts'
import type { VerifyToken } from '../jwt/verifier.ts'
import { checkNames, type Duration } from '../options.ts'
import { checkEvents, type EventClaims } from './events.ts'
import {
  checkAbsent,
  type Kind,
  type LastingSignerOptions,
  OBJECT,
  PROFILE_VERIFIER_NAMES,
  type ProfileVerifierOptions,
  prepareKindSigner,
  prepareKindVerifier,
  prepareLooseVerifier,
  SIGNER_NAMES,
  TEXT,
} from './kind.ts'

/**
 * The claims of a logout token (OpenID Connect Back-Channel Logout 1.0 §2.4), as {@link logoutToken} gives them: `sub`,
 * `sid` or both are there.
 */
export interface LogoutTokenClaims extends JwtClaims {
  /** The provider. */
  readonly iss: string
  /** The client. */
  readonly aud: string | readonly string[]
  /** When it was issued, in epoch seconds. */
  readonly iat: number
  /** Epoch seconds; from then on it has expired. */
  readonly exp: number
  /** Its id. */
  readonly jti: string
  /** What happened: the logout, and whatever else. */
  readonly events: Readonly<Record<string, EventClaims>>
  /** The session that ends; without it, all sessions of `sub` do. */
  readonly sid?: string
}

/**
 * What a logout token of {@link logoutToken} is made of: `sub`, `sid` or both, and `events` where it says more than a
 * logout.
 */
export interface LogoutInput extends JwtClaims {
  /** The session that ends. */
  readonly sid?: string
  /** Further events, beside the logout that is always written. */
  readonly events?: Readonly<Record<string, EventClaims>>
}

/** Options of `createSigner` of {@link logoutToken}. */
export interface LogoutTokenSignerOptions extends LastingSignerOptions<LogoutInput> {
  /** The life of a token: seconds, or a text such as `'2m'`. Default two minutes (Back-Channel Logout 1.0 §2.4). */
  readonly expiresIn?: Duration
}

/** Options of `createVerifier` of {@link logoutToken}. */
export type LogoutTokenVerifierOptions<Claims> = ProfileVerifierOptions<Claims> & {
  /** `'any'` also takes tokens of type `JWT` or none, as providers made them before there was a type. */
  readonly typ?: 'any'
}

/** Makes and checks the logout tokens of OpenID Connect Back-Channel Logout 1.0: what {@link logoutToken} is. */
export interface LogoutTokenProfile {
  /**
   * Makes a signer of logout tokens, which writes `events` for you (Back-Channel Logout 1.0 §2.4).
   *
   * @throws {TypeError} for an option that is not what it should be
   * @throws {JoseError} `CS_KEY_TYPE`, `CS_KEY_SIZE` or `CS_WEAK_SECRET` for a key that cannot sign with the algorithm
   */
  createSigner(options: LogoutTokenSignerOptions): Signer<LogoutInput>
  /**
   * Makes a verifier of logout tokens (Back-Channel Logout 1.0 §2.6).
   *
   * @throws {TypeError} for an option that is not what it should be
   * @throws {JoseError} `CS_KEY_INVALID`, `CS_KEY_TYPE`, `CS_JWKS_INVALID` for keys that are refused, or that could
   *   never verify anything
   */
  createVerifier<Claims = LogoutTokenClaims>(options: LogoutTokenVerifierOptions<Claims>): Verifier<NoInfer<Claims>>
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** OpenID Connect Back-Channel Logout 1.0 §2.4 and §2.6. */
export const LOGOUT_TOKEN: Kind = {
  name: 'logoutToken',
  typ: 'logout+jwt',
  required: ['iss', 'aud', 'iat', 'exp', 'jti', 'events'],
  types: { events: OBJECT, sid: TEXT },
  further: checkLogout,
}

function checkLogout(claims: JsonObject, faults: Fault[]): void {
  checkEvents(claims, faults, EVENT)
  if (!['sub', 'sid'].some((name) => Object.hasOwn(claims, name))) faults.push(missing('sub'))
  checkAbsent(claims, ['nonce'], 'an ID token has one, a logout token never (Back-Channel Logout §2.4)', faults)
}

/**
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} for a key that cannot sign with the algorithm
 */
export function prepareLogoutSigner(
  options: LogoutTokenSignerOptions,
  backend: Pick<Backend, 'sync'>,
): SignToken<LogoutInput> {
  checkNames<LogoutTokenSignerOptions>(options, SIGNER_NAMES, 'logoutToken.createSigner')
  const sign = prepareKindSigner<LogoutInput>(LOGOUT_TOKEN, { expiresIn: 120, ...options }, backend)
  return (claims, platform, call) =>
    sign(isObject(claims) ? { events: { [EVENT]: {} }, ...claims } : claims, platform, call)
}

/** @throws as `prepareVerifier` */
export function prepareLogoutVerifier<Claims>(
  options: LogoutTokenVerifierOptions<Claims>,
  backend: Sourcing,
): VerifyToken<Claims> {
  checkNames<LogoutTokenVerifierOptions<Claims>>(
    options,
    [...PROFILE_VERIFIER_NAMES, 'typ'],
    'logoutToken.createVerifier',
  )
  const { typ, ...rest } = options
  if (typ !== undefined && typ !== 'any') throw new TypeError("typ is 'any' or left out")
  const prepare = typ === 'any' ? prepareLooseVerifier : prepareKindVerifier
  return prepare(LOGOUT_TOKEN, rest as ProfileVerifierOptions<Claims>, backend)
}
