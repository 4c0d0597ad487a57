import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { enterCode, pressOn } from '../support/device.ts'
import { asks, type Page, type UserAgent } from '../support/user-agent.ts'
import {
  addClient,
  HTTP,
  moveBack,
  newBrowser,
  ORDERS,
  onEachTopology,
  post,
  readAccessToken,
  refused,
  type TestClient,
  type World,
} from '../support/world.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const RESOURCES = { [ORDERS]: 'orders:read' }
const ASKED = { scope: 'openid offline_access orders:read', resource: ORDERS }

const begin = (
  { config }: TestClient,
  parameters: Readonly<Record<string, string>> = ASKED,
): ReturnType<typeof openid.initiateDeviceAuthorization> => openid.initiateDeviceAuthorization(config, parameters)

/** What the device sends while its user is busy. */
const poll = (device_code: string): Readonly<Record<string, string>> => ({ grant_type: GRANT, device_code })

/** Logs in and agrees, wherever that is asked for. @returns the last page */
async function goOn({ user }: World, agent: UserAgent, from: Page, decision = 'allow'): Promise<Page> {
  let page = from
  for (let left = 3; left > 0; left--) {
    const form = page.forms.find(({ fields, buttons }) => asks(fields, 'password') || asks(buttons, 'decision'))
    if (form === undefined) return page
    const { email, password } = user
    page = asks(form.fields, 'password')
      ? await agent.submit(page, { email, password }, { form })
      : await agent.submit(page, {}, { form, button: { name: 'decision', value: decision } })
  }
  return page
}

/** All that a person does who agrees. */
async function approve(world: World, user_code: string, agent: UserAgent = newBrowser()): Promise<Page> {
  return goOn(world, agent, await pressOn(agent, await enterCode(world, agent, user_code), 'confirm'))
}

onEachTopology((world) => {
  test('a code that nobody knows is refused, and guesses are counted (RFC 8628 §5.1)', async () => {
    const agent = newBrowser()
    const statuses = new Set<number>()
    for (let count = 0; count < 31; count++) {
      const page = await agent.get(`${world().issuer}/device`)
      statuses.add((await agent.submit(page, { user_code: 'BBBB-BBBB' })).status)
    }
    assert.deepEqual([...statuses], [200, 429])
    const page = await enterCode(world(), newBrowser(), 'BBBB-BBBB')
    assert.match(page.html, /not right/, 'somebody else may try')
  })

  test('who sends the form from elsewhere gets nowhere', async () => {
    const device = await begin(await addClient(world(), { type: 'device', resources: RESOURCES }))
    const agent = newBrowser()
    const page = await agent.get(`${world().issuer}/device`)
    const forged = await agent.submit(page, { user_code: device.user_code, xsrf: 'x'.repeat(43) })
    const foreign = await newBrowser().submit(page, { user_code: device.user_code })
    for (const { status, html } of [forged, foreign]) {
      assert.equal(status, 400)
      assert.doesNotMatch(html, new RegExp(device.user_code))
    }
    assert.equal((await newBrowser().get(`${world().issuer}/device/nothing`)).status, 400)
  })

  test('a device waits, and its code is of use to it alone (RFC 8628 §3.5)', async () => {
    const client = await addClient(world(), { type: 'device', resources: RESOURCES })
    const other = await addClient(world(), { type: 'device', resources: RESOURCES })
    const web = await addClient(world(), { type: 'web' })
    const device = await begin(client)
    refused(await post(world(), '/token', poll(device.device_code), client), 'authorization_pending')
    refused(await post(world(), '/token', poll(device.device_code), other), 'invalid_grant')
    refused(await post(world(), '/token', poll(device.device_code), web), 'invalid_request')
    refused(await post(world(), '/token', poll(`${device.device_code}x`), client), 'invalid_grant')
    refused(await post(world(), '/device/auth', { scope: 'openid' }, web), 'invalid_request')
    refused(await post(world(), '/device/auth', { scope: 'openid' }, { id: 'nobody' }), 'invalid_client', 401)
  })

  test('login, code, consent, tokens: by openid-client (RFC 8628)', async () => {
    const { issuer, user } = world()
    const client = await addClient(world(), { type: 'device', trusted: false, resources: RESOURCES })
    const device = await begin(client, { ...ASKED, prompt: 'consent' })
    assert.equal(device.verification_uri, `${issuer}/device`)
    const agent = newBrowser()
    const shown = await enterCode(world(), agent, device.user_code.toLowerCase().replace('-', ' '))
    assert.ok(shown.html.includes(device.user_code) && shown.html.includes(client.id), 'who it is, to compare')
    const done = await goOn(world(), agent, await pressOn(agent, shown, 'confirm'))
    assert.equal(done.status, 200)
    // The device asks again after its interval; that one is of no interest here.
    const now = { ...device, interval: 0 }
    const tokens = await openid.pollDeviceAuthorizationGrant(client.config, now, { resource: ORDERS })
    const claims = await readAccessToken(world(), tokens.access_token)
    assert.deepEqual([claims.sub, claims['roles'], claims['scope']], [user.id, [...user.roles], 'orders:read'])
    assert.ok(tokens.refresh_token !== undefined)
    await openid.refreshTokenGrant(client.config, tokens.refresh_token, { resource: ORDERS })
  })

  test('the same by oauth4webapi, with the address that has the code in it', async () => {
    const { as, user } = world()
    const { client, auth } = await addClient(world(), { type: 'device' })
    const begun = await oauth.deviceAuthorizationRequest(as, client, auth, { scope: 'openid' }, HTTP)
    const device = await oauth.processDeviceAuthorizationResponse(as, client, begun)
    const agent = newBrowser()
    const shown = await agent.submit(await agent.get(String(device.verification_uri_complete)))
    assert.ok(shown.html.includes(device.user_code), 'it is shown and not taken')
    await goOn(world(), agent, await pressOn(agent, shown, 'confirm'))
    const response = await oauth.deviceCodeGrantRequest(as, client, auth, device.device_code, HTTP)
    const tokens = await oauth.processDeviceCodeResponse(as, client, response)
    assert.equal(oauth.getValidatedIdTokenClaims(tokens)?.sub, user.id)
  })

  test('a device whose user says no, or does not agree, gets nothing', async () => {
    const client = await addClient(world(), { type: 'device', trusted: false, resources: RESOURCES })
    const aborted = await begin(client)
    const agent = newBrowser()
    await pressOn(agent, await enterCode(world(), agent, aborted.user_code), 'abort')
    refused(await post(world(), '/token', poll(aborted.device_code), client), 'access_denied')
    const denied = await begin(client)
    const page = await pressOn(agent, await enterCode(world(), agent, denied.user_code), 'confirm')
    await goOn(world(), agent, page, 'deny')
    refused(await post(world(), '/token', poll(denied.device_code), client), 'access_denied')
  })

  test('a device code is used once', async () => {
    const client = await addClient(world(), { type: 'device' })
    const device = await begin(client, { scope: 'openid' })
    await approve(world(), device.user_code)
    const first = await post(world(), '/token', poll(device.device_code), client)
    assert.equal(first.status, 200, JSON.stringify(first.body))
    refused(await post(world(), '/token', poll(device.device_code), client), 'invalid_grant')
  })

  test('a user code is entered once: of two who do at once, one is asked on (RFC 8628 §5.1)', async () => {
    const client = await addClient(world(), { type: 'device' })
    const device = await begin(client, { scope: 'openid' })
    const agents = [newBrowser(), newBrowser()]
    const shown = await Promise.all(agents.map((agent) => enterCode(world(), agent, device.user_code)))
    const pages = await Promise.all(agents.map((agent, at) => pressOn(agent, shown[at] as Page, 'confirm')))
    const asked = pages.map(({ forms }) => forms.some(({ fields }) => asks(fields, 'password')))
    assert.deepEqual(asked.toSorted(), [false, true])
    const at = asked.indexOf(true)
    await goOn(world(), agents[at] as UserAgent, pages[at] as Page)
    const late = await enterCode(world(), newBrowser(), device.user_code)
    assert.match(late.html, /not right/)
    assert.equal((await post(world(), '/token', poll(device.device_code), client)).status, 200)
  })

  test('codes end (RFC 8628 §3.5)', async () => {
    const client = await addClient(world(), { type: 'device' })
    const device = await begin(client, { scope: 'openid' })
    await moveBack(world(), 'expires_at', 3600, 'DeviceCode')
    assert.match((await enterCode(world(), newBrowser(), device.user_code)).html, /not right/)
    const answer = await post(world(), '/token', poll(device.device_code), client)
    refused(answer, 'invalid_grant')
  })
})
