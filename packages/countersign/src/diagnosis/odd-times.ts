import { type ExactJson, member, numberOf } from './exact-json.ts'
import { toIso } from './moments.ts'
import type { Note } from './told.ts'

/** The claims that are times (RFC 7519 §4.1, OpenID Connect Core 1.0 §2 and §5.1). */
export const TIME_CLAIMS: readonly string[] = ['exp', 'nbf', 'iat', 'auth_time', 'updated_at']

/** The times of a claims set, in the order of the claims. */
export function timesOf(json: ExactJson | undefined): readonly (readonly [name: string, seconds: number])[] {
  return TIME_CLAIMS.flatMap((name) => {
    const seconds = numberOf(member(json, name))
    return seconds === undefined || toIso(seconds) === undefined ? [] : [[name, seconds] as const]
  })
}

/** The first second that is more likely a number of something smaller: in the year 5138. */
export const FAR = 1e11
/** The last that is more likely a span of time: in 1973, before any token. */
const NEAR = 1e8
const SMALLER: readonly (readonly [unit: string, inSecond: number])[] = [
  ['milliseconds', 1e3],
  ['microseconds', 1e6],
  ['nanoseconds', 1e9],
]
const NUMERIC_DATE = 'times are numbers of seconds. (RFC 7519 §2)'

/** What is odd about the times of a claims set. */
export function oddTimes(json: ExactJson | undefined): readonly Note[] {
  return TIME_CLAIMS.flatMap((name): Note[] => {
    const value = member(json, name)
    const odd = value === undefined ? undefined : oddTime(name, value)
    return odd === undefined ? [] : [{ code: 'CS_NOTE_TIME', message: odd }]
  })
}

/** What is odd about a time, in words; nothing where it is a moment that a token may have. */
export function oddTime(name: string, value: ExactJson): string | undefined {
  const seconds = numberOf(value)
  if (seconds === undefined) {
    const what =
      value.kind === 'literal' ? String(value.value) : `${value.kind === 'string' ? 'a' : 'an'} ${value.kind}`
    return `${name} is ${what} and not a number: ${NUMERIC_DATE}`
  }
  if (seconds < 0) return `${name} lies before 1970${toIso(seconds) === undefined ? '' : ` (${toIso(seconds)})`}.`
  if (seconds < NEAR) return `${name} looks like a span and not a moment (${toIso(seconds)}); ${NUMERIC_DATE}`
  if (seconds < FAR) return undefined
  const [unit, inSecond] = SMALLER.find(([, size]) => seconds < FAR * size) ?? []
  if (unit === undefined || inSecond === undefined) return `${name} is further away than any date: ${NUMERIC_DATE}`
  return `${name} looks like ${unit} (${toIso(Math.trunc(seconds / inSecond))}); ${NUMERIC_DATE}`
}
