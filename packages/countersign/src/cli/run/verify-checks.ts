import { type ClaimsPolicy, type Expected, type FurtherChecks, toPolicy, validate } from '../../claims.ts'
import { toSpan } from '../../diagnosis/moments.ts'
import type { Note } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import type { JoseHeader } from '../../header.ts'
import { type JsonObject, own } from '../../json.ts'
import type { ErrorCode } from '../../messages.ts'
import type { CallOf } from '../call.ts'
import type { VerifyingKeys } from '../key-sources.ts'
import type { VerifyNames } from '../rows/tokens.ts'
import { parseDuration, parseTime } from '../times.ts'
import { usage } from '../usage.ts'

/** One thing that was asked of a token, and what came of it. */
export interface Check {
  readonly name: string
  readonly status: 'pass' | 'fail' | 'unchecked'
  readonly code?: string
  readonly expected?: string | number
  readonly actual?: string | number
  readonly alg?: string
  readonly kid?: string
  readonly source?: string
  readonly thumbprint?: string
}

/** What a command line demands of the claims. */
export interface Demands {
  /** Epoch seconds, whole. */
  readonly now: number
  readonly leeway: number
  readonly policy: ClaimsPolicy
  readonly audience: Expected
  /** Whether something is demanded that only claims can have. */
  readonly wantsClaims: boolean
  /** The names of what is demanded, beside times. */
  readonly asked: readonly string[]
  /** @throws {JoseError} with every fault */
  hold(claims: JsonObject, header: JoseHeader, keys: VerifyingKeys, token: string | JsonObject): Promise<void>
  /** @throws {JoseError} where claims are demanded and there are none */
  refuseWithoutClaims(): void
  /** Whether the token was accepted only because the command was told to be lenient. */
  lenience(claims: JsonObject | undefined): readonly Note[]
}

/** @throws {CommandError} `CS_USAGE` */
export function toDemands(call: CallOf<VerifyNames>): Demands {
  const { values, host } = call
  const leeway = values.leeway === undefined ? 30 : parseDuration(values.leeway, '--leeway')
  const now = momentOf(values.at, host.now())
  const maxAge = values['max-age'] === undefined ? undefined : parseDuration(values['max-age'], '--max-age')
  const required = values.require === undefined ? [] : namesOf(values.require)
  const { profile } = values
  const further: FurtherChecks | undefined = undefined
  const policy = toPolicy(
    {
      ...(values.sub !== undefined && { subject: values.sub }),
      typ: values.typ ?? 'any',
      requiredClaims: required,
      requireExp: false,
      ignoreExp: values['allow-expired'],
      ...(maxAge !== undefined && { maxAge }),
      clockTolerance: leeway,
      now: () => now,
    },
    further,
  )
  const audience: Expected = values.aud.length > 0 ? values.aud : undefined
  if (values.iss !== undefined && values.issuer !== undefined && values.iss !== values.issuer)
    throw usage(
      '--iss and --issuer name two issuers: the keys of one say nothing about the tokens of the other',
      'verify',
    )
  const iss = values.iss ?? values.issuer
  const asked = [
    ...(iss === undefined ? [] : ['iss']),
    ...(audience ? ['aud'] : []),
    ...(values.sub === undefined ? [] : ['sub']),
    ...(values.typ === undefined ? [] : ['typ']),
    ...required,
    ...(maxAge === undefined ? [] : ['iat']),
  ]
  return {
    now,
    leeway,
    policy,
    audience,
    asked: [...new Set(asked)],
    wantsClaims: asked.some((name) => name !== 'typ') || profile !== undefined,
    async hold(claims, header) {
      validate(claims, header.typ, policy, iss === undefined ? undefined : [iss], audience)
    },
    refuseWithoutClaims() {
      if (!this.wantsClaims) return
      throw new JoseError('CS_MALFORMED', 'the payload is no claims set, and claims are demanded', {
        hint: 'leave out the demands on claims, or pass a token that has some.',
      })
    },
    lenience: (claims) => lenience(claims, now, leeway, values['allow-expired']),
  }
}

function momentOf(at: string | undefined, now: number): number {
  const moment = at === undefined ? Math.floor(now) : parseTime(at, '--at', now)
  if (moment === undefined) throw usage('--at is a moment, and never is none', 'verify')
  return moment
}

function namesOf(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.some((name) => name === '')) throw usage('--require is a list of names with commas: exp,aud', 'verify')
  return names
}

function lenience(claims: JsonObject | undefined, now: number, leeway: number, allowExpired: boolean): readonly Note[] {
  const [exp, nbf] = ['exp', 'nbf'].map((name) => own(claims ?? {}, name))
  const notes: Note[] = []
  const say = (message: string): void => void notes.push({ code: 'CS_NOTE_ACCEPTED', message })
  if (typeof exp === 'number' && now >= exp) {
    if (allowExpired && now - leeway >= exp)
      say(`token expired ${toSpan(now - exp)} ago; --allow-expired lets it pass.`)
    else if (now - leeway < exp)
      say(`token expired ${toSpan(now - exp)} ago; only the leeway of ${toSpan(leeway)} lets it pass.`)
  }
  if (typeof nbf === 'number' && nbf > now && nbf <= now + leeway)
    say(`token is valid from ${toSpan(nbf - now)} from now; only the leeway of ${toSpan(leeway)} lets it pass.`)
  return notes
}

/** Shown as not checked where nobody asked for them. */
const COMMON = ['iss', 'aud', 'sub', 'typ'] as const

/** What came of each demand, the times first. */
export function claimChecks(
  claims: JsonObject | undefined,
  header: JoseHeader,
  demands: Demands,
  fault: JoseError | undefined,
): readonly Check[] {
  const issues = fault?.issues ?? []
  const failed = (name: string): Check | undefined => {
    const issue = issues.find(({ path }) => path === name || path.startsWith(`${name}.`))
    if (issue === undefined) return undefined
    const { code, expected, actual } = issue
    return {
      name,
      status: 'fail',
      code,
      ...(expected !== undefined && { expected }),
      ...(actual !== undefined && { actual }),
    }
  }
  const has = (name: string): boolean => claims !== undefined && Object.hasOwn(claims, name)
  const times = ['exp', 'nbf'].flatMap((name): Check[] => {
    const waived = name === 'exp' && demands.policy.ignoreExp
    return has(name) ? [failed(name) ?? { name, status: waived ? 'unchecked' : 'pass' }] : []
  })
  const asked = demands.asked.filter((name) => !times.some((check) => check.name === name))
  const others = asked.map((name): Check => failed(name) ?? { name, status: 'pass' })
  const known = new Set(['exp', 'nbf', ...demands.asked])
  const surprising = [...new Set(issues.map(({ path }) => path))]
    .filter((path) => !known.has(path))
    .flatMap((path) => failed(path) ?? [])
  const unchecked = COMMON.filter((name) => !demands.asked.includes(name)).filter((name) =>
    name === 'typ' ? header.typ !== undefined : has(name),
  )
  const unlimited: Check[] =
    claims && !has('exp') && !demands.asked.includes('exp') ? [{ name: 'exp', status: 'unchecked' }] : []
  const lone: Check[] =
    fault && issues.length === 0 ? [{ name: 'claims', status: 'fail', code: fault.code satisfies ErrorCode }] : []
  return [
    ...times,
    ...others,
    ...surprising.filter(({ name }) => !unchecked.some((own_) => own_ === name)),
    ...lone,
    ...unlimited,
    ...unchecked.map((name): Check => failed(name) ?? { name, status: 'unchecked' }),
  ]
}
