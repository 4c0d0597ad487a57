import { kindOf, show } from './errors.ts'
import { isObject, type JsonObject } from './json.ts'

/** A span of time: seconds, or a number with its unit, such as `'15m'` (s, m, h, d, w). */
export type Duration = number | `${number}${'s' | 'm' | 'h' | 'd' | 'w'}`

/** What is refused for its size before any work is spent on it. */
export interface Limits {
  /** The whole token, in characters of its ASCII. */
  readonly tokenBytes: number
  /** The decoded protected header. */
  readonly headerBytes: number
  /** How deep JSON may be nested. */
  readonly jsonDepth: number
}

/** The limits of the doors for JWS and JWE, which take several signatures or recipients. */
export interface JoseLimits extends Limits {
  /** How many signatures a JWS may have, or recipients a JWE. */
  readonly recipients: number
}

/** What is added where tokens are decrypted: their content may have been compressed. */
export interface InflateLimit {
  /** The most octets that a compressed plaintext may become. */
  readonly inflatedBytes: number
}

/** The limits of `createEncrypter` and `createDecrypter`. */
export type SealedJwtLimits = Limits & InflateLimit

/** The limits of a bare JWE. */
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
