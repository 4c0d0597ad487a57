import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** More than this the heap must not grow, what the corpus holds left out. */
const MOST_GROWTH = 16 * 1024 * 1024
const SAMPLES = 12
/** Until so much of the time is over caches fill. */
const WARM = 1 / 8

/** How much memory is in use as time goes by, once everything that nobody needs is gone. */
export class Heap {
  readonly #samples: number[] = []

  /** @param over - the part of the time that has passed */
  isDue(over: number): boolean {
    return over >= WARM + ((1 - WARM) * this.#samples.length) / SAMPLES
  }

  /** @param apart - octets that are meant to be there */
  async sample(apart: number): Promise<void> {
    this.#samples.push((await used()) - apart)
  }

  get ends(): readonly [first: number, last: number] {
    return [this.#samples[0] ?? 0, this.#samples.at(-1) ?? 0]
  }

  /** That the last third of the samples stands too far above the first, in words. */
  get growth(): string | undefined {
    const third = Math.max(1, Math.floor(this.#samples.length / 3))
    const grown = mean(this.#samples.slice(-third)) - mean(this.#samples.slice(0, third))
    return grown > MOST_GROWTH ? `the heap has grown by ${Math.round(grown / 2 ** 20)} MB` : undefined
  }
}

const mean = (list: readonly number[]): number => list.reduce((sum, one) => sum + one, 0) / list.length

let collect: (() => void) | undefined

async function used(): Promise<number> {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as () => void
  }
  // What a collector finds that has memory outside of the heap (streams of zlib, buffers) it lets go in turns of its own.
  for (let turn = 0; turn < 3; turn += 1) {
    collect()
    await new Promise((done) => setImmediate(done))
  }
  const { used_heap_size, external_memory } = getHeapStatistics()
  return used_heap_size + external_memory
}
