import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { remoteKeySet } from 'countersign'
import { createTestIssuer } from 'countersign/testing'
import { WebSocket } from 'ws'
import { createApp, type Setting, type Trust } from '../src/app.ts'
import { Orders } from '../src/orders.ts'

const SCOPE = 'orders:read orders:write'
/** Every token of this issuer would be let in, were it not for its one fault. */
const openIssuer = () => createTestIssuer({ typ: 'at+jwt', claims: { client_id: 'test', scope: SCOPE } })

async function start(t: TestContext, trust: Trust, setting: Setting = {}): Promise<string> {
  const server = createApp(trust, setting)
  t.after(() => server.close().closeAllConnections())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })

function order(origin: string, headers: Record<string, string>): Promise<Response> {
  const type = { 'content-type': 'application/json' }
  return fetch(`${origin}/orders`, { method: 'POST', headers: { ...type, ...headers }, body: '{"item":"tea"}' })
}

test('requests without a good token are refused, and no handler is called', async (t) => {
  const { mint, verifierOptions } = await openIssuer()
  const orders = new Orders()
  const reasons: string[] = []
  const origin = await start(t, verifierOptions, { orders, log: ({ reason }) => reasons.push(reason) })

  const nobody = await order(origin, {})
  assert.deepEqual([nobody.status, nobody.headers.get('www-authenticate')], [401, 'Bearer realm="orders"'])
  for (const { name, token, code } of await mint.hostile()) {
    const answer = await order(origin, bearer(token))
    assert.equal(answer.status, 401, name)
    const body = (await answer.json()) as Record<string, unknown>
    assert.deepEqual([body['error'], body['code']], ['invalid_token', code], name)
  }
  const narrow = await order(origin, bearer(await mint.valid({ scope: 'orders:read' })))
  assert.equal(narrow.status, 403)
  assert.match(narrow.headers.get('www-authenticate') ?? '', /error="insufficient_scope".* scope="orders:write"$/)
  assert.equal((await fetch(`${origin}/admin`, { headers: bearer(await mint.valid()) })).status, 403)
  assert.equal((await fetch(`${origin}/nowhere`)).status, 401)

  assert.deepEqual(orders.all, [])
  assert.deepEqual([...new Set(reasons)], ['no_token', 'invalid_token', 'insufficient_scope'])
})

test('a request with two Authorization headers is malformed, though each token is good', async (t) => {
  const { mint, verifierOptions } = await openIssuer()
  const origin = await start(t, verifierOptions)
  const { authorization = '' } = bearer(await mint.valid())
  const twice = ['host', new URL(origin).host, 'authorization', authorization, 'authorization', authorization]
  const [answer] = await once(httpRequest(`${origin}/orders`, { headers: twice }).end(), 'response')
  answer.resume()
  assert.equal(answer.statusCode, 400)
})

test('a token is refused once it has expired', async (t) => {
  const { mint, clock, verifierOptions } = await openIssuer()
  const origin = await start(t, verifierOptions)
  const headers = bearer(await mint.valid({}, { expiresIn: '5m' }))
  assert.equal((await fetch(`${origin}/orders`, { headers })).status, 200)
  clock.advance('5m')
  clock.advance('30s') // how far clocks may differ
  assert.equal((await fetch(`${origin}/orders`, { headers })).status, 401)
})

test('keys out of reach are 503 with Retry-After, and not the fault of the token', async (t) => {
  const issuer = await openIssuer()
  const keys = remoteKeySet(issuer.jwksUri, { fetch: issuer.fetch, now: issuer.clock.now })
  const origin = await start(t, { ...issuer.verifierOptions, keys })
  const headers = bearer(await issuer.mint.valid())
  issuer.outage(true)
  const answer = await fetch(`${origin}/orders`, { headers })
  assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '5'])
  issuer.outage(false)
  issuer.clock.advance('1m') // by then the set tries again
  assert.equal((await fetch(`${origin}/orders`, { headers })).status, 200)
})

test('alice orders and sees her orders, an admin sees all, and health needs no token', async (t) => {
  const { mint, verifierOptions } = await openIssuer()
  const origin = await start(t, verifierOptions)
  const alice = bearer(await mint.valid({ sub: 'alice' }))
  const placed = await order(origin, alice)
  assert.deepEqual([placed.status, await placed.json()], [201, { owner: 'alice', item: 'tea' }])
  const listed = async (path: string, claims: Record<string, unknown>): Promise<unknown> =>
    (await fetch(`${origin}${path}`, { headers: bearer(await mint.valid(claims)) })).json()
  assert.deepEqual(await listed('/orders', { sub: 'alice' }), [{ owner: 'alice', item: 'tea' }])
  assert.deepEqual(await listed('/orders', { sub: 'bob' }), [])
  assert.deepEqual(await listed('/admin', { sub: 'root', roles: ['admin'] }), [{ owner: 'alice', item: 'tea' }])
  assert.deepEqual(await (await fetch(`${origin}/health`)).json(), { up: true })
  assert.equal((await fetch(`${origin}/orders`, { method: 'POST', headers: alice })).status, 400)
})

/** A socket that has sent its first message, if there is one. */
async function connect(t: TestContext, origin: string, first?: string | Buffer): Promise<WebSocket> {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/live`)
  t.after(() => socket.terminate())
  await once(socket, 'open')
  if (first !== undefined) socket.send(first)
  return socket
}

test('a socket is closed for a token that is refused, for none, and for other messages', async (t) => {
  const { mint, verifierOptions } = await openIssuer()
  const origin = await start(t, verifierOptions)
  const good = await mint.valid()
  for (const { why, first, code, reason } of [
    { why: 'expired', first: await mint.expired(), code: 4401, reason: 'invalid_token' },
    { why: 'unsigned', first: await mint.unsigned(), code: 4401, reason: 'invalid_token' },
    {
      why: 'another scope',
      first: await mint.valid({ scope: 'orders:write' }),
      code: 4403,
      reason: 'insufficient_scope',
    },
    { why: 'with its scheme', first: `Bearer ${good}`, code: 4401, reason: 'invalid_token' },
    { why: 'nothing', first: '', code: 4401, reason: 'no_token' },
    { why: 'octets', first: Buffer.from(good), code: 4401, reason: 'no_token' },
    { why: 'too long', first: 'a'.repeat(20_000), code: 1009, reason: '' },
  ]) {
    const [closed, words] = await once(await connect(t, origin, first), 'close')
    assert.deepEqual([closed, String(words)], [code, reason], why)
  }
})

test('a socket that says nothing is closed', async (t) => {
  const { verifierOptions } = await openIssuer()
  const origin = await start(t, verifierOptions, { patience: 1 })
  const [closed, words] = await once(await connect(t, origin), 'close')
  assert.deepEqual([closed, String(words)], [4401, 'no token came'])
})

test('a socket tells alice of her orders, of nobody else’s, and ends with its token', async (t) => {
  const { mint, clock, verifierOptions } = await openIssuer()
  const orders = new Orders()
  const origin = await start(t, verifierOptions, { orders })
  const socket = await connect(t, origin, await mint.valid({ sub: 'alice' }, { expiresIn: '5m' }))
  assert.equal(String((await once(socket, 'message'))[0]), '{"watching":"alice"}')

  orders.add({ owner: 'bob', item: 'a ladder' })
  await order(origin, bearer(await mint.valid({ sub: 'alice' })))
  assert.equal(String((await once(socket, 'message'))[0]), '{"owner":"alice","item":"tea"}')

  clock.advance('6m')
  socket.on('message', (message) => assert.fail(`it was told of ${message}`))
  orders.add({ owner: 'alice', item: 'a kettle' })
  const [closed, words] = await once(socket, 'close')
  assert.deepEqual([closed, String(words)], [4401, 'invalid_token'])
})

test('the program prints tokens that work', async (t) => {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const child = spawn(process.execPath, [main], { env: { ...process.env, PORT: '0' } })
  t.after(() => child.kill('SIGKILL'))
  let printed = ''
  for await (const part of child.stdout) {
    printed += part
    if (printed.includes('Ctrl-C')) break
  }
  const [origin = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(printed) ?? []
  const tokenOf = (name: string): string => new RegExp(`^${name}=(\\S+)$`, 'm').exec(printed)?.[1] ?? ''
  assert.equal((await order(origin, bearer(tokenOf('ALICE')))).status, 201)
  assert.equal((await fetch(`${origin}/admin`, { headers: bearer(tokenOf('ALICE')) })).status, 403)
  assert.equal((await fetch(`${origin}/admin`, { headers: bearer(tokenOf('ROOT')) })).status, 200)
})
