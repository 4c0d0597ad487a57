import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idToken } from 'countersign/profile'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { asks, login } from '../support/user-agent.ts'
import {
  addClient,
  authorize,
  CALLBACK,
  codeGrant,
  errorOf,
  HTTP,
  moveBack,
  newBrowser,
  onEachTopology,
  post,
  redeem,
  refused,
  setState,
  toRequest,
} from '../support/world.ts'

/** What a login may cost: operations on the database, for the protocol, from the request of the client to its tokens. */
const MOST_OPERATIONS = 16

onEachTopology((world) => {
  test('an authorization request is refused that could be stolen or misled, on a page of ours (RFC 6749 §4.1.2.1)', async () => {
    const client = await addClient(world(), { type: 'web' })
    for (const [why, parameters] of Object.entries({
      'an unknown client': { client_id: 'nobody' },
      'a redirect URI that is not registered': { redirect_uri: 'https://thief.example/callback' },
      'a redirect URI with something behind it': { redirect_uri: `${CALLBACK}/more` },
      'a redirect URI with another query': { redirect_uri: `${CALLBACK}?more=1` },
    })) {
      const { url } = await toRequest(client, parameters)
      const page = await newBrowser().get(url)
      assert.deepEqual([page.status, page.location], [400, undefined], why)
      assert.match(String(page.headers['content-security-policy']), /default-src 'none'/)
    }
  })

  test('PKCE is demanded of every client, and by S256 alone (RFC 9700 §2.1.1)', async () => {
    for (const type of ['web', 'public'] as const) {
      const client = await addClient(world(), { type })
      for (const [why, without, method] of [
        ['none', ['code_challenge', 'code_challenge_method'], undefined],
        ['no method, which means plain', ['code_challenge_method'], undefined],
        ['plain', [], 'plain'],
      ] as const) {
        const { url } = await toRequest(client, method === undefined ? {} : { code_challenge_method: method })
        for (const name of without) url.searchParams.delete(name)
        const page = await world().browser.get(url)
        assert.equal(errorOf(page.location), 'invalid_request', `${type} ${why}`)
      }
    }
  })

  test('there is no implicit grant, and no password grant (RFC 9700 §2.1.2, §2.4)', async () => {
    const client = await addClient(world(), { type: 'web' })
    for (const type of ['token', 'id_token', 'code id_token', 'code token']) {
      const { url } = await toRequest(client, { response_type: type })
      const { location } = await world().browser.get(url)
      assert.match(String(location), /^https:\/\/app\.example\/callback[?#]error=unsupported_response_type&/, type)
    }
    const { email, password } = world().user
    const answer = await post(world(), '/token', { grant_type: 'password', username: email, password }, client)
    refused(answer, 'unsupported_grant_type')
  })

  test('a wrong password, a disabled user and a foreign form get no code', async () => {
    const client = await addClient(world(), { type: 'web' })
    const { email, password, id } = world().user
    const { url } = await toRequest(client)
    const agent = newBrowser()
    const page = await agent.get(url)
    const wrong = await agent.submit(page, { email, password: `${password}.` })
    assert.deepEqual([wrong.status, wrong.location], [401, undefined])
    assert.ok(asks(wrong.forms[0]?.fields ?? [], 'password'))
    await setState(world(), id, 'disabled')
    const disabled = await agent.submit(wrong, { email, password })
    await setState(world(), id, 'active')
    assert.equal(disabled.status, 401)
    assert.equal(disabled.html, wrong.html, 'both get the same answer')
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://thief.example' }, { origin: 'null' }])
      assert.equal((await agent.submit(wrong, { email, password }, { headers })).status, 403)
    assert.equal((await agent.submit(wrong, { email, password, csrf: 'x'.repeat(43) })).status, 403)
    const other = newBrowser()
    assert.equal((await other.submit(wrong, { email, password })).status, 400, 'the browser of somebody else')
    assert.ok((await agent.submit(wrong, { email, password })).location?.searchParams.has('code'))
  })

  test('who cancels the login or refuses consent gives no code (OpenID Connect Core §3.1.2.6)', async () => {
    const client = await addClient(world(), { type: 'web', trusted: false })
    const agent = newBrowser()
    const { url, state } = await toRequest(client)
    const page = await agent.get(url)
    const form = page.forms.find(({ action }) => action.endsWith('/abort'))
    const { location } = await agent.submit(page, {}, form && { form })
    assert.deepEqual([errorOf(location), location?.searchParams.get('state')], ['access_denied', state])
    const denied = await login(agent, (await toRequest(client)).url, world().user, 'deny')
    assert.deepEqual([errorOf(denied), denied.searchParams.get('code')], ['access_denied', null])
  })

  test('login, consent, code, PKCE, tokens and userinfo, by openid-client (OpenID Connect Core §3.1)', async (t) => {
    const { issuer, user, keys, counted } = world()
    const client = await addClient(world(), { type: 'web', trusted: false })
    const agent = newBrowser()
    counted.length = 0
    const asked = { scope: 'openid email profile roles', max_age: '300' }
    const arrival = await authorize(world(), client, asked, agent)
    assert.equal(arrival.url.searchParams.get('iss'), issuer, 'RFC 9207')
    const tokens = await redeem(client, arrival)
    t.diagnostic(`${counted.length} operations on the database for a login with consent: ${counted.join(' ')}`)
    assert.deepEqual([tokens.token_type, tokens.expires_in, tokens.refresh_token], ['bearer', 600, undefined])
    const verifier = idToken.createVerifier({ keys, issuer, audience: client.id, algorithms: ['ES256'] })
    const given = { nonce: arrival.nonce, maxAge: '5m' } as const
    const { claims } = await verifier.verify(String(tokens.id_token), given)
    assert.deepEqual([claims.sub, claims['email']], [user.id, undefined])
    const info = await openid.fetchUserInfo(client.config, tokens.access_token, claims.sub)
    const { sub, email, email_verified, name, roles } = info
    const expected = { sub: user.id, email: user.email, email_verified: false, name: user.name, roles: user.roles }
    assert.deepEqual({ sub, email, email_verified, name, roles }, expected)
    const again = newBrowser()
    again.cookies.push(...agent.cookies)
    const { location } = await again.get((await toRequest(client, { scope: 'openid email', prompt: 'none' })).url)
    assert.ok(location?.searchParams.has('code'), 'what was granted is not asked for again')
    const more = await again.get((await toRequest(client, { scope: 'openid offline_access', prompt: 'consent' })).url)
    assert.ok(asks(more.forms[0]?.buttons ?? [], 'decision'), 'what was not granted is')
  })

  test('the same by oauth4webapi, for a public client', async () => {
    const { as, user } = world()
    const { id, client, auth, ...rest } = await addClient(world(), { type: 'public' })
    const { url, verifier, nonce, state } = await authorize(world(), { id, client, auth, ...rest })
    const parameters = oauth.validateAuthResponse(as, client, url, state)
    const sent = oauth.authorizationCodeGrantRequest(as, client, auth, parameters, CALLBACK, verifier, HTTP)
    const response = await sent
    const checks = { expectedNonce: nonce, requireIdToken: true }
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, checks)
    await oauth.validateApplicationLevelSignature(as, response, HTTP)
    assert.equal(oauth.getValidatedIdTokenClaims(tokens)?.sub, user.id)
    const asked = await oauth.userInfoRequest(as, client, tokens.access_token, HTTP)
    assert.deepEqual(await oauth.processUserInfoResponse(as, client, user.id, asked), { sub: user.id })
  })

  test(`a plain login takes no more than ${MOST_OPERATIONS} operations on the database`, async (t) => {
    const { counted } = world()
    const client = await addClient(world(), { type: 'web' })
    await redeem(client, await authorize(world(), client, {}, newBrowser()))
    counted.length = 0
    await redeem(client, await authorize(world(), client, {}, newBrowser()))
    t.diagnostic(`${counted.length} operations on the database for a login: ${counted.join(' ')}`)
    assert.ok(counted.length > 0 && counted.length <= MOST_OPERATIONS, `${counted.length} operations`)
  })

  test('a code is redeemed by its client, with its verifier and redirect URI, and no other (RFC 6749 §4.1.3)', async () => {
    const [client, other] = [await addClient(world(), { type: 'web' }), await addClient(world(), { type: 'web' })]
    const open = await addClient(world(), { type: 'public' })
    const arrival = await authorize(world(), client)
    const right = codeGrant(arrival)
    const { code_verifier: _verifier, ...unproven } = right
    for (const parameters of [
      { ...right, code_verifier: openid.randomPKCECodeVerifier() },
      { ...right, code_verifier: 'short' },
      { ...right, redirect_uri: `${CALLBACK}/more` },
      { ...right, code: `${arrival.code}x` },
      unproven,
    ]) {
      const answer = await post(world(), '/token', parameters, client)
      refused(answer, Object.values(parameters).includes('short') ? 'invalid_request' : 'invalid_grant')
    }
    for (const one of [other, open]) refused(await post(world(), '/token', right, one), 'invalid_grant')
    const wrong = await post(world(), '/token', right, { id: client.id, secret: `${client.secret}x` })
    refused(wrong, 'invalid_client', 401)
    assert.match(wrong.headers.get('www-authenticate') ?? '', /^Basic /)
    refused(await post(world(), '/token', right, { id: client.id, secret: other.secret }), 'invalid_client', 401)
    refused(await post(world(), '/token', right, { id: client.id }), 'invalid_client', 401)
    refused(await post(world(), '/token', right, { id: 'nobody', secret: 'x' }), 'invalid_client', 401)
    assert.equal((await post(world(), '/token', right, client)).status, 200, 'none of these has used it up')
  })

  test('a code that is redeemed twice ends what came of it (RFC 6749 §4.1.2)', async () => {
    const client = await addClient(world(), { type: 'web' })
    const arrival = await authorize(world(), client)
    const { access_token: token, refresh_token: refresh } = await redeem(client, arrival)
    await openid.fetchUserInfo(client.config, token, world().user.id)
    refused(await post(world(), '/token', codeGrant(arrival), client), 'invalid_grant')
    await assert.rejects(openid.fetchUserInfo(client.config, token, world().user.id), { status: 401 })
    await assert.rejects(openid.refreshTokenGrant(client.config, String(refresh)), { error: 'invalid_grant' })
    await redeem(client, await authorize(world(), client))
  })

  test('a code that has expired is refused (RFC 6749 §4.1.2)', async () => {
    const client = await addClient(world(), { type: 'web' })
    const arrival = await authorize(world(), client)
    await moveBack(world(), 'expires_at', 3600, 'AuthorizationCode')
    refused(await post(world(), '/token', codeGrant(arrival), client), 'invalid_grant')
  })

  test('a login that was left half done ends, and so does a session', async () => {
    const client = await addClient(world(), { type: 'web' })
    const { email, password } = world().user
    const agent = newBrowser()
    const page = await agent.get((await toRequest(client)).url)
    await moveBack(world(), 'expires_at', 2 * 3600, 'Interaction')
    const late = await agent.submit(page, { email, password })
    assert.deepEqual([late.status, late.location, late.forms.length], [400, undefined, 0])
    await authorize(world(), client, {}, agent)
    await moveBack(world(), 'expires_at', 30 * 86_400, 'Session')
    const { location } = await agent.get((await toRequest(client, { prompt: 'none' })).url)
    assert.equal(errorOf(location), 'login_required')
  })

  test('several clients share one login, and each login has a session id of its own', async () => {
    const [first, second] = [await addClient(world(), { type: 'web' }), await addClient(world(), { type: 'public' })]
    const agent = newBrowser()
    const session = (): string | undefined => agent.cookies.find(({ name }) => name.endsWith('_session'))?.value
    const none = await agent.get((await toRequest(first, { prompt: 'none' })).url)
    assert.equal(errorOf(none.location), 'login_required')
    await redeem(first, await authorize(world(), first, {}, agent))
    const before = session()
    const page = await agent.get((await toRequest(second, { prompt: 'none' })).url)
    assert.ok(page.location?.searchParams.has('code'), 'no second prompt')
    await authorize(world(), first, { prompt: 'login' }, agent)
    assert.ok(before !== undefined && before !== session(), 'a session id that somebody fixed is of no use')
    for (const { attributes } of agent.cookies)
      assert.deepEqual([attributes['httponly'], attributes['samesite']?.toLowerCase()], ['', 'lax'])
  })

  test('ID tokens are ES256, and RS256 for a client that asks for it (OpenID Connect Core §15.1)', async () => {
    const { keys, issuer } = world()
    const client = await addClient(world(), { type: 'web', id_token_signed_response_alg: 'RS256' })
    const arrival = await authorize(world(), client)
    const { id_token: token } = await redeem(client, arrival)
    const options = { keys, issuer, audience: client.id }
    const { header } = await idToken
      .createVerifier({ ...options, algorithms: ['RS256'] })
      .verify(String(token), { nonce: arrival.nonce })
    assert.equal(header.alg, 'RS256')
    const { error } = (await idToken
      .createVerifier({ ...options, algorithms: ['ES256'] })
      .safeVerify(String(token), { nonce: arrival.nonce })) as { error?: { code: string } }
    assert.equal(error?.code, 'CS_ALG')
  })
})
