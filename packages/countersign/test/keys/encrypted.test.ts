import assert from 'node:assert/strict'
import test from 'node:test'
import { inspect } from 'node:util'
import type { ImportOptions, Jwk } from 'countersign'
import { DOORS } from '../support/doors.ts'
import { ASYMMETRIC, assertRefused, derOf, jwkFor, nodePair, pemOf, resultOf } from '../support/keys.ts'

const PASSPHRASE = 'correct horse battery staple'

/** A private key as node:crypto encrypts it; in the way before PKCS#8 where a type of that time is named. */
function encrypt(
  jwk: Jwk,
  cipher = 'aes-256-cbc',
  passphrase: string | Uint8Array = PASSPHRASE,
  type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8',
): string {
  const how = { format: 'pem', type: type as 'pkcs8', cipher, passphrase: passphrase as string } as const
  return String(nodePair(jwk).privateKey.export(how))
}

const EC = jwkFor('ES256')
const SEALED = encrypt(EC)
const LEGACY = encrypt(EC, undefined, undefined, 'sec1')

/** A PEM with one octet of its body changed, counted from its end. */
function damaged(pem: string, fromEnd: number): string {
  const octets = derOf(pem)
  const at = octets.length - fromEnd
  const body = Buffer.from(octets.with(at, (octets[at] ?? 0) ^ 1)).toString('base64')
  return pem.replace(/(-----BEGIN [A-Z ]+-----\n)[\s\S]*(\n-----END)/, `$1${body}$2`)
}

for (const { name, door } of DOORS) {
  for (const [why, pem] of [
    ['whose last octet was changed', damaged(SEALED, 1)],
    ['whose first cipher block was changed', damaged(SEALED, derOf(pemOf(EC)).length)],
    ['that is cut', SEALED.replace(/.{8}\n-----END/, '\n-----END')],
    ['that is legacy and cut', LEGACY.replace(/.{8}\n-----END/, '\n-----END')],
    ['that is legacy with an initialization vector that is short', LEGACY.replace(/(DEK-Info: .*,).*/, '$100')],
    ['that is legacy and bears the label of another', LEGACY.replaceAll('EC PRIVATE', 'RSA PRIVATE')],
    ['that is labelled as one that is not encrypted', SEALED.replaceAll('ENCRYPTED ', '')],
    ['that is not encrypted and is labelled so', pemOf(EC).replaceAll(' PRIVATE', ' ENCRYPTED PRIVATE')],
  ] as const) {
    test(`${name}: importKey refuses an encrypted key ${why}, and shows neither it nor the passphrase`, () => {
      assertRefused(() => door.importKey(pem, { passphrase: PASSPHRASE }), 'CS_KEY_INVALID', why)
      const told = inspect(
        resultOf(() => door.importKey(pem, { passphrase: PASSPHRASE })),
        { depth: Number.POSITIVE_INFINITY, showHidden: true },
      )
      const pieces = pem.match(/[A-Za-z0-9+/]{24,}/g) ?? []
      for (const text of [PASSPHRASE, EC.d ?? '', ...pieces]) assert.ok(!told.includes(text), told)
    })
  }

  test(`${name}: importKey refuses an encrypted key without the passphrase, and says which option takes it`, () => {
    for (const [form, told] of [
      [SEALED, /encrypted PKCS#8 private key[\s\S]*\{ passphrase \}/],
      [derOf(SEALED), /encrypted PKCS#8 private key[\s\S]*\{ passphrase \}/],
      [LEGACY, /encrypted EC PRIVATE KEY[\s\S]*\{ passphrase \}/],
    ] as const) {
      assertRefused(() => door.importKey(form), 'CS_KEY_INVALID', 'nothing given', told)
      assertRefused(() => door.importKey(form, { alg: 'ES256', kid: 'a' }), 'CS_KEY_INVALID', 'other options', told)
      for (const passphrase of ['', 'x', PASSPHRASE.slice(1), `${PASSPHRASE} `, PASSPHRASE.toUpperCase()]) {
        assertRefused(() => door.importKey(form, { passphrase }), 'CS_KEY_INVALID', passphrase, /passphrase/)
      }
    }
  })

  test(`${name}: a passphrase that is neither text nor octets is a TypeError, whatever the key`, () => {
    for (const passphrase of [7, null, true, [PASSPHRASE], { text: PASSPHRASE }, () => PASSPHRASE]) {
      for (const form of [SEALED, derOf(SEALED), LEGACY, pemOf(EC), EC])
        assert.throws(() => door.importKey(form, { passphrase } as unknown as ImportOptions), TypeError)
    }
  })

  for (const alg of ASYMMETRIC) {
    test(`${name}: importKey opens ${alg} keys that node:crypto encrypted, as PEM and as DER (RFC 5958 §3)`, async () => {
      const jwk = jwkFor(alg)
      const plain = door.importKey(jwk)
      for (const cipher of ['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc', 'des-ede3-cbc']) {
        const pem = encrypt(jwk, cipher)
        assert.match(pem, /^-----BEGIN ENCRYPTED PRIVATE KEY-----/)
        for (const form of [pem, derOf(pem)]) {
          const key = door.importKey(form, { passphrase: PASSPHRASE })
          assert.deepEqual(await door.exportJwk(key), jwk, cipher)
          assert.deepEqual({ ...key }, { ...plain }, 'nothing tells that it was encrypted')
        }
      }
      // The other options count as for any other key.
      const key = door.importKey(encrypt(jwk), { passphrase: PASSPHRASE, alg, kid: 'a', use: 'sig' })
      assert.deepEqual([key.alg, key.kid, key.use, key.algorithms], [alg, 'a', 'sig', [alg]])
      const other = alg === 'RS256' ? 'ES256' : 'RS256'
      const asked = { passphrase: PASSPHRASE, alg: other }
      assertRefused(() => door.importKey(encrypt(jwk), asked), 'CS_KEY_TYPE', other)
    })
  }

  for (const alg of ASYMMETRIC.filter((name) => /^[RE]S/.test(name))) {
    test(`${name}: importKey opens ${alg} keys that were encrypted in the way before PKCS#8 (RFC 1421 §4.6)`, async () => {
      const type = alg === 'RS256' ? 'pkcs1' : 'sec1'
      for (const cipher of ['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc', 'des-ede3-cbc']) {
        const pem = encrypt(jwkFor(alg), cipher, PASSPHRASE, type)
        assert.match(pem, /Proc-Type: 4,ENCRYPTED\nDEK-Info: /)
        const key = door.importKey(pem, { passphrase: PASSPHRASE })
        assert.deepEqual(await door.exportJwk(key), jwkFor(alg), cipher)
      }
    })
  }

  test(`${name}: a passphrase is its octets: text stands for its UTF-8, and a NUL ends nothing`, async () => {
    for (const passphrase of ['x', '', ' ', 'Grüße, κόσμε', '🔑', 'a\0b', 'y'.repeat(1024)]) {
      const pem = encrypt(EC, 'aes-256-cbc', passphrase)
      const octets = new TextEncoder().encode(passphrase)
      for (const given of [passphrase, octets, Buffer.from(octets)]) {
        assert.deepEqual(await door.exportJwk(door.importKey(pem, { passphrase: given })), EC, inspect(passphrase))
      }
      const cut = passphrase.slice(0, passphrase.indexOf('\0'))
      if (passphrase.includes('\0'))
        assertRefused(() => door.importKey(pem, { passphrase: cut }), 'CS_KEY_INVALID', cut)
    }
    const octets = Uint8Array.of(0xff, 0xfe, 0x00, 0x80)
    const pem = encrypt(EC, 'aes-256-cbc', octets)
    assert.deepEqual(await door.exportJwk(door.importKey(pem, { passphrase: octets })), EC)
    assert.deepEqual([...octets], [0xff, 0xfe, 0x00, 0x80], 'the octets of the caller are left alone')
  })

  test(`${name}: an encrypted key signs like any other, with the algorithm that is its own`, async () => {
    const key = door.importKey(SEALED, { passphrase: PASSPHRASE })
    const token = await door.createSigner({ key, expiresIn: 60 }).sign({ sub: 'alice' })
    const keys = await door.publicKey(key)
    const { claims } = await door.createVerifier({ keys, issuer: 'any', audience: 'any' }).verify(token)
    assert.equal(claims.sub, 'alice')
    assertRefused(() => door.importKey(SEALED, { passphrase: PASSPHRASE, alg: 'ES384' }), 'CS_KEY_TYPE', 'ES384')
  })
}
