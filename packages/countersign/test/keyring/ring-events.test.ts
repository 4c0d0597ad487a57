import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeyRingEvent } from 'countersign/keyring'
import { fails, NOW } from '../support/forge.ts'
import { DAY, down, kidIn, rig, TIMES } from './rig.ts'

const { period, overlap } = TIMES
const told = (events: readonly KeyRingEvent[]): readonly unknown[] =>
  events.map((event) => (event.type === 'changed' ? [event.kid, event.state] : event.error.code))

test('what is no function does not subscribe', async () => {
  const { ring } = await rig()
  for (const listener of [undefined, null, {}, 'x'])
    assert.throws(() => ring.subscribe(listener as never), { name: 'TypeError' })
})

test('each change of a key is told once, when the ring is used', async () => {
  const { clock, ring, events, signer } = await rig()
  const [a, b] = ring.list().map(({ kid }) => kid)
  await signer.sign({})
  assert.deepEqual(events, [])
  clock.time = NOW + period
  await ring.refresh()
  const c = kidIn(ring, 'next')
  assert.deepEqual(
    new Set(told(events)),
    new Set([
      [a, 'retired'],
      [b, 'active'],
      [c, 'next'],
    ]),
  )
  await signer.sign({})
  assert.equal(events.length, 3)
  clock.time = NOW + period + overlap
  await ring.refresh()
  assert.deepEqual(told(events).slice(3), [[a, 'removed']])
})

test('a change that the clock alone brings about is told by who signs, while the store is out of reach', async () => {
  const { clock, store, ring, events, signer } = await rig()
  const [a, b] = ring.list().map(({ kid }) => kid)
  clock.time += 2 * DAY
  const [{ activateAt } = { activateAt: 0 }] = await ring.rotateNow()
  store.fail(down)
  clock.time = activateAt
  await signer.sign({})
  assert.deepEqual(
    told(events).filter((event) => event !== 'CS_UNAVAILABLE'),
    [
      [a, 'retired'],
      [b, 'active'],
    ],
  )
})

test('an event says what a key is for and what it has become, and holds no part of it', async () => {
  const { ring, events } = await rig()
  const kid = kidIn(ring, 'active')
  await ring.revoke(kid, { reason: 'stolen' })
  assert.deepEqual(events[0], { type: 'changed', kid, alg: 'ES256', state: 'revoked' })
  assert.deepEqual(
    events.map((event) => event.type === 'changed' && event.state),
    ['revoked', 'active', 'next'],
  )
})

test('each look at the store that fails is told', async () => {
  const { store, ring, events } = await rig()
  store.fail(down)
  for (let count = 1; count <= 3; count++) {
    const error = await fails(() => ring.refresh(), 'CS_UNAVAILABLE')
    assert.equal(events.length, count)
    assert.deepEqual(events.at(-1), { type: 'failed', error })
  }
  store.heal()
  await ring.refresh()
  assert.equal(events.length, 3)
})

test('what a listener throws reaches nobody, and the others are told', async () => {
  const { store, ring, events, signer, verifier } = await rig()
  const seen: string[] = []
  ring.subscribe(() => {
    throw new Error('a listener of the program')
  })
  ring.subscribe((async () => {
    throw new Error('an async one')
  }) as never)
  ring.subscribe(({ type }) => seen.push(type))
  await ring.revoke(kidIn(ring, 'active'))
  assert.ok(await verifier.verify(await signer.sign({})))
  store.fail(down)
  await fails(() => ring.refresh(), 'CS_UNAVAILABLE')
  assert.equal(seen.length, events.length)
})

test('a listener may use the ring, and end what it subscribed to', async () => {
  const { ring } = await rig()
  const seen: unknown[] = []
  const end = ring.subscribe(() => {
    end()
    seen.push(ring.list().length)
    void ring.publicJwks()
  })
  await ring.revoke(kidIn(ring, 'active'))
  await ring.revoke(kidIn(ring, 'active'))
  assert.deepEqual(seen, [3])
})

test('one function that subscribes twice is told twice, and each end is its own', async () => {
  const { ring } = await rig()
  let count = 0
  const listener = (): void => void count++
  const ends = [ring.subscribe(listener), ring.subscribe(listener)]
  await ring.revoke(kidIn(ring, 'next'))
  assert.equal(count, 4)
  ends[0]?.()
  ends[0]?.()
  await ring.revoke(kidIn(ring, 'next'))
  assert.equal(count, 6)
})
