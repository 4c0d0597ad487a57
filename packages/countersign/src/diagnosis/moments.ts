/** A moment as people and programs read it. @param seconds - epoch seconds */
export function toIso(seconds: number): string | undefined {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace('.000Z', 'Z')
}

const UNITS: readonly (readonly [unit: string, seconds: number])[] = [
  ['y', 31_557_600],
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
]

/** More seconds than dates reach, by which no years need be counted. */
const AGES = 1e14

/** A span of time in its two largest units: `2h 04m`, `14m 12s`, `3d 01h`. */
export function toSpan(seconds: number): string {
  const whole = Math.floor(Math.abs(seconds))
  if (whole >= AGES) return 'ages'
  const at = UNITS.findIndex(([, size]) => whole >= size)
  const [large, small] = [UNITS[at], UNITS[at + 1]]
  if (large === undefined) return '0s'
  const rest = small === undefined ? 0 : Math.floor((whole % large[1]) / small[1])
  const tail = small === undefined || rest === 0 ? '' : ` ${String(rest).padStart(2, '0')}${small[0]}`
  return `${Math.floor(whole / large[1])}${large[0]}${tail}`
}

/** Where a moment lies: `in 14m 12s`, `2h 04m ago`, `now`. */
export function toWhen(seconds: number, now: number): string {
  const distance = Math.trunc(seconds - now)
  if (distance === 0) return 'now'
  return distance > 0 ? `in ${toSpan(distance)}` : `${toSpan(distance)} ago`
}

/** `local`, `utc`, or minutes east of UTC. */
export type TimeZone = 'local' | 'utc' | number

/** A moment in a time zone, as ISO 8601 with its offset. */
export function inZone(seconds: number, zone: TimeZone): string {
  if (zone === 'utc') return toIso(seconds) ?? String(seconds)
  const date = new Date(seconds * 1000)
  if (Number.isNaN(date.getTime())) return String(seconds)
  const minutes = zone === 'local' ? -date.getTimezoneOffset() : zone
  const shifted = toIso(seconds + minutes * 60)?.slice(0, -1) ?? String(seconds)
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  return `${shifted}${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`
}
