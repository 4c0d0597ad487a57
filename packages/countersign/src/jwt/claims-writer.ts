import { type JwtClaims, validateTypes } from '../claims.ts'
import type { Backend } from '../crypto/backend.ts'
import { JoseError, kindOf, show } from '../errors.ts'
import { isDeeper, isObject, type JsonObject, parseObject } from '../json.ts'
import type { Op } from '../op.ts'
import { type Duration, JWT_LIMITS, type Limits, refuseLost, toClock, toSeconds, toText, toTexts } from '../options.ts'
import { type StandardSchema, toClaimsSchema } from '../schema.ts'

/** What is written into every claims set: options of {@link createSigner} and {@link createEncrypter}. */
export interface ClaimsDefaults<Claims = JwtClaims> {
  /** A schema (zod, valibot, arktype, …) that the claims set has to fit as it will be read; nothing is changed by it. */
  readonly claims?: StandardSchema<Claims, unknown>
  /** What is written as `iss`; claims that name another issuer are refused. */
  readonly issuer?: string
  /** What is written as `aud`, unless the claims or the call say another. */
  readonly audience?: string | readonly string[]
  /** What is written as `sub`, unless the claims or the call say another. */
  readonly subject?: string
  /**
   * The life of a token, counted from its iat: seconds, or a text such as `'15m'`; `'never'` makes tokens without
   * `exp`.
   */
  readonly expiresIn?: Duration | 'never'
  /** When a token becomes valid, counted from its iat: seconds, or a text such as `'1m'`. */
  readonly notBefore?: Duration
  /** `true` gives each token a random id (a UUID), a function makes the ids. */
  readonly jti?: boolean | (() => string)
  /** The time in epoch seconds. Default: the system clock. */
  now?(): number
}

export const CLAIMS_DEFAULT_NAMES = [
  'claims',
  'issuer',
  'audience',
  'subject',
  'expiresIn',
  'notBefore',
  'jti',
  'now',
] as const

/**
 * What one token has otherwise than its signer or encrypter says: the second argument of `sign` ({@link createSigner}).
 */
export interface SignOptions {
  /** The life of this token: seconds, or a text such as `'5m'`; `'never'` makes it without `exp`. */
  readonly expiresIn?: Duration | 'never'
  /** Its `sub`. */
  readonly subject?: string
  /** Its `aud`. */
  readonly audience?: string | readonly string[]
  /** Its `jti`. */
  readonly jti?: string
}

type Registered = 'iss' | 'sub' | 'aud' | 'exp' | 'nbf' | 'iat' | 'jti'

/**
 * Claims to sign, as {@link createSigner} takes them: what the schema takes, where the registered claims may come from
 * the options.
 */
export type ClaimsInput<Claims> = {
  readonly [Name in keyof Claims as Name extends Registered ? never : Name]: Claims[Name]
} & { readonly [Name in keyof Claims as Name extends Registered ? Name : never]?: Claims[Name] | undefined }

export const CLAIMS_CALL_NAMES = ['expiresIn', 'subject', 'audience', 'jti'] as const

interface Prepared {
  readonly issuer: string | undefined
  readonly subject: string | undefined
  readonly audience: string | readonly string[] | undefined
  readonly life: number | undefined
  /** What no life may exceed, where the keys are not there for longer. */
  readonly longest: number | undefined
  readonly delay: number | undefined
  readonly makeId: (() => string) | undefined
  readonly now: () => number
}

/** Writes the JSON text of a claims set. */
export type ClaimsWriter = (claims: unknown, call: SignOptions) => string

/**
 * Checks every option once.
 *
 * @param longest - the seconds that a token may live at most
 * @throws {TypeError} for an option that is not what it should be
 */
export function claimsWriter(
  options: ClaimsDefaults<unknown>,
  longest?: number,
  limits: Limits = JWT_LIMITS,
): ClaimsWriter {
  const prepared: Prepared = {
    issuer: optionalText(options.issuer, 'issuer'),
    subject: optionalText(options.subject, 'subject'),
    audience: toAudience(options.audience),
    life: toLife(options.expiresIn, longest),
    longest,
    delay: options.notBefore === undefined ? undefined : toSeconds(options.notBefore, 'notBefore'),
    makeId: toIdMaker(options.jti),
    now: toClock(options.now),
  }
  return (claims, call) => toClaimsText(toClaimsSet(claims, call, prepared), limits)
}

/** Checks a claims set by the schema of the options, as it will be read. @throws {TypeError} for what is no schema */
export function claimsCheck(
  options: ClaimsDefaults<unknown>,
  { sync }: Pick<Backend, 'sync'>,
  limits: Limits = JWT_LIMITS,
): ((text: string) => Op<unknown>) | undefined {
  refuseLost(options, ['claims'])
  const { claims } = options
  if (claims === undefined) return undefined
  const schema = toClaimsSchema(claims, sync)
  // By the reader of tokens: JSON.parse alone may take one name for another.
  return (text) => schema(parseObject(text, 'the claims set', limits.jsonDepth)) as Op<unknown>
}

const optionalText = (value: unknown, name: string): string | undefined =>
  value === undefined ? undefined : toText(value, name)

function toAudience(value: unknown): string | readonly string[] | undefined {
  if (value === undefined) return undefined
  return typeof value === 'string' ? toText(value, 'audience') : toTexts(value, 'audience')
}

function toLife(value: unknown, longest = Number.POSITIVE_INFINITY): number | undefined {
  if (value === 'never' && longest === Number.POSITIVE_INFINITY) return undefined
  if (value === undefined)
    throw new TypeError("expiresIn is required, such as '15m'; 'never' says that tokens live for ever")
  const seconds = value === 'never' ? Number.POSITIVE_INFINITY : toSeconds(value, 'expiresIn')
  if (seconds > longest)
    throw new TypeError(
      `expiresIn is ${show(value)}, and the key ring keeps its keys for tokens of ${longest} s: raise its tokenLifetime`,
    )
  if (seconds === 0) throw new TypeError('expiresIn is 0: such a token would be born expired')
  return seconds
}

function toIdMaker(jti: unknown): (() => string) | undefined {
  if (jti === undefined || jti === false) return undefined
  if (jti === true) return () => globalThis.crypto.randomUUID()
  if (typeof jti !== 'function') throw new TypeError(`jti is true or a function that makes ids, not ${kindOf(jti)}`)
  return () => toText(jti(), 'the id that jti() made')
}

/**
 * The claims to write, in an object of their own. What the call says counts before what the claims say, and both before
 * the defaults; only another issuer than theirs is a contradiction.
 */
function toClaimsSet(claims: unknown, call: SignOptions, prepared: Prepared): JsonObject {
  if (!isObject(claims)) throw new JoseError('CS_CLAIM_TYPE', `the claims set is ${kindOf(claims)} and not an object`)
  const { issuer, subject, audience, makeId, delay, longest } = prepared
  // Members that stay undefined are not written; a spread copies a claim called __proto__ as the data it is.
  const set: ClaimsDraft = { iss: issuer, sub: subject, aud: audience, ...claims }
  if (set.iss === undefined) set.iss = issuer
  else if (issuer !== undefined && set.iss !== issuer) {
    throw new JoseError('CS_ISS', `iss is ${show(set.iss)}, and the option issuer is ${show(issuer)}`)
  }
  set.sub = or(call.subject, or(set.sub, subject))
  set.aud = or(call.audience, or(set.aud, audience))
  set.jti = or(call.jti, set.jti)
  if (set.jti === undefined) set.jti = makeId?.()
  const now = Math.floor(prepared.now())
  set.iat = or(set.iat, now)
  if (delay !== undefined) set.nbf = or(set.nbf, now + delay)
  const life = call.expiresIn === undefined ? prepared.life : toLife(call.expiresIn, longest)
  if (call.expiresIn !== undefined || set.exp === undefined) set.exp = life === undefined ? undefined : now + life
  refuseUnwritable(set)
  validateTypes(set)
  if (longest !== undefined && Number(set.exp) > now + longest)
    throw new JoseError('CS_CLAIM_TYPE', `exp is ${show(set.exp)}, more than ${longest} s from now`, {
      hint: 'Nobody would know the key any more: raise tokenLifetime of the key ring, and its overlap with it.',
    })
  return set
}

type ClaimsDraft = { -readonly [Name in keyof JwtClaims]?: unknown }

/** A value, or the other where there is none; null is one, and refused later. */
const or = (value: unknown, otherwise: unknown): unknown => (value === undefined ? otherwise : value)

/** JSON would drop these in silence, or, for one called toJSON, put its result in place of the claims. */
function refuseUnwritable(set: ClaimsDraft): void {
  for (const name of Object.keys(set)) {
    const value = set[name]
    if (typeof value === 'function' || typeof value === 'symbol') {
      throw new JoseError('CS_CLAIM_TYPE', `the claim ${show(name)} is ${kindOf(value)}, which JSON does not have`)
    }
  }
}

/** @throws {JoseError} `CS_CLAIM_TYPE` for what JSON cannot say, `CS_TOO_LARGE` for what we would not read again */
function toClaimsText(set: JsonObject, limits: Limits): string {
  let text: string | undefined
  try {
    text = JSON.stringify(set)
  } catch {
    throw new JoseError('CS_CLAIM_TYPE', 'the claims set holds a value that JSON does not have (a BigInt or a cycle)')
  }
  if (text?.[0] !== '{') throw new JoseError('CS_CLAIM_TYPE', 'the claims set is not an object once it is JSON')
  // More characters than octets are allowed means more octets too, and nothing is encoded in vain.
  if (text.length > limits.tokenBytes) throw tooLarge('claims set', text.length, limits.tokenBytes)
  if (mayBeDeep(text) && isDeeper(JSON.parse(text), limits.jsonDepth)) {
    throw new JoseError('CS_TOO_LARGE', `the claims set is nested deeper than ${limits.jsonDepth} levels`)
  }
  return text
}

/** Whether a text has so many brackets that it may be nested too deep; few texts have, and only those are parsed. */
function mayBeDeep(text: string): boolean {
  return countOf('{', text) + countOf('[', text) > JWT_LIMITS.jsonDepth
}

function countOf(char: string, text: string): number {
  let count = 0
  for (let at = text.indexOf(char); at >= 0; at = text.indexOf(char, at + 1)) count++
  return count
}

export function tooLarge(what: string, octets: number, most: number): JoseError {
  return new JoseError('CS_TOO_LARGE', `the ${what} would have ${octets} octets, ${most} are allowed`)
}
