import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request as send } from 'node:http'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Keys, remoteKeySet } from 'countersign'
import { accessToken } from 'countersign/profile'
import { createTestIssuer, hostileKinds, type TestIssuer } from 'countersign/testing'
import { build } from '../src/build.ts'

const { createApp } = await build()
const READ = { scope: 'orders:read' }
const WRITE = { scope: 'orders:write' }

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: { readonly error?: unknown; readonly code?: unknown; readonly customers?: unknown }
}

/** The API on a port of its own, with an issuer whose tokens it takes. */
async function start(t: TestContext, keysOf: (issuer: TestIssuer) => Keys = ({ keys }) => keys) {
  const issuer = await createTestIssuer({ typ: 'at+jwt', claims: { client_id: 'web' } })
  const verifier = accessToken.createVerifier({ ...issuer.verifierOptions, keys: keysOf(issuer) })
  const app = await createApp({ verifier })
  t.after(() => app.close())
  await app.listen(0, '127.0.0.1')
  const url = await app.getUrl()
  return {
    url,
    issuer,
    async get(path: string, token?: string): Promise<Answer> {
      return toAnswer(await fetch(`${url}${path}`, { headers: bearer(token) }))
    },
    async post(path: string, token: string | undefined, body: object): Promise<Answer> {
      const headers = { ...bearer(token), 'content-type': 'application/json' }
      return toAnswer(await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) }))
    },
  }
}

const bearer = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` }

async function toAnswer(response: Response): Promise<Answer> {
  const { status, headers } = response
  return { status, headers, body: (await response.json()) as Answer['body'] }
}

test('no token is 401 and no error, on routes that demand nothing in particular, too (RFC 6750 §3)', async (t) => {
  const { get } = await start(t)
  const { status, headers, body } = await get('/orders')
  assert.deepEqual([status, headers.get('www-authenticate')], [401, 'Bearer realm="orders", scope="orders:read"'])
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.deepEqual(body, { error: 'no_token', error_description: 'this needs an access token' })
  const bare = await get('/whoami')
  assert.deepEqual([bare.status, bare.headers.get('www-authenticate')], [401, 'Bearer realm="orders"'])
})

test('each hostile token is 401 with its code', async (t) => {
  const { get, issuer } = await start(t)
  for (const { name, code } of hostileKinds()) {
    const { status, body } = await get('/orders', await issuer.mint[name](READ))
    assert.deepEqual([name, status, body.error, body.code], [name, 401, 'invalid_token', code])
  }
})

test('a token that was good is 401 when it has expired (RFC 9068 §4)', async (t) => {
  const { get, issuer } = await start(t)
  const token = await issuer.mint.valid(READ)
  assert.equal((await get('/orders', token)).status, 200)
  issuer.clock.advance('16m')
  const { status, body } = await get('/orders', token)
  assert.deepEqual([status, body.code], [401, 'CS_EXPIRED'])
})

test('two tokens are 400, in one header or in two (RFC 6750 §3.1)', async (t) => {
  const { url, issuer } = await start(t)
  const one = `Bearer ${await issuer.mint.valid(READ)}`
  for (const authorization of [[one, one], [`${one}, ${one}`]]) {
    const request = send(`${url}/orders`, { headers: { authorization } as never }).end()
    const [response] = await once(request, 'response')
    assert.equal(response.statusCode, 400)
    response.resume()
  }
})

test('another scope is 403 and says which is needed, another role as well (RFC 6750 §3.1)', async (t) => {
  const { get, issuer } = await start(t)
  const { status, headers, body } = await get('/orders', await issuer.mint.valid(WRITE))
  assert.deepEqual([status, body.error], [403, 'insufficient_scope'])
  assert.match(headers.get('www-authenticate') ?? '', /scope="orders:read"$/)
  assert.equal((await get('/admin', await issuer.mint.valid({ ...READ, roles: ['editor'] }))).status, 403)
})

test('keys that are out of reach are 503 with Retry-After, and open routes go on', async (t) => {
  const { get, issuer } = await start(t, ({ jwksUri, fetch }) => remoteKeySet(jwksUri, { fetch }))
  issuer.outage(true)
  const { status, headers, body } = await get('/orders', await issuer.mint.valid(READ))
  assert.deepEqual([status, headers.get('retry-after'), body.error], [503, '5', 'unavailable'])
  assert.deepEqual([(await get('/health')).status, (await get('/health', 'not a token')).status], [200, 200])
})

test('nothing comes of a refused request', async (t) => {
  const { get, post, issuer } = await start(t)
  const { mint } = issuer
  for (const token of [undefined, await mint.expired(WRITE), await mint.valid(READ)]) {
    assert.ok((await post('/orders', token, { item: 'tea' })).status > 400)
  }
  assert.deepEqual((await get('/admin', await mint.valid({ roles: ['admin'] }))).body.customers, [])
})

test('handlers get the claims of the token, and each owner has orders of their own', async (t) => {
  const { get, post, issuer } = await start(t)
  const { mint } = issuer
  const made = await post('/orders', await mint.valid({ ...WRITE, sub: 'ada' }), { item: 'tea' })
  assert.deepEqual([made.status, made.body], [201, { id: 1, item: 'tea' }])
  assert.deepEqual((await get('/orders', await mint.valid({ ...READ, sub: 'ada' }))).body, [{ id: 1, item: 'tea' }])
  assert.deepEqual((await get('/orders', await mint.valid({ ...READ, sub: 'bob' }))).body, [])
  assert.deepEqual((await get('/whoami', await mint.valid({ sub: 'bob' }))).body, { sub: 'bob', alg: 'ES256' })
  const { body } = await get('/admin', await mint.valid({ sub: 'eve', roles: ['admin'] }))
  assert.deepEqual(body, { admin: 'eve', client: 'web', customers: ['ada'] })
  assert.equal((await post('/orders', await mint.valid(WRITE), { items: 'tea' })).status, 400)
})

test('the program prints where it is, with a token that works there, and ends when it is told to', async (t) => {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  let printed = ''
  for await (const part of child.stdout) {
    printed += part
    if (printed.includes('Ctrl-C')) break
  }
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(printed) ?? []
  const [, token] = /TOKEN=(\S+)/.exec(printed) ?? []
  assert.equal((await fetch(`${url}/orders`)).status, 401)
  assert.equal((await fetch(`${url}/orders`, { headers: bearer(token) })).status, 200)
  assert.equal((await fetch(`${url}/admin`, { headers: bearer(token) })).status, 403)
  child.kill('SIGTERM')
  await once(child, 'exit')
})
