import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readdir, readFile, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createKeyRing, fileStore, type KeyRing, type SealingOptions, type StoredKey } from 'countersign/keyring'
import { NOW } from '../support/forge.ts'
import type { Task } from './files-child.ts'
import { kidOf, signerOf, TIMES, verifierOf } from './rig.ts'

const CHILD = fileURLToPath(new URL('./files-child.ts', import.meta.url))
const hexOf = (octet: number): string => octet.toString(16).padStart(2, '0').repeat(32)
const [KEK, NEW_KEK] = [hexOf(1), hexOf(2)]
const sealedBy = (kek: string, previous?: string): SealingOptions => ({
  kek: { hex: kek },
  ...(previous !== undefined && { previous: { kek: { hex: previous } } }),
})
const openIn = (directory: string, time: number, sealing = sealedBy(KEK)): Promise<KeyRing> =>
  createKeyRing({ alg: 'ES256', store: fileStore(directory, sealing), now: () => time })

let home = ''
let made = 0
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'countersign-crash-'))
})
after(() => rm(home, { recursive: true, force: true }))
const newFolder = (): string => join(home, String(made++))

/** How a process ended, and what it told before. */
interface Ending {
  readonly killed: boolean
  readonly lines: readonly string[]
}

/** Runs a process; a callback may end it at each line that it tells. */
async function run(
  t: TestContext,
  task: Task,
  told?: (kill: () => void, lines: readonly string[]) => void,
): Promise<Ending> {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(home, 'compiled') },
  })
  const kill = (): void => void child.kill('SIGKILL')
  t.after(kill)
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    told?.(kill, lines)
  })
  const [code, signal] = await once(child, 'close')
  assert.ok(code === 0 || signal === 'SIGKILL', `ended with ${code ?? signal}`)
  return { killed: signal === 'SIGKILL', lines }
}

/** Runs a process once for each call by which it changes the file system, and ends it right before that call. */
async function killedAtEachCall(
  t: TestContext,
  task: Omit<Task, 'directory'>,
  origin: string | undefined,
  check: (directory: string, ending: Ending, call: number) => Promise<void>,
): Promise<void> {
  const begin = async (): Promise<string> => {
    const directory = newFolder()
    if (origin !== undefined) await cp(origin, directory, { recursive: true })
    return directory
  }
  const whole = await run(t, { ...task, directory: await begin() })
  const calls = Number(/^calls (\d+)$/.exec(whole.lines.at(-1) ?? '')?.[1])
  assert.ok(calls >= 8, `${calls} calls`)
  let next = 1
  const worker = async (): Promise<void> => {
    for (let call = next++; call <= calls; call = next++) {
      const directory = await begin()
      const ending = await run(t, { ...task, directory, killAt: call })
      assert.ok(ending.killed, `call ${call} was not made`)
      await check(directory, ending, call)
    }
  }
  await Promise.all(Array.from({ length: 4 }, worker))
}

/** A lock that nobody lived to write into is waited for, like one that is just being written; its time is over here. */
async function expireEmptyLock(directory: string): Promise<void> {
  const lock = join(directory, 'lock')
  const text = await readFile(lock, 'utf8').catch(() => undefined)
  if (text === '') await utimes(lock, new Date(0), new Date(0))
}

/** What has to hold after any crash: all states are whole, nothing is lost, and the next start puts all in order. */
async function checkHealed(
  directory: string,
  earlier: readonly StoredKey[],
  revoked: readonly string[],
  time: number,
  sealing?: SealingOptions,
): Promise<KeyRing> {
  for (const name of await readdir(directory).catch(() => [])) {
    if (name.startsWith('keys.')) JSON.parse(await readFile(join(directory, name), 'utf8'))
  }
  const rows = await fileStore(directory, sealing ?? sealedBy(KEK)).list()
  for (const { kid } of earlier)
    assert.ok(
      rows.some((key) => key.kid === kid),
      'a key was lost',
    )
  for (const kid of revoked) {
    assert.ok(rows.find((key) => key.kid === kid)?.revokedAt !== undefined, 'a revocation that was told is lost')
  }
  await expireEmptyLock(directory)
  const ring = await openIn(directory, time, sealing)
  const states = ring.list().map(({ state }) => state)
  assert.deepEqual(
    ['active', 'next'].map((wanted) => states.filter((state) => state === wanted).length),
    [1, 1],
  )
  const token = await signerOf(ring, () => time).sign({})
  assert.ok(await verifierOf(ring, () => time).verify(token))
  await ring.revoke(kidOf(token))
  const names = await readdir(directory)
  assert.equal(names.filter((name) => /^keys\.\d+\.json$/.test(name)).length, 1)
  assert.ok(!names.includes('lock'))
  return ring
}

const locks: string[] = []

test('a first start that is killed before any change of a file leaves what the next start goes on from', async (t) => {
  await killedAtEachCall(t, { act: 'start', kek: KEK, time: NOW }, undefined, async (directory) => {
    locks.push(
      ...(await readFile(join(directory, 'lock'), 'utf8').then(
        (text) => [text],
        () => [],
      )),
    )
    await checkHealed(directory, [], [], NOW)
  })
})

test('a lock that nobody lived to write into is not left by a first start', () => {
  assert.ok(locks.length > 0)
  for (const text of locks) assert.equal(typeof JSON.parse(text).pid, 'number')
})

test('a rotation that is killed before any change of a file loses no key, and no token is refused', async (t) => {
  const origin = newFolder()
  const ring = await openIn(origin, NOW)
  const time = NOW + TIMES.period
  const token = await signerOf(ring, () => time - 1).sign({})
  const earlier = await fileStore(origin, sealedBy(KEK)).list()
  await killedAtEachCall(t, { act: 'rotate', kek: KEK, time }, origin, async (directory) => {
    const healed = await checkHealed(directory, earlier, [], time)
    assert.ok(await verifierOf(healed, () => time).verify(token))
  })
})

for (const links of [true, false]) {
  const where = links ? '' : ', where there are no links'
  test(`revocations that are killed before any change of a file are kept once they were told${where}`, async (t) => {
    const origin = newFolder()
    const kids = (await openIn(origin, NOW)).list().map(({ kid }) => kid)
    const earlier = await fileStore(origin, sealedBy(KEK)).list()
    let told = 0
    const task = { act: 'revoke', kek: KEK, time: NOW, kids: links ? kids : kids.slice(0, 1), links } as const
    await killedAtEachCall(t, task, origin, async (directory, { lines }) => {
      told += lines.length
      await checkHealed(directory, earlier, lines, NOW)
    })
    assert.equal(told > 1, links)
  })
}

test('sealing anew that is killed before any change of a file leaves keys that open', async (t) => {
  const origin = newFolder()
  await openIn(origin, NOW)
  const earlier = await fileStore(origin, sealedBy(KEK)).list()
  const task = { act: 'start', kek: NEW_KEK, previous: KEK, time: NOW } as const
  await killedAtEachCall(t, task, origin, async (directory) => {
    await checkHealed(directory, earlier, [], NOW, sealedBy(NEW_KEK, KEK))
    assert.ok(await openIn(directory, NOW, sealedBy(NEW_KEK)))
  })
})

test('40 processes that are killed at any moment as they revoke one key after the other lose none of it', async (t) => {
  const revokeAndDie = async (): Promise<void> => {
    const directory = newFolder()
    const task = { directory, act: 'revoke for ever', kek: KEK, time: NOW } as const
    const revoked: string[] = []
    for (let count = 0; count < 10; count++) {
      let turns = Math.floor(Math.random() * 60)
      const most = 1 + Math.floor(Math.random() * 3)
      const { killed, lines } = await run(t, task, (kill, { length }) => {
        if (length !== most) return
        const wait = (): void => void (turns-- > 0 ? setImmediate(wait) : kill())
        wait()
      })
      assert.ok(killed)
      revoked.push(...lines)
      const rows = await fileStore(directory, sealedBy(KEK)).list()
      for (const kid of revoked) assert.ok(rows.find((key) => key.kid === kid)?.revokedAt !== undefined)
      await expireEmptyLock(directory)
    }
    assert.ok(revoked.length >= 10)
    await checkHealed(directory, [], revoked, NOW)
  }
  await Promise.all(Array.from({ length: 4 }, revokeAndDie))
})
