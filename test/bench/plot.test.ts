import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plot, ticksFor } from '../../bench/src/plot.ts'

const marks = [
  { name: 'fast-jwt', times: 1.2 },
  { name: 'jose (promise)', times: 30 },
  { name: 'node:crypto', times: 0.4 },
  { name: 'node:crypto (ieee-p1363)', times: 0.6 },
]
const PANELS = [
  { title: 'Node 24 & co', rows: [{ job: 'HS256 <verify>', marks }] },
  { title: 'Node 26', rows: [{ job: 'HS256 <verify>', marks: marks.slice(0, 2) }] },
]

test('the plot is well-formed: every element ends, and nothing breaks out of a text', () => {
  const open: string[] = []
  const svg = plot(PANELS)
  for (const [tag, end, name = '', closed] of svg.matchAll(/<(\/?)([a-z]+)(?: [a-zA-Z0-9-]+="[^"<]*")*(\/?)>/g)) {
    if (end === '/') assert.equal(open.pop(), name, tag)
    else if (closed !== '/') open.push(name)
  }
  assert.deepEqual(open, [])
  assert.equal(svg.replaceAll(/<[^<>]+>/g, '').match(/<|&(?!amp;|lt;)/), null)
  assert.match(svg, /^<svg [^>]+role="img"[^>]*>\n<title>.+<\/title>\n/)
})

test('the plot has one mark for each contender that it knows, which says its job and its number', () => {
  const svg = plot(PANELS)
  const titles = Array.from(svg.matchAll(/<g class="mark"[^>]*><title>([^<]+)<\/title>/g), ([, title]) => title)
  assert.deepEqual(titles.toSorted(), [
    'HS256 &lt;verify>: fast-jwt, 1.20',
    'HS256 &lt;verify>: fast-jwt, 1.20',
    'HS256 &lt;verify>: jose, 30.00',
    'HS256 &lt;verify>: jose, 30.00',
    'HS256 &lt;verify>: node:crypto alone, 0.40',
  ])
  for (const [, x = ''] of svg.matchAll(/ (?:x|cx|x1|x2)="(-?[\d.]+)"/g))
    assert.ok(Number(x) >= 0 && Number(x) <= 1000, x)
})

test('the axis reaches beyond every number and has 1 on it', () => {
  assert.deepEqual(ticksFor([0.3, 7]), [0.2, 0.5, 1, 2, 5, 10])
  assert.deepEqual(ticksFor([3]), [0.5, 1, 2, 5])
  assert.deepEqual(ticksFor([]), [0.5, 1, 2])
})
