import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { asks } from '../support/user-agent.ts'
import {
  type Answer,
  addClient,
  authorize,
  codeGrant,
  errorOf,
  FOREIGN,
  newBrowser,
  ORDERS,
  openWorld,
  post,
  readAccessToken,
  refused,
  STOCK,
  type TestClient,
  toRequest,
  type World,
} from '../support/world.ts'
import { toFields } from './http.ts'

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'
const SCOPE = 'openid offline_access read write'
const ODD = [
  'https://orders.example/',
  'https://orders.example#x',
  'HTTPS://ORDERS.EXAMPLE',
  'orders.example',
  '*',
  '__proto__',
  'x',
  ' https://orders.example',
]

describe('attack 69 (resources and audiences)', () => {
  let world: World
  let app: TestClient
  let tv: TestClient
  let machine: TestClient
  before(async () => {
    const resources = { [ORDERS]: 'read write', [STOCK]: 'read' }
    world = await openWorld('sqlite')
    app = await addClient(world, { client_id: 'app', type: 'web', resources })
    tv = await addClient(world, { client_id: 'tv', type: 'device', resources })
    machine = await addClient(world, { client_id: 'machine', type: 'service', resources: { [ORDERS]: 'read' } })
  })
  after(() => world.stop())

  const granted = async (resource: string = ORDERS): Promise<Answer> =>
    post(world, '/token', { ...codeGrant(await authorize(world, app, { scope: SCOPE, resource })), resource }, app)
  /** With several values for one parameter. */
  const postPairs = async (path: string, pairs: readonly (readonly [string, string])[]): Promise<Answer> => {
    const answer = await fetch(new URL(path, world.issuer), {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${app.id}:${app.secret}`)}` },
      body: new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value])),
    })
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Answer['body'] }
  }

  for (const resource of [FOREIGN, ...ODD]) {
    test(`a token for ${JSON.stringify(resource)} is refused at each endpoint: the client was not registered for it`, async () => {
      const { url } = await toRequest(app, { scope: SCOPE, resource })
      const { location } = await world.browser.get(url)
      assert.equal(errorOf(location), 'invalid_target')
      refused(await post(world, '/request', Object.fromEntries(url.searchParams), app), 'invalid_target')
      const arrival = await authorize(world, app, { scope: SCOPE, resource: ORDERS })
      refused(await post(world, '/token', { ...codeGrant(arrival), resource }, app), 'invalid_target')
      const { body } = await granted()
      const refresh = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) }
      refused(await post(world, '/token', { ...refresh, resource }, app), 'invalid_target')
      refused(await post(world, '/token', { grant_type: 'client_credentials', resource }, machine), 'invalid_target')
      refused(await post(world, '/device/auth', { scope: SCOPE, resource }, tv), 'invalid_target')
    })
  }

  test('a code for one resource is refused for another, though the client may ask for both', async () => {
    const arrival = await authorize(world, app, { scope: SCOPE, resource: ORDERS })
    refused(await post(world, '/token', { ...codeGrant(arrival), resource: STOCK }, app), 'invalid_target')
  })

  test('a refresh token for one resource is refused for another', async () => {
    const { body } = await granted()
    const refresh = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) }
    refused(await post(world, '/token', { ...refresh, resource: STOCK }, app), 'invalid_target')
  })

  test('the resource of a pushed request is the one that counts, whatever comes along with it', async () => {
    const { url } = await toRequest(app, { scope: SCOPE, resource: ORDERS })
    const pushed = await post(world, '/request', Object.fromEntries(url.searchParams), app)
    const to = new URL('/auth', world.issuer)
    to.search = `${new URLSearchParams({ client_id: app.id, request_uri: String(pushed.body['request_uri']), resource: STOCK, scope: SCOPE })}`
    const { location } = await world.browser.get(to)
    const code = location?.searchParams.get('code')
    if (code === null || code === undefined) return assert.match(String(errorOf(location)), /^invalid_/)
    // The verifier is not known here: what the code is good for shows in which resource it is refused for.
    const grant = { grant_type: 'authorization_code', code, redirect_uri: String(url.searchParams.get('redirect_uri')) }
    const answer = await post(world, '/token', { ...grant, resource: STOCK, code_verifier: 'x'.repeat(43) }, app)
    assert.ok(['invalid_grant', 'invalid_target'].includes(String(answer.body['error'])))
  })

  test('a device that asked for one resource is refused another', async () => {
    const { body: device } = await post(world, '/device/auth', { scope: SCOPE, resource: ORDERS }, tv)
    const agent = newBrowser()
    let page = await agent.submit(await agent.get(`${world.issuer}/device`), { user_code: String(device['user_code']) })
    page = await agent.submit(page, {}, { button: { name: 'confirm', value: 'yes' } })
    const form = page.forms.find(({ fields }) => asks(fields, 'password'))
    if (form) page = await agent.submit(page, toFields(world.user), { form })
    assert.match(page.html, /logged in/)
    const grant = { grant_type: DEVICE, device_code: String(device['device_code']) }
    refused(await post(world, '/token', { ...grant, resource: STOCK }, tv), 'invalid_target')
  })

  test('two resources for one token are refused', async () => {
    const arrival = await authorize(world, app, { scope: SCOPE, resource: ORDERS })
    const pairs = [...Object.entries(codeGrant(arrival)), ['resource', ORDERS], ['resource', STOCK]] as const
    refused(await postPairs('/token', pairs), 'invalid_target')
    const { body } = await granted()
    const refresh = [
      ['grant_type', 'refresh_token'],
      ['refresh_token', String(body['refresh_token'])],
      ['resource', ORDERS],
      ['resource', STOCK],
    ] as const
    refused(await postPairs('/token', refresh), 'invalid_target')
  })

  test('of a login for two resources, a token is for one of them, with the scopes of that one alone', async () => {
    const { url, verifier } = await toRequest(app, { scope: SCOPE, resource: ORDERS })
    url.searchParams.append('resource', STOCK)
    const code = String((await world.browser.get(url)).location?.searchParams.get('code'))
    const grant = { grant_type: 'authorization_code', code, redirect_uri: 'https://app.example/callback' }
    const first = await post(world, '/token', { ...grant, code_verifier: verifier, resource: STOCK }, app)
    assert.equal(first.status, 200, JSON.stringify(first.body))
    const claims = await readAccessToken(world, String(first.body['access_token']), STOCK)
    assert.deepEqual([claims['aud'], claims['scope']], [STOCK, 'read'])
    const refresh = { grant_type: 'refresh_token', refresh_token: String(first.body['refresh_token']) }
    const second = await post(world, '/token', { ...refresh, resource: ORDERS }, app)
    const other = await readAccessToken(world, String(second.body['access_token']), ORDERS)
    assert.deepEqual([other['aud'], other['scope']], [ORDERS, 'read write'])
  })

  test('a token for one resource is refused at another, and at the userinfo endpoint', async () => {
    const { body } = await granted()
    const token = String(body['access_token'])
    await assert.rejects(readAccessToken(world, token, STOCK), { code: 'CS_AUD' })
    await assert.rejects(readAccessToken(world, token, `${ORDERS}/`))
    const me = await fetch(new URL('/me', world.issuer), { headers: { authorization: `Bearer ${token}` } })
    assert.equal(me.status, 401)
  })

  test('a scope of another resource is not granted', async () => {
    const { body } = await granted(STOCK)
    const claims = await readAccessToken(world, String(body['access_token']), STOCK)
    assert.equal(claims['scope'], 'read')
    const asked = { grant_type: 'client_credentials', resource: ORDERS, scope: 'read write admin' }
    const { body: made } = await post(world, '/token', asked, machine)
    if (made['access_token'] !== undefined)
      assert.equal((await readAccessToken(world, String(made['access_token'])))['scope'], 'read')
    else assert.equal(made['error'], 'invalid_scope')
  })
})
