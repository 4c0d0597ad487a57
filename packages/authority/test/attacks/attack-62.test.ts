import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { login } from '../support/user-agent.ts'
import {
  addClient,
  authorize,
  CALLBACK,
  codeGrant,
  errorOf,
  getTokens,
  newBrowser,
  openWorld,
  post,
  refused,
  type TestClient,
  toRequest,
  type World,
} from '../support/world.ts'

const AFTER_LOGOUT = 'https://app.example/signed-out'
const NATIVE = 'http://127.0.0.1/native'

/** Where an attacker would like people to be sent, while https://app.example/callback is what was registered. */
const ELSEWHERE: readonly string[] = [
  'https://evil.example/callback',
  '//evil.example/callback',
  '/\\evil.example/callback',
  '\\\\evil.example\\callback',
  'https:evil.example/callback',
  'https:///evil.example/callback',
  'https:\\\\evil.example/callback',
  'javascript:alert(1)//https://app.example/callback',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:msgbox(1)',
  'file:///etc/passwd',
  'blob:https://app.example/callback',
  'http://app.example/callback',
  'HTTPS://app.example/callback',
  'https://APP.example/callback',
  'https://app.example./callback',
  'https://app.example:443/callback',
  'https://app.example:8443/callback',
  'https://app.example@evil.example/callback',
  'https://user:pw@app.example/callback',
  'https://app.example.evil.example/callback',
  'https://evil.example/https://app.example/callback',
  'https://evil.example#https://app.example/callback',
  'https://evil.example?https://app.example/callback',
  'https://evil.example\\@app.example/callback',
  'https://sub.app.example/callback',
  'https://app.example/callback/',
  'https://app.example/callback/../evil',
  'https://app.example/callback/%2e%2e/evil',
  'https://app.example/./callback',
  'https://app.example//callback',
  'https://app.example/Callback',
  'https://app.example/callback%00',
  'https://app.example/callback\u0000.evil.example',
  'https://app.example/callback?next=https://evil.example',
  'https://app.example/callback#fragment',
  'https://app.example/callback;jsessionid=1',
  'https://app.example/%63allback',
  'https://app.example/callback\r\nLocation: https://evil.example',
  'https://app.example/callback\t',
  ' https://app.example/callback',
  'https://app.example/callback ',
  'https://app\u3002example/callback',
  'https://\u0430pp.example/callback',
  'https://app.example/',
  'https://app.example',
  '/callback',
  'callback',
  '*',
  'null',
]

describe('attack 62 (open redirects)', () => {
  let world: World
  let web: TestClient
  let native: TestClient
  before(async () => {
    world = await openWorld('sqlite')
    web = await addClient(world, { client_id: 'app', type: 'web', post_logout_redirect_uris: [AFTER_LOGOUT] })
    native = await addClient(world, { client_id: 'native', type: 'public', redirect_uris: [NATIVE] })
  })
  after(() => world.stop())

  for (const uri of ELSEWHERE) {
    test(`no authorization response goes to ${JSON.stringify(uri)}`, async () => {
      const { url } = await toRequest(web, { redirect_uri: uri })
      for (const more of ['', '&prompt=none', '&response_mode=form_post', '&response_type=none', '&resource=x']) {
        const answer = await fetch(`${url}${more}`, { redirect: 'manual' })
        assert.equal(answer.status, 400, more)
        assert.equal(answer.headers.get('location'), null)
        assert.doesNotMatch(await answer.text(), /<form|http-equiv="?refresh/i)
      }
      const pushed = await post(world, '/request', Object.fromEntries(url.searchParams), web)
      refused(pushed, 'invalid_request')
    })

    test(`nobody who logs out is sent to ${JSON.stringify(uri)}`, async () => {
      const url = new URL('/session/end', world.issuer)
      url.searchParams.set('client_id', web.id)
      url.searchParams.set('post_logout_redirect_uri', uri.replace('/callback', '/signed-out'))
      const answer = await fetch(url, { redirect: 'manual' })
      assert.equal(answer.headers.get('location'), null)
      assert.equal(answer.status, 400)
    })
  }

  test('a request with two redirect URIs is refused, and the answer goes to neither of them by choice', async () => {
    for (const second of ['https://evil.example/callback', CALLBACK]) {
      const { url } = await toRequest(web)
      url.searchParams.append('redirect_uri', second)
      const { location } = await newBrowser().get(url)
      assert.equal(errorOf(location), 'invalid_request')
      assert.equal(`${location?.origin}${location?.pathname}`, CALLBACK)
    }
  })

  test('a request without a redirect URI leads to the one that is registered, and nowhere else', async () => {
    const { url } = await toRequest(web)
    url.searchParams.delete('redirect_uri')
    const to = await login(newBrowser(), url, world.user)
    assert.equal(to.origin + to.pathname, CALLBACK)
  })

  test('a code is refused with another redirect URI than it was sent to (RFC 6749 §4.1.3)', async () => {
    const arrival = await authorize(world, web)
    for (const redirect_uri of [
      'https://evil.example/callback',
      `${CALLBACK}/`,
      `${CALLBACK}?`,
      CALLBACK.toUpperCase(),
    ])
      refused(await post(world, '/token', { ...codeGrant(arrival), redirect_uri }, web), 'invalid_grant')
    assert.equal((await post(world, '/token', codeGrant(arrival), web)).status, 200)
  })

  for (const uri of [
    'http://127.0.0.1:8000/other',
    'http://127.0.0.1.evil.example:8000/native',
    'http://127.0.0.1:8000@evil.example/native',
    'http://127.0.0.2:8000/native',
    'http://0.0.0.0:8000/native',
    'http://localhost:8000/native',
    'http://2130706433:8000/native',
    'http://[::1]:8000/native',
    'https://127.0.0.1:8000/native',
    'http://127.0.0.1:8000/native?x',
  ])
    test(`a native app is refused ${uri} where ${NATIVE} is registered`, async () => {
      const answer = await fetch((await toRequest(native, { redirect_uri: uri })).url, { redirect: 'manual' })
      assert.deepEqual([answer.status, answer.headers.get('location')], [400, null])
    })

  test('of a native app on loopback the port may be another (RFC 8252 §7.3)', async () => {
    const { url } = await toRequest(native, { redirect_uri: 'http://127.0.0.1:51004/native' })
    const to = await login(newBrowser({ stopAt: ['http://127.0.0.1:51004/'] }), url, world.user)
    assert.equal(to.origin + to.pathname, 'http://127.0.0.1:51004/native')
  })

  for (const uri of [
    'javascript:alert(1)',
    'data:text/html,x',
    'http://app.example/callback',
    'https://app.example/callback#fragment',
    'https://user@app.example/callback',
    'https://app.example\\@evil.example/callback',
    'https://app.example/call back',
    'https://app.example/callback\n',
    '//app.example/callback',
    '/callback',
    'com.example.app:/callback',
    'http://127.0.0.2/callback',
    'http://localhost.evil.example/callback',
    '',
  ])
    test(`a client is not registered with ${JSON.stringify(uri)}`, async () => {
      const both = [{ redirect_uris: [uri] }, { redirect_uris: [CALLBACK], post_logout_redirect_uris: [uri] }]
      for (const uris of both)
        await assert.rejects(world.operations.addClient({ type: 'web', ...uris }), { code: 'CLIENT_INVALID' })
    })

  test('the redirects of a login lead to this server alone, whatever its parameters say', async () => {
    const agent = newBrowser()
    const { url } = await toRequest(web, {
      login_hint: '//evil.example',
      ui_locales: 'https://evil.example',
      returnTo: 'https://evil.example',
      next: '//evil.example',
    })
    const to = await login(agent, url, world.user)
    assert.equal(to.origin + to.pathname, CALLBACK)
    for (const line of agent.visited) assert.ok(line.split(' ')[1]?.startsWith(`${world.issuer}/`), line)
  })

  test('an ID token as a hint does not open the way out for another client', async () => {
    const { id_token: hint } = await getTokens(world, web)
    for (const [client, uri] of [
      [native.id, AFTER_LOGOUT],
      [web.id, 'https://evil.example/signed-out'],
    ] as const) {
      const url = new URL('/session/end', world.issuer)
      url.search = `${new URLSearchParams({ id_token_hint: String(hint), client_id: client, post_logout_redirect_uri: uri })}`
      const answer = await fetch(url, { redirect: 'manual' })
      assert.deepEqual([answer.status, answer.headers.get('location')], [400, null])
    }
  })
})
