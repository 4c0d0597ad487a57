import { type Figures, type Plotted, type Spread, spread, type Table, type Verdict } from './figures.ts'
import type { Context, Job, Rounds } from './jobs.ts'
import { measureJob, speedAgainst, timesOf } from './measure.ts'

/** A job that has been timed. */
export interface Timed {
  readonly job: Job
  readonly times: Rounds
  readonly verdicts: readonly Verdict[]
}

/** Times some jobs, one after the other, each with its line of progress. */
export async function timeJobs(jobs: readonly Job[], { effort, say }: Context): Promise<readonly Timed[]> {
  const all: Timed[] = []
  for (const job of jobs) {
    const times = await measureJob(job, effort)
    const timed = { job, times, verdicts: job.bars.map((bar) => bar(times)) }
    say(progressOf(timed))
    all.push(timed)
  }
  return all
}

/** What a suite of timed jobs hands over: each job has its table, or those that the suite makes of all. */
export function toFigures(
  { title, about }: Pick<Figures, 'title' | 'about'>,
  all: readonly Timed[],
  tables: readonly Table[] = all.map(jobTable),
): Figures {
  const verdicts = all.flatMap((timed) => timed.verdicts)
  return { title, about, tables, verdicts, plotted: all.flatMap(plottedOf) }
}

/** The table of one job: the time of each, and our speed as a multiple of it. */
export function jobTable({ job, times }: Timed): Table {
  const [ours] = job.runners
  const rows = job.runners.map((runner) => {
    const speed = runner === ours ? undefined : speedAgainst(times, ours.name, runner.name)
    return [runner.name, nanoseconds(times, runner.name), ...(speed ? threeOf(speed) : ['', '', ''])]
  })
  return { head: [job.name, 'ns', 'min', 'median', 'max'], rows }
}

/**
 * One table for several jobs that have the same contenders.
 *
 * @param columns - what each job is called in it
 */
export function jobsTable(title: string, columns: readonly string[], all: readonly Timed[]): Table {
  const names = [...new Set(all.flatMap(({ job }) => job.runners.map(({ name }) => name)))]
  const rows = names.map((name) => [name, ...all.flatMap((timed) => twoOf(timed, name))])
  return { head: [title, ...columns.flatMap((column) => [`${column}, ns`, THREE])], rows }
}

const THREE = 'min – median – max'

/** The time of a contender and our speed beside it. */
function twoOf({ job, times }: Timed, name: string): readonly [string, string] {
  const [ours] = job.runners
  if (!times.has(name)) return ['', '']
  const ratio = name === ours.name ? '' : threeOf(speedAgainst(times, ours.name, name)).join(' – ')
  return [nanoseconds(times, name), ratio]
}

export const nanoseconds = (times: Rounds, name: string): string =>
  Math.round(spread(timesOf(times, name)).median).toLocaleString('en')

export const threeOf = ({ min, median, max }: Spread): readonly string[] =>
  [min, median, max].map((ratio) => ratio.toFixed(2))

function plottedOf({ job: { name: job, runners, plotted = [] }, times }: Timed): readonly Plotted[] {
  if (plotted.length === 0) return []
  const [ours] = runners
  const others = plotted.filter((name) => name !== ours.name)
  return [{ job, marks: others.map((name) => ({ name, times: speedAgainst(times, ours.name, name).median })) }]
}

function progressOf({ job, times, verdicts }: Timed): string {
  const [ours, ...others] = job.runners
  const speeds = others.map(({ name }) => `${name} ${speedAgainst(times, ours.name, name).median.toFixed(2)}`)
  const short = verdicts.filter(({ holds }) => !holds).length
  const end = short > 0 ? ` (${short} of ${verdicts.length} bars fall short)` : ''
  return `${job.name}: ${nanoseconds(times, ours.name)} ns; ${speeds.join(', ')}${end}`
}
