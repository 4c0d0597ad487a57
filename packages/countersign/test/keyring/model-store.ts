import type { KeyStore, StoredKey, StoreTransaction } from '../../src/keyring/store.ts'
import type { Random, Timeline } from './model-time.ts'

/** What the way between an instance and its store is like. */
export interface Road {
  /** The longest time that one message takes, in seconds. */
  readonly latency: number
  /** How likely a message is lost. What it asked for may have been done. */
  readonly loss: number
  /** How likely a process is suspended in the middle of a transaction, and for how long at most (seconds). */
  readonly stall: readonly [probability: number, seconds: number]
  /** Whether the store tells the time. */
  readonly clock: boolean
}

export type Rows = ReadonlyMap<string, StoredKey>
type OnCommit = (before: Rows, after: Rows, by: Link) => void

/** A store that several instances share; each reaches it through a {@link Link} of its own. */
export class ModelStore {
  rows: Rows = new Map()
  holder: Link | undefined
  readonly timeline: Timeline
  readonly random: Random
  readonly road: Road
  readonly onCommit: OnCommit

  constructor(timeline: Timeline, random: Random, road: Road, onCommit: OnCommit) {
    this.timeline = timeline
    this.random = random
    this.road = road
    this.onCommit = onCommit
  }
}

/** What a ring gives up a look at its store after (seconds). */
export const DEADLINE = 20

const never = (): Promise<never> => new Promise(() => {})

/** The store as one instance has it: with messages that take time and get lost, and a process that may end at any await. */
export class Link implements KeyStore {
  readonly sealing = 'none'
  readonly name: string
  readonly #store: ModelStore
  /** Set while the instance is cut off: its messages are refused, or swallowed without an answer. */
  partition: 'refused' | 'swallowed' | undefined
  healedAt = Number.NEGATIVE_INFINITY
  /** The process has ended: nothing goes on any more. */
  dead = false
  /** After how many messages the process ends. */
  fuse = Number.POSITIVE_INFINITY
  /** Until when a message that was lost is waited for; when the store was read, last; and when another instance was found at work. */
  failedAt = Number.NEGATIVE_INFINITY
  readAt = Number.NEGATIVE_INFINITY
  busyAt = Number.NEGATIVE_INFINITY
  readonly now?: () => Promise<number>
  readonly #heedless: boolean
  #seen: readonly StoredKey[] = []

  /** @param heedless - while it is cut off, what was seen last passes for what is there */
  constructor(name: string, store: ModelStore, heedless: boolean) {
    this.name = name
    this.#store = store
    this.#heedless = heedless
    if (store.road.clock) {
      this.now = async () => {
        await this.#message()
        const { now } = store.timeline
        await this.#message()
        return now
      }
    }
  }

  async list(): Promise<readonly StoredKey[]> {
    if (this.#heedless && this.partition !== undefined) return this.#seen
    await this.#message()
    const rows = [...this.#store.rows.values()]
    this.#seen = rows
    this.readAt = this.#store.timeline.now
    await this.#message()
    return rows
  }

  async exclusive<T>(work: (transaction: StoreTransaction) => Promise<T>): Promise<T | undefined> {
    const store = this.#store
    if (this.#heedless && this.partition !== undefined) return undefined
    await this.#message()
    if (store.holder !== undefined) {
      this.busyAt = store.timeline.now
      await this.#message()
      return undefined
    }
    store.holder = this
    const draft = new Map(store.rows)
    let result: T
    try {
      result = await work({
        list: async () => {
          await this.#message()
          this.readAt = store.timeline.now
          return [...draft.values()]
        },
        put: async (key) => {
          if (store.random.chance(store.road.stall[0])) await this.#stall()
          await this.#message()
          draft.set(key.kid, key)
        },
        remove: async (kid) => {
          await this.#message()
          draft.delete(kid)
        },
      })
      await this.#message()
      const before = store.rows
      store.rows = draft
      store.onCommit(before, draft, this)
    } finally {
      if (store.holder === this) store.holder = undefined
    }
    await this.#message()
    return result
  }

  /** Ends the process: what it had begun is undone. */
  kill(): void {
    this.dead = true
    if (this.#store.holder === this) this.#store.holder = undefined
  }

  /** The process stands still, with the lock in its hand. */
  async #stall(): Promise<void> {
    const { timeline, random, road } = this.#store
    const span = random.between(0, road.stall[1])
    this.failedAt = Math.max(this.failedAt, timeline.now + span + DEADLINE)
    await timeline.sleep(span)
  }

  async #message(): Promise<void> {
    const { timeline, random, road } = this.#store
    if (this.fuse-- <= 0) this.kill()
    if (this.dead) return never()
    if (road.latency > 0) await timeline.sleep(random.between(0, road.latency))
    if (this.dead) return never()
    const lost = random.chance(road.loss)
    if (!lost && this.partition === undefined) return
    const swallowed = !lost && this.partition === 'swallowed'
    this.failedAt = Math.max(this.failedAt, timeline.now + (swallowed ? DEADLINE : 0))
    if (!swallowed) throw new Error('the connection to the store is broken')
    // The other side notices that nobody is there.
    if (this.#store.holder === this) this.#store.holder = undefined
    return never()
  }
}
