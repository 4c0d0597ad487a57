import { kindOf } from '../errors.ts'
import { isObject } from '../json.ts'
import { checkNames, toCount } from '../options.ts'

/** How many results a cache of {@link createVerifier} holds. */
export interface CacheOptions {
  /** How many tokens are remembered at most. Default 1000. The one that was used longest ago gives way. */
  readonly max?: number
}

/** A result, between the ones that were used before it and after it. */
interface Entry<Result> {
  readonly name: string
  readonly result: Result
  older: Entry<Result> | undefined
  newer: Entry<Result> | undefined
}

/**
 * What was found out about tokens, by the hash of each, and bounded: the one that was used longest ago gives way. The
 * order is a chain, since the order of a Map tells its first entry only by a walk over all that were deleted before it.
 */
export class ResultCache<Result> {
  readonly #entries = new Map<string, Entry<Result>>()
  readonly #max: number
  #oldest: Entry<Result> | undefined
  #newest: Entry<Result> | undefined

  constructor(max: number) {
    this.#max = max
  }

  get(name: string): Result | undefined {
    const entry = this.#entries.get(name)
    if (entry === undefined) return undefined
    if (entry !== this.#newest) {
      this.#unlink(entry)
      this.#append(entry)
    }
    return entry.result
  }

  set(name: string, result: Result): void {
    this.delete(name)
    const entry: Entry<Result> = { name, result, older: undefined, newer: undefined }
    this.#entries.set(name, entry)
    this.#append(entry)
    if (this.#entries.size > this.#max && this.#oldest) this.delete(this.#oldest.name)
  }

  delete(name: string): void {
    const entry = this.#entries.get(name)
    if (entry === undefined) return
    this.#entries.delete(name)
    this.#unlink(entry)
  }

  #append(entry: Entry<Result>): void {
    entry.older = this.#newest
    entry.newer = undefined
    if (this.#newest) this.#newest.newer = entry
    else this.#oldest = entry
    this.#newest = entry
  }

  #unlink({ older, newer }: Entry<Result>): void {
    if (older) older.newer = newer
    else this.#oldest = newer
    if (newer) newer.older = older
    else this.#newest = older
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

/** Makes a value of JSON what nobody changes, at every level: it is given out more than once. */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const member of Object.values(value)) freezeDeep(member)
  return Object.freeze(value)
}
