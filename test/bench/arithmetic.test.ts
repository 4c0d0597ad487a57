import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fastestBar, growthBar, speedBar } from '../../bench/src/bars.ts'
import { judge, spread, type Verdict, verdictLine } from '../../bench/src/figures.ts'
import { growthAgainst, inOrder, measureJob, speedAgainst } from '../../bench/src/measure.ts'

const TIMES = new Map([
  ['ours', [10, 20, 40]],
  ['slow', [30, 40, 200]],
  ['quick', [9, 19, 38]],
])

test('a spread is the least, the middle and the greatest, of an even number the mean of the two in the middle', () => {
  assert.deepEqual(spread([5, 1, 10]), { min: 1, median: 5, max: 10 })
  assert.deepEqual(spread([4, 1, 2, 100]), { min: 1, median: 3, max: 100 })
  assert.deepEqual(spread([7]), { min: 7, median: 7, max: 7 })
})

test('a speed is made of the pairs of each round, and not of two medians', () => {
  assert.deepEqual(speedAgainst(TIMES, 'ours', 'slow'), { min: 2, median: 3, max: 5 })
  assert.throws(() => speedAgainst(TIMES, 'ours', 'nobody'), /nobody was not measured/)
})

test('a growth is made of the four numbers of each round', () => {
  const times = new Map([
    ['small', [1, 1, 2]],
    ['large', [10, 12, 20]],
    ['least small', [1, 2, 1]],
    ['least large', [5, 20, 5]],
  ])
  const growth = growthAgainst(times, ['small', 'large'], ['least small', 'least large'])
  assert.deepEqual(growth, { min: 1.2, median: 2, max: 2 })
  const bar = { what: 'w', against: 'a', pair: ['small', 'large'], reference: ['least small', 'least large'] } as const
  assert.equal(growthBar({ ...bar, most: 1.99 })(times).holds, false)
  assert.equal(growthBar({ ...bar, most: 2 })(times).holds, true)
})

test('a bar is judged by the median, and what is no number never holds', () => {
  const value = { min: 0, median: 1, max: 2 }
  assert.equal(judge({ what: 'w', bound: { least: 1 }, value }).holds, true)
  assert.equal(judge({ what: 'w', bound: { least: 1.01 }, value }).holds, false)
  assert.equal(judge({ what: 'w', bound: { most: 1 }, value }).holds, true)
  assert.equal(judge({ what: 'w', bound: { most: 0.99 }, value }).holds, false)
  for (const bound of [{ least: 0 }, { most: 0 }]) {
    assert.equal(judge({ what: 'w', bound, value: spread([]) }).holds, false)
  }
})

test('a bar on speed names its job and whom it is against, and keeps why it falls short', () => {
  const verdict = speedBar({ job: 'HS256 verify', ours: 'ours', against: 'slow', least: 4, why: 'because' })(TIMES)
  const { value, ...rest } = verdict
  assert.equal(value.median, 3)
  const bound = { least: 4 }
  assert.deepEqual(rest, { what: 'HS256 verify, ours', against: 'slow', bound, why: 'because', holds: false })
})

test('a bar against the fastest peer finds it among those that were measured, and says who it was', () => {
  const bar = fastestBar({ job: 'j', ours: 'ours', peers: ['slow', 'absent', 'quick'], least: 1 })
  const { rival, against, holds } = bar(TIMES)
  assert.deepEqual({ rival, against, holds }, { rival: 'quick', against: 'the fastest peer', holds: false })
  assert.throws(() => fastestBar({ job: 'j', ours: 'ours', peers: ['absent'], least: 1 })(TIMES), /no peer/)
})

test('the last line counts the bars that hold', () => {
  const [good, bad] = [true, false].map((holds) => ({ holds }) as Verdict)
  assert.equal(verdictLine([good, bad, good] as Verdict[]), '2 of 3 bars hold')
})

test('the order goes round, and every other round goes backwards', () => {
  const rounds = [0, 1, 2, 3].map((round) => inOrder(['a', 'b', 'c'], round).join(''))
  assert.deepEqual(rounds, ['abc', 'acb', 'cab', 'cba'])
})

test('each contender has a number for each round, whether it gives values or promises', async () => {
  const calls = { atOnce: 0, later: 0 }
  const runners = [
    { name: 'at once', run: () => calls.atOnce++ },
    { name: 'later', run: async () => calls.later++ },
  ] as const
  const times = await measureJob({ name: 'j', runners, bars: [] }, { rounds: 3, sliceMs: 0.2, quick: true })
  for (const name of ['at once', 'later']) {
    assert.equal(times.get(name)?.length, 3)
    assert.ok(times.get(name)?.every((nanoseconds) => nanoseconds > 0))
  }
  assert.ok(calls.atOnce > 3 && calls.later > 3)
})
