import type { Awaitable, Hashing } from '../crypto/backend.ts'
import { JoseError, kindOf } from '../errors.ts'
import { type Op, use } from '../op.ts'
import { checkNames, toClock, toCount } from '../options.ts'

/**
 * Where marks are kept until they expire: in memory, or in a database or a Redis of yours. Keys are text of at most 100
 * printable ASCII characters, which tell nothing about the token; values are whole numbers; times are epoch seconds, and
 * `until` is `Infinity` where a mark never expires. What a store throws refuses the token with `unavailable: true`.
 *
 * @example
 * ```ts
 * import { createDenylist, type ExpiringStore } from 'countersign/revocation'
 *
 * const rows = new Map<string, { value: number; until: number }>() // a table of yours
 * const store: ExpiringStore = {
 *   async add(key, value, until) {
 *     if (rows.has(key)) return false
 *     rows.set(key, { value, until })
 *     return true
 *   },
 *   async raise(key, value, until) {
 *     const row = rows.get(key) ?? { value, until }
 *     rows.set(key, { value: Math.max(row.value, value), until: Math.max(row.until, until) })
 *   },
 *   async get(key) {
 *     return rows.get(key)?.value
 *   },
 * }
 * await createDenylist({ store }).revoke({ iss: 'https://issuer.example', jti: 'a1' })
 * console.log(rows.size) // 1
 * ```
 */
export interface ExpiringStore {
  /**
   * Keeps a value, a whole number, unless there is one under the key already, as one step that nothing comes between:
   * of several callers at once one wins (SET NX in Redis, INSERT … ON CONFLICT DO NOTHING in SQL).
   *
   * @param until - epoch seconds
   * @returns whether the value was kept
   */
  add(key: string, value: number, until: number): Awaitable<boolean>
  /**
   * Keeps the greater of two values and the later of two times, those that are there and those that are given, as one
   * step that nothing comes between (INSERT … ON CONFLICT DO UPDATE … GREATEST in SQL, a script in Redis).
   *
   * @param until - epoch seconds
   */
  raise(key: string, value: number, until: number): Awaitable<unknown>
  /** The value under a key; nothing where there is none, or where it has expired. */
  get(key: string): Awaitable<number | undefined | null>
}

/** Options of {@link expiringStore}. */
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
 * Marks in the memory of the process, bounded, as {@link expiringStore} makes them. A mark that still counts never
 * gives way to another: whoever could push one out would undo it.
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

  /**
   * Keeps a value unless there is one under the key. What has expired already is not kept: whoever asks whether they
   * were first is told that they were not.
   *
   * @param until - epoch seconds
   * @returns whether the value was kept
   * @throws {JoseError} `CS_UNAVAILABLE` where the store is full of marks that still count
   */
  add(key: string, value: number, until: number): boolean {
    const now = this.#now()
    if (!(until > now) || this.#find(key, now) !== undefined) return false
    this.#keep(key, { value, until }, now)
    return true
  }

  /**
   * Keeps the greater of two values and the later of two times.
   *
   * @param until - epoch seconds
   * @throws {JoseError} `CS_UNAVAILABLE` where the store is full of marks that still count
   */
  raise(key: string, value: number, until: number): void {
    const now = this.#now()
    const mark = this.#find(key, now)
    if (mark) this.#marks.set(key, { value: Math.max(mark.value, value), until: Math.max(mark.until, until) })
    else if (until > now) this.#keep(key, { value, until }, now)
  }

  /** The value under a key, a whole number; nothing where there is none, or where it has expired. */
  get(key: string): number | undefined {
    return this.#find(key, this.#now())?.value
  }

  #find(key: string, now: number): Mark | undefined {
    const mark = this.#marks.get(key)
    if (mark === undefined || mark.until > now) return mark
    this.#marks.delete(key)
    return undefined
  }

  #keep(key: string, mark: Mark, now: number): void {
    if (this.#marks.size >= this.#max && !this.#makeRoom(now)) throw full(this.#max)
    this.#marks.set(key, mark)
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

const METHODS = ['add', 'raise', 'get'] as const

/**
 * Checks that a value can be used as a store.
 *
 * @param methods - those that are needed; default: all
 * @throws {TypeError}
 */
export function toStore<Method extends keyof ExpiringStore = keyof ExpiringStore>(
  store: unknown,
  name: string,
  methods: readonly Method[] = METHODS as readonly string[] as readonly Method[],
): Pick<ExpiringStore, Method> {
  const kind = typeof store === 'object' && store !== null ? store : {}
  for (const method of methods) {
    if (typeof Reflect.get(kind, method) !== 'function')
      throw new TypeError(
        `${name} is ${kindOf(store)} without ${method}(); give what expiringStore gave, or a store of yours`,
      )
  }
  return store as Pick<ExpiringStore, Method>
}

/**
 * The key of a mark: of one length whatever the parts are, equal for equal parts alone, and silent about them.
 *
 * @param purpose - keeps apart what several uses keep in one store
 * @param parts - a part that is not there differs from every text
 */
export function* markKey(purpose: string, ...parts: readonly (string | undefined)[]): Op<string, Hashing> {
  // JSON has null for what is undefined, and no two lists of texts have one spelling.
  const text = JSON.stringify([purpose, ...parts])
  return `${purpose}:${yield* use((backend: Hashing) => backend.fingerprint(text))}`
}
