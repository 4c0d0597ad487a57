import type { Rounds } from '../jobs.ts'
import { inOrder } from '../measure.ts'

/** Whoever has a slice in each round. */
export interface Turn {
  readonly name: string
  /** The CPU time that its process has used so far, in milliseconds. */
  cpu(): Promise<number>
  /** Does so many operations. */
  run(count: number): Promise<unknown>
}

/** How much work there is. */
export interface Work {
  readonly rounds: number
  /** Operations in a slice. */
  readonly count: number
  /** Operations before the first slice, after which compilers are done. */
  readonly warm: number
}

/** What the slices gave, a number for each round, by the names of whoever had them. */
export interface Slices {
  /** CPU milliseconds of one operation. */
  readonly cpu: Rounds
  readonly perSecond: Rounds
}

/** What part of a slice goes before it, untimed: caches of the processor are its own again. */
const WARM = 0.15

/**
 * Measures in rounds. In each round everybody has one slice with a fixed number of operations, so that what else the
 * machine does hits them alike, and two numbers of one round make a pair.
 */
export async function measureRounds(turns: readonly Turn[], { rounds, count, warm }: Work): Promise<Slices> {
  const noNumbers = (): Map<string, number[]> => new Map(turns.map(({ name }) => [name, []]))
  const [cpu, perSecond] = [noNumbers(), noNumbers()]
  for (const turn of turns) await turn.run(warm)
  for (let round = 0; round < rounds; round++) {
    for (const turn of inOrder(turns, round)) {
      await turn.run(Math.ceil(count * WARM))
      const [before, began] = [await turn.cpu(), performance.now()]
      await turn.run(count)
      const seconds = (performance.now() - began) / 1000
      cpu.get(turn.name)?.push(((await turn.cpu()) - before) / count)
      perSecond.get(turn.name)?.push(count / seconds)
    }
  }
  return { cpu, perSecond }
}
