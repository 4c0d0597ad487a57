import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expiringStore } from 'countersign/revocation'
import fc from 'fast-check'
import { fails, NOW } from '../support/forge.ts'
import { clock } from './rig.ts'

test('expiringStore refuses options that are not what they should be', () => {
  for (const max of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '10', null])
    assert.throws(() => expiringStore({ max: max as number }), TypeError)
  assert.throws(() => expiringStore({ now: 1 as never }), TypeError)
  assert.throws(() => expiringStore({ maxx: 1 } as never), TypeError)
  assert.throws(() => expiringStore(null as never), TypeError)
})

test('a store is bounded, and no mark that still counts gives way to another', async () => {
  const { now } = clock()
  const store = expiringStore({ max: 3, now })
  for (const key of ['a', 'b', 'c']) assert.equal(store.add(key, 1, NOW + 60), true)
  for (const act of [() => store.add('d', 1, NOW + 60), () => store.raise('d', 1, NOW + 60)]) {
    const error = await fails(act, 'CS_UNAVAILABLE')
    assert.equal(error.unavailable, true)
  }
  assert.equal(store.size, 3)
  // What is there already needs no room.
  assert.equal(store.add('a', 1, NOW + 60), false)
  store.raise('b', 2, NOW + 90)
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((key) => store.get(key)),
    [1, 2, 1, undefined],
  )
})

test('what has expired makes room, to the second', async () => {
  const time = clock()
  const store = expiringStore({ max: 2, now: time.now })
  store.add('a', 1, NOW + 10)
  store.add('b', 1, NOW + 20)
  time.time = NOW + 9
  assert.equal(store.get('a'), 1)
  await fails(() => store.add('c', 1, NOW + 60), 'CS_UNAVAILABLE')
  time.time = NOW + 10
  assert.equal(store.get('a'), undefined)
  assert.equal(store.add('c', 1, NOW + 60), true)
  await fails(() => store.add('d', 1, NOW + 60), 'CS_UNAVAILABLE')
  time.time = NOW + 20
  assert.equal(store.add('d', 1, NOW + 60), true)
  assert.equal(store.size, 2)
})

test('a full store is looked through no more often than something in it expires', () => {
  let looks = 0
  const store = expiringStore({ max: 1000, now: () => NOW })
  for (let index = 0; index < 1000; index++) store.add(String(index), 1, NOW + 60)
  const { entries } = Map.prototype
  const iterator = Map.prototype[Symbol.iterator]
  Map.prototype[Symbol.iterator] = function (this: Map<unknown, unknown>) {
    looks++
    return entries.call(this)
  } as typeof iterator
  try {
    for (let index = 0; index < 100; index++) assert.throws(() => store.add(`more ${index}`, 1, NOW + 60))
  } finally {
    Map.prototype[Symbol.iterator] = iterator
  }
  assert.ok(looks <= 1, `${looks} looks`)
})

test('a mark that has expired before it is made is not kept, and nobody was the first to make it', () => {
  const store = expiringStore({ now: () => NOW })
  for (const until of [NOW, NOW - 1, Number.NEGATIVE_INFINITY, Number.NaN]) {
    assert.equal(store.add('a', 1, until), false)
    store.raise('a', 1, until)
    assert.equal(store.get('a'), undefined)
  }
  assert.equal(store.size, 0)
})

test('a mark without end never expires', () => {
  const time = clock()
  const store = expiringStore({ now: time.now })
  store.raise('a', 1, Number.POSITIVE_INFINITY)
  time.time = NOW + 1e12
  assert.equal(store.get('a'), 1)
})

type Step = {
  readonly do: 'add' | 'raise' | 'get'
  readonly key: string
  readonly value: number
  readonly life: number
}

const steps = fc.array(
  fc.record({
    do: fc.constantFrom('add' as const, 'raise' as const, 'get' as const),
    key: fc.constantFrom('a', 'b', 'c'),
    value: fc.integer({ min: -3, max: 3 }),
    life: fc.integer({ min: -2, max: 6 }),
    wait: fc.integer({ min: 0, max: 3 }),
  }),
)

test('whatever is done with a store, it holds what a table with its times would hold', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const time = clock()
      const store = expiringStore({ now: time.now })
      const table = new Map<string, { value: number; until: number }>()
      for (const { wait, ...step } of all) {
        time.time += wait
        for (const [key, { until }] of table) if (until <= time.time) table.delete(key)
        assert.deepEqual(answerOf(store, step, time.time), modelOf(table, step, time.time))
      }
    }),
  )
})

function answerOf(store: ReturnType<typeof expiringStore>, { do: act, key, value, life }: Step, now: number): unknown {
  return act === 'get' ? store.get(key) : store[act](key, value, now + life)
}

function modelOf(
  table: Map<string, { value: number; until: number }>,
  { do: act, key, value, life }: Step,
  now: number,
): unknown {
  const row = table.get(key)
  if (act === 'get') return row?.value
  if (act === 'add') {
    if (row || life <= 0) return false
    table.set(key, { value, until: now + life })
    return true
  }
  const until = Math.max(row?.until ?? Number.NEGATIVE_INFINITY, now + life)
  if (until > now) table.set(key, { value: Math.max(row?.value ?? value, value), until })
  return undefined
}
