import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { remoteKeySet } from 'countersign'
import { createTestIssuer } from 'countersign/testing'
import { createApp, type Trust } from '../src/app.ts'
import { Orders } from '../src/orders.ts'

const CLAIMS = { client_id: 'test', scope: 'orders:read orders:write', tenant: 'acme' }
/** Every token of this issuer would be let in, were it not for its one fault. */
const openIssuer = () => createTestIssuer({ typ: 'at+jwt', claims: CLAIMS })

async function start(t: TestContext, trust: Trust, orders?: Orders): Promise<string> {
  const app = createApp(trust, orders)
  t.after(() => app.close())
  return app.listen({ port: 0, host: '127.0.0.1' })
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })

function order(origin: string, headers: Record<string, string>, body = '{"item":"tea"}'): Promise<Response> {
  const type = { 'content-type': 'application/json' }
  return fetch(`${origin}/orders`, { method: 'POST', headers: { ...type, ...headers }, body })
}

test('requests without a good token are refused, and no handler is called', async (t) => {
  const { mint, verifierOptions } = await openIssuer()
  const orders = new Orders()
  const origin = await start(t, verifierOptions, orders)

  const nobody = await order(origin, {}, 'no JSON')
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
  const clerk = bearer(await mint.valid({ roles: ['clerk'] }))
  assert.equal((await fetch(`${origin}/admin`, { headers: clerk })).status, 403)
  assert.deepEqual(orders.all, [])
})

test('a token whose claims do not fit the schema is refused, and no claim is quoted', async (t) => {
  const { mint, verifierOptions } = await openIssuer()
  const origin = await start(t, verifierOptions)
  for (const claims of [{ tenant: undefined }, { tenant: ['a-secret'] }, { roles: ['emperor'] }]) {
    const answer = await fetch(`${origin}/orders`, { headers: bearer(await mint.valid(claims)) })
    assert.equal(answer.status, 401)
    const text = await answer.text()
    assert.equal(JSON.parse(text).code, 'CS_CLAIMS_SCHEMA')
    assert.doesNotMatch(`${text} ${answer.headers.get('www-authenticate')}`, /emperor|a-secret/)
  }
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

test('alice orders, an admin sees the orders of one tenant, and health needs no token', async (t) => {
  const { mint, verifierOptions } = await openIssuer()
  const origin = await start(t, verifierOptions)
  const alice = bearer(await mint.valid({ sub: 'alice' }))
  const tea = { tenant: 'acme', owner: 'alice', item: 'tea' }
  const placed = await order(origin, alice)
  assert.deepEqual([placed.status, await placed.json()], [201, tea])
  const listed = async (path: string, claims: Record<string, unknown>): Promise<unknown> =>
    (await fetch(`${origin}${path}`, { headers: bearer(await mint.valid(claims)) })).json()
  assert.deepEqual(await listed('/orders', { sub: 'alice' }), [tea])
  assert.deepEqual(await listed('/orders', { sub: 'alice', tenant: 'other' }), [])
  assert.deepEqual(await listed('/admin', { sub: 'root', roles: ['admin'] }), [tea])
  assert.deepEqual(await listed('/admin', { sub: 'root', roles: ['admin'], tenant: 'other' }), [])
  assert.deepEqual(await (await fetch(`${origin}/health`)).json(), { up: true })
  assert.equal((await order(origin, alice, '{}')).status, 400)
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
  const as = (name: string): Record<string, string> =>
    bearer(new RegExp(`^${name}=(\\S+)$`, 'm').exec(printed)?.[1] ?? '')
  assert.equal((await order(origin, as('ALICE'))).status, 201)
  assert.equal((await fetch(`${origin}/admin`, { headers: as('ALICE') })).status, 403)
  assert.equal((await fetch(`${origin}/admin`, { headers: as('ROOT') })).status, 200)
  assert.equal((await fetch(`${origin}/orders`, { headers: as('NOWHERE') })).status, 401)
})
