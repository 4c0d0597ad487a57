import type { Bytes } from '../bytes.ts'

/** Octets as an unsigned number, most significant first (RFC 7518 §2, Base64urlUInt). */
export function toInteger(bytes: Bytes): bigint {
  let hex = '0x0'
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return BigInt(hex)
}

/** An unsigned number as so many octets, most significant first. */
export function fromInteger(value: bigint, octets: number): Bytes {
  const hex = value.toString(16).padStart(2 * octets, '0')
  return Uint8Array.from({ length: octets }, (_, index) => Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16))
}

/** The bits a number has, without leading zeros. */
export function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length
}

/** The remainder that is never negative. */
export function mod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus
  return rest < 0n ? rest + modulus : rest
}

/** base ^ exponent mod modulus. Of public numbers only: its time tells the exponent. */
export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  let square = mod(base, modulus)
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}
