import { type Expected, toPolicy, validate } from '../../claims.ts'
import { toSpan } from '../../diagnosis/moments.ts'
import type { Note } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import { type JsonObject, own } from '../../json.ts'
import type { CallOf } from '../call.ts'
import { namedAlgorithms } from '../given/key-sources.ts'
import { parseDuration, parseTime } from '../given/times.ts'
import { usage } from '../line/usage.ts'
import type { VerifyNames } from '../rows/tokens.ts'
import type { Asked, Demands, Fault, Profile, Signed, Terms } from './verify-terms.ts'

/** @throws {CommandError} `CS_USAGE` */
export async function toDemands(call: CallOf<VerifyNames>): Promise<Demands> {
  const { values, host } = call
  const terms: Terms = {
    now: momentOf(values.at, host.now()),
    leeway: parseDuration(values.leeway ?? '30s', '--leeway'),
    maxAge: values['max-age'] === undefined ? undefined : parseDuration(values['max-age'], '--max-age'),
    allowExpired: values['allow-expired'],
    issuer: issuerOf(values),
    audience: values.aud,
    subject: values.sub,
    typ: values.typ,
    required: namesOf(values.require, '--require') ?? [],
  }
  if (values.typ === 'any') throw usage('--typ any would demand nothing: leave it out', 'verify')
  const profile = values.profile === undefined ? undefined : await profileOf(values.profile, call, terms)
  const extra = (['nonce', 'htm', 'htu'] as const).find((name) => values[name] !== undefined)
  if (profile === undefined && extra !== undefined)
    throw usage(
      `--${extra} is for a kind of token: --profile ${extra === 'nonce' ? 'oidc-id-token or dpop' : 'dpop'}`,
      'verify',
    )
  const asked = askedOf(terms, profile)
  const wantsClaims = [...asked.keys()].some((name) => name !== 'typ') || profile !== undefined
  if (wantsClaims && values.payload !== undefined)
    throw usage(
      '--payload may be anything, and nothing is demanded of its claims',
      'verify',
      'leave out --iss, --aud, --sub, --require, --max-age, --issuer and --profile, or pass a token that has its payload in it.',
    )
  return {
    ...terms,
    algorithms: namedAlgorithms(values.alg),
    crit: namesOf(values.crit, '--crit')?.filter((name) => name !== 'b64'),
    asked,
    wantsClaims,
    judge: (signed) => judge(signed, terms, profile),
  }
}

async function profileOf(name: string, call: CallOf<VerifyNames>, terms: Terms): Promise<Profile> {
  const { toProfile } = await import('./verify-profiles.ts')
  return toProfile(name, call, terms)
}

/** The issuer that a token has to name: whose keys were asked for is who has to have issued it. */
function issuerOf({ iss, issuer }: CallOf<VerifyNames>['values']): string | undefined {
  if (iss !== undefined && issuer !== undefined && iss !== issuer)
    throw usage(
      '--iss and --issuer name two issuers: the keys of one say nothing about the tokens of the other',
      'verify',
    )
  return iss ?? issuer
}

function momentOf(at: string | undefined, now: number): number {
  const moment = at === undefined ? Math.floor(now) : parseTime(at, '--at', now)
  if (moment === undefined) throw usage('--at is a moment, and never is none', 'verify')
  return moment
}

function namesOf(text: string | undefined, what: string): readonly string[] | undefined {
  const names = text?.split(',').map((name) => name.trim())
  if (names?.includes('')) throw usage(`${what} is a list of names with commas between them`, 'verify')
  return names
}

function askedOf({ issuer, audience, subject, typ, maxAge, required }: Terms, profile: Profile | undefined): Asked {
  const asked = new Map<string, 'value' | 'presence'>()
  const flags = { iss: issuer, aud: audience[0], sub: subject, typ, iat: maxAge }
  for (const [name, value] of Object.entries(flags)) if (value !== undefined) asked.set(name, 'value')
  for (const [name, how] of profile?.asked ?? []) if (asked.get(name) !== 'value') asked.set(name, how)
  for (const name of required) if (!asked.has(name)) asked.set(name, 'presence')
  return asked
}

async function judge(signed: Signed, terms: Terms, profile: Profile | undefined): Promise<Fault | undefined> {
  const { header, claims } = signed
  const { issuer, audience, subject, typ, required, maxAge } = terms
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
