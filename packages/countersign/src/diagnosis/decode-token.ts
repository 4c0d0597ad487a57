import { type Bytes, fromBase64url, fromUtf8 } from '../bytes.ts'
import { JoseError, show } from '../errors.ts'
import { isObject, type JsonObject, own } from '../json.ts'
import { duplicates, type ExactJson, JsonFault, member, numberOf, parseExact, toExact } from './exact-json.ts'
import { type FoundToken, findToken, notToken } from './find-token.ts'
import { toIso } from './moments.ts'
import { CommandError, type Note, type Place } from './told.ts'

/** A token taken apart, and believed by nobody. */
export interface DecodedToken {
  readonly kind: 'jws' | 'jwe'
  readonly serialization: 'compact' | 'flattened' | 'general'
  /** The JOSE header: protected and unprotected members, of several signatures or recipients those of the first. */
  readonly header: ExactJson
  /** The headers of each signature or recipient, where there are several. */
  readonly headers: readonly ExactJson[]
  /** What was signed; nothing where it is encrypted, detached or cut off. */
  readonly payload: Payload | undefined
  /** The signature as it is written; nothing for a JWE, and where it is cut off. */
  readonly signature: { readonly text: string; readonly bytes: number } | undefined
  readonly notes: readonly Note[]
  /** The token itself, without what stood around it. */
  readonly token: string | JsonObject
}

/** What was signed, as far as it can be read. */
export interface Payload {
  readonly bytes: Bytes
  /** Its JSON, where it is some. */
  readonly json?: ExactJson
  /** Its text, where it is UTF-8. */
  readonly text?: string
}

/**
 * Finds the token in some text, and takes it apart as far as that goes. Nothing is checked.
 *
 * @param strict - refuses everything around a token, and what the library would refuse in it
 * @throws {CommandError} @throws {JoseError} for what cannot be read, with the place of the fault
 */
export function decodeToken(text: string, strict = false): DecodedToken {
  return decodeFound(findToken(text, strict), strict)
}

/** The same for a token that was found. */
export function decodeFound(found: FoundToken, strict = false): DecodedToken {
  if (strict && found.kind === 'cut') throw notToken(String(found.token))
  const decoded = typeof found.token === 'string' ? decodeCompact(found.token, found) : decodeJson(found.token, found)
  const odd = [decoded.header, ...(decoded.payload?.json ? [decoded.payload.json] : [])].flatMap(duplicates)
  if (odd.length > 0 && strict) throw new JoseError('CS_MALFORMED', `the JSON has the name ${show(odd[0])} twice`)
  return { ...decoded, notes: [...decoded.notes, ...odd.map(twice), ...oddTimes(decoded.payload?.json)] }
}

function twice(name: string): Note {
  return {
    code: 'CS_NOTE_JSON',
    message: `the name ${show(name)} is there twice, and readers differ in which of them counts.`,
  }
}

function decodeCompact(token: string, { kind, notes }: FoundToken): DecodedToken {
  const [first = '', second = '', third] = token.split('.')
  const header = toHeader(first)
  const common = { serialization: 'compact', header, headers: [], notes, token } as const
  if (kind === 'jwe') return { ...common, kind, payload: undefined, signature: undefined }
  const isDetached = second === '' && third !== undefined && third !== ''
  const encoded = member(header, 'b64')?.kind !== 'literal' || isTrue(member(header, 'b64'))
  return {
    ...common,
    kind: 'jws',
    payload: isDetached || (kind === 'cut' && second === '') ? undefined : toPayload(second, encoded, kind === 'cut'),
    signature: third === undefined ? undefined : toSignature(third),
  }
}

const isTrue = (json: ExactJson | undefined): boolean => json?.kind === 'literal' && json.value === true

function decodeJson(token: JsonObject, { kind, notes }: FoundToken): DecodedToken {
  const list = own(token, kind === 'jwe' ? 'recipients' : 'signatures')
  const parts = Array.isArray(list) ? list.filter(isObject) : [token]
  const shared = kind === 'jwe' ? [textOwn(token, 'protected'), own(token, 'unprotected')] : []
  const headers = parts.map((part) => {
    const own_ = kind === 'jwe' && parts[0] !== token ? [] : [textOwn(part, 'protected')]
    return joined([...(kind === 'jwe' ? shared : own_), own(part, 'header')])
  })
  const [first = {}] = parts
  const header = headers[0] ?? toExact({})
  const common = {
    kind: kind === 'jwe' ? 'jwe' : 'jws',
    serialization: Array.isArray(list) ? 'general' : 'flattened',
    header,
    headers: headers.length > 1 ? headers : [],
    notes,
    token,
  } as const
  if (kind === 'jwe') return { ...common, payload: undefined, signature: undefined }
  const payload = textOwn(token, 'payload')
  const encoded = member(header, 'b64')?.kind !== 'literal' || isTrue(member(header, 'b64'))
  const signature = textOwn(first, 'signature')
  return {
    ...common,
    payload: payload === undefined ? undefined : toPayload(payload, encoded, false),
    signature: signature === undefined ? undefined : toSignature(signature),
  }
}

function textOwn(object: JsonObject, name: string): string | undefined {
  const value = own(object, name)
  return typeof value === 'string' ? value : undefined
}

/** The members of protected headers, which are texts, and of unprotected ones. */
function joined(headers: readonly unknown[]): ExactJson {
  const members = headers.flatMap((header) => {
    if (header === undefined) return []
    const json = typeof header === 'string' ? toHeader(header) : toExact(header)
    return json.kind === 'object' ? json.members : []
  })
  return { kind: 'object', members }
}

function toHeader(encoded: string): ExactJson {
  const bytes = decodePart(encoded, 'header')
  const json = inPlace('header', () => parseExact(textOf(bytes, 'header'), 'the header'))
  if (json.kind === 'object') return json
  throw new CommandError('CS_MALFORMED', 'the header is JSON, and not an object.', {
    at: { segment: 'header', offset: 0 },
  })
}

function toPayload(text: string, encoded: boolean, isCut: boolean): Payload {
  if (!encoded) return readPayload(new TextEncoder().encode(text))
  // What was cut off may have left characters that are no whole octets.
  const whole = isCut && text.length % 4 === 1 ? text.slice(0, -1) : text
  return readPayload(isCut ? lenient(whole) : decodePart(whole, 'payload'))
}

function lenient(text: string): Bytes {
  try {
    return fromBase64url(text, 'the payload')
  } catch {
    return fromBase64url(text.slice(0, Math.floor(text.length / 4) * 4), 'the payload')
  }
}

function readPayload(bytes: Bytes): Payload {
  let text: string
  try {
    text = fromUtf8(bytes, 'the payload')
  } catch {
    return { bytes }
  }
  try {
    return { bytes, text, json: parseExact(text, 'the payload') }
  } catch {
    return { bytes, text }
  }
}

function toSignature(text: string): DecodedToken['signature'] {
  return { text, bytes: text === '' ? 0 : decodePart(text, 'signature').length }
}

function textOf(bytes: Bytes, segment: Place['segment']): string {
  try {
    return fromUtf8(bytes, `the ${segment}`)
  } catch {
    throw new CommandError('CS_MALFORMED', `the ${segment} is not UTF-8.`, { at: { segment, offset: 0 } })
  }
}

/** Tells in which segment some JSON is at fault. */
function inPlace<T>(segment: Place['segment'], work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error
    throw new CommandError('CS_MALFORMED', `${error.message}.`, { at: { segment, offset: error.offset } })
  }
}

/** The octets of a segment. @throws {CommandError} `CS_BASE64` with the place of what is not base64url */
export function decodePart(text: string, segment: Place['segment']): Bytes {
  try {
    return fromBase64url(text, segment)
  } catch {
    throw notBase64url(text, segment)
  }
}

const LETTERS = 'Tokens use A-Z a-z 0-9 - _ without "=". (RFC 7515 §2)'

function notBase64url(text: string, segment: Place['segment']): CommandError {
  const offset = text.search(/[^A-Za-z0-9_-]/)
  const fault = (message: string, at: number): CommandError =>
    new CommandError('CS_BASE64', message, { at: { segment, offset: at }, hint: MENDED })
  if (offset < 0) {
    if (text.length % 4 === 1)
      return fault(
        `${segment} is cut short: ${text.length} characters are no whole number of bytes. (RFC 7515 §2)`,
        text.length,
      )
    return fault(
      `${segment} ends in bits that are not zero, so two texts would stand for one token. (RFC 4648 §3.5)`,
      text.length - 1,
    )
  }
  const char = show(String.fromCodePoint(text.codePointAt(offset) ?? 0))
  const isBase64 = '+/='.includes(text[offset] ?? '')
  return fault(
    `${segment} is ${isBase64 ? 'base64, not base64url' : 'not base64url'}: ${char} at character ${offset}. ${LETTERS}`,
    offset,
  )
}

const MENDED = 'get the token again from where it was issued; something on its way changed its letters.'

/** The claims that are times (RFC 7519 §4.1, OpenID Connect Core 1.0 §2 and §5.1). */
export const TIME_CLAIMS: readonly string[] = ['exp', 'nbf', 'iat', 'auth_time', 'updated_at']

/** The times of a claims set, in the order of the claims. */
export function timesOf(json: ExactJson | undefined): readonly (readonly [name: string, seconds: number])[] {
  return TIME_CLAIMS.flatMap((name) => {
    const seconds = numberOf(member(json, name))
    return seconds === undefined || toIso(seconds) === undefined ? [] : [[name, seconds] as const]
  })
}

/** The first second that is more likely a number of milliseconds: in the year 5138. */
const FAR = 1e11

function oddTimes(json: ExactJson | undefined): readonly Note[] {
  return TIME_CLAIMS.flatMap((name): Note[] => {
    const value = member(json, name)
    if (value === undefined) return []
    const seconds = numberOf(value)
    if (seconds === undefined)
      return [{ code: 'CS_NOTE_TIME', message: `${name} is not a number: times are numbers of seconds. (RFC 7519 §2)` }]
    if (Math.abs(seconds) < FAR) return []
    const meant = toIso(seconds / 1000)
    return [
      {
        code: 'CS_NOTE_TIME',
        message: `${name} looks like milliseconds${meant === undefined ? '' : ` (${meant})`}; times are numbers of seconds. (RFC 7519 §2)`,
      },
    ]
  })
}
