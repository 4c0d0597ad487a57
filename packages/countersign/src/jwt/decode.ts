import { mustBeBase64url } from '../bytes.ts'
import type { JwtClaims } from '../claims.ts'
import { headerReader, type JoseHeader } from '../header.ts'
import { decodeObject, type JsonObject } from '../json.ts'
import { JWT_LIMITS, type Limits } from '../options.ts'
import { splitCompact } from '../serialization/jws.ts'

/** What a token says of itself, believed by nobody yet: the result of {@link decodeUnverified}. */
export interface UnverifiedToken {
  /** The protected header as anyone may have written it. */
  readonly header: JoseHeader
  /** The types of the registered claims have not been checked: anyone may have written anything. */
  readonly claims: { readonly [Name in keyof JwtClaims]: unknown }
}

const readHeader = headerReader(JWT_LIMITS)

/** @see the door's `decodeUnverified` */
export function decodeUnverified(token: string): UnverifiedToken {
  const { header, payload, signature } = splitCompact(token, JWT_LIMITS)
  mustBeBase64url(signature, 'the signature')
  return { header: readHeader(header), claims: parseClaims(payload, JWT_LIMITS) }
}

/** The claims set of an encoded payload (RFC 7519 §7.2). @throws {JoseError} `CS_BASE64`, `CS_MALFORMED`, `CS_TOO_LARGE` */
export function parseClaims(payload: string, limits: Limits): JsonObject {
  return decodeObject(payload, 'the payload', 'the claims set', limits.jsonDepth)
}
