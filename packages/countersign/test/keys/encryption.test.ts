import assert from 'node:assert/strict'
import test from 'node:test'
import { capabilities, type ErrorCode, type GenerateOptions, type Jwk, type Key } from 'countersign'
import { decryptJwe, encryptJwe } from 'countersign/jwe'
import { base64url, utf8 } from '../../src/bytes.ts'
import { DOORS } from '../support/doors.ts'
import {
  assertRefused,
  derOf,
  jwkFor,
  octetsOf,
  pemOf,
  pkcs8,
  publicMembers,
  RSA,
  STRONG,
  spki,
  taken,
} from '../support/keys.ts'

// Keys for encryption: those that agree on a secret, and what each kind of key may be asked to do.

const { curves, management, content } = capabilities()

const EVERY_AGREEMENT = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW']
const AGREEMENT = EVERY_AGREEMENT.filter((alg) => management.includes(alg))
const PASSWORD = ['PBES2-HS256+A128KW', 'PBES2-HS384+A192KW', 'PBES2-HS512+A256KW'].filter((alg) =>
  management.includes(alg),
)
/** The curves of RFC 7748, with the octets of their keys and their primes. */
const CURVES: readonly (readonly [crv: 'X25519' | 'X448', octets: number, p: bigint])[] = [
  ['X25519', 32, 2n ** 255n - 19n],
  ['X448', 56, 2n ** 448n - 2n ** 224n - 1n],
]
const MONTGOMERY = CURVES.filter(([crv]) => curves.includes(crv))

/** The octets of a secret by their algorithm, where only one size will do (RFC 7518 §4.4, §4.7, §5.2, §5.3). */
const SIZES = (
  [
    ['A128KW', 16],
    ['A192KW', 24],
    ['A256KW', 32],
    ['A128GCMKW', 16],
    ['A192GCMKW', 24],
    ['A256GCMKW', 32],
    ['A128GCM', 16],
    ['A192GCM', 24],
    ['A256GCM', 32],
    ['A128CBC-HS256', 32],
    ['A192CBC-HS384', 48],
    ['A256CBC-HS512', 64],
  ] as const
).filter(([alg]) => management.includes(alg) || content.includes(alg))

/** A number as the octets of RFC 7748 §5: the least comes first. */
function littleEndian(value: bigint, octets: number): Uint8Array {
  return Uint8Array.from({ length: octets }, (_, index) => Number((value >> BigInt(8 * index)) & 255n))
}

/** The points of order eight on Curve25519, in hex. */
const ORDER_8 = [
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
]

const withHighBit = (u: Uint8Array): Uint8Array => u.with(-1, (u.at(-1) ?? 0) | 0x80)

/** Public keys that make every shared secret zero, and those that are spelt as no one spells them. */
const BAD_POINTS = MONTGOMERY.flatMap(([crv, octets, p]): { readonly crv: typeof crv; readonly u: Uint8Array }[] => {
  const small = [0n, 1n, p - 1n, p, p + 1n].map((u) => littleEndian(u, octets))
  const most = new Uint8Array(octets).fill(255)
  if (crv === 'X448') return [...small, most].map((u) => ({ crv, u }))
  const orders = [...small, ...ORDER_8.map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')))]
  const good = octetsOf(jwkFor(crv), 'x')
  return [...orders, ...orders.map(withHighBit), withHighBit(good), most].map((u) => ({ crv, u }))
})

/** What `key_ops` of a private key makes of those of its public half. */
const PUBLIC_OPS: readonly (readonly [own: string[], open: string[]])[] = [
  [['sign'], ['verify']],
  [['decrypt'], ['encrypt']],
  [['unwrapKey'], ['wrapKey']],
  [
    ['decrypt', 'unwrapKey'],
    ['encrypt', 'wrapKey'],
  ],
  [['deriveBits'], []],
  [['deriveKey', 'deriveBits'], []],
  [['verify', 'encrypt', 'wrapKey', 'something else'], []],
  [[], []],
]

const secret = (octets: number, said: Partial<Jwk> = {}): Jwk => ({
  kty: 'oct',
  k: base64url(STRONG.subarray(0, octets)),
  ...said,
})

/** How a key that is for contents is asked for: it is shared. */
const toSay = (alg: string): { readonly alg: string; readonly enc: string } =>
  content.includes(alg) ? { alg: 'dir', enc: alg } : { alg, enc: content[0] ?? '' }

const opened = async (token: string, keys: Key, ...algorithms: string[]): Promise<string> => {
  const { plaintext } = await decryptJwe(token, { keys, ...(algorithms.length > 0 && { algorithms }) })
  return new TextDecoder().decode(plaintext)
}

const refuses = (run: Promise<unknown>, code: ErrorCode, why: string, message = /./): Promise<void> =>
  assert.rejects(run, { name: 'JoseError', code, message }, why)

for (const { name, door } of DOORS) {
  for (const { crv, u } of BAD_POINTS) {
    const x = base64url(u)
    test(`${name}: importKey refuses the public key ${Buffer.from(u.subarray(0, 4)).toString('hex')}…${Buffer.from(u.subarray(-2)).toString('hex')} of ${crv} (RFC 7748 §6, attack 21)`, () => {
      const told = /small order|canonical/
      assertRefused(() => door.importKey({ kty: 'OKP', crv, x }), 'CS_KEY_INVALID', 'public JWK', told)
      assertRefused(() => door.importKey({ ...jwkFor(crv), x }), 'CS_KEY_INVALID', 'private JWK', told)
      assertRefused(() => door.importKey(spki([crv], u)), 'CS_KEY_INVALID', 'SPKI', told)
      const open = { ...jwkFor(crv), x }
      assertRefused(() => door.importKey(pkcs8(jwkFor(crv), { open, version: 1 })), 'CS_KEY_INVALID', 'PKCS#8', told)
    })
  }

  for (const [crv, octets] of MONTGOMERY) {
    test(`${name}: importKey refuses keys on ${crv} of another length, on another curve, or in parts (RFC 8037 §2)`, () => {
      const jwk = jwkFor(crv)
      for (const length of [0, 1, octets - 1, octets + 1, 57]) {
        const text = base64url(new Uint8Array(length).fill(9))
        assertRefused(() => door.importKey({ kty: 'OKP', crv, x: text }), 'CS_KEY_INVALID', `x of ${length}`)
        assertRefused(() => door.importKey({ ...jwk, d: text }), 'CS_KEY_INVALID', `d of ${length}`)
        assertRefused(() => door.importKey(spki([crv], new Uint8Array(length).fill(9))), 'CS_KEY_INVALID', 'SPKI')
        assertRefused(() => door.importKey(pkcs8({ ...jwk, d: text })), 'CS_KEY_INVALID', 'PKCS#8')
      }
      const other = crv === 'X25519' ? 'X448' : 'X25519'
      assertRefused(() => door.importKey({ ...jwk, crv: other }), 'CS_KEY_INVALID', 'the length of another curve')
      assertRefused(() => door.importKey({ ...jwk, crv: 'P-256' }), 'CS_KEY_INVALID', 'a curve of EC')
      assertRefused(() => door.importKey({ ...jwk, kty: 'EC', y: jwk.x ?? '' }), 'CS_KEY_INVALID', 'kty EC')
      assertRefused(() => door.importKey({ kty: 'OKP', crv }), 'CS_KEY_INVALID', 'no x')
      assertRefused(() => door.importKey({ kty: 'OKP', crv, d: jwk.d ?? '' }), 'CS_KEY_INVALID', 'd without x')
      assertRefused(() => door.importKey({ ...jwk, x: `${jwk.x}=` }), 'CS_KEY_INVALID', 'padding')
      assertRefused(() => door.importKey(spki([crv, 'ec'], octetsOf(jwk, 'x'))), 'CS_KEY_INVALID', 'parameters')
    })

    test(`${name}: importKey refuses a key on ${crv} whose halves do not belong together`, async () => {
      const [own, stranger] = [jwkFor(crv), jwkFor(crv, 1)]
      const invalid = { name: 'JoseError', code: 'CS_KEY_INVALID' }
      await assert.rejects(taken(door, { ...own, x: stranger.x }), invalid, 'JWK')
      await assert.rejects(taken(door, pkcs8(own, { open: stranger, version: 1 })), invalid, 'PKCS#8')
    })

    test(`${name}: a key on ${crv} signs nothing, whatever it is told`, () => {
      const key = door.importKey(jwkFor(crv))
      for (const alg of capabilities().signature) {
        assertRefused(() => door.importKey(jwkFor(crv), { alg }), 'CS_KEY_TYPE', alg)
        assertRefused(() => door.createSigner({ key, alg, expiresIn: 60 }), 'CS_KEY_TYPE', alg)
      }
    })

    test(`${name}: a key on ${crv} stays what it is through JWK, PEM and DER, and is the one of OpenSSL`, async () => {
      const jwk = jwkFor(crv)
      for (const [kind, members] of [
        ['private', jwk],
        ['public', publicMembers(jwk)],
      ] as const) {
        const pem = pemOf(members)
        for (const input of [members, pem, derOf(pem)]) {
          const key = door.importKey(input)
          assert.deepEqual(
            [key.kind, key.kty, key.crv, key.bits, key.alg],
            [kind, 'OKP', crv, crv === 'X448' ? 448 : 256, undefined],
          )
          assert.deepEqual(key.algorithms, EVERY_AGREEMENT)
          assert.deepEqual(await door.exportJwk(key), members)
          assert.equal(await door.exportPem(key), pem)
        }
      }
      for (const input of [pkcs8(jwk), pkcs8(jwk, { open: jwk, version: 1 })]) {
        const key = door.importKey(input)
        assert.deepEqual(await door.exportJwk(await door.publicKey(key)), publicMembers(jwk))
        assert.deepEqual(await door.exportJwk(key), jwk)
      }
      const text = utf8(JSON.stringify({ crv, kty: 'OKP', x: jwk.x }))
      const digest = new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', Uint8Array.from(text)))
      assert.equal(await door.thumbprint(door.importKey(jwk)), base64url(digest), 'RFC 8037 §2')
    })
  }

  for (const alg of AGREEMENT) {
    test(`${name}: generateKey makes keys for ${alg} on each of its curves, and what is encrypted to one it alone opens`, async () => {
      assert.equal((await door.generateKey(alg)).crv, 'P-256', 'where nothing is said')
      for (const crv of ['P-256', 'P-384', 'P-521', 'X25519', 'X448'].filter((one) => curves.includes(one))) {
        const key = await door.generateKey(alg, { crv })
        const { kind, kty, bits, algorithms } = key
        assert.deepEqual([kind, kty, key.crv, key.alg], ['private', crv.startsWith('X') ? 'OKP' : 'EC', crv, alg])
        assert.deepEqual([bits, algorithms], [door.importKey(await door.exportJwk(key)).bits, [alg]])
        assert.equal(key.kid, await door.thumbprint(key))
        const token = await encryptJwe('for you', { key: await door.publicKey(key) })
        assert.equal(await opened(token, key), 'for you')
        const stranger = await door.generateKey(alg, { crv, kid: 'a stranger' })
        assert.equal(stranger.kid, 'a stranger')
        await refuses(opened(token, stranger), 'CS_DECRYPTION', crv)
      }
    })
  }

  test(`${name}: generateKey makes keys for every other algorithm of encryption, and they do its work`, async () => {
    const others = [...management, ...content].filter(
      (alg) => alg !== 'dir' && !AGREEMENT.includes(alg) && !PASSWORD.includes(alg),
    )
    for (const alg of others) {
      const key = await door.generateKey(alg)
      assert.deepEqual([key.alg, key.algorithms], [alg, [alg]])
      const open = key.kind === 'secret' ? key : await door.publicKey(key)
      assert.equal(key.kid, key.kind === 'secret' ? undefined : await door.thumbprint(key))
      assert.equal(await opened(await encryptJwe('for you', { key: open }), key), 'for you', alg)
    }
    for (const [alg, octets] of SIZES) assert.equal((await door.generateKey(alg)).bits, octets * 8, alg)
    assert.equal((await door.generateKey('RSA-OAEP-256', { bits: 2176 })).bits, 2176)
    if (curves.includes('Ed448')) assert.equal((await door.generateKey('EdDSA', { crv: 'Ed448' })).crv, 'Ed448')
  })

  test(`${name}: generateKey makes no shared secret without a use, no password, and no key of another curve or size`, async () => {
    const misuses: readonly (readonly [alg: string, options: unknown, message: RegExp])[] = [
      ['dir', {}, /content encryption/],
      ...PASSWORD.map((alg) => [alg, {}, /choose a password/] as const),
      ['RSA1_5', {}, /is none of/],
      ['A128KW', { crv: 'P-256' }, /crv/],
      ['HS256', { crv: 'P-256' }, /crv/],
      ['RSA-OAEP', { crv: 'X25519' }, /crv/],
      ...['secp256k1', 'Ed25519', 'Ed448', 'x25519', 'P-224', '', 25519, null, ['X25519']].map(
        (crv) => ['ECDH-ES', { crv }, /crv for ECDH-ES is one of/] as const,
      ),
      ['ES256', { crv: 'P-384' }, /crv/],
      ['ES256', { crv: 'X25519' }, /crv/],
      ['Ed25519', { crv: 'Ed448' }, /crv/],
      ['EdDSA', { crv: 'X25519' }, /crv/],
      ['ECDH-ES', { bits: 256 }, /size .* fixed/],
      ['A128KW', { bits: 256 }, /size .* fixed/],
      ['A256GCM', { bits: 256 }, /size .* fixed/],
      ['A128CBC-HS256', { bits: 512 }, /size .* fixed/],
      ['RSA-OAEP', { bits: 1024 }, /bits/],
      ['RSA-OAEP', { bits: 2049 }, /bits/],
    ]
    for (const [alg, options, message] of misuses) {
      const made = async (): Promise<Key> => door.generateKey(alg, options as GenerateOptions)
      await assert.rejects(made, { name: 'TypeError', message }, `${alg} ${JSON.stringify(options)}`)
    }
  })

  for (const [own, open] of PUBLIC_OPS) {
    test(`${name}: of a private key with key_ops ${own.join(' and ') || 'that are empty'} the public half has ${open.join(' and ') || 'none'} (RFC 7517 §4.3)`, async () => {
      for (const jwk of [jwkFor('RS256'), jwkFor('ES256')]) {
        const half = await door.publicKey(door.importKey({ ...jwk, key_ops: own }))
        assert.deepEqual(half.key_ops, open)
        assert.deepEqual((await door.exportJwk(half)).key_ops, open)
        assert.equal((await door.publicKey(door.importKey(jwk))).key_ops, undefined)
      }
    })
  }

  test(`${name}: what the public half of a key may do goes with what the private one may`, async () => {
    for (const [jwk, key_ops, alg] of [
      [jwkFor('RS256'), ['decrypt'], 'RSA-OAEP'],
      [jwkFor('RS256'), ['unwrapKey'], 'RSA-OAEP-256'],
      [jwkFor('ES256'), ['deriveBits'], 'ECDH-ES'],
      [jwkFor('ES256'), ['deriveKey'], 'ECDH-ES+A128KW'],
      ...MONTGOMERY.map(([crv]) => [jwkFor(crv), ['deriveBits'], 'ECDH-ES'] as const),
    ] as const) {
      const key = door.importKey({ ...jwk, key_ops: [...key_ops] })
      assert.equal(await opened(await encryptJwe('for you', { key: await door.publicKey(key), alg }), key), 'for you')
    }
    for (const jwk of [jwkFor('RS256'), jwkFor('ES256')]) {
      const half = await door.publicKey(door.importKey({ ...jwk, key_ops: ['sign'] }))
      for (const alg of ['RSA-OAEP', 'ECDH-ES']) await refuses(encryptJwe('x', { key: half, alg }), 'CS_KEY_TYPE', alg)
    }
  })

  for (const [alg, octets] of SIZES) {
    test(`${name}: a secret for ${alg} has ${octets} octets, and no others (RFC 7518 §4, §5)`, async () => {
      for (const wrong of [1, octets - 1, octets + 1, octets / 2, octets * 2]) {
        const octetsNow = Uint8Array.from({ length: wrong }, (_, index) => 251 - (index % 250))
        const jwk = { kty: 'oct', k: base64url(octetsNow) }
        const told = new RegExp(`${alg} takes ${octets * 8} bits`)
        assertRefused(() => door.importKey({ ...jwk, alg }), 'CS_KEY_SIZE', `JWK of ${wrong}`, told)
        assertRefused(() => door.importKey(jwk, { alg }), 'CS_KEY_SIZE', `option, ${wrong}`, told)
        assertRefused(() => door.secretKey(octetsNow, alg), 'CS_KEY_SIZE', `secret of ${wrong}`, told)
        assertRefused(() => door.secretKey(octetsNow, alg, { allowWeak: true }), 'CS_KEY_SIZE', 'allowWeak', told)
        await refuses(
          encryptJwe('x', { key: door.secretKey(octetsNow), ...toSay(alg) }),
          'CS_KEY_SIZE',
          'encrypt',
          told,
        )
      }
      for (const blank of [new Uint8Array(octets), new Uint8Array(octets).fill(0x20)]) {
        assertRefused(() => door.secretKey(blank, alg), 'CS_WEAK_SECRET', 'zeros or blanks')
        const key = door.importKey({ kty: 'oct', k: base64url(blank) })
        assert.deepEqual(key.algorithms, [])
        await refuses(encryptJwe('x', { key, ...toSay(alg) }), 'CS_WEAK_SECRET', 'zeros or blanks')
      }
      const [one, other] = [door.secretKey(STRONG.subarray(0, octets), alg), door.importKey(secret(octets))]
      assert.deepEqual(one.algorithms, [alg])
      const token = await encryptJwe('for you', { key: one })
      for (const keys of [one, other]) assert.equal(await opened(token, keys), 'for you')
      assertRefused(() => door.createSigner({ key: one, alg: 'HS256', expiresIn: 60 }), 'CS_KEY_TYPE', 'signs')
    })
  }

  test(`${name}: a JWK with alg dir is for every content encryption of its size, and for nothing else (RFC 7518 §4.5)`, async () => {
    for (const [alg, octets] of SIZES.filter(([id]) => content.includes(id))) {
      const key = door.importKey(secret(octets, { alg: 'dir' }))
      for (const [enc, takes] of SIZES.filter(([id]) => content.includes(id))) {
        const sealed = encryptJwe('for you', { key, enc })
        if (takes !== octets) await refuses(sealed, 'CS_KEY_SIZE', `${enc} with ${octets} octets`)
        else assert.equal(await opened(await sealed, key), 'for you', enc)
      }
      for (const other of ['A128KW', 'A256KW', 'A256GCMKW', 'PBES2-HS256+A128KW'])
        await refuses(encryptJwe('x', { key, alg: other }), 'CS_KEY_TYPE', `${alg}: ${other}`)
      assertRefused(() => door.createSigner({ key, alg: 'HS256', expiresIn: 60 }), 'CS_KEY_TYPE', 'HS256')
    }
    for (const octets of [1, 15, 17, 31, 63])
      assertRefused(() => door.importKey(secret(octets, { alg: 'dir' })), 'CS_KEY_SIZE', `${octets} octets`)
  })

  test(`${name}: a JWK whose alg is a content encryption is for that one, directly, and no other of its size`, async () => {
    const key = door.importKey(secret(32, { alg: 'A128CBC-HS256' }))
    const token = await encryptJwe('for you', { key })
    const { header } = await decryptJwe(token, { keys: key })
    assert.deepEqual([header.alg, header.enc], ['dir', 'A128CBC-HS256'])
    await refuses(encryptJwe('x', { key, enc: 'A256GCM' }), 'CS_KEY_TYPE', 'another enc')
    await refuses(encryptJwe('x', { key, alg: 'A256KW' }), 'CS_KEY_TYPE', 'another alg')
    const other = await encryptJwe('x', { key: door.importKey(secret(32)), alg: 'dir', enc: 'A256GCM' })
    await refuses(opened(other, key), 'CS_KEY_TYPE', 'a token with another enc')
  })

  test(`${name}: a password has no least length, and is neither empty, blank, zero nor a key that others have`, async () => {
    for (const alg of PASSWORD) {
      for (const text of ['x', 'correct horse battery staple', ' a ']) {
        const key = door.secretKey({ text }, alg)
        assert.deepEqual([key.bits, key.algorithms], [utf8(text).length * 8, [alg]])
        const token = await encryptJwe('for you', { key, p2c: 1000 })
        assert.equal(await opened(token, key, alg), 'for you')
        await refuses(opened(token, door.secretKey({ text: `${text} ` }, alg), alg), 'CS_DECRYPTION', 'another one')
        assert.equal(door.importKey({ kty: 'oct', k: base64url(utf8(text)), alg }).alg, alg)
      }
      for (const weak of ['', ' ', ' \t\r\n ', '\0', '\0'.repeat(64), pemOf(RSA), pemOf(jwkFor('X25519'))]) {
        const why = `${alg}: ${JSON.stringify(weak.slice(0, 20))}`
        for (const allowWeak of [false, true])
          assertRefused(() => door.secretKey({ text: weak }, alg, { allowWeak }), 'CS_WEAK_SECRET', why)
        assertRefused(() => door.importKey({ kty: 'oct', k: base64url(utf8(weak)), alg }), 'CS_WEAK_SECRET', why)
      }
      const jwk = JSON.stringify(publicMembers(jwkFor('X25519')))
      assertRefused(() => door.secretKey({ text: jwk }, alg), 'CS_WEAK_SECRET', 'a JWK')
      assertRefused(() => door.secretKey(derOf(pemOf(jwkFor('X25519'))), alg), 'CS_WEAK_SECRET', 'a DER')
    }
  })

  const KINDS: readonly (readonly [jwk: Jwk, alg: string, op: string, other: string])[] = [
    [jwkFor('RS256'), 'RSA-OAEP-256', 'encrypt', 'RSA-OAEP'],
    [jwkFor('ES256'), 'ECDH-ES+A128KW', 'deriveKey', 'ECDH-ES'],
    [jwkFor('HS256'), 'A256GCMKW', 'wrapKey', 'A256KW'],
    [jwkFor('HS256'), 'PBES2-HS256+A128KW', 'deriveBits', 'PBES2-HS512+A256KW'],
    ...MONTGOMERY.map(([crv]) => [jwkFor(crv), 'ECDH-ES', 'deriveBits', 'ECDH-ES+A256KW'] as const),
  ]
  for (const [jwk, alg, op, other] of KINDS) {
    test(`${name}: use, key_ops and alg of a key of kty ${jwk.kty}${jwk.crv ? ` on ${jwk.crv}` : ''} decide whether ${alg} may have it (RFC 7517 §4)`, async () => {
      const half = jwk.kty === 'oct' ? jwk : publicMembers(jwk)
      const token = await encryptJwe('for you', {
        key: door.importKey(half),
        alg,
        ...(op === 'deriveBits' && p2c(alg)),
      })
      assert.equal(await opened(token, door.importKey(jwk), alg), 'for you')
      for (const said of [{ use: 'sig' }, { alg: other }, { key_ops: ['sign'] }, { key_ops: ['verify'] }]) {
        const why = JSON.stringify(said)
        const key = door.importKey({ ...half, ...said })
        assert.ok(!key.algorithms.includes(alg), why)
        await refuses(encryptJwe('x', { key, alg }), 'CS_KEY_TYPE', `encrypt: ${why}`)
        assertRefused(() => door.createEncrypter({ key, alg, expiresIn: 60 }), 'CS_KEY_TYPE', `encrypter: ${why}`)
        const keys = door.importKey({ ...jwk, ...said })
        await refuses(opened(token, keys, alg), 'CS_KEY_TYPE', `decrypt: ${why}`)
        const decrypter = { keys, algorithms: [alg], unsigned: 'accept', issuer: 'any', audience: 'any' } as const
        assertRefused(() => door.createDecrypter(decrypter), 'CS_KEY_TYPE', `decrypter: ${why}`)
      }
      for (const said of [{ use: 'enc' }, { alg }, { use: 'enc', alg }]) {
        assert.equal(await opened(token, door.importKey({ ...jwk, ...said }), alg), 'for you', JSON.stringify(said))
        const key = door.importKey({ ...half, ...said })
        assert.ok(key.algorithms.includes(alg))
        for (const signature of ['HS256', 'RS256', 'PS256', 'ES256', 'EdDSA'])
          assert.ok(!key.algorithms.includes(signature), signature)
      }
      assertRefused(() => door.importKey(half, { alg, use: 'sig' }), 'CS_KEY_TYPE', 'an option against the other')
      assertRefused(() => door.importKey({ ...half, alg }, { alg: other }), 'CS_KEY_TYPE', 'an option against the JWK')
      const wrong = ['RS256', 'ES256', 'HS256', 'X25519'].map((id) => jwkFor(id)).find(({ kty }) => kty !== jwk.kty)
      assertRefused(() => door.importKey(wrong as Jwk, { alg }), 'CS_KEY_TYPE', 'another kty')
    })
  }

  for (const jwk of [jwkFor('RS256'), jwkFor('ES256'), ...MONTGOMERY.map(([crv]) => jwkFor(crv))]) {
    test(`${name}: a private key of kty ${jwk.kty} ${jwk.crv ?? ''} does not encrypt, a public one does not decrypt, and each is told so`, async () => {
      const alg = jwk.kty === 'RSA' ? 'RSA-OAEP' : 'ECDH-ES'
      const [own, open] = [door.importKey(jwk), door.importKey(publicMembers(jwk))]
      await refuses(encryptJwe('x', { key: own, alg }), 'CS_KEY_TYPE', 'encrypt', /publicKey/)
      assertRefused(
        () => door.createEncrypter({ key: own, alg, expiresIn: 60 }),
        'CS_KEY_TYPE',
        'encrypter',
        /publicKey/,
      )
      const token = await encryptJwe('x', { key: open, alg })
      await refuses(opened(token, open), 'CS_KEY_TYPE', 'decrypt', /private/)
    })
  }

  test(`${name}: keys of curves that only sign agree on nothing`, () => {
    for (const alg of ['ES256K', 'Ed25519', 'Ed448']) {
      if (!capabilities().signature.includes(alg)) continue
      for (const asked of AGREEMENT) {
        assertRefused(() => door.importKey({ ...jwkFor(alg), alg: asked }), 'CS_KEY_TYPE', `${alg}: ${asked}`)
        assertRefused(
          () => door.importKey(publicMembers(jwkFor(alg)), { alg: asked }),
          'CS_KEY_TYPE',
          `${alg}: ${asked}`,
        )
      }
    }
  })

  test(`${name}: an algorithm that is left out is no option, and a key for it serves nothing (attack 44)`, () => {
    assert.throws(() => door.importKey(RSA, { alg: 'RSA1_5' }), TypeError)
    assert.deepEqual(door.importKey({ ...RSA, alg: 'RSA1_5' }).algorithms, [])
  })
}

const p2c = (alg: string): { readonly p2c?: number } => (alg.startsWith('PBES2') ? { p2c: 1000 } : {})
