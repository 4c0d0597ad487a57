import { base64url, utf8 } from '../bytes.ts'
import type { Awaitable, Backend } from '../crypto/backend.ts'
import { JoseError, kindOf } from '../errors.ts'
import { type Op, use } from '../op.ts'
import { checkNames, toClock, toCount } from '../options.ts'

/**
 * Where marks are kept until they expire: in memory, or in a database or a Redis of yours. Keys are text of at most 100
 * printable ASCII characters, which tell nothing about the token; values are numbers; times are epoch seconds. What a store
 * throws refuses the token with `unavailable: true`.
 */
export interface ExpiringStore {
  /**
   * Keeps a value unless there is one under the key already, as one step that nothing comes between: of several callers
   * at once one wins (SET NX in Redis, INSERT … ON CONFLICT DO NOTHING in SQL).
   *
   * @returns whether the value was kept
   */
  add(key: string, value: number, until: number): Awaitable<boolean>
  /** Keeps a value in place of whatever there is. */
  set(key: string, value: number, until: number): Awaitable<unknown>
  /** The value under a key; nothing where there is none, or where it has expired. */
  get(key: string): Awaitable<number | undefined | null>
}

/** Options of `expiringStore`. */
export interface ExpiringStoreOptions {
  /** How many marks are kept at most. Default 100 000. Where all of them still count, no further one is taken in. */
  readonly max?: number
  /** The time in epoch seconds. Default: the system clock. */
  now?(): number
}

interface Mark {
  readonly value: number
  readonly until: number
}

/**
 * Marks in the memory of the process, bounded. A mark that still counts never gives way to another: whoever could push
 * one out would undo it.
 */
export class MemoryStore implements ExpiringStore {
  readonly #marks = new Map<string, Mark>()
  readonly #max: number
  readonly #now: () => number
  /** Until then a full store has no room: that is when the first of its marks expires. */
  #fullUntil = Number.NEGATIVE_INFINITY

  /** @throws {TypeError} for an option that is not what it should be */
  constructor(options: ExpiringStoreOptions = {}) {
    checkNames<ExpiringStoreOptions>(options, ['max', 'now'], 'expiringStore')
    this.#max = toCount(options.max, 'max', 100_000)
    this.#now = toClock(options.now)
  }

  /** How many marks are kept, those that have expired and were not met again among them. */
  get size(): number {
    return this.#marks.size
  }

  /** @throws {JoseError} `CS_UNAVAILABLE` where the store is full of marks that still count */
  add(key: string, value: number, until: number): boolean {
    if (this.get(key) !== undefined) return false
    this.set(key, value, until)
    return true
  }

  /** @throws {JoseError} `CS_UNAVAILABLE` where the store is full of marks that still count */
  set(key: string, value: number, until: number): void {
    const now = this.#now()
    if (!this.#marks.has(key) && this.#marks.size >= this.#max && !this.#makeRoom(now)) throw full(this.#max)
    this.#marks.delete(key)
    if (until > now) this.#marks.set(key, { value, until })
  }

  get(key: string): number | undefined {
    const mark = this.#marks.get(key)
    if (mark === undefined) return undefined
    if (mark.until > this.#now()) return mark.value
    this.#marks.delete(key)
    return undefined
  }

  /** Drops what has expired. A store that is full is not looked through again before something in it expires. */
  #makeRoom(now: number): boolean {
    if (now < this.#fullUntil) return false
    let first = Number.POSITIVE_INFINITY
    for (const [key, { until }] of this.#marks) {
      if (until <= now) this.#marks.delete(key)
      else if (until < first) first = until
    }
    this.#fullUntil = this.#marks.size < this.#max ? Number.NEGATIVE_INFINITY : first
    return this.#marks.size < this.#max
  }
}

function full(max: number): JoseError {
  return new JoseError('CS_UNAVAILABLE', `the store holds ${max} marks that still count, and has no room for another`, {
    unavailable: true,
    hint: 'Give the store a larger max, or keep the marks in a database.',
  })
}

/** Checks that a value can be used as a store. @throws {TypeError} */
export function toStore(store: unknown, name: string): ExpiringStore {
  const kind = typeof store === 'object' && store !== null ? store : {}
  for (const method of ['add', 'set', 'get'] as const) {
    if (typeof Reflect.get(kind, method) !== 'function')
      throw new TypeError(
        `${name} is ${kindOf(store)} without ${method}(); give what expiringStore gave, or a store of yours`,
      )
  }
  return store as ExpiringStore
}

/**
 * The key of a mark: of one length whatever the parts are, equal for equal parts alone, and silent about them.
 *
 * @param purpose - keeps apart what several uses keep in one store
 */
export function* markKey(purpose: string, ...parts: readonly string[]): Op<string, Pick<Backend, 'digest'>> {
  const text = JSON.stringify([purpose, ...parts])
  return `${purpose}:${base64url(yield* use((backend: Pick<Backend, 'digest'>) => backend.digest(256, utf8(text))))}`
}
