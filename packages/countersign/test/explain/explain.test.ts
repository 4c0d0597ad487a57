import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importKey, JoseError, thumbprint } from 'countersign'
import { type Explanation, explain } from 'countersign/lint'
import { b64, input, mac } from '../support/forge.ts'
import { derOf, EC, ED, jwkFor, PRIVATE_MEMBERS, pemOf, RSA } from '../support/keys.ts'

const NOW = 1_795_300_500
const now = (): number => NOW
const SIGNATURE = b64(new Uint8Array(64).fill(7))
const token = (header: object, claims: unknown): string => `${input(header, claims)}.${SIGNATURE}`
const HEADER = { alg: 'ES256', kid: '2026-a', typ: 'at+jwt' }
const CLAIMS = {
  iss: 'https://id.example.com',
  aud: 'api',
  sub: 'ada',
  iat: NOW - 60,
  exp: NOW + 840,
  scope: 'read',
  team: 'blue',
}

async function one(what: Parameters<typeof explain>[0]): Promise<Explanation> {
  const [first, ...more] = await explain(what, { now })
  assert.ok(first)
  assert.equal(more.length, 0)
  return first
}

const textOf = ({ text }: Explanation): string => text.join('\n')
const part = ({ parts = [] }: Explanation, path: string): readonly (string | undefined)[] => {
  const found = parts.find((each) => each.path === path)
  assert.ok(found, `${path} is not told`)
  return [found.value, found.meaning, found.spec]
}

test('an option that is misspelt, and a value that is none, is refused', async () => {
  await assert.rejects(explain('aud', { nwo: now } as never), TypeError)
  await assert.rejects(explain('aud', { now: 5 } as never), TypeError)
  await assert.rejects(explain('aud', { passphrase: 5 } as never), TypeError)
  for (const what of [
    undefined,
    null,
    5,
    [],
    () => 'aud',
    { a: 1 },
    '',
    '   ',
    '{"a":1}',
    'a b c d',
    new Uint8Array(),
    'x'.repeat(100),
  ])
    await assert.rejects(explain(what as string), JoseError, String(what))
})

test('a token says what it is, by whom, for whom, about whom and until when', async () => {
  const found = await one(token(HEADER, CLAIMS))
  assert.equal(found.kind, 'token')
  assert.equal(found.title, 'an access token, signed (JWS)')
  assert.deepEqual(found.text, [
    'Its typ is at+jwt, that of an access token: it grants access to a service.',
    'It says that it is signed by ES256 with the key "2026-a". ES256 is an ECDSA signature with SHA-256: the private key makes it, and whoever has the public key can check it.',
    'It says that "https://id.example.com" issued it, that it is meant for "api" and that it is about "ada".',
    'It counts since 2026-11-21T22:34:00Z (1m ago), and expires at 2026-11-21T22:49:00Z (in 14m).',
  ])
  assert.match(found.watch[0] ?? '', /^Nothing was verified/)
  assert.deepEqual(part(found, 'payload.exp'), [
    '2026-11-21T22:49:00Z (in 14m)',
    'when the token expires: from that second on it is refused',
    'RFC 7519 §4.1.4',
  ])
  assert.deepEqual(part(found, 'payload.team'), [
    '"blue"',
    'private: what it means, only its issuer can say',
    undefined,
  ])
  assert.match(part(found, 'header.typ')[1] ?? '', /an access token/)
})

test('what lint finds is what to watch', async () => {
  const { findings = [] } = await one(token({ alg: 'none' }, { sub: 'ada' }))
  assert.deepEqual(
    findings.slice(0, 1).map(({ rule }) => rule),
    ['CSL001'],
  )
})

for (const [why, header, claims, title, text] of [
  [
    'a DPoP proof by its claims',
    { alg: 'ES256' },
    { htm: 'GET', htu: 'https://a.example' },
    /^most likely a DPoP proof/,
    /its typ does not say so/,
  ],
  [
    'an ID token by its nonce',
    { alg: 'RS256' },
    { nonce: 'n', aud: 'app' },
    /^most likely an ID token/,
    /has nonce and aud/,
  ],
  [
    'an access token by its scope',
    { alg: 'RS256', typ: 'JWT' },
    { scope: 'read' },
    /^most likely an access token/,
    /has scope/,
  ],
  [
    'no kind that is known',
    { alg: 'RS256', typ: 'x+jwt' },
    {},
    /^a token, signed/,
    /typ is "x\+jwt", and nothing that is known/,
  ],
  ['nothing in particular', { alg: 'RS256' }, { a: 1 }, /^a token, signed/, /nothing in it says what it is for/],
  ['no claims', { alg: 'RS256' }, 'hello', /^a token, signed/, /what was signed is no set of claims/i],
  ['an algorithm that nobody knows', { alg: 'ES999' }, {}, /^a token/, /no algorithm that signs is called that/],
  [
    'nobody and no end',
    { alg: 'HS256' },
    {},
    /^a token/,
    /does not say who issued it, whom it is meant for or whom it is about\.\nIt does not say since when it counts, and has no end/,
  ],
  ['the past', { alg: 'HS256' }, { exp: NOW - 60 }, /^a token/, /has expired: 2026-11-21T22:34:00Z \(1m ago\)/],
  [
    'the future',
    { alg: 'HS256' },
    { nbf: NOW + 60, exp: NOW + 120 },
    /^a token/,
    /counts from 2026-11-21T22:36:00Z \(in 1m\) on/,
  ],
  ['times that are none', { alg: 'HS256' }, { exp: 1e300, iat: 'x' }, /^a token/, /expires at/],
] as const) {
  test(`a token of ${why}`, async () => {
    const found = await one(token(header, claims))
    assert.match(found.title, title)
    assert.match(textOf(found), text)
  })
}

test('a token is found in other text, and in JSON, with each of its headers', async () => {
  const compact = token(HEADER, CLAIMS)
  for (const shown of [`Authorization: Bearer ${compact}`, `{"access_token":"${compact}"}`, `'${compact}'`])
    assert.equal((await one(shown)).title, 'an access token, signed (JWS)')
  const [header = '', payload = ''] = compact.split('.')
  const second = b64('{"alg":"HS256"}')
  const general = {
    payload,
    signatures: [
      { protected: header, signature: SIGNATURE },
      { protected: second, signature: SIGNATURE },
    ],
  }
  const found = await one(general)
  assert.match(found.title, /general JSON/)
  assert.match(textOf(found), /2 signatures: "ES256" and "HS256"/)
  assert.deepEqual(part(found, 'signatures[1].header.alg')[0], '"HS256"')
})

test('an encrypted token says how it is encrypted, and that nobody can tell what is in it', async () => {
  const header = b64('{"alg":"RSA-OAEP-256","enc":"A256GCM","cty":"JWT","iss":"https://id.example.com"}')
  const found = await one(`${header}.AAAA.AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA`)
  assert.deepEqual([found.kind, found.name, found.title], ['token', 'JWE', 'a token, encrypted (JWE)'])
  assert.match(
    textOf(found),
    /managed by RSA-OAEP-256: a new key for each token.*encrypted by A256GCM: AES-GCM.*another token/s,
  )
  assert.match(found.watch[0] ?? '', /^Nothing was opened/)
  const odd = await one(`${b64('{"alg":"X","enc":"Y"}')}.AAAA.AAAA.AAAA.AAAA`)
  assert.match(textOf(odd), /"X", which is no algorithm that is known here/)
})

test('a token that is cut off is explained as far as it is there', async () => {
  const found = await one(input(HEADER, CLAIMS))
  assert.match(textOf(found), /signature is cut off/)
  assert.deepEqual(part(found, 'payload.sub')[0], '"ada"')
})

test('nothing that is secret is shown, wherever in a token it is', async () => {
  const SECRET = 'hunter2-Xyzzy-4711'
  const inner = mac({ alg: 'HS256' }, { sub: SECRET }, 'x')
  const key = { ...jwkFor('ES256') }
  const places: readonly object[] = [
    { password: SECRET },
    { nested: { deep: [{ client_secret: SECRET }] } },
    { sub: inner },
    { iss: inner, aud: [inner] },
    { act: { key } },
    { cnf: { jwk: key } },
    { _claim_sources: { a: { access_token: SECRET, endpoint: 'https://a.example' } } },
    { note: `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----` },
  ]
  for (const claims of places) {
    const told = JSON.stringify(await explain(token({ alg: 'ES256' }, claims), { now }))
    for (const hidden of [SECRET, b64(SECRET), inner, key.d ?? ''])
      assert.ok(!told.includes(hidden), `${JSON.stringify(claims).slice(0, 60)} shows ${hidden.slice(0, 20)}`)
  }
  const shown = JSON.stringify(await explain(token({ alg: 'ES256', jwk: key, x5c: [inner] }, {}), { now }))
  assert.ok(!shown.includes(key.d ?? '') && !shown.includes(inner))
})

test('what a terminal would act upon is escaped, and what is long is cut', async () => {
  const evil = '\u001b[31m\u202e\u0007'
  const claims = { [`x${evil}`]: evil, iss: evil, aud: [evil], long: 'a'.repeat(100_000), list: Array(10_000).fill(1) }
  const found = await one(token({ alg: evil, kid: evil, typ: evil, [evil]: 1 }, claims))
  const told = JSON.stringify({ ...found, findings: [] })
  const shown = JSON.parse(told) as Explanation
  for (const value of [shown.title, ...shown.text, ...(shown.parts ?? []).flatMap((each) => Object.values(each))])
    assert.doesNotMatch(String(value), /[\p{Cc}\u202e]/u)
  assert.ok(told.length < 20_000, `${told.length} characters`)
  assert.equal(part(found, 'payload.list')[0], 'a list of 10000')
})

test('more members than anybody reads are counted', async () => {
  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`c${index}`, index]))
  const { parts = [] } = await one(token({ alg: 'ES256' }, many))
  assert.deepEqual(parts.at(-1), {
    path: 'payload',
    name: '…',
    value: '4800 more',
    meaning: 'too many to tell one by one',
  })
})

test('a key says which half it is, what it can do, and what it is called by', async () => {
  const open = await one(EC)
  assert.deepEqual([open.kind, open.title], ['key', 'a P-256 public key (JWK)'])
  assert.match(textOf(open), /public half.*checks signatures by ES256\..*does not say which of them/s)
  assert.ok(textOf(open).includes(await thumbprint(importKey(EC))))
  assert.deepEqual(part(open, 'x')[0], '43 characters')
  const signs = await one({ ...jwkFor('Ed25519'), alg: 'Ed25519', use: 'sig' })
  assert.equal(signs.title, 'an Ed25519 private key (JWK)')
  assert.match(textOf(signs), /private half.*It signs by Ed25519\./s)
  assert.match(signs.watch[0] ?? '', /^Keep it to yourself/)
  assert.match((await one(pemOf(RSA))).title, /^an RSA public key of 2048 bits \(PEM PUBLIC KEY\)/)
  assert.match((await one(derOf(pemOf(ED)))).title, /^an Ed25519 public key \(DER\)/)
  assert.match((await one(importKey(EC))).title, /^a P-256 public key/)
})

test('of a secret neither octets nor thumbprint are told', async () => {
  const jwk = jwkFor('HS256')
  const found = await one(jwk)
  assert.equal(found.title, 'a secret of 32 bytes (JWK)')
  const told = JSON.stringify(found)
  assert.ok(!told.includes(jwk.k ?? '?') && !/thumbprint/i.test(told))
  assert.deepEqual(part(found, 'k').slice(0, 2), ['not shown: it is private', 'the secret itself'])
})

test('no private member of any key is told, in whatever it comes', async () => {
  for (const alg of ['RS256', 'ES256', 'Ed25519', 'HS256']) {
    const jwk = jwkFor(alg)
    const shown = [
      jwk,
      { keys: [jwk] },
      JSON.stringify(jwk),
      ...(alg === 'HS256' ? [] : [pemOf(jwk), derOf(pemOf(jwk))]),
    ]
    for (const what of shown) {
      const told = JSON.stringify(await explain(what, { now }))
      for (const name of PRIVATE_MEMBERS) {
        const value = jwk[name as 'd']
        if (value !== undefined && value.length > 8) assert.ok(!told.includes(value), `${alg} ${name}`)
      }
    }
  }
})

test('a key that is refused says why, and what its members mean all the same', async () => {
  const found = await one({ kty: 'RSA', n: b64(new Uint8Array(128).fill(255)), e: 'AQAB', kid: 'old', more: 1 })
  assert.match(found.title, /^a key that is refused/)
  assert.match(textOf(found), /1024 bits/)
  assert.deepEqual(part(found, 'kid')[0], '"old"')
  assert.match(part(found, 'more')[1] ?? '', /not registered/)
})

test('a set is told key by key', async () => {
  const found = await one({ keys: [{ ...EC, kid: 'a' }, { ...jwkFor('Ed25519') }, { kty: 'PQC', kid: 'new' }, 5] })
  assert.deepEqual([found.kind, found.title], ['set', 'a JWK Set of 4 keys'])
  assert.match(textOf(found), /Of its keys 1 is public, 1 is private and 2 cannot be used\./)
  assert.deepEqual(
    found.parts?.map(({ path, name, value }) => [path, name, value]),
    [
      ['keys[0]', 'kid "a"', 'a P-256 public key'],
      ['keys[1]', 'without kid', 'an Ed25519 private key'],
      ['keys[2]', 'kid "new"', 'refused'],
    ],
  )
  assert.match(textOf(await one({ keys: [] })), /It is empty/)
  assert.match(textOf(await one({ keys: [EC] })), /\nIts one key is public\.$/)
  assert.match(textOf(await one({ keys: [5] })), /\nIts one key cannot be used\.$/)
})
