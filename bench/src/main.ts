// The conductor: it bundles what measures, has each Node run it, and writes down what came of it. It measures nothing.
// `npm run bench` builds the library first.
import { writeFileSync } from 'node:fs'
import { bundle } from './bundle.ts'
import { verdictLine } from './figures.ts'
import { isRecord, parseFlags } from './flags.ts'
import type { Effort } from './jobs.ts'
import { nodesAtHand } from './nodes.ts'
import type { Part } from './orders.ts'
import { type Run, resultsPage, summary, verdictsOf } from './page.ts'
import { plot } from './plot.ts'
import { measureOn } from './process.ts'

const FULL: Effort = { rounds: 15, sliceMs: 20, quick: false }
const QUICK: Effort = { rounds: 5, sliceMs: 12, quick: true }

const flags = parseFlags(process.argv.slice(2))
const effort = flags.quick ? QUICK : FULL
const began = Date.now()
const say = (line: string): void =>
  console.log(`${String(Math.round((Date.now() - began) / 1000)).padStart(4)} s  ${line}`)

const nodes = nodesAtHand(say, flags.node)
const order = (part: Part): { part: Part; effort: Effort; only?: string } => {
  const { only } = flags
  return { part, effort, ...(only !== undefined && { only }) }
}

const runs = await measureAll(await bundle())

console.log(`\n${summary(runs)}\n`)
if (isRecord(flags)) {
  writeFileSync(new URL('../results.svg', import.meta.url), plot(runs.map(({ node, found }) => toPanel(node, found))))
  const today = new Date().toISOString().slice(0, 10)
  writeFileSync(new URL('../RESULTS.md', import.meta.url), resultsPage(runs, effort, today))
}
const verdicts = runs.flatMap(verdictsOf)
console.log(verdictLine(verdicts))
if (flags.check && verdicts.some(({ holds }) => !holds)) process.exitCode = 1

function toPanel({ version }: Run['node'], found: Run['found']): Parameters<typeof plot>[0][number] {
  return { title: `Node ${version}`, rows: [...found.values()].flatMap(({ plotted }) => plotted) }
}

/** @param folder - where the bundles lie */
async function measureAll(folder: string): Promise<readonly Run[]> {
  const timed: Run[] = []
  for (const node of nodes) {
    const found = await measureOn(node, folder, order('timed'), (line) => say(`${node.major}: ${line}`))
    timed.push({ node, major: node.major, found })
  }
  // Nothing of this is timed, so that all may run at once.
  return Promise.all(
    timed.map(async ({ node, major, found }): Promise<Run> => {
      const weighed = await measureOn(node, folder, order('weighed'), (line) => say(`${major}: ${line}`))
      return { node, major, found: new Map([...found, ...weighed]) }
    }),
  )
}
