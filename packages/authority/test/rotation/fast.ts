/**
 * The times of the keys in fast seconds, which {@link Turns} tells: tight where a promise hangs on it, and with as much to
 * spare as it takes to make an RSA key. Tokens know nothing of it: their times are real.
 */
export const TIMES = { period: 800, prepublish: 600, overlap: 7200, cacheMaxAge: 100, poll: 100, skew: 150 } as const

/** The same as settings. */
export const KEY_TIMES: Readonly<Record<string, string>> = {
  KEY_PERIOD: `${TIMES.period}`,
  KEY_PREPUBLISH: `${TIMES.prepublish}`,
  KEY_OVERLAP: `${TIMES.overlap}`,
  KEY_CACHE_MAX_AGE: `${TIMES.cacheMaxAge}`,
  KEY_POLL: `${TIMES.poll}`,
  KEY_SKEW: `${TIMES.skew}`,
}

/** By how many fast seconds a turn moves the clock: less than the skew, for a request may take one. */
export const TURN = 120

/**
 * A clock that goes by what was done and not by the time of day: on by a turn when all who take part have done their share
 * of it. So it stands still where the machine does, and nothing depends on how fast that is. Whoever is waited for does
 * one thing in a turn: a token is asked for, signed and verified within one, and what a ring has to do in the background
 * while others go on is waited for by the ring itself, as ever.
 *
 * The database tells whole seconds of its own, which are not asked for.
 */
export class Turns {
  readonly #tell: (time: number) => Promise<unknown>
  #time: number
  #present = 0
  #waiting: (() => void)[] = []

  /** @param tell - is told of the time at the end of each turn, for those who do not look here; the next turn waits for it */
  constructor(tell: (time: number) => Promise<unknown> = async () => undefined) {
    this.#time = Date.now() / 1000
    this.#tell = tell
  }

  /** Fast epoch seconds. */
  readonly now = (): number => Math.floor(this.#time)

  /** Takes part while something is done, which says whenever it has done its share of a turn, and waits for the others. */
  async takePart<T>(work: (done: () => Promise<void>) => Promise<T>): Promise<T> {
    this.#present++
    try {
      return await work(() => this.#done())
    } finally {
      this.#present--
      this.#goOn()
    }
  }

  #done(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#time += TURN / this.#present
    this.#waiting.push(resolve)
    this.#goOn()
    return promise
  }

  #goOn(): void {
    if (this.#waiting.length === 0 || this.#waiting.length < this.#present) return
    const waiting = this.#waiting
    this.#waiting = []
    void this.#tell(this.now()).then(() => {
      for (const goOn of waiting) goOn()
    })
  }
}
