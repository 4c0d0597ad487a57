import assert from 'node:assert/strict'
import test from 'node:test'
import {
  base64url,
  type Codec,
  concat,
  countQuotes,
  decodeBase64url,
  equal,
  fromBase64url,
  fromUtf8,
  mustBeBase64url,
  portable,
  textFromBase64url,
  textToBase64url,
  utf8,
} from '../src/bytes.ts'
import { JoseError } from '../src/errors.ts'

/** What is refused becomes `undefined`, and nothing but a JoseError may do the refusing. */
function orUndefined<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch (error) {
    if (error instanceof JoseError) return undefined
    throw error
  }
}

/** The codec that the library picked for this runtime, as its exports give it, and the one in plain ECMAScript. */
const CODECS: readonly (Codec & { readonly name: string })[] = [
  {
    name: 'as exported',
    encode: base64url,
    encodeText: textToBase64url,
    decode(text) {
      const octets = orUndefined(() => fromBase64url(text, 'the text'))
      const holds = orUndefined(() => mustBeBase64url(text, 'the text') ?? true)
      if (holds !== (octets && true)) assert.fail('a look at a text says otherwise than decoding it')
      return octets
    },
    decodeInto: (text, target) => orUndefined(() => decodeBase64url(text, target, 'the text')) !== undefined,
    decodeText: (text) => orUndefined(() => textFromBase64url(text, 'the text')),
    countQuotes,
  },
  { ...portable, name: 'portable' },
]

const REFUSED: readonly (readonly [why: string, text: string])[] = [
  ['one character alone', 'A'],
  ['a length of 4n + 1', 'AAAAA'],
  ['bits that stand for no octet, after one octet', 'AB'],
  ['bits that stand for no octet, after two octets', 'AAB'],
  ['padding that would be right in base64', 'AA=='],
  ['padding in the place of one character', 'AAA='],
  ['padding alone', '===='],
  ['padding behind a full group', 'AAAA===='],
  ['"+" of the other alphabet', 'A+AA'],
  ['"/" of the other alphabet', 'A/AA'],
  ['a space before', ' AAAA'],
  ['a space inside', 'AA AA'],
  ['a space in the place of one character', 'AA A'],
  ['a line break behind', 'AAAA\n'],
  ['a tab inside', 'AA\tA'],
  ['a NUL', 'AA\0A'],
  ['a dot', 'AA.A'],
  ['a byte order mark', '\ufeffAAAA'],
  ['a letter whose low byte is an A', 'AA\u0141A'],
  ['a full-width A', 'AA\uff21A'],
  ['half of a surrogate pair', 'AA\ud800A'],
  ['an emoji', 'AA🔑A'],
]

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

for (const { name, ...codec } of CODECS) {
  for (const [why, text] of REFUSED) {
    test(`${name}: base64url with ${why} is refused (RFC 4648 §3.5, RFC 7515 §2)`, () => {
      assert.equal(codec.decode(text), undefined)
      assert.equal(codec.decodeText(text), undefined)
    })
  }

  test(`${name}: of all 65536 code units, 64 are base64url, wherever they stand`, () => {
    const filler = 'A'.repeat(50)
    for (let unit = 0; unit <= 0xffff; unit++) {
      const char = String.fromCharCode(unit)
      const value = ALPHABET.indexOf(char)
      // The last character of a rest stands for no more than two or four bits of an octet.
      const cases: [text: string, accepted: boolean][] = [
        [`${char}AAA`, value >= 0],
        [`AA${char}A`, value >= 0],
        [`AAA${char}`, value >= 0],
        [`A${char}`, value >= 0 && value % 16 === 0],
        [`AA${char}`, value >= 0 && value % 4 === 0],
        [`${filler}A${char}${filler}`, value >= 0],
      ]
      // Far from ASCII a unit is refused wherever it stands, and each low byte in turn at every place.
      const place = (unit + (unit >> 8)) % cases.length
      for (const [text, accepted] of unit > 0x500 ? cases.slice(place, place + 1) : cases) {
        if ((codec.decode(text) !== undefined) === accepted) continue
        const where = `U+${unit.toString(16).padStart(4, '0')} at ${text.indexOf(char)} of ${text.length}`
        assert.fail(`${where} is ${accepted ? 'refused' : 'accepted'}`)
      }
    }
  })

  test(`${name}: the same holds in a long text, which another decoder may read`, () => {
    const filler = 'A'.repeat(2048)
    for (let unit = 0; unit <= 0xffff; unit++) {
      const char = String.fromCharCode(unit)
      const value = ALPHABET.indexOf(char)
      const cases: [text: string, accepted: boolean][] = [
        [`${filler}${char}`, false],
        [`${filler}A${char}`, value >= 0 && value % 16 === 0],
        [`${filler}AA${char}`, value >= 0 && value % 4 === 0],
        [`${filler}${char}AAA`, value >= 0],
      ]
      // Of the units far from ASCII one in sixteen will do, where each costs a portable decoder its time.
      if (unit > 0x500 && unit % 16 !== 1) continue
      for (const [text, accepted] of cases) {
        if ((codec.decode(text) !== undefined) === accepted) continue
        assert.fail(
          `U+${unit.toString(16).padStart(4, '0')} is ${accepted ? 'refused' : 'accepted'}: ${text.slice(2048)}`,
        )
      }
    }
  })

  test(`${name}: base64url goes there and back for the vectors of RFC 4648 §10, without padding`, () => {
    const vectors = [
      ['', ''],
      ['f', 'Zg'],
      ['fo', 'Zm8'],
      ['foo', 'Zm9v'],
      ['foob', 'Zm9vYg'],
      ['fooba', 'Zm9vYmE'],
      ['foobar', 'Zm9vYmFy'],
    ] as const
    for (const [text, encoded] of vectors) {
      assert.equal(codec.encode(utf8(text)), encoded)
      assert.equal(codec.encodeText(text), encoded)
      assert.deepEqual(codec.decode(encoded), utf8(text))
      assert.equal(codec.decodeText(encoded)?.text, text)
    }
    assert.equal(codec.encode(Uint8Array.of(0xfb, 0xff)), '-_8')
  })

  test(`${name}: text longer than any kept buffer is decoded whole, and no text leaks into the next`, () => {
    for (const length of [16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 100_000]) {
      const text = 'x'.repeat(length)
      assert.equal(codec.decodeText(codec.encode(utf8(text)))?.text, text)
      assert.equal(codec.decodeText(codec.encodeText(text))?.text, text)
      assert.equal(codec.decodeText('Zm8')?.text, 'fo')
    }
  })

  test(`${name}: octets are written to the front of other memory, and a text that is refused is refused there too`, () => {
    const target = Uint8Array.of(9, 9, 9, 9)
    assert.equal(codec.decodeInto('Zm8', target), true)
    assert.deepEqual(target, Uint8Array.of(0x66, 0x6f, 9, 9))
    for (const [, text] of REFUSED) assert.equal(codec.decodeInto(text, new Uint8Array(16)), false)
  })

  test(`${name}: octets that are not UTF-8 are no text, and a byte order mark stays in one`, () => {
    assert.equal(codec.decodeText(codec.encode(Uint8Array.of(0xff))), undefined)
    assert.equal(codec.decodeText(codec.encode(Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b)))?.text, '\ufeff{')
  })

  test(`${name}: quotes are counted wherever they stand, and nothing else for one`, () => {
    const others = Array.from({ length: 0x180 }, (_, unit) => String.fromCharCode(unit))
      .join('')
      .replace(/["\\]/g, '')
    assert.equal(codec.countQuotes(others), 0)
    for (let at = 0; at < 9; at++) assert.equal(codec.countQuotes(`"${'x'.repeat(at)}\\"`), Number.NaN)
    assert.equal(codec.countQuotes('\u0122\u2222\uff02🔑'), 0)
    for (const length of [0, 1, 2, 3, 4, 5, 1023, 1024, 1025, 5000, 70_000]) {
      assert.equal(codec.countQuotes('"'.repeat(length)), length)
      assert.equal(codec.countQuotes('é"'.repeat(length)), length)
      // What was counted before is not counted again.
      for (let at = 0; at < Math.min(length, 9); at++)
        assert.equal(codec.countQuotes(`${'!'.repeat(at)}"${'#'.repeat(length - at)}`), 1)
    }
  })

  test(`${name}: what is decoded owns its memory, and a view is encoded by its own octets`, () => {
    const bytes = codec.decode('Zm9vYmFy')
    assert.equal(bytes?.buffer.byteLength, 6, 'the memory is a view of something larger')
    assert.equal(codec.encode(Uint8Array.from([0, 102, 111, 0]).subarray(1, 3)), 'Zm8')
    assert.equal(codec.encode(Buffer.from('fo')), 'Zm8')
  })
}

const NOT_UTF8: readonly (readonly [why: string, octets: readonly number[]])[] = [
  ['a lone continuation octet', [0x80]],
  ['a character cut short', [0xe2, 0x82]],
  ['an overlong slash', [0xc0, 0xaf]],
  ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
  ['a code point above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ['an octet that never occurs', [0xff]],
]

for (const [why, octets] of NOT_UTF8) {
  test(`UTF-8 with ${why} is refused (RFC 3629 §3)`, () => {
    const refusal = { name: 'JoseError', code: 'CS_MALFORMED', message: 'the header is not UTF-8' }
    assert.throws(() => fromUtf8(Uint8Array.from(octets), 'the header'), refusal)
    assert.throws(() => textFromBase64url(base64url(Uint8Array.from(octets)), 'the header'), refusal)
  })
}

test('an error names the part and its code, and never the text', () => {
  const refused = (run: () => unknown): JoseError => {
    try {
      run()
    } catch (error) {
      if (error instanceof JoseError) return error
    }
    return assert.fail('was not refused')
  }
  const secret = 'c2VjcmV0=='
  const plain = refused(() => fromBase64url(secret, 'the signature'))
  assert.deepEqual([plain.code, plain.message], ['CS_BASE64', 'the signature is not canonical base64url'])
  assert.equal(refused(() => fromBase64url(secret, 'k of the JWK', 'CS_KEY_INVALID')).code, 'CS_KEY_INVALID')
  assert.equal(refused(() => textFromBase64url(secret, 'the header')).code, 'CS_BASE64')
  assert.ok(!JSON.stringify([plain, plain.stack]).includes(secret))
})

test('UTF-8 goes there and back, all planes of it', () => {
  const text = 'a\u0000é€🔑\u{10ffff}'
  assert.equal(fromUtf8(utf8(text), 'the text'), text)
})

test('octet strings are equal only octet for octet', () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, index) => index * 37)
  for (let index = 0; index < bytes.length; index++) {
    for (let bit = 0; bit < 8; bit++) {
      const other = Uint8Array.from(bytes)
      other[index] = (other[index] ?? 0) ^ (1 << bit)
      assert.equal(equal(bytes, other), false, `bit ${bit} of octet ${index} differs`)
    }
  }
  assert.equal(equal(bytes, bytes.subarray(1)), false)
  assert.equal(equal(bytes, new Uint8Array()), false)
  assert.equal(equal(bytes, Uint8Array.from(bytes)), true)
  assert.equal(equal(new Uint8Array(), new Uint8Array()), true)
})

test('parts are joined in their order, in memory of their own', () => {
  const part = Uint8Array.of(1, 2)
  const joined = concat(part, new Uint8Array(), Uint8Array.of(3))
  part[0] = 9
  assert.deepEqual(joined, Uint8Array.of(1, 2, 3))
  assert.deepEqual(concat(), new Uint8Array())
})
