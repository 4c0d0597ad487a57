import assert from 'node:assert/strict'
import test from 'node:test'
import type { Jwk } from 'countersign'
import { base64url } from '../../src/bytes.ts'
import { DOORS } from '../support/doors.ts'
import { EC, ED, jwkFor, pemOf, RSA, STRONG } from '../support/keys.ts'

const ALL_RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const MAY_SERVE: readonly (readonly [what: string, jwk: Jwk, algorithms: readonly string[]])[] = [
  ['an RSA key for encryption by its use', { ...RSA, use: 'enc' }, []],
  ['an RSA key for an algorithm that is none of signatures', { ...RSA, alg: 'RSA-OAEP' }, []],
  ['an EC key for an algorithm that does not exist', { ...jwkFor('ES512'), alg: 'ES521' }, []],
  ['a public key that may only sign', { ...EC, key_ops: ['sign'] }, []],
  ['a private key that may only verify', { ...jwkFor('ES256'), key_ops: ['verify'] }, []],
  ['a secret that may only encrypt', { ...jwkFor('HS256'), key_ops: ['encrypt', 'decrypt'] }, []],
  ['a secret that may do nothing', { ...jwkFor('HS256'), key_ops: [] }, []],
  ['a secret that may only verify', { ...jwkFor('HS256'), key_ops: ['verify'] }, ['HS256']],
  ['an RSA key', RSA, ALL_RSA],
  ['an RSA key for one algorithm', { ...RSA, alg: 'PS384' }, ['PS384']],
  ['a key on P-256', EC, ['ES256']],
  ['a key on P-384', jwkFor('ES384'), ['ES384']],
  ['a key on P-521', jwkFor('ES512'), ['ES512']],
  ['a key on Ed25519', ED, ['EdDSA', 'Ed25519']],
  ['a secret of 64 octets', { kty: 'oct', k: base64url(STRONG) }, ['HS256', 'HS384', 'HS512']],
  ['a secret of 48 octets', { kty: 'oct', k: base64url(STRONG.subarray(16)) }, ['HS256', 'HS384']],
]

for (const { name, door } of DOORS) {
  for (const [what, jwk, algorithms] of MAY_SERVE) {
    test(`${name}: ${what} serves ${algorithms.join(', ') || 'nothing'} (RFC 7517 §4.2 to §4.4)`, () => {
      assert.deepEqual(door.importKey(jwk).algorithms, algorithms)
    })
  }

  test(`${name}: options say of a key what its container does not`, () => {
    const key = door.importKey(pemOf(RSA), { alg: 'PS256', kid: 'a', use: 'sig' })
    assert.deepEqual([key.alg, key.kid, key.use, key.algorithms], ['PS256', 'a', 'sig', ['PS256']])
    assert.equal(door.importKey({ ...RSA, kid: 'a' }, { kid: 'b' }).kid, 'b')
    assert.equal(door.importKey({ ...RSA, alg: 'PS256' }, { alg: 'PS256' }).alg, 'PS256')
    assert.equal(door.importKey({ ...RSA, kid: 'a', extra: [{}] } as Jwk).kid, 'a')
  })

  test(`${name}: sizes are those that one speaks of`, () => {
    const bits = (jwk: Jwk): number => door.importKey(jwk).bits
    assert.deepEqual(
      [RSA, EC, jwkFor('ES384'), jwkFor('ES512'), ED, jwkFor('HS256')].map(bits),
      [2048, 256, 384, 521, 256, 256],
    )
  })

  test(`${name}: capabilities name what this runtime can do, and cannot be changed`, async () => {
    const can = door.capabilities()
    assert.ok(Object.isFrozen(can) && Object.isFrozen(can.signature) && Object.isFrozen(can.curves))
    assert.deepEqual(can, {
      backend: 'node:crypto',
      signature: ['HS256', 'HS384', 'HS512', ...ALL_RSA, 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
      curves: ['P-256', 'P-384', 'P-521', 'Ed25519'],
    })
    for (const alg of can.signature) {
      const key = await door.generateKey(alg)
      assert.ok(await door.createSigner({ key, expiresIn: 60 }).sign({}), alg)
    }
  })
}
