import { CONTENT } from '../alg/content.ts'
import { MANAGEMENT } from '../alg/management.ts'
import { SIGNATURE } from '../alg/signature.ts'
import { type ExactJson, member, numberOf, printable, textOf } from '../diagnosis/exact-json.ts'
import type { Finding } from '../lint/lint.ts'
import { memberAt } from '../lint/rule.ts'
import type { TokenSubject } from '../lint/subject.ts'
import { doesOf } from './algorithm.ts'
import { type Explanation, listed, type Part, sentence } from './explanation.ts'
import { claimRow, headerRow, sectionsOf } from './names.ts'
import type { Registered } from './registry/row.ts'
import { TYPES } from './registry/types.ts'
import { momentText, short, shortName, valueText } from './values.ts'

/** What a token says, member by member. Nothing of it is verified. */
export function explainToken(subject: TokenSubject, findings: readonly Finding[], now: number): Explanation {
  const { token, headers, claims } = subject
  const { title, text } = kindOf(subject)
  const isSigned = token.kind === 'jws'
  const how = isSigned ? 'signed (JWS' : 'encrypted (JWE'
  return {
    kind: 'token',
    name: isSigned ? 'JWS' : 'JWE',
    title: `${title}, ${how}${token.serialization === 'compact' ? '' : `, ${token.serialization} JSON`})`,
    text: [
      sentence(text),
      ...(isSigned ? signed(subject) : encrypted(subject)),
      ...(claims ? said(claims, now) : []),
      ...nested(subject),
    ],
    watch: [
      isSigned
        ? 'Nothing was verified: anybody can write a token. What it says counts once its signature was checked with a key that you trust.'
        : 'Nothing was opened: whether it was changed, and what it says, shows when it is decrypted.',
    ],
    spec: isSigned ? ['RFC 7515', ...(claims ? ['RFC 7519'] : [])] : ['RFC 7516'],
    parts: [
      ...headers.flatMap(([path, header]) => partsOf(path, header, headerRow, now)),
      ...(claims ? partsOf('payload', claims, claimRow, now) : []),
    ],
    findings,
  }
}

/** By what claims a kind of token is known that its typ does not tell. */
const SIGNS: readonly (readonly [claims: readonly string[], what: string])[] = [
  [['htm', 'htu'], 'a DPoP proof'],
  [['events'], 'a token of an event'],
  [['token_introspection'], 'an answer to an introspection'],
  [['at_hash'], 'an ID token'],
  // Issuers write nonce and auth_time into access tokens, too, and hardly any writes scope into an ID token.
  [['scope'], 'an access token'],
  [['scp'], 'an access token'],
  [['nonce', 'aud'], 'an ID token'],
  [['auth_time', 'aud'], 'an ID token'],
  [['vct'], 'a credential'],
  [['status_list'], 'a status list'],
]

/** What a token is for: what its typ says, or else what its claims look like. */
function kindOf({ typ, claims, token }: TokenSubject): { readonly title: string; readonly text: string } {
  const isBare = typ === undefined || typ === 'jwt'
  const row = isBare ? undefined : TYPES.get(typ)
  if (row) return { title: row.meaning.split(/[:,]/)[0] ?? '', text: `its typ is ${row.name}, that of ${row.meaning}` }
  if (!isBare)
    return { title: 'a token', text: `its typ is ${short(typ)}, and nothing that is known here is called that` }
  const [names, what = ''] = SIGNS.find(([all]) => all.every((name) => member(claims, name) !== undefined)) ?? []
  if (names)
    return {
      title: `most likely ${what}`,
      text: `it looks like ${what}, since it has ${listed(names)}; its typ does not say so`,
    }
  if (claims) return { title: 'a token', text: 'it has claims, and nothing in it says what it is for' }
  if (token.kind === 'jwe') return { title: 'a token', text: 'what is inside, its recipient alone can read' }
  if (token.signature === undefined)
    return { title: 'a token', text: 'what was signed is cut off, or is no set of claims' }
  if (token.payload === undefined) return { title: 'a token', text: 'what was signed is not in it: it is detached' }
  return { title: 'a token', text: 'what was signed is no set of claims' }
}

/** What made the signature, by what the token says. */
function signed({ token, headers }: TokenSubject): readonly string[] {
  if (token.signature === undefined) return ['Its signature is cut off, so that nobody can check it.']
  if (token.signature.bytes === 0) return ['Nobody signed it: its signature is empty.']
  const algs = headers.map(([, header]) => textOf(member(header, 'alg')) ?? '')
  if (algs.length > 1) return [`It has ${algs.length} signatures: ${listed(algs.slice(0, 8).map(short))}.`]
  const [alg = ''] = algs
  const kid = textOf(member(headers[0]?.[1], 'kid'))
  if (!SIGNATURE.has(alg))
    return [`It says that it is signed by ${short(alg)}, and no algorithm that signs is called that.`]
  const named = kid === undefined ? ', and does not name the key' : ` with the key ${short(kid)}`
  return [`It says that it is signed by ${alg}${named}. ${alg} is ${doesOf(alg)}.`]
}

function encrypted({ headers, token }: TokenSubject): readonly string[] {
  const [[, header] = []] = headers
  const told = (name: string, table: ReadonlyMap<string, unknown>): string => {
    const id = textOf(member(header, name)) ?? ''
    return table.has(id) ? `${id}: ${doesOf(id)}` : `${short(id)}, which is no algorithm that is known here`
  }
  return [
    ...(headers.length > 1 ? [`It is for ${headers.length} recipients; this is about the first of them.`] : []),
    `Its key is managed by ${told('alg', MANAGEMENT)}.`,
    `Its content is encrypted by ${told('enc', CONTENT)}.`,
    ...(token.encrypted === undefined ? ['Parts of it are cut off.'] : []),
  ]
}

/** By whom, for whom, about whom, from when until when: each as the token says. */
function said(claims: ExactJson, now: number): readonly string[] {
  const [iss, aud, sub] = ['iss', 'aud', 'sub'].map((name) => namesIn(name, member(claims, name), now))
  const who = [
    [iss, `that ${iss} issued it`, 'who issued it'],
    [aud, `that it is meant for ${aud}`, 'whom it is meant for'],
    [sub, `that it is about ${sub}`, 'whom it is about'],
  ] as const
  const says = who.flatMap(([name, told]) => (name === undefined ? [] : [told]))
  const lacks = who.flatMap(([name, , missing]) => (name === undefined ? [missing] : []))
  return [
    ...(says.length === 0 ? [] : [`It says ${listed(says)}.`]),
    ...(lacks.length === 0 ? [] : [`It does not say ${listed(lacks, 'or')}.`]),
    timesText(claims, now),
  ]
}

/** Texts in quotes; of a list the first three. */
function namesIn(name: string, json: ExactJson | undefined, now: number): string | undefined {
  const items = json?.kind === 'array' ? json.items : json === undefined ? [] : [json]
  const texts = items.filter((item) => item.kind === 'string' && item.value !== '')
  if (texts.length === 0) return undefined
  const named = texts.slice(0, 3).map((item) => valueText(name, item, now))
  const more = texts.length - named.length
  return more > 0 ? `${named.join(', ')} and ${more} more` : listed(named)
}

function timesText(claims: ExactJson, now: number): string {
  const [iat, nbf, exp] = ['iat', 'nbf', 'exp'].map((name) => numberOf(member(claims, name)))
  const from = nbf ?? iat
  const begins =
    from === undefined
      ? 'It does not say since when it counts'
      : `It counts ${from > now ? 'from' : 'since'} ${momentText(from, now)}${from > now ? ' on' : ''}`
  if (exp === undefined) return `${begins}, and has no end.`
  return `${begins}, and ${exp <= now ? 'has expired:' : 'expires at'} ${momentText(exp, now)}.`
}

function nested({ token }: TokenSubject): readonly string[] {
  const isNested = token.notes.some(({ code }) => code === 'CS_NOTE_NESTED')
  return isNested ? ['Inside is another token, which has to be looked at by itself.'] : []
}

/** As many members of a header, or claims, as are told one by one. */
const MOST_PARTS = 200

function partsOf(
  path: string,
  json: ExactJson,
  rowOf: (name: string) => Registered | undefined,
  now: number,
): readonly Part[] {
  if (json.kind !== 'object') return []
  const parts = json.members.slice(0, MOST_PARTS).map(([name, value]): Part => {
    const row = rowOf(name)
    const spec = row && sectionsOf(row).join('; ')
    return {
      path: printable(memberAt(path, name)),
      name: printable(shortName(name)),
      value: valueText(name, value, now),
      meaning: row ? meaningOf(row, value, path) : unknown(name, path),
      ...(spec && { spec }),
    }
  })
  const more = json.members.length - parts.length
  const last = { path, name: '…', value: `${more} more`, meaning: 'too many to tell one by one' }
  return more > 0 ? [...parts, last] : parts
}

/** What a member means; of an algorithm what that does, and of a type what it is. */
function meaningOf({ name, meaning }: Registered, value: ExactJson, path: string): string {
  const text = textOf(value) ?? ''
  if (path === 'payload') return meaning
  const isKnown = SIGNATURE.has(text) || MANAGEMENT.has(text) || CONTENT.has(text)
  if ((name === 'alg' || name === 'enc') && isKnown) return doesOf(text)
  const type = name === 'typ' ? TYPES.get(text.toLowerCase().replace(/^application\//, '')) : undefined
  return type?.meaning ?? meaning
}

/** What can be said of a name that is not registered. */
function unknown(name: string, path: string): string {
  if (path !== 'payload') return 'not known here'
  return /^[a-z]+:\/\/[^/]/i.test(name)
    ? 'private, and named by a URL so that nobody else means something else by it'
    : 'private: what it means, only its issuer can say'
}
