import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { type Figures, type Verdict, verdictLine } from './figures.ts'
import type { Effort } from './jobs.ts'
import type { NodeAtHand } from './nodes.ts'
import type { Found } from './process.ts'
import { barName, barsTable, boundOf, markdown, type OnNode, shown, sideBySide } from './tables.ts'

/** What was found on a Node, and by which. */
export interface Run extends OnNode<Found> {
  readonly node: NodeAtHand
}

/** All bars of a run. */
export const verdictsOf = ({ found }: OnNode<Found>): readonly Verdict[] =>
  [...found.values()].flatMap(({ verdicts }) => verdicts)

const barsOf = (runs: readonly Run[]): readonly OnNode<readonly Verdict[]>[] =>
  runs.map((run) => ({ major: run.major, found: verdictsOf(run) }))

/** The bars of all runs as a table. */
export const summary = (runs: readonly Run[]): string => markdown(barsTable(barsOf(runs)))

/** The text of RESULTS.md. @param date - the day of the run, YYYY-MM-DD */
export function resultsPage(runs: readonly Run[], { rounds, sliceMs }: Effort, date: string): string {
  const [cpu] = cpus()
  const nodes = runs.map(({ node }) => `Node ${node.version} with OpenSSL ${node.openssl}`)
  return `# Results

Written by \`npm run bench\`; what it does is in \`src/\`.

- Date: ${date}
- Machine: ${cpu?.model.trim()}, ${cpus().length} cores, ${process.platform} ${process.arch}
- ${nodes.join('; ')}
- ${packages().join(', ')}

Of each Node one process measures, one job after the other, the library as it is published. A job has ${rounds} rounds: in each,
every contender has ${sliceMs} ms, in an order that changes, after some that are not counted. Each round gives a ratio, of two
slices of that round: the three numbers are the least, the median and the greatest, of our speed as a multiple of the
contender's, where nothing else is said. 2 means twice as fast. The nanoseconds of one call are medians over the rounds, for
orientation: other work on the machine moves them, and moves the ratios less.

jose works by WebCrypto, which hands each call to another thread. A call that is awaited alone then takes as long as it
takes to wake that thread: with one and the same HMAC some 100 µs were seen on an idle machine and 20 on a busy one.

## Bars

${summary(runs)}

${verdictLine(runs.flatMap(verdictsOf))}.
${shortcomings(barsOf(runs))}
![The time of one operation, by each contender, as a multiple of ours](results.svg)

${sections(runs)}
`
}

/** The packages that are compared, by the versions that the manifest pins. */
function packages(): readonly string[] {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>
    readonly optionalDependencies: Readonly<Record<string, string>>
  }
  const { dependencies, optionalDependencies } = manifest
  const all = Object.entries({ ...dependencies, ...optionalDependencies })
  return all.map(([name, version]) => `${name.replace(/-linux-x64-gnu$/, '')} ${version}`)
}

/** What falls short, by how much, and why. */
export function shortcomings(runs: readonly OnNode<readonly Verdict[]>[]): string {
  const short = runs.flatMap(({ major, found }) =>
    found.filter(({ holds }) => !holds).map((verdict) => ({ major, verdict, name: barName(verdict) })),
  )
  if (short.length === 0) return ''
  // What has one reason is told together.
  const reasons = Map.groupBy(short, ({ name, verdict }) => verdict.why ?? name)
  const entries = [...reasons.values()].map((group) => {
    const names = [...Map.groupBy(group, ({ name }) => name)].map(([name, ofName]) => {
      const values = ofName.map(({ major, verdict }) => `${medianOf(verdict)} on Node ${major}`)
      const [first] = ofName
      return `**${name}**: ${values.join(', ')}; the bar is ${first ? boundOf(first.verdict) : ''}.`
    })
    const why = group[0]?.verdict.why
    return `- ${[...names, ...(why === undefined ? [] : [why.trim()])].join('\n').replaceAll('\n', '\n  ')}`
  })
  return `\n## What falls short\n\n${entries.join('\n')}\n`
}

/** The median, in as many digits as tell it from its bar, and who it was compared with. */
function medianOf({ bound, value: { median }, unit, rival }: Verdict): string {
  const limit = 'least' in bound ? bound.least : bound.most
  const number = shown(median) === shown(limit) ? median.toPrecision(4) : shown(median)
  return `${number}${unit === undefined ? '' : ` ${unit}`}${rival === undefined ? '' : ` (${rival})`}`
}

/** One for each suite, with the tables of all Nodes side by side. */
function sections(runs: readonly Run[]): string {
  const [first] = runs
  const names = [...(first?.found.keys() ?? [])]
  return names.map((name) => section(runs.flatMap(({ major, found }) => entry(major, found.get(name))))).join('\n\n')
}

const entry = (major: string, found: Figures | undefined): readonly OnNode<Figures>[] =>
  found === undefined ? [] : [{ major, found }]

function section(runs: readonly OnNode<Figures>[]): string {
  const { title, about, tables } = runs[0]?.found ?? { title: '', about: '', tables: [] }
  const texts = tables.map(({ head }) => {
    const same = runs.flatMap(({ major, found }) => {
      const table = found.tables.find((each) => each.head[0] === head[0])
      return table === undefined ? [] : [{ major, found: table }]
    })
    return markdown(sideBySide(same))
  })
  return `## ${title}\n\n${about}\n\n${texts.join('\n\n')}`
}
