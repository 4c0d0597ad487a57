import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKeyRing, jwksHandler, type KeyStore, memoryStore, type StoredKey } from 'countersign/keyring'
import { fails, NOW, refuses } from '../support/forge.ts'
import {
  DAY,
  HOUR,
  heldTimers,
  kidIn,
  kidOf,
  publishedBy,
  READY,
  RiggedStore,
  rig,
  settle,
  signerOf,
  statesOf,
  TIMES,
  verifierOf,
} from './rig.ts'

const { period, overlap, poll, skew } = TIMES
const clockOf =
  (time: number): (() => number) =>
  () =>
    time

// Several instances on one store.

test('ten instances that start at once make one key to sign and one to wait, for each algorithm', async () => {
  for (const store of [new RiggedStore(), memoryStore()]) {
    const algs = ['ES256', 'EdDSA']
    const rings = await Promise.all(Array.from({ length: 10 }, () => createKeyRing({ algs, store, now: clockOf(NOW) })))
    assert.equal((await store.list()).length, 4)
    for (const ring of rings) {
      assert.deepEqual(ring.list(), rings[0]?.list())
      for (const alg of algs) assert.deepEqual([kidIn(ring, 'active', alg)], [kidIn(rings[0] ?? ring, 'active', alg)])
    }
  }
})

test('an instance waits where another is at work on the first keys, and takes what it made', async (t) => {
  const timers = heldTimers(t)
  const store = new RiggedStore()
  let busy = true
  const shy: KeyStore = {
    sealing: 'none',
    list: () => store.list(),
    exclusive: async (work) => (busy ? undefined : store.exclusive(work)),
  }
  const starting = createKeyRing({ alg: 'ES256', store: shy, now: clockOf(NOW) })
  while (!timers.waits.some((ms) => ms < 1000)) await settle()
  const first = await createKeyRing({ alg: 'ES256', store, now: clockOf(NOW) })
  busy = false
  timers.fire(1000)
  assert.deepEqual((await starting).list(), first.list())
})

test('an instance does not wait for what others do while it has a key to sign with', async () => {
  const { clock, store, ring } = await rig()
  const shy: KeyStore = { sealing: 'none', list: () => store.list(), exclusive: async () => undefined }
  clock.time = NOW + period
  const late = await createKeyRing({ alg: 'ES256', store: shy, now: () => clock.time })
  assert.deepEqual(statesOf(late), ['retired', 'active'])
  await ring.refresh()
  await late.refresh()
  assert.deepEqual(statesOf(late), ['retired', 'active', 'next'])
})

test('a store in which another instance is at work all the time is unavailable to a change', async (t) => {
  const timers = heldTimers(t)
  const { clock, store } = await rig()
  const shy: KeyStore = { sealing: 'none', list: () => store.list(), exclusive: async () => undefined }
  const ring = await createKeyRing({ alg: 'ES256', store: shy, now: () => clock.time })
  let ended = false
  const revoking = fails(() => ring.revoke(kidIn(ring, 'active')), 'CS_UNAVAILABLE').finally(() => {
    ended = true
  })
  let pauses = 0
  while (!ended) {
    await settle()
    if (timers.waits.some((ms) => ms < 1000)) pauses++
    timers.fire(1000)
  }
  assert.equal((await revoking).unavailable, true)
  assert.ok(pauses > 0 && pauses <= 200)
})

test('what one instance revokes, another that is in use knows after a poll', async () => {
  const { clock, ring, signer, other } = await rig()
  const far = await other()
  const verifier = verifierOf(far, () => clock.time)
  const token = await signer.sign({})
  await ring.revoke(kidOf(token))
  assert.ok(await verifier.verify(token))
  clock.time += poll
  await verifier.verify(token).catch(() => undefined)
  await settle()
  await settle()
  await refuses(verifier, token, 'CS_NO_KEY')
  assert.notEqual(kidOf(await signerOf(far, () => clock.time).sign({})), kidOf(token))
})

test('an instance that has rested looks at the store before it verifies or signs', async () => {
  const { clock, ring, signer, other } = await rig()
  const [verifying, signing] = [await other(), await other()]
  const token = await signer.sign({}, { expiresIn: '1h' })
  await ring.revoke(kidOf(token))
  clock.time += HOUR / 2
  await refuses(
    verifierOf(verifying, () => clock.time),
    token,
    'CS_NO_KEY',
  )
  assert.notEqual(kidOf(await signerOf(signing, () => clock.time).sign({})), kidOf(token))
})

test('instances rotate together: what one signs, all verify, whoever of them looked at the store last', async () => {
  const { clock, ring, other } = await rig()
  const rings = [ring, await other(), await other()]
  const now = (): number => clock.time
  for (let step = 0; step < 40; step++) {
    clock.time += 3 * DAY + 11
    const maker = rings[step % 3] ?? ring
    if (step % 7 === 0) await maker.rotateNow()
    const token = await signerOf(maker, now).sign({})
    for (const one of rings) await verifierOf(one, now).verify(token)
  }
  for (const one of rings) await one.refresh()
  assert.deepEqual(rings[1]?.list(), ring.list())
  assert.ok(ring.list().length <= 3)
})

test('two instances that revoke and rotate at once lose nothing of it', async () => {
  const { clock, ring, other } = await rig({ algs: ['ES256', 'EdDSA'] })
  const far = await other()
  clock.time += 2 * DAY
  const [es, ed] = [kidIn(ring, 'active', 'ES256'), kidIn(far, 'active', 'EdDSA')]
  await Promise.all([ring.revoke(es), far.revoke(ed), ring.rotateNow(), far.rotateNow()])
  for (const one of [ring, far]) {
    await one.refresh()
    for (const kid of [es, ed]) assert.equal(one.list().find((key) => key.kid === kid)?.state, 'revoked')
    assert.equal(statesOf(one).filter((state) => state === 'active').length, 2)
  }
})

test('the order in which a store gives its rows changes neither the set nor its ETag', async () => {
  const { clock, store, ring } = await rig()
  const handler = jwksHandler(ring)
  const ask = async (): Promise<string | null> =>
    (await handler(new Request('https://issuer.example/jwks.json'))).headers.get('etag')
  const before = await ask()
  store.rows = [...store.keys].reverse()
  clock.time += poll
  await ring.refresh()
  assert.equal(await ask(), before)
})

// Clocks.

test('an instance goes by the clock of the store, however far its own is off', async () => {
  const { clock, store } = await rig()
  store.now = async () => clock.time
  for (const off of [-10 * 365 * DAY, -1 * DAY, 0.25, 2 * DAY, 10 * 365 * DAY]) {
    const ring = await createKeyRing({ alg: 'ES256', store, now: () => clock.time + off })
    const kids = ring.list().map(({ kid }) => kid)
    assert.deepEqual(statesOf(ring), ['active', 'next'])
    const verifier = verifierOf(ring, () => clock.time)
    const token = await signerOf(ring, () => clock.time).sign({})
    assert.ok(await verifier.verify(token))
    assert.deepEqual([kidOf(token), kidIn(ring, 'next')], kids)
  }
})

test('times in the store are those of its clock', async () => {
  const store = new RiggedStore()
  store.now = async () => NOW
  const ring = await createKeyRing({ alg: 'ES256', store, now: clockOf(NOW + 12_345) })
  assert.deepEqual(
    store.keys.map(({ publishedAt, activateAt }) => [publishedAt, activateAt]),
    [
      [NOW, NOW],
      [NOW, NOW + period],
    ],
  )
  assert.equal((await ring.revoke(kidIn(ring, 'active'))).revokedAt, NOW)
})

test('instances whose clocks differ by the skew change over without a token refused', async () => {
  const { clock, store } = await rig()
  const rings = await Promise.all(
    [-skew / 2, skew / 2].map((off) => createKeyRing({ alg: 'ES256', store, now: () => clock.time + off })),
  )
  for (const time of [-skew, -1, 0, 1, skew, 2 * skew]) {
    clock.time = NOW + period + time
    for (const maker of rings) {
      const token = await signerOf(maker, () => clock.time).sign({})
      for (const one of rings) assert.ok(await verifierOf(one, () => clock.time).verify(token))
    }
  }
})

test('a clock that is set back makes the ring look at the store, and brings no key back', async () => {
  const { clock, store, ring, signer, verifier } = await rig()
  const revoked = kidIn(ring, 'active')
  await ring.revoke(revoked)
  const { looks } = store
  clock.time -= 2 * HOUR
  const token = await signer.sign({}).catch(() => undefined)
  assert.ok(store.looks > looks)
  assert.equal(ring.list().find(({ kid }) => kid === revoked)?.state, 'revoked')
  if (token !== undefined) assert.ok(await verifier.verify(token))
})

test('a clock that is set back by less than the skew stops nobody from signing while the store is out of reach', async () => {
  const { clock, store, ring, signer } = await rig()
  clock.time += poll / 2
  await ring.refresh()
  store.fail(() => Promise.reject(new Error('down')))
  clock.time -= 1
  assert.ok(await signer.sign({}))
  assert.equal((await publishedBy(ring)).length, 2)
})

test('a ring whose clock ran years ahead signs again as soon as it is set right', async () => {
  const { clock, ring, signer, verifier } = await rig()
  clock.time += READY
  await ring.refresh()
  clock.time += 5 * 365 * DAY
  await ring.refresh()
  clock.time -= 5 * 365 * DAY
  await ring.refresh()
  assert.ok(await verifier.verify(await signer.sign({})))
})

// A store that forgets.

test('a store that is empty all of a sudden is not begun anew by a ring that knows better', async () => {
  const { clock, store, ring, events, signer, verifier } = await rig()
  const token = await signer.sign({})
  const { rows } = store
  store.rows = []
  clock.time += poll
  await fails(() => ring.refresh(), 'CS_KEY_INVALID', 'CS_UNAVAILABLE')
  assert.ok(await verifier.verify(token))
  assert.deepEqual(store.rows, [])
  assert.equal(events.at(-1)?.type, 'failed')
  store.rows = rows
  await ring.refresh()
  assert.deepEqual(statesOf(ring), ['active', 'next'])
})

test('a key that was revoked stays revoked here where the store goes back to what it was before', async () => {
  const { clock, store, ring, signer, verifier } = await rig()
  const token = await signer.sign({})
  const backup = store.rows as readonly StoredKey[]
  await ring.revoke(kidOf(token))
  store.rows = backup
  clock.time += poll
  await ring.refresh().catch(() => undefined)
  await refuses(verifier, token, 'CS_NO_KEY')
  assert.notEqual(kidOf(await signer.sign({})), kidOf(token))
})

test('a revoked key is out here at once, even where another row of the store does not open', async () => {
  const { store, ring, signer, verifier } = await rig()
  const token = await signer.sign({})
  const [, next] = store.keys
  store.rows = store.keys.map((key) => (key === next ? { ...key, privateJwk: '{"kty":"EC"}' } : key))
  await ring.revoke(kidOf(token)).catch(() => undefined)
  await refuses(verifier, token, 'CS_NO_KEY')
  await signer.sign({}).then(
    (other) => assert.notEqual(kidOf(other), kidOf(token)),
    () => undefined,
  )
})

test('memory does not grow with rotations and revocations that are over', async () => {
  const { clock, store, ring } = await rig()
  for (let count = 0; count < 100; count++) {
    await ring.revoke(kidIn(ring, 'active'))
    clock.time += overlap
    await ring.refresh()
    assert.ok(store.keys.length <= 4 && ring.list().length <= 4)
  }
})
