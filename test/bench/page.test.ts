import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge, spread, type Verdict } from '../../bench/src/figures.ts'
import { resultsPage, shortcomings } from '../../bench/src/page.ts'
import { barsTable, markdown, sideBySide } from '../../bench/src/tables.ts'

const bar = (what: string, median: number, more: Partial<Verdict> = {}): Verdict =>
  judge({ what, against: 'jose', bound: { least: 1.5 }, value: spread([median]), ...more })

test('a table stands in even columns, the first to the left and numbers to the right', () => {
  const text = markdown({
    head: ['job', 'ns'],
    rows: [
      ['a', '1,000'],
      ['longer', '≥ 5'],
    ],
  })
  assert.equal(text, '| job    |    ns |\n| ------ | ----: |\n| a      | 1,000 |\n| longer |   ≥ 5 |')
})

test('tables of two Nodes are one, by the names of the rows, and what one of them lacks is left open', () => {
  const merged = sideBySide([
    {
      major: '24',
      found: {
        head: ['job', 'ns', 'max'],
        rows: [
          ['a', '1', '2'],
          ['b', '3', '4'],
        ],
      },
    },
    {
      major: '26',
      found: {
        head: ['job', 'ns', 'max'],
        rows: [
          ['b', '5', '6'],
          ['c', '7', '8'],
        ],
      },
    },
  ])
  assert.deepEqual(merged.head, ['job', '24: ns', 'max', '26: ns', 'max'])
  assert.deepEqual(merged.rows, [
    ['a', '1', '2', '', ''],
    ['b', '3', '4', '5', '6'],
    ['c', '', '', '7', '8'],
  ])
})

test('the table of bars has the bound, three numbers and the verdict for each Node', () => {
  const delay = bar('delay', 13, { bound: { most: 12 }, unit: 'ms' })
  const { head, rows } = barsTable([
    { major: '24', found: [bar('verify', 1.6), delay] },
    { major: '26', found: [bar('verify', 1.2, { rival: 'fast-jwt' })] },
  ])
  assert.deepEqual(head, ['Bar', 'bound', '24: min', 'median', 'max', '', '26: min', 'median', 'max', ''])
  assert.deepEqual(rows, [
    [
      'verify, against jose',
      '≥ 1.50',
      '1.60',
      '1.60',
      '1.60',
      'holds',
      '1.20',
      '1.20',
      '1.20',
      'falls short, fast-jwt',
    ],
    ['delay, against jose', '≤ 12 ms', '13.00', '13.00', '13.00', 'falls short', '', '', '', ''],
  ])
})

test('what falls short is told with its reason, which is told once and not at all where the bar holds', () => {
  const why = 'that is\nthe limit.'
  const found = [bar('sync', 1, { why }), bar('promise', 1.499, { why, rival: 'fast-jwt' }), bar('good', 2, { why })]
  const text = shortcomings([{ major: '24', found }])
  assert.equal(
    text,
    `
## What falls short

- **sync, against jose**: 1.00 on Node 24; the bar is ≥ 1.50.
  **promise, against jose**: 1.499 (fast-jwt) on Node 24; the bar is ≥ 1.50.
  that is
  the limit.
`,
  )
  assert.equal(shortcomings([{ major: '24', found: [bar('good', 2, { why })] }]), '')
})

test('the page has the bars first, and the tables of each suite', () => {
  const figures = {
    title: 'Suite',
    about: 'About it.',
    tables: [{ head: ['job', 'ns'], rows: [['a', '1']] }],
    verdicts: [bar('verify', 2)],
    plotted: [],
  }
  const node = { major: '24', binary: 'node', version: '24.0.0', openssl: '3.5.0' }
  const run = { node, major: '24', found: new Map([['suite', figures]]) }
  const page = resultsPage([run], { rounds: 2, sliceMs: 3, quick: false }, '2026-11-22')
  const headings = page.split('\n').filter((line) => line.startsWith('#'))
  assert.deepEqual(headings, ['# Results', '## Bars', '## Suite'])
  assert.ok(page.includes('1 of 1 bars hold.'))
  assert.ok(page.includes('- Node 24.0.0 with OpenSSL 3.5.0\n'))
  assert.ok(page.includes('jsonwebtoken 9.0.3') && page.includes('@node-rs/jsonwebtoken 0.5.11'))
  assert.ok(page.includes('| job |  ns |\n'))
})
