import type { Finding } from '../lint/lint.ts'
import type { Source } from './registry/row.ts'

/** What something is, to {@link explain}. A word may be several things, and has an explanation for each. */
export type ExplanationKind =
  | 'token'
  | 'key'
  | 'set'
  | 'certificate'
  | 'claim'
  | 'header'
  | 'jwk'
  | 'confirmation'
  | 'type'
  | 'algorithm'
  | 'error'
  | 'note'
  | 'rule'
  | 'exit'

/** A member of what {@link explain} tells of: of a header, of claims, of a key, of a certificate; or a key of a set. */
export interface Part {
  /** Where it stands: `header.alg`, `payload.exp`, `keys[0]`. */
  readonly path: string
  /** Its name. */
  readonly name: string
  /** What stands there, in short. Nothing that is anybody's secret is in it. */
  readonly value: string
  /** What that means. */
  readonly meaning: string
  /** The section to read. */
  readonly spec?: string
}

/** What something is in plain words, what it is for, and what to watch, as {@link explain} tells it. */
export interface Explanation {
  /** What kind of thing it is. */
  readonly kind: ExplanationKind
  /** `aud`, `CS_AUD`, `ES256`; of a token and the like what it is in a word or two. */
  readonly name: string
  /** What it is, in a line. */
  readonly title: string
  /** In paragraphs. */
  readonly text: readonly string[]
  /** What it is for. */
  readonly purpose?: string
  /** What to know before relying on it. */
  readonly watch: readonly string[]
  /** The documents and sections to read. */
  readonly spec: readonly string[]
  /** What JSON stands there, in words; of claims and members. */
  readonly type?: string
  /** Its members, of a token and the like. */
  readonly parts?: readonly Part[]
  /** What lint finds. */
  readonly findings?: readonly Finding[]
  /** The registry that has the name. */
  readonly source?: Source
}

/** A line of a table as a sentence. */
export function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(first) ? first : `${first}.`
}

/** `a, b and c`. */
export function listed(texts: readonly string[], last = 'and'): string {
  const [end = '', ...before] = [...texts].reverse()
  return before.length === 0 ? end : `${before.reverse().join(', ')} ${last} ${end}`
}
