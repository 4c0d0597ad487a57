import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fails } from '../support/forge.ts'
import { answer, answerByHand, bodyOf, issue, kidsOf, loaded, rig, URL_OF_SET, unreachable } from '../support/remote.ts'

const [a, b] = [await issue('a'), await issue('b')]

test('the entity tag of a set is sent back, and the same set serves on where the server says that it is the same', async () => {
  const { state, sent, keys, events, verifier } = await loaded(bodyOf(a), {
    etag: '"one"',
    'cache-control': 'max-age=60',
  })
  const before = keys.current
  state.answer = answer('', { 'cache-control': 'max-age=100' }, 304)
  state.time += 60
  await verifier.verify(a.token)
  assert.deepEqual(sent[1]?.headers, {
    accept: 'application/jwk-set+json, application/json',
    'if-none-match': '"one"',
  })
  assert.equal(keys.current, before)
  assert.deepEqual(events[1], {
    type: 'refreshed',
    url: URL_OF_SET,
    changed: false,
    keys: 1,
    skipped: 0,
    freshSeconds: 100,
  })
  state.time += 79
  await verifier.verify(a.token)
  assert.equal(sent.length, 2)
})

test('a 304 brings a new entity tag, or leaves the one that was sent', async () => {
  const { state, sent, keys } = await loaded(bodyOf(a), { etag: '"one"' })
  for (const [headers, tag] of [
    [{}, '"one"'],
    [{ etag: 'W/"two"' }, '"one"'],
    [{ etag: 'no tag' }, 'W/"two"'],
    [{}, 'W/"two"'],
  ] as const) {
    state.answer = answer('', headers, 304)
    state.time += 600
    await keys.load()
    assert.equal(sent.at(-1)?.headers['if-none-match'], tag)
  }
})

test('what a 304 does not say about caches is as it was (RFC 9111 §4.3.4)', async () => {
  const { state, events, keys } = await loaded(bodyOf(a), { etag: '"one"', 'cache-control': 'max-age=60' })
  for (const [headers, seconds] of [
    [{}, 60],
    [{ 'cache-control': 'max-age=100' }, 100],
    [{}, 100],
    [{ 'cache-control': 'no-cache' }, 5],
  ] as const) {
    state.answer = answer('', headers, 304)
    state.time += 600
    await keys.load()
    const event = events.at(-1)
    assert.equal(event?.type === 'refreshed' && event.freshSeconds, seconds)
  }
})

test('a new set brings its own entity tag, or none', async () => {
  const { state, sent, keys } = await loaded(bodyOf(a), { etag: '"one"' })
  for (const [headers, tag] of [
    [{ etag: '"two"' }, '"one"'],
    [{}, '"two"'],
    [{ etag: '""' }, undefined],
    [{}, '""'],
  ] as const) {
    state.answer = answer(bodyOf(b), headers)
    state.time += 600
    await keys.load()
    assert.equal(sent.at(-1)?.headers['if-none-match'], tag)
  }
})

const HOSTILE_TAGS: readonly string[] = [
  'x"one"',
  'one',
  '"one',
  'one"',
  "'one'",
  'w/"one"',
  'W/one',
  'W/x"one"',
  'W/',
  '"a"b"',
  '"a" "b"',
  '*',
  '"a b"',
  '"a\tb"',
  '"a\r\nx-injected: 1"',
  '"a"\n',
  '"a\u0000"',
  '"a\u007f"',
  '"é"',
  '"\u{1f511}"',
  `"${'x'.repeat(257)}"`,
]
for (const tag of HOSTILE_TAGS) {
  test(`the entity tag ${JSON.stringify(tag.slice(0, 20))} is not sent back (RFC 9110 §8.8.3)`, async () => {
    const { state, sent, keys } = rig()
    state.answer = answerByHand(bodyOf(a), { etag: tag })
    await keys.load()
    state.time += 600
    await keys.load()
    assert.deepEqual(sent[1]?.headers, sent[0]?.headers)
    assert.equal(keys.snapshot()?.etag, undefined)
  })
}

test('an entity tag of 256 octets is sent back', async () => {
  const etag = `"${'!'.repeat(256)}"`
  const { state, sent, keys } = await loaded(bodyOf(a), { etag })
  state.time += 600
  await keys.load()
  assert.equal(sent[1]?.headers['if-none-match'], etag)
})

test('a 304 that nobody asked for brings no set, and is no reason to keep one', async () => {
  const first = rig()
  first.state.answer = answer('', {}, 304)
  const error = await fails(() => first.keys.load(), 'CS_JWKS_FETCH')
  assert.match(error.message, /304/)
  const { state, keys, events } = await loaded(bodyOf(a))
  state.answer = answer('', {}, 304)
  state.time += 600
  await keys.load()
  assert.equal(events.at(-1)?.type, 'failed')
})

for (const [what, broken] of [
  ['fails', answer('no such condition', {}, 412)],
  ['gets no answer', unreachable],
  ['brings no set', answer('<!doctype html>')],
] as const) {
  test(`where a request with a condition ${what}, the next makes none`, async () => {
    const { state, sent, keys, next } = await loaded(bodyOf(a), { etag: '"one"' })
    state.answer = broken
    state.time += 600
    await keys.load()
    state.answer = answer(bodyOf(b), { etag: '"two"' })
    state.time += 5
    await Promise.all([next(), keys.load()])
    assert.deepEqual(kidsOf(keys), ['b'])
    assert.deepEqual(
      sent.map(({ headers }) => headers['if-none-match']),
      [undefined, '"one"', undefined],
    )
    state.time += 600
    await keys.load()
    assert.equal(sent.at(-1)?.headers['if-none-match'], '"two"')
  })
}
