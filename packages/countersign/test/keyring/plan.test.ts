import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredKey } from 'countersign/keyring'
import { activeKey, hurried, nextChange, revoked, stateOf } from '../../src/keyring/plan.ts'
import { NOW } from '../support/forge.ts'
import { planOf, READY, row, SCHEDULE, SOON, secretRow, tended, timesOf } from './rows.ts'

const { period, overlap, skew } = SCHEDULE
const NOTHING = { insert: [], put: [], remove: [] }
const named = (keys: readonly StoredKey[], kid: string): StoredKey | undefined => keys.find((key) => key.kid === kid)
const activeAt = (keys: readonly StoredKey[], at: number, alg = 'ES256'): string | undefined =>
  activeKey(keys, alg, NOW + at)?.kid
const stateAt = (keys: readonly StoredKey[], kid: string, at: number): string =>
  stateOf(named(keys, kid) as StoredKey, keys, NOW + at)
/** A ring in the middle of its life: one key signs, the next one waits. */
const YOUNG = tended([row('a', 0), row('b', period)])

// States.

test('a key is next up to the second of its turn, active from then on, retired from that of its successor, then purged', () => {
  assert.deepEqual(timesOf(named(YOUNG, 'a')), [0, period, period + overlap])
  assert.deepEqual(timesOf(named(YOUNG, 'b')), [period, undefined, undefined])
  for (const [at, a, b] of [
    [0, 'active', 'next'],
    [period - 1, 'active', 'next'],
    [period, 'retired', 'active'],
    [period + overlap - 1, 'retired', 'active'],
    [period + overlap, 'purged', 'active'],
  ] as const) {
    assert.deepEqual([stateAt(YOUNG, 'a', at), stateAt(YOUNG, 'b', at)], [a, b], `at ${at}`)
  }
})

test('before the turn of the first key no key is active', () => {
  assert.equal(activeAt(YOUNG, -1), undefined)
  assert.equal(stateAt(YOUNG, 'a', -1), 'next')
})

test('a revoked key is revoked whatever its times say, until it is purged', () => {
  const keys = [revoked(row('a', 0), 'stolen', SCHEDULE, NOW + 5), row('b', period)]
  for (const at of [-1, 0, 5, overlap + 4]) assert.equal(stateAt(keys, 'a', at), 'revoked')
  assert.equal(stateAt(keys, 'a', overlap + 5), 'purged')
  assert.equal(activeAt(keys, 10), undefined)
})

test('of two keys whose turn has come, the later one is active, and of two of one moment always the same', () => {
  assert.equal(activeAt([row('b', 5), row('a', 0)], 10), 'b')
  for (const keys of [
    [row('a', 0), row('b', 0)],
    [row('b', 0), row('a', 0)],
  ])
    assert.equal(activeAt(keys, 0), 'b')
})

test('keys of other algorithms change nothing', () => {
  const keys = [...YOUNG, row('c', 5, { alg: 'EdDSA' })]
  assert.equal(activeAt(keys, 10), 'a')
  assert.equal(activeAt(keys, 10, 'EdDSA'), 'c')
  assert.equal(activeAt(keys, 10, 'RS256'), undefined)
})

test('the next change is the nearest time that is still to come', () => {
  const times = [period, period + overlap]
  for (const [at, next] of [
    [-1, 0],
    [0, times[0]],
    [period - 1, times[0]],
    [period, times[1]],
    [period + overlap, undefined],
  ] as const)
    assert.equal(nextChange(YOUNG, NOW + at), next === undefined ? Number.POSITIVE_INFINITY : NOW + next)
})

// What is due.

test('a store without keys gets one that signs at once and one that waits for a period', () => {
  assert.deepEqual(planOf([]), {
    ...NOTHING,
    insert: [
      { alg: 'ES256', activateAt: NOW },
      { alg: 'ES256', activateAt: NOW + period },
    ],
  })
})

test('a first next key waits for prepublish at least', () => {
  const { insert } = planOf([], 0, ['ES256'], { ...SCHEDULE, period: 500 })
  assert.deepEqual(
    insert.map(({ activateAt }) => activateAt - NOW),
    [0, READY],
  )
})

test('several algorithms each get their keys', () => {
  const algs = ['ES256', 'EdDSA']
  const keys = tended([], 0, algs)
  assert.equal(keys.length, 4)
  for (const alg of algs) {
    const [first, next] = keys.filter((key) => key.alg === alg)
    assert.deepEqual(
      [timesOf(first), timesOf(next)],
      [
        [0, period, period + overlap],
        [period, undefined, undefined],
      ],
    )
  }
})

test('nothing is due while a key signs and another waits', () => {
  for (const at of [0, 1, period - 1]) assert.deepEqual(planOf(YOUNG, at), NOTHING)
})

test('a next key is always there: it is made as SOON as the last one signs', () => {
  assert.deepEqual(planOf(YOUNG, period).insert, [{ alg: 'ES256', activateAt: NOW + 2 * period }])
  assert.deepEqual(planOf([row('a', 0)], 5).insert, [{ alg: 'ES256', activateAt: NOW + period }])
})

test('a next key that is made late waits for prepublish, and the active one signs on', () => {
  for (const [at, activateAt] of [
    [period + period - READY, 2 * period],
    [period + period - READY + 1, 2 * period + 1],
    [5 * period, 5 * period + READY],
  ] as const) {
    const keys = tended(YOUNG, at)
    assert.deepEqual(timesOf(named(keys, 'new1')), [activateAt, undefined, undefined])
    assert.equal(activeAt(keys, at), 'b')
    assert.equal(activeAt(keys, activateAt - 1), 'b')
    assert.deepEqual(timesOf(named(keys, 'b')), [period, activateAt, activateAt + overlap])
  }
})

test('what has passed stays: the times of a retired key do not move', () => {
  const keys = tended(YOUNG, period)
  const longer = { ...SCHEDULE, overlap: 10 * overlap }
  assert.deepEqual(timesOf(named(tended(keys, period + 1, ['ES256'], longer), 'a')), [0, period, period + overlap])
})

test('a longer overlap counts for a key that still signs, and a shorter one never brings its end forward', () => {
  const longer = tended(YOUNG, 1, ['ES256'], { ...SCHEDULE, overlap: 2 * overlap })
  assert.deepEqual(timesOf(named(longer, 'a')), [0, period, period + 2 * overlap])
  assert.deepEqual(timesOf(named(tended(longer, 2), 'a')), [0, period, period + 2 * overlap])
})

test('a key is removed in the second in which it is purged, and not before', () => {
  const keys = tended(YOUNG, period)
  assert.deepEqual(planOf(keys, period + overlap - 1).remove, [])
  assert.deepEqual(planOf(keys, period + overlap).remove, ['a'])
})

test('the private half of a retired key is dropped once no clock can take it for active', () => {
  const keys = tended(YOUNG, period)
  assert.deepEqual(planOf(keys, period + skew - 1).put, [])
  const { privateJwk, ...rest } = named(keys, 'a') as StoredKey
  assert.equal(privateJwk, 'sealed')
  assert.deepEqual(planOf(keys, period + skew).put, [rest])
})

test('a retired secret is kept, since it still verifies, and a revoked one is dropped at once', () => {
  const keys = tended([secretRow('a', 0), secretRow('b', period)], period, ['HS256'])
  assert.deepEqual(planOf(keys, period + overlap - 1, ['HS256']).put, [])
  const stolen = keys.map((key) => (key.kid === 'b' ? revoked(key, undefined, SCHEDULE, NOW + period + 1) : key))
  assert.equal(named(tended(stolen, period + 1, ['HS256']), 'b')?.privateJwk, undefined)
})

// Revocation.

test('where the active key is revoked, the next one signs at once, and another is made to wait', () => {
  const keys = tended([revoked(named(YOUNG, 'a') as StoredKey, 'stolen', SCHEDULE, NOW + 5), row('b', period)], 5)
  assert.equal(activeAt(keys, 5), 'b')
  assert.deepEqual(timesOf(named(keys, 'b')), [5, 5 + period, 5 + period + overlap])
  assert.deepEqual(timesOf(named(keys, 'new1')), [5 + period, undefined, undefined])
  const a = named(keys, 'a')
  assert.deepEqual(
    [timesOf(a), a?.revokedAt, a?.reason, a?.privateJwk],
    [[0, 5, 5 + overlap], NOW + 5, 'stolen', undefined],
  )
})

test('where the next key is revoked, the active one signs on until another has been public for long enough', () => {
  for (const [at, activateAt] of [
    [5, period],
    [period - 1, period - 1 + READY],
  ] as const) {
    const [a, b] = YOUNG as [StoredKey, StoredKey]
    const keys = tended([a, revoked(b, undefined, SCHEDULE, NOW + at)], at)
    assert.deepEqual(timesOf(named(keys, 'new1')), [activateAt, undefined, undefined])
    assert.deepEqual(timesOf(named(keys, 'a')), [0, activateAt, activateAt + overlap])
    assert.equal(activeAt(keys, at), 'a')
  }
})

test('where every key of an algorithm is revoked, another signs at once: there is nothing to wait for', () => {
  const keys = tended(
    YOUNG.map((key) => revoked(key, undefined, SCHEDULE, NOW + 5)),
    5,
  )
  assert.equal(activeAt(keys, 5), 'new1')
  assert.deepEqual(timesOf(named(keys, 'new2')), [5 + period, undefined, undefined])
})

test('a key that is revoked after it retired keeps the time at which it did', () => {
  const [a] = tended(YOUNG, period)
  const gone = revoked(a as StoredKey, undefined, SCHEDULE, NOW + period + 100)
  assert.deepEqual(timesOf(gone), [0, period, period + 100 + overlap])
})

// Other algorithms than before.

test('an algorithm that is added to a published set waits for prepublish, and for no other key', () => {
  const keys = tended(YOUNG, 5, ['ES256', 'EdDSA'])
  const added = keys.filter(({ alg }) => alg === 'EdDSA')
  assert.deepEqual(added.map(timesOf), [[5 + READY, undefined, undefined]])
  const later = tended(keys, 5 + READY, ['ES256', 'EdDSA'])
  assert.deepEqual(later.filter(({ alg }) => alg === 'EdDSA').map(timesOf), [
    [5 + READY, 5 + READY + period, 5 + READY + period + overlap],
    [5 + READY + period, undefined, undefined],
  ])
})

test('an algorithm whose first key is revoked while it waits, waits anew', () => {
  const keys = tended(YOUNG, 5, ['ES256', 'EdDSA']).map((key) =>
    key.alg === 'EdDSA' ? revoked(key, undefined, SCHEDULE, NOW + 10) : key,
  )
  const again = tended(keys, 10, ['ES256', 'EdDSA'])
  assert.equal(activeAt(again, 10, 'EdDSA'), undefined)
  assert.equal(
    activeAt(again, 10 + READY, 'EdDSA'),
    again.find((key) => key.kid !== 'new1' && key.alg === 'EdDSA')?.kid,
  )
})

test('an algorithm that is taken out gets no new keys; those it has finish their turns and are removed', () => {
  const both = tended(tended([], 0, ['ES256', 'EdDSA']), 5, ['EdDSA'])
  assert.equal(both.length, 4)
  const old = tended(both, 2 * period, ['EdDSA']).filter(({ alg }) => alg === 'ES256')
  assert.deepEqual(old.map(timesOf), [[period, 2 * period + SOON, 2 * period + SOON + overlap]])
  const end = tended(tended(both, 2 * period, ['EdDSA']), 2 * period + SOON + overlap, ['EdDSA'])
  assert.deepEqual(new Set(end.map(({ alg }) => alg)), new Set(['EdDSA']))
})

test('an algorithm that comes back while its keys fade waits for prepublish: nobody has its new key', () => {
  const both = tended(tended([], 0, ['ES256', 'EdDSA']), 2 * period, ['EdDSA'])
  const at = 2 * period + SOON + 1
  const back = tended(tended(both, at - 1, ['EdDSA']), at, ['EdDSA', 'ES256'])
  assert.equal(activeAt(back, at), undefined)
  assert.ok(back.some((key) => key.alg === 'ES256' && key.activateAt === NOW + at + READY))
})

// What a crash, another instance or a clock left behind.

test('two next keys of two instances take their turns one after the other, and no third is made', () => {
  const keys = tended([row('a', 0), row('b', period), row('c', period + 300)])
  assert.deepEqual(keys.map(timesOf), [
    [0, period, period + overlap],
    [period, period + 300, period + 300 + overlap],
    [period + 300, undefined, undefined],
  ])
})

test('two first keys of two instances: one signs, and the other retires at once', () => {
  const keys = tended([row('a', 0), row('b', 0), row('c', period), row('d', period)])
  assert.deepEqual([stateAt(keys, 'a', 0), stateAt(keys, 'b', 0)], ['retired', 'active'])
  assert.deepEqual([stateAt(keys, 'c', period), stateAt(keys, 'd', period)], ['retired', 'active'])
})

test('a key without the times that its successor gives it gets them, and one with times of no successor loses them', () => {
  const whole = tended([row('a', 0), row('b', period)])
  assert.deepEqual(tended([row('a', 0, { retireAt: period }), row('b', period)]), whole)
  assert.deepEqual(tended([row('a', 0, { retireAt: 77, purgeAt: 78 }), row('b', period)]), whole)
  assert.deepEqual(
    tended([row('a', 0), row('b', period, { retireAt: 3 * period, purgeAt: 4 * period })]).map(timesOf),
    whole.map(timesOf),
  )
})

test('a key that should have retired before its successor came is retired all the same', () => {
  const keys = tended([row('a', 0), row('b', period)], period + 5)
  assert.deepEqual(timesOf(named(keys, 'a')), [0, period, period + overlap])
})

test('a key that retired as it began stands in the way of no other key of that moment', () => {
  const keys = tended([row('m', 0), row('n', 0), row('a', period)])
  const [m, n, a] = ['m', 'n', 'a'].map((kid) => named(keys, kid) as StoredKey)
  const after = tended([m, revoked(n as StoredKey, undefined, SCHEDULE, NOW), a] as readonly StoredKey[])
  assert.equal(activeAt(after, 0), 'a')
})

test('a next key takes over where the only other one was made by a clock that ran far ahead', () => {
  const young = [row('a', 0), row('b', period, { publishedAt: -READY })]
  const ahead = tended(young, 100 * period)
  assert.deepEqual(
    ahead.map(({ kid }) => kid),
    ['b', 'new1'],
  )
  assert.equal(activeAt(tended(ahead, 5), 5), 'b')
})

// An early rotation.

test('a next key is hurried to two polls and the skew from now, or to the end of its prepublish', () => {
  for (const [at, activateAt] of [
    [period - READY, period],
    [0, SOON],
    [5, 5 + SOON],
  ] as const) {
    const keys = [row('a', 0), row('b', period, { publishedAt: at === 0 || at === 5 ? -period : at })]
    const hurry = hurried(keys, ['ES256'], SCHEDULE, NOW + at)
    assert.deepEqual(hurry.map(timesOf), at === 0 || at === 5 ? [[activateAt, undefined, undefined]] : [])
  }
  const fresh = hurried([row('a', 0), row('b', period, { publishedAt: 0 })], ['ES256'], SCHEDULE, NOW)
  assert.deepEqual(fresh.map(timesOf), [[READY, undefined, undefined]])
})

test('a turn that comes sooner than that is left alone, and so is one that is hurried again', () => {
  const keys = [row('a', 0), row('b', SOON - 1, { publishedAt: -period })]
  assert.deepEqual(hurried(keys, ['ES256'], SCHEDULE, NOW), [])
  const [again] = hurried([row('a', 0), row('b', period, { publishedAt: -period })], ['ES256'], SCHEDULE, NOW)
  assert.deepEqual(hurried([row('a', 0), again as StoredKey], ['ES256'], SCHEDULE, NOW + 5), [])
})

test('of two next keys the first is hurried, of a ring without one nothing, and other algorithms not at all', () => {
  const old = { publishedAt: -period }
  const keys = [row('c', 2 * period, old), row('b', period, old), row('x', period, { ...old, alg: 'EdDSA' })]
  assert.deepEqual(
    hurried(keys, ['ES256'], SCHEDULE, NOW).map(({ kid }) => kid),
    ['b'],
  )
  assert.deepEqual(hurried([row('a', 0)], ['ES256'], SCHEDULE, NOW), [])
  assert.deepEqual(hurried([revoked(row('b', period, old), undefined, SCHEDULE, NOW)], ['ES256'], SCHEDULE, NOW), [])
})

test('a hurried turn moves the end of the active key with it', () => {
  const keys = tended([row('a', 0), row('b', period, { publishedAt: -period })])
  const hurry = hurried(keys, ['ES256'], SCHEDULE, NOW)
  const after = tended([keys[0] as StoredKey, ...hurry])
  assert.deepEqual(timesOf(named(after, 'a')), [0, SOON, SOON + overlap])
})
