import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSigner } from 'countersign'
import { accessToken } from 'countersign/profile'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import {
  addClient,
  authorize,
  FOREIGN,
  getTokens,
  HTTP,
  newBrowser,
  newKeyPair,
  ORDERS,
  onEachTopology,
  post,
  readAccessToken,
  redeem,
  refused,
  STOCK,
  setState,
  type TestClient,
  type World,
} from '../support/world.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'
const [ACCESS_TOKEN, ID_TOKEN, JWT] = ['access_token', 'id_token', 'jwt'].map(
  (type) => `urn:ietf:params:oauth:token-type:${type}`,
) as [string, string, string]

/** The service behind ORDERS, which asks STOCK on behalf of whoever called it. */
const SERVICE = {
  type: 'service',
  grant_types: ['client_credentials', GRANT],
  resources: { [ORDERS]: 'orders:read', [STOCK]: 'stock:read stock:write orders:read' },
} as const

/** A web application that calls ORDERS, and the token that it calls it with. */
async function callingToken(world: World, scope = 'openid orders:read stock:read'): Promise<string> {
  const resources = { [ORDERS]: 'orders:read orders:write stock:read' }
  const web = await addClient(world, { type: 'web', resources })
  return (await getTokens(world, web, { scope, resource: ORDERS })).access_token
}

const asks = (
  subject_token: string,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> & { grant_type: string } => ({
  grant_type: GRANT,
  subject_token,
  subject_token_type: ACCESS_TOKEN,
  resource: STOCK,
  ...more,
})

const scopeOf = async (world: World, answer: { body: Readonly<Record<string, unknown>> }): Promise<unknown> =>
  (await readAccessToken(world, String(answer.body['access_token']), STOCK))['scope']

onEachTopology((world) => {
  let service: TestClient | undefined
  const open = async (): Promise<TestClient> => {
    service ??= await addClient(world(), SERVICE)
    return service
  }

  test('scopes never widen: neither beyond the token, nor beyond the client (RFC 8693 §2.1)', async () => {
    const client = await open()
    const token = await callingToken(world())
    for (const scope of ['stock:write', 'stock:read stock:write', 'orders:write', 'admin', 'openid'])
      refused(await post(world(), '/token', asks(token, { scope }), client), 'invalid_scope')
    const all = await post(world(), '/token', asks(token), client)
    assert.equal(await scopeOf(world(), all), 'orders:read stock:read')
    const less = await post(world(), '/token', asks(token, { scope: 'stock:read' }), client)
    assert.equal(await scopeOf(world(), less), 'stock:read')
    const bare = await callingToken(world(), 'openid')
    assert.equal(await scopeOf(world(), await post(world(), '/token', asks(bare), client)), undefined)
    refused(await post(world(), '/token', asks(bare, { scope: 'stock:read' }), client), 'invalid_scope')
  })

  test('the new token is for one resource that the client may ask for (RFC 8693 §2.1, RFC 8707 §2)', async () => {
    const client = await open()
    const token = await callingToken(world())
    const { resource: _resource, ...nowhere } = asks(token)
    refused(await post(world(), '/token', nowhere, client), 'invalid_target')
    for (const more of [{ resource: FOREIGN }, { resource: 'nonsense' }, { resource: '' }])
      refused(await post(world(), '/token', asks(token, more), client), 'invalid_target')
    refused(await post(world(), '/token', { ...nowhere, audience: FOREIGN }, client), 'invalid_target')
    assert.equal((await post(world(), '/token', { ...nowhere, audience: STOCK }, client)).status, 200)
  })

  test('a client without the grant, and one that the token is not for, get nothing', async () => {
    const token = await callingToken(world())
    const plain = await addClient(world(), { type: 'service', resources: SERVICE.resources })
    refused(await post(world(), '/token', asks(token), plain), 'invalid_request')
    const stranger = await addClient(world(), { ...SERVICE, resources: { [STOCK]: 'stock:read' } })
    refused(await post(world(), '/token', asks(token), stranger), 'invalid_grant')
    const { id } = await open()
    refused(await post(world(), '/token', asks(token), { id, secret: 'wrong' }), 'invalid_client', 401)
    refused(await post(world(), '/token', asks(token), { id }), 'invalid_client', 401)
    for (const type of ['public', 'device'] as const)
      await assert.rejects(addClient(world(), { type, grant_types: [GRANT] }), { code: 'CLIENT_INVALID' })
  })

  test('what is no access token of ours, or is not good any more, is not exchanged', async () => {
    const { issuer, user } = world()
    const client = await open()
    const { key } = await newKeyPair()
    const web = await addClient(world(), { type: 'web', resources: { [ORDERS]: 'orders:read' } })
    const tokens = await getTokens(world(), web, { scope: 'openid orders:read', resource: ORDERS })
    const opaque = await getTokens(world(), web)
    const claims = { sub: user.id, client_id: web.id, scope: 'orders:read stock:read' }
    const options = { issuer, audience: ORDERS, expiresIn: '5m' } as const
    const [first] = world().instances
    assert.ok(first)
    const ours = { ...options, key: first.ring, alg: 'ES256' } as const
    const past = { now: () => Math.floor(Date.now() / 1000) - 3600 }
    const good = await accessToken.createSigner(ours).sign(claims)
    const [header, payload, signature] = good.split('.') as [string, string, string]
    const wider = Buffer.from(payload, 'base64url').toString().replace('stock:read', 'stock:write')
    for (const [why, token] of Object.entries({
      'an ID token': String(tokens.id_token),
      'an ID token with the audience of an API': await createSigner({ ...ours, typ: 'JWT' }).sign({
        ...claims,
        jti: 'x',
      }),
      'a refresh token': String(tokens.refresh_token),
      'an opaque token': opaque.access_token,
      'one by another key': await accessToken.createSigner({ ...options, key }).sign(claims),
      'one that was changed': `${header}.${Buffer.from(wider).toString('base64url')}.${signature}`,
      'one without a signature': `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload}.`,
      'one that has expired': await accessToken.createSigner({ ...ours, ...past }).sign(claims),
      'one of another issuer': await accessToken
        .createSigner({ ...ours, issuer: 'https://other.example' })
        .sign(claims),
      'one for another API': await accessToken.createSigner({ ...ours, audience: FOREIGN }).sign(claims),
      'one of somebody who is not here': await accessToken.createSigner(ours).sign({ ...claims, sub: 'usr_nobody' }),
      'one that is bound to a key': await accessToken
        .createSigner(ours)
        .sign({ ...claims, cnf: { jkt: 'x'.repeat(43) } }),
    })) {
      const answer = await post(world(), '/token', asks(token), client)
      assert.equal(answer.body['error'], 'invalid_grant', why)
      refused(answer, 'invalid_grant')
    }
    refused(await post(world(), '/token', asks(good, { subject_token_type: ID_TOKEN }), client), 'invalid_request')
    refused(await post(world(), '/token', asks(good, { requested_token_type: ID_TOKEN }), client), 'invalid_request')
    const actor = { actor_token: good, actor_token_type: ACCESS_TOKEN }
    refused(await post(world(), '/token', asks(good, actor), client), 'invalid_request')
    const { subject_token: _token, ...nothing } = asks(good)
    refused(await post(world(), '/token', nothing, client), 'invalid_request')
    assert.equal((await post(world(), '/token', asks(good), client)).status, 200, 'all else was in order')
  })

  test('by openid-client: the service is the actor, and roles are those of the user', async () => {
    const { user } = world()
    const client = await open()
    const token = await callingToken(world())
    const { grant_type: _grant, ...parameters } = asks(token, { scope: 'stock:read', requested_token_type: JWT })
    const answer = await openid.genericGrantRequest(client.config, GRANT, parameters)
    assert.deepEqual([answer['issued_token_type'], answer.token_type, answer.scope], [JWT, 'bearer', 'stock:read'])
    const [old, claims] = [
      await readAccessToken(world(), token),
      await readAccessToken(world(), answer.access_token, STOCK),
    ]
    assert.deepEqual([claims.sub, claims.client_id, claims['act']], [user.id, client.id, { sub: client.id }])
    assert.deepEqual(claims['roles'], user.roles)
    assert.ok(claims.exp <= old.exp && Number(answer.expires_in) <= 600, 'it lives no longer')
    await assert.rejects(readAccessToken(world(), answer.access_token, ORDERS), { code: 'CS_AUD' })
  })

  test('by oauth4webapi, twice: who acted before is inside (RFC 8693 §4.1)', async () => {
    const { as } = world()
    const [first, second] = [
      await open(),
      await addClient(world(), { ...SERVICE, resources: { [STOCK]: 'stock:read' } }),
    ]
    const exchange = async ({ client, auth }: TestClient, token: string): Promise<oauth.TokenEndpointResponse> => {
      const { grant_type: _grant, ...parameters } = asks(token)
      const response = await oauth.genericTokenEndpointRequest(as, client, auth, GRANT, parameters, HTTP)
      return oauth.processGenericTokenEndpointResponse(as, client, response)
    }
    const once = await exchange(first, await callingToken(world()))
    const twice = await exchange(second, once.access_token)
    assert.equal(twice.scope, 'stock:read')
    const { act } = await readAccessToken(world(), twice.access_token, STOCK)
    assert.deepEqual(act, { sub: second.id, act: { sub: first.id } })
  })

  test('a disabled user is nobody on whose behalf anything happens, and roles are those of now', async () => {
    const client = await open()
    const credentials = { email: 'bob@example.org', password: 'a password for a while' }
    const { user } = await world().operations.addUser({ ...credentials, roles: ['editor'] })
    const mine = { ...world(), user: { ...user, ...credentials }, browser: newBrowser() }
    const token = await callingToken(mine)
    const claims = JSON.stringify({ roles: ['reader'] })
    await mine.store.db.updateTable('users').set({ claims }).where('id', '=', user.id).execute()
    const { body } = await post(mine, '/token', asks(token), client)
    assert.deepEqual((await readAccessToken(mine, String(body['access_token']), STOCK))['roles'], ['reader'])
    await setState(mine, user.id, 'disabled')
    refused(await post(mine, '/token', asks(token), client), 'invalid_grant')
  })

  test('a token that DPoP binds to a key is not turned into one that is free', async () => {
    const client = await open()
    const resources = { [ORDERS]: 'orders:read stock:read' }
    const web = await addClient(world(), { type: 'web', resources })
    const parameters = { scope: 'openid orders:read', resource: ORDERS }
    const DPoP = openid.getDPoPHandle(web.config, await newKeyPair())
    const bound = await redeem(web, await authorize(world(), web, parameters), { resource: ORDERS }, { DPoP })
    refused(await post(world(), '/token', asks(bound.access_token), client), 'invalid_grant')
  })
})
