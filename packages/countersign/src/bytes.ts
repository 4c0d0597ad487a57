import { type ErrorCode, JoseError } from './errors.ts'

/** Octets. What the library hands out owns its memory: it is never a view of a shared buffer. */
export type Bytes = Uint8Array

/** How text and octets become each other; `undefined` stands for input that is refused. */
export interface Codec {
  encode(bytes: Bytes): string
  decode(text: string): Bytes | undefined
  decodeText(text: string): string | undefined
}

const encoder = new TextEncoder()
// ignoreBOM keeps a byte order mark in the text, where JSON.parse refuses it.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The octets of a text in UTF-8. */
export function utf8(text: string): Bytes {
  return encoder.encode(text)
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
const INVALID = 255
const VALUES = new Uint8Array(128).fill(INVALID)
for (let value = 0; value < 64; value++) VALUES[ALPHABET.charCodeAt(value)] = value

const valueAt = (text: string, index: number): number => VALUES[text.charCodeAt(index)] ?? INVALID

/**
 * Whether a text of base64url can end as this one does: no length of 4n + 1, and the bits that stand for no octet are
 * zero, so that each octet string has one text (RFC 4648 §3.5, RFC 7515 §2).
 */
function endsCanonically(text: string): boolean {
  const rest = text.length & 3
  if (rest === 0) return true
  if (rest === 1) return false
  return (valueAt(text, text.length - 1) & (rest === 2 ? 0b1111 : 0b11)) === 0
}

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
  decode(text) {
    if (!endsCanonically(text)) return undefined
    const bytes = new Uint8Array((text.length * 3) >> 2)
    let bits = 0
    let held = 0
    let length = 0
    for (let index = 0; index < text.length; index++) {
      const value = valueAt(text, index)
      if (value === INVALID) return undefined
      bits = ((bits << 6) | value) & 0xffff
      held += 6
      if (held >= 8) {
        held -= 8
        bytes[length++] = bits >> held
      }
    }
    return bytes
  },
  decodeText(text) {
    const bytes = this.decode(text)
    return bytes && decodeUtf8(bytes)
  },
}

const at = (bytes: Bytes, index: number): number => bytes[index] ?? 0
const char = (bits: number): string => ALPHABET.charAt(bits & 63)

/** The same answers by Node's Buffer, which is some twenty times faster. */
function byBuffer(): Codec {
  // One buffer for the octets between base64url and text: they are read before anything else can write to it.
  const scratch = Buffer.allocUnsafeSlow(16 * 1024)

  /**
   * Buffer passes over what is no base64, takes `+` and `/` too, and reads `Ł` as `A`. Canonical is what comes out
   * again as it went in: one comparison that no oddity of a decoder can get past.
   */
  function write(text: string, target: Buffer): boolean {
    const length = target.write(text, 0, 'base64url')
    return target.toString('base64url', 0, length) === text
  }

  return {
    encode: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url'),
    decode(text) {
      const bytes = new Uint8Array((text.length * 3) >> 2)
      return write(text, Buffer.from(bytes.buffer)) ? bytes : undefined
    },
    decodeText(text) {
      const length = (text.length * 3) >> 2
      const target = length <= scratch.length ? scratch : Buffer.allocUnsafe(length)
      if (!write(text, target)) return undefined
      return decodeUtf8(target.subarray(0, length))
    },
  }
}

const codec = typeof Buffer === 'function' ? byBuffer() : portable

/** The one base64url text of some octets, without padding (RFC 7515 §2). */
export function base64url(bytes: Bytes): string {
  return codec.encode(bytes)
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
  return bytes
}

/** As {@link fromBase64url}, on to the UTF-8 text. @throws {JoseError} `CS_BASE64`, `CS_MALFORMED` */
export function textFromBase64url(text: string, what: string): string {
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
