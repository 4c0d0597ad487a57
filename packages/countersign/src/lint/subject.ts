import type { Bytes } from '../bytes.ts'
import { mediaType } from '../claims.ts'
import type { JwkAdmission, KeyAdmission } from '../crypto/backend.ts'
import { type DecodedToken, decodeToken } from '../diagnosis/decode-token.ts'
import { type ExactJson, member, parseExact, textOf, toExact, toValue } from '../diagnosis/exact-json.ts'
import { JoseError } from '../errors.ts'
import { isObject, type JsonObject } from '../json.ts'
import { importMember } from '../key/from-jwk.ts'
import { importKey } from '../key/import.ts'
import { isJwkSet } from '../key/jwk.ts'
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
  /** The claims set; nothing where the payload is none, or is not to be read. */
  readonly claims: (ExactJson & { readonly kind: 'object' }) | undefined
  /** Its media type, in small letters and without `application/`. */
  readonly typ: string | undefined
}

export interface KeySubject {
  readonly kind: 'key'
  /** Its place in a set; empty for a key by itself. */
  readonly path: string
  /** What it came in: `JWK`, `PEM PUBLIC KEY`, `DER`. */
  readonly form: string
  /** Its members as they were written. */
  readonly jwk: JsonObject | undefined
  readonly exact: ExactJson | undefined
  readonly key: Key | undefined
  /** Why it is no key to use. */
  readonly fault: JoseError | undefined
  /** The first certificate that came with it, in DER. */
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

/** How much JSON is read as a key or a set. */
const MOST_KEYS = 1000

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
  if (Key.is(shown)) return { ...NO_KEY, form: 'key', key: shown }
  if (shown instanceof Uint8Array) {
    if (looksLikeDer(shown)) return importedKey(Uint8Array.from(shown), 'DER', backend, passphrase)
    return toSubject(new TextDecoder().decode(shown), backend, {
      strict,
      ...(passphrase !== undefined && { passphrase }),
    })
  }
  if (typeof shown === 'object') return ofJson(toExact(shown), JSON.stringify(shown), backend, strict)
  const bare = shown.trim().replace(/^\ufeff/, '')
  if (looksLikePem(bare)) return importedKey(bare, 'PEM', backend, passphrase)
  if (!bare.startsWith('{')) return toTokenSubject(decodeToken(shown, strict))
  let exact: ExactJson
  try {
    exact = parseExact(bare, 'the input')
  } catch {
    // What is near to JSON may have a token in it all the same.
    return toTokenSubject(decodeToken(shown, strict))
  }
  return ofJson(exact, shown, backend, strict)
}

function ofJson(exact: ExactJson, text: string, backend: JwkAdmission, strict: boolean): Subject {
  const value = toValue(exact)
  if (isJwkSet(value) && Array.isArray(value.keys)) return toSetSubject(exact, backend)
  if (isObject(value) && textOf(member(exact, 'kty')) !== undefined) return toKeySubject(exact, '', backend)
  return toTokenSubject(decodeToken(text, strict))
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
export function toKeySubject(exact: ExactJson, path: string, backend: JwkAdmission): KeySubject {
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
  const certificate =
    typeof input === 'string' ? (label === ' CERTIFICATE' ? parsePem(input).der : undefined) : undefined
  return { ...NO_KEY, form: `${container}${label}`, certificate, ...attempt(() => importKey(input, options, backend)) }
}

/** A key that is refused is what is to be told; one that cannot be read says nothing at all. */
function attempt(work: () => Key): Pick<KeySubject, 'key' | 'fault'> {
  try {
    return { key: work(), fault: undefined }
  } catch (error) {
    if (error instanceof JoseError && !/passphrase/.test(error.message)) return { key: undefined, fault: error }
    throw error
  }
}

export function toTokenSubject(token: DecodedToken): TokenSubject {
  const { header, headers, payload } = token
  const text = typeof token.token === 'string' ? token.token : JSON.stringify(token.token)
  const list = token.kind === 'jws' ? 'signatures' : 'recipients'
  const typ = textOf(member(header, 'typ'))
  return {
    kind: 'token',
    token,
    text,
    headers:
      headers.length === 0 ? [['header', header]] : headers.map((one, index) => [`${list}[${index}].header`, one]),
    claims: payload?.json?.kind === 'object' ? payload.json : undefined,
    typ: typ === undefined ? undefined : mediaType(typ),
  }
}
