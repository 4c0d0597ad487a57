import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Sample, toFigures } from './memory.ts'

const at = (seconds: number, heap: number, rss = 100): Sample => ({
  at: seconds,
  heapBytes: heap * 1_000_000,
  rssBytes: rss * 1_000_000,
})

test('a heap that stays as it is has no trend, and noise hardly any', () => {
  assert.equal(toFigures([at(0, 20), at(60, 20)]).trend, 0)
  const noisy = Array.from({ length: 12 }, (_, index) => at(index * 5, 20 + (index % 2)))
  assert.ok(Math.abs(toFigures(noisy).trend) < 0.5, `${toFigures(noisy).trend}`)
})

test('what grows is found out, in megabytes a minute', () => {
  const leak = Array.from({ length: 12 }, (_, index) => at(index * 5, 20 + (index * 5) / 30))
  assert.ok(Math.abs(toFigures(leak).trend - 2) < 1e-9, `${toFigures(leak).trend}`)
})

test('the last heap and the largest process count', () => {
  const figures = toFigures([at(0, 20, 90), at(30, 22, 140), at(60, 21, 120)])
  assert.deepEqual([figures.heapMegabytes, figures.mostRssMegabytes], [21, 140])
})

test('one moment has no trend', () => {
  assert.throws(() => toFigures([at(5, 20)]), TypeError)
  assert.throws(() => toFigures([]), TypeError)
})
