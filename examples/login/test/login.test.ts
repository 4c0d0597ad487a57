import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeUnverified } from 'countersign'
import { createGate } from '../src/gate.ts'
import { type Clock, post, startApi, toJson } from './support.ts'

const MALFORMED = [
  { why: 'no JSON type', body: 'email=a', type: 'application/x-www-form-urlencoded', code: 'not_json' },
  { why: 'text that only looks like JSON', body: '{}', type: 'text/plain', code: 'not_json' },
  { why: 'invalid JSON', body: '{"email":', code: 'invalid_json' },
  { why: 'an empty body', body: '', code: 'invalid_json' },
  { why: 'null', body: 'null', code: 'invalid_request' },
  { why: 'no password', body: { email: 'ada@example.com' }, code: 'invalid_request' },
  { why: 'a password that is a number', body: { email: 'ada@example.com', password: 1 }, code: 'invalid_request' },
  { why: 'an email that is too long', body: { email: 'a'.repeat(255), password: 'x' }, code: 'invalid_request' },
]

for (const { why, body, type, code } of MALFORMED) {
  test(`login refuses ${why} with 400 ${code}`, async (t) => {
    const { origin } = await startApi(t)
    const answer = await post(`${origin}/login`, body, type)
    assert.equal(answer.status, 400)
    assert.equal((await toJson(answer))['code'], code)
  })
}

test('login refuses a body that is too large', async (t) => {
  const { origin } = await startApi(t)
  const answer = await post(`${origin}/login`, { email: 'ada@example.com', password: 'x'.repeat(5000) })
  assert.equal(answer.status, 413)
  assert.equal((await toJson(answer))['code'], 'too_large')
})

test('a wrong password and an unknown user get one and the same answer', async (t) => {
  const { origin, admin } = await startApi(t)
  const answers = [
    await post(`${origin}/login`, { email: admin.email, password: 'wrong' }),
    await post(`${origin}/login`, { email: 'nobody@example.com', password: admin.password }),
  ]
  const seen = await Promise.all(
    answers.map(async (answer) => {
      const headers = [...answer.headers].filter(([name]) => name !== 'date')
      return { status: answer.status, headers, body: await answer.text() }
    }),
  )
  assert.deepEqual(seen[0], seen[1])
  assert.equal(seen[0]?.status, 401)
  assert.match(seen[0]?.body ?? '', /wrong_credentials/)
})

test('the eleventh failure in a quarter of an hour is told to wait, the right password too', async (t) => {
  const clock: Clock = { seconds: 1_800_000_000 }
  const { origin, admin, member } = await startApi(t, clock)
  const logIn = (email: string, password: string): Promise<Response> => post(`${origin}/login`, { email, password })
  const guesses = Array.from({ length: 12 }, (_, index) => logIn(admin.email, `guess ${index}`))
  const statuses = (await Promise.all(guesses)).map(({ status }) => status)
  assert.deepEqual(statuses.sort(), [...Array(10).fill(401), 429, 429]) // although all came at once

  clock.seconds += 60
  const late = await logIn(` ${admin.email.toUpperCase()} `, admin.password) // the same account
  assert.equal(late.status, 429)
  assert.equal(late.headers.get('Retry-After'), String(14 * 60))
  assert.equal((await logIn(member.email, member.password)).status, 200) // another account

  clock.seconds += 14 * 60
  assert.equal((await logIn(admin.email, admin.password)).status, 200)
})

test('a login that goes well forgets the failures before it', async (t) => {
  const { origin, admin } = await startApi(t)
  for (const password of [...Array(9).fill('wrong'), admin.password, ...Array(9).fill('wrong')]) {
    const answer = await post(`${origin}/login`, { email: admin.email, password })
    assert.equal(answer.status, password === admin.password ? 200 : 401)
  }
})

test('jobs beyond those at once and in line are refused as busy', async () => {
  const gate = createGate(1, 1)
  const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()]
  const running = gate(() => first.promise)
  const waiting = gate(() => second.promise)
  await assert.rejects(
    gate(async () => ''),
    { status: 503, code: 'busy' },
  )
  first.resolve('first')
  second.resolve('second')
  assert.deepEqual(await Promise.all([running, waiting]), ['first', 'second'])
  await assert.rejects(
    gate(() => Promise.reject(new Error('its own'))),
    /its own/,
  )
  assert.equal(await gate(async () => 'third'), 'third')
})

test('login gives an access token for fifteen minutes, and nobody may store the answer', async (t) => {
  const clock: Clock = { seconds: 1_800_000_000 }
  const { origin, keys, users, admin } = await startApi(t, clock)
  const answer = await post(`${origin}/login`, { email: admin.email, password: admin.password })
  const { access_token, ...rest } = await toJson(answer)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('Cache-Control'), 'no-store')
  assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 900 })

  const { header, claims } = decodeUnverified(String(access_token))
  assert.deepEqual(header, { alg: 'ES256', typ: 'at+jwt', kid: keys.current.kid })
  const { jti, ...named } = claims
  assert.equal(typeof jti, 'string')
  assert.deepEqual(named, {
    iss: origin,
    aud: 'example-api',
    sub: users.all().find(({ email }) => email === admin.email)?.id,
    client_id: 'login-page',
    name: 'Ada Reyes',
    roles: ['member', 'admin'],
    iat: 1_800_000_000,
    exp: 1_800_000_900,
  })
})
