import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, type Stats } from 'node:fs'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

/** How the program ended. */
interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
  /** What is left in its folder for temporary files. */
  readonly files: readonly string[]
  /** The processes it started that are still there. */
  readonly processes: readonly number[]
}

/** @param enough - looks at what has been printed so far, and says when to interrupt, as Ctrl-C does */
async function run(
  t: Pick<TestContext, 'after'>,
  args: readonly string[],
  enough?: (printed: string, folder: string) => boolean,
): Promise<Ended> {
  const folder = await mkdtemp(join(tmpdir(), 'rotating-issuer-test-'))
  t.after(() => rm(folder, { recursive: true }))
  const env = { ...process.env, TMPDIR: folder, TEMP: folder }
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  let [stdout, interrupted] = ['', false]
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    stdout += part
    if (!interrupted && enough?.(stdout, folder)) interrupted = child.kill('SIGINT')
  })
  const [stderr, [code, signal]] = await Promise.all([
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, string | null]>,
  ])
  const started = [/^issuer (\d+), countersign (\d+), jose (\d+):/, /back as process (\d+)/]
  const pids = started.flatMap((line) => line.exec(stdout)?.slice(1) ?? []).map(Number)
  return { code, signal, stdout, stderr, files: await readdir(folder), processes: pids.filter(isAlive) }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The two counts of a row of the table: countersign's and jose's. */
function row(stdout: string, label: string): [number, number] {
  const [, a, b] = new RegExp(`^${label} +(\\d+) +(\\d+)$`, 'm').exec(stdout) ?? []
  assert.ok(a !== undefined && b !== undefined, `no row ${label} in ${stdout}`)
  return [Number(a), Number(b)]
}

/** How many tokens were issued, handed over again, and forged, and how often the issuer was killed. */
function totals(stdout: string): [number, number, number, number] {
  const found = /^(\d+) tokens, (\d+) of them twice; forged: (\d+); kills: (\d+)$/m.exec(stdout)
  assert.ok(found, stdout)
  return found.slice(1).map(Number) as [number, number, number, number]
}

/** Lines without what differs from run to run: numbers, and the spaces that go with their width. */
const alike = (line: string): string => line.replaceAll(/ *\d+/g, ' N')

// They take seconds by design, so they take them together.
describe('a rotating issuer', { concurrency: true }, () => {
  for (const args of [['--seconds', '0'], ['--seconds', 'ten'], ['--forged'], ['20']]) {
    test(`${args.join(' ')} is a usage error`, async (t) => {
      const { code, stdout, stderr, files } = await run(t, args)
      assert.deepEqual({ code, stdout, files }, { code: 2, stdout: '', files: [] })
      assert.match(stderr, /^.+\nusage: node src\/main\.ts \[--seconds 20\] \[--forge\]\n$/s)
    })
  }

  test('both verifiers refuse what a stranger signed and nothing else, and that counts', async (t) => {
    const { code, signal, stdout, stderr, files, processes } = await run(t, ['--seconds', '3', '--forge'])
    assert.deepEqual(
      { code, signal, stderr, files, processes },
      { code: 1, signal: null, stderr: '', files: [], processes: [] },
    )
    const [issued, again, forged] = totals(stdout)
    assert.ok(forged > 0)
    for (const label of ['refused', 'refused, of a stranger']) assert.deepEqual(row(stdout, label), [forged, forged])
    assert.deepEqual(row(stdout, 'verified'), [issued + again, issued + again])
    assert.match(stdout, new RegExp(`^${2 * forged} refused$`, 'm'))
    assert.match(stdout, /^countersign refuses a token of a stranger: CS_SIGNATURE$/m)
    assert.match(stdout, /^jose refuses a token of a stranger: ERR_JWS_SIGNATURE_VERIFICATION_FAILED$/m)
    assert.doesNotMatch(stdout, /of the issuer:/)
  })

  test('two rotations and a kill later no token was refused, and Ctrl-C leaves nothing behind', async (t) => {
    let kek: Promise<Stats> | undefined
    const ended = await run(t, ['--seconds', '90'], (printed, folder) => {
      kek ??= readdir(folder).then(([name = '']) => stat(join(folder, name, 'kek')))
      const seen = [...printed.matchAll(/ \((\d+) keys\)/g)].slice(-2).map(([, keys]) => Number(keys))
      return seen.every((keys) => keys > 2) && printed.includes('the issuer is back')
    })
    const { code, signal, stdout, stderr, files, processes } = ended
    assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' })
    assert.deepEqual({ files, processes }, { files: [], processes: [] })
    const { mode, size } = (await kek) ?? {}
    assert.deepEqual([Number(mode) & 0o777, size], [0o600, 32])

    const [issued, again, forged, kills] = totals(stdout)
    assert.deepEqual([forged, kills], [0, 1])
    assert.match(stdout, /^0 refused$/m)
    assert.deepEqual(row(stdout, 'refused'), [0, 0])
    assert.deepEqual(row(stdout, 'verified'), [issued + again, issued + again])
    for (const label of ['rotations seen', 'requests for the keys']) {
      assert.ok(Math.min(...row(stdout, label)) >= 2, `${label} in ${stdout}`)
    }
    const [killed, back] = [/SIGKILL to process (\d+)/, /back as process (\d+)/].map((line) => line.exec(stdout)?.[1])
    assert.ok(killed !== undefined && back !== undefined && killed !== back)

    const [, excerpt = ''] = /^```text\n(.+?)^```/ms.exec(README) ?? []
    const lines = excerpt.split('\n').filter((line) => line !== '…')
    assert.ok(lines.length > 10)
    const printed = stdout.split('\n').map(alike)
    for (const line of lines) assert.ok(printed.includes(alike(line)), `the README has another line: ${line}`)
  })
})
