import { type Bytes, borrowBase64url, fromBase64url, utf8 } from '../bytes.ts'
import { JoseError, kindOf } from '../errors.ts'
import { type HeaderReader, JWE_PLACES, type JweHeader, joinHeader, parseProtected, toJweHeader } from '../header.ts'
import { type JsonObject, own } from '../json.ts'
import type { Limits } from '../options.ts'
import {
  fullMember,
  type JsonForm,
  type JsonRules,
  listed,
  NO_MEMBERS,
  openHeader,
  refuseLarge,
  refuseLength,
  textMember,
} from './parts.ts'

/** One recipient of a JWE in JSON, as it is written (RFC 7516 §7.2.1): {@link decryptJwe} reads several. */
export interface JwePart {
  /** The header of this recipient alone, which the tag does not cover. */
  readonly header?: Readonly<Record<string, unknown>>
  /** The key of the content, encrypted to this recipient, in base64url; nothing where it needs none. */
  readonly encrypted_key?: string
}

/** What the recipients of a JWE in JSON share, as {@link encryptJwe} writes it (RFC 7516 §7.2.1). */
export interface SharedJwe {
  /** base64url text of the protected header. */
  readonly protected?: string
  /** The header that all recipients share, and the tag does not cover. */
  readonly unprotected?: Readonly<Record<string, unknown>>
  /** base64url text of what is not encrypted, and covered by the tag. */
  readonly aad?: string
  /** The initialization vector in base64url. */
  readonly iv?: string
  /** The encrypted plaintext in base64url. */
  readonly ciphertext: string
  /** The authentication tag in base64url. */
  readonly tag?: string
}

/** A JWE in the flattened JSON serialization (RFC 7516 §7.2.2), as {@link encryptJwe} writes it. */
export interface FlattenedJwe extends SharedJwe, JwePart {}

/**
 * A JWE in the general JSON serialization (RFC 7516 §7.2.1), which {@link decryptJwe} opens by any of its recipients.
 */
export interface GeneralJwe extends SharedJwe {
  /** The recipients, each with the key of the content encrypted to it. */
  readonly recipients: readonly JwePart[]
}

/** A JWE taken apart, whatever it was written as (RFC 7516 §3): one content and its recipients. */
export interface Jwe {
  readonly recipients: readonly JweRecipient[]
  readonly protectedHeader: JsonObject
  /** What the tag covers beside the ciphertext: the text of the protected header, and what came as `aad`. */
  readonly aad: Bytes
  readonly iv: Bytes
  readonly ciphertext: Bytes
  readonly tag: Bytes
}

/** One recipient, and how the key got to it. */
export interface JweRecipient {
  /** The JOSE header: the protected, the shared and the recipient's own members. */
  readonly header: JweHeader
  readonly encryptedKey: Bytes
}

/**
 * A compact JWE as a `Jwe` (RFC 7516 §7.1). The size is looked at first, and at most five dots are searched for.
 *
 * @throws {JoseError} `CS_MALFORMED`, `CS_TOO_LARGE`, `CS_BASE64`, and as the header reader
 */
export function parseCompactJwe(token: unknown, limits: Limits, readHeader: HeaderReader): Jwe {
  if (typeof token !== 'string') throw new JoseError('CS_MALFORMED', `the token is ${kindOf(token)} and not a string`)
  refuseLength(token.length, limits)
  const [encoded = '', key = '', iv = '', ciphertext = '', tag, ...more] = token.split('.', 6)
  if (encoded === '' || tag === undefined || more.length > 0) throw notFive(token)
  const header = toJweHeader(readHeader(encoded))
  return {
    recipients: [{ header, encryptedKey: borrowBase64url(key, 'the encrypted key') }],
    protectedHeader: header,
    aad: utf8(encoded),
    ...contentOf(iv, ciphertext, tag),
  }
}

function notFive(token: string): JoseError {
  const three = token.split('.', 4).length === 3
  return new JoseError(
    'CS_MALFORMED',
    three
      ? 'the token has three parts: it is a JWS, and a JWE is expected'
      : 'the token does not have five parts joined by dots',
    { hint: three ? 'Verify it: it is signed and not encrypted.' : 'Pass the whole token as it was issued.' },
  )
}

function contentOf(iv: string, ciphertext: string, tag: string): Pick<Jwe, 'iv' | 'ciphertext' | 'tag'> {
  return {
    iv: borrowBase64url(iv, 'the initialization vector'),
    ciphertext: borrowBase64url(ciphertext, 'the ciphertext'),
    tag: borrowBase64url(tag, 'the authentication tag'),
  }
}

const FORM: JsonForm = { what: 'JWE', list: 'recipients', members: ['header', 'encrypted_key'] }

/**
 * A JWE in one of the JSON serializations as a `Jwe` (RFC 7516 §7.2). Members that are not known are ignored; a mixture
 * of the two serializations is refused.
 *
 * @throws {JoseError} `CS_MALFORMED`, `CS_TOO_LARGE`, `CS_HEADER`, `CS_CRIT`, `CS_BASE64`
 */
export function parseJsonJwe(token: JsonObject, rules: JsonRules): Jwe {
  if (own(token, 'ciphertext') === undefined) throw noCiphertext(token)
  const { limits } = rules
  const parts = listed(token, FORM, limits) ?? [token]
  const text = (name: string): string | undefined => textMember(token, name, FORM)
  const encoded = fullMember(token, 'protected', FORM)
  const aad = fullMember(token, 'aad', FORM)
  const [iv = '', ciphertext = '', tag = ''] = [text('iv'), text('ciphertext'), text('tag')]
  const keys = parts.map((part) => fullMember(part, 'encrypted_key', FORM) ?? '')
  refuseLarge([encoded, aad, iv, ciphertext, tag, ...keys], limits)
  const protectedHeader = encoded === undefined ? NO_MEMBERS : parseProtected(encoded, limits)
  const shared = openHeader(token, 'unprotected', FORM, limits)
  const recipients = parts.map((part, index) => {
    const open = [shared, openHeader(part, 'header', FORM, limits)]
    const header = toJweHeader(joinHeader(protectedHeader, open, rules.allowUnprotectedAlg, JWE_PLACES))
    return { header, encryptedKey: fromBase64url(keys[index] ?? '', 'the encrypted key') }
  })
  if (new Set(recipients.map(({ header }) => header.enc)).size > 1)
    throw new JoseError('CS_HEADER', 'enc differs between the recipients (RFC 7516 §7.2.1)')
  if (aad !== undefined) fromBase64url(aad, 'the additional authenticated data')
  return {
    recipients,
    protectedHeader,
    aad: additionalData(encoded, aad),
    ...contentOf(iv, ciphertext, tag),
  }
}

function noCiphertext(token: JsonObject): JoseError {
  const signed = ['payload', 'signature', 'signatures'].some((name) => own(token, name) !== undefined)
  return new JoseError(
    'CS_MALFORMED',
    signed ? 'the object is a JWS, and a JWE is expected' : 'the object is no JWE: it has no ciphertext',
  )
}

/**
 * What the tag covers beside the ciphertext (RFC 7516 §5.1).
 *
 * @param encoded - base64url text of the protected header
 * @param aad - base64url text of further data
 */
export function additionalData(encoded = '', aad?: string): Bytes {
  return utf8(aad === undefined ? encoded : `${encoded}.${aad}`)
}
