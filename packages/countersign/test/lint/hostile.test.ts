import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JoseError } from 'countersign'
import { type Finding, lint, lintSecret } from 'countersign/lint'
import { b64 } from '../support/forge.ts'
import { EC } from '../support/keys.ts'
import { jws, now, signatureOf } from './cases/case.ts'

// Whatever takes time in proportion to the square of any of this takes minutes here.

const list = (count: number, each: (index: number) => unknown): unknown[] =>
  Array.from({ length: count }, (_, at) => each(at))
const object = (count: number, each: (index: number) => unknown): object =>
  Object.fromEntries(list(count, (at) => [`name${at}`, each(at)]) as [string, unknown][])
const nested = (depth: number, inner: string): string => `{"a":${'['.repeat(depth)}${inner}${']'.repeat(depth)}}`
const numbers = `${'1,'.repeat(50_000)}1`
const bigNumbers = `${'9007199254740993,'.repeat(20_000)}1`
const long = 'x'.repeat(200_000)
const deepNames = `${`{"${'x'.repeat(59)}":`.repeat(500)}[${bigNumbers}]${'}'.repeat(500)}`

const TOKENS: readonly (readonly [why: string, token: () => string | object])[] = [
  ['a megabyte', () => jws({}, { a: 'x'.repeat(1_000_000) })],
  ['a hundred thousand claims', () => jws({}, object(100_000, String))],
  ['numbers, as deep as they may stand', () => jws({}, nested(500, numbers))],
  ['numbers that are all told', () => jws({}, nested(500, bigNumbers))],
  ['names that are long at every level', () => jws({}, deepNames)],
  ['a long name with many items', () => jws({}, `{"${long}":[${numbers}]}`)],
  [
    'many long names',
    () =>
      jws(
        {},
        object(2000, () => ({ [long.slice(0, 500)]: long.slice(0, 500) })),
      ),
  ],
  [
    'claims that are all told',
    () =>
      jws(
        {},
        object(10_000, () => ({ password: 'x' })),
      ),
  ],
  ['names that are all there twice', () => jws({}, `{${'"a":{"b":1,"b":2},'.repeat(20_000)}"a":1}`)],
  [
    'text that looks like a token',
    () => jws({}, { a: `eyJ${long}`, b: `eyJ${long}.eyJ${long}`, c: '.'.repeat(200_000) }),
  ],
  ['text that looks like an address', () => jws({}, { a: `postgres://${long}`, b: `https://${'a:'.repeat(100_000)}` })],
  [
    'names of underscores and slashes',
    () => jws({}, { ['_'.repeat(100_000)]: 1, ['/'.repeat(100_000)]: 1, ['aA'.repeat(50_000)]: 1 }),
  ],
  ['a long crit', () => jws({ crit: list(20_000, (at) => `name${at}`), ...object(20_000, () => 1) })],
  ['a long header of everything', () => jws(object(20_000, () => ({ jwk: 1, kid: 1 })))],
  ...["'", '"', '`', '| ', '; ', "' ", 'union ', '-- ', '../', '%2', 'a:', '$(', '\n', '//a.'].map(
    (piece) => [`a kid of ${JSON.stringify(piece)}`, () => jws({ kid: piece.repeat(50_000 / piece.length) })] as const,
  ),
  [
    'a long alg, typ, jku and zip',
    () => jws({ alg: long, typ: long, jku: `https://${long}`, x5u: long, zip: long, b64: long }),
  ],
  ['events of long names', () => jws({ typ: 'secevent+jwt' }, { events: object(10_000, () => ({})), [long]: 1 })],
  [
    'times of many digits',
    () => jws({}, `{"exp":${'9'.repeat(200_000)},"iat":-${'9'.repeat(200_000)},"nbf":0.${'1'.repeat(200_000)}}`),
  ],
  [
    'thousands of signatures',
    () => ({
      payload: 'e30',
      signatures: list(1500, () => ({ header: { kid: "'".repeat(500), alg: 'none', crit: ['x'] }, signature: '' })),
    }),
  ],
  [
    'thousands of recipients',
    () => ({
      ciphertext: 'AA',
      protected: b64('{"enc":"A256GCM"}'),
      recipients: list(3000, () => ({ header: { alg: 'PBES2-HS256+A128KW', p2c: 1e300 } })),
    }),
  ],
]

const KEYS: readonly (readonly [why: string, key: () => object])[] = [
  ['operations', () => ({ ...EC, key_ops: list(50_000, (at) => `name${at}`) })],
  [
    'a thousand keys of one name that no algorithm takes',
    () => ({ keys: list(1000, () => ({ ...EC, kid: 'a', use: 'x' })) }),
  ],
  ['a thousand keys of one name', () => ({ keys: list(1000, () => ({ ...EC, kid: 'a' })) })],
  ['a modulus of megabytes', () => ({ kty: 'RSA', n: '_'.repeat(2_000_000), e: 'AQAB' })],
  ['an exponent of megabytes', () => ({ kty: 'RSA', n: signatureOf(256), e: '_'.repeat(2_000_000) })],
  ['a secret of megabytes', () => ({ kty: 'oct', k: 'MIIA'.repeat(500_000) })],
  ['a certificate of megabytes', () => ({ ...EC, x5c: ['MIIA'.repeat(500_000)] })],
  ['members of megabytes', () => ({ kty: long, crv: long, alg: long, kid: long, use: long, x: long })],
  ['members by the hundred thousand', () => ({ ...EC, ...object(30_000, () => 1) })],
]

const isTold = ({ message, path, fix }: Finding): boolean =>
  message.length < 500 && path.length < 40_000 && fix.length < 500

for (const [why, make] of [...TOKENS, ...KEYS]) {
  test(`what lint says of ${why} is short, and soon there`, async () => {
    const { findings } = await lint(make(), { now })
    assert.ok(findings.length < 200 && findings.every(isTold))
  })
}

test('a secret of megabytes is looked at', async () => {
  for (const secret of [new Uint8Array(2_000_000), Uint8Array.from({ length: 2_000_000 }, (_, at) => (at * at) >> 3)])
    await lintSecret(secret, { now })
})

const circle: Record<string, unknown> = {}
circle['self'] = circle
let steps: object = {}
for (let depth = 0; depth < 60; depth++) steps = { left: steps, right: steps }
const deep = (depth: number): object => {
  let value: object = {}
  for (let at = 0; at < depth; at++) value = { a: value }
  return value
}

const UNREADABLE: readonly (readonly [why: string, what: unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ['a number', 5],
  ['an array', []],
  ['a function', () => 1],
  ['an empty text', ''],
  ['an empty object', {}],
  ['no octets', new Uint8Array()],
  ['octets that are no text', Uint8Array.of(0x30, 0x82, 0xff, 0xff)],
  ['a circle', circle],
  ['a small object that is large as text', steps],
  ['a deep object', deep(100_000)],
  ['an object of 600 levels', deep(600)],
  ['a number that JSON has not', { a: 1n }],
  [
    'a member that throws',
    Object.defineProperty({}, 'a', { enumerable: true, get: () => assert.fail('it was asked') }),
  ],
  ['a serialization of its own', { toJSON: () => 'x' }],
  ['a set that is none', { keys: {} }],
  ['too many keys', { keys: list(1001, () => ({})) }],
  ['too much text', ' '.repeat(17 * 1024 * 1024)],
  ['too many octets', new Uint8Array(17 * 1024 * 1024)],
  ['deep JSON', `{"kty":${'['.repeat(600)}`],
  ['a PEM without its end', '-----BEGIN PUBLIC KEY-----\nAAAA'],
  ['a PEM of nothing', '-----BEGIN X-----\n-----END X-----'],
  ['two PEMs', '-----BEGIN X-----\nAAAA\n-----END X-----\n'.repeat(2)],
  ['a token that is no base64url', 'eyJhbGciOiJFUzI1NiJ9.****.AAAA'],
  ['a header that is no JSON', `${b64('{"alg"')}.e30.AAAA`],
  ['signatures that are none', { payload: 'e30', signatures: [5] }],
  ['a payload that is no text', { payload: 5, protected: 'e30', signature: '' }],
]

for (const [why, what] of UNREADABLE) {
  test(`lint refuses ${why} by a JoseError`, async () => {
    await assert.rejects(
      lint(what as string, { now }),
      (error) => error instanceof JoseError && error.message.length < 500,
    )
  })
}
