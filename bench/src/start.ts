// How long the built command takes from its start to its end, beside a process of the same runtime that does nothing: on the
// Node of the workspace, and on those of test/runtimes that are installed. `npm run bench:start` builds it first. With
// `--check` it fails where `decode` takes longer than it may.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RUNTIMES } from '../../test/runtimes/runtimes.ts'
import { judge, spread, type Verdict, verdictLine } from './figures.ts'
import { inOrder, speedAgainst, timesOf } from './measure.ts'

const CLI = fileURLToPath(new URL('../../packages/countersign/dist/cli.js', import.meta.url))
const INSTALLED = fileURLToPath(new URL('../../test/runtimes/node_modules/', import.meta.url))
const ROUNDS = 15
/** The most that `decode` may take on any Node, in milliseconds. */
const MOST_MS = 100
const EMPTY = 'an empty process'

interface Platform {
  readonly name: string
  readonly binary: string
  readonly flags: readonly string[]
  /** What does nothing there. */
  readonly empty: readonly string[]
}

/** Each runtime once, by the backend that it takes by itself. */
function platforms(): readonly Platform[] {
  const own = `Node ${process.versions.node}`
  const others = RUNTIMES.filter(({ name, on }) => on === 'process' && name !== own && !name.includes('WebCrypto'))
  return [
    { name: own, binary: process.execPath, flags: [], empty: ['-e', '0'] },
    ...others.flatMap(({ name, binary = '', flags = [] }): readonly Platform[] => {
      const path = join(INSTALLED, binary)
      if (existsSync(path))
        return [{ name, binary: path, flags, empty: flags.includes('run') ? ['eval', '0'] : ['-e', '0'] }]
      console.log(`${name}: not measured, npm run test:runtimes installs it`)
      return []
    }),
  ]
}

const folder = mkdtempSync(join(tmpdir(), 'countersign-start-'))
try {
  if (!existsSync(CLI)) throw new Error('the command is not built: npm run build')
  const commands = inputs()
  console.log(`${cpus()[0]?.model}: medians of ${ROUNDS} rounds, and how many times an empty process that is\n`)
  const verdicts = platforms().flatMap((platform) => measure(platform, commands))
  console.log(verdictLine(verdicts))
  if (process.argv.includes('--check') && verdicts.some(({ holds }) => !holds)) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Command lines, and what they are for in a table. */
function inputs(): ReadonlyMap<string, readonly string[]> {
  const [key, pub] = [join(folder, 'key.jwk'), join(folder, 'pub.jwk')]
  run(process.execPath, [CLI, 'key', 'new', 'ES256', '--out', key, '--public-out', pub])
  const token = run(process.execPath, [CLI, 'sign', '--key', `@${key}`, '--sub', 'ada', '--exp', '1h']).trim()
  return new Map([
    ['--version', ['--version']],
    ['decode', ['decode', token]],
    ['help verify', ['help', 'verify']],
    ['completion bash', ['completion', 'bash']],
    ['verify, a key', ['verify', token, '--key', `@${pub}`]],
    ['sign', ['sign', '--key', `@${key}`, '--sub', 'ada', '--exp', '1h']],
  ])
}

function measure(
  { name, binary, flags, empty }: Platform,
  commands: ReadonlyMap<string, readonly string[]>,
): readonly Verdict[] {
  const runners = [
    [EMPTY, empty] as const,
    ...[...commands].map(([what, args]) => [what, [...flags, CLI, ...args]] as const),
  ]
  const times = new Map<string, number[]>(runners.map(([what]) => [what, []]))
  for (const [, args] of runners) run(binary, args)
  for (let round = 0; round < ROUNDS; round++) {
    for (const [what, args] of inOrder(runners, round)) {
      const since = performance.now()
      run(binary, args)
      times.get(what)?.push(performance.now() - since)
    }
  }
  for (const [what] of runners) {
    const { min, median, max } = spread(timesOf(times, what))
    const ratio = what === EMPTY ? '' : `${speedAgainst(times, EMPTY, what).median.toFixed(2)} x`
    const range = `${min.toFixed(0)} – ${max.toFixed(0)}`
    console.log(
      `${name.padEnd(14)} ${what.padEnd(17)} ${median.toFixed(1).padStart(6)} ms  ${range.padStart(9)}  ${ratio.padStart(7)}`,
    )
  }
  console.log('')
  const value = spread(timesOf(times, 'decode'))
  const verdict = judge({ what: `${name}: decode`, unit: 'ms', bound: { most: MOST_MS }, value })
  return name.startsWith('Node') ? [verdict] : []
}

/** Runs a program to its end. @returns what it printed */
function run(binary: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(binary, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  if (status !== 0) throw new Error(`${binary} ${args.join(' ')} ended with ${status}: ${stderr}`)
  return stdout
}
