import { misfit, nearestMisfit } from '../alg/needs.ts'
import { SIGNATURE, type SignatureAlg } from '../alg/signature.ts'
import { base64url, utf8 } from '../bytes.ts'
import { type JwtClaims, validateTypes } from '../claims.ts'
import { JoseError, kindOf, show } from '../errors.ts'
import { isDeeper, isObject, type JsonObject } from '../json.ts'
import { sign } from '../jws.ts'
import { Key } from '../key/key.ts'
import { nameOf } from '../key/ops.ts'
import type { Op } from '../op.ts'
import { checkNames, type Duration, JWT_LIMITS, type Limits, toClock, toSeconds, toText, toTexts } from '../options.ts'

/** Options of `createSigner`. */
export interface SignerOptions {
  readonly key: Key
  /** Needed where the key fits several algorithms and names none. */
  readonly alg?: string
  readonly issuer?: string
  readonly audience?: string | readonly string[]
  readonly subject?: string
  /** The life of a token, counted from its iat; `'never'` makes tokens without `exp`. */
  readonly expiresIn: Duration | 'never'
  /** When a token becomes valid, counted from its iat. */
  readonly notBefore?: Duration
  /** `true` gives each token a random id (a UUID), a function makes the ids. */
  readonly jti?: boolean | (() => string)
  /** The type in the header. Default `JWT`. */
  readonly typ?: string
  /** Further members of the protected header. */
  readonly header?: Readonly<Record<string, unknown>>
  /** The time in epoch seconds. Default: the system clock. */
  now?(): number
}

/** What one token has otherwise than its signer says. */
export interface SignOptions {
  readonly expiresIn?: Duration | 'never'
  readonly subject?: string
  readonly audience?: string | readonly string[]
  readonly jti?: string
}

/** Signs a claims set, step by step. */
export type SignOp = (claims: JwtClaims, options?: SignOptions) => Op<string>

const NAMES = [
  'key',
  'alg',
  'issuer',
  'audience',
  'subject',
  'expiresIn',
  'notBefore',
  'jti',
  'typ',
  'header',
  'now',
] as const
const CALL_NAMES = ['expiresIn', 'subject', 'audience', 'jti'] as const
/** Members that the signer sets itself, or that would change what the signature means. */
const RESERVED = ['alg', 'typ', 'kid', 'crit', 'b64', 'enc', 'zip'] as const
const LIMITS: Limits = JWT_LIMITS

interface Prepared {
  readonly key: Key
  readonly alg: SignatureAlg
  readonly issuer: string | undefined
  readonly subject: string | undefined
  readonly audience: string | readonly string[] | undefined
  readonly life: number | undefined
  readonly delay: number | undefined
  readonly makeId: (() => string) | undefined
  readonly now: () => number
  readonly header: () => Op<string>
}

/**
 * Checks every option once and prepares all that does not depend on the token.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} for a key that cannot sign with the algorithm
 */
export function prepareSigner(options: SignerOptions): SignOp {
  checkNames<SignerOptions>(options, NAMES, 'createSigner')
  const { key } = options
  if (!Key.is(key)) throw new TypeError(`key is ${kindOf(key)}; make a Key with importKey, secretKey or generateKey`)
  const alg = toAlgorithm(key, options.alg)
  const prepared: Prepared = {
    key,
    alg,
    issuer: optionalText(options.issuer, 'issuer'),
    subject: optionalText(options.subject, 'subject'),
    audience: toAudience(options.audience),
    life: toLife(options.expiresIn),
    delay: options.notBefore === undefined ? undefined : toSeconds(options.notBefore, 'notBefore'),
    makeId: toIdMaker(options.jti),
    now: toClock(options.now),
    header: headerWriter(key, alg, options.typ === undefined ? 'JWT' : toText(options.typ, 'typ'), options.header),
  }
  return (claims, call) => signToken(claims, call ?? {}, prepared)
}

function toAlgorithm(key: Key, named: unknown): SignatureAlg {
  const choices = named === undefined ? key.algorithms : [named]
  const [id] = key.alg !== undefined && named === undefined ? [key.alg] : choices
  if (named === undefined && key.alg === undefined && choices.length > 1) {
    throw new TypeError(`the key serves ${choices.join(', ')}: say which with the option alg`)
  }
  const alg = typeof id === 'string' ? SIGNATURE.get(id) : undefined
  if (alg === undefined) {
    if (named === undefined) throw unusable(key)
    throw new TypeError(`alg ${show(named)} is none of ${[...SIGNATURE.keys()].join(', ')}`)
  }
  const fault = misfit(alg, key, 'sign')
  if (fault) throw new JoseError(fault.code, fault.why)
  return alg
}

/** The reason why a key signs with nothing at all. */
function unusable(key: Key): JoseError {
  const { code, why } = nearestMisfit(SIGNATURE.values(), key, 'sign')
  return new JoseError(code, why)
}

const optionalText = (value: unknown, name: string): string | undefined =>
  value === undefined ? undefined : toText(value, name)

function toAudience(value: unknown): string | readonly string[] | undefined {
  if (value === undefined) return undefined
  return typeof value === 'string' ? toText(value, 'audience') : toTexts(value, 'audience')
}

function toLife(value: unknown): number | undefined {
  if (value === 'never') return undefined
  if (value === undefined)
    throw new TypeError("expiresIn is required, such as '15m'; 'never' says that tokens live for ever")
  const seconds = toSeconds(value, 'expiresIn')
  if (seconds === 0) throw new TypeError('expiresIn is 0: such a token would be born expired')
  return seconds
}

function toIdMaker(jti: unknown): (() => string) | undefined {
  if (jti === undefined || jti === false) return undefined
  if (jti === true) return () => globalThis.crypto.randomUUID()
  if (typeof jti !== 'function') throw new TypeError(`jti is true or a function that makes ids, not ${kindOf(jti)}`)
  return () => toText(jti(), 'the id that jti() made')
}

/** Writes the header once: its kid may be a thumbprint, which takes a step of the backend. */
function headerWriter(key: Key, alg: SignatureAlg, typ: string, extra: unknown): () => Op<string> {
  if (extra !== undefined && !isObject(extra)) throw new TypeError(`header is ${kindOf(extra)} and not an object`)
  for (const name of RESERVED) {
    if (extra && Object.hasOwn(extra, name)) throw new TypeError(`header holds ${name}, which is not set this way`)
  }
  if (extra && Object.hasOwn(extra, 'cty')) toText(extra['cty'], 'cty of the header')
  const members = extra === undefined ? {} : (JSON.parse(JSON.stringify(extra)) as JsonObject)
  if (isDeeper(members, LIMITS.jsonDepth))
    throw new TypeError(`header is nested deeper than ${LIMITS.jsonDepth} levels`)
  let written: string | undefined
  return function* () {
    if (written !== undefined) return written
    const kid = yield* nameOf(key)
    const octets = utf8(JSON.stringify({ alg: alg.id, typ, ...(kid !== undefined && { kid }), ...members }))
    if (octets.length > LIMITS.headerBytes) throw tooLarge('header', octets.length, LIMITS.headerBytes)
    written = base64url(octets)
    return written
  }
}

function* signToken(claims: JwtClaims, call: SignOptions, prepared: Prepared): Op<string> {
  checkNames<SignOptions>(call, CALL_NAMES, 'sign')
  const payload = encodePayload(toClaimsSet(claims, call, prepared))
  const header = yield* prepared.header()
  const token = yield* sign(prepared.alg, prepared.key, header, payload)
  if (token.length > LIMITS.tokenBytes) throw tooLarge('token', token.length, LIMITS.tokenBytes)
  return token
}

/**
 * The claims to sign, in an object of their own. What the call says counts before what the claims say, and both before
 * the signer's defaults; only another issuer than the signer's is a contradiction.
 */
function toClaimsSet(claims: unknown, call: SignOptions, prepared: Prepared): JsonObject {
  if (!isObject(claims)) throw new JoseError('CS_CLAIM_TYPE', `the claims set is ${kindOf(claims)} and not an object`)
  const now = Math.floor(prepared.now())
  const given: JsonObject = { ...claims }
  const { issuer, life, delay } = prepared
  if (issuer !== undefined && given['iss'] !== undefined && given['iss'] !== issuer) {
    throw new JoseError('CS_ISS', `iss is ${show(given['iss'])}, and the signer is ${show(issuer)}`)
  }
  const set: Record<string, unknown> = { ...(issuer !== undefined && { iss: issuer }) }
  if (prepared.subject !== undefined) set['sub'] = prepared.subject
  if (prepared.audience !== undefined) set['aud'] = prepared.audience
  for (const [name, value] of Object.entries(given)) {
    // JSON would drop these in silence, or, for one called toJSON, put its result in place of the claims.
    if (typeof value === 'function' || typeof value === 'symbol') {
      throw new JoseError('CS_CLAIM_TYPE', `the claim ${show(name)} is ${kindOf(value)}, which JSON does not have`)
    }
    // defineProperty, since assigning to a claim called __proto__ would do something else.
    if (value !== undefined)
      Object.defineProperty(set, name, { value, enumerable: true, writable: true, configurable: true })
  }
  if (call.subject !== undefined) set['sub'] = toText(call.subject, 'subject')
  if (call.audience !== undefined) set['aud'] = toAudience(call.audience)
  if (call.jti !== undefined) set['jti'] = toText(call.jti, 'jti')
  else if (prepared.makeId && !Object.hasOwn(set, 'jti')) set['jti'] = prepared.makeId()
  if (!Object.hasOwn(set, 'iat')) set['iat'] = now
  if (delay !== undefined && !Object.hasOwn(set, 'nbf')) set['nbf'] = now + delay
  if (call.expiresIn !== undefined) {
    const own = toLife(call.expiresIn)
    if (own === undefined) delete set['exp']
    else set['exp'] = now + own
  } else if (life !== undefined && !Object.hasOwn(set, 'exp')) set['exp'] = now + life
  validateTypes(set)
  return set
}

/** @throws {JoseError} `CS_CLAIM_TYPE` for what JSON cannot say, `CS_TOO_LARGE` for what we would not read again */
function encodePayload(set: JsonObject): string {
  let text: string | undefined
  try {
    text = JSON.stringify(set)
  } catch {
    throw new JoseError('CS_CLAIM_TYPE', 'the claims set holds a value that JSON does not have (a BigInt or a cycle)')
  }
  if (text?.[0] !== '{') throw new JoseError('CS_CLAIM_TYPE', 'the claims set is not an object once it is JSON')
  const octets = utf8(text)
  if (octets.length > LIMITS.tokenBytes) throw tooLarge('claims set', octets.length, LIMITS.tokenBytes)
  if (mayBeDeep(text) && isDeeper(JSON.parse(text), LIMITS.jsonDepth)) {
    throw new JoseError('CS_TOO_LARGE', `the claims set is nested deeper than ${LIMITS.jsonDepth} levels`)
  }
  return base64url(octets)
}

function mayBeDeep(text: string): boolean {
  let brackets = 0
  for (const char of text) if (char === '{' || char === '[') brackets++
  return brackets > LIMITS.jsonDepth
}

function tooLarge(what: string, octets: number, most: number): JoseError {
  return new JoseError('CS_TOO_LARGE', `the ${what} would have ${octets} octets, ${most} are allowed`)
}
