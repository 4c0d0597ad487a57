import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDecrypter, decodeUnverified, importKey, type Jwk, type Key } from 'countersign'
import { decryptJwe } from 'countersign/jwe'
import { idToken } from 'countersign/profile'
import * as jose from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { dump } from '../support/postgres.ts'
import { login } from '../support/user-agent.ts'
import {
  addClient,
  authorize,
  CALLBACK,
  codeGrant,
  errorOf,
  FOREIGN,
  getTokens,
  HTTP,
  moveBack,
  ORDERS,
  onEachTopology,
  post,
  readAccessToken,
  redeem,
  refused,
  STOCK,
  toRequest,
} from '../support/world.ts'

const RESOURCES = { [ORDERS]: 'orders:read orders:write', [STOCK]: 'stock:read' }

/** A key that a client has its ID tokens encrypted to. */
async function newEncryptionKey(): Promise<{ privateKey: jose.CryptoKey; key: Key; jwk: jose.JWK }> {
  const { privateKey, publicKey } = await jose.generateKeyPair('ECDH-ES', { extractable: true })
  const own = { use: 'enc', alg: 'ECDH-ES', kid: 'for-id-tokens' }
  const key = importKey({ ...((await jose.exportJWK(privateKey)) as Jwk), ...own })
  return { privateKey, key, jwk: { ...(await jose.exportJWK(publicKey)), ...own } }
}

async function openText(jwe: string, key: jose.CryptoKey): Promise<string> {
  return Buffer.from((await jose.compactDecrypt(jwe, key)).plaintext).toString()
}

onEachTopology((world) => {
  test('a token for a resource that the client may not ask for is refused at the beginning (RFC 8707 §2.1)', async () => {
    const client = await addClient(world(), { type: 'web', resources: { [ORDERS]: 'orders:read' } })
    await authorize(world(), client)
    for (const resource of [FOREIGN, STOCK, `${ORDERS}/`, 'orders', `${ORDERS}#part`]) {
      const { location } = await world().browser.get((await toRequest(client, { resource })).url)
      assert.equal(errorOf(location), 'invalid_target', resource)
    }
  })

  test('a code gives a token for a resource that was granted with it, and for no other (RFC 8707 §2.2)', async () => {
    const client = await addClient(world(), { type: 'web', resources: RESOURCES })
    const asked = { scope: 'openid orders:read', resource: ORDERS }
    for (const resource of [STOCK, FOREIGN]) {
      const grant = codeGrant(await authorize(world(), client, asked))
      refused(await post(world(), '/token', { ...grant, resource }, client), 'invalid_target')
    }
    const tokens = await redeem(client, await authorize(world(), client, asked), { resource: ORDERS })
    assert.equal((await readAccessToken(world(), tokens.access_token)).aud, ORDERS)
    await assert.rejects(readAccessToken(world(), tokens.access_token, STOCK), { code: 'CS_AUD' })
    await assert.rejects(openid.fetchUserInfo(client.config, tokens.access_token, world().user.id), { status: 401 })
  })

  test('access tokens are RFC 9068 JWTs that say who, for whom, and what', async () => {
    const { issuer, user } = world()
    const client = await addClient(world(), { type: 'web', resources: RESOURCES })
    const asked = { scope: 'openid orders:read stock:read admin', resource: ORDERS }
    const { access_token: token, scope } = await getTokens(world(), client, asked)
    const { header } = decodeUnverified(token)
    assert.deepEqual([header.typ, header.alg], ['at+jwt', 'ES256'])
    const { exp, iat, jti, roles, auth_time: time, ...claims } = await readAccessToken(world(), token)
    const expected = {
      iss: issuer,
      sub: user.id,
      aud: ORDERS,
      client_id: client.id,
      scope: 'orders:read',
      amr: ['pwd'],
    }
    assert.ok(typeof time === 'number' && time <= iat, 'when they logged in')
    assert.deepEqual({ ...claims }, expected)
    assert.deepEqual([roles, exp - iat, scope], [user.roles, 600, 'orders:read'])
    assert.ok(typeof jti === 'string')
    const { as } = world()
    const request = new Request(ORDERS, { headers: { authorization: `Bearer ${token}` } })
    assert.equal((await oauth.validateJwtAccessToken(as, request, ORDERS, HTTP)).sub, user.id)
  })

  test('no token passes for one of another kind', async () => {
    const { keys, issuer } = world()
    const client = await addClient(world(), { type: 'web', resources: RESOURCES })
    const arrival = await authorize(world(), client, { scope: 'openid orders:read', resource: ORDERS })
    const tokens = await redeem(client, arrival, { resource: ORDERS })
    await assert.rejects(readAccessToken(world(), String(tokens.id_token), client.id), { code: 'CS_TYP' })
    const verifier = idToken.createVerifier({ keys, issuer, audience: ORDERS })
    const result = await verifier.safeVerify(tokens.access_token, { nonce: arrival.nonce })
    assert.equal(result.ok, false)
    const bearer = { authorization: `Bearer ${tokens.id_token}` }
    assert.equal((await fetch(`${issuer}/me`, { headers: bearer })).status, 401)
  })

  test('introspection tells a client of its own tokens, and nobody of those of others (RFC 7662 §2)', async () => {
    const { as, user } = world()
    const client = await addClient(world(), { type: 'web' })
    const other = await addClient(world(), { type: 'web' })
    const tokens = await getTokens(world(), client, { scope: 'openid email' })
    const inactive = { active: false }
    assert.deepEqual(await openid.tokenIntrospection(other.config, tokens.access_token), inactive)
    assert.deepEqual(await openid.tokenIntrospection(client.config, 'nonsense'), inactive)
    const one = { token: tokens.access_token }
    refused(await post(world(), '/token/introspection', one, { id: client.id, secret: 'x' }), 'invalid_client', 401)
    refused(await post(world(), '/token/introspection', one, { id: client.id }), 'invalid_client', 401)
    refused(await post(world(), '/token/introspection', {}, client), 'invalid_request')
    const told = await openid.tokenIntrospection(client.config, tokens.access_token)
    assert.deepEqual([told.active, told.sub, told.client_id, told.scope], [true, user.id, client.id, 'openid email'])
    const response = await oauth.introspectionRequest(
      as,
      client.client,
      client.auth,
      String(tokens.refresh_token),
      HTTP,
    )
    assert.equal((await oauth.processIntrospectionResponse(as, client.client, response)).active, true)
  })

  test('tokens that an API reads by itself are neither introspected nor revoked: they end soon', async () => {
    const client = await addClient(world(), { type: 'web', resources: RESOURCES })
    const { access_token: token } = await getTokens(world(), client, { scope: 'openid orders:read', resource: ORDERS })
    for (const path of ['/token/introspection', '/token/revocation'])
      refused(await post(world(), path, { token }, client), 'unsupported_token_type')
  })

  test('revocation ends a token, and with it its family; that of another client does nothing (RFC 7009 §2)', async () => {
    const { as, user } = world()
    const [client, other] = [await addClient(world(), { type: 'web' }), await addClient(world(), { type: 'public' })]
    const tokens = await getTokens(world(), client)
    const refresh = String(tokens.refresh_token)
    const info = (token: string) => openid.fetchUserInfo(client.config, token, user.id)
    await post(world(), '/token/revocation', { token: refresh }, other)
    await post(world(), '/token/revocation', { token: tokens.access_token }, other)
    refused(await post(world(), '/token/revocation', { token: refresh }, { id: client.id }), 'invalid_client', 401)
    await info(tokens.access_token)
    await openid.tokenRevocation(client.config, 'nonsense')
    await openid.tokenRevocation(client.config, refresh)
    await assert.rejects(openid.refreshTokenGrant(client.config, refresh), { error: 'invalid_grant' })
    await assert.rejects(info(tokens.access_token), { status: 401 })
    assert.deepEqual(await openid.tokenIntrospection(client.config, tokens.access_token), { active: false })
    const more = await getTokens(world(), client)
    const response = await oauth.revocationRequest(as, client.client, client.auth, more.access_token, HTTP)
    await oauth.processRevocationResponse(response)
    await assert.rejects(info(more.access_token), { status: 401 })
  })

  test('an opaque token ends when its time has come', async () => {
    const client = await addClient(world(), { type: 'web' })
    const { access_token: token } = await getTokens(world(), client)
    await moveBack(world(), 'expires_at', 3600, 'AccessToken')
    await assert.rejects(openid.fetchUserInfo(client.config, token, world().user.id), { status: 401 })
    assert.deepEqual(await openid.tokenIntrospection(client.config, token), { active: false })
  })

  test('nothing that could be used is in the database', async () => {
    const { database, user, browser } = world()
    const client = await addClient(world(), { type: 'web' })
    const arrival = await authorize(world(), client)
    const unused = await authorize(world(), client)
    const tokens = await redeem(client, arrival)
    const stolen = await dump(database)
    for (const [what, value] of Object.entries({
      'a code': arrival.code,
      'a code that was not used': unused.code,
      'an access token': tokens.access_token,
      'a refresh token': String(tokens.refresh_token),
      'a client secret': String(client.secret),
      'a password': user.password,
      ...Object.fromEntries(browser.cookies.map(({ name, value }) => [`the cookie ${name}`, value])),
    })) {
      assert.ok(value.length > 15, what)
      assert.ok(!stolen.includes(value), what)
    }
    assert.ok(stolen.includes(client.id), 'the dump is one')
  })

  test('an encrypted ID token opens with the key of its client: by countersign, jose and both clients', async () => {
    const { keys, issuer, user, as } = world()
    const { key: sealing, jwk, privateKey } = await newEncryptionKey()
    for (const enc of ['A256GCM', 'A128CBC-HS256'] as const) {
      const full = await addClient(world(), {
        type: 'web',
        jwks: { keys: [jwk] },
        id_token_encrypted_response_alg: 'ECDH-ES',
        id_token_encrypted_response_enc: enc,
      })
      const { id, client, auth } = full
      const arrival = await authorize(world(), full)
      const checks = { expectedNonce: arrival.nonce, requireIdToken: true }
      openid.enableDecryptingResponses(full.config, [enc], { key: privateKey, alg: 'ECDH-ES', kid: 'for-id-tokens' })
      const token = String((await redeem(full, arrival)).id_token)
      assert.equal(token.split('.').length, 5)

      const verifier = idToken.createVerifier({ keys, issuer, audience: id })
      const opened = await decryptJwe(token, { keys: sealing })
      assert.deepEqual([opened.header['enc'], opened.header['cty']], [enc, 'JWT'])
      const inner = Buffer.from(opened.plaintext).toString()
      assert.equal((await verifier.verify(inner, { nonce: arrival.nonce })).claims.sub, user.id)

      assert.equal(await openText(token, privateKey), inner)

      // Without a nonce, a decrypter does both.
      const { url, verifier: code_verifier } = await toRequest(full)
      url.searchParams.delete('nonce')
      const code = (await login(world().browser, url, user)).searchParams.get('code') as string
      const { body } = await post(world(), '/token', codeGrant({ code, verifier: code_verifier }), full)
      // biome-ignore lint/suspicious/noThenProperty: the option has that name.
      const decrypter = createDecrypter({ keys: sealing, then: verifier })
      assert.equal((await decrypter.decrypt(String(body['id_token']))).claims.sub, user.id)

      const other = await newEncryptionKey()
      await assert.rejects(decryptJwe(token, { keys: other.key }), { code: 'CS_DECRYPTION' })
      const again = await authorize(world(), full)
      const parameters = oauth.validateAuthResponse(as, client, again.url, again.state)
      const options = { ...HTTP, [oauth.jweDecrypt]: async (jwe: string) => openText(jwe, privateKey) }
      const sent = oauth.authorizationCodeGrantRequest(as, client, auth, parameters, CALLBACK, again.verifier, HTTP)
      const nonce = { ...checks, expectedNonce: again.nonce }
      const tokens = await oauth.processAuthorizationCodeResponse(as, client, await sent, { ...nonce, ...options })
      assert.equal(oauth.getValidatedIdTokenClaims(tokens)?.sub, user.id)
    }
  })
})
