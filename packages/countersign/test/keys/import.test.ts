import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import test from 'node:test'
import { type ErrorCode, type ImportOptions, importKey, type Jwk } from 'countersign'
import { base64url, fromBase64url, utf8 } from '../../src/bytes.ts'
import { DOORS } from '../support/doors.ts'
import { fails } from '../support/forge.ts'
import {
  ASYMMETRIC,
  assertRefused,
  CURVES,
  EC,
  ED,
  jwkFor,
  nodePair,
  pemOf,
  pkcs8,
  publicMembers,
  RSA,
  SPKI,
  taken,
  versionWithPublic,
} from '../support/keys.ts'
import { ofOrigin } from '../support/vectors.ts'

const number = (value: bigint): string => {
  const hex = value.toString(16)
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
}
const integer = (text: string | undefined): bigint =>
  BigInt(`0x${Buffer.from(text ?? '', 'base64url').toString('hex')}`)
const modulus = integer(RSA.n)
const withZero = (text: string | undefined): string =>
  base64url(Uint8Array.from([0, ...fromBase64url(text ?? '', 'n')]))
const P521 = 2n ** 521n - 1n
const beyondPrime = (text: string | undefined): string => number(integer(text) + P521)

/** d and a multiple of (p - 1)(q - 1): another exponent that signs just the same. */
function longExponent({ d, p, q }: Jwk): string {
  return number(integer(d) + (((integer(p) - 1n) * (integer(q) - 1n)) << 64n))
}

/** Any octets of the right number are a public key of ML-DSA (FIPS 204 §7.2). */
const AKP = { kty: 'AKP', alg: 'ML-DSA-44', pub: base64url(new Uint8Array(1312)) } as const
const withoutAlg = ({ alg: _, ...jwk }: Jwk): Omit<Jwk, 'alg'> => jwk

/** A key of the generator that ROCA broke, from the Wycheproof vectors. */
const ROCA = ofOrigin('wycheproof-key')
  .flatMap(({ group }) => group.public?.keys ?? [])
  .find(({ kid }) => kid === 'kid-rsa-roca-sign')

/** Points of Ed25519 whose order divides 8, as their 32 octets in hex; the last two are not canonical. */
const SMALL_ORDER = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]

const REFUSED_JWKS: readonly (readonly [why: string, code: ErrorCode, jwk: unknown])[] = [
  ['without kty', 'CS_KEY_INVALID', { ...EC, kty: undefined }],
  ['of an unknown kty', 'CS_UNSUPPORTED', { ...EC, kty: 'PQK' }],
  ['whose kty is the name of an algorithm', 'CS_UNSUPPORTED', { ...AKP, kty: 'ML-DSA-44' }],
  ['whose kty is written small', 'CS_UNSUPPORTED', { ...EC, kty: 'ec' }],
  ['whose kty is inherited', 'CS_KEY_INVALID', Object.create(EC)],
  ['that is a JWK Set', 'CS_KEY_INVALID', { keys: [EC] }],
  ['that is an array', 'CS_KEY_INVALID', [EC]],
  ['whose kid is a number', 'CS_KEY_INVALID', { ...EC, kid: 1 }],
  ['whose use is an array', 'CS_KEY_INVALID', { ...EC, use: ['sig'] }],
  ['whose alg is null', 'CS_KEY_INVALID', { ...EC, alg: null }],
  ['whose ext is a string', 'CS_KEY_INVALID', { ...EC, ext: 'false' }],
  ['whose key_ops is a string', 'CS_KEY_INVALID', { ...EC, key_ops: 'verify' }],
  ['whose key_ops names one twice', 'CS_KEY_INVALID', { ...EC, key_ops: ['verify', 'verify'] }],
  ['whose use and key_ops contradict each other', 'CS_KEY_INVALID', { ...EC, use: 'enc', key_ops: ['verify'] }],
  ['whose alg is for another kty', 'CS_KEY_TYPE', { ...EC, alg: 'RS256' }],
  ['whose alg is for another curve', 'CS_KEY_TYPE', { ...EC, alg: 'ES384' }],
  ['EC without crv', 'CS_KEY_INVALID', { ...EC, crv: undefined }],
  ['EC on a curve that we do not have', 'CS_UNSUPPORTED', { ...EC, crv: 'P-224' }],
  ['EC on the curve of Bitcoin by a name that it never got', 'CS_UNSUPPORTED', { ...EC, crv: 'P-256K' }],
  ['EC on secp256k1 whose point is on P-256', 'CS_KEY_INVALID', { ...EC, crv: 'secp256k1' }],
  ['EC on a curve of OKP', 'CS_KEY_INVALID', { ...EC, crv: 'Ed25519' }],
  ['EC on another curve than its own', 'CS_KEY_INVALID', { ...EC, crv: 'P-384' }],
  ['EC without y', 'CS_KEY_INVALID', { ...EC, y: undefined }],
  ['EC off its curve', 'CS_KEY_INVALID', { ...EC, x: EC.y, y: EC.x }],
  ['EC with an octet too many', 'CS_KEY_INVALID', { ...EC, x: withZero(EC.x) }],
  ['EC at (0, 0)', 'CS_KEY_INVALID', { ...EC, x: base64url(new Uint8Array(32)), y: base64url(new Uint8Array(32)) }],
  ['EC with padding', 'CS_KEY_INVALID', { ...EC, x: `${EC.x}=` }],
  [
    'EC with x beyond the prime',
    'CS_KEY_INVALID',
    { ...jwkFor('ES512'), d: undefined, x: beyondPrime(jwkFor('ES512').x) },
  ],
  ['EC whose d is zero', 'CS_KEY_INVALID', { ...EC, d: base64url(new Uint8Array(32)) }],
  ['EC whose d is not below the order', 'CS_KEY_INVALID', { ...EC, d: base64url(new Uint8Array(32).fill(255)) }],
  ['EC whose d is short', 'CS_KEY_INVALID', { ...EC, d: 'AQ' }],
  ['OKP on a curve that we do not have', 'CS_UNSUPPORTED', { ...ED, crv: 'X41417' }],
  ['OKP on another curve than its own', 'CS_KEY_INVALID', { ...ED, crv: 'Ed448' }],
  ['OKP off its curve', 'CS_KEY_INVALID', { ...ED, x: base64url(Uint8Array.of(2, ...new Uint8Array(31))) }],
  ['OKP with an octet too few', 'CS_KEY_INVALID', { ...ED, x: ED.x?.slice(0, -3) }],
  ['OKP whose d is short', 'CS_KEY_INVALID', { ...ED, d: 'AQ' }],
  ...SMALL_ORDER.map(
    (hex) =>
      [
        `OKP of small order (${hex.slice(0, 6)}…${hex.slice(-2)})`,
        'CS_KEY_INVALID',
        { ...ED, x: Buffer.from(hex, 'hex').toString('base64url') },
      ] as const,
  ),
  ['AKP without alg', 'CS_KEY_INVALID', { ...AKP, alg: undefined }],
  ['AKP whose alg is no parameter set', 'CS_UNSUPPORTED', { ...AKP, alg: 'ML-DSA-45' }],
  ['AKP whose alg is for another kty', 'CS_UNSUPPORTED', { ...AKP, alg: 'ES256' }],
  ['AKP whose alg is inherited', 'CS_KEY_INVALID', Object.assign(Object.create({ alg: AKP.alg }), withoutAlg(AKP))],
  ['AKP whose alg is that of a longer key', 'CS_KEY_INVALID', { ...AKP, alg: 'ML-DSA-65' }],
  ['AKP without pub', 'CS_KEY_INVALID', { ...AKP, pub: undefined }],
  ['AKP with an octet too many', 'CS_KEY_INVALID', { ...AKP, pub: withZero(AKP.pub) }],
  ['AKP with an octet too few', 'CS_KEY_INVALID', { ...AKP, pub: base64url(new Uint8Array(1311)) }],
  ['AKP with padding', 'CS_KEY_INVALID', { ...AKP, pub: `${AKP.pub}=` }],
  ['AKP with priv and without pub', 'CS_KEY_INVALID', { ...AKP, pub: undefined, priv: base64url(new Uint8Array(32)) }],
  ['AKP whose priv is short', 'CS_KEY_INVALID', { ...AKP, priv: base64url(new Uint8Array(31)) }],
  ['AKP whose priv is expanded', 'CS_KEY_INVALID', { ...AKP, priv: base64url(new Uint8Array(2560)) }],
  ['RSA without n', 'CS_KEY_INVALID', { ...RSA, n: undefined }],
  ['RSA with an empty e', 'CS_KEY_INVALID', { ...RSA, e: '' }],
  ['RSA of 2047 bits', 'CS_KEY_SIZE', { ...RSA, n: number((modulus >> 1n) | 1n) }],
  ['RSA of 8200 bits', 'CS_KEY_SIZE', { ...RSA, n: number((1n << 8199n) | 1n) }],
  ['RSA with an even n', 'CS_KEY_INVALID', { ...RSA, n: number(modulus - 1n) }],
  ['RSA with a leading zero octet in n', 'CS_KEY_INVALID', { ...RSA, n: withZero(RSA.n) }],
  ['RSA with a leading zero octet in e', 'CS_KEY_INVALID', { ...RSA, e: 'AAEAAQ' }],
  ['RSA with e = 1', 'CS_KEY_INVALID', { ...RSA, e: 'AQ' }],
  ['RSA with e = 3', 'CS_KEY_INVALID', { ...RSA, e: 'Aw' }],
  ['RSA with e = 65535', 'CS_KEY_INVALID', { ...RSA, e: number(65535n) }],
  ['RSA with an even e', 'CS_KEY_INVALID', { ...RSA, e: number(65538n) }],
  ['RSA with e above 2^32', 'CS_KEY_INVALID', { ...RSA, e: number(2n ** 32n + 1n) }],
  ['RSA of the generator that ROCA broke', 'CS_KEY_INVALID', ROCA],
  ['RSA with d alone of its private members', 'CS_UNSUPPORTED', { ...RSA, d: jwkFor('RS256').d }],
  ['RSA whose d is longer than n', 'CS_KEY_INVALID', { ...jwkFor('RS256'), d: longExponent(jwkFor('RS256')) }],
  ['RSA with more than two primes', 'CS_UNSUPPORTED', { ...jwkFor('RS256'), oth: [] }],
  ['oct without k', 'CS_KEY_INVALID', { kty: 'oct' }],
  ['oct with an empty k', 'CS_WEAK_SECRET', { kty: 'oct', k: '' }],
  ['oct with k in base64', 'CS_KEY_INVALID', { kty: 'oct', k: `${'+'.repeat(43)}=` }],
  ['oct that is too short for its alg', 'CS_WEAK_SECRET', { kty: 'oct', k: 'AAECAw', alg: 'HS256' }],
  ['oct of zeros', 'CS_WEAK_SECRET', { kty: 'oct', k: base64url(new Uint8Array(32)), alg: 'HS256' }],
  ['oct whose k is a PEM', 'CS_WEAK_SECRET', { kty: 'oct', k: base64url(utf8(pemOf(RSA))) }],
]

for (const { name, door } of DOORS) {
  for (const [why, code, jwk] of REFUSED_JWKS) {
    test(`${name}: importKey refuses a JWK ${why} (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2, RFC 9964 §3)`, () => {
      assertRefused(() => door.importKey(jwk as Jwk), code, why)
    })
  }

  for (const alg of CURVES) {
    test(`${name}: importKey refuses ${alg} keys whose halves do not belong together`, async () => {
      const [own, strange] = [jwkFor(alg), jwkFor(alg, 1)]
      await fails(() => taken(door, { ...own, ...publicMembers(strange) }), 'CS_KEY_INVALID')
      const hand = { open: strange, version: versionWithPublic(own) }
      await fails(() => taken(door, pkcs8(own, hand)), 'CS_KEY_INVALID')
    })
  }

  for (const member of ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const) {
    test(`${name}: importKey refuses an RSA key whose ${member} is that of another (RFC 8017 §3.2)`, () => {
      const [own, strange] = [jwkFor('RS256'), jwkFor('RS256', 1)]
      const value = member === 'e' ? number(65539n) : (strange[member] ?? '')
      assertRefused(() => door.importKey({ ...own, [member]: value }), 'CS_KEY_INVALID', member)
    })
  }

  for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const) {
    test(`${name}: importKey takes no RSA key for a public one that shows ${secret} (RFC 7518 §6.3.2, attack 55)`, () => {
      const { kty, n, e, [secret]: shown } = jwkFor('RS256')
      assertRefused(() => door.importKey({ kty, n, e, [secret]: shown } as Jwk), 'CS_UNSUPPORTED', secret)
    })
  }

  test(`${name}: importKey refuses an RSA key whose primes are exchanged, since qi is of one of them`, () => {
    const { p, q, dp, dq, ...rest } = jwkFor('RS256')
    assertRefused(() => door.importKey({ ...rest, p: q, q: p, dp: dq, dq: dp } as Jwk), 'CS_KEY_INVALID', 'exchanged')
  })

  for (const [what, input] of [
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['a Key', importKey(jwkFor('ES256'))],
    ['octets that are no DER', new Uint8Array(32)],
    ['no octets', new Uint8Array()],
  ] as const) {
    test(`${name}: importKey refuses ${what}`, () => {
      assertRefused(() => door.importKey(input as unknown as Jwk), 'CS_KEY_INVALID', what)
    })
  }

  test(`${name}: what is nearly a key is told apart: octets of a PEM, and objects that are no JWK`, () => {
    assert.throws(
      () => door.importKey(Buffer.from(SPKI)),
      (error) => error instanceof door.JoseError && /as a string/.test(error.hint),
    )
  })

  for (const alg of ASYMMETRIC) {
    test(`${name}: importKey takes a KeyObject of ${alg} for the JWK that it is`, async () => {
      const { privateKey, publicKey } = nodePair(jwkFor(alg))
      assert.deepEqual(await door.exportJwk(door.importKey(privateKey)), jwkFor(alg))
      assert.deepEqual(await door.exportJwk(door.importKey(publicKey)), publicMembers(jwkFor(alg)))
    })
  }

  test(`${name}: importKey refuses a KeyObject that is too weak, of another type, or a look-alike`, async () => {
    const secret = crypto.createSecretKey(Buffer.alloc(32, 7))
    assert.equal(door.importKey(secret, { alg: 'HS256' }).bits, 256)
    const short = crypto.createSecretKey(Buffer.alloc(31, 7))
    assertRefused(() => door.importKey(short, { alg: 'HS256' }), 'CS_WEAK_SECRET', 'a short secret')
    const small = crypto.generateKeyPairSync('rsa', { modulusLength: 1024 })
    assertRefused(() => door.importKey(small.publicKey), 'CS_KEY_SIZE', 'RSA of 1024 bits')
    const bound = crypto.generateKeyPairSync('rsa-pss', { modulusLength: 2048 })
    assertRefused(() => door.importKey(bound.publicKey), 'CS_UNSUPPORTED', 'RSASSA-PSS', /rsa-pss/)
    const others = [
      crypto.generateKeyPairSync('ec', { namedCurve: 'secp224r1' }),
      crypto.generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' }),
      crypto.generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }),
    ]
    for (const other of others) {
      assertRefused(() => door.importKey(other.privateKey), 'CS_UNSUPPORTED', 'another kind, private')
      assertRefused(() => door.importKey(other.publicKey), 'CS_UNSUPPORTED', 'another kind, public')
    }
    const imposter = { type: 'public', export: () => jwkFor('ES256') } as const
    assertRefused(() => door.importKey(imposter), 'CS_KEY_INVALID', 'a look-alike')
  })

  test(`${name}: importKey refuses an option that contradicts the JWK, and an alg that the key cannot serve`, () => {
    assertRefused(() => door.importKey({ ...RSA, alg: 'RS256' }, { alg: 'PS256' }), 'CS_KEY_TYPE', 'alg')
    assertRefused(() => door.importKey({ ...RSA, use: 'enc' }, { use: 'sig' }), 'CS_KEY_TYPE', 'use')
    assertRefused(() => door.importKey(RSA, { alg: 'ES256' }), 'CS_KEY_TYPE', 'kty')
    assertRefused(() => door.importKey(pemOf(EC), { alg: 'HS256' }), 'CS_KEY_TYPE', 'algorithm confusion')
    assertRefused(() => door.importKey(EC, { use: 'enc', alg: 'ES256' }), 'CS_KEY_TYPE', 'use enc with alg ES256')
  })

  test(`${name}: options that are not what they should be are a TypeError`, async () => {
    for (const options of [{ alg: 'RS257' }, { alg: 'none' }, { alg: 7 }, { kid: '' }, { kid: 7 }, { use: 'both' }]) {
      assert.throws(() => door.importKey(RSA, options as ImportOptions), TypeError, JSON.stringify(options))
    }
    for (const [alg, options] of [
      ['ES257', {}],
      ['none', {}],
      ['ES256', { bits: 256 }],
      ['RS256', { bits: 1024 }],
      ['RS256', { bits: 2049 }],
      ['RS256', { bits: 16_384 }],
      ['HS512', { bits: 256 }],
      ['HS256', { bits: 257 }],
      ['ES256', { kid: '' }],
    ] as const) {
      await assert.rejects(async () => door.generateKey(alg, options), TypeError, `${alg} ${JSON.stringify(options)}`)
    }
  })

  test(`${name}: an option of another name is a TypeError: it must not leave a key wider than was meant`, async () => {
    const misspelt = { algorithm: 'RS256' } as ImportOptions
    assert.throws(() => door.importKey(RSA, misspelt), TypeError, 'importKey')
    assert.throws(() => door.secretKey({ hex: '5e'.repeat(32) }, 'HS256', misspelt as object), TypeError, 'secretKey')
    await assert.rejects(async () => door.generateKey('ES256', { keyId: 'a' } as object), TypeError, 'generateKey')
  })
}
