import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import test from 'node:test'
import { inspect } from 'node:util'
import { type ErrorCode, type ImportOptions, JoseError, type Jwk, type Key, type SecretInput } from 'countersign'
import * as local from 'countersign/sync'
import { base64url, fromBase64url, utf8 } from '../src/bytes.ts'
import { DOORS } from './support/doors.ts'
import { ofOrigin } from './support/vectors.ts'

const ASYMMETRIC = ['RS256', 'ES256', 'ES384', 'ES512', 'Ed25519'] as const
const CURVES = ['ES256', 'ES384', 'ES512', 'Ed25519'] as const

/** Two private JWKs for each kind of key, without a word about them: the second is a stranger. */
const MADE: ReadonlyMap<string, readonly [Jwk, Jwk]> = new Map(
  [...ASYMMETRIC, 'HS256'].map((alg) => [alg, [bareJwk(alg), bareJwk(alg)]]),
)

function bareJwk(alg: string): Jwk {
  const { alg: _, kid: __, ...jwk } = local.exportJwk(local.generateKey(alg))
  return jwk
}

function jwkFor(alg: string, which: 0 | 1 = 0): Jwk {
  return MADE.get(alg)?.[which] ?? assert.fail(`no key for ${alg}`)
}

const publicMembers = ({ d: _, p: __, q: ___, dp: ____, dq: _____, qi: ______, ...jwk }: Jwk): Jwk => jwk

/** A refusal by a JoseError that tells nothing of what it was given. */
function assertRefused(run: () => unknown, code: ErrorCode, why: string, told: RegExp = /./): void {
  assert.throws(
    run,
    (error) => {
      assert.ok(error instanceof JoseError, `${why}: ${error} is no JoseError`)
      assert.equal(error.code, code, `${why}: ${error.message}`)
      assert.match(`${error.message}\n${error.hint}`, told, why)
      return true
    },
    `${why} was accepted`,
  )
}

// DER by hand, for what no library writes.

const TAG = { integer: 2, bits: 3, octets: 4, null: 5, oid: 6, sequence: 0x30, context0: 0xa0, context1: 0xa1 }
const OID = {
  ec: '2a8648ce3d0201',
  'P-256': '2a8648ce3d030107',
  'P-384': '2b81040022',
  'P-521': '2b81040023',
  Ed25519: '2b6570',
  rsa: '2a864886f70d010101',
} as const

function der(tag: number, ...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const content = Buffer.concat(parts.map((part) => Uint8Array.from(part)))
  const { length } = content
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Uint8Array.from([tag, ...head, ...content])
}

const octetsOf = (jwk: Jwk, name: 'x' | 'y' | 'd'): Uint8Array => fromBase64url(jwk[name] ?? '', name)
const oid = (name: keyof typeof OID): Uint8Array => der(TAG.oid, Buffer.from(OID[name], 'hex'))
const version = (number: number): Uint8Array => der(TAG.integer, [number])

interface Hand {
  /** The public half that goes in; left out, none does. */
  readonly open?: Jwk
  /** Whether the inner EC key repeats its curve, and which. */
  readonly curve?: keyof typeof OID
  readonly version?: number
  readonly extra?: Uint8Array
}

/** PKCS#8 of a key on a curve (RFC 5958 §2, RFC 5915 §3, RFC 8410 §7). */
function pkcs8(jwk: Jwk, { open, curve, version: number = 0, extra = new Uint8Array() }: Hand = {}): Uint8Array {
  const d = der(TAG.octets, octetsOf(jwk, 'd'))
  const crv = jwk.crv as keyof typeof OID
  if (crv === 'Ed25519') {
    const half = open ? der(0x81, [0], octetsOf(open, 'x')) : []
    return der(TAG.sequence, version(number), der(TAG.sequence, oid(crv)), der(TAG.octets, d), half, extra)
  }
  const named = curve ? der(TAG.context0, oid(curve)) : []
  const half = open ? der(TAG.context1, der(TAG.bits, [0, 4], octetsOf(open, 'x'), octetsOf(open, 'y'))) : []
  const inner = der(TAG.sequence, version(1), d, named, half)
  return der(TAG.sequence, version(number), der(TAG.sequence, oid('ec'), oid(crv)), der(TAG.octets, inner), extra)
}

const derOf = (pem: string): Uint8Array => Uint8Array.from(Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64'))
const pemOf = (jwk: Jwk): string => local.exportPem(local.importKey(jwk))

// What importKey refuses.

const RSA = publicMembers(jwkFor('RS256'))
const EC = publicMembers(jwkFor('ES256'))
const ED = publicMembers(jwkFor('Ed25519'))
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
  ['of an unknown kty', 'CS_UNSUPPORTED', { ...EC, kty: 'AKP' }],
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
  ['EC on a curve that we do not have', 'CS_UNSUPPORTED', { ...EC, crv: 'secp256k1' }],
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
  ['OKP on a curve that we do not have', 'CS_UNSUPPORTED', { ...ED, crv: 'Ed448' }],
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
    test(`${name}: importKey refuses a JWK ${why} (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2)`, () => {
      assertRefused(() => door.importKey(jwk as Jwk), code, why)
    })
  }

  for (const alg of ['ES256', 'ES384', 'ES512', 'Ed25519'] as const) {
    test(`${name}: importKey refuses ${alg} keys whose halves do not belong together`, () => {
      const [own, strange] = [jwkFor(alg), jwkFor(alg, 1)]
      assertRefused(() => door.importKey({ ...own, ...publicMembers(strange) }), 'CS_KEY_INVALID', 'JWK')
      // An Ed25519 key has its public half in the second version of PKCS#8 alone.
      const hand = { open: strange, version: alg === 'Ed25519' ? 1 : 0 }
      assertRefused(() => door.importKey(pkcs8(own, hand)), 'CS_KEY_INVALID', 'PKCS#8')
    })
  }

  for (const member of ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const) {
    test(`${name}: importKey refuses an RSA key whose ${member} is that of another (RFC 8017 §3.2)`, () => {
      const [own, strange] = [jwkFor('RS256'), jwkFor('RS256', 1)]
      const value = member === 'e' ? number(65539n) : (strange[member] ?? '')
      assertRefused(() => door.importKey({ ...own, [member]: value }), 'CS_KEY_INVALID', member)
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
    ['a Key', local.generateKey('ES256')],
    ['octets that are no DER', new Uint8Array(32)],
    ['no octets', new Uint8Array()],
  ] as const) {
    test(`${name}: importKey refuses ${what}`, () => {
      assertRefused(() => door.importKey(input as unknown as Jwk), 'CS_KEY_INVALID', what)
    })
  }

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

// PEM and DER.

const SPKI = pemOf(RSA)
const [BEGIN = '', ...REST] = SPKI.trimEnd().split('\n')
const BODY = REST.slice(0, -1).join('\n')
const END = REST.at(-1) ?? ''

const REFUSED_PEMS: readonly (readonly [why: string, code: ErrorCode, text: string])[] = [
  ['a secret', 'CS_KEY_INVALID', 'correct horse battery staple'],
  ['no text', 'CS_KEY_INVALID', ''],
  ['the text of a JWK', 'CS_KEY_INVALID', `  ${JSON.stringify(RSA)}`],
  ['a PEM behind other text', 'CS_KEY_INVALID', `Bag Attributes\n${SPKI}`],
  ['a PEM before other text', 'CS_KEY_INVALID', `${SPKI}more`],
  ['a PEM without its end', 'CS_KEY_INVALID', `${BEGIN}\n${BODY}`],
  ['a PEM with the end of another', 'CS_KEY_INVALID', `${BEGIN}\n${BODY}\n-----END PRIVATE KEY-----`],
  ['two PEMs', 'CS_KEY_INVALID', SPKI + SPKI],
  ['a PEM without a body', 'CS_KEY_INVALID', `${BEGIN}\n${END}`],
  ['a PEM with a body of base64url', 'CS_KEY_INVALID', `${BEGIN}\n-_-_\n${END}`],
  ['a PEM with a body that is cut', 'CS_KEY_INVALID', `${BEGIN}\n${BODY.slice(0, -9)}\n${END}`],
  ['a PEM with padding inside', 'CS_KEY_INVALID', `${BEGIN}\nAA==\n${BODY}\n${END}`],
  ['a PEM whose octets are no key', 'CS_KEY_INVALID', `${BEGIN}\nAAAA\n${END}`],
  ['a public key that is labelled as a private one', 'CS_KEY_INVALID', SPKI.replaceAll('PUBLIC', 'PRIVATE')],
]

/** Containers that are not read: the error says which it is and how to convert it. */
const rsaPair = {
  privateKey: crypto.createPrivateKey({ key: jwkFor('RS256') as crypto.JsonWebKey, format: 'jwk' }),
  publicKey: crypto.createPublicKey({ key: RSA as crypto.JsonWebKey, format: 'jwk' }),
}
const ecPrivate = crypto.createPrivateKey({ key: jwkFor('ES256') as crypto.JsonWebKey, format: 'jwk' })
const sealed = { cipher: 'aes-256-cbc', passphrase: 'x' }
const OTHER_CONTAINERS: readonly (readonly [what: string, told: RegExp, pem: string | Buffer])[] = [
  [
    'a PKCS#1 private key',
    /PKCS#1 private key[\s\S]*openssl/,
    rsaPair.privateKey.export({ format: 'pem', type: 'pkcs1' }),
  ],
  [
    'a PKCS#1 public key',
    /PKCS#1 public key[\s\S]*openssl/,
    rsaPair.publicKey.export({ format: 'pem', type: 'pkcs1' }),
  ],
  ['a SEC1 private key', /SEC1 private key[\s\S]*openssl/, ecPrivate.export({ format: 'pem', type: 'sec1' })],
  [
    'an encrypted private key',
    /encrypted private key[\s\S]*openssl/,
    ecPrivate.export({ format: 'pem', type: 'pkcs8', ...sealed }),
  ],
  [
    'a legacy encrypted key',
    /legacy encrypted[\s\S]*openssl/,
    rsaPair.privateKey.export({ format: 'pem', type: 'pkcs1', ...sealed }),
  ],
  ['a certificate', /certificate[\s\S]*openssl/, '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'],
]

/** How PEM texts arrive from files, shells and environment variables. */
const SPELLINGS: readonly (readonly [how: string, spell: (pem: string) => string])[] = [
  ['as it is', (pem) => pem],
  ['without its last line break', (pem) => pem.trimEnd()],
  ['with \\n for line breaks', (pem) => pem.replaceAll('\n', '\\n')],
  ['with \\r\\n for line breaks', (pem) => pem.replaceAll('\n', '\\r\\n')],
  ['with CRLF', (pem) => pem.replaceAll('\n', '\r\n')],
  ['with CR alone', (pem) => pem.replaceAll('\n', '\r')],
  ['indented', (pem) => pem.replace(/^/gm, '    ')],
  ['indented with tabs, and with spaces behind', (pem) => pem.replace(/^/gm, '\t').replaceAll('\n', '  \n')],
  ['behind blank lines', (pem) => `\n \n${pem}`],
  ['before blank lines', (pem) => `${pem}\n\n`],
  ['with blank lines inside', (pem) => pem.replaceAll('\n', '\n\n')],
  ['with its body in one line', (pem) => pem.replace(/([^-])\n(?=[^-])/g, '$1')],
  ['behind a byte order mark', (pem) => `\ufeff${pem}`],
]

for (const { name, door } of DOORS) {
  for (const [why, code, text] of REFUSED_PEMS) {
    test(`${name}: importKey refuses ${why}, and the error does not hold it (RFC 7468)`, () => {
      assertRefused(() => door.importKey(text), code, why)
      const told = inspect(resultOf(() => door.importKey(text)))
      for (const secret of ['correct horse', BODY.slice(0, 20), RSA.n ?? '']) assert.ok(!told.includes(secret), told)
    })
  }

  for (const [what, told, pem] of OTHER_CONTAINERS) {
    test(`${name}: importKey says that a PEM holds ${what}, and how to convert it`, () => {
      assertRefused(() => door.importKey(String(pem)), 'CS_UNSUPPORTED', what, told)
    })
  }

  test(`${name}: importKey names a label that is no key`, () => {
    const pem = '-----BEGIN PGP MESSAGE-----\nAAAA\n-----END PGP MESSAGE-----'
    assertRefused(() => door.importKey(pem), 'CS_KEY_INVALID', 'PGP', /PGP MESSAGE/)
  })

  for (const [how, spell] of SPELLINGS) {
    test(`${name}: importKey takes PEM ${how}`, async () => {
      for (const jwk of [jwkFor('RS256'), RSA, jwkFor('ES256'), EC, jwkFor('Ed25519'), ED]) {
        assert.deepEqual(await door.exportJwk(door.importKey(spell(pemOf(jwk)))), jwk)
      }
    })
  }

  for (const alg of ASYMMETRIC) {
    test(`${name}: a ${alg} key goes through JWK, PEM and DER and stays what it is`, async () => {
      const jwk = jwkFor(alg)
      for (const [kind, members] of [
        ['private', jwk],
        ['public', publicMembers(jwk)],
      ] as const) {
        const key = door.importKey(members)
        assert.deepEqual(await door.exportJwk(key), members)
        const pem = await door.exportPem(key)
        assert.match(pem, kind === 'public' ? /^-----BEGIN PUBLIC KEY-----\n/ : /^-----BEGIN PRIVATE KEY-----\n/)
        assert.ok(pem.split('\n').every((line) => line.length <= 64))
        for (const again of [door.importKey(pem), door.importKey(derOf(pem))]) {
          assert.deepEqual(await door.exportJwk(again), members)
          assert.equal(await door.exportPem(again), pem)
          assert.deepEqual({ ...again }, { ...key })
        }
        assert.equal(key.kind, kind)
      }
      const node = crypto.createPrivateKey(await door.exportPem(door.importKey(jwk))).export({ format: 'jwk' })
      assert.deepEqual({ ...node }, { ...jwk }, 'node:crypto reads the PEM as the same key')
    })
  }

  for (const alg of CURVES) {
    test(`${name}: a private ${alg} key in PKCS#8 gets its public half, whether it brings it or not`, async () => {
      const jwk = jwkFor(alg)
      const hands: [what: string, hand: Hand][] = [
        ['alone', {}],
        ['with its public half', { open: jwk, version: alg === 'Ed25519' ? 1 : 0 }],
        // [0] IMPLICIT SET OF, with one attribute (RFC 5958 §2)
        ['with attributes', { extra: der(0xa0, der(TAG.sequence, oid('rsa'), der(0x31, der(TAG.null)))) }],
      ]
      if (alg !== 'Ed25519') hands.push(['with its curve named twice', { curve: jwk.crv as keyof typeof OID }])
      for (const [what, hand] of hands) {
        const key = door.importKey(pkcs8(jwk, hand))
        assert.deepEqual(await door.exportJwk(key), jwk, what)
        assert.deepEqual(await door.exportJwk(await door.publicKey(key)), publicMembers(jwk), what)
      }
    })
  }

  for (const [why, code, octets] of [
    ['with something behind its end', 'CS_KEY_INVALID', [...derOf(SPKI), 0]],
    ['that is cut', 'CS_KEY_INVALID', derOf(SPKI).slice(0, -1)],
    ['with a length that is not minimal', 'CS_KEY_INVALID', [0x30, 0x83, 0, ...derOf(SPKI).slice(2)]],
    ['with an indefinite length', 'CS_KEY_INVALID', [0x30, 0x80, ...derOf(SPKI).slice(4), 0, 0]],
    ['of an EC key that names two curves', 'CS_KEY_INVALID', pkcs8(jwkFor('ES256'), { curve: 'P-384' })],
    ['of a third version of PKCS#8', 'CS_KEY_INVALID', pkcs8(jwkFor('ES256'), { version: 2 })],
    ['with octets behind the private key', 'CS_KEY_INVALID', pkcs8(jwkFor('ES256'), { extra: utf8('more') })],
    [
      'of RSA with parameters that are not NULL',
      'CS_KEY_INVALID',
      der(TAG.sequence, der(TAG.sequence, oid('rsa'), utf8('more')), derOf(SPKI).slice(4 + 15)),
    ],
    [
      'with a compressed point',
      'CS_UNSUPPORTED',
      der(TAG.sequence, der(TAG.sequence, oid('ec'), oid('P-256')), der(TAG.bits, [0, 2], octetsOf(EC, 'x'))),
    ],
    [
      'on a curve that we do not have',
      'CS_UNSUPPORTED',
      der(TAG.sequence, der(TAG.sequence, Buffer.from('06032b6571', 'hex')), der(TAG.bits, new Uint8Array(58))),
    ],
    [
      'whose point is short',
      'CS_KEY_INVALID',
      der(TAG.sequence, der(TAG.sequence, oid('ec'), oid('P-256')), der(TAG.bits, [0, 4], octetsOf(EC, 'x'))),
    ],
  ] as const) {
    test(`${name}: importKey refuses DER ${why} (X.690 §10, RFC 5280 §4.1.2.7, RFC 5958 §2)`, () => {
      assertRefused(() => door.importKey(Uint8Array.from(octets)), code, why)
    })
  }
}

function resultOf(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}

// Secrets.

const STRONG = Uint8Array.from({ length: 64 }, (_, index) => 251 - index)
const HEX = Buffer.from(STRONG).toString('hex')

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
  ['a JWK Set', 'CS_WEAK_SECRET', { text: JSON.stringify({ keys: [EC] }) }],
  ['a public key in DER', 'CS_WEAK_SECRET', derOf(SPKI)],
  ['a private key in DER', 'CS_WEAK_SECRET', derOf(pemOf(jwkFor('ES256')))],
  ['a public key in DER, in hex', 'CS_WEAK_SECRET', { hex: Buffer.from(derOf(pemOf(ED))).toString('hex') }],
  [
    'a public key in DER of PKCS#1',
    'CS_WEAK_SECRET',
    Uint8Array.from(rsaPair.publicKey.export({ format: 'der', type: 'pkcs1' })),
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
    assert.deepEqual(key.algorithms, ['HS256'])
    await assert.rejects(async () => door.exportPem(key), { name: 'JoseError', code: 'CS_KEY_TYPE' })
    await assert.rejects(async () => door.publicKey(key), { name: 'JoseError', code: 'CS_KEY_TYPE' })
  })
}

// What a key shows and gives out.

for (const { name, door } of DOORS) {
  test(`${name}: a key with ext: false is not given out, and still signs and has a public half (RFC 7517 §4.3)`, async () => {
    for (const alg of [...ASYMMETRIC, 'HS256']) {
      const key = door.importKey({ ...jwkFor(alg), ext: false }, { alg })
      assert.equal(key.extractable, false)
      await assert.rejects(async () => door.exportJwk(key), { name: 'JoseError', code: 'CS_KEY_TYPE' }, alg)
      await assert.rejects(async () => door.exportPem(key), { name: 'JoseError', code: 'CS_KEY_TYPE' }, alg)
      assert.ok(await door.createSigner({ key, expiresIn: 60 }).sign({}))
      if (key.kind === 'secret') continue
      const jwk = await door.exportJwk(await door.publicKey(key))
      assert.deepEqual(jwk, { ...publicMembers(jwkFor(alg)), alg })
    }
  })

  test(`${name}: neither JSON nor the console shows what a key is made of`, async () => {
    for (const alg of [...ASYMMETRIC, 'HS256']) {
      const jwk = jwkFor(alg)
      const key = door.importKey(jwk, { kid: 'the-kid', alg })
      // The first use prepares the key, and what was prepared must not show either.
      await door.createSigner({ key, expiresIn: 60 }).sign({})
      const shown = [
        JSON.stringify(key),
        JSON.stringify({ key: [key] }),
        String(key),
        inspect(key, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }),
        inspect({ nested: [{ key }] }, { depth: Number.POSITIVE_INFINITY, showHidden: true, showProxy: true }),
        inspect(structuredClone({ ...key }), { depth: Number.POSITIVE_INFINITY, showHidden: true }),
        Reflect.ownKeys(key).join(),
      ].join('\n')
      assert.match(shown, /the-kid/)
      const { kty: _, crv: __, e: ___, ...members } = jwk
      for (const [member, value] of Object.entries(members)) {
        const octets = Buffer.from(String(value), 'base64url')
        const spellings = [
          String(value),
          octets.toString('base64'),
          octets.toString('hex'),
          octets.join(),
          octets.join(', '),
        ]
        for (const text of spellings) assert.ok(!shown.includes(text), `${alg} shows ${member}`)
      }
    }
  })

  test(`${name}: a key cannot be changed, forged or wrapped`, async () => {
    const key = door.importKey({ ...jwkFor('ES256'), key_ops: ['sign'] })
    assert.ok(Object.isFrozen(key) && Object.isFrozen(key.key_ops))
    for (const forged of [{ ...key }, Object.create(key), new Proxy(key, {}), structuredClone({ ...key })]) {
      assert.throws(() => door.createSigner({ key: forged as Key, alg: 'ES256', expiresIn: 60 }), TypeError)
    }
    const jwk = await door.exportJwk(key)
    const before = JSON.stringify(jwk)
    Object.assign(jwk, { d: 'AAAA' })
    ;(jwk.key_ops as string[]).push('verify')
    assert.equal(JSON.stringify(await door.exportJwk(key)), before, 'what was exported is a copy')
  })

  test(`${name}: a refused key is not told by its error`, () => {
    for (const alg of ASYMMETRIC) {
      const jwk = jwkFor(alg)
      const strange = publicMembers(jwkFor(alg, 1))
      const told = inspect(
        resultOf(() => door.importKey({ ...jwk, ...strange })),
        { depth: Number.POSITIVE_INFINITY },
      )
      assert.match(told, /JoseError/)
      for (const value of [jwk.d, jwk.p, strange.x, strange.n]) assert.ok(!value || !told.includes(value), told)
    }
  })
}

// Names and sets.

for (const { name, door } of DOORS) {
  test(`${name}: publicJwks refuses a secret, and two keys that nothing tells apart`, async () => {
    const secret = await door.generateKey('HS256')
    const key = await door.generateKey('ES256', { kid: 'a' })
    const other = await door.generateKey('ES256', { kid: 'a' })
    const refuses = async (keys: readonly Key[], code: ErrorCode): Promise<void> =>
      assert.rejects(async () => door.publicJwks(keys), { name: 'JoseError', code })
    await refuses([secret], 'CS_KEY_TYPE')
    await refuses([key, secret], 'CS_KEY_TYPE')
    await refuses([key, other], 'CS_AMBIGUOUS_KEY')
    await refuses([key, await door.publicKey(key)], 'CS_AMBIGUOUS_KEY')
    assert.equal((await door.publicJwks([key, await door.generateKey('Ed25519', { kid: 'a' })])).keys.length, 2)
  })

  test(`${name}: publicJwks holds public members alone, whatever the keys were made of`, async () => {
    const keys = ASYMMETRIC.flatMap((alg) => [
      door.importKey(jwkFor(alg)),
      door.importKey(publicMembers(jwkFor(alg, 1))),
    ])
    const { keys: published } = await door.publicJwks(keys)
    for (const jwk of published) {
      assert.deepEqual(
        Object.keys(jwk).filter((member) => ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'].includes(member)),
        [],
      )
    }
    assert.equal(published.length, keys.length)
  })

  test(`${name}: a private key that may sign is published as one that may verify (RFC 7517 §4.3)`, async () => {
    const key = door.importKey({ ...jwkFor('ES256'), use: 'sig', key_ops: ['sign'], alg: 'ES256' })
    const { keys } = await door.publicJwks([key])
    assert.deepEqual(keys, [{ ...EC, use: 'sig', key_ops: ['verify'], alg: 'ES256', kid: await door.thumbprint(key) }])
  })

  for (const alg of ASYMMETRIC) {
    test(`${name}: a ${alg} key without kid has its thumbprint for a name, published and in headers (RFC 7638)`, async () => {
      const [key, strange] = [door.importKey(jwkFor(alg)), door.importKey(jwkFor(alg, 1))]
      const thumbprint = await door.thumbprint(key)
      const jwks = await door.publicJwks([key, strange])
      assert.deepEqual(
        jwks.keys.map(({ kid }) => kid),
        [thumbprint, await door.thumbprint(strange)],
      )
      const token = await door.createSigner({ key, alg, expiresIn: 60 }).sign({ sub: 'alice' })
      assert.equal(door.decodeUnverified(token).header.kid, thumbprint)
      // The set as published, and the same keys in a set that never gave them a name.
      const nameless = { keys: [publicMembers(jwkFor(alg, 1)), publicMembers(jwkFor(alg))] }
      for (const keys of [jwks, door.keySet(jwks), door.keySet(nameless)]) {
        const verifier = door.createVerifier({ keys, issuer: 'any', audience: 'any' })
        assert.equal((await verifier.verify(token)).claims.sub, 'alice')
      }
    })
  }

  test(`${name}: a new key is named by its thumbprint, or as it was told, and a secret by nothing`, async () => {
    for (const alg of ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'RS256', 'PS512']) {
      const key = await door.generateKey(alg)
      assert.equal(key.kid, await door.thumbprint(key), alg)
      assert.deepEqual([key.kind, key.alg, key.algorithms], ['private', alg, [alg]])
      assert.equal((await door.publicKey(key)).kid, key.kid)
    }
    const key = await door.generateKey('ES256', { kid: '2026-11' })
    assert.equal(key.kid, '2026-11')
    const secret = await door.generateKey('HS256')
    assert.equal(secret.kid, undefined, 'the thumbprint of a secret would tell something about it')
    assert.equal((await door.generateKey('HS256', { kid: 'a', bits: 512 })).bits, 512)
    const token = await door.createSigner({ key: secret, expiresIn: 60 }).sign({})
    assert.deepEqual({ ...door.decodeUnverified(token).header }, { alg: 'HS256', typ: 'JWT' })
  })

  test(`${name}: a thumbprint is of the public half alone, and of an unknown hash there is none`, async () => {
    await assert.rejects(async () => door.thumbprint(door.importKey(EC), 'sha-1' as 'sha-256'), TypeError)
    for (const alg of ASYMMETRIC) {
      const expected = await door.thumbprint(door.importKey(publicMembers(jwkFor(alg))))
      const named = { ...jwkFor(alg), kid: 'a', use: 'sig', key_ops: ['sign'], alg }
      assert.equal(await door.thumbprint(door.importKey(named)), expected)
      assert.notEqual(await door.thumbprint(door.importKey(jwkFor(alg, 1))), expected)
    }
  })
}

// What a key may do.

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

for (const { name, door } of DOORS) {
  const pair = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = pair.publicKey.export({ format: 'der', type: 'spki' })

  test(`${name}: secretKey knows a key without its PEM lines, and keys in containers that importKey does not read`, () => {
    const sec1 = pair.privateKey.export({ format: 'der', type: 'sec1' })
    const lines =
      spki
        .toString('base64')
        .match(/.{1,64}/g)
        ?.join('\n') ?? ''
    for (const text of [spki.toString('base64'), spki.toString('base64url'), lines, `${lines}\n`]) {
      assert.throws(() => door.secretKey({ text }, 'HS256'), { code: 'CS_WEAK_SECRET' })
    }
    assert.throws(() => door.secretKey(sec1, 'HS256'), { code: 'CS_WEAK_SECRET' })
    // The outline of a certificate: what is certified, an algorithm, a signature.
    const certificate = Buffer.from(
      `3042300330010030${'0906072a8648ce3d0201'}0330${'00'.repeat(1)}${'07'.repeat(47)}`,
      'hex',
    )
    certificate[1] = certificate.length - 2
    assert.throws(() => door.secretKey(certificate, 'HS256'), { code: 'CS_WEAK_SECRET' })
  })

  test(`${name}: an EC key in PKCS#8 with two public halves has to have the same one twice (RFC 5958 §2)`, () => {
    const pkcs8 = pair.privateKey.export({ format: 'der', type: 'pkcs8' })
    const point = spki.subarray(-65)
    const withOpen = (open: Buffer): Buffer => {
      const body = Buffer.concat([pkcs8.subarray(3), Buffer.from([0x81, 0x42, 0]), open])
      body[2] = 1 // version 2 of the container
      return Buffer.concat([Buffer.from([0x30, 0x81, body.length]), body])
    }
    assert.equal(door.importKey(withOpen(point)).kind, 'private')
    const other = crypto
      .generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .publicKey.export({ format: 'der', type: 'spki' })
    assert.throws(() => door.importKey(withOpen(other.subarray(-65))), { code: 'CS_KEY_INVALID' })
  })

  test(`${name}: what is nearly a key is told apart: octets of a PEM, and objects that are no JWK`, () => {
    const pem = pair.publicKey.export({ format: 'pem', type: 'spki' })
    assert.throws(
      () => door.importKey(Buffer.from(pem)),
      (error) => error instanceof door.JoseError && /as a string/.test(error.hint),
    )
    assert.throws(
      () => door.importKey(pair.publicKey as never),
      (error) => error instanceof door.JoseError && /export/.test(error.hint),
    )
  })

  test(`${name}: a member on another curve under the same kid makes nothing ambiguous`, async () => {
    const jwk = pair.publicKey.export({ format: 'jwk' }) as { kty: string }
    const keys = door.keySet({
      keys: [
        { ...jwk, kid: 'a' },
        { kty: 'EC', crv: 'secp256k1', x: 'AA', y: 'AA', kid: 'a' },
      ],
    })
    assert.equal(keys.skipped.length, 1)
    const signer = door.createSigner({
      key: door.importKey(pair.privateKey.export({ format: 'jwk' }) as never, { kid: 'a' }),
      expiresIn: 60,
    })
    await door.createVerifier({ keys, issuer: 'any', audience: 'any' }).verify(await signer.sign({}))
  })
}
