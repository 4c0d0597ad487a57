import { type ErrorCode, JoseError } from './errors.ts'

/** Octets. What the library hands out owns its memory: it is never a view of a shared buffer. */
export type Bytes = Uint8Array

/**
 * How text and octets become each other; `undefined` stands for input that is refused. What `decode` gives may be shared
 * memory: it is read at once, or copied before it is handed out.
 */
export interface Codec {
  encode(bytes: Bytes): string
  encodeText(text: string): string
  decode(text: string): Bytes | undefined
  /** The same into memory that has the room. @returns whether the text is canonical */
  decodeInto(text: string, target: Uint8Array): boolean
  decodeText(text: string): Text | undefined
  countQuotes(text: string): number
}

/** A text with the number of its quotes, which a reader of JSON has to know; NaN for one with a backslash. */
export interface Text {
  readonly text: string
  readonly quotes: number
}

const encoder = new TextEncoder()
// ignoreBOM keeps a byte order mark in the text, where JSON.parse refuses it.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The octets of a text in UTF-8. */
export function utf8(text: string): Bytes {
  return encoder.encode(text)
}

/** Octets, or what a text stands for in UTF-8. */
export function toOctets(input: Bytes | string): Bytes {
  return typeof input === 'string' ? utf8(input) : input
}

/** @throws {JoseError} `CS_MALFORMED` where the octets are not UTF-8 */
export function fromUtf8(bytes: Bytes, what: string): string {
  const text = decodeUtf8(bytes)
  if (text === undefined) throw new JoseError('CS_MALFORMED', `${what} is not UTF-8`)
  return text
}

function decodeUtf8(bytes: Bytes): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const INVALID = 1 << 24

/** What a character stands for at each of the four places of a group, its bits in position, or INVALID. */
const PLACES = [18, 12, 6, 0].map((shift) => {
  const bits = new Int32Array(256).fill(INVALID)
  for (let value = 0; value < 64; value++) bits[ALPHABET.charCodeAt(value)] = value << shift
  return bits
}) as [Int32Array, Int32Array, Int32Array, Int32Array]
const [FIRST, SECOND, THIRD] = PLACES

/** The same for the octets of a 32-bit word, from its lowest to its highest. */
const isLittleEndian = new Uint8Array(Int32Array.of(1).buffer)[0] === 1
const [LOWEST, LOW, HIGH, HIGHEST] = isLittleEndian ? PLACES : (PLACES.toReversed() as typeof PLACES)

/** The value at an index that is known to be within bounds. */
const at = (values: Uint8Array | Int32Array, index: number): number => values[index] as number

/** Memory for the octets of a text, to be read one by one or four at a time. */
interface Place<Octets extends Uint8Array> {
  readonly octets: Octets
  readonly words: Int32Array
}

/**
 * Decodes base64url, strictly (RFC 4648 §3.5, RFC 7515 §2): its alphabet alone, no length of 4n + 1, and zeros in the
 * bits that stand for no octet, so that each octet string has one text.
 *
 * @param place - the characters, an octet for each
 * @param target - may be the same memory, since reading stays ahead of writing
 * @returns whether the text is canonical
 */
function decodeOctets({ octets, words }: Place<Uint8Array>, length: number, target: Uint8Array): boolean {
  const groups = length >> 2
  let seen = 0
  let to = 0
  for (let group = 0; group < groups; group++) {
    const word = at(words, group)
    const bits =
      at(LOWEST, word & 255) | at(LOW, (word >> 8) & 255) | at(HIGH, (word >> 16) & 255) | at(HIGHEST, word >>> 24)
    seen |= bits
    target[to] = bits >> 16
    target[to + 1] = bits >> 8
    target[to + 2] = bits
    to += 3
  }
  const from = groups << 2
  const rest = length - from
  if (rest === 1) return false
  if (rest > 1) {
    const third = rest === 3 ? at(THIRD, at(octets, from + 2)) : 0
    const bits = at(FIRST, at(octets, from)) | at(SECOND, at(octets, from + 1)) | third
    if (bits & (rest === 3 ? 0xff : 0xffff)) return false
    seen |= bits
    target[to++] = bits >> 16
    if (rest === 3) target[to] = bits >> 8
  }
  return (seen & INVALID) === 0
}

/** The characters that may be the last, by how many stand behind the last full group: their other bits are zero. */
const LAST: readonly (string | undefined)[] = [undefined, '', 'AQgw', 'AEIMQUYcgkosw048']

function endsCanonically(text: string): boolean {
  const last = LAST[text.length & 3]
  return last === undefined || last.includes(text.charAt(text.length - 1))
}

/** Room for a text. Text is ASCII exactly where it has as many octets as characters; four to spare show where it is not. */
function placeFor<Octets extends Uint8Array>(length: number, view: (memory: ArrayBuffer) => Octets): Place<Octets> {
  const memory = new ArrayBuffer((length + 7) & ~3)
  return { octets: view(memory), words: new Int32Array(memory) }
}

/** The octets that a base64url text stands for, if it is one. */
export const octetsIn = (text: string): number => (text.length * 3) >> 2

/** The codec in plain ECMAScript, for runtimes without `Buffer`. */
export const portable: Codec = {
  encode(bytes) {
    let text = ''
    let index = 0
    for (; index + 2 < bytes.length; index += 3) {
      const bits = (at(bytes, index) << 16) | (at(bytes, index + 1) << 8) | at(bytes, index + 2)
      text += char(bits >> 18) + char(bits >> 12) + char(bits >> 6) + char(bits)
    }
    const rest = bytes.length - index
    if (rest === 1) text += char(at(bytes, index) >> 2) + char(at(bytes, index) << 4)
    if (rest === 2) {
      const bits = (at(bytes, index) << 8) | at(bytes, index + 1)
      text += char(bits >> 10) + char(bits >> 4) + char(bits << 2)
    }
    return text
  },
  encodeText: (text) => portable.encode(utf8(text)),
  decode(text) {
    const target = new Uint8Array(octetsIn(text))
    return portable.decodeInto(text, target) ? target : undefined
  },
  decodeInto(text, target) {
    const place = placeFor(text.length, (memory) => new Uint8Array(memory))
    const isAscii = encoder.encodeInto(text, place.octets).written === text.length
    return isAscii && decodeOctets(place, text.length, target)
  },
  decodeText(text) {
    const bytes = portable.decode(text)
    const decoded = bytes && decodeUtf8(bytes)
    return decoded === undefined ? undefined : { text: decoded, quotes: portable.countQuotes(decoded) }
  },
  countQuotes(text) {
    if (text.includes('\\')) return Number.NaN
    let count = 0
    for (let index = text.indexOf('"'); index >= 0; index = text.indexOf('"', index + 1)) count++
    return count
  },
}

const char = (bits: number): string => ALPHABET.charAt(bits & 63)

/** As much text as a token with its limits as they are, and some more. */
const ROOM = 64 * 1024
/**
 * From so many characters on the native decoder wins, with all the looks at what it let pass. For less it costs more than
 * it seems to: the wide registers that it works in slow down what the processor does next, a verification with P-256 by
 * 4 µs.
 */
const LARGE = 2048

/** The same answers with Node's Buffer, which moves text in and out of memory much faster. */
function byBuffer(): Codec {
  // Holds text and octets on their way: both are read before anything else can write here.
  const scratch = placeFor(ROOM, (memory) => Buffer.from(memory))
  const { octets, words } = scratch

  const decodeInto = (text: string, target: Uint8Array): boolean =>
    text.length < LARGE
      ? octets.write(text, 0, 'utf8') === text.length && decodeOctets(scratch, text.length, target)
      : decodeLarge(text, target)

  /**
   * The native decoder lets much pass: what stands for no octet is missed in their number, and it reads the two characters
   * of the other alphabet, `Ł` as `A`, and bits beyond the last octet.
   */
  const decodeLarge = (text: string, target: Uint8Array): boolean =>
    endsCanonically(text) &&
    !text.includes('+') &&
    !text.includes('/') &&
    Buffer.byteLength(text) === text.length &&
    bufferOf(target).write(text, 0, 'base64url') === octetsIn(text)

  const bufferOf = ({ buffer, byteOffset, byteLength }: Bytes): Buffer => Buffer.from(buffer, byteOffset, byteLength)

  /** Looks at the first octets of the scratch: at most three behind them become zeros. */
  function look(length: number): number {
    octets[length] = octets[length + 1] = octets[length + 2] = 0
    return countIn(words, (length + 3) >> 2)
  }

  return {
    encode: (bytes) => bufferOf(bytes).toString('base64url'),
    encodeText(text) {
      const place = text.length * 3 <= ROOM ? octets : Buffer.allocUnsafe(text.length * 3)
      return place.toString('base64url', 0, place.write(text, 0, 'utf8'))
    },
    decode(text) {
      const bytes = Buffer.allocUnsafe(octetsIn(text))
      return decodeInto(text, bytes) ? bytes : undefined
    },
    decodeInto,
    decodeText(text) {
      const length = octetsIn(text)
      if (length > ROOM) return portable.decodeText(text)
      if (!decodeInto(text, octets)) return undefined
      const quotes = look(length)
      if (quotes >= 0) return { text: octets.toString('latin1', 0, length), quotes }
      const loose = octets.toString('utf8', 0, length)
      // Buffer puts U+FFFD where there is no UTF-8: only a text that has one needs the strict decoder.
      const decoded = loose.includes('\ufffd') ? decodeUtf8(octets.subarray(0, length)) : loose
      return decoded === undefined ? undefined : { text: decoded, quotes: portable.countQuotes(decoded) }
    },
    countQuotes(text) {
      if (text.length * 3 > ROOM) return portable.countQuotes(text)
      const quotes = look(octets.write(text, 0, 'utf8'))
      return quotes >= 0 ? quotes : portable.countQuotes(text)
    },
  }
}

const EACH_LOW = 0x7f7f7f7f
const EACH_HIGH = 0x80808080 | 0
const EACH_ONE = 0x01010101
const EACH_QUOTE = 0x22222222
const EACH_BACKSLASH = 0x5c5c5c5c
/** How often the counts of four octets can be added before one of them is full. */
const MOST_ADDED = 255

/** For each octet of a word its highest bit, which is set where the octet is zero. */
const zeros = (word: number): number => ~(((word & EACH_LOW) + EACH_LOW) | word | EACH_LOW)

/** The quotes in some 32-bit words, four octets at a time; -1 where an octet is a backslash, or not ASCII. */
function countIn(words: Int32Array, end: number): number {
  let count = 0
  let others = 0
  for (let from = 0; from < end; from += MOST_ADDED) {
    const to = Math.min(from + MOST_ADDED, end)
    let sums = 0
    for (let index = from; index < to; index++) {
      const word = at(words, index)
      sums = (sums + ((zeros(word ^ EACH_QUOTE) >>> 7) & EACH_ONE)) | 0
      others |= zeros(word ^ EACH_BACKSLASH) | (word & EACH_HIGH)
    }
    count += (sums & 255) + ((sums >>> 8) & 255) + ((sums >>> 16) & 255) + (sums >>> 24)
  }
  return others === 0 ? count : -1
}

const codec = typeof Buffer === 'function' ? byBuffer() : portable

/** Octets in memory of their own: those that have none are copied. */
export function owned(bytes: Bytes): Bytes {
  return bytes.buffer.byteLength === bytes.byteLength ? new Uint8Array(bytes.buffer) : new Uint8Array(bytes)
}

/** The one base64url text of some octets, without padding (RFC 7515 §2). */
export function base64url(bytes: Bytes): string {
  return codec.encode(bytes)
}

/** The base64 text of some octets, padded (RFC 4648 §4). */
export function base64(bytes: Bytes): string {
  const text = base64url(bytes).replaceAll('-', '+').replaceAll('_', '/')
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}

/** The base64url text of a text's octets in UTF-8. */
export function textToBase64url(text: string): string {
  return codec.encodeText(text)
}

/**
 * The octets of a canonical base64url text: its alphabet alone, no padding, no white space, unused bits zero.
 *
 * @param what - names the part in the error
 * @param code - another code than that of a token's part
 * @throws {JoseError} `CS_BASE64`
 */
export function fromBase64url(text: string, what: string, code: ErrorCode = 'CS_BASE64'): Bytes {
  const bytes = codec.decode(text)
  if (bytes === undefined) throw notBase64url(what, code)
  return owned(bytes)
}

/**
 * The octets of a base64 text, padded or not (RFC 4648 §4).
 *
 * @throws {JoseError} `CS_BASE64`, or the code that is given
 */
export function fromBase64(text: string, what: string, code: ErrorCode = 'CS_BASE64'): Bytes {
  const bare = text.replace(/={1,2}$/, '')
  if (/[-_]/.test(text) || (bare.length !== text.length && text.length % 4 !== 0)) {
    throw new JoseError(code, `${what} is not base64`)
  }
  const bytes = codec.decode(bare.replaceAll('+', '-').replaceAll('/', '_'))
  if (bytes === undefined) throw new JoseError(code, `${what} is not base64`)
  return Uint8Array.from(bytes)
}

/** Holds that a text is canonical base64url, and does not decode it. @throws {JoseError} `CS_BASE64` */
export function mustBeBase64url(text: string, what: string): void {
  if (/[^\w-]/.test(text) || !endsCanonically(text)) throw notBase64url(what)
}

/** How many quotes a text has; NaN for one with a backslash, behind which a quote may be part of a string. */
export function countQuotes(text: string): number {
  return codec.countQuotes(text)
}

/** As {@link fromBase64url}, for octets that never leave the library: their memory may be shared. */
export function borrowBase64url(text: string, what: string): Bytes {
  const bytes = codec.decode(text)
  if (bytes === undefined) throw notBase64url(what)
  return bytes
}

/**
 * As {@link fromBase64url}, into memory that is used again and again.
 *
 * @param target - with room for the octets
 * @returns how many there are
 */
export function decodeBase64url(text: string, target: Uint8Array, what: string): number {
  if (codec.decodeInto(text, target)) return octetsIn(text)
  throw notBase64url(what)
}

/** As {@link fromBase64url}, on to the UTF-8 text. @throws {JoseError} `CS_BASE64`, `CS_MALFORMED` */
export function textFromBase64url(text: string, what: string): Text {
  const decoded = codec.decodeText(text)
  if (decoded !== undefined) return decoded
  throw codec.decode(text) === undefined ? notBase64url(what) : new JoseError('CS_MALFORMED', `${what} is not UTF-8`)
}

function notBase64url(what: string, code: ErrorCode = 'CS_BASE64'): JoseError {
  return new JoseError(code, `${what} is not canonical base64url`)
}

/** Whether two octet strings are equal, in a time that depends on their lengths alone. */
export function equal(a: Bytes, b: Bytes): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let index = 0; index < a.length; index++) difference |= at(a, index) ^ at(b, index)
  return difference === 0
}

/** The parts one behind the other, in memory of their own. */
export function concat(...parts: readonly Bytes[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}
