import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { remoteKeySet } from 'countersign'
import { createTestIssuer } from 'countersign/testing'
import { COOKIE, createApp, type Trust } from '../src/app.ts'
import { Orders } from '../src/orders.ts'

const ORIGIN = 'https://app.example'
const SCOPE = 'orders:read orders:write'
/** Every token of this issuer would be let in, were it not for its one fault. */
const openIssuer = () => createTestIssuer({ typ: 'at+jwt', claims: { client_id: 'test', scope: SCOPE } })

async function start(t: TestContext, trust: Trust, orders?: Orders): Promise<string> {
  const server = createServer(createApp(trust, ORIGIN, orders))
  t.after(() => server.close().closeAllConnections())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

interface Answer {
  readonly status: number
  readonly body: { readonly error?: string; readonly code?: string }
  readonly headers: Readonly<Record<string, unknown>>
}

/** Sends header fields as they are, which `fetch` would not do with Origin and Cookie. */
async function send(url: string, method: string, ...fields: readonly string[]): Promise<Answer> {
  const headers = ['host', new URL(url).host, ...fields]
  const sent = httpRequest(url, { method, headers }).end(method === 'POST' ? '{"item":"tea"}' : undefined)
  const [response] = await once(sent, 'response')
  let text = ''
  for await (const part of response) text += part
  return { status: response.statusCode, body: JSON.parse(text), headers: response.headers }
}

const cookie = (token: string): readonly string[] => ['cookie', `theme=dark; ${COOKIE}=${token}`]
const bearer = (token: string): readonly string[] => ['authorization', `Bearer ${token}`]

test('requests without a good token are refused, and no handler is called', async (t) => {
  const { mint, verifierOptions } = await openIssuer()
  const orders = new Orders()
  const origin = await start(t, verifierOptions, orders)

  const nobody = await send(`${origin}/orders`, 'POST')
  assert.deepEqual([nobody.status, nobody.headers['www-authenticate']], [401, 'Bearer'])
  for (const { name, token, code } of await mint.hostile()) {
    const { status, body } = await send(`${origin}/orders`, 'POST', ...cookie(token), 'origin', ORIGIN)
    // A cookie may hold what no token looks like; it is the verifier that says so.
    assert.deepEqual([status, body.error, body.code], [401, 'invalid_token', code], name)
  }
  const narrow = cookie(await mint.valid({ scope: 'orders:read' }))
  assert.equal((await send(`${origin}/orders`, 'POST', ...narrow, 'origin', ORIGIN)).status, 403)
  assert.equal((await send(`${origin}/orders`, 'DELETE', ...narrow, 'origin', ORIGIN)).status, 403)
  assert.equal((await send(`${origin}/admin`, 'GET', ...narrow)).status, 403)
  assert.deepEqual(orders.all, [])
})

test('a cookie counts only from the pages that may send it (RFC 6265 §8.2)', async (t) => {
  const { mint, verifierOptions } = await openIssuer()
  const orders = new Orders()
  const origin = await start(t, verifierOptions, orders)
  const good = cookie(await mint.valid())
  for (const { why, method, fields } of [
    { why: 'another page', method: 'POST', fields: ['origin', 'https://elsewhere.example'] },
    { why: 'a page of a neighbour', method: 'POST', fields: ['origin', `${ORIGIN}.elsewhere.example`] },
    { why: 'a page without an origin', method: 'POST', fields: ['origin', 'null'] },
    { why: 'two origins', method: 'POST', fields: ['origin', ORIGIN, 'origin', ORIGIN] },
    { why: 'it is not said', method: 'POST', fields: [] },
    { why: 'another page that reads', method: 'GET', fields: ['origin', 'https://elsewhere.example'] },
  ]) {
    const { status, body, headers } = await send(`${origin}/orders`, method, ...good, ...fields)
    assert.deepEqual([status, body.error], [403, 'forbidden_origin'], why)
    assert.equal(headers['www-authenticate'], undefined, why)
  }
  assert.equal((await send(`${origin}/logout`, 'POST', ...good)).status, 403)
  assert.deepEqual(orders.all, [])
})

test('two tokens in one request are malformed, though each is good', async (t) => {
  const { mint, verifierOptions } = await openIssuer()
  const origin = await start(t, verifierOptions)
  const [one, two] = [await mint.valid(), await mint.valid()]
  for (const fields of [
    [...cookie(one), ...bearer(two)],
    [...cookie(one), ...bearer(one)],
    [...cookie(one), ...cookie(two)],
    ['cookie', `${COOKIE}=${one}; ${COOKIE}=${two}`],
    [...bearer(one), ...bearer(two)],
  ]) {
    const { status, body } = await send(`${origin}/orders`, 'GET', ...fields)
    assert.deepEqual([status, body.error], [400, 'invalid_request'])
  }
})

test('a token is refused once it has expired', async (t) => {
  const { mint, clock, verifierOptions } = await openIssuer()
  const origin = await start(t, verifierOptions)
  const fields = cookie(await mint.valid({}, { expiresIn: '5m' }))
  assert.equal((await send(`${origin}/orders`, 'GET', ...fields)).status, 200)
  clock.advance('5m')
  clock.advance('30s') // how far clocks may differ
  assert.equal((await send(`${origin}/orders`, 'GET', ...fields)).status, 401)
})

test('keys out of reach are 503 with Retry-After, and not the fault of the token', async (t) => {
  const issuer = await openIssuer()
  const keys = remoteKeySet(issuer.jwksUri, { fetch: issuer.fetch, now: issuer.clock.now })
  const origin = await start(t, { ...issuer.verifierOptions, keys })
  const fields = cookie(await issuer.mint.valid())
  issuer.outage(true)
  const { status, headers } = await send(`${origin}/orders`, 'GET', ...fields)
  assert.deepEqual([status, headers['retry-after']], [503, '5'])
  issuer.outage(false)
  issuer.clock.advance('1m') // by then the set tries again
  assert.equal((await send(`${origin}/orders`, 'GET', ...fields)).status, 200)
})

test('alice orders from a page and from a program, an admin sees all, and health needs no token', async (t) => {
  const { mint, verifierOptions } = await openIssuer()
  const origin = await start(t, verifierOptions)
  const alice = await mint.valid({ sub: 'alice' })
  const placed = { owner: 'alice', item: 'tea' }
  const byPage = await send(`${origin}/orders`, 'POST', ...cookie(alice), 'origin', ORIGIN)
  assert.deepEqual([byPage.status, byPage.body], [201, placed])
  assert.equal((await send(`${origin}/orders`, 'POST', ...bearer(alice))).status, 201) // no cookie, no question
  assert.deepEqual((await send(`${origin}/orders?all`, 'GET', ...cookie(alice))).body, [placed, placed])
  assert.deepEqual((await send(`${origin}/orders`, 'GET', ...cookie(await mint.valid({ sub: 'bob' })))).body, [])
  const root = cookie(await mint.valid({ sub: 'root', roles: ['admin'] }))
  assert.deepEqual((await send(`${origin}/admin`, 'GET', ...root)).body, [placed, placed])
  assert.deepEqual((await send(`${origin}/health`, 'GET')).body, { up: true })

  const out = await send(`${origin}/logout`, 'POST', ...cookie(alice), 'origin', ORIGIN)
  assert.match(String(out.headers['set-cookie']), new RegExp(`^${COOKIE}=; .*Max-Age=0$`))
})

test('the program gives its page a cookie, and prints one that works', async (t) => {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const child = spawn(process.execPath, [main], { env: { ...process.env, PORT: '0' } })
  t.after(() => child.kill('SIGKILL'))
  let printed = ''
  for await (const part of child.stdout) {
    printed += part
    if (printed.includes('Ctrl-C')) break
  }
  const [origin = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(printed) ?? []
  const alice = /^COOKIE='(\S+)'$/m.exec(printed)?.[1] ?? ''
  assert.equal((await send(`${origin}/orders`, 'POST', 'cookie', alice, 'origin', origin)).status, 201)

  const page = await fetch(origin)
  assert.match(await page.text(), /<script type="module" src="\/page\.js">/)
  assert.match(await (await fetch(`${origin}/page.js`)).text(), /fetch\(path/)
  const [guest = '', ...attributes] = page.headers.getSetCookie()[0]?.split('; ') ?? []
  assert.deepEqual(attributes, ['Path=/', 'Secure', 'HttpOnly', 'SameSite=Lax', 'Max-Age=3600'])
  assert.equal((await send(`${origin}/orders`, 'POST', 'cookie', guest, 'origin', origin)).status, 201)
})
