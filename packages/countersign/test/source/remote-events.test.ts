import assert from 'node:assert/strict'
import { test } from 'node:test'
import type * as door from 'countersign'
import { fails, refuses } from '../support/forge.ts'
import { answer, bodyOf, issue, loaded, rig, URL_OF_SET, unreachable } from '../support/remote.ts'

const [a, b] = [await issue('a'), await issue('b')]

test('a listener that is no function is a mistake of the program', () => {
  const { keys } = rig()
  for (const listener of [undefined, null, 'log', {}]) assert.throws(() => keys.subscribe(listener as never), TypeError)
})

test('each fetch is told: what came and for how long it is good, or what went wrong and what that means', async () => {
  const { state, events, keys } = rig()
  await fails(() => keys.load(), 'CS_JWKS_FETCH')
  const weak = { kty: 'something new' }
  state.answer = answer(JSON.stringify({ keys: [a.jwk, b.jwk, weak] }), { 'cache-control': 'max-age=60' })
  state.time += 5
  await keys.load()
  state.answer = answer('{}')
  state.time += 60
  await keys.load()
  const [failed, refreshed, invalid] = events
  assert.deepEqual(withoutError(failed), { type: 'failed', url: URL_OF_SET, retrySeconds: 5, usableSeconds: 0 })
  assert.deepEqual(refreshed, {
    type: 'refreshed',
    url: URL_OF_SET,
    changed: true,
    keys: 2,
    skipped: 1,
    freshSeconds: 60,
  })
  assert.deepEqual(withoutError(invalid), { type: 'failed', url: URL_OF_SET, retrySeconds: 5, usableSeconds: 3600 })
  assert.deepEqual(
    events.map((event) => event.type === 'failed' && event.error.code),
    ['CS_JWKS_FETCH', false, 'CS_JWKS_INVALID'],
  )
})

function withoutError(event: door.RemoteKeySetEvent | undefined): object {
  assert.ok(event?.type === 'failed')
  const { error, ...others } = event
  assert.equal(error.unavailable, true)
  return others
}

test('a set that is here for less and less time says so, and never less than none', async () => {
  const { state, events, keys, next } = await loaded(bodyOf(a), {}, { maxStale: 100 })
  state.answer = unreachable
  for (const later of [600, 50, 200]) {
    state.time += later
    await Promise.allSettled([next(), keys.load()])
  }
  assert.deepEqual(
    events.map((event) => event.type === 'failed' && event.usableSeconds),
    [false, 100, 50, 0],
  )
})

test('a listener that throws or rejects keeps nobody out, and the others are told', async () => {
  const { state, events, keys, verifier } = rig()
  const told: string[] = []
  keys.subscribe(() => {
    throw new Error('the log is full')
  })
  keys.subscribe((async () => {
    throw new Error('the metrics are down')
  }) as () => void)
  keys.subscribe(({ type }) => told.push(type))
  await refuses(verifier, a.token, 'CS_JWKS_FETCH')
  state.answer = answer(bodyOf(a))
  state.time += 5
  await verifier.verify(a.token)
  assert.deepEqual(told, ['failed', 'refreshed'])
  assert.equal(events.length, 2)
})

test('a listener is told from when it is added until it is taken off, as often as it was added', async () => {
  const { state, keys } = await loaded(bodyOf(a))
  const told: string[] = []
  const listener = ({ type }: door.RemoteKeySetEvent): void => void told.push(type)
  const first = keys.subscribe(listener)
  const second = keys.subscribe(listener)
  const counts: number[] = []
  for (const end of [first, first, second]) {
    state.time += 600
    await keys.load()
    counts.push(told.length)
    assert.equal(end(), undefined)
  }
  state.time += 600
  await keys.load()
  assert.deepEqual([...counts, told.length], [2, 3, 4, 4])
})

test('a listener that asks for the set gets the new one, and no request of its own', async () => {
  const { state, sent, keys } = rig()
  state.answer = answer(bodyOf(a))
  const seen: unknown[] = []
  keys.subscribe(() => {
    seen.push(keys.current?.keys.length)
    void keys.load()
  })
  await keys.load()
  assert.deepEqual([seen, sent.length], [[1], 1])
})

test('a listener that is added while others are told is told from the next event on', async () => {
  const { state, keys } = rig()
  let told = 0
  const again = (): void => {
    told++
    assert.ok(told < 10)
    keys.subscribe(again)
  }
  keys.subscribe(again)
  state.answer = answer(bodyOf(a))
  await keys.load()
  assert.equal(told, 1)
})
