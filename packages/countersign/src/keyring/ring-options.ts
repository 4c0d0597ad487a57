import { SIGNATURE } from '../alg/signature.ts'
import { kindOf, show } from '../errors.ts'
import { isObject, withoutUndefined } from '../json.ts'
import { type GenerateOptions, toSpec } from '../key/ops.ts'
import { checkNames, toClock } from '../options.ts'
import { checkSchedule, SCHEDULE_NAMES, type Schedule, type ScheduleOptions, toSchedule } from './schedule.ts'
import type { KeyStore } from './store.ts'

/** An algorithm of {@link createKeyRing}, with what its keys are to be like. */
export interface RingAlgorithm extends Pick<GenerateOptions, 'bits' | 'crv'> {
  /** The algorithm in JOSE, such as `RS256`. */
  readonly alg: string
}

/** Options of {@link createKeyRing}; durations are seconds or texts such as `'30d'`. */
export interface KeyRingOptions extends ScheduleOptions {
  /** The algorithm to sign with. */
  readonly alg?: string | RingAlgorithm
  /** The algorithms to sign with, in place of `alg`, where there are several; each has keys of its own. */
  readonly algs?: readonly (string | RingAlgorithm)[]
  /** Where the keys are kept: `memoryStore`, `fileStore`, or one of yours ({@link KeyStore}). */
  readonly store: KeyStore
  /** The time in epoch seconds. Default: the system clock. A store that has a time of its own counts before it. */
  now?(): number
}

/** What a ring is made of, checked. */
export interface RingSettings {
  readonly algs: readonly RingAlgorithm[]
  readonly schedule: Schedule
  readonly store: KeyStore
  readonly now: () => number
}

const NAMES = ['alg', 'algs', 'store', 'now', ...SCHEDULE_NAMES] as const

/**
 * @see the door's `createKeyRing`
 * @throws {TypeError} for an option that is not what it should be
 */
export function toSettings(options: KeyRingOptions): RingSettings {
  checkNames<KeyRingOptions>(options, NAMES, 'createKeyRing')
  const { alg, algs, store, now, ...times } = options
  if ((alg === undefined) === (algs === undefined)) throw new TypeError('give alg, or several in algs')
  if (algs !== undefined && (!Array.isArray(algs) || algs.length === 0))
    throw new TypeError('algs is an array of at least one algorithm')
  const chosen = (algs ?? [alg as string]).map(toRingAlgorithm)
  const names = chosen.map((one) => one.alg)
  if (new Set(names).size < names.length) throw new TypeError('algs names an algorithm twice')
  const secrets = names.filter((name) => SIGNATURE.get(name)?.kty.includes('oct')).length
  if (secrets > 0 && secrets < names.length)
    throw new TypeError('algs names HMACs beside signatures: a ring holds secrets or key pairs, and never both')
  for (const method of ['list', 'exclusive'] as const) {
    if (!isObject(store) || typeof store[method] !== 'function')
      throw new TypeError(`store is ${kindOf(store)} without a method ${method}: give memoryStore() or fileStore(…)`)
  }
  return { algs: chosen, schedule: checkSchedule(toSchedule(times), chosen.length), store, now: toClock(now) }
}

function toRingAlgorithm(value: unknown): RingAlgorithm {
  const given = typeof value === 'string' ? { alg: value } : value
  checkNames<RingAlgorithm>(given, ['alg', 'bits', 'crv'], 'an algorithm of a ring')
  if (!SIGNATURE.has(given.alg))
    throw new TypeError(`alg ${show(given.alg)} is none of ${[...SIGNATURE.keys()].join(', ')}`)
  const { alg, ...options } = given
  toSpec(alg, options) // what cannot be made is refused now, and not at some rotation
  return withoutUndefined({ ...given })
}
