import assert from 'node:assert/strict'
import type { VerifierOptions } from 'countersign'
import { DOORS } from '../support/doors.ts'
import type { RfcCase } from '../support/vectors.ts'
import { oneKey, the, withChangedSignature } from './examples.ts'
import { exercise, SUITES } from './suites.ts'

const REFUSED_AS = new Map([
  ['rfc/rfc7519.json 3.1-expired', 'CS_EXPIRED'],
  ['rfc/rfc7519.json 6.1', 'CS_UNSIGNED'],
])

/** The clock stands where the vector says, and no tolerance moves it. */
function optionsOf(value: RfcCase): VerifierOptions {
  return {
    keys: oneKey(value.key ?? SUITES.jwt[0]?.value.key),
    issuer: 'joe',
    audience: 'any',
    clockTolerance: 0,
    now: () => the(value.evaluate_at, 'evaluate_at'),
  }
}

exercise(
  'jwtRefused',
  DOORS,
  ({ id, value }) => `a JWT that is ${value.expect} is refused (RFC 7519 §4.1.4, §6): ${id}`,
  async ({ id, value }, { door }) => {
    const token = the(value.jwt, 'jwt')
    const verifier = door.createVerifier(optionsOf(value))
    const code = the(REFUSED_AS.get(id), 'reason in REFUSED_AS')
    await assert.rejects(async () => verifier.verify(token), { name: 'JoseError', code })
    const result = await verifier.safeVerify(token)
    assert.equal(result.ok ? 'accepted' : result.error.code, code)
    assert.deepEqual(door.decodeUnverified(token).claims, value.claims, 'what is refused can still be looked at')
  },
)

exercise(
  'jwt',
  DOORS,
  ({ id }) => `a JWT gives its claims while it lives (RFC 7519 §3.1, §4.1.4): ${id}`,
  async ({ value }, { door }) => {
    const token = the(value.jwt, 'jwt')
    const verifier = door.createVerifier(optionsOf(value))
    await assert.rejects(async () => verifier.verify(withChangedSignature(token)), { code: 'CS_SIGNATURE' })
    assert.deepEqual((await verifier.verify(token)).claims, value.claims)
  },
)
