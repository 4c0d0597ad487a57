import type { Counters } from './instrument.ts'

/** How often something was passed, in steps: one bit for each. */
const STEPS = Uint8Array.from({ length: 256 }, (_, count) => {
  if (count < 4) return [0, 1, 2, 4][count] as number
  return count < 8 ? 8 : count < 16 ? 16 : count < 32 ? 32 : count < 128 ? 64 : 128
})

/** What all inputs together have reached, and whether one more adds to it. */
export class Novelty {
  readonly #counters: Counters
  readonly #reached: Uint8Array
  /** How many edges were passed at all. */
  edges = 0

  constructor(counters: Counters) {
    this.#counters = counters
    this.#reached = new Uint8Array(counters.counts.length)
  }

  /** Forgets what was counted since. */
  clear(): void {
    const { counts, touched } = this.#counters
    const end = Math.min(touched[0] as number, touched.length - 1)
    for (let index = 1; index <= end; index++) counts[touched[index] as number] = 0
    touched[0] = 0
  }

  /**
   * Takes in what was counted since, and clears it.
   *
   * @returns 2 for an edge that nobody has passed before, 1 for one that was passed more or less often, else 0
   */
  take(): 0 | 1 | 2 {
    const { counts, touched } = this.#counters
    const end = Math.min(touched[0] as number, touched.length - 1)
    let found: 0 | 1 | 2 = 0
    for (let index = 1; index <= end; index++) {
      const edge = touched[index] as number
      const step = STEPS[counts[edge] as number] as number
      counts[edge] = 0
      const before = this.#reached[edge] as number
      if ((step & ~before) === 0) continue
      this.#reached[edge] = before | step
      if (before === 0) {
        this.edges++
        found = 2
      } else if (found === 0) found = 1
    }
    touched[0] = 0
    return found
  }
}
