import type { JoseError } from '../errors.ts'
import { toIso, toSpan } from './moments.ts'
import { FAR } from './odd-times.ts'
import type { Told } from './told.ts'

/** The last second of an `exp` that has passed which is more likely a span: in 2001, before any token. */
const EARLY = 1e9

/** What was meant by a time that refused a token whose signature is valid. */
export function nearTime({ code, issues }: JoseError): Pick<Told, 'hint'> | undefined {
  const { path, actual } = issues.find((issue) => issue.code === code) ?? {}
  if (typeof actual !== 'number' || path === undefined) return undefined
  if (actual >= FAR && toIso(actual / 1000) !== undefined)
    return {
      hint: `${path} looks like milliseconds (${toIso(Math.floor(actual / 1000))}): have the issuer write seconds. (RFC 7519 §2)`,
    }
  if (code !== 'CS_EXPIRED' || actual < 0 || actual >= EARLY) return undefined
  return {
    hint: `exp is ${actual}, which looks like a span of ${toSpan(actual)}: have the issuer write the moment, in seconds since 1970. (RFC 7519 §4.1.4)`,
  }
}
