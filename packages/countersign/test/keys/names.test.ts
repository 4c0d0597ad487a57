import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import type { ErrorCode, Jwk, Key } from 'countersign'
import { DOORS } from '../support/doors.ts'
import { ASYMMETRIC, EC, jwkFor, PRIVATE_MEMBERS, publicMembers } from '../support/keys.ts'

/** The members whose hash is the thumbprint of a key (RFC 7638 §3.2, RFC 8037 §2, RFC 9964 §6). */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  RSA: ['e', 'kty', 'n'],
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  AKP: ['alg', 'kty', 'pub'],
}

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
        Object.keys(jwk).filter((member) => PRIVATE_MEMBERS.includes(member)),
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

  test(`${name}: a member on another curve under the same kid makes nothing ambiguous`, async () => {
    const signer = door.createSigner({ key: door.importKey(jwkFor('ES256'), { kid: 'a' }), expiresIn: 60 })
    const token = await signer.sign({})
    for (const strange of [
      { kty: 'EC', crv: 'P-224', x: 'AA', y: 'AA', kid: 'a' },
      { kty: 'EC', crv: 'secp256k1', x: 'AA', y: 'AA', kid: 'a' },
      { kty: 'OKP', crv: 'X25519', x: 'AA', kid: 'a' },
      { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AA', kid: 'a' },
    ]) {
      const keys = door.keySet({ keys: [{ ...EC, kid: 'a' }, strange] })
      assert.equal(keys.skipped.length, 1, JSON.stringify(strange))
      await door.createVerifier({ keys, issuer: 'any', audience: 'any' }).verify(token)
    }
  })

  test(`${name}: keys of every kind share one kid, and the algorithm of the token tells them apart`, async () => {
    const keys = door.keySet({ keys: ASYMMETRIC.map((alg) => ({ ...publicMembers(jwkFor(alg)), kid: 'a' })) })
    const verifier = door.createVerifier({ keys, issuer: 'any', audience: 'any' })
    for (const alg of ASYMMETRIC) {
      const key = door.importKey(jwkFor(alg), { kid: 'a' })
      const token = await door.createSigner({ key, alg, expiresIn: 60 }).sign({ sub: alg })
      assert.equal((await verifier.verify(token)).claims.sub, alg)
    }
  })

  test(`${name}: a new key is named by its thumbprint, or as it was told, and a secret by nothing`, async () => {
    for (const alg of [...ASYMMETRIC, 'EdDSA', 'PS512']) {
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

  test(`${name}: a thumbprint is of the public half alone, and of an unknown hash there is none (RFC 7638 §3, RFC 9964 §6)`, async () => {
    await assert.rejects(async () => door.thumbprint(door.importKey(EC), 'sha-1' as 'sha-256'), TypeError)
    for (const alg of ASYMMETRIC) {
      const open = publicMembers(jwkFor(alg))
      const expected = await door.thumbprint(door.importKey(open))
      const members = REQUIRED[open.kty]?.map((member) => [member, open[member as keyof Jwk]]) ?? []
      const text = JSON.stringify(Object.fromEntries(members))
      for (const hash of ['sha-256', 'sha-384', 'sha-512'] as const) {
        const digest = createHash(hash.replace('-', '')).update(text).digest('base64url')
        assert.equal(await door.thumbprint(door.importKey(open), hash), digest, `${alg}: ${hash}`)
      }
      const named = { ...jwkFor(alg), kid: 'a', use: 'sig', key_ops: ['sign'], alg }
      assert.equal(await door.thumbprint(door.importKey(named)), expected)
      assert.notEqual(await door.thumbprint(door.importKey(jwkFor(alg, 1))), expected)
    }
  })
}
