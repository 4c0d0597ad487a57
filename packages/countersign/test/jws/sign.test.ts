import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { importKey, type Key, publicKey, remoteKey, secretKey, thumbprint } from 'countersign'
import {
  type FlattenedJws,
  type GeneralJws,
  type JoseError,
  type SignJwsOptions,
  signJws,
  verifyJws,
} from 'countersign/jws'
import { b64, fails } from '../support/forge.ts'
import { jwkFor, publicMembers } from '../support/keys.ts'

const OCTETS = Buffer.from('5e'.repeat(32), 'hex')
const secret = secretKey(OCTETS, 'HS256')
const key = importKey(jwkFor('ES256'))
const open = await publicKey(key)
const rsa = importKey(jwkFor('RS256'))
const SIGNERS = { signers: [{ key: secret }, { key }] }

const macOf = (input: string | Uint8Array): string => createHmac('sha256', OCTETS).update(input).digest('base64url')
const headerOf = (encoded = ''): Record<string, unknown> => JSON.parse(Buffer.from(encoded, 'base64url').toString())
const compactHeader = (token: string): Record<string, unknown> => headerOf(token.split('.')[0])

/** `signJws` as a program without types calls it. */
const sign = (options: unknown, payload: unknown): Promise<unknown> =>
  signJws(payload as string, options as SignJwsOptions)

// What is refused.

const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) })
const cycle: Record<string, unknown> = {}
cycle['self'] = cycle

const MISUSES: readonly (readonly [why: string, options: unknown, message: RegExp])[] = [
  ['no options', undefined, /options object/],
  ['a key in place of the options', secret, /no option/],
  ['an unknown option', { key: secret, payload: 'x' }, /no option "payload"/],
  ['a misspelt option', { key: secret, detatched: true }, /no option "detatched"/],
  ['an inherited unknown option', Object.assign(Object.create({ header: {} }), { key: secret }), /no option "header"/],
  ['no key', {}, /key is nothing/],
  ['a JWK for a Key', { key: jwkFor('ES256') }, /key is an object/],
  ['octets for a Key', { key: OCTETS }, /key is an object/],
  ['a look-alike of a Key', { key: Object.create(secret) }, /key is an object/],
  ['a key and signers', { key: secret, signers: [{ key }] }, /key and signers exclude each other/],
  ['alg beside signers', { alg: 'HS256', ...SIGNERS }, /alg and signers exclude each other/],
  ['protected beside signers', { protected: {}, ...SIGNERS }, /protected and signers exclude each other/],
  ['unprotected beside signers', { unprotected: {}, ...SIGNERS }, /unprotected and signers exclude each other/],
  ['signers that are null', { signers: null }, /signers is an array/],
  ['one signer without its array', { signers: { key: secret } }, /signers is an array/],
  ['no signers', { signers: [] }, /1 to 16 signers/],
  ['17 signers', { signers: Array(17).fill({ key: secret }) }, /1 to 16 signers/],
  ['3 signers where 2 are allowed', { signers: Array(3).fill({ key }), limits: { recipients: 2 } }, /1 to 2 signers/],
  ['a signer that is a key', { signers: [secret] }, /a signer has no option/],
  ['a signer that is null', { signers: [null] }, /a signer takes an options object/],
  ['an unknown option of a signer', { signers: [{ key, b64: false }] }, /a signer has no option "b64"/],
  ['several signers in the compact serialization', { ...SIGNERS, serialization: 'compact' }, /use general/],
  ['several signers in the flattened serialization', { ...SIGNERS, serialization: 'flattened' }, /use general/],
  ['an unknown serialization', { key: secret, serialization: 'json' }, /none of compact, flattened, general/],
  ['a serialization that is null', { key: secret, serialization: null }, /none of compact/],
  ['detached that is no boolean', { key: secret, detached: 'yes' }, /detached is true or false/],
  ['b64 that is no boolean', { key: secret, b64: 'false' }, /b64 is true or false/],
  ['b64 of 0', { key: secret, b64: 0 }, /b64 is true or false/],
  ['allowUnprotectedAlg that is no boolean', { key, allowUnprotectedAlg: 1 }, /allowUnprotectedAlg is true or false/],
  ['limits that are no object', { key: secret, limits: 4096 }, /limits takes an options object/],
  ['an unknown limit', { key: secret, limits: { bytes: 1 } }, /no option "bytes"/],
  ['a limit of none', { key: secret, limits: { tokenBytes: 0 } }, /limits\.tokenBytes/],
  ['an unknown alg', { key: secret, alg: 'HS257' }, /alg "HS257" is none of/],
  ['alg none', { key: secret, alg: 'none' }, /alg "none" is none of/],
  ['an alg that is no string', { key: secret, alg: 256 }, /alg 256 is none of/],
  ['an alg that is null', { key: secret, alg: null }, /alg null is none of/],
  ['an alg of __proto__', { key: secret, alg: '__proto__' }, /alg "__proto__" is none of/],
  ['no alg for a key that serves several', { key: rsa }, /signs with RS256, .*: say which/],
  ['an alg beside another in the header', { key: rsa, alg: 'RS256', protected: { alg: 'PS256' } }, /the header says/],
  ['alg none in the header', { key: secret, protected: { alg: 'none' } }, /alg "none" is none of/],
  ['an alg in the header that is null', { key: secret, protected: { alg: null } }, /alg .*null/],
  ['protected that is no object', { key: secret, protected: 'eyJ9' }, /protected is a string/],
  ['protected that is an array', { key: secret, protected: [] }, /protected is an array/],
  ['protected that is null', { key: secret, protected: null }, /protected is null/],
  ['b64 inside protected', { key: secret, protected: { b64: false, crit: ['b64'] } }, /use the option b64/],
  ['b64 inside protected beside the option', { key: secret, b64: false, protected: { b64: false } }, /use the option/],
  ['a kid that is no string', { key: secret, protected: { kid: 1 } }, /kid of the header is a number/],
  ['a typ that is no string', { key: secret, protected: { typ: null } }, /typ of the header is null/],
  ['a header with a BigInt', { key: secret, protected: { n: 1n } }, /JSON does not have/],
  ['a header with itself inside', { key: secret, protected: cycle }, /nested deeper|JSON does not have/],
  ['a header that turns into a string', { key: secret, protected: { toJSON: () => 'x' } }, /JSON does not have/],
  ['a header nested too deep', { key: secret, protected: { x: deep(33) } }, /nested deeper than 32/],
  ['crit that is no array', { key: secret, protected: { crit: 'x', x: 1 } }, /crit/],
  ['crit that is null', { key: secret, protected: { crit: null } }, /crit/],
  ['an empty crit', { key: secret, protected: { crit: [] } }, /crit/],
  ['crit that is no array, with b64: false', { key: secret, b64: false, protected: { crit: 'x', x: 1 } }, /crit/],
  ['crit that is null, with b64: false', { key: secret, b64: false, protected: { crit: null } }, /crit/],
  ['crit with a name twice', { key: secret, protected: { crit: ['x', 'x'], x: 1 } }, /twice/],
  ['crit with an absent member', { key: secret, protected: { crit: ['x'] } }, /not in the protected header/],
  ['crit with an inherited member', { key: secret, protected: { crit: ['toString'] } }, /not in the protected header/],
  ['crit with a registered member', { key: secret, protected: { crit: ['kid'], kid: 'a' } }, /no extension/],
  ['crit with b64 alone', { key: secret, protected: { crit: ['b64'] } }, /not in the protected header/],
  [
    'crit with an unprotected member',
    { key: secret, serialization: 'flattened', protected: { crit: ['x'] }, unprotected: { x: 1 } },
    /not in the protected header/,
  ],
  ['an unprotected header in a compact JWS', { key: secret, unprotected: { a: 1 } }, /no unprotected header/],
  ['an unprotected header that is no object', { signers: [{ key, unprotected: 1 }] }, /unprotected is a number/],
  ['unprotected crit', { signers: [{ key, unprotected: { crit: ['x'], x: 1 } }] }, /crit stands in an unprotected/],
  ['unprotected b64', { signers: [{ key, unprotected: { b64: false } }] }, /b64 stands in an unprotected/],
  [
    'unprotected alg without the opt-in',
    { signers: [{ key, unprotected: { alg: 'ES256' } }] },
    /alg stands in the unprotected/,
  ],
  ['a name in both headers', { signers: [{ key, protected: { a: 1 }, unprotected: { a: 1 } }] }, /in common/],
  ['kid in both headers', { signers: [{ key, protected: { kid: 'a' }, unprotected: { kid: 'b' } }] }, /in common/],
  [
    'alg in both headers',
    { signers: [{ key, protected: { alg: 'ES256' }, unprotected: { alg: 'ES256' } }], allowUnprotectedAlg: true },
    /in common/,
  ],
  ['a private jwk in the protected header', { key, protected: { jwk: jwkFor('ES256') } }, /private members/],
  ['a secret jwk in the protected header', { key, protected: { jwk: { kty: 'oct', k: 'AA' } } }, /private members/],
  ['a private RSA jwk in the header', { key, protected: { jwk: jwkFor('RS256') } }, /private members/],
  ['a private AKP jwk', { key, protected: { jwk: { kty: 'AKP', pub: 'AA', priv: 'AA' } } }, /private members/],
  ['a private unprotected jwk', { signers: [{ key, unprotected: { jwk: jwkFor('ES256') } }] }, /private members/],
]
for (const [why, options, message] of MISUSES) {
  test(`signJws: ${why}: a mistake of the program is a TypeError`, async () => {
    await assert.rejects(sign(options, 'hello'), { name: 'TypeError', message })
  })
}

test('signJws: a private jwk that hides behind toJSON does not get into a header either', async () => {
  const jwk = { toJSON: () => jwkFor('ES256') }
  await assert.rejects(sign({ key, protected: { jwk } }, 'hello'), { name: 'TypeError', message: /private members/ })
})

for (const payload of [undefined, null, 1, {}, [104], new ArrayBuffer(2), new DataView(new ArrayBuffer(2)), Symbol()]) {
  const what = Object.prototype.toString.call(payload)
  test(`signJws: ${what} is no payload: a mistake of the program is a TypeError`, async () => {
    await assert.rejects(sign({ key: secret }, payload), { name: 'TypeError', message: /^the payload is / })
  })
}

const notUtf8 = Uint8Array.of(0x68, 0xff)
const REFUSALS: readonly (readonly [
  why: string,
  options: SignJwsOptions,
  payload: string | Uint8Array,
  code: string,
])[] = [
  ['a public key', { key: open }, '', 'CS_KEY_TYPE'],
  ['a public key among signers', { signers: [{ key: secret }, { key: open }] }, '', 'CS_KEY_TYPE'],
  ['an alg that the key does not serve', { key, alg: 'HS256' }, '', 'CS_KEY_TYPE'],
  ['an alg of another curve', { key, alg: 'ES384' }, '', 'CS_KEY_TYPE'],
  ['an alg other than that of the key', { key: secret, alg: 'HS512' }, '', 'CS_KEY_TYPE'],
  ['an encryption key', { key: importKey({ ...jwkFor('ES256'), use: 'enc' }) }, '', 'CS_KEY_TYPE'],
  ['a key that may verify alone', { key: importKey({ ...jwkFor('HS256'), key_ops: ['verify'] }) }, '', 'CS_KEY_TYPE'],
  ['a short secret', { key: secretKey(OCTETS.subarray(1)), alg: 'HS256' }, '', 'CS_WEAK_SECRET'],
  ['text that has no UTF-8', { key: secret }, 'a\ud800', 'CS_MALFORMED'],
  ['text that has no UTF-8, detached', { key: secret, detached: true }, '\udc00', 'CS_MALFORMED'],
  ['a payload over the limit', { key: secret }, 'x'.repeat(1024 * 1024), 'CS_TOO_LARGE'],
  ['a payload over a smaller limit', { key: secret, limits: { tokenBytes: 80 } }, 'x'.repeat(60), 'CS_TOO_LARGE'],
  ['signatures over the limit', { ...SIGNERS, limits: { tokenBytes: 200 } }, 'x', 'CS_TOO_LARGE'],
  ['a header over the limit', { key: secret, protected: { x: 'x'.repeat(8192) } }, '', 'CS_TOO_LARGE'],
  [
    'an unprotected header over the limit',
    { key: secret, serialization: 'flattened', unprotected: { x: 'x'.repeat(8192) } },
    '',
    'CS_TOO_LARGE',
  ],
  ['b64: false and a dot in a compact JWS (RFC 7797 §5.2)', { key: secret, b64: false }, '$.02', 'CS_MALFORMED'],
  ['b64: false and é in a compact JWS (RFC 7797 §5.2)', { key: secret, b64: false }, 'é', 'CS_MALFORMED'],
  ['b64: false and a line break in a compact JWS', { key: secret, b64: false }, 'a\n', 'CS_MALFORMED'],
  ['b64: false and DEL in a compact JWS', { key: secret, b64: false }, '\x7f', 'CS_MALFORMED'],
  ['b64: false and octets that are no UTF-8, compact', { key: secret, b64: false }, notUtf8, 'CS_MALFORMED'],
  [
    'b64: false and octets that are no UTF-8, flattened (RFC 7797 §5.3)',
    { key: secret, b64: false, serialization: 'flattened' },
    notUtf8,
    'CS_MALFORMED',
  ],
  ['b64: false and octets that are no UTF-8, general', { ...SIGNERS, b64: false }, notUtf8, 'CS_MALFORMED'],
]
for (const [why, options, payload, code] of REFUSALS) {
  test(`signJws: ${why}: ${code}`, async () => {
    await fails(() => signJws(payload, options), code)
  })
}

test('signJws: a foreign signer that fails, or does wrong, is told apart', async () => {
  const signer = (sign: () => Uint8Array): Key => remoteKey({ jwk: open, sign })
  const cause = new Error('down')
  const failing = signer(() => {
    throw cause
  })
  const error: JoseError = await fails(() => signJws('x', { key: failing }), 'CS_UNAVAILABLE')
  assert.equal(error.unavailable, true)
  assert.equal(error.cause, cause)
  await fails(() => signJws('x', { key: signer(() => new Uint8Array(64)) }), 'CS_SIGNATURE')
})

// What is made.

test('signJws: one key gives a compact JWS, and signers a general one (RFC 7515 §7)', async () => {
  const compact: string = await signJws('hello', { key: secret })
  const alone: GeneralJws = await signJws('hello', { signers: [{ key: secret }] })
  const general: GeneralJws = await signJws('hello', SIGNERS)
  const flattened: FlattenedJws = await signJws('hello', { key: secret, serialization: 'flattened' })
  const header = b64('{"alg":"HS256"}')
  const signature = macOf(`${header}.aGVsbG8`)
  assert.equal(compact, `${header}.aGVsbG8.${signature}`)
  assert.deepEqual(flattened, { payload: 'aGVsbG8', protected: header, signature })
  assert.deepEqual(alone, { payload: 'aGVsbG8', signatures: [{ protected: header, signature }] })
  assert.deepEqual(general.signatures[0], alone.signatures[0])
  assert.deepEqual(Object.keys(general.signatures[1] ?? {}), ['protected', 'signature'])
  assert.deepEqual(await signJws('hello', { key: secret, serialization: 'general' }), alone)
})

test('signJws: text is signed as its UTF-8, and octets as they are, wherever they stand in memory', async () => {
  const text = 'čau 🔑\0'
  const expected = await signJws(text, { key: secret })
  const octets = new TextEncoder().encode(text)
  const surrounded = Buffer.concat([Buffer.alloc(3, 1), octets, Buffer.alloc(3, 1)])
  assert.equal(expected.split('.')[1], Buffer.from(octets).toString('base64url'))
  for (const payload of [octets, Buffer.from(octets), surrounded.subarray(3, -3)]) {
    assert.equal(await signJws(payload, { key: secret }), expected)
  }
})

test('signJws: members of the protected header come behind alg as they were given, in JSON', async () => {
  const members = { typ: 'example', cty: 'text/plain', nested: { a: [1, null] }, gone: undefined, when: new Date(0) }
  const token = await signJws('x', { key: secret, protected: members })
  const text = Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()
  assert.equal(
    text,
    '{"alg":"HS256","typ":"example","cty":"text/plain","nested":{"a":[1,null]},"when":"1970-01-01T00:00:00.000Z"}',
  )
  assert.equal(compactHeader(await signJws('x', { key: secret, protected: { alg: 'HS256' } }))['alg'], 'HS256')
  assert.equal(compactHeader(await signJws('x', { key: rsa, protected: { alg: 'PS384' } }))['alg'], 'PS384')
})

test('signJws: a member named __proto__ is a member like another', async () => {
  const members = JSON.parse('{"__proto__":{"alg":"none"},"constructor":1}')
  const token = await signJws('x', { key: secret, protected: members })
  assert.equal(
    Buffer.from(token.split('.')[0] ?? '', 'base64url').toString(),
    '{"alg":"HS256","__proto__":{"alg":"none"},"constructor":1}',
  )
})

test('signJws: kid is that of the key, or its thumbprint, and a secret without kid has none (RFC 7638)', async () => {
  const withKid = importKey({ ...jwkFor('ES256'), kid: 'mine' })
  assert.equal(compactHeader(await signJws('x', { key: withKid }))['kid'], 'mine')
  assert.equal(compactHeader(await signJws('x', { key }))['kid'], await thumbprint(key))
  assert.equal('kid' in compactHeader(await signJws('x', { key: secret })), false)
  const named = secretKey(OCTETS, 'HS256', { kid: 's' })
  assert.equal(compactHeader(await signJws('x', { key: named }))['kid'], 's')
})

test('signJws: a kid that the caller put into either header is left as it is', async () => {
  assert.equal(compactHeader(await signJws('x', { key, protected: { kid: 'other' } }))['kid'], 'other')
  const jws = await signJws('x', { key, serialization: 'flattened', unprotected: { kid: 'open' } })
  assert.deepEqual(jws.header, { kid: 'open' })
  assert.deepEqual(headerOf(jws.protected), { alg: 'ES256' })
})

test('signJws: kid: undefined in either header leaves it out', async () => {
  assert.deepEqual(compactHeader(await signJws('x', { key, protected: { kid: undefined } })), { alg: 'ES256' })
  const { signatures } = await signJws('x', { signers: [{ key, unprotected: { a: 1, kid: undefined } }] })
  assert.deepEqual(signatures[0]?.header, { a: 1 })
  assert.deepEqual(headerOf(signatures[0]?.protected), { alg: 'ES256' })
})

test('signJws: each signer has headers of its own (RFC 7515 §7.2.1)', async () => {
  const { signatures } = await signJws('x', {
    signers: [
      { key: secret, protected: { typ: 'a' } },
      { key: rsa, alg: 'PS256', unprotected: { kid: 'r', note: [1] } },
    ],
  })
  assert.deepEqual(headerOf(signatures[0]?.protected), { alg: 'HS256', typ: 'a' })
  assert.equal(signatures[0]?.header, undefined)
  assert.deepEqual(headerOf(signatures[1]?.protected), { alg: 'PS256' })
  assert.deepEqual(signatures[1]?.header, { kid: 'r', note: [1] })
})

test('signJws: an unprotected header without members is absent (RFC 7515 §7.2.1)', async () => {
  for (const unprotected of [{}, { gone: undefined }, { kid: undefined }]) {
    const jws = await signJws('x', { key: secret, serialization: 'flattened', unprotected })
    assert.deepEqual(Object.keys(jws), ['payload', 'protected', 'signature'])
  }
})

test('signJws: with the opt-in alg may stand in the unprotected header, and nothing be protected (RFC 7520 §4.7)', async () => {
  const options = { key: secret, serialization: 'flattened', allowUnprotectedAlg: true } as const
  const jws = await signJws('x', { ...options, unprotected: { alg: 'HS256', kid: 'k' } })
  assert.deepEqual(jws, { payload: 'eA', header: { alg: 'HS256', kid: 'k' }, signature: macOf('.eA') })
  const { header, protectedHeader } = await verifyJws(jws, { keys: secret, allowUnprotectedAlg: true })
  assert.deepEqual([{ ...header }, { ...protectedHeader }], [{ alg: 'HS256', kid: 'k' }, {}])
})

for (const [serialization, payload] of [
  ['compact', 'printable ASCII: ~ !'],
  ['flattened', '$.02 é\n'],
  ['general', '$.02 🔑'],
] as const) {
  test(`signJws: b64: false signs the payload as it is and says so in the header: ${serialization} (RFC 7797 §3, §6)`, async () => {
    const jws: unknown = await signJws(payload, { key: secret, b64: false, serialization })
    const header = b64('{"alg":"HS256","b64":false,"crit":["b64"]}')
    const signature = macOf(`${header}.${payload}`)
    if (serialization === 'compact') assert.equal(jws, `${header}.${payload}.${signature}`)
    else if (serialization === 'flattened') assert.deepEqual(jws, { payload, protected: header, signature })
    else assert.deepEqual(jws, { payload, signatures: [{ protected: header, signature }] })
  })
}

test('signJws: b64: false joins the extensions that the caller calls critical', async () => {
  const token = await signJws('x', { key: secret, b64: false, protected: { crit: ['x'], x: 1 } })
  assert.deepEqual(compactHeader(token), { alg: 'HS256', crit: ['x', 'b64'], x: 1, b64: false })
  await verifyJws(token, { keys: secret, crit: ['x'] })
  const named = await signJws('x', { key: secret, b64: false, protected: { crit: ['b64'] } })
  assert.deepEqual(compactHeader(named), { alg: 'HS256', crit: ['b64'], b64: false })
})

test('signJws: b64: true is the default and says nothing in the header (RFC 7797 §3)', async () => {
  assert.equal(await signJws('x', { key: secret, b64: true }), await signJws('x', { key: secret }))
})

test('signJws: a public jwk may stand in a header', async () => {
  const { d: _, ...jwk } = jwkFor('ES256')
  assert.deepEqual(compactHeader(await signJws('x', { key, protected: { jwk, kid: undefined } })), {
    alg: 'ES256',
    jwk,
  })
})

test('signJws: the objects of the caller may be frozen, or have getters, and are left as they are', async () => {
  const payload = Buffer.from('hello')
  const frozen = <T extends object>(value: T): T => Object.freeze(value)
  const unprotected = frozen({ list: frozen([frozen({ a: 1 })]) })
  const guarded = frozen({ crit: frozen(['x']), x: frozen({ b: 2 }), kid: undefined })
  const signers = frozen([frozen({ key: secret, protected: guarded, unprotected })])
  const options = frozen({ signers, b64: false, limits: frozen({ tokenBytes: 5000 }) })
  const before = structuredClone({ unprotected, guarded })
  const jws = await signJws(payload, options)
  assert.deepEqual({ unprotected, guarded }, before)
  assert.equal(payload.toString(), 'hello')
  assert.deepEqual(await signJws(payload, options), jws)

  let reads = 0
  const lively = {
    get key(): Key {
      reads++
      return secret
    },
    get protected() {
      return { typ: `read ${reads}` }
    },
  }
  await verifyJws(await signJws(payload, lively), { keys: secret })
  assert.ok(reads > 0)
})

test('signJws: what it gives is apart from the objects of the caller', async () => {
  const unprotected = { list: ['a'] }
  const jws = await signJws('x', { key: secret, serialization: 'flattened', unprotected })
  unprotected.list.push('b')
  assert.deepEqual(jws.header, { list: ['a'] })
})

test('signJws: all signatures are over one payload, though the caller changes its octets meanwhile', async () => {
  const payload = Buffer.from('as it was')
  const signing = signJws(payload, { signers: [{ key: rsa, alg: 'RS256' }, { key: secret }], b64: false })
  payload.fill(0x21)
  const jws = await signing
  for (const keys of [await publicKey(rsa), secret]) {
    const verified = await verifyJws(jws, { keys })
    assert.equal(Buffer.from(verified.payload).toString(), 'as it was')
  }
})

// What is made can be read: the limits of both sides are the same.

const LIMITED = [
  { why: 'compact', options: { key: secret } },
  { why: 'flattened', options: { key: secret, serialization: 'flattened' } },
  { why: 'general', options: SIGNERS },
] as const
for (const { why, options } of LIMITED) {
  test(`signJws: nothing is made that the same limits would not let in: ${why}`, async () => {
    const payload = 'x'.repeat(50)
    const { length } = JSON.stringify(await signJws(payload, options))
    let made = 0
    for (let tokenBytes = 50; tokenBytes <= length; tokenBytes++) {
      const limits = { tokenBytes }
      const jws = await signJws(payload, { ...options, limits }).catch((error: JoseError) => {
        assert.equal(error.code, 'CS_TOO_LARGE')
      })
      if (jws === undefined) continue
      made++
      await verifyJws(jws, { keys: secret, limits })
    }
    assert.ok(made > 0)
  })
}

test('signJws: larger limits make larger tokens, and more signers than 16', async () => {
  const limits = { tokenBytes: 3_000_000, headerBytes: 20_000, recipients: 20 }
  const jws = await signJws(Buffer.alloc(2_000_000), {
    signers: Array.from({ length: 20 }, (_, index) => ({ key: secret, protected: { index, x: 'x'.repeat(10_000) } })),
    limits,
  })
  assert.equal(jws.signatures.length, 20)
  assert.equal((await verifyJws(jws, { keys: secret, limits })).payload.length, 2_000_000)
})

test('what would be too large is not signed first: a signer far away is not asked in vain', async () => {
  let asked = 0
  const far = remoteKey({
    jwk: publicMembers(jwkFor('ES256')),
    sign: () => {
      asked++
      return new Uint8Array(64)
    },
  })
  const payload = new Uint8Array(900 * 1024) // within the limit by itself, and not as base64url
  await fails(() => signJws(payload, { key: far }), 'CS_TOO_LARGE')
  assert.equal(asked, 0)
})
