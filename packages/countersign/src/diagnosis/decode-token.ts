import { type Bytes, fromBase64url, fromUtf8 } from '../bytes.ts'
import { JoseError, show } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { duplicates, type ExactJson, JsonFault, member, parseExact, textOf } from './exact-json.ts'
import { type FoundToken, findToken, notToken } from './find-token.ts'
import { oddTimes } from './odd-times.ts'
import { compactIn } from './scan-text.ts'
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
  /** The signature as it is written, of several the first; nothing for a JWE, and where it is cut off. */
  readonly signature: Signature | undefined
  /** The sizes of what a JWE is made of, in octets; nothing for a JWS, and where it is cut off. */
  readonly encrypted: Encrypted | undefined
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

/** A signature that nobody has checked. */
export interface Signature {
  readonly text: string
  readonly bytes: number
}

/** How large the parts of a JWE are, in octets; of several recipients the key of the first. */
export interface Encrypted {
  readonly key: number
  readonly iv: number
  readonly content: number
  readonly tag: number
}

/**
 * Finds the token in some text, and takes it apart as far as that goes. Nothing is checked.
 *
 * @param strict - refuses everything around a token, and a name that is there twice
 * @throws {CommandError} @throws {JoseError} for what cannot be read, with the place of the fault
 */
export function decodeToken(text: string, strict = false): DecodedToken {
  return decodeFound(findToken(text, strict), strict)
}

/** The same for a token that was found. */
export function decodeFound(found: FoundToken, strict = false): DecodedToken {
  if (strict && found.kind === 'cut') throw notToken(String(found.token))
  const decoded = found.exact === undefined ? decodeCompact(String(found.token), found) : decodeJson(found.exact, found)
  const odd = new Set(
    [found.exact, decoded.header, ...decoded.headers, decoded.payload?.json].flatMap((json) =>
      json === undefined ? [] : duplicates(json),
    ),
  )
  if (odd.size > 0 && strict) throw new JoseError('CS_MALFORMED', `the JSON has the name ${show([...odd][0])} twice`)
  const notes = [...decoded.notes, ...twice([...odd]), ...oddPayload(decoded), ...oddTimes(decoded.payload?.json)]
  return { ...decoded, notes }
}

/** So many names are told one by one. */
const MOST_NAMES = 8

function twice(names: readonly string[]): readonly Note[] {
  const say = (what: string): Note => ({
    code: 'CS_NOTE_JSON',
    message: `${what} there twice, and readers differ in which of them counts.`,
  })
  const more = names.length - MOST_NAMES
  const told = names.slice(0, MOST_NAMES).map((name) => say(`the name ${show(name)} is`))
  return more > 0 ? [...told, say(`${more} more names are`)] : told
}

function decodeCompact(token: string, { kind, notes }: FoundToken): DecodedToken {
  const [first = '', second = '', third, ...others] = token.split('.')
  const header = toHeader(first)
  const isCut = kind === 'cut'
  const common = { serialization: 'compact', header, headers: [], notes, token } as const
  if (kind === 'jwe' || (isCut && member(header, 'enc')?.kind === 'string')) {
    const [iv = '', content = '', tag = ''] = [third, ...others]
    const encrypted = isCut ? undefined : sizesOf(second, iv, content, tag)
    return { ...common, kind: 'jwe', payload: undefined, signature: undefined, encrypted }
  }
  const isThere = second !== '' || (third === '' && !isCut)
  return {
    ...common,
    kind: 'jws',
    payload: isThere ? toPayload(second, isEncoded(header), isCut) : undefined,
    signature: third === undefined ? undefined : toSignature(third),
    encrypted: undefined,
  }
}

/** Whether the payload is base64url: unless the header says otherwise (RFC 7797 §3). */
function isEncoded(header: ExactJson): boolean {
  const b64 = member(header, 'b64')
  return b64?.kind !== 'literal' || b64.value !== false
}

function sizesOf(key: string, iv: string, content: string, tag: string): Encrypted {
  return {
    key: decodePart(key, 'encrypted key').length,
    iv: decodePart(iv, 'iv').length,
    content: decodePart(content, 'ciphertext').length,
    tag: decodePart(tag, 'tag').length,
  }
}

function decodeJson(json: ExactJson, { kind, notes, token }: FoundToken): DecodedToken {
  const isJwe = kind === 'jwe'
  const [what, list] = isJwe ? (['JWE', 'recipients'] as const) : (['JWS', 'signatures'] as const)
  const several = member(json, list)
  const parts = several === undefined ? [json] : partsIn(several, what, list)
  const text = (object: ExactJson, name: string): string | undefined => textIn(object, name, what)
  const headers = parts.map((part) =>
    isJwe
      ? joined([text(json, 'protected'), member(json, 'unprotected'), member(part, 'header')])
      : joined([text(part, 'protected'), member(part, 'header')]),
  )
  const [first = json] = parts
  const [header = EMPTY] = headers
  const common = {
    kind: isJwe ? 'jwe' : 'jws',
    serialization: several === undefined ? 'flattened' : 'general',
    header,
    headers: headers.length > 1 ? headers : [],
    notes,
    token,
  } as const
  if (isJwe) {
    const [key = '', iv = '', content = '', tag = ''] = [
      text(first, 'encrypted_key'),
      ...['iv', 'ciphertext', 'tag'].map((name) => text(json, name)),
    ]
    return { ...common, payload: undefined, signature: undefined, encrypted: sizesOf(key, iv, content, tag) }
  }
  const payload = text(json, 'payload')
  const signature = text(first, 'signature')
  return {
    ...common,
    payload: payload === undefined ? undefined : toPayload(payload, isEncoded(header), false),
    signature: signature === undefined ? undefined : toSignature(signature),
    encrypted: undefined,
  }
}

const EMPTY: ExactJson = { kind: 'object', members: [] }

function partsIn(several: ExactJson, what: string, list: string): readonly ExactJson[] {
  const parts = several.kind === 'array' ? several.items : []
  if (parts.length > 0 && parts.every(({ kind }) => kind === 'object')) return parts
  throw new CommandError('CS_MALFORMED', `${list} of the ${what} is no array of objects.`)
}

function textIn(json: ExactJson, name: string, what: string): string | undefined {
  const value = member(json, name)
  if (value === undefined || value.kind === 'string') return value?.value
  throw new CommandError('CS_MALFORMED', `${name} of the ${what} is no text: ${value.kind} stands there.`)
}

/** The members of a protected header, which is text, and of unprotected ones. */
function joined(headers: readonly (string | ExactJson | undefined)[]): ExactJson {
  const members = headers.flatMap((header) => {
    const json = typeof header === 'string' ? toHeader(header) : header
    return json?.kind === 'object' ? json.members : []
  })
  return { kind: 'object', members }
}

function toHeader(encoded: string): ExactJson {
  const bytes = decodePart(encoded, 'header')
  const json = inPlace('header', () => parseExact(toText(bytes, 'header'), 'the header'))
  if (json.kind === 'object') return json
  throw new CommandError('CS_MALFORMED', 'the header is JSON, and not an object.', {
    at: { segment: 'header', offset: 0 },
  })
}

function toPayload(text: string, encoded: boolean, isCut: boolean): Payload {
  if (!encoded) return readPayload(new TextEncoder().encode(text), false)
  return readPayload(isCut ? lenient(text) : decodePart(text, 'payload'), isCut)
}

/** The octets of what may end anywhere: its last characters may be no whole octet. */
function lenient(text: string): Bytes {
  for (const length of [text.length, text.length - 1, text.length - (text.length % 4)]) {
    try {
      return fromBase64url(text.slice(0, Math.max(0, length)), 'the payload')
    } catch {}
  }
  return decodePart(text, 'payload')
}

function readPayload(bytes: Bytes, isCut: boolean): Payload {
  // A cut goes through characters, too.
  const text = isCut ? new TextDecoder().decode(bytes).replace(/\ufffd$/, '') : textIfAny(bytes)
  if (text === undefined) return { bytes }
  try {
    return { bytes, text, json: parseExact(text, 'the payload') }
  } catch {
    return { bytes, text }
  }
}

function textIfAny(bytes: Bytes): string | undefined {
  try {
    return fromUtf8(bytes, 'the payload')
  } catch {
    return undefined
  }
}

function toSignature(text: string): Signature {
  return { text, bytes: text === '' ? 0 : decodePart(text, 'signature').length }
}

function toText(bytes: Bytes, segment: Place['segment']): string {
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
    throw new CommandError('CS_MALFORMED', `${error.message}.`, {
      at: { segment, offset: error.offset },
      hint: 'whoever made the token has to mend it; if it was copied by hand, get it again.',
    })
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

/** What is worth knowing of a payload that is not simply claims. */
function oddPayload({ kind, header, payload }: DecodedToken): readonly Note[] {
  const says = (name: string): string => textOf(member(header, name)) ?? ''
  const holdsToken = /^(?:application\/)?jwt$/i.test(says('cty'))
  if (kind === 'jwe') {
    if (!holdsToken) return []
    return [{ code: 'CS_NOTE_NESTED', message: 'the header says that another token is inside (cty JWT).' }]
  }
  if (payload === undefined) return []
  const { bytes, text, json } = payload
  const inner = text === undefined || json !== undefined ? undefined : compactIn(text.trim())
  if (inner?.header === 'read' && !/\s/.test(text?.trim() ?? ''))
    return [
      {
        code: 'CS_NOTE_NESTED',
        message: 'the payload is another token: countersign decode --part payload | countersign decode',
      },
    ]
  if (json === undefined && says('zip') !== '' && bytes.length > 0)
    return [
      { code: 'CS_NOTE_JSON', message: `the payload is compressed (zip ${show(says('zip'))}), and shown as it is.` },
    ]
  const why = json === undefined && text !== undefined && /^\s*[{[]/.test(text) ? faultOf(text) : undefined
  if (why !== undefined) return [{ code: 'CS_NOTE_JSON', message: `${why}.` }]
  if (/(?:^|\+)jwt$/i.test(says('typ')) && bytes.length > 0 && json?.kind !== 'object')
    return [{ code: 'CS_NOTE_JSON', message: 'the payload is no claims set, which is a JSON object. (RFC 7519 §4)' }]
  return []
}

function faultOf(text: string): string | undefined {
  try {
    parseExact(text, 'the payload')
    return undefined
  } catch (error) {
    if (error instanceof JoseError) return error.message
    throw error
  }
}
