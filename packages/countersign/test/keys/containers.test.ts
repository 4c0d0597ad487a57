import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import test from 'node:test'
import { inspect } from 'node:util'
import type { ErrorCode, Jwk } from 'countersign'
import { utf8 } from '../../src/bytes.ts'
import made from '../support/certificates.json' with { type: 'json' }
import { DOORS } from '../support/doors.ts'
import {
  ASYMMETRIC,
  assertRefused,
  CURVES,
  der,
  derOf,
  EC,
  type Hand,
  isHere,
  jwkFor,
  nodePair,
  type OidName,
  octetsOf,
  oid,
  pemOf,
  pkcs8,
  publicMembers,
  RSA,
  resultOf,
  SPKI,
  spki,
  TAG,
  versionWithPublic,
} from '../support/keys.ts'

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

const rsaPair = nodePair(jwkFor('RS256'))
const ecPrivate = nodePair(jwkFor('ES256')).privateKey
const pemOfLabel = (label: string): string => `-----BEGIN ${label}-----\nMIIB\n-----END ${label}-----\n`
const sealed = { cipher: 'aes-256-cbc', passphrase: 'x' }

/** Containers that are not read, or not so: the error says which it is and what to do about it. */
const OTHER_CONTAINERS: readonly (readonly [what: string, code: ErrorCode, told: RegExp, pem: string | Buffer])[] = [
  [
    'an encrypted private key',
    'CS_KEY_INVALID',
    /encrypted PKCS#8 private key[\s\S]*passphrase/,
    ecPrivate.export({ format: 'pem', type: 'pkcs8', ...sealed }),
  ],
  [
    'a legacy encrypted key',
    'CS_KEY_INVALID',
    /encrypted RSA PRIVATE KEY[\s\S]*passphrase/,
    rsaPair.privateKey.export({ format: 'pem', type: 'pkcs1', ...sealed }),
  ],
  [
    'a private key in the format of OpenSSH',
    'CS_UNSUPPORTED',
    /OpenSSH[\s\S]*ssh-keygen/,
    pemOfLabel('OPENSSH PRIVATE KEY'),
  ],
  ['a bundle of certificates', 'CS_UNSUPPORTED', /bundle[\s\S]*openssl pkcs7/, pemOfLabel('PKCS7')],
  ['a certificate of OpenSSL alone', 'CS_UNSUPPORTED', /OpenSSL[\s\S]*openssl x509/, pemOfLabel('TRUSTED CERTIFICATE')],
  ['a certificate request', 'CS_UNSUPPORTED', /request[\s\S]*-pubkey/, pemOfLabel('CERTIFICATE REQUEST')],
  ['a DSA key', 'CS_UNSUPPORTED', /DSA[\s\S]*generateKey/, pemOfLabel('DSA PRIVATE KEY')],
  ['the name of a curve', 'CS_UNSUPPORTED', /curve[\s\S]*EC PRIVATE KEY/, pemOfLabel('EC PARAMETERS')],
]

const integerOf = (octets: Uint8Array): bigint => BigInt(`0x${Buffer.from(octets).toString('hex')}`)

/** The primes of the fields that the curves are over (SP 800-186 §3.2.1, SEC 2 §2.4.1). */
const PRIME: Readonly<Record<string, bigint>> = {
  ES256: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
  ES384: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
  ES512: 2n ** 521n - 1n,
  ES256K: 2n ** 256n - 2n ** 32n - 977n,
}

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

  for (const [what, code, told, pem] of OTHER_CONTAINERS) {
    test(`${name}: importKey says that a PEM holds ${what}, and what to do about it`, () => {
      assertRefused(() => door.importKey(String(pem)), code, what, told)
    })
  }

  test(`${name}: importKey names a label that is no key`, () => {
    const pem = '-----BEGIN PGP MESSAGE-----\nAAAA\n-----END PGP MESSAGE-----'
    assertRefused(() => door.importKey(pem), 'CS_KEY_INVALID', 'PGP', /PGP MESSAGE/)
  })

  for (const [how, spell] of SPELLINGS) {
    test(`${name}: importKey takes PEM ${how}`, async () => {
      for (const jwk of ASYMMETRIC.flatMap((alg) => [jwkFor(alg), publicMembers(jwkFor(alg))])) {
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
        ['with its public half', { open: jwk, version: versionWithPublic(jwk) }],
        // [0] IMPLICIT SET OF, with one attribute (RFC 5958 §2)
        ['with attributes', { extra: der(0xa0, der(TAG.sequence, oid('rsa'), der(0x31, der(TAG.null)))) }],
      ]
      if (jwk.kty === 'EC') hands.push(['with its curve named twice', { curve: jwk.crv as OidName }])
      for (const [what, hand] of hands) {
        const key = door.importKey(pkcs8(jwk, hand))
        assert.deepEqual(await door.exportJwk(key), jwk, what)
        assert.deepEqual(await door.exportJwk(await door.publicKey(key)), publicMembers(jwk), what)
      }
    })
  }

  for (const alg of ['ES256', 'ES384', 'ES512', 'ES256K']) {
    test(`${name}: a compressed point of ${alg} stands for the y of its parity, and its opposite for the other (SEC 1 §2.3.4)`, async () => {
      const jwk = publicMembers(jwkFor(alg))
      const y = octetsOf(jwk, 'y')
      const [same, other] = (y.at(-1) ?? 0) % 2 === 0 ? [2, 3] : [3, 2]
      const read = (first: number): Promise<Jwk> | Jwk =>
        door.exportJwk(door.importKey(spki(['ec', jwk.crv as OidName], [first], octetsOf(jwk, 'x'))))
      assert.deepEqual(await read(same), jwk)
      const opposite = await read(other)
      assert.equal(opposite.x, jwk.x)
      const sum = [y, octetsOf(opposite, 'y')].reduce((total, part) => total + integerOf(part), 0n)
      assert.equal(sum, PRIME[alg], 'the two y add up to the prime of the curve')
    })
  }

  test(`${name}: an EC key in PKCS#8 with two public halves has to have the same one twice (RFC 5958 §2)`, () => {
    const jwk = jwkFor('ES256')
    const withOpen = (open: Jwk): Uint8Array =>
      pkcs8(jwk, { open: jwk, version: 1, extra: der(0x81, [0, 4], octetsOf(open, 'x'), octetsOf(open, 'y')) })
    assert.equal(door.importKey(withOpen(jwk)).kind, 'private')
    assertRefused(() => door.importKey(withOpen(jwkFor('ES256', 1))), 'CS_KEY_INVALID', 'another public half')
  })

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
    ['with a hybrid point', 'CS_KEY_INVALID', spki(['ec', 'P-256'], [6], octetsOf(EC, 'x'), octetsOf(EC, 'y'))],
    ['with the point at infinity', 'CS_KEY_INVALID', spki(['ec', 'P-256'], [0])],
    ['without a point', 'CS_KEY_INVALID', spki(['ec', 'P-256'])],
    ['with a compressed point that is short', 'CS_KEY_INVALID', spki(['ec', 'P-256'], [2], new Uint8Array(31))],
    ['with a compressed point that goes on', 'CS_KEY_INVALID', spki(['ec', 'P-256'], [2], new Uint8Array(64))],
    ['of EC on a curve that we do not have', 'CS_UNSUPPORTED', spki(['ec', 'P-224'], [4], new Uint8Array(56))],
    ['of X25519 whose point has small order', 'CS_KEY_INVALID', spki(['X25519'], new Uint8Array(32))],
    ['of X25519 whose key is short', 'CS_KEY_INVALID', spki(['X25519'], new Uint8Array(31).fill(9))],
    ['of X25519 with parameters', 'CS_KEY_INVALID', spki(['X25519', 'ec'], new Uint8Array(32).fill(9))],
    ['of X448 whose key is that of X25519', 'CS_KEY_INVALID', spki(['X448'], new Uint8Array(32).fill(9))],
    ['whose curve stands for its algorithm', 'CS_UNSUPPORTED', spki(['P-256'], [4], new Uint8Array(64))],
    ['whose point is short', 'CS_KEY_INVALID', spki(['ec', 'P-256'], [4], octetsOf(EC, 'x'))],
    ['of Ed448 with parameters', 'CS_KEY_INVALID', spki(['Ed448', 'ec'], new Uint8Array(57))],
    ['of ML-DSA with parameters', 'CS_KEY_INVALID', spki(['ML-DSA-44', 'ec'], new Uint8Array(1312))],
    ['of ML-DSA whose key is short', 'CS_KEY_INVALID', spki(['ML-DSA-44'], new Uint8Array(1311))],
    [
      'of ML-DSA whose key is that of another parameter set',
      'CS_KEY_INVALID',
      spki(['ML-DSA-65'], new Uint8Array(1312)),
    ],
  ] as const) {
    test(`${name}: importKey refuses DER ${why} (X.690 §10, RFC 5280 §4.1.2.7, RFC 5958 §2)`, () => {
      assertRefused(() => door.importKey(Uint8Array.from(octets)), code, why)
    })
  }
}

/** The same keys in the containers of other times and programs: PEM and DER of each, and the key as PKCS#8 or SPKI. */
const OLDER: readonly (readonly [what: string, pem: string, der: Buffer, same: string])[] = [
  ...(['RS256', 'ES256', 'ES384', 'ES512', 'ES256K'] as const).filter(isHere).flatMap((alg) => {
    const { privateKey, publicKey } = nodePair(jwkFor(alg))
    const type = alg === 'RS256' ? ('pkcs1' as const) : ('sec1' as const)
    const pkcs8 = String(privateKey.export({ format: 'pem', type: 'pkcs8' }))
    const secret = [
      `${alg} private key in ${type}`,
      String(privateKey.export({ format: 'pem', type } as never)),
      privateKey.export({ format: 'der', type } as never) as unknown as Buffer,
      pkcs8,
    ] as const
    if (type === 'sec1') return [secret]
    const pem = String(publicKey.export({ format: 'pem', type: 'pkcs1' }))
    const der = publicKey.export({ format: 'der', type: 'pkcs1' })
    const open = [
      'RS256 public key in pkcs1',
      pem,
      der,
      String(publicKey.export({ format: 'pem', type: 'spki' })),
    ] as const
    return [secret, open]
  }),
  ...Object.entries(made.certificates).map(
    ([alg, { certificate, publicKey }]) =>
      [`certificate of ${alg}`, certificate, Buffer.from(derOf(certificate)), publicKey] as const,
  ),
]

for (const { name, door } of DOORS) {
  for (const [what, pem, der, same] of OLDER) {
    test(`${name}: importKey reads a ${what}, as PEM and as DER`, async () => {
      const expected = await door.exportJwk(door.importKey(same))
      for (const input of [pem, der, new Uint8Array(der), pem.replaceAll('\n', '\\n')]) {
        assert.deepEqual(await door.exportJwk(door.importKey(input)), expected)
      }
    })
    test(`${name}: importKey refuses a ${what} that is cut short, or has something behind it`, () => {
      for (const length of [1, 17, 40, der.length - 1]) {
        assertRefused(() => door.importKey(der.subarray(0, length)), 'CS_KEY_INVALID', `${length} octets`)
      }
      assertRefused(() => door.importKey(Buffer.concat([der, Buffer.alloc(1)])), 'CS_KEY_INVALID', 'an octet behind')
    })
  }

  test(`${name}: importKey refuses an EC key in SEC1 that names no curve (RFC 5915 §3)`, () => {
    const named = Buffer.from(ecPrivate.export({ format: 'der', type: 'sec1' }))
    const at = named.indexOf(Buffer.from('a00a06082a8648ce3d030107', 'hex'))
    const bare = Buffer.concat([named.subarray(0, at), named.subarray(at + 12)])
    bare[1] = (bare[1] ?? 0) - 12
    assertRefused(() => door.importKey(bare), 'CS_KEY_INVALID', 'no curve', /does not name its curve/)
  })

  test(`${name}: importKey refuses a certificate of a key that is too weak`, () => {
    assertRefused(() => door.importKey(made.weak), 'CS_KEY_SIZE', 'RSA of 1024 bits')
  })
}
