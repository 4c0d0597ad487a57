import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import * as openid from 'openid-client'
import { missing, startOn } from '../support/authority.ts'
import { asks } from '../support/user-agent.ts'
import {
  addClient,
  authorize,
  codeGrant,
  newBrowser,
  ORDERS,
  openWorld,
  post,
  redeem,
  toRequest,
  type World,
} from '../support/world.ts'
import { type Figures, parseFigures } from './figures.ts'

const METRICS_TOKEN = 'a-token-for-the-monitoring-system'
const RESOURCES = { [ORDERS]: 'orders:read' }
const BY_MACHINE = { grant_type: 'client_credentials', resource: ORDERS, scope: 'orders:read' }

test('without METRICS_TOKEN there are no metrics', async (t) => {
  const { issuer, stop } = await startOn('sqlite')
  t.after(stop)
  for (const headers of [{}, { authorization: 'Bearer undefined' }, { authorization: 'Bearer ' }])
    assert.equal((await fetch(`${issuer}/metrics`, { headers })).status, 404)
})

for (const topology of ['sqlite', 'postgres'] as const) {
  describe(`metrics, ${topology}`, { skip: missing(topology) }, () => {
    let world: World
    before(async () => {
      world = await openWorld(topology, { env: { METRICS_TOKEN, LOG_LEVEL: 'debug' } })
    })
    after(() => world?.stop())

    const ask = (authorization?: string): Promise<Response> =>
      fetch(`${world.issuer}/metrics`, { headers: authorization === undefined ? {} : { authorization } })
    const read = async (): Promise<Figures> => parseFigures(await (await ask(`Bearer ${METRICS_TOKEN}`)).text())

    test('who has not the token gets 401 and no figure', async () => {
      const wrong = [undefined, '', METRICS_TOKEN, `Basic ${METRICS_TOKEN}`, `Bearer ${METRICS_TOKEN}x`]
      for (const authorization of [...wrong, `Bearer ${METRICS_TOKEN.slice(1)}`, `Bearer ${METRICS_TOKEN} x`]) {
        const answer = await ask(authorization)
        assert.deepEqual([answer.status, answer.headers.get('www-authenticate')], [401, 'Bearer'])
        assert.doesNotMatch(await answer.text(), /countersign_/)
      }
      const answer = await ask(`bearer ${METRICS_TOKEN}`)
      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('cache-control'), 'no-store')
      assert.match(String(answer.headers.get('content-type')), /^text\/plain; version=0\.0\.4/)
    })

    test('tokens are counted by grant, and refusals by endpoint and code', async () => {
      const web = await addClient(world, { type: 'web', resources: RESOURCES })
      const machine = await addClient(world, { type: 'service', resources: RESOURCES })
      const before = await read()
      const arrival = await authorize(world, web, { resource: ORDERS })
      const { refresh_token: refresh = '' } = await redeem(web, arrival, { resource: ORDERS })
      await openid.refreshTokenGrant(web.config, refresh)
      assert.equal((await post(world, '/token', BY_MACHINE, machine)).status, 200)
      await post(world, '/token', BY_MACHINE, { ...machine, secret: 'wrong' })
      await post(world, '/token', { ...codeGrant(arrival), code: 'made-up' }, web)
      await post(world, '/token', { grant_type: `made-up-${Math.random()}` }, machine)
      await post(world, '/request', { scope: 'openid', redirect_uri: 'https://evil.example' }, web)
      await fetch(`${world.issuer}/me`, { headers: { authorization: 'Bearer made-up' } })
      const figures = (await read()).since(before)
      for (const grant of ['authorization_code', 'refresh_token', 'client_credentials'])
        assert.equal(figures.value('countersign_tokens_total', { grant }), 1, grant)
      for (const [endpoint, code] of [
        ['token', 'invalid_client'],
        ['token', 'invalid_grant'],
        ['token', 'unsupported_grant_type'],
        ['pushed_authorization_request', 'invalid_request'],
        ['userinfo', 'invalid_token'],
      ] as const)
        assert.ok(Number(figures.value('countersign_failures_total', { endpoint, code })) >= 1, `${endpoint} ${code}`)
      assert.equal(
        figures.value('countersign_http_request_duration_seconds_count', { route: 'token', status: '4xx' }),
        3,
      )
      assert.equal(
        figures.value('countersign_http_request_duration_seconds_count', { route: 'token', status: '2xx' }),
        3,
      )
    })

    test('logins are counted by their outcome, and every event of the audit trail by its name', async () => {
      const client = await addClient(world, { type: 'web' })
      const before = await read()
      const browser = newBrowser()
      const page = await browser.get((await toRequest(client)).url)
      const form = page.forms.find(({ fields }) => asks(fields, 'password'))
      assert.ok(form)
      const { status } = await browser.submit(page, { email: 'ada@example.org', password: 'wrong' }, { form })
      assert.equal(status, 401)
      await authorize(world, client, {}, newBrowser())
      const figures = (await read()).since(before)
      for (const outcome of ['failed', 'succeeded']) {
        assert.equal(figures.value('countersign_logins_total', { outcome, method: 'password' }), 1, outcome)
        assert.equal(figures.value('countersign_events_total', { event: `login.${outcome}` }), 1, outcome)
      }
    })

    test('keys are counted by state, with their ages, and a provider that is replaced is counted on', async () => {
      const machine = await addClient(world, { type: 'service', resources: RESOURCES })
      const before = await read()
      for (const alg of ['ES256', 'RS256']) {
        assert.equal(before.value('countersign_keys', { alg, state: 'active' }), 1)
        assert.equal(before.value('countersign_keys', { alg, state: 'next' }), 1)
        const [age, next] = ['countersign_key_active_age_seconds', 'countersign_key_next_takes_over_seconds'] as const
        assert.ok(Number(before.value(age, { alg })) >= 0 && Number(before.value(age, { alg })) < 600)
        assert.ok(Number(before.value(next, { alg })) > 86_400)
      }
      const active = (await world.operations.listKeys()).find(({ alg, state }) => alg === 'ES256' && state === 'active')
      await world.operations.revokeKey(active?.kid ?? '', 'a test')
      await post(world, '/token', BY_MACHINE, machine)
      const now = await read()
      assert.equal(now.value('countersign_keys', { alg: 'ES256', state: 'revoked' }), 1)
      assert.equal(now.since(before).value('countersign_tokens_total', { grant: 'client_credentials' }), 1)
    })

    test('the pool is seen where there is one, and the process everywhere', async () => {
      const figures = await read()
      const total = figures.value('countersign_database_connections', { state: 'total' })
      if (topology === 'sqlite') assert.equal(total, undefined)
      else assert.ok(Number(total) >= 1 && Number(figures.value('countersign_database_waiting')) === 0)
      assert.equal(figures.value('countersign_draining'), 0)
      assert.ok(Number(figures.value('countersign_http_requests_in_flight')) >= 1)
      assert.ok(Number(figures.value('process_resident_memory_bytes')) > 0)
    })

    test('labels are few, whatever is asked for, and hold nothing that anybody sent', async () => {
      for (const path of [
        '/nothing',
        '/login/x',
        '/%2e%2e/x',
        '/TOKEN',
        '/reset/y',
        '/admin/api/x',
        '/auth/z?code=abc',
      ])
        await fetch(`${world.issuer}${path}`, { redirect: 'manual' })
      const figures = await read()
      const routes = figures.labels('countersign_http_request_duration_seconds_count', 'route')
      const known = ['token', 'auth', 'jwks', 'me', 'login', 'logout', 'account', 'admin', 'probe', 'other']
      for (const route of routes) assert.ok(known.includes(route), route)
      const codes = figures.labels('countersign_failures_total', 'code')
      for (const code of codes) assert.match(code, /^[a-z_]+$/)
      assert.ok(figures.series('countersign_') < 500, `${figures.series('countersign_')} series`)
      assert.doesNotMatch(figures.text, /made-up|ada@|evil|abc|127\.0\.0\.1/)
      for (const name of figures.names('countersign_'))
        assert.match(figures.text, new RegExp(`^# HELP ${name} \\S+`, 'm'))
    })

    test('a request has one line at level debug, and a name that its answer tells', async () => {
      const from = world.lines.length
      const named = await fetch(`${world.issuer}/auth?client_id=made-up&state=private`, {
        headers: { 'x-request-id': '0123456789abcdef', cookie: 'a=private' },
        redirect: 'manual',
      })
      assert.equal(named.headers.get('x-request-id'), '0123456789abcdef')
      for (const given of ['short', 'a b c d e f', 'x'.repeat(65), '"},{"event":"forged"', 'eyJ0.eyJ0.abcdef']) {
        const answer = await fetch(`${world.issuer}/healthz`, { headers: { 'x-request-id': given } })
        assert.match(String(answer.headers.get('x-request-id')), /^[0-9a-f-]{36}$/)
      }
      const told = (): readonly Readonly<Record<string, unknown>>[] =>
        world.lines.slice(from).map((line) => line as Readonly<Record<string, unknown>>)
      // A line is written once an answer has left, which whoever asked may know before.
      while (told().filter(({ event }) => event === 'request').length < 6) await setImmediate()
      const lines = told()
      const [first, ...others] = lines.filter(({ event }) => event === 'request')
      const { ms, ...rest } = first ?? {}
      assert.deepEqual(rest, {
        ...{ level: 'debug', event: 'request', method: 'GET', route: 'auth', status: 400, request: '0123456789abcdef' },
      })
      assert.equal(typeof ms, 'number')
      assert.equal(others.length, 5)
      assert.doesNotMatch(JSON.stringify(lines), /private|forged|made-up/)
    })
  })
}
