import { type ExactJson, quoted } from '../../diagnosis/exact-json.ts'
import { everyValue, type Hit, type Rule } from '../rule.ts'
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
    },
    *key({ exact, path }) {
      if (exact) yield* twiceIn(exact, path)
    },
    *set({ exact, keys }) {
      // Those of each key are told of the key.
      const inner = keys.flatMap(({ exact: own }) => (own ? [own] : []))
      for (const hit of twiceIn(exact, '', inner)) yield hit
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
        for (const [at, value] of everyValue(json, path)) {
          if (value.kind !== 'number') continue
          const number = Number(value.text)
          const isLost = /^-?\d+$/.test(value.text) ? !Number.isSafeInteger(number) : !Number.isFinite(number)
          if (isLost) yield { path: at, message: `${value.text.slice(0, 40)} is beyond 2^53.` }
        }
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

/** @param but - objects that are looked at elsewhere */
function* twiceIn(json: ExactJson, path: string, but: readonly ExactJson[] = []): Generator<Hit> {
  const skipped = new Set(but)
  for (const [at, value] of everyValue(json, path)) {
    if (value.kind !== 'object' || skipped.has(value)) continue
    const names = new Set<string>()
    const told = new Set<string>()
    for (const [name] of value.members) {
      if (names.has(name) && !told.has(name)) {
        told.add(name)
        yield {
          path: at,
          message: `the name ${short(name)} is there twice${at === '' ? '' : ` in ${quoted(at).slice(1, -1)}`}.`,
        }
      }
      names.add(name)
    }
  }
}
