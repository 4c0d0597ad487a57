import { type Spread, spread } from './figures.ts'
import type { Effort, Job, Rounds, Runner } from './jobs.ts'

// A loop of our own: what the measuring needs beyond it (slices that take turns, pairs, promises awaited one by one) no
// library has, and those that time a function also collect garbage before each slice or drop the slowest samples. No
// server does the former, which shrinks the young generation and discards compiled code; and the latter are the cost of
// the garbage that a contender makes.

/** A runner ready for its slices. */
interface Timed extends Runner {
  /** As many calls as take a quarter of a millisecond, so that reading the clock costs nothing. */
  readonly batch: number
  readonly isLater: boolean
}

const BATCH_NS = 250_000
/** What part of a slice goes before it, untimed: caches of the processor and of the code are its own again. */
const WARM = 0.15
/** What goes before the first slice of all. */
const READY_SLICES = 2.5

/** What the latest call gave: it is kept, so that no compiler can leave the call out. */
let kept: unknown

/** The latest outcome of all. */
export const latest = (): unknown => kept

/**
 * Times a job in rounds. In each round every contender has one slice of time, so that what else the machine does hits
 * them alike, and two numbers of one round make a pair. The order goes round, and every other round goes backwards.
 */
export async function measureJob({ runners }: Job, { rounds, sliceMs }: Effort): Promise<Rounds> {
  const timed: Timed[] = []
  for (const runner of runners) timed.push(await getReady(runner, sliceMs))
  const times = new Map<string, number[]>(runners.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const runner of inOrder(timed, round)) {
      await slice(runner, sliceMs * WARM)
      times.get(runner.name)?.push(await slice(runner, sliceMs))
    }
  }
  return times
}

/** Runs it until the compilers are done with it, and finds the size of its batches. */
async function getReady({ name, run }: Runner, sliceMs: number): Promise<Timed> {
  const outcome = run()
  const isLater = outcome instanceof Promise
  await outcome
  const nanoseconds = await slice({ name, run, isLater, batch: 1 }, READY_SLICES * sliceMs)
  return { name, run, isLater, batch: Math.max(1, Math.round(BATCH_NS / nanoseconds)) }
}

/** One slice of a contender. @returns the mean time of one call in nanoseconds, with all the garbage it makes */
function slice(timed: Timed, sliceMs: number): number | Promise<number> {
  return timed.isLater ? sliceOfPromises(timed, sliceMs) : sliceOfValues(timed, sliceMs)
}

function sliceOfValues({ run, batch }: Timed, sliceMs: number): number {
  const began = process.hrtime.bigint()
  const limit = began + BigInt(Math.round(sliceMs * 1e6))
  let [calls, now] = [0, began]
  while (now < limit) {
    for (let call = 0; call < batch; call++) kept = run()
    calls += batch
    now = process.hrtime.bigint()
  }
  return Number(now - began) / calls
}

async function sliceOfPromises({ run, batch }: Timed, sliceMs: number): Promise<number> {
  const began = process.hrtime.bigint()
  const limit = began + BigInt(Math.round(sliceMs * 1e6))
  let [calls, now] = [0, began]
  while (now < limit) {
    for (let call = 0; call < batch; call++) kept = await run()
    calls += batch
    now = process.hrtime.bigint()
  }
  return Number(now - began) / calls
}

/** Whose turn it is when. */
export function inOrder<T>(list: readonly T[], round: number): readonly T[] {
  const start = round % list.length
  const turned = [...list.slice(start), ...list.slice(0, start)]
  return round % 2 === 0 ? turned : turned.reverse()
}

/** The times of a contender. */
export function timesOf(times: Rounds, name: string): readonly number[] {
  const own = times.get(name)
  if (own === undefined) throw new Error(`${name} was not measured`)
  return own
}

/** How many times as fast as another one a contender is, from the pairs of each round. */
export function speedAgainst(times: Rounds, name: string, other: string): Spread {
  const theirs = timesOf(times, other)
  return spread(timesOf(times, name).map((time, round) => (theirs[round] ?? Number.NaN) / time))
}

/**
 * How much more the work grows than a reference does, from the four numbers of each round.
 *
 * @param pair - the small work and the large one, by the names of their contenders
 */
export function growthAgainst(
  times: Rounds,
  pair: readonly [small: string, large: string],
  reference: readonly [small: string, large: string],
): Spread {
  const growth = ([small, large]: readonly [string, string]): readonly number[] => {
    const before = timesOf(times, small)
    return timesOf(times, large).map((time, round) => time / (before[round] ?? Number.NaN))
  }
  const theirs = growth(reference)
  return spread(growth(pair).map((ours, round) => ours / (theirs[round] ?? Number.NaN)))
}
