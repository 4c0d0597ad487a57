import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from '../support/user-agent.ts'
import { addClient, newBrowser, ORDERS, openWorld, type TestClient, toRequest, type World } from '../support/world.ts'
import { atLogin, cookieLine, portOf, type RawAnswer, sendRaw, toFields, toRaw } from './http.ts'

const NASTY = `"><script>alert(1)</script><img src=x onerror=alert(1)>'"{{7*7}}`

describe('pages of the authority', () => {
  let world: World
  let app: TestClient
  let asking: TestClient
  before(async () => {
    world = await openWorld('sqlite')
    app = await addClient(world, { client_id: 'app', type: 'web', client_name: NASTY })
    asking = await addClient(world, {
      client_id: 'asking',
      type: 'web',
      trusted: false,
      client_name: NASTY,
      resources: { [ORDERS]: 'read' },
    })
  })
  after(() => world.stop())

  const check = ({ headers, html, url }: Pick<Page, 'headers' | 'html' | 'url'>): void => {
    const policy = String(headers['content-security-policy'])
    assert.match(policy, /default-src 'none'/, url)
    assert.match(policy, /frame-ancestors 'none'/, url)
    assert.match(policy, /base-uri 'none'/, url)
    assert.doesNotMatch(policy, /unsafe-|\*|data: *script/, url)
    assert.equal(headers['x-frame-options'], 'DENY', url)
    assert.equal(headers['x-content-type-options'], 'nosniff', url)
    assert.match(String(headers['cache-control']), /no-store/, url)
    assert.match(String(headers['referrer-policy']), /^(same-origin|no-referrer)$/, url)
    assert.match(String(headers['content-type']), /^text\/html; charset=utf-8$/i, url)
    assert.equal(headers['access-control-allow-origin'], undefined, url)
    assert.equal(headers['x-powered-by'], undefined, url)
    // Of scripts there is that for passkeys, in a file of its own.
    const markup = html.replace('<script src="/passkey.js" defer></script>', '').replaceAll(/"[^"]*"/g, '""')
    assert.doesNotMatch(markup, /<script|<[^>]*\son\w+=|<style|style=/i, url)
    assert.doesNotMatch(html, /(href|src|action)="javascript:/i, url)
    assert.ok(!html.includes(NASTY), url)
  }

  test('no page may be framed, cached, sniffed, or run what somebody put into it', async () => {
    const { url } = await toRequest(app, { login_hint: NASTY, state: NASTY })
    const agent = newBrowser()
    const login = await agent.get(url)
    const pages = [
      login,
      await agent.submit(login, { email: NASTY, password: 'wrong password' }),
      await agent.submit(login, toFields(world.user), { headers: { origin: 'https://evil.example' } }),
      await agent.get(`${world.issuer}/`),
      await agent.get(`${world.issuer}/${encodeURIComponent(NASTY)}`),
      await agent.get(`${world.issuer}/login/${encodeURIComponent(NASTY)}`),
      await agent.get(`${world.issuer}/auth?client_id=${encodeURIComponent(NASTY)}`),
      await agent.get(`${world.issuer}/auth?client_id=app&redirect_uri=${encodeURIComponent(NASTY)}`),
      await agent.get(`${world.issuer}/auth/nobody`),
      await agent.get(`${world.issuer}/device`),
      await agent.get(`${world.issuer}/session/end/success`),
    ]
    const { agent: second, page: start } = await atLogin(asking, { scope: 'openid email read', resource: ORDERS })
    pages.push(await second.submit(start, toFields(world.user)))
    pages.push(await second.get(`${world.issuer}/session/end`))
    const device = await second.get(`${world.issuer}/device`)
    pages.push(device, await second.submit(device, { user_code: NASTY }))
    for (const page of pages) check(page)
  })

  test('what is no page says how it is to be read, and is not kept where it holds something', async () => {
    for (const path of ['/token', '/request', '/token/introspection', '/device/auth', '/me']) {
      const answer = await fetch(new URL(path, world.issuer), { method: 'POST' })
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', path)
      assert.match(String(answer.headers.get('cache-control')), /no-store/, path)
      assert.match(String(answer.headers.get('content-type')), /^application\/json/, path)
    }
    const style = await fetch(new URL('/style.css', world.issuer))
    assert.equal(style.headers.get('x-content-type-options'), 'nosniff')
  })

  test('scripts of elsewhere read nothing: no answer is shared with a foreign origin', async () => {
    for (const path of [
      '/token',
      '/me',
      '/request',
      '/token/introspection',
      '/login/x',
      '/device',
      '/auth',
      '/session/end',
    ]) {
      for (const origin of [
        'https://evil.example',
        'null',
        'https://app.example.evil.example',
        `${world.issuer}.evil.example`,
      ]) {
        for (const method of ['GET', 'POST', 'OPTIONS']) {
          const answer = await fetch(new URL(path, world.issuer), {
            method,
            headers: {
              origin,
              'access-control-request-method': 'POST',
              'access-control-request-headers': 'authorization',
            },
            redirect: 'manual',
          })
          assert.equal(answer.headers.get('access-control-allow-credentials'), null, `${method} ${path}`)
          if (method !== 'OPTIONS' && answer.status < 300)
            assert.equal(answer.headers.get('access-control-allow-origin'), null, `${method} ${path}`)
        }
      }
    }
  })

  test('cookies are not for scripts, nor for other sites', async () => {
    const { agent, page } = await atLogin(app)
    await agent.submit(page, toFields(world.user))
    assert.ok(agent.cookies.length >= 2)
    for (const { name, attributes } of agent.cookies) {
      assert.equal(attributes['httponly'], '', name)
      assert.equal(attributes['samesite']?.toLowerCase(), 'lax', name)
      assert.equal(attributes['domain'], undefined, name)
    }
  })
})

describe('pages of the authority, behind a proxy with TLS', () => {
  let world: Awaited<ReturnType<typeof openHttps>>
  before(async () => {
    world = await openHttps()
  })
  after(() => world.stop())

  const cookiesOf = ({ head }: RawAnswer): readonly string[] =>
    head.split('\r\n').flatMap((line) => /^set-cookie: (.*)$/i.exec(line)?.[1] ?? [])

  test('every cookie is for TLS alone, and that of the session for this very host', async () => {
    const { url } = world
    const headers = ['Host: inner:3000', 'X-Forwarded-Proto: http']
    const start = await sendRaw(world.port, toRaw({ target: `${url.pathname}${url.search}`, headers }))
    assert.equal(start.status, 303, start.body)
    const to = /^location: (\S+)$/im.exec(start.head)?.[1] ?? ''
    const set = [...cookiesOf(start)]
    const cookie = (): string => `Cookie: ${set.map((line) => line.split(';', 1)[0]).join('; ')}`
    const page = await sendRaw(world.port, toRaw({ target: to, headers: [...headers, cookie()] }))
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.body)?.[1] ?? ''
    const body = `${new URLSearchParams({ csrf, ...world.credentials })}`
    const form = ['Content-Type: application/x-www-form-urlencoded', 'Origin: https://login.example']
    const sent = await sendRaw(
      world.port,
      toRaw({ method: 'POST', target: to, headers: [...headers, cookie(), ...form], body }),
    )
    assert.equal(sent.status, 303, sent.body)
    const resume = new URL(/^location: (\S+)$/im.exec(sent.head)?.[1] ?? '', 'https://login.example')
    assert.equal(resume.origin, 'https://login.example')
    const end = await sendRaw(world.port, toRaw({ target: resume.pathname, headers: [...headers, cookie()] }))
    assert.match(end.head, /^location: https:\/\/app\.example\/callback\?code=/im)
    set.push(...cookiesOf(end))
    for (const line of set) {
      assert.match(line, /; secure/i)
      assert.match(line, /; httponly/i)
      assert.match(line, /; samesite=lax/i)
      assert.doesNotMatch(line, /; domain=/i)
    }
    const session = set.filter((line) => line.startsWith('__Host-'))
    assert.ok(session.length >= 1)
    for (const line of session) assert.match(line, /; path=\/(;|$)/i)
    assert.ok(!set.some((line) => line.startsWith('countersign_session')))
    assert.ok(cookieLine(newBrowser(), 'https://login.example/') !== undefined)
  })

  test('the form of a page of the plain address is refused', async () => {
    const { status } = await sendRaw(
      world.port,
      toRaw({ method: 'POST', target: '/login/x', headers: ['Origin: http://login.example'], body: '' }),
    )
    assert.ok(status >= 400 && status < 500)
  })
})

/** An authority whose issuer is an https URL that nobody asks. */
async function openHttps(): Promise<{
  readonly port: number
  readonly url: URL
  readonly credentials: { readonly email: string; readonly password: string }
  stop(): Promise<void>
}> {
  const { startOn } = await import('../support/authority.ts')
  const started = await startOn('sqlite', { env: { ISSUER: 'https://login.example', TRUST_PROXY: '0' } })
  const credentials = { email: 'ada@example.org', password: 'correct horse battery' }
  await started.operations.addUser(credentials)
  const redirect = 'https://app.example/callback'
  await started.operations.addClient({ client_id: 'app', type: 'web', redirect_uris: [redirect], trusted: true })
  const url = new URL('/auth', started.issuer)
  url.search = `${new URLSearchParams({
    client_id: 'app',
    response_type: 'code',
    scope: 'openid',
    redirect_uri: redirect,
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
  })}`
  return { port: portOf(started), url, credentials, stop: started.stop }
}
