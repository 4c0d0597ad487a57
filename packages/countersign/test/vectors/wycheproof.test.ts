import assert from 'node:assert/strict'
import test from 'node:test'
import { importKey, JoseError, type Jwk, type Key } from 'countersign'
import { base64url, fromBase64url } from '../../src/bytes.ts'
import { Key as BareKey } from '../../src/key/key.ts'
import { DOORS } from '../support/doors.ts'
import { RUNTIMES, signAgain, verifyCompact } from '../support/jws.ts'
import { verifyingKey } from '../support/keys.ts'
import { isDeterministic, the } from './examples.ts'
import { exercise, SUITES } from './suites.ts'

/** Tests of the signature file whose label is wrong, with the right answer. `/vectors/README.md` has the findings. */
const MISLABELLED: ReadonlyMap<number, readonly [right: 'valid' | 'invalid', why: string]> = new Map([
  [346, ['invalid', 'the JWK is for PS256 and the token says PS384']],
  [350, ['invalid', 'the JWK is for PS256 and the token says PS384']],
  [347, ['invalid', 'the JWK is for ES521, which does not exist, and the token says ES512']],
  [351, ['invalid', 'the JWK is for ES521, which does not exist, and the token says ES512']],
  [367, ['valid', 'the token is that of the valid test 357: the padding it is about was lost']],
  [370, ['valid', 'the token is that of the valid test 357: the padding it is about was lost']],
  [372, ['invalid', 'a "?" in the header is not base64url (RFC 7515 §2)']],
  [373, ['invalid', 'a "?" in the payload is not base64url (RFC 7515 §2)']],
])

const ZERO_KEY_ID = 'hs256-key'

/** What has to come of a test, and how that is said. */
function verdictOf({ tcId, result }: { readonly tcId: number; readonly result: 'valid' | 'invalid' }): string {
  return MISLABELLED.get(tcId)?.[0] ?? result
}

/**
 * The key of a group. That of one group consists of zeros, which importKey refuses; its tests are about base64url and
 * JSON and worth running, so there the key is made below that gate, where only a test can reach.
 */
function keyOf(jwk: Jwk): Key {
  if (jwk.kid !== ZERO_KEY_ID) return verifyingKey(jwk)
  const secret = fromBase64url(the(jwk.k, 'k'), 'k')
  return new BareKey(
    { kty: 'oct', kind: 'secret', members: {}, secret },
    { bits: secret.length * 8, alg: 'HS256', kid: jwk.kid },
  )
}

for (const { name, door } of DOORS) {
  test(`${name}: importKey refuses the HMAC key of zeros that a group uses (RFC 8725 §3.5)`, () => {
    const groups = new Set(SUITES.wycheproofSignature.map(({ group }) => group.private))
    const zeros = [...groups].filter(({ kid }) => kid === ZERO_KEY_ID)
    assert.equal(zeros.length, 1)
    for (const jwk of zeros) assert.throws(() => door.importKey(jwk), { name: 'JoseError', code: 'CS_WEAK_SECRET' })
  })
}

test('the tests that are held to be mislabelled are there, and labelled otherwise', () => {
  const labels = new Map(SUITES.wycheproofSignature.map(({ value }) => [value.tcId, value]))
  for (const [tcId, [right, why]] of MISLABELLED) assert.notEqual(labels.get(tcId)?.result, right, `${tcId}: ${why}`)
  for (const tcId of [367, 370]) assert.equal(labels.get(tcId)?.jws, labels.get(357)?.jws)
})

exercise(
  'wycheproofSignature',
  RUNTIMES,
  ({ value }) => {
    const why = MISLABELLED.get(value.tcId)?.[1]
    return `Wycheproof signature ${value.tcId} is ${verdictOf(value)}: ${why ? `mislabelled, ${why}` : value.comment}`
  },
  async ({ group, value }, runtime) => {
    // The key's own alg pins the algorithm: nothing else is said here.
    const key = keyOf(group.public ?? group.private)
    const verified = async () => runtime.run(verifyCompact(value.jws, key))
    if (verdictOf(value) === 'invalid') {
      await assert.rejects(verified, JoseError)
      return
    }
    const { header, payload } = await verified()
    assert.equal(base64url(payload), value.jws.split('.')[1])
    if (!isDeterministic(header.alg)) return
    const signing = group.public ? importKey(group.private) : key
    assert.equal(await runtime.run(signAgain(value.jws, header.alg, signing)), value.jws)
  },
)

/** Each door makes the sets for one of the drivers. */
const PLACES = DOORS.map((place, index) => ({ ...place, run: (RUNTIMES[index] ?? RUNTIMES[0]).run }))

exercise(
  'wycheproofKey',
  PLACES,
  ({ value }) => `Wycheproof key ${value.tcId} is ${value.result}: ${value.comment}`,
  async ({ group, value }, { door, run }) => {
    const jwks = group.public ?? group.private
    // A set that is refused as a whole refuses its tokens.
    const verified = async () => run(verifyCompact(value.jws, door.keySet(jwks)))
    if (value.result === 'invalid') await assert.rejects(verified, JoseError)
    else assert.equal(base64url((await verified()).payload), value.jws.split('.')[1])
  },
)
