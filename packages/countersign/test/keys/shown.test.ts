import assert from 'node:assert/strict'
import test from 'node:test'
import { inspect } from 'node:util'
import type { Key } from 'countersign'
import { DOORS } from '../support/doors.ts'
import { ASYMMETRIC, jwkFor, publicMembers, taken } from '../support/keys.ts'

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
      const { kty: _, crv: __, alg: ___, e: ____, ...members } = jwk
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

  test(`${name}: a refused key is not told by its error`, async () => {
    for (const alg of ASYMMETRIC) {
      const jwk = jwkFor(alg)
      const strange = publicMembers(jwkFor(alg, 1))
      const told = inspect(await taken(door, { ...jwk, ...strange }).catch((error: unknown) => error), {
        depth: Number.POSITIVE_INFINITY,
      })
      assert.match(told, /JoseError/)
      for (const value of [jwk.d, jwk.p, jwk.priv, strange.x, strange.n, strange.pub])
        assert.ok(!value || !told.includes(value), told)
    }
  })
}
