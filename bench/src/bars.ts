import { BARE_NAME } from './bare.ts'
import { OURS } from './contenders.ts'
import { OPERATIONS, type Operation } from './jobs.ts'
import { type Rounds, type Spread, speedAgainst } from './measure.ts'

/** A demand on the speed of countersign/sync. */
export interface Bar {
  readonly scheme: string
  readonly operation: Operation
  readonly against: string
  /** The least speed as a multiple of the other's. */
  readonly least: number
}

const MOST_OF_BARE = 0.85

export const BARS: readonly Bar[] = [
  { scheme: 'HS256', operation: 'verify', against: 'fast-jwt', least: 1 },
  { scheme: 'HS256', operation: 'verify', against: 'jose (promise)', least: 8 },
  ...['RS256', 'PS256', 'ES256', 'Ed25519'].flatMap((scheme) =>
    OPERATIONS.map((operation) => ({ scheme, operation, against: BARE_NAME, least: MOST_OF_BARE })),
  ),
]

export interface Verdict {
  readonly bar: Bar
  readonly speed: Spread
  readonly holds: boolean
}

/** The bars on one job, each judged by the median of its paired ratios. */
export function judge(scheme: string, operation: Operation, times: Rounds): readonly Verdict[] {
  return BARS.filter((bar) => bar.scheme === scheme && bar.operation === operation).map((bar) => {
    const speed = speedAgainst(times, OURS, bar.against)
    if (speed === undefined) throw new Error(`${bar.against} was not measured`)
    return { bar, speed, holds: speed.median >= bar.least }
  })
}
