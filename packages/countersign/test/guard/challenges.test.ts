import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as door from 'countersign'
import { createGuard, toResponse } from 'countersign/guard'
import fc from 'fast-check'
import { NOW, POLICY } from '../support/forge.ts'
import { answer, rig, unreachable } from '../support/remote.ts'
import { bearer, challengesOf, KEY, parseChallenges, proofs, refusedBy, requestOf, tokenOf, verifier } from './rig.ts'

const guard = createGuard({ verifier })

test('a request without a token is told the scheme, and no error (RFC 6750 §3.1)', async () => {
  const refusal = refusedBy(await guard.check(requestOf()))
  assert.equal(refusal.reason, 'no_token')
  assert.equal(refusal.status, 401)
  assert.deepEqual(refusal.headers, {
    'cache-control': 'no-store',
    'content-type': 'application/json',
    'www-authenticate': 'Bearer',
  })
  assert.deepEqual(refusal.body, { error: 'no_token', error_description: 'this needs an access token' })
  assert.equal('error' in refusal, false)
})
test('a token that is refused is told why, by 401 and invalid_token (RFC 6750 §3.1)', async () => {
  const refusal = refusedBy(await guard.check(requestOf(bearer(tokenOf({ exp: NOW - 100 })))))
  assert.equal(refusal.status, 401)
  assert.equal(refusal.error?.code, 'CS_EXPIRED')
  assert.deepEqual(challengesOf(refusal), [
    { scheme: 'Bearer', error: 'invalid_token', error_description: 'exp passed 100 s ago' },
  ])
  assert.deepEqual(refusal.body, {
    error: 'invalid_token',
    error_description: 'exp passed 100 s ago',
    code: 'CS_EXPIRED',
  })
})
test('a token that may not do that is told what is needed, by 403 and insufficient_scope (RFC 6750 §3.1)', async () => {
  const strict = createGuard({ verifier, scope: 'orders:read orders:write', realm: 'orders' })
  const refusal = refusedBy(await strict.check(requestOf(bearer(tokenOf({ scope: 'orders:read' })))))
  assert.equal(refusal.status, 403)
  assert.deepEqual(challengesOf(refusal), [
    {
      scheme: 'Bearer',
      realm: 'orders',
      error: 'insufficient_scope',
      error_description: 'the token lacks the scope orders:write',
      scope: 'orders:read orders:write',
    },
  ])
})
test('a request that is malformed is told so by 400 and invalid_request, and not which scope it needs', async () => {
  const strict = createGuard({ verifier, scope: 'a' })
  const refusal = refusedBy(await strict.check(requestOf({ authorization: 'Bearer' })))
  assert.equal(refusal.status, 400)
  assert.deepEqual(
    challengesOf(refusal).map(({ error_description: _, ...rest }) => rest),
    [{ scheme: 'Bearer', error: 'invalid_request' }],
  )
})
test('realm and scope stand in the challenge of a request without a token, too', async () => {
  const strict = createGuard({ verifier, scope: ['a', 'b'], realm: "the kitchen's door" })
  assert.deepEqual(challengesOf(refusedBy(await strict.check(requestOf()))), [
    { scheme: 'Bearer', realm: "the kitchen's door", scope: 'a b' },
  ])
})
test('where proofs are taken, both schemes are offered (RFC 9449 §7.2)', async () => {
  const both = createGuard({ verifier, dpop: { ...proofs(), algorithms: ['ES256', 'PS256'] }, realm: 'r' })
  assert.deepEqual(challengesOf(refusedBy(await both.check(requestOf()))), [
    { scheme: 'Bearer', realm: 'r' },
    { scheme: 'DPoP', realm: 'r', algs: 'ES256 PS256' },
  ])
})
test('where proofs are required, the challenge is DPoP alone, and has the error of whatever came (RFC 9449 §7.1)', async () => {
  const dpop = { ...proofs(), algorithms: ['ES256'], required: true }
  const required = createGuard({ verifier, dpop, scope: 'a' })
  assert.deepEqual(challengesOf(refusedBy(await required.check(requestOf()))), [
    { scheme: 'DPoP', scope: 'a', algs: 'ES256' },
  ])
  const refusal = refusedBy(await required.check(requestOf(bearer(tokenOf({ scope: 'a' })))))
  assert.equal(refusal.status, 401)
  const [challenge, ...more] = challengesOf(refusal)
  assert.deepEqual(more, [])
  assert.equal(challenge?.['scheme'], 'DPoP')
  assert.equal(challenge?.['error'], 'invalid_token')
  assert.match(challenge?.['error_description'] ?? '', /not bound to a key/)
})

for (const [what, server] of [
  ['cannot be reached', unreachable],
  ['answers 500', answer('{}', {}, 500)],
  ['answers with something else', answer('<html>')],
] as const) {
  test(`503 and Retry-After where the keys ${what}, and nothing about where they are`, async () => {
    const { state, keys } = rig()
    state.answer = server
    const remote = createGuard({ verifier: door.createVerifier({ keys, ...POLICY }), optional: true, scope: 'a' })
    const refusal = refusedBy(await remote.check(requestOf(bearer(tokenOf()))))
    assert.equal(refusal.status, 503)
    assert.equal(refusal.reason, 'unavailable')
    assert.equal(refusal.error?.unavailable, true)
    assert.deepEqual(refusal.headers, {
      'cache-control': 'no-store',
      'content-type': 'application/json',
      'retry-after': '5',
    })
    const { code, ...told } = refusal.body
    assert.equal(code, refusal.error?.code)
    assert.deepEqual(told, { error: 'unavailable', error_description: 'the token cannot be checked at the moment' })
  })
}

test('toResponse gives status, headers and body of a refusal, and so does protect', async () => {
  const request = requestOf(bearer('no.token.atall'))
  const refusal = refusedBy(await guard.check(request))
  const protectedBy = guard.protect(() => assert.fail('the request was let in'))
  for (const response of [toResponse(refusal) as Response, (await protectedBy(request)) as Response]) {
    assert.equal(response.status, 401)
    for (const [name, value] of Object.entries(refusal.headers)) assert.equal(response.headers.get(name), value)
    assert.deepEqual(await response.json(), refusal.body)
  }
})
test('protect hands on the request, the token, and whatever else the platform gives', async () => {
  const request = requestOf(bearer(tokenOf()))
  const handler = guard.protect((given, { claims }, context: { readonly id: number }, more: string) => {
    assert.equal(given, request)
    return new Response(`${claims.sub} ${context.id} ${more}`, { status: 201 })
  })
  const response = (await handler(request, { id: 7 }, 'x')) as Response
  assert.equal(response.status, 201)
  assert.equal(await response.text(), '1234567890 7 x')
})
test('protect without a handler is an error where it is written', () => {
  for (const handler of [undefined, null, {}, new Response('in')])
    assert.throws(() => guard.protect(handler as never), TypeError)
})
test('what a handler throws is not the business of its guard', async () => {
  const thrown = new Error('mine')
  const handler = guard.protect(() => {
    throw thrown
  })
  await assert.rejects(handler(requestOf(bearer(tokenOf()))), { message: thrown.message })
})

// Whatever a token says, the header stays one that parses.

const anyText = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0x2ff }).map((unit) => String.fromCharCode(unit)),
    fc.constantFrom('"', '\\', '\r\n', ', Bearer error="', '\u202e', '\ud800', '\u{1f600}'),
  ),
  maxLength: 200,
})

test('whatever kid, typ, iss and aud are, the challenge parses, and no line of it is theirs (RFC 6750 §3)', async () => {
  await fc.assert(
    fc.asyncProperty(anyText, anyText, anyText, anyText, fc.boolean(), async (kid, typ, iss, aud, list) => {
      const token = tokenOf({ iss, aud: list ? [aud, aud] : aud }, { kid, typ })
      const set = createGuard({
        verifier: door.createVerifier({ keys: door.keySet({ keys: [KEY] }), ...POLICY }),
        scope: 'a',
      })
      for (const each of [guard, set]) {
        const refusal = refusedBy(await each.check(requestOf(bearer(token))))
        const [challenge, ...more] = parseChallenges(refusal.headers['www-authenticate'] ?? '')
        assert.deepEqual(more, [])
        assert.equal(challenge?.scheme, 'Bearer')
        assert.equal(challenge?.parameters.get('error'), 'invalid_token')
        assert.deepEqual(
          [...(challenge?.parameters.keys() ?? [])],
          each === set ? ['error', 'error_description', 'scope'] : ['error', 'error_description'],
        )
        assert.ok((refusal.headers['www-authenticate'] ?? '').length < 4096)
        new Response('', { headers: { ...refusal.headers } }) // the platform takes it
        assert.deepEqual(JSON.parse(JSON.stringify(refusal.body)).error, 'invalid_token')
      }
    }),
    { numRuns: 200 },
  )
})
test('whatever scopes and roles are demanded, the challenge parses', async () => {
  const scopeText = fc.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e]{1,20}$/)
  const roleText = anyText.filter((text) => text !== '')
  await fc.assert(
    fc.asyncProperty(fc.array(scopeText, { minLength: 1, maxLength: 5 }), roleText, async (scope, role) => {
      const strict = createGuard({ verifier, scope, roles: role })
      for (const claims of [{}, { scope: scope.join(' ') }]) {
        const refusal = refusedBy(await strict.check(requestOf(bearer(tokenOf(claims)))))
        assert.equal(refusal.status, 403)
        assert.equal(challengesOf(refusal)[0]?.['scope'], [...new Set(scope)].join(' '))
      }
    }),
    { numRuns: 100 },
  )
})
