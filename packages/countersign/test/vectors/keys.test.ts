import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Jwk, ThumbprintHash } from 'countersign'
import { base64url, fromBase64url, portable } from '../../src/bytes.ts'
import { DOORS } from '../support/doors.ts'
import { isHere, taken } from '../support/keys.ts'
import { the } from './examples.ts'
import { exercise, SUITES } from './suites.ts'

exercise(
  'jwk',
  DOORS,
  ({ id }) => `a JWK is imported as what it is, and exported member for member: ${id}`,
  async ({ value }, { door }) => {
    const jwk = the(value.jwk, 'jwk')
    if (jwk.kty === 'AKP' && !isHere(jwk.alg ?? '')) {
      return assert.rejects(() => taken(door, jwk), { name: 'JoseError', code: 'CS_UNSUPPORTED' })
    }
    const key = door.importKey(jwk)
    assert.equal(key.kind, value.public ? 'public' : 'private')
    assert.deepEqual(await door.exportJwk(key), jwk)
  },
)

exercise(
  'jwkX5c',
  DOORS,
  ({ id }) => `a JWK with x5c is imported where its first certificate is for its key (RFC 7517 §4.7): ${id}`,
  async ({ value }, { door }) => {
    const { x5c: chain, ...jwk } = the(value.jwk, 'jwk')
    const x5c = the(chain, 'x5c')
    const stranger = SUITES.jwkSet.flatMap(({ value: { jwks } }) => jwks?.keys ?? []).find(({ kty }) => kty === 'RSA')
    assert.throws(() => door.importKey({ ...the(stranger, 'RSA key'), x5c }), { code: 'CS_KEY_INVALID' })
    const key = door.importKey({ ...jwk, x5c })
    assert.equal(key.kind, 'public')
    assert.deepEqual(await door.exportJwk(key), jwk, 'a Key does not keep its certificates')
    const certified = door.importKey(Buffer.from(the(x5c[0], 'certificate'), 'base64'))
    assert.equal(await door.thumbprint(certified), await door.thumbprint(key))
  },
)

exercise(
  'cookbookJwk',
  DOORS,
  ({ id, jwk }) => `a JWK of kty ${jwk.kty} is imported and exported member for member (RFC 7520 §3): ${id}`,
  async ({ jwk }, { door }) => {
    const key = door.importKey(jwk)
    assert.equal(key.kind, jwk.kty === 'oct' ? 'secret' : jwk.d === undefined ? 'public' : 'private')
    assert.deepEqual(await door.exportJwk(key), jwk)
  },
)

exercise(
  'jwkSet',
  DOORS,
  ({ id }) => `a JWK Set is imported with each of its keys, and published without a private member: ${id}`,
  async ({ id, value }, { door }) => {
    const jwks = the(value.jwks, 'jwks')
    const set = door.keySet(jwks)
    assert.deepEqual(set.skipped, [])
    assert.deepEqual(await Promise.all(set.keys.map((key) => door.exportJwk(key))), jwks.keys)
    if (jwks.keys.some(({ kty }) => kty === 'oct')) {
      await assert.rejects(async () => door.publicJwks(set.keys), { code: 'CS_KEY_TYPE' }, 'secrets are not published')
      return
    }
    assert.deepEqual(await door.publicJwks(set.keys), { keys: jwks.keys.map(publicMembers) })
    if (id === 'rfc/rfc7517.json A.2') {
      const open = SUITES.jwkSet.find((vector) => vector.id === 'rfc/rfc7517.json A.1')?.value.jwks
      assert.deepEqual(await door.publicJwks(set.keys), open, 'A.1 is the public form of A.2')
    }
  },
)

const publicMembers = ({ d: _, p: __, q: ___, dp: ____, dq: _____, qi: ______, ...jwk }: Jwk): Jwk => jwk

exercise(
  'thumbprint',
  DOORS,
  ({ id }) => `a thumbprint is the hash of the required members, and its URI names the hash (RFC 7638, 9278): ${id}`,
  async ({ value }, { door }) => {
    const jwk = the(value.jwk, 'jwk')
    if (jwk.kty === 'AKP' && !isHere(jwk.alg ?? '')) {
      assert.throws(() => door.importKey(jwk), { code: 'CS_UNSUPPORTED' })
      return
    }
    const key = door.importKey(jwk)
    const hash = the(value.hash, 'hash').toLowerCase() as ThumbprintHash
    const thumbprint = await door.thumbprint(key, hash)
    const uri = await door.thumbprintUri(key, hash)
    assert.equal(uri, `urn:ietf:params:oauth:jwk-thumbprint:${hash}:${thumbprint}`)
    if (value.kind === 'jwk-thumbprint-uri') {
      assert.equal(uri, the(value.uri, 'uri'))
      return
    }
    assert.equal(thumbprint, the(value.thumbprint_b64u, 'thumbprint_b64u'))
    const text = the(value.canonical_utf8, 'canonical_utf8')
    assert.equal(thumbprint, createHash(hash.replace('-', '')).update(text).digest('base64url'))
  },
)

const CODECS = [
  { name: 'as exported', encode: base64url, decode: (text: string) => fromBase64url(text, 'the vector') },
  { name: 'portable', encode: portable.encode, decode: (text: string) => portable.decode(text) },
]

exercise(
  'base64url',
  CODECS,
  ({ id }) => `base64url has no padding and goes there and back (RFC 7515 Appendix C): ${id}`,
  async ({ value }, { encode, decode }) => {
    const octets = Uint8Array.from(the(value.octets, 'octets'))
    const text = the(value.base64url, 'base64url')
    assert.equal(encode(octets), text)
    assert.deepEqual(decode(text), octets)
  },
)
