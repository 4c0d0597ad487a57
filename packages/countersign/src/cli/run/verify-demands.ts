import { askedOf } from '../../judge/claims.ts'
import type { Demands, Profile, Terms } from '../../judge/terms.ts'
import type { CallOf } from '../call.ts'
import { signatureNames } from '../given/key-sources.ts'
import { parseDuration, parseTime } from '../given/times.ts'
import { usage } from '../line/usage.ts'
import type { VerifyNames } from '../rows/tokens.ts'

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
    algorithms: signatureNames(values.alg),
    crit: namesOf(values.crit, '--crit')?.filter((name) => name !== 'b64'),
    profile,
    asked,
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
