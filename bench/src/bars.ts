import { judge, spread, type Verdict } from './figures.ts'
import type { Rounds } from './jobs.ts'
import { growthAgainst, speedAgainst, timesOf } from './measure.ts'

/** What is judged by the times of a job. */
export type Bar = (times: Rounds) => Verdict

interface SpeedBar {
  /** Of which job. */
  readonly job: string
  readonly ours: string
  readonly against: string
  /** The least speed as a multiple of the other's. */
  readonly least: number
  readonly why?: string
}

/** How fast we have to be beside another one. */
export function speedBar({ job, ours, ...bar }: SpeedBar): Bar {
  const { against, least, ...rest } = bar
  return (times) => {
    const value = speedAgainst(times, ours, against)
    return judge({ what: `${job}, ${ours}`, against, bound: { least }, value, ...rest })
  }
}

/** How fast we have to be beside whoever of the peers was the fastest, by the median of its times. */
export function fastestBar({ job, ours, peers, ...bar }: Omit<SpeedBar, 'against'> & { readonly peers: Peers }): Bar {
  const { least, ...rest } = bar
  return (times) => {
    const rival = fastestOf(times, peers)
    const value = speedAgainst(times, ours, rival)
    return judge({ what: `${job}, ${ours}`, against: 'the fastest peer', rival, bound: { least }, value, ...rest })
  }
}

type Peers = readonly string[]

/** The fastest of those that were measured. */
function fastestOf(times: Rounds, peers: Peers): string {
  const medians = peers.filter((name) => times.has(name)).map((name) => ({ name, ...spread(timesOf(times, name)) }))
  const [fastest] = medians.toSorted((a, b) => a.median - b.median)
  if (fastest === undefined) throw new Error('no peer was measured')
  return fastest.name
}

/** How much faster than the reference our work may grow. */
export function growthBar(bar: {
  readonly what: string
  readonly against: string
  readonly pair: readonly [small: string, large: string]
  readonly reference: readonly [small: string, large: string]
  readonly most: number
  readonly why?: string
}): Bar {
  const { pair, reference, most, ...rest } = bar
  return (times) => judge({ ...rest, bound: { most }, value: growthAgainst(times, pair, reference) })
}
