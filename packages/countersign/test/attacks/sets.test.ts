import assert from 'node:assert/strict'
import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { DOORS } from '../support/doors.ts'
import { b64, CLAIMS, fails, mac, POLICY, refuses, signed } from '../support/forge.ts'

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ecJwk = ec.publicKey.export({ format: 'jwk' })
const rsaJwk = rsa.publicKey.export({ format: 'jwk' })
const oct = { kty: 'oct', k: b64(Buffer.alloc(32, 7)) }
const es256 = { key: ec.privateKey, dsaEncoding: 'ieee-p1363' } as const
const esToken = (header: object = {}): string => signed({ alg: 'ES256', ...header }, CLAIMS, 'sha256', es256)
const rsToken = (header: object = {}): string => signed({ alg: 'RS256', ...header }, CLAIMS, 'sha256', rsa.privateKey)

for (const { name, door } of DOORS) {
  const over = (...keys: object[]): ReturnType<typeof door.createVerifier> =>
    door.createVerifier({ keys: { keys } as never, ...POLICY })

  test(`${name}: attack 53: a set that mixes secrets with public keys is refused`, async () => {
    await fails(
      () =>
        door.keySet({
          keys: [
            { ...oct, kid: 'a' },
            { ...rsaJwk, kid: 'a' },
          ] as never,
        }),
      'CS_JWKS_INVALID',
    )
    await fails(
      () =>
        door.keySet({
          keys: [
            { ...oct, kid: 'a' },
            { ...ecJwk, kid: 'b' },
          ] as never,
        }),
      'CS_JWKS_INVALID',
    )
    await fails(() => over(oct, rsaJwk), 'CS_JWKS_INVALID')
    await fails(() => over(oct, { kty: 'something new' }), 'CS_JWKS_INVALID')
  })
  test(`${name}: attack 53: a KeyObject among the JWKs of a set is a mistake of the program, which is told what to do`, () => {
    const secret = createSecretKey(Buffer.alloc(32, 7))
    const told = { name: 'TypeError', message: /importKey/ }
    for (const members of [[secret, rsaJwk], [rsaJwk, ec.publicKey], [secret]])
      assert.throws(() => over(...members), told)
    for (const keys of [secret, ec.publicKey, [ec.publicKey], [rsaJwk, secret]])
      assert.throws(() => door.createVerifier({ keys: keys as never, ...POLICY }), told)
  })
  test(`${name}: attack 53: two fitting keys of one kid are ambiguous`, async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
    await refuses(over({ ...ecJwk, kid: 'k' }, { ...other, kid: 'k' }), esToken({ kid: 'k' }), 'CS_AMBIGUOUS_KEY')
    await refuses(over({ ...ecJwk, kid: 'k' }, { ...ecJwk, kid: 'k' }), esToken({ kid: 'k' }), 'CS_AMBIGUOUS_KEY')
  })
  test(`${name}: attack 53: keys of one kid that differ in kty, alg or use are told apart`, async () => {
    const byKty = over({ ...ecJwk, kid: 'k' }, { ...rsaJwk, kid: 'k' })
    assert.equal((await byKty.verify(esToken({ kid: 'k' }))).key.kty, 'EC')
    assert.equal((await byKty.verify(rsToken({ kid: 'k' }))).key.kty, 'RSA')
    const byAlg = over({ ...rsaJwk, kid: 'k', alg: 'RS256' }, { ...rsaJwk, kid: 'k', alg: 'PS256' })
    assert.equal((await byAlg.verify(rsToken({ kid: 'k' }))).key.alg, 'RS256')
    const byUse = over({ ...rsaJwk, kid: 'k', use: 'sig' }, { ...rsaJwk, kid: 'k', use: 'enc' })
    assert.equal((await byUse.verify(rsToken({ kid: 'k' }))).key.use, 'sig')
  })
  test(`${name}: attack 53: a token without kid takes the one key that fits, and never one of two`, async () => {
    const mixed = over({ ...ecJwk, kid: 'e' }, { ...rsaJwk, kid: 'r' })
    assert.equal((await mixed.verify(rsToken())).key.kid, 'r')
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' })
    await refuses(over({ ...rsaJwk, kid: 'a' }, { ...other, kid: 'b' }), rsToken(), 'CS_AMBIGUOUS_KEY')
    await refuses(mixed, rsToken({ kid: 'e' }), 'CS_KEY_TYPE', 'CS_NO_KEY')
    await refuses(mixed, rsToken({ kid: 'x' }), 'CS_NO_KEY')
  })

  const wrongUse = [
    { use: 'enc' },
    { use: 'SIG' },
    { use: 'other' },
    { key_ops: ['encrypt'] },
    { key_ops: ['sign'] },
    { key_ops: [] },
    { alg: 'ES384' },
    { alg: 'ES521' },
    { alg: 'RSA-OAEP' },
    { alg: '' },
  ]
  for (const info of wrongUse) {
    test(`${name}: attack 54: a key with ${JSON.stringify(info)} does not verify ES256`, async () => {
      await fails(() => door.createVerifier({ keys: { ...ecJwk, ...info } as never, ...POLICY }), 'CS_KEY_TYPE')
      await refuses(over({ ...ecJwk, ...info }), esToken(), 'CS_NO_KEY')
      await refuses(
        door.createVerifier({ keys: () => door.importKey({ ...ecJwk, ...info } as never), ...POLICY }),
        esToken(),
        'CS_KEY_TYPE',
      )
    })
  }
  const malformed = [
    { use: 1 },
    { use: null },
    { use: ['sig'] },
    { key_ops: 'verify' },
    { key_ops: [1] },
    { key_ops: null },
    { key_ops: ['verify', 'verify'] },
    { use: 'sig', key_ops: ['encrypt'] },
    { use: 'enc', key_ops: ['verify'] },
    { alg: 1 },
    { alg: null },
    { kid: 1 },
    { ext: 'true' },
  ]
  for (const info of malformed) {
    test(`${name}: attack 54: a JWK with ${JSON.stringify(info)} is malformed`, async () => {
      await fails(() => door.importKey({ ...ecJwk, ...info } as never), 'CS_KEY_INVALID')
      await refuses(over({ ...ecJwk, ...info }), esToken(), 'CS_NO_KEY')
    })
  }
  test(`${name}: attack 54: a key for verifying does not sign, and one for signing does not verify`, async () => {
    const jwk = ec.privateKey.export({ format: 'jwk' })
    await fails(
      () => door.createSigner({ key: door.importKey({ ...jwk, key_ops: ['verify'] } as never), expiresIn: 60 }),
      'CS_KEY_TYPE',
    )
    await fails(() => door.createVerifier({ keys: jwk as never, ...POLICY }), 'CS_KEY_TYPE')
    await fails(() => door.createVerifier({ keys: { ...oct, key_ops: ['sign'] } as never, ...POLICY }), 'CS_KEY_TYPE')
    const signing = door.importKey({ ...jwk, key_ops: ['sign'] } as never)
    assert.deepEqual((await door.publicKey(signing)).key_ops, ['verify'])
    assert.ok(await door.createSigner({ key: signing, expiresIn: 60 }).sign({}))
  })

  const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
  for (const alg of ['RS256', 'PS512', 'ES256', 'ES512', 'Ed25519']) {
    test(`${name}: attack 55: a published set of ${alg} keys holds public members alone`, async () => {
      const key = await door.generateKey(alg)
      const withExtras = door.importKey({ ...(await door.exportJwk(key)), oth: undefined, priv: 'secret' } as never)
      const jwks = await door.publicJwks([withExtras])
      const secrets = Object.entries(await door.exportJwk(key)).filter(([member]) => PRIVATE.includes(member))
      assert.ok(secrets.length > 0)
      const text = JSON.stringify(jwks)
      for (const [member, value] of secrets) {
        assert.ok(!text.includes(String(value)), `${member} was published`)
        assert.ok(!Object.hasOwn(jwks.keys[0] ?? {}, member))
      }
      assert.deepEqual(
        Object.keys(jwks.keys[0] ?? {}).filter(
          (member) => !['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'alg', 'use', 'key_ops'].includes(member),
        ),
        [],
      )
    })
  }
  test(`${name}: attack 55: a set that was fetched with a private key in it is refused`, async () => {
    const jwks = { keys: [{ ...ec.privateKey.export({ format: 'jwk' }), kid: 'k' }] }
    await refuses(remote(jwks), esToken({ kid: 'k' }), 'CS_JWKS_INVALID', 'CS_UNAVAILABLE')
    // Also where it is another key that verifies, and of a kind that this runtime may not have.
    const [pub, priv] = [Buffer.alloc(1312).toString('base64url'), Buffer.alloc(32).toString('base64url')]
    const akp = { kty: 'AKP', alg: 'ML-DSA-44', kid: 'other', pub }
    const good = { ...ecJwk, kid: 'k' }
    await refuses(remote({ keys: [good, { ...akp, priv }] }), esToken({ kid: 'k' }), 'CS_JWKS_INVALID')
    await remote({ keys: [good, akp] }).verify(esToken({ kid: 'k' }))
  })

  test(`${name}: attack 56: a secret is never published`, async () => {
    await fails(() => door.publicJwks([door.secretKey(Buffer.alloc(32, 7), 'HS256')]), 'CS_KEY_TYPE')
    await fails(
      async () => door.publicJwks([await door.generateKey('ES256'), await door.generateKey('HS512')]),
      'CS_KEY_TYPE',
    )
    await fails(() => door.publicKey(door.secretKey(Buffer.alloc(32, 7), 'HS256')), 'CS_KEY_TYPE')
  })
  test(`${name}: attack 56: a set that was fetched with a secret in it is refused`, async () => {
    const token = mac({ alg: 'HS256', kid: 'k' }, CLAIMS, Buffer.alloc(32, 7))
    await refuses(remote({ keys: [{ ...oct, kid: 'k' }] }), token, 'CS_JWKS_INVALID', 'CS_UNAVAILABLE')
    await refuses(remote({ keys: [ecJwk, { ...oct, kid: 'k' }] }), token, 'CS_JWKS_INVALID', 'CS_UNAVAILABLE')
  })

  test(`${name}: attack 57: a weak member is left out and reported, and its tokens are refused`, async () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const weakJwk = { ...weak.publicKey.export({ format: 'jwk' }), kid: 'weak' }
    const members = [
      weakJwk,
      { ...rsaJwk, e: 'AQ', kid: 'e1' },
      { ...ecJwk, y: ecJwk.x, kid: 'off' },
      { ...ecJwk, kid: 'good' },
      { kty: 'new', kid: 'new' },
    ]
    const set = door.keySet({ keys: members as never })
    assert.deepEqual(
      set.keys.map((key) => key.kid),
      ['good'],
    )
    assert.deepEqual(
      set.skipped.map(({ index, kid, error }) => [index, kid, error.code]),
      [
        [0, 'weak', 'CS_KEY_SIZE'],
        [1, 'e1', 'CS_KEY_INVALID'],
        [2, 'off', 'CS_KEY_INVALID'],
        [4, 'new', 'CS_UNSUPPORTED'],
      ],
    )
    const token = signed({ alg: 'RS256', kid: 'weak' }, CLAIMS, 'sha256', weak.privateKey)
    for (const verifier of [door.createVerifier({ keys: set, ...POLICY }), over(...members)]) {
      const error = await refuses(verifier, token, 'CS_NO_KEY')
      assert.match(error.message, /1024 bits/)
      await verifier.verify(esToken({ kid: 'good' }))
    }
    await refuses(over(weakJwk), token.replace(/^[^.]+/, b64('{"alg":"RS256"}')), 'CS_NO_KEY')
  })

  /** A verifier over a set that a fetch answers with, in whichever door: loaded first, where it can be. */
  function remote(jwks: object): { verify(token: string): Promise<unknown> } {
    const keys = door.remoteKeySet('https://issuer.example/jwks.json', {
      fetch: async () => new Response(JSON.stringify(jwks)),
    })
    const verifier = door.createVerifier({ keys, ...POLICY })
    return {
      async verify(token) {
        await keys.load().catch(() => undefined)
        return verifier.verify(token)
      },
    }
  }
}
