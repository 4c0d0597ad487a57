import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { test } from 'node:test'
import * as door from 'countersign'
import { CLAIMS, NOW, POLICY, refuses, signed } from '../support/forge.ts'
import { jwkFor } from '../support/keys.ts'
import {
  type Answerer,
  answer,
  bodyOf,
  gate,
  issue,
  kidsOf,
  loaded,
  rig,
  strangers,
  unreachable,
} from '../support/remote.ts'
import { listen } from '../support/servers.ts'

const [a, b] = [await issue('a'), await issue('b')]
const GOOD = bodyOf(a)

// 52. Cache poisoning across issuers

test('attack 52: two issuers with one kid are two issuers', async () => {
  const [good, evil] = [await issue('same'), await issue('same')]
  const sets = [good, evil].map(({ jwk }) => JSON.stringify({ keys: [jwk] }))
  const fetch: door.Fetch = async (url) => new Response(url.startsWith('https://good.example/') ? sets[0] : sets[1])
  const verifierOf = (url: string): door.Verifier =>
    door.createVerifier({ keys: door.remoteKeySet(url, { fetch }), ...POLICY })
  const trusted = verifierOf('https://good.example/jwks')
  // Some are spelt to run into the other, were URLs and options joined to one text.
  for (const url of [
    'https://evil.example/jwks',
    'https://evil.example/https://good.example/jwks',
    'https://evil.example/#https://good.example/jwks',
    'https://evil.example/jwks",5,524288',
    'https://evil.example/good.example/jwks',
  ]) {
    const other = verifierOf(url)
    await other.verify(evil.token)
    await refuses(other, good.token, 'CS_SIGNATURE')
    await trusted.verify(good.token)
    await refuses(trusted, evil.token, 'CS_SIGNATURE')
  }
})

test('attack 52: one function that serves two issuers keeps their keys apart', async () => {
  const [good, evil] = [await issue('same'), await issue('same')]
  const fetch: door.Fetch = async (url) =>
    new Response(JSON.stringify({ keys: [(url.includes('good') ? good : evil).jwk] }))
  const verifier = door.createVerifier({
    issuers: (iss) => ({
      keys: door.remoteKeySet(iss === CLAIMS.iss ? 'https://good.example/' : 'https://evil.example/', { fetch }),
      audience: CLAIMS.aud,
    }),
    now: () => NOW,
  })
  await verifier.verify(await evil.sign('https://other.example'))
  await verifier.verify(good.token)
  await refuses(verifier, evil.token, 'CS_SIGNATURE')
})

test('attack 52: a real server with the kid of another one is another issuer', async (t) => {
  const [good, evil] = [await issue('same'), await issue('same')]
  const origins = []
  for (const { jwk } of [good, evil]) {
    origins.push(await listen(t, (_request, response) => response.end(JSON.stringify({ keys: [jwk] }))))
  }
  const [one, other] = origins.map((origin) => door.createVerifier({ keys: door.remoteKeySet(origin), ...POLICY }))
  assert.ok(one && other)
  await Promise.all([one.verify(good.token), other.verify(evil.token)])
  await refuses(one, evil.token, 'CS_SIGNATURE')
  await refuses(other, good.token, 'CS_SIGNATURE')
})

// 54 to 57, where the set comes from afar

for (const info of [{ use: 'enc' }, { key_ops: ['encrypt'] }, { alg: 'ES384' }]) {
  test(`attack 54: a fetched key with ${JSON.stringify(info)} does not verify ES256`, async () => {
    const { state, sent, verifier } = await loaded(JSON.stringify({ keys: [{ ...a.jwk, ...info }] }))
    state.time += 5
    await refuses(verifier, a.token, 'CS_NO_KEY')
    assert.equal(sent.length, 2)
  })
}

for (const [number, what, member] of [
  [55, 'a private key', jwkFor('RS256')],
  [55, 'the private half of a key of an unknown kind', { kty: 'new', d: 'AAAA' }],
  [55, 'a private member that is null', { ...a.jwk, kid: 'x', d: null }],
  [56, 'a secret', jwkFor('HS256')],
  [56, 'a secret without its octets', { kty: 'oct', kid: 'x' }],
] as const) {
  test(`attack ${number}: ${what} among the keys of a fetched set refuses the whole set, and a good one stays`, async () => {
    const poisoned = answer(JSON.stringify({ keys: [a.jwk, member] }))
    const first = rig()
    first.state.answer = poisoned
    assert.equal((await refuses(first.verifier, a.token, 'CS_JWKS_INVALID')).unavailable, true)
    const { state, keys, verifier } = await loaded(GOOD)
    state.answer = poisoned
    state.time += 600
    await verifier.verify(a.token)
    assert.deepEqual(kidsOf(keys), ['a'])
  })
}

test('attack 57: a weak key of a fetched set is left out and told of, and what it signed is refused', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const weak = { ...publicKey.export({ format: 'jwk' }), kid: 'weak' }
  const off = { ...a.jwk, y: a.jwk['x'], kid: 'off' }
  const { events, keys, verifier } = await loaded(JSON.stringify({ keys: [weak, off, a.jwk] }))
  const [event] = events
  assert.deepEqual([event?.type === 'refreshed' && event.skipped, kidsOf(keys)], [2, ['a']])
  for (const kid of ['weak', undefined])
    await refuses(verifier, signed({ alg: 'RS256', kid }, CLAIMS, 'sha256', privateKey), 'CS_NO_KEY')
  await verifier.verify(a.token)
})

// 58. Failed refresh evicts good keys

const FAILURES: readonly (readonly [what: string, answer: Answerer])[] = [
  ['cannot be reached', unreachable],
  ['answers 500', answer('', {}, 500)],
  ['answers 404', answer(bodyOf(b), {}, 404)],
  ['answers 304 without being asked', answer('', {}, 304)],
  ['redirects', answer('', { location: 'https://evil.example/' }, 302)],
  ['sends HTML', answer('<!doctype html>')],
  ['sends an array', answer('[]')],
  ['sends a set with a secret', answer(JSON.stringify({ keys: [b.jwk, jwkFor('HS256')] }))],
  ['sends too much', answer(bodyOf(b).padEnd(512 * 1024 + 1))],
]
for (const [what, given] of FAILURES) {
  test(`attack 58: a server that ${what} takes no good key away, whatever kids come`, async () => {
    const { state, keys, verifier } = await loaded(GOOD)
    const before = keys.current
    state.answer = given
    for (let later = 5; later < 600 + 3600; later += 150) {
      state.time = NOW + later
      await refuses(verifier, b.token, 'CS_NO_KEY')
      await verifier.verify(a.token)
    }
    assert.equal(keys.current, before)
    state.time = NOW + 600 + 3600
    assert.equal((await refuses(verifier, a.token, 'CS_UNAVAILABLE')).unavailable, true)
  })
}

test('attack 58: a good answer that is older than the set comes too late to replace it', async () => {
  const { state, keys, verifier } = await loaded(GOOD)
  const late = gate(answer(GOOD))
  state.answer = late.answer
  state.time += 480
  const waiting = verifier.verify(b.token)
  // The machine sleeps, and the issuer takes its key back.
  state.time += 3600
  state.answer = answer(bodyOf(b))
  await verifier.verify(b.token)
  late.open()
  await waiting
  assert.deepEqual(kidsOf(keys), ['b'])
  await refuses(verifier, a.token, 'CS_NO_KEY')
})

test('attack 58: a real server that was good once and fails ever after takes no key away', async (t) => {
  let requests = 0
  const origin = await listen(t, (_request, response) => {
    requests++
    if (requests === 1) response.end(GOOD)
    else response.writeHead(500).end()
  })
  let time = NOW
  const verifier = door.createVerifier({ keys: door.remoteKeySet(origin, { now: () => time }), ...POLICY })
  await verifier.verify(a.token)
  const tokens = await strangers(10)
  for (const token of tokens) {
    time += 400
    await refuses(verifier, token, 'CS_NO_KEY')
    await verifier.verify(a.token)
  }
  assert.ok(requests > 2)
})

// 59. Malformed sets and responses

const json = (text: string): Answerer => answer(text)
const MALFORMED: readonly (readonly [what: string, code: door.ErrorCode, answer: Answerer])[] = [
  ['a network failure', 'CS_JWKS_FETCH', unreachable],
  ['something thrown that is no error', 'CS_JWKS_FETCH', () => Promise.reject('no')],
  ['201', 'CS_JWKS_FETCH', answer(GOOD, {}, 201)],
  ['204', 'CS_JWKS_FETCH', answer('', {}, 204)],
  ['206', 'CS_JWKS_FETCH', answer(GOOD, {}, 206)],
  ['301', 'CS_JWKS_FETCH', answer('', { location: '/elsewhere' }, 301)],
  ['401', 'CS_JWKS_FETCH', answer(GOOD, {}, 401)],
  ['404', 'CS_JWKS_FETCH', answer(GOOD, {}, 404)],
  ['500', 'CS_JWKS_FETCH', answer(GOOD, {}, 500)],
  ['half a megabyte and one octet', 'CS_JWKS_FETCH', json(GOOD.padEnd(512 * 1024 + 1))],
  ['invalid UTF-8', 'CS_JWKS_FETCH', async () => new Response(new Uint8Array([0x7b, 0xff, 0x7d]))],
  ['no body', 'CS_JWKS_INVALID', async () => new Response(null)],
  ['HTML', 'CS_JWKS_INVALID', json('<!doctype html><title>Log in</title>')],
  ['truncated JSON', 'CS_JWKS_INVALID', json(GOOD.slice(0, -1))],
  ['JSON and more', 'CS_JWKS_INVALID', json(`${GOOD}${GOOD}`)],
  ['null', 'CS_JWKS_INVALID', json('null')],
  ['a text', 'CS_JWKS_INVALID', json('"keys"')],
  ['an array', 'CS_JWKS_INVALID', json('[]')],
  ['a bare JWK', 'CS_JWKS_INVALID', json(JSON.stringify(a.jwk))],
  ['an object without keys', 'CS_JWKS_INVALID', json('{}')],
  ['keys that are merely inherited', 'CS_JWKS_INVALID', json(`{"__proto__":${GOOD}}`)],
  ['keys that are null', 'CS_JWKS_INVALID', json('{"keys":null}')],
  ['keys that are an object', 'CS_JWKS_INVALID', json('{"keys":{}}')],
  ['keys that hold null', 'CS_JWKS_INVALID', json('{"keys":[null]}')],
  ['keys that hold an array', 'CS_JWKS_INVALID', json('{"keys":[[]]}')],
  ['keys twice', 'CS_JWKS_INVALID', json('{"keys":[],"keys":[]}')],
  ['a kid twice in one key', 'CS_JWKS_INVALID', json(GOOD.replace('"kid"', '"kid":"b","k\\u0069d"'))],
  ['101 keys', 'CS_JWKS_INVALID', json(JSON.stringify({ keys: Array.from({ length: 101 }, () => ({ kty: 'x' })) }))],
  ['33 levels', 'CS_JWKS_INVALID', json(`{"keys":[],"x":${'['.repeat(32)}${']'.repeat(32)}}`)],
  ['deep nesting', 'CS_JWKS_INVALID', json(`{"keys":[],"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)],
]
for (const [what, code, given] of MALFORMED) {
  test(`attack 59: ${what} makes the token unavailable, not invalid, and is asked once in five seconds`, async () => {
    const { state, sent, verifier } = rig()
    state.answer = given
    const error = await refuses(verifier, a.token, code)
    assert.equal(error.unavailable, true)
    assert.notEqual(error.cause, undefined)
    await Promise.all(Array.from({ length: 10 }, () => refuses(verifier, a.token, code)))
    assert.equal(sent.length, 1)
    state.answer = answer(GOOD)
    state.time += 5
    await verifier.verify(a.token)
    assert.equal(sent.length, 2)
  })
}

test('attack 59: a set of 32 levels is read', async () => {
  const { verifier } = await loaded(GOOD.replace('{', `{"x":${'['.repeat(31)}${']'.repeat(31)},`))
  await verifier.verify(a.token)
})

test('attack 59: what is new in a set keeps nobody from its other keys', async () => {
  const keys = [{ kty: 'new' }, { kty: 1 }, {}, { ...a.jwk, kid: 'odd', crv: 'P-257' }, a.jwk]
  const { verifier } = await loaded(JSON.stringify({ keys, version: 2, more: [{ of: {} }] }))
  await verifier.verify(a.token)
  const empty = await loaded('{"keys":[]}')
  await refuses(empty.verifier, a.token, 'CS_NO_KEY')
})

const BROKEN: readonly (readonly [what: string, code: door.ErrorCode, handler: RequestListener])[] = [
  ['null', 'CS_JWKS_INVALID', (_request, response) => response.end('null')],
  ['an array', 'CS_JWKS_INVALID', (_request, response) => response.end('[]')],
  ['keys that are an object', 'CS_JWKS_INVALID', (_request, response) => response.end('{"keys":{}}')],
  ['keys that hold null', 'CS_JWKS_INVALID', (_request, response) => response.end('{"keys":[null]}')],
  ['HTML', 'CS_JWKS_INVALID', (_request, response) => response.end('<!doctype html>')],
  ['nothing', 'CS_JWKS_INVALID', (_request, response) => response.end()],
  ['204', 'CS_JWKS_FETCH', (_request, response) => response.writeHead(204).end()],
  ['304', 'CS_JWKS_FETCH', (_request, response) => response.writeHead(304).end()],
  ['404', 'CS_JWKS_FETCH', (_request, response) => response.writeHead(404).end(GOOD)],
  ['500', 'CS_JWKS_FETCH', (_request, response) => response.writeHead(500).end(GOOD)],
  ['a reset', 'CS_JWKS_FETCH', (request) => request.socket.destroy()],
  ['no HTTP', 'CS_JWKS_FETCH', (request) => request.socket.end('SSH-2.0-OpenSSH\r\n\r\n')],
  [
    'half of what it announced',
    'CS_JWKS_FETCH',
    (_request, response) => {
      response.writeHead(200, { 'content-length': String(2 * GOOD.length) }).write(GOOD, () => response.destroy())
    },
  ],
  [
    'a set whose last piece is missing',
    'CS_JWKS_FETCH',
    (_request, response) => void response.write(GOOD, () => response.destroy()),
  ],
  [
    'what is no gzip, as gzip',
    'CS_JWKS_FETCH',
    (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(GOOD),
  ],
]
test('attack 59: a real server that sends what is no set makes the token unavailable, and is asked again', async (t) => {
  for (const [what, code, handler] of BROKEN) {
    let broken = true
    const origin = await listen(t, (request, response) => (broken ? handler(request, response) : response.end(GOOD)))
    let time = NOW
    const verifier = door.createVerifier({ keys: door.remoteKeySet(origin, { now: () => time }), ...POLICY })
    const error = await refuses(verifier, a.token, code)
    assert.equal(error.unavailable, true, what)
    assert.ok(error.cause instanceof Error, what)
    broken = false
    time += 6
    await verifier.verify(a.token)
  }
})
