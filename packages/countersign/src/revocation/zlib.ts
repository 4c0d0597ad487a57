import { type Bytes, concat } from '../bytes.ts'
import type { Backend } from '../crypto/backend.ts'
import { JoseError } from '../errors.ts'
import { type Op, use } from '../op.ts'

/** DEFLATE with a window of 32 KiB, made with no special effort, and a check that makes it a multiple of 31 (RFC 1950 §2.2). */
const HEADER = Uint8Array.of(0x78, 0x9c)
const CHECK_BYTES = 4

/** Compresses octets into the ZLIB format (RFC 1950). */
export function* zlib(data: Bytes): Op<Bytes, Pick<Backend, 'deflate'>> {
  const deflated = yield* use((backend: Pick<Backend, 'deflate'>) => backend.deflate(data))
  return concat(HEADER, deflated, toOctets(adler32(data)))
}

/**
 * The octets inside data in the ZLIB format, all of which has to be there and nothing behind it.
 *
 * @param most - stops as soon as there would be more
 * @throws {JoseError} `CS_MALFORMED`, `CS_TOO_LARGE`
 */
export function* unzlib(data: Bytes, most: number): Op<Bytes, Pick<Backend, 'inflate'>> {
  const [method = 0, flags = 0] = data
  const isHeader = (method & 0x0f) === 8 && method >> 4 <= 7 && ((method << 8) | flags) % 31 === 0
  if (!isHeader || data.length < HEADER.length + CHECK_BYTES) throw notZlib('its header is another')
  if (flags & 0x20) throw notZlib('it needs a dictionary')
  const deflated = data.subarray(HEADER.length, -CHECK_BYTES)
  const octets = yield* use((backend: Pick<Backend, 'inflate'>) => backend.inflate(deflated, most))
  const check = toOctets(adler32(octets))
  if (!check.every((octet, index) => octet === data[data.length - CHECK_BYTES + index]))
    throw notZlib('its check fails')
  return octets
}

function notZlib(why: string): JoseError {
  return new JoseError('CS_MALFORMED', `the data is not in the ZLIB format (RFC 1950): ${why}`)
}

/** So many octets add up without leaving 32 bits. */
const RUN = 3800

/** The checksum of the ZLIB format (RFC 1950 §8.2). */
export function adler32(data: Bytes): number {
  let low = 1
  let high = 0
  for (let from = 0; from < data.length; from += RUN) {
    const end = Math.min(from + RUN, data.length)
    for (let index = from; index < end; index++) {
      low += data[index] as number
      high += low
    }
    low %= 65_521
    high %= 65_521
  }
  return high * 65_536 + low
}

function toOctets(check: number): Bytes {
  return Uint8Array.of(check >>> 24, check >>> 16, check >>> 8, check)
}
