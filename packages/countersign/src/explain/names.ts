import { nearNames } from '../diagnosis/near-text.ts'
import { ALGORITHM_NAMES, explainAlgorithm } from './algorithm.ts'
import { CODES, explainCode, explainRule, RULE_NAMES } from './code.ts'
import { type Explanation, type ExplanationKind, sentence } from './explanation.ts'
import { CLAIMS, CLAIMS_SOURCE } from './registry/claims.ts'
import { CONFIRMATION_SOURCE, CONFIRMATIONS } from './registry/confirmations.ts'
import { HEADER_MEMBERS, HEADER_SOURCE } from './registry/header-members.ts'
import { JWK_MEMBERS, JWK_SOURCE } from './registry/jwk-members.ts'
import type { Registered, Registry, Source } from './registry/row.ts'
import { TYPES } from './registry/types.ts'
import { UNREGISTERED } from './registry/unregistered-claims.ts'

/** Names of one kind: what there is, and what is said about each. */
interface Group {
  readonly names: readonly string[]
  explain(name: string): Explanation | undefined
}

/** In this order a word is explained that is several things. */
const GROUPS: readonly Group[] = [
  ofRegistry('claim', 'a claim', CLAIMS, CLAIMS_SOURCE),
  ofRegistry('header', 'a member of the header', HEADER_MEMBERS, HEADER_SOURCE),
  ofRegistry('jwk', 'a member of a key (JWK)', JWK_MEMBERS, JWK_SOURCE),
  ofRegistry('confirmation', 'a member of cnf', CONFIRMATIONS, CONFIRMATION_SOURCE),
  ofRegistry('type', 'a kind of token (typ)', TYPES),
  ofRegistry('claim', 'a claim that no registry has', UNREGISTERED),
  { names: ALGORITHM_NAMES, explain: explainAlgorithm },
  { names: CODES, explain: explainCode },
  { names: RULE_NAMES, explain: explainRule },
]

/** What is meant more often by a word that is several things than what would stand first. */
const LIKELIER: ReadonlyMap<string, ExplanationKind> = new Map([
  ['crit', 'header'],
  ['jwt', 'type'],
])

function ofRegistry(kind: ExplanationKind, what: string, registry: Registry, source?: Source): Group {
  return {
    names: [...registry.keys()],
    explain(name) {
      const row = registry.get(name)
      return row && ofRow(row, kind, what, source)
    },
  }
}

function ofRow(row: Registered, kind: ExplanationKind, what: string, source: Source | undefined): Explanation {
  const { name, type, meaning, spec, purpose, watch = [] } = row
  const sections = sectionsOf(row)
  return {
    kind,
    name,
    title: `${name}, ${what}`,
    text: [sentence(meaning), ...(sections.length > 0 ? [] : [`${spec} writes it.`])],
    ...(purpose !== undefined && { purpose }),
    watch,
    spec: sections,
    ...(kind !== 'type' && { type }),
    ...(source && { source }),
  }
}

/** The documents that define a name; none where all that is known is who writes it. */
export function sectionsOf({ name, spec }: Registered): readonly string[] {
  return UNREGISTERED.get(name)?.spec === spec && !spec.includes('§') ? [] : spec.split('; ')
}

/** What is known about a claim; nothing for one of somebody's own. */
export function claimRow(name: string): Registered | undefined {
  return CLAIMS.get(name) ?? UNREGISTERED.get(name)
}

/** What is known about a member of a header. */
export function headerRow(name: string): Registered | undefined {
  return HEADER_MEMBERS.get(name)
}

/** Longer than any name. */
const LONGEST = 64

/** All that a word means, the likeliest first; nothing for one that is not known. Upper and lower case do not matter. */
export function meaningsOf(word: string): readonly Explanation[] {
  const bare = word.trim().replace(/^application\//i, '')
  if (bare.length > LONGEST || bare === '') return []
  const exact = explained((name) => name === bare)
  const found = exact.length > 0 ? exact : explained((name) => name.toLowerCase() === bare.toLowerCase())
  if (found.length === 0) return explained((name) => name === `CS_${bare.toUpperCase().replaceAll('-', '_')}`)
  const first = LIKELIER.get(bare.toLowerCase())
  return first === undefined ? found : [...found].sort((a, b) => Number(b.kind === first) - Number(a.kind === first))
}

function explained(isMeant: (name: string) => boolean): readonly Explanation[] {
  return GROUPS.flatMap(({ names, explain }) => names.filter(isMeant).flatMap((name) => explain(name) ?? []))
}

/** Every name that is known, each once. */
export const NAMES: readonly string[] = [...new Set(GROUPS.flatMap(({ names }) => names))]

const FOLDED: ReadonlyMap<string, string> = new Map([...NAMES].reverse().map((name) => [name.toLowerCase(), name]))

/** Names that may be meant by a word that is not known: what is short for it, and what is nearly the same. */
export function namesNear(word: string): readonly string[] {
  const plain = word.trim().toLowerCase()
  const names = [...FOLDED.keys()].reverse()
  const [short = []] = names
    .filter((name) => name.length >= LEAST_SHORT && plain.startsWith(name))
    .sort((a, b) => b.length - a.length)
    .map((name) => [name])
  return [...new Set([...short, ...nearNames(plain, names)])].map((name) => FOLDED.get(name) ?? name)
}

/** As many letters as `iss` has of issuer, and `aud` of audience. */
const LEAST_SHORT = 3
