import assert from 'node:assert/strict'
import test from 'node:test'
import type { Jwk } from 'countersign'
import { base64url } from '../../src/bytes.ts'
import { DOORS } from '../support/doors.ts'
import { assertRefused, EC, ED, jwkFor, ML_DSA, pemOf, publicMembers, RSA, STRONG } from '../support/keys.ts'

const ALL_RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const ALL_CURVES = ['ES256', 'ES384', 'ES512', 'ES256K', 'EdDSA', 'Ed25519', 'Ed448']
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
  ['a key on secp256k1', jwkFor('ES256K'), ['ES256K']],
  ['a key on Ed25519', ED, ['EdDSA', 'Ed25519']],
  ['a key on Ed25519 for one name of its algorithm', { ...ED, alg: 'EdDSA' }, ['EdDSA']],
  ['a key on Ed448', jwkFor('Ed448'), ['EdDSA', 'Ed448']],
  ['a key on Ed448 for the name that it shares', { ...jwkFor('Ed448'), alg: 'EdDSA' }, ['EdDSA']],
  ['a key on Ed448 for one name of its algorithm', { ...jwkFor('Ed448'), alg: 'Ed448' }, ['Ed448']],
  ...ML_DSA.flatMap((alg): (typeof MAY_SERVE)[number][] => [
    [`a key of ${alg}`, jwkFor(alg), [alg]],
    [`a public key of ${alg} that may only sign`, { ...publicMembers(jwkFor(alg)), key_ops: ['sign'] }, []],
  ]),
  ['a secret of 64 octets', { kty: 'oct', k: base64url(STRONG) }, ['HS256', 'HS384', 'HS512']],
  ['a secret of 48 octets', { kty: 'oct', k: base64url(STRONG.subarray(16)) }, ['HS256', 'HS384']],
]

/** Algorithms that look alike, for keys of which one is not the other. */
const NEIGHBOURS: readonly (readonly string[])[] = [
  ['ES256', 'ES256K', 'ES384', 'ES512'],
  ['Ed25519', 'Ed448'],
  ['ES256K', 'Ed25519', 'HS256'],
  ML_DSA,
]
const MISFITS = NEIGHBOURS.flatMap((algs) => algs.flatMap((own) => algs.map((asked) => [own, asked] as const))).filter(
  ([own, asked]) => own !== asked,
)

for (const { name, door } of DOORS) {
  for (const [own, asked] of MISFITS) {
    test(`${name}: a key for ${own} neither signs nor verifies with ${asked} (RFC 8725 §3.1)`, async () => {
      const jwk = jwkFor(own)
      const key = door.importKey(jwk)
      const keys = key.kind === 'secret' ? key : await door.publicKey(key)
      assert.ok(!key.algorithms.includes(asked))
      assertRefused(() => door.importKey(jwk, { alg: asked }), 'CS_KEY_TYPE', 'by option')
      assertRefused(() => door.createSigner({ key, alg: asked, expiresIn: 60 }), 'CS_KEY_TYPE', 'signer')
      const options = { keys, issuer: 'any', audience: 'any' } as const
      assertRefused(() => door.createVerifier({ ...options, algorithms: [asked] }), 'CS_KEY_TYPE', 'verifier')
      const honest = await door.createSigner({ key, alg: own, expiresIn: 60 }).sign({})
      const [header = '', ...rest] = honest.split('.')
      const renamed = { ...JSON.parse(Buffer.from(header, 'base64url').toString()), alg: asked }
      const token = [base64url(Buffer.from(JSON.stringify(renamed))), ...rest].join('.')
      const result = await door.createVerifier(options).safeVerify(token)
      assert.equal(result.ok ? 'accepted' : result.error.code, 'CS_KEY_TYPE')
      // The name of the algorithm is a part of an AKP key, so there it is another key that is asked for.
      const code = jwk.kty === 'AKP' ? 'CS_KEY_INVALID' : 'CS_KEY_TYPE'
      assertRefused(() => door.importKey({ ...jwk, alg: asked }), code, 'by the JWK')
    })
  }

  for (const [what, jwk, algorithms] of MAY_SERVE) {
    test(`${name}: ${what} serves ${algorithms.join(', ') || 'nothing'} (RFC 7517 §4.2 to §4.4)`, () => {
      assert.deepEqual(door.importKey(jwk).algorithms, algorithms)
    })
  }

  for (const alg of ['RS384', 'PS256', 'ES512', 'ES256K', 'Ed448', ...ML_DSA]) {
    test(`${name}: a private key for ${alg} alone is told to give its public half, where it should verify`, async () => {
      const keys = door.importKey({ ...jwkFor(alg.replace(/^PS/, 'RS')), alg })
      assertRefused(
        () => door.createVerifier({ keys, issuer: 'any', audience: 'any' }),
        'CS_KEY_TYPE',
        alg,
        /publicKey/,
      )
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
      [RSA, EC, jwkFor('ES384'), jwkFor('ES512'), jwkFor('ES256K'), ED, jwkFor('Ed448'), jwkFor('HS256')].map(bits),
      [2048, 256, 384, 521, 256, 256, 456, 256],
    )
    const octets = ML_DSA.map((alg) => bits(jwkFor(alg)) / 8)
    assert.deepEqual(octets, [1312, 1952, 2592].slice(0, ML_DSA.length))
  })

  test(`${name}: capabilities name what this runtime can do, and cannot be changed`, async () => {
    const can = door.capabilities()
    assert.ok(Object.isFrozen(can) && Object.isFrozen(can.signature) && Object.isFrozen(can.curves))
    assert.deepEqual(can, {
      backend: 'node:crypto',
      signature: [...['HS256', 'HS384', 'HS512'], ...ALL_RSA, ...ALL_CURVES, ...ML_DSA],
      curves: ['P-256', 'P-384', 'P-521', 'secp256k1', 'Ed25519', 'Ed448'],
    })
    for (const alg of can.signature) {
      const key = await door.generateKey(alg)
      assert.ok(await door.createSigner({ key, expiresIn: 60 }).sign({}), alg)
    }
  })
}
