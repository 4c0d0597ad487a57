import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createSigner, importKey, type Key, thumbprint } from 'countersign'
import { clientAssertion, dpopProof } from 'countersign/profile'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { startReceiver } from '../support/receiver.ts'
import {
  addClient,
  authorize,
  codeGrant,
  FOREIGN,
  getTokens,
  HTTP,
  newKeyPair,
  ORDERS,
  onEachTopology,
  post,
  readAccessToken,
  redeem,
  refused,
  STOCK,
  type World,
} from '../support/world.ts'

const RESOURCES = { [ORDERS]: 'orders:read orders:write', [STOCK]: 'stock:read' }
const BY_ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const machine = { grant_type: 'client_credentials', resource: ORDERS, scope: 'orders:read' }

const [allowed, forbidden] = [await startReceiver(), await startReceiver()]
after(() => Promise.all([allowed.close(), forbidden.close()]))

const asserted = (client_assertion: string): Readonly<Record<string, string>> => ({
  ...machine,
  client_assertion,
  client_assertion_type: BY_ASSERTION,
})

/** A proof for the token endpoint. */
function prove({ issuer }: World, key: Key, change: Readonly<{ method?: string; url?: string }> = {}): Promise<string> {
  return dpopProof.createSigner({ key }).sign({ method: 'POST', url: `${issuer}/token`, ...change })
}

onEachTopology(
  (world) => {
    test('client credentials: a machine gets what it may have, and nothing else (RFC 6749 §4.4)', async () => {
      const client = await addClient(world(), { type: 'service', resources: RESOURCES })
      const web = await addClient(world(), { type: 'web', resources: RESOURCES })
      const open = await addClient(world(), { type: 'public', resources: RESOURCES })
      const ask = (change: object, who: { id: string; secret?: string | undefined } = client) =>
        post(world(), '/token', { ...machine, ...change }, who)
      refused(await ask({ resource: FOREIGN }), 'invalid_target')
      refused(await ask({ resource: 'not a URI' }), 'invalid_target')
      for (const [scope, granted] of [
        ['stock:read admin', undefined],
        ['orders:read stock:read', 'orders:read'],
      ] as const) {
        const { body } = await ask({ scope })
        assert.equal(body['scope'], granted)
        assert.equal((await readAccessToken(world(), String(body['access_token'])))['scope'], granted)
      }
      refused(await ask({}, { id: client.id, secret: 'wrong' }), 'invalid_client', 401)
      refused(await ask({}, { id: client.id }), 'invalid_client', 401)
      for (const one of [web, open]) refused(await ask({}, one), 'invalid_request')
      await assert.rejects(addClient(world(), { type: 'service', auth: 'none', grant_types: ['client_credentials'] }), {
        code: 'CLIENT_INVALID',
      })
    })

    test('client credentials, by openid-client and oauth4webapi, with a secret in the header or the body', async () => {
      const { as, keys, issuer } = world()
      for (const auth of ['client_secret_basic', 'client_secret_post'] as const) {
        const client = await addClient(world(), { type: 'service', auth, resources: RESOURCES })
        const parameters = { resource: ORDERS, scope: 'orders:read' }
        const tokens = await openid.clientCredentialsGrant(client.config, parameters)
        const claims = await readAccessToken({ ...world(), keys, issuer }, tokens.access_token)
        assert.deepEqual([claims.sub, claims.client_id, claims['scope']], [client.id, client.id, 'orders:read'])
        assert.equal(claims['roles'], undefined, 'a machine has none')
        const response = await oauth.clientCredentialsGrantRequest(as, client.client, client.auth, parameters, HTTP)
        const again = await oauth.processClientCredentialsResponse(as, client.client, response)
        assert.deepEqual([again.scope, again.expires_in, again.token_type], ['orders:read', 600, 'bearer'])
      }
    })

    test('without a resource a machine gets a token that says nothing, and that nobody else may ask about', async () => {
      const client = await addClient(world(), { type: 'service', resources: RESOURCES })
      const tokens = await openid.clientCredentialsGrant(client.config)
      assert.doesNotMatch(tokens.access_token, /\./)
      const { active, client_id, sub, scope } = await openid.tokenIntrospection(client.config, tokens.access_token)
      assert.deepEqual(
        { active, client_id, sub, scope },
        { active: true, client_id: client.id, sub: undefined, scope: undefined },
      )
      await assert.rejects(openid.fetchUserInfo(client.config, tokens.access_token, client.id), { status: 401 })
    })

    test('private_key_jwt: an assertion is used once, by its client, here, and while it is young (RFC 7523 §3)', async () => {
      const [pair, stranger] = [await newKeyPair(), await newKeyPair()]
      const options = { type: 'service', auth: 'private_key_jwt', jwks: pair.jwks, resources: RESOURCES } as const
      const { id } = await addClient(world(), options, pair.privateKey)
      const audience = world().issuer
      const sign = (change: Partial<Parameters<typeof clientAssertion.createSigner>[0]> = {}): Promise<string> =>
        clientAssertion.createSigner({ key: pair.key, clientId: id, audience, ...change }).sign()
      const now = Math.floor(Date.now() / 1000)
      const plain = createSigner({ key: pair.key, issuer: id, audience, expiresIn: 60 })
      const old = createSigner({ key: pair.key, issuer: id, audience, expiresIn: 60, now: () => now - 600 })
      for (const [why, token] of Object.entries({
        'for another server': await sign({ audience: 'https://other.example' }),
        'by a key of somebody else': await sign({ key: stranger.key }),
        'of another client': await sign({ clientId: 'nobody' }),
        expired: await old.sign({ sub: id, jti: 'old' }),
        'without a jti': await plain.sign({ sub: id }),
        'of nobody': await plain.sign({ jti: 'nobody' }),
        unsigned: `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await sign()).split('.')[1]}.`,
      })) {
        const answer = await post(world(), '/token', asserted(token))
        assert.equal(answer.status, 401, why)
        refused(answer, 'invalid_client', 401)
      }
      const good = await sign()
      const first = await post(world(), '/token', asserted(good))
      assert.equal(first.status, 200, JSON.stringify(first.body))
      refused(await post(world(), '/token', asserted(good)), 'invalid_client', 401)
      refused(await post(world(), '/token', machine, { id, secret: 'x' }), 'invalid_client', 401)
    })

    test('private_key_jwt, by openid-client and oauth4webapi', async () => {
      const pair = await newKeyPair()
      const options = { type: 'service', auth: 'private_key_jwt', jwks: pair.jwks, resources: RESOURCES } as const
      const { config, client, auth, id } = await addClient(world(), options, pair.privateKey)
      const parameters = { resource: ORDERS, scope: 'orders:read' }
      const { access_token: token } = await openid.clientCredentialsGrant(config, parameters)
      assert.equal((await readAccessToken(world(), token)).client_id, id)
      const { as } = world()
      const response = await oauth.clientCredentialsGrantRequest(as, client, auth, parameters, HTTP)
      assert.ok((await oauth.processClientCredentialsResponse(as, client, response)).access_token)
    })

    test('private_key_jwt: keys come from where the client has them, but from no private address that is not named', async () => {
      const pair = await newKeyPair()
      for (const [{ origin, received }, status] of [
        [forbidden, 401],
        [allowed, 200],
      ] as const) {
        allowed.answer = forbidden.answer = pair.jwks
        received.length = 0
        const options = { type: 'service', auth: 'private_key_jwt', resources: RESOURCES } as const
        const { id } = await addClient(world(), { ...options, jwks_uri: `${origin}/keys` }, pair.privateKey)
        const signer = clientAssertion.createSigner({ key: pair.key, clientId: id, audience: world().issuer })
        const answer = await post(world(), '/token', asserted(await signer.sign()))
        assert.deepEqual(
          [answer.status, received.length],
          [status, status === 200 ? 1 : 0],
          JSON.stringify(answer.body),
        )
      }
    })

    test('DPoP: a proof is for one request, by one key, and used once (RFC 9449 §4.3, §11.1)', async () => {
      const { issuer } = world()
      const client = await addClient(world(), { type: 'service', dpop_bound_access_tokens: true, resources: RESOURCES })
      const { key } = await newKeyPair()
      const ask = (dpop: string) => post(world(), '/token', machine, client, { dpop })
      refused(await post(world(), '/token', machine, client), 'invalid_grant')
      const now = Math.floor(Date.now() / 1000)
      const old = dpopProof.createSigner({ key, now: () => now - 3600 })
      for (const proof of [
        await prove(world(), key, { url: `${issuer}/elsewhere` }),
        await prove(world(), key, { method: 'GET' }),
        await old.sign({ method: 'POST', url: `${issuer}/token` }),
        'nonsense',
      ])
        refused(await ask(proof), 'invalid_dpop_proof')
      const proof = await prove(world(), key)
      const first = await ask(proof)
      assert.deepEqual([first.status, first.body['token_type']], [200, 'DPoP'])
      const claims = await readAccessToken(world(), String(first.body['access_token']))
      assert.deepEqual(claims.cnf, { jkt: await thumbprint(key) })
      refused(await ask(proof), 'invalid_grant')
    })

    test('DPoP: a code, a refresh token and an access token are of use with their key alone (RFC 9449 §5, §10)', async () => {
      const { issuer, user } = world()
      const client = await addClient(world(), { type: 'public', dpop_bound_access_tokens: true })
      const [mine, other] = [await newKeyPair(), await newKeyPair()]
      const dpop_jkt = await thumbprint(mine.key)
      const arrival = await authorize(world(), client, { scope: 'openid offline_access', dpop_jkt })
      const handle = openid.getDPoPHandle(client.config, mine)
      const tokens = await redeem(client, arrival, {}, { DPoP: handle })
      assert.equal(tokens.token_type, 'dpop')
      const use = { grant_type: 'refresh_token', refresh_token: String(tokens.refresh_token) }
      refused(await post(world(), '/token', use, client), 'invalid_grant')
      const wrong = { dpop: await prove(world(), other.key) }
      refused(await post(world(), '/token', use, client, wrong), 'invalid_grant')
      const next = await openid.refreshTokenGrant(client.config, use.refresh_token, {}, { DPoP: handle })
      await openid.fetchUserInfo(client.config, next.access_token, user.id, { DPoP: handle })
      const at = { method: 'GET', url: `${issuer}/me` } as const
      const ask = (headers: Readonly<Record<string, string>>) => fetch(at.url, { headers })
      const token = next.access_token
      const proof = await dpopProof.createSigner({ key: mine.key }).sign({ ...at, accessToken: token })
      const stranger = await dpopProof.createSigner({ key: other.key }).sign({ ...at, accessToken: token })
      assert.equal((await ask({ authorization: `Bearer ${token}` })).status, 401)
      assert.equal((await ask({ authorization: `DPoP ${token}` })).status, 400)
      assert.equal((await ask({ authorization: `DPoP ${token}`, dpop: stranger })).status, 401)
      assert.equal((await ask({ authorization: `DPoP ${token}`, dpop: proof })).status, 200)
      assert.equal((await ask({ authorization: `DPoP ${token}`, dpop: proof })).status, 401)
      const stolen = await authorize(world(), client, { dpop_jkt })
      const answer = await post(world(), '/token', codeGrant(stolen), client, { dpop: await prove(world(), other.key) })
      refused(answer, 'invalid_grant')
    })

    test('DPoP is for the client to choose: without a proof it gets a Bearer token', async () => {
      const client = await addClient(world(), { type: 'web', resources: RESOURCES })
      const parameters = { scope: 'openid orders:read', resource: ORDERS }
      const { access_token: token } = await getTokens(world(), client, parameters)
      assert.equal((await readAccessToken(world(), token)).cnf, undefined)
      const pair = await newKeyPair()
      const DPoP = openid.getDPoPHandle(client.config, pair)
      const bound = await redeem(client, await authorize(world(), client, parameters), { resource: ORDERS }, { DPoP })
      const claims = await readAccessToken(world(), bound.access_token)
      assert.equal(claims.cnf?.jkt, await thumbprint(importKey(pair.publicKey)))
    })
  },
  { env: { OUTGOING_ALLOW: allowed.origin } },
)
