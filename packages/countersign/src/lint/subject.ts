import { type Bytes, fromBase64 } from '../bytes.ts'
import { mediaType } from '../claims.ts'
import type { JwkAdmission, KeyAdmission } from '../crypto/backend.ts'
import { type DecodedToken, decodeFound, decodeToken } from '../diagnosis/decode-token.ts'
import {
  type ExactJson,
  type ExactObject,
  member,
  parseExact,
  textOf,
  toExact,
  toValue,
} from '../diagnosis/exact-json.ts'
import { findToken, MOST_TEXT } from '../diagnosis/find-token.ts'
import { JoseError, kindOf } from '../errors.ts'
import { isObject, type JsonObject, own, TOO_LARGE, toObjectText, withoutUndefined } from '../json.ts'
import { validityOf } from '../key/certificate.ts'
import { importMember } from '../key/from-jwk.ts'
import { importKey } from '../key/import.ts'
import { Key } from '../key/key.ts'
import { looksLikeDer } from '../key/outline.ts'
import { looksLikePem, parsePem } from '../key/pem.ts'

/** Something to look at: a token, a key or a JWK Set, taken apart and believed by nobody. */
export type Subject = TokenSubject | KeySubject | SetSubject

export interface TokenSubject {
  readonly kind: 'token'
  readonly token: DecodedToken
  /** The text of a compact token, or the JSON of a serialization. */
  readonly text: string
  /** The header of each signature or recipient, with its place. */
  readonly headers: readonly (readonly [path: string, header: ExactJson])[]
  /** The headers in JSON that nothing protects, with their places; they are part of those above. */
  readonly unprotected: readonly (readonly [path: string, header: JsonObject])[]
  /** The text of each signature with its place, in the order of the headers; none where it is cut off, and for a JWE. */
  readonly signatures: readonly (readonly [path: string, text: string])[]
  /** The JSON of a serialization as it was written, where nothing stood around it. */
  readonly exact: ExactJson | undefined
  /** The claims set; nothing where the payload is none, or is not to be read. */
  readonly claims: ExactObject | undefined
  /** Its media type, in small letters and without `application/`. */
  readonly typ: string | undefined
}

export interface KeySubject {
  readonly kind: 'key'
  /** Its place in a set; empty for a key by itself. */
  readonly path: string
  /** What it came in: `JWK`, `PEM PUBLIC KEY`, `DER`, `key` for a key object. */
  readonly form: string
  /** Its members as they were written; of a key object what it says of itself. */
  readonly jwk: JsonObject | undefined
  readonly exact: ExactJson | undefined
  readonly key: Key | undefined
  /** Why it is no key to use. */
  readonly fault: JoseError | undefined
  /** What it came in, where that is a certificate: in DER. */
  readonly certificate: Bytes | undefined
}

export interface SetSubject {
  readonly kind: 'set'
  readonly exact: ExactJson
  readonly keys: readonly KeySubject[]
  /** Members of `keys` that are no JWKs. */
  readonly odd: readonly string[]
}

/** Something that may be shown: text as somebody has it, the octets of a file, or what JSON.parse gave. */
export type Shown = string | Uint8Array | object

/** As many keys as a set has at most, here and in the library. */
export const MOST_KEYS = 1000

/**
 * Finds out what something is.
 *
 * @param passphrase - for a private key that is encrypted
 * @throws {CommandError} @throws {JoseError} for what is none of them, or cannot be read
 */
export function toSubject(
  shown: Shown,
  backend: KeyAdmission,
  { strict = false, passphrase }: { readonly strict?: boolean; readonly passphrase?: string | Uint8Array } = {},
): Subject {
  if (Key.is(shown)) return ownKey(shown)
  if (shown instanceof Uint8Array) {
    if (isDer(shown)) return importedKey(Uint8Array.from(shown), 'DER', backend, passphrase)
    refuseLarge(shown.length, 'bytes')
    return ofText(new TextDecoder().decode(shown), backend, strict, passphrase)
  }
  if (typeof shown === 'string') return ofText(shown, backend, strict, passphrase)
  if (!isObject(shown)) throw new JoseError('CS_MALFORMED', `${kindOf(shown)} is no token, no key and no JWK Set`)
  if (backend.adopt(shown) !== undefined) return ownKey(importKey(shown, {}, backend))
  const text = toObjectText(shown, MOST_TEXT)
  if (text === TOO_LARGE) throw new JoseError('CS_TOO_LARGE', 'the object is too large, or nested too deep')
  if (text === undefined) throw new JoseError('CS_MALFORMED', 'the object is nothing that JSON can say')
  return ofJson(parseExact(text, 'the object'), text, backend, strict)
}

/** A key that is one already: what it says of itself, without the key itself. */
function ownKey(key: Key): KeySubject {
  const { kty, crv, kid, alg, use, key_ops } = key
  const jwk = withoutUndefined({ kty, crv, kid, alg, use, key_ops })
  return { ...NO_KEY, form: 'key', jwk, exact: toExact(jwk), key }
}

/** Octets that begin as DER does, and are no text: in every key are tags that no text has. */
function isDer(bytes: Uint8Array): boolean {
  return looksLikeDer(bytes) && bytes.some((byte) => byte < 0x09)
}

/** @throws {JoseError} `CS_TOO_LARGE` */
function refuseLarge(size: number, unit: string): void {
  if (size > MOST_TEXT) throw new JoseError('CS_TOO_LARGE', `the input has ${size} ${unit}, ${MOST_TEXT} are allowed`)
}

function ofText(
  text: string,
  backend: KeyAdmission,
  strict: boolean,
  passphrase: string | Uint8Array | undefined,
): Subject {
  refuseLarge(text.length, 'characters')
  const bare = text.trim()
  const exact = bare.startsWith('{') ? exactIfAny(bare) : undefined
  if (exact !== undefined) return ofJson(exact, text, backend, strict)
  if (looksLikePem(bare)) return importedKey(bare, 'PEM', backend, passphrase)
  return toTokenSubject(decodeToken(text, strict))
}

/** What is near to JSON may have a token in it all the same. */
function exactIfAny(text: string): ExactJson | undefined {
  try {
    return parseExact(text, 'the input')
  } catch {
    return undefined
  }
}

function ofJson(exact: ExactJson, text: string, backend: JwkAdmission, strict: boolean): Subject {
  if (member(exact, 'keys')?.kind === 'array') return toSetSubject(exact, backend)
  if (member(exact, 'kty') !== undefined) return toKeySubject(exact, '', backend)
  const found = findToken(text, strict)
  return toTokenSubject(decodeFound(found, strict), found.exact)
}

const NO_KEY = {
  kind: 'key',
  path: '',
  form: 'JWK',
  jwk: undefined,
  exact: undefined,
  key: undefined,
  fault: undefined,
  certificate: undefined,
} as const

/** A JWK with what there is to say about it, whether or not it can be used. */
function toKeySubject(exact: ExactJson, path: string, backend: JwkAdmission): KeySubject {
  const value = toValue(exact)
  const jwk = isObject(value) ? value : {}
  return { ...NO_KEY, path, jwk, exact, ...attempt(() => importMember(jwk, backend)) }
}

/** @throws {JoseError} `CS_TOO_LARGE` */
export function toSetSubject(exact: ExactJson, backend: JwkAdmission): SetSubject {
  const list = member(exact, 'keys')
  const items = list?.kind === 'array' ? list.items : []
  if (items.length > MOST_KEYS)
    throw new JoseError('CS_TOO_LARGE', `the JWK Set has ${items.length} keys, ${MOST_KEYS} are allowed`)
  const keys: KeySubject[] = []
  const odd: string[] = []
  for (const [index, item] of items.entries()) {
    if (item.kind === 'object') keys.push(toKeySubject(item, `keys[${index}]`, backend))
    else odd.push(`keys[${index}]`)
  }
  return { kind: 'set', exact, keys, odd }
}

function importedKey(
  input: string | Bytes,
  container: 'PEM' | 'DER',
  backend: KeyAdmission,
  passphrase: string | Uint8Array | undefined,
): KeySubject {
  const options = passphrase === undefined ? {} : { passphrase }
  const label = typeof input === 'string' ? ` ${parsePem(input).label}` : ''
  const der = typeof input !== 'string' ? input : label === ' CERTIFICATE' ? parsePem(input).der : undefined
  const certificate = der && validityOf(der) && der
  return {
    ...NO_KEY,
    form: `${container}${label}`,
    certificate,
    ...attempt(() => importKey(input, options, backend), /passphrase/),
  }
}

/**
 * A key that is refused is what is to be told; one that cannot be read says nothing at all.
 *
 * @param unread - what the error says then
 */
function attempt(work: () => Key, unread?: RegExp): Pick<KeySubject, 'key' | 'fault'> {
  try {
    return { key: work(), fault: undefined }
  } catch (error) {
    if (error instanceof JoseError && !unread?.test(error.message)) return { key: undefined, fault: error }
    throw error
  }
}

/** @param exact - the JSON of a serialization as it was written */
export function toTokenSubject(token: DecodedToken, exact?: ExactJson): TokenSubject {
  const { header, headers, payload } = token
  const list = token.kind === 'jws' ? 'signatures' : 'recipients'
  const typ = textOf(member(header, 'typ'))
  return {
    kind: 'token',
    token,
    text: typeof token.token === 'string' ? token.token : JSON.stringify(token.token),
    headers:
      headers.length === 0 ? [['header', header]] : headers.map((one, index) => [`${list}[${index}].header`, one]),
    unprotected: typeof token.token === 'string' ? [] : unprotectedIn(token.token, list),
    signatures: token.kind === 'jws' ? signaturesIn(token) : [],
    exact,
    claims: payload?.json?.kind === 'object' ? payload.json : undefined,
    typ: typ === undefined ? undefined : mediaType(typ),
  }
}

function unprotectedIn(token: JsonObject, list: string): TokenSubject['unprotected'] {
  const places = [
    ['', token] as const,
    ...partsIn(token, list).map((part, index) => [`${list}[${index}].`, part] as const),
  ]
  return places.flatMap(([place, part]) =>
    ['unprotected', 'header'].flatMap((name) => {
      const header = own(part, name)
      return isObject(header) ? [[`${place}${name}`, header] as const] : []
    }),
  )
}

function signaturesIn({ headers, signature, token }: DecodedToken): TokenSubject['signatures'] {
  if (headers.length === 0 || typeof token === 'string')
    return signature === undefined ? [] : [['signature', signature.text]]
  return partsIn(token, 'signatures').map((part, index) => {
    const text = own(part, 'signature')
    return [`signatures[${index}].signature`, typeof text === 'string' ? text : '']
  })
}

function partsIn(token: JsonObject, list: string): readonly JsonObject[] {
  const parts = own(token, list)
  return Array.isArray(parts) ? parts.filter(isObject) : []
}

/** The first certificate of x5c, which is that of the key (RFC 7517 §4.7), in DER; nothing where there is none to read. */
export function certificateIn(jwk: ExactJson | undefined): Bytes | undefined {
  const chain = member(jwk, 'x5c')
  const first = chain?.kind === 'array' ? textOf(chain.items[0]) : undefined
  try {
    return first === undefined ? undefined : fromBase64(first, 'x5c', 'CS_KEY_INVALID')
  } catch {
    return undefined
  }
}
