import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { judge } from './bars.ts'
import { ENCRYPTION } from './encryption/suite.ts'
import type { Suite } from './jobs.ts'
import { type Effort, measureJob } from './measure.ts'
import { barsTable, jobTable, type Result, resultsPage, verdictLine } from './report.ts'
import { SIGNING } from './signing/suite.ts'

const FULL: Effort = { rounds: 21, sliceMs: 100 }
const QUICK: Effort = { rounds: 7, sliceMs: 40 }
const SUITES = [SIGNING, ENCRYPTION]

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
})

if (globalThis.gc === undefined) throw new Error('run with --expose-gc, as npm run bench does')
const names = SUITES.flatMap(({ schemes }) => schemes)
if (values.only !== undefined && !names.includes(values.only)) {
  throw new TypeError(`--only takes one of ${names.join(', ')}`)
}

const effort = values.quick ? QUICK : FULL
const sections: (readonly [Suite, readonly Result[]])[] = []
for (const suite of SUITES) sections.push([suite, await resultsOf(suite)])
const results = sections.flatMap(([, own]) => own)
console.log(`${barsTable(results)}\n`)

// A part of the jobs, or a short look at them, is no record.
if (!values.quick && values.only === undefined) {
  const today = new Date().toISOString().slice(0, 10)
  writeFileSync(new URL('../RESULTS.md', import.meta.url), resultsPage(sections, effort, today))
}
console.log(verdictLine(results))
if (values.check && results.some(({ verdicts }) => verdicts.some(({ holds }) => !holds))) process.exitCode = 1

async function resultsOf({ schemes, prepare }: Suite): Promise<readonly Result[]> {
  const own: Result[] = []
  for (const scheme of schemes) {
    if (values.only !== undefined && values.only !== scheme) continue
    for (const job of await prepare(scheme)) {
      const times = await measureJob(job, effort)
      const result = { job, times, verdicts: judge(job, times) }
      own.push(result)
      console.log(`${jobTable(result)}\n`)
    }
  }
  return own
}
