import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startApp } from './apps.ts'
import { type Reply, shoot } from './autocannon.ts'
import { APPS } from './control.ts'
import { startKeyServer } from './keys.ts'
import { send } from './send.ts'
import { Tally } from './tally.ts'
import { type Card, type Expected, faultOf, Tokens } from './tokens.ts'

const [REQUESTS, CONNECTIONS] = [2000, 8]

describe('a guard under load', () => {
  for (const app of APPS)
    test(`${app}: of ${REQUESTS} requests, one in ten hostile, each gets the answer that is right for it`, async (t) => {
      const tokens = await Tokens.open()
      await tokens.issuer.rotate() // tokens of the key before are as good
      const keys = await startKeyServer(() => tokens.jwks(), 600)
      const { server, origin } = await startApp({ app, jwksUri: keys.jwksUri, issuer: tokens.issuer.issuer })
      t.after(() => Promise.all([keys.close(), server.close().closeAllConnections()]))
      ;(await tokens.make(origin)).use()
      await tokens.prove(origin)
      const tally = new Tally()
      const kinds = new Set<string>()
      let count = 0
      const round = {
        next: (): Card => (count++ % 10 === 0 ? tokens.bad() : tokens.good()),
        judge(reply: Reply, expected: Expected): void {
          tally.add(reply.status)
          kinds.add(expected.kind)
          const fault = faultOf(reply, expected)
          if (fault !== undefined) tally.fail(`${expected.kind}: ${fault}`)
        },
      }
      const { errors, timeouts } = await shoot(origin, round, { connections: CONNECTIONS, amount: REQUESTS })
      t.diagnostic(`${tally}`)
      assert.deepEqual(tally.faults, [])
      assert.deepEqual([tally.total, errors, timeouts], [REQUESTS, 0, 0])
      assert.ok(kinds.size >= tokens.kinds + 3, `${kinds.size} kinds were sent`)
      // What does not fit into the headers that Node takes never gets to the guard.
      for (const length of [17_000, 100_000])
        assert.equal(await send(origin, { authorization: `Bearer ${'A'.repeat(length)}` }), 431)
      assert.equal(await send(origin, tokens.good().shot.headers), 200)
    })
})

test('an answer that is not as it has to be is seen', () => {
  const challenge = { 'www-authenticate': 'Bearer realm="orders", error="invalid_token", error_description="expired"' }
  const refusal = { status: 401, headers: challenge, body: '{"error":"invalid_token"}' }
  const expected = { kind: 'expired', status: 401, error: 'invalid_token' }
  assert.equal(faultOf(refusal, expected), undefined)
  for (const wrong of [
    { ...refusal, status: 200 },
    { ...refusal, status: 500 },
    { ...refusal, status: 403 },
    { ...refusal, headers: {} },
    { ...refusal, headers: { 'www-authenticate': 'Bearer realm="orders"' } },
    { ...refusal, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } },
    { ...refusal, body: '{"error":"invalid_request"}' },
  ])
    assert.notEqual(faultOf(wrong, expected), undefined, JSON.stringify(wrong))
  assert.notEqual(faultOf(refusal, { kind: 'good', status: 200 }), undefined)
})
