import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Authority, startAuthority } from '../../src/authority.ts'
import { Expiring } from '../../src/demo/expiring.ts'
import { listen } from '../../src/demo/listen.ts'
import { toSettings } from '../../src/settings.ts'
import { UserAgent } from '../support/user-agent.ts'
import { logIn } from './support.ts'

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-demo-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

/** Starts the demo in a folder for as long as `use` takes. */
async function start(folder: string, use: (authority: Authority & { demo: object }) => unknown): Promise<void> {
  const authority = await startAuthority(toSettings({ PORT: '0', COUNTERSIGN_DATA: folder, DEMO: '1' }))
  try {
    assert.ok(authority.demo)
    await use(authority as never)
  } finally {
    await authority.close()
  }
}

test('a second start in the same folder knows the same user, and tells the same password', async (t) => {
  const folder = folderOf(t)
  const passwords: string[] = []
  for (const _ of [1, 2]) {
    await start(folder, async ({ demo }) => {
      const { user, apps } = demo as NonNullable<Authority['demo']>
      const { email, password = '' } = user
      passwords.push(password)
      await logIn(new UserAgent(), apps[0]?.url ?? '', { email, password })
    })
  }
  assert.match(passwords[0] ?? '', /^([a-z2-9]{4}-){3}[a-z2-9]{4}$/)
  assert.equal(passwords[1], passwords[0])
  const file = join(folder, 'demo-password')
  assert.equal(readFileSync(file, 'utf8'), `${passwords[0]}\n`)
  assert.equal(statSync(file).mode & 0o777, 0o600)
})

test('a password that does not fit any more is not told, and none is set in its place', async (t) => {
  const folder = folderOf(t)
  const file = join(folder, 'demo-password')
  await start(folder, () => {})
  const password = readFileSync(file, 'utf8').trim()
  writeFileSync(file, 'not the password\n')
  await start(folder, async ({ demo, users }) => {
    const { user } = demo as NonNullable<Authority['demo']>
    assert.equal(user.password, undefined)
    assert.ok(await users.authenticate(user.email, password))
  })
  rmSync(file)
  await start(folder, ({ demo }) => {
    assert.equal((demo as NonNullable<Authority['demo']>).user.password, undefined)
  })
})

test('a port that is taken is told with what to do about it', async (t) => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  t.after(() => taken.close())
  const { port } = taken.address() as { port: number }
  await assert.rejects(listen(port, '127.0.0.1'), {
    code: 'SETTINGS',
    message: `port ${port} is in use, and the demo needs it`,
  })
})

test('what is kept in memory ends by the clock, and the oldest makes room', () => {
  const clock = { seconds: 0 }
  const held = new Expiring<number>({ seconds: 10, max: 2, now: () => clock.seconds })
  assert.equal(held.get('a'), undefined)
  assert.equal(held.get(undefined), undefined)
  held.set('a', 1)
  held.set('b', 2)
  held.set('a', 3) // the youngest now
  held.set('c', 4)
  assert.deepEqual([held.get('a'), held.get('b'), held.get('c')], [3, undefined, 4])
  held.delete('c')
  clock.seconds = 9
  held.set('d', 5)
  assert.deepEqual(held.entries(), [
    ['a', 3],
    ['d', 5],
  ])
  clock.seconds = 10
  assert.equal(held.get('a'), undefined)
  clock.seconds = 19
  assert.deepEqual(held.entries(), [])
})
