import { base64url, fromBase64url, octetsIn } from './bytes.ts'
import { JoseError, kindOf } from './errors.ts'
import { decodeObject, type JsonObject } from './json.ts'
import type { Limits } from './options.ts'

/**
 * A JOSE header, as it was protected by the signature (RFC 7515 §4.1). Frozen, since one parse may serve many tokens.
 * {@link decodeUnverified} shows one.
 */
export interface JoseHeader {
  /** The algorithm (RFC 7515 §4.1.1). */
  readonly alg: string
  /** The name of the key (RFC 7515 §4.1.4). */
  readonly kid?: string
  /** The type of the whole token, such as `at+jwt` (RFC 7515 §4.1.9). */
  readonly typ?: string
  /** The type of what is inside; `JWT` for a nested one (RFC 7515 §4.1.10, RFC 7519 §5.2). */
  readonly cty?: string
  readonly [name: string]: unknown
}

/** The header of a JWE (RFC 7516 §4.1), as {@link createDecrypter} gives it. */
export interface JweHeader extends JoseHeader {
  /** The content encryption (RFC 7516 §4.1.2). */
  readonly enc: string
}

/** The header of a JWE, which says how its content is encrypted. @throws {JoseError} `CS_HEADER` */
export function toJweHeader(header: JoseHeader): JweHeader {
  if (!Object.hasOwn(header, 'enc')) throw new JoseError('CS_HEADER', 'the header has no enc')
  for (const name of ['enc', 'zip']) mustBeText(header, name)
  return header as JweHeader
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
  const kept = new Map<string, KeptHeader>()
  // A comparison is cheaper than a look-up, which has to hash the text first.
  let last: KeptHeader | undefined
  return (encoded) => {
    if (last?.encoded === encoded) return last.header
    const known = kept.get(encoded)
    if (known !== undefined) {
      last = known
      return known.header
    }
    const header = parseHeader(encoded, limits)
    // With a member of its own for each token a header never comes again (RFC 7518 §4.6 to §4.8).
    const unique = ['epk', 'iv', 'p2s'].some((name) => Object.hasOwn(header, name))
    if (encoded.length <= KEPT_LENGTH && !unique) {
      if (kept.size >= KEPT_HEADERS) kept.clear()
      // Encoded anew, so that the entry does not keep the whole token alive that `encoded` is a slice of.
      last = { encoded: base64url(fromBase64url(encoded, 'the header')), header }
      kept.set(last.encoded, last)
    }
    return header
  }
}

interface KeptHeader {
  readonly encoded: string
  readonly header: JoseHeader
}

/**
 * Parses a protected header (RFC 7515 §4): strict base64url and UTF-8, a JSON object with unique names, members of
 * their types.
 *
 * @throws {JoseError} `CS_TOO_LARGE`, `CS_BASE64`, `CS_MALFORMED`, `CS_HEADER` or `CS_CRIT`
 */
export function parseHeader(encoded: string, limits: Limits): JoseHeader {
  return toHeader(parseProtected(encoded, limits))
}

/** The members of a protected header, which need not be all there are. @throws {JoseError} as {@link parseHeader} */
export function parseProtected(encoded: string, limits: Limits): JsonObject {
  const octets = octetsIn(encoded)
  if (octets > limits.headerBytes) throw tooLargeHeader(limits, octets)
  return freeze(decodeObject(encoded, 'the header', 'the header', limits.jsonDepth))
}

/** @param octets - left out where they were not counted to their end */
export function tooLargeHeader({ headerBytes }: Limits, octets?: number): JoseError {
  const has = octets === undefined ? `more than ${headerBytes} octets` : `${octets} octets, ${headerBytes} are allowed`
  return new JoseError('CS_TOO_LARGE', `the header has ${has} (limit headerBytes)`)
}

/** Which members stand in the protected header alone, or there unless the caller says otherwise. */
export interface HeaderPlaces {
  readonly guarded: readonly string[]
  /** Those that `allowUnprotectedAlg` lets stand elsewhere. */
  readonly guardedUnless: readonly string[]
  /** Where a standard has an example of that. */
  readonly example: string
}

/** What a signature has to vouch for (attack 18). */
export const JWS_PLACES: HeaderPlaces = {
  guarded: ['crit', 'b64'],
  guardedUnless: ['alg'],
  example: 'RFC 7520 §4.7',
}

/**
 * What the tag of a JWE has to vouch for (attack 45). How its key was managed may stand elsewhere, and has to where
 * recipients differ in it (RFC 7516 §7.2.1): the key of a recipient decides what it serves.
 */
export const JWE_PLACES: HeaderPlaces = {
  guarded: ['crit', 'b64', 'zip'],
  guardedUnless: ['enc'],
  example: 'RFC 7520 §5.12',
}

/**
 * The JOSE header: the protected and the unprotected ones as one object (RFC 7515 §4, RFC 7516 §4). No name stands in
 * two of them, and what has to be vouched for stands in the protected one.
 *
 * @throws {JoseError} `CS_HEADER` or `CS_CRIT`
 */
export function joinHeader(
  guarded: JsonObject | undefined,
  open: readonly (JsonObject | undefined)[],
  allowUnprotectedAlg: boolean,
  places: HeaderPlaces = JWS_PLACES,
): JoseHeader {
  const unprotected = open.filter((header) => header !== undefined)
  if (unprotected.length === 0) return freeze(toHeader(guarded ?? {}))
  const names = new Set(Object.keys(guarded ?? {}))
  for (const name of unprotected.flatMap((header) => Object.keys(header))) {
    if (names.has(name)) throw new JoseError('CS_HEADER', 'two of the headers have a member in common')
    names.add(name)
  }
  const stands = (name: string): boolean => unprotected.some((header) => Object.hasOwn(header, name))
  for (const name of places.guarded.filter(stands)) {
    const code = name === 'zip' ? 'CS_HEADER' : 'CS_CRIT'
    throw new JoseError(code, `${name} stands in an unprotected header`)
  }
  for (const name of places.guardedUnless.filter(stands)) {
    if (allowUnprotectedAlg) continue
    throw new JoseError('CS_HEADER', `${name} stands in an unprotected header alone, where anyone can change it`, {
      hint: `If you mean to accept that (${places.example}), say allowUnprotectedAlg: true.`,
    })
  }
  checkMembers(guarded ?? {})
  const members = [guarded ?? {}, ...unprotected].flatMap((header) => Object.entries(header))
  return freeze(toHeader(Object.fromEntries(members)))
}

function toHeader(header: JsonObject): JoseHeader {
  if (!Object.hasOwn(header, 'alg')) throw new JoseError('CS_HEADER', 'the header has no alg')
  checkMembers(header)
  return header as JoseHeader
}

function checkMembers(header: JsonObject): void {
  for (const name of ['alg', 'kid', 'typ', 'cty']) mustBeText(header, name)
  if (Object.hasOwn(header, 'crit')) checkCrit(header, header['crit'])
  if (!Object.hasOwn(header, 'b64')) return
  if (typeof header['b64'] !== 'boolean')
    throw new JoseError('CS_HEADER', `b64 of the header is ${kindOf(header['b64'])} and not a boolean`)
  if (!criticalOf(header).includes('b64'))
    throw new JoseError('CS_CRIT', 'the header has b64, and crit does not name it (RFC 7797 §6)')
}

function mustBeText(header: JsonObject, name: string): void {
  if (!Object.hasOwn(header, name) || typeof header[name] === 'string') return
  throw new JoseError('CS_HEADER', `${name} of the header is ${kindOf(header[name])} and not a string`)
}

/** Names of RFC 7515, 7516 and 7518, which everyone understands and no crit may hold. */
export const REGISTERED: ReadonlySet<unknown> = new Set(
  'alg jku jwk kid x5u x5c x5t x5t#S256 typ cty crit enc zip epk apu apv iv tag p2s p2c'.split(' '),
)

/** The form of crit (RFC 7515 §4.1.11, attack 13): each name once, and each the name of a member beside it. */
function checkCrit(header: JsonObject, crit: unknown): void {
  const names: readonly unknown[] = Array.isArray(crit) ? crit : []
  if (names.length === 0 || !names.every((name) => typeof name === 'string' && name !== ''))
    throw new JoseError('CS_CRIT', 'crit of the header is not an array of names')
  if (new Set(names).size < names.length) throw new JoseError('CS_CRIT', 'crit of the header names an extension twice')
  if (names.some((name) => REGISTERED.has(name)))
    throw new JoseError('CS_CRIT', 'crit of the header names a member that is no extension')
  if (!names.every((name) => Object.hasOwn(header, name as string)))
    throw new JoseError('CS_CRIT', 'crit of the header names an extension that is not in the protected header')
}

/** The extensions that a header, once checked, demands to be understood. */
const criticalOf = (header: JsonObject): readonly string[] => (header['crit'] as readonly string[] | undefined) ?? []

/**
 * Holds that every extension a header demands is understood.
 *
 * @throws {JoseError} `CS_CRIT`
 */
export function checkUnderstood(header: JoseHeader, understood: ReadonlySet<string>): void {
  if (header['crit'] === undefined) return
  for (const name of criticalOf(header)) {
    if (understood.has(name)) continue
    throw new JoseError(
      'CS_CRIT',
      name === 'b64'
        ? 'b64 is not for JWTs (RFC 7797 §7)'
        : 'crit of the header names an extension that is not understood here',
    )
  }
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value)
    for (const member of Object.values(value)) freeze(member)
  }
  return value
}
