import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TimelineKey, timeline } from '../../src/pages/timeline.ts'

const [DAY, NOW] = [86_400, 1_763_850_000]

/** The bars of each key in a drawing: what they are, and from where to where in percent. */
function barsOf(keys: readonly TimelineKey[], now = NOW): readonly (readonly [string, number, number])[] {
  const drawing = timeline(keys, now).toString().split('<figcaption>', 1)[0] ?? ''
  return [...drawing.matchAll(/<rect class="(\w+)" x="([\d.]+)%" y="\d+" width="([\d.]+)%"/g)].map(
    ([, kind = '', x, width]) => [kind, Number(x), Math.round((Number(x) + Number(width)) * 100) / 100],
  )
}

const key = (change: Partial<TimelineKey>): TimelineKey => ({
  ...{ label: 'a', alg: 'ES256', state: 'active', publishedAt: NOW - 10 * DAY, activateAt: NOW - 8 * DAY },
  ...change,
})

test('a key is public, signs, verifies, and is gone: one bar after the other, without a gap', () => {
  const bars = barsOf([key({ retireAt: NOW + 2 * DAY, purgeAt: NOW + 3 * DAY })])
  assert.deepEqual(
    bars.map(([kind]) => kind),
    ['published', 'signs', 'retired'],
  )
  for (const [index, [, from]] of bars.entries())
    if (index > 0) assert.ok(Math.abs(from - (bars[index - 1]?.[2] ?? 0)) < 0.05, JSON.stringify(bars))
  const [published, signs] = bars.map(([, from, to]) => to - from) as [number, number]
  assert.ok(Math.abs(signs / published - 5) < 0.05, 'ten days are five times as long as two')
})

test('a key that is next signs on behind the edge, and the one before ends where it begins', () => {
  const next = key({ state: 'next', publishedAt: NOW - DAY, activateAt: NOW + 2 * DAY })
  const bars = barsOf([key({ retireAt: NOW + 2 * DAY, purgeAt: NOW + 3 * DAY }), next])
  const [, , , published, signs] = bars
  assert.deepEqual([published?.[0], signs?.[0]], ['published', 'signs'])
  assert.ok((signs?.[2] ?? 0) > 100)
  assert.ok(Math.abs((bars[1]?.[2] ?? 0) - (signs?.[1] ?? 0)) < 0.05)
})

test('what was revoked signs and verifies nothing from then on', () => {
  const revoked = { state: 'revoked', revokedAt: NOW - DAY, retireAt: NOW - DAY, purgeAt: NOW + DAY } as const
  assert.deepEqual(
    barsOf([key(revoked)]).map(([kind]) => kind),
    ['published', 'signs', 'revoked'],
  )
  const unused = key({ ...revoked, activateAt: NOW + 5 * DAY })
  assert.deepEqual(
    barsOf([unused]).map(([kind]) => kind),
    ['published', 'revoked'],
  )
})

test('a first key was public for no time, and has no bar for that', () => {
  const first = key({ publishedAt: NOW, activateAt: NOW, retireAt: NOW + 360, purgeAt: NOW + 1020 })
  assert.deepEqual(
    barsOf([first]).map(([kind]) => kind),
    ['signs', 'retired'],
  )
})

test('who does not see the drawing is told the same, and no drawing has a place that is none', () => {
  const drawing = timeline([key({ retireAt: NOW + 2 * DAY, purgeAt: NOW + 3 * DAY })], NOW).toString()
  assert.match(drawing, /<title id="timeline-title">The signing keys in time<\/title>/)
  assert.match(drawing, /<desc id="timeline-about">ES256 key a: public since 12 Nov, signs until 24 Nov\.<\/desc>/)
  assert.match(drawing, /<pattern id="timeline-dots"/)
  const spans = [0, 1, 59, 3600, DAY, 40 * DAY, 4000 * DAY]
  for (const span of spans) {
    const keys = [key({ publishedAt: NOW, activateAt: NOW, retireAt: NOW + span, purgeAt: NOW + span })]
    const text = timeline(keys, NOW).toString()
    assert.doesNotMatch(text, /NaN|Infinity|undefined|-\d+(?:\.\d+)?%/, `${span} s`)
    assert.ok(text.split('class="tick').length <= 10, `${span} s`)
  }
  assert.doesNotMatch(timeline([], NOW).toString(), /NaN|Infinity|undefined/)
})
