import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, generateKey, importKey, keySet, publicKey, secretKey, thumbprint } from 'countersign'
import { decryptJwe, type EncryptJweOptions, encryptJwe, type FlattenedJwe, JoseError } from 'countersign/jwe'
import { fails } from '../support/forge.ts'
import { jwkFor, publicMembers } from '../support/keys.ts'
import { headerOf, OCTETS } from './keys.ts'

const secret = secretKey(OCTETS, 'A256KW')
const named = secretKey(OCTETS, 'A256KW', { kid: 'mine' })
const plain = secretKey(OCTETS)
const direct = secretKey(OCTETS, 'A256GCM')
const key = importKey(jwkFor('ES256'), { alg: 'ECDH-ES+A128KW' })
const open = await publicKey(key)
const agreed = await publicKey(importKey(jwkFor('ES256'), { alg: 'ECDH-ES' }))
const rsa = importKey(publicMembers(jwkFor('RS256')))
const password = secretKey({ text: 'correct horse battery staple' }, 'PBES2-HS256+A128KW')
const RECIPIENTS = { recipients: [{ key: secret }, { key: open }] }
const FLAT = { key: secret, serialization: 'flattened' } as const

/** `encryptJwe` as a program without types calls it. */
const encrypt = (options: unknown, plaintext: unknown = 'hello'): Promise<unknown> =>
  encryptJwe(plaintext as string, options as EncryptJweOptions)
const compactHeader = async (options: unknown): Promise<Record<string, unknown>> =>
  headerOf(String(await encrypt(options)).split('.')[0])
const text = (octets: Uint8Array): string => Buffer.from(octets).toString()

// What is refused.

const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) })
const cycle: Record<string, unknown> = {}
cycle['self'] = cycle

const MISUSES: readonly (readonly [why: string, options: unknown, message: RegExp])[] = [
  ['no options', undefined, /options object/],
  ['a key in place of the options', secret, /no option/],
  ['an unknown option', { key: secret, payload: 'x' }, /no option "payload"/],
  ['a misspelt option', { key: secret, serialisation: 'compact' }, /no option "serialisation"/],
  ['an inherited unknown option', Object.assign(Object.create({ keys: 1 }), { key: secret }), /no option "keys"/],
  ['the name that decryptJwe has', { keys: secret }, /no option "keys"/],
  ['no key', {}, /is nothing/],
  ['a key that is null', { key: null }, /is null/],
  ['a password as text', { key: 'secret', alg: 'PBES2-HS256+A128KW' }, /is a string/],
  ['an empty array of keys', { key: [], alg: 'A256KW' }, /empty array/],
  ['nine keys', { key: Array(9).fill(secret), alg: 'A256KW' }, /at most 8/],
  ['keys with null among them', { key: [secret, null], alg: 'A256KW' }, /holds null/],
  ['a key and recipients', { key: secret, ...RECIPIENTS }, /key and recipients exclude each other/],
  ['alg beside recipients', { alg: 'A256KW', ...RECIPIENTS }, /alg and recipients exclude each other/],
  ['header beside recipients', { header: {}, ...RECIPIENTS }, /header and recipients exclude each other/],
  ['apu beside recipients', { apu: 'Alice', ...RECIPIENTS }, /apu and recipients exclude each other/],
  ['apv beside recipients', { apv: 'Bob', ...RECIPIENTS }, /apv and recipients exclude each other/],
  ['p2c beside recipients', { p2c: 1000, ...RECIPIENTS }, /p2c and recipients exclude each other/],
  ['recipients that are null', { recipients: null }, /recipients is an array/],
  ['one recipient without its array', { recipients: { key: secret } }, /recipients is an array/],
  ['no recipients', { recipients: [] }, /1 to 16 recipients/],
  ['17 recipients', { recipients: Array(17).fill({ key: secret }) }, /1 to 16 recipients/],
  [
    '3 recipients where 2 are allowed',
    { recipients: Array(3).fill({ key: secret }), limits: { recipients: 2 } },
    /1 to 2/,
  ],
  ['a recipient that is a key', { recipients: [secret] }, /a recipient has no option/],
  ['a recipient that is null', { recipients: [null] }, /a recipient takes an options object/],
  ['a hole among the recipients', { recipients: Object.assign([], { 1: { key: secret } }) }, /a recipient takes/],
  ['enc of one recipient', { recipients: [{ key: secret, enc: 'A128GCM' }] }, /a recipient has no option "enc"/],
  ['zip of one recipient', { recipients: [{ key: secret, zip: true }] }, /a recipient has no option "zip"/],
  ['several recipients in the compact serialization', { ...RECIPIENTS, serialization: 'compact' }, /use general/],
  ['several recipients in the flattened serialization', { ...RECIPIENTS, serialization: 'flattened' }, /use general/],
  ['an unknown serialization', { key: secret, serialization: 'json' }, /none of compact, flattened, general/],
  ['a serialization that is null', { key: secret, serialization: null }, /none of compact/],

  ['an unknown alg', { key: secret, alg: 'A512KW' }, /alg names "A512KW"; known are dir/],
  ['alg none', { key: secret, alg: 'none' }, /alg names "none"/],
  ['an alg that signs', { key: plain, alg: 'HS256' }, /alg names "HS256"/],
  ['a content encryption for alg', { key: direct, alg: 'A256GCM' }, /alg names "A256GCM"/],
  ['an alg that is null', { key: secret, alg: null }, /alg names null/],
  ['an alg that is a number', { key: secret, alg: 256 }, /alg names 256/],
  ['an alg of __proto__', { key: secret, alg: '__proto__' }, /alg names "__proto__"/],
  ['no alg for a secret that serves several', { key: plain }, /encrypts with dir, A256KW, .*: say which/],
  ['no alg for an RSA key', { key: rsa }, /encrypts with RSA-OAEP, .*: say which/],
  ['no alg for keys in an array', { key: [secret] }, /alg is needed/],
  ['no alg for a key set', { key: keySet({ keys: [open] }) }, /alg is needed/],
  ['no alg for a key function', { key: () => secret }, /alg is needed/],
  [
    'an alg beside another in the header',
    { key: plain, alg: 'A256KW', protected: { alg: 'dir' } },
    /alg is "dir" and "A256KW"/,
  ],
  ['an alg in the header that is null', { key: secret, protected: { alg: null } }, /alg names null/],
  ['an unknown enc', { key: secret, enc: 'A256CTR' }, /enc names "A256CTR"; known are A128GCM/],
  ['a key management for enc', { key: secret, enc: 'A256KW' }, /enc names "A256KW"/],
  [
    'an enc beside another in the header',
    { key: secret, enc: 'A128GCM', protected: { enc: 'A256GCM' } },
    /enc is .* at once/,
  ],
  ['two encs in two headers', { ...FLAT, protected: { enc: 'A128GCM' }, unprotected: { enc: 'A256GCM' } }, /at once/],

  ['protected that is text', { key: secret, protected: 'eyJ9' }, /protected is a string/],
  ['protected that is an array', { key: secret, protected: [] }, /protected is an array/],
  ['protected that is null', { key: secret, protected: null }, /protected is null/],
  ['unprotected that is a number', { ...FLAT, unprotected: 1 }, /unprotected is a number/],
  ['a header of a recipient that is text', { recipients: [{ key: secret, header: 'x' }] }, /header is a string/],
  ['a header with a BigInt', { key: secret, protected: { n: 1n } }, /JSON does not have/],
  ['a header with itself inside', { key: secret, protected: cycle }, /nested deeper|JSON does not have/],
  ['a header that turns into a string', { key: secret, protected: { toJSON: () => 'x' } }, /JSON does not have/],
  ['a header nested too deep', { key: secret, protected: { x: deep(33) } }, /nested deeper than 32/],
  ['a jwk that shows a private key', { key: secret, protected: { jwk: jwkFor('ES256') } }, /private members/],
  ['a jwk that shows a secret in the open', { ...FLAT, unprotected: { jwk: jwkFor('HS256') } }, /private members/],
  ['a kid that is no string', { key: secret, protected: { kid: 1 } }, /kid of the header is a number/],
  ['a typ that is null', { key: secret, protected: { typ: null } }, /typ of the header is null/],
  ['a cty of a recipient that is no string', { ...FLAT, header: { cty: 1 } }, /cty of the header is a number/],
  ['crit that is no array', { key: secret, protected: { crit: 'x', x: 1 } }, /crit/],
  ['crit that is null', { key: secret, protected: { crit: null } }, /crit/],
  ['an empty crit', { key: secret, protected: { crit: [] } }, /crit/],
  ['crit with a name twice', { key: secret, protected: { crit: ['x', 'x'], x: 1 } }, /twice/],
  ['crit with an absent member', { key: secret, protected: { crit: ['x'] } }, /not in the protected header/],
  [
    'crit with an unprotected member',
    { ...FLAT, protected: { crit: ['x'] }, unprotected: { x: 1 } },
    /not in the protected/,
  ],
  ['crit with a registered member', { key: secret, protected: { crit: ['enc'], enc: 'A256GCM' } }, /no extension/],
  ['unprotected crit', { ...FLAT, unprotected: { crit: ['x'], x: 1 } }, /crit stands in an unprotected header/],
  ['crit of one recipient', { ...FLAT, header: { crit: ['x'], x: 1 } }, /crit stands in an unprotected header/],
  ['enc unprotected', { ...FLAT, unprotected: { enc: 'A128GCM' } }, /enc stands in an unprotected header/],
  ['a member in two headers', { ...FLAT, protected: { a: 1 }, unprotected: { a: 1 } }, /in common/],
  ['a member in the other two', { ...FLAT, unprotected: { a: 1 }, header: { a: 1 } }, /in common/],
  [
    'a kid for all beside that of one',
    { recipients: [{ key: secret, header: { kid: 'a' } }], protected: { kid: 'b' } },
    /in common/,
  ],
  [
    'alg for all beside that of one',
    { recipients: [{ key: secret, header: { alg: 'A256KW' } }], unprotected: { alg: 'A256KW' } },
    /in common/,
  ],
  ['an unprotected header in a compact JWE', { key: secret, unprotected: { a: 1 } }, /compact serialization has no/],
  ['a header of its recipient in a compact JWE', { key: secret, header: { a: 1 } }, /compact serialization has no/],
  [
    'the same for recipients',
    { recipients: [{ key: secret, header: {} }], serialization: 'compact' },
    /compact serialization has no/,
  ],
  ['aad in a compact JWE', { key: secret, aad: 'x' }, /compact serialization has no/],
  ['aad that is null', { ...FLAT, aad: null }, /aad is null/],
  ['aad that is an array', { ...FLAT, aad: [1] }, /aad is an array/],
  ['aad that is an ArrayBuffer', { ...FLAT, aad: new ArrayBuffer(1) }, /aad is an object/],

  ['apu for a wrapping key', { key: secret, apu: 'Alice' }, /apu is for ECDH-ES, and alg is A256KW/],
  ['apv for RSA', { key: rsa, alg: 'RSA-OAEP-256', apv: 'Bob' }, /apv is for ECDH-ES, and alg is RSA-OAEP-256/],
  ['apu that is a number', { key: open, apu: 7 }, /apu is octets or text/],
  ['apv that is null', { key: open, apv: null }, /apv is octets or text/],
  ['p2c for ECDH-ES', { key: open, p2c: 1000 }, /p2c is for passwords, and alg is ECDH-ES/],
  ['p2c below its least', { key: password, p2c: 999 }, /1000 to 600000/],
  ['p2c above the cap', { key: password, p2c: 600_001 }, /1000 to 600000/],
  ['p2c above the cap of a longer hash', { key: plain, alg: 'PBES2-HS512+A256KW', p2c: 210_001 }, /1000 to 210000/],
  ['p2c that is no whole number', { key: password, p2c: 1000.5 }, /p2c is a whole number/],
  ['p2c as text', { key: password, p2c: '1000' }, /p2c is a whole number/],
  ['zip that is no boolean', { key: secret, zip: 'DEF' }, /zip is true or false/],
  [
    'allowUnprotectedAlg that is no boolean',
    { key: secret, allowUnprotectedAlg: 1 },
    /allowUnprotectedAlg is true or false/,
  ],
  ['limits that are no object', { key: secret, limits: 4096 }, /limits takes an options object/],
  ['an unknown limit', { key: secret, limits: { bytes: 1 } }, /no option "bytes"/],
  ['a limit of none', { key: secret, limits: { tokenBytes: 0 } }, /limits\.tokenBytes/],
  ['a limit that is text', { key: secret, limits: { inflatedBytes: '1' } }, /limits\.inflatedBytes/],

  ['dir for one of several', { recipients: [{ key: direct }, { key: secret }] }, /alg dir is for one recipient alone/],
  [
    'ECDH-ES for one of several',
    { recipients: [{ key: secret }, { key: agreed }] },
    /alg ECDH-ES is for one recipient/,
  ],
]
for (const [why, options, message] of MISUSES) {
  test(`encryptJwe: ${why}: a mistake of the program is a TypeError`, async () => {
    await assert.rejects(encrypt(options), { name: 'TypeError', message })
  })
}

/** Members that an option stands for, or that the algorithm alone writes (RFC 7516 §4.1, RFC 7518 §4.6 to §4.8). */
const RESERVED = ['zip', 'b64', 'epk', 'apu', 'apv', 'iv', 'tag', 'p2s', 'p2c']
for (const name of RESERVED) {
  test(`encryptJwe: ${name} is in no header that the caller writes`, async () => {
    for (const place of ['protected', 'unprotected', 'header']) {
      const refused = { name: 'TypeError', message: new RegExp(`${place} holds ${name}`) }
      for (const value of ['x', null, false])
        await assert.rejects(encrypt({ ...FLAT, [place]: { [name]: value } }), refused)
    }
  })
}

test('encryptJwe: enc stands in no header of one recipient, since it is one for all (RFC 7516 §7.2.1)', async () => {
  const allowed = { allowUnprotectedAlg: true, serialization: 'general' }
  for (const recipients of [
    [{ key: secret, header: { enc: 'A128GCM' } }],
    [{ key: secret, header: { enc: 'A256GCM' } }, { key: open }],
  ])
    await assert.rejects(encrypt({ recipients, ...allowed }), { name: 'TypeError', message: /enc/ })
})

test('encryptJwe: a plaintext that is neither octets nor text is a TypeError', async () => {
  for (const plaintext of [undefined, null, 7, [104], new ArrayBuffer(1), {}, true]) {
    const call = encryptJwe(plaintext as never, { key: secret })
    await assert.rejects(call, { name: 'TypeError', message: /the plaintext is .*; give octets or text/ })
  }
})

const KEYS_REFUSED: readonly (readonly [why: string, options: unknown, code: ErrorCode])[] = [
  ['a private key', { key }, 'CS_KEY_TYPE'],
  ['a private key with its alg named', { key, alg: 'ECDH-ES+A128KW' }, 'CS_KEY_TYPE'],
  ['a private JWK', { key: jwkFor('ES256'), alg: 'ECDH-ES' }, 'CS_KEY_TYPE'],
  ['a key on a curve that signs alone', { key: publicMembers(jwkFor('Ed25519')) }, 'CS_KEY_TYPE'],
  ['a key that says it signs', { key: { ...publicMembers(jwkFor('ES256')), alg: 'ES256' } }, 'CS_KEY_TYPE'],
  ['a key with use sig', { key: { ...publicMembers(jwkFor('ES256')), use: 'sig' }, alg: 'ECDH-ES' }, 'CS_KEY_TYPE'],
  [
    'a key whose key_ops do not wrap',
    { key: { ...jwkFor('HS256'), key_ops: ['decrypt'] }, alg: 'A256KW' },
    'CS_KEY_TYPE',
  ],
  ['a key for another alg', { key: secret, alg: 'A256GCMKW' }, 'CS_KEY_TYPE'],
  ['a key for another enc', { key: direct, enc: 'A128CBC-HS256' }, 'CS_KEY_TYPE'],
  ['a secret for RSA', { key: plain, alg: 'RSA-OAEP' }, 'CS_KEY_TYPE'],
  ['a secret of another size', { key: plain, alg: 'A128KW' }, 'CS_KEY_SIZE'],
  ['a shared key that is too short for enc', { key: plain, alg: 'dir', enc: 'A256CBC-HS512' }, 'CS_KEY_SIZE'],
  ['a shared key of zeros', { key: secretKey(new Uint8Array(32)), alg: 'dir' }, 'CS_WEAK_SECRET'],
  ['an algorithm that is left out', { key: rsa, alg: 'RSA1_5' }, 'CS_UNSUPPORTED'],
  ['a JWK that is malformed', { key: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }, alg: 'ECDH-ES' }, 'CS_KEY_INVALID'],
]
for (const [why, options, code] of KEYS_REFUSED) {
  test(`encryptJwe: ${why} is refused before anything is encrypted`, async () => {
    await fails(() => encrypt(options), code)
  })
}

test('encryptJwe: an enc that is null is none, and a TypeError', async () => {
  for (const place of [{ enc: null }, { protected: { enc: null } }])
    await assert.rejects(encrypt({ key: secret, ...place }), { name: 'TypeError', message: /enc names null/ })
})

test('encryptJwe: text that has no UTF-8 is refused, as plaintext and as aad', async () => {
  await fails(() => encrypt({ key: secret }, '\ud800'), 'CS_MALFORMED')
  await fails(() => encrypt({ ...FLAT, aad: 'a\udc00' }), 'CS_MALFORMED')
})

// Limits: nothing is made that the same limits would not let in, and everything is that they let in.

test('encryptJwe: tokenBytes counts what decryptJwe counts, to the character', async () => {
  for (const options of [
    { key: secret },
    { ...FLAT, aad: 'some more', unprotected: { a: 1 } },
    { ...RECIPIENTS, aad: 'some more' },
    { key: secret, zip: true },
  ]) {
    const token = (await encrypt(options, 'x'.repeat(200))) as string | FlattenedJwe
    const most = sizeOf(token)
    const keys = secret
    for (const [tokenBytes, fits] of [
      [most, true],
      [most - 1, false],
    ] as const) {
      const limits = { tokenBytes }
      const [made, read] = [encrypt({ ...options, limits }, 'x'.repeat(200)), decryptJwe(token, { keys, limits })]
      const results = await Promise.all([made, read].map((call) => call.then(() => undefined, codeOf)))
      assert.deepEqual(results, fits ? [undefined, undefined] : ['CS_TOO_LARGE', 'CS_TOO_LARGE'])
    }
  }
})

/** The characters of a token that count: those of the texts, and not of the open headers, which have a limit of their own. */
function sizeOf(token: string | object): number {
  if (typeof token === 'string') return token.length
  const {
    recipients = [],
    header: _,
    unprotected: __,
    ...texts
  } = token as { recipients?: object[]; [name: string]: unknown }
  const lengths = Object.values(texts).map((value) => String(value).length)
  return [...lengths, ...recipients.map(sizeOf)].reduce((sum, length) => sum + length, 0)
}

const codeOf = (error: unknown): unknown => (error instanceof JoseError ? error.code : error)

test('encryptJwe: a megabyte is the most by default, and nothing is encrypted in vain', async () => {
  await fails(() => encrypt({ key: secret }, new Uint8Array(1024 * 1024 + 1)), 'CS_TOO_LARGE')
  await fails(() => encrypt({ key: secret }, new Uint8Array(1024 * 1024 - 100)), 'CS_TOO_LARGE')
  let asked = 0
  const find = (): typeof secret => {
    asked++
    return secret
  }
  await fails(() => encrypt({ key: find, alg: 'A256KW' }, new Uint8Array(1024 * 1024 + 1)), 'CS_TOO_LARGE')
  assert.equal(asked, 0)
})

test('encryptJwe: headerBytes bounds each header that is written', async () => {
  const limits = { headerBytes: 200 }
  for (const place of ['protected', 'unprotected', 'header'])
    await fails(() => encrypt({ ...FLAT, limits, [place]: { x: 'x'.repeat(200) } }), 'CS_TOO_LARGE')
  // What is added counts as well: kid, and epk with its curve and its point.
  await fails(() => encrypt({ key: open, limits }), 'CS_TOO_LARGE')
  const large = { key: secret, limits: { headerBytes: 8 * 1024 } }
  await fails(() => encrypt({ ...large, protected: { x: 'x'.repeat(8 * 1024 - 6) } }), 'CS_TOO_LARGE')
  await encrypt({ ...large, protected: { x: 'x'.repeat(8 * 1024 - 60) } })
})

test('encryptJwe: headerBytes and jsonDepth count what is added to the header of one recipient, as decryptJwe counts it', async () => {
  const limits = { headerBytes: 150 }
  await fails(() => encrypt({ ...RECIPIENTS, limits }), 'CS_TOO_LARGE')
  await fails(
    () => encrypt({ key: open, serialization: 'flattened', header: { alg: 'ECDH-ES+A128KW' }, limits }),
    'CS_TOO_LARGE',
  )
  await fails(() => encrypt({ key: open, limits: { jsonDepth: 1 } }), 'CS_TOO_LARGE')
})

test('encryptJwe: compression does not get around a limit', async () => {
  const zeros = new Uint8Array(300 * 1024)
  await fails(() => encrypt({ key: secret, zip: true }, zeros), 'CS_TOO_LARGE')
  const limits = { inflatedBytes: 300 * 1024 }
  const token = (await encrypt({ key: secret, zip: true, limits }, zeros)) as string
  assert.ok(token.length < 4096)
  await fails(() => decryptJwe(token, { keys: secret }), 'CS_TOO_LARGE')
  assert.equal((await decryptJwe(token, { keys: secret, limits })).plaintext.length, zeros.length)
  // A plaintext larger than a token may be is let in where it becomes a small one.
  const small = { tokenBytes: 1024 }
  const packed = (await encrypt({ key: secret, zip: true, limits: small }, 'x'.repeat(100_000))) as string
  assert.equal((await decryptJwe(packed, { keys: secret, limits: small })).plaintext.length, 100_000)
})

// What is made.

test('encryptJwe: one key gives a string of five parts, and the other serializations are asked for (RFC 7516 §3)', async () => {
  assert.match(String(await encrypt({ key: secret })), /^[\w-]+\.[\w-]{54}\.[\w-]{16}\.[\w-]{7}\.[\w-]{22}$/)
  assert.match(String(await encrypt({ key: direct })), /^[\w-]+\.\.[\w-]{16}\.[\w-]{7}\.[\w-]{22}$/)
  const flattened = await encryptJwe('hello', FLAT)
  assert.deepEqual(Object.keys(flattened), ['protected', 'iv', 'ciphertext', 'tag', 'encrypted_key'])
  const general = await encryptJwe('hello', { key: secret, serialization: 'general' })
  assert.deepEqual(Object.keys(general), ['protected', 'iv', 'ciphertext', 'tag', 'recipients'])
  assert.deepEqual(Object.keys(general.recipients[0] ?? {}), ['encrypted_key'])
  const alone = await encryptJwe('hello', { key: direct, serialization: 'general' })
  assert.deepEqual(alone.recipients, [{}])
  const several = await encryptJwe('hello', { recipients: [{ key: secret }] })
  assert.equal(several.recipients.length, 1)
})

test('encryptJwe: text is its UTF-8, and no octets are a plaintext as well', async () => {
  for (const plaintext of ['', 'für Jörg 🔑', new Uint8Array(), Uint8Array.of(0, 255)]) {
    const token = await encryptJwe(plaintext, { key: secret })
    const { plaintext: got } = await decryptJwe(token, { keys: secret })
    assert.deepEqual(Uint8Array.from(got), Uint8Array.from(Buffer.from(plaintext)))
  }
})

test('encryptJwe: what the caller gave may change while a key is being waited for, and is not changed itself', async () => {
  const octets = Uint8Array.from(Buffer.from('hello'))
  const aad = Uint8Array.from(Buffer.from('more'))
  const guarded = { x: [1] }
  const going = encryptJwe(octets, {
    key: async () => secret,
    alg: 'A256KW',
    serialization: 'flattened',
    aad,
    protected: guarded,
  })
  octets.fill(0)
  aad.fill(0)
  guarded.x.push(2)
  const token = await going
  const { plaintext, header } = await decryptJwe(token, { keys: secret })
  assert.equal(text(plaintext), 'hello')
  assert.deepEqual(header['x'], [1])
  assert.equal(token.aad, Buffer.from('more').toString('base64url'))
  assert.deepEqual(guarded, { x: [1, 2] })
  const frozen = Object.freeze({ key: secret, protected: Object.freeze({ x: 1 }), limits: Object.freeze({}) })
  assert.equal((await encryptJwe('hello', frozen)).split('.').length, 5)
})

test('encryptJwe: no two tokens share a key, a vector or an ephemeral key', async () => {
  for (const options of [
    { key: secret },
    { key: direct },
    { key: open },
    { key: agreed },
    { key: plain, alg: 'A256GCMKW' },
  ]) {
    const tokens = await Promise.all(Array.from({ length: 20 }, () => encrypt(options)))
    const parts = tokens.map((token) => String(token).split('.'))
    for (const index of [2, 3]) assert.equal(new Set(parts.map((one) => one[index])).size, 20)
    if (options.key !== direct && options.key !== agreed) assert.equal(new Set(parts.map((one) => one[1])).size, 20)
    if (options.key === agreed)
      assert.equal(new Set(parts.map((one) => JSON.stringify(headerOf(one[0])['epk']))).size, 20)
  }
})

test('encryptJwe: enc is A256GCM by default, or what fits a shared key', async () => {
  const encOf = async (options: object): Promise<unknown> => (await compactHeader(options))['enc']
  assert.equal(await encOf({ key: secret }), 'A256GCM')
  assert.equal(await encOf({ key: secret, enc: 'A128CBC-HS256' }), 'A128CBC-HS256')
  assert.equal(await encOf({ key: secret, protected: { enc: 'A128GCM' } }), 'A128GCM')
  assert.equal(await encOf({ key: direct }), 'A256GCM')
  assert.equal(await encOf({ key: plain, alg: 'dir' }), 'A256GCM')
  assert.equal(await encOf({ key: plain, alg: 'dir', enc: 'A128CBC-HS256' }), 'A128CBC-HS256')
  assert.equal(await encOf({ key: secretKey(OCTETS, 'A128CBC-HS256') }), 'A128CBC-HS256')
  assert.equal(await encOf({ key: secretKey(OCTETS.subarray(16)), alg: 'dir' }), 'A128GCM')
  assert.equal(await encOf({ key: jwkFor('HS512'), alg: 'dir' }), 'A256CBC-HS512')
})

test('encryptJwe: alg is what the key says, or the only one that it serves, or what the header says', async () => {
  const algOf = async (options: object): Promise<unknown> => (await compactHeader(options))['alg']
  assert.equal(await algOf({ key: secret }), 'A256KW')
  assert.equal(await algOf({ key: direct }), 'dir')
  assert.equal(await algOf({ key: open }), 'ECDH-ES+A128KW')
  assert.equal(await algOf({ key: secretKey(OCTETS, 'dir') }), 'dir')
  assert.equal(await algOf({ key: jwkFor('HS512'), alg: 'dir' }), 'dir')
  assert.equal(await algOf({ key: plain, protected: { alg: 'A256GCMKW' } }), 'A256GCMKW')
  assert.equal(await algOf({ key: rsa, alg: 'RSA-OAEP-512' }), 'RSA-OAEP-512')
})

test('encryptJwe: kid is that of the key, or the thumbprint of an asymmetric one, and can be left out or replaced', async () => {
  assert.equal((await compactHeader({ key: named }))['kid'], 'mine')
  assert.equal('kid' in (await compactHeader({ key: secret })), false)
  const bare = importKey(publicMembers(jwkFor('ES256')), { alg: 'ECDH-ES' })
  assert.equal((await compactHeader({ key: bare }))['kid'], await thumbprint(bare))
  for (const one of [named, bare]) {
    assert.equal('kid' in (await compactHeader({ key: one, protected: { kid: undefined } })), false)
    assert.equal((await compactHeader({ key: one, protected: { kid: 'other' } }))['kid'], 'other')
  }
  const { recipients, ...shared } = await encryptJwe('x', {
    recipients: [{ key: named }, { key: named, header: { kid: undefined } }, { key: named, header: { kid: 'other' } }],
  })
  assert.deepEqual(headerOf(shared.protected), { enc: 'A256GCM' })
  assert.deepEqual(
    recipients.map(({ header }) => header),
    [{ alg: 'A256KW', kid: 'mine' }, { alg: 'A256KW' }, { alg: 'A256KW', kid: 'other' }],
  )
  for (const place of ['unprotected', 'header']) {
    const jwe = (await encrypt({ ...FLAT, key: named, [place]: { kid: 'there' } })) as FlattenedJwe
    assert.deepEqual(headerOf(jwe.protected), { alg: 'A256KW', enc: 'A256GCM' })
    assert.deepEqual((jwe as unknown as Record<string, unknown>)[place], { kid: 'there' })
    const none = (await encrypt({ ...FLAT, key: named, [place]: { kid: undefined } })) as FlattenedJwe
    assert.deepEqual([headerOf(none.protected), place in none], [{ alg: 'A256KW', enc: 'A256GCM' }, false])
  }
})

test('encryptJwe: what the key management adds stands where alg does', async () => {
  const inside = await encryptJwe('x', { key: open, apu: 'Alice', apv: 'Bob', serialization: 'flattened' })
  assert.deepEqual(Object.keys(headerOf(inside.protected)), ['alg', 'enc', 'kid', 'epk', 'apu', 'apv'])
  assert.equal(inside.header, undefined)
  const outside = await encryptJwe('x', {
    key: open,
    apu: 'Alice',
    serialization: 'flattened',
    unprotected: { alg: 'ECDH-ES+A128KW' },
  })
  assert.deepEqual(Object.keys(headerOf(outside.protected)), ['enc', 'kid'])
  assert.deepEqual(Object.keys(outside.header ?? {}), ['epk', 'apu'])
  const shared = await encryptJwe('x', {
    recipients: [{ key: open }, { key: open }],
    protected: { alg: 'ECDH-ES+A128KW' },
  })
  assert.deepEqual(headerOf(shared.protected), { enc: 'A256GCM', alg: 'ECDH-ES+A128KW' })
  for (const { header } of shared.recipients) assert.deepEqual(Object.keys(header ?? {}), ['kid', 'epk'])
  for (const token of [inside, outside, shared])
    assert.equal(text((await decryptJwe(token, { keys: key })).plaintext), 'x')
})

test('encryptJwe: apu and apv are text or octets, in base64url, and decide the key (RFC 7518 §4.6.1.2)', async () => {
  const header = await compactHeader({ key: open, apu: 'Jörg', apv: Uint8Array.of(0, 255) })
  assert.equal(header['apu'], Buffer.from('Jörg').toString('base64url'))
  assert.equal(header['apv'], Buffer.from([0, 255]).toString('base64url'))
  assert.equal('apu' in (await compactHeader({ key: open, apu: '' })), false)
  const jwe = await encryptJwe('x', {
    key: agreed,
    apu: 'Alice',
    serialization: 'flattened',
    header: { alg: 'ECDH-ES' },
  })
  const keys = importKey(jwkFor('ES256'), { alg: 'ECDH-ES' })
  await decryptJwe(jwe, { keys })
  for (const change of [{ apu: 'Qm9i' }, { apu: undefined }, { apv: 'Qm9i' }])
    await fails(() => decryptJwe({ ...jwe, header: { ...jwe.header, ...change } }, { keys }), 'CS_DECRYPTION')
})

test('encryptJwe: p2c is the cap where nothing is said, and the salt has 16 octets (RFC 7518 §4.8.1)', async () => {
  assert.equal((await compactHeader({ key: plain, alg: 'PBES2-HS512+A256KW' }))['p2c'], 210_000)
  const { p2c, p2s } = await compactHeader({ key: password, p2c: 1000 })
  assert.deepEqual([p2c, Buffer.from(String(p2s), 'base64url').length], [1000, 16])
})

test('encryptJwe: all headers may be empty but for what allowUnprotectedAlg lets out (RFC 7520 §5.12)', async () => {
  const unprotected = { alg: 'A256KW', enc: 'A128GCM' }
  const jwe = await encryptJwe('x', { ...FLAT, unprotected, aad: 'more', allowUnprotectedAlg: true })
  assert.deepEqual(Object.keys(jwe), ['unprotected', 'aad', 'iv', 'ciphertext', 'tag', 'encrypted_key'])
  await fails(() => decryptJwe(jwe, { keys: secret }), 'CS_HEADER')
  const { header, protectedHeader } = await decryptJwe(jwe, { keys: secret, allowUnprotectedAlg: true })
  assert.deepEqual([{ ...header }, { ...protectedHeader }], [unprotected, {}])
})

test('encryptJwe: aad of no octets is no aad (RFC 7516 §7.2.1)', async () => {
  for (const aad of ['', new Uint8Array()]) {
    const jwe = await encryptJwe('x', { ...FLAT, aad })
    assert.equal('aad' in jwe, false)
    assert.equal(text((await decryptJwe(jwe, { keys: secret })).plaintext), 'x')
  }
})

test('encryptJwe: names such as __proto__ are members like any other', async () => {
  const members = JSON.parse('{"__proto__":{"alg":"dir"},"constructor":1,"toString":"x"}') as Record<string, unknown>
  for (const place of ['protected', 'unprotected', 'header']) {
    const jwe = (await encrypt({ ...FLAT, [place]: members })) as FlattenedJwe
    const { header } = await decryptJwe(jwe, { keys: secret })
    assert.equal(
      JSON.stringify(Object.entries(header).filter(([name]) => name in members && name !== 'alg')),
      JSON.stringify(Object.entries(members)),
    )
    assert.equal(header.alg, 'A256KW')
  }
})

test('encryptJwe: zip is DEF in the protected header, and opens by itself (RFC 7516 §4.1.3)', async () => {
  const plaintext = 'x'.repeat(5000)
  for (const serialization of ['compact', 'flattened', 'general'] as const) {
    const token = await encryptJwe(plaintext, { key: secret, serialization, zip: true })
    assert.ok(JSON.stringify(token).length < 500)
    const { plaintext: got, protectedHeader } = await decryptJwe(token, { keys: secret })
    assert.deepEqual([text(got), protectedHeader['zip']], [plaintext, 'DEF'])
  }
  assert.equal('zip' in (await compactHeader({ key: secret, zip: false })), false)
  const empty = await encryptJwe('', { key: secret, zip: true })
  assert.equal((await decryptJwe(empty, { keys: secret })).plaintext.length, 0)
})

test('encryptJwe: a new key of each algorithm can be encrypted to at once', async () => {
  for (const alg of ['A256GCM', 'A128KW', 'A256GCMKW', 'ECDH-ES', 'ECDH-ES+A256KW']) {
    const made = await generateKey(alg)
    const token = await encryptJwe('x', { key: made.kind === 'secret' ? made : await publicKey(made) })
    assert.equal(text((await decryptJwe(token, { keys: made })).plaintext), 'x')
  }
})
