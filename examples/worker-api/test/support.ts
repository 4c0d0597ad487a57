// What has to hold of the worker wherever it runs: each place brings a way to start it and to send it requests.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestIssuer, hostileKinds, type TestIssuer } from 'countersign/testing'
import type { Env } from '../src/worker.ts'

/** The worker at work. */
export interface Running {
  send(path: string, init: RequestInit): Promise<Response>
  close(): Promise<void>
}

const AUDIENCE = 'https://orders.example'
const READ = { scope: 'orders:read' }
const WRITE = { scope: 'orders:write' }

export function testWorker(place: string, start: (env: Env) => Promise<Running>): void {
  test(`${place}: the worker refuses what it has to, and answers the rest`, async (t) => {
    const issuer = await openIssuer()
    const running = await start(envOf(issuer))
    t.after(() => Promise.all([running.close(), issuer.close()]))
    const { mint } = issuer

    const send = async (path: string, token?: string, init: RequestInit = {}): Promise<Answer> => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
      return toAnswer(await running.send(path, { ...init, headers }))
    }
    const add = (token: string | undefined, item: string): Promise<Answer> =>
      send('/orders', token, { method: 'POST', body: JSON.stringify({ item }) })

    await t.test('no token is 401, and no error (RFC 6750 §3)', async () => {
      const { status, challenge, body } = await send('/orders')
      assert.deepEqual([status, challenge], [401, 'Bearer realm="orders", scope="orders:read"'])
      assert.equal(body.error, 'no_token')
    })

    for (const { name, code } of hostileKinds()) {
      await t.test(`a token that is ${name} is refused`, async () => {
        const { status, body } = await send('/orders', await mint[name](READ))
        assert.deepEqual([status, body.error, body.code], [401, 'invalid_token', code])
      })
    }

    await t.test('two tokens are 400', async () => {
      const token = await mint.valid(READ)
      const headers: [string, string][] = [1, 2].map(() => ['authorization', `Bearer ${token}`])
      const { status, body } = await toAnswer(await running.send('/orders', { headers }))
      assert.deepEqual([status, body.error], [400, 'invalid_request'])
    })

    await t.test('another scope is 403 and says which is needed (RFC 6750 §3.1)', async () => {
      const { status, challenge } = await send('/orders', await mint.valid(WRITE))
      assert.equal(status, 403)
      assert.match(challenge ?? '', /^Bearer realm="orders", error="insufficient_scope", .*scope="orders:read"$/)
    })

    await t.test('no role is 403, and another role, too', async () => {
      assert.equal((await send('/admin', await mint.valid(READ))).status, 403)
      assert.equal((await send('/admin', await mint.valid({ roles: ['editor'] }))).status, 403)
    })

    await t.test('nothing comes of a refused request', async () => {
      for (const token of [undefined, await mint.expired(WRITE), await mint.valid(READ)]) await add(token, 'tea')
      assert.deepEqual((await send('/orders', await mint.valid(READ))).body, [])
      assert.deepEqual((await send('/admin', await mint.valid({ roles: ['admin'] }))).body.customers, [])
    })

    await t.test('the right token is let in, and its owner has orders of their own', async () => {
      const created = await add(await mint.valid({ ...WRITE, sub: 'ada' }), 'tea')
      assert.deepEqual([created.status, created.body], [201, { id: 1, item: 'tea' }])
      assert.deepEqual((await send('/orders', await mint.valid({ ...READ, sub: 'ada' }))).body, [
        { id: 1, item: 'tea' },
      ])
      assert.deepEqual((await send('/orders', await mint.valid({ ...READ, sub: 'bob' }))).body, [])
      const { status, body } = await send('/admin', await mint.valid({ sub: 'eve', roles: ['editor', 'admin'] }))
      assert.deepEqual([status, body], [200, { admin: 'eve', client: 'web', customers: ['ada'] }])
    })

    await t.test('a body that is no order is 400, and a route that is not there 404', async () => {
      assert.equal((await send('/orders', await mint.valid(WRITE), { method: 'POST', body: 'tea' })).status, 400)
      assert.equal((await send('/elsewhere', await mint.valid(READ))).status, 404)
      assert.equal((await send('/orders', await mint.valid(READ), { method: 'DELETE' })).status, 404)
    })

    await t.test('health is for everybody', async () => assert.equal((await send('/health')).status, 200))

    await t.test('many requests at once are let in, and the keys are not fetched again', async () => {
      const before = issuer.requests.length
      const token = await mint.valid(READ)
      const answers = await Promise.all(Array.from({ length: 20 }, () => send('/orders', token)))
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
      assert.equal(issuer.requests.length, before)
    })
  })

  test(`${place}: many first requests at once are all let in`, async (t) => {
    const issuer = await openIssuer()
    const running = await start(envOf(issuer))
    t.after(() => Promise.all([running.close(), issuer.close()]))
    const headers = { authorization: `Bearer ${await issuer.mint.valid(READ)}` }
    const answers = await Promise.all(Array.from({ length: 20 }, () => running.send('/orders', { headers })))
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    t.diagnostic(`${issuer.requests.length} requests for keys`)
  })

  test(`${place}: keys that are out of reach are 503, and nothing is said of them (RFC 9110 §15.6.4)`, async (t) => {
    const issuer = await openIssuer()
    issuer.outage(true)
    const running = await start(envOf(issuer))
    t.after(() => Promise.all([running.close(), issuer.close()]))
    const headers = { authorization: `Bearer ${await issuer.mint.valid(READ)}` }
    const response = await running.send('/orders', { headers })
    assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '5'])
    assert.deepEqual(await response.json(), {
      error: 'unavailable',
      error_description: 'the token cannot be checked at the moment',
      code: 'CS_JWKS_FETCH',
    })
    assert.equal((await running.send('/health', {})).status, 200)
  })
}

const openIssuer = (): Promise<TestIssuer> =>
  createTestIssuer({ http: true, audience: AUDIENCE, typ: 'at+jwt', claims: { client_id: 'web' } })

const envOf = ({ issuer, audience, jwksUri }: TestIssuer): Env => ({
  ISSUER: issuer,
  AUDIENCE: audience,
  JWKS_URL: jwksUri,
})

interface Answer {
  readonly status: number
  readonly challenge: string | null
  readonly body: { readonly error?: unknown; readonly code?: unknown; readonly customers?: unknown }
}

async function toAnswer(response: Response): Promise<Answer> {
  const challenge = response.headers.get('www-authenticate')
  return { status: response.status, challenge, body: (await response.json()) as Answer['body'] }
}
