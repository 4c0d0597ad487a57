import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, importKey, keySet, publicKey, secretKey } from 'countersign'
import { type DecryptJweOptions, decryptJwe, encryptJwe } from 'countersign/jwe'
import { signJws } from 'countersign/jws'
import { b64, fails } from '../support/forge.ts'
import { jwkFor, publicMembers } from '../support/keys.ts'
import { fromCompact, OCTETS, sealed, type Texts, toCompact, toFlattened } from './keys.ts'

const secret = secretKey(OCTETS, 'A256KW')
const direct = secretKey(OCTETS, 'A256GCM')
const plain = secretKey(OCTETS)
const key = importKey(jwkFor('ES256'), { alg: 'ECDH-ES' })
const open = await publicKey(key)
const password = secretKey({ text: 'correct horse battery staple' }, 'PBES2-HS256+A128KW')
const text = (octets: Uint8Array): string => Buffer.from(octets).toString()

/** `decryptJwe` as a program without types calls it. */
const decrypt = (token: unknown, options: unknown): Promise<{ readonly plaintext: Uint8Array }> =>
  decryptJwe(token as string, options as DecryptJweOptions)

const compact = await encryptJwe('hello', { key: secret })
const flattened = await encryptJwe('hello', { key: secret, serialization: 'flattened' })
const general = await encryptJwe('hello', { key: secret, serialization: 'general' })

// Options.

const MISUSES: readonly (readonly [why: string, options: unknown, message: RegExp])[] = [
  ['no options', undefined, /options object/],
  ['a key in place of the options', secret, /no option/],
  ['no keys', {}, /keys is nothing/],
  ['keys that are null', { keys: null }, /keys is null/],
  ['a password as text', { keys: 'secret' }, /keys is a string/],
  ['an empty array of keys', { keys: [] }, /empty array/],
  ['nine keys to try', { keys: Array(9).fill(secret) }, /at most 8/],
  ['a key under the name key', { key: secret }, /no option "key"/],
  ['an unknown option', { keys: secret, aad: 'x' }, /no option "aad"/],
  ['an empty allow-list', { keys: secret, algorithms: [] }, /algorithms/],
  ['an allow-list that is text', { keys: secret, algorithms: 'A256KW' }, /algorithms is an array/],
  ['an allow-list with a content encryption', { keys: secret, algorithms: ['A256GCM'] }, /algorithms names "A256GCM"/],
  ['an allow-list with a signature', { keys: secret, algorithms: ['HS256'] }, /algorithms names "HS256"/],
  ['an allow-list with none', { keys: secret, algorithms: ['none'] }, /algorithms names "none"/],
  ['an allow-list with a hole', { keys: secret, algorithms: [undefined] }, /algorithms names nothing/],
  ['an empty list of encryptions', { keys: secret, encryptions: [] }, /encryptions/],
  ['encryptions that are text', { keys: secret, encryptions: 'A256GCM' }, /encryptions is an array/],
  ['encryptions with a key management', { keys: secret, encryptions: ['A256KW'] }, /encryptions names "A256KW"/],
  ['encryptions that are null', { keys: secret, encryptions: null }, /encryptions is an array/],
  ['crit that is text', { keys: secret, crit: 'x' }, /crit is a string/],
  ['crit that is null', { keys: secret, crit: null }, /crit is null/],
  ['crit with what is no name', { keys: secret, crit: [1] }, /crit is a string with text/],
  ['crit with an empty name', { keys: secret, crit: [''] }, /crit is a string with text/],
  ['crit with b64, which is for signatures', { keys: secret, crit: ['b64'] }, /crit names b64/],
  ['allowUnprotectedAlg that is no boolean', { keys: secret, allowUnprotectedAlg: 'no' }, /allowUnprotectedAlg/],
  ['an unknown limit', { keys: secret, limits: { bytes: 1 } }, /no option "bytes"/],
  ['a limit that is no number', { keys: secret, limits: { recipients: '16' } }, /limits\.recipients/],
]
for (const [why, options, message] of MISUSES) {
  test(`decryptJwe: ${why}: a mistake of the program is a TypeError`, async () => {
    await assert.rejects(decrypt(compact, options), { name: 'TypeError', message })
  })
}

test('decryptJwe: a key that could never decrypt is refused before the token is looked at', async () => {
  const refused: readonly (readonly [options: object, code: ErrorCode])[] = [
    [{ keys: open }, 'CS_KEY_TYPE'],
    [{ keys: jwkFor('Ed25519') }, 'CS_KEY_TYPE'],
    [{ keys: { ...jwkFor('ES256'), use: 'sig' } }, 'CS_KEY_TYPE'],
    [{ keys: { ...jwkFor('ES256'), key_ops: ['sign'] } }, 'CS_KEY_TYPE'],
    [{ keys: { ...jwkFor('HS256'), key_ops: ['encrypt'] } }, 'CS_KEY_TYPE'],
    [{ keys: secretKey(OCTETS, 'HS256') }, 'CS_KEY_TYPE'],
    [{ keys: secret, algorithms: ['A256GCMKW'] }, 'CS_KEY_TYPE'],
    [{ keys: direct, encryptions: ['A128CBC-HS256'] }, 'CS_KEY_TYPE'],
    [{ keys: plain, algorithms: ['A128KW'] }, 'CS_KEY_SIZE'],
    [{ keys: plain, algorithms: ['dir'], encryptions: ['A256CBC-HS512'] }, 'CS_KEY_SIZE'],
    [{ keys: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', d: 'AA' } }, 'CS_KEY_INVALID'],
    [{ keys: password }, 'CS_ALG'],
    [{ keys: secret, algorithms: ['RSA1_5'] }, 'CS_UNSUPPORTED'],
  ]
  for (const [options, code] of refused) await fails(() => decrypt('not a token', options), code)
})

// The form.

test('decryptJwe: a JWE is decrypted from each serialization, with its headers and its key', async () => {
  for (const token of [compact, flattened, general]) {
    const { plaintext, header, protectedHeader, key: used } = await decryptJwe(token, { keys: secret })
    assert.ok(plaintext instanceof Uint8Array)
    assert.equal(text(plaintext), 'hello')
    assert.deepEqual([{ ...header }, { ...protectedHeader }], Array(2).fill({ alg: 'A256KW', enc: 'A256GCM' }))
    assert.equal(used, secret)
  }
})

test('decryptJwe: the text of a JWE in JSON is refused, with the way to go (RFC 7516 §7.2)', async () => {
  for (const space of ['', ' ', '\ufeff', '\n']) {
    const error = await fails(() => decrypt(space + JSON.stringify(flattened), { keys: secret }), 'CS_MALFORMED')
    assert.match(error.hint, /JSON\.parse/)
  }
})

test('decryptJwe: a JWS in any serialization is refused by its name (RFC 7516 §9)', async () => {
  const signer = { key: secretKey(OCTETS, 'HS256') }
  for (const jws of [
    await signJws('x', signer),
    await signJws('x', { ...signer, serialization: 'flattened' }),
    await signJws('x', { ...signer, serialization: 'general' }),
    await signJws('x', { ...signer, serialization: 'flattened', detached: true }),
  ]) {
    const error = await fails(() => decrypt(jws, { keys: secret }), 'CS_MALFORMED')
    assert.match(error.message, /is a JWS, and a JWE is expected/)
  }
})

const [a, b, c, d, e] = compact.split('.')
const COMPACT_FAULTS: readonly (readonly [why: string, token: unknown, code: ErrorCode])[] = [
  ['nothing', undefined, 'CS_MALFORMED'],
  ['null', null, 'CS_MALFORMED'],
  ['a number', 7, 'CS_MALFORMED'],
  ['an array', [compact], 'CS_MALFORMED'],
  ['octets', Buffer.from(compact), 'CS_MALFORMED'],
  ['no text', '', 'CS_MALFORMED'],
  ['one part', a, 'CS_MALFORMED'],
  ['four parts', [a, b, c, d].join('.'), 'CS_MALFORMED'],
  ['six parts', `${compact}.${e}`, 'CS_MALFORMED'],
  ['an empty header', `.${[b, c, d, e].join('.')}`, 'CS_MALFORMED'],
  ['quotes', `"${compact}"`, 'CS_BASE64'],
  ['white space behind', `${compact}\n`, 'CS_BASE64'],
  ['padding', `${compact}==`, 'CS_BASE64'],
  ['no vector', [a, b, '', d, e].join('.'), 'CS_MALFORMED'],
  ['no tag', [a, b, c, d, ''].join('.'), 'CS_MALFORMED'],
  ['no encrypted key', [a, '', c, d, e].join('.'), 'CS_MALFORMED'],
  ['a shorter tag (RFC 7518 §5.3)', [a, b, c, d, e?.slice(0, 16)].join('.'), 'CS_MALFORMED'],
  ['a longer vector (RFC 7518 §5.3)', [a, b, `${c}AAAA`, d, e].join('.'), 'CS_MALFORMED'],
  ['an encrypted key of no whole blocks', [a, `${b?.slice(0, 52)}A`, c, d, e].join('.'), 'CS_BASE64'],
  ['an encrypted key that is too long for its kind', [a, `${b}AA`, c, d, e].join('.'), 'CS_MALFORMED'],
  ['an encrypted key that is too short', [a, 'A'.repeat(22), c, d, e].join('.'), 'CS_MALFORMED'],
  ['an encrypted key of another size', [a, 'A'.repeat(32), c, d, e].join('.'), 'CS_DECRYPTION'],
  ['no ciphertext where there was one', [a, b, c, '', e].join('.'), 'CS_DECRYPTION'],
  ['too many characters', `${'x'.repeat(1024 * 1024)}.`, 'CS_TOO_LARGE'],
]
for (const [why, token, code] of COMPACT_FAULTS) {
  test(`decryptJwe: ${why} is refused (RFC 7516 §5.2)`, async () => {
    await fails(() => decrypt(token, { keys: secret }), code)
  })
}

const JSON_FAULTS: readonly (readonly [why: string, change: object, code: ErrorCode])[] = [
  ['no ciphertext', { ciphertext: undefined }, 'CS_MALFORMED'],
  ['a ciphertext that is null', { ciphertext: null }, 'CS_MALFORMED'],
  ['a protected header that is an object', { protected: { alg: 'A256KW', enc: 'A256GCM' } }, 'CS_MALFORMED'],
  ['an empty protected header', { protected: '' }, 'CS_MALFORMED'],
  ['no protected header', { protected: undefined }, 'CS_HEADER'],
  ['an empty aad', { aad: '' }, 'CS_MALFORMED'],
  ['an aad that is no base64url', { aad: 'a+b=' }, 'CS_BASE64'],
  ['an aad that is an object', { aad: {} }, 'CS_MALFORMED'],
  ['an aad that was not there', { aad: 'bW9yZQ' }, 'CS_DECRYPTION'],
  ['a vector that is a number', { iv: 7 }, 'CS_MALFORMED'],
  ['no vector', { iv: undefined }, 'CS_MALFORMED'],
  ['no tag', { tag: undefined }, 'CS_MALFORMED'],
  ['an unprotected header that is text', { unprotected: 'x' }, 'CS_MALFORMED'],
  ['a header that is null', { header: null }, 'CS_MALFORMED'],
  ['a header with a member of the protected one', { header: { alg: 'A256KW' } }, 'CS_HEADER'],
  ['an unprotected header with one', { unprotected: { enc: 'A256GCM' } }, 'CS_HEADER'],
  ['two headers with a member in common', { unprotected: { x: 1 }, header: { x: 1 } }, 'CS_HEADER'],
  ['unprotected zip', { unprotected: { zip: 'DEF' } }, 'CS_HEADER'],
  ['zip of one recipient', { header: { zip: 'DEF' } }, 'CS_HEADER'],
  ['unprotected crit', { unprotected: { crit: ['x'], x: 1 } }, 'CS_CRIT'],
  ['unprotected b64', { header: { b64: true } }, 'CS_CRIT'],
  ['a kid that is a number', { header: { kid: 7 } }, 'CS_HEADER'],
  ['an encrypted key that is an object', { encrypted_key: {} }, 'CS_MALFORMED'],
  ['an empty encrypted key', { encrypted_key: '' }, 'CS_MALFORMED'],
  ['recipients beside a key of its own', { recipients: [{}] }, 'CS_MALFORMED'],
  ['an unprotected header that is too large', { unprotected: { x: 'x'.repeat(8192) } }, 'CS_TOO_LARGE'],
  ['an aad that is too large', { aad: 'A'.repeat(1024 * 1024) }, 'CS_TOO_LARGE'],
]
for (const [why, change, code] of JSON_FAULTS) {
  test(`decryptJwe: in JSON ${why} is refused (RFC 7516 §7.2)`, async () => {
    await fails(() => decrypt({ ...flattened, ...change }, { keys: secret }), code)
    if ('recipients' in change || 'header' in change || 'encrypted_key' in change) return
    await fails(() => decrypt({ ...general, ...change }, { keys: secret }), code)
  })
}

test('decryptJwe: recipients are an array with objects in it, and no more than 16 (RFC 7516 §7.2.1)', async () => {
  const [one] = general.recipients
  const refused = [null, {}, [], 'x', [null], ['x'], [[]], Object.assign([], { 1: one })]
  for (const recipients of refused)
    await fails(() => decrypt({ ...general, recipients }, { keys: secret }), 'CS_MALFORMED')
  for (const [count, recipients, code] of [
    [17, undefined, 'CS_TOO_LARGE'],
    [3, 2, 'CS_TOO_LARGE'],
  ] as const) {
    const limits = recipients === undefined ? {} : { recipients }
    await fails(() => decrypt({ ...general, recipients: Array(count).fill(one) }, { keys: secret, limits }), code)
  }
  await decrypt({ ...general, recipients: Array(16).fill(one) }, { keys: secret })
})

test('decryptJwe: members that are not known are ignored, in the object and in its recipients (RFC 7516 §7.2.1)', async () => {
  for (const token of [
    { ...flattened, x: 1 },
    { ...general, x: 1, recipients: [{ ...general.recipients[0], x: 1 }] },
  ])
    assert.equal(text((await decrypt(token, { keys: secret })).plaintext), 'hello')
})

// The header.

const DIRECT = { alg: 'dir', enc: 'A256GCM' }

const HEADER_FAULTS: readonly (readonly [why: string, header: unknown, code: ErrorCode])[] = [
  ['no alg', { enc: 'A256GCM' }, 'CS_HEADER'],
  ['no enc', { alg: 'dir' }, 'CS_HEADER'],
  ['an alg that is a number', { ...DIRECT, alg: 7 }, 'CS_HEADER'],
  ['an enc that is a number', { ...DIRECT, enc: 7 }, 'CS_HEADER'],
  ['an enc that is an array', { ...DIRECT, enc: ['A256GCM'] }, 'CS_HEADER'],
  ['a kid that is an object', { ...DIRECT, kid: {} }, 'CS_HEADER'],
  ['a typ that is null', { ...DIRECT, typ: null }, 'CS_HEADER'],
  ['a cty that is a boolean', { ...DIRECT, cty: true }, 'CS_HEADER'],
  ['an unknown alg', { ...DIRECT, alg: 'DIR' }, 'CS_ALG'],
  ['alg none', { ...DIRECT, alg: 'none' }, 'CS_ALG'],
  ['an alg that signs', { ...DIRECT, alg: 'HS256' }, 'CS_ALG'],
  ['an alg of __proto__', '{"alg":"__proto__","enc":"A256GCM"}', 'CS_ALG'],
  ['an alg that is left out on purpose', { ...DIRECT, alg: 'RSA1_5' }, 'CS_UNSUPPORTED'],
  ['an unknown enc', { ...DIRECT, enc: 'A256CTR' }, 'CS_ALG'],
  ['an enc of __proto__', '{"alg":"dir","enc":"__proto__"}', 'CS_ALG'],
  ['a key management for enc', { ...DIRECT, enc: 'A256KW' }, 'CS_ALG'],
  ['an alg of another family', { ...DIRECT, alg: 'ECDH-ES' }, 'CS_HEADER'],
  ['an enc of the same size', { ...DIRECT, enc: 'A128CBC-HS256' }, 'CS_MALFORMED'],
  ['a member twice', '{"alg":"dir","enc":"A256GCM","enc":"A256GCM"}', 'CS_MALFORMED'],
  ['an array', [DIRECT], 'CS_MALFORMED'],
  ['a text', '"dir"', 'CS_MALFORMED'],
  ['no JSON', '{alg:dir}', 'CS_MALFORMED'],
  ['crit that is text', { ...DIRECT, crit: 'x', x: 1 }, 'CS_CRIT'],
  ['an empty crit', { ...DIRECT, crit: [] }, 'CS_CRIT'],
  ['crit with a name twice', { ...DIRECT, crit: ['x', 'x'], x: 1 }, 'CS_CRIT'],
  ['crit with an absent name', { ...DIRECT, crit: ['x'] }, 'CS_CRIT'],
  ['crit with a registered name', { ...DIRECT, crit: ['enc'] }, 'CS_CRIT'],
  ['an extension that nobody understands', { ...DIRECT, crit: ['x'], x: 1 }, 'CS_CRIT'],
  ['b64, which is for signatures', { ...DIRECT, crit: ['b64'], b64: true }, 'CS_CRIT'],
  ['b64 that is not critical', { ...DIRECT, b64: false }, 'CS_CRIT'],
  ['an unknown zip', { ...DIRECT, zip: 'GZIP' }, 'CS_UNSUPPORTED'],
  ['a zip in small letters', { ...DIRECT, zip: 'def' }, 'CS_UNSUPPORTED'],
  ['an empty zip', { ...DIRECT, zip: '' }, 'CS_UNSUPPORTED'],
  ['a zip that is a boolean', { ...DIRECT, zip: true }, 'CS_HEADER'],
  ['a header that is too large', { ...DIRECT, x: 'x'.repeat(8192) }, 'CS_TOO_LARGE'],
  ['a header nested too deep', `{"alg":"dir","enc":"A256GCM","x":${'['.repeat(40)}${']'.repeat(40)}}`, 'CS_TOO_LARGE'],
]
for (const [why, header, code] of HEADER_FAULTS) {
  test(`decryptJwe: ${why} in the header is refused, though the tag vouches for it (RFC 7516 §4)`, async () => {
    const texts = await sealed(header, 'hello')
    await fails(() => decrypt(toCompact(texts), { keys: plain }), code)
    await fails(() => decrypt(toFlattened(texts), { keys: plain }), code)
  })
}

test('decryptJwe: what was sealed by hand opens, so the refusals have their reasons', async () => {
  const texts = await sealed(DIRECT, 'hello')
  for (const token of [toCompact(texts), toFlattened(texts)])
    assert.equal(text((await decrypt(token, { keys: plain })).plaintext), 'hello')
  const more = { ...toFlattened(await sealed(DIRECT, 'hello', '.bW9yZQ')), aad: 'bW9yZQ' }
  assert.equal(text((await decrypt(more, { keys: plain })).plaintext), 'hello')
})

test('decryptJwe: crit is understood where the option names it, and acted upon by nobody else', async () => {
  const token = await encryptJwe('x', { key: secret, protected: { crit: ['urn:x'], 'urn:x': 1 } })
  await fails(() => decryptJwe(token, { keys: secret }), 'CS_CRIT')
  await fails(() => decryptJwe(token, { keys: secret, crit: ['urn:y'] }), 'CS_CRIT')
  await fails(() => decryptJwe(token, { keys: secret, crit: [] }), 'CS_CRIT')
  const { header } = await decryptJwe(token, { keys: secret, crit: ['urn:x', 'urn:y'] })
  assert.equal(header['urn:x'], 1)
})

test('decryptJwe: alg and kid may stand in any header, and enc in the protected one alone unless that is allowed', async () => {
  const named = secretKey(OCTETS, 'A256KW', { kid: 'mine' })
  const keys = keySet({ keys: [named] })
  for (const place of ['protected', 'unprotected', 'header'] as const) {
    const options = { key: named, serialization: 'flattened', [place]: { alg: 'A256KW', kid: 'mine' } } as const
    const { header, protectedHeader } = await decryptJwe(await encryptJwe('x', options), { keys })
    assert.deepEqual([header.alg, header.kid, header.enc], ['A256KW', 'mine', 'A256GCM'])
    assert.equal('alg' in protectedHeader, place === 'protected')
  }
  const outside = await encryptJwe('x', {
    key: named,
    serialization: 'flattened',
    unprotected: { enc: 'A128GCM' },
    allowUnprotectedAlg: true,
  })
  const error = await fails(() => decryptJwe(outside, { keys }), 'CS_HEADER')
  assert.match(error.hint, /allowUnprotectedAlg/)
  assert.equal((await decryptJwe(outside, { keys, allowUnprotectedAlg: true })).header.enc, 'A128GCM')
})

test('decryptJwe: what anyone may change in the open changes no content encryption (RFC 7516 §11.1)', async () => {
  const options = { key: secret, serialization: 'flattened', unprotected: { enc: 'A128GCM' } } as const
  const token = await encryptJwe('x', { ...options, allowUnprotectedAlg: true })
  const changed = { ...token, unprotected: { enc: 'A256GCM' } }
  await fails(() => decryptJwe(changed, { keys: secret, allowUnprotectedAlg: true }), 'CS_DECRYPTION')
})

test('decryptJwe: headers are frozen, and those of one token are not those of the next', async () => {
  const token = await encryptJwe('x', { key: secret, protected: { list: [1] } })
  const { header, protectedHeader, plaintext } = await decryptJwe(token, { keys: secret })
  assert.throws(() => Object.assign(header, { alg: 'dir' }), TypeError)
  assert.throws(() => (protectedHeader['list'] as number[]).push(2), TypeError)
  plaintext.fill(0)
  assert.equal(text((await decryptJwe(token, { keys: secret })).plaintext), 'x')
})

// Algorithms.

test('decryptJwe: algorithms and encryptions narrow what the key allows', async () => {
  const rsa = importKey(jwkFor('RS256'))
  const options = { key: await publicKey(rsa), alg: 'RSA-OAEP-256', enc: 'A128GCM' }
  const token = await encryptJwe('x', options)
  await fails(() => decryptJwe(token, { keys: rsa, algorithms: ['RSA-OAEP', 'RSA-OAEP-512'] }), 'CS_ALG')
  await fails(() => decryptJwe(token, { keys: rsa, encryptions: ['A256GCM'] }), 'CS_ALG')
  const allowed = { algorithms: ['RSA-OAEP', 'RSA-OAEP-256'], encryptions: ['A256GCM', 'A128GCM'] }
  assert.equal(text((await decryptJwe(token, { keys: rsa, ...allowed })).plaintext), 'x')
})

test('decryptJwe: a password is tried only where algorithms names it (RFC 7518 §8.1)', async () => {
  const token = await encryptJwe('x', { key: password, p2c: 1000 })
  const keys = [password, plain]
  const error = await fails(() => decryptJwe(token, { keys }), 'CS_ALG')
  assert.match(error.hint, /algorithms names it/)
  await fails(() => decryptJwe(token, { keys, algorithms: ['PBES2-HS512+A256KW', 'A256KW'] }), 'CS_ALG')
  const algorithms = ['PBES2-HS256+A128KW']
  assert.equal((await decryptJwe(token, { keys: password, algorithms })).key, password)
  const wrong = secretKey({ text: 'Correct horse battery staple' })
  await fails(() => decryptJwe(token, { keys: wrong, algorithms }), 'CS_DECRYPTION')
})

/** A JWE whose key management is described in the open, where it can be changed. */
async function opened(options: { readonly key: typeof secret; readonly alg: string; readonly p2c?: number }) {
  const { alg } = options
  const jwe = await encryptJwe('x', { ...options, serialization: 'flattened', header: { alg } })
  return (change: object): object => ({ ...jwe, header: { ...jwe.header, ...change } })
}

test('decryptJwe: what a password needs has its bounds, and they are looked at before any work (RFC 7518 §4.8.1)', async () => {
  const alg = 'PBES2-HS256+A128KW'
  const with_ = await opened({ key: password, alg, p2c: 1000 })
  const rules = { keys: password, algorithms: [alg] }
  assert.equal(text((await decrypt(with_({}), rules)).plaintext), 'x')
  const [short, long] = [7, 65].map((octets) => b64(new Uint8Array(octets)))
  for (const p2s of [undefined, '', short, long, 7, null])
    await fails(() => decrypt(with_({ p2s }), rules), 'CS_HEADER')
  await fails(() => decrypt(with_({ p2s: 'not base64' }), rules), 'CS_BASE64')
  await fails(() => decrypt(with_({ p2s: b64(new Uint8Array(8)) }), rules), 'CS_DECRYPTION')
  for (const p2c of [undefined, null, '1000', 999, 0, -1, 1000.5, 2 ** 53])
    await fails(() => decrypt(with_({ p2c }), rules), 'CS_HEADER')
  // That these come to an end at all shows that there was no work: the last one would take centuries.
  for (const p2c of [600_001, 2 ** 31, 2 ** 53 - 1]) await fails(() => decrypt(with_({ p2c }), rules), 'CS_TOO_LARGE')
  await fails(() => decrypt(with_({ p2c: 1001 }), rules), 'CS_DECRYPTION')
  const other = { keys: secretKey({ text: 'x' }), algorithms: ['PBES2-HS512+A256KW'] }
  await fails(() => decrypt(with_({ alg: 'PBES2-HS512+A256KW', p2c: 210_001 }), other), 'CS_TOO_LARGE')
})

test('decryptJwe: all passwords of a token together take no more work than one may (RFC 7518 §8.1)', async () => {
  const alg = 'PBES2-HS256+A128KW'
  const jwe = await encryptJwe('x', {
    key: password,
    alg,
    p2c: 1000,
    serialization: 'general',
    protected: { kid: 'a' },
  })
  const [first] = jwe.recipients
  const { protected: _, ...shared } = jwe
  const guarded = b64(JSON.stringify({ enc: 'A256GCM' }))
  const recipient = (p2c: number): object => ({ ...first, header: { alg, p2c, p2s: b64(new Uint8Array(16)) } })
  const token = (...counts: readonly number[]): object => ({
    ...shared,
    protected: guarded,
    recipients: counts.map(recipient),
  })
  const rules = { keys: password, algorithms: [alg] }
  await fails(() => decrypt(token(600_000, 1000), rules), 'CS_TOO_LARGE')
  await fails(() => decrypt(token(300_000, 300_001), rules), 'CS_TOO_LARGE')
  await fails(() => decrypt(token(...Array<number>(16).fill(1000)), rules), 'CS_DECRYPTION')
  // Two keys make twice the work of each recipient.
  const keys = [password, secretKey({ text: 'x' })]
  await fails(() => decrypt(token(300_001), { ...rules, keys }), 'CS_TOO_LARGE')
})

test('decryptJwe: what AES-GCM wraps a key with has its lengths (RFC 7518 §4.7.1)', async () => {
  const with_ = await opened({ key: plain, alg: 'A256GCMKW' })
  const rules = { keys: plain }
  assert.equal(text((await decrypt(with_({}), rules)).plaintext), 'x')
  for (const octets of [0, 11, 13, 16])
    await fails(() => decrypt(with_({ iv: b64(new Uint8Array(octets)) }), rules), 'CS_HEADER')
  for (const octets of [0, 4, 12, 15, 17])
    await fails(() => decrypt(with_({ tag: b64(new Uint8Array(octets)) }), rules), 'CS_HEADER')
  for (const name of ['iv', 'tag']) {
    for (const value of [undefined, null, 7, {}])
      await fails(() => decrypt(with_({ [name]: value }), rules), 'CS_HEADER')
    await fails(() => decrypt(with_({ [name]: '=' }), rules), 'CS_BASE64')
  }
  await fails(() => decrypt(with_({ iv: b64(new Uint8Array(12)) }), rules), 'CS_DECRYPTION')
  await fails(() => decrypt(with_({ tag: b64(new Uint8Array(16)) }), rules), 'CS_DECRYPTION')
})

test('decryptJwe: epk is a public key on a curve, and on that of the key (RFC 7518 §4.6.1.1)', async () => {
  const with_ = await opened({ key: open, alg: 'ECDH-ES' })
  const rules = { keys: key }
  assert.equal(text((await decrypt(with_({}), rules)).plaintext), 'x')
  const other = publicMembers(jwkFor('ES256', 1))
  const refused: readonly unknown[] = [
    ...[undefined, null, 7, 'x', [], {}],
    jwkFor('ES256', 1), // with its private half
    { ...other, k: 'AA' },
    { ...other, y: undefined },
    { ...other, y: other.x },
    { ...other, x: 'AA' },
    { ...other, x: `${other.x}=` },
    { ...other, crv: 'P-384' },
    { ...other, crv: 'P-257' },
    { ...other, kty: 'OKP' },
    { ...other, kty: 'oct' },
    { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) },
    publicMembers(jwkFor('RS256')),
    { kty: 'oct', k: 'AA' },
    { kty: 'OKP', crv: 'X25519', x: 'A'.repeat(43) },
  ]
  for (const epk of refused) await fails(() => decrypt(with_({ epk }), rules), 'CS_HEADER')
  await fails(() => decrypt(with_({ epk: other }), rules), 'CS_DECRYPTION')
  for (const alg of ['ES384', 'X25519', 'Ed25519'])
    await fails(() => decrypt(with_({ epk: publicMembers(jwkFor(alg)) }), rules), 'CS_KEY_TYPE')
  // Members that say nothing about the point are not looked at.
  for (const more of [{ alg: 'ES256' }, { use: 'sig' }, { key_ops: [] }, { kid: 7 }])
    await fails(() => decrypt(with_({ epk: { ...other, ...more } }), rules), 'CS_DECRYPTION')
  for (const name of ['apu', 'apv']) {
    for (const value of [null, 7, {}]) await fails(() => decrypt(with_({ [name]: value }), rules), 'CS_HEADER')
    await fails(() => decrypt(with_({ [name]: 'a=' }), rules), 'CS_BASE64')
    await fails(() => decrypt(with_({ [name]: 'QQ' }), rules), 'CS_DECRYPTION')
  }
})

test('decryptJwe: where the key is agreed upon or shared there is no encrypted key (RFC 7516 §5.2)', async () => {
  for (const [own, keys] of [
    [direct, direct],
    [open, key],
  ] as const) {
    const texts = fromCompact(await encryptJwe('x', { key: own }))
    await fails(() => decrypt(toCompact({ ...texts, encrypted_key: 'A'.repeat(54) }), { keys }), 'CS_MALFORMED')
    await fails(() => decrypt({ ...texts, encrypted_key: 'A'.repeat(54) }, { keys }), 'CS_MALFORMED')
  }
})

test('decryptJwe: all that goes wrong with a key in hand is one error, to the word (RFC 7516 §11.5)', async () => {
  const stranger = secretKey(OCTETS.map((octet) => octet ^ 1))
  const changed = (texts: Texts, name: keyof Texts): Texts => {
    const octets = Buffer.from(texts[name], 'base64url')
    octets[0] = (octets[0] ?? 0) ^ 1
    return { ...texts, [name]: octets.toString('base64url') }
  }
  const messages = new Set<string>()
  for (const alg of ['A256KW', 'A256GCMKW'])
    for (const enc of ['A256GCM', 'A128CBC-HS256']) {
      const texts = fromCompact(await encryptJwe('hello', { key: plain, alg, enc }))
      const attempts = [
        () => decrypt(toCompact(texts), { keys: stranger }),
        ...(['encrypted_key', 'iv', 'ciphertext', 'tag'] as const).map(
          (name) => () => decrypt(toCompact(changed(texts, name)), { keys: plain }),
        ),
      ]
      for (const attempt of attempts) {
        const { message, hint, cause } = await fails(attempt, 'CS_DECRYPTION')
        messages.add(JSON.stringify([message, hint, cause]))
      }
    }
  assert.equal(messages.size, 1)
})

// Compression.

const deflated = async (plaintext: Uint8Array): Promise<Uint8Array> => {
  const stream = new Blob([Uint8Array.from(plaintext)]).stream().pipeThrough(new CompressionStream('deflate-raw'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
const ZIPPED = { ...DIRECT, zip: 'DEF' }

test('decryptJwe: a plaintext that is not what zip says is refused, once the tag has vouched for it (RFC 1951)', async () => {
  const good = await deflated(Buffer.from('hello'.repeat(20)))
  const refused: readonly Uint8Array[] = [
    Buffer.from('hello'),
    Uint8Array.from([...good, 0]),
    Uint8Array.from([...good, ...good]),
    Uint8Array.from([0x78, 0x9c, ...good]), // zlib's own header (RFC 1950)
    Uint8Array.from([0x1f, 0x8b, ...good]), // that of gzip (RFC 1952)
  ]
  for (const octets of refused) {
    const token = toCompact(await sealed(ZIPPED, octets))
    await fails(() => decrypt(token, { keys: direct }), 'CS_MALFORMED')
    await fails(() => decrypt(`${token.slice(0, -4)}AAAA`, { keys: direct }), 'CS_DECRYPTION')
  }
  assert.equal(
    text((await decrypt(toCompact(await sealed(ZIPPED, good)), { keys: direct })).plaintext),
    'hello'.repeat(20),
  )
})

test('decryptJwe: a compressed plaintext without its end is refused (RFC 1951)', async () => {
  const good = await deflated(Buffer.from('hello'.repeat(20)))
  for (const octets of [new Uint8Array(), good.slice(0, -2)]) {
    const token = toCompact(await sealed(ZIPPED, octets))
    await fails(() => decrypt(token, { keys: direct }), 'CS_MALFORMED')
  }
})

test('decryptJwe: a small token that becomes large is refused before it has (RFC 8725 §3.6)', async () => {
  const bomb = toCompact(await sealed(ZIPPED, await deflated(new Uint8Array(64 * 1024 * 1024))))
  assert.ok(bomb.length < 128 * 1024)
  const error = await fails(() => decrypt(bomb, { keys: direct }), 'CS_TOO_LARGE')
  assert.match(error.message, /more than 262144 octets/)
  for (const [octets, inflatedBytes, fits] of [
    [256 * 1024, undefined, true],
    [256 * 1024 + 1, undefined, false],
    [1000, 1000, true],
    [1000, 999, false],
    [1, 1, true],
  ] as const) {
    const token = toCompact(await sealed(ZIPPED, await deflated(new Uint8Array(octets))))
    const rules = { keys: direct, limits: inflatedBytes === undefined ? {} : { inflatedBytes } }
    if (fits) assert.equal((await decrypt(token, rules)).plaintext.length, octets)
    else await fails(() => decrypt(token, rules), 'CS_TOO_LARGE')
  }
})

test('decryptJwe: options may be frozen or have getters', async () => {
  const options = Object.freeze({
    get keys(): typeof secret {
      return secret
    },
    algorithms: Object.freeze(['A256KW']),
    encryptions: Object.freeze(['A256GCM']),
    crit: Object.freeze(['x']),
    limits: Object.freeze({}),
  })
  assert.equal(text((await decryptJwe(compact, options)).plaintext), 'hello')
})
