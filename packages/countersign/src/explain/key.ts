import { CONTENT } from '../alg/content.ts'
import { MANAGEMENT } from '../alg/management.ts'
import { SIGNATURE } from '../alg/signature.ts'
import type { Backend } from '../crypto/backend.ts'
import { type ExactJson, member, printable, textOf } from '../diagnosis/exact-json.ts'
import { describe } from '../diagnosis/told.ts'
import { PRIVATE_MEMBERS } from '../key/jwk.ts'
import type { Key } from '../key/key.ts'
import { thumbprint } from '../key/ops.ts'
import type { Finding } from '../lint/lint.ts'
import { memberAt } from '../lint/rule.ts'
import { kindIn } from '../lint/shown.ts'
import type { KeySubject, SetSubject } from '../lint/subject.ts'
import { run } from '../op.ts'
import { type Explanation, listed, type Part, sentence } from './explanation.ts'
import { JWK_MEMBERS } from './registry/jwk-members.ts'
import { short, shortName, valueText } from './values.ts'

/** What each half of a key is, what is done with it, and how it is kept. */
const HALVES: Readonly<
  Record<Key['kind'], { readonly is: string; readonly sig: string; readonly key: string; readonly keep?: string }>
> = {
  public: {
    is: 'the public half of a pair: everybody may have it, and nobody can sign or decrypt with it',
    sig: 'It checks signatures',
    key: 'It encrypts the keys of tokens',
  },
  private: {
    is: 'the private half of a pair: whoever has it signs, or decrypts, as its owner does',
    sig: 'It signs',
    key: 'It decrypts the keys of tokens',
    keep: 'Keep it to yourself. What is published is its public half.',
  },
  secret: {
    is: 'a shared secret: whoever has it can do all that its owner can',
    sig: 'It signs and checks',
    key: 'It encrypts and decrypts the keys of tokens',
    keep: 'Keep it between those who need it, and publish it nowhere.',
  },
}

/** What a key is and can do. Nothing that is private is in it. */
export async function explainKey(
  subject: KeySubject,
  findings: readonly Finding[],
  backend: Backend,
): Promise<Explanation> {
  const { key, form, exact, fault, path } = subject
  const parts = exact === undefined ? [] : memberParts(exact, path)
  const common = { spec: ['RFC 7517 §4'], parts, findings }
  if (key === undefined)
    return {
      kind: 'key',
      name: 'key',
      title: `a key that is refused (${form})`,
      text: [`It cannot be used: ${printable(fault?.message ?? 'it is none')}.`],
      watch: [],
      ...common,
    }
  const { is, keep } = HALVES[key.kind]
  return {
    kind: 'key',
    name: nameOf(key),
    title: `${titleOf(key)} (${form})`,
    text: [`It is ${is}.`, ...abilities(key), ...(await printOf(key, backend))],
    watch: [...(keep === undefined ? [] : [keep]), ...(key.weakness === undefined ? [] : [sentence(key.weakness)])],
    ...common,
  }
}

function titleOf(key: Key): string {
  if (key.kind === 'secret') return `a secret of ${key.bits / 8} bytes`
  return key.kty === 'RSA' ? `an RSA ${key.kind} key of ${key.bits} bits` : describe(key)
}

/** `RSA 2048`, `P-256`, `secret`. */
function nameOf({ kind, kty, crv, bits, alg }: Key): string {
  if (kind === 'secret') return 'secret'
  return kty === 'RSA' ? `RSA ${bits}` : (crv ?? alg ?? kty)
}

function abilities({ kind, algorithms, alg }: Key): readonly string[] {
  const of = (table: ReadonlyMap<string, unknown>): readonly string[] => algorithms.filter((id) => table.has(id))
  const [sig, management, content] = [of(SIGNATURE), of(MANAGEMENT), of(CONTENT)]
  const does = HALVES[kind]
  const told = [
    ...(sig.length === 0 ? [] : [`${does.sig} by ${listed(sig, 'or')}.`]),
    ...(management.length === 0 ? [] : [`${does.key} by ${listed(management, 'or')}.`]),
    ...(content.length === 0 ? [] : [`As it is, it encrypts content by ${listed(content, 'or')}.`]),
  ]
  if (told.length === 0) return ['It serves no algorithm: what it says about itself leaves none.']
  return alg === undefined && algorithms.length > 1 ? [...told, 'It does not say which of them it is for.'] : told
}

/** That of a secret would let others try secrets out (RFC 7638 §7). */
async function printOf(key: Key, backend: Backend): Promise<readonly string[]> {
  if (key.kind === 'secret') return []
  return [`Its thumbprint is ${await run(thumbprint(key), backend)} (RFC 7638), the same for both halves.`]
}

/** Members that are long and mean nothing to people. */
const NUMBERS = ['n', 'x', 'y', 'pub']
const MOST_PARTS = 50

function memberParts(exact: ExactJson, path: string): readonly Part[] {
  if (exact.kind !== 'object') return []
  return exact.members.slice(0, MOST_PARTS).map(([name, value]): Part => {
    const row = JWK_MEMBERS.get(name)
    return {
      path: printable(memberAt(path, name)),
      name: printable(shortName(name)),
      value: memberText(name, value),
      meaning: row?.meaning ?? 'not registered: readers pass over it',
      ...(row && { spec: row.spec }),
    }
  })
}

function memberText(name: string, value: ExactJson): string {
  if (PRIVATE_MEMBERS.includes(name)) return 'not shown: it is private'
  // Of what nobody has registered, nobody knows that it is public.
  if (!JWK_MEMBERS.has(name)) return `not shown: ${kindIn(value)}`
  const text = textOf(value)
  return NUMBERS.includes(name) && text !== undefined ? `${text.length} characters` : valueText(name, value, 0)
}

/** As many keys as are told one by one. */
const MOST_KEYS = 100

/** What a set of keys is, key by key. */
export function explainSet({ keys, odd }: SetSubject, findings: readonly Finding[]): Explanation {
  const kinds = (['public', 'private', 'secret'] as const).map(
    (kind) => [keys.filter(({ key }) => key?.kind === kind).length, kind] as const,
  )
  const refused = keys.filter(({ key }) => key === undefined).length + odd.length
  const count = keys.length + odd.length
  const many = (some: number): string => (count === 1 ? 'Its one key' : String(some))
  const told = kinds.flatMap(([some, kind]) =>
    some === 0 ? [] : [`${many(some)} ${some === 1 ? 'is' : 'are'} ${kind}`],
  )
  const all = [...told, ...(refused === 0 ? [] : [`${many(refused)} cannot be used`])]
  return {
    kind: 'set',
    name: 'JWK Set',
    title: `a JWK Set of ${count} ${count === 1 ? 'key' : 'keys'}`,
    text: [
      'An issuer publishes such a set so that others can check its tokens, or encrypt to it. A token names one of the keys by its kid.',
      all.length === 0 ? 'It is empty.' : `${count === 1 ? '' : 'Of its keys '}${listed(all)}.`,
    ],
    watch: ['Fetch it again from time to time: a new key is in it before tokens are signed with that.'],
    spec: ['RFC 7517 §5'],
    parts: keys.slice(0, MOST_KEYS).map(keyPart),
    findings,
  }
}

function keyPart({ path, key, exact, fault }: KeySubject): Part {
  const kid = textOf(member(exact, 'kid'))
  const name = kid === undefined ? 'without kid' : `kid ${short(kid)}`
  if (key === undefined) return { path, name, value: 'refused', meaning: printable(fault?.message ?? 'it is no key') }
  const { algorithms } = key
  const serves = listed(algorithms, 'or')
  return { path, name, value: titleOf(key), meaning: serves === '' ? 'serves no algorithm' : `for ${serves}` }
}
