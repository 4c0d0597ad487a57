import assert from 'node:assert/strict'
import { test } from 'node:test'
import { remoteKeySet } from 'countersign'
import { createTestIssuer, hostileKinds } from 'countersign/testing'
import { createOrders } from '../src/orders.ts'

/** Every token of this issuer would be let in, were it not for its one fault. */
const issuer = await createTestIssuer({ typ: 'at+jwt', claims: { scope: 'orders:read' } })
const orders = createOrders(issuer.verifierOptions)

function ask(token?: string, app = orders): Promise<Response> {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
  return app(new Request('https://shop.test/orders', { headers }))
}

for (const { name } of hostileKinds()) {
  test(`${name}: the request is refused, and learns nothing`, async () => {
    const response = await ask(await issuer.mint[name]())
    assert.equal(response.status, 401)
    assert.equal(response.headers.get('www-authenticate'), 'Bearer error="invalid_token"')
    assert.equal(await response.text(), '')
  })
}

test('no token is refused without an error (RFC 6750 §3.1)', async () => {
  const response = await ask()
  assert.deepEqual([response.status, response.headers.get('www-authenticate')], [401, 'Bearer'])
})

test('a token without the scope is refused', async () => {
  assert.equal((await ask(await issuer.mint.valid({ scope: 'orders:write' }))).status, 403)
  assert.equal((await ask(await issuer.mint.valid({ scope: ['orders:read'] }))).status, 403)
})

test('alice sees her orders, until her token has expired', async () => {
  const token = await issuer.mint.valid({ sub: 'alice' }, { expiresIn: '15m' })
  assert.deepEqual(await (await ask(token)).json(), ['tea', 'a kettle'])
  issuer.clock.advance('15m')
  assert.equal((await ask(token)).status, 200) // within the tolerance of 30 s
  issuer.clock.advance('30s')
  assert.equal((await ask(token)).status, 401)
})

test('a new key works, and an outage is nobody’s fault', async () => {
  const { fetch, clock, jwksUri, mint } = issuer
  const keys = remoteKeySet(jwksUri, { fetch, now: clock.now })
  const app = createOrders({ ...issuer.verifierOptions, keys })

  issuer.outage(true)
  assert.equal((await ask(await mint.valid(), app)).status, 503)
  issuer.outage(false)
  clock.advance('1m') // by then the set tries again
  assert.equal((await ask(await mint.valid(), app)).status, 200)

  await issuer.rotate()
  clock.advance('10s') // a set asks for an unknown key no more often than every 5 s
  assert.equal((await ask(await mint.valid(), app)).status, 200)
})
