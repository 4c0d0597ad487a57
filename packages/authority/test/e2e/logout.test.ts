import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { idToken, logoutToken } from 'countersign/profile'
import * as openid from 'openid-client'
import { startReceiver } from '../support/receiver.ts'
import type { Page, UserAgent } from '../support/user-agent.ts'
import {
  addClient,
  authorize,
  errorOf,
  newBrowser,
  newKeyPair,
  onEachTopology,
  redeem,
  type TestClient,
  toRequest,
  type World,
} from '../support/world.ts'

const GOODBYE = 'https://app.example/goodbye'
const [allowed, forbidden] = [await startReceiver(), await startReceiver()]
after(() => Promise.all([allowed.close(), forbidden.close()]))

/** Logs in to a client in a new browser. */
async function enter(
  world: World,
  client: TestClient,
  agent: UserAgent = newBrowser(),
): Promise<{ agent: UserAgent; tokens: Awaited<ReturnType<typeof redeem>>; hint: string }> {
  const tokens = await redeem(client, await authorize(world, client, {}, agent))
  return { agent, tokens, hint: String(tokens.id_token) }
}

/** Whether a browser has a login that a client can use. */
async function isLoggedIn(client: TestClient, agent: UserAgent): Promise<boolean> {
  const { location } = await agent.get((await toRequest(client, { prompt: 'none' })).url)
  if (errorOf(location) === 'login_required') return false
  assert.ok(location?.searchParams.has('code'), String(location))
  return true
}

/** Presses the button that logs out, or the one that does not. */
function press(agent: UserAgent, page: Page, what: 'out' | 'stay' = 'out'): Promise<Page> {
  return agent.submit(page, {}, { button: what === 'out' ? { name: 'logout', value: 'yes' } : { name: '', value: '' } })
}

onEachTopology(
  (world) => {
    const addWeb = (more: object = {}): Promise<TestClient> =>
      addClient(world(), { type: 'web', post_logout_redirect_uris: [GOODBYE], ...more })

    test('a bad id_token_hint or a redirect URI that is not registered is refused (RP-Initiated Logout §4)', async () => {
      const { issuer, user } = world()
      const [client, other] = [await addWeb(), await addWeb({ post_logout_redirect_uris: ['https://other.example/'] })]
      const { agent, hint } = await enter(world(), client)
      const { key } = await newKeyPair()
      const options = { issuer, audience: client.id, expiresIn: '5m' } as const
      const forged = await idToken.createSigner({ ...options, key }).sign({ sub: user.id })
      const [head, , signature] = hint.split('.')
      const changed = Buffer.from(JSON.stringify({ iss: issuer, aud: client.id, sub: 'x' })).toString('base64url')
      const bare = { post_logout_redirect_uri: GOODBYE }
      for (const [why, parameters] of Object.entries({
        'no token': { ...bare, id_token_hint: 'nonsense' },
        'by another key': { ...bare, id_token_hint: forged },
        'that was changed': { ...bare, id_token_hint: `${head}.${changed}.${signature}` },
        'of another client': { ...bare, id_token_hint: hint, client_id: other.id },
        'a redirect URI of another client': { id_token_hint: hint, post_logout_redirect_uri: 'https://other.example/' },
        'a redirect URI with more': { id_token_hint: hint, post_logout_redirect_uri: `${GOODBYE}/more` },
        'a redirect URI of nobody': { client_id: client.id, post_logout_redirect_uri: 'https://thief.example/' },
      })) {
        const page = await agent.get(`${issuer}/session/end?${new URLSearchParams(parameters)}`)
        assert.deepEqual([page.status, page.location, page.forms.length], [400, undefined, 0], why)
      }
      assert.equal(await isLoggedIn(client, agent), true)
    })

    test('nobody is logged out by a form from elsewhere', async () => {
      const { issuer } = world()
      const client = await addWeb()
      const [{ agent }, stranger] = [await enter(world(), client), await enter(world(), client)]
      const page = await stranger.agent.get(`${issuer}/session/end`)
      await press(agent, page)
      assert.equal(await isLoggedIn(client, agent), true)
      const own = await agent.get(`${issuer}/session/end`)
      await agent.submit(own, { xsrf: 'x'.repeat(48) }, { button: { name: 'logout', value: 'yes' } })
      assert.equal(await isLoggedIn(client, agent), true)
    })

    test('who logs out is asked first, is gone everywhere, and comes back to the application', async () => {
      const [client, second] = [await addWeb(), await addWeb()]
      const { agent, hint, tokens } = await enter(world(), client)
      const other = await enter(world(), second, agent)
      const state = openid.randomState()
      const parameters = { id_token_hint: hint, post_logout_redirect_uri: GOODBYE, state }
      const page = await agent.get(openid.buildEndSessionUrl(client.config, parameters))
      assert.deepEqual([page.status, page.location], [200, undefined])
      assert.equal(await isLoggedIn(client, agent), true, 'nothing happens before the button')
      const asked = await agent.get(openid.buildEndSessionUrl(client.config, parameters))
      const { location } = await press(agent, asked)
      assert.equal(location?.href, `${GOODBYE}?state=${state}`)
      for (const one of [client, second]) assert.equal(await isLoggedIn(one, agent), false)
      const { user } = world()
      for (const [{ config }, { access_token: token, refresh_token: refresh }] of [
        [client, tokens],
        [second, other.tokens],
      ] as const) {
        await assert.rejects(openid.fetchUserInfo(config, token, user.id), { status: 401 })
        await assert.rejects(openid.refreshTokenGrant(config, String(refresh)), { error: 'invalid_grant' })
      }
    })

    test('a session cookie that was kept is of no use after the logout', async () => {
      const client = await addWeb()
      const { agent } = await enter(world(), client)
      const thief = newBrowser()
      thief.cookies.push(...agent.cookies)
      assert.equal(await isLoggedIn(client, thief), true)
      const done = await press(agent, await agent.get(`${world().issuer}/session/end`))
      assert.deepEqual([done.status, done.location], [200, undefined], 'a page of ours, where nobody is named')
      assert.equal(await isLoggedIn(client, thief), false)
    })

    test('who stays is still logged in, and only the application that asked is gone', async () => {
      const [client, second] = [await addWeb(), await addWeb()]
      const { agent, hint, tokens } = await enter(world(), client)
      const other = await enter(world(), second, agent)
      const to = openid.buildEndSessionUrl(client.config, { id_token_hint: hint, post_logout_redirect_uri: GOODBYE })
      const { location } = await press(agent, await agent.get(to), 'stay')
      assert.equal(location?.href, GOODBYE)
      assert.equal(await isLoggedIn(second, agent), true)
      const { user } = world()
      await openid.fetchUserInfo(second.config, other.tokens.access_token, user.id)
      await assert.rejects(openid.fetchUserInfo(client.config, tokens.access_token, user.id), { status: 401 })
    })

    test('an ID token that has expired still says who asks (RP-Initiated Logout §2)', async () => {
      const { issuer, user, instances } = world()
      const client = await addWeb()
      const { agent } = await enter(world(), client)
      const key = instances[0]?.ring
      assert.ok(key)
      const past = { now: () => Math.floor(Date.now() / 1000) - 86_400 }
      const options = { key, alg: 'ES256', issuer, audience: client.id, expiresIn: '5m', ...past } as const
      const hint = await idToken.createSigner(options).sign({ sub: user.id })
      const to = openid.buildEndSessionUrl(client.config, { id_token_hint: hint, post_logout_redirect_uri: GOODBYE })
      assert.equal((await press(agent, await agent.get(to))).location?.href, GOODBYE)
    })

    test('back-channel logout tells the applications that may be told, and no private address else', async () => {
      const { issuer, keys, user, lines } = world()
      const path = '/backchannel'
      const told = await addWeb({ backchannel_logout_uri: `${allowed.origin}${path}` })
      const rs256 = { id_token_signed_response_alg: 'RS256', backchannel_logout_uri: `${allowed.origin}${path}` }
      const second = await addWeb(rs256)
      const untold = await addWeb({ backchannel_logout_uri: `${forbidden.origin}${path}` })
      const bystander = await addWeb({ backchannel_logout_uri: `${allowed.origin}${path}` })
      const { agent, tokens } = await enter(world(), told)
      for (const client of [second, untold]) await enter(world(), client, agent)
      await enter(world(), bystander)
      allowed.received.length = 0
      await press(agent, await agent.get(`${issuer}/session/end`))
      assert.equal(allowed.received.length, 2, 'those that this login was for')
      assert.equal(forbidden.received.length, 0)
      const failed = lines.filter((line) => (line as { client?: string }).client === untold.id) as { event: string }[]
      assert.deepEqual(
        failed.map(({ event }) => event),
        ['logout.failed'],
      )
      const sent = allowed.received.map((form) => String(form.get('logout_token')))
      for (const { id, alg } of [
        { id: told.id, alg: 'ES256' },
        { id: second.id, alg: 'RS256' },
      ]) {
        const verifier = logoutToken.createVerifier({ keys, issuer, audience: id, algorithms: [alg] })
        const results = await Promise.all(sent.map((token) => verifier.safeVerify(token)))
        const [mine, none] = results.flatMap((result) => (result.ok ? [result.claims] : []))
        assert.ok(mine !== undefined && none === undefined, `one token is for ${id}`)
        assert.equal(mine.sub, user.id)
        if (id === told.id) assert.equal(mine.sid, tokens.claims()?.['sid'])
        const asIdToken = idToken.createVerifier({ keys, issuer, audience: id })
        for (const token of sent) assert.equal((await asIdToken.safeVerify(token)).ok, false)
      }
    })
  },
  { env: { OUTGOING_ALLOW: allowed.origin } },
)
