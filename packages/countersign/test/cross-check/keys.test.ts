import assert from 'node:assert/strict'
import test from 'node:test'
import { capabilities, generateKey, type Jwk, type Key, type ThumbprintHash } from 'countersign'
import * as jose from 'jose'
import { DOORS } from '../support/doors.ts'
import { joseJwk, keysFor, keysOf, ROWS, tidyWarnings, withoutNames } from './crossing.ts'

tidyWarnings()

const isHere = (alg: string): boolean => capabilities().signature.includes(alg)

/** A kind of key by the algorithm that makes it; the two names of Ed25519 make one kind. */
const KINDS = ['RS256', 'ES256', 'ES384', 'ES512', 'Ed25519', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'].filter(isHere)

/** The kinds that jose does not have. */
const OTHER_KINDS = ['ES256K', 'Ed448'].filter(isHere)

const HASHES = [
  ['sha-256', 'sha256'],
  ['sha-384', 'sha384'],
  ['sha-512', 'sha512'],
] as const satisfies readonly (readonly [ThumbprintHash, string])[]

test('every kind of key that we make is here', async () => {
  const kindOf = ({ kty, crv, bits }: Key): string => `${kty} ${crv ?? bits}`
  const made = await Promise.all(ROWS.map(({ alg }) => generateKey(alg)))
  const here = await Promise.all([...KINDS, ...OTHER_KINDS].map((alg) => generateKey(alg)))
  const kindsOf = (keys: readonly Key[]): string[] =>
    [...new Set(keys.filter(({ kind }) => kind !== 'secret').map(kindOf))].sort()
  assert.deepEqual(kindsOf(made), kindsOf(here))
})

for (const { name, door } of DOORS) {
  test(`${name}: thumbprints and their URIs are those of jose (RFC 7638, RFC 9278, RFC 9964 §3)`, async () => {
    for (const row of ROWS) {
      const [{ signing, verifying, openJwk: jwk }] = await keysFor(row)
      for (const [ours, theirs] of HASHES) {
        const expected = await jose.calculateJwkThumbprint(jwk, theirs)
        assert.equal(await door.thumbprint(verifying, ours), expected, `${row.name}, ${ours}`)
        assert.equal(await door.thumbprint(signing, ours), expected, `${row.name}, ${ours}, of the private key`)
        assert.equal(await door.thumbprintUri(verifying, ours), await jose.calculateJwkThumbprintUri(jwk, theirs))
      }
    }
  })

  for (const kind of KINDS) {
    test(`${name}: ${kind}: a key that jose makes is one key, as JWK, as PEM and as CryptoKey`, async () => {
      const pair = await jose.generateKeyPair(kind, { extractable: true })
      const jwk = (await jose.exportJWK(pair.privateKey)) as Jwk
      const open = (await jose.exportJWK(pair.publicKey)) as Jwk
      const pem = await jose.exportPKCS8(pair.privateKey)
      const openPem = await jose.exportSPKI(pair.publicKey)
      const expected = await jose.calculateJwkThumbprint(open as jose.JWK)
      for (const input of [jwk, pem, pair.privateKey]) {
        const key = door.importKey(input)
        assert.equal(key.kind, 'private')
        assert.equal(await door.thumbprint(key), expected)
        assert.deepEqual(withoutNames(withoutUse(await door.exportJwk(key))), jwk)
        const ours = await door.exportPem(key)
        assert.equal(ours, `${pem}\n`)
        assert.deepEqual(await jose.exportJWK(await jose.importPKCS8(ours, kind, { extractable: true })), jwk)
      }
      for (const input of [open, openPem, pair.publicKey]) {
        const key = door.importKey(input)
        assert.equal(key.kind, 'public')
        assert.equal(await door.thumbprint(key), expected)
        assert.deepEqual(withoutNames(withoutUse(await door.exportJwk(key))), open)
        assert.equal(await door.exportPem(key), `${openPem}\n`)
      }
    })

    test(`${name}: ${kind}: jose reads one key out of the JWK and the PEM that we write`, async () => {
      const [{ signing, verifying, jwk, openJwk }] = await keysOf(kind)
      const extractable = { extractable: true }
      const keys = [
        [await jose.importJWK(jwk, kind, extractable), signing],
        [await jose.importPKCS8(await door.exportPem(signing), kind, extractable), signing],
        [await jose.importJWK(openJwk, kind, extractable), verifying],
        [await jose.importSPKI(await door.exportPem(verifying), kind, extractable), verifying],
      ] as const
      for (const [key, ours] of keys)
        assert.deepEqual(await jose.exportJWK(key), withoutNames(await door.exportJwk(ours)))
    })
  }

  for (const kind of OTHER_KINDS) {
    test(`${name}: ${kind}: jose does not have the key that we write`, async () => {
      const [{ signing, verifying, jwk }] = await keysOf(kind)
      const unknown = { code: 'ERR_JOSE_NOT_SUPPORTED' }
      await assert.rejects(jose.importJWK(jwk, kind), unknown)
      await assert.rejects(jose.importPKCS8(await door.exportPem(signing), kind), unknown)
      await assert.rejects(jose.importSPKI(await door.exportPem(verifying), kind), unknown)
      await assert.rejects(jose.generateKeyPair(kind), unknown)
    })
  }

  test(`${name}: a secret is the same octets for jose`, async () => {
    const octets = await jose.generateSecret('HS512', { extractable: true })
    const jwk = (await jose.exportJWK(octets)) as Jwk
    const key = door.importKey(jwk)
    assert.equal(key.kind, 'secret')
    assert.deepEqual(await door.exportJwk(key), jwk)
    const ours = await door.generateKey('HS512')
    assert.deepEqual(
      await jose.exportJWK(await jose.importJWK(await joseJwk(ours), 'HS512', { extractable: true })),
      withoutNames(await door.exportJwk(ours)),
    )
  })
}

/** A CryptoKey says in its JWK what it is for; jose leaves that out. */
function withoutUse({ use: _, key_ops: __, ext: ___, ...jwk }: Jwk): Jwk {
  return jwk
}
