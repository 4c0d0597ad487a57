import type { TimeZone } from '../diagnosis/moments.ts'
import { usage } from './usage.ts'

const UNIT: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
const SPAN = /^(\d{1,9}(?:\.\d{1,3})?)([smhdw])/

/** Seconds of a span such as `15m` or `2h30m`; nothing for what is none. */
function toSeconds(text: string): number | undefined {
  let rest = text
  let seconds = 0
  while (rest !== '') {
    const [found, digits, unit] = SPAN.exec(rest) ?? []
    if (found === undefined) return undefined
    seconds += Number(digits) * (UNIT[unit ?? ''] ?? 0)
    rest = rest.slice(found.length)
  }
  return text === '' ? undefined : seconds
}

/** A duration: `30s`, `2h30m`, or a number of seconds. @throws {CommandError} `CS_USAGE` */
export function parseDuration(text: string, what: string): number {
  const seconds = /^\d{1,12}$/.test(text) ? Number(text) : toSeconds(text)
  if (seconds === undefined || seconds > Number.MAX_SAFE_INTEGER)
    throw usage(`${what} is a duration such as 30s, 15m or 2h30m`)
  return seconds
}

const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/i

/**
 * A moment: a span from now (`15m`, or `-5m` for before now), `@` epoch seconds, ISO 8601, or `now`. Without an offset it
 * is UTC.
 *
 * @returns whole epoch seconds; nothing for `never`
 * @throws {CommandError} `CS_USAGE`
 */
export function parseTime(text: string, what: string, now: number): number | undefined {
  if (text === 'never') return undefined
  if (text === 'now') return Math.floor(now)
  const span = toSeconds(text.replace(/^[+-]/, ''))
  if (span !== undefined) return Math.floor(now) + (text.startsWith('-') ? -1 : 1) * Math.floor(span)
  if (/^@-?\d{1,12}$/.test(text)) return Number(text.slice(1))
  if (ISO.test(text)) {
    const withZone = /Z$|[+-]\d\d:?\d\d$/i.test(text.slice(10)) ? text : `${text}${text.length === 10 ? '' : 'Z'}`
    const seconds = Date.parse(withZone.replace(' ', 'T')) / 1000
    if (!Number.isNaN(seconds)) return Math.floor(seconds)
  }
  const hint = /^\d+$/.test(text) ? `for epoch seconds write @${text}; for a span from now ${text}s.` : undefined
  throw usage(`${what} is a time such as 15m, 7d, @1767225600, 2026-11-21T22:50:00Z, now or never`, '', hint)
}

/** @throws {CommandError} `CS_USAGE` */
export function parseZone(text: string): TimeZone {
  if (text === 'local' || text === 'utc') return text
  const [, sign, hours = '', minutes = '0'] = /^([+-])(\d\d):?(\d\d)$/.exec(text) ?? []
  if (sign === undefined || Number(hours) > 14 || Number(minutes) > 59)
    throw usage(
      '--tz is local, utc, or an offset such as +02:00',
      '',
      'write an offset behind an equals sign: --tz=-05:00',
    )
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}
