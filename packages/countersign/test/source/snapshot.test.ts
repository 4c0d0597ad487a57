import assert from 'node:assert/strict'
import { test } from 'node:test'
import type * as door from 'countersign'
import * as sync from 'countersign/sync'
import { fails, NOW, POLICY, refuses } from '../support/forge.ts'
import { jwkFor } from '../support/keys.ts'
import {
  answer,
  bodyOf,
  gate,
  issue,
  kidsOf,
  loaded,
  type Rig,
  rig,
  URL_OF_SET,
  unreachable,
} from '../support/remote.ts'

const [a, b] = [await issue('a'), await issue('b')]
const good = { url: URL_OF_SET, jwks: { keys: [a.jwk] }, fetchedAt: NOW, freshUntil: NOW + 600 }

/** A set that took a snapshot, as a text, at its start. */
function restored(snapshot: object, time: number, options: door.RemoteKeySetOptions = {}): Rig {
  const made = rig(options)
  made.state.time = time
  made.keys.restore(JSON.parse(JSON.stringify(snapshot)))
  return made
}

test('there is no snapshot before the first fetch; then it is what came, and when', async () => {
  const empty = rig()
  assert.equal(empty.keys.snapshot(), undefined)
  await fails(() => empty.keys.load(), 'CS_JWKS_FETCH')
  assert.equal(empty.keys.snapshot(), undefined)
  const jwks = { keys: [a.jwk, { kty: 'something new' }], other: { member: [1] } }
  const { keys } = await loaded(JSON.stringify(jwks), { etag: 'W/"one"', 'cache-control': 'max-age=60' })
  assert.deepEqual(keys.snapshot(), {
    url: URL_OF_SET,
    jwks,
    fetchedAt: NOW,
    freshUntil: NOW + 60,
    etag: 'W/"one"',
  })
  assert.deepEqual(Object.keys((await loaded(bodyOf(a))).keys.snapshot() ?? {}), Object.keys(good))
})

test('a snapshot that went through JSON serves at once, and is fetched anew when it has aged, with its entity tag', async () => {
  const before = await loaded(bodyOf(a), { etag: '"one"', 'cache-control': 'max-age=100' })
  const { state, sent, keys, verifier } = restored(before.keys.snapshot() ?? {}, NOW + 79)
  await verifier.verify(a.token)
  await keys.load()
  assert.equal(sent.length, 0)
  assert.deepEqual(keys.snapshot(), before.keys.snapshot())
  state.answer = answer('', {}, 304)
  state.time = NOW + 100
  await verifier.verify(a.token)
  assert.equal(sent[0]?.headers['if-none-match'], '"one"')
})

test('a snapshot keeps a program going whose first requests fail, for as long as the set would have', async () => {
  const { state, verifier } = restored(good, NOW + 600 + 3599)
  await verifier.verify(a.token)
  state.time += 1
  const error = await refuses(verifier, a.token, 'CS_UNAVAILABLE')
  assert.equal(error.unavailable, true)
  await refuses(restored(good, NOW + 600 + 3600).verifier, a.token, 'CS_UNAVAILABLE')
})

for (const [what, freshUntil, options, seconds] of [
  ['far away', NOW + 1e9, {}, 600],
  ['further than this set allows', NOW + 600, { cacheMaxAge: 60 }, 60],
  ['sooner', NOW + 60, {}, 60],
  ['at once', NOW, {}, 5],
  ['before its beginning', NOW - 1e9, {}, 5],
] as const) {
  test(`a snapshot whose end is ${what} is good for ${seconds} s`, async () => {
    const { state, sent, keys, verifier } = restored({ ...good, freshUntil }, NOW, options)
    assert.equal(keys.snapshot()?.freshUntil, NOW + seconds)
    const late = gate(answer(bodyOf(b)))
    state.answer = late.answer
    state.time += seconds - 1
    await verifier.verify(a.token)
    state.time += 1
    const waiting = refuses(verifier, a.token, 'CS_NO_KEY')
    late.open()
    await waiting
    assert.equal(sent.length, 1)
  })
}

const inherited = Object.create(good) as object
const [PRIVATE, SECRET] = [jwkFor('ES256'), jwkFor('HS256')]
const { n, e, p } = jwkFor('RS256')
const REFUSED: readonly (readonly [what: string, snapshot: unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ['a number', 1],
  ['its own text', JSON.stringify(good)],
  ['an array', [good]],
  ['an empty object', {}],
  ['a bare JWK Set', good.jwks],
  ['members that are inherited', inherited],
  ['no URL', { ...good, url: undefined }],
  ['another URL', { ...good, url: `${URL_OF_SET}?` }],
  ['a URL in capitals', { ...good, url: URL_OF_SET.toUpperCase() }],
  ['a URL object', { ...good, url: new URL(URL_OF_SET) }],
  ['no beginning', { ...good, fetchedAt: undefined }],
  ['a beginning in words', { ...good, fetchedAt: String(NOW) }],
  ['a beginning that is no number', { ...good, fetchedAt: Number.NaN }],
  ['a beginning in the future', { ...good, fetchedAt: NOW + 1 }],
  ['a beginning beyond all numbers', { ...good, fetchedAt: Number.POSITIVE_INFINITY }],
  ['a beginning before all numbers', { ...good, fetchedAt: Number.NEGATIVE_INFINITY }],
  ['a beginning in milliseconds', { ...good, fetchedAt: NOW * 1000 }],
  ['an end that is no number', { ...good, freshUntil: Number.NaN }],
  ['an end beyond all numbers', { ...good, freshUntil: Number.POSITIVE_INFINITY }],
  ['no end', { ...good, freshUntil: undefined }],
  ['null for an end', { ...good, freshUntil: null }],
  ['no set', { ...good, jwks: undefined }],
  ['null for a set', { ...good, jwks: null }],
  ['a set that is a text', { ...good, jwks: bodyOf(a) }],
  ['a set that is an array', { ...good, jwks: [a.jwk] }],
  ['a set without keys', { ...good, jwks: {} }],
  ['keys that hold null', { ...good, jwks: { keys: [a.jwk, null] } }],
  ['101 keys', { ...good, jwks: { keys: Array.from({ length: 101 }, () => a.jwk) } }],
  ['a private key', { ...good, jwks: { keys: [a.jwk, PRIVATE] } }],
  ['an RSA key that shows a prime', { ...good, jwks: { keys: [a.jwk, { kty: 'RSA', n, e, p }] } }],
  ['a secret', { ...good, jwks: { keys: [SECRET] } }],
  ['a secret among public keys', { ...good, jwks: { keys: [a.jwk, SECRET] } }],
]
for (const [what, snapshot] of REFUSED) {
  test(`a snapshot with ${what} is refused and changes nothing`, async () => {
    const empty = rig()
    const error = await fails(() => empty.keys.restore(snapshot), 'CS_JWKS_INVALID')
    for (const part of [PRIVATE['d'], SECRET['k']]) assert.ok(!error.message.includes(String(part)))
    assert.equal(empty.keys.current, undefined)
    const { sent, keys, verifier } = await loaded(bodyOf(b))
    const before = keys.snapshot()
    await fails(() => keys.restore(snapshot), 'CS_JWKS_INVALID')
    assert.deepEqual(keys.snapshot(), before)
    await verifier.verify(b.token)
    assert.equal(sent.length, 1)
  })
}

test('what is wrong with a snapshot is told', async () => {
  const { keys } = rig()
  for (const [snapshot, told] of [
    [null, /it is null/],
    [{ ...good, url: 'https://other.example/' }, /other\.example.*issuer\.example/],
    [{ ...good, fetchedAt: NOW + 1 }, /in the future/],
    [{ ...good, jwks: [] }, /jwks is an array/],
  ] as const) {
    assert.match((await fails(() => keys.restore(snapshot), 'CS_JWKS_INVALID')).message, told)
  }
})

test('an entity tag that could not be sent is left out of a snapshot', async () => {
  for (const etag of ['"a\r\nx: 1"', 'one', 1, null, ['"one"']]) {
    const { state, sent, keys } = restored({ ...good, etag }, NOW)
    assert.equal(keys.snapshot()?.etag, undefined)
    state.answer = answer(bodyOf(a))
    state.time += 600
    await keys.load()
    assert.equal(sent[0]?.headers['if-none-match'], undefined)
  }
})

test('members of a snapshot that nobody knows change nothing, whatever their names are', () => {
  const text = JSON.stringify({ ...good, etag: '"one"' }).replace(
    '{',
    '{"__proto__":{"url":"x"},"constructor":1,"maxStale":1e9,',
  )
  const { keys } = rig()
  keys.restore(JSON.parse(text))
  assert.deepEqual(keys.snapshot(), { ...good, etag: '"one"' })
})

test('a snapshot never replaces a newer set, nor one of the same moment', async () => {
  const { state, keys, verifier } = await loaded(bodyOf(b))
  for (const fetchedAt of [NOW - 100, NOW]) {
    keys.restore({ ...good, fetchedAt, freshUntil: NOW + 1e6 })
    assert.deepEqual(kidsOf(keys), ['b'])
  }
  state.time += 1
  keys.restore({ ...good, fetchedAt: NOW + 1 })
  assert.deepEqual(kidsOf(keys), ['a'])
  keys.restore({ ...good, jwks: { keys: [b.jwk] } })
  await verifier.verify(a.token)
})

test('a newer set takes the place of a snapshot, and its keys with it', async () => {
  const { state, verifier } = restored(good, NOW + 480)
  state.answer = answer(bodyOf(b))
  await verifier.verify(b.token)
  await refuses(verifier, a.token, 'CS_NO_KEY')
})

test('a snapshot serves while the first request is on its way, and the answer replaces it', async () => {
  const { state, keys, verifier, next } = rig()
  const late = gate(answer(bodyOf(b)))
  state.answer = late.answer
  const first = verifier.verify(b.token)
  keys.restore(good)
  await verifier.verify(a.token)
  const told = next()
  late.open()
  await Promise.all([told, first])
  assert.deepEqual(kidsOf(keys), ['b'])
})

test('after a snapshot a failed request is followed by one without a condition', async () => {
  const { state, sent, keys, next } = restored({ ...good, etag: '"one"' }, NOW + 600)
  state.answer = unreachable
  await keys.load()
  state.time += 5
  await Promise.all([next(), keys.load()])
  assert.deepEqual(
    sent.map(({ headers }) => headers['if-none-match']),
    ['"one"', undefined],
  )
})

test('countersign/sync verifies with a snapshot before anything was fetched', () => {
  const { sent, keys } = restored(good, NOW)
  assert.equal(sync.createVerifier({ keys, ...POLICY }).verify(a.token).key.kid, 'a')
  assert.equal(sent.length, 0)
})
