import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuses } from '../support/forge.ts'
import { answer, bodyOf, gate, issue, kidsOf, loaded, rig } from '../support/remote.ts'

const [a, b] = [await issue('a'), await issue('b')]
const down = answer('down', {}, 503)

test('a request whose deadline passed unnoticed is given up, and its late answer does not replace a newer set', async () => {
  const { state, sent, keys, events, verifier } = rig()
  const late = gate(answer(bodyOf(a)))
  state.answer = late.answer
  const slept = refuses(verifier, a.token, 'CS_NO_KEY')
  // The machine sleeps: its timers stand still, and its clock does not.
  state.time += 6
  const joined = refuses(verifier, a.token, 'CS_NO_KEY')
  assert.equal(sent.length, 1)
  state.time += 0.5
  state.answer = answer(bodyOf(b))
  await verifier.verify(b.token)
  assert.equal(sent.length, 2)
  late.open()
  await Promise.all([slept, joined])
  assert.deepEqual(kidsOf(keys), ['b'])
  assert.equal(events.length, 1)
})

test('the late failure of a request that was given up is no failure', async () => {
  const { state, sent, events, verifier } = rig()
  const late = gate(down)
  state.answer = late.answer
  const slept = verifier.verify(a.token)
  state.time += 7
  state.answer = answer(bodyOf(a))
  await verifier.verify(a.token)
  late.open()
  await slept
  state.time += 5
  await refuses(verifier, b.token, 'CS_NO_KEY')
  assert.equal(sent.length, 3)
  assert.deepEqual(
    events.map(({ type }) => type),
    ['refreshed', 'refreshed'],
  )
})

test('a request that seems to start in the future is given up: the clock was set back', async () => {
  const { state, sent, keys, verifier } = rig()
  const late = gate(answer(bodyOf(a)))
  state.answer = late.answer
  const early = refuses(verifier, a.token, 'CS_NO_KEY')
  state.time -= 3600
  state.answer = answer(bodyOf(b))
  await verifier.verify(b.token)
  late.open()
  await early
  assert.equal(sent.length, 2)
  assert.deepEqual(kidsOf(keys), ['b'])
})

test('where the clock is set back an hour, the set is fetched anew, and an unknown kid may ask five seconds later', async () => {
  const { state, sent, verifier } = await loaded(bodyOf(a))
  state.time -= 3600
  await verifier.verify(a.token)
  assert.equal(sent.length, 2)
  await verifier.verify(a.token)
  state.answer = answer(bodyOf(b))
  state.time += 4
  await refuses(verifier, b.token, 'CS_NO_KEY')
  assert.equal(sent.length, 2)
  state.time += 1
  await verifier.verify(b.token)
})

test('where the clock is set back an hour and the server is down, the keys serve on', async () => {
  const { state, sent, verifier } = await loaded(bodyOf(a))
  state.answer = down
  state.time -= 3600
  await verifier.verify(a.token)
  await verifier.verify(a.token)
  assert.equal(sent.length, 2)
  state.time += 5
  await verifier.verify(a.token)
  assert.equal(sent.length, 3)
})

test('where the clock is set back an hour, a back-off that would end in the future is over', async () => {
  const { state, sent, verifier } = rig()
  state.answer = answer('', { 'retry-after': '120' }, 503)
  await refuses(verifier, a.token, 'CS_JWKS_FETCH')
  state.answer = answer(bodyOf(a))
  state.time -= 3600
  await verifier.verify(a.token)
  assert.equal(sent.length, 2)
  state.answer = answer(bodyOf(b))
  state.time += 5
  await verifier.verify(b.token)
})

test('a back-off of a clock that was set back does not outlive the next request, even one that is never heard of', async () => {
  const { state, sent, verifier } = rig()
  state.answer = down
  await refuses(verifier, a.token, 'CS_JWKS_FETCH')
  const late = gate(down)
  state.answer = late.answer
  state.time -= 3600
  const lost = refuses(verifier, a.token, 'CS_JWKS_FETCH')
  state.answer = answer(bodyOf(a))
  state.time += 10
  await verifier.verify(a.token)
  assert.equal(sent.length, 3)
  late.open()
  await lost.catch(() => {})
})

test('where the clock is set back, a set that is still the same lives as long as before', async () => {
  const { state, events, keys } = await loaded(bodyOf(a), { etag: '"one"', 'cache-control': 'max-age=60' })
  state.answer = answer('', {}, 304)
  state.time -= 3600
  await keys.load()
  const event = events.at(-1)
  assert.equal(event?.type === 'refreshed' && event.freshSeconds, 60)
})

test('where the clock is set back and the server stays down, keys serve no longer than maxStale from then', async () => {
  const { state, verifier } = await loaded(bodyOf(a))
  state.answer = down
  state.time -= 86_400
  await verifier.verify(a.token)
  state.time += 3599
  await verifier.verify(a.token)
  state.time += 1
  await refuses(verifier, a.token, 'CS_UNAVAILABLE')
})

test('the age of a set counts from when it was asked for, however long its answer took to be read (RFC 9111 §4.2.3)', async () => {
  const { state, keys } = rig({ timeout: 100 })
  const slow = gate(answer(bodyOf(a), { 'cache-control': 'max-age=300' }))
  state.answer = slow.answer
  const asked = state.time
  const loading = keys.load()
  state.time += 90
  slow.open()
  await loading
  const { fetchedAt, freshUntil } = keys.snapshot() ?? {}
  assert.deepEqual([fetchedAt, freshUntil], [asked, asked + 300])
})
