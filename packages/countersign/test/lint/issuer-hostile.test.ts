import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JoseError } from 'countersign'
import { type IssuerLintOptions, type IssuerReport, lintIssuer } from 'countersign/lint'
import {
  audit,
  ISSUER,
  JWKS,
  KEYS,
  KEYS_HEADERS,
  METADATA,
  METADATA_HEADERS,
  OAUTH,
  OIDC,
  rowsOf,
  webOf,
} from '../support/audited.ts'
import { fails } from '../support/forge.ts'
import { type Answerer, answer, answerByHand, silent, unreachable } from '../support/remote.ts'

/** Every rule that anything was found by. */
const found = (report: IssuerReport): readonly string[] => [...new Set(report.findings.map(({ rule }) => rule))]

for (const issuer of [
  '',
  'issuer.example',
  'http://issuer.example',
  'ftp://issuer.example',
  'file:///etc/issuer',
  'https://user:password@issuer.example',
  'https://issuer.example/?tenant=1',
  'https://issuer.example/#keys',
]) {
  test(`attack 49: ${JSON.stringify(issuer)} is no issuer to look at, and nothing is asked`, async () => {
    const { asked, fetch } = webOf({})
    const error = await fails(() => lintIssuer(issuer, { fetch }), 'CS_DISCOVERY')
    assert.ok(!error.message.includes('password@'))
    assert.deepEqual(asked, [])
  })
}

/** Whoever says nothing is not waited for. */
const optionsFor = (given: Answerer): IssuerLintOptions => ({
  maxBytes: 20_000,
  ...(given === silent && { timeout: 0.3 }),
})
const gone = answer('', {}, 404)

/** What a place answers, and whether it may have something another time. */
const NOTHING: readonly (readonly [what: string, answer: Answerer, unavailable: boolean])[] = [
  ['answers 404', gone, false],
  ['answers 500', answer('', {}, 500), true],
  ['cannot be reached', unreachable, true],
  ['says nothing', silent, true],
  ['redirects', answer('', { location: 'https://evil.example/' }, 302), true],
  ['was led elsewhere', answerByHand(JSON.stringify(METADATA), {}, { redirected: true }), true],
  ['has more than maxBytes', answer(' '.repeat(20_001)), true],
  ['is a page', answer('<!doctype html>'), false],
  ['is empty', answer(''), false],
  ['is a list', answer('[]'), false],
  ['is null', answer('null'), false],
  ['is a text', answer('"x"'), false],
  ['is cut off', answer(JSON.stringify(METADATA).slice(0, -5)), false],
  ['is nested without end', answer('['.repeat(9000)), false],
  ['is nested deeply', answer(`{"a":${'['.repeat(400)}${']'.repeat(400)}}`), false],
]
for (const [what, given, unavailable] of NOTHING) {
  test(`an issuer whose metadata ${what} is an error, as for discover`, async () => {
    const { fetch } = webOf({ places: { [OIDC]: given } })
    const error = await fails(() => lintIssuer(ISSUER, { fetch, ...optionsFor(given) }), 'CS_DISCOVERY')
    assert.equal(error.unavailable, unavailable)
  })

  test(`keys whose place ${what} are a finding`, async () => {
    const report = await audit({ places: { [JWKS]: given } }, optionsFor(given))
    assert.deepEqual(rowsOf(report), [['CSL120', 'error', 'jwks']])
    assert.equal(report.keys, undefined)
  })
}

test('a body that is not UTF-8 is no metadata', async () => {
  const given: Answerer = async () => new Response(Uint8Array.of(0x7b, 0xff, 0x7d))
  await fails(() => audit({ places: { [OIDC]: given } }), 'CS_DISCOVERY')
})

const VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    0,
    -1e308,
    '',
    'x',
    '\u0000\u202e',
    'https://',
    [],
    {},
    [null],
    [[]],
    [1, {}],
    ['', 'none', '__proto__'],
  ],
  ...[{ keys: [] }, { length: 1 }, 'x'.repeat(9000), Array.from({ length: 900 }, () => 'token')],
]
test('members of any type are findings, and never another error', async () => {
  for (const name of [
    ...Object.keys(METADATA),
    'mtls_endpoint_aliases',
    'dpop_signing_alg_values_supported',
    'a_endpoint',
    '__proto__',
  ]) {
    for (const value of VALUES) {
      const text = `{${JSON.stringify(name)}:${JSON.stringify(value)},${JSON.stringify({ ...METADATA, [name]: undefined }).slice(1)}`
      const report = await audit({ places: { [OIDC]: answer(text) } })
      for (const { message, path } of report.findings) {
        assert.ok(message.length < 1500 && path.length < 200, `${name}: ${message}`)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
        assert.doesNotMatch(message + path, /[\u0000-\u001f\u202e]/)
      }
    }
  }
})

const ODD_KEYS: readonly unknown[] = [
  ...[null, 1, 'x', [], {}, { kty: 1 }, { kty: 'x' }, { kty: 'RSA' }, { kty: 'EC', crv: '__proto__' }, { kty: 'oct' }],
  ...[
    { ...KEYS[0], kid: 1 },
    { ...KEYS[0], kid: '' },
    { ...KEYS[0], alg: 7 },
    { ...KEYS[0], alg: 'none' },
  ],
  ...[
    { ...KEYS[0], use: ['sig'] },
    { ...KEYS[0], key_ops: 'verify' },
    { ...KEYS[0], key_ops: ['verify', 'verify'] },
  ],
  ...[
    { ...KEYS[0], x5c: 1 },
    { ...KEYS[0], x5c: [] },
    { ...KEYS[0], x5c: [null] },
    { ...KEYS[0], x5c: ['%%%'] },
  ],
  ...[
    { ...KEYS[0], x5c: ['MAA='] },
    { ...KEYS[0], x5u: 'http://localhost' },
    { ...KEYS[0], kty: 'passphrase' },
  ],
]
test('keys of any form are findings, and never another error', async () => {
  for (const odd of ODD_KEYS) {
    const { findings, keys } = await audit({ keys: [...KEYS, odd as object] })
    assert.equal(keys, 5)
    assert.ok(odd === null || findings.length > 0 || (odd as { x5u?: string }).x5u, JSON.stringify(odd))
  }
  assert.deepEqual(found(await audit({ keys: [1, null, { kty: 'x' }] as never })), [
    'CSL028',
    'CSL120',
    'CSL119',
    'CSL121',
  ])
})

test('of 10 000 keys the first thousand are looked at, and the count is told', async () => {
  const many = Array.from({ length: 10_000 }, (_, at) => ({ kty: 'x', kid: String(at) }))
  const report = await audit({ keys: many })
  assert.equal(report.keys, 10_000)
  assert.ok(report.findings.some(({ rule, message }) => rule === 'CSL123' && message.includes('10000')))
  assert.ok(report.findings.length < 60)
})

test('a thousand true keys of one name are told in few words', async () => {
  const report = await audit({ keys: Array.from({ length: 1000 }, () => ({ ...KEYS[0] })) })
  assert.deepEqual(found(report), ['CSL025', 'CSL119', 'CSL123'])
  assert.ok(report.findings.length < 60)
})

test('a set of more than 512 KiB is told where it is read at all', async () => {
  const text = `${' '.repeat(600_000)}${JSON.stringify({ keys: KEYS })}`
  const served = { places: { [JWKS]: answer(text, KEYS_HEADERS) } }
  assert.deepEqual(rowsOf(await audit(served)), [['CSL120', 'error', 'jwks']])
  assert.deepEqual(rowsOf(await audit(served, { maxBytes: 1_000_000 })), [['CSL123', 'warn', 'jwks']])
})

test('names of all kinds, many times over, are findings about names', async () => {
  const text = `{${'"__proto__":{},"constructor":1,"issuer":"x",'.repeat(5000)}${JSON.stringify(METADATA).slice(1)}`
  const report = await audit({ places: { [OIDC]: answer(text, METADATA_HEADERS) } })
  assert.deepEqual(found(report), ['CSL018'])
})

test('an issuer that is merely inherited is none', async () => {
  const text = `{"__proto__":{"issuer":"${ISSUER}"},${JSON.stringify({ ...METADATA, issuer: undefined }).slice(1)}`
  assert.deepEqual(found(await audit({ places: { [OIDC]: answer(text, METADATA_HEADERS) } })), ['CSL101'])
})

test('headers of any kind are findings, and never another error', async () => {
  for (const [name, value] of [
    ['cache-control', 'max-age=99999999999999999999'],
    ['cache-control', 'max-age=-1'],
    ['cache-control', '"'.repeat(5000)],
    ['cache-control', 'max-age="300"'],
    ['content-type', ';;;;'],
    ['content-type', 'x'.repeat(5000)],
    ['expires', 'never'],
  ] as const) {
    const headers = { ...KEYS_HEADERS, [name]: value }
    const report = await audit({ places: { [JWKS]: answerByHand(JSON.stringify({ keys: KEYS }), headers) } })
    for (const { message } of report.findings) assert.ok(message.length < 300, message)
  }
})

test('a fetch that throws anything at all is an error of the library', async () => {
  for (const thrown of [undefined, null, 'x', 7, {}, new Error(''), Object.create(null)]) {
    const fetch = (): Promise<never> => Promise.reject(thrown)
    await assert.rejects(() => lintIssuer(ISSUER, { fetch }), JoseError)
  }
})

test('what one place does is no concern of the other', async () => {
  for (const [, given] of NOTHING.slice(1)) {
    const report = await audit(
      { places: { [OIDC]: given, [OAUTH]: answer(JSON.stringify(METADATA), { 'content-type': 'application/json' }) } },
      optionsFor(given),
    )
    assert.deepEqual(rowsOf(report), [['CSL105', 'warn', 'metadata']])
  }
})

test('lists without end, and a thousand keys to go with them, are looked at once', async () => {
  const lists = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`a${at}_alg_values_supported`, ['x']]))
  const id_token_signing_alg_values_supported = ['ES256', ...Array.from({ length: 20_000 }, (_, at) => `x${at}`)]
  const keys = Array.from({ length: 900 }, (_, at) => ({ ...KEYS[0], kid: String(at) }))
  const report = await audit({ metadata: { ...lists, id_token_signing_alg_values_supported }, keys })
  assert.deepEqual(found(report), ['CSL123', 'CSL117', 'CSL118'])
})
