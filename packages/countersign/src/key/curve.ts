import { type Table, table } from '../alg/needs.ts'
import type { Bytes } from '../bytes.ts'
import type { Kty } from '../crypto/backend.ts'
import { fromInteger, mod, power, toInteger } from './integer.ts'

/** A curve of a JWK (RFC 7518 §6.2.1.1, RFC 8037 §2, RFC 8812 §3.1). Checks are of public points; no secret passes through here. */
export interface Curve {
  readonly kty: Extract<Kty, 'EC' | 'OKP'>
  /** The object identifier, as the content of its DER, in hex. */
  readonly oid: string
  /** The octets of one coordinate, or of an OKP public key, and of a private key. */
  readonly octets: number
  /** The size that is named when one speaks of the key. */
  readonly bits: number
  /** The order of the base point: a private scalar and both halves of a signature lie below it. EC only. */
  readonly order?: bigint
  /** Why these coordinates are no usable public key; nothing where they are one. */
  fault(x: Bytes, y: Bytes): string | undefined
  /** The y that a compressed point leaves out (SEC 1 §2.3.4); nothing where no point has this x. EC only. */
  decompress?(x: Bytes, odd: boolean): Bytes | undefined
}

/** y² = x³ + ax + b over a prime field whose p is 3 modulo 4 (SP 800-186 §3.2.1, SEC 2 §2.4.1). */
function weierstrass(octets: number, p: bigint, a: bigint, b: bigint): Pick<Curve, 'octets' | 'fault' | 'decompress'> {
  const square = (x: bigint): bigint => mod(x * x * x + a * x + b, p)
  return {
    octets,
    fault(xBytes, yBytes) {
      const x = toInteger(xBytes)
      const y = toInteger(yBytes)
      if (x >= p || y >= p) return 'a coordinate is not below the prime of the curve'
      return (y * y) % p === square(x) ? undefined : 'the point is not on the curve'
    },
    decompress(xBytes, odd) {
      const x = toInteger(xBytes)
      const root = power(square(x), (p + 1n) / 4n, p)
      if (x >= p || (root * root) % p !== square(x)) return undefined
      return fromInteger(root % 2n === (odd ? 1n : 0n) ? root : p - root, octets)
    },
  }
}

const P25519 = 2n ** 255n - 19n
/** -121665/121666. */
const D25519 = 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n
const Y_OF_ORDER_8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n

/** The y of the eight points of small order: of order four, one and two, and eight. */
const SMALL_25519 = [0n, 1n, P25519 - 1n, Y_OF_ORDER_8, P25519 - Y_OF_ORDER_8]

/**
 * -x² + y² = 1 + dx²y² over 2²⁵⁵ - 19 (RFC 8032 §5.1). A point of small order makes signatures that verify for many
 * messages, so it is refused. Of all others x² is a fraction, which is a square where numerator times denominator is one.
 */
function edwards25519(encoded: Bytes): string | undefined {
  const p = P25519
  const value = toInteger(Uint8Array.from(encoded).reverse())
  const y = value & (2n ** 255n - 1n)
  if (y >= p) return 'the point is not encoded canonically'
  if (SMALL_25519.includes(y)) return 'the point has small order'
  const yy = (y * y) % p
  return power((yy - 1n) * (D25519 * yy + 1n), (p - 1n) / 2n, p) === 1n ? undefined : 'the point is not on the curve'
}

const P448 = 2n ** 448n - 2n ** 224n - 1n

/** x² + y² = 1 - 39081x²y² over 2⁴⁴⁸ - 2²²⁴ - 1 (RFC 8032 §5.2). Its points of small order are the four with y of 0, 1 or -1. */
function edwards448(encoded: Bytes): string | undefined {
  const p = P448
  const value = toInteger(Uint8Array.from(encoded).reverse())
  const y = value & (2n ** 455n - 1n)
  if (y >= p) return 'the point is not encoded canonically'
  if (y === 0n || y === 1n || y === p - 1n) return 'the point has small order'
  const yy = (y * y) % p
  return power((1n - yy) * (1n + 39081n * yy), (p - 1n) / 2n, p) === 1n ? undefined : 'the point is not on the curve'
}

/**
 * The u of a point on a Montgomery curve (RFC 7748 §5), where every number below the prime will do: those of its twist,
 * too, do no harm. What is refused is what makes the shared secret zero: the points of small order, of both.
 */
function montgomery(p: bigint, smallOrder: readonly bigint[]): (encoded: Bytes) => string | undefined {
  return (encoded) => {
    const u = toInteger(Uint8Array.from(encoded).reverse())
    if (u >= p) return 'the point is not encoded canonically'
    return smallOrder.includes(u) ? 'the point has small order' : undefined
  }
}

/** The two of order eight on Curve25519 (RFC 7748 §6.1). */
const ORDER_8 = [
  0x00b8495f16056286fdb1329ceb8d09da6ac49ff1fae35616aeb8413b7c7aebe0n,
  0x57119fd0dd4e22d8868e1c58c45c44045bef839c55b1d0b1248c50a3bc959c5fn,
] as const

const P256 = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn
const P384 = 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n
const P521 = 2n ** 521n - 1n
const P256K = 2n ** 256n - 2n ** 32n - 977n

/** Every curve of a key, by its `crv`. */
export const CURVE: Table<Curve & { readonly id: string }> = table<Curve>({
  'P-256': {
    kty: 'EC',
    oid: '2a8648ce3d030107',
    bits: 256,
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    ...weierstrass(32, P256, -3n, 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn),
  },
  'P-384': {
    kty: 'EC',
    oid: '2b81040022',
    bits: 384,
    order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    ...weierstrass(
      48,
      P384,
      -3n,
      0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    ),
  },
  'P-521': {
    kty: 'EC',
    oid: '2b81040023',
    bits: 521,
    order:
      0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    ...weierstrass(
      66,
      P521,
      -3n,
      0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
    ),
  },
  secp256k1: {
    kty: 'EC',
    oid: '2b8104000a',
    bits: 256,
    order: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
    ...weierstrass(32, P256K, 0n, 7n),
  },
  Ed25519: { kty: 'OKP', oid: '2b6570', octets: 32, bits: 256, fault: edwards25519 },
  Ed448: { kty: 'OKP', oid: '2b6571', octets: 57, bits: 456, fault: edwards448 },
  X25519: {
    kty: 'OKP',
    oid: '2b656e',
    octets: 32,
    bits: 256,
    fault: montgomery(P25519, [0n, 1n, P25519 - 1n, ...ORDER_8]),
  },
  X448: { kty: 'OKP', oid: '2b656f', octets: 56, bits: 448, fault: montgomery(P448, [0n, 1n, P448 - 1n]) },
})

/** The curve with an object identifier; `undefined` for one that countersign does not have. */
export function curveByOid(oid: string): (Curve & { readonly id: string }) | undefined {
  for (const curve of CURVE.values()) if (curve.oid === oid) return curve
  return undefined
}
