import type { Bar, Job } from './jobs.ts'
import { type Rounds, type Spread, speedAgainst } from './measure.ts'

export interface Verdict {
  readonly bar: Bar
  readonly speed: Spread
  readonly holds: boolean
}

/** The bars on one job, each judged by the median of its paired ratios. */
export function judge({ runners: [ours], bars }: Job, times: Rounds): readonly Verdict[] {
  return bars.map((bar) => {
    const speed = speedAgainst(times, ours.name, bar.against)
    if (speed === undefined) throw new Error(`${bar.against} was not measured`)
    return { bar, speed, holds: speed.median >= bar.least }
  })
}
