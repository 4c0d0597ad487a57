import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import {
  adminSocketPath,
  callAdminSocket,
  isAnswered,
  remoteOperations,
  serveAdminSocket,
} from '../../src/admin-socket.ts'
import { AuthorityError } from '../../src/errors.ts'
import type { Operations } from '../../src/operations.ts'

const skip = process.platform === 'win32' ? 'there are no such sockets' : false

const OPERATIONS = {
  addUser: async ({ email }) => ({
    user: { id: '1', email, state: 'active', name: undefined, roles: [] },
    password: 'made',
  }),
  addClient: async ({ type }) => ({ client_id: 'c', metadata: { type } }),
  listKeys: async () => [],
  rotateKeys: async () => [{ kid: 'n', alg: 'ES256', activateAt: 5 }],
  revokeKey: async (kid, reason) => {
    if (reason === 'break') throw new Error('disk full')
    throw new AuthorityError('KEY_UNKNOWN', `no key has kid ${kid}`, { hint: `keys list (${reason})` })
  },
} satisfies Partial<Operations> as unknown as Operations

let folder = ''
let path = ''
beforeEach(() => {
  // A folder that others may look into: the socket alone has to keep them out.
  folder = mkdtempSync(join(tmpdir(), 'authority-'))
  chmodSync(folder, 0o755)
  path = join(folder, 'admin.sock')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Sends octets as they are, and gives the status of the answer. */
const post = async (target: string, body: string | Buffer, method = 'POST'): Promise<number> => {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  request({ socketPath: path, path: target, method, agent: false }, (response) => {
    response.resume().once('end', () => resolve(response.statusCode ?? 0))
  })
    .once('error', reject)
    .end(method === 'GET' ? undefined : body)
  return promise
}

test('only the operations that are listed can be called', { skip }, async () => {
  const server = await serveAdminSocket(path, OPERATIONS)
  try {
    for (const name of ['constructor', 'toString', '__proto__', 'close', 'adduser', 'addUser/x', ''])
      await assert.rejects(callAdminSocket(path, name, []), { name: 'AuthorityError', code: 'USAGE' }, name)
    assert.equal(await post('/operations/listKeys', '{}', 'GET'), 404)
    assert.equal(await post('/operations/listKeys', '{}', 'PUT'), 404)
    assert.equal(await post('/', '{}'), 404)
  } finally {
    await server.close()
  }
})

test('the input of an operation is a JSON object of at most 256 KiB', { skip }, async () => {
  const server = await serveAdminSocket(path, OPERATIONS)
  try {
    for (const body of ['', '{', '[]', 'null', '"x"', Buffer.from([0xff])])
      assert.equal(await post('/operations/listKeys', body), 400)
    const padded = (octets: number): string => '{}'.padEnd(octets)
    assert.equal(await post('/operations/listKeys', padded(256 * 1024)), 200)
    assert.equal(await post('/operations/listKeys', padded(256 * 1024 + 1)), 413)
    assert.equal(await post('/operations/listKeys', padded(9_000_000)), 413)
  } finally {
    await server.close()
  }
})

test('what an operation refuses is refused here in the same words; what broke there says what', { skip }, async () => {
  const server = await serveAdminSocket(path, OPERATIONS)
  try {
    const { revokeKey } = remoteOperations(path)
    const expected = {
      name: 'AuthorityError',
      code: 'KEY_UNKNOWN',
      message: 'no key has kid k',
      hint: 'keys list (lost)',
    }
    await assert.rejects(revokeKey('k', 'lost'), expected)
    await assert.rejects(revokeKey('k'), { hint: 'keys list (undefined)' })
    await assert.rejects(revokeKey('k', 'break'), { name: 'Error', message: 'disk full' })
  } finally {
    await server.close()
  }
})

test('operations give there what they give here', { skip }, async () => {
  const server = await serveAdminSocket(path, OPERATIONS)
  try {
    const remote = remoteOperations(path)
    const { user, password } = await remote.addUser({ email: 'a@example.com' })
    assert.deepEqual([user.email, user.roles, password], ['a@example.com', [], 'made'])
    assert.deepEqual(await remote.addClient({ type: 'web' }), { client_id: 'c', metadata: { type: 'web' } })
    assert.deepEqual(await remote.listKeys(), [])
    assert.deepEqual(await remote.rotateKeys(), await OPERATIONS.rotateKeys())
  } finally {
    await server.close()
  }
})

test('the socket is for its owner alone, and gone when it is closed', { skip }, async () => {
  const mask = process.umask(0o022)
  process.umask(mask)
  const server = await serveAdminSocket(path, OPERATIONS)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(process.umask(mask), mask)
  await server.close()
  assert.deepEqual(readdirSync(folder), [])
  assert.equal(await isAnswered(path), false)
  await assert.rejects(callAdminSocket(path, 'listKeys', []), { code: 'DATA_IN_USE' })
})

test('the socket of a server that was killed is replaced', { skip }, async () => {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  assert.throws(() => execFileSync(process.execPath, ['-e', script]))
  assert.ok(existsSync(path))
  assert.equal(await isAnswered(path), false)
  const server = await serveAdminSocket(path, OPERATIONS)
  assert.deepEqual(await remoteOperations(path).listKeys(), [])
  await server.close()
})

test('the socket of a server that lives is left alone', { skip }, async () => {
  const server = await serveAdminSocket(path, OPERATIONS)
  await assert.rejects(serveAdminSocket(path, OPERATIONS), { name: 'AuthorityError', code: 'DATA_IN_USE' })
  assert.deepEqual(await remoteOperations(path).listKeys(), [])
  await server.close()
})

test('a file that is no socket is left alone, and so is what a link leads to', { skip }, async () => {
  const file = join(folder, 'precious')
  writeFileSync(file, 'precious')
  symlinkSync(file, path)
  await assert.rejects(serveAdminSocket(path, OPERATIONS), { code: 'DATA_IN_USE', message: /is no socket/ })
  rmSync(path)
  writeFileSync(path, 'precious')
  await assert.rejects(serveAdminSocket(path, OPERATIONS), { code: 'DATA_IN_USE', message: /is no socket/ })
  assert.ok(existsSync(path) && existsSync(file))
})

test('close waits for who is being served', { skip }, async () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const { promise: goOn, resolve: end } = Promise.withResolvers<void>()
  const listKeys = async (): Promise<[]> => {
    begin()
    await goOn
    return []
  }
  const server = await serveAdminSocket(path, { ...OPERATIONS, listKeys })
  const answer = remoteOperations(path).listKeys()
  await begun
  const closed = server.close()
  end()
  assert.deepEqual(await answer, [])
  await closed
})

test('who asks and goes away does no harm', { skip }, async () => {
  const server = await serveAdminSocket(path, OPERATIONS)
  const socket = connect(path)
  const { promise: gone, resolve } = Promise.withResolvers<void>()
  socket.once('close', () => resolve())
  socket.write('POST /operations/listKeys HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{', () => socket.destroy())
  await gone
  assert.deepEqual(await remoteOperations(path).listKeys(), [])
  await server.close()
})

test('a folder has no socket where its path would be too long for the system', { skip }, () => {
  assert.equal(adminSocketPath('/data'), '/data/admin.sock')
  assert.equal(adminSocketPath(`/${'ä'.repeat(50)}`), undefined)
  assert.equal(adminSocketPath(`/${'a'.repeat(91)}`)?.length, 103)
  assert.equal(adminSocketPath(`/${'a'.repeat(92)}`), undefined)
})
