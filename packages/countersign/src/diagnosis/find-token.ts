import { type Bytes, fromBase64url } from '../bytes.ts'
import { JoseError } from '../errors.ts'
import { isObject, type JsonObject, own } from '../json.ts'
import { type ExactJson, parseExact, textOf, toValue } from './exact-json.ts'
import { CommandError, type Note } from './told.ts'

/** A token as it was found in some text. */
export interface FoundToken {
  /** The compact text, or the object of a JSON serialization. */
  readonly token: string | JsonObject
  /** `cut`: parts of a JWS, of which the signature, or more, is not there. */
  readonly kind: 'jws' | 'jwe' | 'cut'
  readonly notes: readonly Note[]
}

/** What is read of some text at most: far more than any token. */
export const MOST_TEXT: number = 16 * 1024 * 1024

const PART = '[A-Za-z0-9_-]'
/** A compact token in other text: its header begins with `{"`, which is `eyJ`, or with a blank behind the brace. */
const TOKEN = new RegExp(`(?<![A-Za-z0-9_.-])e[wy]${PART}{8,}(?:\\.${PART}*){2,4}(?![A-Za-z0-9_-])`, 'g')
const BEARER = /^(?:(?:proxy-)?authorization\s*:\s*)?(?:bearer|dpop|jwt|token)\s+/i
/** Members whose text is a token, the likeliest first. */
const MEMBERS: readonly string[] = [
  'access_token',
  'id_token',
  'token',
  'jwt',
  'refresh_token',
  'accessToken',
  'idToken',
]

/**
 * The token in some text: by itself, behind `Bearer`, in quotes, in a command line, in a JSON document.
 *
 * @param strict - refuses everything around a token
 * @throws {CommandError} `CS_BEARER`, `CS_MALFORMED`, @throws {JoseError} `CS_TOO_LARGE`
 */
export function findToken(text: string, strict = false): FoundToken {
  if (text.length > MOST_TEXT)
    throw new JoseError('CS_TOO_LARGE', `the input has ${text.length} characters, ${MOST_TEXT} are allowed`)
  const bare = text.replace(/^\ufeff/, '').trim()
  if (bare === '') throw new CommandError('CS_MALFORMED', 'not a token: the input is empty.')
  const json = bare.startsWith('{') || bare.startsWith('[') ? toJson(bare) : undefined
  if (json !== undefined) return inJson(json, strict)
  const [prefix] = BEARER.exec(bare) ?? []
  if (prefix !== undefined) return behindPrefix(bare, prefix, strict)
  if (/^[^\s"'`]+$/.test(bare) && shapeOf(bare) !== undefined) return toFound(bare, [])
  return amidst(bare, strict)
}

function toJson(text: string): ExactJson | undefined {
  try {
    return parseExact(text, 'the input')
  } catch {
    return undefined
  }
}

function behindPrefix(text: string, prefix: string, strict: boolean): FoundToken {
  const shown = prefix.replace(/\s+/g, ' ')
  if (strict) {
    throw new CommandError(
      'CS_BEARER',
      `input starts with ${JSON.stringify(shown)}, which belongs to the HTTP header, not to the token.`,
    )
  }
  const rest = findToken(text.slice(prefix.length))
  return {
    ...rest,
    notes: [{ code: 'CS_NOTE_BEARER', message: `removed ${JSON.stringify(shown)} before the token.` }, ...rest.notes],
  }
}

/** A token in JSON: one of the JSON serializations, or a document that holds tokens. */
function inJson(json: ExactJson, strict: boolean): FoundToken {
  const value = toValue(json)
  if (isObject(value)) {
    if (own(value, 'ciphertext') !== undefined) return { token: value, kind: 'jwe', notes: [] }
    if (['signature', 'signatures'].some((name) => own(value, name) !== undefined))
      return { token: value, kind: 'jws', notes: [] }
  }
  const texts = tokensIn(json, '')
  const best = MEMBERS.flatMap((name) => texts.filter(({ path }) => path.split('.').at(-1) === name))[0] ?? texts[0]
  if (best === undefined) {
    throw new CommandError('CS_MALFORMED', 'the input is JSON, and no member of it is a token.', {
      hint: 'pass the response that has the token, such as {"access_token": "…"}, or the token by itself.',
    })
  }
  if (strict) throw surrounded('a JSON document')
  const others = texts.length - 1
  const more = others === 0 ? '' : `; ${others} more in the document`
  const where = best.path === '' ? 'in the JSON' : `in ${JSON.stringify(best.path)} of the JSON`
  return toFound(best.text, [{ code: 'CS_NOTE_FOUND', message: `found the token ${where}${more}.` }])
}

interface Inside {
  readonly path: string
  readonly text: string
}

/** What is a whole token among the strings of a document. */
function tokensIn(json: ExactJson, path: string): readonly Inside[] {
  const text = textOf(json)
  if (text !== undefined) {
    const whole = text.replace(BEARER, '')
    return /^e[wy]/.test(whole) && ['jws', 'jwe'].includes(shapeOf(whole) ?? '') ? [{ path, text: whole }] : []
  }
  const under = (name: string): string => (path === '' ? name : `${path}.${name}`)
  if (json.kind === 'array') return json.items.flatMap((item, index) => tokensIn(item, under(String(index))))
  return json.kind === 'object' ? json.members.flatMap(([name, value]) => tokensIn(value, under(name))) : []
}

/** A token amidst other text, or in lines. */
function amidst(text: string, strict: boolean): FoundToken {
  const joined = text.replace(/\s+/g, '')
  const lines =
    joined !== text &&
    /^[\w.-]+$/.test(joined) &&
    /^e[wy]/.test(joined) &&
    ['jws', 'jwe'].includes(shapeOf(joined) ?? '')
  const found = [...text.matchAll(TOKEN)].map(([match]) => match).filter((match) => shapeOf(match) !== 'cut')
  const [first, ...others] = found
  if (first === undefined || (lines && first.length < joined.length / 2)) {
    if (!lines) throw notToken(text)
    if (strict) throw surrounded('white space inside of it')
    return toFound(joined, [{ code: 'CS_NOTE_FOUND', message: 'removed white space inside the token.' }])
  }
  if (strict) throw surrounded('other text')
  const quoted = text.slice(1, -1) === first
  const different = new Set(others.filter((other) => other !== first)).size
  const more = different === 0 ? '' : `; ${different} more behind it`
  const message = quoted ? 'removed the quotes around the token.' : `found the token amidst other text${more}.`
  return toFound(first, [{ code: 'CS_NOTE_FOUND', message }])
}

function surrounded(by: string): CommandError {
  return new CommandError('CS_BEARER', `input has more than a token: ${by}.`, { hint: 'pass only the token.' })
}

function toFound(token: string, notes: readonly Note[]): FoundToken {
  const kind = shapeOf(token)
  if (kind === undefined) throw notToken(token)
  if (kind !== 'cut') return { token, kind, notes }
  return { token, kind, notes: [...notes, { code: 'CS_NOTE_CUT', message: notToken(token).told.message }] }
}

/** What a text is by its dots, and by a header that has to be JSON in base64url. */
function shapeOf(text: string): FoundToken['kind'] | undefined {
  const parts = text.split('.', 7)
  if (parts.length === 5) return 'jwe'
  if (parts.length === 3) return 'jws'
  return parts.length <= 2 && isHeader(parts[0] ?? '') ? 'cut' : undefined
}

function isHeader(text: string): boolean {
  let octets: Bytes
  try {
    octets = fromBase64url(text, 'the header')
  } catch {
    return false
  }
  const [first] = octets
  return first === 0x7b && octets.length > 2
}

/** @returns the error for what has not the form of a token */
export function notToken(text: string): CommandError {
  const parts = text.split('.', 1000).length
  const found = `expected 3 parts (JWS) or 5 (JWE) between dots, found ${parts} in ${text.length} characters.`
  if (isHeader(text.split('.', 1)[0] ?? '') && parts < 3) {
    return new CommandError('CS_MALFORMED', `not a token: ${found}`, {
      hint: 'the signature seems cut off. `countersign decode` still shows the header and claims.',
      spec: 'RFC 7515 §7.1',
    })
  }
  const hint =
    parts === 1
      ? 'a token begins with eyJ and has dots in it. A file is named with @, the standard input is -.'
      : undefined
  return new CommandError('CS_MALFORMED', `not a token: ${found}`, hint === undefined ? {} : { hint })
}
