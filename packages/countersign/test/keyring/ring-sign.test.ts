import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSchedule, type KeyRing } from 'countersign/keyring'
import { CLAIMS, fails, NOW } from '../support/forge.ts'
import { down, rig, TIMES, verifierOf } from './rig.ts'

const { period, skew } = TIMES
const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')

/** A token that somebody put together by hand and had the ring sign. */
async function signedBy(ring: KeyRing, kid: string): Promise<string> {
  const input = `${encode({ alg: 'ES256', typ: 'JWT', kid })}.${encode({ ...CLAIMS, iat: NOW, exp: NOW + 1e9 })}`
  const signature = await ring.sign(new TextEncoder().encode(input), kid)
  return `${input}.${Buffer.from(signature).toString('base64url')}`
}

test('a ring signs octets as they are with the key of a kid, and its verifiers take the token', async () => {
  const { ring } = await rig()
  const [active] = ring.list()
  const token = await signedBy(ring, active?.kid ?? '')
  assert.equal((await verifierOf(ring, () => NOW).verify(token)).claims.sub, CLAIMS.sub)
})

test('a key that was active until a moment ago still ends what was begun with it, for as long as clocks may differ', async () => {
  const { clock, ring } = await rig()
  const [a, b] = ring.list().map(({ kid }) => kid) as [string, string]
  clock.time = NOW + period + skew - 1
  await ring.refresh()
  await verifierOf(ring, () => NOW).verify(await signedBy(ring, a))
  await verifierOf(ring, () => NOW).verify(await signedBy(ring, b))
  clock.time = NOW + period + skew
  await ring.refresh()
  await fails(() => signedBy(ring, a), 'CS_UNAVAILABLE')
})

test('a key that waits for its turn signs nothing, nor does one that was revoked, nor a stranger', async () => {
  const { ring } = await rig()
  const [a, b] = ring.list().map(({ kid }) => kid) as [string, string]
  await fails(() => signedBy(ring, b), 'CS_UNAVAILABLE')
  await ring.revoke(a)
  await fails(() => signedBy(ring, a), 'CS_UNAVAILABLE')
  await fails(() => signedBy(ring, 'stranger'), 'CS_NO_KEY')
  await assert.rejects(ring.sign('text' as never, a), TypeError)
})

test('while the store has been out of reach for too long, no key signs octets either', async () => {
  const { clock, ring, store } = await rig()
  const [active] = ring.list()
  store.fail(down)
  clock.time = NOW + period * 10
  await fails(() => signedBy(ring, active?.kid ?? ''), 'CS_UNAVAILABLE')
})

test('times can be checked before a ring is opened: each that is too short is named', () => {
  assert.doesNotThrow(() => checkSchedule({}))
  assert.throws(() => checkSchedule({ prepublish: '1m', overlap: 0 }), /prepublish \(60 s\).*overlap \(0 s\)/s)
  assert.throws(() => checkSchedule({ prepublish: '5m', overlap: '1y' as never }), TypeError)
})
