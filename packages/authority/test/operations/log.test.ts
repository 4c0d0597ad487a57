import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import * as openid from 'openid-client'
import { createLog } from '../../src/cli/log.ts'
import { addClient, authorize, newBrowser, ORDERS, openWorld, post, redeem } from '../support/world.ts'

/** What a log with a level writes, line by line. */
function written(level: Parameters<typeof createLog>[0], ...lines: readonly object[]): readonly string[] {
  const out: string[] = []
  const log = createLog(level, (line) => out.push(line))
  for (const line of lines) log(line)
  return out
}

test('a line is JSON with the time, how serious it is, and what there is to say', () => {
  const [text = '', plain = ''] = written('info', { level: 'warn', event: 'a', client: 'é\n"' }, { event: 'b' })
  const { time, ...rest } = JSON.parse(text)
  assert.deepEqual(rest, { level: 'warn', event: 'a', client: 'é\n"' })
  assert.equal(new Date(time).toISOString(), time)
  assert.equal(JSON.parse(plain).level, 'info')
  assert.ok(!text.includes('\n'))
})

test('what is less serious than the level is not written', () => {
  const levels = ['error', 'warn', 'info', 'debug'] as const
  const lines = levels.map((level) => ({ level, event: level }))
  for (const [index, level] of levels.entries())
    assert.deepEqual(
      written(level, ...lines).map((line) => JSON.parse(line).event),
      levels.slice(0, index + 1),
    )
  assert.deepEqual(written('silent', ...lines), [])
})

test('what should never be in a line is taken out of it, by its name', () => {
  const secrets = {
    ...{ password: 'x1', secret: 'x2', client_secret: 'x3', token: 'x4', access_token: 'x5', refresh_token: 'x6' },
    ...{ id_token: 'x7', code: 'x8', code_verifier: 'x9', authorization: 'x10', cookie: 'x11', 'set-cookie': 'x12' },
    ...{ headers: { a: 'x13' }, body: 'x14', query: 'x15', kek: 'x16', user_code: 'x17', client_assertion: 'x18' },
  }
  const [flat = '', nested = ''] = written('info', { event: 'a', ...secrets }, { event: 'b', request: secrets })
  for (const line of [flat, nested]) assert.doesNotMatch(line, /"x\d/)
  assert.deepEqual(Object.keys(JSON.parse(flat)).slice(2), ['event', ...Object.keys(secrets)])
})

test('a request that is answered 503 is in the log by its name, at every level that has warnings', async (t) => {
  const world = await openWorld('sqlite')
  t.after(() => world.stop())
  const client = await addClient(world, { type: 'service', resources: { [ORDERS]: 'orders:read' } })
  const { db } = world.store
  await sql`ALTER TABLE clients RENAME TO away`.execute(db)
  const { status, headers } = await fetch(`${world.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: client.id }),
  })
  await sql`ALTER TABLE away RENAME TO clients`.execute(db)
  assert.equal(status, 503)
  const line = world.lines.find((one) => 'request' in one && one.request === headers.get('x-request-id'))
  const { event, level, route } = (line ?? {}) as Readonly<Record<string, unknown>>
  assert.deepEqual([event, level, route], ['request.unavailable', 'warn', 'token'])
})

test('a login, its tokens and what is refused leave no secret in the log, at any level', async (t) => {
  const world = await openWorld('sqlite', { env: { LOG_LEVEL: 'debug' } })
  t.after(() => world.stop())
  const client = await addClient(world, { type: 'web', resources: { [ORDERS]: 'orders:read' } })
  const browser = newBrowser()
  const arrival = await authorize(world, client, { resource: ORDERS }, browser)
  const tokens = await redeem(client, arrival, { resource: ORDERS })
  const refreshed = await openid.refreshTokenGrant(client.config, tokens.refresh_token ?? '')
  await post(world, '/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' }, client)
  await fetch(`${world.issuer}/me`, { headers: { authorization: `Bearer ${tokens.access_token}` } })
  await post(
    world,
    '/token',
    { grant_type: 'authorization_code', code: arrival.code },
    { ...client, secret: 'wrong-one' },
  )
  const { sub: subject } = tokens.claims() ?? {}
  const text = written('debug', ...world.lines).join('\n')
  assert.ok(text.includes('"route":"token"') && text.includes('"route":"login"'))
  const secrets = [
    ...[world.user.password, client.secret, arrival.code, arrival.verifier, arrival.state, arrival.nonce, 'wrong-one'],
    ...[tokens.access_token, tokens.refresh_token, tokens.id_token, refreshed.access_token, refreshed.refresh_token],
    ...[world.user.email, subject, ...browser.cookies.map(({ value }) => value)],
  ]
  for (const secret of secrets) {
    assert.ok(secret !== undefined && secret.length > 5)
    assert.ok(!text.includes(secret), secret)
  }
})

test('why the admin API and the demo refuse something can be read: it is no secret by its name', async (t) => {
  const written: string[] = []
  const log = createLog('info', (line) => written.push(line))
  const world = await openWorld('sqlite', { env: { DEMO: '1', PORT: '0' }, log })
  t.after(() => world.stop())
  const refused = { headers: { authorization: 'Bearer not.a.token' } }
  await fetch(new URL('/admin/api/users', world.issuer), refused)
  await fetch(new URL('/notes', world.instances[0]?.demo?.api), refused)
  for (const event of ['admin.api.refused', 'demo.api.refused']) {
    const line = written.map((text) => JSON.parse(text)).find((one) => one.event === event)
    assert.match(String(line?.error), /^CS_/, event)
  }
  assert.ok(!written.some((line) => line.includes('[Redacted]')))
})
