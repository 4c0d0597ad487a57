// npm run fuzz: feeds every place of the library that takes input from strangers with what nobody has thought of.
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readCorpus, writeCorpus, writeFind } from './corpus.ts'
import { type Bundle, bundle } from './instrument.ts'
import type { Progress, Result } from './loop.ts'
import { TARGETS } from './targets.ts'
import { watch } from './watch.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    target: { type: 'string', multiple: true },
    seed: { type: 'string' },
    'update-corpus': { type: 'boolean', default: false },
  },
})
const seconds = Number(values.seconds)
const seed = Number(values.seed ?? Date.now())
const chosen = values.target ?? TARGETS
const unknown = chosen.filter((name) => !TARGETS.includes(name))
if (unknown.length > 0 || !(seconds > 0) || !Number.isSafeInteger(seed)) {
  console.error(`Options: --seconds N, --seed N, --update-corpus, --target NAME, more than once; ${TARGETS.join(', ')}`)
  process.exit(2)
}

const folder = mkdtempSync(join(tmpdir(), 'countersign-fuzz-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const log = (line: string): void => console.error(line)

const atOnce = Math.min(chosen.length, Math.max(2, availableParallelism()))
const each = (seconds * atOnce) / chosen.length
log(`${chosen.length} targets for ${each.toFixed(1)} s each, ${atOnce} at a time, with --seed ${seed}`)

const EVERY_SECONDS = 5
const results = new Map<string, { readonly made: Bundle; readonly result: Result }>()
const waiting = [...chosen]
let files = 0

async function work(): Promise<void> {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const made = await bundle(`targets/${name}.ts`, join(folder, `${name}.mjs`))
    let next = EVERY_SECONDS
    const progress = (now: Progress): void => {
      if (now.seconds < next) return
      next = now.seconds + EVERY_SECONDS
      const speed = Math.round(now.runs / now.seconds)
      log(
        `  ${name}: ${now.runs} runs, ${speed} a second, ${now.edges} edges, corpus ${now.corpus}, ${now.finds} finds`,
      )
    }
    const result = await watch({ bundle: made, seed, seconds: each, corpus: readCorpus(name), progress })
    results.set(name, { made, result })
    for (const trouble of result.troubles) {
      const file = writeFind(name, seed, files++, trouble)
      log(`FIND in ${name} (${trouble.kind}): ${file}\n${trouble.why}\n`)
    }
    if (values['update-corpus'] && result.kept.length > 0) writeCorpus(name, result.kept)
  }
}
await Promise.all(Array.from({ length: atOnce }, work))

const COLUMNS = [
  'target',
  'runs',
  'runs/s',
  'runs/CPU s',
  'edges',
  'of',
  'corpus',
  'accepted',
  'slowest ms',
  'heap MB',
  'then',
  'finds',
]
const megabytes = (octets: number): string => (octets / 2 ** 20).toFixed(1)
const rows = chosen.flatMap((name) => {
  const done = results.get(name)
  if (done === undefined) return []
  const { result, made } = done
  const { runs, edges, corpus, slowestMs, heap, outcomes, troubles } = result
  const cells = [
    name,
    runs,
    Math.round(runs / result.seconds),
    Math.round(runs / result.cpuSeconds),
    edges,
    made.edges,
    corpus,
    outcomes.get('accepted') ?? 0,
  ]
  return [[...cells, slowestMs.toFixed(0), ...heap.map(megabytes), troubles.length].map(String)]
})
const widths = COLUMNS.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)))
for (const row of [COLUMNS, ...rows])
  console.log(
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  '),
  )

const finds = [...results.values()].reduce((sum, { result }) => sum + result.troubles.length, 0)
const runs = [...results.values()].reduce((sum, { result }) => sum + result.runs, 0)
console.log(`${runs} runs, ${finds} finds; again with --seed ${seed}`)
process.exitCode = finds === 0 && results.size === chosen.length ? 0 : 1
