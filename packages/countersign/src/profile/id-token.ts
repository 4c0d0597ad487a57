import { SIGNATURE } from '../alg/signature.ts'
import { base64url, utf8 } from '../bytes.ts'
import { type Fault, fault, type JwtClaims, missing, refuse } from '../claims.ts'
import type { Backend, Hash, Hashing, Sourcing, Verifying } from '../crypto/backend.ts'
import { JoseError, show } from '../errors.ts'
import { type JsonObject, own } from '../json.ts'
import { toSigning } from '../jws/sign.ts'
import { CLAIMS_CALL_NAMES, type ClaimsInput, type SignOptions } from '../jwt/claims-writer.ts'
import type { Safe } from '../jwt/promises.ts'
import type { Look, VerifiedToken } from '../jwt/verifier.ts'
import type { Key } from '../key/key.ts'
import { type Op, use } from '../op.ts'
import { checkNames, type Duration, toClock, toSeconds, toText, toTexts } from '../options.ts'
import {
  checkAbsent,
  checkText,
  checkThere,
  type Kind,
  type OneIssuerProfileOptions,
  PROFILE_VERIFIER_NAMES,
  type ProfileSignerOptions,
  prepareKindSigner,
  prepareKindVerifier,
  same,
  TEXT,
  TEXTS,
  TIME,
} from './kind.ts'

/**
 * The claims of an ID token (OpenID Connect Core 1.0 §2), as {@link idToken} gives them; those about the user stand
 * beside them (§5.1).
 */
export interface IdTokenClaims extends JwtClaims {
  /** Who issued it. */
  readonly iss: string
  /** The user, by an id that the issuer gives to nobody else. */
  readonly sub: string
  /** The client that it is for, or several. */
  readonly aud: string | readonly string[]
  /** Epoch seconds; from then on it has expired. */
  readonly exp: number
  /** When it was issued, in epoch seconds. */
  readonly iat: number
  /** When the user logged in, in epoch seconds. */
  readonly auth_time?: number
  /** What the client sent along when it asked for a login. */
  readonly nonce?: string
  /** The class of the authentication. */
  readonly acr?: string
  /** The methods of the authentication. */
  readonly amr?: readonly string[]
  /** The client that the token was issued to. */
  readonly azp?: string
  /** The session of the user at the provider. */
  readonly sid?: string
  /** The hash of the access token that came along (OpenID Connect Core 1.0 §3.1.3.6). */
  readonly at_hash?: string
  /** The hash of the code that came along (OpenID Connect Core 1.0 §3.3.2.11). */
  readonly c_hash?: string
}

/** Options of `createVerifier` of {@link idToken}. */
export interface IdTokenVerifierOptions<Claims = IdTokenClaims>
  extends Omit<OneIssuerProfileOptions<Claims>, 'audience'> {
  /** The id of this client, and of no other. */
  readonly audience: string
  /**
   * Whom tokens may be for beside this client, where they say by `azp` that it asked for them; `'any'` takes all. Default:
   * nobody.
   */
  readonly otherAudiences?: 'any' | readonly string[]
}

/** What came along with an ID token: `sign` and `verify` of {@link idToken} take it. */
export interface IdTokenContext {
  /** The value that the client sent when it asked for this login, out of the session of its user. */
  readonly nonce?: string | undefined
  /** The access token that came along. Its hash is written, and demanded. */
  readonly accessToken?: string | undefined
  /** The code that came along. Its hash is written, and demanded. */
  readonly code?: string | undefined
}

/** What an ID token is checked against by {@link idToken} (OpenID Connect Core 1.0 §3.1.3.7). */
export interface IdTokenDemands extends IdTokenContext {
  /** The longest time since the user logged in: seconds, or a text such as `'1h'`. */
  readonly maxAge?: Duration | undefined
  /** The classes of authentication of which one will do. */
  readonly acr?: string | readonly string[] | undefined
}

/** Makes ID tokens, as `createSigner` of {@link idToken} gives it. */
export interface IdTokenSigner<Claims = IdTokenClaims> {
  /**
   * Signs claims into an ID token.
   *
   * @throws {JoseError} as the signer of `createSigner`, and `CS_CLAIM_MISSING`, `CS_CLAIM_TYPE` or `CS_CLAIM_VALUE`
   *   where a claim is missing or wrong
   */
  sign(claims: ClaimsInput<Claims>, options?: SignOptions & IdTokenContext): Promise<string>
}

/** Checks ID tokens, as `createVerifier` of {@link idToken} gives it. */
export interface IdTokenVerifier<Claims = IdTokenClaims> {
  /**
   * The claims of a token, once its signature and every demand on it hold. A token with a nonce is refused where none
   * is given: it was asked for by somebody whom the caller does not know. `{ nonce: undefined }` refuses every token:
   * what was to be compared is lost.
   *
   * @throws {JoseError} for every token that is refused: `CS_CLAIM_VALUE` for another nonce or hash, `CS_TOO_OLD` for a
   *   login that is too old, and what every verifier throws
   */
  verify(token: string, demands?: IdTokenDemands): Promise<VerifiedToken<Claims>>
  /** As `verify`, with the refusal as a value. */
  safeVerify(token: string, demands?: IdTokenDemands): Promise<Safe<VerifiedToken<Claims>>>
}

/** Makes and checks the ID tokens of OpenID Connect: what {@link idToken} is. */
export interface IdTokenProfile {
  /**
   * Makes a signer of ID tokens (OpenID Connect Core 1.0 §2).
   *
   * @throws {TypeError} for an option that is not what it should be
   * @throws {JoseError} `CS_KEY_TYPE`, `CS_KEY_SIZE` or `CS_WEAK_SECRET` for a key that cannot sign with the algorithm
   */
  createSigner<Claims = IdTokenClaims>(options: ProfileSignerOptions<Claims>): IdTokenSigner<Claims>
  /**
   * Makes a verifier of ID tokens (OpenID Connect Core 1.0 §3.1.3.7).
   *
   * @throws {TypeError} for an option that is not what it should be
   * @throws {JoseError} `CS_KEY_INVALID`, `CS_KEY_TYPE`, `CS_JWKS_INVALID` for keys that are refused, or that could
   *   never verify anything
   */
  createVerifier<Claims = IdTokenClaims>(options: IdTokenVerifierOptions<Claims>): IdTokenVerifier<NoInfer<Claims>>
}

/** Signs an ID token, step by step. */
export type IdTokenSignOp<Claims> = (claims: ClaimsInput<Claims>, options?: SignOptions & IdTokenContext) => Op<string>

/** Verifies an ID token, step by step. */
export type IdTokenVerifyOp<Claims> = (
  token: unknown,
  demands?: IdTokenDemands,
  look?: Look,
) => Op<VerifiedToken<Claims>, Verifying>

/** OpenID Connect Core 1.0 §2. */
export const ID_TOKEN: Kind = {
  name: 'idToken',
  typ: 'JWT',
  required: ['iss', 'sub', 'aud', 'exp', 'iat'],
  types: {
    auth_time: TIME,
    nonce: TEXT,
    acr: TEXT,
    amr: TEXTS,
    azp: TEXT,
    sid: TEXT,
    at_hash: TEXT,
    c_hash: TEXT,
  },
  further(claims, faults) {
    checkAbsent(claims, ['events'], 'this is a logout token or a security event token', faults)
    const [iss, sub] = [own(claims, 'iss'), own(claims, 'sub')]
    if (iss !== undefined && iss === sub)
      faults.push(fault('CS_CLAIM_VALUE', 'sub', 'sub is iss: somebody speaks for himself, as in a client assertion'))
  },
}

const CONTEXT_NAMES = ['nonce', 'accessToken', 'code'] as const
/** The claims that are hashes, and what of (§3.1.3.6, §3.3.2.11). */
const HASHES = [
  ['at_hash', 'accessToken'],
  ['c_hash', 'code'],
] as const

/**
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} for a key that cannot sign with the algorithm
 */
export function prepareIdTokenSigner<Claims>(
  options: ProfileSignerOptions<Claims>,
  backend: Pick<Backend, 'sync'>,
): IdTokenSignOp<Claims> {
  const sign = prepareKindSigner(ID_TOKEN, options, backend)
  const { alg, key } = toSigning(options.key, options.alg, backend)
  return function* (claims, call = {}) {
    checkNames<SignOptions & IdTokenContext>(call, [...CLAIMS_CALL_NAMES, ...CONTEXT_NAMES], 'sign')
    const { nonce, accessToken, code, ...rest } = call
    const context = toDemands({ nonce, accessToken, code }, 'sign')
    const written: Record<string, string> = nonce === undefined ? {} : { nonce }
    for (const [name, of] of HASHES) {
      const secret = context[of]
      if (secret !== undefined) written[name] = yield* halfHash(secret, alg.id, key?.crv ?? alg.generate.crv)
    }
    return yield* use((platform) => sign({ ...claims, ...written }, platform, rest))
  }
}

/** @throws as `prepareVerifier` */
export function prepareIdTokenVerifier<Claims>(
  options: IdTokenVerifierOptions<Claims>,
  backend: Sourcing,
): IdTokenVerifyOp<Claims> {
  const names = [...PROFILE_VERIFIER_NAMES.filter((name) => name !== 'issuers'), 'otherAudiences']
  checkNames<IdTokenVerifierOptions<Claims>>(options, names, 'idToken.createVerifier')
  const { otherAudiences, ...rest } = options
  const client = toText(options.audience, 'audience')
  if (client === 'any')
    throw new TypeError("audience is 'any': an ID token for another client would log its user in here")
  const others = toOthers(otherAudiences)
  const kind: Kind = {
    ...ID_TOKEN,
    further(claims, faults) {
      ID_TOKEN.further?.(claims, faults)
      checkParty(claims, client, others, faults)
    },
  }
  const verify = prepareKindVerifier(kind, rest, backend)
  const now = toClock(options.now)
  const tolerance = toSeconds(options.clockTolerance, 'clockTolerance', 30)
  return function* (token, given = {}, look) {
    const demands = toDemands(given, 'verify')
    const lookAt: Look = function* (checked) {
      const { claims, header, key } = checked
      const faults: Fault[] = []
      // A session that has lost its nonce must not pass for a login without one.
      if (demands.nonce === undefined && Object.hasOwn(given, 'nonce'))
        faults.push(fault('CS_CLAIM_VALUE', 'nonce', 'the nonce of this login is undefined: the session has lost it'))
      else checkNonce(claims, demands.nonce, faults)
      for (const [name, of] of HASHES) {
        const secret = demands[of]
        if (secret !== undefined) yield* checkHash(claims, name, secret, { alg: header.alg, key }, faults)
      }
      if (demands.maxAge !== undefined) checkLogin(claims, demands.maxAge, now(), tolerance, faults)
      const { acr } = demands
      if (acr !== undefined) {
        checkThere(claims, ['acr'], faults)
        checkText(claims, 'acr', (text) => acr.includes(text), 'is none of those that were asked for', faults)
      }
      refuse(faults)
      const looking = look?.(checked)
      if (looking) yield* looking
    }
    return yield* use((platform: Verifying) => verify(token, platform, lookAt))
  }
}

function toOthers(value: unknown): readonly string[] | undefined {
  if (value === 'any') return undefined
  return value === undefined ? [] : toTexts(value, 'otherAudiences')
}

/** The demands with their types checked. @throws {TypeError} */
function toDemands(
  given: IdTokenDemands,
  what: string,
): {
  readonly [Name in (typeof CONTEXT_NAMES)[number]]: string | undefined
} & { readonly maxAge: number | undefined; readonly acr: readonly string[] | undefined } {
  checkNames<IdTokenDemands>(given, [...CONTEXT_NAMES, 'maxAge', 'acr'], what)
  for (const name of CONTEXT_NAMES) if (given[name] !== undefined) toText(given[name], name)
  const { nonce, accessToken, code, maxAge, acr } = given
  return {
    nonce,
    accessToken,
    code,
    maxAge: maxAge === undefined ? undefined : toSeconds(maxAge, 'maxAge'),
    acr: acr === undefined ? undefined : toTexts(acr, 'acr'),
  }
}

/** For whom the token is, and who asked for it (§3.1.3.7, items 3 to 5). */
function checkParty(claims: JsonObject, client: string, others: readonly string[] | undefined, faults: Fault[]): void {
  checkText(claims, 'azp', (azp) => azp === client, 'is another client', faults)
  const aud = own(claims, 'aud')
  const strangers = Array.isArray(aud) ? aud.filter((item) => item !== client) : []
  if (strangers.length === 0) return
  checkThere(claims, ['azp'], faults)
  const unknown = others && strangers.find((item) => !others.includes(item as string))
  if (unknown !== undefined)
    faults.push({
      ...fault('CS_AUD', 'aud', `aud holds ${show(unknown)}, too, which is not trusted here`, {
        actual: show(unknown),
      }),
      hint: 'If you trust it with what your tokens say, name it in otherAudiences.',
    })
}

/** The nonce ties a token to the session that asked for it (§3.1.3.7, item 11). */
function checkNonce(claims: JsonObject, nonce: string | undefined, faults: Fault[]): void {
  if (nonce === undefined) {
    // Whoever asked with a nonce can tell it. Without it, this may be the token of another login.
    if (Object.hasOwn(claims, 'nonce'))
      faults.push({
        ...fault('CS_CLAIM_VALUE', 'nonce', 'the token has a nonce, and none was given to compare it with'),
        hint: 'Keep the nonce of each login in the session of its user, and give it to verify(token, { nonce }).',
      })
    return
  }
  checkThere(claims, ['nonce'], faults)
  checkText(claims, 'nonce', (text) => same(text, nonce), 'is not that of this login', faults)
}

/** When the user logged in (§3.1.3.7, item 13). */
function checkLogin(claims: JsonObject, maxAge: number, now: number, tolerance: number, faults: Fault[]): void {
  const time = own(claims, 'auth_time')
  if (typeof time !== 'number') {
    faults.push(missing('auth_time'))
  } else if (time > now + tolerance) {
    const text = `auth_time is ${Math.round(time - now)} s from now`
    faults.push(fault('CS_NOT_YET_VALID', 'auth_time', text, { expected: now, actual: time }))
  } else if (now - time > maxAge + tolerance) {
    const text = `the user logged in ${Math.round(now - time)} s ago, maxAge is ${maxAge} s`
    faults.push(fault('CS_TOO_OLD', 'auth_time', text, { expected: now - maxAge, actual: time }))
  }
}

interface SignedBy {
  readonly alg: string
  readonly key: Key
}

function* checkHash(
  claims: JsonObject,
  name: (typeof HASHES)[number][0],
  secret: string,
  { alg, key }: SignedBy,
  faults: Fault[],
): Op<void, Verifying> {
  const hash = yield* halfHash(secret, alg, key.crv)
  checkThere(claims, [name], faults)
  checkText(claims, name, (text) => same(text, hash), 'is the hash of something else than what came along', faults)
}

/** The left half of a hash, by the hash of the algorithm that signs (§3.1.3.6). @throws {JoseError} `CS_UNSUPPORTED` */
function* halfHash(secret: string, alg: string, crv: string | undefined): Op<string, Hashing> {
  const bits = hashOf(alg, crv)
  if (bits === undefined)
    throw new JoseError('CS_UNSUPPORTED', `nothing says which hash belongs to ${alg}, for at_hash and c_hash`, {
      hint: 'Sign with another algorithm, or leave accessToken and code out.',
    })
  const hash = yield* use((backend: Hashing) => backend.digest(bits, utf8(secret)))
  return base64url(hash.subarray(0, hash.length / 2))
}

/** The hash of an algorithm; that of Ed25519 is inside it (RFC 8032 §5.1). */
function hashOf(alg: string, crv: string | undefined): Hash | undefined {
  return SIGNATURE.get(alg)?.hash ?? (crv === 'Ed25519' ? 512 : undefined)
}
