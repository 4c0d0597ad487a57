import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSigner, type JoseError } from 'countersign'
import { DOORS, HAS_SYNC } from '../support/doors.ts'
import { CLAIMS, NOW, POLICY, refuses } from '../support/forge.ts'
import { down, heldTimers, kidIn, rig, settle, silent } from './rig.ts'

/** A token by a key that no ring has. */
const strange = await (async (): Promise<string> => {
  const { ring } = await rig()
  return createSigner({ key: ring, ...POLICY, expiresIn: '1h' }).sign({ sub: CLAIMS.sub })
})()

test('an unknown kid makes the ring look at its store, but not more often than once a second', async () => {
  const { clock, store, verifier } = await rig()
  const { looks } = store
  for (let count = 0; count < 20; count++) await refuses(verifier, strange, 'CS_NO_KEY')
  assert.equal(store.looks, looks)
  for (let second = 1; second <= 5; second++) {
    clock.time = NOW + second
    await Promise.all(Array.from({ length: 20 }, () => refuses(verifier, strange, 'CS_NO_KEY')))
    for (let count = 0; count < 20; count++) await refuses(verifier, strange, 'CS_NO_KEY')
    assert.equal(store.looks, looks + second)
  }
})

test('an unknown kid that the store has by now is known at once', async () => {
  const { clock, ring, verifier, other } = await rig()
  const elsewhere = await other()
  await elsewhere.revoke(kidIn(elsewhere, 'active'))
  await elsewhere.revoke(kidIn(elsewhere, 'active'))
  const token = await createSigner({ key: elsewhere, ...POLICY, expiresIn: '1h' }).sign({})
  clock.time += 1
  assert.ok(await verifier.verify(token))
  assert.equal(ring.list().length, 4)
})

test('an unknown kid while the store fails is refused, and known ones are not', async () => {
  const { clock, store, signer, verifier } = await rig()
  const token = await signer.sign({})
  store.fail(down)
  for (let second = 1; second <= 3; second++) {
    clock.time = NOW + second
    await refuses(verifier, strange, 'CS_NO_KEY')
    assert.ok(await verifier.verify(token))
  }
})

test('an unknown kid waits briefly for a store that has just been found to hang', async (t) => {
  const timers = heldTimers(t)
  const { clock, store, verifier } = await rig()
  store.fail(silent)
  clock.time += 1
  const first = refuses(verifier, strange, 'CS_NO_KEY')
  await settle()
  timers.fire()
  await first
  clock.time += 1
  const second = refuses(verifier, strange, 'CS_NO_KEY')
  await settle()
  timers.fire(5000)
  assert.equal((await second).unavailable, true)
  timers.fire()
})

test('countersign/sync knows a new kid after its ring had time to look', {
  skip: !HAS_SYNC && 'no countersign/sync here',
}, async () => {
  const { clock, other } = await rig()
  const [here, elsewhere] = [await other(), await other()]
  await elsewhere.revoke(kidIn(elsewhere, 'active'))
  await elsewhere.revoke(kidIn(elsewhere, 'active'))
  const token = await createSigner({ key: elsewhere, ...POLICY, expiresIn: '1h' }).sign({})
  for (const { door } of DOORS.slice(1)) {
    const verifier = door.createVerifier({ ...POLICY, keys: here })
    clock.time += 1
    const error: JoseError = await refuses(verifier, token, 'CS_NO_KEY')
    assert.equal(error.unavailable, false)
    await here.refresh()
    assert.ok(verifier.verify(token))
  }
})
