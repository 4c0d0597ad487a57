// Stands for Node's Buffer in test files where there is none; the library itself does not see it.

type Encoding = 'utf8' | 'utf-8' | 'base64' | 'base64url' | 'hex' | 'latin1' | 'binary' | 'ascii'

const toLatin1 = (octets: Uint8Array): string => {
  let text = ''
  for (const octet of octets) text += String.fromCharCode(octet)
  return text
}
const fromLatin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff)

function encode(text: string, encoding: Encoding): Uint8Array {
  switch (encoding) {
    case 'hex':
      return Uint8Array.from(text.match(/[0-9a-fA-F]{2}/g) ?? [], (pair) => Number.parseInt(pair, 16))
    case 'base64':
    case 'base64url': {
      const [plain = ''] = text
        .replaceAll('-', '+')
        .replaceAll('_', '/')
        .replaceAll(/[^A-Za-z0-9+/=]/g, '')
        .split('=')
      return fromLatin1(atob(plain.length % 4 === 1 ? plain.slice(0, -1) : plain))
    }
    case 'latin1':
    case 'binary':
    case 'ascii':
      return fromLatin1(text)
    default:
      return new TextEncoder().encode(text)
  }
}

function decode(octets: Uint8Array, encoding: Encoding): string {
  switch (encoding) {
    case 'hex':
      return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('')
    case 'base64':
      return btoa(toLatin1(octets))
    case 'base64url':
      return btoa(toLatin1(octets)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
    case 'latin1':
    case 'binary':
      return toLatin1(octets)
    case 'ascii':
      return toLatin1(octets.map((octet) => octet & 0x7f))
    default:
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(octets)
  }
}

export class Buffer extends Uint8Array {
  // What is made of a buffer is a buffer; the standard's slice copies, and Node's does not.
  static override from(value: unknown, how?: unknown): Buffer {
    if (typeof value === 'string') return Buffer.over(encode(value, (how ?? 'utf8') as Encoding))
    if (value instanceof ArrayBuffer) return new Buffer(value)
    if (typeof how !== 'function') return Buffer.over(Uint8Array.from(value as ArrayLike<number>))
    return Buffer.over(Uint8Array.from(value as ArrayLike<number>, how as (value: number) => number))
  }

  static over(octets: Uint8Array): Buffer {
    return new Buffer(octets.buffer as ArrayBuffer, octets.byteOffset, octets.length)
  }

  static override of(...octets: readonly number[]): Buffer {
    return Buffer.from(octets)
  }

  static alloc(length: number, fill: number | string | Uint8Array = 0): Buffer {
    const made = new Buffer(length)
    if (typeof fill === 'number') return made.fill(fill)
    const octets = typeof fill === 'string' ? encode(fill, 'utf8') : fill
    for (let index = 0; index < length; index++) made[index] = octets[index % octets.length] ?? 0
    return made
  }

  static allocUnsafe(length: number): Buffer {
    return new Buffer(length)
  }

  static isBuffer(value: unknown): value is Buffer {
    return value instanceof Buffer
  }

  static byteLength(text: string): number {
    return encode(text, 'utf8').length
  }

  static concat(parts: readonly Uint8Array[]): Buffer {
    const made = new Buffer(parts.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const part of parts) {
      made.set(part, at)
      at += part.length
    }
    return made
  }

  override toString(encoding: Encoding = 'utf8', start = 0, end: number = this.length): string {
    return decode(this.subarray(start, end), encoding)
  }

  override slice(start?: number, end?: number): Buffer {
    return Buffer.over(this.subarray(start, end))
  }

  equals(other: Uint8Array): boolean {
    return this.length === other.length && this.every((octet, index) => octet === other[index])
  }

  override includes(what: number | string | Uint8Array, from = 0): boolean {
    if (typeof what === 'number') return super.includes(what, from)
    return toLatin1(this).includes(toLatin1(typeof what === 'string' ? encode(what, 'utf8') : what), from)
  }

  override indexOf(what: number | string | Uint8Array, from = 0): number {
    if (typeof what === 'number') return super.indexOf(what, from)
    return toLatin1(this).indexOf(toLatin1(typeof what === 'string' ? encode(what, 'utf8') : what), from)
  }

  write(text: string, offset = 0, encoding: Encoding = 'utf8'): number {
    const octets = encode(text, encoding)
    this.set(octets, offset)
    return octets.length
  }

  copy(target: Uint8Array, at = 0): number {
    target.set(this, at)
    return this.length
  }

  readUInt8(at = 0): number {
    return this[at] ?? 0
  }

  readUInt16BE(at = 0): number {
    return ((this[at] ?? 0) << 8) | (this[at + 1] ?? 0)
  }

  readUInt32BE(at = 0): number {
    return this.readUInt16BE(at) * 65536 + this.readUInt16BE(at + 2)
  }

  writeUInt32BE(value: number, at = 0): number {
    new DataView(this.buffer, this.byteOffset).setUint32(at, value)
    return at + 4
  }

  toJSON(): { type: 'Buffer'; data: number[] } {
    return { type: 'Buffer', data: [...this] }
  }
}
