import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSigner, createVerifier, generateKey, remoteKeySet } from 'countersign'
import { createGuard } from 'countersign/guard/hono'
import { toApiError } from '../src/bearer.ts'
import { type Clock, encode, get, signAs, startApi, toJson, withClaims } from './support.ts'

const MEMBERS = ['alg', 'crv', 'kid', 'kty', 'x', 'y']

test('a request without a bearer token is told the scheme and no error (RFC 6750 §3.1)', async (t) => {
  const { origin } = await startApi(t)
  for (const headers of [{}, { Authorization: 'Basic YTpi' }]) {
    const answer = await fetch(`${origin}/me`, { headers })
    assert.equal(answer.status, 401)
    assert.equal(answer.headers.get('WWW-Authenticate'), 'Bearer')
    assert.equal((await toJson(answer))['code'], 'no_token')
  }
  const malformed = await fetch(`${origin}/me`, { headers: { Authorization: 'Bearer a b' } })
  assert.equal(malformed.status, 400)
  assert.equal((await toJson(malformed))['code'], 'invalid_request')
})

test('a refused token is answered with its reason (RFC 6750 §3)', async (t) => {
  const clock: Clock = { seconds: 1_800_000_000 }
  const api = await startApi(t, clock)
  const own = await api.tokenFor(api.member)
  const [, claims] = own.split('.')
  const current = api.keys.current.kid ?? ''
  const refused = [
    { why: 'a claim was changed', token: withClaims(own, { roles: ['admin'] }), code: 'CS_SIGNATURE' },
    { why: 'nobody signed it', token: `${encode({ alg: 'none', typ: 'at+jwt' })}.${claims}.`, code: 'CS_UNSIGNED' },
    { why: 'a foreign key signed it', token: await signAs(await generateKey('ES256'), api, clock), code: 'CS_NO_KEY' },
    {
      why: 'a foreign key signed it under our kid',
      token: await signAs(await generateKey('ES256', { kid: current }), api, clock),
      code: 'CS_SIGNATURE',
    },
    { why: 'it is no token', token: 'hello', code: 'CS_MALFORMED' },
  ]
  for (const { why, token, code } of refused) {
    const answer = await get(`${api.origin}/me`, token)
    const body = await toJson(answer)
    assert.equal(answer.status, 401, why)
    assert.equal(body['code'], code, why)
    assert.ok(body['message'] && body['hint'], why)
    assert.match(
      answer.headers.get('WWW-Authenticate') ?? '',
      /^Bearer error="invalid_token", error_description="[\x20-\x21\x23-\x5b\x5d-\x7e]+"$/,
      why,
    )
  }
})

test('a token is refused once it has expired', async (t) => {
  const clock: Clock = { seconds: 1_800_000_000 }
  const { origin, member, tokenFor } = await startApi(t, clock)
  const token = await tokenFor(member)
  clock.seconds += 900 + 29 // clocks may differ by 30 s
  assert.equal((await get(`${origin}/me`, token)).status, 200)
  clock.seconds += 1
  const answer = await get(`${origin}/me`, token)
  assert.equal(answer.status, 401)
  assert.equal((await toJson(answer))['code'], 'CS_EXPIRED')
})

test('keys that cannot be had are answered with 503 and no challenge', async () => {
  const fetch = async (): Promise<never> => {
    throw new Error('no answer')
  }
  const keys = remoteKeySet('https://issuer.example/jwks.json', { fetch })
  const guard = createGuard({ verifier: createVerifier({ keys, issuer: 'any', audience: 'any' }) })
  const result = await guard.token(await createSigner({ key: await generateKey('ES256'), expiresIn: '5m' }).sign({}))
  assert.ok(!result.ok)
  const { status, headers } = toApiError(result)
  assert.deepEqual([status, headers['retry-after'], headers['www-authenticate']], [503, '5', undefined])
})

test('the admin route refuses a user without the role, and lets an admin in', async (t) => {
  const { origin, admin, member, tokenFor } = await startApi(t)
  const refused = await get(`${origin}/admin/users`, await tokenFor(member))
  assert.equal(refused.status, 403)
  assert.match(refused.headers.get('WWW-Authenticate') ?? '', /^Bearer error="insufficient_scope"/)
  assert.equal((await get(`${origin}/admin/users`)).status, 401)

  const allowed = await get(`${origin}/admin/users`, await tokenFor(admin))
  const { users } = (await toJson(allowed)) as { users: { email: string }[] }
  assert.equal(allowed.status, 200)
  assert.deepEqual(
    users.map(({ email }) => email),
    [admin.email, member.email],
  )
  assert.ok(!JSON.stringify(users).includes('argon2id'))
})

test('me tells who the token is about, and refuses the token of a user who is gone', async (t) => {
  const api = await startApi(t)
  const answer = await get(`${api.origin}/me`, await api.tokenFor(api.member))
  const { id: _, ...user } = await toJson(answer)
  assert.deepEqual(user, { email: 'max@example.com', name: 'Max Lindqvist', roles: ['member'] })

  const gone = await get(`${api.origin}/me`, await signAs(api.keys.current, api))
  assert.equal(gone.status, 401)
  assert.equal((await toJson(gone))['code'], 'no_user')
})

test('the JWK Set has the public members of two keys, and may be kept for five minutes (RFC 7517 §5)', async (t) => {
  const { jwksUrl, keys } = await startApi(t)
  const answer = await get(jwksUrl)
  assert.equal(answer.headers.get('Content-Type'), 'application/jwk-set+json')
  assert.equal(answer.headers.get('Cache-Control'), 'public, max-age=300')
  const { keys: published } = (await toJson(answer)) as { keys: Record<string, string>[] }
  assert.deepEqual(
    published.map(({ kid }) => kid),
    [keys.current.kid, keys.previous.kid],
  )
  for (const jwk of published) assert.deepEqual(Object.keys(jwk).sort(), MEMBERS)
})

test('a token that the previous key signed still verifies', async (t) => {
  const api = await startApi(t)
  assert.equal((await get(`${api.origin}/admin/users`, await signAs(api.keys.previous, api))).status, 200)
})
