import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { isAnswered } from '../../src/admin-socket.ts'
import { SERVER_ENV, SERVER_FLAGS } from '../../src/cli/heap.ts'
import { MISSING, openPostgresForTests } from '../support/postgres.ts'
import { type AuthorityProcess, startProcess } from '../support/processes.ts'
import { begin, execute, settingsFor } from './command-process.ts'

const skip = process.platform === 'win32' ? 'there are no such sockets and signals' : false

async function serve(t: TestContext, env: Readonly<Record<string, string>>): Promise<AuthorityProcess> {
  const server = await startProcess({ program: 'cli', env })
  t.after(() => server.kill())
  return server
}

test('bad settings are refused in one message, before anything is made', async (t) => {
  const { folder, env } = settingsFor(t)
  const bad = { PORT: 'abc', ISSUER: 'http://example.com', COUNTERSIGN_KEK: 'hunter22', KEY_PREPUBLISH: '1s' }
  for (const command of [['serve'], ['keys', 'list'], ['migrate']]) {
    const { code, out, err } = await execute(command, { ...env, ...bad })
    assert.deepEqual([code, out], [1, ''])
    for (const name of Object.keys(bad)) assert.ok(err.includes(name), `${name} is not in ${err}`)
    assert.doesNotMatch(err, /hunter22|^ {4}at /m)
  }
  assert.deepEqual(readdirSync(folder), [])
})

test('a command line that says nothing ends with 2, and help with 0', async (t) => {
  const { folder, env } = settingsFor(t)
  const wrong = await execute(['user', 'ad', 'a@example.com'], env)
  assert.deepEqual([wrong.code, wrong.out], [2, ''])
  assert.match(wrong.err, /did you mean user add\?/)
  const help = await execute(['--help'], env)
  assert.deepEqual([help.code, help.err], [0, ''])
  const version = await execute(['--version'], env)
  assert.match(version.out, /^\d+\.\d+\.\d+$/)
  assert.deepEqual(readdirSync(folder), [])
})

test('what nobody expected is one line, and a stack for who asks', async (t) => {
  const { folder } = settingsFor(t)
  const file = join(folder, 'file')
  writeFileSync(file, '')
  const { code, out, err } = await execute(['keys', 'list'], { COUNTERSIGN_DATA: file })
  assert.deepEqual([code, out], [1, ''])
  assert.match(err, /^countersign-authority failed: EEXIST.*\nLOG_LEVEL=debug shows where$/)
  const long = await execute(['keys', 'list'], { COUNTERSIGN_DATA: file, LOG_LEVEL: 'debug' })
  assert.match(long.err, /\n {4}at /)
})

test('commands go through the server while it runs, and to the data when it does not', { skip }, async (t) => {
  const { folder, env } = settingsFor(t)
  // Others may look into the folder; what is in it keeps them out.
  chmodSync(folder, 0o755)
  const server = await serve(t, env)
  assert.equal(statSync(join(folder, 'admin.sock')).mode & 0o777, 0o600)

  const added = await execute(['user', 'add', 'alice@example.com', '--role', 'admin', '--json'], env)
  assert.deepEqual([added.code, added.err], [0, ''])
  const { user, password } = JSON.parse(added.out) as { user: { email: string; roles: string[] }; password: string }
  assert.deepEqual([user.email, user.roles], ['alice@example.com', ['admin']])
  assert.match(password, /^.{12,}$/)
  const listed = JSON.parse((await execute(['keys', 'list', '--json'], env)).out) as { kid: string; state: string }[]
  const { keys } = (await (await fetch(`${server.origin}/jwks`)).json()) as { keys: { kid: string }[] }
  assert.deepEqual(listed.map(({ kid }) => kid).sort(), keys.map(({ kid }) => kid).sort())

  const second = await execute(['serve'], env)
  assert.deepEqual([second.code, second.out], [1, ''])
  assert.match(second.err, /^another process is using the data in .*\nOne process writes/)
  const migrated = await execute(['migrate'], env)
  assert.equal(migrated.code, 1)
  assert.match(migrated.err, /\nIf that is the server: it brought the tables up to date/)

  assert.equal(await server.stop(), 0)
  assert.ok(!existsSync(join(folder, 'admin.sock')))
  const again = await execute(['user', 'add', 'alice@example.com'], env)
  assert.deepEqual([again.code, again.err], [1, 'there is a user alice@example.com already'])
  const bob = await execute(['user', 'add', 'bob@example.com', '--password-stdin'], env, 'correct horse\n')
  assert.equal(bob.code, 0)
  assert.doesNotMatch(bob.out, /password|correct horse/)
  const { code, out } = await execute(['migrate'], env)
  assert.equal(code, 0)
  assert.match(out, /^001-first +taken 2.*\nthe tables were up to date$/s)
})

test('a key that is revoked through the server leaves the JWK Set that it serves', { skip }, async (t) => {
  const { env } = settingsFor(t)
  const server = await serve(t, env)
  const published = async (): Promise<string[]> => {
    const { keys } = (await (await fetch(`${server.origin}/jwks`)).json()) as { keys: { kid: string }[] }
    return keys.map(({ kid }) => kid)
  }
  const [kid = ''] = await published()
  const { code, out } = await execute(['keys', 'revoke', '--reason', 'a test', '--', kid], env)
  assert.equal(code, 0)
  assert.match(out, /^verifiers that heed max-age stop trusting it by \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/m)
  assert.ok(!(await published()).includes(kid))
  assert.match((await execute(['keys', 'list'], env)).out, new RegExp(`^${kid}.* a test$`, 'm'))
  const unknown = await execute(['keys', 'revoke', 'nobody'], env)
  assert.deepEqual([unknown.code, unknown.out], [1, ''])
  assert.match(unknown.err, /^no key of the ring has kid "nobody"\n/)
})

test('a server that was killed is in nobody’s way', { skip }, async (t) => {
  const { folder, env } = settingsFor(t)
  const path = join(folder, 'admin.sock')
  const server = await serve(t, env)
  await server.kill()
  assert.ok(existsSync(path))
  assert.equal((await execute(['user', 'add', 'alice@example.com'], env)).code, 0)
  assert.ok(existsSync(path))
  await server.start()
  assert.equal(await isAnswered(path), true)
  const again = await execute(['user', 'add', 'alice@example.com'], env)
  assert.match(again.err, /^there is a user alice@example\.com already/)
})

test('commands that come at the same time wait for each other', { skip }, async (t) => {
  const { env } = settingsFor(t)
  // Two by two, on no data and on some: how long a command waits is real time, and four make it long on a slow machine.
  for (const names of [
    ['a', 'b'],
    ['c', 'd'],
  ]) {
    const all = await Promise.all(names.map((name) => execute(['user', 'add', `${name}@example.com`], env)))
    assert.deepEqual(
      all.map(({ code, err }) => [code, err]),
      names.map(() => [0, '']),
    )
  }
})

test('a server that is stopped ends with 0; a second signal ends it at once', { skip }, async (t) => {
  const { env } = settingsFor(t)
  const server = await serve(t, env)
  // Somebody whose request has not been answered yet keeps it.
  const { hostname, port } = new URL(server.origin)
  const client = connect(Number(port), hostname).on('error', () => undefined)
  t.after(() => client.destroy())
  client.write('POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n')
  await once(client, 'data')
  process.kill(server.pid, 'SIGINT')
  const line = await server.waitFor('stopping', 0)
  assert.equal(line['signal'], 'SIGINT')
  assert.equal(await server.stop(), 143)
  assert.ok(!server.lines.some(({ event }) => event === 'stopped'))
})

test('audit tail --follow prints what happens at a server, until SIGINT or nobody reads on', { skip }, async (t) => {
  const { env } = settingsFor(t)
  await serve(t, env)
  const add = (email: string): ReturnType<typeof execute> => execute(['user', 'add', email], env)
  await add('a@example.com')
  const follow = async () => {
    const child = begin(t, ['audit', 'tail', '-n', '1', '--follow', '--json'], env)
    const ended = once(child, 'exit')
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const next = async (): Promise<string> => JSON.parse((await lines.next()).value ?? '{}').event
    assert.equal(await next(), 'user.added')
    return { child, ended, next }
  }
  const [stopped, left] = [await follow(), await follow()]
  left.child.stdout.destroy()
  await execute(['user', 'disable', 'a@example.com'], env)
  assert.equal(await stopped.next(), 'user.disabled')
  stopped.child.kill('SIGINT')
  assert.deepEqual(
    [await stopped.ended, await left.ended],
    [
      [0, null],
      [0, null],
    ],
  )
})

test('nobody is deleted by a command that nobody can answer for', async (t) => {
  const { folder, env } = settingsFor(t)
  const { code, out, err } = await execute(['user', 'delete', 'a@example.com'], env, 'a@example.com\n')
  assert.deepEqual([code, out], [2, ''])
  assert.match(err, /^this is final, and there is nobody to ask: add --yes if it is meant\n/)
  assert.deepEqual(readdirSync(folder), [])
})

test('the log of a server is lines of JSON, and nothing else is written', { skip }, async (t) => {
  const { env } = settingsFor(t)
  const server = await serve(t, env)
  await fetch(`${server.origin}/.well-known/openid-configuration`)
  assert.equal(await server.stop(), 0)
  assert.deepEqual(
    server
      .output()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    server.lines,
  )
  for (const { time, level, event } of server.lines) {
    assert.ok(!Number.isNaN(Date.parse(String(time))))
    assert.deepEqual([typeof level, typeof event], ['string', 'string'])
  }
})

test('on PostgreSQL commands go to the database, beside servers', { skip: skip || MISSING }, async (t) => {
  const { folder, env: common } = settingsFor(t)
  const env = { ...common, DATABASE_URL: await (await openPostgresForTests()).createDatabase() }
  const first = await execute(['migrate'], env)
  assert.match(first.out, /^001-first +taken now$/m)
  await serve(t, env)
  assert.ok(!existsSync(join(folder, 'admin.sock')))
  assert.equal((await execute(['user', 'add', 'alice@example.com'], env)).code, 0)
  const again = await execute(['user', 'add', 'alice@example.com'], env)
  assert.deepEqual([again.code, again.err], [1, 'there is a user alice@example.com already'])
  assert.equal((await execute(['migrate'], env)).code, 0)
})

test('a server runs on the memory that was meant for it', {
  skip: process.platform === 'linux' ? false : 'what a process runs on is read from /proc, which is of Linux',
}, async (t) => {
  const server = await serve(t, settingsFor(t).env)
  const read = (file: string): readonly string[] => readFileSync(`/proc/${server.pid}/${file}`, 'utf8').split('\0')
  for (const flag of SERVER_FLAGS) assert.ok(read('cmdline').includes(flag), flag)
  for (const [name, value] of Object.entries(SERVER_ENV)) assert.ok(read('environ').includes(`${name}=${value}`), name)
})
