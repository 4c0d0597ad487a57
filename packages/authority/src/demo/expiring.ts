/** How long things are kept, and how many. */
export interface ExpiringOptions {
  readonly seconds: number
  readonly max: number
  /** The time in epoch seconds. */
  readonly now: () => number
}

/** Things in memory under a name, for a while and not too many of them: where all places are taken, the oldest makes room. */
export class Expiring<T> {
  /** In the order in which they end: all live equally long. */
  readonly #held = new Map<string, { readonly value: T; readonly until: number }>()
  readonly #options: ExpiringOptions

  constructor(options: ExpiringOptions) {
    this.#options = options
  }

  set(name: string, value: T): void {
    const { seconds, max, now } = this.#options
    this.#held.delete(name)
    this.#prune(max - 1)
    this.#held.set(name, { value, until: now() + seconds })
  }

  get(name: string | undefined): T | undefined {
    if (name === undefined) return undefined
    this.#prune(this.#options.max)
    return this.#held.get(name)?.value
  }

  delete(name: string): void {
    this.#held.delete(name)
  }

  /** A copy, so that what is found may be deleted. */
  entries(): readonly (readonly [name: string, value: T])[] {
    this.#prune(this.#options.max)
    return [...this.#held].map(([name, { value }]) => [name, value])
  }

  #prune(room: number): void {
    const now = this.#options.now()
    for (const [name, { until }] of this.#held) {
      if (until > now && this.#held.size <= room) return
      this.#held.delete(name)
    }
  }
}
