import type { Bytes } from '../bytes.ts'
import type { Backend } from '../crypto/backend.ts'
import type { ExactJson } from '../diagnosis/exact-json.ts'
import type { Kind as Described } from '../profile/kind.ts'
import type { IssuerSubject } from './issuer/subject.ts'
import { withoutTokens } from './shown.ts'
import type { KeySubject, SetSubject, TokenSubject } from './subject.ts'

/** How much a finding of {@link lint} weighs. */
export type Severity = 'error' | 'warn' | 'info'

/** What a rule of {@link lint} may be set to. */
export type Weight = Severity | 'off'

/** The names of severities, from the gravest. */
export const SEVERITIES: readonly Severity[] = ['error', 'warn', 'info']

/** What {@link lint} can hold a token to. */
export type Profile = 'bcp' | 'oidc-id-token' | 'rfc9068' | 'dpop'

export const PROFILES: readonly Profile[] = ['bcp', 'oidc-id-token', 'rfc9068', 'dpop']

/** What a token is for, as the caller of {@link lint} says, or as its typ does. */
export type Kind = Profile | 'logout' | 'event' | 'introspection'

/** What a rule is about, beside its check, as {@link rules} lists it. */
export interface RuleInfo {
  /** `CSL001`; it never means anything else. */
  readonly id: string
  /** A name for people and for SARIF: `unsigned`. */
  readonly name: string
  /** How much its findings weigh. */
  readonly severity: Severity
  /** What is wrong, in a line. */
  readonly title: string
  /** Why that matters. */
  readonly text: string
  /** What to do about it. */
  readonly fix: string
  /** The section that says so. */
  readonly spec: string
  /** What it weighs for some kinds of tokens. */
  readonly kinds?: Readonly<Partial<Record<Kind, Weight>>>
}

/** Where something is wrong, and what. */
export interface Hit {
  /** `header.jku`, `payload.exp`, `keys[1].use`, `metadata.token_endpoint`; empty for the whole. */
  readonly path: string
  /** The fact with its values, and with nothing that is anybody's secret. */
  readonly message: string
  /** Where it weighs less, or more, than its rule says. */
  readonly severity?: Severity
  /** What to do where the rule has nothing that fits. */
  readonly fix?: string
}

/** What a check knows beside what it looks at. */
export interface Context {
  /** Epoch seconds. */
  readonly now: number
  readonly profile: Profile | undefined
  /** What the token is for. */
  readonly kind: Kind | undefined
  /** What the kind demands of claims. */
  readonly demands: Described | undefined
  /** A set that the issuer publishes, or that stands beside the token. */
  readonly published: SetSubject | undefined
  /** What the secret is that signs the token, where that is known: it was given, or is one that everybody knows. */
  readonly secret: KnownSecret | undefined
  readonly backend: Backend
}

/** A secret with what is wrong about it. */
export interface KnownSecret {
  readonly bytes: Bytes
  /** It was given, or it was found out. */
  readonly from: 'given' | 'guessed'
}

/** A rule with its checks: it looks at those things that it has a check for. */
export interface Rule extends RuleInfo {
  token?(token: TokenSubject, context: Context): Iterable<Hit>
  /** A key by itself, and each of a set. */
  key?(key: KeySubject, context: Context): Iterable<Hit>
  set?(set: SetSubject, context: Context): Iterable<Hit>
  /** A secret that was given for its strength to be looked at. */
  secret?(secret: Bytes, context: Context): Iterable<Hit>
  /** A live issuer: its metadata, and how it publishes its keys. The set itself is looked at as any other. */
  issuer?(issuer: IssuerSubject, context: Context): Iterable<Hit>
}

/** The place of a member. */
export function memberAt(path: string, name: string): string {
  if (!/^[\w#$-]{1,60}$/.test(name))
    return `${path}[${JSON.stringify(withoutTokens(name.length > 60 ? `${name.slice(0, 60)}…` : name))}]`
  return path === '' ? name : `${path}.${name}`
}

/** A value inside of a value. */
export class Place {
  readonly value: ExactJson
  /** The name of the member that it stands in, if only as an item. */
  readonly name: string
  readonly #above: Place | undefined
  readonly #step: string | number
  #path: string | undefined

  constructor(value: ExactJson, name: string, step: string | number, above?: Place) {
    this.value = value
    this.name = name
    this.#step = step
    this.#above = above
  }

  /** Made when it is asked for, since most values have nothing that is to be told. */
  get path(): string {
    const above = this.#above?.path
    this.#path ??=
      above === undefined
        ? String(this.#step)
        : typeof this.#step === 'number'
          ? `${above}[${this.#step}]`
          : memberAt(above, this.#step)
    return this.#path
  }
}

const NONE: ReadonlySet<ExactJson> = new Set()

/**
 * Every value inside of a value, itself first, in the order in which they are written.
 *
 * @param path - where the value stands
 * @param but - what is left out, with all that is inside of it; more may come to it on the way
 */
export function* everyValue(json: ExactJson, path: string, but: ReadonlySet<ExactJson> = NONE): Generator<Place> {
  const levels: Iterator<Place>[] = [[new Place(json, '', path)].values()]
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const { value: place, done } = level.next()
    if (done) levels.pop()
    else if (!but.has(place.value)) {
      yield place
      if (!but.has(place.value)) levels.push(within(place))
    }
  }
}

function* within(place: Place): Generator<Place> {
  const { value, name } = place
  if (value.kind === 'object') for (const [own, item] of value.members) yield new Place(item, own, own, place)
  if (value.kind === 'array')
    for (const [index, item] of value.items.entries()) yield new Place(item, name, index, place)
}
