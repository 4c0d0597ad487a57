import assert from 'node:assert/strict'
import test from 'node:test'
import { inspect } from 'node:util'
import type { ErrorCode, SecretInput } from 'countersign'
import { base64url, utf8 } from '../../src/bytes.ts'
import { DOORS } from '../support/doors.ts'
import {
  ASYMMETRIC,
  assertRefused,
  der,
  derOf,
  EC,
  ED,
  jwkFor,
  nodePair,
  octetsOf,
  oid,
  pemOf,
  publicMembers,
  RSA,
  SPKI,
  STRONG,
  spki,
  TAG,
} from '../support/keys.ts'

const HEX = Buffer.from(STRONG).toString('hex')

const encrypted = (format: 'pem' | 'der'): string | Buffer =>
  nodePair(jwkFor('ES256')).privateKey.export({
    format: format as 'pem',
    type: 'pkcs8',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  })

const REFUSED_SECRETS: readonly (readonly [why: string, code: ErrorCode, input: unknown])[] = [
  ['a bare string', 'CS_KEY_INVALID', 'correct horse battery staple and some more'],
  ['nothing', 'CS_KEY_INVALID', undefined],
  ['an object that says no spelling', 'CS_KEY_INVALID', { utf8: 'text' }],
  ['two spellings', 'CS_KEY_INVALID', { text: 'a', hex: '61' }],
  ['a spelling that is inherited', 'CS_KEY_INVALID', Object.create({ hex: HEX })],
  ['a spelling of something else than text', 'CS_KEY_INVALID', { text: 7 }],
  ['hex of odd length', 'CS_KEY_INVALID', { hex: `${HEX}0` }],
  ['hex with a prefix', 'CS_KEY_INVALID', { hex: `0x${HEX}` }],
  ['hex with white space', 'CS_KEY_INVALID', { hex: `${HEX}\n` }],
  ['base64url with padding', 'CS_KEY_INVALID', { base64url: `${'A'.repeat(86)}==` }],
  ['base64url in the other alphabet', 'CS_KEY_INVALID', { base64url: '+'.repeat(44) }],
  ['base64 in the other alphabet', 'CS_KEY_INVALID', { base64: '-'.repeat(44) }],
  ['base64 with a line break', 'CS_KEY_INVALID', { base64: `${'abcd'.repeat(16)}\n` }],
  ['base64 with padding in the wrong place', 'CS_KEY_INVALID', { base64: `${'abcd'.repeat(16)}=` }],
  ['base64 with bits that stand for nothing', 'CS_KEY_INVALID', { base64: `${'abcd'.repeat(16)}ab==` }],
  ['no octets', 'CS_WEAK_SECRET', new Uint8Array()],
  ['no text', 'CS_WEAK_SECRET', { text: '' }],
  ['a PEM', 'CS_WEAK_SECRET', { text: SPKI }],
  ['a PEM behind white space', 'CS_WEAK_SECRET', { text: `\n  ${SPKI}` }],
  [
    'a PEM of a certificate',
    'CS_WEAK_SECRET',
    { text: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----' },
  ],
  ['the octets of a PEM', 'CS_WEAK_SECRET', utf8(SPKI)],
  ['a PEM in base64', 'CS_WEAK_SECRET', { base64: Buffer.from(SPKI).toString('base64') }],
  ['a public JWK', 'CS_WEAK_SECRET', { text: JSON.stringify(RSA) }],
  ['a public JWK with white space', 'CS_WEAK_SECRET', { text: ` ${JSON.stringify(EC, undefined, 2)}\n` }],
  ['a private JWK', 'CS_WEAK_SECRET', { text: JSON.stringify(jwkFor('Ed25519')) }],
  ...ASYMMETRIC.flatMap((alg): (typeof REFUSED_SECRETS)[number][] => [
    [`a private JWK of ${alg}`, 'CS_WEAK_SECRET', { text: JSON.stringify(jwkFor(alg)) }],
    [`a public key of ${alg} as PEM`, 'CS_WEAK_SECRET', { text: pemOf(publicMembers(jwkFor(alg))) }],
    [`a public key of ${alg} in DER`, 'CS_WEAK_SECRET', derOf(pemOf(publicMembers(jwkFor(alg))))],
    [`a private key of ${alg} in DER`, 'CS_WEAK_SECRET', derOf(pemOf(jwkFor(alg)))],
  ]),
  ['a JWK Set', 'CS_WEAK_SECRET', { text: JSON.stringify({ keys: [EC] }) }],
  ['a public key in DER', 'CS_WEAK_SECRET', derOf(SPKI)],
  ['a private key in DER', 'CS_WEAK_SECRET', derOf(pemOf(jwkFor('ES256')))],
  ['a public key in DER, in hex', 'CS_WEAK_SECRET', { hex: Buffer.from(derOf(pemOf(ED))).toString('hex') }],
  ['a compressed point in DER', 'CS_WEAK_SECRET', spki(['ec', 'P-256'], [2], octetsOf(EC, 'x'))],
  ['a key in DER that is not read here', 'CS_WEAK_SECRET', spki(['X25519'], new Uint8Array(32).fill(9))],
  ['an encrypted private key as PEM', 'CS_WEAK_SECRET', { text: String(encrypted('pem')) }],
  ['an encrypted private key in DER', 'CS_WEAK_SECRET', Uint8Array.from(encrypted('der') as Buffer)],
  [
    'a public key in DER of PKCS#1',
    'CS_WEAK_SECRET',
    Uint8Array.from(nodePair(jwkFor('RS256')).publicKey.export({ format: 'der', type: 'pkcs1' })),
  ],
]

/** These are secrets, but none for HMAC: with an HMAC algorithm they are refused at once. */
const WEAK: readonly (readonly [why: string, input: SecretInput])[] = [
  ['zeros', new Uint8Array(64)],
  ['zeros in hex', { hex: '00'.repeat(64) }],
  ['spaces', { text: ' '.repeat(64) }],
  ['blanks of all kinds', { text: ' \t\r\n\v\f'.repeat(16) }],
]

for (const { name, door } of DOORS) {
  for (const [why, code, input] of REFUSED_SECRETS) {
    test(`${name}: secretKey refuses ${why}, with and without an algorithm, and with allowWeak`, () => {
      const secret = input as SecretInput
      assertRefused(() => door.secretKey(secret, 'HS256'), code, why)
      assertRefused(() => door.secretKey(secret), code, `${why}, without alg`)
      assertRefused(() => door.secretKey(secret, 'HS256', { allowWeak: true }), code, `${why}, with allowWeak`)
    })
  }

  test(`${name}: secretKey knows a key without its PEM lines, and keys in containers that importKey does not read`, () => {
    const spki = Buffer.from(derOf(pemOf(EC)))
    const lines = pemOf(EC).trimEnd().split('\n').slice(1, -1).join('\n')
    for (const text of [spki.toString('base64'), spki.toString('base64url'), lines, `${lines}\n`]) {
      assertRefused(() => door.secretKey({ text }, 'HS256'), 'CS_WEAK_SECRET', text)
    }
    const sec1 = nodePair(jwkFor('ES256')).privateKey.export({ format: 'der', type: 'sec1' })
    assertRefused(() => door.secretKey(sec1, 'HS256'), 'CS_WEAK_SECRET', 'SEC1')
    // The outline of a certificate: what is certified, an algorithm, a signature.
    const signature = der(TAG.bits, [0], new Uint8Array(47).fill(7))
    const certificate = der(
      TAG.sequence,
      der(TAG.sequence, der(TAG.sequence, [0])),
      der(TAG.sequence, oid('ec')),
      signature,
    )
    assertRefused(() => door.secretKey(certificate, 'HS256'), 'CS_WEAK_SECRET', 'a certificate')
  })

  for (const [why, secret] of WEAK) {
    test(`${name}: a secret of ${why} serves no HMAC, and allowWeak does not make it (RFC 8725 §3.5)`, () => {
      assertRefused(() => door.secretKey(secret, 'HS256'), 'CS_WEAK_SECRET', why)
      assertRefused(() => door.secretKey(secret, 'HS256', { allowWeak: true }), 'CS_WEAK_SECRET', why)
      const key = door.secretKey(secret)
      assert.deepEqual(key.algorithms, [])
      assertRefused(() => door.createSigner({ key, alg: 'HS256', expiresIn: 60 }), 'CS_WEAK_SECRET', why)
      const options = { keys: key, issuer: 'any', audience: 'any' }
      assertRefused(() => door.createVerifier(options), 'CS_WEAK_SECRET', why)
    })
  }

  for (const [alg, bytes] of [
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ] as const) {
    test(`${name}: a secret shorter than the hash of ${alg} is refused, and allowWeak lifts that (RFC 7518 §3.2)`, () => {
      const short = STRONG.subarray(0, bytes - 1)
      assertRefused(() => door.secretKey(short, alg), 'CS_WEAK_SECRET', 'one octet too few', new RegExp(`${bytes * 8}`))
      assert.ok(!door.secretKey(short).algorithms.includes(alg))
      assert.deepEqual(door.secretKey(short, alg, { allowWeak: true }).algorithms, [alg])
      assert.deepEqual(door.secretKey(STRONG.subarray(0, bytes), alg).algorithms, [alg])
    })
  }

  test(`${name}: an alg that is none for secrets is refused, and an unknown one is a TypeError`, () => {
    assertRefused(() => door.secretKey(STRONG, 'RS256'), 'CS_KEY_TYPE', 'RS256')
    for (const alg of ['none', 'HS257', '']) assert.throws(() => door.secretKey(STRONG, alg), TypeError, alg)
    assert.throws(() => door.secretKey(STRONG, 'HS256', { kid: '' }), TypeError)
  })

  test(`${name}: one secret has one key in each of its spellings`, async () => {
    const text = 'Zm9v-_ é🔑 with enough octets for HMAC'
    for (const [input, octets] of [
      [STRONG, STRONG],
      [Buffer.from(STRONG), STRONG],
      [{ hex: HEX }, STRONG],
      [{ hex: HEX.toUpperCase() }, STRONG],
      [{ base64: Buffer.from(STRONG).toString('base64') }, STRONG],
      [{ base64: Buffer.from(STRONG).toString('base64').replace(/=+$/, '') }, STRONG],
      [{ base64url: base64url(STRONG) }, STRONG],
      [{ text }, utf8(text)],
    ] as const) {
      const key = door.secretKey(input)
      assert.deepEqual(await door.exportJwk(key), { kty: 'oct', k: base64url(octets) }, inspect(input))
      assert.deepEqual([key.kind, key.kty, key.bits], ['secret', 'oct', octets.length * 8])
    }
  })

  test(`${name}: a secret that changes in the caller's hands stays what it was in the key`, async () => {
    const octets = Uint8Array.from(STRONG)
    const key = door.secretKey(octets, 'HS256', { kid: 'a' })
    const before = await door.exportJwk(key)
    octets.fill(0)
    assert.deepEqual(await door.exportJwk(key), before)
    assert.deepEqual(before, { kty: 'oct', k: base64url(STRONG), kid: 'a', alg: 'HS256' })
  })

  test(`${name}: an oct JWK goes there and back, and has no PEM and no public half`, async () => {
    const jwk = jwkFor('HS256')
    const key = door.importKey(jwk)
    assert.deepEqual(await door.exportJwk(key), jwk)
    assert.ok(key.algorithms.includes('HS256') && !key.algorithms.includes('HS384'))
    await assert.rejects(async () => door.exportPem(key), { name: 'JoseError', code: 'CS_KEY_TYPE' })
    await assert.rejects(async () => door.publicKey(key), { name: 'JoseError', code: 'CS_KEY_TYPE' })
  })
}
