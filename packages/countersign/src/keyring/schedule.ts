import { checkNames, type Duration, toSeconds } from '../options.ts'

/** The times of a key ring: seconds, or texts such as `'30d'`. */
export interface ScheduleOptions {
  /** How long a key signs. Default 30 d. */
  readonly period?: Duration
  /**
   * How long a key is public before it signs, so that every verifier has it by then. Default 24 h, since many verifiers
   * keep a set for longer than they were told; half the period where that is less.
   */
  readonly prepublish?: Duration
  /** How long a key stays public after it signed. Default `tokenLifetime` and an hour. */
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

/**
 * What has to hold, or some valid token would be refused: a key would sign before every verifier has it, or be gone
 * before its tokens are.
 *
 * @throws TypeError that names every inequality that does not hold
 */
export function checkSchedule(schedule: Schedule): Schedule {
  const { poll, tokenLifetime, cacheMaxAge } = schedule
  const broken = [
    ...atLeast(schedule, 'prepublish', ['cacheMaxAge', 'poll', 'skew']),
    ...atLeast(schedule, 'overlap', ['tokenLifetime', 'skew']),
    ...atLeast(schedule, 'period', ['prepublish', 'poll']),
  ]
  for (const [name, value] of Object.entries({ poll, tokenLifetime, cacheMaxAge })) {
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
 * For how long after its last look at the store an instance may sign, in seconds. An early rotation is announced two
 * polls and the skew ahead; an instance that has not heard of it goes on with the old key, whose tokens still live as
 * long as the overlap has room for them.
 */
export function signingGrace({ poll, overlap, tokenLifetime, skew }: Schedule): number {
  return 2 * poll + overlap - tokenLifetime - skew
}

/** How long before an early rotation every instance has to hear of it, in seconds. */
export function notice({ poll, skew }: Schedule): number {
  return 2 * poll + skew
}
