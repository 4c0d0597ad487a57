import { type Bytes, concat } from '../bytes.ts'
import { JoseError } from '../errors.ts'

/** The tags of DER that keys are made of (X.690). */
export const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
  context0: 0xa0,
  context1: 0xa1,
  context2: 0xa2,
  /** [0] and [1] in place of the tag of an OCTET STRING or a BIT STRING. */
  bits0: 0x80,
  bits1: 0x81,
} as const

/** @throws {JoseError} always: the one answer to DER that is not what it should be */
export function badDer(why: string): never {
  throw new JoseError('CS_KEY_INVALID', `the key is not well-formed DER: ${why}`)
}

/** Reads one level of DER, element by element; lengths must be definite, minimal and within the input. */
export class DerReader {
  readonly #bytes: Bytes
  #offset = 0

  constructor(bytes: Bytes) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#offset === this.#bytes.length
  }

  /** The tag of the next element; `undefined` at the end. */
  peek(): number | undefined {
    return this.#bytes[this.#offset]
  }

  /** The content of the next element, which must have this tag. */
  take(tag: number, what: string): Bytes {
    if (this.peek() !== tag) badDer(`${what} is missing or has another type`)
    const place = placeAt(this.#bytes, this.#offset)
    if (typeof place === 'string') badDer(place)
    const { start, end } = place
    if (end > this.#bytes.length) badDer(`${what} is cut short`)
    this.#offset = end
    return this.#bytes.subarray(start, end)
  }

  /** The next element as a level of its own. */
  enter(tag: number, what: string): DerReader {
    return new DerReader(this.take(tag, what))
  }

  /** A non-negative INTEGER without its sign octet. */
  unsigned(what: string): Bytes {
    const content = this.take(TAG.integer, what)
    const [first, second] = content
    if (first === undefined || first >= 0x80) badDer(`${what} is not a positive integer`)
    if (first !== 0) return content
    if (content.length > 1 && (second ?? 0) < 0x80) badDer(`${what} is not minimal`)
    return content.length === 1 ? content : content.subarray(1)
  }

  /** A BIT STRING of whole octets. */
  bits(what: string, tag: number = TAG.bitString): Bytes {
    const content = this.take(tag, what)
    if (content[0] !== 0) badDer(`${what} does not consist of whole octets`)
    return content.subarray(1)
  }

  /** An object identifier, as the hex of its content. */
  oid(what: string): string {
    return [...this.take(TAG.oid, what)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  }

  /** Ends the level: nothing may follow. */
  end(what: string): void {
    if (!this.done) badDer(`${what} has something after its end`)
  }
}

/** Where the content of an element begins and ends. */
interface Place {
  readonly start: number
  readonly end: number
}

/** The place of the element that begins at an offset, or what is wrong with its length. */
function placeAt(bytes: Bytes, offset: number): Place | string {
  const first = bytes[offset + 1]
  if (first === undefined) return 'a length is missing'
  let start = offset + 2
  if (first < 0x80) return { start, end: start + first }
  const count = first & 0x7f
  if (count === 0 || count > 3) return 'a length is indefinite or too long'
  if (start + count > bytes.length) return 'a length is cut short'
  let length = 0
  for (const end = start + count; start < end; start++) length = length * 256 + (bytes[start] ?? 0)
  if (length < 0x80 || length < 2 ** (8 * (count - 1))) return 'a length is not minimal'
  return { start, end: start + length }
}

/** An element of DER. */
export interface Element {
  readonly tag: number
  readonly content: Bytes
  /** The content with its tag and its length. */
  readonly whole: Bytes
}

/** The elements that octets consist of; none where they are anything but DER, to their last. */
export function elementsOf(bytes: Bytes): readonly Element[] {
  const elements: Element[] = []
  for (let offset = 0; offset < bytes.length; ) {
    const place = placeAt(bytes, offset)
    if (typeof place === 'string' || place.end > bytes.length) return []
    const { start, end } = place
    elements.push({ tag: bytes[offset] ?? 0, content: bytes.subarray(start, end), whole: bytes.subarray(offset, end) })
    offset = end
  }
  return elements
}

/** The tags of elements in hex, with spaces between them. */
export function tagsOf(elements: readonly Element[]): string {
  return elements.map(({ tag }) => tag.toString(16).padStart(2, '0')).join(' ')
}

/** One element of DER. */
export function toDer(tag: number, ...contents: readonly Bytes[]): Bytes {
  const content = concat(...contents)
  const { length } = content
  const octets = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return concat(Uint8Array.from([tag, ...octets]), content)
}

/** An object identifier, of the hex of its content. */
export function oidDer(hex: string): Bytes {
  return toDer(
    TAG.oid,
    Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
  )
}
