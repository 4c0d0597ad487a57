import assert from 'node:assert/strict'
import test from 'node:test'
import type { Jwk } from 'countersign'
import { base64url } from '../../src/bytes.ts'
import { DOORS, HAS_SYNC } from '../support/doors.ts'
import {
  assertRefused,
  EC,
  ED,
  isHere,
  jwkFor,
  lacks,
  ML_DSA,
  pemOf,
  publicMembers,
  RSA,
  STRONG,
} from '../support/keys.ts'

const ALL_RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const ALL_CURVES = ['ES256', 'ES384', 'ES512', 'ES256K', 'EdDSA', 'Ed25519', 'Ed448']
const octets = (length: number): Jwk => ({ kty: 'oct', k: base64url(STRONG.subarray(0, length)) })

const OAEP = ['RSA-OAEP', 'RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512']
const ECDH = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW']
const PASSWORD = ['PBES2-HS256+A128KW', 'PBES2-HS384+A192KW', 'PBES2-HS512+A256KW']
const MAY_SERVE: readonly (readonly [what: string, jwk: Jwk, algorithms: readonly string[]])[] = [
  ['an RSA key for encryption by its use', { ...RSA, use: 'enc' }, OAEP],
  ['an RSA key for signatures by its use', { ...RSA, use: 'sig' }, ALL_RSA],
  ['an RSA key for an algorithm that is none of signatures', { ...RSA, alg: 'RSA-OAEP' }, ['RSA-OAEP']],
  ['an RSA key for an algorithm that is left out', { ...RSA, alg: 'RSA1_5' }, []],
  ['a public RSA key that may only encrypt', { ...RSA, key_ops: ['encrypt'] }, OAEP],
  ['a public RSA key that may only wrap', { ...RSA, key_ops: ['wrapKey'] }, OAEP],
  ['a public RSA key that may only decrypt', { ...RSA, key_ops: ['decrypt', 'unwrapKey'] }, []],
  ['a private RSA key that may only unwrap', { ...jwkFor('RS256'), key_ops: ['unwrapKey'] }, OAEP],
  ['a private RSA key that may only encrypt', { ...jwkFor('RS256'), key_ops: ['encrypt', 'wrapKey'] }, []],
  ['an EC key for an algorithm that does not exist', { ...jwkFor('ES512'), alg: 'ES521' }, []],
  ['a public key that may only sign', { ...EC, key_ops: ['sign'] }, []],
  ['a private key that may only verify', { ...jwkFor('ES256'), key_ops: ['verify'] }, []],
  ['a public key that may only verify', { ...EC, key_ops: ['verify'] }, ['ES256']],
  ['a public key that may do nothing that has a name', { ...EC, key_ops: [] }, ECDH],
  ['a public key that is there to derive', { ...EC, key_ops: ['deriveKey'] }, ECDH],
  ['a private key that may only derive bits', { ...jwkFor('ES256'), key_ops: ['deriveBits'] }, ECDH],
  ['a private key that may only derive keys', { ...jwkFor('X25519'), key_ops: ['deriveKey'] }, ECDH],
  ['a private key that may only decrypt', { ...jwkFor('ES256'), key_ops: ['decrypt', 'unwrapKey'] }, []],
  ['a private key that may do nothing', { ...jwkFor('X25519'), key_ops: [] }, []],
  ['a key on P-256 for encryption by its use', { ...EC, use: 'enc' }, ECDH],
  ['a key on P-256 for one algorithm of encryption', { ...EC, alg: 'ECDH-ES+A128KW' }, ['ECDH-ES+A128KW']],
  ['a key on secp256k1 for encryption by its use', { ...publicMembers(jwkFor('ES256K')), use: 'enc' }, []],
  ['a key on Ed25519 for encryption by its use', { ...ED, use: 'enc' }, []],
  ['a key on X25519', jwkFor('X25519'), ECDH],
  ['a public key on X25519', publicMembers(jwkFor('X25519')), ECDH],
  ['a key on X25519 for signatures by its use', { ...jwkFor('X25519'), use: 'sig' }, []],
  ['a key on X448', jwkFor('X448'), ECDH],
  [
    'a secret that may only encrypt',
    { ...jwkFor('HS256'), key_ops: ['encrypt', 'decrypt'] },
    ['dir', 'A256KW', 'A256GCMKW', 'A256GCM', 'A128CBC-HS256'],
  ],
  ['a secret that may only wrap', { ...jwkFor('HS256'), key_ops: ['wrapKey'] }, ['A256KW', 'A256GCMKW']],
  ['a secret that may only derive', { ...jwkFor('HS256'), key_ops: ['deriveBits'] }, PASSWORD],
  ['a secret for one content encryption', { ...jwkFor('HS256'), alg: 'A128CBC-HS256' }, ['A128CBC-HS256']],
  ['a secret for direct encryption', { ...jwkFor('HS256'), alg: 'dir' }, ['dir', 'A256GCM', 'A128CBC-HS256']],
  ['a secret for key wrapping', { ...jwkFor('A192KW'), alg: 'A192KW' }, ['A192KW']],
  ['a secret for signatures by its use', { ...jwkFor('HS256'), use: 'sig' }, ['HS256']],
  ['a secret that may do nothing', { ...jwkFor('HS256'), key_ops: [] }, []],
  ['a secret that may only verify', { ...jwkFor('HS256'), key_ops: ['verify'] }, ['HS256']],
  ['an RSA key', RSA, [...ALL_RSA, ...OAEP]],
  ['an RSA key for one algorithm', { ...RSA, alg: 'PS384' }, ['PS384']],
  ['a key on P-256', EC, ['ES256', ...ECDH]],
  ['a key on P-384', jwkFor('ES384'), ['ES384', ...ECDH]],
  ['a key on P-521', jwkFor('ES512'), ['ES512', ...ECDH]],
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
  ['a secret of 64 octets', octets(64), ['HS256', 'HS384', 'HS512', 'dir', ...PASSWORD, 'A256CBC-HS512']],
  ['a secret of 48 octets', octets(48), ['HS256', 'HS384', 'dir', ...PASSWORD, 'A192CBC-HS384']],
  [
    'a secret of 32 octets',
    octets(32),
    ['HS256', 'dir', 'A256KW', 'A256GCMKW', ...PASSWORD, 'A256GCM', 'A128CBC-HS256'],
  ],
  ['a secret of 24 octets', octets(24), ['dir', 'A192KW', 'A192GCMKW', ...PASSWORD, 'A192GCM']],
  ['a secret of 16 octets', octets(16), ['dir', 'A128KW', 'A128GCMKW', ...PASSWORD, 'A128GCM']],
  ['a secret of 17 octets', octets(17), PASSWORD],
  ['a secret of one octet', octets(1), PASSWORD],
]

/** Algorithms that look alike, for keys of which one is not the other. */
const NEIGHBOURS: readonly (readonly string[])[] = [
  ['ES256', 'ES256K', 'ES384', 'ES512'],
  ['Ed25519', 'Ed448'],
  ['ES256K', 'Ed25519', 'HS256'],
  ML_DSA,
]
const MISFITS = NEIGHBOURS.flatMap((algs) => algs.flatMap((own) => algs.map((asked) => [own, asked] as const))).filter(
  ([own, asked]) => own !== asked && isHere(own) && isHere(asked),
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
    test(`${name}: ${what} serves ${algorithms.join(', ') || 'nothing'} (RFC 7517 §4.2 to §4.4)`, {
      skip: lacks(jwk.crv),
    }, () => {
      assert.deepEqual(door.importKey(jwk).algorithms, algorithms)
    })
  }

  for (const alg of ['RS384', 'PS256', 'ES512', 'ES256K', 'Ed448', ...ML_DSA].filter(isHere)) {
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
    const sizes = { RS256: 2048, ES256: 256, ES384: 384, ES512: 521, ES256K: 256, Ed25519: 256, Ed448: 456, HS256: 256 }
    for (const [alg, size] of Object.entries(sizes).filter(([alg]) => isHere(alg))) {
      assert.equal(bits(jwkFor(alg)), size, alg)
    }
    const octets = ML_DSA.map((alg) => bits(jwkFor(alg)) / 8)
    assert.deepEqual(octets, [1312, 1952, 2592].slice(0, ML_DSA.length))
  })

  test(`${name}: capabilities name what this runtime can do, and cannot be changed`, async () => {
    const can = door.capabilities()
    for (const list of [can, can.signature, can.management, can.content, can.curves]) assert.ok(Object.isFrozen(list))
    const { signature, management, content, curves, ...rest } = can
    assert.deepEqual(rest, { backend: HAS_SYNC ? 'node:crypto' : 'WebCrypto' })
    const wraps = ['A128KW', 'A192KW', 'A256KW', 'A128GCMKW', 'A192GCMKW', 'A256GCMKW']
    const here = {
      signature: [...['HS256', 'HS384', 'HS512'], ...ALL_RSA, ...ALL_CURVES, ...ML_DSA],
      management: ['dir', ...wraps, ...OAEP, ...ECDH, ...PASSWORD],
      content: ['A128GCM', 'A192GCM', 'A256GCM', 'A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512'],
      curves: ['P-256', 'P-384', 'P-521', 'secp256k1', 'Ed25519', 'Ed448', 'X25519', 'X448'],
    }
    if (HAS_SYNC) assert.deepEqual({ signature, management, content, curves }, here)
    for (const alg of can.signature) {
      const key = await door.generateKey(alg)
      assert.ok(await door.createSigner({ key, expiresIn: 60 }).sign({}), alg)
    }
  })
}
