import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DecodedToken, decodeToken } from '../../src/diagnosis/decode-token.ts'
import { parseExact, toLine } from '../../src/diagnosis/exact-json.ts'
import { oddTimes, timesOf } from '../../src/diagnosis/odd-times.ts'
import { CommandError, type Told } from '../../src/diagnosis/told.ts'

const encode = (text: string | Uint8Array): string => Buffer.from(text).toString('base64url')
const HEADER = encode('{"alg":"ES256"}')
const SIGNATURE = encode(new Uint8Array(64))
const jws = (payload: string | Uint8Array, header = '{"alg":"ES256"}'): string =>
  `${encode(header)}.${encode(payload)}.${SIGNATURE}`
const messages = ({ notes }: DecodedToken): readonly string[] => notes.map(({ message }) => message)

function toldOf(work: () => unknown): Told {
  try {
    work()
  } catch (error) {
    if (error instanceof CommandError) return error.told
    throw error
  }
  throw new Error('nothing was refused')
}

/** 57 characters, of which the next one is wrong. */
const BEFORE = encode('{"iss":"https://id.example.com","sub":"adalovela').slice(0, 57)

test('base64 is told with its place, as the specification has it', () => {
  const { code, exit, message, at } = toldOf(() =>
    decodeToken(`${HEADER}.${BEFORE}+${BEFORE.slice(0, 6)}.${SIGNATURE}`),
  )
  assert.equal(
    message,
    'payload is base64, not base64url: "+" at character 57. Tokens use A-Z a-z 0-9 - _ without "=". (RFC 7515 §2)',
  )
  assert.deepEqual([code, exit, at], ['CS_BASE64', 3, { segment: 'payload', offset: 57 }])
})

const JWE = [encode('{"alg":"dir","enc":"A256GCM"}'), '', 'aXZpdml2aXZpdml2', 'Y29udGVudA', 'dGFndGFndGFndGFndGFn']
const without = (index: number, text: string): string => JWE.map((part, at) => (at === index ? text : part)).join('.')

const BROKEN: readonly (readonly [what: string, text: string, message: RegExp, at: Told['at']])[] = [
  [
    'padding',
    `${HEADER}.e30=.${SIGNATURE}`,
    /^payload is base64, not base64url: "=" at character 3/,
    { segment: 'payload', offset: 3 },
  ],
  [
    'a letter that is none',
    `${HEADER}.e3$0.${SIGNATURE}`,
    /^payload is not base64url: "\$" at character 2/,
    { segment: 'payload', offset: 2 },
  ],
  [
    'a letter of many bytes',
    `${HEADER.slice(0, 6)}€${HEADER.slice(6)}.e30.${SIGNATURE}`,
    /^header is not base64url: "€" at character 6/,
    { segment: 'header', offset: 6 },
  ],
  [
    'a length that no bytes have',
    `${HEADER}.e30.AAAAA`,
    /^signature is cut short: 5 characters/,
    { segment: 'signature', offset: 5 },
  ],
  [
    'bits that nothing uses',
    `${HEADER}.e30.AB`,
    /^signature ends in bits that are not zero/,
    { segment: 'signature', offset: 1 },
  ],
  [
    'a header that is no JSON',
    `${encode('{"alg":x}')}.e30.${SIGNATURE}`,
    /^the header is not JSON: "x" stands where a value should at character 7\.$/,
    { segment: 'header', offset: 7 },
  ],
  [
    'a header that is cut off',
    encode('{"alg":"ES2'),
    /^the header is not JSON: it ends at character 11\.$/,
    { segment: 'header', offset: 11 },
  ],
  [
    'a header that is no UTF-8',
    `${encode(Buffer.from('7b22ff', 'hex'))}.e30.${SIGNATURE}`,
    /^the header is not UTF-8/,
    { segment: 'header', offset: 0 },
  ],
  ['an encrypted key', without(1, 'a+bc'), /^encrypted key is base64/, { segment: 'encrypted key', offset: 1 }],
  ['an initialization vector', without(2, '+'), /^iv is base64/, { segment: 'iv', offset: 0 }],
  ['a ciphertext', without(3, 'ab/d'), /^ciphertext is base64/, { segment: 'ciphertext', offset: 2 }],
  ['a tag', without(4, 'abc='), /^tag is base64/, { segment: 'tag', offset: 3 }],
]

for (const [what, text, message, at] of BROKEN) {
  test(`${what}: where a token is at fault is told`, () => {
    const told = toldOf(() => decodeToken(text))
    assert.match(told.message, message)
    assert.deepEqual([told.exit, told.at], [3, at])
  })
}

const ODD_JSON: readonly (readonly [what: string, value: object, message: RegExp])[] = [
  ['a payload that is no text', { protected: HEADER, payload: {}, signature: 'AA' }, /^payload of the JWS is no text/],
  [
    'a protected header that is no text',
    { protected: {}, payload: 'e30', signature: 'AA' },
    /^protected of the JWS is no text/,
  ],
  ['signatures that are none', { payload: 'e30', signatures: [] }, /^signatures of the JWS is no array of objects/],
  ['signatures of numbers', { payload: 'e30', signatures: [1] }, /^signatures of the JWS is no array of objects/],
  [
    'recipients that are none',
    { protected: HEADER, ciphertext: 'AA', recipients: {} },
    /^recipients of the JWE is no array/,
  ],
  [
    'a signature that is no text',
    { payload: 'e30', signatures: [{ protected: HEADER, signature: 1 }] },
    /^signature of the JWS is no text/,
  ],
]

for (const [what, value, message] of ODD_JSON) {
  test(`${what} in JSON: it is told what is wrong`, () => {
    const told = toldOf(() => decodeToken(JSON.stringify(value)))
    assert.match(told.message, message)
    assert.equal(told.code, 'CS_MALFORMED')
  })
}

test('numbers keep their digits and members their order, in headers and payloads of every serialization', () => {
  const text = '{"2":9007199254740993,"1":1.0,"x":-0,"y":1e400}'
  const header = `{"alg":"ES256",${text.slice(1)}`
  const flattened = `{"protected":"${encode('{"alg":"ES256"}')}","header":${text},"payload":"${encode(text)}","signature":"AA"}`
  for (const token of [jws(text, header), flattened]) {
    const decoded = decodeToken(token)
    assert.equal(toLine(decoded.header), header)
    assert.equal(decoded.payload?.json && toLine(decoded.payload.json), text)
  }
})

test('the header has the members of all headers, those of each signature by themselves', () => {
  const [one, two] = [encode('{"alg":"ES256"}'), encode('{"alg":"RS256"}')]
  const signatures = [
    { protected: one, header: { kid: 'a' }, signature: 'AAAA' },
    { protected: two, signature: 'AA' },
  ]
  const decoded = decodeToken(JSON.stringify({ payload: 'e30', signatures }))
  assert.equal(decoded.serialization, 'general')
  assert.deepEqual(
    decoded.headers.map((header) => toLine(header)),
    ['{"alg":"ES256","kid":"a"}', '{"alg":"RS256"}'],
  )
  assert.deepEqual([toLine(decoded.header), decoded.signature?.bytes], ['{"alg":"ES256","kid":"a"}', 3])
  const jwe = {
    ...{
      protected: encode('{"enc":"A256GCM"}'),
      unprotected: { jku: 'x' },
      iv: 'AAAA',
      ciphertext: 'AAAAAA',
      tag: 'AA',
    },
    recipients: [{ header: { alg: 'dir' } }, { header: { alg: 'A256KW' }, encrypted_key: 'AAAA' }],
  }
  const encrypted = decodeToken(JSON.stringify(jwe))
  assert.deepEqual(
    encrypted.headers.map((header) => toLine(header)),
    ['{"enc":"A256GCM","jku":"x","alg":"dir"}', '{"enc":"A256GCM","jku":"x","alg":"A256KW"}'],
  )
  assert.deepEqual(encrypted.encrypted, { key: 0, iv: 3, content: 4, tag: 1 })
})

test('an encrypted token shows its header and how large the rest is', () => {
  const { kind, payload, signature, encrypted, notes } = decodeToken(JWE.join('.'))
  assert.deepEqual([kind, payload, signature, notes], ['jwe', undefined, undefined, []])
  assert.deepEqual(encrypted, { key: 0, iv: 12, content: 7, tag: 15 })
})

test('a name that is there twice is told wherever it is, and refused by strict (RFC 7515 §4)', () => {
  const twice = /^the name "sub" is there twice, and readers differ in which of them counts\.$/
  const flattened = `{"protected":"${HEADER}","payload":"e30","payload":"e30","signature":"AA"}`
  assert.match(messages(decodeToken(jws('{"sub":"a","x":{"sub":1},"sub":"b"}')))[0] ?? '', twice)
  assert.match(messages(decodeToken(jws('{}', '{"alg":"ES256","kid":"a","kid":"b"}')))[0] ?? '', /"kid"/)
  assert.match(messages(decodeToken(flattened))[0] ?? '', /"payload"/)
  // The same member in the protected and the unprotected header, which no signature allows (RFC 7515 §4).
  const both = JSON.stringify({ protected: HEADER, header: { alg: 'none' }, payload: 'e30', signature: 'AA' })
  assert.match(messages(decodeToken(both))[0] ?? '', /"alg"/)
  for (const token of [jws('{"sub":"a","sub":"b"}'), flattened, both])
    assert.throws(() => decodeToken(token, true), { code: 'CS_MALFORMED' })
})

const PAYLOADS: readonly (readonly [what: string, token: string, text: string | undefined, note?: RegExp])[] = [
  ['text', jws('hello'), 'hello'],
  ['octets', jws(Uint8Array.of(0xff, 0xfe)), undefined],
  ['nothing', `${HEADER}.e30.`, '{}'],
  [
    'what is nearly JSON',
    jws('{"a":1,}'),
    '{"a":1,}',
    /^the payload is not JSON: no name of a member in double quotes at character 7\.$/,
  ],
  ['a byte order mark', jws('\ufeff{}'), '\ufeff{}', /^the payload is not JSON: "\\ufeff" stands where/],
  [
    'what is nested too deep',
    jws('['.repeat(600)),
    '['.repeat(600),
    /^the payload is nested deeper than 512 levels\.$/,
  ],
  [
    'another token',
    jws(jws('{}')),
    jws('{}'),
    /^the payload is another token: countersign decode --part payload \| countersign decode$/,
  ],
  [
    'a type that promises claims',
    jws('hello', '{"alg":"ES256","typ":"at+jwt"}'),
    'hello',
    /^the payload is no claims set/,
  ],
  ['an array where claims should be', jws('[]', '{"alg":"ES256","typ":"JWT"}'), '[]', /^the payload is no claims set/],
  [
    'what was compressed',
    jws(Uint8Array.of(0xab, 0xff), '{"alg":"ES256","zip":"DEF"}'),
    undefined,
    /^the payload is compressed \(zip "DEF"\)/,
  ],
  ['what was signed as it is (RFC 7797)', `${encode('{"alg":"ES256","b64":false,"crit":["b64"]}')}.$02+x.AA`, '$02+x'],
]

for (const [what, token, text, note] of PAYLOADS) {
  test(`a payload may be ${what}`, () => {
    const decoded = decodeToken(token)
    assert.equal(decoded.payload?.text, text)
    assert.equal(decoded.notes.length, note ? 1 : 0)
    if (note) assert.match(messages(decoded)[0] ?? '', note)
  })
}

test('an encrypted token says that another one is inside', () => {
  const header = encode('{"alg":"dir","enc":"A256GCM","cty":"JWT"}')
  assert.match(
    messages(decodeToken([header, ...JWE.slice(1)].join('.')))[0] ?? '',
    /another token is inside \(cty JWT\)/,
  )
})

test('what is detached has no payload, and what nobody signed has an empty signature', () => {
  assert.equal(decodeToken(`${HEADER}..${SIGNATURE}`).payload, undefined)
  assert.deepEqual(decodeToken(`${encode('{"alg":"none"}')}.e30.`).signature, { text: '', bytes: 0 })
})

test('a payload that is cut anywhere is shown as far as it goes', () => {
  const claims = '{"iss":"https://id.example.com","name":"Zoë 😀","n":1}'
  const payload = encode(claims)
  for (let length = 1; length < payload.length; length++) {
    const { payload: shown, signature, notes } = decodeToken(`${HEADER}.${payload.slice(0, length)}`)
    assert.equal(signature, undefined)
    assert.equal(notes[0]?.code, 'CS_NOTE_CUT')
    const text = (shown?.text ?? '').replace(/\ufffd*$/, '')
    assert.ok(claims.startsWith(text) && text.length >= Math.floor((length * 3) / 4) - 6, text)
  }
})

const times = (text: string): readonly string[] => oddTimes(parseExact(text, 'it')).map(({ message }) => message)

const TIMES: readonly (readonly [claims: string, message: RegExp])[] = [
  [
    '{"exp":1795301400000}',
    /^exp looks like milliseconds \(2026-11-21T22:50:00Z\); times are numbers of seconds\. \(RFC 7519 §2\)$/,
  ],
  ['{"iat":1795301400000000}', /^iat looks like microseconds \(2026-/],
  ['{"iat":1795301400000000000}', /^iat looks like nanoseconds \(2026-/],
  ['{"exp":1e400}', /^exp is further away than any date/],
  ['{"nbf":-1}', /^nbf lies before 1970 \(1969-12-31T23:59:59Z\)\.$/],
  ['{"nbf":-1e300}', /^nbf lies before 1970\.$/],
  ['{"exp":3600}', /^exp looks like a span and not a moment \(1970-01-01T01:00:00Z\)/],
  ['{"exp":"1795301400"}', /^exp is a string and not a number/],
  ['{"exp":"2026-11-21T22:50:00Z"}', /^exp is a string/],
  ['{"auth_time":null}', /^auth_time is null and not a number/],
  ['{"exp":true}', /^exp is true and not a number/],
  ['{"exp":[1]}', /^exp is an array and not a number/],
]

for (const [claims, message] of TIMES) {
  test(`${claims}: what is odd about a time is told`, () => {
    const [first, ...others] = times(claims)
    assert.match(first ?? '', message)
    assert.deepEqual(others, [])
  })
}

test('whole seconds and fractions of them are times like any other', () => {
  assert.deepEqual(times('{"exp":1795301400,"nbf":1795301400.5,"iat":1.7953014e9}'), [])
  const json = parseExact('{"iat":1795301400.5,"exp":1795301400,"x":1,"nbf":"1","auth_time":1e400}', 'it')
  assert.deepEqual(timesOf(json), [
    ['exp', 1_795_301_400],
    ['iat', 1_795_301_400.5],
  ])
  assert.deepEqual(timesOf(undefined), [])
})
