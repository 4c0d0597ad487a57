import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as door from 'countersign'
import { createGuard, type Refusal } from 'countersign/guard'
import { createGuard as createNodeGuard } from 'countersign/guard/node'
import { expiringStore, oneTime } from 'countersign/revocation'
import { now, POLICY } from '../support/forge.ts'
import {
  admittedBy,
  bearer,
  KEY,
  newClient,
  nodeRequestOf,
  proofs,
  refusedBy,
  requestOf,
  through,
  tokenOf,
  verifier,
} from './rig.ts'

let made = 0
/** A token that its verifier takes once. */
function once(): { readonly token: string; readonly verifier: door.Verifier; readonly asked: () => number } {
  made += 1
  let asked = 0
  const check = oneTime({ store: expiringStore({ now }), now })
  const revoked = (token: door.CheckedToken) => {
    asked += 1
    return check(token)
  }
  return {
    token: tokenOf({ jti: `once-${made}` }),
    verifier: door.createVerifier({ keys: KEY, ...POLICY, revoked }),
    asked: () => asked,
  }
}

// optional

test('optional lets in whoever has no token, and nobody whose token is wrong', async () => {
  const guard = createGuard({ verifier, optional: true })
  assert.equal(admittedBy(await guard.check(requestOf())), undefined)
  assert.equal(admittedBy(await guard.check(requestOf(bearer(tokenOf()))))?.claims.sub, '1234567890')
  for (const token of [tokenOf({ exp: 1 }), tokenOf({ cnf: {} }), 'x', `${tokenOf()}x`])
    refusedBy(await guard.check(requestOf(bearer(token))))
})
test('optional with demands: whoever comes with a token needs what is demanded', async () => {
  const guard = createGuard({ verifier, optional: true, scope: 'a' })
  assert.equal(admittedBy(await guard.check(requestOf())), undefined)
  assert.equal(refusedBy(await guard.check(requestOf(bearer(tokenOf())))).reason, 'insufficient_scope')
})
test('requires of an optional guard needs a token', async () => {
  const guard = createGuard({ verifier, optional: true, scope: 'a' })
  const strict = guard.requires({ scope: 'b' })
  const request = requestOf()
  admittedBy(await guard.check(request))
  const refusal = refusedBy(await strict.check(request))
  assert.equal(refusal.reason, 'no_token')
  assert.match(refusal.headers['www-authenticate'] ?? '', /^Bearer scope="a b"$/)
  assert.equal(refusedBy(await strict.requires({ roles: 'r' }).check(requestOf())).reason, 'no_token')
})
test('optional: the handler is told that there is no token', async () => {
  const handler = createGuard({ verifier, optional: true }).protect(
    (_, jwt) => new Response(jwt?.claims.sub ?? 'nobody'),
  )
  assert.equal(await ((await handler(requestOf())) as Response).text(), 'nobody')
  assert.equal(await ((await handler(requestOf(bearer(tokenOf())))) as Response).text(), '1234567890')
})

// One family looks at a request once.

test('guards of one family look at the token of a request once, in turn and at the same time', async () => {
  const { token, verifier: single, asked } = once()
  const guard = createGuard({ verifier: single })
  const strict = guard.requires({ scope: 'a' })
  const request = requestOf(bearer(token))
  const results = await Promise.all([guard.check(request), guard.check(request), strict.check(request)])
  assert.deepEqual(
    results.map(({ ok }) => ok),
    [true, true, false],
  )
  assert.equal(refusedBy(await strict.requires({ roles: 'r' }).check(request)).reason, 'insufficient_scope')
  admittedBy(await guard.check(request))
  assert.equal(asked(), 1)
  assert.equal(refusedBy(await guard.check(requestOf(bearer(token)))).error?.code, 'CS_REPLAY')
})
test('guards of two families each look: the second meets a token that was used', async () => {
  const { token, verifier: single, asked } = once()
  const [one, two] = [createGuard({ verifier: single }), createGuard({ verifier: single })]
  const request = requestOf(bearer(token))
  admittedBy(await one.check(request))
  assert.equal(refusedBy(await two.check(request)).error?.code, 'CS_REPLAY')
  assert.equal(asked(), 2)
})
test('what was refused stays refused for the whole family', async () => {
  const { token, verifier: single } = once()
  const guard = createGuard({ verifier: single })
  admittedBy(await guard.check(requestOf(bearer(token))))
  const again = requestOf(bearer(token))
  for (const each of [guard, guard.requires({ scope: 'a' }), guard])
    assert.equal(refusedBy(await each.check(again)).error?.code, 'CS_REPLAY')
})
test('a proof is looked at once by a family, and twice by two (RFC 9449 §11.1)', async () => {
  const client = await newClient({ scope: 'a' })
  const dpop = proofs()
  const guard = createGuard({ verifier, dpop })
  const request = requestOf({ authorization: `DPoP ${client.token}`, dpop: await client.prove() })
  admittedBy(await guard.check(request))
  admittedBy(await guard.requires({ scope: 'a' }).check(request))
  const other = refusedBy(await createGuard({ verifier, dpop }).check(request))
  assert.equal(other.reason, 'invalid_dpop_proof')
  assert.equal(other.error?.code, 'CS_REPLAY')
})
test('on Node, two guards of a family stand before one request', async () => {
  const { token, verifier: single, asked } = once()
  const guard = createNodeGuard({ verifier: single })
  const request = nodeRequestOf(bearer(token))
  assert.equal((await through(guard, request)).entered, 1)
  assert.equal((await through(guard.requires({ scope: 'a' }), request)).response.statusCode, 403)
  assert.equal(asked(), 1)
})
test('two requests with one token are two requests', async () => {
  const { token, verifier: single } = once()
  const guard = createGuard({ verifier: single })
  const results = await Promise.all(Array.from({ length: 20 }, () => guard.check(requestOf(bearer(token)))))
  assert.equal(results.filter(({ ok }) => ok).length, 1)
})

// of()

test('of gives the token of a request that came through the guard, and nothing for any other', async () => {
  const guard = createNodeGuard({ verifier })
  const request = nodeRequestOf(bearer(tokenOf()))
  assert.throws(() => guard.of(request), TypeError)
  await through(guard, request)
  assert.equal(guard.of(request).claims.sub, '1234567890')
  assert.throws(() => guard.of(nodeRequestOf(bearer(tokenOf()))), TypeError)
  const refused = nodeRequestOf(bearer('x'))
  assert.equal((await through(guard, refused)).entered, 0)
  assert.throws(() => guard.of(refused), TypeError)
  assert.throws(() => createNodeGuard({ verifier }).of(request), TypeError)
})
test('of a guard that demands more is for what came through that guard: the one before it is not enough', async () => {
  const guard = createNodeGuard({ verifier, optional: true })
  const strict = guard.requires({ scope: 'a' })
  for (const fields of [{}, bearer(tokenOf()), bearer(tokenOf({ scope: 'a' }))]) {
    const request = nodeRequestOf(fields)
    assert.equal((await through(guard, request)).entered, 1)
    assert.throws(() => strict.of(request), TypeError)
  }
  const poor = nodeRequestOf(bearer(tokenOf()))
  assert.equal((await through(strict, poor)).response.statusCode, 403)
  assert.throws(() => strict.of(poor), TypeError)
})
test('what came through a guard that demands more came through the one that it came of', async () => {
  const guard = createNodeGuard({ verifier, optional: true })
  const [strict, other] = [guard.requires({ scope: 'a' }), guard.requires({ scope: 'a' })]
  const request = nodeRequestOf(bearer(tokenOf({ scope: 'a' })))
  assert.equal((await through(strict, request)).entered, 1)
  assert.equal(strict.of(request).claims.sub, '1234567890')
  assert.equal(guard.of(request)?.claims.sub, '1234567890')
  assert.throws(() => other.of(request), TypeError)
})
test('of an optional guard gives undefined where it let in a request without a token', async () => {
  const guard = createNodeGuard({ verifier, optional: true })
  const request = nodeRequestOf()
  assert.equal((await through(guard, request)).entered, 1)
  assert.equal(guard.of(request), undefined)
  assert.throws(() => guard.of(nodeRequestOf()), TypeError)
})

// onRefusal

test('onRefusal is told each refusal with its request, and nothing of those that are let in', async () => {
  const told: [Refusal, unknown][] = []
  const guard = createGuard({
    verifier,
    realm: 'told',
    onRefusal(this: { readonly realm: string }, refusal, request) {
      assert.equal(this.realm, 'told')
      told.push([refusal, request])
    },
  })
  const requests = [requestOf(), requestOf(bearer('x')), requestOf(bearer(tokenOf()))]
  const [none, wrong] = [
    refusedBy(await guard.check(requests[0] as never)),
    refusedBy(await guard.check(requests[1] as never)),
  ]
  admittedBy(await guard.check(requests[2] as never))
  assert.deepEqual(told, [
    [none, requests[0]],
    [wrong, requests[1]],
  ])
  refusedBy(await guard.requires({ scope: 'a' }).check(requests[2] as never))
  assert.equal(told.length, 3)
})
test('what onRefusal throws, at once or later, changes nothing and ends nothing', async () => {
  const strange = {
    // biome-ignore lint/suspicious/noThenProperty: that it is one is the point
    get then() {
      throw new Error('no promise either')
    },
  }
  for (const onRefusal of [
    () => {
      throw new Error('the log is down')
    },
    async () => {
      throw new Error('the log is down')
    },
    () => Promise.reject(new Error('the log is down')),
    () => strange,
  ]) {
    const guard = createGuard({ verifier, onRefusal: onRefusal as () => void })
    assert.equal(refusedBy(await guard.check(requestOf())).status, 401)
    const response = (await guard.protect(() => new Response('in'))(requestOf())) as Response
    assert.equal(response.status, 401)
  }
  // A promise that nobody waits for would end the test run here.
  await new Promise((resolve) => setTimeout(resolve, 0))
})
