import type { Bytes } from '../bytes.ts'
import type { Backend } from '../crypto/backend.ts'
import { printable } from '../diagnosis/exact-json.ts'
import { ACCESS_TOKEN } from '../profile/access-token.ts'
import { DPOP_PROOF } from '../profile/dpop-proof.ts'
import { ID_TOKEN } from '../profile/id-token.ts'
import { INTROSPECTION } from '../profile/introspection.ts'
import type { Kind as Described } from '../profile/kind.ts'
import { LOGOUT_TOKEN } from '../profile/logout-token.ts'
import { SECURITY_EVENT } from '../profile/security-event.ts'
import { guessSecret } from './common-secrets.ts'
import type { IssuerSubject } from './issuer/subject.ts'
import type { Context, Hit, Kind, Profile, Rule, RuleInfo, Severity, Weight } from './rule.ts'
import { SEVERITIES } from './rule.ts'
import type { SetSubject, Subject, TokenSubject } from './subject.ts'

/** Something that a rule of {@link lint} found. */
export interface Finding {
  /** The id of the rule, such as `CSL001`. */
  readonly rule: string
  /** How much it weighs. */
  readonly severity: Severity
  /** `header.jku`, `payload.exp`, `keys[1].use`; empty for the whole. */
  readonly path: string
  /** What was found, in a sentence. */
  readonly message: string
  /** The section that says so. */
  readonly spec: string
  /** What to do about it. */
  readonly fix: string
}

/** How many findings of {@link lint} there are of each severity. */
export type Summary = Readonly<Record<Severity, number>>

/** What is looked at with what is known, and what the rules weigh. */
export interface Setup {
  /** The rules to look by: the page has no use for those about issuers. */
  readonly rules: readonly Rule[]
  /** Epoch seconds. */
  readonly now: number
  readonly profile?: Profile
  /** By the ids of rules: what they weigh in place of their own. */
  readonly weights?: Readonly<Record<string, Weight>>
  /** What the token was signed with, so that its strength is looked at. */
  readonly secret?: Bytes
  /** A set that the issuer publishes. */
  readonly published?: SetSubject
}

/** Looks at a token, a key, a set or an issuer by rules. */
export async function lintSubject(
  subject: Subject | IssuerSubject,
  setup: Setup,
  backend: Backend,
): Promise<readonly Finding[]> {
  const context = await toContext(subject, setup, backend)
  const found = setup.rules.flatMap((rule) => weighed(rule, hitsOf(rule, subject, context), subject, context, setup))
  return inOrder(found)
}

function* hitsOf(rule: Rule, subject: Subject | IssuerSubject, context: Context): Generator<Hit> {
  if (subject.kind === 'token') yield* rule.token?.(subject, context) ?? []
  else if (subject.kind === 'key') yield* rule.key?.(subject, context) ?? []
  else if (subject.kind === 'issuer') yield* rule.issuer?.(subject, context) ?? []
  else {
    yield* rule.set?.(subject, context) ?? []
    for (const key of subject.keys) yield* rule.key?.(key, context) ?? []
  }
}

/** Looks at the strength of a secret by itself. */
export async function lintSecret(secret: Bytes, setup: Setup, backend: Backend): Promise<readonly Finding[]> {
  const context = { ...NOTHING_KNOWN, now: setup.now, backend }
  return inOrder(
    setup.rules.flatMap((rule) => weighed(rule, rule.secret?.(secret, context) ?? [], undefined, context, setup)),
  )
}

/** Counts findings. */
export function summarize(findings: readonly Finding[]): Summary {
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length
  return { error: count('error'), warn: count('warn'), info: count('info') }
}

/** Findings as they are told: the gravest first, and then by their rules. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  const rank = ({ severity }: Finding): number => SEVERITIES.indexOf(severity)
  return [...findings].sort((a, b) => rank(a) - rank(b) || (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0))
}

/** So many findings of one rule and severity on one thing are told; then how many more there are. */
const MOST_HITS = 20

function weighed(
  rule: RuleInfo,
  hits: Iterable<Hit>,
  subject: Subject | IssuerSubject | undefined,
  context: Pick<Context, 'kind' | 'profile'>,
  setup: Pick<Setup, 'weights'>,
): readonly Finding[] {
  const weight = weightOf(rule, subject, context, setup)
  if (weight === 'off') return []
  const found: Record<Severity, Finding[]> = { error: [], warn: [], info: [] }
  const more: Record<Severity, number> = { error: 0, warn: 0, info: 0 }
  for (const hit of hits) {
    const severity = weight?.always ?? hit.severity ?? weight?.otherwise ?? rule.severity
    if (found[severity].length < MOST_HITS) found[severity].push(toFinding(rule, hit, severity))
    else more[severity]++
  }
  for (const severity of SEVERITIES) {
    const last = found[severity].at(-1)
    if (last && more[severity] > 0)
      found[severity][MOST_HITS - 1] = { ...last, message: `${last.message} There are ${more[severity]} more like it.` }
  }
  return SEVERITIES.flatMap((severity) => found[severity])
}

/**
 * What a rule weighs: what the caller says counts before what a hit says, and that before what is usual for a kind.
 *
 * @returns nothing for its own severity
 */
function weightOf(
  { id, kinds = {} }: RuleInfo,
  subject: Subject | IssuerSubject | undefined,
  { kind, profile }: Pick<Context, 'kind' | 'profile'>,
  { weights = {} }: Pick<Setup, 'weights'>,
): 'off' | { readonly always?: Severity; readonly otherwise?: Severity } | undefined {
  const said = Object.hasOwn(weights, id) ? weights[id] : undefined
  if (said !== undefined) return said === 'off' ? 'off' : { always: said }
  // What is best for every token leaves out what a token, by its own account, need not have.
  const own = profile === 'bcp' && subject?.kind === 'token' ? kindOf(subject) : undefined
  if (own !== undefined && kinds[own] === 'off') return 'off'
  const usual = kind === undefined ? undefined : kinds[kind]
  return usual === undefined || usual === 'off' ? usual : { otherwise: usual }
}

/** @param severity - what it weighs after all */
export function toFinding({ id, spec, fix }: RuleInfo, hit: Hit, severity: Severity): Finding {
  return {
    rule: id,
    severity,
    path: printable(hit.path),
    message: printable(hit.message),
    spec,
    fix: printable(hit.fix ?? fix),
  }
}

const NOTHING_KNOWN = {
  profile: undefined,
  kind: undefined,
  demands: undefined,
  published: undefined,
  secret: undefined,
} as const

async function toContext(subject: Subject | IssuerSubject, setup: Setup, backend: Backend): Promise<Context> {
  const { now, profile, secret, published } = setup
  if (subject.kind !== 'token') return { ...NOTHING_KNOWN, now, profile, published, backend }
  const own = kindOf(subject)
  const demanded = profile === 'bcp' ? own : (profile ?? own)
  const guessed = await guessSecret(subject, backend)
  const bytes = guessed ?? secret
  return {
    now,
    profile,
    kind: profile ?? own,
    demands: demanded && DEMANDS[demanded],
    published,
    secret: bytes && { bytes, from: guessed === undefined ? 'given' : 'guessed' },
    backend,
  }
}

/** What kinds of tokens demand, where a profile of this library says so. */
const DEMANDS: Readonly<Partial<Record<Kind, Described>>> = {
  'oidc-id-token': ID_TOKEN,
  rfc9068: ACCESS_TOKEN,
  dpop: DPOP_PROOF,
  logout: LOGOUT_TOKEN,
  event: SECURITY_EVENT,
  introspection: INTROSPECTION,
}

/** What a token is for, by its own account. */
const KINDS: Readonly<Record<string, Kind>> = {
  'at+jwt': 'rfc9068',
  'dpop+jwt': 'dpop',
  'logout+jwt': 'logout',
  'secevent+jwt': 'event',
  'token-introspection+jwt': 'introspection',
}

function kindOf({ typ = '' }: TokenSubject): Kind | undefined {
  return Object.hasOwn(KINDS, typ) ? KINDS[typ] : undefined
}
