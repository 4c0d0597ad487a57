import { type Bytes, concat } from '../bytes.ts'

/**
 * The two spellings of an ECDSA signature: r || s of fixed length, which JOSE uses (RFC 7518 §3.4), and the DER that
 * OpenSSL thinks in. Node converts too, at half the speed: its `ieee-p1363` option was measured at 44 µs against 21
 * for signing and at 81 against 58 for verifying with P-256.
 */
export function toDer(signature: Bytes): Bytes {
  const half = signature.length / 2
  const content = concat(derInteger(signature.subarray(0, half)), derInteger(signature.subarray(half)))
  const head = content.length < 0x80 ? [0x30, content.length] : [0x30, 0x81, content.length]
  return concat(Uint8Array.from(head), content)
}

function derInteger(unsigned: Bytes): Bytes {
  let start = 0
  while (start < unsigned.length - 1 && unsigned[start] === 0) start++
  const digits = unsigned.subarray(start)
  const sign = (digits[0] ?? 0) >= 0x80 ? [0] : []
  return concat(Uint8Array.of(0x02, digits.length + sign.length, ...sign), digits)
}

/** @param half - the octets of r and of s */
export function fromDer(der: Bytes, half: number): Bytes {
  const signature = new Uint8Array(2 * half)
  let offset = (der[1] ?? 0) < 0x80 ? 2 : 3
  for (const end of [half, 2 * half]) {
    const length = der[offset + 1] ?? 0
    const sign = der[offset + 2] === 0 ? 1 : 0
    const digits = der.subarray(offset + 2 + sign, offset + 2 + length)
    signature.set(digits, end - digits.length)
    offset += 2 + length
  }
  return signature
}
