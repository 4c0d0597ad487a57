import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as door from 'countersign'
import { createGuard } from 'countersign/guard/hono'
import { expiringStore, oneTime } from 'countersign/revocation'
import { Hono } from 'hono'
import { now, POLICY } from '../support/forge.ts'
import { bearer, challengesOf, KEY, newClient, ORIGIN, proofs, refusedBy, tokenOf, URL_HERE, verifier } from './rig.ts'

const challenges = (response: Response) =>
  challengesOf({ headers: { 'www-authenticate': response.headers.get('www-authenticate') ?? '' } })

test('Hono: a request with a token comes in, and c.var.jwt is the token', async () => {
  const guard = createGuard({ verifier })
  const app = new Hono()
    .use(guard)
    .get('/orders', (c) => c.json({ hello: c.var.jwt.claims.sub, alg: c.var.jwt.header.alg }))
  const good = await app.request(URL_HERE, { headers: bearer(tokenOf()) })
  assert.deepEqual(await good.json(), { hello: '1234567890', alg: 'HS256' })
  const bad = await app.request(URL_HERE)
  assert.equal(bad.status, 401)
  assert.deepEqual(challenges(bad), [{ scheme: 'Bearer' }])
  assert.deepEqual(await bad.json(), { error: 'no_token', error_description: 'this needs an access token' })
})
test('Hono: no handler is reached by a request that is refused', async () => {
  let entered = 0
  const guard = createGuard({ verifier, scope: 'a' })
  const app = new Hono().use('/in/*', guard).all('/in/*', (c) => {
    entered += 1
    return c.text('in')
  })
  for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS', 'DELETE'])
    for (const [authorization, status] of [
      ['Bearer x', 401],
      ['Bearer', 400],
      [`Bearer ${tokenOf()}`, 403],
      ['Basic YTpi', 401],
    ] as const)
      assert.equal((await app.request(`${ORIGIN}/in/a`, { method, headers: { authorization } })).status, status)
  assert.equal(entered, 0)
})
test('Hono: requires before a route demands more, and the token is looked at once', async () => {
  const check = oneTime({ store: expiringStore({ now }), now })
  const single = door.createVerifier({ keys: KEY, ...POLICY, revoked: check })
  const guard = createGuard({ verifier: single, scope: 'read' })
  const app = new Hono()
    .use(guard)
    .get('/orders', (c) => c.text('read'))
    .post('/orders', guard.requires({ scope: 'write' }), (c) => c.text(c.var.jwt.claims.sub ?? ''))
  const post = (claims: object) => app.request(URL_HERE, { method: 'POST', headers: bearer(tokenOf(claims)) })
  assert.equal(await (await post({ jti: 'hono-1', scope: 'read write' })).text(), '1234567890')
  assert.equal((await post({ jti: 'hono-1', scope: 'read write' })).status, 401)
  const poor = await post({ jti: 'hono-2', scope: 'read' })
  assert.equal(poor.status, 403)
  assert.equal(challenges(poor)[0]?.['scope'], 'read write')
})
test('Hono: with optional, c.var.jwt is undefined where no token came', async () => {
  const guard = createGuard({ verifier, optional: true })
  const app = new Hono()
    .use(guard)
    .get('/orders', (c) => c.text(c.var.jwt?.claims.sub ?? 'nobody'))
    .get('/strict', guard.requires({ scope: 'a' }), (c) => c.text('in'))
  assert.equal(await (await app.request(URL_HERE)).text(), 'nobody')
  assert.equal(await (await app.request(URL_HERE, { headers: bearer(tokenOf()) })).text(), '1234567890')
  assert.equal((await app.request(URL_HERE, { headers: bearer('x') })).status, 401)
  assert.equal((await app.request(`${ORIGIN}/strict`)).status, 401)
})
test('Hono: in an app that is mounted as a route, a proof is for the whole path (RFC 9449 §4.3)', async () => {
  const client = await newClient()
  const inner = new Hono().use(createGuard({ verifier, dpop: proofs() })).get('/orders', (c) => c.text('in'))
  const app = new Hono().basePath('/api').route('/v1', inner)
  const get = async (htu: string): Promise<number> => {
    const headers = { authorization: `DPoP ${client.token}`, dpop: await client.prove({ htu }) }
    return (await app.request(`${ORIGIN}/api/v1/orders?page=1`, { headers })).status
  }
  assert.equal(await get(`${ORIGIN}/api/v1/orders`), 200)
  assert.equal(await get(`${ORIGIN}/orders`), 401)
})
test('Hono: extract has the context, and onRefusal, too', async () => {
  const told: string[] = []
  const guard = createGuard({
    verifier,
    extract: (c) => c.req.query('ticket'),
    onRefusal: (refusal, c) => told.push(`${refusal.reason} ${c.req.path}`),
  })
  const app = new Hono().use(guard).get('/orders', (c) => c.text('in'))
  assert.equal((await app.request(`${URL_HERE}?ticket=${tokenOf()}`)).status, 200)
  assert.equal((await app.request(URL_HERE)).status, 401)
  assert.deepEqual(told, ['no_token /orders'])
})
test('Hono: check and token answer nothing', async () => {
  const guard = createGuard({ verifier })
  const app = new Hono().get('/orders', async (c) => c.text(String((await guard.check(c)).ok)))
  assert.equal(await (await app.request(URL_HERE)).text(), 'false')
  assert.equal(await (await app.request(URL_HERE, { headers: bearer(tokenOf()) })).text(), 'true')
  assert.equal(refusedBy(await guard.token('x')).status, 401)
})
