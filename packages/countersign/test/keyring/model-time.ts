import { backend } from '#crypto'
import type { Backend, KeySpec, Material } from '../../src/crypto/backend.ts'
import { isOurWait } from './waits.ts'

/** The grain of simulated time, in seconds: a power of two, so that sums of times are exact and equal moments are equal. */
export const TICK = 1 / 1024

/** Epoch seconds at which every history begins. */
export const START = 1_790_000_000

export const toTicks = (seconds: number): number => Math.round(seconds / TICK) * TICK

/** Numbers that follow from a seed (splitmix32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** From 0 up to 1. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0
    let z = this.#state
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** A whole number from 0 up to `most`, which is not among them. */
  below(most: number): number {
    return Math.floor(this.next() * most)
  }

  /** A time from `least` to `most`, in whole ticks. */
  between(least: number, most: number): number {
    return toTicks(least + this.next() * (most - least))
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }

  maybe<T>(list: readonly T[]): T | undefined {
    return list[this.below(list.length)]
  }

  shuffled<T>(list: readonly T[]): readonly T[] {
    return list
      .map((item) => ({ item, order: this.next() }))
      .sort((a, b) => a.order - b.order)
      .map(({ item }) => item)
  }
}

interface Due {
  readonly at: number
  readonly act: () => void
}

/** The ends of a channel, as browsers have them. */
interface Channel {
  readonly port1: { onmessage: () => void; close(): void }
  readonly port2: { postMessage(message: null): void }
}

/** A turn of the platform's event loop, after which every promise that could go on has gone on. */
const turn: () => Promise<void> =
  typeof setImmediate === 'function'
    ? () => new Promise((resolve) => setImmediate(resolve))
    : () =>
        new Promise((resolve) => {
          const { port1, port2 } = new MessageChannel() as object as Channel
          port1.onmessage = () => {
            port1.close()
            resolve()
          }
          port2.postMessage(null)
        })

/** Keys by what they are: one history after the other may have the same ones, since to make them takes long. */
const MADE = new Map<string, Material[]>()
/** The same keys taken in, by their members: every new ring takes in all that are stored. */
const TAKEN = new Map<string, Material>()

/** Simulated time. It stands still while anything goes on, and then moves to whatever is due next. */
export class Timeline {
  #now = START
  #due: Due[] = []
  #inFlight = 0
  /** The platform's cryptography, watched: while it works, time does not go on. */
  readonly backend: Backend = this.#watched(backend)

  get now(): number {
    return this.#now
  }

  after(seconds: number, act: () => void): object {
    const due: Due = { at: this.#now + Math.max(0, toTicks(seconds)), act }
    const place = this.#due.findLastIndex(({ at }) => at <= due.at)
    this.#due.splice(place + 1, 0, due)
    return due
  }

  cancel(due: unknown): void {
    this.#due = this.#due.filter((other) => other !== due)
  }

  sleep(seconds: number): Promise<void> {
    return new Promise((resolve) => this.after(seconds, resolve))
  }

  /** Goes on to a moment, by way of all that is due until then. */
  async to(moment: number): Promise<void> {
    for (let next = this.#due[0]; next && next.at <= moment; next = this.#due[0]) {
      this.#due.shift()
      this.#now = next.at
      next.act()
      await this.settle()
    }
    this.#now = Math.max(this.#now, moment)
  }

  /** Waits until nothing can go on without time going on. */
  async settle(): Promise<void> {
    do await turn()
    while (this.#inFlight > 0)
  }

  /** Holds time still until a promise is settled. */
  watch<T>(promise: PromiseLike<T>): PromiseLike<T> {
    this.#inFlight++
    const done = (): void => {
      this.#inFlight--
    }
    promise.then(done, done)
    return promise
  }

  #watched(platform: Backend): Backend {
    const members = Object.entries(platform).map(([name, member]: [string, unknown]) => {
      if (typeof member !== 'function') return [name, member]
      return [
        name,
        (...values: unknown[]): unknown => {
          const answer: unknown = member.apply(platform, values)
          return answer instanceof Promise ? this.watch(answer) : answer
        },
      ]
    })
    let drawn = 0
    const generate = async (spec: KeySpec): Promise<Material> => {
      const made = MADE.get(JSON.stringify(spec)) ?? []
      MADE.set(JSON.stringify(spec), made)
      const index = drawn++
      made[index] ??= await this.watch(Promise.resolve(platform.generate(spec)))
      return made[index]
    }
    const admit = (material: Material): Material => {
      const { kty, crv, kind, members } = material
      const name = JSON.stringify([kty, crv, kind, members])
      const taken = (material.secret ? undefined : TAKEN.get(name)) ?? platform.admit(material)
      TAKEN.set(name, taken)
      return taken
    }
    return { ...Object.fromEntries(members), generate, admit }
  }
}

/** Does some work while the waits of rings go by simulated time. */
export async function withTimers<T>(timeline: Timeline, work: () => Promise<T>): Promise<T> {
  const { setTimeout, clearTimeout } = globalThis
  const started = new Set<unknown>()
  const start = (act: () => void, ms = 0): unknown => {
    if (!isOurWait(ms)) return setTimeout(act, ms)
    const due = timeline.after(ms / 1000, act)
    started.add(due)
    return due
  }
  globalThis.setTimeout = start as typeof setTimeout
  globalThis.clearTimeout = (timer) => (started.delete(timer) ? timeline.cancel(timer) : clearTimeout(timer))
  try {
    return await work()
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout })
  }
}
