import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as zlib from 'node:zlib'
import { importKey, JoseError, type Keys, keySet, secretKey } from 'countersign'
import { decryptJwe, encryptJwe } from 'countersign/jwe'
import { decryptJwe as decrypting } from '../../src/jwe/decrypt-jwe.ts'
import { DOORS } from '../support/doors.ts'
import { fails } from '../support/forge.ts'
import {
  BARE_CLAIMS,
  compact,
  everyForm,
  type Forged,
  flattened,
  forge,
  general,
  isHere,
  keyFor,
  LEAST,
  manageByHand,
  SALT,
} from '../support/forge-jwe.ts'
import {
  ANY_CLAIMS,
  faultOf,
  JWE_RUNTIMES,
  openedBy,
  refusedBy,
  refusedUnseen,
  shownOf,
  workOf,
} from '../support/jwe.ts'

// 37. Decompression

const ENC = 'A128GCM'
const KEY = keyFor('dir')
const ZIP = { zip: 'DEF' }

/** A JWE with this compressed plaintext, under a key that is shared. */
const zipped = (plaintext: Uint8Array, header: object = ZIP): Promise<Forged> =>
  forge({ alg: 'dir', enc: ENC, key: KEY, plaintext, header: { ...header } })

const raw = (text: string | Uint8Array): Uint8Array => zlib.deflateRawSync(text)

/** Blocks of a mebibyte of zeros, each closed on an octet and none the last, and an empty last one (RFC 1951 §3.2.4). */
function bomb(mebibytes: number): Uint8Array {
  const zeros = zlib.deflateRawSync(new Uint8Array(1024 * 1024), { finishFlush: zlib.constants.Z_SYNC_FLUSH })
  return Buffer.concat([...Array<Buffer>(mebibytes).fill(zeros), Buffer.of(3, 0)])
}

const WIDE = { tokenBytes: 8 * 1024 * 1024 }
const GIGABYTE = 1024

/** The most memory that the process ever had, in MiB; nothing where there is no process. */
const peak = (): number => (globalThis.process?.resourceUsage?.().maxRSS ?? 0) / 1024

test('attack 37: a megabyte that becomes a gigabyte is refused, and is never inflated further than is allowed', async () => {
  const plaintext = bomb(GIGABYTE)
  assert.ok(plaintext.length < 1.2 * 1024 * 1024)
  const token = compact(await zipped(plaintext))
  for (const { backend, run } of JWE_RUNTIMES) {
    const before = peak()
    await fails(() => run(decrypting(token, { keys: KEY, limits: WIDE }, backend)), 'CS_TOO_LARGE')
    assert.ok(peak() - before < 128, `${peak() - before} MiB`)
  }
  for (const { door } of DOORS) {
    const decrypter = door.createDecrypter({ keys: KEY, ...ANY_CLAIMS, limits: WIDE })
    await fails(() => decrypter.decrypt(token), 'CS_TOO_LARGE')
  }
  await refusedUnseen(token, 'CS_TOO_LARGE', { keys: KEY }, 'the limit of a token comes first')
})

test('attack 37: a bomb that fits a JWT is refused as well', async () => {
  for (const mebibytes of [1, 4, 8])
    await refusedBy(compact(await zipped(bomb(mebibytes))), 'CS_TOO_LARGE', { keys: KEY })
  const inner = raw(raw(new Uint8Array(8 * 1024 * 1024)))
  await workOf(compact(await zipped(raw(inner))), { keys: KEY }, (calls, outcome) => {
    assert.ok(!(outcome instanceof JoseError))
    assert.deepEqual(outcome.plaintext, Uint8Array.from(inner), 'what was inflated is not inflated again')
    assert.equal(calls.inflate, 1)
  })
})

test('attack 37: 256 KiB may come out and not an octet more; limits.inflatedBytes says otherwise', async () => {
  const limit = 256 * 1024
  const claims = (octets: number): string => `{"a":"${'x'.repeat(octets - 8)}"}`
  for (const [octets, inflatedBytes] of [
    [limit, undefined],
    [limit + 1, limit + 1],
    [100, 100],
  ] as const) {
    const options = { keys: KEY, ...(inflatedBytes && { limits: { inflatedBytes } }) }
    const token = compact(await zipped(raw(claims(octets))))
    const more = compact(await zipped(raw(claims(octets + 1))))
    for (const { backend, run } of JWE_RUNTIMES) {
      assert.equal((await run(decrypting(token, options, backend))).plaintext.length, octets)
      await fails(() => run(decrypting(more, options, backend)), 'CS_TOO_LARGE')
    }
    for (const { door } of DOORS) {
      const decrypter = door.createDecrypter({ ...ANY_CLAIMS, ...options })
      await decrypter.decrypt(token)
      await fails(() => decrypter.decrypt(more), 'CS_TOO_LARGE')
    }
  }
})

test('attack 37: a compressed plaintext is one DEFLATE stream to its last octet (RFC 1951)', async () => {
  const whole = raw(BARE_CLAIMS)
  const cases: readonly (readonly [why: string, plaintext: Uint8Array])[] = [
    ['an octet behind the end', Buffer.concat([whole, Buffer.of(0)])],
    ['a second stream behind the end', Buffer.concat([whole, whole])],
    ['a lot behind the end', Buffer.concat([whole, Buffer.alloc(5000)])],
    ['zlib (RFC 1950)', zlib.deflateSync(BARE_CLAIMS)],
    ['gzip (RFC 1952)', zlib.gzipSync(BARE_CLAIMS)],
    ['what was not compressed', Buffer.from(BARE_CLAIMS)],
    ['a block of the reserved kind', Buffer.of(7, 0)],
    ['a distance behind the beginning', Buffer.of(0x4b, 0x04, 0x12, 0x00)],
  ]
  for (const [why, plaintext] of cases) {
    for (const token of everyForm(await zipped(plaintext))) await refusedBy(token, 'CS_MALFORMED', { keys: KEY }, why)
  }
  for (const token of everyForm(await zipped(whole))) await openedBy(token, { keys: KEY })
})

test('attack 37: a DEFLATE stream without its end is refused (RFC 1951)', async () => {
  const whole = raw(BARE_CLAIMS)
  const cases: readonly (readonly [why: string, plaintext: Uint8Array])[] = [
    ['no last block', zlib.deflateRawSync(BARE_CLAIMS, { finishFlush: zlib.constants.Z_SYNC_FLUSH })],
    ['cut short', whole.subarray(0, -1)],
    ['its first octet alone', whole.subarray(0, 1)],
    ['nothing', new Uint8Array()],
  ]
  for (const [why, plaintext] of cases) {
    for (const token of everyForm(await zipped(plaintext))) await refusedBy(token, 'CS_MALFORMED', { keys: KEY }, why)
  }
})

test('attack 37: zip is DEF or the token is refused', async () => {
  const plaintext = raw(BARE_CLAIMS)
  for (const zip of ['def', 'Def', 'DEF ', 'DEFLATE', 'deflate', 'GZ', 'GZIP', '', 'none', '__proto__', 'constructor'])
    await refusedUnseen(compact(await zipped(plaintext, { zip })), 'CS_UNSUPPORTED', { keys: KEY }, zip)
  for (const zip of [null, true, false, 0, 1, ['DEF'], { DEF: 1 }])
    await refusedUnseen(compact(await zipped(plaintext, { zip })), 'CS_HEADER', { keys: KEY }, JSON.stringify(zip))
})

test('attack 37: zip in an unprotected header is refused, since anyone can put it there (RFC 7516 §4.1.3)', async () => {
  for (const zip of ['DEF', 'GZ', '', null, 1]) {
    for (const place of [{ unprotected: { zip } }, { own: { zip } }]) {
      const forged = await forge({ alg: 'dir', enc: ENC, key: KEY, plaintext: raw(BARE_CLAIMS), ...place })
      for (const token of [flattened(forged), general(forged)]) {
        for (const allowUnprotectedAlg of [false, true])
          await refusedUnseen(token, 'CS_HEADER', { keys: KEY, allowUnprotectedAlg }, JSON.stringify(place))
      }
    }
  }
})

test('attack 37: nothing is inflated before the tag was found right, nor where zip does not say so', async () => {
  const forged = await zipped(raw(BARE_CLAIMS))
  const tag = Uint8Array.from(forged.tag, (octet, index) => octet ^ Number(index === 3))
  await workOf(compact({ ...forged, tag }), { keys: KEY }, (calls, outcome) => {
    assert.equal(outcome instanceof JoseError && outcome.code, 'CS_DECRYPTION')
    assert.equal(calls.inflate, 0)
  })
  await workOf(compact(await zipped(raw(BARE_CLAIMS), {})), { keys: KEY }, (calls, outcome) => {
    assert.ok(!(outcome instanceof JoseError))
    assert.deepEqual(outcome.plaintext, Uint8Array.from(raw(BARE_CLAIMS)))
    assert.equal(calls.inflate, 0)
  })
})

test('attack 37: nothing is compressed unless that is asked for, nor more than would be read again', async () => {
  const target = { key: KEY, alg: 'dir' } as const
  const plain = await encryptJwe('x'.repeat(10_000), target)
  const small = await encryptJwe('x'.repeat(10_000), { ...target, zip: true })
  assert.equal((await decryptJwe(plain, { keys: KEY })).header['zip'], undefined)
  assert.equal((await decryptJwe(small, { keys: KEY })).header['zip'], 'DEF')
  assert.ok(plain.length > 10_000 && small.length < 1000)
  const most = 256 * 1024
  await encryptJwe(new Uint8Array(most), { ...target, zip: true })
  await fails(() => encryptJwe(new Uint8Array(most + 1), { ...target, zip: true }), 'CS_TOO_LARGE')
})

// 38. PBES2

const PBES2 = [
  ['PBES2-HS256+A128KW', 600_000],
  ['PBES2-HS384+A192KW', 210_000],
  ['PBES2-HS512+A256KW', 210_000],
] as const
const PASSWORD = keyFor('PBES2')

/** A JWE with these parameters, whose work nobody has done. */
async function withPassword(alg: string, parameters: object, text?: string): Promise<Forged> {
  const forged = await forge({ alg: 'A128KW', enc: ENC, key: keyFor('A128KW') })
  const header = text ?? JSON.stringify({ alg, enc: ENC, p2s: Buffer.from(SALT).toString('base64url'), ...parameters })
  return { ...forged, encoded: Buffer.from(header).toString('base64url') }
}

const COUNTS: readonly (readonly [code: string, p2c: unknown])[] = [
  ...[2 ** 31, 2 ** 31 - 1, 2 ** 32, 2 ** 53 - 1, 600_001].map((p2c) => ['CS_TOO_LARGE', p2c] as const),
  ...[2 ** 53, 1e300, 999, 1, 0, -1, -0, -1000, -(2 ** 31)].map((p2c) => ['CS_HEADER', p2c] as const),
  ...[1000.5, 4096.000001, 0.1].map((p2c) => ['CS_HEADER', p2c] as const),
  ...['1000', '4096', '', null, undefined, true, false, [4096], { valueOf: 4096 }].map(
    (p2c) => ['CS_HEADER', p2c] as const,
  ),
]

for (const [alg, most] of PBES2) {
  test(`attack 38: ${alg}: p2c that is no whole number from 1000 to ${most} is refused before any work`, async () => {
    const options = { keys: secretKey({ text: 'a password' }), algorithms: [alg] }
    for (const [code, p2c] of [...COUNTS, ['CS_TOO_LARGE', most + 1] as const]) {
      const forged = await withPassword(alg, { p2c })
      for (const token of everyForm(forged)) await refusedUnseen(token, code, options, `p2c ${String(p2c)}`)
      await refusedBy(compact(forged), code, options, `p2c ${String(p2c)}`)
    }
    const base = `"alg":"${alg}","enc":"${ENC}","p2s":"AAECAwQFBgcICQoLDA0ODw"`
    for (const text of [
      `{${base},"p2c":1e400}`,
      `{${base},"p2c":1e999}`,
      `{${base},"p2c":-1e400}`,
      `{${base},"__proto__":{"p2c":4096}}`,
    ])
      await refusedUnseen(compact(await withPassword(alg, {}, text)), 'CS_HEADER', options, text)
    const twice = `{${base},"p2c":4096,"p2c":2147483647}`
    await refusedUnseen(compact(await withPassword(alg, {}, twice)), 'CS_MALFORMED', options, twice)
  })

  test(`attack 38: ${alg}: p2s that is not 8 to 64 octets is refused before any work`, async () => {
    const options = { keys: PASSWORD, algorithms: [alg] }
    const salt = (octets: number): string => Buffer.alloc(octets, 1).toString('base64url')
    const salts: readonly (readonly [string, unknown])[] = [
      ...[0, 1, 7, 65, 128, 4096].map((octets) => ['CS_HEADER', salt(octets)] as const),
      ...[null, undefined, 0, true, [salt(16)], {}].map((p2s) => ['CS_HEADER', p2s] as const),
      ...[`${salt(16)}=`, `${salt(16)}==`, ' AAAAAAAAAAA', 'AAAAAAAAAA+/', 'AAAAAAAAAAAA\n', 'AAAAAAAAAAB'].map(
        (p2s) => ['CS_BASE64', p2s] as const,
      ),
    ]
    for (const [code, p2s] of salts) {
      for (const token of everyForm(await withPassword(alg, { p2c: 4096, p2s })))
        await refusedUnseen(token, code, options, `p2s ${JSON.stringify(p2s)}`)
    }
  })

  const needs = { skip: !isHere(alg) && `this runtime has no ${alg}` }

  test(`attack 38: ${alg}: what is within the bounds is worked on once`, needs, async () => {
    for (const parameters of [
      { p2c: 1000 },
      { p2c: 1000, p2s: Buffer.alloc(8, 1).toString('base64url') },
      { p2c: 1000, p2s: Buffer.alloc(64, 1).toString('base64url') },
      { p2c: most },
    ]) {
      const token = compact(await withPassword(alg, parameters))
      for (const { backend, run } of JWE_RUNTIMES) {
        let asked = 0
        const stretch = (_: unknown, __: unknown, salt: Uint8Array, iterations: number, octets: number) => {
          assert.equal(iterations, parameters.p2c)
          assert.ok(
            Buffer.from(salt).toString().startsWith(`${alg}\0`),
            'the salt begins with the name (RFC 7518 §4.8.1.1)',
          )
          asked++
          return new Uint8Array(octets)
        }
        const step = () => run(decrypting(token, { keys: PASSWORD, algorithms: [alg] }, backend), () => ({ stretch }))
        await fails(step, 'CS_DECRYPTION')
        assert.equal(asked, 1)
      }
    }
    const good = compact(await forge({ alg, enc: ENC, key: PASSWORD }))
    await openedBy(good, { keys: PASSWORD, algorithms: [alg] })
  })

  test(`attack 38: ${alg}: a password is taken only where algorithms names it`, needs, async () => {
    const token = compact(await forge({ alg, enc: ENC, key: PASSWORD }))
    const others = PBES2.map(([id]) => id).filter((id) => id !== alg)
    for (const algorithms of [undefined, ['dir', 'A128KW'], others]) {
      const options = { keys: [secretKey({ text: 'a password' })], ...(algorithms && { algorithms }) }
      await refusedUnseen(token, 'CS_ALG', options)
      const error = await faultOf(() => decryptJwe(token, options))
      assert.match(error.hint, /algorithms names it/)
    }
  })

  test(
    `attack 38: ${alg}: what is encrypted has the most iterations, or what is asked for within the bounds`,
    needs,
    async () => {
      const key = secretKey({ text: 'a password' }, alg)
      for (const p2c of [999, most + 1, 2 ** 31, 0, -1, 1000.5, Number.NaN, Number.POSITIVE_INFINITY, '4096', null])
        await assert.rejects(encryptJwe('a', { key, p2c: p2c as number }), TypeError, String(p2c))
      const { header } = await decryptJwe(await encryptJwe('a', { key, p2c: LEAST }), { keys: key, algorithms: [alg] })
      assert.equal(header['p2c'], LEAST)
      assert.equal(Buffer.from(String(header['p2s']), 'base64url').length, 16)
      if (most > 300_000) return
      const whole = await decryptJwe(await encryptJwe('a', { key }), { keys: key, algorithms: [alg] })
      assert.equal(whole.header['p2c'], most)
    },
  )
}

test('attack 38: a password that algorithms does not name is refused with the hint to name it, when it is given alone as well', async () => {
  for (const alg of PBES2.map(([id]) => id).filter(isHere)) {
    const token = compact(await forge({ alg, enc: ENC, key: PASSWORD }))
    for (const keys of [secretKey({ text: 'a password' }), secretKey({ text: 'a password' }, alg)]) {
      const error = await faultOf(() => decryptJwe(token, { keys }))
      assert.equal(error.code, 'CS_ALG')
      assert.match(error.hint, /algorithms/)
    }
  }
})

// 46. Several recipients

/** Other recipients of the same content; each says what its own are. */
const recipients = (count: number, own: (index: number) => object, encryptedKey: Uint8Array) =>
  Array.from({ length: count }, (_, index) => ({
    own: own(index) as Readonly<Record<string, unknown>>,
    encryptedKey: Uint8Array.from(encryptedKey),
  }))

test('attack 46: 17 recipients or 2000 are refused before any work, whoever they are', async () => {
  const forged = await forge({ alg: 'A128KW', enc: ENC, key: keyFor('A128KW'), algIn: 'header' })
  const p2s = Buffer.from(SALT).toString('base64url')
  for (const count of [17, 100, 2000]) {
    for (const own of [
      () => ({ alg: 'A128KW' }),
      () => ({ alg: 'PBES2-HS256+A128KW', p2s, p2c: 600_000 }),
      (index: number) => ({ alg: 'RSA-OAEP', kid: String(index) }),
    ]) {
      const token = general(forged, recipients(count, own, forged.encryptedKey))
      const asked: unknown[] = []
      const keys: Keys = (header) => {
        asked.push(header)
        return importKey(keyFor('A128KW'))
      }
      const options = { algorithms: ['A128KW', 'PBES2-HS256+A128KW', 'RSA-OAEP'] }
      await refusedUnseen(token, 'CS_TOO_LARGE', { ...options, keys: importKey(keyFor('A128KW')) }, `${count}`)
      await refusedUnseen(token, 'CS_TOO_LARGE', { ...options, keys }, `${count}`)
      assert.equal(asked.length, 0)
    }
  }
  const many = general(
    forged,
    recipients(16, () => ({ alg: 'A128KW' }), forged.encryptedKey),
  )
  await openedBy(many, { keys: keyFor('A128KW') })
})

test('attack 46: all passwords of a token together cost no more than one may, whatever recipients and keys there are', async () => {
  const alg = 'PBES2-HS256+A128KW'
  const most = 600_000
  const { encryptedKey } = await manageByHand(alg, keyFor(alg, ENC, 1), ENC)
  const forged = await forge({ alg: 'A128KW', enc: ENC, key: keyFor('A128KW'), algIn: 'header' })
  const p2s = Buffer.from(SALT).toString('base64url')
  const passwords = (count: number) =>
    Array.from({ length: count }, (_, index) => secretKey({ text: `password ${index}` }))
  const cases: readonly (readonly [count: number, p2c: number, keys: number, allowed: boolean])[] = [
    [16, most, 1, false],
    [16, most, 8, false],
    [2, most, 1, false],
    [1, most, 2, false],
    [2, most / 2 + 1, 1, false],
    [16, 37_501, 1, false],
    [4, 75_001, 2, false],
    [3, 1000, 8, false],
    [16, 1000, 2, false],
    [1, most, 1, true],
    [2, most / 2, 1, true],
    [16, 37_500, 1, true],
    [2, 37_500, 8, true],
  ]
  for (const [count, p2c, keys, allowed] of cases) {
    const token = general(
      forged,
      recipients(count, () => ({ alg, p2s, p2c }), encryptedKey),
    )
    for (const { backend, run } of JWE_RUNTIMES) {
      const spent: number[] = []
      const instead = () => ({
        stretch: (_: unknown, __: unknown, ___: unknown, iterations: number, octets: number) => {
          spent.push(iterations)
          return new Uint8Array(octets)
        },
      })
      const options = { keys: passwords(keys), algorithms: [alg] }
      await fails(() => run(decrypting(token, options, backend), instead), allowed ? 'CS_DECRYPTION' : 'CS_TOO_LARGE')
      assert.deepEqual(spent, allowed ? Array(count * keys).fill(p2c) : [], `${count} × ${p2c} × ${keys}`)
    }
  }
})

test('attack 46: kinds of passwords share what they may cost', async () => {
  const forged = await forge({ alg: 'A128KW', enc: ENC, key: keyFor('A128KW'), algIn: 'header' })
  const p2s = Buffer.from(SALT).toString('base64url')
  const own = (index: number) => {
    const [alg, most] = PBES2[index % 3] ?? PBES2[0]
    return { alg, p2s, p2c: most / 2 }
  }
  const options = { keys: secretKey({ text: 'a password' }), algorithms: PBES2.map(([alg]) => alg) }
  await refusedUnseen(general(forged, recipients(3, own, forged.encryptedKey)), 'CS_TOO_LARGE', options)
})

test('attack 46: no more than 16 keys are tried on a token, and those that a kid or an algorithm rules out are not', async () => {
  const alg = 'RSA-OAEP-256'
  const [mine, other] = [0, 1].map((which) => keyFor(alg, ENC, which as 0 | 1))
  assert.ok(mine && other)
  const forged = await forge({ alg, enc: ENC, key: mine, algIn: 'header', own: { kid: 'mine' } })
  const strangers = recipients(15, (index) => ({ alg, kid: `other ${index}` }), forged.encryptedKey)
  const token = general(forged, [...strangers, forged])
  const named = keySet({
    keys: [
      { ...mine, kid: 'mine' },
      { ...other, kid: 'theirs' },
    ],
  })
  await workOf(token, { keys: named }, (calls, outcome) => {
    assert.ok(!(outcome instanceof JoseError))
    assert.deepEqual([calls.decryptKey, calls.open], [1, 1])
  })
  await refusedUnseen(token, 'CS_TOO_LARGE', { keys: [importKey(mine), importKey(other)] })
  const mixed = general(forged, [
    ...recipients(14, () => ({ alg: 'A128KW' }), new Uint8Array(24)),
    ...strangers.slice(0, 1),
    forged,
  ])
  await workOf(mixed, { keys: [importKey(other), importKey(mine)] }, (calls, outcome) => {
    assert.ok(!(outcome instanceof JoseError))
    assert.equal(calls.unwrap, 0)
    assert.ok(calls.decryptKey <= 4)
  })
})

test('attack 46: a key function is asked once for each recipient', async () => {
  const forged = await forge({ alg: 'A128KW', enc: ENC, key: keyFor('A128KW'), algIn: 'header' })
  const token = general(
    forged,
    recipients(16, (index) => ({ alg: 'A128KW', kid: String(index) }), new Uint8Array(24)),
  )
  const key = importKey(keyFor('A128KW'))
  for (const { backend, run } of JWE_RUNTIMES) {
    const asked: unknown[] = []
    const keys: Keys = ({ kid }) => {
      asked.push(kid)
      return key
    }
    await fails(() => run(decrypting(token, { keys }, backend)), 'CS_DECRYPTION')
    assert.deepEqual(
      asked,
      Array.from({ length: 16 }, (_, index) => String(index)),
    )
  }
})

test('attack 46: no more recipients are written than are read again', async () => {
  const target = { key: importKey(keyFor('A128KW')), alg: 'A128KW' }
  await assert.rejects(encryptJwe('a', { recipients: Array(17).fill(target) }), TypeError)
  await assert.rejects(encryptJwe('a', { recipients: [] }), TypeError)
  const { recipients: written } = await encryptJwe('a', { recipients: Array(16).fill(target) })
  assert.equal(written.length, 16)
})

test('attack 46: a token that none of 16 keys opens says no more than a token that one does not', async () => {
  const forged = await forge({ alg: 'A128KW', enc: ENC, key: keyFor('A128KW'), algIn: 'header' })
  const keys = keyFor('A128KW', ENC, 1)
  const one = await faultOf(() => decryptJwe(flattened(forged), { keys }))
  const several = general(
    forged,
    recipients(16, () => ({ alg: 'A128KW' }), forged.encryptedKey),
  )
  assert.deepEqual(shownOf(await faultOf(() => decryptJwe(several, { keys }))), shownOf(one))
})
