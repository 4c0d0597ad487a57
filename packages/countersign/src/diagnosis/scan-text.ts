import { fromBase64url, fromUtf8 } from '../bytes.ts'
import { type ExactJson, member, parseExact, textOf } from './exact-json.ts'

/** Compact text that begins with a header. */
export interface Compact {
  /** The token alone. */
  readonly text: string
  readonly kind: 'jws' | 'jwe' | 'cut'
  /** What it is, or was before it was cut. */
  readonly form: 'jws' | 'jwe'
  /** `odd`: it begins like one, and cannot be read. */
  readonly header: 'read' | 'odd'
  /** More parts stand behind it than a token has, or what was left out of it begins in its header. */
  readonly hasMore: boolean
}

/** A token in other text. */
export interface Sighting extends Pick<Compact, 'text' | 'kind' | 'form'> {
  /** Where it stands in the text that was looked through. */
  readonly start: number
  /** What it is called there: `access_token`, `Authorization`. */
  readonly name: string | undefined
}

/** What the strings that are tokens are called, the likeliest first. */
const NAMES: readonly string[] = ['accesstoken', 'authorization', 'idtoken', 'token', 'jwt', 'refreshtoken']

/** The place of a name among those that tokens have; names that say nothing come last. */
export function rankOf(name: string | undefined): number {
  const at = NAMES.indexOf((name ?? '').toLowerCase().replace(/[_-]/g, ''))
  return at < 0 ? NAMES.length : at
}

/** The likeliest of several, and of equals the first. */
export function likeliest<T extends { readonly name: string | undefined }>(all: readonly T[]): T | undefined {
  let best: T | undefined
  for (const one of all) if (best === undefined || rankOf(one.name) < rankOf(best.name)) best = one
  return best
}

/**
 * The tokens in some text, in their order: whole ones, or else those in base64 that should be base64url, or else what
 * was cut off. The time it takes grows with the text and not faster, whatever stands in it.
 */
export function tokensAmidst(text: string): readonly Sighting[] {
  const near = scan(text, /[\w.…-]+/y)
  const whole = near.filter(({ kind }) => kind !== 'cut')
  if (whole.length > 0) return whole
  if (near.length === 0) return []
  const base64 = scan(text, /[\w.…+/=-]+/y).filter(({ kind }) => kind !== 'cut')
  return base64.length > 0 ? base64 : near
}

/** What JSON of an object begins as in base64url: a brace, and a quote, white space or another brace. */
const BEGINNING = /e(?:y[A-DI-L]|w[k-r0-3]|30\.)/g
/** As many beginnings as are tried in text without a gap. */
const MOST_TRIES = 4
/** Beginnings that come to nothing, and tokens, are looked for in these numbers: more than anybody pastes. */
export const MOST_FAILED: number = 2000
export const MOST_FOUND: number = 1000

/** @param run - matches text without a gap */
function scan(text: string, run: RegExp): readonly Sighting[] {
  const found: Sighting[] = []
  let [from, end, tries, failed] = [0, 0, 0, 0]
  while (failed < MOST_FAILED && found.length < MOST_FOUND) {
    BEGINNING.lastIndex = from
    const start = BEGINNING.exec(text)?.index
    if (start === undefined) break
    if (start >= end) {
      run.lastIndex = start
      end = start + (run.exec(text)?.[0].length ?? 0)
      tries = 0
    }
    tries++
    const compact = compactIn(text.slice(start, end))
    // Amidst letters only a header that can be read is one, and of what is cut off, too.
    const isOdd = compact?.header !== 'read' && (compact?.kind === 'cut' || /[\w-]/.test(text[start - 1] ?? ''))
    if (compact && !isOdd) {
      const rest = behind(text, start, start + compact.text.length)
      const { kind, form } = compact
      found.push({ text: compact.text + rest, kind, form, start, name: nameBefore(text, start) })
      from = end
      continue
    }
    failed++
    from = tries < MOST_TRIES ? start + 1 : end
  }
  return found
}

/** The rest of a signature that is base64 and not base64url: it belongs to the token, which is refused for it. */
function behind(text: string, start: number, end: number): string {
  const next = text[end] ?? ''
  if (next === '=') return /={1,2}(?![\w=])/y.exec(text.slice(end, end + 3))?.[0] ?? ''
  if ((next !== '+' && next !== '/') || text[start - 1] === '/') return ''
  const rest = /[+/][A-Za-z0-9+/]+={0,2}(?![\w.])/y
  rest.lastIndex = end
  return rest.exec(text)?.[0] ?? ''
}

/** The name of a member, a variable, a header or a parameter right before a place. */
function nameBefore(text: string, start: number): string | undefined {
  const before = text.slice(Math.max(0, start - 64), start)
  return /([A-Za-z][\w-]*)[\s"'`\\]*[:=][\s"'`\\]*(?:(?:bearer|dpop|jwt|token)\s+)?$/i.exec(before)?.[1]
}

/** What is shown in the place of what was left out, unless it is the end of a sentence. */
export const GAP: RegExp = /…|\.{3}(?=[\w…])/

/**
 * The token that some text begins with, by its dots and its header; what stands before a gap is cut off there.
 *
 * @param text - without white space
 * @returns nothing where it begins with no header
 */
export function compactIn(text: string): Compact | undefined {
  const [shown = '', ...hidden] = text.split(GAP, 2)
  const isShort = hidden.length > 0
  const parts = shown.split('.', 8)
  const header = readHeader(parts[0] ?? '')
  if (header === undefined && !looksLikeHeader(text)) return undefined
  const full = parts.findLastIndex((part) => part !== '') + 1
  // Five parts are a JWE, whatever the header says.
  const isJwe = (header && member(header, 'enc')?.kind === 'string') || full === 5
  const form = isJwe ? 'jwe' : 'jws'
  const own = (count: number): string => parts.slice(0, count).join('.')
  if (isShort) {
    const text = own(Math.min(full, isJwe ? 4 : 2))
    return { text, kind: 'cut', form, header: header ? 'read' : 'odd', hasMore: header === undefined }
  }
  const [kind, count] = isJwe ? jweIn(full) : jwsIn(parts.length, full, header)
  return { text: own(count), kind, form, header: header ? 'read' : 'odd', hasMore: full > count }
}

/** @returns what it is, and how many of the parts belong to it */
function jweIn(full: number): readonly [kind: Compact['kind'], count: number] {
  return full >= 5 ? ['jwe', 5] : ['cut', full]
}

function jwsIn(
  count: number,
  full: number,
  header: ExactJson | undefined,
): readonly [kind: Compact['kind'], count: number] {
  if (full >= 3) return ['jws', 3]
  const isUnsigned = /^none$/i.test(textOf(member(header, 'alg')) ?? '')
  // A dot behind the payload is an empty signature; several are what stands for what was left out.
  if (full === 2 && count > 2 && (count === 3 || isUnsigned)) return ['jws', 3]
  return ['cut', full]
}

/** Whether base64url text begins as the JSON of an object does. */
export function looksLikeHeader(text: string): boolean {
  BEGINNING.lastIndex = 0
  return BEGINNING.exec(`${text.slice(0, 3)}.`)?.index === 0
}

/** A header of more characters than this is not looked into. */
const MOST_HEADER = 1024 * 1024

function readHeader(encoded: string): ExactJson | undefined {
  if (encoded.length > MOST_HEADER) return undefined
  try {
    const text = encoded
      .replace(/={1,2}$/, '')
      .replaceAll('+', '-')
      .replaceAll('/', '_')
    const json = parseExact(fromUtf8(fromBase64url(text, 'the header'), 'the header'), 'the header')
    // Claims begin as headers do, and only these have an alg (RFC 7515 §4.1.1, RFC 7516 §4.1.1).
    return member(json, 'alg') === undefined ? undefined : json
  } catch {
    return undefined
  }
}
