import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeyRing } from 'countersign/keyring'
import { fails, NOW, refuses } from '../support/forge.ts'
import { DAY, HOUR, kidIn, kidOf, publishedBy, READY, rig, SOON, statesOf, TIMES } from './rig.ts'

const { period, overlap, poll, cacheMaxAge } = TIMES
const kidsOf = (ring: KeyRing): readonly string[] => ring.list().map(({ kid }) => kid)

// revoke

test('revoke refuses a kid that nobody has, whatever it is, and changes nothing', async () => {
  const { store, ring } = await rig()
  const { rows } = store
  for (const kid of ['', 'x', '__proto__', 'constructor', undefined, null, 5, {}, [kidIn(ring, 'active')]])
    await fails(() => ring.revoke(kid as string), 'CS_NO_KEY')
  assert.equal(store.rows, rows)
  assert.deepEqual(statesOf(ring), ['active', 'next'])
})

test('revoke refuses options that it does not have, before it asks the store', async () => {
  const { store, ring } = await rig()
  const { turns } = store
  const kid = kidIn(ring, 'active')
  for (const options of [null, 'stolen', { why: 'stolen' }, { reason: '' }, { reason: 5 }, { reason: null }])
    await assert.rejects(ring.revoke(kid, options as never), { name: 'TypeError' })
  assert.equal(store.turns, turns)
})

test('a revoked active key signs and verifies nothing more and is published no more, and the next one signs', async () => {
  const { clock, store, ring, signer, verifier } = await rig()
  const [a, b] = kidsOf(ring)
  const token = await signer.sign({})
  clock.time += DAY
  const revocation = await ring.revoke(a ?? '', { reason: 'found in a log' })
  assert.deepEqual(
    { ...revocation, verifiersKnowBy: 0 },
    { kid: a, revokedAt: NOW + DAY, active: b, verifiersKnowBy: 0 },
  )
  await refuses(verifier, token, 'CS_NO_KEY')
  assert.equal(kidOf(await signer.sign({})), b)
  assert.deepEqual(statesOf(ring), ['revoked', 'active', 'next'])
  assert.ok(!(await publishedBy(ring)).includes(a))
  const { revokedAt, reason, retireAt, purgeAt } = ring.list()[0] ?? {}
  assert.deepEqual(
    [revokedAt, reason, retireAt, purgeAt],
    [NOW + DAY, 'found in a log', NOW + DAY, NOW + DAY + overlap],
  )
  assert.equal(store.key(a)?.privateJwk, undefined)
})

test('a revoked next key never signs, and the one that takes its place waits until every verifier has it', async () => {
  const { clock, ring, signer } = await rig()
  const [a, b] = kidsOf(ring)
  clock.time = NOW + period - HOUR
  assert.equal((await ring.revoke(b ?? '')).active, a)
  const next = ring.list().find(({ state }) => state === 'next')
  assert.deepEqual([next?.publishedAt, next?.activateAt], [clock.time, clock.time + READY])
  clock.time += READY - 1
  await ring.refresh()
  assert.equal(kidOf(await signer.sign({})), a)
  clock.time += 1
  assert.equal(kidOf(await signer.sign({})), next?.kid)
})

test('a revoked retired key verifies nothing more', async () => {
  const { clock, ring, signer, verifier } = await rig()
  clock.time = NOW + period - 1
  const token = await signer.sign({})
  clock.time += 2
  await ring.refresh()
  await verifier.verify(token)
  const { active } = await ring.revoke(kidOf(token))
  assert.equal(active, kidIn(ring, 'active'))
  await refuses(verifier, token, 'CS_NO_KEY')
  assert.deepEqual(statesOf(ring), ['revoked', 'active', 'next'])
})

test('a revoked secret is gone for good, and the ring goes on', async () => {
  const { store, ring, signer, verifier, other } = await rig({ alg: 'HS256' })
  const token = await signer.sign({})
  await ring.revoke(kidOf(token))
  assert.equal(store.key(kidOf(token))?.privateJwk, undefined)
  for (const one of [ring, await other()]) {
    await one.refresh()
    assert.deepEqual(statesOf(one), ['revoked', 'active', 'next'])
  }
  await refuses(verifier, token, 'CS_NO_KEY')
  assert.ok(await verifier.verify(await signer.sign({})))
})

test('a key that is revoked again keeps its first time and its first reason', async () => {
  const { clock, ring } = await rig()
  const kid = kidIn(ring, 'active')
  const { revokedAt } = await ring.revoke(kid, { reason: 'first' })
  clock.time += 5
  const again = await ring.revoke(kid, { reason: 'second' })
  assert.deepEqual([again.revokedAt, ring.list()[0]?.reason], [revokedAt, 'first'])
  assert.deepEqual(statesOf(ring), ['revoked', 'active', 'next'])
})

test('a revoked key stays revoked until it is removed, however often the ring looks at the store', async () => {
  const { clock, ring, signer, verifier, other } = await rig()
  const token = await signer.sign({}, { expiresIn: '1h' })
  await ring.revoke(kidOf(token))
  for (const time of [1, poll, overlap - 1]) {
    clock.time = NOW + time
    await ring.refresh()
    assert.equal(ring.list().find(({ kid }) => kid === kidOf(token))?.state, 'revoked')
    if (time < HOUR) await refuses(verifier, token, 'CS_NO_KEY')
  }
  clock.time = NOW + overlap
  await ring.refresh()
  assert.ok(!kidsOf(ring).includes(kidOf(token)))
  assert.ok(!kidsOf(await other()).includes(kidOf(token)))
})

test('all keys may be revoked one after the other, and each time another signs', async () => {
  const { ring, signer, verifier } = await rig()
  for (let count = 0; count < 6; count++) {
    const before = kidIn(ring, 'active')
    const { active } = await ring.revoke(before)
    const token = await signer.sign({})
    assert.deepEqual([kidOf(token), kidIn(ring, 'active')], [active, active])
    assert.ok(await verifier.verify(token))
  }
  assert.equal(statesOf(ring).filter((state) => state === 'revoked').length, 6)
  assert.equal((await publishedBy(ring)).length, 2)
})

test('all keys may be revoked at once', async () => {
  const { ring, signer, verifier } = await rig()
  const kids = kidsOf(ring)
  await Promise.all(kids.map((kid) => ring.revoke(kid)))
  const token = await signer.sign({})
  assert.ok(!kids.includes(kidOf(token)))
  assert.ok(await verifier.verify(token))
  assert.equal(statesOf(ring).filter((state) => state === 'active').length, 1)
})

test('of several algorithms only that of the revoked key changes', async () => {
  const { ring } = await rig({ algs: ['ES256', 'EdDSA'] })
  const ed = kidIn(ring, 'active', 'EdDSA')
  await ring.revoke(kidIn(ring, 'active', 'ES256'))
  assert.equal(kidIn(ring, 'active', 'EdDSA'), ed)
  assert.equal(statesOf(ring).filter((state) => state === 'next').length, 2)
})

for (const time of [0, 1, poll - 1, poll, poll + 1, 2 * poll, 4 * poll]) {
  test(`who fetches the set ${time} s after a revocation, and keeps it for max-age, trusts no longer than revoke tells`, async () => {
    const { clock, ring, other } = await rig()
    // It looked at the store right before the revocation, and rests until it is asked.
    const resting = await other()
    const kid = kidIn(ring, 'active')
    const { verifiersKnowBy } = await ring.revoke(kid)
    clock.time += time
    const { jwks, maxAge } = await resting.publication()
    if (jwks.keys.some((key) => key.kid === kid)) assert.ok(clock.time + maxAge <= verifiersKnowBy)
    assert.equal(verifiersKnowBy, NOW + poll + cacheMaxAge)
  })
}

// rotateNow

test('rotateNow brings the next key forward to when every instance has heard of it and every verifier has it', async () => {
  const { clock, ring, signer, verifier } = await rig()
  const [a, b] = kidsOf(ring)
  clock.time = NOW + 2 * DAY
  const token = await signer.sign({})
  assert.deepEqual(await ring.rotateNow(), [{ kid: b, alg: 'ES256', activateAt: clock.time + SOON }])
  const { retireAt, purgeAt } = ring.list()[0] ?? {}
  assert.deepEqual([retireAt, purgeAt], [clock.time + SOON, clock.time + SOON + overlap])
  clock.time += SOON - 1
  assert.equal(kidOf(await signer.sign({})), a)
  clock.time += 1
  assert.equal(kidOf(await signer.sign({})), b)
  assert.ok(await verifier.verify(token))
})

test('rotateNow right after the start waits for prepublish', async () => {
  const { ring } = await rig()
  const [{ activateAt } = { activateAt: 0 }] = await ring.rotateNow()
  assert.equal(activateAt, NOW + READY)
})

test('rotateNow right before a rotation leaves it as it is', async () => {
  const { clock, store, ring } = await rig()
  clock.time = NOW + period - SOON
  await ring.refresh()
  const before = JSON.stringify(store.rows)
  const [{ activateAt } = { activateAt: 0 }] = await ring.rotateNow()
  assert.equal(activateAt, NOW + period)
  assert.equal(JSON.stringify(store.rows), before)
})

test('rotateNow again says the same as before, and does not put it off', async () => {
  const { clock, ring } = await rig()
  clock.time = NOW + 2 * DAY
  const first = await ring.rotateNow()
  clock.time += 5
  assert.deepEqual(await ring.rotateNow(), first)
})

test('rotateNow after a rotation that it brought about concerns the key after that', async () => {
  const { clock, ring, signer } = await rig()
  clock.time = NOW + 2 * DAY
  await ring.rotateNow()
  clock.time += SOON
  await ring.refresh()
  const [rotation] = await ring.rotateNow()
  assert.equal(rotation?.activateAt, clock.time + READY)
  clock.time += READY
  assert.equal(kidOf(await signer.sign({})), rotation?.kid)
})

test('rotateNow tells of each algorithm, in the order of algs', async () => {
  const { clock, ring } = await rig({ algs: ['ES256', 'EdDSA'] })
  clock.time = NOW + 2 * DAY
  const rotations = await ring.rotateNow()
  assert.deepEqual(
    rotations.map(({ kid, alg, activateAt }) => [alg, activateAt, kid]),
    ['ES256', 'EdDSA'].map((alg) => [alg, clock.time + SOON, kidIn(ring, 'next', alg)]),
  )
})

test('a revocation between rotateNow and its turn takes the next key at once', async () => {
  const { clock, ring, signer } = await rig()
  clock.time = NOW + 2 * DAY
  const [rotation] = await ring.rotateNow()
  await ring.revoke(kidIn(ring, 'active'))
  assert.equal(kidOf(await signer.sign({})), rotation?.kid)
  clock.time += SOON
  await ring.refresh()
  assert.equal(kidOf(await signer.sign({})), rotation?.kid)
})
