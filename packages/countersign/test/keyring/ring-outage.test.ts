import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKeyRing, type KeyStore, type StoredKey, type StoreTransaction } from 'countersign/keyring'
import { DOORS } from '../support/doors.ts'
import { fails, NOW, POLICY, refuses } from '../support/forge.ts'
import {
  DAY,
  down,
  GRACE,
  gate,
  heldTimers,
  kidIn,
  kidOf,
  publishedBy,
  RiggedStore,
  rig,
  settle,
  silent,
  statesOf,
  TIMES,
} from './rig.ts'

const { period, prepublish, poll, skew, cacheMaxAge } = TIMES

/** The same store over a line that may be cut. */
class Line implements KeyStore {
  readonly sealing = 'none'
  cut = false
  readonly #store: KeyStore

  constructor(store: KeyStore) {
    this.#store = store
  }

  async list(): Promise<readonly StoredKey[]> {
    return this.#over().list()
  }

  async exclusive<T>(work: (transaction: StoreTransaction) => Promise<T>): Promise<T | undefined> {
    return this.#over().exclusive(work)
  }

  #over(): KeyStore {
    return this.cut ? assert.fail('the line is cut') : this.#store
  }
}

// A store that fails.

test('a ring does not start on a store that fails, and says that it is not to blame', async () => {
  const thrown: readonly unknown[] = [new Error('x'), new TypeError('x'), 'text', undefined, null]
  for (const cause of thrown) {
    for (const where of ['list', 'exclusive'] as const) {
      const store = new RiggedStore()
      store.trouble = { [where]: () => Promise.reject(cause) }
      const error = await fails(() => createKeyRing({ alg: 'ES256', store }), 'CS_UNAVAILABLE')
      assert.deepEqual([error.unavailable, error.cause], [true, cause])
    }
  }
})

test('a store that throws at once and one that has a broken clock are unavailable, too', async () => {
  const store = new RiggedStore()
  store.fail(() => {
    throw new Error('at once')
  })
  await fails(() => createKeyRing({ alg: 'ES256', store }), 'CS_UNAVAILABLE')
  for (const time of [Number.NaN, Number.POSITIVE_INFINITY, '1790000000', null, new Date()]) {
    const ticking = new RiggedStore()
    ticking.now = async () => time as number
    await fails(() => createKeyRing({ alg: 'ES256', store: ticking }), 'CS_UNAVAILABLE')
  }
})

test('while the store fails a ring signs, verifies and publishes as before, and goes on when it is back', async () => {
  const { clock, store, ring, events, signer, verifier } = await rig()
  store.fail(down)
  for (let time = 0; time <= GRACE; time += poll) {
    clock.time = NOW + time
    await verifier.verify(await signer.sign({}))
    assert.equal((await ring.publicJwks()).keys.length, 2)
    await settle()
  }
  assert.ok(events.length > 0 && events.every(({ type }) => type === 'failed'))
  store.heal()
  await ring.refresh()
  clock.time += GRACE
  await verifier.verify(await signer.sign({}))
})

test('rotateNow says that the store failed, and changes nothing', async () => {
  const { store, ring, signer, verifier } = await rig()
  const token = await signer.sign({})
  store.fail(down)
  assert.equal((await fails(() => ring.rotateNow(), 'CS_UNAVAILABLE')).unavailable, true)
  assert.ok(await verifier.verify(token))
  assert.deepEqual(statesOf(ring), ['active', 'next'])
})

test('revoke says that the store failed, and takes the key out here all the same, and there as soon as it is back', async () => {
  const { clock, store, ring, signer, verifier, other } = await rig()
  const token = await signer.sign({}, { expiresIn: '1h' })
  const kid = kidOf(token)
  store.fail(down)
  const error = await fails(() => ring.revoke(kid, { reason: 'stolen' }), 'CS_UNAVAILABLE')
  assert.equal(error.unavailable, true)
  await refuses(verifier, token, 'CS_NO_KEY')
  assert.ok(!(await publishedBy(ring)).includes(kid))
  await signer.sign({}).then(
    (after) => assert.notEqual(kidOf(after), kid),
    () => undefined,
  )
  store.heal()
  clock.time += poll
  await ring.refresh()
  assert.equal(store.key(kid)?.reason, 'stolen')
  assert.deepEqual(statesOf(await other()), ['revoked', 'active', 'next'])
})

test('the next key signs where the active one is revoked while the store is out of reach: it is public already', async () => {
  const { clock, store, ring, signer } = await rig()
  clock.time += 2 * DAY
  await ring.refresh()
  const next = kidIn(ring, 'next')
  store.fail(down)
  await fails(() => ring.revoke(kidIn(ring, 'active')), 'CS_UNAVAILABLE')
  assert.equal(kidOf(await signer.sign({})), next)
})

// Partition.

for (const { name, door } of DOORS) {
  test(`${name}: a ring signs for as long as nothing can have happened that it would have to know, and not a second longer`, async () => {
    const { clock, store, ring, verifier } = await rig()
    const signer = door.createSigner({ key: ring, ...POLICY, now: () => clock.time, expiresIn: '1h' })
    store.fail(down)
    clock.time = NOW + GRACE
    const token = await signer.sign({})
    await settle()
    clock.time += 1
    const error = await fails(() => signer.sign({}), 'CS_UNAVAILABLE')
    assert.equal(error.unavailable, true)
    assert.match(error.message, /out of reach/)
    for (const time of [GRACE + 2, GRACE + 3598]) {
      clock.time = NOW + time
      assert.ok(await verifier.verify(token))
    }
    await settle()
    store.heal()
    await ring.refresh()
    assert.ok(await signer.sign({}))
  })
}

for (const { name, door } of DOORS) {
  test(`${name}: the last token of a partitioned instance is good with all others to its last second`, async () => {
    const { clock, store, ring, other } = await rig()
    const line = new Line(store)
    const far = await other({ store: line })
    clock.time = NOW + 2 * DAY
    await far.refresh()
    line.cut = true
    const [{ activateAt } = { activateAt: 0 }] = await ring.rotateNow()
    const now = (): number => clock.time
    const signer = door.createSigner({ key: far, ...POLICY, now, expiresIn: '1h' })
    clock.time += GRACE
    const last = await signer.sign({})
    assert.ok(clock.time > activateAt)
    clock.time += 1
    await fails(() => signer.sign({}), 'CS_UNAVAILABLE')
    clock.time += 3598
    await ring.refresh()
    assert.ok(await door.createVerifier({ ...POLICY, now, clockTolerance: 0, keys: ring }).verify(last))
  })
}

test('the set is given out for ever shorter while keys may be missing, and then not at all', async () => {
  const { clock, store, ring } = await rig()
  store.fail(down)
  const known = prepublish - skew
  for (const [time, maxAge] of [
    [0, cacheMaxAge],
    [known - cacheMaxAge, cacheMaxAge],
    [known - cacheMaxAge + 1, cacheMaxAge - 1],
    [known - 5, 5],
  ] as const) {
    clock.time = NOW + time
    assert.equal((await ring.publication()).maxAge, maxAge)
  }
  for (const time of [known - 4, known, 10 * DAY]) {
    clock.time = NOW + time
    assert.equal((await fails(() => ring.publicJwks(), 'CS_UNAVAILABLE')).unavailable, true)
  }
  store.heal()
  clock.time += 1
  assert.equal((await ring.publication()).maxAge, cacheMaxAge)
})

test('verifying goes on for as long as the store is out of reach', async () => {
  const { clock, store, verifier, signer } = await rig()
  const token = await signer.sign({}, { expiresIn: '1h' })
  store.fail(down)
  for (const time of [poll, 2 * poll, 3599]) {
    clock.time = NOW + time
    assert.ok(await verifier.verify(token))
  }
  clock.time = NOW + period
  await refuses(verifier, token, 'CS_EXPIRED')
})

// A store that never answers.

test('a store that never answers ends the start after twenty seconds, and not before', async (t) => {
  const timers = heldTimers(t)
  for (const where of ['list', 'exclusive', 'now'] as const) {
    const store = new RiggedStore()
    if (where === 'now') store.now = silent as () => Promise<never>
    else store.trouble = { [where]: silent }
    const starting = fails(() => createKeyRing({ alg: 'ES256', store }), 'CS_UNAVAILABLE')
    while (timers.waits.length === 0) await settle()
    assert.deepEqual(timers.waits, [20_000])
    timers.fire()
    const { cause, unavailable } = await starting
    assert.match(String(cause), /no answer within 20 s/)
    assert.equal(unavailable, true)
  }
})

test('a store that never answers holds up nobody who signs or verifies, and is asked once at a time', async (t) => {
  const timers = heldTimers(t)
  const { clock, store, signer, verifier } = await rig()
  const { looks } = store
  store.fail(silent)
  for (let time = poll; time <= 2 * poll; time++) {
    clock.time = NOW + time
    await verifier.verify(await signer.sign({}))
  }
  assert.equal(store.looks, looks + 1)
  assert.deepEqual(timers.waits, [20_000])
  timers.fire()
  await settle()
  clock.time += 5 * poll
  await verifier.verify(await signer.sign({}))
  await settle()
  assert.equal(store.looks, looks + 2)
})

test('what a store answers after it was given up on does not take the place of what is newer', async (t) => {
  const timers = heldTimers(t)
  const { clock, store, ring, signer, verifier } = await rig()
  const late = gate()
  store.trouble = { list: late.trouble }
  const before = store.rows
  clock.time += poll
  const given = fails(() => ring.refresh(), 'CS_UNAVAILABLE')
  await settle()
  timers.fire()
  await given
  store.heal()
  const token = await signer.sign({})
  await ring.revoke(kidIn(ring, 'active'))
  const after = store.rows
  store.rows = before
  late.open()
  await settle()
  store.rows = after
  assert.deepEqual(statesOf(ring), ['revoked', 'active', 'next'])
  await refuses(verifier, token, 'CS_NO_KEY')
})

test('a clock of the store that answers after it was given up on sets no clock back', async (t) => {
  const timers = heldTimers(t)
  const { clock, store, ring } = await rig()
  const late = gate()
  store.now = async () => {
    await late.trouble()
    return NOW
  }
  const given = fails(() => ring.refresh(), 'CS_UNAVAILABLE')
  await settle()
  timers.fire()
  await given
  store.now = async () => clock.time
  clock.time = NOW + period
  await ring.refresh()
  assert.deepEqual(statesOf(ring), ['retired', 'active', 'next'])
  late.open()
  await settle()
  assert.deepEqual(statesOf(ring), ['retired', 'active', 'next'])
})

test('revoke is done late where the store answers late, and then everyone knows', async (t) => {
  const timers = heldTimers(t)
  const { store, ring, verifier, signer } = await rig()
  const token = await signer.sign({})
  const late = gate()
  store.trouble = { exclusive: late.trouble }
  const revoking = fails(() => ring.revoke(kidIn(ring, 'active')), 'CS_UNAVAILABLE')
  while (timers.waits.length === 0) await settle()
  await settle()
  timers.fire()
  await revoking
  late.open()
  store.heal()
  await ring.refresh()
  await settle()
  await ring.refresh()
  await refuses(verifier, token, 'CS_NO_KEY')
})

test('the set is published at once while the store hangs, for as long as none of its keys can be missing', async (t) => {
  const timers = heldTimers(t)
  const { clock, store, ring } = await rig()
  store.fail(silent)
  clock.time += 2 * poll
  const first = ring.publication()
  await settle()
  timers.fire()
  await first
  clock.time += 5
  let published = false
  // The store has just been found to hang: the next who asks is not the one to find out again.
  const second = ring.publication().then(() => {
    published = true
  })
  await settle()
  const waits = published
  timers.fire()
  await second
  assert.ok(waits, 'the second request waited for the store as well')
})
