import type { Bytes } from '../bytes.ts'
import { JoseError } from '../errors.ts'
import { bitLength, toInteger } from './integer.ts'

const MIN_BITS = 2048
const MAX_BITS = 8192
const MAX_EXPONENT = 2n ** 32n

/**
 * The size of an RSA public key, once it is fit for use: 2048 to 8192 bits, an odd modulus, an odd exponent from 65537
 * up to 2^32, and not one that the ROCA generator made (attack 19).
 *
 * @returns the bits of the modulus
 * @throws {JoseError} `CS_KEY_SIZE` or `CS_KEY_INVALID`
 */
export function checkRsa(nBytes: Bytes, eBytes: Bytes): number {
  if (nBytes[0] === 0 || eBytes[0] === 0) throw invalid('n or e has leading zero octets (RFC 7518 §6.3.1)')
  // The size is decided by lengths, before any arithmetic that a huge number could make slow.
  checkSize(Math.max(nBytes.length * 8, MIN_BITS))
  const n = toInteger(nBytes)
  const bits = bitLength(n)
  checkSize(bits)
  checkExponent(eBytes)
  if (n % 2n === 0n) throw invalid('its modulus is even')
  if (hasRocaFingerprint(n))
    throw invalid('it comes from a generator whose keys can be factored (ROCA, CVE-2017-15361)')
  return bits
}

/**
 * Whether the members of a private RSA key belong to its public ones and to each other (RFC 8017 §3.2). node:crypto
 * takes any numbers here, and a wrong one can leak the key in the first signature.
 *
 * @throws {JoseError} `CS_KEY_INVALID`
 */
export function checkRsaPrivate(members: Readonly<Record<string, Bytes>>): void {
  const number = (name: string): bigint => toInteger(members[name] ?? new Uint8Array())
  const [n, e, d, p, q] = [number('n'), number('e'), number('d'), number('p'), number('q')]
  const fits =
    p > 1n &&
    q > 1n &&
    p * q === n &&
    (e * d) % (p - 1n) === 1n &&
    (e * d) % (q - 1n) === 1n &&
    number('dp') === d % (p - 1n) &&
    number('dq') === d % (q - 1n) &&
    (number('qi') * q) % p === 1n
  if (!fits) throw invalid('its private and public members do not belong together')
}

/** @throws {JoseError} `CS_KEY_INVALID` */
export function checkExponent(eBytes: Bytes): void {
  if (eBytes.length > 4) throw invalid('its exponent is not below 2^32')
  const e = toInteger(eBytes)
  if (e >= MAX_EXPONENT || e < 65537n || e % 2n === 0n)
    throw invalid(`its exponent is ${e}; it must be odd, from 65537 up`)
}

/** @throws {JoseError} `CS_KEY_SIZE` */
export function checkSize(bits: number): void {
  if (bits >= MIN_BITS && bits <= MAX_BITS) return
  throw new JoseError('CS_KEY_SIZE', `this RSA key has ${bits} bits; ${MIN_BITS} to ${MAX_BITS} are allowed`)
}

function invalid(why: string): JoseError {
  return new JoseError('CS_KEY_INVALID', `this RSA key is refused: ${why}`)
}

/**
 * Keys of the broken generator have primes of the form k·M + (65537^a mod M), M a product of the first primes. So
 * their modulus is a power of 65537 modulo every prime up to 167, which happens by chance once in 2^27 keys or more.
 */
function hasRocaFingerprint(n: bigint): boolean {
  rocaPowers ??= oddPrimes(167).map(powersOf65537)
  return rocaPowers.every(([prime, powers]) => powers.has(n % prime))
}

type Powers = readonly [prime: bigint, powers: ReadonlySet<bigint>]
/** Made with the first RSA key: a program without one starts a millisecond sooner. */
let rocaPowers: readonly Powers[] | undefined

function powersOf65537(prime: bigint): Powers {
  const powers = new Set<bigint>()
  for (let power = 1n; !powers.has(power); power = (power * 65537n) % prime) powers.add(power)
  return [prime, powers]
}

function oddPrimes(last: number): bigint[] {
  const primes: bigint[] = []
  for (let n = 3n; n <= BigInt(last); n += 2n) if (primes.every((prime) => n % prime !== 0n)) primes.push(n)
  return primes
}
