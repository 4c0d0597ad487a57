import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { inZone, toIso, toSpan, toWhen } from '../../src/diagnosis/moments.ts'

test('what no date can say has no ISO text', () => {
  for (const seconds of [Number.NaN, Number.POSITIVE_INFINITY, 8.64e12 + 1, -8.64e12 - 1])
    assert.equal(toIso(seconds), undefined)
})

test('a moment in ISO 8601 has fractions only where there are some', () => {
  assert.equal(toIso(1_795_301_400), '2026-11-21T22:50:00Z')
  assert.equal(toIso(0.25), '1970-01-01T00:00:00.250Z')
  assert.equal(toIso(-1), '1969-12-31T23:59:59Z')
  assert.equal(toIso(8.64e12), '+275760-09-13T00:00:00Z')
})

const SPANS: readonly (readonly [seconds: number, text: string])[] = [
  [0, '0s'],
  [0.9, '0s'],
  [59, '59s'],
  [60, '1m'],
  [852, '14m 12s'],
  [-852, '14m 12s'],
  [7440, '2h 04m'],
  [7200, '2h'],
  [97_200, '1d 03h'],
  [31_557_600, '1y'],
  [1e300, 'ages'],
  [31_557_600 * 2 + 86_400 * 9, '2y 09d'],
]

for (const [seconds, text] of SPANS) {
  test(`${seconds} seconds are ${text}: the two largest units`, () => {
    assert.equal(toSpan(seconds), text)
  })
}

test('a moment lies before now, after it, or is now', () => {
  assert.equal(toWhen(1000, 1000.7), 'now')
  assert.equal(toWhen(1852, 1000), 'in 14m 12s')
  assert.equal(toWhen(1000, 8440), '2h 04m ago')
})

test('a moment in a zone has its offset', () => {
  assert.equal(inZone(1_795_301_400, 'utc'), '2026-11-21T22:50:00Z')
  assert.equal(inZone(1_795_301_400, 120), '2026-11-22T00:50:00+02:00')
  assert.equal(inZone(1_795_301_400, -330), '2026-11-21T17:20:00-05:30')
  assert.equal(inZone(1_795_301_400, 0), '2026-11-21T22:50:00+00:00')
  assert.equal(inZone(1e300, 0), '1e+300')
  assert.equal(inZone(1e300, 'utc'), '1e+300')
})

test('the zone of this machine says the same moment', () => {
  fc.assert(
    fc.property(fc.integer({ min: -4e9, max: 8e9 }), (seconds) => {
      assert.equal(Date.parse(inZone(seconds, 'local')) / 1000, seconds)
    }),
    { numRuns: 200 },
  )
})
