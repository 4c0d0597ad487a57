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

/** The claims of a logout token (OpenID Connect Back-Channel Logout 1.0 §2.4): `sub`, `sid` or both are there. */
export interface LogoutTokenClaims extends JwtClaims {
  readonly iss: string
  readonly aud: string | readonly string[]
  readonly iat: number
  readonly exp: number
  readonly jti: string
  readonly events: Readonly<Record<string, EventClaims>>
  /** The session that ends; without it, all sessions of `sub` do. */
  readonly sid?: string
}

/** What a logout token is made of: `sub`, `sid` or both, and `events` where it says more than a logout. */
export interface LogoutInput extends JwtClaims {
  readonly sid?: string
  readonly events?: Readonly<Record<string, EventClaims>>
}

/** Options of `logoutToken.createSigner`. */
export interface LogoutTokenSignerOptions extends LastingSignerOptions<LogoutInput> {
  /** The life of a token. Default two minutes (Back-Channel Logout §2.4). */
  readonly expiresIn?: Duration
}

/** Options of `logoutToken.createVerifier`. */
export type LogoutTokenVerifierOptions<Claims> = ProfileVerifierOptions<Claims> & {
  /** `'any'` also takes tokens of type `JWT` or none, as providers made them before there was a type. */
  readonly typ?: 'any'
}

/** Makes and checks the logout tokens of OpenID Connect Back-Channel Logout 1.0. */
export interface LogoutTokenProfile {
  /**
   * `events` is written for you.
   *
   * @throws {TypeError} for an option that is not what it should be
   * @throws {JoseError} for a key that cannot sign with the algorithm
   */
  createSigner(options: LogoutTokenSignerOptions): Signer<LogoutInput>
  /**
   * @throws {TypeError} for an option that is not what it should be
   * @throws {JoseError} for keys that are refused, or that could never verify anything
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
