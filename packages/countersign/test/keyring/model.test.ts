import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ScheduleOptions } from 'countersign/keyring'
import { checkSchedule, type Schedule, toSchedule } from '../../src/keyring/schedule.ts'
import { HAS_SYNC } from '../support/doors.ts'
import { shareOf } from '../support/share.ts'
import { type Conditions, type Figures, type Invariant, live, type Member, noFigures, type Violation } from './model.ts'
import type { Road } from './model-store.ts'
import { Random } from './model-time.ts'

/**
 * A seed that was reported is lived through again, alone, where this variable says it. The platform's signatures by
 * promises take longer, so there are fewer histories.
 */
const ONLY = globalThis.process?.env['COUNTERSIGN_MODEL_SEED']
const HISTORIES = shareOf(HAS_SYNC ? 70 : 25)
const SEEDS = ONLY === undefined ? Array.from({ length: HISTORIES }, (_, index) => index + 1) : [Number(ONLY)]
/** Everything that may happen has to happen more often than this. */
const LEAST = shareOf(10)
const STEPS = 120
/** In so many histories what is wrong has to come to light. */
const CONTROLLED = 100

const DIRECT: Road = { latency: 0, loss: 0.01, stall: [0, 0], clock: false }
const SLOW: Road = { latency: 1, loss: 0.01, stall: [0, 0], clock: false }
/** Processes are suspended in the middle of what they do, for longer than anyone waits for them. */
const STALLING: Road = { latency: 1, loss: 0.01, stall: [0.03, 200], clock: false }

const ALGS = [['ES256'], ['ES256'], ['ES256', 'ES384'], ['HS256']]

/** Times of which every sum is kept to the second, and times with something to spare. */
function drawSchedule(random: Random, polls: readonly number[], spare: boolean): Schedule {
  const [poll, cacheMaxAge, skew] = [random.pick(polls), random.pick([5, 30, 300, 3600]), random.pick([0, 1, 5, 60])]
  const more = (most: number): number =>
    spare ? random.pick([0, 1, poll, 600, 7200].filter((time) => time <= most)) : 0
  const prepublish = Math.max(cacheMaxAge, poll) + poll + skew + more(7200)
  // Not so many keys may be public at a time that verifiers would not take them.
  const tokenLifetime = random.pick([5, 60, 900, 3600].filter((life) => life <= 30 * prepublish))
  const overlap = tokenLifetime + skew + more(10 * prepublish)
  const times: ScheduleOptions = { poll, cacheMaxAge, skew, tokenLifetime, prepublish, overlap }
  return checkSchedule(toSchedule({ ...times, period: prepublish + 2 * poll + more(7200) }))
}

function drawWorld(seed: number, road: Road, spare: boolean): Conditions {
  const random = new Random(seed * 7919)
  const schedule = drawSchedule(random, road.latency === 0 ? [2, 10, 30, 60, 300] : [30, 60, 300], spare)
  const algs = random.pick(ALGS)
  const instances = 2 + random.below(4)
  const added = algs[0] === 'ES256' && algs.length === 1 && random.chance(0.3) ? { added: 'ES384' } : {}
  return {
    ...{ algs, ...added, schedule, skew: schedule.skew, instances, steps: STEPS },
    road: { ...road, clock: random.chance(0.3) },
  }
}

const TIGHT: Schedule = checkSchedule({
  ...{ poll: 60, cacheMaxAge: 300, skew: 5, tokenLifetime: 60 },
  ...{ prepublish: 365, overlap: 65, period: 485 },
})
const BASE: Conditions = {
  ...{ algs: ['ES256'], schedule: TIGHT, skew: 5, road: DIRECT, instances: 3, steps: STEPS },
  without: ['revoke'],
}

/** Instances that sign, next to some that publish as they should. */
const beside = (signing: Omit<Member, 'signs' | 'publishes'>): readonly Member[] => [
  { ...signing, signs: true, publishes: false },
  { schedule: TIGHT, signs: false, publishes: true },
]

const WORLDS: readonly (readonly [name: string, (seed: number) => Conditions])[] = [
  ['the tightest times', (seed) => drawWorld(seed, DIRECT, false)],
  ['times with something to spare', (seed) => drawWorld(seed + 10_000, DIRECT, true)],
  ['a slow store', (seed) => drawWorld(seed + 20_000, SLOW, seed % 3 === 0)],
  ['suspended processes', (seed) => drawWorld(seed + 30_000, STALLING, seed % 3 === 0)],
  ['a world in which the controls are put', () => ({ ...BASE, members: beside({ schedule: TIGHT }) })],
]

/** The figures of several histories together. */
function add(total: Figures, figures: Figures): void {
  for (const name of Object.keys(total) as (keyof Figures)[]) {
    total[name] = name === 'rows' ? Math.max(total[name], figures[name]) : total[name] + figures[name]
  }
}

/** What there was to see in all histories of a world, and the first promise that was broken, as text. */
async function liveAll(world: (seed: number) => Conditions): Promise<{ total: Figures; broken?: string }> {
  const total = noFigures()
  for (const seed of SEEDS) {
    const { figures, violation } = await live(world(seed), seed)
    add(total, figures)
    if (violation === undefined) continue
    const times = JSON.stringify(world(seed))
    const trace = violation.trace.join('\n')
    return {
      total,
      broken: `${violation.invariant}: ${violation.what}\nCOUNTERSIGN_MODEL_SEED=${seed} ${times}\n${trace}`,
    }
  }
  return { total }
}

// Before the first test there is: from then on Node's test runner follows every promise, and histories are made of nothing
// else, so that each would take half as long again.
const LIVED: (readonly [name: string, lived: Awaited<ReturnType<typeof liveAll>>])[] = []
for (const [name, world] of WORLDS) LIVED.push([name, await liveAll(world)])

for (const [name, { total, broken }] of LIVED) {
  test(`rings keep their promises in every history of ${name}`, (t) => {
    if (broken !== undefined) assert.fail(broken)
    t.diagnostic(`${SEEDS.length} histories: ${JSON.stringify(total)}`)
    if (ONLY === undefined) {
      for (const [what, count] of Object.entries(total)) {
        if (!['rows', 'revocations', 'days'].includes(what)) assert.ok(count > LEAST, `there were hardly any: ${what}`)
      }
    }
  })
}

/** A world that must not be: what is wrong with it, and which promises it breaks. */
interface Control {
  readonly name: string
  readonly breaks: readonly Invariant[]
  readonly conditions: Conditions
}

const CONTROLS: readonly Control[] = [
  {
    name: 'keys that need not be public before they sign',
    breaks: ['an unpublished key never signs', 'a valid token is never refused'],
    conditions: { ...BASE, members: beside({ schedule: { ...TIGHT, prepublish: 0 } }) },
  },
  {
    name: 'keys that are gone as soon as they no longer sign',
    breaks: ['a valid token is never refused'],
    conditions: { ...BASE, members: beside({ schedule: { ...TIGHT, overlap: 0 } }) },
  },
  {
    name: 'clocks that differ by more than they may',
    breaks: ['an unpublished key never signs', 'a valid token is never refused'],
    conditions: { ...BASE, skew: 200 },
  },
  {
    name: 'instances that sign however long they have not seen the store',
    breaks: ['a valid token is never refused'],
    conditions: { ...BASE, members: beside({ schedule: TIGHT, heedless: true }) },
  },
]

for (const { name, breaks, conditions } of CONTROLS) {
  test(`the model finds ${name}`, async (t) => {
    for (const only of breaks) {
      let seed = 0
      let violation: Violation | undefined
      while (violation === undefined && ++seed <= CONTROLLED) {
        violation = (await live({ ...conditions, only }, seed)).violation
      }
      assert.ok(violation, `no history of ${CONTROLLED} shows that ${only}, where it is not so`)
      t.diagnostic(`history ${seed}: ${only}: ${violation.what}`)
    }
  })
}
