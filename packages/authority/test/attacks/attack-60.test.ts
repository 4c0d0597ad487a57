import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { secretMatches } from '../../src/protocol/clients.ts'
import { isSame } from '../../src/same.ts'
import { FormTokens } from '../../src/server/csrf.ts'

const src = fileURLToPath(new URL('../../src', import.meta.url))
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

/** What a comparison by == could be measured of: the name that stands last, which is in capitals where everybody knows it. */
const SECRET = /(?:secret|token|csrf|password|digest|signature|challenge|verifier|proof|mac|hash)$/i
const isSecret = (side: string): boolean => {
  const [name = ''] = /\w+$/.exec(side) ?? []
  return SECRET.test(name) && name !== name.toUpperCase()
}
const isHarmless = (side: string): boolean => /^(?:undefined|null|true|false|-?\d.*|['"`].*)$/.test(side)

/** The comparisons of a line of which one could measure a secret. */
function comparisonsIn(line: string): readonly string[] {
  const code = line.replace(/\/\/.*$|^\s*\*.*$/, '')
  return [...code.matchAll(/(typeof\s+)?([\w.?]+)\s*[!=]==\s*([\w.?'"`-]+)/g)].flatMap(
    ([whole, type, left = '', right = '']) =>
      type === undefined && [left, right].some(isSecret) && ![left, right].some(isHarmless) ? [whole] : [],
  )
}

describe('attack 60 (secrets are compared in constant time)', () => {
  test('no module compares a secret by === or !==', () => {
    const found = files.flatMap((file) =>
      readFileSync(`${src}/${file}`, 'utf8')
        .split('\n')
        .flatMap(comparisonsIn)
        .map((comparison) => `${file}: ${comparison}`),
    )
    assert.deepEqual(found, [])
  })

  test('the rule finds what it is there for', () => {
    for (const line of ['if (csrf === expected) return', 'return given !== client.secret', 'a && token === b.token'])
      assert.equal(comparisonsIn(line).length, 1, line)
    for (const line of [
      "typeof token === 'string'",
      'secret === undefined',
      'token.length === 3',
      'type !== ACCESS_TOKEN',
    ])
      assert.deepEqual(comparisonsIn(line), [], line)
  })

  test('timingSafeEqual is asked for octets of one length alone, which a hash makes of them', () => {
    const users = files.filter((file) => readFileSync(`${src}/${file}`, 'utf8').includes('timingSafeEqual('))
    // Of a stored password, the length of the tag is what the hash of the given one is made with.
    assert.deepEqual(users.sort(), ['accounts/passwords.ts', 'same.ts'])
  })

  const FORM = new FormTokens(new Uint8Array(64).fill(1))
  const [hash] = [Buffer.alloc(32, 7).toString('base64url')]

  for (const [name, presented] of [
    ['nothing', undefined],
    ['an empty text', ''],
    ['a letter', 'a'],
    ['one letter less', 'x'.repeat(42)],
    ['one letter more', 'x'.repeat(44)],
    ['a megabyte', 'x'.repeat(1 << 20)],
    ['letters of several octets', 'ä'.repeat(43)],
    ['a lone surrogate', '\u{d800}'.repeat(43)],
    ['a list', ['x', 'y']],
    ['an object', { length: 43 }],
    ['a number', 43],
  ] as const)
    test(`${name} is refused without an error, as a client secret and as the token of a form`, () => {
      assert.equal(secretMatches(`sha256:${hash}`, presented), false)
      assert.equal(FORM.matches('login', 'uid', presented), false)
    })

  test('what is right is taken, whichever of two secrets it is', () => {
    assert.ok(FORM.matches('login', 'uid', FORM.make('login', 'uid')))
    assert.ok(isSame('a', 'a') && !isSame('a', 'b') && !isSame('', 'a'))
  })
})
