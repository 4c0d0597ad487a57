import { createHash } from 'node:crypto'
import { b64 } from '../../support/forge.ts'

/** Octets that look random, the same in every run. */
export const noise = (length: number): Uint8Array =>
  Uint8Array.from(createHash('sha512').update('noise').digest()).subarray(0, length)
export const oct = (length: number, members: object = {}): object => ({ kty: 'oct', k: b64(noise(length)), ...members })
/** An RSA key of so many bits. No such number has to be a product of two primes to be refused for its size. */
export const modulus = (bits: number): string =>
  b64(Uint8Array.from({ length: bits / 8 }, (_, at) => (at === 0 ? 0xc1 : (at * 37 + 1) | 1)))
export const rsa = (bits: number, members: object = {}): object => ({
  kty: 'RSA',
  n: modulus(bits),
  e: 'AQAB',
  ...members,
})
