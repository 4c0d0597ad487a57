import { type Bytes, utf8 } from './bytes.ts'
import { JoseError, kindOf, show } from './errors.ts'
import { isObject, type JsonObject } from './json.ts'

/**
 * A span of time: seconds, or a number with its unit, such as `'15m'` (s, m, h, d, w): `expiresIn` of
 * {@link createSigner}, and every other option that is one.
 */
export type Duration = number | `${number}${'s' | 'm' | 'h' | 'd' | 'w'}`

/**
 * What is refused for its size before any work is spent on it.
 *
 * @example
 * ```ts
 * import { createVerifier, generateKey } from 'countersign'
 *
 * const limits = { tokenBytes: 1000 }
 * const verifier = createVerifier({ keys: await generateKey('HS256'), issuer: 'any', audience: 'any', limits })
 * const result = await verifier.safeVerify('A'.repeat(1001))
 * console.log(result.ok || result.error.code) // CS_TOO_LARGE
 * ```
 */
export interface Limits {
  /** The whole token, in octets (its characters are ASCII). Default 16 KiB, and 1 MiB for a bare JWS or JWE. */
  readonly tokenBytes: number
  /** The decoded protected header, in octets. Default 8 KiB. */
  readonly headerBytes: number
  /** How deep JSON may be nested, in levels. Default 32. */
  readonly jsonDepth: number
}

/**
 * The limits of {@link countersign/jws!signJws | signJws}, {@link countersign/jws!verifyJws | verifyJws} and their kin
 * for JWE, which take several signatures or recipients (RFC 7515 §7.2.1, RFC 7516 §7.2.1).
 *
 * @example
 * ```ts
 * import { generateKey } from 'countersign'
 * import { signJws, verifyJws } from 'countersign/jws'
 *
 * const [alice, bob] = [await generateKey('HS256'), await generateKey('HS256')]
 * const jws = await signJws('hello', { signers: [{ key: alice }, { key: bob }] })
 * try {
 *   await verifyJws(jws, { keys: alice, limits: { recipients: 1 } })
 * } catch (error) {
 *   console.log((error as { code: string }).code) // CS_TOO_LARGE
 * }
 * ```
 */
export interface JoseLimits extends Limits {
  /** How many signatures a JWS may have, or recipients a JWE. Default 16. */
  readonly recipients: number
}

/**
 * What is added where tokens are decrypted: their content may have been compressed (RFC 7516 §4.1.3).
 * {@link countersign/jwe!JweLimits | JweLimits} shows it.
 */
export interface InflateLimit {
  /** The most octets that a compressed plaintext may become. Default 256 KiB. */
  readonly inflatedBytes: number
}

/** The {@link Limits} of `createEncrypter` and `createDecrypter`. */
export type SealedJwtLimits = Limits & InflateLimit

/**
 * The limits of {@link countersign/jwe!encryptJwe | encryptJwe} and {@link countersign/jwe!decryptJwe | decryptJwe}, as
 * the option `limits` changes them.
 *
 * @example
 * ```ts
 * import { generateKey } from 'countersign'
 * import { decryptJwe, encryptJwe } from 'countersign/jwe'
 *
 * const key = await generateKey('A256GCM')
 * const jwe = await encryptJwe(' '.repeat(10_000), { key, zip: true })
 * try {
 *   await decryptJwe(jwe, { keys: key, limits: { inflatedBytes: 5000 } })
 * } catch (error) {
 *   console.log((error as { code: string }).code) // CS_TOO_LARGE
 * }
 * ```
 */
export type JweLimits = JoseLimits & InflateLimit

/** The limits of everything that takes or makes a JWT. */
export const JWT_LIMITS: Limits = Object.freeze({ tokenBytes: 16 * 1024, headerBytes: 8 * 1024, jsonDepth: 32 })

/** The limits of everything that takes or makes a bare JWS. */
export const JOSE_LIMITS: JoseLimits = Object.freeze({ ...JWT_LIMITS, tokenBytes: 1024 * 1024, recipients: 16 })

const inflatedBytes = 256 * 1024

/** The limits of everything that takes or makes an encrypted JWT. */
export const SEALED_JWT_LIMITS: SealedJwtLimits = Object.freeze({ ...JWT_LIMITS, inflatedBytes })

/** The limits of everything that takes or makes a bare JWE. */
export const JWE_LIMITS: JweLimits = Object.freeze({ ...JOSE_LIMITS, inflatedBytes })

const UNIT_SECONDS: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
  ['w', 604_800],
])

/**
 * An options object with no names but these: a misspelt option must not switch a check off in silence.
 *
 * @throws TypeError
 */
export function checkNames<Options extends object = JsonObject>(
  options: unknown,
  names: readonly string[],
  what: string,
): asserts options is Options {
  if (!isObject(options)) throw new TypeError(`${what} takes an options object, not ${kindOf(options)}`)
  for (const name in options) {
    if (!names.includes(name)) throw new TypeError(`${what} has no option ${show(name)}; it has ${names.join(', ')}`)
  }
}

/**
 * Refuses options that are there and have no value. Where leaving one out demands less, a setting that got lost on its way
 * must not do so in silence (attack 68).
 *
 * @throws TypeError
 */
export function refuseLost(options: object, names: readonly string[]): void {
  for (const name of names) {
    if (Object.hasOwn(options, name) && Reflect.get(options, name) === undefined)
      throw new TypeError(`${name} is undefined: leave the option out if nothing is to be demanded`)
  }
}

/** Seconds of a duration, with its default. @throws TypeError for anything else, NaN and negative values among it */
export function toSeconds(value: unknown, name: string, otherwise?: number): number {
  if (value === undefined && otherwise !== undefined) return otherwise
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  const [, digits, unit] = typeof value === 'string' ? (/^(\d{1,9})([smhdw])$/.exec(value) ?? []) : []
  if (digits === undefined)
    throw new TypeError(`${name} is a number of seconds or a text such as '15m', not ${show(value)}`)
  return Number(digits) * (UNIT_SECONDS.get(unit ?? '') ?? 0)
}

/** A boolean option with its default. @throws TypeError */
export function toBoolean(value: unknown, name: string, otherwise: boolean): boolean {
  if (value === undefined) return otherwise
  if (typeof value !== 'boolean') throw new TypeError(`${name} is true or false, not ${show(value)}`)
  return value
}

/** A text option that has to have some text. @throws TypeError */
export function toText(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '')
    throw new TypeError(`${name} is a string with text, not ${show(value)}`)
  return value
}

/** One text or several. @throws TypeError for none, and for anything that is not text, a RegExp among it */
export function toTexts(value: unknown, name: string): readonly string[] {
  const list = Array.isArray(value) ? value : [value]
  if (list.length === 0) throw new TypeError(`${name} is an empty array, which would match nothing`)
  // An array with a hole has something that is no text, which map would not look at.
  return Object.freeze(Array.from(list, (item) => toText(item, name)))
}

/** A whole number above zero. @throws TypeError */
export function toCount(value: unknown, name: string, otherwise: number): number {
  if (value === undefined) return otherwise
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
    throw new TypeError(`${name} is a whole number above zero, not ${show(value)}`)
  }
  return value
}

/**
 * Octets in memory of their own: the caller may change what was given while a key or a signer is being waited for.
 *
 * @param takes - what may be given, for the error
 * @throws {TypeError} for what is neither octets nor text
 * @throws {JoseError} `CS_MALFORMED` for text that has no UTF-8
 */
export function toData(value: unknown, name: string, takes = 'octets or text'): Bytes {
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (typeof value !== 'string') throw new TypeError(`${name} is ${kindOf(value)}; give ${takes}`)
  if (value.isWellFormed()) return utf8(value)
  throw new JoseError('CS_MALFORMED', `${name} is text that has no UTF-8`)
}

/** Limits, each with its default. @throws TypeError */
export function toLimits<L extends Limits>(value: unknown, defaults: L): L {
  if (value === undefined) return defaults
  const names = Object.keys(defaults) as (keyof L & string)[]
  checkNames<JsonObject>(value, names, 'limits')
  const pairs = names.map((name) => [name, toCount(value[name], `limits.${name}`, defaults[name] as number)])
  return Object.freeze(Object.fromEntries(pairs)) as L
}

/** A clock: a function that gives epoch seconds, checked at each reading. @throws TypeError */
export function toClock(value: unknown): () => number {
  if (value === undefined) return () => Math.floor(Date.now() / 1000)
  if (typeof value !== 'function')
    throw new TypeError(`now is a function that gives epoch seconds, not ${kindOf(value)}`)
  return () => {
    const seconds: unknown = value()
    if (typeof seconds === 'number' && Number.isFinite(seconds)) return seconds
    throw new TypeError(`now() gave ${show(seconds)} and not epoch seconds`)
  }
}
