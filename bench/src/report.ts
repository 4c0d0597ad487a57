import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { cpus } from 'node:os'
import type { Verdict } from './bars.ts'
import type { Job, Suite } from './jobs.ts'
import { type Effort, type Rounds, type Spread, speedAgainst, spread } from './measure.ts'

/** A job that has been timed. */
export interface Result {
  readonly job: Job
  readonly times: Rounds
  readonly verdicts: readonly Verdict[]
}

/** The table of one job, as Markdown that is also legible as it is. */
export function jobTable({ job, times }: Result): string {
  const [ours] = job.runners
  const rows = job.runners.map((runner) => {
    const { name } = runner
    const { median } = spread(times.get(name) ?? [])
    const speed = runner === ours ? undefined : speedAgainst(times, ours.name, name)
    return [name, Math.round(median).toLocaleString('en'), ...(speed ? threeOf(speed) : ['', '', ''])]
  })
  return table([`${job.scheme} ${job.operation}`, 'ns per call', 'min', 'median', 'max'], rows)
}

/** The bars and whether they hold. */
export function barsTable(results: readonly Result[]): string {
  const rows = results
    .flatMap(({ job, verdicts }) => verdicts.map((verdict) => ({ job, ...verdict })))
    .map(({ job, bar, speed, holds }) => [
      `${job.scheme} ${job.operation}, against ${bar.against}`,
      bar.least.toFixed(2),
      ...threeOf(speed),
      holds ? 'holds' : 'falls short',
    ])
  return table(['Bar', 'at least', 'min', 'median', 'max', ''], rows)
}

/** The last line of a run. */
export function verdictLine(results: readonly Result[]): string {
  const verdicts = results.flatMap((result) => result.verdicts)
  return `${verdicts.filter(({ holds }) => holds).length} of ${verdicts.length} bars hold`
}

/** The text of RESULTS.md. @param date - the day of the run, YYYY-MM-DD */
export function resultsPage(
  sections: readonly (readonly [Suite, readonly Result[]])[],
  effort: Effort,
  date: string,
): string {
  const [cpu] = cpus()
  const packages = [...new Set(sections.flatMap(([suite]) => suite.packages))]
  const { node, openssl } = process.versions
  return `# Results

Written by \`npm run bench\`; what it does is in \`src/\`.

- Date: ${date}
- Machine: ${cpu?.model.trim()}, ${cpus().length} cores, ${process.platform} ${process.arch}
- Node ${node}, OpenSSL ${openssl}
- ${packages.map((name) => `${name} ${versionOf(name)}`).join(', ')}
- ${effort.rounds} rounds; in each, every contender of a job has ${effort.sliceMs} ms, in an order that changes

The three numbers are our speed as a multiple of the contender's: 2 means twice as fast. Each round gives a ratio, of two
slices of that round; these are the least, the median and the greatest. The nanoseconds are medians over the rounds, for
orientation: other work on the machine moves them, and moves the ratios less.

jose works by WebCrypto, which hands each call to another thread. A call that is awaited alone then takes as long as it
takes to wake that thread: with one and the same HMAC some 100 µs were seen on an idle machine and 20 on a busy one.

${sections.map(section).join('\n\n')}
`
}

function section([{ title, about }, results]: readonly [Suite, readonly Result[]]): string {
  return `## ${title}

${about}

### Bars

${barsTable(results)}

${verdictLine(results)}.

### Jobs

${results.map(jobTable).join('\n\n')}`
}

function versionOf(name: string): string {
  const file = findPackageJSON(name, import.meta.url)
  if (file === undefined) throw new Error(`${name} is not installed`)
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string }
  return version
}

const threeOf = ({ min, median, max }: Spread): readonly string[] => [min, median, max].map((ratio) => ratio.toFixed(2))

/** A Markdown table in even columns: the first to the left, numbers to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}
