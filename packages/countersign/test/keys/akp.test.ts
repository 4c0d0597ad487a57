import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import test from 'node:test'
import type { Jwk } from 'countersign'
import { DOORS, HAS_SYNC } from '../support/doors.ts'
import { b64, CLAIMS, input, now, POLICY, refuses } from '../support/forge.ts'
import {
  assertRefused,
  derOf,
  EVERY_ML_DSA,
  jwkFor,
  ML_DSA,
  nodePair,
  octetsOf,
  pkcs8,
  publicMembers,
  resultOf,
  spki,
} from '../support/keys.ts'

/** The thumbprints of the keys whose seed is 32 octets of zero (RFC 9964 §6, §A.1): each tells a whole public key. */
const ZERO_SEED = {
  'ML-DSA-44': 'T4xl70S7MT6Zeq6r9V9fPJGVn76wfnXJ21-gyo0Gu6o',
  'ML-DSA-65': 'Suiu29qbfuaBaR4Ats-c6XQBePB_OpAxAwcTR_0KXVM',
  'ML-DSA-87': 'tRn1JNIkgMsABVQBlXeDHxAIcclh-2IX0UdDEzPt5XU',
} as const

const ZEROS = b64(new Uint8Array(32))

for (const { name, door } of DOORS) {
  for (const alg of EVERY_ML_DSA) {
    const has = door.capabilities().signature.includes(alg)
    const needs = { skip: has ? false : `this runtime has no ${alg}, which takes OpenSSL 3.5 and Node 24.6` }
    const lacks = { skip: has ? `this runtime has ${alg}` : false }
    // What is made here stays unused where a test is skipped, so it is made when it is asked for.
    const own = (): Jwk => jwkFor(alg)
    const others = ML_DSA.filter((other) => other !== alg)

    test(`${name}: ${alg} on a runtime without it is refused, and the runtime is named`, lacks, async () => {
      const told = HAS_SYNC ? /Node \d+[\s\S]*OpenSSL \d/ : /no ML-DSA-\d\d: its WebCrypto lacks it/
      const pub = b64(new Uint8Array({ 'ML-DSA-44': 1312, 'ML-DSA-65': 1952, 'ML-DSA-87': 2592 }[alg]))
      for (const key of [
        { kty: 'AKP', alg, pub },
        { kty: 'AKP', alg, pub, priv: ZEROS },
        pkcs8({ kty: 'AKP', alg, priv: ZEROS }),
        spki([alg], Buffer.from(pub, 'base64url')),
      ]) {
        assertRefused(() => door.importKey(key), 'CS_UNSUPPORTED', alg, told)
      }
      await assert.rejects(async () => door.generateKey(alg), {
        name: 'JoseError',
        code: 'CS_UNSUPPORTED',
        message: told,
      })
      const jwks = { keys: [publicMembers(jwkFor('ES256')), { kty: 'AKP', alg, pub }] }
      assert.deepEqual(
        door.keySet(jwks).skipped.map(({ error }) => error.code),
        ['CS_UNSUPPORTED'],
      )
    })

    test(`${name}: ${alg} signatures that anything was done to are refused (FIPS 204 §3.6.2)`, needs, async () => {
      const { privateKey } = nodePair(own())
      const verifier = door.createVerifier({ keys: publicMembers(own()), ...POLICY })
      const text = input({ alg }, CLAIMS)
      const sign = (data: string, options: object = {}): Buffer =>
        crypto.sign(null, Buffer.from(data), { key: privateKey, ...options })
      const raw = sign(text)
      await verifier.verify(`${text}.${b64(raw)}`)
      for (let index = 0; index < raw.length; index += 97) {
        const changed = raw.with(index, (raw[index] ?? 0) ^ (1 << (index % 8)))
        await refuses(verifier, `${text}.${b64(changed)}`, 'CS_SIGNATURE')
      }
      await refuses(verifier, `${input({ alg }, { ...CLAIMS, admin: true })}.${b64(raw)}`, 'CS_SIGNATURE')
      await refuses(verifier, `${input({ alg, typ: 'JWT' }, CLAIMS)}.${b64(raw)}`, 'CS_SIGNATURE')
      await refuses(verifier, `${text}.${b64(sign(`${text} `))}`, 'CS_SIGNATURE')
      const stranger = door.createVerifier({ keys: publicMembers(jwkFor(alg, 1)), ...POLICY })
      await refuses(stranger, `${text}.${b64(raw)}`, 'CS_SIGNATURE')
      // Not every runtime that has ML-DSA signs under a context, and the context of a JWS is empty (RFC 9964 §5).
      const elsewhere = resultOf(() => sign(text, { context: Buffer.from('JWT') }))
      if (!(elsewhere instanceof Uint8Array)) return
      const isBound = !crypto.verify(null, Buffer.from(text), crypto.createPublicKey(privateKey), elsewhere)
      if (isBound) await refuses(verifier, `${text}.${b64(elsewhere)}`, 'CS_SIGNATURE')
    })

    test(`${name}: ${alg} takes no key of another parameter set, and its key no other algorithm`, needs, async () => {
      const token = await door.createSigner({ key: door.importKey(own()), expiresIn: 60, now }).sign(CLAIMS)
      const [, claims, signature] = token.split('.')
      for (const other of others) {
        const keys = publicMembers(jwkFor(other))
        const verifier = door.createVerifier({ keys, ...POLICY })
        await refuses(verifier, token, 'CS_KEY_TYPE')
        await refuses(verifier, `${b64(JSON.stringify({ alg: other }))}.${claims}.${signature}`, 'CS_SIGNATURE')
        const set = door.createVerifier({ keys: door.keySet({ keys: [keys] }), ...POLICY })
        await refuses(set, token, 'CS_NO_KEY')
        assertRefused(() => door.importKey({ ...own(), alg: other }), 'CS_KEY_INVALID', other)
        assertRefused(() => door.importKey(own(), { alg: other }), 'CS_KEY_TYPE', other)
      }
      for (const other of ['HS256', 'RS256', 'ES256', 'EdDSA']) {
        assertRefused(() => door.importKey(own(), { alg: other }), 'CS_KEY_TYPE', other)
        assertRefused(() => door.importKey({ ...own(), alg: other }), 'CS_UNSUPPORTED', other)
      }
    })

    test(`${name}: a key of ${alg} minds use and key_ops (RFC 7517 §4.2, §4.3)`, needs, async () => {
      const open = publicMembers(own())
      assertRefused(() => door.importKey({ ...own(), use: 'enc' }), 'CS_KEY_TYPE', 'use')
      assertRefused(() => door.importKey(own(), { use: 'enc' }), 'CS_KEY_TYPE', 'option use')
      const idle = door.importKey({ ...own(), key_ops: ['verify'] })
      assertRefused(() => door.createSigner({ key: idle, expiresIn: 60 }), 'CS_KEY_TYPE', 'sign', /key_ops/)
      const blind = door.importKey({ ...open, key_ops: ['encrypt'] })
      const options = { algorithms: [alg], ...POLICY }
      assertRefused(() => door.createVerifier({ keys: blind, ...options }), 'CS_KEY_TYPE', 'verify', /key_ops/)
      const key = door.importKey({ ...own(), use: 'sig', key_ops: ['sign'] })
      assertRefused(() => door.createVerifier({ keys: key, ...options }), 'CS_KEY_TYPE', 'private', /publicKey/)
      const keys = await door.publicKey(key)
      assert.deepEqual(await door.exportJwk(keys), { ...open, use: 'sig', key_ops: ['verify'] })
      assertRefused(() => door.createSigner({ key: keys, expiresIn: 60 }), 'CS_KEY_TYPE', 'public')
      const token = await door.createSigner({ key, expiresIn: 60, now }).sign(CLAIMS)
      await door.createVerifier({ keys, ...POLICY }).verify(token)
    })

    test(
      `${name}: the seed of an ${alg} key decides its public half (RFC 9964 §A.1, FIPS 204 §5.1)`,
      needs,
      async () => {
        const key = door.importKey(pkcs8({ kty: 'AKP', alg, priv: ZEROS }))
        assert.equal(await door.thumbprint(key), ZERO_SEED[alg])
        const jwk = await door.exportJwk(key)
        assert.deepEqual([jwk.kty, jwk.alg, jwk.priv], ['AKP', alg, ZEROS])
        assert.equal(await door.thumbprint(door.importKey(jwk)), ZERO_SEED[alg])
        assert.equal(await door.thumbprint(door.importKey(publicMembers(jwk))), ZERO_SEED[alg])
        assert.equal(
          await door.thumbprintUri(key),
          `urn:ietf:params:oauth:jwk-thumbprint:sha-256:${ZERO_SEED[alg]}`,
          'RFC 9278 §3',
        )
        const hash = crypto.createHash('sha512').update(JSON.stringify({ alg, kty: 'AKP', pub: own().pub }))
        assert.equal(await door.thumbprint(door.importKey(own()), 'sha-512'), hash.digest('base64url'))
      },
    )

    test(
      `${name}: an ${alg} key is the same as JWK, PEM, DER and KeyObject, here and in node:crypto`,
      needs,
      async () => {
        const { privateKey, publicKey } = nodePair(own())
        const open = publicMembers(own())
        const [key, half] = [door.importKey(own()), door.importKey(open)]
        assert.deepEqual(
          [key.kind, key.kty, key.crv, key.alg, key.algorithms],
          ['private', 'AKP', undefined, alg, [alg]],
        )
        const pem = await door.exportPem(key)
        const halfPem = await door.exportPem(half)
        const nodeDer = privateKey.export({ format: 'der', type: 'pkcs8' })
        for (const form of [own(), pem, derOf(pem), privateKey, new Uint8Array(nodeDer), pkcs8(own())]) {
          const again = door.importKey(form as Jwk)
          assert.deepEqual(await door.exportJwk(again), own())
          assert.deepEqual({ ...again }, { ...key })
          assert.deepEqual(await door.exportJwk(await door.publicKey(again)), open)
        }
        for (const form of [open, halfPem, derOf(halfPem), publicKey, spki([alg], octetsOf(open, 'pub'))]) {
          const again = door.importKey(form as Jwk)
          assert.deepEqual(await door.exportJwk(again), open)
          assert.deepEqual({ ...again }, { ...half })
        }
        assert.deepEqual({ ...crypto.createPrivateKey(pem).export({ format: 'jwk' }) }, own())
        assert.deepEqual(derOf(halfPem), new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })))
        assert.equal(halfPem, publicKey.export({ format: 'pem', type: 'spki' }))
      },
    )

    test(`${name}: what ${alg} signs, node:crypto verifies, and the other way round (RFC 9964 §5)`, needs, async () => {
      const { privateKey, publicKey } = nodePair(own())
      const key = door.importKey(own())
      const signer = door.createSigner({ key, expiresIn: 60, now })
      const verifier = door.createVerifier({ keys: await door.publicJwks([key]), ...POLICY })
      const tokens = [await signer.sign(CLAIMS), await signer.sign(CLAIMS)]
      assert.notEqual(tokens[0], tokens[1], 'the signature takes fresh random octets (FIPS 204 §3.4)')
      for (const token of tokens) {
        const [header = '', claims = '', signature = ''] = token.split('.')
        const octets = Buffer.from(signature, 'base64url')
        assert.ok(crypto.verify(null, Buffer.from(`${header}.${claims}`), publicKey, octets))
        const verified = await verifier.verify(token)
        assert.deepEqual({ ...verified.header }, { alg, typ: 'JWT', kid: await door.thumbprint(key) })
        assert.equal(verified.claims.sub, CLAIMS.sub)
      }
      const text = input({ alg }, CLAIMS)
      const theirs = crypto.sign(null, Buffer.from(text), privateKey)
      assert.equal((await verifier.verify(`${text}.${b64(theirs)}`)).claims.sub, CLAIMS.sub)
    })

    test(`${name}: generateKey makes ${alg} keys, named by their thumbprint and of one size`, needs, async () => {
      const key = await door.generateKey(alg)
      const jwk = await door.exportJwk(key)
      assert.deepEqual(Object.keys(jwk).sort(), ['alg', 'kid', 'kty', 'priv', 'pub'])
      assert.deepEqual([jwk.kid, key.bits], [await door.thumbprint(key), octetsOf(jwk, 'pub').length * 8])
      assert.notEqual((await door.exportJwk(await door.generateKey(alg))).priv, jwk.priv)
      await assert.rejects(async () => door.generateKey(alg, { bits: key.bits }), TypeError)
      assert.deepEqual(await door.exportJwk(door.importKey(jwk)), jwk)
      const { asymmetricKeyType } = nodePair(jwk).privateKey
      assert.equal(asymmetricKeyType, alg.toLowerCase())
    })
  }
}
