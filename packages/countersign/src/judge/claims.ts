import { type Expected, toPolicy, validate } from '../claims.ts'
import { toSpan } from '../diagnosis/moments.ts'
import type { Note } from '../diagnosis/told.ts'
import { JoseError } from '../errors.ts'
import { type JsonObject, own } from '../json.ts'
import type { Asked, Demands, Fault, Profile, Signed, Terms } from './terms.ts'

/** What is demanded by name, by the terms and by the profile. */
export function askedOf(
  { issuer, audience, subject, typ, maxAge, required }: Terms,
  profile: Profile | undefined,
): Asked {
  const asked = new Map<string, 'value' | 'presence'>()
  const flags = { iss: issuer, aud: audience[0], sub: subject, typ, iat: maxAge }
  for (const [name, value] of Object.entries(flags)) if (value !== undefined) asked.set(name, 'value')
  for (const [name, how] of profile?.asked ?? []) if (asked.get(name) !== 'value') asked.set(name, how)
  for (const name of required) if (!asked.has(name)) asked.set(name, 'presence')
  return asked
}

/** Why the claims of a token, whose signature holds, are refused; nothing where they are not. */
export async function faultOfClaims(signed: Signed, terms: Demands): Promise<Fault | undefined> {
  const { header, claims } = signed
  const { issuer, audience, subject, typ, required, maxAge, profile } = terms
  const policy = toPolicy({
    typ: typ ?? 'any',
    requiredClaims: required,
    requireExp: false,
    ignoreExp: terms.allowExpired,
    clockTolerance: terms.leeway,
    now: () => terms.now,
    ...(subject !== undefined && { subject }),
    ...(maxAge !== undefined && { maxAge }),
  })
  const accepted: Expected = audience.length > 0 ? audience : undefined
  const issuers: Expected = issuer === undefined ? undefined : [issuer]
  const own = await faultOf(() => validate(claims ?? {}, header.typ, policy, issuers, accepted))
  const further = await faultOf(() => profile?.hold(signed))
  const faults = [own, further].filter((fault) => fault !== undefined)
  const [first] = faults
  if (first === undefined) return undefined
  const issues = faults.flatMap((fault) => fault.issues)
  const distinct = issues.filter(
    ({ path, code }, index) => issues.findIndex((other) => other.path === path && other.code === code) === index,
  )
  const whole = faults
    .filter((fault) => fault.issues.length === 0)
    .map((fault) => ({ path: placeOf(fault), code: fault.code }))
  const isWhole = further?.issues.length === 0
  const asked = askedOf(terms, undefined)
  const last = further?.issues.some(({ path }) => !profile?.last?.includes(path)) ? (profile?.last ?? []) : []
  const open = isWhole ? [...(profile?.asked.keys() ?? [])].filter((name) => !asked.has(name)) : last
  return {
    error: claims === undefined ? withoutClaims(first) : first,
    issues: distinct,
    whole,
    open: new Set(open),
  }
}

async function faultOf(work: () => Promise<void> | void): Promise<JoseError | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof JoseError) return error
    throw error
  }
}

/** What a fault is about that names no claim. */
function placeOf({ code, message }: JoseError): string {
  if (code === 'CS_CRIT') return 'crit'
  return code === 'CS_SIGNATURE' || /^jwk /.test(message) ? 'jwk' : 'claims'
}

/** That claims are missing has one reason, where there are none. */
function withoutClaims(error: JoseError): JoseError {
  if (error.code !== 'CS_CLAIM_MISSING') return error
  const names = error.issues.map(({ path }) => path).join(', ')
  return new JoseError(error.code, `the payload is no claims set, so it has no ${names}`, {
    hint: 'claims are a JSON object; ask nothing of them, or pass a token that has some.',
    issues: error.issues,
  })
}

/** Notes on what let a token pass that would have been refused otherwise. */
export function lenience(claims: JsonObject | undefined, terms: Terms): readonly Note[] {
  const { now, leeway, maxAge, allowExpired } = terms
  const [exp, nbf, iat] = ['exp', 'nbf', 'iat'].map((name) => own(claims ?? {}, name))
  const by = `only the leeway of ${toSpan(leeway)} lets it pass`
  const says: string[] = []
  if (typeof exp === 'number' && now >= exp)
    says.push(
      `token expired ${toSpan(now - exp)} ago; ${allowExpired && now - leeway >= exp ? '--allow-expired lets it pass' : by}.`,
    )
  if (typeof nbf === 'number' && nbf > now) says.push(`token is valid from ${toSpan(nbf - now)} from now; ${by}.`)
  if (typeof iat === 'number' && maxAge !== undefined) {
    if (iat > now) says.push(`token was issued ${toSpan(iat - now)} from now; ${by}.`)
    if (now - iat > maxAge)
      says.push(`token was issued ${toSpan(now - iat)} ago, which is more than ${toSpan(maxAge)}; ${by}.`)
  }
  return says.map((message) => ({ code: 'CS_NOTE_ACCEPTED', message }))
}
