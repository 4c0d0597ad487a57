import { checkNames, type Duration, toSeconds } from '../options.ts'

/**
 * The times of a key ring, as {@link checkSchedule} holds them against each other: seconds, or texts such as `'30d'`.
 */
export interface ScheduleOptions {
  /** How long a key signs. Default 30 d. */
  readonly period?: Duration
  /**
   * How long a key is public before it signs, so that every verifier has it by then. Default 24 h, since many verifiers
   * keep a set for longer than they were told; half the period where that is less.
   */
  readonly prepublish?: Duration
  /**
   * How long a key stays public after it signed: seconds, or a text such as `'2h'`. Default `tokenLifetime` and an
   * hour.
   */
  readonly overlap?: Duration
  /** The longest life of a token; signers with this ring refuse to make another. Default 1 h. */
  readonly tokenLifetime?: Duration
  /** How long verifiers may keep the published JWK Set. Default 5 min. */
  readonly cacheMaxAge?: Duration
  /** How often a ring that is in use looks at its store. Default 30 s. */
  readonly poll?: Duration
  /** By how much the clocks of the machines may differ. Default 60 s. */
  readonly skew?: Duration
}

/** The same in seconds. */
export interface Schedule {
  readonly period: number
  readonly prepublish: number
  readonly overlap: number
  readonly tokenLifetime: number
  readonly cacheMaxAge: number
  readonly poll: number
  readonly skew: number
}

/** The options, by name. */
export const SCHEDULE_NAMES: readonly (keyof Schedule)[] = [
  ...(['period', 'prepublish', 'overlap', 'tokenLifetime'] as const),
  ...(['cacheMaxAge', 'poll', 'skew'] as const),
]

const [HOUR, DAY] = [3600, 86_400]
/** Our own remote sets ask no more often, whatever max-age says (seconds). */
export const LEAST_KEPT = 5

/** The times as given, or else by default; whether they can be kept together is for {@link checkSchedule}. */
export function toSchedule(options: ScheduleOptions): Schedule {
  checkNames<ScheduleOptions>(options, SCHEDULE_NAMES, 'the schedule')
  const period = toSeconds(options.period, 'period', 30 * DAY)
  const tokenLifetime = toSeconds(options.tokenLifetime, 'tokenLifetime', HOUR)
  return {
    period,
    tokenLifetime,
    prepublish: toSeconds(options.prepublish, 'prepublish', Math.min(DAY, period / 2)),
    overlap: toSeconds(options.overlap, 'overlap', tokenLifetime + HOUR),
    cacheMaxAge: toSeconds(options.cacheMaxAge, 'cacheMaxAge', 300),
    poll: toSeconds(options.poll, 'poll', 30),
    skew: toSeconds(options.skew, 'skew', 60),
  }
}

/** Our own remote sets take no more keys. */
const MOST_KEYS = 100

/**
 * What has to hold, or some valid token would be refused: a key would sign before every verifier has it, or be gone
 * before its tokens are.
 *
 * @param algs - how many algorithms have keys
 * @throws TypeError that names every inequality that does not hold
 */
export function checkSchedule(schedule: Schedule, algs = 1): Schedule {
  const { poll, tokenLifetime, cacheMaxAge, prepublish, overlap } = schedule
  const broken = [
    ...atLeast(schedule, 'prepublish', ['cacheMaxAge', 'poll', 'skew']),
    ...atLeast(schedule, 'prepublish', ['poll', 'poll', 'skew']),
    ...atLeast(schedule, 'overlap', ['tokenLifetime', 'skew']),
    ...atLeast(schedule, 'period', ['prepublish', 'poll', 'poll']),
  ]
  // Keys change once in a prepublish at most, where every rotation is brought forward.
  const published = algs * (2 + Math.ceil(overlap / prepublish))
  if (published > MOST_KEYS)
    broken.push(`with overlap (${overlap} s) ${published} keys may be public, and verifiers take ${MOST_KEYS}`)
  if (cacheMaxAge < LEAST_KEPT)
    broken.push(`cacheMaxAge (${cacheMaxAge} s) is less than the ${LEAST_KEPT} s for which verifiers keep every set`)
  for (const [name, value] of Object.entries({ poll, tokenLifetime })) {
    if (value === 0) broken.push(`${name} is 0`)
  }
  if (broken.length > 0) throw new TypeError(`the key ring cannot keep its promises: ${broken.join('; ')}`)
  return schedule
}

function atLeast(schedule: Schedule, name: keyof Schedule, others: readonly (keyof Schedule)[]): string[] {
  const sum = others.reduce((total, other) => total + schedule[other], 0)
  if (schedule[name] >= sum) return []
  const parts = others.map((other) => schedule[other]).join(' + ')
  return [`${name} (${schedule[name]} s) is less than ${others.join(' + ')} (${parts} = ${sum} s)`]
}

/**
 * For how long after its last look at the store an instance may sign, in seconds. An early rotation is announced by the
 * {@link notice}; an instance that has not heard of it goes on with the old key, whose tokens still live as long as the
 * overlap has room for them.
 */
export function signingGrace({ poll, overlap, tokenLifetime, skew }: Schedule): number {
  return 2 * poll + overlap - tokenLifetime - skew
}

/**
 * How long before an early rotation it is announced, in seconds: every instance hears of it within two polls, and what is
 * written to the store is there within one more.
 */
export function notice({ poll, skew }: Schedule): number {
  return 3 * poll + skew
}

/**
 * How long before its turn a key is written, in seconds: it is public for `prepublish`, and there within a poll. Whoever
 * looked at the store a moment before counts from then.
 */
export function readiness({ prepublish, poll }: Schedule): number {
  return prepublish + poll
}
