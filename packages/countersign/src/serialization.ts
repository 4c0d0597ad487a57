import { type Bytes, borrowBase64url } from './bytes.ts'
import { JoseError, kindOf } from './errors.ts'
import type { HeaderReader, JoseHeader } from './header.ts'
import type { Limits } from './options.ts'

/** A JWS taken apart, whatever it was written as (RFC 7515 §3): one payload and its signatures. */
export interface Jws {
  /** The base64url text of the payload, decoded only once a signature has verified. */
  readonly payload: string
  readonly signatures: readonly JwsSignature[]
}

/** One signature with what it covers. */
export interface JwsSignature {
  readonly header: JoseHeader
  /** The JWS Signing Input (RFC 7515 §5.1): the encoded header, a dot, the encoded payload. */
  readonly input: string
  readonly signature: Bytes
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
  if (token.length > limits.tokenBytes) {
    throw new JoseError(
      'CS_TOO_LARGE',
      `the token has ${token.length} characters, ${limits.tokenBytes} are allowed (limit tokenBytes)`,
    )
  }
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
export function parseCompact(token: unknown, limits: Limits, readHeader: HeaderReader): Jws {
  const { header: encoded, payload, signature, input } = splitCompact(token, limits)
  const header = readHeader(encoded)
  if (signature === '') throw isNone(header.alg) ? unsigned() : new JoseError('CS_MALFORMED', 'the signature is empty')
  return { payload, signatures: [{ header, input, signature: borrowBase64url(signature, 'the signature') }] }
}
