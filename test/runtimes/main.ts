// One test suite on every runtime, and tokens from each to each. Arguments: beginnings of the names of runtimes, to run
// on these alone; `--file=…` for test files that have this in their path; `--all` for what the skip list leaves out, too;
// `--built` for nothing but the built library and its command.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { checkBuilt } from './built.ts'
import { bundleSuite, TEST_FILES } from './bundle.ts'
import { checkCommand } from './command.ts'
import { isNamed, type Outcome, type SkipRule } from './portable/test.ts'
import { RUNTIMES, type Runtime } from './runtimes.ts'
import { SKIPS, type Skip } from './skips.ts'
import { binaryOf, type Running, start } from './start.ts'

const args = process.argv.slice(2)
const names = args.filter((word) => !word.startsWith('--'))
const filter = args.find((word) => word.startsWith('--file='))?.slice('--file='.length) ?? ''
const everything = args.includes('--all')
const builtAlone = args.includes('--built')
const whole = names.length === 0 && filter === '' && !everything && !builtAlone

const began = Date.now()
const say = (text: string): void =>
  console.log(`${String(Math.round((Date.now() - began) / 1000)).padStart(4)} s  ${text}`)

const files = TEST_FILES.filter((path) => path.includes(filter))
/** Whether a runtime has a test file, skipped or not. */
const isFor = (path: string, { sample }: Runtime): boolean =>
  sample === undefined || sample.some((part) => path.startsWith(`packages/countersign/test/${part}`))
const isOn = ({ on }: Skip, { name }: Runtime): boolean =>
  on.some((start) => isNamed(name, start) || name.startsWith(`${start} `))
const skips = everything ? [] : SKIPS.map((skip, entry) => ({ ...skip, entry }))

/** What came of a runtime. */
interface Result {
  readonly runtime: Runtime
  readonly outcomes: readonly Outcome[]
  readonly running?: Running
  readonly faults: string[]
}

async function runOn(runtime: Runtime, folder: string): Promise<Result> {
  const mine = skips.filter((skip) => isOn(skip, runtime))
  const all = files.filter((path) => isFor(path, runtime))
  const left = all.filter((path) => !mine.some((skip) => skip.file === path && skip.tests === undefined))
  const rules = new Map(
    left.map((path) => [
      path,
      mine.flatMap(({ file, tests, why, entry }): SkipRule[] =>
        file === path && tests ? [{ entry, why, tests }] : [],
      ),
    ]),
  )
  const seconds = Date.now()
  let running: Running | undefined
  try {
    if (builtAlone) {
      const faults = [...(await checkBuilt(runtime)), ...(await checkCommand(runtime))]
      say(`${runtime.name}: built (${Math.round((Date.now() - seconds) / 1000)} s)`)
      return { runtime, outcomes: [], faults }
    }
    say(`${runtime.name}: ${left.length} files`)
    const bundle = join(folder, `${runtime.name.replaceAll(/\W+/g, '-')}.mjs`)
    await bundleSuite(runtime, rules, bundle)
    running = await start(runtime, bundle, folder)
    const outcomes = await running.runTests(left)
    const count = (state: Outcome['state']): number => outcomes.filter((outcome) => outcome.state === state).length
    const counts = `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`
    const whole = all.length - left.length > 0 ? ` and ${all.length - left.length} files` : ''
    say(`${runtime.name}: ${counts}${whole} (${Math.round((Date.now() - seconds) / 1000)} s)`)
    const faults = count('passed') < runtime.least && filter === '' ? [`fewer than ${runtime.least} tests passed`] : []
    if (runtime.on === 'process' && filter === '')
      faults.push(...(await checkBuilt(runtime)), ...(await checkCommand(runtime)))
    return { runtime, outcomes, running, faults }
  } catch (error) {
    say(`${runtime.name}: broken`)
    return { runtime, outcomes: [], ...(running && { running }), faults: [String((error as Error).stack)] }
  }
}

/** Calls a function for each item, two at a time. */
async function twoAtOnce<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await act(items[index] as T)
  }
  await Promise.all([worker(), worker()])
  return results
}

/** Each makes tokens with all that it has, and opens those of every one. */
async function crossTokens(results: readonly Result[]): Promise<void> {
  const made = await twoAtOnce(results, async ({ runtime, running, faults }) => {
    try {
      const file = await running?.makeTokens(runtime.name)
      if (file && !isDeepStrictEqual(file.capabilities, runtime.expected)) {
        faults.push(
          `capabilities() says ${JSON.stringify(file.capabilities)} and not ${JSON.stringify(runtime.expected)}`,
        )
      }
      return file
    } catch (error) {
      faults.push(`making tokens: ${(error as Error).stack}`)
      return undefined
    }
  })
  const tokens = made.filter((file) => file !== undefined)
  await twoAtOnce(results, async ({ runtime, running, faults }) => {
    try {
      const answer = await running?.openTokens(tokens)
      faults.push(...(answer?.faults ?? []))
      say(`${runtime.name}: ${answer?.opened} tokens of all runtimes opened, ${answer?.refused} refused by name`)
    } catch (error) {
      faults.push(`opening tokens: ${(error as Error).stack}`)
    }
  })
}

/** The skip list with what it skipped, and the entries that are of no use any more. */
function reportSkips(results: readonly Result[]): { readonly skipped: number; readonly stale: readonly string[] } {
  // How many tests a file has that is left out as a whole, the runtime with most of them says.
  const sizes = new Map<string, number>()
  for (const { outcomes } of results) {
    for (const file of new Set(outcomes.map((outcome) => outcome.file))) {
      const size = outcomes.filter((outcome) => outcome.file === file).length
      sizes.set(file, Math.max(sizes.get(file) ?? 0, size))
    }
  }
  // A file that runs nowhere counts as one test, and as none where it is gone.
  const leftOut = (file: string): number => Number(TEST_FILES.includes(file))
  const stale: string[] = []
  let sum = 0
  for (const { entry, on, file, tests, why } of skips) {
    const places = results.filter(({ runtime }) => isFor(file, runtime) && isOn({ on, file, why }, runtime))
    const counts = places.map(({ outcomes }) =>
      tests ? outcomes.filter((outcome) => outcome.entry === entry).length : (sizes.get(file) ?? leftOut(file)),
    )
    const what = `${file}${tests ? `: ${tests.join(' | ')}` : ''}`
    const total = counts.reduce((a, b) => a + b, 0)
    sum += total
    if (total > 0) console.log(`  ${total} on ${on.join(', ')}: ${what}\n      ${why}`)
    for (const [index, count] of counts.entries()) {
      if (count === 0 && whole) stale.push(`${places[index]?.runtime.name} skips nothing by ${what}`)
    }
    for (const pattern of tests ?? []) {
      const used = places.some(({ outcomes }) =>
        outcomes.some((outcome) => outcome.entry === entry && isNamed(outcome.name, pattern)),
      )
      if (whole && !used) stale.push(`no test of ${file} is named ${pattern}`)
    }
    if (whole && places.length === 0) stale.push(`no runtime is named ${on.join(', ')}`)
  }
  const own = new Map<string, number>()
  for (const { runtime, outcomes } of results) {
    for (const { state, entry, file, why } of outcomes) {
      if (state !== 'skipped' || entry !== undefined) continue
      const what = `${runtime.name}: ${file}: ${why}`
      own.set(what, (own.get(what) ?? 0) + 1)
    }
  }
  for (const [what, count] of own) console.log(`  ${count} by the tests themselves, ${what}`)
  return { skipped: sum + [...own.values()].reduce((a, b) => a + b, 0), stale }
}

const folder = mkdtempSync(join(tmpdir(), 'countersign-runtimes-'))
// Many processes of one Node load the same modules, which need to be compiled for the first of them alone.
process.env['NODE_COMPILE_CACHE'] ??= join(folder, 'compiled')
try {
  const chosen = RUNTIMES.filter(({ name }) => names.length === 0 || names.some((part) => name.startsWith(part)))
  const there = chosen.filter((runtime) => runtime.binary === undefined || existsSync(binaryOf(runtime)))
  for (const { name } of chosen.filter((runtime) => !there.includes(runtime))) {
    if (process.platform === 'linux' && process.arch === 'x64') throw new Error(`${name} is not installed`)
    say(`${name}: not run, it is installed on Linux x64 alone`)
  }
  // Those that run the whole suite take longest, and go first: what is left at the end is short.
  const inOrder = [...there].sort((a, b) => Number(a.sample !== undefined) - Number(b.sample !== undefined))
  const asked = builtAlone ? inOrder.filter(({ on }) => on === 'process') : inOrder
  const results = await twoAtOnce(asked, (runtime) => runOn(runtime, folder))
  if (!builtAlone) await crossTokens(results)
  await Promise.all(results.map(({ running }) => running?.stop()))

  if (!builtAlone) console.log('\nSkipped:')
  const { skipped, stale } = builtAlone ? { skipped: 0, stale: [] } : reportSkips(results)
  const outcomes = results.flatMap(({ outcomes }) => outcomes)
  const passed = outcomes.filter(({ state }) => state === 'passed').length
  const failed = results.flatMap(({ runtime, outcomes, faults }) => [
    ...outcomes
      .filter(({ state }) => state === 'failed')
      .map(
        ({ file, name, why }) =>
          `${runtime.name}: ${file}: ${name}\n      ${why?.split('\n').slice(0, 8).join('\n      ')}`,
      ),
    ...faults.map((fault) => `${runtime.name}: ${fault}`),
  ])
  if (failed.length + stale.length > 0) console.log('\nFailed:')
  for (const line of [...failed, ...stale]) console.log(`  ${line}`)
  const json = args.find((word) => word.startsWith('--json='))?.slice('--json='.length)
  if (json !== undefined) {
    writeFileSync(json, JSON.stringify(results.map(({ runtime, outcomes }) => ({ name: runtime.name, outcomes }))))
  }
  console.log(`\n${passed} passed, ${failed.length + stale.length} failed, ${skipped} skipped`)
  process.exitCode = failed.length + stale.length > 0 ? 1 : 0
} finally {
  rmSync(folder, { recursive: true, force: true })
}
