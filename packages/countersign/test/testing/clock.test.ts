import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSigner, createVerifier, secretKey } from 'countersign'
import { testClock } from 'countersign/testing'
import { NOW, refuses } from '../support/forge.ts'
import { STRONG } from '../support/keys.ts'

test('testClock refuses what is no moment, and goes back by set alone', () => {
  for (const start of [Number.NaN, Number.POSITIVE_INFINITY, '2026-01-01', null, {}, new Date('never')]) {
    assert.throws(() => testClock(start as never), TypeError, String(start))
    assert.throws(() => testClock(NOW).set(start as never), TypeError, String(start))
  }
  for (const duration of [-1, '-1m', '1y', Number.NaN, undefined]) {
    assert.throws(() => testClock(NOW).advance(duration as never), TypeError, String(duration))
  }
})

test('a clock begins at the time of the machine, or where it is told, and stands still', () => {
  const before = Math.floor(Date.now() / 1000)
  const time = testClock().now()
  assert.ok(time >= before && time <= Date.now() / 1000)
  const clock = testClock(new Date(NOW * 1000))
  assert.equal(clock.now(), NOW)
  assert.equal(clock.advance('15m'), NOW + 900)
  assert.equal(clock.advance(0.5), NOW + 900.5)
  assert.equal(clock.now(), NOW + 900.5)
  clock.set(NOW - 1)
  assert.equal(clock.now(), NOW - 1)
})

test('now of a clock is an option of signers and verifiers', async () => {
  const clock = testClock(NOW)
  const { now } = clock
  const key = secretKey(STRONG, 'HS256')
  const verifier = createVerifier({ keys: key, issuer: 'any', audience: 'any', clockTolerance: 0, now })
  const token = await createSigner({ key, expiresIn: '1m', now }).sign({})
  clock.set(NOW + 59)
  assert.equal((await verifier.verify(token)).claims.iat, NOW)
  clock.advance(1)
  await refuses(verifier, token, 'CS_EXPIRED')
})
