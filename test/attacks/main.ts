// npm run attacks: carries out every attack that is an input to a library on ours and on its peers, and prints what came of it.
import { parseArgs } from 'node:util'
import { CASES } from './cases/cases.ts'
import { attackAll, type Row } from './outcome.ts'
import { failuresOf, legend, missing, table, versions } from './report.ts'
import { OURS, RUNNERS } from './runners/runners.ts'

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, why: { type: 'boolean' }, only: { type: 'string', multiple: true } },
})
const only = values.only?.map(Number)
const chosen = CASES.filter(({ attack }) => only === undefined || only.includes(attack))
if (chosen.length === 0) {
  console.error(`--only takes the number of an attack that has cases, and not ${values.only}.`)
  process.exit(2)
}

// A warning of a library about its options is no output of ours.
process.removeAllListeners('warning')
process.on('warning', () => undefined)
const rows: Row[] = []
for (const one of chosen) rows.push(await attackAll(one))
const failures = OURS.flatMap(({ name }) => failuresOf(rows, name))
const about = {
  versions: versions(),
  cases: rows.length,
  attacks: new Set(rows.map(({ attack }) => attack)).size,
  left: missing(new Set(CASES.map(({ attack }) => attack))),
}

if (values.json) {
  const columns = RUNNERS.map(({ name, library, use, how }) => ({ name, library, use, how }))
  console.log(JSON.stringify({ ...about, columns, rows, failures }, null, 2))
} else {
  console.log(
    Object.entries(about.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  )
  console.log(`${about.cases} cases of ${about.attacks} attacks`)
  console.log(['', ...legend(RUNNERS), '', ...table(rows, RUNNERS, values.why === true), ''].join('\n'))
  for (const one of about.left) console.log(`Attack ${one}.`)
  console.log(failures.length === 0 ? 'Ours refuses all of it.' : `Ours fails:\n${failures.join('\n')}`)
}
// What a library still waits for is of no interest.
process.exit(failures.length === 0 ? 0 : 1)
