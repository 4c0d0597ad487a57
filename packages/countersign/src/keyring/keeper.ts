import type { Backend } from '../crypto/backend.ts'
import { JoseError } from '../errors.ts'
import { run } from '../op.ts'
import { withDeadline } from '../source/deadline.ts'
import { makeKey, type NewKey, openMember, type RingMember } from './key-maker.ts'
import { activeKey, toPlan } from './plan.ts'
import type { RingSettings } from './ring-options.ts'
import { type Sealer, toSealer } from './seal.ts'
import { parseStoredKeys, type StoredKey } from './store.ts'

/** What is to be changed in a store: rows to write, worked out of those that are there. */
export type Change = (rows: readonly StoredKey[], now: number) => readonly StoredKey[]

interface Known {
  readonly row: StoredKey
  readonly member: RingMember
}

/** Seconds for one look at the store, with all that is due there. */
const DEADLINE = 20
/** Milliseconds between two tries where another instance is at work, and how many there are. */
const [PAUSE, TRIES] = [50, 200]

/** Keeps a store in order, and what it holds at hand. Its work is done one after the other. */
export class Keeper {
  readonly #settings: RingSettings
  readonly #backend: Backend
  readonly #sealer: Sealer
  #rows: readonly StoredKey[] = []
  #known: ReadonlyMap<string, Known> = new Map()
  /** Counts what was taken in, so that others see whether anything has been since. */
  #version = 0
  /** The clock of the store less that of this machine, in seconds. */
  #offset = 0
  #syncedAt = Number.NEGATIVE_INFINITY
  #last: Promise<unknown> = Promise.resolve()

  /** @throws {TypeError} @throws {JoseError} for what the store is sealed with */
  constructor(settings: RingSettings, backend: Backend) {
    this.#settings = settings
    this.#backend = backend
    this.#sealer = toSealer(settings.store.sealing, backend)
  }

  get rows(): readonly StoredKey[] {
    return this.#rows
  }

  get version(): number {
    return this.#version
  }

  /** The time that the states of keys go by, in epoch seconds. */
  time(): number {
    return this.#settings.now() + this.#offset
  }

  /** How long ago the store was looked at, in seconds; a clock that was set back cannot tell. */
  age(): number {
    const age = this.#settings.now() - this.#syncedAt
    return age < 0 ? Number.POSITIVE_INFINITY : age
  }

  member(kid: string): RingMember | undefined {
    return this.#known.get(kid)?.member
  }

  /**
   * Looks at the store, does what is due and what is asked for, and takes in what is there then. Where something goes
   * wrong, what was at hand stays.
   *
   * @throws {JoseError} `CS_UNAVAILABLE` for a store that fails, or why a key in it is refused
   */
  keep(change?: Change): Promise<void> {
    const turn = this.#last.then(() => this.#keep(change))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  /** Seals anew what was sealed with something that has been replaced since. */
  async reseal(): Promise<void> {
    const texts = new Map<string, { readonly before: string; readonly text: string }>()
    for (const { row, member } of this.#known.values()) {
      if (member.current || row.privateJwk === undefined) continue
      const { jwk } = await run(this.#sealer.open(row), this.#backend)
      texts.set(row.kid, { before: row.privateJwk, text: await run(this.#sealer.seal(jwk), this.#backend) })
    }
    if (texts.size === 0) return
    await this.keep((rows) =>
      rows.flatMap((row) => {
        const sealed = texts.get(row.kid)
        return sealed?.before === row.privateJwk && sealed ? [{ ...row, privateJwk: sealed.text }] : []
      }),
    )
  }

  async #keep(change: Change | undefined): Promise<void> {
    const startedAt = this.#settings.now()
    let late = false
    try {
      await withDeadline(DEADLINE, `the key store gave no answer within ${DEADLINE} s`, async () => {
        await this.#setClock()
        const rows = await this.#tend(change)
        const known = await this.#open(rows)
        // Who was given up on must not put an old state in the place of a newer one.
        if (late) return
        this.#rows = rows
        this.#known = known
        this.#version++
        this.#syncedAt = startedAt
      })
    } catch (cause) {
      late = true
      if (cause instanceof JoseError) throw cause
      throw new JoseError('CS_UNAVAILABLE', 'the key store failed', { cause, unavailable: true })
    }
  }

  async #setClock(): Promise<void> {
    const time: unknown = await this.#settings.store.now?.()
    if (time === undefined) return
    if (typeof time !== 'number' || !Number.isFinite(time)) throw new Error('now() of the store gave no epoch seconds')
    this.#offset = time - this.#settings.now()
  }

  /** The rows, once all is done that is due. */
  async #tend(change: Change | undefined): Promise<readonly StoredKey[]> {
    const { store } = this.#settings
    const spare: NewKey[] = []
    for (let tries = 0; ; tries++) {
      const rows = parseStoredKeys(await store.list())
      const { insert, put, remove } = this.#plan(rows)
      if (!change && insert.length + put.length + remove.length === 0) return rows
      // Keys take time to make, so that is done before anyone is kept waiting.
      for (const { alg } of insert.slice(spare.length)) spare.push(await this.#make(alg))
      const done = await store.exclusive((transaction) => this.#work(transaction, change, spare))
      if (done) return done
      // Another instance is at it. What it does will be seen; only a change, and a ring that cannot sign, have to wait.
      if (!change && this.#settings.algs.every(({ alg }) => activeKey(rows, alg, this.time()))) return rows
      if (tries === TRIES) throw new Error('another instance has been at work in the key store all the time')
      await new Promise((resolve) => setTimeout(resolve, PAUSE))
    }
  }

  async #work(
    transaction: Parameters<Parameters<RingSettings['store']['exclusive']>[0]>[0],
    change: Change | undefined,
    spare: readonly NewKey[],
  ): Promise<readonly StoredKey[]> {
    const before = parseStoredKeys(await transaction.list())
    const now = this.time()
    const rows = new Map(before.map((row) => [row.kid, row]))
    for (const row of change?.(before, now) ?? []) rows.set(row.kid, row)
    const left = [...spare]
    for (let due = true; due; ) {
      const { insert, put, remove } = this.#plan([...rows.values()])
      due = insert.length > 0
      for (const { alg, activateAt } of insert) {
        const at = left.findIndex((key) => key.alg === alg)
        const [key = await this.#make(alg)] = at < 0 ? [] : left.splice(at, 1)
        rows.set(key.kid, { ...key, publishedAt: now, activateAt })
      }
      for (const row of put) rows.set(row.kid, row)
      for (const kid of remove) rows.delete(kid)
    }
    for (const { kid } of before) if (!rows.has(kid)) await transaction.remove(kid)
    for (const row of rows.values()) if (!before.includes(row)) await transaction.put(row)
    return [...rows.values()]
  }

  #plan(rows: readonly StoredKey[]): ReturnType<typeof toPlan> {
    const { algs, schedule } = this.#settings
    return toPlan(
      rows,
      algs.map(({ alg }) => alg),
      schedule,
      this.time(),
    )
  }

  #make(name: string): Promise<NewKey> {
    const { alg, ...options } = this.#settings.algs.find((one) => one.alg === name) ?? { alg: name }
    return run(makeKey(alg, options, this.#sealer), this.#backend)
  }

  /** The keys of some rows; those that were at hand already are the same objects. */
  async #open(rows: readonly StoredKey[]): Promise<ReadonlyMap<string, Known>> {
    const known = new Map<string, Known>()
    for (const row of rows) {
      if (row.revokedAt !== undefined) continue // it does nothing any more, and a revoked secret is gone
      const before = this.#known.get(row.kid)
      const same = before && sameKey(before.row, row)
      known.set(
        row.kid,
        same ? before : { row, member: await run(openMember(row, this.#sealer, this.#backend), this.#backend) },
      )
    }
    return known
  }
}

function sameKey(a: StoredKey, b: StoredKey): boolean {
  return a.alg === b.alg && a.privateJwk === b.privateJwk && JSON.stringify(a.publicJwk) === JSON.stringify(b.publicJwk)
}
