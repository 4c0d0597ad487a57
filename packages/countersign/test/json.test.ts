import assert from 'node:assert/strict'
import test from 'node:test'
import { importKey, type JoseError } from 'countersign'
import { base64url, utf8 } from '../src/bytes.ts'
import { isDeeper, isObject, own, parseObject } from '../src/json.ts'
import { DOORS } from './support/doors.ts'
import { mac, refuses } from './support/forge.ts'
import { RUNTIMES, signCompact } from './support/jws.ts'

const DEPTH = 32

const NOT_OBJECTS: readonly (readonly [what: string, text: string])[] = [
  ['nothing', ''],
  ['white space', '  '],
  ['null', 'null'],
  ['an array', '[]'],
  ['a string', '"{}"'],
  ['a number', '1'],
  ['true', 'true'],
  ['an object with something behind it', '{} {}'],
  ['an object behind a byte order mark', '\ufeff{}'],
  ['an object behind a space that is none of JSON', '\u00a0{}'],
  ['single quotes', "{'a':1}"],
  ['a comma too many', '{"a":1,}'],
  ['a comment', '{/**/}'],
  ['NaN', '{"a":NaN}'],
  ['a number with a leading zero', '{"a":01}'],
  ['a raw control character in a string', '{"a":"\n"}'],
  ['a name without quotes', '{a:1}'],
  ['an object that is not closed', '{"a":1'],
]

for (const [what, text] of NOT_OBJECTS) {
  test(`${what} is not a JSON object (RFC 8259)`, () => {
    assert.throws(() => parseObject(text, 'the header', DEPTH), { name: 'JoseError', code: 'CS_MALFORMED' })
  })
}

const DUPLICATES: readonly (readonly [how: string, text: string])[] = [
  ['at the top', '{"a":1,"a":2}'],
  ['with equal values', '{"a":1,"a":1}'],
  ['at a distance', '{"a":1,"b":{"c":[{}]},"a":2}'],
  ['in an object in an object', '{"a":{"b":1,"b":2}}'],
  ['in an object in an array', '{"a":[1,{"b":1,"b":2}]}'],
  ['behind an inner object of the same names', '{"a":{"a":1},"b":{"a":1,"b":{"a":1}},"a":2}'],
  ['with one of them escaped', '{"a":1,"\\u0061":2}'],
  ['with both escaped', '{"\\u0061":1,"\\u0061":2}'],
  ['in two spellings of one escape', '{"\\u00e9":1,"\\u00E9":2}'],
  ['as a character and as its escape', '{"é":1,"\\u00e9":2}'],
  ['as a slash with and without its escape', '{"a/b":1,"a\\/b":2}'],
  ['as a surrogate pair and as two escapes', '{"🔑":1,"\\ud83d\\udd11":2}'],
  ['with white space before the colon', '{"a" :1,"a"\t\r\n :2}'],
  ['with an escaped quote in the name', '{"a\\"":1,"a\\"":2}'],
  ['with a backslash at the end of the name', '{"a\\\\":1,"a\\\\":2}'],
  ['as the empty name', '{"":1,"":2}'],
  ['as __proto__', '{"__proto__":1,"__proto__":2}'],
  ['as constructor', '{"constructor":1,"constructor":2}'],
  ['behind a string that looks like the end', '{"x":"}","a":1,"y":"\\\\\\"}{","a":2}'],
]

/** Names that V8 takes for another one that it has met before (Node 24 and 26, nodejs/node#63785). */
const MISREAD: readonly (readonly [poison: string, text: string, name: string])[] = [
  ['{"iss":"a","exp":1,"\\\\u0":1}', '{"iss":"a","exp":1,"\\u006ebf":5}', 'nbf'],
  ['{"h":[],"\\\\":0}', '{"h":1,"\\"":2}', '"'],
  ['{"h":[],"\\\\":0}', '{"h":1,"\\n":2}', '\n'],
]

for (const [poison, text, name] of MISREAD) {
  test(`a name is read as it is, whatever was parsed before it: ${JSON.stringify(name)} (RFC 8259 §7)`, () => {
    for (const from of [JSON.parse, (other: string) => parseObject(other, 'a token', DEPTH)]) {
      from(poison)
      assert.deepEqual(Object.keys(parseObject(text, 'the header', DEPTH)).at(-1), name)
    }
  })
}

for (const { name, door } of DOORS) {
  test(`${name}: a token that nobody signed hides no claim of the next one (attack 15)`, async () => {
    const key = door.generateKey('HS256')
    const policy = { keys: await key, issuer: 'a', audience: 'any', now: () => 1000 } as const
    const verifier = door.createVerifier(policy)
    const [header, secret] = [{ alg: 'HS256' }, Buffer.from((await door.exportJwk(await key)).k ?? '', 'base64url')]
    const early = mac(header, '{"iss":"a","exp":2000,"\\u006ebf":1900}', secret)
    const forged = mac(header, '{"iss":"a","exp":2000,"\\\\u0":1}', 'somebody else')
    await refuses(verifier, early, 'CS_NOT_YET_VALID')
    await refuses(verifier, forged, 'CS_SIGNATURE')
    await refuses(
      door.createVerifier({ now: policy.now, issuers: { a: { keys: await key, audience: 'any' } } }),
      forged,
    )
    await refuses(verifier, early, 'CS_NOT_YET_VALID')
  })
}

test('what is nested too deep is refused also where a second member hides it and a name is escaped', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  for (const text of [`{"\\u0061":1,"b":${deep},"b":1}`, `{"\\u0061":${deep},"a":1}`]) {
    assert.throws(() => parseObject(text, 'the header', DEPTH), { name: 'JoseError', code: 'CS_TOO_LARGE' })
  }
})

for (const [how, text] of DUPLICATES) {
  test(`a member name twice ${how} is refused (RFC 7515 §4, RFC 7519 §4)`, () => {
    const refusal = { name: 'JoseError', code: 'CS_MALFORMED', message: 'the header has a member name twice' }
    assert.throws(() => parseObject(text, 'the header', DEPTH), refusal)
  })
}

const UNIQUE: readonly (readonly [what: string, text: string])[] = [
  ['names that differ in case', '{"a":1,"A":2}'],
  ['one name in an object and in its member', '{"a":{"a":{"a":1}}}'],
  ['one name in two members of an array', '{"a":[{"b":1},{"b":2}]}'],
  ['values that are equal strings', '{"a":"a","b":"a"}'],
  ['values that look like members', '{"x":"\\"a\\":1","y":"\\"a\\":2"}'],
  ['strings of an array before a colon that is in a string', '{"a":["b",":","b",":"]}'],
  ['an e with its accent, composed and not', '{"\\u00e9":1,"e\\u0301":2}'],
  ['numbers that JSON.stringify would write otherwise', '{ "a":1.0,"b":1e2,"c":-0 }'],
]

for (const [what, text] of UNIQUE) {
  test(`an object with ${what} is taken, whatever its spelling`, () => {
    assert.deepEqual(parseObject(text, 'the header', DEPTH), JSON.parse(text))
  })
}

const nested = (levels: number, open: string, close: string): string =>
  `{"a":${open.repeat(levels - 1)}1${close.repeat(levels - 1)}}`

for (const [what, open, close] of [
  ['objects', '{"a":', '}'],
  ['arrays', '[', ']'],
] as const) {
  test(`${what} nested deeper than the limit are refused, and just as deep are taken`, () => {
    const refusal = { name: 'JoseError', code: 'CS_TOO_LARGE' }
    assert.throws(() => parseObject(nested(DEPTH + 1, open, close), 'the header', DEPTH), refusal)
    assert.throws(() => parseObject(nested(2, open, close), 'the header', 1), refusal)
    assert.ok(parseObject(nested(DEPTH, open, close), 'the header', DEPTH))
    assert.ok(parseObject('{"a":[],"b":{}}', 'the header', 2))
  })

  test(`${what} nested a hundred thousand deep are refused and overflow no stack`, () => {
    assert.throws(() => parseObject(nested(100_000, open, close), 'the header', DEPTH), { name: 'JoseError' })
  })
}

test('an error says what kind of value it found, and not the value', () => {
  assert.throws(
    () => parseObject('"s3cret"', 'the claims set', DEPTH),
    (error: JoseError) => {
      assert.equal(error.message, 'the claims set is not a JSON object but a string')
      return !JSON.stringify(error).includes('s3cret')
    },
  )
})

test('a member called __proto__ is a member, and changes no prototype', () => {
  const object = parseObject('{"__proto__":{"admin":true}}', 'the claims set', DEPTH)
  assert.deepEqual(own(object, '__proto__'), { admin: true })
  assert.equal(Object.getPrototypeOf(object), Object.prototype)
  assert.equal(own(object, 'admin'), undefined)
})

test('own finds no inherited member', () => {
  for (const name of ['constructor', 'toString', 'hasOwnProperty', '__proto__']) assert.equal(own({}, name), undefined)
  assert.equal(own({ a: 1 }, 'a'), 1)
})

test('isObject and isDeeper know objects from what resembles them', () => {
  for (const value of [null, undefined, [], 'text', 1, true]) assert.equal(isObject(value), false)
  assert.equal(isObject({}), true)
  assert.equal(isObject(Object.create(null)), true)
  for (const value of [null, 1, 'text', undefined]) assert.equal(isDeeper(value, 0), false)
  assert.equal(isDeeper({}, 0), true)
  assert.equal(isDeeper({ a: null }, 1), false)
  assert.equal(isDeeper({ a: [{}] }, 2), true)
})

const KEY = importKey({ kty: 'oct', k: base64url(new Uint8Array(32).fill(7)) })

for (const [index, { name, door }] of DOORS.entries()) {
  test(`${name}: a claims set with a member twice is refused although its signature is right (RFC 7519 §4)`, async () => {
    const { run } = RUNTIMES[index] ?? RUNTIMES[0]
    const verifier = door.createVerifier({ keys: KEY, issuer: 'any', audience: 'any', requireExp: false })
    for (const text of [
      '{"sub":"a","sub":"b"}',
      '{"sub":"a","\\u0073ub":"b"}',
      '{"a":{"b":1,"b" :2}}',
      '[]',
      '\ufeff{}',
    ]) {
      const token = await run(signCompact(utf8(text), KEY, 'HS256'))
      await assert.rejects(async () => verifier.verify(token), { name: 'JoseError', code: 'CS_MALFORMED' }, text)
      assert.throws(() => door.decodeUnverified(token), { name: 'JoseError', code: 'CS_MALFORMED' }, text)
    }
  })

  test(`${name}: a header with a member twice is refused before its signature is looked at (RFC 7515 §4)`, async () => {
    const verifier = door.createVerifier({ keys: KEY, issuer: 'any', audience: 'any', requireExp: false })
    for (const text of [
      '{"alg":"HS256","alg":"none"}',
      '{"alg":"none","\\u0061lg":"HS256"}',
      '{"alg":"HS256","x":[{"y":1,"y":2}]}',
    ]) {
      const token = `${base64url(utf8(text))}.e30.AAAA`
      await assert.rejects(async () => verifier.verify(token), { name: 'JoseError', code: 'CS_MALFORMED' }, text)
      assert.throws(() => door.decodeUnverified(token), { name: 'JoseError', code: 'CS_MALFORMED' }, text)
    }
  })
}
