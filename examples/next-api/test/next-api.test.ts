// The app in real Next, built as for production. `npm run test:next` installs what it takes.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as send } from 'node:http'
import { type TestContext, test } from 'node:test'
import { createTestIssuer, hostileKinds, type TestIssuer } from 'countersign/testing'
import { openChromium } from '../../../test/support/chromium.ts'
import { startDemo } from '../src/demo.ts'
import { build, isInstalled, start } from '../src/next.ts'

const READ = { scope: 'orders:read' }
const WRITE = { scope: 'orders:write' }

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: { readonly error?: unknown; readonly code?: unknown; readonly customers?: unknown }
}

if (isInstalled()) {
  const t = performance.now()
  await build()
  const built = Math.round(performance.now() - t)
  test('the app in Next', (t) => {
    t.diagnostic(`built in ${built} ms`)
    return app(t)
  })
  test('keys that are out of reach are 503 with Retry-After, and open routes go on', outage)
  test('the page shows how to try it, and its buttons do', page)
} else {
  test('the app in Next', { skip: 'Next is not installed: npm run test:next brings it' }, () => {})
}

const openIssuer = (): Promise<TestIssuer> =>
  createTestIssuer({ http: true, audience: 'https://orders.example', typ: 'at+jwt', claims: { client_id: 'web' } })

const startFor = ({ issuer, audience, jwksUri }: TestIssuer) =>
  start({ ISSUER: issuer, AUDIENCE: audience, JWKS_URL: jwksUri }, 0)

const bearer = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` }

async function app(t: TestContext): Promise<void> {
  const issuer = await openIssuer()
  const running = await startFor(issuer)
  t.after(() => Promise.all([running.close(), issuer.close()]))
  const { mint } = issuer
  const { url } = running

  async function ask(path: string, token?: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(`${url}/api${path}`, { ...init, headers: bearer(token) })
    return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] }
  }
  const add = (token: string | undefined, item: string): Promise<Answer> =>
    ask('/orders', token, { method: 'POST', body: JSON.stringify({ item }) })

  await t.test('no token is 401, and no error (RFC 6750 §3)', async () => {
    const { status, headers, body } = await ask('/orders')
    assert.deepEqual([status, headers.get('www-authenticate')], [401, 'Bearer realm="orders", scope="orders:read"'])
    assert.equal(headers.get('cache-control'), 'no-store')
    assert.equal(body.error, 'no_token')
  })

  for (const { name, code } of hostileKinds()) {
    await t.test(`a token that is ${name} is refused`, async () => {
      const { status, body } = await ask('/orders', await mint[name](READ))
      assert.deepEqual([status, body.error, body.code], [401, 'invalid_token', code])
    })
  }

  await t.test('two tokens in a header are 400 (RFC 6750 §3.1)', async () => {
    const token = await mint.valid(READ)
    const { status, body } = await ask('/orders', `${token}, Bearer ${token}`)
    assert.deepEqual([status, body.error], [400, 'invalid_request'])
  })

  await t.test('of two headers Next shows the first: a token that is wrong there is refused', async () => {
    const [right, wrong] = [await mint.valid(READ), await mint.tampered(READ)]
    const statuses = [right, wrong].map(async (first) => {
      const authorization = [`Bearer ${first}`, `Bearer ${first === right ? wrong : right}`]
      const [response] = await once(
        send(`${url}/api/orders`, { headers: { authorization } as never }).end(),
        'response',
      )
      response.resume()
      return response.statusCode
    })
    assert.deepEqual(await Promise.all(statuses), [200, 401])
  })

  await t.test('another scope is 403 and says which is needed, another role as well (RFC 6750 §3.1)', async () => {
    const { status, headers, body } = await ask('/orders', await mint.valid(WRITE))
    assert.deepEqual([status, body.error], [403, 'insufficient_scope'])
    assert.match(headers.get('www-authenticate') ?? '', /scope="orders:read"$/)
    assert.equal((await ask('/admin', await mint.valid({ ...READ, roles: ['editor'] }))).status, 403)
  })

  await t.test('nothing comes of a refused request', async () => {
    for (const token of [undefined, await mint.expired(WRITE), await mint.valid(READ)]) {
      assert.ok((await add(token, 'tea')).status > 400)
    }
    assert.deepEqual((await ask('/admin', await mint.valid({ roles: ['admin'] }))).body.customers, [])
  })

  await t.test('handlers get the claims of the token, and each owner has orders of their own', async () => {
    const made = await add(await mint.valid({ ...WRITE, sub: 'ada' }), 'tea')
    assert.deepEqual([made.status, made.body], [201, { id: 1, item: 'tea' }])
    assert.deepEqual((await ask('/orders', await mint.valid({ ...READ, sub: 'ada' }))).body, [{ id: 1, item: 'tea' }])
    assert.deepEqual((await ask('/orders', await mint.valid({ ...READ, sub: 'bob' }))).body, [])
    const { body } = await ask('/admin', await mint.valid({ sub: 'eve', roles: ['admin'] }))
    assert.deepEqual(body, { admin: 'eve', client: 'web', customers: ['ada'] })
    assert.equal((await ask('/orders', await mint.valid(WRITE), { method: 'POST', body: 'tea' })).status, 400)
  })

  await t.test('what Next hands to a handler comes after the token', async () => {
    const ofAda = await mint.valid({ ...READ, sub: 'ada' })
    assert.deepEqual((await ask('/orders/1', ofAda)).body, { id: 1, item: 'tea' })
    assert.equal((await ask('/orders/2', ofAda)).status, 404)
    assert.equal((await ask('/orders/1', await mint.valid({ ...READ, sub: 'bob' }))).status, 404)
    assert.equal((await ask('/orders/1')).status, 401)
  })

  t.diagnostic(`${issuer.requests.length} requests for keys`)
  assert.equal((await ask('/health')).status, 200)
}

async function outage(t: TestContext): Promise<void> {
  const issuer = await openIssuer()
  issuer.outage(true)
  const { url, close } = await startFor(issuer)
  t.after(() => Promise.all([close(), issuer.close()]))
  const response = await fetch(`${url}/api/orders`, { headers: bearer(await issuer.mint.valid(READ)) })
  const { error } = (await response.json()) as Answer['body']
  assert.deepEqual([response.status, response.headers.get('retry-after'), error], [503, '5', 'unavailable'])
  assert.equal((await fetch(`${url}/api/health`)).status, 200)
}

async function page(t: TestContext): Promise<void> {
  const { url, welcome, close } = await startDemo(0)
  t.after(close)
  const [, token] = /TOKEN=(\S+)/.exec(welcome) ?? []
  assert.equal((await fetch(`${url}/api/orders`, { headers: bearer(token) })).status, 200)

  const html = await (await fetch(url)).text()
  assert.ok(html.includes(`curl -si ${url}/api/orders`))

  const browser = await openChromium()
  if ('skipped' in browser) return t.skip(browser.skipped)
  t.after(() => browser.close())
  const tab = await browser.newPage()
  await tab.goto(url)
  for (const [name, answer] of [
    ['Without a token', 'WWW-Authenticate: Bearer realm="orders", scope="orders:read"'],
    ['Order tea', '{"id":1,"item":"tea"}'],
    ['My orders', '[{"id":1,"item":"tea"}]'],
    ['As an admin', 'the token lacks the role admin'],
  ] as const) {
    await tab.getByRole('button', { name }).click()
    await tab.getByRole('status').filter({ hasText: answer }).waitFor()
  }
}
