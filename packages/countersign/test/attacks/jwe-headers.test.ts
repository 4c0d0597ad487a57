import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDecrypter, keySet } from 'countersign'
import { type DecryptJweOptions, decryptJwe, encryptJwe, type FlattenedJwe } from 'countersign/jwe'
import { b64, fails } from '../support/forge.ts'
import {
  compact,
  everyForm,
  type Forged,
  type Forgery,
  flattened,
  forge,
  general,
  keyFor,
  manageByHand,
  random,
} from '../support/forge-jwe.ts'
import { ANY_CLAIMS, openedBy, refusedBy, refusedUnseen } from '../support/jwe.ts'

const ALG = 'A128KW'
const ENC = 'A128GCM'
const KEY = keyFor(ALG)
const keys = KEY

/** A JWE whose tag is right, whatever its headers say. */
const make = (members: Partial<Forgery> = {}): Promise<Forged> => forge({ alg: ALG, enc: ENC, key: KEY, ...members })

const both = (forged: Forged): readonly object[] => [flattened(forged), general(forged)]

async function refused(
  members: Partial<Forgery>,
  code: string,
  options: Partial<DecryptJweOptions> = {},
  why = JSON.stringify(members),
): Promise<void> {
  for (const token of everyForm(await make(members))) await refusedUnseen(token, code, { keys, ...options }, why)
}

// 45. Where members stand

test('the JWE that attack 45 starts from are good ones', async () => {
  for (const algIn of ['protected', 'unprotected', 'header'] as const) {
    for (const token of everyForm(await make({ algIn }))) await openedBy(token, { keys })
  }
  for (const token of both(await make({ unprotected: { note: 1 }, own: { kid: 'a' }, aad: 'in the open' })))
    await openedBy(token, { keys })
})

test('attack 45: a name stands in one header alone, whatever its values are (RFC 7516 §5.2)', async () => {
  for (const value of [ALG, 'dir', 'other', null]) {
    for (const name of ['alg', 'kid', 'note', 'jku', 'typ']) {
      const guarded = { [name]: name === 'alg' ? ALG : 'a' }
      const open = { [name]: value }
      await refused({ header: guarded, unprotected: open }, 'CS_HEADER')
      await refused({ header: guarded, own: open }, 'CS_HEADER')
      if (name === 'alg') continue
      await refused({ unprotected: guarded, own: open }, 'CS_HEADER')
      await refused({ header: guarded, unprotected: open, own: open }, 'CS_HEADER')
    }
  }
  await refused({ algIn: 'unprotected', own: { alg: ALG } }, 'CS_HEADER')
  await refused({ algIn: 'header', unprotected: { alg: ALG } }, 'CS_HEADER')
  for (const place of ['unprotected', 'own'] as const) {
    for (const allowUnprotectedAlg of [false, true]) {
      await refused({ [place]: { enc: ENC } }, 'CS_HEADER', { allowUnprotectedAlg })
      await refused({ [place]: { enc: 'A256GCM' } }, 'CS_HEADER', { allowUnprotectedAlg })
    }
  }
})

test('attack 45: enc is protected unless the caller accepts that it is not', async () => {
  const text = JSON.stringify({ alg: ALG })
  for (const members of [
    { text, unprotected: { enc: ENC } },
    { text, own: { enc: ENC } },
  ]) {
    await refused(members, 'CS_HEADER')
    for (const token of both(await make(members))) {
      const { header, protectedHeader } = await decryptJwe(token, { keys, allowUnprotectedAlg: true })
      assert.deepEqual([header.enc, protectedHeader['enc']], [ENC, undefined])
    }
  }
  await refused({ text }, 'CS_HEADER', { allowUnprotectedAlg: true })
})

test('attack 45: zip and crit stand in the protected header alone', async () => {
  for (const allowUnprotectedAlg of [false, true]) {
    for (const place of ['unprotected', 'own'] as const) {
      await refused({ [place]: { zip: 'DEF' } }, 'CS_HEADER', { allowUnprotectedAlg })
      await refused({ [place]: { crit: ['note'] }, header: { note: 1 } }, 'CS_CRIT', {
        allowUnprotectedAlg,
        crit: ['note'],
      })
    }
  }
})

const INHERITED = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', 'prototype']

test('attack 45: enc is the exact name of a content encryption, and nothing that an object inherits', async () => {
  for (const enc of [
    ...INHERITED,
    '',
    'a128gcm',
    'A128GCM ',
    ' A128GCM',
    'A128CBC',
    'A128KW',
    'dir',
    'none',
    'A512GCM',
    'A128CBC-H256',
  ]) {
    await refused({ header: { enc } }, 'CS_ALG')
    await refused({ header: { enc }, algIn: 'header' }, 'CS_ALG')
  }
  for (const enc of [null, undefined, 0, 1, true, ['A128GCM'], { toString: 'A128GCM' }])
    await refused({ header: { enc } }, 'CS_HEADER')
  for (const text of [
    `{"alg":"${ALG}","__proto__":{"enc":"${ENC}"}}`,
    `{"__proto__":{"alg":"${ALG}","enc":"${ENC}"}}`,
    `{"alg":"${ALG}","constructor":{"prototype":{"enc":"${ENC}"}}}`,
  ])
    await refused({ text }, 'CS_HEADER')
  assert.equal((Object.prototype as { readonly enc?: unknown }).enc, undefined)
})

test('attack 45: a member of a header that has the name of a prototype is a member like any other', async () => {
  const unprotected = JSON.parse(`{"__proto__":{"enc":"${ENC}","zip":"DEF","crit":["a"]}}`) as Record<string, unknown>
  const forged = await make()
  for (const token of [
    { ...flattened(forged), unprotected },
    { ...flattened(forged), header: unprotected },
  ]) {
    const { header } = await decryptJwe(token, { keys })
    assert.deepEqual([header.enc, header['zip'], header['crit']], [ENC, undefined, undefined])
  }
  const inherited = Object.create(flattened(forged)) as object
  await refusedUnseen(inherited, 'CS_MALFORMED', { keys }, 'an object that inherits all it has')
})

test('attack 45: no name stands twice in a protected header', async () => {
  for (const text of [
    `{"alg":"dir","alg":"${ALG}","enc":"${ENC}"}`,
    `{"alg":"${ALG}","enc":"A256GCM","enc":"${ENC}"}`,
    `{"alg":"${ALG}","enc":"${ENC}","\\u0065nc":"${ENC}"}`,
    `{"alg":"${ALG}","enc":"${ENC}","zip":"DEF","zip":"DEF"}`,
  ])
    await refused({ text }, 'CS_MALFORMED')
})

test('attack 45: the protected header and what is authenticated beside it cannot be changed, added or removed', async () => {
  const aad = 'in the open'
  const [with_, without] = [await make({ aad }), await make()]
  for (const token of both(with_)) await openedBy(token, { keys })
  const changes: readonly object[] = [
    ...both(with_).flatMap((token) => [
      { ...token, aad: b64('In the open') },
      { ...token, aad: b64(`${aad} `) },
      { ...token, aad: 'AA' },
      { ...token, aad: undefined },
    ]),
    ...both(without).flatMap((token) => [
      { ...token, aad: b64(aad) },
      { ...token, aad: 'AA' },
    ]),
    // The dot between both belongs to neither.
    ...both({ ...with_, encoded: without.encoded, aad: b64('x') }),
  ]
  for (const token of changes) await refusedBy(token, 'CS_DECRYPTION', { keys }, JSON.stringify(token))
  const other = b64(JSON.stringify({ enc: ENC, alg: ALG }))
  const spaced = b64(`{"alg":"${ALG}", "enc":"${ENC}"}`)
  for (const encoded of [other, spaced]) {
    for (const token of everyForm({ ...without, encoded }))
      await refusedBy(token, 'CS_DECRYPTION', { keys }, 'the header')
  }
  const [moved] = [await make({ text: JSON.stringify({ enc: ENC }), algIn: 'header' })]
  const guarded = { ...moved, encoded: without.encoded }
  const { own: _, ...bare } = guarded
  for (const token of everyForm(bare)) await refusedBy(token, 'CS_DECRYPTION', { keys }, 'alg moved into the header')
})

test('attack 45: aad is base64url text, and left out where it is empty', async () => {
  const forged = await make({ aad: 'in the open' })
  for (const token of both(forged)) {
    for (const aad of [null, 1, true, ['AA'], {}, '']) await refusedUnseen({ ...token, aad }, 'CS_MALFORMED', { keys })
    for (const aad of ['A', 'AA=', 'AB', ' AA', 'AA\n', '+/', 'ü', `${forged.aad}.`])
      await refusedUnseen({ ...token, aad }, 'CS_BASE64', { keys }, aad)
  }
})

test('attack 45: an unprotected header can be changed by anyone, and decides nothing but which key is tried', async () => {
  const stranger = keyFor(ALG, ENC, 1)
  const set = keySet({
    keys: [
      { ...KEY, kid: 'mine' },
      { ...stranger, kid: 'theirs' },
    ],
  })
  const forged = await make({ own: { kid: 'mine' } })
  const { header } = await decryptJwe(flattened(forged), { keys: set })
  assert.equal(header.kid, 'mine')
  await fails(() => decryptJwe({ ...flattened(forged), header: { kid: 'theirs' } }, { keys: set }), 'CS_DECRYPTION')
  await fails(() => decryptJwe({ ...flattened(forged), header: { kid: 'nobody' } }, { keys: set }), 'CS_NO_KEY')
  for (const kid of [null, 1, ['mine']])
    await refusedUnseen({ ...flattened(forged), header: { kid } }, 'CS_HEADER', { keys: set })
})

test('attack 45: keys that a header brings along are never used', async () => {
  const stranger = keyFor(ALG, ENC, 1)
  const forged = await forge({
    alg: ALG,
    enc: ENC,
    key: stranger,
    header: { jwk: stranger, jku: 'http://127.0.0.1:9/', x5u: 'http://127.0.0.1:9/' },
  })
  for (const token of everyForm(forged)) await refusedBy(token, 'CS_DECRYPTION', { keys })
})

test('attack 45: a JWE in JSON has the form of one serialization', async () => {
  const forged = await make({ algIn: 'header' })
  const [flat, several] = [flattened(forged), general(forged)]
  const { recipients } = several
  const { ciphertext: _, ...withoutCiphertext } = flat
  const cases: readonly (readonly [why: string, token: unknown])[] = [
    ['encrypted_key beside recipients', { ...several, encrypted_key: flat.encrypted_key }],
    ['header beside recipients', { ...several, header: flat.header }],
    ['both', { ...flat, recipients }],
    ['recipients of nothing', { ...several, recipients: [] }],
    ['recipients that is an object', { ...several, recipients: { 0: recipients[0], length: 1 } }],
    ['recipients of null', { ...several, recipients: null }],
    ['a recipient of null', { ...several, recipients: [null] }],
    ['a recipient that is text', { ...several, recipients: ['a'] }],
    ['a recipient that is a list', { ...several, recipients: [recipients] }],
    ['no ciphertext', withoutCiphertext],
    ['a ciphertext of null', { ...flat, ciphertext: null }],
    ['a ciphertext in a list', { ...flat, ciphertext: [flat.ciphertext] }],
    ['a vector of null', { ...flat, iv: null }],
    ['no vector', { ...flat, iv: undefined }],
    ['no tag', { ...flat, tag: undefined }],
    ['a tag that is a number', { ...flat, tag: 1 }],
    ['an empty protected header', { ...flat, protected: '' }],
    ['a protected header that is an object', { ...flat, protected: { enc: ENC } }],
    ['a shared header that is text', { ...flat, unprotected: 'a' }],
    ['a shared header that is a list', { ...flat, unprotected: [] }],
    ['a shared header of null', { ...flat, unprotected: null }],
    ['a header that is text', { ...flat, header: 'a' }],
    ['nothing in it', {}],
    ['a list', [flat]],
    ['null', null],
    ['its text', JSON.stringify(flat)],
    ['a number', 1],
  ]
  for (const [why, token] of cases) await refusedUnseen(token, 'CS_MALFORMED', { keys }, why)
  const decrypter = createDecrypter({ keys, ...ANY_CLAIMS })
  for (const token of [flat, several, JSON.stringify(flat), null, undefined, 1])
    await fails(() => decrypter.decrypt(token as string), 'CS_MALFORMED')
})

test('attack 45: enc is the same for all recipients, and a key that is shared or agreed upon is for one alone (RFC 7516 §5.1)', async () => {
  const forged = await make({ text: '{"note":1}' })
  const one = { own: { alg: ALG, enc: ENC }, encryptedKey: forged.encryptedKey }
  const other = { own: { alg: ALG, enc: 'A256GCM' }, encryptedKey: forged.encryptedKey }
  for (const recipients of [
    [one, other],
    [other, one],
  ])
    await refusedUnseen(general(forged, recipients), 'CS_HEADER', { keys, allowUnprotectedAlg: true })
  for (const alg of ['dir', 'ECDH-ES']) {
    const [key, stranger] = [keyFor(alg), keyFor(ALG, ENC, 1)]
    const direct = await forge({ alg, enc: ENC, key, algIn: 'header' })
    const wrapped = {
      own: { alg: ALG },
      encryptedKey: (await manageByHand(ALG, stranger, ENC, direct.cek)).encryptedKey,
    }
    await openedBy(general(direct), { keys: key })
    for (const recipients of [
      [direct, direct],
      [direct, wrapped],
      [wrapped, direct],
    ])
      await refusedUnseen(general(direct, recipients), 'CS_DECRYPTION', { keys: { ...key, alg } }, alg)
  }
})

test('attack 45: what is written keeps to that as well', async () => {
  const target = { key: KEY, alg: ALG } as const
  const wrong: readonly object[] = [
    { protected: { zip: 'DEF' } },
    { protected: { epk: {} } },
    { protected: { p2c: 1 } },
    { protected: { note: 1 }, unprotected: { note: 1 }, serialization: 'flattened' },
    { protected: { note: 1 }, header: { note: 1 }, serialization: 'flattened' },
    { unprotected: { crit: ['note'] }, serialization: 'flattened' },
    { unprotected: { enc: ENC }, serialization: 'flattened' },
    { unprotected: { note: 1 } },
    { header: { note: 1 } },
    { aad: 'a' },
    { aad: 1, serialization: 'flattened' },
    { protected: { alg: 'dir' } },
    { protected: { enc: 'A256GCM' }, enc: ENC },
    { enc: 'constructor' },
    { alg: '__proto__' },
  ]
  for (const options of wrong)
    await assert.rejects(encryptJwe('a', { ...target, ...options } as never), TypeError, JSON.stringify(options))
  const written = (await encryptJwe('a', { ...target, aad: 'in the open', serialization: 'flattened' })) as FlattenedJwe
  assert.equal(written.aad, b64('in the open'))
  await fails(() => decryptJwe({ ...written, aad: b64('changed') }, { keys }), 'CS_DECRYPTION')
})

// 48. crit

const DIRECT = keyFor('dir')
const critical = (header: object, text?: string): Promise<Forged> =>
  forge({ alg: 'dir', enc: ENC, key: DIRECT, header: { ...header }, ...(text !== undefined && { text }) })

const understood = ['exp-ext', 'absent', 'toString', 'constructor', 'alg', 'enc', 'zip', 'epk', 'crit', 'x', '0']

const MALFORMED: readonly (readonly [why: string, header: object])[] = [
  ...[null, false, true, 0, 1, '', 'exp-ext', {}, { 0: 'exp-ext', length: 1 }, []].map(
    (crit) => [`of ${JSON.stringify(crit)}`, { crit, 'exp-ext': 1 }] as const,
  ),
  ['with an empty name', { crit: [''], '': 1 }],
  ['with null', { crit: [null], null: 1 }],
  ['with a number', { crit: [0], 0: 1 }],
  ['with a list', { crit: [['exp-ext']], 'exp-ext': 1 }],
  ['with a name twice', { crit: ['exp-ext', 'exp-ext'], 'exp-ext': 1 }],
  ['with an absent member', { crit: ['absent'] }],
  ['with an absent member behind a present one', { crit: ['exp-ext', 'absent'], 'exp-ext': 1 }],
  ['with an inherited toString', { crit: ['toString'] }],
  ['with an inherited constructor', { crit: ['constructor'] }],
  ['with an inherited __proto__', { crit: ['__proto__'] }],
  ['with itself', { crit: ['crit'] }],
  ['with alg', { crit: ['alg'] }],
  ['with enc', { crit: ['enc'] }],
  ['with zip', { crit: ['zip'], zip: 'DEF' }],
  ['with kid', { crit: ['kid'], kid: 'k' }],
  ['with epk', { crit: ['epk'], epk: {} }],
  ...['apu', 'apv', 'iv', 'tag', 'p2s', 'p2c', 'jwk', 'cty', 'typ'].map(
    (name) => [`with ${name}`, { crit: [name], [name]: 'AA' }] as const,
  ),
]

for (const [why, header] of MALFORMED) {
  test(`attack 48: crit ${why} is refused under a right tag, whatever is understood (RFC 7516 §4.1.13)`, async () => {
    const forged = await critical(header)
    for (const token of everyForm(forged)) {
      await refusedUnseen(token, 'CS_CRIT', { keys: DIRECT }, why)
      await refusedUnseen(token, 'CS_CRIT', { keys: DIRECT, crit: understood }, why)
    }
    await refusedBy(compact(forged), 'CS_CRIT', { keys: DIRECT })
  })
}

test('attack 48: an extension that is critical and not understood is refused under a right tag', async () => {
  const headers: readonly (readonly [header: object, text?: string])[] = [
    [{ crit: ['unknown'], unknown: 1 }],
    [{ crit: ['unknown'], unknown: null }],
    [{ crit: ['unknown'], unknown: false }],
    [{ crit: ['exp-ext', 'unknown'], 'exp-ext': 1, unknown: 1 }],
    [{ crit: ['EXP-EXT'], 'EXP-EXT': 1 }],
    [{ crit: ['exp'], exp: 1 }],
    [{}, `{"alg":"dir","enc":"${ENC}","crit":["__proto__"],"__proto__":1}`],
    [{ crit: ['hasOwnProperty'], hasOwnProperty: 1 }],
  ]
  for (const [header, text] of headers) {
    const forged = await critical(header, text)
    for (const token of everyForm(forged)) {
      await refusedUnseen(token, 'CS_CRIT', { keys: DIRECT })
      await refusedUnseen(token, 'CS_CRIT', { keys: DIRECT, crit: ['exp-ext'] })
    }
    await refusedBy(compact(forged), 'CS_CRIT', { keys: DIRECT })
  }
})

test('attack 48: b64 is not for a JWE, critical or not, true or false (RFC 7797 §3)', async () => {
  for (const header of [
    { b64: false },
    { b64: true },
    { b64: false, crit: ['b64'] },
    { b64: true, crit: ['b64'] },
    { b64: true, crit: ['b64', 'exp-ext'], 'exp-ext': 1 },
  ]) {
    const forged = await critical(header)
    for (const token of everyForm(forged)) {
      await refusedUnseen(token, 'CS_CRIT', { keys: DIRECT })
      await refusedUnseen(token, 'CS_CRIT', { keys: DIRECT, crit: ['exp-ext'] })
    }
    await refusedBy(compact(forged), 'CS_CRIT', { keys: DIRECT })
  }
  for (const b64 of ['false', 0, null, []])
    for (const token of everyForm(await critical({ b64, crit: ['b64'] })))
      await refusedUnseen(token, 'CS_HEADER', { keys: DIRECT })
  for (const crit of [['b64'], ['exp-ext', 'b64'], 'exp-ext', [1], [''], {}])
    await assert.rejects(decryptJwe('', { keys: DIRECT, crit: crit as string[] }), TypeError, JSON.stringify(crit))
  await assert.rejects(
    encryptJwe('a', { key: DIRECT, alg: 'dir', protected: { b64: false, crit: ['b64'] } }),
    TypeError,
  )
})

test('attack 48: crit in an unprotected header is refused, and so is a critical member there', async () => {
  const crit = ['exp-ext']
  const good = { alg: 'dir', enc: ENC, key: DIRECT } as const
  for (const members of [
    { header: { 'exp-ext': 1 }, unprotected: { crit } },
    { header: { 'exp-ext': 1 }, own: { crit } },
    { header: { crit }, unprotected: { 'exp-ext': 1 } },
    { header: { crit }, own: { 'exp-ext': 1 } },
    { unprotected: { crit, 'exp-ext': 1 } },
    { own: { crit, 'exp-ext': 1 } },
    { own: { crit: [] } },
    { own: { crit: null } },
    { unprotected: { b64: true } },
    { own: { b64: false } },
  ]) {
    for (const token of both(await forge({ ...good, ...members }))) {
      for (const allowUnprotectedAlg of [false, true])
        await refusedUnseen(token, 'CS_CRIT', { keys: DIRECT, crit, allowUnprotectedAlg }, JSON.stringify(members))
    }
  }
})

test('attack 48: an extension is accepted where the program says that it understands it, and never in a JWT', async () => {
  const forged = await critical({ crit: ['exp-ext', 'x'], 'exp-ext': { a: 1 }, x: null })
  for (const token of everyForm(forged)) {
    const { header } = await decryptJwe(token as string, { keys: DIRECT, crit: ['exp-ext', 'x', 'other'] })
    assert.deepEqual(header['exp-ext'], { a: 1 })
    await refusedUnseen(token, 'CS_CRIT', { keys: DIRECT, crit: ['x'] })
  }
  await refusedBy(compact(forged), 'CS_CRIT', { keys: DIRECT })
})

test('attack 48: what one recipient calls critical concerns them all, since it is protected', async () => {
  const forged = await make({ text: JSON.stringify({ enc: ENC, crit: ['x'], x: 1 }), algIn: 'header' })
  const token = general(forged, [forged, { own: { alg: ALG }, encryptedKey: random(24) }])
  await refusedUnseen(token, 'CS_DECRYPTION', { keys })
  await decryptJwe(token, { keys, crit: ['x'] })
})
