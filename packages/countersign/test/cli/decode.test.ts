import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { command, NOW, type Ran, type World } from './support/memory-host.ts'

const encode = (text: string | Uint8Array): string => Buffer.from(text).toString('base64url')
const SIGNATURE = encode(new Uint8Array(64).fill(7))
const jws = (payload: string | Uint8Array, header = '{"alg":"ES256","kid":"2026-a","typ":"JWT"}'): string =>
  `${encode(header)}.${encode(payload)}.${SIGNATURE}`
const CLAIMS = `{"iss":"https://id.example.com","sub":"ada","aud":["api","web"],"exp":${NOW + 852},"iat":${NOW - 2700},"id":9007199254740993,"realm_access":{"roles":["admin"]},"https://a.example/x.y":{"z":[{"q":1.0}]},"s":true}`
const TOKEN = jws(CLAIMS)
const JWE = [
  encode('{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"enc-1","zip":"DEF"}'),
  encode(new Uint8Array(256)),
  encode(new Uint8Array(12)),
  encode(new Uint8Array(300)),
  encode(new Uint8Array(16)),
].join('.')

const decode = (args: readonly string[], world: World = {}): Promise<Ran> => command(['decode', ...args], world)

const REFUSED: readonly (readonly [
  what: string,
  args: readonly string[],
  code: number,
  message: RegExp,
  world?: World,
])[] = [
  ['no token at a terminal', [], 2, /decode needs a token/],
  ['--part beside --claim', [TOKEN, '--part', 'header', '--claim', 'exp'], 2, /exclude each other/],
  ['a time zone that is none', [TOKEN, '--tz', 'CET'], 2, /--tz is local, utc/],
  ['a part that is none', [TOKEN, '--part', 'tail'], 2, /--part is one of header, payload, signature/],
  ['a token behind @', [`@${TOKEN}`], 2, /TOKEN is @ and a token, and @ names a file/],
  ['--lines with a token', [TOKEN, '--lines'], 2, /--lines takes a SOURCE of many lines/],
  ['--lines at a terminal', ['--lines'], 2, /--lines needs lines/],
  ['an empty input', [], 3, /not a token: the input is empty/, { input: '' }],
  ['octets that are no text', [], 3, /the input is not UTF-8/, { input: Uint8Array.of(0x80) }],
  ['a name that is there twice, by --strict', [jws('{"a":1,"a":2}'), '--strict'], 3, /the name "a" twice/],
  ['a token that is cut off, by --strict', [`${encode('{"alg":"ES256"}')}.e30`, '--strict'], 3, /found 2 in/],
  ['a claim that is not there', [TOKEN, '--claim', 'role'], 3, /CS_CLAIM_MISSING\]: the token has no claim "role"\./],
  ['one that is misspelt', [TOKEN, '--claim', 'isss'], 3, /no claim "isss", did you mean iss\?/],
  ['an item that is not there', [TOKEN, '--claim', 'aud.2'], 3, /no claim "aud\.2"/],
  ['an item that is no number', [TOKEN, '--claim', 'aud.length'], 3, /no claim "aud\.length"/],
  ['what every object inherits', [TOKEN, '--claim', '__proto__'], 3, /no claim "__proto__"/],
  ['a claim where there are none', [jws('hello'), '--claim', 'exp'], 3, /fix: the payload has no claims/],
  [
    'a claim that is encrypted',
    [JWE, '--claim', 'sub'],
    6,
    /CS_ENCRYPTED\]: this token is encrypted \(JWE, RSA-OAEP-256 \+ A256GCM, kid "enc-1"\); only its header can be read/,
  ],
  [
    'a payload that is encrypted',
    [JWE, '--part', 'payload'],
    6,
    /fix: countersign decrypt --key @private\.pem \(RFC 7516 §3\)/,
  ],
  [
    'a payload that is detached',
    [TOKEN.replace(/\..*\./, '..'), '--part', 'payload'],
    3,
    /the token has no payload: it is detached/,
  ],
  [
    'a signature that is cut off',
    [TOKEN.replace(/\.[^.]*$/, ''), '--part', 'signature'],
    3,
    /the signature is cut off/,
  ],
]

for (const [what, args, code, message, world] of REFUSED) {
  test(`decode refuses ${what}, and shows no whole token`, async () => {
    const ran = await decode(args, world)
    assert.deepEqual([ran.code, ran.out], [code, ''])
    assert.match(ran.err, message)
    assert.ok(!ran.err.includes(SIGNATURE))
    const json = await decode([...args, '--json'], world)
    assert.deepEqual([json.code, json.err, json.json()['ok']], [code, '', false])
  })
}

test('decode shows what counts most at the end: when it expires, and that nothing was checked', async () => {
  const { code, out, err } = await decode([TOKEN])
  assert.equal(
    out,
    `JWS header  not verified
{ "alg": "ES256", "kid": "2026-a", "typ": "JWT" }

payload
{
  "iss": "https://id.example.com",
  "sub": "ada",
  "aud": ["api", "web"],
  "exp": ${NOW + 852},
  "iat": ${NOW - 2700},
  "id": 9007199254740993,
  "realm_access": {
    "roles": ["admin"]
  },
  "https://a.example/x.y": {
    "z": [
      { "q": 1.0 }
    ]
  },
  "s": true
}

exp  2026-11-21T22:49:12Z  (in 14m 12s)
iat  2026-11-21T21:50:00Z  (45m ago)

signature  64 bytes, not checked: anyone can write a token; \`countersign verify\` checks it
`,
  )
  assert.deepEqual([code, err], [0, ''])
})

test('its document has every digit, the times, and says that nothing was verified', async () => {
  const { code, out, json } = await decode([`Bearer ${TOKEN}`, '--json'])
  assert.equal(code, 0)
  assert.ok(out.includes(`"payload":${CLAIMS}`))
  const { payload, ...rest } = json()
  assert.deepEqual(rest, {
    ...{ v: 1, ok: true, cmd: 'decode', kind: 'jws', serialization: 'compact' },
    header: { alg: 'ES256', kid: '2026-a', typ: 'JWT' },
    signature: { bytes: 64 },
    times: {
      exp: { unix: NOW + 852, iso: '2026-11-21T22:49:12Z', in: 852 },
      iat: { unix: NOW - 2700, iso: '2026-11-21T21:50:00Z', in: -2700 },
    },
    verified: false,
    notes: [{ code: 'CS_NOTE_BEARER', message: 'removed "Bearer " before the token.' }],
  })
})

const LAST: readonly (readonly [what: string, token: string, last: RegExp])[] = [
  ['has expired', jws(`{"exp":${NOW - 7440}}`), /\nexp {2}2026-11-21T20:31:00Z {2}\(2h 04m ago, expired\)\n/],
  ['expires now', jws(`{"exp":${NOW}}`), /\(now, expired\)/],
  ['is not valid yet', jws(`{"nbf":${NOW + 60}}`), /\(in 1m, not valid yet\)/],
  [
    'is detached',
    TOKEN.replace(/\..*\./, '..'),
    /\npayload {2}detached: it travels by itself\n\nsignature {2}64 bytes/,
  ],
  ['is cut off', TOKEN.replace(/\.[^.]*$/, ''), /\nsignature {2}cut off\n$/],
  ['is a header alone', TOKEN.replace(/\..*$/, ''), /}\n\nthe rest {2}cut off\n$/],
  ['nobody signed', `${encode('{"alg":"none"}')}.e30.`, /\nsignature {2}none: nobody signed this\n$/],
  [
    'is encrypted',
    JWE,
    /\nencrypted {2}300 bytes \(key 256, iv 12, tag 16; compressed, DEF\): `countersign decrypt` opens it/,
  ],
  ['is encrypted and cut off', JWE.replace(/\.[^.]*$/, ''), /^JWE header\n.*\n\nencrypted {2}cut off\n$/],
  [
    'has a shared key',
    [encode('{"alg":"dir","enc":"A128GCM"}'), '', 'AAAA', 'AAAA', 'AAAA'].join('.'),
    /\(key none, iv 3, tag 3\)/,
  ],
  ['has no text', jws(Uint8Array.of(0xff)), /\npayload\n1 bytes that are no text\n/],
  ['has no payload', jws(''), /detached/],
]

for (const [what, token, last] of LAST) {
  test(`a token that ${what} is shown as that`, async () => {
    const { code, out } = await decode([token])
    assert.equal(code, 0)
    assert.match(out, last)
  })
}

test('of several signatures each header is shown', async () => {
  const [protectedHeader, payload] = TOKEN.split('.')
  const signatures = [
    { protected: protectedHeader, signature: SIGNATURE },
    { header: { alg: 'RS256', n: 1 }, signature: 'AAAA' },
  ]
  const { out } = await decode([JSON.stringify({ payload, signatures })])
  assert.match(
    out,
    /^JWS header 1 of 2 \(general JSON\) {2}not verified\n\{ "alg": "ES256".*\n\nJWS header 2 of 2\n\{ "alg": "RS256", "n": 1 \}\n/,
  )
})

test('colour shows what is good and bad, and takes nothing away from the text', async () => {
  const [plain, painted] = await Promise.all([decode([TOKEN]), decode([TOKEN, '--color', 'always'])])
  assert.ok(painted.out.includes('\u001b['))
  assert.equal(stripVTControlCharacters(painted.out), plain.out)
})

const CLAIM: readonly (readonly [args: readonly string[], text: string])[] = [
  [['--claim', 'exp'], '2026-11-21T22:49:12Z   (in 14m 12s)'],
  [['--claim', 'exp', '--tz', 'utc'], '2026-11-21T22:49:12Z   (in 14m 12s)'],
  [['--claim', 'iat', '--tz=-05:30'], '2026-11-21T16:20:00-05:30   (45m ago)'],
  [['--claim', 'sub'], 'ada'],
  [['--claim', 'id'], '9007199254740993'],
  [['--claim', 's'], 'true'],
  [['--claim', 'aud'], '["api", "web"]'],
  [['--claim', 'aud.1'], 'web'],
  [['--claim', 'realm_access.roles.0'], 'admin'],
  [['--claim', 'https://a.example/x.y.z.0.q'], '1.0'],
  [['--claim', 'https://a.example/x.y'], '{\n  "z": [\n    { "q": 1.0 }\n  ]\n}'],
]

for (const [args, text] of CLAIM) {
  test(`decode ${args.join(' ')} prints the claim alone`, async () => {
    const { code, out } = await decode([TOKEN, ...args])
    assert.deepEqual([code, out], [0, `${text}\n`])
  })
}

test('the claim that was asked for is in the document, too', async () => {
  const { out } = await decode([TOKEN, '--claim', 'id', '--json'])
  assert.ok(out.includes('"claim":9007199254740993}'))
})

test('of names with dots in them the longest that is there counts', async () => {
  const token = jws('{"a.b":{"c":1},"a":{"b":{"c":2,"d":3}},"a.b.c":4}')
  for (const [path, text] of [
    ['a.b.c', '4'],
    ['a.b.d', '3'],
    ['a.b', '{\n  "c": 1\n}'],
  ])
    assert.equal((await decode([token, '--claim', path ?? ''])).out, `${text}\n`)
})

test('into a pipe or a file a part goes octet by octet as it was signed', async () => {
  const payload = '{ "sub" : "a\\u0064a",\r\n"n":1.0}\n'
  const token = jws(payload, '{"alg": "ES256"}')
  assert.equal((await decode([token, '--part', 'payload'])).out, payload)
  assert.equal((await decode([token, '--part', 'header'])).out, '{"alg": "ES256"}')
  assert.equal((await decode([token, '--part', 'signature'])).out, `${SIGNATURE}\n`)
  const { written } = await decode([jws(Uint8Array.of(0xff, 0, 10)), '--part', 'payload', '-o', 'p.bin'], {
    terminal: true,
  })
  assert.deepEqual(written.get('p.bin')?.data, Uint8Array.of(0xff, 0, 10))
  // At a terminal it is for somebody to read.
  const terminal = { terminal: true, env: { NO_COLOR: '1' } }
  assert.equal((await decode([token, '--part', 'payload'], terminal)).out, '{\n  "sub": "ada",\n  "n": 1.0\n}\n')
  assert.equal((await decode([token, '--part', 'header'], terminal)).out, '{\n  "alg": "ES256"\n}\n')
  const octets = await decode([jws(Uint8Array.of(0xff, 0x1b)), '--part', 'payload'], terminal)
  assert.equal(octets.out, '2 bytes that are no text; --out FILE, or a pipe, takes them\n')
  assert.equal((await decode([jws('a\u001b[2Jb\r\nc'), '--part', 'payload'], terminal)).out, 'a\\u001b[2Jb\nc\n')
})

/** What would clear the screen, turn text around, and hide a letter. */
const HOSTILE = 'a\u001b[2J\u0007\u009b1m\u202e\u200b\u{e0041}\ufe0f\r\nb'
const ESCAPED = [...HOSTILE].filter((char) => !/[a-z0-9[\n]/i.test(char))
const isPlain = (text: string): boolean => !ESCAPED.some((char) => text.includes(char))

test('nothing in a token moves the cursor, or hides: claims, names, headers, errors, lines', async () => {
  const header = JSON.stringify({ alg: HOSTILE, kid: HOSTILE, [HOSTILE]: [HOSTILE] })
  const claims = JSON.stringify({ sub: HOSTILE, [HOSTILE]: { [HOSTILE]: HOSTILE }, exp: HOSTILE, aud: [HOSTILE] })
  const twice = `{"${JSON.stringify(HOSTILE).slice(1, -1)}":1,"${JSON.stringify(HOSTILE).slice(1, -1)}":2}`
  const jwe = [encode(header.replace('{', '{"enc":"x","zip":"\\u001b",')), 'AAAA', 'AAAA', 'AAAA', 'AAAA'].join('.')
  const tokens = [
    jws(claims, header),
    jws(HOSTILE),
    jws(twice),
    jwe,
    `x=${HOSTILE} ${jws(claims)}`,
    jws('{}', `{"alg":${HOSTILE}}`),
  ]
  for (const token of tokens) {
    for (const args of [
      [],
      ['--json'],
      ['--claim', 'sub'],
      ['--claim', `x${HOSTILE}`],
      ['--part', 'header'],
      ['--part', 'payload'],
    ]) {
      const { out, err } = await decode([token, ...args], { terminal: true, env: { NO_COLOR: '1' } })
      assert.ok(isPlain(out + err), args.join(' '))
    }
    for (const args of [[], ['--claim', 'sub'], ['--part', 'payload'], ['--json']]) {
      const { out, err } = await decode(['-', '--lines', ...args], { input: `${token.replace(/\n/g, ' ')}\n` })
      assert.ok(isPlain(out + err), args.join(' '))
    }
  }
  // A script gets a claim as it is.
  assert.equal((await decode([jws(claims), '--claim', 'sub'])).out, `${HOSTILE}\n`)
})

const LINES = `${TOKEN}\n\nnonsense\r\n${JWE}\nBearer ${jws(`{"sub":"bob","exp":${NOW - 60}}`)}`

test('--lines shows one token a line, tells what cannot be read, and ends with the code of the first error', async () => {
  const { code, out, err } = await decode(['-', '--lines'], { input: LINES })
  assert.equal(
    out,
    `1  JWS  ES256  iss "https://id.example.com"  sub "ada"  aud ["api","web"]  exp 2026-11-21T22:49:12Z (in 14m 12s)
3  CS_MALFORMED
4  JWE  RSA-OAEP-256  A256GCM  kid "enc-1"
5  JWS  ES256  sub "bob"  exp 2026-11-21T22:34:00Z (1m ago)
`,
  )
  assert.match(err, /^error\[CS_MALFORMED\]: line 3: not a token: expected 3 parts/)
  assert.match(err, /\nnote\[CS_NOTE_BEARER\]: line 5: removed "Bearer " before the token\.\n$/)
  assert.equal(code, 3)
})

test('--lines with --json gives one document a line, with its number', async () => {
  const { code, out, err } = await decode(['@tokens.txt', '--lines', '--json'], { files: { 'tokens.txt': LINES } })
  const documents = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.deepEqual(
    documents.map(({ line, ok, kind }) => [line, ok, kind]),
    [
      [1, true, 'jws'],
      [3, false, undefined],
      [4, true, 'jwe'],
      [5, true, 'jws'],
    ],
  )
  assert.deepEqual(
    (documents[3]?.['notes'] as { message: string }[] | undefined)?.[0]?.message,
    'removed "Bearer " before the token.',
  )
  assert.deepEqual([code, err], [3, ''])
})

test('--lines with a claim or a part has a line for each token', async () => {
  const sub = await decode(['-', '--lines', '--claim', 'sub'], { input: LINES })
  assert.equal(sub.out, 'ada\n\n\nbob\n')
  assert.match(sub.err, /line 4: this token is encrypted/)
  const payload = await decode(['-', '--lines', '--part', 'payload'], {
    input: [jws('{ "n": 1.0 }'), jws('a\nb'), jws(Uint8Array.of(255))].join('\n'),
  })
  assert.deepEqual([payload.code, payload.out], [0, '{"n":1.0}\n"a\\nb"\n_w\n'])
  assert.equal(
    (await decode(['-', '--lines', '--part', 'header'], { input: JWE })).out,
    `${Buffer.from(JWE.split('.')[0] ?? '', 'base64url')}\n`,
  )
})

test('--lines of good tokens ends with 0, and of nothing, too', async () => {
  assert.equal((await decode(['-', '--lines'], { input: `${TOKEN}\n` })).code, 0)
  assert.deepEqual(await decode(['-', '--lines'], { input: '\n\n' }).then(({ code, out }) => [code, out]), [0, ''])
})

test('a file of Windows PowerShell is read, which is in UTF-16', async () => {
  const file = Buffer.from(`\ufeff${TOKEN}\r\n`, 'utf16le')
  assert.equal((await decode(['@t.txt', '--claim', 'sub'], { files: { 't.txt': file } })).out, 'ada\n')
})

test('it is found in what is pasted, and quiet says nothing of it', async () => {
  const curl = `curl -H "Authorization: Bearer ${TOKEN}" https://api.example.com`
  const { out, err } = await decode(['clip:', '--claim', 'sub'], { clipboard: curl })
  assert.deepEqual([out, err], ['ada\n', 'note[CS_NOTE_FOUND]: found the token behind "Authorization".\n'])
  assert.equal((await decode(['clip:', '--claim', 'sub', '-q'], { clipboard: curl })).err, '')
  assert.equal((await decode(['clip:', '--strict'], { clipboard: curl })).code, 3)
})
