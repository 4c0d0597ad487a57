import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as door from 'countersign'
import { CLAIMS, fails, NOW, POLICY, refuses } from '../support/forge.ts'
import { type Answerer, answer, answerByHand, bodyOf, issue, silent, unreachable } from '../support/remote.ts'
import { listen } from '../support/servers.ts'

const a = await issue('a')
const ISSUER = CLAIMS.iss
const JWKS = `${ISSUER}/jwks`
const OIDC = `${ISSUER}/.well-known/openid-configuration`
const OAUTH = `${ISSUER}/.well-known/oauth-authorization-server`
const metadata = { issuer: ISSUER, jwks_uri: JWKS }
const gone = answer('Not Found', {}, 404)

/** A fetch that answers by place, and what it was asked for; what it does not know is not there. */
function web(places: Readonly<Record<string, Answerer>>): { readonly asked: string[]; readonly fetch: door.Fetch } {
  const asked: string[] = []
  const fetch: door.Fetch = (url, request) => {
    asked.push(url)
    return (places[url] ?? gone)(request, url)
  }
  return { asked, fetch }
}

const json = (value: unknown): Answerer => answer(JSON.stringify(value))

/** Discovers an issuer whose first place gives an answer. */
const discoverBy = (given: Answerer, options: door.RemoteKeySetOptions = {}): Promise<door.DiscoveredIssuer> =>
  door.discover(ISSUER, { fetch: web({ [OIDC]: given }).fetch, ...options })

test('an issuer that is no text, or an option that is not what it should be, is a mistake of the program', async () => {
  for (const issuer of [undefined, null, 1, {}, new URL(ISSUER)])
    await assert.rejects(() => door.discover(issuer as never), TypeError)
  for (const options of [null, [], { timeOut: 5 }, { issuer: ISSUER }, { timeout: -1 }, { allowHttp: 1 }, { fetch: 1 }])
    await assert.rejects(() => door.discover(ISSUER, options as never), TypeError, JSON.stringify(options))
})

test('an option of the key set that is not what it should be is a mistake of the program, too', async () => {
  for (const options of [{ cacheMaxAge: 'soon' }, { maxStale: -1 }, { now: 1 }, { random: 1 }])
    await assert.rejects(() => discoverBy(unreachable, options as never), TypeError, JSON.stringify(options))
})

for (const issuer of [
  '',
  'issuer.example',
  '//issuer.example',
  'http://issuer.example',
  'http://localhost.evil.example',
  'ftp://issuer.example',
  'file:///etc/issuer',
  'data:application/json,{}',
  'https://user@issuer.example',
  'https://user:password@issuer.example',
  'https://issuer.example?',
  'https://issuer.example/?tenant=1',
  'https://issuer.example#',
  'https://issuer.example/#keys',
]) {
  test(`attack 49: ${JSON.stringify(issuer)} is no issuer, and nothing is asked (RFC 8414 §2)`, async () => {
    const { asked, fetch } = web({})
    const error = await fails(() => door.discover(issuer, { fetch }), 'CS_DISCOVERY')
    assert.equal(error.unavailable, false)
    assert.ok(!error.message.includes('password@'))
    assert.deepEqual(asked, [])
  })
}

test('by http an issuer is asked on this machine alone, or where that is allowed', async () => {
  for (const [issuer, options] of [
    ['http://localhost:8080', {}],
    ['http://127.0.0.1', {}],
    ['http://[::1]:3000', {}],
    ['http://issuer.internal', { allowHttp: true }],
  ] as const) {
    const jwksUri = `${issuer}/jwks`
    const place = `${issuer}/.well-known/openid-configuration`
    const { fetch } = web({ [place]: json({ issuer, jwks_uri: jwksUri }) })
    assert.equal((await door.discover(issuer, { fetch, ...options })).jwksUri, jwksUri)
  }
})

for (const [issuer, oidc, oauth] of [
  [ISSUER, OIDC, OAUTH],
  [`${ISSUER}/`, OIDC, OAUTH],
  [`${ISSUER}/a`, `${ISSUER}/a/.well-known/openid-configuration`, `${OAUTH}/a`],
  [`${ISSUER}/a/`, `${ISSUER}/a/.well-known/openid-configuration`, `${OAUTH}/a`],
  [`${ISSUER}/a/b`, `${ISSUER}/a/b/.well-known/openid-configuration`, `${OAUTH}/a/b`],
  [
    `${ISSUER}:8443/a`,
    `${ISSUER}:8443/a/.well-known/openid-configuration`,
    `${ISSUER}:8443/.well-known/oauth-authorization-server/a`,
  ],
] as const) {
  test(`${issuer} is looked up as OpenID Connect says, then as RFC 8414 §3.1 does`, async () => {
    const said = { issuer, jwks_uri: JWKS }
    const first = web({ [oidc]: json(said), [oauth]: json({}) })
    assert.equal((await door.discover(issuer, { fetch: first.fetch })).issuer, issuer)
    assert.deepEqual(first.asked, [oidc])
    const second = web({ [oauth]: json(said) })
    assert.equal((await door.discover(issuer, { fetch: second.fetch })).issuer, issuer)
    assert.deepEqual(second.asked, [oidc, oauth])
  })
}

test('what was found is the issuer, its keys and all of its metadata', async () => {
  const said = { ...metadata, token_endpoint: `${ISSUER}/token`, scopes_supported: ['openid'] }
  const { fetch } = web({ [OIDC]: json(said), [JWKS]: answer(bodyOf(a)) })
  const found = await door.discover(ISSUER, { fetch })
  assert.deepEqual([found.issuer, found.jwksUri, found.keys.url, found.metadata], [ISSUER, JWKS, JWKS, said])
  const { issuer, keys } = found
  await door.createVerifier({ ...POLICY, keys, issuer }).verify(a.token)
})

test('the metadata is asked for by a GET for JSON that follows no redirect', async () => {
  let asked: door.FetchRequest | undefined
  await discoverBy((request, url) => {
    asked = request
    return json(metadata)(request, url)
  })
  assert.deepEqual([asked?.method, asked?.redirect, asked?.headers], ['GET', 'manual', { accept: 'application/json' }])
})

for (const named of [
  undefined,
  null,
  1,
  {},
  [ISSUER],
  '',
  `${ISSUER}/`,
  `${ISSUER}/a`,
  `${ISSUER}:443`,
  'https://ISSUER.example',
  'HTTPS://issuer.example',
  'http://issuer.example',
  'https://issuer.example.evil.example',
  'https://evil.example',
  ` ${ISSUER}`,
  'https://issuer.example\u200b',
]) {
  test(`attack 52: metadata that names the issuer ${JSON.stringify(named)} is not that of ${ISSUER} (RFC 8414 §3.3)`, async () => {
    const error = await fails(() => discoverBy(json({ ...metadata, issuer: named })), 'CS_DISCOVERY')
    assert.equal(error.unavailable, false)
    assert.match(error.message, /names the issuer/)
  })
}

test('attack 52: metadata with the issuer without its slash is not that of the issuer with it', async () => {
  const { fetch } = web({ [OIDC]: json(metadata) })
  await fails(() => door.discover(`${ISSUER}/`, { fetch }), 'CS_DISCOVERY')
})

test('attack 22: an issuer that is merely inherited is none', async () => {
  const text = `{"__proto__":{"issuer":"${ISSUER}"},"jwks_uri":"${JWKS}"}`
  await fails(() => discoverBy(answer(text)), 'CS_DISCOVERY')
})

for (const status of [400, 401, 403, 404, 405, 410]) {
  test(`where the first place answers ${status}, the second is asked`, async () => {
    const { asked, fetch } = web({ [OIDC]: answer('{}', {}, status), [OAUTH]: json(metadata) })
    assert.equal((await door.discover(ISSUER, { fetch })).jwksUri, JWKS)
    assert.deepEqual(asked, [OIDC, OAUTH])
  })
}

test('an issuer that has its metadata at neither place is told both, and is not unavailable', async () => {
  const { fetch } = web({ [OIDC]: answer('', {}, 410), [OAUTH]: answer('', {}, 204) })
  const error = await fails(() => door.discover(ISSUER, { fetch }), 'CS_DISCOVERY')
  assert.match(error.message, /openid-configuration \(HTTP status 410\) or .*authorization-server \(HTTP status 204\)/)
  assert.equal(error.unavailable, false)
})

const OUTAGES: readonly (readonly [what: string, answer: Answerer])[] = [
  ['answers 500', answer('', {}, 500)],
  ['answers 503', answer('', {}, 503)],
  ['answers 599', answer('', {}, 599)],
  ['answers 429', answer('', {}, 429)],
  ['cannot be reached', unreachable],
  ['says nothing', silent],
  ['redirects', answer('', { location: '/elsewhere' }, 302)],
  ['was another place', answerByHand(JSON.stringify(metadata), {}, { redirected: true })],
  ['gives more than maxBytes', answer(' '.repeat(1001))],
]
for (const [what, given] of OUTAGES) {
  test(`where a place ${what}, the issuer is unavailable, and no other is asked`, async () => {
    const options = { timeout: 0.01, maxBytes: 1000 }
    const first = web({ [OIDC]: given, [OAUTH]: json(metadata) })
    const error = await fails(() => door.discover(ISSUER, { fetch: first.fetch, ...options }), 'CS_DISCOVERY')
    assert.equal(error.unavailable, true)
    assert.deepEqual(first.asked, [OIDC])
    const { fetch } = web({ [OAUTH]: given })
    assert.equal((await fails(() => door.discover(ISSUER, { fetch, ...options }), 'CS_DISCOVERY')).unavailable, true)
  })
}

test('the body of a failure is let go', async () => {
  for (const status of [404, 503]) {
    let cancelled = 0
    const given = async (): Promise<Response> =>
      new Response(new ReadableStream({ cancel: () => void cancelled++ }), { status })
    await fails(() => discoverBy(given), 'CS_DISCOVERY')
    assert.equal(cancelled, 1)
  }
})

const NO_METADATA: readonly (readonly [what: string, text: string])[] = [
  ['nothing', ''],
  ['HTML', '<!doctype html><title>Log in</title>'],
  ['an array', JSON.stringify([metadata])],
  ['null', 'null'],
  ['a text', '"issuer"'],
  ['truncated JSON', JSON.stringify(metadata).slice(0, -1)],
  ['the issuer twice', `{"issuer":"${ISSUER}","issuer":"${ISSUER}","jwks_uri":"${JWKS}"}`],
  ['jwks_uri twice', `{"issuer":"${ISSUER}","jwks_uri":"${JWKS}","jwks_ur\\u0069":"https://evil.example/"}`],
  ['a member twice, deep down', `{"issuer":"${ISSUER}","jwks_uri":"${JWKS}","x":[{"a":1,"a":2}]}`],
  ['33 levels', `{"issuer":"${ISSUER}","jwks_uri":"${JWKS}","x":${'['.repeat(32)}${']'.repeat(32)}}`],
  ['100,000 levels', `{"issuer":"${ISSUER}","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
]
for (const [what, text] of NO_METADATA) {
  test(`attack 59: ${what} is no metadata`, async () => {
    const { asked, fetch } = web({ [OIDC]: answer(text), [OAUTH]: json(metadata) })
    const error = await fails(() => door.discover(ISSUER, { fetch }), 'CS_DISCOVERY')
    assert.equal(error.unavailable, false)
    assert.deepEqual(asked, [OIDC])
  })
}

test('attack 59: metadata that is no UTF-8 is refused', async () => {
  const octets = new TextEncoder().encode(JSON.stringify({ ...metadata, x: '?' }))
  octets[octets.indexOf(0x3f)] = 0xff
  await fails(() => discoverBy(async () => new Response(octets)), 'CS_DISCOVERY')
})

test('metadata of 32 levels, and of half a megabyte, is read', async () => {
  const deep = JSON.parse(`${'['.repeat(31)}${']'.repeat(31)}`) as unknown
  await discoverBy(json({ ...metadata, deep }))
  await discoverBy(answer(JSON.stringify(metadata).padEnd(512 * 1024)))
  await fails(() => discoverBy(answer(JSON.stringify(metadata).padEnd(512 * 1024 + 1))), 'CS_DISCOVERY')
})

const NO_PLACES: readonly unknown[] = [
  undefined,
  null,
  1,
  '',
  [JWKS],
  { href: JWKS },
  'jwks',
  '/jwks',
  '//issuer.example/jwks',
  'http://issuer.example/jwks',
  'http://169.254.169.254/latest/meta-data/',
  'http://localhost/jwks',
  'http://127.0.0.1:8080/jwks',
  'http://[::1]/jwks',
  'http://2130706433/jwks',
  'https://localhost/jwks',
  'https://127.0.0.1:8443/jwks',
  'https://[::1]/jwks',
  'ftp://issuer.example/jwks',
  'file:///etc/passwd',
  'data:application/json,{"keys":[]}',
  'blob:https://issuer.example/1',
  'javascript:alert(1)',
  'https://user@issuer.example/jwks',
  'https://user:password@issuer.example/jwks',
]
for (const place of NO_PLACES) {
  test(`attack 49: a jwks_uri of ${JSON.stringify(place)} from an issuer by https is refused`, async () => {
    const { asked, fetch } = web({ [OIDC]: json({ ...metadata, jwks_uri: place }) })
    const error = await fails(() => door.discover(ISSUER, { fetch }), 'CS_DISCOVERY')
    assert.equal(error.unavailable, false)
    assert.match(error.message, /jwks_uri/)
    assert.ok(!error.message.includes('password@'))
    assert.deepEqual(asked, [OIDC])
  })
}

test('attack 49: an issuer on this machine does not send anyone elsewhere by http', async () => {
  const issuer = 'http://localhost:3000'
  const said = json({ issuer, jwks_uri: 'http://keys.internal/jwks' })
  const { fetch } = web({ [`${issuer}/.well-known/openid-configuration`]: said })
  await fails(() => door.discover(issuer, { fetch }), 'CS_DISCOVERY')
})

test('allowHttp lets the keys of an issuer be fetched by http, and never by what is no HTTP', async () => {
  const by = (jwks_uri: string): Promise<door.DiscoveredIssuer> =>
    discoverBy(json({ ...metadata, jwks_uri }), { allowHttp: true })
  for (const place of ['http://keys.internal/jwks', 'http://127.0.0.1/jwks'])
    assert.equal((await by(place)).jwksUri, place)
  for (const place of ['file:///etc/passwd', 'data:application/json,{}', 'http://a:b@keys.internal/'])
    await fails(() => by(place), 'CS_DISCOVERY')
})

test('an issuer on this machine may have its keys on this machine, or anywhere by https', async () => {
  const issuer = 'http://localhost:3000'
  for (const place of ['http://127.0.0.1:3001/jwks', 'https://localhost/jwks', 'https://keys.example/jwks']) {
    const said = json({ issuer, jwks_uri: place })
    const { fetch } = web({ [`${issuer}/.well-known/openid-configuration`]: said })
    assert.equal((await door.discover(issuer, { fetch })).jwksUri, place)
  }
})

test('keys at another https host than the issuer are taken: the issuer says so', async () => {
  const place = 'https://keys.example/issuer/jwks'
  assert.equal((await discoverBy(json({ ...metadata, jwks_uri: place }))).keys.url, place)
})

test('options are handed on to the key set', async () => {
  let time = NOW
  const { asked, fetch } = web({ [OIDC]: json(metadata), [JWKS]: answer(bodyOf(a)) })
  const options = { fetch, cacheMaxAge: 30, maxStale: 0, timeout: 1, now: () => time, random: () => 0.5 }
  const { keys } = await door.discover(ISSUER, options)
  assert.equal(keys, door.remoteKeySet(JWKS, options))
  await keys.load()
  assert.equal(keys.snapshot()?.freshUntil, NOW + 30)
  time += 30
  await keys.load()
  assert.deepEqual(asked, [OIDC, JWKS, JWKS])
})

test('an issuer that is discovered again has the same key set', async () => {
  const { fetch } = web({ [OIDC]: json(metadata) })
  const { keys } = await door.discover(ISSUER, { fetch })
  assert.equal((await door.discover(ISSUER, { fetch })).keys, keys)
})

test('keys that cannot be fetched do not keep an issuer from being discovered', async () => {
  const { fetch } = web({ [OIDC]: json(metadata), [JWKS]: unreachable })
  const { keys } = await door.discover(ISSUER, { fetch })
  assert.equal((await refuses(door.createVerifier({ keys, ...POLICY }), a.token, 'CS_JWKS_FETCH')).unavailable, true)
})

test('a real server is discovered, and its token verified', async (t) => {
  const seen: (string | undefined)[] = []
  const origin: string = await listen(t, ({ url }, response) => {
    seen.push(url)
    if (url === '/tenant/.well-known/openid-configuration') response.writeHead(404).end()
    else if (url === '/tenant/jwks') response.end(bodyOf(a))
    else response.end(JSON.stringify({ issuer: `${origin}/tenant`, jwks_uri: `${origin}/tenant/jwks` }))
  })
  const { issuer, keys } = await door.discover(`${origin}/tenant`)
  assert.equal(issuer, `${origin}/tenant`)
  await door.createVerifier({ ...POLICY, keys }).verify(a.token)
  assert.deepEqual(seen, [
    '/tenant/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server/tenant',
    '/tenant/jwks',
  ])
})

test('attack 49: a real server that redirects is not followed', async (t) => {
  let elsewhere = 0
  const target = await listen(t, (_request, response) => {
    elsewhere++
    response.end(JSON.stringify(metadata))
  })
  const origin = await listen(t, ({ url }, response) => response.writeHead(302, { location: target + url }).end())
  assert.equal((await fails(() => door.discover(origin), 'CS_DISCOVERY')).unavailable, true)
  assert.equal(elsewhere, 0)
})
