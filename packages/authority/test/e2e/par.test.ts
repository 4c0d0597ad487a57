import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { login } from '../support/user-agent.ts'
import {
  addClient,
  authorize,
  CALLBACK,
  errorOf,
  HTTP,
  moveBack,
  newBrowser,
  onEachTopology,
  post,
  redeem,
  refused,
  type TestClient,
  toRequest,
  type World,
} from '../support/world.ts'

/** The parameters of an authorization request, as they are pushed. */
async function toParameters(
  client: TestClient,
  change: Readonly<Record<string, string>> = {},
): Promise<{ parameters: Record<string, string>; verifier: string; nonce: string; state: string }> {
  const { url, ...own } = await toRequest(client, change)
  return { parameters: Object.fromEntries(url.searchParams), ...own }
}

async function push(world: World, client: TestClient): Promise<string> {
  const { status, body } = await post(world, '/request', (await toParameters(client)).parameters, client)
  assert.equal(status, 201, JSON.stringify(body))
  return String(body['request_uri'])
}

const toUrl = ({ issuer }: World, client_id: string, request_uri: string): URL =>
  new URL(`/auth?${new URLSearchParams({ client_id, request_uri })}`, issuer)

onEachTopology((world) => {
  test('a request that would be refused is refused when it is pushed (RFC 9126 §2.3)', async () => {
    const client = await addClient(world(), { type: 'web' })
    const { parameters } = await toParameters(client)
    const { code_challenge: _challenge, ...bare } = parameters
    const change = (more: object): Readonly<Record<string, string>> => ({ ...parameters, ...more })
    for (const [sent, error] of [
      [change({ redirect_uri: 'https://thief.example' }), 'invalid_request'],
      [change({ code_challenge_method: 'plain' }), 'invalid_request'],
      [change({ response_type: 'token' }), 'unsupported_response_type'],
      [change({ request_uri: 'urn:ietf:params:oauth:request_uri:x' }), 'request_uri_not_supported'],
      [bare, 'invalid_request'],
    ] as const)
      refused(await post(world(), '/request', sent, client), error)
    refused(await post(world(), '/request', parameters, { id: client.id, secret: 'x' }), 'invalid_client', 401)
    refused(await post(world(), '/request', parameters, { id: client.id }), 'invalid_client', 401)
    const other = await addClient(world(), { type: 'web' })
    const foreign = await post(world(), '/request', parameters, other)
    assert.ok(foreign.status === 400 || foreign.status === 401, 'client_id is that of another')
  })

  test('a client that has to push its requests gets nowhere otherwise (RFC 9126 §5)', async () => {
    const client = await addClient(world(), { type: 'web', require_pushed_authorization_requests: true })
    const { location } = await world().browser.get((await toRequest(client)).url)
    assert.equal(errorOf(location), 'invalid_request')
    const arrived = await login(world().browser, toUrl(world(), client.id, await push(world(), client)), world().user)
    assert.ok(arrived.searchParams.has('code'))
  })

  test('by openid-client: what the browser carries says nothing of the request', async () => {
    const client = await addClient(world(), { type: 'web' })
    const { parameters, ...own } = await toParameters(client, { scope: 'openid email' })
    const to = await openid.buildAuthorizationUrlWithPAR(client.config, parameters)
    assert.deepEqual([...to.searchParams.keys()].toSorted(), ['client_id', 'request_uri'])
    const url = await login(newBrowser(), to, world().user)
    const tokens = await redeem(client, { url, code: '', ...own })
    assert.equal(tokens.scope, 'openid email')
  })

  test('by oauth4webapi, for a public client', async () => {
    const { as, user } = world()
    const full = await addClient(world(), { type: 'public' })
    const { client, auth } = full
    const { parameters, verifier, nonce, state } = await toParameters(full)
    const pushed = await oauth.pushedAuthorizationRequest(as, client, auth, parameters, HTTP)
    const { request_uri, expires_in } = await oauth.processPushedAuthorizationResponse(as, client, pushed)
    assert.ok(expires_in <= 60)
    const url = await login(newBrowser(), toUrl(world(), full.id, request_uri), user)
    const answer = oauth.validateAuthResponse(as, client, url, state)
    const response = await oauth.authorizationCodeGrantRequest(as, client, auth, answer, CALLBACK, verifier, HTTP)
    const checks = { expectedNonce: nonce, requireIdToken: true }
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, checks)
    assert.equal(oauth.getValidatedIdTokenClaims(tokens)?.sub, user.id)
  })

  test('a request_uri is for one use (RFC 9126 §4)', async () => {
    const client = await addClient(world(), { type: 'web' })
    const url = toUrl(world(), client.id, await push(world(), client))
    assert.ok((await login(world().browser, url, world().user)).searchParams.has('code'))
    const { location } = await world().browser.get(url)
    assert.deepEqual([errorOf(location), location?.searchParams.get('code')], ['invalid_request_uri', null])
  })

  test('a request_uri is for its client, for a minute, and cannot be made up (RFC 9126 §2.2, §4)', async () => {
    const [client, other] = [await addClient(world(), { type: 'web' }), await addClient(world(), { type: 'web' })]
    await authorize(world(), client)
    const uri = await push(world(), client)
    const late = await push(world(), client)
    for (const [why, url, error] of [
      ['of another client', toUrl(world(), other.id, uri), 'invalid_request_object'],
      ['that was changed', toUrl(world(), client.id, `${uri}x`), 'invalid_request_uri'],
      ['of elsewhere', toUrl(world(), client.id, 'https://app.example/request.jwt'), 'request_uri_not_supported'],
    ] as const) {
      const { location } = await world().browser.get(url)
      assert.deepEqual([errorOf(location), location?.searchParams.get('code')], [error, null], why)
    }
    await moveBack(world(), 'expires_at', 3600, 'PushedAuthorizationRequest')
    const { location } = await world().browser.get(toUrl(world(), client.id, late))
    assert.equal(errorOf(location), 'invalid_request_uri')
  })
})
