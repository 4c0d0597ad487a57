import { type TimeZone, toIso } from '../../diagnosis/moments.ts'
import { usage } from '../line/usage.ts'

/** The units of a span, the largest first: in a span each stands once, in this order. */
const UNITS: readonly (readonly [unit: string, seconds: number])[] = [
  ['w', 604_800],
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
]
const SPAN = new RegExp(`^${UNITS.map(([unit]) => `(?:(\\d{1,9}(?:\\.\\d{1,3})?)${unit})?`).join('')}$`)

/** Seconds of a span such as `15m` or `2h30m`; nothing for what is none. */
function toSeconds(text: string): number | undefined {
  const found = text === '' ? null : SPAN.exec(text)
  return found ? UNITS.reduce((sum, [, seconds], index) => sum + Number(found[index + 1] ?? 0) * seconds, 0) : undefined
}

/** A duration: `30s`, `2h30m`, or a number of seconds. @throws {CommandError} `CS_USAGE` */
export function parseDuration(text: string, what: string): number {
  const seconds = /^\d{1,12}$/.test(text) ? Number(text) : toSeconds(text)
  if (seconds === undefined) throw usage(`${what} is a duration such as 30s, 15m or 2h30m`, 'times')
  return seconds
}

/** A date, with a time or without; fractions of seconds are left out of what it means. */
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?(?:(Z)|([+-])(\d\d)(?::?(\d\d))?)?)?$/i

/** Epoch seconds of ISO 8601; nothing where there is no such day or hour. Leap seconds have no number (RFC 7519 §2). */
function fromIso(text: string): number | undefined {
  const found = ISO.exec(text)
  if (found === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map((own) => Number(own ?? 0))
  const [sign, hours, minutes] = [found[8], Number(found[9] ?? 0), Number(found[10] ?? 0)]
  if (hour > 23 || minute > 59 || second > 59 || hours > 23 || minutes > 59) return undefined
  const date = new Date(0)
  // Date.UTC takes the first hundred years for those after 1900.
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  const east = (sign === '-' ? -1 : 1) * (hours * 3600 + minutes * 60)
  return date.getTime() / 1000 + hour * 3600 + minute * 60 + second - east
}

/**
 * A moment: a span from now (`15m`, or `-5m` for before now), `@` epoch seconds, ISO 8601, or `now`. Without an offset it
 * is UTC.
 *
 * @returns whole epoch seconds; nothing for `never`
 * @throws {CommandError} `CS_USAGE`
 */
export function parseTime(text: string, what: string, now: number): number | undefined {
  if (text === 'never') return undefined
  const seconds = toMoment(text, Math.floor(now))
  // What no date can say, no reader of the token could either.
  if (seconds !== undefined && toIso(seconds) !== undefined) return seconds
  const isDate = /^\d{4}-\d\d-\d\d/.test(text)
  const hint = /^\d{1,12}$/.test(text)
    ? 'epoch seconds stand behind an @, and a span has a unit: @1767225600, 900s.'
    : isDate
      ? 'look at the day and the hour: there is no such moment. Leap seconds are not counted.'
      : undefined
  throw usage(`${what} is a time such as 15m, 7d, @1767225600, 2026-11-21T22:50:00Z, now or never`, 'times', hint)
}

function toMoment(text: string, now: number): number | undefined {
  if (text === 'now') return now
  const span = toSeconds(text.replace(/^[+-]/, ''))
  if (span !== undefined) return now + (text.startsWith('-') ? -1 : 1) * Math.floor(span)
  return /^@-?\d{1,15}$/.test(text) ? Number(text.slice(1)) : fromIso(text)
}

/** @throws {CommandError} `CS_USAGE` */
export function parseZone(text: string): TimeZone {
  if (text === 'local' || text === 'utc') return text
  const [, sign, hours = '', minutes = '0'] = /^([+-])(\d\d):?(\d\d)$/.exec(text) ?? []
  const east = Number(hours) * 60 + Number(minutes)
  if (sign === undefined || Number(minutes) > 59 || east > (sign === '-' ? 12 : 14) * 60)
    throw usage(
      '--tz is local, utc, or an offset such as +02:00',
      '',
      'write an offset behind an equals sign: --tz=-05:00',
    )
  return sign === '-' ? -east : east
}
