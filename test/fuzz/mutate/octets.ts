import type { Random } from '../random.ts'
import type { Bytes, Mutate } from '../target.ts'

const INTERESTING = [
  0, 1, 0x0a, 0x20, 0x22, 0x2e, 0x30, 0x5c, 0x7b, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xbf, 0xc0, 0xed, 0xff,
]
const NUMBERS = [
  ...['0', '-0', '1', '-1', '0.5', '1e3', '1e400', '-1e400', '1e-7', '2147483648', '4294967296', '9007199254740991'],
  ...['9007199254740993', '-9007199254740993', '1790000000', '1790000031', '1789999969', '999', '1000', '600001'],
]

/** Changes octets without knowing what they are: in one buffer, which the next call uses again. */
export function havoc(words: readonly string[], maxLength: number): Mutate {
  const buffer = new Uint8Array(maxLength)
  const encoded = [...words, ...NUMBERS].map((word) => new Uint8Array(Buffer.from(word)))
  return (input, random, other) => {
    let length = Math.min(input.length, maxLength)
    buffer.set(input.subarray(0, length))
    for (let left = 1 << random.below(4); left > 0; left--) length = change(buffer, length, random, encoded, other)
    return buffer.subarray(0, length)
  }
}

/** @returns the length afterwards */
function change(buffer: Bytes, length: number, random: Random, words: readonly Bytes[], other: () => Bytes): number {
  const at = random.below(length + 1)
  switch (random.below(13)) {
    case 0:
      buffer[at] = (buffer[at] as number) ^ (1 << random.below(8))
      return Math.max(length, Math.min(at + 1, buffer.length))
    case 1:
      buffer[at] = random.below(256)
      return Math.max(length, Math.min(at + 1, buffer.length))
    case 2:
      if (at < length) buffer[at] = random.of(INTERESTING)
      return length
    case 3:
      if (at < length) buffer[at] = (buffer[at] as number) + random.below(17) - 8
      return length
    case 4:
    case 5:
      return remove(buffer, length, at, 1 + random.below(Math.max(1, Math.min(64, length >> 1))))
    case 6: {
      const from = random.below(length + 1)
      return insert(buffer, length, at, buffer.slice(from, Math.min(length, from + 1 + random.below(64))))
    }
    case 7:
    case 8:
      return insert(buffer, length, at, random.of(words))
    case 9: {
      const word = random.of(words)
      if (at + word.length <= length) buffer.set(word, at)
      return length
    }
    case 10: {
      const block = new Uint8Array(1 + random.below(random.once(8) ? 1024 : 16)).fill(random.of(INTERESTING))
      return insert(buffer, length, at, block)
    }
    case 11: {
      const donor = other()
      const from = random.below(donor.length + 1)
      return insert(buffer, length, at, donor.subarray(from, from + 1 + random.below(128)))
    }
    default:
      return replaceNumber(buffer, length, at, random)
  }
}

function remove(buffer: Bytes, length: number, at: number, count: number): number {
  buffer.copyWithin(at, Math.min(length, at + count), length)
  return Math.max(at, length - count)
}

function insert(buffer: Bytes, length: number, at: number, block: Bytes): number {
  const fits = block.subarray(0, buffer.length - length)
  // A block that is a part of the buffer would move along.
  const own = fits.buffer === buffer.buffer ? fits.slice() : fits
  buffer.copyWithin(at + own.length, at, length)
  buffer.set(own, at)
  return length + own.length
}

const isDigit = (octet: number | undefined): boolean => octet !== undefined && octet >= 0x30 && octet <= 0x39

/** The next digits as another number. */
function replaceNumber(buffer: Bytes, length: number, at: number, random: Random): number {
  let start = at
  while (start < length && !isDigit(buffer[start])) start++
  let end = start
  while (end < length && isDigit(buffer[end])) end++
  if (start === end) return length
  const left = remove(buffer, length, start, end - start)
  return insert(buffer, left, start, new Uint8Array(Buffer.from(random.of(NUMBERS), 'latin1')))
}
