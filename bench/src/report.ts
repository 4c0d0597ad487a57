import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { cpus } from 'node:os'
import type { Verdict } from './bars.ts'
import { CONTENDERS, OURS } from './contenders.ts'
import type { Job } from './jobs.ts'
import { type Effort, type Rounds, type Spread, speedAgainst, spread } from './measure.ts'

/** A job that has been timed. */
export interface Result {
  readonly job: Job
  readonly times: Rounds
  readonly verdicts: readonly Verdict[]
}

/** The table of one job, as Markdown that is also legible as it is. */
export function jobTable({ job, times }: Result): string {
  const rows = job.runners.map(({ name }) => {
    const { median } = spread(times.get(name) ?? [])
    const speed = name === OURS ? undefined : speedAgainst(times, OURS, name)
    return [name, Math.round(median).toLocaleString('en'), ...(speed ? threeOf(speed) : ['', '', ''])]
  })
  return table([`${job.scheme} ${job.operation}`, 'ns per call', 'min', 'median', 'max'], rows)
}

/** The bars and whether they hold. */
export function barsTable(results: readonly Result[]): string {
  const rows = results
    .flatMap(({ verdicts }) => verdicts)
    .map(({ bar, speed, holds }) => [
      `${bar.scheme} ${bar.operation}, against ${bar.against}`,
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
export function resultsPage(results: readonly Result[], effort: Effort, date: string): string {
  const [cpu] = cpus()
  const packages = [...new Set(CONTENDERS.flatMap(({ from }) => from ?? []))]
  const { node, openssl } = process.versions
  return `# Results

Written by \`npm run bench\`; what it does is in \`src/\`.

- Date: ${date}
- Machine: ${cpu?.model.trim()}, ${cpus().length} cores, ${process.platform} ${process.arch}
- Node ${node}, OpenSSL ${openssl}
- ${packages.map((name) => `${name} ${versionOf(name)}`).join(', ')}
- ${effort.rounds} rounds; in each, every contender of a job has ${effort.sliceMs} ms, in an order that changes

The three numbers are the speed of ${OURS} as a multiple of the contender's: 2 means twice as fast. Each
round gives a ratio, of two slices of that round; these are the least, the median and the greatest. The nanoseconds are
medians over the rounds, for orientation: other work on the machine moves them, and moves the ratios less.

Tokens of some 320 characters (with HS256) hold iss, aud, sub, name, admin, jti, iat and exp, and kid in the header.
Every contender checks the signature, iss, aud and exp, with keys imported beforehand, and no cache of results. Those
marked as promise are awaited one call at a time. \`node:crypto\` is the primitive alone, with a prepared KeyObject, over
the octets of the same signing input: no JSON, no base64url, no claims; with HS256 it compares no MAC. With ES256 it has
DER, which is the faster of its two encodings, and so the bar; \`ieee-p1363\` stands beside it. With PS256 it is told the
padding in an options object, as is usual, and that is the bar; beside it stands a key of the type rsa-pss, which needs
no options. jsonwebtoken has no Ed25519.

jose works by WebCrypto, which hands each call to another thread. A call that is awaited alone then takes as long as it
takes to wake that thread: with one and the same HMAC some 100 µs were seen on an idle machine and 20 on a busy one.

## Bars

${barsTable(results)}

${verdictLine(results)}.

## Jobs

${results.map(jobTable).join('\n\n')}
`
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
