import { SIGNATURE } from '../alg/signature.ts'
import type { Backend } from '../crypto/backend.ts'
import { JoseError } from '../errors.ts'
import { run } from '../op.ts'
import { withDeadline } from '../source/deadline.ts'
import { makeKey, type NewKey, openMember, type RingMember } from './key-maker.ts'
import { activeKey, type Plan, toPlan } from './plan.ts'
import { Revoked } from './revoked.ts'
import type { RingSettings } from './ring-options.ts'
import { readiness } from './schedule.ts'
import { type Sealer, toSealer } from './seal.ts'
import { invalidStore, parseStoredKeys, type StoredKey, type StoreTransaction } from './store.ts'

/** What is to be changed in a store: rows to write, worked out of those that are there. */
export type Change = (rows: readonly StoredKey[], now: number) => readonly StoredKey[]

interface Known {
  readonly row: StoredKey
  readonly member: RingMember
}

/** Seconds for one answer of the store. */
const DEADLINE = 20
/** Milliseconds between two tries where another instance is at work, and how many there are. */
const [PAUSE, TRIES] = [50, 200]
/** How often it is asked what is due within one transaction: new keys make two rounds. */
const ROUNDS = 3

/** Keeps a store in order, and what it holds at hand. Its work is done one after the other. */
export class Keeper {
  readonly #settings: RingSettings
  readonly #backend: Backend
  readonly #sealer: Sealer
  readonly #revoked = new Revoked()
  readonly #known = new Map<string, Known>()
  #rows: readonly StoredKey[] = []
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

  /** How long ago the store was looked at, in seconds; a clock that was set back by more than the skew cannot tell. */
  age(): number {
    const age = this.#settings.now() - this.#syncedAt
    return age < -this.#settings.schedule.skew ? Number.POSITIVE_INFINITY : Math.max(0, age)
  }

  member(kid: string): RingMember | undefined {
    return this.#known.get(kid)?.member
  }

  /** Takes a key out of use here, whatever becomes of it in the store. */
  ban(row: StoredKey): void {
    this.#revoked.note([row])
    const rows = this.#revoked.over(this.#rows)
    // The next key takes over here before the store knows, if every verifier has it.
    const now = this.time()
    const known = ({ publishedAt }: StoredKey): boolean => publishedAt + readiness(this.#settings.schedule) <= now
    const changed = new Map(this.#plan(rows, now).put.flatMap((put) => (known(put) ? [[put.kid, put]] : [])))
    this.#take(rows.map((before) => changed.get(before.kid) ?? before))
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
    const again = new Map<string, Pick<StoredKey, 'privateJwk' | 'voucher'>>()
    for (const { row, member } of this.#known.values()) {
      if (member.current) continue
      for (const name of ['privateJwk', 'voucher'] as const) {
        const sealed = row[name]
        if (sealed === undefined) continue
        const { jwk } = await run(this.#sealer.open(sealed, row), this.#backend)
        again.set(sealed, { [name]: await run(this.#sealer.seal(jwk), this.#backend) })
      }
    }
    if (again.size === 0) return
    await this.keep((rows) =>
      rows.flatMap((row) => {
        const [secret, voucher] = [again.get(row.privateJwk ?? ''), again.get(row.voucher ?? '')]
        return secret || voucher ? [{ ...row, ...secret, ...voucher }] : []
      }),
    )
  }

  async #keep(change: Change | undefined): Promise<void> {
    const startedAt = this.#settings.now()
    try {
      this.#offset = await this.#readClock()
      const rows = await this.#tend(change)
      await this.#open(rows)
      this.#syncedAt = startedAt
      this.#take(rows)
    } catch (cause) {
      if (cause instanceof JoseError) throw cause
      throw new JoseError('CS_UNAVAILABLE', 'the key store failed', { cause, unavailable: true })
    }
  }

  #take(rows: readonly StoredKey[]): void {
    this.#revoked.note(rows)
    this.#rows = this.#revoked.over(rows)
    const kids = new Set(rows.map(({ kid }) => kid))
    for (const kid of this.#known.keys()) if (!kids.has(kid)) this.#known.delete(kid)
    this.#version++
  }

  async #readClock(): Promise<number> {
    const { store } = this.#settings
    if (store.now === undefined) return 0
    const time: unknown = await inTime(async () => store.now?.())
    if (typeof time === 'number' && Number.isFinite(time)) return time - this.#settings.now()
    throw new Error('now() of the store gave no epoch seconds')
  }

  /** The rows, once all is done that is due. */
  async #tend(change: Change | undefined): Promise<readonly StoredKey[]> {
    const { store, algs } = this.#settings
    const spare: NewKey[] = []
    for (let tries = 0; ; tries++) {
      const stored = this.#read(await inTime(() => store.list()))
      const rows = this.#revoked.over(stored)
      const { insert, put, remove } = this.#plan(rows, this.time())
      const due = insert.length + put.length + remove.length > 0 || rows.some((row) => !stored.includes(row))
      if (!change && !due) return rows
      // Keys take time to make, so that is done before anyone is kept waiting.
      for (const { alg } of insert.slice(spare.length)) spare.push(await this.#make(alg))
      const work = (transaction: StoreTransaction): Promise<readonly StoredKey[]> =>
        this.#work(transaction, change, spare)
      const done = await inTime(() => store.exclusive(work)).catch(unlessSlow)
      if (done) return done
      // Another instance is at it. What it does will be seen; only a change, and a ring that cannot sign, have to wait.
      if (!change && algs.every(({ alg }) => activeKey(rows, alg, this.time()))) return rows
      if (tries === TRIES) throw new Error('another instance has been at work in the key store all the time')
      await new Promise((resolve) => setTimeout(resolve, PAUSE))
    }
  }

  async #work(
    transaction: StoreTransaction,
    change: Change | undefined,
    spare: readonly NewKey[],
  ): Promise<readonly StoredKey[]> {
    const before = this.#read(await transaction.list())
    // Who cannot open what is there has another kek, and must add nothing that the others cannot open. To revoke a key is
    // right all the same.
    const opens = await this.#open(this.#revoked.over(before)).then(
      () => true,
      (error: unknown) => {
        if (!change) throw error
        return false
      },
    )
    const now = this.time()
    const rows = new Map(before.map((row) => [row.kid, row]))
    const set = (row: StoredKey): unknown => rows.set(row.kid, row)
    this.#revoked.anew(before, this.#settings.schedule, now).forEach(set)
    change?.([...rows.values()], now).forEach(set)
    const left = [...spare]
    for (let round = 0; round < ROUNDS; round++) {
      const { insert, put, remove } = this.#plan([...rows.values()], now)
      for (const { alg, activateAt } of opens ? insert : []) {
        const at = left.findIndex((key) => key.alg === alg)
        const [key = await this.#make(alg)] = at < 0 ? [] : left.splice(at, 1)
        set({ ...key, publishedAt: now, activateAt })
      }
      put.forEach(set)
      for (const kid of remove) rows.delete(kid)
    }
    for (const { kid } of before) if (!rows.has(kid)) await transaction.remove(kid)
    for (const row of rows.values()) if (!before.includes(row)) await transaction.put(row)
    // Times of keys count from `now`, and have a poll to get into the store: a process that slept here must not write.
    if (this.time() - now > this.#settings.schedule.poll / 2) throw new SlowError()
    return [...rows.values()]
  }

  /** What a store gave, if this ring may go on with it. @throws {JoseError} `CS_KEY_INVALID` */
  #read(values: unknown): readonly StoredKey[] {
    const rows = parseStoredKeys(values)
    const isSecret = (alg: string): boolean => SIGNATURE.get(alg)?.kty.includes('oct') === true
    const [first] = this.#settings.algs
    if (rows.some(({ alg }) => isSecret(alg) !== isSecret(first?.alg ?? '')))
      throw invalidStore('secrets beside key pairs, or the one where the ring is for the other')
    // Whatever happened since the last look, a key that was there then is there for the overlap.
    const recent = this.age() < this.#settings.schedule.overlap ? this.#rows : []
    const alive = recent.filter(({ purgeAt = Number.POSITIVE_INFINITY }) => purgeAt > this.time())
    const kids = new Set(rows.map(({ kid }) => kid))
    if (alive.length > 0 && !alive.some(({ kid }) => kids.has(kid))) throw invalidStore('none of the keys that it held')
    return rows
  }

  #plan(rows: readonly StoredKey[], now: number): Plan {
    const { algs, schedule } = this.#settings
    const names = algs.map(({ alg }) => alg)
    return toPlan(rows, names, schedule, now)
  }

  #make(name: string): Promise<NewKey> {
    const { alg, ...options } = this.#settings.algs.find((one) => one.alg === name) ?? { alg: name }
    return run(makeKey(alg, options, this.#sealer), this.#backend)
  }

  /** Has the keys of some rows at hand; those that are stay the same objects. @throws {JoseError} why one is refused */
  async #open(rows: readonly StoredKey[]): Promise<void> {
    for (const row of rows) {
      if (row.revokedAt !== undefined) continue // it does nothing any more, and a revoked secret is gone
      const before = this.#known.get(row.kid)
      if (before && isSameKey(before.row, row)) continue
      this.#known.set(row.kid, { row, member: await run(openMember(row, this.#sealer, this.#backend), this.#backend) })
    }
  }
}

/** What a store answers, if it does; whoever was given up on changes nothing here any more. */
function inTime<T>(ask: () => Promise<T>): Promise<T> {
  return withDeadline(DEADLINE, `the key store gave no answer within ${DEADLINE} s`, ask)
}

/** Some work that took too long to be written. It is done again. */
class SlowError extends Error {
  constructor() {
    super('the work in the key store took longer than half a poll')
  }
}

function unlessSlow(error: unknown): undefined {
  if (!(error instanceof SlowError)) throw error
}

function isSameKey(a: StoredKey, b: StoredKey): boolean {
  const texts = ({ alg, privateJwk, voucher, publicJwk }: StoredKey): string =>
    JSON.stringify([alg, privateJwk, voucher, publicJwk])
  return texts(a) === texts(b)
}
