import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'
import { MULTI_FACTOR } from '../accounts/assurance.ts'

type Members = Readonly<Record<string, unknown>>

/** The reasons for a login that a second factor alone is an answer to, where somebody is logged in. */
const STEP_UP: ReadonlySet<string> = new Set(['acr_values', 'essential_acr'])

/** When people are asked to log in: as oidc-provider has it, but for how sure a login has to be. */
export function loginPolicy(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base()
  const { Check } = interactionPolicy
  const login = policy.get('login')
  if (login === undefined) throw new Error('oidc-provider has no login prompt')
  // It would ask again and again for what no login here can bring.
  for (const reason of ['essential_acrs', 'essential_acr']) login.checks.remove(reason)
  const toPrompt = (wanted: boolean, { oidc }: KoaContextWithOIDC): boolean =>
    wanted && oidc.acr !== MULTI_FACTOR ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT
  login.checks.add(
    new Check('acr_values', 'a login with two factors is asked for', 'login_required', (ctx) =>
      toPrompt(prefersTwo(ctx.oidc.params ?? {}), ctx),
    ),
  )
  login.checks.add(
    new Check('essential_acr', 'a login with two factors is demanded', 'login_required', (ctx) => {
      const demanded = demandedOf(ctx.oidc.params ?? {})
      if (demanded !== undefined && !demanded.includes(MULTI_FACTOR))
        throw new errors.UnmetAuthenticationRequirements('there is no login here that is as sure as is demanded')
      return toPrompt(demanded !== undefined, ctx)
    }),
  )
  return policy
}

/** Whether a request wants two factors, by `acr_values` (RFC 9470 §4) or by a claim (OpenID Connect Core §5.5.1.1). */
export function wantsTwo(params: Members): boolean {
  return prefersTwo(params) || demandedOf(params) !== undefined
}

/** Whether somebody who is logged in needs to prove no more than a second factor. */
export function isStepUp(reasons: readonly string[]): boolean {
  return reasons.length > 0 && reasons.every((reason) => STEP_UP.has(reason))
}

function prefersTwo(params: Members): boolean {
  return String(params['acr_values'] ?? '')
    .split(' ')
    .includes(MULTI_FACTOR)
}

/** Of which logins one is demanded, where that is so. @throws {errors.InvalidRequest} */
function demandedOf(params: Members): readonly unknown[] | undefined {
  const { id_token: claims } = toMembers(typeof params['claims'] === 'string' ? JSON.parse(params['claims']) : {})
  const { essential, value, values } = toMembers(toMembers(claims)['acr'])
  if (essential !== true) return undefined
  if (values !== undefined && !Array.isArray(values)) throw new errors.InvalidRequest('the values of acr are no array')
  const demanded = [...(value === undefined ? [] : [value]), ...(values ?? [])]
  return demanded.length > 0 ? demanded : undefined
}

/**
 * Leaves of `claims` what is meant for the login; all else that a client may learn it asks for by scopes, and what we do
 * not know we ignore (OpenID Connect Core §5.5).
 */
export function keepKnownClaims({ oidc }: KoaContextWithOIDC, claims: Members): void {
  const { acr, auth_time: time, sub } = toMembers(claims['id_token'])
  const kept = {
    ...(acr !== undefined && { acr }),
    ...(time !== undefined && { auth_time: time }),
    // As one that has members, and as no other: oidc-provider would fail at that.
    ...(typeof sub === 'object' && sub !== null && { sub }),
  }
  if (oidc.params !== undefined) oidc.params['claims'] = JSON.stringify({ id_token: kept })
}

function toMembers(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {}
}
