import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exportPem, importKey } from 'countersign'
import { createTestIssuer, type HostileName } from 'countersign/testing'
import jsonwebtoken from 'jsonwebtoken'

/** What it accepts, and why. */
const ACCEPTED: ReadonlyMap<HostileName, string> = new Map([
  ['wrongType', 'it does not look at typ'],
  ['critical', 'it does not look at crit'],
  ['withoutExpiry', 'it has no option that demands exp'],
])

for (const alg of ['ES256', 'RS256'] as const) {
  test(`${alg}: jsonwebtoken refuses the hostile tokens that it has a check for, and verifies the valid ones`, async (t) => {
    const { mint, jwks, issuer, audience, clock } = await createTestIssuer({ alg })
    const [jwk] = (await jwks()).keys
    assert.ok(jwk)
    const pem = await exportPem(importKey(jwk))
    const options = { algorithms: [alg], issuer, audience, clockTimestamp: clock.now() }
    for (const { name, token } of await mint.hostile()) {
      const why = ACCEPTED.get(name)
      if (why === undefined) assert.throws(() => jsonwebtoken.verify(token, pem, options), { name: /Error$/ }, name)
      else {
        t.diagnostic(`${name} is not refused: ${why}`)
        jsonwebtoken.verify(token, pem, options)
      }
    }
    const claims = jsonwebtoken.verify(await mint.valid({ scope: 'read' }), pem, options)
    assert.equal((claims as jsonwebtoken.JwtPayload)['scope'], 'read')
  })
}
