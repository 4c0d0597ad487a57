import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { inspect } from 'node:util'
import { createTestIssuer } from 'countersign/testing'
import {
  CANARIES,
  CLAIM_CANARIES,
  canariesOfToken,
  canaryText,
  PRIVATE,
} from '../../../../test/attacks/canary/canaries.ts'
import { assertSilent, Detector } from '../../../../test/attacks/canary/detector.ts'
import { mint, openMachine } from '../admin/support.ts'
import { addClient, ORDERS, openWorld, type TestClient, type World } from '../support/world.ts'
import { atLogin } from './http.ts'

/** What somebody types, sends or makes up, of which nothing may be seen again. */
const WORDS = Object.fromEntries(
  ['password', 'code', 'cookie', 'path', 'member', 'secret', 'proof', 'metrics'].map((name) => [name, canaryText()]),
) as Readonly<Record<'password' | 'code' | 'cookie' | 'path' | 'member' | 'secret' | 'proof' | 'metrics', string>>
const METRICS_TOKEN = WORDS.metrics

/** Where the endpoints of the protocol take a token, a code or a secret. */
const PLACES: readonly (readonly [path: string, fields: (value: string) => Readonly<Record<string, string>>])[] = [
  ['/token/introspection', (token) => ({ token })],
  ['/token/introspection', (token) => ({ token, token_type_hint: 'refresh_token' })],
  ['/token/revocation', (token) => ({ token })],
  [
    '/token',
    (code) => ({
      grant_type: 'authorization_code',
      code,
      redirect_uri: 'https://app.example/callback',
      code_verifier: code,
    }),
  ],
  ['/token', (refresh_token) => ({ grant_type: 'refresh_token', refresh_token })],
  ['/token', (device_code) => ({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code })],
  [
    '/token',
    (subject_token) => ({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    }),
  ],
  [
    '/token',
    (client_assertion) => ({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion,
    }),
  ],
  ['/token', (client_secret) => ({ grant_type: 'client_credentials', client_id: 'app', client_secret })],
  ['/request', (request) => ({ request, client_id: 'app' })],
  ['/request', (id_token_hint) => ({ id_token_hint, response_type: 'code', redirect_uri: id_token_hint })],
  ['/device/auth', (client_secret) => ({ client_id: 'app', client_secret })],
  ['/session/end', (id_token_hint) => ({ id_token_hint })],
  ['/session/end', (logout_hint) => ({ logout_hint, post_logout_redirect_uri: 'https://evil.example/' })],
]

/** Where a browser brings them in an address. */
const ADDRESSES: readonly ((value: string) => string)[] = [
  (value) => `/auth?client_id=app&response_type=code&redirect_uri=${value}`,
  (value) => `/auth?client_id=${value}&response_type=code`,
  (value) => `/auth?client_id=app&response_type=code&request=${value}`,
  (value) => `/auth?client_id=app&response_type=code&request_uri=${value}`,
  (value) => `/session/end?id_token_hint=${value}`,
  (value) => `/session/end/success?client_id=${value}`,
  (value) => `/me?access_token=${value}`,
  (value) => `/admin/api/users?access_token=${value}`,
  (value) => `/login/${value}?code=${value}`,
  (value) => `/consent/${value}`,
  (value) => `/account?token=${value}`,
  (value) => `/metrics?token=${value}`,
  (value) => `/.well-known/${value}`,
]

const HEADERS: readonly ((value: string) => Readonly<Record<string, string>>)[] = [
  (value) => ({ authorization: `Bearer ${value}` }),
  (value) => ({ authorization: `DPoP ${value}`, dpop: value }),
  (value) => ({ authorization: `Basic ${Buffer.from(`app:${value}`).toString('base64')}` }),
  (value) => ({ authorization: value }),
  (value) => ({ cookie: `countersign_session=${value}; _session=${value}; _interaction=${value}` }),
]

describe('attack 66 (canaries)', () => {
  let world: World
  let app: TestClient
  const detector = new Detector([...CANARIES, ...Object.entries(WORDS).map(([name, value]) => ({ name, value }))])
  const values: string[] = [WORDS.code]

  before(async () => {
    world = await openWorld('sqlite', { env: { METRICS_TOKEN } })
    app = await addClient(world, { client_id: 'app', type: 'web', resources: { [ORDERS]: 'read' } })
    const { issuer } = world
    const stranger = await createTestIssuer({ issuer, audience: 'app' })
    const hostile = (await stranger.mint.hostile(CLAIM_CANARIES)).map(({ token }) => token)
    // Signed by the authority itself, and wrong all the same.
    const claims = { ...CLAIM_CANARIES, client_id: 'app' }
    const own = await Promise.all([
      mint(world, { ...claims, aud: 'https://elsewhere.example' }),
      mint(world, { ...claims, client_id: 'nobody' }),
      mint(world, { ...claims, scope: WORDS.member }),
      mint(world, claims, { header: { note: WORDS.member } }),
      mint(world, claims, { now: () => 1_000_000_000 }),
    ])
    for (const token of [...hostile, ...own]) {
      values.push(token)
      if (token.includes('.')) detector.add(...canariesOfToken(token))
    }
  })
  after(() => world.stop())

  const ask = async (path: string, init: RequestInit = {}): Promise<number> => {
    const answer = await fetch(new URL(path, world.issuer), { redirect: 'manual', ...init })
    const text = `${JSON.stringify([...answer.headers])}\n${await answer.text()}`
    assertSilent(detector, text, `${init.method ?? 'GET'} ${path.slice(0, 40)} (${answer.status})`)
    return answer.status
  }
  const form = (
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): RequestInit => ({
    method: 'POST',
    headers,
    body: new URLSearchParams(fields),
  })
  const basic = (): Readonly<Record<string, string>> => ({
    authorization: `Basic ${Buffer.from(`app:${app.secret}`).toString('base64')}`,
  })

  test('the values are canaries, and there are many', () => {
    assert.ok(values.length > 25, `${values.length}`)
    for (const value of values.filter((one) => one.length > 20)) assert.ok(detector.find(value), value)
  })

  test('no endpoint of the protocol repeats a token, a code or a secret in any field', async () => {
    for (const value of values)
      for (const [path, fields] of PLACES)
        for (const headers of [basic(), {}]) {
          const status = await ask(path, form(fields(value), headers))
          assert.ok(status < 500, `${path} answers ${status}`)
        }
  })

  test('no endpoint repeats a credential of a header', async () => {
    for (const value of values)
      for (const headers of HEADERS)
        for (const path of ['/me', '/admin/api/users', '/admin/api/clients', '/metrics', '/account', '/admin']) {
          const status = await ask(path, { headers: headers(value) })
          assert.ok(status < 500, `${path} answers ${status}`)
        }
  })

  test('no page repeats what stands in its address', async () => {
    for (const value of [WORDS.path, ...values.filter((one) => one.length < 2000)])
      for (const address of ADDRESSES) {
        const status = await ask(address(encodeURIComponent(value)))
        assert.ok(status < 500, `${address('…')} answers ${status}`)
      }
  })

  test('no page repeats a password or the code of a second factor', async () => {
    for (const email of ['ada@example.org', 'nobody@example.org', '', 'no address']) {
      const { agent, page } = await atLogin(app)
      const { html, headers } = await agent.submit(page, { email, password: WORDS.password })
      assertSilent(detector, JSON.stringify([headers, html]), 'the page after a wrong password')
    }
    for (const path of ['/forgot', '/reset', '/device', '/login/none', '/login/none/code', '/consent/none', '/account'])
      await ask(
        path,
        form({
          email: 'ada@example.org',
          code: WORDS.code,
          user_code: WORDS.code,
          password: WORDS.password,
          csrf: WORDS.cookie,
          xsrf: WORDS.cookie,
        }),
      )
  })

  test('the admin API repeats no password, no private key and no member that it does not know', async () => {
    const { token } = await openMachine(world)
    const { jwk } = PRIVATE.EC
    const bodies: readonly (readonly [method: string, path: string, body: unknown])[] = [
      ['POST', '/users', { email: 'eve@example.org', password: WORDS.password }],
      ['POST', '/users', { email: 'eve@example.org', password: WORDS.password }],
      ['POST', '/users', { email: 'fay@example.org', password: [WORDS.password] }],
      ['POST', '/users', { email: 'fay@example.org', passwort: WORDS.password }],
      ['POST', '/users', { email: 7, password: WORDS.password }],
      ['POST', '/users', `{"email":"fay@example.org","password":"${WORDS.password}`],
      ['POST', '/users', `{"password":"${WORDS.password}","password":"${WORDS.password}"}`],
      ['POST', '/users', WORDS.member],
      ['PATCH', '/users/ada@example.org', { password: WORDS.password }],
      ['POST', '/clients', { type: 'web', client_secret: WORDS.secret }],
      ['POST', '/clients', { type: 'service', jwks: { keys: [jwk] } }],
      ['POST', '/clients', { type: 'service', jwks: { keys: [{ ...jwk, d: [jwk['d']] }] } }],
      ['POST', '/clients', { type: 'service', jwks: JSON.stringify(jwk) }],
      ['PATCH', '/clients/app', { client_secret: WORDS.secret }],
      ['POST', '/keys/import', { jwk }],
      ['POST', `/${WORDS.path}`, {}],
    ]
    for (const [method, path, body] of bodies) {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const status = await ask(`/admin/api${path}`, {
        method,
        headers,
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
      assert.ok(status < 500, `${path} answers ${status}`)
    }
  })

  test('no log, no entry of the audit trail and no figure has any of it', async () => {
    const text = await (
      await fetch(new URL('/metrics', world.issuer), { headers: { authorization: `Bearer ${METRICS_TOKEN}` } })
    ).text()
    assert.match(text, /^# HELP /m)
    assertSilent(detector, text, 'the figures')
    const rows = await world.store.db.selectFrom('audit').selectAll().execute()
    assert.ok(rows.length > 0 && world.lines.length > 500, `${rows.length} entries, ${world.lines.length} lines`)
    for (const row of rows) assertSilent(detector, inspect(row, { depth: 20 }), 'the audit trail')
    for (const line of world.lines) {
      assertSilent(detector, JSON.stringify(line), 'the log')
      assertSilent(detector, inspect(line, { depth: 20, showHidden: true }), 'the log')
    }
  })
})
