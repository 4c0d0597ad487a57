import { measure } from 'mitata'
import type { Job, Runner } from './jobs.ts'

/** How long a run takes. */
export interface Effort {
  readonly rounds: number
  readonly sliceMs: number
}

/** The nanoseconds that one operation took, by contender, one number for each round. */
export type Rounds = ReadonlyMap<string, readonly number[]>

const SAMPLE_NS = 1e6
const UNROLL = 4

/**
 * Times a job in rounds. In each round every contender has one slice of time, so that what else the machine does hits
 * them alike, and two numbers of one round make a pair. The order goes round, and every other round goes backwards.
 */
export async function measureJob({ runners }: Job, { rounds, sliceMs }: Effort): Promise<Rounds> {
  const batches = new Map<Runner, number>()
  for (const runner of runners) batches.set(runner, batchFor(await slice(runner, UNROLL, sliceMs)))
  const times = new Map<string, number[]>(runners.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const runner of inOrder(runners, round)) {
      times.get(runner.name)?.push(await slice(runner, batches.get(runner) ?? UNROLL, sliceMs))
    }
  }
  return times
}

/** As many calls as take a millisecond, so that reading the clock costs nothing and a batch has its share of garbage. */
function batchFor(nanoseconds: number): number {
  return UNROLL * Math.max(1, Math.round(SAMPLE_NS / nanoseconds / UNROLL))
}

/**
 * One slice of a contender, after a collection of garbage.
 *
 * @returns the mean time of one operation in nanoseconds; mitata leaves out the two fastest and the two slowest batches
 */
async function slice({ run }: Runner, batch: number, sliceMs: number): Promise<number> {
  const { avg } = await measure(run, {
    batch_samples: batch,
    batch_unroll: UNROLL,
    // Every contender runs in batches, a slow one too.
    batch_threshold: Number.POSITIVE_INFINITY,
    warmup_threshold: Number.POSITIVE_INFINITY,
    min_cpu_time: sliceMs * 1e6,
  })
  return avg
}

function inOrder<T>(list: readonly T[], round: number): readonly T[] {
  const start = round % list.length
  const turned = [...list.slice(start), ...list.slice(0, start)]
  return round % 2 === 0 ? turned : turned.reverse()
}

/** The least, the middle and the greatest of some numbers. */
export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const median = (at(sorted, Math.floor(middle)) + at(sorted, Math.ceil(middle))) / 2
  return { min: at(sorted, 0), median, max: at(sorted, sorted.length - 1) }
}

/** How many times as fast as another one contender is, from the pairs of each round. */
export function speedAgainst(times: Rounds, name: string, other: string): Spread | undefined {
  const [ours, theirs] = [times.get(name), times.get(other)]
  return ours && theirs && spread(ours.map((time, round) => at(theirs, round) / time))
}

const at = (values: readonly number[], index: number): number => values[index] ?? Number.NaN
