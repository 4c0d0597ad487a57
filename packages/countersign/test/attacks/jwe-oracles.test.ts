import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importKey, JoseError, type Jwk, keySet, secretKey } from 'countersign'
import { decryptJwe } from 'countersign/jwe'
import { HINTS } from '../../src/messages.ts'
import { b64 } from '../support/forge.ts'
import {
  bitsOf,
  cbc,
  compact,
  ENC,
  ENCS,
  type Enc,
  everyForm,
  type Forged,
  flipped,
  forge,
  gcm,
  general,
  isHere,
  keyFor,
  macOf,
  manageByHand,
  random,
  sealByHand,
} from '../support/forge-jwe.ts'
import {
  faultOf,
  type OpenerOptions,
  openedBy,
  openersOf,
  refusedBy,
  refusedUnseen,
  shownOf,
  workOf,
} from '../support/jwe.ts'
import { publicMembers } from '../support/keys.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** All that every opener shows of its refusals of some tokens; there is one such thing, or the refusals differ. */
async function refusalsOf(tokens: readonly (readonly [why: string, token: unknown])[], options: OpenerOptions) {
  const shown = new Map<string, object>()
  for (const [why, token] of tokens) {
    for (const { name, open } of openersOf(token)) {
      const error = await faultOf(() => open(token, options))
      assert.equal(error.code, 'CS_DECRYPTION', `${name}: ${why}: ${error.message}`)
      const all = shownOf(error)
      shown.set(JSON.stringify(all), all)
    }
  }
  return [...shown.values()]
}

/** The one thing that is shown whenever a key was used in vain. */
const REFUSAL = {
  class: 'JoseError',
  name: 'JoseError',
  code: 'CS_DECRYPTION',
  message: 'the JWE cannot be decrypted',
  hint: HINTS.CS_DECRYPTION,
  issues: [],
  unavailable: false,
}

async function alike(
  tokens: readonly (readonly [why: string, token: unknown])[],
  options: OpenerOptions,
): Promise<void> {
  const shown = await refusalsOf(tokens, options)
  assert.equal(shown.length, 1, `${shown.length} refusals can be told apart`)
  const { text: _, json: __, ...own } = shown[0] as { readonly text: string; readonly json: string }
  assert.deepEqual(own, REFUSAL)
}

/** A forged JWE with other parts, in every serialization. */
const changed = (why: string, forged: Forged, change: Partial<Forged> = {}) =>
  everyForm({ ...forged, ...change }).map((token) => [why, token] as const)

// 40. Why a key was not found

for (const alg of ['RSA-OAEP', 'RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512']) {
  test(`attack 40: ${alg}: bad padding, a CEK of another length, a wrong tag and another key are refused alike`, async () => {
    for (const enc of ['A128GCM', 'A256CBC-HS512'] as const) {
      const key = keyFor(alg)
      const good = await forge({ alg, enc, key: publicMembers(key) })
      for (const token of everyForm(good)) await openedBy(token, { keys: key })
      const other = await forge({ alg, enc, key: publicMembers(keyFor(alg, enc, 1)) })
      const otherHash = await manageByHand(alg === 'RSA-OAEP' ? 'RSA-OAEP-256' : 'RSA-OAEP', key, enc, good.cek)
      const lengths = [0, 1, 15, 17, 31, 33, 48].filter((length) => length !== ENC[enc].cek)
      const short = await Promise.all(
        lengths.map(async (length) => {
          const { encryptedKey } = await manageByHand(alg, key, enc, random(length))
          return changed(`a CEK of ${length} octets`, good, { encryptedKey })
        }),
      )
      const { encryptedKey } = good
      await alike(
        [
          ...changed('bad padding', good, { encryptedKey: flipped(encryptedKey) }),
          ...changed('bad padding in front', good, { encryptedKey: flipped(encryptedKey, 20) }),
          ...changed('random octets', good, { encryptedKey: Uint8Array.from([0, ...random(255)]) }),
          ...changed('zeros', good, { encryptedKey: new Uint8Array(256) }),
          ...changed('one', good, { encryptedKey: new Uint8Array(256).with(255, 1) }),
          ...changed('no number below the modulus', good, { encryptedKey: new Uint8Array(256).fill(255) }),
          ...changed('255 octets', good, { encryptedKey: encryptedKey.slice(0, 255) }),
          ...changed('257 octets', good, { encryptedKey: Uint8Array.from([0, ...encryptedKey]) }),
          ...changed('512 octets', good, { encryptedKey: Uint8Array.from([...encryptedKey, ...encryptedKey]) }),
          ...changed('one octet', good, { encryptedKey: encryptedKey.slice(0, 1) }),
          ...changed('another hash', good, { encryptedKey: otherHash.encryptedKey }),
          ...changed('another CEK', good, { encryptedKey: (await manageByHand(alg, key, enc)).encryptedKey }),
          ...changed('another key', other),
          ...changed('a wrong tag', good, { tag: flipped(good.tag) }),
          ...changed('a changed ciphertext', good, { ciphertext: flipped(good.ciphertext) }),
          ...changed('a changed vector', good, { iv: flipped(good.iv) }),
          ...short.flat(),
        ],
        { keys: key },
      )
    }
  })
}

/** The key managements that wrap a CEK with a shared key or one that is agreed upon. */
const WRAPPING = ['A128KW', 'A256KW', 'A256GCMKW', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW', 'PBES2-HS256+A128KW']

for (const alg of WRAPPING) {
  test(`attack 40: ${alg}: an encrypted key that was changed, of another CEK or for another key is refused alike`, async () => {
    const enc = 'A128CBC-HS256'
    const [key, stranger] = [keyFor(alg, enc), keyFor(alg, enc, 1)]
    const good = await forge({ alg, enc, key })
    const options = { keys: key, algorithms: [alg] }
    for (const token of everyForm(good)) await openedBy(token, options)
    const lengths = await Promise.all(
      [16, 24, 40, 48, 64].map(async (length) =>
        changed(
          `a CEK of ${length} octets`,
          await forge({ alg, enc, key, cek: random(length), sealedWith: random(32) }),
        ),
      ),
    )
    const tokens = [
      ...changed('a changed encrypted key', good, { encryptedKey: flipped(good.encryptedKey) }),
      ...changed('an encrypted key that is changed in front', good, { encryptedKey: flipped(good.encryptedKey, 0) }),
      ...changed('an encrypted key of zeros', good, { encryptedKey: new Uint8Array(good.encryptedKey.length) }),
      ...changed('a longer encrypted key', good, {
        encryptedKey: Uint8Array.from([...good.encryptedKey, ...random(8)]),
      }),
      ...changed('a wrong tag', good, { tag: flipped(good.tag) }),
      ...changed('a changed ciphertext', good, { ciphertext: flipped(good.ciphertext) }),
      ...changed('another key', await forge({ alg, enc, key: stranger })),
      ...lengths.flat(),
    ]
    await alike(tokens, options)
    await alike(tokens, { keys: [importKey(key), importKey(stranger)].slice(0, 1), algorithms: [alg] })
  })
}

for (const alg of ['RSA-OAEP-256', 'A128KW', 'A128GCMKW', 'ECDH-ES', 'ECDH-ES+A128KW', 'PBES2-HS256+A128KW', 'dir']) {
  test(`attack 40: ${alg}: of two keys in an array, whichever fails and however, nothing more is told than of one`, async () => {
    const enc = 'A128GCM'
    const [mine, stranger] = [keyFor(alg, enc), keyFor(alg, enc, 1)]
    const jwks: readonly Jwk[] = [mine, stranger]
    const good = await forge({ alg, enc, key: mine })
    const options = { algorithms: [alg] }
    for (const keys of [jwks, jwks.toReversed()])
      for (const token of everyForm(good)) await openedBy(token, { ...options, keys })
    const third: Jwk = alg === 'dir' ? { kty: 'oct', k: b64(random(16)) } : stranger
    const elsewhere = await forge({ alg, enc, key: third })
    const tokens = [
      ...changed('a wrong tag', good, { tag: flipped(good.tag) }),
      ...changed('a changed vector', good, { iv: flipped(good.iv) }),
      ...changed('another key and a wrong tag', elsewhere, { tag: flipped(elsewhere.tag) }),
      ...(good.encryptedKey.length > 0
        ? changed('a changed encrypted key', good, { encryptedKey: flipped(good.encryptedKey) })
        : []),
    ]
    for (const keys of [jwks, jwks.toReversed(), [mine], mine]) await alike(tokens, { ...options, keys })
    if (mine.kty === 'oct') return
    const set = keySet({ keys: [importKey(mine)] })
    await alike(tokens, { ...options, keys: set })
  })
}

test('attack 40: of several recipients nothing is told about which one failed, or how', async () => {
  const enc = 'A256GCM'
  const [rsa, aes] = [keyFor('RSA-OAEP-256'), keyFor('A256KW')]
  const first = await forge({ alg: 'A256KW', enc, key: aes, algIn: 'header' })
  const { encryptedKey } = await manageByHand('RSA-OAEP-256', rsa, enc, first.cek)
  const second = { own: { alg: 'RSA-OAEP-256' }, encryptedKey }
  const keys = [importKey(rsa), importKey(aes)]
  await openedBy(general(first, [first, second]), { keys })
  await alike(
    [
      ['the first', general({ ...first, tag: flipped(first.tag) }, [first, second])],
      [
        'a key of each',
        general(first, [
          { ...first, encryptedKey: flipped(first.encryptedKey) },
          { ...second, encryptedKey: flipped(encryptedKey) },
        ]),
      ],
      [
        'an encrypted key that cannot be',
        general(first, [
          { ...first, encryptedKey: random(7) },
          { ...second, encryptedKey: flipped(encryptedKey) },
        ]),
      ],
      [
        'an alg that is not known',
        general(first, [
          { own: { alg: 'unknown' }, encryptedKey },
          { ...second, encryptedKey: flipped(encryptedKey) },
        ]),
      ],
      [
        'no alg that is known',
        general(first, [
          { own: { alg: 'unknown' }, encryptedKey },
          { own: { alg: 'RSA1_5' }, encryptedKey },
        ]),
      ],
    ],
    { keys },
  )
})

test('attack 40: the content is tried once for each key, whatever becomes of the encrypted key', async () => {
  for (const alg of ['RSA-OAEP', 'A128KW', 'A128GCMKW', 'ECDH-ES+A128KW', 'PBES2-HS256+A128KW']) {
    const [key, stranger] = [keyFor(alg), keyFor(alg, 'A128GCM', 1)]
    const good = await forge({ alg, enc: 'A128GCM', key })
    const long = await forge({ alg, enc: 'A128GCM', key, cek: random(32), sealedWith: random(16) })
    const own = alg === 'A128GCMKW' ? 2 : 1
    for (const forged of [
      { ...good, encryptedKey: flipped(good.encryptedKey) },
      { ...good, tag: flipped(good.tag) },
      await forge({ alg, enc: 'A128GCM', key: stranger }),
      long,
    ]) {
      await workOf(compact(forged), { keys: key, algorithms: [alg] }, (calls, outcome) => {
        assert.ok(outcome instanceof JoseError)
        assert.equal(calls.open, own, `${alg}: the content, and the key where AES-GCM wraps it`)
      })
    }
  }
})

test('attack 40: RSA1_5 is left out, which is said of the alg and not of the padding', async () => {
  const key = keyFor('RSA-OAEP')
  const good = await forge({ alg: 'RSA-OAEP', enc: 'A128GCM', key, text: '{"alg":"RSA1_5","enc":"A128GCM"}' })
  for (const encryptedKey of [good.encryptedKey, random(256), random(255), random(1), new Uint8Array(256)]) {
    for (const token of everyForm({ ...good, encryptedKey }))
      await refusedUnseen(token, 'CS_UNSUPPORTED', { keys: key })
  }
  const { message } = await faultOf(() => decryptJwe('', { keys: key, algorithms: ['RSA1_5'] }))
  assert.match(message, /RSA1_5.*left out on purpose/)
})

// 41. AES-CBC-HMAC

const CBC = ENCS.filter((enc) => ENC[enc].family === 'cbc')
const GCM = ENCS.filter((enc) => ENC[enc].family === 'gcm')

for (const enc of CBC) {
  const { tag: tagOctets } = ENC[enc]
  const key = keyFor('dir', enc)
  const options = { keys: key }

  test(`attack 41: ${enc}: a tag of any other length than ${tagOctets} octets is refused before any work`, async () => {
    const good = await forge({ alg: 'dir', enc, key })
    const whole = await macOf(good.cek, utf8(good.encoded), good.iv, good.ciphertext, bitsOf(utf8(good.encoded)))
    for (let length = 0; length <= whole.length + 1; length++) {
      const tag = Uint8Array.from({ length }, (_, index) => whole[index] ?? 0)
      if (length === tagOctets) for (const token of everyForm({ ...good, tag })) await openedBy(token, options)
      else
        for (const token of everyForm({ ...good, tag }))
          await refusedUnseen(token, 'CS_MALFORMED', options, `${length}`)
    }
  })

  test(`attack 41: ${enc}: a vector of any other length than 16 octets is refused before any work`, async () => {
    const good = await forge({ alg: 'dir', enc, key })
    for (let length = 0; length <= 33; length++) {
      const iv = random(length)
      // The tag is right, whatever the vector is.
      const mac = await macOf(good.cek, utf8(good.encoded), iv, good.ciphertext, bitsOf(utf8(good.encoded)))
      const forged = { ...good, iv, tag: mac.slice(0, tagOctets) }
      if (length === 16) continue
      for (const token of everyForm(forged)) await refusedUnseen(token, 'CS_MALFORMED', options, `${length}`)
    }
  })

  test(`attack 41: ${enc}: every change of the tag, the ciphertext, the vector and the header is refused alike, with bad padding and good`, async () => {
    const good = await forge({ alg: 'dir', enc, key })
    const { cek, encoded, ciphertext, iv, tag } = good
    const resealed = async (plain: Uint8Array, ...input: readonly Uint8Array[]): Promise<Forged> => ({
      ...good,
      ciphertext: Uint8Array.from(plain),
      tag: (await macOf(cek, ...input)).slice(0, tagOctets),
    })
    const aad = utf8(encoded)
    const bits = bitsOf(aad)
    const noPadding = (await cbc(cek, new Uint8Array(32), iv)).slice(0, 32)
    const odd = ciphertext.slice(0, -1)
    const shorter = ciphertext.slice(0, -16)
    const octetCount = new Uint8Array(8).with(7, aad.length)
    await alike(
      [
        ...[0, 1, 7, -1].flatMap((at) => changed(`octet ${at} of the tag`, good, { tag: flipped(tag, at) })),
        ...[0, -17, -16, -2, -1].flatMap((at) =>
          changed(`octet ${at} of the ciphertext`, good, { ciphertext: flipped(ciphertext, at) }),
        ),
        ...Array.from({ length: 16 }, (_, at) =>
          changed(`octet ${at} of the vector`, good, { iv: flipped(iv, at) }),
        ).flat(),
        ...changed('a block less', good, { ciphertext: shorter }),
        ...changed('no ciphertext', good, { ciphertext: random(0) }),
        ...changed('a tag of zeros', good, { tag: new Uint8Array(tagOctets) }),
        // From here on the MAC is that of what is there, or of something that looks like it.
        ...changed('bad padding', await resealed(noPadding, aad, iv, noPadding, bits)),
        ...changed('no whole block', await resealed(odd, aad, iv, odd, bits)),
        ...changed('no block', await resealed(random(0), aad, iv, random(0), bits)),
        ...changed('a block less, well signed', await resealed(shorter, aad, iv, shorter, bits)),
        ...changed('no length', await resealed(ciphertext, aad, iv, ciphertext)),
        ...changed('a length in octets', await resealed(ciphertext, aad, iv, ciphertext, octetCount)),
        ...changed('a length in the other order', await resealed(ciphertext, aad, iv, ciphertext, bits.toReversed())),
        ...changed('a length of zero', await resealed(ciphertext, aad, iv, ciphertext, new Uint8Array(8))),
        ...changed('no vector', await resealed(ciphertext, aad, ciphertext, bits)),
        ...changed('no header', await resealed(ciphertext, iv, ciphertext, bitsOf(random(0)))),
        ...changed('the second half of the MAC', {
          ...good,
          tag: (await macOf(cek, aad, iv, ciphertext, bits)).slice(-tagOctets),
        }),
        ...changed('the keys in the other order', await swapped(enc, good)),
      ],
      options,
    )
  })
}

/** A content whose MAC key is the second half of the CEK. */
async function swapped(enc: Enc, good: Forged): Promise<Forged> {
  const half = good.cek.length / 2
  const cek = Uint8Array.from([...good.cek.subarray(half), ...good.cek.subarray(0, half)])
  return { ...good, ...(await sealByHand(enc, cek, 'swapped', good.encoded)) }
}

// 42. AES-GCM

/** Whether every WebCrypto encrypts with a vector of so many octets. */
const isWorkable = (length: number): boolean => length > 12 && length <= 16

for (const enc of GCM) {
  const key = keyFor('dir', enc)
  const options = { keys: key }

  test(`attack 42: ${enc}: a tag of any other length than 16 octets is refused before any work, also where it is right`, async () => {
    const good = await forge({ alg: 'dir', enc, key })
    for (let length = 0; length <= 33; length++) {
      const tag = Uint8Array.from({ length }, (_, index) => good.tag[index] ?? 0)
      if (length === 16) for (const token of everyForm({ ...good, tag })) await openedBy(token, options)
      else
        for (const token of everyForm({ ...good, tag }))
          await refusedUnseen(token, 'CS_MALFORMED', options, `${length}`)
    }
    for (const length of [4, 8, 12, 13, 14, 15]) {
      const short = { ...good, ...(await gcm(good.cek, utf8('{}'), good.encoded, random(12), length)) }
      for (const token of everyForm(short)) await refusedUnseen(token, 'CS_MALFORMED', options, `${length}`)
    }
  })

  test(`attack 42: ${enc}: a vector of any other length than 12 octets is refused before any work, also where the tag is right`, async () => {
    const good = await forge({ alg: 'dir', enc, key })
    for (let length = 0; length <= 33; length++) {
      if (length === 12) continue
      const iv = random(length)
      const forged = { ...good, iv, ...(isWorkable(length) && (await gcm(good.cek, utf8('{}'), good.encoded, iv))) }
      for (const token of everyForm(forged)) await refusedUnseen(token, 'CS_MALFORMED', options, `${length}`)
    }
  })

  test(`attack 42: ${enc}: every change of the tag, the ciphertext, the vector and the header is refused alike`, async () => {
    const good = await forge({ alg: 'dir', enc, key })
    const { ciphertext, iv, tag } = good
    await alike(
      [
        ...Array.from({ length: 16 }, (_, at) =>
          changed(`octet ${at} of the tag`, good, { tag: flipped(tag, at) }),
        ).flat(),
        ...Array.from({ length: 12 }, (_, at) =>
          changed(`octet ${at} of the vector`, good, { iv: flipped(iv, at) }),
        ).flat(),
        ...[0, 1, -1].flatMap((at) =>
          changed(`octet ${at} of the ciphertext`, good, { ciphertext: flipped(ciphertext, at) }),
        ),
        ...changed('an octet less', good, { ciphertext: ciphertext.slice(0, -1) }),
        ...changed('an octet more', good, { ciphertext: Uint8Array.from([...ciphertext, 0]) }),
        ...changed('no ciphertext', good, { ciphertext: random(0) }),
        ...changed('no header', { ...good, ...(await gcm(good.cek, utf8('{}'), '')) }),
      ],
      options,
    )
  })
}

for (const alg of ['A128GCMKW', 'A192GCMKW', 'A256GCMKW'].filter(isHere)) {
  test(`attack 42: ${alg}: iv of 12 octets and tag of 16 are in the header, or the token is refused before any work`, async () => {
    const enc = 'A128GCM'
    const key = keyFor(alg)
    const secret = Uint8Array.from(Buffer.from(key.k ?? '', 'base64url'))
    const cek = random(16)
    const make = (members: object, encryptedKey: Uint8Array) =>
      forge({ alg: 'dir', enc, key: { kty: 'oct', k: b64(cek) }, header: { alg, ...members } }).then((forged) =>
        everyForm({ ...forged, encryptedKey: Uint8Array.from(encryptedKey) }),
      )
    const wrapped = await gcm(secret, cek, '')
    const [iv, tag] = [b64(wrapped.iv), b64(wrapped.tag)]
    for (const token of await make({ iv, tag }, wrapped.ciphertext)) await openedBy(token, { keys: key })
    for (let length = 0; length <= 33; length++) {
      if (length !== 12 && isWorkable(length)) {
        // The key is well wrapped with this vector.
        const other = await gcm(secret, cek, '', random(length))
        for (const token of await make({ iv: b64(other.iv), tag: b64(other.tag) }, other.ciphertext))
          await refusedUnseen(token, 'CS_HEADER', { keys: key }, `iv of ${length}`)
      }
      if (length === 16) continue
      const cut = Uint8Array.from({ length }, (_, index) => wrapped.tag[index] ?? 0)
      for (const token of await make({ iv, tag: b64(cut) }, wrapped.ciphertext))
        await refusedUnseen(token, 'CS_HEADER', { keys: key }, `tag of ${length}`)
    }
    for (const length of [4, 8, 12, 13, 14, 15]) {
      const short = await gcm(secret, cek, '', random(12), length)
      for (const token of await make({ iv: b64(short.iv), tag: b64(short.tag) }, short.ciphertext))
        await refusedUnseen(token, 'CS_HEADER', { keys: key }, `tag of ${length}, which is right`)
    }
    for (const members of [
      { iv },
      { tag },
      {},
      { iv: null, tag },
      { iv, tag: null },
      { iv: 1, tag },
      { iv: [iv], tag },
      { iv: '', tag },
    ])
      for (const token of await make(members, wrapped.ciphertext))
        await refusedUnseen(token, 'CS_HEADER', { keys: key }, JSON.stringify(members))
    for (const members of [
      { iv: `${iv}=`, tag },
      { iv, tag: `${tag}==` },
      { iv: ` ${iv}`, tag },
      { iv, tag: `${tag}\n` },
    ])
      for (const token of await make(members, wrapped.ciphertext))
        await refusedUnseen(token, 'CS_BASE64', { keys: key }, JSON.stringify(members))
    const tokens = [
      ...(await make({ iv, tag: b64(flipped(wrapped.tag)) }, wrapped.ciphertext)),
      ...(await make({ iv: b64(flipped(wrapped.iv)), tag }, wrapped.ciphertext)),
      ...(await make({ iv, tag }, flipped(wrapped.ciphertext))),
      ...(await make({ iv, tag }, wrapped.ciphertext.slice(0, -1))),
      ...(await make({ iv: tag.slice(0, 16), tag }, wrapped.ciphertext)),
    ]
    await alike(
      tokens.map((token) => ['a changed wrapping', token] as const),
      { keys: key },
    )
  })
}

test('attack 42: a password or a secret that opens nothing is refused like a key that was changed', async () => {
  const forged = await forge({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', key: keyFor('PBES2') })
  const options = { algorithms: ['PBES2-HS256+A128KW'] }
  const tokens = changed('a password', forged)
  await alike(tokens, { ...options, keys: secretKey({ text: 'another password' }) })
  await alike(tokens, { ...options, keys: ['one', 'two'].map((text) => secretKey({ text })) })
  await refusedBy(compact(forged), 'CS_ALG', { keys: [secretKey({ text: 'a password' })] })
})
