import { base64url, fromBase64url, textFromBase64url } from './bytes.ts'
import { JoseError, kindOf } from './errors.ts'
import { type JsonObject, parseObject } from './json.ts'
import type { Limits } from './options.ts'

/** A JOSE header, as it was protected by the signature. Frozen, since one parse may serve many tokens. */
export interface JoseHeader {
  readonly alg: string
  readonly kid?: string
  readonly typ?: string
  readonly cty?: string
  readonly [name: string]: unknown
}

/** Reads the base64url text of a protected header. */
export type HeaderReader = (encoded: string) => JoseHeader

const KEPT_HEADERS = 256
const KEPT_LENGTH = 1024

/**
 * A reader that remembers: the header of one issuer's tokens is the same text over and over. It holds few and short
 * ones, and starts anew when it is full, so that a flood of distinct headers fills no memory.
 */
export function headerReader(limits: Limits): HeaderReader {
  const kept = new Map<string, JoseHeader>()
  // A comparison is cheaper than a look-up, which has to hash the text first.
  let last: { readonly encoded: string; readonly header: JoseHeader } | undefined
  return (encoded) => {
    if (last?.encoded === encoded) return last.header
    const known = kept.get(encoded)
    if (known !== undefined) return known
    const header = parseHeader(encoded, limits)
    if (encoded.length <= KEPT_LENGTH) {
      if (kept.size >= KEPT_HEADERS) kept.clear()
      // Encoded anew, so that the entry does not keep the whole token alive that `encoded` is a slice of.
      last = { encoded: base64url(fromBase64url(encoded, 'the header')), header }
      kept.set(last.encoded, header)
    }
    return header
  }
}

/**
 * Parses a protected header (RFC 7515 §4): strict base64url and UTF-8, a JSON object with unique names, members of
 * their types, and no extension that has to be understood and is not.
 *
 * @throws {JoseError} `CS_TOO_LARGE`, `CS_BASE64`, `CS_MALFORMED`, `CS_HEADER` or `CS_CRIT`
 */
export function parseHeader(encoded: string, limits: Limits): JoseHeader {
  const octets = (encoded.length * 3) >> 2
  if (octets > limits.headerBytes) {
    throw new JoseError(
      'CS_TOO_LARGE',
      `the header has ${octets} octets, ${limits.headerBytes} are allowed (limit headerBytes)`,
    )
  }
  const header = parseObject(textFromBase64url(encoded, 'the header'), 'the header', limits.jsonDepth)
  return freeze(checkMembers(header))
}

function checkMembers(header: JsonObject): JoseHeader {
  if (!Object.hasOwn(header, 'alg')) throw new JoseError('CS_HEADER', 'the header has no alg')
  for (const name of ['alg', 'kid', 'typ', 'cty']) {
    if (Object.hasOwn(header, name) && typeof header[name] !== 'string') {
      throw new JoseError('CS_HEADER', `${name} of the header is ${kindOf(header[name])} and not a string`)
    }
  }
  if (Object.hasOwn(header, 'crit')) refuseCrit(header['crit'])
  if (Object.hasOwn(header, 'b64')) throw new JoseError('CS_CRIT', 'b64 is not for JWTs (RFC 7797 §7)')
  return header as JoseHeader
}

/** No extension is understood here, so each crit refuses the token; the message says what was wrong with it. */
function refuseCrit(crit: unknown): never {
  const names = Array.isArray(crit) && crit.length > 0 && crit.every((name) => typeof name === 'string' && name !== '')
  throw new JoseError(
    'CS_CRIT',
    names
      ? 'crit of the header names an extension that is not understood here'
      : 'crit of the header is not an array of names',
  )
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value)
    for (const member of Object.values(value)) freeze(member)
  }
  return value
}
