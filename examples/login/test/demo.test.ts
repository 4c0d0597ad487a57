import assert from 'node:assert/strict'
import { test } from 'node:test'
import { get, post, startApi, statusForHost, toJson, withClaims } from './support.ts'

test('the routes of the demonstration refuse a request that names another host', async (t) => {
  const { origin } = await startApi(t)
  assert.equal(await statusForHost(`${origin}/demo/users`, 'rebound.example'), 403)
  assert.equal(await statusForHost(`${origin}/demo/users`, new URL(origin).host), 200)
})

test('another process is started for nothing but a token in JSON', async (t) => {
  const { origin, member, tokenFor } = await startApi(t)
  const url = `${origin}/demo/verify-elsewhere`
  const token = await tokenFor(member)
  for (const body of [{}, { token: '' }, { token: '--help' }, { token: 'a.b.c d' }, { token: [token] }]) {
    assert.equal((await post(url, body)).status, 400)
  }
  assert.equal((await post(url, { token }, 'text/plain')).status, 400)
  assert.equal((await post(url, { token: 'a'.repeat(30_000) })).status, 413)
  assert.equal((await get(url)).status, 404)
})

test('another process verifies a token with the published keys, and refuses a changed one', async (t) => {
  const { origin, jwksUrl, keys, member, tokenFor } = await startApi(t)
  const token = await tokenFor(member)
  const accepted = await toJson(await post(`${origin}/demo/verify-elsewhere`, { token }))
  assert.equal(accepted['exitCode'], 0)
  assert.equal(typeof accepted['pid'], 'number')
  assert.notEqual(accepted['pid'], process.pid)
  assert.ok(!JSON.stringify(accepted['command']).includes(token))
  assert.ok(String(accepted['stdout']).includes(`fetched   ${jwksUrl} (2 keys)`))
  assert.ok(String(accepted['stdout']).includes(`kid ${keys.current.kid}`))

  const changed = withClaims(token, { roles: ['admin'] })
  const refused = await toJson(await post(`${origin}/demo/verify-elsewhere`, { token: changed }))
  assert.equal(refused['exitCode'], 1)
  assert.match(String(refused['stderr']), /CS_SIGNATURE/)
})

test('every answer forbids foreign scripts, frames and guessed types', async (t) => {
  const { origin } = await startApi(t)
  for (const path of ['/', '/page.js', '/me', '/nothing', '/.well-known/jwks.json']) {
    const { headers } = await get(`${origin}${path}`)
    assert.match(headers.get('Content-Security-Policy') ?? '', /^default-src 'none'; script-src 'self';/)
    assert.match(headers.get('Content-Security-Policy') ?? '', /frame-ancestors 'none'/)
    assert.doesNotMatch(headers.get('Content-Security-Policy') ?? '', /unsafe/)
    assert.equal(headers.get('X-Content-Type-Options'), 'nosniff')
    assert.ok(headers.has('Cache-Control'))
  }
})
