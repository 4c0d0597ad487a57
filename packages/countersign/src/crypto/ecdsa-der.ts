import { decodeBase64url } from '../bytes.ts'

/**
 * The two spellings of an ECDSA signature: the base64url text of r || s, each of fixed length, which JOSE uses (RFC 7518
 * §3.4), and the DER that OpenSSL thinks in. Node converts too, but slower: its `ieee-p1363` costs 13 µs more for
 * verifying with P-256, and the options object that asks for it another 14.
 */

/** Two coordinates of P-521, and what DER puts around them. Read at once: the next signature is written over the last. */
const ROOM = 160
const place = Buffer.alloc(ROOM)
const der = Buffer.alloc(ROOM)

/** @returns octets that are good until the next call */
export function toDer(text: string): Uint8Array {
  const end = decodeBase64url(text, place, 'the signature')
  const half = end / 2
  const r = firstDigit(0, half)
  const s = firstDigit(half, end)
  const rLength = half - r + signOctet(r)
  const sLength = end - s + signOctet(s)
  const length = rLength + sLength + 4
  const long = length < 0x80 ? 0 : 1
  der[0] = 0x30
  if (long) der[1] = 0x81
  der[1 + long] = length
  putInteger(2 + long, r, half, rLength)
  putInteger(4 + long + rLength, s, end, sLength)
  return der.subarray(0, length + 2 + long)
}

function firstDigit(start: number, end: number): number {
  let index = start
  while (index < end - 1 && place[index] === 0) index++
  return index
}

/** A DER integer has a sign: one more octet where the first bit is set. */
const signOctet = (index: number): number => ((place[index] as number) >= 0x80 ? 1 : 0)

function putInteger(at: number, start: number, end: number, length: number): void {
  der[at] = 0x02
  der[at + 1] = length
  let to = at + 2
  if (length > end - start) der[to++] = 0
  for (let index = start; index < end; index++) der[to++] = place[index] as number
}

/** @param half - the octets of r and of s */
export function fromDer(signature: Uint8Array, half: number): string {
  let offset = (signature[1] as number) < 0x80 ? 2 : 3
  for (let end = half; end <= 2 * half; end += half) {
    const next = offset + 2 + (signature[offset + 1] as number)
    let to = end
    for (let from = next; to > end - half && from > offset + 2; ) place[--to] = signature[--from] as number
    while (to > end - half) place[--to] = 0
    offset = next
  }
  return place.toString('base64url', 0, 2 * half)
}
