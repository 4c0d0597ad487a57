import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as door from 'countersign'
import * as sync from 'countersign/sync'
import { CLAIMS, fails, NOW, POLICY, refuses } from '../support/forge.ts'
import {
  answer,
  bodyOf,
  gate,
  issue,
  kidsOf,
  loaded,
  rig,
  strangers,
  URL_OF_SET,
  unreachable,
} from '../support/remote.ts'

const [a, b] = [await issue('a'), await issue('b')]

test('an option that is not what it should be is refused at construction', () => {
  for (const options of [
    null,
    [],
    { timeout: 'soon' },
    { timeout: Number.NaN },
    { maxBytes: 0 },
    { maxBytes: 1.5 },
    { allowHttp: 1 },
    { fetch: 1 },
    { now: 1 },
    { random: 0.5 },
    { cacheMaxAge: -1 },
    { maxStale: null },
    { timeOut: 5 },
  ]) {
    assert.throws(() => door.remoteKeySet(URL_OF_SET, options as never), TypeError, JSON.stringify(options))
  }
})

test('what is no text where a URL should be is a mistake of the program', () => {
  for (const url of [undefined, null, 1, {}, { href: 1 }])
    assert.throws(() => door.remoteKeySet(url as never), TypeError, JSON.stringify(url))
})

test('a set is fetched when it is first needed, by a GET for JSON that follows no redirect', async () => {
  const { state, sent, keys, verifier } = rig()
  state.answer = answer(bodyOf(a))
  assert.deepEqual([keys.current, keys.snapshot(), keys.url, sent.length], [undefined, undefined, URL_OF_SET, 0])
  await verifier.verify(a.token)
  const [request] = sent
  assert.deepEqual(
    [request?.method, request?.redirect, request?.headers],
    ['GET', 'manual', { accept: 'application/jwk-set+json, application/json' }],
  )
  assert.equal(request?.cache, 'cache' in Request.prototype ? 'no-store' : undefined)
  assert.equal(request?.signal.aborted, false)
  assert.deepEqual(kidsOf(keys), ['a'])
})

test('verifications at the same time share one request, and later ones need none', async () => {
  const { state, sent, verifier } = rig()
  state.answer = answer(bodyOf(a, b))
  await Promise.all(Array.from({ length: 100 }, (_, index) => verifier.verify(index % 2 ? a.token : b.token)))
  await verifier.verify(a.token)
  assert.equal(sent.length, 1)
})

test('load fetches once, joins whoever fetches, and leaves a set alone that can be used', async () => {
  const { state, sent, keys, verifier } = rig()
  const late = gate(answer(bodyOf(a)))
  state.answer = late.answer
  const waiting = [keys.load(), keys.load(), verifier.verify(a.token)]
  late.open()
  await Promise.all(waiting)
  await keys.load()
  assert.equal(sent.length, 1)
  state.time += 600
  await keys.load()
  assert.equal(sent.length, 2)
})

const LIVES: readonly (readonly [what: string, headers: Record<string, string>, seconds: number])[] = [
  ['nothing about caches', {}, 600],
  ['max-age=60', { 'cache-control': 'max-age=60' }, 60],
  ['max-age in capitals and among others', { 'cache-control': 'public, MAX-AGE=60, must-revalidate' }, 60],
  ['a quoted max-age', { 'cache-control': 'private, max-age="60"' }, 60],
  ['max-age with a zero in front', { 'cache-control': 'max-age=060' }, 60],
  ['max-age twice', { 'cache-control': 'max-age=60, max-age=30' }, 60],
  ['max-age of a year', { 'cache-control': 'max-age=31536000' }, 600],
  ['max-age of more digits than a time has', { 'cache-control': 'max-age=12345678901' }, 600],
  ['max-age=0', { 'cache-control': 'max-age=0' }, 5],
  ['max-age=4', { 'cache-control': 'max-age=4' }, 5],
  ['no-store', { 'cache-control': 'max-age=60, no-store' }, 5],
  ['No-Cache', { 'cache-control': 'No-Cache' }, 5],
  ['no-cache for one header alone', { 'cache-control': 'no-cache="set-cookie"' }, 600],
  ['s-maxage, which is for caches that many share', { 'cache-control': 's-maxage=60' }, 600],
  ['max-age=nonsense', { 'cache-control': 'max-age=nonsense' }, 600],
  ['max-age without a number', { 'cache-control': 'max-age=' }, 600],
  ['max-age=-1', { 'cache-control': 'max-age=-1' }, 600],
  ['max-age=60.5', { 'cache-control': 'max-age=60.5' }, 600],
  ['max-age=60 and Age: 20', { 'cache-control': 'max-age=60', age: '20' }, 40],
  ['max-age=60 and an Age beyond it', { 'cache-control': 'max-age=60', age: '100' }, 5],
  ['max-age=60 and an Age that is no number', { 'cache-control': 'max-age=60', age: 'old' }, 60],
  ['max-age=60 and an Age of more digits than a time has', { 'cache-control': 'max-age=60', age: '12345678901' }, 60],
  ['max-age=60 and an Age below zero', { 'cache-control': 'max-age=60', age: '-20' }, 60],
  [
    'max-age of a year and an Age that leaves a minute of it',
    { 'cache-control': 'max-age=31536000', age: '31535940' },
    60,
  ],
  ['Age alone', { age: '20' }, 600],
]
for (const [what, headers, seconds] of LIVES) {
  test(`a set with ${what} is used for ${seconds} s (RFC 9111 §4.2)`, async () => {
    const { state, events, sent, verifier } = await loaded(bodyOf(a), headers)
    const [event] = events
    assert.equal(event?.type === 'refreshed' && event.freshSeconds, seconds)
    // The issuer has another key now, which nobody meets who does not wait.
    const late = gate(answer(bodyOf(b)))
    state.answer = late.answer
    state.time += seconds - 1
    await verifier.verify(a.token)
    state.time += 1
    const waiting = refuses(verifier, a.token, 'CS_NO_KEY')
    late.open()
    await waiting
    assert.equal(sent.length, 2)
  })
}

for (const [cacheMaxAge, maxAge, seconds] of [
  ['1d', undefined, 86_400],
  ['1d', 3600, 3600],
  ['30s', 3600, 30],
  [0, 3600, 5],
] as const) {
  test(`cacheMaxAge ${cacheMaxAge} and a max-age of ${maxAge} make ${seconds} s`, async () => {
    const headers = maxAge === undefined ? {} : { 'cache-control': `max-age=${maxAge}` }
    const { events } = await loaded(bodyOf(a), headers, { cacheMaxAge })
    assert.equal(events[0]?.type === 'refreshed' && events[0].freshSeconds, seconds)
  })
}

test('past four fifths of its life a set is fetched anew in the background, once, and nobody waits for it', async () => {
  const { state, sent, keys, verifier, next } = await loaded(bodyOf(a), { 'cache-control': 'max-age=100' })
  const late = gate(answer(bodyOf(b)))
  state.answer = late.answer
  state.time += 79
  await verifier.verify(a.token)
  assert.equal(sent.length, 1)
  state.time += 1
  await Promise.all(Array.from({ length: 20 }, () => verifier.verify(a.token)))
  await keys.load()
  assert.equal(sent.length, 2)
  const told = next()
  late.open()
  await told
  await verifier.verify(b.token)
  await refuses(verifier, a.token, 'CS_NO_KEY')
  assert.equal(sent.length, 2)
})

test('where the fetch ahead fails, the set serves on and is asked for again in the background', async () => {
  const { state, sent, verifier, next } = await loaded(bodyOf(a), { 'cache-control': 'max-age=100' })
  state.answer = unreachable
  for (const [time, requests] of [
    [80, 2],
    [84, 2],
    [85, 3],
    [94, 3],
    [95, 4],
  ] as const) {
    state.time = NOW + time
    const told = requests > sent.length ? next() : undefined
    await verifier.verify(a.token)
    await told
    assert.equal(sent.length, requests, `after ${time} s`)
  }
})

test('a key that the issuer took out of its set is refused as soon as the new set is there', async () => {
  const { state, verifier } = await loaded(bodyOf(a, b))
  await verifier.verify(a.token)
  state.answer = answer(bodyOf(b))
  state.time += 600
  await verifier.verify(b.token)
  await refuses(verifier, a.token, 'CS_NO_KEY')
})

test('an unknown kid asks again, but not sooner than five seconds after the last time', async () => {
  const { state, sent, verifier } = await loaded(bodyOf(a))
  state.answer = answer(bodyOf(a, b))
  state.time += 4
  await refuses(verifier, b.token, 'CS_NO_KEY')
  assert.equal(sent.length, 1)
  state.time += 1
  await verifier.verify(b.token)
  assert.equal(sent.length, 2)
})

test('an unknown kid that comes while the set is being fetched waits for it', async () => {
  const { state, sent, verifier } = await loaded(bodyOf(a))
  const late = gate(answer(bodyOf(a, b)))
  state.answer = late.answer
  state.time += 480
  await verifier.verify(a.token)
  const waiting = verifier.verify(b.token)
  late.open()
  await waiting
  assert.equal(sent.length, 2)
})

test('a flood of unknown kids costs one request an interval and keeps no new key of the issuer out', async () => {
  const { state, sent, verifier } = await loaded(bodyOf(a))
  const flood = await strangers(20)
  for (const round of [1, 2, 3]) {
    state.time += 5
    await Promise.all(flood.map((token) => refuses(verifier, token, 'CS_NO_KEY')))
    for (const token of flood) await refuses(verifier, token, 'CS_NO_KEY')
    assert.equal(sent.length, 1 + round)
  }
  state.answer = answer(bodyOf(a, b))
  state.time += 5
  await Promise.all([refuses(verifier, flood[0], 'CS_NO_KEY'), verifier.verify(b.token)])
})

test('while a back-off runs, an unknown kid asks for nothing', async () => {
  const { state, sent, verifier } = await loaded(bodyOf(a))
  state.answer = unreachable
  state.time += 5
  await refuses(verifier, b.token, 'CS_NO_KEY')
  assert.equal(sent.length, 2)
  state.answer = answer(bodyOf(a, b))
  state.time += 4
  await refuses(verifier, b.token, 'CS_NO_KEY')
  assert.equal(sent.length, 2)
  state.time += 1
  await verifier.verify(b.token)
})

test('a kid that two keys of the set have is not asked for again: the set has answered', async () => {
  const { state, sent, verifier } = await loaded(bodyOf(a, a))
  state.time += 5
  await refuses(verifier, a.token, 'CS_AMBIGUOUS_KEY')
  assert.equal(sent.length, 1)
})

test('countersign/sync verifies with a set that was loaded, and says so where it was not', async () => {
  const { state, sent, keys, next } = rig()
  const verifier = sync.createVerifier({ keys, ...POLICY })
  const failed = next()
  const error = await refuses(verifier, a.token, 'CS_UNAVAILABLE')
  assert.match(error.hint, /load\(\)/)
  assert.equal(error.unavailable, true)
  await failed
  // Now there is something to tell.
  await refuses(verifier, a.token, 'CS_JWKS_FETCH')
  state.answer = answer(bodyOf(a))
  state.time += 5
  await keys.load()
  assert.equal(verifier.verify(a.token).claims.sub, CLAIMS.sub)
  assert.equal(sent.length, 2)
})

test('countersign/sync never waits: what it asks for is there for a later token', async () => {
  const { state, sent, keys, next } = await loaded(bodyOf(a))
  const verifier = sync.createVerifier({ keys, ...POLICY })
  state.answer = answer(bodyOf(a, b))
  state.time += 5
  const asked = next()
  await refuses(verifier, b.token, 'CS_NO_KEY')
  await asked
  assert.equal(verifier.verify(b.token).key.kid, 'b')
  assert.equal(sent.length, 2)
})

test('countersign/sync takes a set that has aged while it is fetched anew, and none that is too old', async () => {
  const { state, sent, keys, next } = await loaded(bodyOf(a))
  const verifier = sync.createVerifier({ keys, ...POLICY })
  state.answer = answer(bodyOf(b))
  state.time += 600 + 3599
  const asked = next()
  assert.equal(verifier.verify(a.token).key.kid, 'a')
  await asked
  await refuses(verifier, a.token, 'CS_NO_KEY')
  state.answer = answer(bodyOf(a))
  state.time += 600 + 3600
  const askedAgain = next()
  assert.equal((await refuses(verifier, b.token, 'CS_UNAVAILABLE')).unavailable, true)
  await askedAgain
  verifier.verify(a.token)
  assert.equal(sent.length, 3)
})

test('countersign/sync tells the failure that made a set too old, and none that is over', async () => {
  const { state, keys, next } = rig()
  const verifier = sync.createVerifier({ keys, ...POLICY })
  await fails(() => keys.load(), 'CS_JWKS_FETCH')
  state.answer = answer(bodyOf(a))
  state.time += 5
  await keys.load()
  state.answer = answer('', {}, 503)
  state.time += 600 + 3600
  const failed = next()
  assert.equal((await refuses(verifier, a.token, 'CS_UNAVAILABLE')).cause, undefined)
  await failed
  assert.match(((await refuses(verifier, a.token, 'CS_UNAVAILABLE')).cause as door.JoseError).message, /503/)
})
