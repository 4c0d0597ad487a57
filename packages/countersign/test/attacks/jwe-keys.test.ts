import assert from 'node:assert/strict'
import { test } from 'node:test'
import { capabilities, importKey, type Jwk, type Key, keySet } from 'countersign'
import { decryptJwe, encryptJwe } from 'countersign/jwe'
import { Key as BareKey } from '../../src/key/key.ts'
import { use } from '../../src/op.ts'
import { b64, fails } from '../support/forge.ts'
import {
  ALGS,
  compact,
  ENC,
  ENCS,
  type Enc,
  everyForm,
  type Forged,
  flattened,
  forge,
  general,
  keyFor,
  random,
} from '../support/forge-jwe.ts'
import { faultOf, JWE_RUNTIMES, openedBy, refusedBy, refusedUnseen } from '../support/jwe.ts'
import { jwkFor, lacks, publicMembers } from '../support/keys.ts'

test('attack 47: the JWE that the attacks start from are good ones, for each algorithm in every serialization', async () => {
  for (const alg of ALGS) {
    for (const enc of ENCS) {
      const options = { keys: keyFor(alg, enc), algorithms: [alg], encryptions: [enc] }
      for (const token of everyForm(await forge({ alg, enc, key: options.keys }))) await openedBy(token, options)
    }
  }
  const { management, content } = capabilities()
  assert.deepEqual([new Set(management), new Set(content)], [new Set(ALGS), new Set(ENCS)], 'nothing is left untried')
})

// 39. Whose point it is

const EC_SIZES = { 'P-256': 32, 'P-384': 48, 'P-521': 66 } as const
const EC_KEYS = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' } as const
const PRIME = {
  'P-256': 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
  'P-384': 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
  'P-521': 2n ** 521n - 1n,
}

const bigEndian = (value: bigint, octets: number): string =>
  b64(Buffer.from(value.toString(16).padStart(octets * 2, '0'), 'hex'))
const littleEndian = (value: bigint, octets: number): string =>
  b64(Buffer.from(value.toString(16).padStart(octets * 2, '0'), 'hex').reverse())
const integerOf = (text = ''): bigint => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`)

/** A JWE with this text of an epk, in the place of its own. */
async function withEpk(alg: string, epk: string | undefined): Promise<Forged> {
  const forged = await forge({ alg, enc: 'A128GCM', key: jwkFor('ES256') })
  const member = epk === undefined ? '' : `,"epk":${epk}`
  return { ...forged, encoded: b64(`{"alg":"${alg}","enc":"A128GCM"${member}}`) }
}

async function refusedEpk(epk: string | undefined, keys: Jwk, code: string, why: string): Promise<void> {
  for (const alg of ['ECDH-ES', 'ECDH-ES+A128KW']) {
    const forged = await withEpk(alg, epk)
    for (const token of everyForm(forged)) await refusedUnseen(token, code, { keys }, `${alg}: ${why}`)
    await refusedBy(compact(forged), code, { keys }, why)
  }
}

for (const crv of ['P-256', 'P-384', 'P-521'] as const) {
  test(`attack 39: an epk that is no point of ${crv} is refused before a private key is used`, async () => {
    const keys = jwkFor(EC_KEYS[crv])
    const good = publicMembers(jwkFor(EC_KEYS[crv], 1))
    const octets = EC_SIZES[crv]
    const prime = PRIME[crv]
    const [x, y] = [integerOf(good.x), integerOf(good.y)]
    const point = (px: bigint, py: bigint): object => ({
      ...{ kty: 'EC', crv, x: bigEndian(px, octets), y: bigEndian(py, octets) },
    })
    const cases: readonly (readonly [why: string, epk: object])[] = [
      ['the last bit of y', point(x, y ^ 1n)],
      ['the last bit of x', point(x ^ 1n, y)],
      ['x and y in the other order', point(y, x)],
      ['the origin', point(0n, 0n)],
      ['order two on a curve with another b', point(x, 0n)],
      ['x of the prime', point(prime, y)],
      ['y above the prime', crv === 'P-521' ? point(x, y + prime) : point(x, prime + 1n)],
      ['a y of zero octets', { ...good, y: '' }],
      ['no y', { ...good, y: undefined }],
      ['no x', { ...good, x: undefined }],
      ['an x that is an octet short', { ...good, x: bigEndian(x >> 8n, octets - 1) }],
      ['an x with an octet in front', { ...good, x: bigEndian(x, octets + 1) }],
      ['a y with an octet in front', { ...good, y: bigEndian(y, octets + 1) }],
      ['an x that is padded', { ...good, x: `${good.x}=` }],
      ['a number', { ...good, x: 1 }],
      ['another kty', { ...good, kty: 'OKP' }],
    ]
    for (const [why, epk] of cases) await refusedEpk(JSON.stringify(epk), keys, 'CS_HEADER', why)
  })
}

const P25519 = 2n ** 255n - 19n
const P448 = 2n ** 448n - 2n ** 224n - 1n
const ORDER_8 = [
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
]
const SMALL: readonly (readonly [crv: 'X25519' | 'X448', us: readonly bigint[]])[] = [
  [
    'X25519',
    [
      0n,
      1n,
      ...ORDER_8,
      P25519 - 1n,
      P25519,
      P25519 + 1n,
      2n ** 255n - 1n,
      ...ORDER_8.map((u) => u + 2n ** 255n),
      2n ** 255n,
      2n ** 255n + 1n,
      2n ** 256n - 1n,
    ],
  ],
  ['X448', [0n, 1n, P448 - 1n, P448, P448 + 1n, 2n ** 448n - 1n]],
]

/** As `lacks`, for a test that runs on every backend there is. */
const someLacks = (crv: string): string | false =>
  JWE_RUNTIMES.every(({ backend }) => backend.supports({ key: { kty: 'OKP', crv } })) ? false : `no ${crv} here`

for (const [crv, us] of SMALL) {
  const octets = crv === 'X25519' ? 32 : 56

  test(`attack 39: an epk of small order on ${crv}, or one that is not canonical, is refused before a private key is used`, {
    skip: someLacks(crv),
  }, async () => {
    const keys = jwkFor(crv)
    for (const u of us) {
      const epk = JSON.stringify({ kty: 'OKP', crv, x: littleEndian(u, octets) })
      await refusedEpk(epk, keys, 'CS_HEADER', `u = ${u}`)
    }
    const { x = '' } = jwkFor(crv, 1)
    for (const wrong of ['', x.slice(0, -2), `${x}AA`, `${x}=`, b64(random(octets + 1)), b64(random(octets - 1))])
      await refusedEpk(JSON.stringify({ kty: 'OKP', crv, x: wrong }), keys, 'CS_HEADER', `x of ${wrong.length}`)
  })

  test(`attack 39: a secret of zeros is none, on ${crv}, whoever gives the point`, { skip: lacks(crv) }, async () => {
    const own = BareKey.material(importKey(jwkFor(crv)))
    for (const { name, backend, run } of JWE_RUNTIMES) {
      if (!backend.supports({ key: { kty: 'OKP', crv } })) continue
      for (const u of us.slice(0, crv === 'X25519' ? 5 : 3)) {
        const other = { kty: 'OKP', crv, kind: 'public', members: { x: littleEndian(u, octets) } } as const
        const secret = await run(
          (function* () {
            return yield* use((backend) => backend.agree(own, other))
          })(),
        )
        assert.equal(secret, undefined, `${name}: u = ${u}`)
      }
    }
  })
}

test('attack 39: an epk is the public key of one curve, and nothing else', async () => {
  const good = publicMembers(jwkFor('ES256', 1))
  const text = (members: object): string => JSON.stringify({ ...good, ...members })
  const cases: readonly (readonly [why: string, epk: string | undefined])[] = [
    ['nothing', undefined],
    ...['null', 'true', '0', '""', '[]', '{}', `[${JSON.stringify(good)}]`].map((epk) => [epk, epk] as const),
    ['its text', JSON.stringify(JSON.stringify(good))],
    ['a private key', JSON.stringify(jwkFor('ES256', 1))],
    ['d of nothing', text({ d: '' })],
    ['d of null', text({ d: null })],
    ['k', text({ k: 'AAAA' })],
    ['a secret', JSON.stringify(keyFor('A128KW'))],
    ['an RSA key', JSON.stringify(publicMembers(jwkFor('RS256')))],
    ['no kty', text({ kty: undefined })],
    ['no crv', text({ crv: undefined })],
    ['kty of another case', text({ kty: 'ec' })],
    ['an inherited crv', text({ crv: 'constructor' })],
    ['a crv of another case', text({ crv: 'p-256' })],
    ['a crv that is no text', text({ crv: ['P-256'] })],
    ['members of a prototype', `{"__proto__":${JSON.stringify(good)}}`],
  ]
  for (const [why, epk] of cases) await refusedEpk(epk, jwkFor('ES256'), 'CS_HEADER', why)
})

test('attack 39: an epk on another curve than the key is refused before the key is used', async () => {
  const points = ['ES256', 'ES384', 'ES512', 'ES256K', 'X25519', 'X448', 'Ed25519', 'Ed448'].map((alg) =>
    publicMembers(jwkFor(alg, 1)),
  )
  for (const keys of ['ES256', 'ES384', 'ES512', 'X25519', 'X448'].map((alg) => jwkFor(alg))) {
    if (lacks(keys.crv) || (keys.kty === 'OKP' && someLacks(keys.crv ?? ''))) continue
    for (const epk of points) {
      if (epk.crv === keys.crv) continue
      await refusedEpk(JSON.stringify(epk), keys, 'CS_KEY_TYPE', `epk on ${epk.crv}, key on ${keys.crv}`)
    }
  }
})

test('attack 39: a good point agrees on each curve, whatever else its epk says', async () => {
  for (const alg of ['ECDH-ES', 'ECDH-ES+A256KW']) {
    for (const keys of ['ES256', 'ES384', 'ES512', 'X25519', 'X448'].map((name) => jwkFor(name))) {
      if (
        !JWE_RUNTIMES.every(({ backend }) => backend.supports({ key: { kty: keys.kty as 'EC', crv: keys.crv ?? '' } }))
      )
        continue
      const forged = await forge({ alg, enc: 'A256CBC-HS512', key: keys })
      for (const token of everyForm(forged)) await openedBy(token, { keys })
    }
  }
  const { header } = await decryptJwe(await encryptJwe('a', { key: publicMembers(jwkFor('ES256')), alg: 'ECDH-ES' }), {
    keys: jwkFor('ES256'),
  })
  assert.deepEqual(Object.keys(header['epk'] as object), ['kty', 'crv', 'x', 'y'], 'what is sent is public')
})

// 43. The length of a CEK

const LENGTHS = [16, 24, 32, 48, 64]

for (const alg of [
  'A128KW',
  'A256KW',
  'A128GCMKW',
  'A256GCMKW',
  'RSA-OAEP-256',
  'ECDH-ES+A128KW',
  'PBES2-HS256+A128KW',
]) {
  test(`attack 43: ${alg}: a CEK of another length than enc takes opens nothing, though it was well wrapped`, async () => {
    const options = { keys: keyFor(alg), algorithms: [alg] }
    for (const enc of ['A128GCM', 'A256GCM', 'A128CBC-HS256'] as const) {
      const right = ENC[enc].cek
      const extra = alg.startsWith('RSA') || alg.endsWith('GCMKW') ? [0, 1, right - 1, right + 1] : []
      for (const length of [...LENGTHS, ...extra]) {
        if (length === right) continue
        const cek = random(length)
        // The content is encrypted with what the CEK begins with, and zeros.
        const sealedWith = Uint8Array.from({ length: right }, (_, index) => cek[index] ?? 0)
        const forged = await forge({ alg, enc, key: options.keys, cek, sealedWith })
        if (forged.encryptedKey.length === 0) await refusedUnseen(compact(forged), 'CS_MALFORMED', options)
        else await refusedBy(compact(forged), 'CS_DECRYPTION', options, `${enc}, CEK of ${length}`)
      }
    }
  })
}

test('attack 43: a shared key of another length than enc takes is refused before any work', async () => {
  for (const enc of ENCS) {
    const good = await forge({ alg: 'dir', enc, key: keyFor('dir', enc) })
    for (const length of [...LENGTHS, 15, 17, 33, 65]) {
      if (length === ENC[enc].cek) continue
      const [code, options] = ['CS_KEY_SIZE', { algorithms: ['dir'] }] as const
      const jwk: Jwk = { kty: 'oct', k: b64(Uint8Array.from({ length }, (_, index) => good.cek[index] ?? 1)) }
      if (LENGTHS.includes(length))
        await refusedUnseen(compact(good), code, { ...options, keys: jwk }, `${enc}, ${length}`)
      await refusedBy(compact(good), code, { ...options, keys: jwk }, `${enc}, ${length}`)
    }
  }
})

// 44. The encrypted key

for (const alg of ['dir', 'ECDH-ES']) {
  test(`attack 44: ${alg}: an encrypted key that is there is refused before any work (RFC 7516 §5.2)`, async () => {
    const key = keyFor(alg)
    const good = await forge({ alg, enc: 'A128GCM', key })
    for (const length of [1, 7, 8, 16, 24, 32, 40, 256, 4096]) {
      for (const token of everyForm({ ...good, encryptedKey: random(length) }))
        await refusedUnseen(token, 'CS_MALFORMED', { keys: key }, `${length}`)
    }
  })
}

for (const alg of ALGS.filter((name) => /^A\d+KW$|\+A\d+KW$/.test(name))) {
  test(`attack 44: ${alg}: an encrypted key that AES Key Wrap never gives is refused before any work`, async () => {
    const options = { keys: keyFor(alg), algorithms: [alg] }
    const good = await forge({ alg, enc: 'A128GCM', key: options.keys })
    for (let length = 0; length <= 81; length++) {
      const forged = { ...good, encryptedKey: random(length) }
      if (length >= 24 && length % 8 === 0) await refusedBy(compact(forged), 'CS_DECRYPTION', options, `${length}`)
      else for (const token of everyForm(forged)) await refusedUnseen(token, 'CS_MALFORMED', options, `${length}`)
    }
  })
}

test('attack 44: what has an encrypted key has one of at least an octet, and it is text in base64url', async () => {
  for (const alg of ALGS.filter((name) => name !== 'dir' && name !== 'ECDH-ES')) {
    const options = { keys: keyFor(alg), algorithms: [alg] }
    const good = await forge({ alg, enc: 'A128GCM', key: options.keys })
    for (const token of everyForm({ ...good, encryptedKey: random(0) }))
      await refusedUnseen(token, 'CS_MALFORMED', options)
    const { encrypted_key = '', ...without } = flattened(good)
    for (const wrong of [null, 1, true, [encrypted_key], { 0: encrypted_key }]) {
      await refusedUnseen({ ...without, encrypted_key: wrong }, 'CS_MALFORMED', options)
      await refusedUnseen({ ...general(good), recipients: [{ encrypted_key: wrong }] }, 'CS_MALFORMED', options)
    }
    for (const wrong of [
      `${encrypted_key}=`,
      ` ${encrypted_key}`,
      `${encrypted_key}\n`,
      `${encrypted_key.slice(0, -1)}+`,
      'A',
    ])
      await refusedUnseen({ ...without, encrypted_key: wrong }, 'CS_BASE64', options)
    await refusedUnseen(without, 'CS_MALFORMED', options)
  }
})

// 47. Which algorithm a key serves

/** A good compact JWE for each key management. */
const tokens = new Map(
  await Promise.all(
    ALGS.map(async (alg) => [alg, compact(await forge({ alg, enc: 'A128GCM', key: keyFor(alg) }))] as const),
  ),
)

for (const [alg, token] of tokens) {
  test(`attack 47: ${alg}: a key that is bound to another algorithm never serves`, async () => {
    const jwk = keyFor(alg)
    const others = [
      ...ALGS,
      ...ENCS.filter((enc) => alg !== 'dir' || enc !== 'A128GCM'),
      'RS256',
      'PS256',
      'HS256',
      'ES256',
    ]
    for (const other of others.filter((name) => name !== alg)) {
      let key: Key
      try {
        key = importKey({ ...jwk, alg: other })
      } catch (error) {
        await fails(() => Promise.reject(error))
        continue
      }
      const algorithms = ALGS.includes(other) ? [alg, other] : [alg]
      for (const keys of [key, [key], keySet({ keys: [key] })]) {
        await refusedUnseen(token, codeFor(keys), { keys, algorithms }, `bound to ${other}`)
      }
    }
    const bound = alg === 'dir' ? ['dir', 'A128GCM'] : [alg]
    for (const name of bound) await openedBy(token, { keys: { ...jwk, alg: name }, algorithms: [alg] })
  })

  test(`attack 47: ${alg}: an algorithm that the caller does not allow is refused, whatever the key would do`, async () => {
    const jwk = keyFor(alg)
    for (const other of ALGS.filter((name) => name !== alg))
      await refusedUnseen(token, 'CS_ALG', { keys: [importKey(jwk)], algorithms: [other] }, other)
    const rest = ALGS.filter((name) => name !== alg)
    await refusedUnseen(token, 'CS_ALG', { keys: [importKey(jwk)], algorithms: rest })
    await openedBy(token, { keys: jwk, algorithms: [...rest, alg] })
  })

  test(`attack 47: ${alg}: a key for signatures, or one that may not decrypt, never serves`, async () => {
    const jwk = keyFor(alg)
    const wrong: readonly object[] = [
      { use: 'sig' },
      { key_ops: ['sign', 'verify'] },
      { key_ops: ['encrypt'] },
      { key_ops: ['wrapKey'] },
      { key_ops: [] },
      ...(alg.startsWith('ECDH') || alg.startsWith('PBES2') ? [{ key_ops: ['decrypt', 'unwrapKey'] }] : []),
      ...(alg === 'dir' ? [{ key_ops: ['unwrapKey', 'deriveBits'] }] : []),
    ]
    for (const members of wrong) {
      const keys = { ...jwk, ...members } as Jwk
      const error = await faultOf(() => decryptJwe(token, { keys, algorithms: [alg] }))
      assert.ok(['CS_KEY_TYPE', 'CS_KEY_INVALID'].includes(error.code), `${JSON.stringify(members)}: ${error.code}`)
    }
  })
}

/** What refuses a key that does not fit: of several, none is named. */
const codeFor = (keys: object): string => (BareKey.is(keys) || Array.isArray(keys) ? 'CS_KEY_TYPE' : 'CS_NO_KEY')

test('attack 47: a content encryption that the caller does not allow is refused', async () => {
  for (const alg of ['A256KW', 'dir']) {
    for (const enc of ENCS) {
      const keys = importKey(keyFor(alg, enc))
      const token = compact(await forge({ alg, enc, key: keyFor(alg, enc) }))
      for (const other of ENCS.filter((name) => name !== enc))
        await refusedUnseen(token, 'CS_ALG', { keys: [keys], encryptions: [other] }, `${enc} for ${other}`)
      await openedBy(token, { keys, encryptions: [enc] })
    }
  }
})

test('attack 47: a shared key that is bound to a content encryption serves that one alone, of the same size or not', async () => {
  for (const enc of ENCS) {
    const jwk = keyFor('dir', enc)
    for (const other of ENCS) {
      const token = compact(await forge({ alg: 'dir', enc, key: jwk }))
      const keys = { ...jwk, alg: other }
      if (other === enc) await openedBy(token, { keys })
      else {
        const error = await faultOf(() => decryptJwe(token, { keys }))
        assert.ok(['CS_KEY_TYPE', 'CS_KEY_SIZE'].includes(error.code), `${other} for ${enc}: ${error.code}`)
      }
    }
  }
})

test('attack 47: an alg that is no key management is refused, and so is the name of a signature', async () => {
  const algs = [
    '',
    'none',
    'HS256',
    'RS256',
    'A128GCM',
    'a128kw',
    'A128KW ',
    'DIR',
    'RSA-OAEP-1',
    'RSA-OAEP-128',
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
  ]
  const key = keyFor('A128KW')
  for (const alg of algs) {
    const forged = await forge({ alg: 'A128KW', enc: 'A128GCM', key, header: { alg } })
    for (const token of everyForm(forged)) await refusedUnseen(token, 'CS_ALG', { keys: key }, alg)
  }
  for (const alg of [null, undefined, 1, true, ['A128KW'], { 0: 'A128KW' }]) {
    const forged = await forge({ alg: 'A128KW', enc: 'A128GCM', key, header: { alg } })
    for (const token of everyForm(forged)) await refusedUnseen(token, 'CS_HEADER', { keys: key }, String(alg))
  }
  for (const options of [
    { algorithms: [] },
    { algorithms: 'A128KW' },
    { algorithms: ['HS256'] },
    { algorithms: ['none'] },
    { algorithms: [null] },
    { encryptions: [] },
    { encryptions: 'A128GCM' },
    { encryptions: ['A128KW'] },
    { encryptions: ['__proto__'] },
  ])
    await assert.rejects(decryptJwe('', { keys: key, ...options } as never), TypeError, JSON.stringify(options))
})

test('attack 47: an encrypter refuses what a decrypter would', async () => {
  const cases: readonly (readonly [jwk: Jwk, alg: string, enc?: Enc])[] = [
    [{ ...keyFor('A128KW'), alg: 'A128GCMKW' }, 'A128KW'],
    [{ ...publicMembers(jwkFor('RS256')), alg: 'RSA-OAEP' }, 'RSA-OAEP-256'],
    [{ ...publicMembers(jwkFor('RS256')), use: 'sig' }, 'RSA-OAEP-256'],
    [jwkFor('RS256'), 'RSA-OAEP-256'],
    [keyFor('dir', 'A256GCM'), 'dir', 'A128GCM'],
    [{ ...keyFor('dir', 'A256GCM'), alg: 'A256GCM' }, 'dir', 'A128CBC-HS256'],
    [publicMembers(jwkFor('ES256')), 'RSA-OAEP'],
    ...['ES256K', 'Ed25519']
      .map((name) => publicMembers(jwkFor(name)))
      .filter(({ crv }) => !lacks(crv))
      .map((key) => [key, 'ECDH-ES'] as const),
  ]
  for (const [key, alg, enc] of cases) {
    const error = await faultOf(() => encryptJwe('a', { key, alg, ...(enc && { enc }) }))
    assert.ok(['CS_KEY_TYPE', 'CS_KEY_SIZE'].includes(error.code), `${alg}: ${error.code}`)
  }
  const { message } = await faultOf(() => encryptJwe('a', { key: publicMembers(jwkFor('RS256')), alg: 'RSA1_5' }))
  assert.match(message, /RSA1_5.*left out on purpose/)
})
