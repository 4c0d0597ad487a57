import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredKey } from 'countersign/keyring'
import fc, { type Arbitrary } from 'fast-check'
import { activeKey, hurried, revoked, stateOf, toPlan } from '../../src/keyring/plan.ts'
import type { Schedule } from '../../src/keyring/schedule.ts'
import { NOW } from '../support/forge.ts'
import { row, SCHEDULE, tended } from './rows.ts'

const ALGS = ['ES256', 'EdDSA', 'HS256']
const { period, prepublish, overlap, skew } = SCHEDULE

const time = fc.integer({ min: -2 * period, max: 2 * period })
const maybe = (value: Arbitrary<number>): Arbitrary<number | undefined> => fc.option(value, { nil: undefined })

/** A row that no ring would have written, as well as those that one would have. */
const anyRow: Arbitrary<StoredKey> = fc
  .record({
    kid: fc.string({ minLength: 1, maxLength: 3 }),
    alg: fc.constantFrom(...ALGS),
    publishedAt: time,
    activateAt: time,
    retireAt: maybe(time),
    purgeAt: maybe(time),
    revokedAt: maybe(time),
    halves: fc.constantFrom('both', 'public', 'private'),
  })
  .map(({ kid, alg, activateAt, retireAt, purgeAt, revokedAt, publishedAt, halves }) => {
    const { publicJwk, voucher, privateJwk, ...rest } = row(kid, activateAt, { alg, publishedAt })
    return {
      ...rest,
      ...(halves !== 'private' && publicJwk && { publicJwk }),
      ...(halves === 'both' && voucher !== undefined && { voucher }),
      ...(halves !== 'public' && privateJwk !== undefined && { privateJwk }),
      ...(retireAt !== undefined && { retireAt: NOW + retireAt }),
      ...(purgeAt !== undefined && { purgeAt: NOW + purgeAt }),
      ...(revokedAt !== undefined && { revokedAt: NOW + revokedAt }),
    }
  })
const anyRows = fc.uniqueArray(anyRow, { selector: ({ kid }) => kid, maxLength: 8 })
const anyAlgs = fc.subarray(ALGS, { minLength: 1 })
const anySchedule: Arbitrary<Schedule> = fc.constantFrom(
  SCHEDULE,
  { ...SCHEDULE, overlap: 5 * period },
  { ...SCHEDULE, period: prepublish + 10, skew: 0 },
)

/** What may happen to a ring, one after the other. */
type Step = { readonly wait: number } | { readonly revoke: number } | { readonly hurry: true }
const step: Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ wait: fc.integer({ min: 1, max: period }) }) },
  { weight: 1, arbitrary: fc.record({ revoke: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.constant({ hurry: true as const }) },
)
const lives = fc.array(step, { maxLength: 12 })
const NOTHING = { insert: [], put: [], remove: [] }

interface Life {
  readonly rows: readonly StoredKey[]
  readonly at: number
}

/** What the rows of a ring are after one more step. */
function goOn({ rows, at: before }: Life, act: Step): Life {
  const at = 'wait' in act ? before + act.wait : before
  const chosen = 'revoke' in act ? rows[act.revoke] : undefined
  const changed = [
    ...('hurry' in act ? hurried(rows, ['ES256'], SCHEDULE, NOW + at) : []),
    ...(chosen && chosen.revokedAt === undefined ? [revoked(chosen, undefined, SCHEDULE, NOW + at)] : []),
  ]
  const same = rows.filter(({ kid }) => !changed.some((key) => key.kid === kid))
  return { at, rows: tended([...same, ...changed], at) }
}

const born: Life = { rows: tended([]), at: 0 }
const lived = (steps: readonly Step[]): Life => steps.reduce(goOn, born)

test('a plan that was carried out has nothing left to do', () => {
  fc.assert(
    fc.property(lives, anyAlgs, anySchedule, fc.integer({ min: 0, max: 2 * period }), (life, algs, schedule, wait) => {
      const { rows, at } = lived(life)
      const done = tended(rows, at + wait, algs, schedule)
      assert.deepEqual(toPlan(done, algs, schedule, NOW + at + wait), NOTHING)
    }),
    { numRuns: 500 },
  )
})

test('rows that a crash or a hand left without some of their times are mended at once', () => {
  const half = fc.record({
    victim: fc.nat(8),
    loses: fc.subarray(['retireAt', 'purgeAt', 'privateJwk', 'row'] as const),
  })
  fc.assert(
    fc.property(lives, fc.array(half, { maxLength: 4 }), anyAlgs, (life, losses, algs) => {
      const { rows, at } = lived(life)
      const left = rows.flatMap((key, index) => {
        const loses = losses.filter(({ victim }) => victim === index).flatMap(({ loses }) => loses)
        const entries = Object.entries(key).filter(([name]) => !loses.some((lost) => lost === name))
        return loses.includes('row') ? [] : [Object.fromEntries(entries) as unknown as StoredKey]
      })
      const done = tended(left, at, algs)
      assert.deepEqual(toPlan(done, algs, SCHEDULE, NOW + at), NOTHING)
    }),
    { numRuns: 1000 },
  )
})

test('rows that no ring would have written are in order after two rounds', () => {
  fc.assert(
    fc.property(anyRows, anyAlgs, anySchedule, time, (rows, algs, schedule, at) => {
      const done = tended(tended(rows, at, algs, schedule), at, algs, schedule)
      assert.deepEqual(toPlan(done, algs, schedule, NOW + at), NOTHING)
    }),
    { numRuns: 1000 },
  )
})

test('a plan does not depend on the order of the rows', () => {
  fc.assert(
    fc.property(anyRows, anyAlgs, time, fc.func(fc.integer()), (rows, algs, at, order) => {
      const shuffled = [...rows].sort((a, b) => order(a.kid) - order(b.kid))
      const byKid = (keys: readonly StoredKey[]): StoredKey[] => [...keys].sort((a, b) => (a.kid < b.kid ? -1 : 1))
      const [one, other] = [rows, shuffled].map((keys) => toPlan(keys, algs, SCHEDULE, NOW + at))
      assert.deepEqual(byKid(one?.put ?? []), byKid(other?.put ?? []))
      assert.deepEqual([...(one?.remove ?? [])].sort(), [...(other?.remove ?? [])].sort())
      assert.deepEqual(one?.insert.map(({ alg }) => alg).sort(), other?.insert.map(({ alg }) => alg).sort())
    }),
    { numRuns: 500 },
  )
})

test('of keys that ended at once, a revoked one leaves the algorithm bereft, in whichever order they are', () => {
  const over = { alg: 'ES256', publishedAt: NOW, activateAt: NOW, retireAt: NOW - 4, publicJwk: { kty: 'EC' } } as const
  const [revoked, retired] = [
    { ...over, kid: 'a', revokedAt: NOW },
    { ...over, kid: 'b' },
  ] as const
  const [one, other] = [
    [revoked, retired],
    [retired, revoked],
  ].map((keys) => toPlan(keys, ['ES256'], SCHEDULE, NOW))
  assert.deepEqual(one?.insert, other?.insert)
  assert.equal(one?.insert[0]?.activateAt, NOW)
})

test('after a plan each algorithm has a next key and at most one that is active, and no revoked key is back', () => {
  fc.assert(
    fc.property(lives, anyAlgs, (life, algs) => {
      const { rows, at } = lived(life)
      const done = tended(tended(rows, at, algs), at, algs)
      for (const alg of algs) {
        const states = done.filter((key) => key.alg === alg).map((key) => stateOf(key, done, NOW + at))
        assert.ok(states.includes('next'), `${alg} has no next key`)
        assert.ok(states.filter((state) => state === 'active').length <= 1)
      }
      for (const { kid, revokedAt } of rows) {
        const after = done.find((key) => key.kid === kid)
        if (revokedAt !== undefined && after) assert.equal(after.revokedAt, revokedAt)
      }
    }),
    { numRuns: 500 },
  )
})

test('through any life a key stays until its last token is dead, and retired keys and private halves never come back', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let life = born
      /** When each key was last seen to sign, by someone who had not looked at the store since. */
      const signed = new Map<string, number>()
      for (const act of steps) {
        const before = life
        life = goOn(before, act)
        const now = NOW + life.at
        const known = activeKey(before.rows, 'ES256', now)
        if (known) signed.set(known.kid, life.at)
        const active = activeKey(life.rows, 'ES256', now)
        assert.ok(active?.privateJwk !== undefined, 'nothing signs')
        for (const [kid, last] of signed) {
          const key = life.rows.find((one) => one.kid === kid)
          assert.ok(key || life.at >= last + overlap, 'a key went before its tokens')
          if (key && key.revokedAt === undefined && last + skew > life.at) assert.ok(key.privateJwk !== undefined)
        }
        for (const key of before.rows) {
          const after = life.rows.find(({ kid }) => kid === key.kid)
          if (stateOf(key, before.rows, NOW + before.at) === 'retired') assert.notEqual(key.kid, active.kid)
          if (key.privateJwk === undefined) assert.equal(after?.privateJwk, undefined)
        }
      }
    }),
    { numRuns: 500 },
  )
})
