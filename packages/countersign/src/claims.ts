import { type ErrorCode, type Issue, JoseError, kindOf, show } from './errors.ts'
import { type JsonObject, own } from './json.ts'
import { HINTS } from './messages.ts'
import { type Duration, refuseLost, toBoolean, toClock, toSeconds, toText, toTexts } from './options.ts'

/**
 * A claims set (RFC 7519 §4): the registered claims have these types or the token is refused, others may be anything.
 * {@link createSigner} takes one, and {@link createVerifier} gives one.
 */
export interface JwtClaims {
  /** Who issued the token (RFC 7519 §4.1.1). */
  readonly iss?: string
  /** Whom or what it is about (RFC 7519 §4.1.2). */
  readonly sub?: string
  /** Whom it is for: one, or several (RFC 7519 §4.1.3). */
  readonly aud?: string | readonly string[]
  /** Epoch seconds; from then on the token has expired (RFC 7519 §4.1.4). */
  readonly exp?: number
  /** Epoch seconds; before that the token is not valid (RFC 7519 §4.1.5). */
  readonly nbf?: number
  /** When it was issued, in epoch seconds (RFC 7519 §4.1.6). */
  readonly iat?: number
  /** Its id, which no other token of this issuer has (RFC 7519 §4.1.7). */
  readonly jti?: string
  readonly [name: string]: unknown
}

/** What is demanded of the claims, as the caller of {@link createVerifier} writes it (RFC 7519 §7.2). */
export interface ClaimsOptions {
  /** The subject the token must be about; a token without `sub` is refused then. */
  readonly subject?: string
  /** The type the header must name, such as `'at+jwt'`; default: `JWT` or none. `'any'` takes every type. */
  readonly typ?: string
  /** Claims that must be there, beside those that another option demands. */
  readonly requiredClaims?: readonly string[]
  /** Whether a token without `exp` is refused. Default true. */
  readonly requireExp?: boolean
  /** Accepts a token whose `exp` has passed. Default false. */
  readonly ignoreExp?: boolean
  /** The longest time since `iat`, which is then required: seconds, or a text such as `'1h'`. */
  readonly maxAge?: Duration
  /** How far clocks may differ: seconds, or a text such as `'5s'`. Default 30 s. */
  readonly clockTolerance?: Duration
  /** The time in epoch seconds. Default: the system clock. */
  now?(): number
}

export const CLAIMS_OPTION_NAMES = [
  'subject',
  'typ',
  'requiredClaims',
  'requireExp',
  'ignoreExp',
  'maxAge',
  'clockTolerance',
  'now',
] as const

/** Issuer or audience: the accepted texts, or nothing where any is accepted. */
export type Expected = readonly string[] | undefined

/** A checked set of demands; `undefined` members demand nothing. */
export interface ClaimsPolicy {
  readonly subject: string | undefined
  readonly typ: string | undefined
  /** The same as the caller wrote it, which is how most tokens have it. */
  readonly typAsWritten: string
  readonly required: readonly string[]
  readonly ignoreExp: boolean
  readonly maxAge: number | undefined
  readonly tolerance: number
  readonly now: () => number
  /** What a profile demands beyond that. */
  readonly further: FurtherChecks | undefined
}

/** Checks that a kind of token brings along: they add what is wrong to the faults. */
export type FurtherChecks = (claims: JsonObject, faults: Fault[]) => void

/** @throws TypeError for any option that is not what it should be, so that none can switch a check off (attack 30) */
export function toPolicy(options: ClaimsOptions, further?: FurtherChecks): ClaimsPolicy {
  refuseLost(options, ['subject', 'typ', 'requiredClaims', 'maxAge'])
  const required = new Set(options.requiredClaims === undefined ? [] : requiredNames(options.requiredClaims))
  if (toBoolean(options.requireExp, 'requireExp', true)) required.add('exp')
  const maxAge = options.maxAge === undefined ? undefined : toSeconds(options.maxAge, 'maxAge')
  if (maxAge !== undefined) required.add('iat')
  const typ = options.typ === undefined ? 'JWT' : toText(options.typ, 'typ')
  return Object.freeze({
    subject: options.subject === undefined ? undefined : toText(options.subject, 'subject'),
    typ: typ === 'any' ? undefined : mediaType(typ),
    typAsWritten: typ,
    required: Object.freeze([...required]),
    ignoreExp: toBoolean(options.ignoreExp, 'ignoreExp', false),
    maxAge,
    tolerance: toSeconds(options.clockTolerance, 'clockTolerance', 30),
    now: toClock(options.now),
    further,
  })
}

function requiredNames(value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw new TypeError(`requiredClaims is ${kindOf(value)} and not an array of names`)
  return Array.from(value, (name) => toText(name, 'requiredClaims'))
}

/** `issuer` or `audience` of a verifier. @throws TypeError */
export function toExpected(value: unknown, name: string): Expected {
  if (value === undefined) throw new TypeError(`${name} is required; 'any' says that every ${name} is accepted`)
  return value === 'any' ? undefined : toTexts(value, name)
}

/** A fault with the sentence that tells it. */
export interface Fault extends Issue {
  readonly text: string
}

/**
 * Checks a claims set whose signature has verified, and tells every fault at once (RFC 7519 §4.1, §7.2).
 *
 * @throws {JoseError} with the code of the first fault and all of them as `issues`
 */
export function validate(
  claims: JsonObject,
  typ: string | undefined,
  policy: ClaimsPolicy,
  issuer: Expected,
  audience: Expected,
): asserts claims is JwtClaims {
  const read = registered(claims)
  const faults: Fault[] = []
  if (typ !== policy.typAsWritten) checkTyp(typ, policy.typ, faults)
  checkTypes(read, faults)
  checkRequired(claims, policy.required, faults)
  checkIssuer(read.iss, issuer, faults)
  checkSubject(read.sub, policy.subject, faults)
  checkAudience(read.aud, audience, faults)
  checkTimes(read, policy, faults)
  policy.further?.(claims, faults)
  refuse(faults)
}

const REPLICAS = [
  ['iss', 'CS_ISS'],
  ['sub', 'CS_SUB'],
  ['aud', 'CS_AUD'],
] as const

/** Whether a header repeats claims. */
export const hasReplicas = (header: JsonObject): boolean => REPLICAS.some(([name]) => Object.hasOwn(header, name))

/** A header that repeats claims has to repeat them truly (RFC 7519 §5.3): somebody may have gone by it. @throws {JoseError} */
export function refuseReplicas(header: JsonObject, claims: JsonObject): void {
  for (const [name, code] of REPLICAS) {
    if (Object.hasOwn(header, name) && JSON.stringify(header[name]) !== JSON.stringify(own(claims, name)))
      throw new JoseError(code, `${name} of the header is not what the claims say (RFC 7519 §5.3)`)
  }
}

type Registered = Readonly<Record<'iss' | 'sub' | 'aud' | 'exp' | 'nbf' | 'iat' | 'jti', unknown>>

/** What every object inherits from. A program may have put members there, by mistake or by an attack. */
const PROTOTYPE = Object.prototype

/**
 * Each registered claim of parsed JSON read once, and only where it is the object's own. That nothing of the name can be
 * inherited is known to the compiler, and to ask the object costs ten times as much.
 */
function registered(claims: JsonObject): Registered {
  return {
    iss: 'iss' in PROTOTYPE ? own(claims, 'iss') : claims['iss'],
    sub: 'sub' in PROTOTYPE ? own(claims, 'sub') : claims['sub'],
    aud: 'aud' in PROTOTYPE ? own(claims, 'aud') : claims['aud'],
    exp: 'exp' in PROTOTYPE ? own(claims, 'exp') : claims['exp'],
    nbf: 'nbf' in PROTOTYPE ? own(claims, 'nbf') : claims['nbf'],
    iat: 'iat' in PROTOTYPE ? own(claims, 'iat') : claims['iat'],
    jti: 'jti' in PROTOTYPE ? own(claims, 'jti') : claims['jti'],
  }
}

/**
 * The types alone, for a claims set about to be signed: what it merely inherits is not written, and may be refused.
 *
 * @throws {JoseError} `CS_CLAIM_TYPE`
 */
export function validateTypes(claims: JsonObject): asserts claims is JwtClaims {
  const faults: Fault[] = []
  checkTypes(claims as Registered, faults)
  refuse(faults)
}

/** Throws where there are faults. @throws {JoseError} with the code of the first fault and all of them as `issues` */
export function refuse(faults: readonly Fault[]): void {
  const [first] = faults
  if (first === undefined) return
  const issues = faults.map(({ text: _, ...issue }) => Object.freeze(issue))
  throw new JoseError(first.code, faults.map(({ text }) => text).join('; '), {
    hint: first.hint,
    issues: Object.freeze(issues),
  })
}

/**
 * A fault of a claims set.
 *
 * @param text - tells it, with no value of a claim other than `iss`, `aud` and the times
 */
export function fault(
  code: ErrorCode,
  path: string,
  text: string,
  values: Pick<Issue, 'expected' | 'actual'> = {},
): Fault {
  return { code, path, ...values, hint: HINTS[code], text }
}

function checkTypes({ iss, sub, jti, exp, nbf, iat, aud }: Registered, faults: Fault[]): void {
  checkText('iss', iss, faults)
  checkText('sub', sub, faults)
  checkText('jti', jti, faults)
  checkTime('exp', exp, faults)
  checkTime('nbf', nbf, faults)
  checkTime('iat', iat, faults)
  if (aud !== undefined && !isAudience(aud)) faults.push(wrongType('aud', 'a string or an array of strings', aud))
}

function checkText(name: string, value: unknown, faults: Fault[]): void {
  if (value !== undefined && typeof value !== 'string') faults.push(wrongType(name, 'a string', value))
}

function checkTime(name: string, value: unknown, faults: Fault[]): void {
  if (value !== undefined && !isTime(value)) faults.push(wrongType(name, 'a finite number of seconds', value))
}

/** A claim of the wrong type, of which no value is told. */
export function wrongType(name: string, expected: string, value: unknown): Fault {
  const actual = kindOf(value)
  return fault('CS_CLAIM_TYPE', name, `${name} is ${actual} and not ${expected}`, { expected, actual })
}

/** Whether a value can be a time: a finite number of seconds. */
export const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

function isAudience(value: unknown): value is string | readonly string[] {
  return typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string'))
}

/** A type with `application/` implied, in lower case: two spellings of one media type are equal (RFC 7515 §4.1.9). */
export function mediaType(typ: string): string {
  const lower = typ.toLowerCase()
  const bare = lower.startsWith('application/') ? lower.slice('application/'.length) : lower
  return bare.includes('/') ? lower : bare
}

function checkTyp(typ: string | undefined, expected: string | undefined, faults: Fault[]): void {
  if (expected === undefined || (typ === undefined && expected === 'jwt')) return
  if (typ === undefined) {
    faults.push(fault('CS_TYP', 'typ', `the header has no typ, expected ${show(expected)}`, { expected }))
  } else if (mediaType(typ) !== expected) {
    faults.push(
      fault('CS_TYP', 'typ', `typ is ${show(typ)}, expected ${show(expected)}`, { expected, actual: show(typ) }),
    )
  }
}

function checkRequired(claims: JsonObject, required: readonly string[], faults: Fault[]): void {
  for (const name of required) if (!Object.hasOwn(claims, name)) faults.push(missing(name))
}

/** A claim that is not there. */
export function missing(name: string): Fault {
  return fault('CS_CLAIM_MISSING', name, `the claim ${show(name)} is missing`)
}

function checkIssuer(iss: unknown, issuer: Expected, faults: Fault[]): void {
  if (issuer === undefined) return
  if (iss === undefined) faults.push(missing('iss'))
  else if (typeof iss === 'string' && !issuer.includes(iss)) {
    const expected = showList(issuer)
    faults.push(fault('CS_ISS', 'iss', `iss is ${show(iss)}, expected ${expected}`, { expected, actual: show(iss) }))
  }
}

function checkSubject(sub: unknown, subject: string | undefined, faults: Fault[]): void {
  if (subject === undefined) return
  if (sub === undefined) faults.push(missing('sub'))
  else if (typeof sub === 'string' && sub !== subject)
    faults.push(fault('CS_SUB', 'sub', 'sub is not the expected subject'))
}

function checkAudience(aud: unknown, audience: Expected, faults: Fault[]): void {
  if (audience === undefined) return
  if (aud === undefined) {
    faults.push(missing('aud'))
    return
  }
  if (!isAudience(aud)) return
  if (typeof aud === 'string' ? audience.includes(aud) : aud.some((item) => audience.includes(item))) return
  const given = typeof aud === 'string' ? [aud] : aud
  const [expected, actual] = [showList(audience), showList(given)]
  faults.push(fault('CS_AUD', 'aud', `aud is ${actual}, expected ${expected}`, { expected, actual }))
}

function checkTimes({ exp, nbf, iat }: Registered, policy: ClaimsPolicy, faults: Fault[]): void {
  const { tolerance, maxAge } = policy
  const now = policy.now()
  if (isTime(exp) && now - tolerance >= exp && !policy.ignoreExp) {
    faults.push(fault('CS_EXPIRED', 'exp', `exp passed ${Math.round(now - exp)} s ago`, { expected: now, actual: exp }))
  }
  if (isTime(nbf) && nbf > now + tolerance) {
    faults.push(
      fault('CS_NOT_YET_VALID', 'nbf', `nbf is ${Math.round(nbf - now)} s from now`, { expected: now, actual: nbf }),
    )
  }
  if (maxAge === undefined || !isTime(iat)) return
  if (iat > now + tolerance) {
    faults.push(
      fault('CS_NOT_YET_VALID', 'iat', `iat is ${Math.round(iat - now)} s from now`, { expected: now, actual: iat }),
    )
  } else if (now - iat > maxAge + tolerance) {
    const text = `the token was issued ${Math.round(now - iat)} s ago, maxAge is ${maxAge} s`
    faults.push(fault('CS_TOO_OLD', 'iat', text, { expected: now - maxAge, actual: iat }))
  }
}

function showList(values: readonly string[]): string {
  const text = values.slice(0, 8).map(show).join(', ')
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
