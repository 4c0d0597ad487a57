import { type ExactJson, member } from '../../diagnosis/exact-json.ts'
import { everyValue, type Hit, memberAt, type Rule } from '../rule.ts'
import { short } from '../shown.ts'
import type { TokenSubject } from '../subject.ts'

/** What a reader of cookies keeps, and half of what a server takes as headers: 4096 octets (RFC 6265 §6.1). */
const MOST_OCTETS = 4096

/** How a token is written. */
export const FORM_RULES: readonly Rule[] = [
  {
    id: 'CSL018',
    name: 'duplicate-names',
    severity: 'error',
    title: 'a name is there twice in one object',
    text: 'Readers differ in which of the two counts, so that one of them checks what the other does not see.',
    fix: 'write each name once; whoever made it builds JSON out of pieces of text.',
    spec: 'RFC 7519 §4',
    *token(subject) {
      for (const [path, json] of documentsOf(subject)) yield* twiceIn(json, path)
      // Those of unprotected headers are told of the header that they are a part of.
      if (subject.exact) yield* twiceIn(subject.exact, '', new Set(openIn(subject.exact)))
    },
    *key({ exact, path }) {
      if (exact) yield* twiceIn(exact, path)
    },
    *set({ exact, keys }) {
      // Those of each key are told of the key.
      yield* twiceIn(exact, '', new Set(keys.flatMap(({ exact: own }) => own ?? [])))
    },
    *issuer({ metadata }) {
      yield* twiceIn(metadata.json, 'metadata')
    },
  },
  {
    id: 'CSL019',
    name: 'unsafe-integer',
    severity: 'warn',
    title: 'a number is larger than all readers can tell apart',
    text: 'Beyond 2^53 JavaScript, and whatever reads numbers as it does, takes the nearest one that it knows: one user for another.',
    fix: 'write large numbers as text.',
    spec: 'RFC 8259 §6',
    *token(subject) {
      for (const [path, json] of documentsOf(subject))
        for (const place of everyValue(json, path))
          if (place.value.kind === 'number' && isLost(place.value.text))
            yield { path: place.path, message: `the number is beyond 2^53 (${place.value.text.length} characters).` }
    },
  },
  {
    id: 'CSL023',
    name: 'large-token',
    severity: 'warn',
    title: 'the token is larger than 4 KB',
    text: 'Browsers drop a cookie of that size without a word, and servers and proxies refuse requests whose headers are too large. It travels with every request.',
    fix: 'leave out what the service can look up: lists of groups and rights, profiles, pictures.',
    spec: 'RFC 6265 §6.1',
    *token({ text }) {
      const octets = new TextEncoder().encode(text).length
      if (octets > MOST_OCTETS) yield { path: '', message: `the token has ${octets} bytes; 4096 fit into a cookie.` }
    },
  },
]

/** The JSON of a token: its headers and its claims. */
function documentsOf({ headers, token }: TokenSubject): readonly (readonly [path: string, json: ExactJson])[] {
  const { json } = token.payload ?? {}
  return json === undefined ? headers : [...headers, ['payload', json]]
}

/** Whether a number is another one for a reader that has 53 bits for it. */
function isLost(text: string): boolean {
  const number = Number(text)
  return /^-?\d+$/.test(text) ? !Number.isSafeInteger(number) : !Number.isFinite(number)
}

/** The unprotected headers of a serialization. */
function openIn(exact: ExactJson): readonly ExactJson[] {
  const parts = ['signatures', 'recipients'].flatMap((name) => {
    const list = member(exact, name)
    return list?.kind === 'array' ? list.items : []
  })
  return [member(exact, 'unprotected'), ...[exact, ...parts].map((part) => member(part, 'header'))].filter(
    (header) => header !== undefined,
  )
}

/** @param but - objects that are looked at elsewhere */
function* twiceIn(json: ExactJson, path: string, but: ReadonlySet<ExactJson> = new Set()): Generator<Hit> {
  for (const place of everyValue(json, path, but)) {
    if (place.value.kind !== 'object' || place.value.members.length < 2) continue
    const seen = new Set<string>()
    const told = new Set<string>()
    for (const [name] of place.value.members) {
      if (seen.has(name) && !told.has(name)) {
        told.add(name)
        yield { path: memberAt(place.path, name), message: `the name ${short(name)} is there twice.` }
      }
      seen.add(name)
    }
  }
}
