import { base64url, utf8 } from '../bytes.ts'
import type { Verifying } from '../crypto/backend.ts'
import { kindOf } from '../errors.ts'
import { isObject } from '../json.ts'
import { type Op, use } from '../op.ts'
import { checkNames, toCount } from '../options.ts'

/** How many results a cache holds. */
export interface CacheOptions {
  /** Default 1000. The one that was used longest ago gives way. */
  readonly max?: number
}

/** What was found out about tokens, by the hash of each, and bounded: the one that was used longest ago gives way. */
export class ResultCache<Result> {
  readonly #results = new Map<string, Result>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  get(name: string): Result | undefined {
    const result = this.#results.get(name)
    if (result === undefined) return undefined
    this.#results.delete(name)
    this.#results.set(name, result)
    return result
  }

  set(name: string, result: Result): void {
    this.#results.set(name, result)
    if (this.#results.size <= this.#max) return
    const [oldest] = this.#results.keys()
    if (oldest !== undefined) this.#results.delete(oldest)
  }

  delete(name: string): void {
    this.#results.delete(name)
  }
}

/** The option `cache` of a verifier. @throws {TypeError} */
export function toCache<Result>(cache: unknown): ResultCache<Result> | undefined {
  if (cache === undefined || cache === false) return undefined
  if (cache === true) return new ResultCache(1000)
  if (!isObject(cache)) throw new TypeError(`cache is true or { max }, not ${kindOf(cache)}`)
  checkNames<CacheOptions>(cache, ['max'], 'cache')
  return new ResultCache(toCount((cache as CacheOptions).max, 'cache.max', 1000))
}

/**
 * The name of a token in a cache: the SHA-256 of all of it (attack 25). As UTF-8, so that no character outside ASCII is
 * taken for one inside.
 */
export function* nameOfToken(token: string): Op<string, Verifying> {
  return base64url(yield* use((backend: Verifying) => backend.digest(256, utf8(token))))
}

/** Makes a value of JSON what nobody changes, at every level: it is given out more than once. */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const member of Object.values(value)) freezeDeep(member)
  return Object.freeze(value)
}
