import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKeyRing, memoryStore, type ScheduleOptions } from 'countersign/keyring'
import {
  checkSchedule,
  notice,
  readiness,
  type Schedule,
  signingGrace,
  toSchedule,
} from '../../src/keyring/schedule.ts'
import { DAY, HOUR, MINUTE, TIMES } from './rig.ts'

/** The least times that hold together: every inequality is an equation. */
const TIGHT: Schedule = {
  poll: 10,
  skew: 5,
  cacheMaxAge: 100,
  prepublish: 115,
  period: 135,
  tokenLifetime: 60,
  overlap: 65,
}

const complaintOf = (options: ScheduleOptions): string => {
  try {
    checkSchedule(toSchedule(options))
  } catch (error) {
    assert.ok(error instanceof TypeError)
    return error.message
  }
  return ''
}

const INEQUALITIES: readonly (readonly [broken: ScheduleOptions, said: string])[] = [
  [{ prepublish: 114 }, 'prepublish (114 s) is less than cacheMaxAge + poll + skew (100 + 10 + 5 = 115 s)'],
  [{ cacheMaxAge: 101 }, 'prepublish (115 s) is less than cacheMaxAge + poll + skew (101 + 10 + 5 = 116 s)'],
  [{ overlap: 64 }, 'overlap (64 s) is less than tokenLifetime + skew (60 + 5 = 65 s)'],
  [{ tokenLifetime: 61 }, 'overlap (65 s) is less than tokenLifetime + skew (61 + 5 = 66 s)'],
  [{ period: 134 }, 'period (134 s) is less than prepublish + poll + poll (115 + 10 + 10 = 135 s)'],
  [{ prepublish: 116 }, 'period (135 s) is less than prepublish + poll + poll (116 + 10 + 10 = 136 s)'],
  [{ poll: 0 }, 'poll is 0'],
  [{ tokenLifetime: 0 }, 'tokenLifetime is 0'],
  [{ cacheMaxAge: 0 }, 'cacheMaxAge (0 s) is less than the 5 s for which verifiers keep every set'],
  [{ cacheMaxAge: 4.5 }, 'cacheMaxAge (4.5 s) is less than the 5 s for which verifiers keep every set'],
]

for (const [broken, said] of INEQUALITIES) {
  test(`a schedule with ${JSON.stringify(broken)} is refused, and its one fault told`, () => {
    assert.equal(complaintOf({ ...TIGHT, ...broken }), `the key ring cannot keep its promises: ${said}`)
  })
}

test('a second more of skew breaks two inequalities, and a second more of poll two others: all are told', () => {
  assert.equal(
    complaintOf({ ...TIGHT, skew: 6 }),
    'the key ring cannot keep its promises: prepublish (115 s) is less than cacheMaxAge + poll + skew (100 + 10 + 6 = 116 s)' +
      '; overlap (65 s) is less than tokenLifetime + skew (60 + 6 = 66 s)',
  )
  assert.equal(
    complaintOf({ ...TIGHT, poll: 11 }),
    'the key ring cannot keep its promises: prepublish (115 s) is less than cacheMaxAge + poll + skew (100 + 11 + 5 = 116 s)' +
      '; period (135 s) is less than prepublish + poll + poll (115 + 11 + 11 = 137 s)',
  )
  const all = complaintOf({ ...TIGHT, prepublish: 0, overlap: 0, period: 0, poll: 0, tokenLifetime: 0, cacheMaxAge: 0 })
  for (const name of ['prepublish (0 s)', 'overlap (0 s)', 'poll is 0', 'tokenLifetime is 0', 'cacheMaxAge (0 s)'])
    assert.ok(all.includes(name), `${name} is not in: ${all}`)
})

test('a ring does not start on times that do not hold together, and no store is asked', async () => {
  const store = memoryStore()
  const asked: string[] = []
  const watched = {
    ...store,
    list: async () => {
      asked.push('list')
      return []
    },
  }
  for (const [broken, said] of INEQUALITIES) {
    await assert.rejects(createKeyRing({ alg: 'ES256', store: watched, ...TIGHT, ...broken }), (error) => {
      assert.ok(error instanceof TypeError && error.message.includes(said), String(error))
      return true
    })
  }
  assert.deepEqual(asked, [])
})

test('times that hold by nothing but equality start', async () => {
  assert.deepEqual(checkSchedule(TIGHT), TIGHT)
  const ring = await createKeyRing({ alg: 'ES256', store: memoryStore(), ...TIGHT })
  assert.equal(ring.list().length, 2)
})

test('times without skew hold as well', () => {
  assert.equal(complaintOf({ ...TIGHT, skew: 0 }), '')
})

test('times are those of the guide where nothing is said', () => {
  assert.deepEqual(checkSchedule(toSchedule({})), TIMES)
})

test('prepublish is half the period where that is less than a day, and overlap an hour more than a token lives', () => {
  assert.equal(toSchedule({ period: '2d' }).prepublish, DAY)
  assert.equal(toSchedule({ period: '1d' }).prepublish, 12 * HOUR)
  assert.equal(toSchedule({ period: '1h' }).prepublish, 30 * MINUTE)
  assert.equal(toSchedule({ tokenLifetime: '7d' }).overlap, 7 * DAY + HOUR)
})

test('what is given counts, as seconds or as text', () => {
  const given = { period: '4w', prepublish: '3d', overlap: '36h', tokenLifetime: '24h', cacheMaxAge: '10m' } as const
  assert.deepEqual(toSchedule({ ...given, poll: 0.5, skew: '2s' }), {
    period: 28 * DAY,
    prepublish: 3 * DAY,
    overlap: 36 * HOUR,
    tokenLifetime: DAY,
    cacheMaxAge: 10 * MINUTE,
    poll: 0.5,
    skew: 2,
  })
})

test('what is no span of time is refused by its name', () => {
  for (const name of Object.keys(TIMES)) {
    for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY, '1 day', '1y', '', null, true, {}, 1n])
      assert.throws(() => toSchedule({ [name]: value }), {
        name: 'TypeError',
        message: new RegExp(`^${name} is a number`),
      })
  }
  assert.throws(() => toSchedule({ Period: 1 } as never), { name: 'TypeError', message: /no option "Period"/ })
})

test('keys that would pile up until no verifier takes the set are refused', () => {
  assert.match(complaintOf({ period: '1h', overlap: '60d' }), /overlap/)
  assert.equal(complaintOf({ period: '1d', overlap: '30d' }), '')
})

test('who signs without the store stops while the key is still published for as long as its tokens live', () => {
  assert.equal(signingGrace(TIMES), HOUR)
  assert.equal(signingGrace(TIGHT), 2 * TIGHT.poll)
  for (const schedule of [TIMES, TIGHT]) {
    // The worst case: an early rotation is announced right after our last look.
    const { overlap, tokenLifetime, skew } = schedule
    const [retireAt, lastToken] = [notice(schedule), signingGrace(schedule)]
    assert.ok(lastToken + tokenLifetime + skew <= retireAt + overlap - skew)
  }
})

test('a key is written a poll before it has to be public, and an early rotation is announced three polls ahead', () => {
  assert.deepEqual([readiness(TIGHT), notice(TIGHT)], [125, 35])
  assert.deepEqual([readiness(TIMES), notice(TIMES)], [DAY + 30, 150])
})
