import { kindOf, show } from '../errors.ts'
import { type JsonObject, own } from '../json.ts'
import { checkNames, refuseLost, toTexts } from '../options.ts'

/** What a token has to be allowed, as {@link createGuard} and `requires` demand it. */
export interface DemandOptions<Claims> {
  /** The scopes that a token needs, all of them: `'orders:read orders:write'` or an array. */
  readonly scope?: string | readonly string[]
  /** The roles of which a token needs one. */
  readonly roles?: string | readonly string[]
  /** Where the roles are. Default: the claim `roles`. */
  rolesOf?(claims: Claims): readonly string[] | undefined
}

export const DEMAND_NAMES = ['scope', 'roles', 'rolesOf'] as const

/** Checked demands. */
export interface Demands {
  readonly scope: readonly string[]
  /** Sets of roles; of each a token needs one. Where a token has them stays with the set that was written beside it. */
  readonly roles: readonly { readonly names: readonly string[]; readonly rolesOf: RolesOf | undefined }[]
  readonly rolesOf: RolesOf | undefined
}

type RolesOf = (claims: unknown) => unknown

/** A scope token (RFC 6749 §3.3). */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** Demands, added to those that count already. @throws {TypeError} */
export function toDemands(options: DemandOptions<never>, before?: Demands): Demands {
  refuseLost(options, DEMAND_NAMES)
  const scope = options.scope === undefined ? [] : toScopes(options.scope)
  const rolesOf = options.rolesOf === undefined ? before?.rolesOf : toRolesOf(options.rolesOf, options)
  const roles = options.roles === undefined ? [] : [{ names: toTexts(options.roles, 'roles'), rolesOf }]
  return Object.freeze({
    scope: Object.freeze([...new Set([...(before?.scope ?? []), ...scope])]),
    roles: Object.freeze([...(before?.roles ?? []), ...roles]),
    rolesOf,
  })
}

function toRolesOf(rolesOf: unknown, options: object): RolesOf {
  if (typeof rolesOf !== 'function') throw new TypeError(`rolesOf is ${kindOf(rolesOf)} and not a function`)
  if (rolesOf.constructor.name === 'AsyncFunction')
    throw new TypeError('rolesOf is an async function: give one that reads the roles from the claims')
  return rolesOf.bind(options) as RolesOf
}

/** Demands of one route. @throws {TypeError} for none */
export function toFurther(options: unknown, before: Demands): Demands {
  checkNames<DemandOptions<never>>(options, DEMAND_NAMES, 'requires')
  if (options.scope === undefined && options.roles === undefined)
    throw new TypeError('requires takes a scope, or roles: it would demand nothing')
  return toDemands(options, before)
}

function toScopes(value: unknown): readonly string[] {
  const scopes = toTexts(typeof value === 'string' ? value.split(' ') : value, 'scope')
  for (const scope of scopes) {
    if (!SCOPE.test(scope)) throw new TypeError(`scope names ${show(scope)}, which is no scope (RFC 6749 §3.3)`)
  }
  return scopes
}

/** What a token lacks, in words for its owner; nothing where it is allowed what is demanded. */
export function lacking(claimsSet: JsonObject, claims: unknown, { scope, roles }: Demands): string | undefined {
  const granted = scope.length > 0 ? scopesOf(claimsSet) : new Set()
  const missing = scope.filter((name) => !granted.has(name))
  if (missing.length > 0) return `the token lacks the scope ${missing.join(' ')}`
  const wanted = roles.find(({ names, rolesOf }) => {
    const held = texts(rolesOf ? rolesOf(claims) : own(claimsSet, 'roles'))
    return !names.some((name) => held.includes(name))
  })?.names
  return wanted && `the token ${wanted.length === 1 ? 'lacks the role' : 'has none of the roles'} ${wanted.join(', ')}`
}

/** The scopes of a token: `scope` as text (RFC 8693 §4.2), or `scp` as some issuers have it; each may be text or an array. */
function scopesOf(claimsSet: JsonObject): ReadonlySet<string> {
  const [scope, scp] = [own(claimsSet, 'scope'), own(claimsSet, 'scp')]
  return new Set([scope, scp].flatMap((value) => (typeof value === 'string' ? value.split(' ') : texts(value))))
}

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? Array.from(value).filter((item) => typeof item === 'string') : []
