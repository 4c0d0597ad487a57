import type { Bytes } from '../bytes.ts'
import type { Backend } from '../crypto/backend.ts'
import { printable } from '../diagnosis/exact-json.ts'
import { ACCESS_TOKEN } from '../profile/access-token.ts'
import { DPOP_PROOF } from '../profile/dpop-proof.ts'
import { ID_TOKEN } from '../profile/id-token.ts'
import type { Kind as Described } from '../profile/kind.ts'
import { guessSecret } from './common-secrets.ts'
import type { Context, Hit, Kind, Profile, Rule, RuleInfo, Severity, Weight } from './rule.ts'
import { SEVERITIES } from './rule.ts'
import { RULES } from './rules.ts'
import type { SetSubject, Subject, TokenSubject } from './subject.ts'

/** Something that a rule found. */
export interface Finding {
  readonly rule: string
  readonly severity: Severity
  /** `header.jku`, `payload.exp`, `keys[1].use`; empty for the whole. */
  readonly path: string
  readonly message: string
  readonly spec: string
  readonly fix: string
}

/** How many findings there are of each severity. */
export type Summary = Readonly<Record<Severity, number>>

/** What is looked at with what is known, and what the rules weigh. */
export interface Setup {
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

/** Looks at a token, a key or a set by every rule. */
export async function lintSubject(subject: Subject, setup: Setup, backend: Backend): Promise<readonly Finding[]> {
  const context = await toContext(subject, setup, backend)
  const found = RULES.flatMap((rule) => weighed(rule, hitsOf(rule, subject, context), subject, context, setup))
  return inOrder(found)
}

function* hitsOf(rule: Rule, subject: Subject, context: Context): Generator<Hit> {
  if (subject.kind === 'token') yield* rule.token?.(subject, context) ?? []
  else if (subject.kind === 'key') yield* rule.key?.(subject, context) ?? []
  else {
    yield* rule.set?.(subject, context) ?? []
    for (const key of subject.keys) yield* rule.key?.(key, context) ?? []
  }
}

/** Looks at the strength of a secret by itself. */
export async function lintSecret(secret: Bytes, setup: Setup, backend: Backend): Promise<readonly Finding[]> {
  const context = { ...NOTHING_KNOWN, now: setup.now, backend }
  return inOrder(
    RULES.flatMap((rule) => weighed(rule, rule.secret?.(secret, context) ?? [], undefined, context, setup)),
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

/** So many findings of one rule on one thing are told; then that there are more. */
const MOST_HITS = 20

/** What became of the hits of a rule: what the caller says that it weighs counts before all else. */
function weighed(
  rule: RuleInfo,
  hits: Iterable<Hit>,
  subject: Subject | undefined,
  { kind }: Pick<Context, 'kind'>,
  { weights = {} }: Pick<Setup, 'weights'>,
): readonly Finding[] {
  const said = Object.hasOwn(weights, rule.id) ? weights[rule.id] : undefined
  // What a token is by its own account switches rules off, whatever else it is held to.
  const own = subject?.kind === 'token' ? kindOf(subject) : undefined
  const isOff =
    (own !== undefined && rule.kinds?.[own] === 'off') || (kind !== undefined && rule.kinds?.[kind] === 'off')
  if (said === 'off' || (said === undefined && isOff)) return []
  const forKind = kind === undefined ? undefined : rule.kinds?.[kind]
  const findings: Finding[] = []
  let more = 0
  for (const hit of hits) {
    if (findings.length === MOST_HITS) more++
    else
      findings.push(
        toFinding(rule, hit, said ?? hit.severity ?? (forKind === 'off' ? undefined : forKind) ?? rule.severity),
      )
  }
  const last = findings.at(-1)
  if (more > 0 && last) findings[MOST_HITS - 1] = { ...last, message: `${last.message} And ${more} more.` }
  return findings
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

async function toContext(subject: Subject, setup: Setup, backend: Backend): Promise<Context> {
  const { now, profile, secret, published } = setup
  if (subject.kind !== 'token') return { ...NOTHING_KNOWN, now, profile, published, backend }
  const kind = profile ?? kindOf(subject)
  const guessed = secret === undefined ? await guessSecret(subject, backend) : undefined
  const bytes = secret ?? guessed
  return {
    now,
    profile,
    kind,
    demands: DEMANDS[profile === 'bcp' ? (kindOf(subject) ?? 'bcp') : (kind ?? 'bcp')],
    published,
    secret: bytes && { bytes, from: secret === undefined ? 'guessed' : 'given' },
    backend,
  }
}

/** What kinds of tokens demand, where a profile of this library says so. */
const DEMANDS: Readonly<Partial<Record<Kind, Described>>> = {
  'oidc-id-token': ID_TOKEN,
  rfc9068: ACCESS_TOKEN,
  dpop: DPOP_PROOF,
}

/** What a token is for, by its own account. */
const KINDS: Readonly<Record<string, Kind>> = {
  'at+jwt': 'rfc9068',
  'dpop+jwt': 'dpop',
  'logout+jwt': 'logout',
  'secevent+jwt': 'event',
}

function kindOf({ typ = '' }: TokenSubject): Kind | undefined {
  return Object.hasOwn(KINDS, typ) ? KINDS[typ] : undefined
}
