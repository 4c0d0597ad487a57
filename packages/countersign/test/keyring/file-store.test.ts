import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { createKeyRing, fileStore, type KeyRing, type KeyStore, type StoredKey } from 'countersign/keyring'
import { fails, now } from '../support/forge.ts'
import { gate, settle, statesOf } from './rig.ts'

const KEK = Uint8Array.from({ length: 32 }, (_, index) => index + 1)
const HEX = Buffer.from(KEK).toString('hex')
const LEASE = 60_000

/** A directory of a test's own. */
async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'countersign-keys-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  return path
}

const storeIn = (path: string): KeyStore => fileStore(path, { kek: KEK })
const rowOf = (kid: string): StoredKey => ({ kid, alg: 'ES256', publishedAt: 1, activateAt: 1, privateJwk: 'x' })
const add = (store: KeyStore, kid: string): Promise<true | undefined> =>
  store.exclusive(async ({ put }) => {
    await put(rowOf(kid))
    return true as const
  })
const kidsIn = async (store: KeyStore): Promise<readonly string[]> => (await store.list()).map(({ kid }) => kid)
const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777
/** Makes a file as old as nobody works. */
const age = (path: string, ms: number): Promise<void> => {
  const then = new Date(Date.now() - ms)
  return utimes(path, then, then)
}
const lockOf = (pid: number, host = hostname()): string => JSON.stringify({ pid, host, token: 'another' })
/** The number of a process that has ended. */
const deadPid = (): number => spawnSync(process.execPath, ['--version'], { stdio: 'ignore' }).pid

// Files.

test('files are for their owner alone, whatever the umask', async (t) => {
  const before = process.umask()
  t.after(() => process.umask(before))
  for (const umask of [0, 0o022, 0o077]) {
    process.umask(umask)
    const path = join(await folder(t), 'new', 'keys')
    const modes: number[] = []
    const store = storeIn(path)
    await add(store, 'a')
    await store.exclusive(async ({ put }) => {
      modes.push(await modeOf(join(path, 'lock')))
      await put(rowOf('b'))
    })
    const files = await readdir(path)
    modes.push(...(await Promise.all(files.map((name) => modeOf(join(path, name))))))
    assert.deepEqual([files, await modeOf(path), modes], [['keys.2.json'], 0o700, [0o600, 0o600]])
  }
})

test('a directory is made when something is written to it, and not before', async (t) => {
  const path = join(await folder(t), 'a', 'b')
  const store = storeIn(path)
  assert.deepEqual(await store.list(), [])
  await assert.rejects(stat(path), { code: 'ENOENT' })
  await add(store, 'a')
  assert.deepEqual(await kidsIn(store), ['a'])
})

test('a directory may be a URL, and is the same as its path', async (t) => {
  const path = join(await folder(t), 'with space')
  await add(fileStore(pathToFileURL(path), { kek: KEK }), 'a')
  assert.deepEqual(await kidsIn(storeIn(path)), ['a'])
})

test('a path that is relative stays where it was when the program moves', async (t) => {
  const before = process.cwd()
  t.after(() => process.chdir(before))
  process.chdir(await folder(t))
  const store = storeIn('keys')
  await add(store, 'a')
  process.chdir(await folder(t))
  assert.deepEqual(await kidsIn(store), ['a'])
})

test('each change makes the next number, and the state before it is gone; no change makes none', async (t) => {
  const path = await folder(t)
  const store = storeIn(path)
  for (let version = 1; version <= 12; version++) {
    await add(store, `key-${version}`)
    assert.deepEqual(await readdir(path), [`keys.${version}.json`])
  }
  assert.equal(await store.exclusive(async ({ list }) => (await list()).length), 12)
  await store.exclusive(async ({ remove }) => remove('nobody'))
  assert.deepEqual(await readdir(path), ['keys.12.json'])
  await store.exclusive(async ({ remove }) => remove('key-1'))
  assert.deepEqual([await readdir(path), (await store.list()).length], [['keys.13.json'], 11])
})

test('work that throws changes nothing, and lets the lock go', async (t) => {
  const path = await folder(t)
  const store = storeIn(path)
  await add(store, 'a')
  const failing = store.exclusive(async ({ put, remove }) => {
    await put(rowOf('b'))
    await remove('a')
    throw new Error('in the middle')
  })
  await assert.rejects(failing, /in the middle/)
  assert.deepEqual([await readdir(path), await kidsIn(store)], [['keys.1.json'], ['a']])
})

test('the state is JSON with sealed keys, and a ring finds there what another wrote', async (t) => {
  const path = await folder(t)
  const ring = await createKeyRing({ alg: 'ES256', store: storeIn(path), now })
  const text = await readFile(join(path, 'keys.1.json'), 'utf8')
  assert.deepEqual(
    new Set(JSON.parse(text).keys.map(({ kid }: StoredKey) => kid)),
    new Set(ring.list().map(({ kid }) => kid)),
  )
  assert.ok(!text.includes('"d"'))
  const other = await createKeyRing({ alg: 'ES256', store: fileStore(path, { kek: { hex: HEX } }), now })
  assert.deepEqual(other.list(), ring.list())
  await ring.revoke(ring.list()[0]?.kid ?? '')
  await other.refresh()
  assert.deepEqual(statesOf(other), ['revoked', 'active', 'next'])
})

// What is there already.

const DAMAGED = [
  '',
  '{',
  '{"keys":',
  'null',
  '[]',
  '5',
  '{}',
  '{"keys":null}',
  '{"keys":{}}',
  '{"keys":[null]}',
  '{"keys":[{"kid":"x"}]}',
  '\u0000'.repeat(64),
]
test('a state that cannot be read is refused and left as it is, and is never taken for one without keys', async (t) => {
  for (const text of DAMAGED) {
    const path = await folder(t)
    await writeFile(join(path, 'keys.7.json'), text)
    const store = storeIn(path)
    await fails(() => store.list(), 'CS_KEY_INVALID')
    await fails(() => add(store, 'a'), 'CS_KEY_INVALID')
    await fails(() => createKeyRing({ alg: 'ES256', store, now }), 'CS_KEY_INVALID')
    assert.deepEqual([await readdir(path), await readFile(join(path, 'keys.7.json'), 'utf8')], [['keys.7.json'], text])
  }
})

test('of several states the one of the highest number counts, and the others go with the next change', async (t) => {
  const path = await folder(t)
  const states = { 9: 'nine', 10: 'ten', 2: 'two' }
  for (const [version, kid] of Object.entries(states))
    await writeFile(join(path, `keys.${version}.json`), JSON.stringify({ keys: [rowOf(kid)] }))
  const store = storeIn(path)
  assert.deepEqual(await kidsIn(store), ['ten'])
  await add(store, 'a')
  assert.deepEqual(await readdir(path), ['keys.11.json'])
})

test('drafts that were left are swept once nobody can be writing them, and what is not ours is left alone', async (t) => {
  const path = await folder(t)
  const [old, fresh] = ['.keys.old.tmp', '.keys.fresh.tmp']
  const foreign = ['.keys.json', 'keys.json', 'keys.1.json.bak', 'keys.x.json', 'notes.txt']
  for (const name of [old, fresh, ...foreign]) await writeFile(join(path, name), 'x')
  for (const name of [old, ...foreign]) await age(join(path, name), 601_000)
  await add(storeIn(path), 'a')
  assert.deepEqual((await readdir(path)).sort(), [fresh, ...foreign, 'keys.1.json'].sort())
})

test('a place where no directory can be is unavailable', async (t) => {
  const file = join(await folder(t), 'file')
  await writeFile(file, 'x')
  const error = await fails(
    () => createKeyRing({ alg: 'ES256', store: storeIn(join(file, 'keys')), now }),
    'CS_UNAVAILABLE',
  )
  assert.equal(error.unavailable, true)
  assert.ok(!error.message.includes(file))
  const looped = join(await folder(t), 'keys')
  await mkdir(join(looped, 'keys.1.json'), { recursive: true })
  await fails(() => createKeyRing({ alg: 'ES256', store: storeIn(looped), now }), 'CS_UNAVAILABLE')
})

test('a directory that nobody may write to is unavailable', {
  skip: process.getuid?.() === 0 && 'root may',
}, async (t) => {
  const path = join(await folder(t), 'keys')
  await mkdir(path, { mode: 0o500 })
  await fails(() => createKeyRing({ alg: 'ES256', store: storeIn(path), now }), 'CS_UNAVAILABLE')
})

// The lock.

test('while one instance is at work another is told so, and nothing of it is done', async (t) => {
  const path = await folder(t)
  const [one, other] = [storeIn(path), storeIn(path)]
  const { open, trouble } = gate()
  let begun = (): void => {}
  const started = new Promise<void>((resolve) => {
    begun = resolve
  })
  const working = one.exclusive(async ({ put }) => {
    begun()
    await trouble()
    await put(rowOf('a'))
    return 'done'
  })
  await started
  assert.equal(await add(other, 'b'), undefined)
  assert.deepEqual(await other.list(), [])
  open()
  assert.equal(await working, 'done')
  assert.equal(await add(other, 'b'), true)
  assert.deepEqual(await kidsIn(one), ['a', 'b'])
})

test('a lock of a process that lives is respected, and one of a machine that nobody can ask', async (t) => {
  const path = await folder(t)
  const lock = join(path, 'lock')
  for (const text of [lockOf(process.ppid), lockOf(deadPid(), 'elsewhere'), '', '{', '{"pid":"1"}', 'null']) {
    await writeFile(lock, text)
    assert.equal(await add(storeIn(path), 'a'), undefined, text)
    assert.equal(await readFile(lock, 'utf8'), text)
  }
  assert.deepEqual(await readdir(path), ['lock'])
})

test('a lock that a process left behind as it ended is taken over, and so is one of ours from before a restart', async (t) => {
  for (const text of [lockOf(deadPid()), lockOf(process.pid)]) {
    const path = await folder(t)
    await writeFile(join(path, 'lock'), text)
    assert.equal(await add(storeIn(path), 'a'), true)
    assert.deepEqual(await readdir(path), ['keys.1.json'])
  }
})

test('a lock that is older than anyone works is taken over, whoever holds it', async (t) => {
  for (const text of [lockOf(process.ppid), lockOf(1, 'elsewhere'), '']) {
    const path = await folder(t)
    const lock = join(path, 'lock')
    await writeFile(lock, text)
    await age(lock, LEASE - 5000)
    assert.equal(await add(storeIn(path), 'a'), undefined)
    await age(lock, LEASE + 1)
    assert.equal(await add(storeIn(path), 'a'), true)
  }
})

test('a lock from the future is no older for that, and does not hold for ever', async (t) => {
  const path = await folder(t)
  const lock = join(path, 'lock')
  await writeFile(lock, lockOf(1, 'elsewhere'))
  await age(lock, -365 * 86_400_000)
  assert.equal(await add(storeIn(path), 'a'), true)
})

test('who slept while its lock was taken from it writes nothing any more, and leaves the lock of the other', async (t) => {
  const path = await folder(t)
  const [slow, quick] = [storeIn(path), storeIn(path)]
  await add(slow, 'first')
  const { open, trouble } = gate()
  let begun = (): void => {}
  const started = new Promise<void>((resolve) => {
    begun = resolve
  })
  const late = slow.exclusive(async ({ put, remove }) => {
    begun()
    await trouble()
    await remove('first')
    await put(rowOf('late'))
    return 'done'
  })
  await started
  await age(join(path, 'lock'), LEASE + 1)
  for (const kid of ['second', 'third']) assert.equal(await add(quick, kid), true)
  const held = gate()
  const holding = quick.exclusive(async ({ put }) => {
    await held.trouble()
    await put(rowOf('fourth'))
    return 'held'
  })
  while (!(await readdir(path)).includes('lock')) await settle()
  const lock = await readFile(join(path, 'lock'), 'utf8')
  open()
  assert.equal(await late, undefined)
  assert.equal(await readFile(join(path, 'lock'), 'utf8'), lock)
  held.open()
  assert.equal(await holding, 'held')
  assert.deepEqual(await kidsIn(slow), ['first', 'second', 'third', 'fourth'])
  assert.deepEqual(await readdir(path), ['keys.4.json'])
})

test('two rings that change one directory at once both have it their way', async (t) => {
  const path = await folder(t)
  const open = (): Promise<KeyRing> => createKeyRing({ alg: 'ES256', store: storeIn(path), now })
  const [one, other] = [await open(), await open()]
  const kids = one.list().map(({ kid }) => kid)
  await Promise.all([one.revoke(kids[0] ?? ''), other.revoke(kids[1] ?? '')])
  const revoked = (await storeIn(path).list()).filter(({ revokedAt }) => revokedAt !== undefined)
  assert.deepEqual(new Set(revoked.map(({ kid }) => kid)), new Set(kids))
})

// Several processes.

const CHILD = fileURLToPath(new URL('./files-child.ts', import.meta.url))

test('four processes that each make 25 changes at once lose none, and a reader sees whole states in their order', async (t) => {
  const path = await folder(t)
  const names = ['a', 'b', 'c', 'd']
  const children = names.map((name) =>
    spawn(process.execPath, [CHILD, JSON.stringify({ act: 'add', directory: path, kek: HEX, name, count: 25 })], {
      stdio: ['ignore', 'ignore', 'inherit'],
    }),
  )
  t.after(() => children.map((child) => child.kill('SIGKILL')))
  const store = storeIn(path)
  let running = true
  const ended = Promise.all(children.map((child) => once(child, 'exit'))).finally(() => {
    running = false
  })
  let seen: readonly string[] = []
  let version = 0
  while (running) {
    const kids = await kidsIn(store)
    for (const kid of seen) assert.ok(kids.includes(kid), `${kid} was there before`)
    seen = kids
    const numbers = (await readdir(path)).flatMap((name) => /^keys\.(\d+)\.json$/.exec(name)?.[1] ?? []).map(Number)
    assert.ok(Math.max(...numbers, 0) >= version)
    version = Math.max(...numbers, 0)
  }
  assert.deepEqual(
    await ended,
    names.map(() => [0, null]),
  )
  const expected = names.flatMap((name) => Array.from({ length: 25 }, (_, index) => `${name}-${index}`))
  assert.deepEqual(new Set(await kidsIn(store)), new Set(expected))
  const left = await readdir(path)
  assert.equal(left.length, 1)
  assert.match(left[0] ?? '', /^keys\.\d+\.json$/)
  assert.ok(version <= Number(/\d+/.exec(left[0] ?? '')?.[0]))
})
