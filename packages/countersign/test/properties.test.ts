import assert from 'node:assert/strict'
import test from 'node:test'
import {
  capabilities,
  createSigner,
  importKey,
  JoseError,
  type Jwk,
  type JwtClaims,
  type Key,
  type SecretInput,
} from 'countersign'
import fc, { type Arbitrary } from 'fast-check'
import { base64url, fromBase64url, portable, textFromBase64url, utf8 } from '../src/bytes.ts'
import { parseObject } from '../src/json.ts'
import { DOORS } from './support/doors.ts'
import { RUNTIMES, signCompact, verifyCompact } from './support/jws.ts'
import { ASYMMETRIC, derOf, jwkFor, pemOf, publicMembers, taken, verifyingKey } from './support/keys.ts'

const ALGORITHMS = capabilities().signature
const isRsa = (alg: string): boolean => alg.startsWith('RS') || alg.startsWith('PS')

/** One RSA pair serves all six algorithms, since making one is slow. */
const JWKS: ReadonlyMap<string, Jwk> = new Map(ALGORITHMS.map((alg) => [alg, jwkFor(isRsa(alg) ? 'RS256' : alg)]))

interface Pair {
  readonly signing: Key
  readonly verifying: Key
}

function pairOf(alg: string): Pair {
  const jwk = { ...jwkOf(alg), alg }
  return { signing: importKey(jwk), verifying: verifyingKey(jwk) }
}

function jwkOf(alg: string): Jwk {
  const jwk = JWKS.get(alg)
  return jwk ?? assert.fail(`no key for ${alg}`)
}

/** RSA and ML-DSA sign, and all curves but two do anything, some ten times slower than the rest. */
const QUICK: readonly string[] = ['HS256', 'HS384', 'HS512', 'ES256', 'EdDSA', 'Ed25519']
const runs = (alg: string, many: number): { numRuns: number } => ({ numRuns: QUICK.includes(alg) ? many : many / 4 })

/** The library may refuse, but only with its own error. */
async function resultOrRefusal<T>(run: () => T | PromiseLike<T>): Promise<Awaited<T> | JoseError> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof JoseError) return error
    throw new Error('something else than a JoseError escaped', { cause: error })
  }
}

function resultOrRefusalSync<T>(run: () => T): T | JoseError {
  try {
    return run()
  } catch (error) {
    if (error instanceof JoseError) return error
    throw new Error('something else than a JoseError escaped', { cause: error })
  }
}

/** Strings of any code units, halves of surrogate pairs among them. */
const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) })
const base64urlText = fc.uint8Array({ maxLength: 64 }).map((bytes) => base64url(bytes))

/** A value as it comes back out of JSON, which has no -0. */
function asWritten(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asWritten)
  if (typeof value !== 'object' || value === null) return value === 0 ? 0 : value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asWritten(member)]))
}

// One changed bit.

/** Flips a bit of one part of a token, in the octets that its text stands for. */
function flipDecoded(token: string, part: number, position: number): string {
  const parts = token.split('.')
  const octets = Buffer.from(parts[part] ?? '', 'base64url')
  const bit = position % (octets.length * 8)
  octets[bit >> 3] = (octets[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  parts[part] = octets.toString('base64url')
  return parts.join('.')
}

/** Flips a bit of the code of one character. */
function flipText(token: string, position: number): string {
  const index = (position >> 3) % token.length
  const flipped = token.charCodeAt(index) ^ (1 << (position & 7))
  return token.slice(0, index) + String.fromCharCode(flipped) + token.slice(index + 1)
}

for (const { name, run } of RUNTIMES) {
  for (const alg of ALGORITHMS) {
    const { signing, verifying } = pairOf(alg)
    const refuses = async (token: string): Promise<void> => {
      const outcome = await resultOrRefusal(() => run(verifyCompact(token, verifying)))
      assert.ok(outcome instanceof JoseError, `accepted: ${token}`)
    }

    test(`${name}: ${alg} verifies no token with one bit changed in its text or in its octets`, async () => {
      const token = await run(signCompact(utf8('{"sub":"1234567890"}'), signing, alg, { kid: 'a' }))
      await run(verifyCompact(token, verifying))
      const position = fc.nat({ max: 8 * token.length - 1 })
      await fc.assert(
        fc.asyncProperty(position, async (bit) => {
          await refuses(flipText(token, bit))
          for (const part of [0, 1, 2]) await refuses(flipDecoded(token, part, bit))
        }),
        runs(alg, 400),
      )
    })

    test(`${name}: ${alg} verifies what it signed, octet for octet`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (payload) => {
          const token = await run(signCompact(payload, signing, alg))
          const verified = await run(verifyCompact(token, verifying))
          assert.deepEqual(verified.payload, payload)
          assert.equal(verified.header.alg, alg)
        }),
        runs(alg, 200),
      )
    })
  }
}

// Claims.

const REGISTERED = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti']
const claimName = fc
  .oneof({ weight: 4, arbitrary: anyText }, fc.constantFrom('__proto__', 'constructor', 'toJSON', 'then', '0', ''))
  .filter((name) => !REGISTERED.includes(name))
const anyClaims: Arbitrary<JwtClaims> = fc
  .array(fc.tuple(claimName, fc.jsonValue({ maxDepth: 3 })), { maxLength: 6 })
  .map((members) => Object.fromEntries(members))

for (const { name, door } of DOORS) {
  for (const alg of ALGORITHMS) {
    test(`${name}: ${alg} gives back the claims that were signed, and leaves the caller's object alone`, async () => {
      const { signing, verifying } = pairOf(alg)
      const signer = door.createSigner({ key: signing, issuer: 'i', audience: ['a', 'b'], expiresIn: 60 })
      const verifier = door.createVerifier({ keys: verifying, issuer: 'i', audience: 'b' })
      await fc.assert(
        fc.asyncProperty(anyClaims, async (given) => {
          const text = JSON.stringify(given)
          const token = await signer.sign(given)
          assert.equal(JSON.stringify(given), text, 'the claims of the caller were changed')
          const { claims } = await verifier.verify(token)
          const { iss, aud, iat = 0, exp, ...rest } = claims
          assert.deepEqual({ iss, aud, exp }, { iss: 'i', aud: ['a', 'b'], exp: iat + 60 })
          assert.deepEqual(rest, asWritten(given))
          assert.deepEqual(door.decodeUnverified(token).claims, claims)
        }),
        runs(alg, 120),
      )
    })
  }
}

// Whatever comes in, nothing but a JoseError comes out.

const { signing: SECRET } = pairOf('HS256')
const { signing: PRIVATE, verifying: PUBLIC } = pairOf('ES256')
const VALID_TOKENS = [
  await createSigner({ key: SECRET, expiresIn: 'never' }).sign({ sub: 'alice', nested: { a: [1, { b: null }] } }),
  await createSigner({ key: PRIVATE, expiresIn: 60, audience: 'api' }).sign({ sub: 'bob' }),
]

/** A header that says something plausible about itself. */
const anyHeader = fc
  .record(
    {
      alg: fc.oneof(fc.constantFrom('none', 'None', 'RSA-OAEP', 'dir', ...ALGORITHMS), fc.jsonValue()),
      kid: fc.oneof(fc.constantFrom('a', '__proto__'), fc.jsonValue()),
      typ: fc.oneof(fc.constantFrom('JWT', 'at+jwt'), fc.jsonValue()),
      cty: fc.jsonValue(),
      crit: fc.oneof(fc.constant(['b64']), fc.jsonValue()),
      b64: fc.boolean(),
      jwk: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  .map((header) => base64url(utf8(JSON.stringify(header))))

const anyJsonPart = fc.jsonValue().map((value) => base64url(utf8(JSON.stringify(value))))

const mutated = fc
  .tuple(fc.constantFrom(...VALID_TOKENS), fc.nat(), fc.nat({ max: 8 }), anyText)
  .map(([token, at, dropped, inserted]) => {
    const index = at % (token.length + 1)
    return token.slice(0, index) + inserted.slice(0, 4) + token.slice(index + dropped)
  })

const anyToken: Arbitrary<unknown> = fc.oneof(
  anyText,
  fc.array(fc.oneof(anyText, fc.constant('')), { maxLength: 7 }).map((parts) => parts.join('.')),
  fc.array(base64urlText, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('.')),
  fc.tuple(anyHeader, anyJsonPart, base64urlText).map((parts) => parts.join('.')),
  mutated,
  fc.json(),
  fc.uint8Array(),
  fc.anything(),
)

for (const { name, door } of DOORS) {
  const expect = { issuer: 'any', audience: 'any', requireExp: false } as const
  const verifiers = [
    door.createVerifier({ ...expect, keys: SECRET }),
    door.createVerifier({ ...expect, keys: [PUBLIC, SECRET] }),
    door.createVerifier({ ...expect, keys: door.keySet({ keys: [PUBLIC] }) }),
    door.createVerifier({ ...expect, keys: () => PUBLIC, typ: 'any' }),
    door.createVerifier({ issuers: { a: { keys: PUBLIC, audience: 'any' } } }),
  ]

  test(`${name}: verify, safeVerify and decodeUnverified answer any token with claims or a JoseError`, async () => {
    await fc.assert(
      fc.asyncProperty(anyToken, async (given) => {
        const token = given as string
        await resultOrRefusal(() => door.decodeUnverified(token))
        for (const verifier of verifiers) {
          const outcome = await resultOrRefusal(() => verifier.verify(token))
          const safe = await verifier.safeVerify(token)
          assert.equal(safe.ok, !(outcome instanceof JoseError))
          if (!safe.ok) assert.ok(safe.error instanceof JoseError)
        }
      }),
      { numRuns: 4000 },
    )
  })
}

/** Members as a JWK has them, and as it must not have them. */
const anyMember = fc.oneof(
  base64urlText,
  fc.constantFrom(...ALGORITHMS, 'RSA', 'EC', 'OKP', 'AKP', 'oct', 'sig', 'enc'),
  fc.constantFrom('P-256', 'P-384', 'secp256k1', 'Ed25519', 'Ed448', 'X25519'),
  fc.constantFrom(['sign'], ['verify'], ['sign', 'verify'], ['sign', 'sign'], []),
  fc.jsonValue({ maxDepth: 2 }),
)
const MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'pub', 'priv']
const SAID = ['key_ops', 'use', 'alg', 'kid', 'ext', 'x5c', 'keys']

/** Every member of a valid JWK, of which some are replaced by others, or left out, or joined by strange ones. */
const changedJwk = fc
  .tuple(
    fc.constantFrom(...JWKS.values(), ...ALGORITHMS.map((alg) => publicMembers(jwkOf(alg)))),
    fc.dictionary(fc.constantFrom(...MEMBERS, ...SAID), anyMember, { maxKeys: 3 }),
    fc.subarray(MEMBERS, { maxLength: 2 }),
  )
  .map(([jwk, changes, dropped]) =>
    Object.fromEntries(Object.entries({ ...jwk, ...changes }).filter(([member]) => !dropped.includes(member))),
  )

/** A JWK one of whose values has one bit changed. */
const flippedJwk = fc
  .tuple(fc.constantFrom(...JWKS.values()), fc.constantFrom(...MEMBERS), fc.nat())
  .map(([jwk, name, bit]) => {
    const value = (jwk as unknown as Record<string, string | undefined>)[name]
    return value ? { ...jwk, [name]: flipDecoded(value, 0, bit) } : { ...jwk, [name]: 'AQAB' }
  })

const anyJwk: Arbitrary<unknown> = fc.oneof(
  changedJwk,
  flippedJwk,
  fc.dictionary(fc.constantFrom(...MEMBERS, ...SAID), anyMember),
  fc.jsonValue(),
)

const anyKeyInput: Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: anyJwk },
  fc.uint8Array(),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Uint8Array.of(0x30, bytes.length, ...bytes)),
  anyText,
  fc
    .tuple(anyText, fc.base64String())
    .map(([label, body]) => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----`),
  fc.anything(),
)

/** The first algorithm that a key signs with; none for a key that is for encryption alone. */
const signatureOf = (key: Key): readonly string[] => key.algorithms.filter((id) => ALGORITHMS.includes(id)).slice(0, 1)

for (const { name, door } of DOORS) {
  test(`${name}: importKey makes a Key of anything, or refuses it with a JoseError`, async () => {
    await fc.assert(
      fc.asyncProperty(anyKeyInput, async (input) => {
        const key = await resultOrRefusal(() => taken(door, input))
        if (key instanceof JoseError) return
        // What was let in can be used: no key waits for its first signature to fail.
        const maySign = key.kind !== 'public' && (key.key_ops?.includes('sign') ?? true)
        for (const alg of maySign ? signatureOf(key) : []) {
          await door.createSigner({ key, alg, expiresIn: 'never' }).sign({})
        }
        if (key.kind !== 'secret') assert.ok(await door.thumbprint(key))
        if (key.extractable) assert.equal(door.importKey(await door.exportJwk(key)).bits, key.bits)
      }),
      { numRuns: 4000 },
    )
  })

  test(`${name}: keySet makes a set of anything, or refuses it with a JoseError; so do tokens that come to it`, async () => {
    const anySet = fc.oneof(
      fc.array(anyJwk, { maxLength: 4 }).map((keys) => ({ keys })),
      fc.record({ keys: fc.anything() }),
      fc.anything(),
    )
    const token = fc.oneof(fc.constantFrom(...VALID_TOKENS), mutated)
    await fc.assert(
      fc.asyncProperty(anySet, token, async (jwks, given) => {
        const keys = resultOrRefusalSync(() => door.keySet(jwks as { keys: Jwk[] }))
        if (keys instanceof JoseError) return
        const verifier = door.createVerifier({ keys, issuer: 'any', audience: 'any' })
        await resultOrRefusal(() => verifier.verify(given))
        for (const { error } of keys.skipped) assert.ok(error instanceof JoseError)
      }),
      { numRuns: 2500 },
    )
  })

  test(`${name}: secretKey makes a Key of anything, or refuses it with a JoseError`, () => {
    const spelling = fc.constantFrom('text', 'base64', 'base64url', 'hex', 'none')
    const anySecret: Arbitrary<unknown> = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.tuple(spelling, anyText).map(([how, text]) => ({ [how]: text })),
      fc
        .tuple(spelling, fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF') }))
        .map(([how, text]) => ({ [how]: text })),
      fc.tuple(spelling, fc.anything()).map(([how, value]) => ({ [how]: value })),
      fc.tuple(spelling, fc.json()).map(([how, text]) => ({ [how]: text })),
      fc.anything(),
    )
    const alg = fc.constantFrom(undefined, ...ALGORITHMS)
    fc.assert(
      fc.property(anySecret, alg, fc.boolean(), (secret, id, allowWeak) => {
        resultOrRefusalSync(() => door.secretKey(secret as SecretInput, id, { allowWeak }))
      }),
      { numRuns: 4000 },
    )
  })
}

// Octets of keys, cut and changed.

const PEMS = ASYMMETRIC.flatMap((alg) => [pemOf(jwkOf(alg)), pemOf(publicMembers(jwkOf(alg)))])
const DERS = PEMS.map(derOf)

/** Octets with one changed, cut at the end, or with one more or one less inside. */
const changedOctets = (bytes: readonly Uint8Array[]): Arbitrary<Uint8Array> =>
  fc
    .tuple(fc.constantFrom(...bytes), fc.nat(), fc.integer({ min: 1, max: 255 }), fc.nat({ max: 3 }))
    .map(([octets, at, by, how]) => {
      const index = at % octets.length
      if (how === 0) return octets.slice(0, index)
      if (how === 1) return Uint8Array.from([...octets.slice(0, index), by, ...octets.slice(index)])
      if (how === 2) return Uint8Array.from([...octets.slice(0, index), ...octets.slice(index + 1)])
      return octets.map((octet, where) => (where === index ? octet ^ by : octet))
    })

for (const { name, door } of DOORS) {
  test(`${name}: DER that is cut or changed gives a Key or a JoseError`, async () => {
    for (const der of DERS) assert.ok(door.importKey(der))
    await fc.assert(
      fc.asyncProperty(changedOctets(DERS), async (der) => {
        const key = await resultOrRefusal(() => taken(door, der))
        if (key instanceof JoseError || key.kind === 'public') return
        for (const alg of signatureOf(key)) await door.createSigner({ key, alg, expiresIn: 'never' }).sign({})
      }),
      { numRuns: 4000 },
    )
  })

  test(`${name}: PEM that is cut or changed gives a Key or a JoseError`, () => {
    const texts = PEMS.map((pem) => utf8(pem))
    fc.assert(
      fc.property(changedOctets(texts), (octets) => {
        resultOrRefusalSync(() => door.importKey(Buffer.from(octets).toString('latin1')))
      }),
      { numRuns: 4000 },
    )
  })
}

// Strict base64url.

const CODECS = [
  {
    name: 'as exported',
    encode: base64url,
    decode: (text: string) => resultOrRefusalSync(() => fromBase64url(text, 'the text')),
    decodeText: (text: string) => resultOrRefusalSync(() => textFromBase64url(text, 'the text').text),
  },
  {
    name: 'portable',
    encode: (bytes: Uint8Array) => portable.encode(bytes),
    decode: (text: string) => portable.decode(text),
    decodeText: (text: string) => portable.decodeText(text)?.text,
  },
]

for (const { name, encode, decode, decodeText } of CODECS) {
  test(`${name}: base64url is the one that Buffer writes, and goes back to the same octets`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const text = encode(bytes)
        assert.equal(text, Buffer.from(bytes).toString('base64url'))
        assert.deepEqual(decode(text), bytes)
      }),
      { numRuns: 6000 },
    )
  })

  test(`${name}: a text is accepted exactly where Buffer would write that very text`, () => {
    const nearly = fc.string({
      unit: fc.oneof(
        { weight: 20, arbitrary: fc.constantFrom(...'ABCDwxyz0189-_') },
        fc.constantFrom(' ', '\n', '\t', '=', '+', '/', '.', '\0', 'é', 'ł', '\ud800', '\udc00', '🔑', '\ufeff'),
      ),
      maxLength: 80,
    })
    fc.assert(
      fc.property(fc.oneof(nearly, anyText, base64urlText), (text) => {
        const octets = Uint8Array.from(Buffer.from(text, 'base64url'))
        const expected = Buffer.from(octets).toString('base64url') === text ? octets : undefined
        const decoded = decode(text)
        assert.deepEqual(decoded instanceof JoseError ? undefined : decoded, expected)
      }),
      { numRuns: 6000 },
    )
  })

  test(`${name}: the text of octets is their UTF-8 where they are UTF-8, and nothing else`, () => {
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      anyText.map((text) => utf8(text)),
    )
    fc.assert(
      fc.property(octets, (bytes) => {
        const decoded = decodeText(encode(bytes))
        const text = Buffer.from(bytes).toString('utf8')
        const expected = Buffer.from(text, 'utf8').equals(bytes) ? text : undefined
        assert.equal(decoded instanceof JoseError ? undefined : decoded, expected)
      }),
      { numRuns: 4000 },
    )
  })
}

// JSON with unique members.

/** A JSON value as a tree that can have one member twice, unlike an object. */
type Tree = string | { readonly items: readonly Tree[] } | { readonly members: readonly Member[] }
type Member = readonly [name: string, value: Tree]

const memberName = fc.oneof(fc.constantFrom('a', 'b', 'alg', '__proto__', '', '"', '\\', '\\"', '🔑', '/'), anyText)
const { object } = fc.letrec<{ tree: Tree; object: { members: readonly Member[] } }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(anyText, fc.integer(), fc.boolean(), fc.constant(null)).map((leaf) => JSON.stringify(leaf)),
    fc.array(tie('tree'), { maxLength: 4 }).map((items) => ({ items })),
    tie('object'),
  ),
  object: fc
    .uniqueArray(fc.tuple(memberName, tie('tree')), { maxLength: 4, selector: ([name]) => name })
    .map((members) => ({ members })),
}))

/** Small numbers that decide about spelling, over and over from the start. */
const choices = fc.array(fc.nat({ max: 255 }), { minLength: 1, maxLength: 40 })

function spell(tree: Tree, numbers: readonly number[]): string {
  let turn = 0
  const next = (): number => numbers[turn++ % numbers.length] ?? 0
  const space = (): string => ['', '', '', ' ', '\t', '\n', '\r', ' \r\n\t'][next() % 8] ?? ''
  const character = (char: string): string => {
    const hex = char.charCodeAt(0).toString(16).padStart(4, '0')
    const spellings = [`\\u${hex}`, `\\u${hex.toUpperCase()}`, JSON.stringify(char).slice(1, -1)]
    if (char === '/') spellings.push('\\/')
    if (char >= ' ' && char !== '"' && char !== '\\') spellings.push(char, char, char)
    return spellings[next() % spellings.length] ?? ''
  }
  const text = (name: string): string => `"${name.split('').map(character).join('')}"`
  const write = (value: Tree): string => {
    if (typeof value === 'string') return space() + value + space()
    if ('items' in value) return `${space()}[${value.items.map(write).join(',') || space()}]${space()}`
    const members = value.members.map(([name, member]) => `${space()}${text(name)}${space()}:${write(member)}`)
    return `${space()}{${members.join(',') || space()}}${space()}`
  }
  return write(tree)
}

/** The value that every spelling of a tree stands for. `JSON.parse` is no judge of that: V8 mixes names with escapes up. */
function meant(tree: Tree): unknown {
  if (typeof tree === 'string') return JSON.parse(tree)
  if ('items' in tree) return tree.items.map(meant)
  return Object.fromEntries(tree.members.map(([name, member]) => [name, meant(member)]))
}

/** Gives one object of the tree, whichever `which` comes to, a member that it has already. */
function withDuplicate(tree: Tree, which: number, numbers: readonly number[]): Tree {
  const count = (value: Tree): number => {
    if (typeof value === 'string') return 0
    if ('items' in value) return value.items.reduce((sum, item) => sum + count(item), 0)
    return 1 + value.members.reduce((sum, [, member]) => sum + count(member), 0)
  }
  let left = which % count(tree)
  const walk = (value: Tree): Tree => {
    if (typeof value === 'string') return value
    if ('items' in value) return { items: value.items.map(walk) }
    const chosen = left-- === 0
    const members = value.members.map(([name, member]): Member => [name, walk(member)])
    if (!chosen) return { members }
    const [name, member] = members[(numbers[0] ?? 0) % (members.length || 1)] ?? ['a', 'null']
    const again: Member = [name, (numbers[1] ?? 0) % 2 === 0 ? member : '{"x":[]}']
    const at = (numbers[2] ?? 0) % (members.length + 1)
    if (members.length === 0) return { members: [again, again] }
    return { members: [...members.slice(0, at), again, ...members.slice(at)] }
  }
  return walk(tree)
}

test('an object with one member twice at any depth, in any spelling, is refused (RFC 7515 §4)', () => {
  fc.assert(
    fc.property(object, fc.nat(), choices, (tree, which, numbers) => {
      const text = spell(withDuplicate(tree, which, numbers), numbers)
      JSON.parse(text)
      assert.throws(() => parseObject(text, 'the header', 32), {
        name: 'JoseError',
        code: 'CS_MALFORMED',
        message: 'the header has a member name twice',
      })
    }),
    { numRuns: 5000 },
  )
})

test('an object with unique members is taken in any spelling, and gives what was written', () => {
  fc.assert(
    fc.property(object, choices, (tree, numbers) => {
      assert.deepEqual(parseObject(spell(tree, numbers), 'the header', 32), meant(tree))
    }),
    { numRuns: 5000 },
  )
})

test('what JSON.stringify writes is taken, with any white space', () => {
  const record = fc.dictionary(anyText, fc.jsonValue({ maxDepth: 4 }))
  fc.assert(
    fc.property(record, fc.constantFrom('', ' ', '\t', '\n', '  '), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent)
      assert.deepEqual(parseObject(text, 'the claims set', 32), asWritten(value))
    }),
    { numRuns: 6000 },
  )
})
