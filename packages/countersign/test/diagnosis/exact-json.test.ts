import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  duplicates,
  type ExactJson,
  exactly,
  JsonFault,
  member,
  parseExact,
  printable,
  quoted,
  toExact,
  toLine,
  toLines,
  toRow,
  toValue,
} from '../../src/diagnosis/exact-json.ts'
import { JoseError } from '../../src/errors.ts'

const parse = (text: string): ExactJson => parseExact(text, 'the text')

const REFUSED: readonly (readonly [text: string, why: RegExp])[] = [
  ['', /it ends at character 0$/],
  [' \t', /it ends at character 2$/],
  ['{', /it ends at character 1$/],
  ['{"a"', /it ends at character 4$/],
  ['{"a":', /it ends at character 5$/],
  ['{"a":1', /it ends at character 6$/],
  ['"a', /it ends at character 2$/],
  ['[1,]', /"\]" stands where a value should at character 3$/],
  ['[1 2]', /neither a comma nor \] at character 3$/],
  ['{"a":1,}', /no name of a member in double quotes at character 7$/],
  ["{'a':1}", /no name of a member in double quotes at character 1$/],
  ['{a:1}', /no name of a member in double quotes at character 1$/],
  ['{"a" 1}', /no colon at character 5$/],
  ['{} {}', /something follows its end at character 3$/],
  ['01', /something follows its end at character 1$/],
  ['1.', /something follows its end at character 1$/],
  ['.5', /"\." stands where a value should at character 0$/],
  ['+1', /"\+" stands where a value should at character 0$/],
  ['NaN', /"N" stands where a value should at character 0$/],
  ['True', /"T" stands where a value should at character 0$/],
  ['😀', /"😀" stands where a value should at character 0$/],
  ['\ufeff{}', /"\\ufeff" stands where a value should at character 0$/],
  ['"a\nb"', /a control character in a string at character 2$/],
  ['"a\\x"', /an escape that JSON does not have at character 2$/],
  ['"\\u12g4"', /an escape that JSON does not have at character 1$/],
  ['{"a":/**/1}', /"\/" stands where a value should at character 5$/],
]

for (const [text, why] of REFUSED) {
  test(`${JSON.stringify(text)} is not JSON, and where that shows is told (RFC 8259)`, () => {
    assert.throws(
      () => parse(text),
      (error) => error instanceof JsonFault && error.code === 'CS_MALFORMED' && why.test(error.message),
    )
    assert.throws(() => JSON.parse(text))
  })
}

test('what would fill the stack or the memory is refused, however it is written', () => {
  for (const text of [
    '['.repeat(1_000_000),
    `${'['.repeat(513)}${']'.repeat(513)}`,
    `${'{"a":'.repeat(513)}1${'}'.repeat(513)}`,
    `[${'1,'.repeat(1_000_000)}1]`,
  ])
    assert.throws(() => parse(text), { name: 'JoseError', code: 'CS_TOO_LARGE' })
  assert.equal(toLine(parse(`${'['.repeat(512)}${']'.repeat(512)}`)).length, 1024)
})

test('text of megabytes is read in one pass: a string, digits, blanks, escapes, members', () => {
  const most = 4 * 1024 * 1024
  assert.equal((parse(`"${'a'.repeat(most)}"`) as { readonly value: string }).value.length, most)
  assert.equal((parse('1'.repeat(most)) as { readonly text: string }).text.length, most)
  assert.equal(toLine(parse(`"${'\\n'.repeat(most / 2)}"`)).length, most + 2)
  assert.throws(() => parse(' '.repeat(most)), JsonFault)
  assert.throws(() => parse(`"${'\\"'.repeat(most / 2)}`), JsonFault)
  const names = Array.from({ length: 100_000 }, (_, index) => `"k${index}":${index}`)
  const json = parse(`{${names},"k7":0}`)
  assert.deepEqual(duplicates(json), ['k7'])
  assert.equal(toValue(member(json, 'k7') ?? { kind: 'literal', value: null }), 0)
  // Far to the right each line would be as long as the text is deep.
  assert.ok(toLines(parse(`${'['.repeat(500)}${'1,'.repeat(100_000)}1${']'.repeat(500)}`)).length < 5_000_000)
})

/** Texts that are JSON, near it, or far from it. */
const json = fc.json({ maxDepth: 4 })
const spaced = fc
  .tuple(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(1, '\t', ' \n', '\r\n '))
  .map(([value, space]) => JSON.stringify(value, null, 4).replace(/ {4}/g, String(space).replace('1', ' ')))
const pieces = fc
  .array(
    fc.constantFrom(
      ...[
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        '\\',
        '\\u',
        '\\n',
        '1',
        '0',
        '-',
        '.',
        'e',
        'E+',
        ' ',
        '\n',
        '\u0001',
        'true',
      ],
      ...[
        'false',
        'null',
        '"a"',
        '"a":',
        '\u2028',
        '\ud800',
        '\u007f',
        '\u00a0',
        '"\\ud83d"',
        '12e3',
        '"__proto__":',
        '{}',
        '[]',
      ],
    ),
    { maxLength: 14 },
  )
  .map((all) => all.join(''))
const changed = fc
  .tuple(
    json,
    fc.nat(),
    fc.nat(2),
    fc.constantFrom('"', '\\', ',', ':', '{', ']', '0', '-', ' ', 'u', '\u0000', '\ud800'),
  )
  .map(([text, at, kind, char]) => {
    const place = at % (text.length + 1)
    return text.slice(0, place) + (kind === 0 ? '' : char) + text.slice(place + (kind === 1 ? 0 : 1))
  })
const anyText = fc.oneof(json, spaced, pieces, changed, fc.string({ unit: 'binary' }))

/** A name that begins with an escape, which V8 may take for another (nodejs/node#63785). */
const MISREAD = /"\\/

test('it takes exactly the texts that JSON.parse takes, and gives the same values (RFC 8259)', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const [own, other] = [JSON.parse, (one: string) => toValue(parse(one))].map((read) => {
        try {
          return { value: read(text) as unknown }
        } catch (error) {
          assert.ok(error instanceof SyntaxError || error instanceof JsonFault)
          return undefined
        }
      })
      assert.equal(own === undefined, other === undefined, text)
      if (!MISREAD.test(text)) assert.deepStrictEqual(other, own)
      if (own === undefined) return
      // Its text is JSON of the same value again, on one line and on several.
      const exact = parse(text)
      for (const written of [toLine(exact), toLines(exact), toRow(exact) ?? toLine(exact)])
        assert.deepEqual(parse(written), exact)
    }),
    { numRuns: 1000 },
  )
})

const NUMBERS = ['-0', '1.0', '1e400', '-1E-400', '9007199254740993', '0.1000', '1'.repeat(400), `0.${'3'.repeat(400)}`]

test('numbers keep every digit', () => {
  const text = `{"n":[${NUMBERS.join(',')}]}`
  assert.equal(toLine(parse(text)), text)
  assert.deepStrictEqual(toValue(parse(text)), JSON.parse(text))
  for (const number of NUMBERS) assert.equal(toLines(parse(number)), number)
})

test('names keep their order and their number; of equal ones the last counts', () => {
  const text = '{"2":1,"1":2,"b":3,"a":4,"b":{"c":1,"c":2},"":5}'
  assert.equal(toLine(parse(text)), text)
  assert.deepEqual(duplicates(parse(text)), ['b', 'c'])
  assert.deepStrictEqual(toValue(parse(text)), JSON.parse(text))
})

test('__proto__ is a name like any other', () => {
  const value = toValue(parse('{"__proto__":{"admin":true},"constructor":1}')) as Record<string, unknown>
  assert.deepEqual(Object.keys(value), ['__proto__', 'constructor'])
  assert.equal(value['admin'], undefined)
  assert.equal(Object.getPrototypeOf(value), Object.prototype)
  assert.equal(member(parse('{}'), '__proto__'), undefined)
})

test('a name that V8 takes for another one is read as it is (nodejs/node#63785)', () => {
  JSON.parse('{"iss":"a","exp":1,"\\\\u0":1}')
  assert.deepEqual(Object.keys(toValue(parse('{"iss":"a","exp":1,"\\u006ebf":5}')) as object), ['iss', 'exp', 'nbf'])
})

/** Everything that a terminal acts upon, hides, or shows as something else. */
const UNSEEN: readonly (readonly [what: string, from: number, to?: number])[] = [
  ['control characters', 0x00, 0x1f],
  ['delete and C1 controls', 0x7f, 0x9f],
  ['a space that does not break', 0xa0],
  ['a soft hyphen', 0xad],
  ['a joiner of graphemes', 0x34f],
  ['an Arabic mark', 0x61c],
  ['fillers of Hangul', 0x115f, 0x1160],
  ['selectors and a separator of Mongolian', 0x180b, 0x180f],
  ['spaces of many widths, and of none', 0x2000, 0x200f],
  ['separators of lines and paragraphs, and marks that turn text around', 0x2028, 0x202f],
  ['a mathematical space', 0x205f],
  ['joiners, invisible operators, isolates', 0x2060, 0x206f],
  ['a blank of Braille', 0x2800],
  ['a filler of Hangul', 0x3164],
  ['variation selectors', 0xfe00, 0xfe0f],
  ['a byte order mark', 0xfeff],
  ['a filler of half width', 0xffa0],
  ['anchors of annotations', 0xfff9, 0xfffb],
  ['controls of shorthand', 0x1bca0, 0x1bca3],
  ['controls of music', 0x1d173, 0x1d17a],
  ['tags and further variation selectors', 0xe0000, 0xe0fff],
  ['halves of characters', 0xd800, 0xdfff],
]

for (const [what, from, to = from] of UNSEEN) {
  test(`text for a terminal has none of ${what}`, () => {
    for (let code = from; code <= to; code++) {
      const char = String.fromCodePoint(code)
      const text = `a${char}b`
      assert.match(quoted(text), /^"a[ -~]+b"$/, code.toString(16))
      assert.equal(JSON.parse(quoted(text)), text)
      assert.match(printable(text), /^a\\u[0-9a-f]{4}(\\u[0-9a-f]{4})?b$/, code.toString(16))
    }
  })
}

test('text that can be seen stays as it is', () => {
  for (const text of ['Zoë Müller', '山田　太郎', 'Привет', 'שלום', '😀🔑', 'a\u0301', '!"#$~']) {
    assert.equal(printable(text), text)
    assert.equal(quoted(text), JSON.stringify(text))
  }
})

test('few scalars stay on one line, and everything else has a line of its own', () => {
  const text = '{"alg":"ES256","n":[1,2.0],"o":{"x":null},"deep":{"a":[{}]},"e":[],"f":{}}'
  assert.equal(
    toLines(parse(text)),
    `{
  "alg": "ES256",
  "n": [1, 2.0],
  "o": { "x": null },
  "deep": {
    "a": [
      {}
    ]
  },
  "e": [],
  "f": {}
}`,
  )
  assert.equal(toRow(parse('{"alg":"ES256","kid":"1"}')), '{ "alg": "ES256", "kid": "1" }')
  assert.equal(toRow(parse(`["${'a'.repeat(80)}"]`)), undefined)
  assert.equal(toRow(parse(text)), undefined)
  assert.equal(toLines(parse('{}')), '{}')
  assert.equal(
    toLines(parse('{"a":1}'), (kind, piece) => `<${kind} ${piece}>`),
    '{\n  <name "a">: <number 1>\n}',
  )
})

test('plain data becomes JSON with what is exact inside of it', () => {
  const exact = exactly(parse('9007199254740993'))
  assert.equal(
    toLine(toExact({ a: exact, b: undefined, c: [true, null, 'x', 1.5] })),
    '{"a":9007199254740993,"c":[true,null,"x",1.5]}',
  )
  // Only what was marked is exact, whatever data look like.
  assert.equal(toLine(toExact({ exact: { kind: 'number', text: '1' } })), '{"exact":{"kind":"number","text":"1"}}')
})

test('a fault is an error of the library', () => {
  assert.ok(new JsonFault('the text', 'it ends', 0) instanceof JoseError)
})
