import { show } from '../errors.ts'
import { type Duration, toSeconds } from '../options.ts'

/** A moment for {@link testClock}: epoch seconds, or a Date. */
export type Moment = number | { getTime(): number }

/** A clock that stands still until it is told otherwise, as {@link testClock} makes it. */
export interface TestClock {
  /** Its time in epoch seconds; it may be handed on by itself, as the option `now`. */
  readonly now: () => number
  /** Puts it to a moment, later or earlier. @throws {TypeError} for what is no moment */
  set(time: Moment): void
  /**
   * Puts it forward by seconds, or by a text such as `'15m'`.
   *
   * @returns its time from now on, in epoch seconds
   * @throws {TypeError} for what is no duration, a negative one among it
   */
  advance(duration: Duration): number
}

/** @see the door's `testClock` */
export function testClock(start?: Moment): TestClock {
  let time = start === undefined ? Math.floor(Date.now() / 1000) : toEpochSeconds(start)
  return {
    now: () => time,
    set(moment) {
      time = toEpochSeconds(moment)
    },
    advance(duration) {
      time += toSeconds(duration, 'the duration to advance by')
      return time
    },
  }
}

function toEpochSeconds(moment: unknown): number {
  const seconds = isDate(moment) ? moment.getTime() / 1000 : moment
  if (typeof seconds === 'number' && Number.isFinite(seconds)) return seconds
  throw new TypeError(`the time is epoch seconds or a Date, not ${show(moment)}`)
}

function isDate(value: unknown): value is { getTime(): number } {
  return typeof value === 'object' && value !== null && typeof (value as { getTime?: unknown }).getTime === 'function'
}
