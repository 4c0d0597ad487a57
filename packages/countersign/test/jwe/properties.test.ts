import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importKey, type Key, keySet, publicKey, secretKey } from 'countersign'
import {
  type DecryptJweOptions,
  decryptJwe,
  type EncryptJweOptions,
  encryptJwe,
  type FlattenedJwe,
  type GeneralJwe,
  JoseError,
  type JweSerialization,
} from 'countersign/jwe'
import fc, { type Arbitrary } from 'fast-check'
import { DOORS } from '../support/doors.ts'
import { now } from '../support/forge.ts'
import { nested } from '../support/jwe.ts'
import { jwkFor } from '../support/keys.ts'
import { shareOf } from '../support/share.ts'
import {
  CONTENT,
  choiceOf,
  fromCompact,
  headerOf,
  isDirect,
  OCTETS,
  type Pair,
  pairOf,
  ROWS,
  type Row,
  sealed,
  toCompact,
} from './keys.ts'

type AnyJwe = string | FlattenedJwe | GeneralJwe

const SERIALIZATIONS: readonly JweSerialization[] = ['compact', 'flattened', 'general']

const toBase64url = (value: string | Uint8Array): string => Buffer.from(value).toString('base64url')

/** Anything from nothing to some kB, more often little than much. */
const anyPlaintext: Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.uint8Array({ minLength: 41, maxLength: 300 }),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 5000 }))
    .map(([some, length]) => Uint8Array.from({ length }, (_, index) => some[index % some.length] ?? 0)),
)
const anyAad = fc.uint8Array({ minLength: 1, maxLength: 40 })

const REGISTERED = [
  'alg',
  'enc',
  'kid',
  'typ',
  'cty',
  'crit',
  'zip',
  'b64',
  'epk',
  'apu',
  'apv',
  'iv',
  'tag',
  'p2s',
  'p2c',
  'jwk',
]
/** Members of a header; the mark keeps those of two headers apart. */
const membersWith = (mark: string): Arbitrary<Record<string, unknown>> =>
  fc
    .array(
      fc.tuple(
        fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toJSON', 'then', '')),
        fc.jsonValue({ maxDepth: 2 }),
      ),
      { maxLength: 3 },
    )
    .map((members) =>
      Object.fromEntries(members.map(([name, value]) => [REGISTERED.includes(name) ? mark : `${mark}${name}`, value])),
    )

/** A value as it comes back out of JSON, which has no -0. */
function asWritten(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asWritten)
  if (typeof value !== 'object' || value === null) return value === 0 ? 0 : value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asWritten(member)]))
}

async function refuses(token: unknown, options: DecryptJweOptions, why: string): Promise<void> {
  const outcome: unknown = await decryptJwe(token as string, options).catch((error: unknown) => error)
  assert.ok(outcome instanceof JoseError, `${why}: ${outcome instanceof Error ? outcome.stack : 'it was opened'}`)
}

// What is sealed opens.

/** How a JWE is written, beside its key: each way of writing it with what that way takes. */
const anyForm = fc
  .record({
    serialization: fc.constantFrom(...SERIALIZATIONS),
    zip: fc.boolean(),
    guarded: membersWith('-'),
    aad: fc.option(anyAad, { nil: undefined }),
    unprotected: fc.option(membersWith('+'), { nil: undefined }),
    header: fc.option(membersWith('='), { nil: undefined }),
    /** Where alg stands. */
    place: fc.constantFrom('protected', 'unprotected', 'header'),
  })
  .map(({ serialization, zip, guarded, aad, unprotected, header, place }) => {
    if (serialization === 'compact') return { serialization, zip, protected: guarded, place: 'protected' as const }
    const open = { ...(aad && { aad }), ...(unprotected && { unprotected }), ...(header && { header }) }
    return { serialization, zip, protected: guarded, ...open, place }
  })

/** RSA and passwords take their time, and so do the longer curves. */
const runsOf = ({ alg, crv = 'P-256' }: Row): number =>
  alg.startsWith('RSA') || !['P-256', 'X25519'].includes(crv) || alg.startsWith('PBES2') ? 4 : 10

for (const row of ROWS) {
  const pairs = new Map<string, readonly [own: Pair, strange: Pair]>()
  for (const enc of CONTENT) pairs.set(enc, [await pairOf(row, enc), await pairOf(row, enc, 1)])

  test(`${row.name}: what is encrypted opens to the same octets and headers, with every content encryption and by way of JSON`, async () => {
    for (const [enc, [{ encrypting, decrypting }]] of pairs) {
      const numRuns = runsOf(row)
      await fc.assert(
        fc.asyncProperty(anyPlaintext, anyForm, async (plaintext, { place, ...form }) => {
          const { alg, ...choice } = choiceOf(row)
          const placed = { ...form, [place]: { ...form[place as 'protected'], alg } }
          const jwe: AnyJwe = await encryptJwe(plaintext, {
            key: encrypting,
            enc,
            ...choice,
            ...placed,
          } as EncryptJweOptions)
          const written = JSON.parse(JSON.stringify(jwe)) as AnyJwe
          assert.deepEqual(written, jwe)
          const {
            plaintext: got,
            header,
            protectedHeader,
            key,
          } = await decryptJwe(written, {
            keys: decrypting,
            algorithms: [alg],
          })
          assert.deepEqual(Uint8Array.from(got), plaintext)
          assert.equal(key, decrypting)
          assert.deepEqual([header.alg, header.enc, header['zip']], [alg, enc, form.zip ? 'DEF' : undefined])
          assert.equal(Object.hasOwn(protectedHeader, 'alg'), place === 'protected')
          for (const members of [
            form.protected,
            'unprotected' in form && form.unprotected,
            'header' in form && form.header,
          ])
            for (const [name, value] of Object.entries(members || {})) assert.deepEqual(header[name], asWritten(value))
          for (const [name, value] of Object.entries(form.protected))
            assert.deepEqual(protectedHeader[name], asWritten(value))
        }),
        { numRuns },
      )
    }
  })

  test(`${row.name}: one changed bit never opens, in any part, in aad or in the protected header; nor does another key`, async () => {
    for (const [enc, [{ encrypting, decrypting }, stranger]] of pairs) {
      const numRuns = Math.ceil(runsOf(row) / 5)
      const options = { key: encrypting, enc, ...choiceOf(row) }
      const rules = { keys: decrypting, algorithms: [row.alg] }
      const form = fc.record({ serialization: fc.constantFrom(...SERIALIZATIONS), zip: fc.boolean() })
      await fc.assert(
        fc.asyncProperty(anyPlaintext, anyAad, form, fc.nat(), async (plaintext, aad, { serialization, zip }, bit) => {
          const further = serialization === 'compact' ? {} : { aad }
          const jwe: AnyJwe = await encryptJwe(plaintext, { ...options, ...further, serialization, zip })
          await decryptJwe(jwe, rules)
          await refuses(jwe, { ...rules, keys: stranger.decrypting }, 'another key')
          for (const [why, changed] of changedBy(jwe, bit)) await refuses(changed, rules, why)
        }),
        { numRuns },
      )
    }
  })
}

// One changed bit.

function flipOctets(octets: Uint8Array, bit: number): Uint8Array {
  const at = (bit >> 3) % octets.length
  return octets.map((octet, index) => (index === at ? octet ^ (1 << (bit & 7)) : octet))
}

/** In the code of one character. */
function flipText(text: string, bit: number): string {
  const at = (bit >> 4) % text.length
  return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << (bit & 15))) + text.slice(at + 1)
}

const flipBase64url = (text: string, bit: number): string =>
  toBase64url(flipOctets(Uint8Array.from(Buffer.from(text, 'base64url')), bit))

/** Other protected headers that say nothing else, or nothing that matters to who decrypts. */
function* otherHeaders(encoded: string): Generator<string> {
  const header = headerOf(encoded)
  yield JSON.stringify({ ...header, x: 1 })
  yield ` ${JSON.stringify(header)}`
  yield JSON.stringify(Object.fromEntries(Object.entries(header).reverse()))
  const { kid: _, ...unnamed } = header
  if ('kid' in header) yield JSON.stringify(unnamed)
  else yield JSON.stringify({ ...header, kid: 'x' })
}

type Texts = Readonly<Record<'protected' | 'encrypted_key' | 'iv' | 'ciphertext' | 'tag', string>> & {
  readonly aad?: string
}

/** The texts of a JWE to one recipient, and the way back. */
function textsOf(jwe: AnyJwe): readonly [Texts, (texts: Texts) => unknown] {
  if (typeof jwe === 'string') return [fromCompact(jwe), toCompact]
  const [{ encrypted_key = '' }] = 'recipients' in jwe ? (jwe.recipients as [FlattenedJwe]) : [jwe as FlattenedJwe]
  const { recipients: _, encrypted_key: __, ...shared } = jwe as FlattenedJwe & GeneralJwe
  const whole = (part: object, texts: object): object =>
    'recipients' in jwe ? { ...texts, recipients: [part] } : { ...texts, ...part }
  const back = ({ encrypted_key: key, ...texts }: Texts): object =>
    whole(key === '' ? {} : { encrypted_key: key }, texts)
  return [{ ...(shared as Omit<Texts, 'encrypted_key'>), encrypted_key }, back]
}

function* changedBy(jwe: AnyJwe, bit: number): Generator<readonly [why: string, token: unknown]> {
  const [texts, back] = textsOf(jwe)
  for (const [name, text] of Object.entries(texts)) {
    if (text === '') {
      // An empty plaintext has no ciphertext with AES-GCM, and a key that is agreed upon is not encrypted.
      yield [`${name} where there was none`, back({ ...texts, [name]: 'AA' })]
      continue
    }
    yield [`a bit of the octets of ${name}`, back({ ...texts, [name]: flipBase64url(text, bit) })]
    yield [`a bit of the text of ${name}`, back({ ...texts, [name]: flipText(text, bit) })]
    yield [`no ${name}`, back({ ...texts, [name]: '' })]
    yield [`a longer ${name}`, back({ ...texts, [name]: toBase64url(Buffer.from(`${text}AAAA`, 'base64url')) })]
  }
  for (const header of otherHeaders(texts.protected))
    yield [`the header ${header}`, back({ ...texts, protected: toBase64url(header) })]
  if (texts.aad !== undefined) {
    const { aad: _, ...without } = texts
    yield ['no aad', back(without)]
  } else if (typeof jwe !== 'string') yield ['aad where there was none', back({ ...texts, aad: 'AA' })]
}

for (const enc of CONTENT) {
  test(`${enc}: whatever several recipients share is the same for each of them, and one changed bit opens for none`, async () => {
    const rows = ROWS.filter((row) => !isDirect(row) && !row.alg.startsWith('RSA'))
    const pairs = new Map<Row, Pair>()
    for (const row of rows) pairs.set(row, await pairOf(row, enc))
    const pairOfRow = (row: Row): Pair => pairs.get(row) ?? assert.fail(`no pair for ${row.name}`)
    const some = fc.uniqueArray(fc.constantFrom(...rows), { minLength: 2, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(
        anyPlaintext,
        some,
        fc.option(anyAad, { nil: undefined }),
        membersWith('+'),
        fc.boolean(),
        fc.nat(),
        async (plaintext, chosen, aad, unprotected, zip, bit) => {
          const recipients = chosen.map((row) => ({ key: pairOfRow(row).encrypting, ...choiceOf(row) }))
          const jwe = await encryptJwe(plaintext, { recipients, enc, unprotected, zip, ...(aad && { aad }) })
          for (const [index, row] of chosen.entries()) {
            const rules = { keys: pairOfRow(row).decrypting, algorithms: [row.alg] }
            const { plaintext: got, header } = await decryptJwe(jwe, rules)
            assert.deepEqual(Uint8Array.from(got), plaintext)
            assert.equal(header.alg, row.alg)
            for (const name of ['protected', 'aad', 'iv', 'ciphertext', 'tag'] as const) {
              const text = jwe[name]
              if (text) await refuses({ ...jwe, [name]: flipBase64url(text, bit) }, rules, name)
            }
            const changed = jwe.recipients.map((part, at) =>
              at === index ? { ...part, encrypted_key: flipBase64url(part.encrypted_key ?? '', bit) } : part,
            )
            await refuses({ ...jwe, recipients: changed }, rules, 'encrypted_key')
          }
        },
      ),
      { numRuns: 8 },
    )
  })
}

// Whatever comes in, nothing but a JoseError comes out.

const wrapping = secretKey(OCTETS, 'A256KW')
const plain = secretKey(OCTETS)
const ec = importKey(jwkFor('ES256'), { alg: 'ECDH-ES' })
const rsa = importKey(jwkFor('RS256'))
const password = secretKey({ text: 'correct horse' }, 'PBES2-HS256+A128KW')
const [ecOpen, rsaOpen] = [await publicKey(ec), await publicKey(rsa)]

const GOOD: readonly AnyJwe[] = [
  await encryptJwe('hello', { key: wrapping }),
  await encryptJwe('hello', { key: plain, alg: 'dir', enc: 'A128CBC-HS256' }),
  await encryptJwe('hello', { key: plain, alg: 'A256GCMKW', zip: true }),
  await encryptJwe('hello', { key: ecOpen, apu: 'a', serialization: 'flattened', aad: 'more', unprotected: { a: 1 } }),
  await encryptJwe('hello', {
    recipients: [{ key: wrapping }, { key: rsaOpen, alg: 'RSA-OAEP' }, { key: password, p2c: 1000 }],
  }),
]

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withSparseArray: true,
  withTypedArray: true,
})
/** Mostly something plausible. */
const mostly = (...plausible: readonly unknown[]): Arbitrary<unknown> =>
  fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...plausible) }, { weight: 1, arbitrary: anything })

const ALGS = [
  'dir',
  'A256KW',
  'A256GCMKW',
  'ECDH-ES',
  'ECDH-ES+A128KW',
  'RSA-OAEP',
  'PBES2-HS256+A128KW',
  'RSA1_5',
  'none',
]
const [, , , withEpk] = GOOD
const EPK = headerOf((withEpk as FlattenedJwe).protected)['epk']
const OCTET_TEXTS = [0, 1, 12, 15, 16, 24, 32, 40, 256].map((octets) =>
  toBase64url(new Uint8Array(octets).fill(octets)),
)

/** A header that says something plausible about itself. */
const anyHeader = fc.record(
  {
    alg: mostly(...ALGS),
    enc: mostly(...CONTENT, 'A256CTR'),
    kid: mostly('a', '__proto__'),
    typ: mostly('JWT'),
    cty: mostly('JWT'),
    zip: mostly('DEF', 'GZ'),
    crit: mostly(['b64'], ['x']),
    x: fc.constant(1),
    epk: mostly(EPK, jwkFor('ES256'), jwkFor('X25519'), {}),
    apu: mostly(...OCTET_TEXTS, '='),
    apv: mostly(...OCTET_TEXTS),
    iv: mostly(...OCTET_TEXTS),
    tag: mostly(...OCTET_TEXTS),
    p2s: mostly(...OCTET_TEXTS),
    p2c: mostly(1000, 1001, 0, 2 ** 31, '1000'),
  },
  { requiredKeys: ['alg', 'enc'] },
)
const encodedHeader = anyHeader.map((header) => {
  try {
    return toBase64url(JSON.stringify(header))
  } catch {
    return ''
  }
})
const octets = fc.constantFrom(...OCTET_TEXTS)

const byHand = fc.tuple(encodedHeader, octets, octets, octets, octets).map((parts) => parts.join('.'))
const inJson = fc.record(
  {
    protected: fc.oneof({ weight: 5, arbitrary: encodedHeader }, mostly('', undefined)),
    unprotected: fc.oneof(anyHeader, mostly({}, undefined)),
    header: fc.oneof(anyHeader, mostly({}, undefined)),
    recipients: fc.oneof(
      fc.array(fc.record({ header: anyHeader, encrypted_key: octets }), { maxLength: 4 }),
      mostly([], [{}]),
    ),
    aad: mostly(...OCTET_TEXTS),
    encrypted_key: mostly(...OCTET_TEXTS),
    iv: mostly(...OCTET_TEXTS),
    ciphertext: mostly(...OCTET_TEXTS),
    tag: mostly(...OCTET_TEXTS),
  },
  { requiredKeys: ['ciphertext'] },
)

/** A good JWE with members left out or replaced, or with some characters more or less. */
const changedGood = fc
  .tuple(
    fc.constantFrom(...GOOD),
    fc.dictionary(
      fc.constantFrom('protected', 'unprotected', 'header', 'recipients', 'aad', 'iv', 'tag', 'ciphertext'),
      anything,
      { maxKeys: 2 },
    ),
    fc.nat(),
    fc.nat({ max: 4 }),
    fc.string({ maxLength: 4 }),
  )
  .map(([jwe, changes, at, dropped, inserted]) => {
    if (typeof jwe !== 'string') return { ...jwe, ...changes }
    const index = at % (jwe.length + 1)
    return jwe.slice(0, index) + inserted + jwe.slice(index + dropped)
  })

const anyJwe: Arbitrary<unknown> = fc.oneof(
  byHand,
  inJson,
  changedGood,
  anything,
  fc.array(fc.oneof(encodedHeader, octets, fc.string()), { maxLength: 7 }).map((parts) => parts.join('.')),
)

test('decryptJwe answers anything with a plaintext or a JoseError', async () => {
  const sources = [
    wrapping,
    plain,
    ec,
    rsa,
    [wrapping, ec, plain],
    keySet({ keys: [ec, rsa] }),
    { keys: [jwkFor('HS256')] },
    () => undefined,
  ]
  const options = fc.record(
    {
      keys: fc.constantFrom(...sources),
      crit: fc.constant(['x']),
      allowUnprotectedAlg: fc.boolean(),
      limits: fc.constantFrom({}, { tokenBytes: 300 }, { inflatedBytes: 3 }, { recipients: 1, jsonDepth: 2 }),
    },
    { requiredKeys: ['keys'] },
  )
  let opened = 0
  await fc.assert(
    fc.asyncProperty(anyJwe, options, async (token, given) => {
      const outcome: unknown = await decryptJwe(token as string, given).catch((error: unknown) => error)
      if (outcome instanceof JoseError) return
      assert.ok(!(outcome instanceof Error), outcome instanceof Error ? outcome.stack : '')
      assert.equal(Buffer.from((outcome as { plaintext: Uint8Array }).plaintext).toString(), 'hello')
      opened++
    }),
    // Of a share of the draws none may open: so those that are in order are always among them.
    {
      numRuns: 3000,
      examples: GOOD.map((jwe): [unknown, { keys: Key[] }] => [jwe, { keys: [wrapping, ec, plain] }]),
    },
  )
  assert.ok(opened > 0)
})

test('a password answers anything with a plaintext or a JoseError, and takes no longer than it is allowed to', async () => {
  const rules = { keys: [password, plain], algorithms: ['PBES2-HS256+A128KW', 'A256KW', 'dir'] }
  await fc.assert(
    fc.asyncProperty(anyJwe, async (token) => {
      const outcome: unknown = await decryptJwe(token as string, rules).catch((error: unknown) => error)
      assert.ok(outcome instanceof JoseError || !(outcome instanceof Error), String(outcome))
    }),
    { numRuns: 500 },
  )
})

test('a random header that the tag vouches for is answered with a plaintext or a JoseError', async () => {
  const header = fc.oneof(
    fc.tuple(anyHeader, fc.constantFrom({ alg: 'dir', enc: 'A256GCM' }, {})).map(([one, two]) => ({ ...one, ...two })),
    fc.jsonValue(),
    fc.string(),
  )
  await fc.assert(
    fc.asyncProperty(header, async (given) => {
      let token: string
      try {
        token = toCompact(await sealed(given, 'hello'))
      } catch {
        return // what JSON does not have
      }
      const outcome: unknown = await decryptJwe(token, { keys: plain, crit: ['x'] }).catch((error: unknown) => error)
      if (outcome instanceof JoseError) return
      assert.ok(!(outcome instanceof Error), outcome instanceof Error ? outcome.stack : '')
      assert.equal(Buffer.from((outcome as { plaintext: Uint8Array }).plaintext).toString(), 'hello')
    }),
    { numRuns: 1500 },
  )
})

/** Nearly always something plausible, since a call has many options. */
const nearly = (...plausible: readonly unknown[]): Arbitrary<unknown> =>
  fc.oneof({ weight: 60, arbitrary: fc.constantFrom(...plausible) }, { weight: 1, arbitrary: anything })

test('encryptJwe answers any options with a JWE that opens, a TypeError or a JoseError', async () => {
  const [many, none] = [Array<unknown>(8).fill(undefined), undefined]
  const fitting = fc.constantFrom<(readonly [key: unknown, alg: unknown])[]>(
    ...([
      [wrapping, none],
      [ecOpen, none],
      [plain, 'A256GCMKW'],
      [rsaOpen, 'RSA-OAEP'],
      [() => wrapping, 'A256KW'],
      [plain, 'dir'],
    ] as const),
  )
  const any = fc.tuple(nearly(wrapping, plain, ec, [wrapping]), nearly(none, 'A256KW', 'dir', 'ECDH-ES+A128KW'))
  const target = fc
    .tuple(
      fc.oneof({ weight: 5, arbitrary: fitting }, any),
      nearly(...many, {}, { y: [1] }, { kid: 'b' }, { alg: 'A256KW' }, { kid: none }),
      nearly(...many, ...many, 'Alice', Uint8Array.of(1)),
    )
    .map(([[key, alg], header, apu]) => ({ key, alg, header, apu }))
  const common = {
    enc: nearly(none, none, 'A128GCM', 'A256CBC-HS512', 'A128CBC-HS256'),
    serialization: nearly(none, none, 'flattened', 'general', 'compact'),
    protected: nearly(none, {}, { kid: 'a' }, { x: 1, crit: ['x'] }, { kid: none, jwk: {} }),
    unprotected: nearly(...many, {}, { z: 1 }, { enc: 'A128GCM' }),
    aad: fc.constantFrom(...many, 'more', Uint8Array.of(0)),
    zip: nearly(none, true, false),
    allowUnprotectedAlg: nearly(none, true),
    limits: nearly(none, {}, { tokenBytes: 400 }, { recipients: 2 }, { headerBytes: 400 }),
  }
  const anyOptions = fc
    .tuple(
      fc.oneof(target, fc.record({ recipients: fc.array(target, { minLength: 1, maxLength: 3 }) })),
      fc.record(common),
    )
    .map(([whom, how]) => ({ ...whom, ...how }))
  const some = nearly('hello', '', new Uint8Array(), Uint8Array.of(0xff), '\ud800')
  let made = 0
  await fc.assert(
    fc.asyncProperty(some, anyOptions, async (plaintext, given) => {
      const outcome: unknown = await encryptJwe(plaintext as string, given as EncryptJweOptions).catch(
        (error: unknown) => error,
      )
      if (outcome instanceof JoseError || outcome instanceof TypeError) return
      assert.ok(!(outcome instanceof Error), String(outcome))
      made++
      const { allowUnprotectedAlg, limits } = given
      const rules = { keys: [plain, wrapping, ec, rsa] as const, crit: ['x'], allowUnprotectedAlg, limits }
      const { plaintext: got } = await decryptJwe(outcome as string, rules as DecryptJweOptions)
      assert.deepEqual(Uint8Array.from(got), Uint8Array.from(Buffer.from(plaintext as string)))
    }),
    { numRuns: 2000 },
  )
  assert.ok(made > shareOf(200), `${made} were made`)
})

for (const { name, door } of DOORS) {
  const expect = { issuer: 'any', audience: 'any', requireExp: false, unsigned: 'accept', now } as const
  const signing = importKey(jwkFor('ES256', 1), { alg: 'ES256' })
  const signer = door.createSigner({ key: signing, expiresIn: 60, now })
  const verifier = door.createVerifier({ keys: await publicKey(signing), issuer: 'any', audience: 'any', now })
  const tokens = [
    await door.createEncrypter({ key: plain, alg: 'dir', expiresIn: 60, now }).encrypt({ sub: 'alice' }),
    await door.createEncrypter({ key: ecOpen, expiresIn: 60, zip: true, now }).encrypt({ sub: 'alice' }),
    await door.createEncrypter({ key: ecOpen }).encrypt({ sub: 'alice' }, { sign: signer }),
  ]
  const keys: readonly Key[] = [plain, ec]
  const decrypters = [
    door.createDecrypter({ ...expect, keys }),
    door.createDecrypter({ ...expect, keys: keySet({ keys: [ec] }) }),
    door.createDecrypter({ ...expect, keys: () => plain, typ: 'any' }),
    door.createDecrypter(nested(keys, verifier)),
  ]
  const mutated = fc
    .tuple(fc.constantFrom(...tokens), fc.nat(), fc.nat({ max: 8 }), fc.string({ maxLength: 4 }))
    .map(([token, at, dropped, inserted]) => {
      const index = at % (token.length + 1)
      return token.slice(0, index) + inserted + token.slice(index + dropped)
    })

  test(`${name}: decrypt and safeDecrypt answer any token with claims or a JoseError`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyJwe, mutated), async (given) => {
        const token = given as string
        for (const decrypter of decrypters) {
          const safe = await decrypter.safeDecrypt(token)
          assert.ok(safe.ok || safe.error instanceof JoseError)
          assert.equal(safe.ok && safe.claims.sub !== 'alice', false)
          const again = await (async () => decrypter.decrypt(token))().catch((error: unknown) => error)
          assert.equal(again instanceof JoseError, !safe.ok)
        }
      }),
      { numRuns: 800 },
    )
  })

  test(`${name}: claims are what was encrypted, alone or signed first, whatever they are`, async () => {
    const claimName = fc
      .oneof({ weight: 4, arbitrary: fc.string() }, fc.constantFrom('__proto__', 'constructor', 'then', '0', ''))
      .filter((member) => !['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'toJSON'].includes(member))
    const anyClaims = fc.dictionary(claimName, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 })
    const encrypter = door.createEncrypter({ key: ecOpen, now })
    await fc.assert(
      fc.asyncProperty(anyClaims, fc.boolean(), async (given, signed) => {
        const text = JSON.stringify(given)
        const token = await encrypter.encrypt(given, signed ? { sign: signer } : { expiresIn: 60 })
        assert.equal(JSON.stringify(given), text, 'the claims of the caller were changed')
        const decrypter = decrypters[signed ? 3 : 0] ?? assert.fail()
        const { iat, exp, ...rest } = (await decrypter.decrypt(token)).claims
        assert.deepEqual([iat, exp], [now(), now() + 60])
        assert.deepEqual(Object.entries(rest), Object.entries(asWritten(JSON.parse(text)) as object))
      }),
      { numRuns: 150 },
    )
  })
}
