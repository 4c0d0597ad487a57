import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import {
  addClient,
  authorize,
  getTokens,
  HTTP,
  moveBack,
  newBrowser,
  ORDERS,
  onEachTopology,
  post,
  readAccessToken,
  redeem,
  refused,
  STOCK,
  setState,
  type TestClient,
  toRequest,
  type World,
} from '../support/world.ts'

/** Seconds in which a second use is refused and no more. */
const GRACE = 10
const RESOURCES = { [ORDERS]: 'orders:read orders:write', [STOCK]: 'stock:read' }

/** A first refresh token of the user. */
async function firstToken(world: World, client: TestClient, scope = 'openid offline_access'): Promise<string> {
  return String((await getTokens(world, client, { scope })).refresh_token)
}

const use = (refresh_token: string, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
  grant_type: 'refresh_token',
  refresh_token,
  ...more,
})

onEachTopology((world) => {
  test('a refresh token is of use to its client alone (RFC 6749 §10.4)', async () => {
    const [client, other] = [await addClient(world(), { type: 'web' }), await addClient(world(), { type: 'web' })]
    const open = await addClient(world(), { type: 'public' })
    const token = await firstToken(world(), client)
    for (const one of [other, open]) refused(await post(world(), '/token', use(token), one), 'invalid_grant')
    refused(await post(world(), '/token', use(token), { id: client.id }), 'invalid_client', 401)
    refused(await post(world(), '/token', use(token), { id: client.id, secret: 'x' }), 'invalid_client', 401)
    refused(await post(world(), '/token', use(`${token.slice(0, -1)}~`), client), 'invalid_grant')
    refused(await post(world(), '/token', { grant_type: 'refresh_token' }, client), 'invalid_request')
    assert.equal((await post(world(), '/token', use(token), client)).status, 200)
  })

  test('a refresh token rotates at every use, by openid-client and oauth4webapi (RFC 9700 §4.14.2)', async () => {
    const { as, user } = world()
    for (const type of ['web', 'public'] as const) {
      const { config, client, auth, ...rest } = await addClient(world(), { type })
      const first = await firstToken(world(), { config, client, auth, ...rest })
      const second = await openid.refreshTokenGrant(config, first)
      assert.ok(second.refresh_token !== undefined && second.refresh_token !== first)
      assert.equal(second.claims()?.sub, user.id)
      const response = await oauth.refreshTokenGrantRequest(as, client, auth, second.refresh_token, HTTP)
      const third = await oauth.processRefreshTokenResponse(as, client, response)
      assert.ok(third.refresh_token !== undefined && ![first, second.refresh_token].includes(third.refresh_token))
      await openid.fetchUserInfo(config, third.access_token, user.id)
    }
  })

  test('a second use within the grace is refused, and the family lives: two tabs may refresh at once', async () => {
    const client = await addClient(world(), { type: 'public' })
    const first = await firstToken(world(), client)
    const second = await openid.refreshTokenGrant(client.config, first)
    refused(await post(world(), '/token', use(first), client), 'invalid_grant')
    await moveBack(world(), 'consumed_at', GRACE - 5, 'RefreshToken')
    refused(await post(world(), '/token', use(first), client), 'invalid_grant')
    await openid.fetchUserInfo(client.config, second.access_token, world().user.id)
    await openid.refreshTokenGrant(client.config, String(second.refresh_token))
  })

  test('a second use after the grace ends the family, whoever has its newest token (RFC 9700 §4.14.2)', async () => {
    const client = await addClient(world(), { type: 'public' })
    const first = await firstToken(world(), client)
    const second = await openid.refreshTokenGrant(client.config, first)
    const third = await openid.refreshTokenGrant(client.config, String(second.refresh_token))
    await moveBack(world(), 'consumed_at', GRACE, 'RefreshToken')
    refused(await post(world(), '/token', use(first), client), 'invalid_grant')
    refused(await post(world(), '/token', use(String(third.refresh_token)), client), 'invalid_grant')
    for (const { access_token: token } of [second, third])
      await assert.rejects(openid.fetchUserInfo(client.config, token, world().user.id), { status: 401 })
    await openid.refreshTokenGrant(client.config, await firstToken(world(), client))
  })

  test('scopes may narrow at refresh and never widen (RFC 6749 §6)', async () => {
    const client = await addClient(world(), { type: 'web', resources: RESOURCES })
    const token = await firstToken(world(), client, 'openid email')
    for (const scope of ['openid profile', 'openid orders:read'])
      refused(await post(world(), '/token', use(token, { scope }), client), 'invalid_scope')
    const narrow = await openid.refreshTokenGrant(client.config, token, { scope: 'openid' })
    assert.equal(narrow.scope, 'openid')
    const info = await openid.fetchUserInfo(client.config, narrow.access_token, world().user.id)
    assert.deepEqual(Object.keys(info), ['sub'])
    const wide = await openid.refreshTokenGrant(client.config, String(narrow.refresh_token))
    assert.equal(wide.scope, 'openid email', 'the refresh token itself has not changed')
  })

  test('a refresh token opens the resources that were granted, and no other (RFC 8707 §2.2)', async () => {
    const client = await addClient(world(), { type: 'web', resources: RESOURCES })
    const scope = 'openid offline_access orders:read'
    const tokens = await getTokens(world(), client, { scope, resource: ORDERS })
    const [refresh, old] = [String(tokens.refresh_token), await readAccessToken(world(), tokens.access_token)]
    for (const [resource, more, error] of [
      ['https://nobody.example', {}, 'invalid_target'],
      ['nonsense', {}, 'invalid_target'],
      [ORDERS, { scope: 'orders:write' }, 'invalid_scope'],
      [STOCK, {}, 'invalid_target'],
    ] as const) {
      const answer = await post(world(), '/token', use(refresh, { resource, ...more }), client)
      refused(answer, error)
    }
    const next = await openid.refreshTokenGrant(client.config, refresh, { resource: ORDERS })
    const claims = await readAccessToken(world(), next.access_token)
    assert.deepEqual([claims.aud, claims['scope'], claims.sub], [old.aud, old['scope'], old.sub])
    assert.notEqual(claims.jti, old.jti)
    await assert.rejects(readAccessToken(world(), next.access_token, STOCK), { code: 'CS_AUD' })
    const same = await openid.refreshTokenGrant(client.config, String(next.refresh_token))
    assert.equal((await readAccessToken(world(), same.access_token)).aud, ORDERS, 'who names none gets that one')
  })

  test('roles are those of the moment of the refresh, and a disabled user gets no tokens', async () => {
    const client = await addClient(world(), { type: 'web', resources: RESOURCES })
    const { operations, store } = world()
    const credentials = { email: `${client.id.toLowerCase()}@example.org`, password: 'a password for a while' }
    const { user } = await operations.addUser({ ...credentials, roles: ['editor'] })
    const mine = { ...world(), user: { ...user, ...credentials }, browser: newBrowser() }
    const parameters = { scope: 'openid offline_access orders:read', resource: ORDERS }
    const tokens = await getTokens(mine, client, parameters)
    assert.deepEqual((await readAccessToken(mine, tokens.access_token))['roles'], ['editor'])
    const claims = JSON.stringify({ roles: ['reader'] })
    await store.db.updateTable('users').set({ claims }).where('id', '=', user.id).execute()
    const next = await openid.refreshTokenGrant(client.config, String(tokens.refresh_token), { resource: ORDERS })
    assert.deepEqual((await readAccessToken(mine, next.access_token))['roles'], ['reader'])
    await setState(mine, user.id, 'disabled')
    refused(await post(mine, '/token', use(String(next.refresh_token)), client), 'invalid_grant')
  })

  test('a refresh token that has expired is refused', async () => {
    const client = await addClient(world(), { type: 'web' })
    const token = await firstToken(world(), client)
    await moveBack(world(), 'expires_at', 90 * 86_400, 'RefreshToken')
    refused(await post(world(), '/token', use(token), client), 'invalid_grant')
  })

  test('a client of others gets a refresh token when the user was asked, and not before (OpenID Connect Core §11)', async () => {
    const client = await addClient(world(), { type: 'web', trusted: false })
    const agent = newBrowser()
    const scope = 'openid offline_access'
    const { refresh_token: none } = await redeem(client, await authorize(world(), client, { scope }, agent))
    assert.equal(none, undefined)
    const { location } = await agent.get((await toRequest(client, { scope, prompt: 'none' })).url)
    assert.ok(location?.searchParams.has('code'))
    const asked = await authorize(world(), client, { scope, prompt: 'consent' }, agent)
    const { refresh_token: token } = await redeem(client, asked)
    assert.equal((await post(world(), '/token', use(String(token)), client)).status, 200)
  })

  test('a machine has no refresh token', async () => {
    const client = await addClient(world(), { type: 'service', resources: RESOURCES })
    const parameters = { resource: ORDERS, scope: 'orders:read offline_access' }
    const tokens = await openid.clientCredentialsGrant(client.config, parameters).catch(() => undefined)
    assert.equal(tokens?.refresh_token, undefined)
    refused(await post(world(), '/token', use('x'), client), 'invalid_request')
  })
})
