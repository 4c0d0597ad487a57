import { JoseError } from '../errors.ts'
import { isObject, type JsonObject } from '../json.ts'
import { type ExactJson, member, parseExact, quoted, textOf, toValue } from './exact-json.ts'
import {
  type Compact,
  compactIn,
  GAP,
  likeliest,
  looksLikeHeader,
  MOST_FAILED,
  MOST_FOUND,
  rankOf,
  tokensAmidst,
} from './scan-text.ts'
import { CommandError, type Note } from './told.ts'

/** A token as it was found in some text. */
export interface FoundToken {
  /** The compact text, or the object of a JSON serialization. */
  readonly token: string | JsonObject
  /** The JSON of a serialization as it was written. */
  readonly exact?: ExactJson
  /** `cut`: parts of a token, of which the signature, or more, is not there. */
  readonly kind: Compact['kind']
  readonly notes: readonly Note[]
}

/** What is read of some text at most: far more than any token. */
export const MOST_TEXT: number = 16 * 1024 * 1024

const SCHEME = /^(?:(?:proxy-)?authorization\s*:\s*)?(?:(?:bearer|dpop|jwt|token)\s+){1,2}/i
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u
const ALL_INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu

/**
 * The token in some text: by itself, behind `Bearer`, in quotes, in a command line, in a JSON document.
 *
 * @param strict - refuses everything around a token but white space
 * @throws {CommandError} `CS_BEARER`, `CS_MALFORMED`, @throws {JoseError} `CS_TOO_LARGE`
 */
export function findToken(text: string, strict = false): FoundToken {
  if (text.length > MOST_TEXT)
    throw new JoseError('CS_TOO_LARGE', `the input has ${text.length} characters, ${MOST_TEXT} are allowed`)
  const bare = text.trim()
  if (bare === '')
    throw new CommandError('CS_MALFORMED', 'not a token: the input is empty.', {
      hint: 'see what was to come: the command before a pipe may have failed, and a variable that is not set is empty.',
    })
  if (strict && text.includes('\ufeff')) throw surrounded('a byte order mark')
  const json = bare.startsWith('{') || bare.startsWith('[') ? toJson(bare) : undefined
  if (json !== undefined) return inJson(json, bare, strict)
  const [scheme] = SCHEME.exec(bare) ?? []
  if (scheme === undefined) return inText(bare, strict)
  const shown = JSON.stringify(scheme.replace(/\s+/g, ' '))
  if (strict) {
    throw new CommandError(
      'CS_BEARER',
      `input starts with ${shown}, which belongs to the HTTP header, not to the token.`,
    )
  }
  const found = inText(bare.slice(scheme.length).trimStart(), strict, true)
  return withNote(found, 'CS_NOTE_BEARER', `removed ${shown} before the token.`)
}

function withNote(found: FoundToken, code: Note['code'], message: string): FoundToken {
  return { ...found, notes: [{ code, message }, ...found.notes] }
}

/**
 * The token in text that is no JSON.
 *
 * @param isFirst - what it begins with is the token, whatever others behind it are called
 */
function inText(text: string, strict: boolean, isFirst = false): FoundToken {
  const [first] = INVISIBLE.exec(text) ?? []
  if (first === undefined) return inSeen(text, strict, isFirst)
  const found = inSeen(text.replace(ALL_INVISIBLE, ''), strict, isFirst)
  if (text.includes(String(found.token))) return found
  const what = `U+${(first.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  if (strict) throw surrounded(`characters that nobody sees (${what})`)
  return withNote(found, 'CS_NOTE_FOUND', `removed characters that nobody sees (${what}) from the token.`)
}

function inSeen(text: string, strict: boolean, isFirst: boolean): FoundToken {
  const core = withoutWrapping(text)
  const bare = asBare(core)
  if (bare !== undefined) {
    const around = text.replace(bare.text, '')
    if (GAP.test(around)) {
      if (strict) throw notToken(text)
      return toFound(bare, [found('left out what stands behind a gap in the token.')])
    }
    if (around !== '' && strict) throw surrounded(nameOf(around))
    return toFound(bare, around === '' ? [] : [found(`removed ${nameOf(around)} around the token.`)])
  }
  const joined = asWrapped(core)
  if (joined !== undefined) {
    if (strict) throw surrounded('white space inside of it')
    return toFound(joined, [found('removed white space inside the token.')])
  }
  return amidst(text, strict, isFirst)
}

const found = (message: string): Note => ({ code: 'CS_NOTE_FOUND', message })

const OPENING = new Set('"\'`“”„‘’‚«»‹›<([{ \t\r\n')
const CLOSING = new Set('"\'`“”‘’«»‹›>)]},;:!? \t\r\n')
const QUOTES = /["'`“”„‘’‚«»‹›]/

/** Without the quotes and the punctuation around it. */
function withoutWrapping(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && OPENING.has(text[start] ?? '')) start++
  while (end > start && CLOSING.has(text[end - 1] ?? '')) end--
  return text.slice(start, end)
}

/** What stands around a token, in words. */
function nameOf(around: string): string {
  if (!QUOTES.test(around)) return 'the punctuation'
  return /[^"'`“”„‘’‚«»‹›\s]/.test(around) ? 'the quotes and the punctuation' : 'the quotes'
}

/** What separates a token from other text, and is never a letter of it that something changed. */
const SEPARATOR = /[\s"'`&?#:;,<>()[\]{}|~%\\]/

/**
 * Text that is a token and nothing else, maybe with letters that do not belong there: what they are is told where it is
 * decoded.
 *
 * @throws {CommandError} `CS_MALFORMED` for a number of parts that no token has
 */
function asBare(text: string): Compact | undefined {
  if (SEPARATOR.test(text)) return undefined
  const compact = compactIn(text)
  if (compact?.hasMore || (compact?.header === 'odd' && isShortened(text))) throw notToken(text)
  return compact
}

/** A token in several lines, or with white space where a line was broken. */
function asWrapped(text: string): Compact | undefined {
  if (!/^[\w.+/=\s-]+$/.test(text) || !looksLikeHeader(text)) return undefined
  const [first = '', ...others] = text.split(/\s+/)
  const joined = compactIn(text.replace(/\s+/g, ''))
  if (joined === undefined || joined.header === 'odd' || joined.kind === 'cut' || joined.hasMore) return undefined
  const begins = compactIn(first)
  const isWhole = begins?.kind !== 'cut' && !first.endsWith('.')
  // What is a token by itself goes on only where the rest makes it end as tokens do.
  const isEven = others.every(({ length }, at) => length === first.length || at === others.length - 1)
  const isLonger = !others.some((line) => line.includes('.')) && endsWell(joined.text)
  return !isWhole || (isLonger && (isEven || !endsWell(first))) ? joined : undefined
}

/** The sizes in octets of signatures, and of the tag of a JWE. */
const SIZES: ReadonlySet<number> = new Set([16, 24, 32, 48, 64, 96, 114, 132, 256, 384, 512, 1024, 2420, 3309, 4627])

function endsWell(token: string): boolean {
  const length = token.length - token.lastIndexOf('.') - 1
  return length % 4 !== 1 && SIZES.has(Math.floor((length * 3) / 4))
}

/** A token amidst other text. */
function amidst(text: string, strict: boolean, isFirst = false): FoundToken {
  const plain = text.includes('%') ? text.replace(/%([0-7][0-9a-f])/gi, decodePercent) : text
  const all = tokensAmidst(plain)
  const best = (isFirst ? all.find(({ start }) => start === 0) : undefined) ?? likeliest(all)
  if (best === undefined || best.kind === 'cut') {
    const body = inBody(text, strict)
    if (body !== undefined) return body
  }
  if (best === undefined) throw notToken(text)
  if (strict) throw surrounded('other text')
  const different = new Set(all.filter((other) => other.text !== best.text).map((other) => other.text)).size
  const more = different === 0 ? '' : `; ${countOf(all, different)} more in the text`
  const behind = rankOf(best.name) < rankOf(undefined) ? ` behind ${quoted(best.name ?? '')}` : ' amidst other text'
  const hasDisclosures = best.kind === 'jws' && plain[best.start + best.text.length] === '~'
  const notes = [found(`found the token${behind}${more}.`)]
  if (hasDisclosures) notes.push(found('what stands behind the token are disclosures (SD-JWT), which are not shown.'))
  return toFound(best, notes)
}

/** A serialization in JSON behind other lines, such as the headers of an answer. */
function inBody(text: string, strict: boolean): FoundToken | undefined {
  const start = text.search(/^[{[]/m)
  const body = text.slice(start).trim()
  const json = start > 0 ? toJson(body) : undefined
  const found = json && asSerialization(json)
  if (found && strict) throw surrounded('other text')
  return found
}

const decodePercent = (_: string, hex: string): string => String.fromCharCode(Number.parseInt(hex, 16))

function toFound({ text, kind, form }: Pick<Compact, 'text' | 'kind' | 'form'>, notes: readonly Note[]): FoundToken {
  if (kind !== 'cut') return { token: text, kind, notes }
  const missing = form === 'jwe' ? 'parts of it are' : 'its signature is'
  const message = `the token is cut off: ${missing} missing (${numberOf(partsIn(text), 'part')} in ${numberOf(text.length, 'character')}).`
  return { token: text, kind, notes: [...notes, { code: 'CS_NOTE_CUT', message }] }
}

const numberOf = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

function toJson(text: string): ExactJson | undefined {
  try {
    return parseExact(text, 'the input')
  } catch {
    return undefined
  }
}

/** A token in JSON: one of the JSON serializations, or a document that holds tokens. */
function inJson(json: ExactJson, text: string, strict: boolean): FoundToken {
  const itself = asSerialization(json)
  if (itself !== undefined) return itself
  const all = collect(json)
  const best = likeliest(all)
  if (best === undefined) {
    // A log line has them inside longer texts.
    if (tokensAmidst(text).length > 0) return amidst(text, strict)
    throw noTokenIn(json)
  }
  if (strict) throw surrounded('a JSON document')
  const more = all.length === 1 ? '' : `; ${countOf(all, all.length - 1)} more in the document`
  const path = best.path.length > 100 ? `${best.path.slice(0, 100)}…` : best.path
  return withNote(
    best.token,
    'CS_NOTE_FOUND',
    `found the token in ${path === '' ? 'the JSON' : `${quoted(path)} of the JSON`}${more}.`,
  )
}

/** A JWS or a JWE in its JSON serialization (RFC 7515 §7.2, RFC 7516 §7.2). */
function asSerialization(json: ExactJson): FoundToken | undefined {
  if (json.kind !== 'object') return undefined
  const has = (...names: readonly string[]): boolean => names.some((name) => member(json, name) !== undefined)
  const isText = (name: string): boolean => member(json, name)?.kind === 'string'
  const isJwe = isText('ciphertext') && has('protected', 'unprotected', 'header', 'recipients', 'iv', 'tag')
  const isJws = member(json, 'signatures')?.kind === 'array' || (isText('signature') && has('protected', 'header'))
  if (!isJwe && !isJws) return undefined
  const token = toValue(json)
  return isObject(token) ? { token, exact: json, kind: isJwe ? 'jwe' : 'jws', notes: [] } : undefined
}

interface Inside {
  /** Where in the document: names and numbers with dots between them. */
  readonly path: string
  readonly name: string | undefined
  readonly token: FoundToken
}

/** The tokens of a document, and no more of them than anybody pastes. */
function collect(json: ExactJson): readonly Inside[] {
  const found: Inside[] = []
  let failed = 0
  const visit = (value: ExactJson, path: string, name: string | undefined): void => {
    if (found.length >= MOST_FOUND || failed >= MOST_FAILED) return
    const under = (step: string): string => (path === '' ? step : `${path}.${step}`)
    const token = value.kind === 'string' ? wholeIn(value.value) : asSerialization(value)
    if (token) found.push({ path, name, token })
    else if (value.kind === 'array')
      for (const [index, item] of value.items.entries()) visit(item, under(`${index}`), name)
    else if (value.kind === 'object') for (const [own, item] of value.members) visit(item, under(own), own)
    else if (value.kind === 'string' && looksLikeHeader(value.value)) failed++
  }
  visit(json, '', undefined)
  return found
}

/** How many there are beside the one that is chosen. */
const countOf = (all: readonly unknown[], others: number): string =>
  all.length < MOST_FOUND ? String(others) : `${others} or`

function wholeIn(text: string): FoundToken | undefined {
  const own = text.trim().replace(SCHEME, '')
  if (SEPARATOR.test(own) || !looksLikeHeader(own)) return undefined
  const compact = compactIn(own)
  return compact === undefined || compact.kind === 'cut' || compact.hasMore ? undefined : toFound(compact, [])
}

/** Names of what is a token in the answer of an issuer. */
const ISSUED = ['access_token', 'id_token', 'token']

function noTokenIn(json: ExactJson): CommandError {
  const has = (name: string): boolean => member(json, name) !== undefined
  const opaque = ISSUED.find((name) => textOf(member(json, name)) !== undefined)
  if (opaque !== undefined)
    return new CommandError('CS_MALFORMED', `the input is JSON, and its ${opaque} is no JWT.`, {
      hint: 'it is opaque: what it means only its issuer can say, at the introspection endpoint.',
      spec: 'RFC 7662 §2',
    })
  if (has('kty') || has('keys'))
    return new CommandError('CS_MALFORMED', `the input is a ${has('kty') ? 'key (JWK)' : 'JWK Set'}, and no token.`, {
      hint: has('kty') ? 'countersign key inspect says what a key is.' : 'countersign jwks lists the keys of a set.',
    })
  return new CommandError('CS_MALFORMED', 'the input is JSON, and no member of it is a token.', {
    hint: 'pass the response that has the token, such as {"access_token": "…"}, or the token by itself.',
  })
}

function surrounded(by: string): CommandError {
  return new CommandError('CS_BEARER', `input has more than a token: ${by}.`, { hint: 'pass only the token.' })
}

function partsIn(text: string): number {
  let parts = 1
  for (let at = text.indexOf('.'); at >= 0; at = text.indexOf('.', at + 1)) parts++
  return parts
}

/** No token has three dots in a row: of two parts next to each other one is not empty. */
function isShortened(text: string): boolean {
  return looksLikeHeader(text) && /…|\.{3}/.test(text)
}

const MOST_LOOK = 64 * 1024

/** @returns the error for what has not the form of a token */
export function notToken(text: string): CommandError {
  const parts = partsIn(text)
  const compact = SEPARATOR.test(text) ? undefined : compactIn(text.slice(0, MOST_LOOK))
  const expected = compact?.form === 'jwe' ? '5 parts (JWE)' : '3 parts (JWS) or 5 (JWE)'
  const found = `expected ${expected} between dots, found ${parts} in ${numberOf(text.length, 'character')}.`
  if (!SEPARATOR.test(text) && isShortened(text))
    return new CommandError('CS_MALFORMED', 'not a token: it was shortened, and dots stand for a part of it.', {
      hint: 'take all of it from where it comes from: what shortens tokens to show them has it whole.',
    })
  if (compact?.kind === 'cut') {
    const missing = compact.form === 'jwe' ? 'the end of it seems' : 'the signature seems'
    const shown = compact.form === 'jwe' ? 'the header' : 'the header and claims'
    return new CommandError('CS_MALFORMED', `not a token: ${found}`, {
      hint: `${missing} cut off. \`countersign decode\` still shows ${shown}.`,
      spec: compact.form === 'jwe' ? 'RFC 7516 §7.1' : 'RFC 7515 §7.1',
    })
  }
  if (compact === undefined && (parts === 3 || parts === 5) && /^[\w.-]+$/.test(text)) {
    const message = `not a token: it has ${parts} parts between dots, and the first is no header.`
    return new CommandError('CS_MALFORMED', message, { hint: hintFor(text) })
  }
  return new CommandError('CS_MALFORMED', `not a token: ${found}`, { hint: hintFor(text) })
}

function hintFor(text: string): string {
  if (/-----BEGIN [A-Z]/.test(text)) return 'this is a PEM; `countersign key inspect` says what is in it.'
  const opaque = /^[\w-]{20,}$/.test(text) ? ' One without dots may be opaque: only its issuer can read it.' : ''
  return `a token begins with eyJ and has dots in it.${opaque} A file is named with @, the standard input is -.`
}
