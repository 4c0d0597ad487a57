import assert from 'node:assert/strict'
import { importKey, type Jwk } from 'countersign/sync'
import { base64url, fromBase64url, utf8 } from '../../src/bytes.ts'
import { RUNTIMES, verifyCompact } from '../support/jws.ts'
import { exercise, signAgain, the, verifyingKey, withChangedSignature } from './suites.ts'

type Runtime = (typeof RUNTIMES)[number]

/** The refusals have their own reason, and not merely the lack of a key. */
const REFUSED_AS = new Map([
  ['rfc/rfc7515.json A.5', 'CS_UNSIGNED'],
  ['rfc/rfc7515.json E-crit', 'CS_CRIT'],
])
const ANY_KEY = importKey({ kty: 'oct', k: base64url(new Uint8Array(64).fill(1)) })

exercise(
  'rfcJwsRefused',
  RUNTIMES,
  ({ id, value }) => `a JWS that is ${value.expect} is refused: ${id}`,
  async ({ id, value }, { run }) => {
    const code = the(REFUSED_AS.get(id), 'reason in REFUSED_AS')
    await assert.rejects(async () => run(verifyCompact(value.jws, ANY_KEY)), { name: 'JoseError', code })
  },
)

exercise(
  'rfcJws',
  RUNTIMES,
  ({ id, value }) => `a JWS verifies, and is signed to the same bytes where ${value.alg} is deterministic: ${id}`,
  async ({ value }, runtime) => {
    const token = String(the(value.jws, 'jws'))
    const payload = the(value.payload_b64u, 'payload_b64u')
    const header = the(value.protected_header_utf8, 'protected_header_utf8')
    await checkVerifies(runtime, { token, jwk: the(value.key, 'key'), alg: the(value.alg, 'alg'), header, payload })
    if (!value.deterministic) return
    const key = importKey(the(value.key, 'key'))
    assert.equal(await runtime.run(signAgain(token, the(value.alg, 'alg'), key)), token)
  },
)

exercise(
  'cookbookJws',
  RUNTIMES,
  ({ id, entry }) =>
    `a JWS verifies, and is signed to the same bytes where ${entry.input?.alg} is deterministic (RFC 7520): ${id}`,
  async ({ entry }, runtime) => {
    const token = String(entry.output['compact'])
    const jwk = the(entry.input?.key, 'input.key')
    const alg = String(the(entry.input?.alg, 'input.alg'))
    const payload = base64url(utf8(the(entry.input?.payload, 'input.payload')))
    const header = Buffer.from(the(entry.signing?.protected_b64u, 'signing.protected_b64u'), 'base64url').toString()
    await checkVerifies(runtime, { token, jwk, alg, header, payload })
    assert.equal(token.split('.')[2], entry.signing?.sig)
    if (entry.reproducible) assert.equal(await runtime.run(signAgain(token, alg, importKey(jwk))), token)
  },
)

interface Expected {
  readonly token: string
  readonly jwk: Jwk
  readonly alg: string
  readonly header: string
  readonly payload: string
}

async function checkVerifies({ run }: Runtime, { token, jwk, alg, header, payload }: Expected): Promise<void> {
  const key = verifyingKey(jwk)
  await assert.rejects(async () => run(verifyCompact(withChangedSignature(token), key)), { code: 'CS_SIGNATURE' })
  const verified = await run(verifyCompact(token, key, [alg]))
  assert.deepEqual(verified.payload, fromBase64url(payload, 'the payload of the vector'))
  assert.deepEqual({ ...verified.header }, JSON.parse(header))
  assert.equal(token.slice(0, token.indexOf('.')), base64url(utf8(header)), 'the vector has another header text')
}
