import { type Bytes, base64url, concat, fromBase64url, mustBeBase64url, toOctets, utf8 } from '../bytes.ts'
import type { SigningInput } from '../crypto/backend.ts'
import { JoseError, kindOf } from '../errors.ts'
import { type HeaderReader, type JoseHeader, joinHeader, parseProtected } from '../header.ts'
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

/** One signature of a JWS in JSON, as it is written (RFC 7515 §7.2.1): {@link verifyJws} reads several. */
export interface JwsPart {
  /** base64url text of the protected header. */
  readonly protected?: string
  /** The unprotected header. */
  readonly header?: Readonly<Record<string, unknown>>
  /** The signature in base64url. */
  readonly signature: string
}

/**
 * A JWS in the flattened JSON serialization (RFC 7515 §7.2.2), as {@link signJws} writes it; one that is detached has
 * no payload.
 */
export interface FlattenedJws extends JwsPart {
  /** The payload: base64url text, or as it is where `b64` is false. */
  readonly payload?: string
}

/** A JWS in the general JSON serialization (RFC 7515 §7.2.1), as {@link signJws} writes it for several signers. */
export interface GeneralJws {
  /** The payload: base64url text, or as it is where `b64` is false. */
  readonly payload?: string
  /** The signatures, each with its headers. */
  readonly signatures: readonly JwsPart[]
}

/** A JWS taken apart, whatever it was written as (RFC 7515 §3): one payload and its signatures. */
export interface Jws {
  /** The payload as it is written, decoded only once a signature has verified; nothing where it is detached. */
  readonly payload: string | undefined
  readonly signatures: readonly JwsSignature[]
}

/** One signature with what it covers. */
export interface JwsSignature {
  /** The JOSE header: the protected and the unprotected members. */
  readonly header: JoseHeader
  readonly protectedHeader: JsonObject
  /** The JWS Signing Input (RFC 7515 §5.1); without a payload, the part in front of it. */
  readonly input: SigningInput
  /** Canonical base64url text, not empty. */
  readonly signature: string
}

/** The three texts of a compact JWS. */
export interface Compact {
  readonly header: string
  readonly payload: string
  readonly signature: string
  /** The first two with the dot between them. */
  readonly input: string
}

/**
 * Cuts a compact JWS at its dots; the size is looked at first, and at most five dots are searched for (attack 17).
 *
 * @throws {JoseError} `CS_MALFORMED`, `CS_TOO_LARGE`, or `CS_ENCRYPTED` for the five parts of a JWE
 */
export function splitCompact(token: unknown, limits: Limits): Compact {
  if (typeof token !== 'string') throw new JoseError('CS_MALFORMED', `the token is ${kindOf(token)} and not a string`)
  refuseLength(token.length, limits)
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  if (first < 1 || second < 0) throw new JoseError('CS_MALFORMED', 'the token does not have three parts joined by dots')
  if (token.includes('.', second + 1)) throw notThree(token, second)
  return {
    header: token.slice(0, first),
    payload: token.slice(first + 1, second),
    signature: token.slice(second + 1),
    input: token.slice(0, second),
  }
}

function notThree(token: string, second: number): JoseError {
  const fourth = token.indexOf('.', token.indexOf('.', second + 1) + 1)
  if (fourth > 0 && !token.includes('.', fourth + 1)) {
    return new JoseError('CS_ENCRYPTED', 'the token has five parts: it is a JWE, and a JWS is expected')
  }
  return new JoseError('CS_MALFORMED', 'the token has more than three parts')
}

/** Whether a header says in any spelling that nobody signed: such a token gets an error of its own (attack 1). */
export function isNone(alg: string): boolean {
  return alg.trim().toLowerCase() === 'none'
}

/** @returns the error for a token that nobody signed */
export function unsigned(): JoseError {
  return new JoseError('CS_UNSIGNED', 'the token says alg "none"')
}

/**
 * A compact JWS as a `Jws`.
 *
 * @throws {JoseError} as {@link splitCompact} and the header reader, `CS_UNSIGNED`, `CS_BASE64`
 */
export function parseCompact(token: unknown, limits: Limits, readHeader: HeaderReader): CompactJws {
  const { header: encoded, payload, signature, input } = splitCompact(token, limits)
  const header = readHeader(encoded)
  if (signature === '') throw isNone(header.alg) ? unsigned() : new JoseError('CS_MALFORMED', 'the signature is empty')
  mustBeBase64url(signature, 'the signature')
  return { payload, signatures: [{ header, protectedHeader: header, input, signature }] }
}

/** A `Jws` that was compact: its payload stands in it. */
export interface CompactJws extends Jws {
  readonly payload: string
}

const FORM: JsonForm = { what: 'JWS', list: 'signatures', members: ['signature', 'protected', 'header'] }

/**
 * A JWS in one of the JSON serializations as a `Jws` (RFC 7515 §7.2). Members that are not known are ignored; a mixture
 * of the two serializations is refused.
 *
 * @throws {JoseError} `CS_MALFORMED`, `CS_TOO_LARGE`, `CS_ENCRYPTED`, `CS_UNSIGNED`, `CS_HEADER`, `CS_CRIT`, `CS_BASE64`
 */
export function parseJson(token: JsonObject, rules: JsonRules): Jws {
  if (own(token, 'ciphertext') !== undefined)
    throw new JoseError('CS_ENCRYPTED', 'the object has a ciphertext: it is a JWE, and a JWS is expected')
  const payload = textMember(token, 'payload', FORM)
  const parts = listed(token, FORM, rules.limits) ?? flattened(token)
  const texts = parts.flatMap((part) => ['protected', 'signature'].map((name) => textMember(part, name, FORM)))
  refuseLarge([payload, ...texts], rules.limits)
  const signatures = parts.map((part) => parsePart(part, payload ?? '', rules))
  const encoded = new Set(signatures.map(({ header }) => header['b64'] !== false))
  if (encoded.size > 1) throw new JoseError('CS_HEADER', 'b64 differs between the signatures (RFC 7797 §3)')
  return { payload, signatures }
}

function flattened(token: JsonObject): readonly JsonObject[] {
  if (own(token, 'signature') !== undefined) return [token]
  throw new JoseError('CS_MALFORMED', 'the object is no JWS: it has neither signature nor signatures')
}

function parsePart(part: JsonObject, payload: string, { limits, allowUnprotectedAlg }: JsonRules): JwsSignature {
  const encoded = fullMember(part, 'protected', FORM)
  const protectedHeader = encoded === undefined ? NO_MEMBERS : parseProtected(encoded, limits)
  const header = joinHeader(protectedHeader, [openHeader(part, 'header', FORM, limits)], allowUnprotectedAlg)
  const signature = textMember(part, 'signature', FORM)
  if (isNone(header.alg)) throw unsigned()
  if (!signature) throw new JoseError('CS_MALFORMED', 'the JWS has no signature')
  mustBeBase64url(signature, 'the signature')
  return { header, protectedHeader, input: signingInput(encoded ?? '', header, payload), signature }
}

/**
 * What a signature covers (RFC 7515 §5.1, RFC 7797 §3).
 *
 * @param encoded - base64url text of the protected header; empty where there is none
 * @param payload - as it stands in the JWS: base64url, or with `b64: false` itself
 * @throws {JoseError} `CS_MALFORMED` for text that has no UTF-8
 */
function signingInput(encoded: string, header: JoseHeader, payload: string): SigningInput {
  const input = `${encoded}.${payload}`
  if (header['b64'] !== false) return input
  if (!payload.isWellFormed()) throw new JoseError('CS_MALFORMED', 'the payload is not UTF-8')
  return utf8(input)
}

/**
 * A JWS that came without its payload, with it.
 *
 * @throws {JoseError} `CS_MALFORMED` where it has one already (attack 14)
 */
export function attach(jws: Jws, payload: Bytes): Jws {
  refusePayload(jws)
  let encoded: string | undefined
  const signatures = jws.signatures.map((part) => ({
    ...part,
    // Made where a key is at hand, and one at a time: a copy of a large payload for each signature would be an attack.
    get input(): SigningInput {
      if (part.header['b64'] === false) return concat(toOctets(part.input), payload)
      encoded ??= encodePayload(payload)
      return `${part.input}${encoded}`
    },
  }))
  return { payload: undefined, signatures }
}

/** No runtime has a text that is much longer than what so many octets become (some 2²⁹ characters in V8). */
const MOST_ENCODED = 2 ** 28

/** @throws {JoseError} `CS_TOO_LARGE` for a payload whose text no runtime can hold */
export function encodePayload(payload: Bytes): string {
  if (payload.length <= MOST_ENCODED) return base64url(payload)
  throw new JoseError(
    'CS_TOO_LARGE',
    `the payload has ${payload.length} octets, ${MOST_ENCODED} can be encoded at once`,
    {
      hint: 'Give it in pieces (an async iterable), or sign it with b64: false.',
    },
  )
}

/** @throws {JoseError} `CS_MALFORMED` for a JWS that carries a payload */
export function refusePayload({ payload }: Jws): void {
  if (payload) throw new JoseError('CS_MALFORMED', 'the JWS carries a payload, and a detached one was given')
}

/**
 * The octets of the payload that a JWS carries, by the header of the signature that verified.
 *
 * @throws {JoseError} `CS_BASE64`, `CS_MALFORMED`
 */
export function payloadOf({ payload = '' }: Jws, header: JoseHeader): Bytes {
  return header['b64'] === false ? utf8(payload) : fromBase64url(payload, 'the payload')
}

/** Whether a text may stand unencoded in a compact JWS: printable ASCII without a dot (RFC 7797 §5.2). */
export function fitsCompact(payload: string): boolean {
  return /^[ -~]*$/.test(payload) && !payload.includes('.')
}
