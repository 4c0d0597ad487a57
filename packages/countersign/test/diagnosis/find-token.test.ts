import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeFound } from '../../src/diagnosis/decode-token.ts'
import { findToken, notToken } from '../../src/diagnosis/find-token.ts'
import { CommandError } from '../../src/diagnosis/told.ts'
import { JoseError } from '../../src/errors.ts'

const encode = (text: string): string => Buffer.from(text).toString('base64url')
const HEADER = encode('{"alg":"ES256","kid":"2026-a"}')
const PAYLOAD = encode('{"iss":"https://id.example.com","sub":"ada","n":"ÿþý?>~"}')
const SIGNATURE = Buffer.alloc(64, 0xfb).toString('base64url')
const JWT = `${HEADER}.${PAYLOAD}.${SIGNATURE}`
const OTHER = `${encode('{"alg":"HS256"}')}.${encode('{"sub":"bob"}')}.c2lnbmF0dXJl`
const THIRD = `${encode('{"alg":"HS256"}')}.${encode('{"sub":"eve"}')}.c2lnbmF0dXJl`
const UNSIGNED = `${encode('{"alg":"none"}')}.${PAYLOAD}.`
const DETACHED = `${HEADER}..${SIGNATURE}`
const SPACED = `${encode('{\n  "alg": "ES256"\n}')}.${PAYLOAD}.${SIGNATURE}`
const JWE = `${encode('{"alg":"RSA-OAEP-256","enc":"A256GCM"}')}.${'a2V5'.repeat(20)}.aXZpdml2aXZpdml2.Y29udGVudA.dGFndGFndGFndGFndGFn`
const DIR = `${encode('{"alg":"dir","enc":"A256GCM"}')}..aXZpdml2aXZpdml2.Y29udGVudA.dGFndGFndGFndGFndGFn`
const RSA = `${HEADER}.${PAYLOAD}.${Buffer.alloc(256, 0x3e).toString('base64url')}`

const wrapAt = (text: string, width: number): string => text.match(new RegExp(`.{1,${width}}`, 'g'))?.join('\n') ?? ''

/** A token by itself, which strict takes, too. */
const BARE: readonly (readonly [what: string, text: string, token: string, kind: string])[] = [
  ['a signed token', JWT, JWT, 'jws'],
  ['one with white space around it', `\r\n\t ${JWT} \r\n`, JWT, 'jws'],
  ['one that nobody signed', UNSIGNED, UNSIGNED, 'jws'],
  ['one that is detached', DETACHED, DETACHED, 'jws'],
  ['one whose header has lines', SPACED, SPACED, 'jws'],
  ['an encrypted token', JWE, JWE, 'jwe'],
  ['one without an encrypted key', DIR, DIR, 'jwe'],
]

for (const [what, text, token, kind] of BARE) {
  test(`${what} is found with nothing to say, strict or not`, () => {
    for (const strict of [false, true]) assert.deepEqual(findToken(text, strict), { token, kind, notes: [] })
  })
}

const BEARER: readonly (readonly [text: string, shown: string])[] = [
  [`Authorization: Bearer ${JWT}`, 'Authorization: Bearer '],
  [`authorization: bearer ${JWT}`, 'authorization: bearer '],
  [`Authorization:Bearer ${JWT}`, 'Authorization:Bearer '],
  [`Proxy-Authorization: Bearer ${JWT}`, 'Proxy-Authorization: Bearer '],
  [`Bearer ${JWT}`, 'Bearer '],
  [`bearer\t${JWT}`, 'bearer '],
  [`Bearer\r\n  ${JWT}\r\n`, 'Bearer '],
  [`Bearer Bearer ${JWT}`, 'Bearer Bearer '],
  [`DPoP ${JWT}`, 'DPoP '],
  [`JWT ${JWT}`, 'JWT '],
  [`Authorization: token ${JWT}`, 'Authorization: token '],
]

for (const [text, shown] of BEARER) {
  test(`${JSON.stringify(text.replace(JWT, '…'))}: what stands before the token is removed and named; strict refuses it`, () => {
    const notes = [{ code: 'CS_NOTE_BEARER', message: `removed ${JSON.stringify(shown)} before the token.` }]
    assert.deepEqual(findToken(text), { token: JWT, kind: 'jws', notes })
    assert.throws(() => findToken(text, true), {
      message: `input starts with ${JSON.stringify(shown)}, which belongs to the HTTP header, not to the token.`,
      told: {
        ...toldOf(() => findToken('Bearer x', true)),
        message: `input starts with ${JSON.stringify(shown)}, which belongs to the HTTP header, not to the token.`,
      },
    })
  })
}

function toldOf(work: () => unknown): CommandError['told'] {
  try {
    work()
  } catch (error) {
    if (error instanceof CommandError) return error.told
  }
  throw new Error('nothing was refused')
}

test('behind Bearer the first is the token, whatever another behind it is called', () => {
  for (const text of [`Bearer ${JWT} access_token=${OTHER}`, `Authorization: Bearer ${JWT}?access_token=${OTHER}`]) {
    const { token, notes } = findToken(text)
    assert.equal(token, JWT)
    assert.match(notes[1]?.message ?? '', /1 more in the text/)
  }
})

test('what strict refuses ends with 3 and says what to pass', () => {
  const { code, exit, hint } = toldOf(() => findToken(`Bearer ${JWT}`, true))
  assert.deepEqual({ code, exit, hint }, { code: 'CS_BEARER', exit: 3, hint: 'pass only what follows it.' })
})

/** What people paste, the token that is meant, and what is said about it. */
const AROUND: readonly (readonly [what: string, text: string, token: string, note: RegExp, more?: RegExp])[] = [
  ['double quotes', `"${JWT}"`, JWT, /^removed the quotes around the token\.$/],
  ['single quotes', `'${JWT}'`, JWT, /^removed the quotes around/],
  ['backquotes', `\`${JWT}\``, JWT, /^removed the quotes around/],
  ['quotes of a text processor', `“${JWT}”`, JWT, /^removed the quotes around/],
  ['quotes and a comma', `"${JWT}",`, JWT, /^removed the quotes and the punctuation around/],
  ['a comma', `${JWT},`, JWT, /^removed the punctuation around the token\.$/],
  ['a semicolon', `${JWT};`, JWT, /^removed the punctuation around/],
  ['a period', `${JWT}.`, JWT, /^removed the punctuation around/],
  ['pointed brackets', `<${JWT}>`, JWT, /^removed the punctuation around/],
  [
    'a byte order mark inside',
    `${JWT.slice(0, 20)}\ufeff${JWT.slice(20)}`,
    JWT,
    /nobody sees \(U\+FEFF\) from the token/,
  ],
  [
    'blanks without width inside',
    `${JWT.slice(0, 9)}\u200b${JWT.slice(9, 50)}\u200b${JWT.slice(50)}`,
    JWT,
    /\(U\+200B\)/,
  ],
  [
    'soft hyphens inside',
    `token: ${JWT.slice(0, 50)}\u00ad${JWT.slice(50)}`,
    JWT,
    /\(U\+00AD\)/,
    /^found the token behind "token"/,
  ],
  ['a wrap at 76 columns', wrapAt(RSA, 76), RSA, /^removed white space inside the token\.$/],
  ['a wrap at 64 columns, CRLF', wrapAt(RSA, 64).replaceAll('\n', '\r\n'), RSA, /white space inside/],
  ['a wrap in the signature alone', wrapAt(RSA, 250), RSA, /white space inside/],
  ['a wrap at the dots', RSA.replaceAll('.', '.\n  '), RSA, /white space inside/],
  ['a wrapped token that is encrypted', wrapAt(JWE, 40), JWE, /white space inside/],
  ['a wrapped token in quotes', `"${wrapAt(RSA, 76)}"`, RSA, /white space inside/],
  [
    'an option of curl',
    `curl https://api.example.com/me -H "Authorization: Bearer ${JWT}"`,
    JWT,
    /^found the token behind "Authorization"\.$/,
  ],
  [
    'the same in single quotes',
    `curl -sS -H 'authorization: bearer ${JWT}' https://api.example.com/v1.2/me`,
    JWT,
    /behind "authorization"/,
  ],
  [
    'curl on many lines',
    `curl 'https://api.example.com/me' \\\n  -H 'accept: */*' \\\n  -H 'authorization: Bearer ${JWT}' \\\n  --compressed`,
    JWT,
    /behind "authorization"/,
  ],
  ['curl with a cookie', `curl -b 'theme=dark; session=${JWT}; lang=en' https://example.com`, JWT, /amidst other text/],
  ['a header of cookies', `Cookie: theme=dark; __Host-session=${JWT}; lang=en`, JWT, /amidst other text/],
  ['a cookie that is set', `Set-Cookie: token=${JWT}; HttpOnly; Secure; Path=/`, JWT, /behind "token"/],
  [
    'a fragment of a URL',
    `https://app.example.com/cb#id_token=${OTHER}&access_token=${JWT}&state=x`,
    JWT,
    /^found the token behind "access_token"; 1 more in the text\.$/,
  ],
  ['a query of a URL', `https://app.example.com/?code=a.b&jwt=${JWT}`, JWT, /behind "jwt"/],
  ['a path of a URL', `https://app.example.com/verify/${JWT}/now`, JWT, /amidst other text/],
  ['percent-encoded text', encodeURIComponent(`Bearer ${JWT}`), JWT, /amidst other text/],
  ['percent-encoded dots', JWT.replaceAll('.', '%2E'), JWT, /amidst other text/],
  ['a form', `grant_type=x&client_assertion=${OTHER}&subject_token=${JWT}`, OTHER, /; 1 more in the text/],
  ['a variable', `export API_TOKEN=${JWT}`, JWT, /amidst other text/],
  ['a file of variables', `A=1\nTOKEN="${JWT}"\nB=2\n`, JWT, /behind "TOKEN"/],
  ['YAML', `auth:\n  accessToken: ${JWT}\n  type: bearer\n`, JWT, /behind "accessToken"/],
  ['a line of a log', `2026-11-21T20:31:00Z WARN auth - refused token=${JWT} (expired), 12 ms`, JWT, /behind "token"/],
  ['a program', `const jwt = '${JWT}'; // expired`, JWT, /behind "jwt"/],
  ['a sentence', `The token is ${JWT}. It has expired...`, JWT, /amidst other text/],
  ['a name before it', `session-${JWT}`, JWT, /amidst other text/],
  ['a backslash and an n before it', `Bearer:\\n${JWT}\\n`, JWT, /amidst other text/],
  ['two tokens on two lines', `${JWT}\n${OTHER}\n`, JWT, /^found the token amidst other text; 1 more in the text\.$/],
  ['two of one length', `${OTHER}\n${THIRD}`, OTHER, /; 1 more/],
  ['one token twice', `${JWT}\n${JWT}\n`, JWT, /^found the token amidst other text\.$/],
  ['an encrypted token in text', `a ${DIR} b`, DIR, /amidst/],
  [
    'headers and a body',
    `HTTP/1.1 200 OK\r\nSet-Cookie: session=${OTHER}\r\nContent-Type: application/json\r\n\r\n{"token_type":"Bearer","access_token":"${JWT}"}`,
    JWT,
    /^found the token behind "access_token"; 1 more/,
  ],
  ['an object in a program', `headers: { "Authorization": "Bearer ${JWT}" }`, JWT, /behind "Authorization"/],
  ['JSON in a string', JSON.stringify(JSON.stringify({ access_token: JWT })), JWT, /behind "access_token"/],
  ['lines of JSON', `{"a":1}\n{"access_token":"${JWT}"}\n`, JWT, /behind "access_token"/],
  ['disclosures', `${JWT}~WyJhIiwiYiJd~WyJjIiwiZCJd~`, JWT, /amidst/, /disclosures \(SD-JWT\)/],
  [
    'an answer of a token endpoint',
    JSON.stringify({ access_token: JWT, token_type: 'Bearer' }),
    JWT,
    /^found the token in "access_token" of the JSON\.$/,
  ],
  [
    'one with several tokens',
    JSON.stringify({ id_token: OTHER, refresh_token: THIRD, access_token: JWT }),
    JWT,
    /in "access_token" of the JSON; 2 more in the document\.$/,
  ],
  ['an ID token alone', JSON.stringify({ access_token: 'opaque', id_token: JWT }), JWT, /in "id_token" of the JSON\.$/],
  ['JSON with escaped slashes', `{"url":"https:\\/\\/a","accessToken":"${JWT}"}`, JWT, /in "accessToken"/],
  [
    'nested JSON',
    JSON.stringify({ data: { items: [{}, { value: JWT }] } }),
    JWT,
    /in "data\.items\.1\.value" of the JSON/,
  ],
  ['an array', JSON.stringify([OTHER, JWT]), OTHER, /in "0" of the JSON; 1 more/],
  [
    'Bearer in JSON',
    JSON.stringify({ headers: { Authorization: `Bearer ${JWT}` } }),
    JWT,
    /in "headers\.Authorization"/,
  ],
  ['a log in JSON', JSON.stringify({ level: 'warn', msg: `refused ${JWT}: expired` }), JWT, /amidst other text/],
  [
    'JSON with a signature of its own',
    JSON.stringify({ signature: 'abc', access_token: JWT }),
    JWT,
    /in "access_token"/,
  ],
]

for (const [what, text, token, note, more] of AROUND) {
  test(`${what}: the token is found, and what was done is said; strict refuses it`, () => {
    const found = findToken(text)
    assert.equal(found.token, token)
    const messages = found.notes.map(({ message }) => message)
    assert.match(messages[0] ?? '', note)
    if (more) assert.match(messages[1] ?? '', more)
    assert.equal(messages.length, more ? 2 : 1)
    assert.ok(found.notes.every(({ code }) => code === 'CS_NOTE_FOUND'))
    assert.equal(toldOf(() => findToken(text, true)).code, 'CS_BEARER')
  })
}

test('a byte order mark before the token is white space, which strict refuses as well', () => {
  assert.deepEqual(findToken(`\ufeff${JWT}\r\n`), { token: JWT, kind: 'jws', notes: [] })
  assert.equal(toldOf(() => findToken(`\ufeff${JWT}`, true)).message, 'input has more than a token: a byte order mark.')
})

const FLATTENED = { protected: HEADER, payload: PAYLOAD, signature: SIGNATURE }
const SERIALIZATIONS: readonly (readonly [what: string, value: object, kind: 'jws' | 'jwe'])[] = [
  ['a flattened JWS', FLATTENED, 'jws'],
  ['one with an unprotected header alone', { header: { alg: 'ES256' }, payload: PAYLOAD, signature: SIGNATURE }, 'jws'],
  ['one that is detached', { protected: HEADER, signature: SIGNATURE }, 'jws'],
  ['a general JWS', { payload: PAYLOAD, signatures: [{ protected: HEADER, signature: SIGNATURE }] }, 'jws'],
  ['a flattened JWE', { protected: HEADER, iv: 'aXY', ciphertext: 'YQ', tag: 'dGFn' }, 'jwe'],
  ['a general JWE', { protected: HEADER, recipients: [{}], iv: 'aXY', ciphertext: 'YQ', tag: 'dGFn' }, 'jwe'],
]

for (const [what, value, kind] of SERIALIZATIONS) {
  test(`${what} in JSON is a token itself (RFC 7515 §7.2, RFC 7516 §7.2)`, () => {
    for (const strict of [false, true]) {
      const found = findToken(JSON.stringify(value, null, 2), strict)
      assert.deepEqual([found.token, found.kind, found.notes], [value, kind, []])
    }
    const inside = findToken(JSON.stringify({ data: [value] }))
    assert.deepEqual(inside.token, value)
    assert.match(inside.notes[0]?.message ?? '', /in "data\.0" of the JSON/)
    const body = findToken(`HTTP/1.1 200 OK\r\n\r\n${JSON.stringify(value)}`)
    assert.deepEqual(body.token, value)
  })
}

const CUT: readonly (readonly [what: string, text: string, token: string, note: RegExp])[] = [
  ['the header alone', HEADER, HEADER, /its signature is missing \(1 part in \d+ characters\)/],
  ['header and payload', `${HEADER}.${PAYLOAD}`, `${HEADER}.${PAYLOAD}`, /missing \(2 parts/],
  [
    'half of the payload',
    `${HEADER}.${PAYLOAD.slice(0, 21)}`,
    `${HEADER}.${PAYLOAD.slice(0, 21)}`,
    /missing \(2 parts/,
  ],
  [
    'with dots for the rest',
    `${HEADER}.${PAYLOAD.slice(0, 20)}...`,
    `${HEADER}.${PAYLOAD.slice(0, 20)}`,
    /missing \(2 parts/,
  ],
  ...['…', '...', '.…', '....', '……'].map(
    (gap) =>
      [
        `with ${gap} for the middle`,
        `${HEADER}.${PAYLOAD.slice(0, 20)}${gap}x3k_Q`,
        `${HEADER}.${PAYLOAD.slice(0, 20)}`,
        /missing \(2 parts/,
      ] as const,
  ),
  ['with a gap in its signature', `${JWT.slice(0, -9)}…${JWT.slice(-4)}`, `${HEADER}.${PAYLOAD}`, /missing \(2 parts/],
  ['with a gap behind its header', `${HEADER}...abc`, HEADER, /missing \(1 part in/],
  [
    'an encrypted token with a gap in its tag',
    `${JWE.slice(0, -9)}...${JWE.slice(-4)}`,
    JWE.split('.').slice(0, 4).join('.'),
    /parts of it are missing \(4 parts/,
  ],
  [
    'an encrypted token',
    JWE.split('.').slice(0, 3).join('.'),
    JWE.split('.').slice(0, 3).join('.'),
    /parts of it are missing \(3 parts/,
  ],
]

for (const [what, text, token, note] of CUT) {
  test(`${what}: a token that is cut off is found, behind other text, too; strict refuses it`, () => {
    for (const whole of [text, `Bearer ${text}`, `refused token=${text} (expired)`]) {
      const found = findToken(whole)
      assert.deepEqual([found.token, found.kind], [token, 'cut'])
      assert.match(found.notes.at(-1)?.message ?? '', note)
      assert.equal(found.notes.at(-1)?.code, 'CS_NOTE_CUT')
    }
    assert.throws(() => decodeFound(findToken(token, true), true), CommandError)
  })
}

test('a text that is no token is told by its parts, as the specification has it', () => {
  const cut = `${HEADER}.${'a'.repeat(214 - HEADER.length - 1)}`
  const told = notToken(cut).told
  assert.equal(told.message, 'not a token: expected 3 parts (JWS) or 5 (JWE) between dots, found 2 in 214 characters.')
  assert.equal(
    told.hint,
    'the signature seems cut off. `countersign decode` still shows the header and claims. (RFC 7515 §7.1)',
  )
  assert.equal(told.exit, 3)
})

const REFUSED: readonly (readonly [what: string, text: string, message: RegExp, hint?: RegExp])[] = [
  ['nothing', '', /the input is empty/],
  ['white space', ' \n\ufeff', /the input is empty/],
  ['a token with a gap in its header', 'eyJhbGci…x3k_Q', /it was shortened/, /take all of it/],
  ['such a token with three dots', 'eyJhbGci...x3k_Q', /it was shortened/, /take all of it/],
  ['such a token without an end', 'eyJhbGci...', /it was shortened/, /take all of it/],
  ['a word', 'hello', /found 1 in 5 characters/, /begins with eyJ/],
  ['the name of a file', 'token.txt', /found 2 in 9 characters/, /A file is named with @/],
  ['the name of a host', 'www.example.com', /it has 3 parts between dots, and the first is no header/],
  ['an opaque token', 'gho_16C7e42F292c6912E7710c838347Ae178B4a', /found 1 in 40/, /opaque: only its issuer/],
  ['an opaque token with Bearer', 'Bearer 2YotnFZFEjr1zCsicMWpAA', /found 1 in 22/, /opaque/],
  ['a PEM', '-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----', /found 1 in/, /this is a PEM/],
  ['four parts', `${JWT}.abc`, /expected 3 parts \(JWS\) or 5 \(JWE\) between dots, found 4/],
  ['six parts', `${JWE}.abc`, /found 6/],
  ['a key', '{"kty":"EC","crv":"P-256","x":"a","y":"b"}', /the input is a key \(JWK\), and no token/, /key inspect/],
  ['a set of keys', '{"keys":[]}', /the input is a JWK Set/, /countersign jwks/],
  [
    'an opaque token in JSON',
    '{"access_token":"2YotnFZFEjr1zCsicMWpAA"}',
    /its access_token is no JWT/,
    /introspection.*\(RFC 7662 §2\)/,
  ],
  ['other JSON', '{"error":"invalid_grant"}', /no member of it is a token/],
  ['an array of nothing', '[]', /no member of it is a token/],
]

for (const [what, text, message, hint] of REFUSED) {
  test(`${what} is no token, strict or not, and what it is instead is told`, () => {
    for (const strict of text.startsWith('Bearer') ? [false] : [false, true]) {
      const told = toldOf(() => findToken(text, strict))
      assert.deepEqual([told.code, told.exit], ['CS_MALFORMED', 3])
      assert.match(told.message, message)
      if (hint) assert.match(told.hint, hint)
    }
  })
}

/** Tokens that something wrote as base64: each is taken with what makes it wrong, so that decoding says where that is. */
const plus = (part: string): string => part.replaceAll('-', '+').replaceAll('_', '/')
const BASE64 = `${HEADER}.${plus(PAYLOAD)}.${plus(SIGNATURE)}`
const BASE64_IN: readonly (readonly [what: string, text: string, token: string])[] = [
  ['alone', BASE64, BASE64],
  ['in quotes', `"${BASE64}"`, BASE64],
  ['behind Bearer', `Bearer ${BASE64}`, BASE64],
  ['in a command', `curl -H "Authorization: Bearer ${BASE64}" https://a.example`, BASE64],
  ['in JSON', JSON.stringify({ access_token: BASE64 }), BASE64],
  [
    'in the signature alone',
    `the token ${HEADER}.${PAYLOAD}.${plus(SIGNATURE)} is odd`,
    `${HEADER}.${PAYLOAD}.${plus(SIGNATURE)}`,
  ],
  ['with padding', `the token ${JWT}== is odd`, `${JWT}==`],
]

for (const [what, text, token] of BASE64_IN) {
  test(`base64 ${what} is refused with its place, and never cut to what is left of it`, () => {
    assert.match(plus(PAYLOAD) + plus(SIGNATURE), /[+/]/)
    const found = findToken(text)
    assert.equal(found.token, token)
    assert.throws(() => decodeFound(found), {
      name: 'CommandError',
      message: /is base64, not base64url: "[+/=]" at character \d+\./,
    })
  })
}

/** Text that costs much where it is read more than once; each is some megabytes. */
const HEAVY: readonly (readonly [what: string, text: string])[] = [
  ['beginnings without end', 'eyJ'.repeat(1_400_000)],
  ['beginnings and dots', 'eyJ.'.repeat(1_000_000)],
  ['beginnings on lines', 'eyJ\n'.repeat(1_000_000)],
  ['broken tokens', 'eyJhbGciOiJ9.eyJ '.repeat(250_000)],
  ['dots', '.'.repeat(4_000_000)],
  ['commas before a letter', `${','.repeat(4_000_000)}a${','.repeat(4_000_000)}a`],
  ['blanks', `a${' '.repeat(4_000_000)}b`],
  ['Bearer without end', 'Bearer '.repeat(600_000)],
  ['percent signs', '%41'.repeat(1_000_000)],
  ['braces on lines', `x\n${'{\n'.repeat(2_000_000)}`],
  ['characters without width', `${'\u200b'.repeat(2_000_000)}x`],
  ['a long run behind a header', `a ${HEADER}${'eyJ'.repeat(1_000_000)}`],
  ['strings of JSON that begin like tokens', JSON.stringify(Array(100_000).fill('eyJhbGciOi.eyJ'))],
]

for (const [what, text] of HEAVY) {
  test(`megabytes of junk are read and refused: ${what}`, () => {
    assert.throws(() => decodeFound(findToken(text)), CommandError)
  })
}

test('of very many tokens one is taken', () => {
  assert.match(findToken(`${OTHER} ${JWT} `.repeat(10_000)).notes[0]?.message ?? '', /; 1 or more in the text\.$/)
  const many = JSON.stringify(Array(10_000).fill(OTHER))
  assert.match(findToken(many).notes[0]?.message ?? '', /; 999 or more in the document\.$/)
})

test('more than 16 MB are not read', () => {
  assert.throws(() => findToken('a'.repeat(16 * 1024 * 1024 + 1)), { name: 'JoseError', code: 'CS_TOO_LARGE' })
})

const TOKENS = [
  JWT,
  OTHER,
  UNSIGNED,
  DETACHED,
  SPACED,
  JWE,
  DIR,
  BASE64,
  JSON.stringify(FLATTENED),
  JSON.stringify({ access_token: JWT }),
]
const around = fc.constantFrom(
  '',
  ' ',
  '"',
  'Bearer ',
  'a.',
  'x=',
  '\n',
  '…',
  '{',
  '}',
  '%2E',
  '\u200b',
  '~',
  '\\',
  ',',
  '.',
  '/',
  '+',
)
const mutated = fc
  .tuple(
    fc.constantFrom(...TOKENS),
    fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.string({ maxLength: 2 })), { maxLength: 4 }),
    around,
    around,
  )
  .map(([token, changes, before, behind]) => {
    const text = changes.reduce((now, [at, length, put]) => {
      const place = at % (now.length + 1)
      return now.slice(0, place) + put + now.slice(place + length)
    }, token)
    return before + text + behind
  })

test('whatever the text, there is a token or an error that tells why', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), mutated, mutated),
      fc.boolean(),
      (text, strict) => {
        try {
          decodeFound(findToken(text, strict), strict)
        } catch (error) {
          assert.ok(error instanceof JoseError || error instanceof CommandError, String((error as Error).stack))
        }
      },
    ),
    { numRuns: 1000 },
  )
})

test('a token is found in any text that has no other', () => {
  const word = fc.stringMatching(/^[a-dg-z0-9 :;,'"<>()&?#\n]{0,30}$/)
  fc.assert(
    fc.property(word, word, fc.constantFrom(JWT, JWE, DIR, SPACED), (before, behind, token) => {
      // A word behind a token that stands first may be its end, which was broken off.
      fc.pre(/[a-z0-9]/.test(before) || !/[a-z0-9]/.test(behind))
      assert.equal(findToken(`${before} ${token} ${behind}`).token, token)
    }),
    { numRuns: 300 },
  )
})
