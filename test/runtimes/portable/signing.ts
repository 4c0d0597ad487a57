// Signatures and key pairs at once, to forge tokens with where there is no node:crypto: big integers, in plain sight of
// whoever measures time. For tests alone.

/** The remainder that is not negative. */
const mod = (a: bigint, n: bigint): bigint => ((a % n) + n) % n

function power(base: bigint, exponent: bigint, n: bigint): bigint {
  let [result, square] = [1n, mod(base, n)]
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % n
    square = (square * square) % n
  }
  return result
}

/** The inverse of a number, for a prime. */
const inverse = (a: bigint, prime: bigint): bigint => power(a, prime - 2n, prime)

export const toNumber = (octets: Uint8Array, littleEndian = false): bigint => {
  const hex = Array.from(littleEndian ? octets.toReversed() : octets, (octet) => octet.toString(16).padStart(2, '0'))
  return BigInt(`0x${hex.join('') || '0'}`)
}

export function toOctets(value: bigint, length: number, littleEndian = false): Uint8Array {
  const octets = Uint8Array.from({ length }, (_, index) => Number((value >> BigInt(8 * (length - 1 - index))) & 0xffn))
  return littleEndian ? octets.reverse() : octets
}

/** A point: x / z and y / z; z is 0 for the neutral one. */
type Point = readonly [x: bigint, y: bigint, z: bigint]
type Add = (one: Point, two: Point) => Point

function times(point: Point, scalar: bigint, neutral: Point, add: Add): Point {
  let [result, double] = [neutral, point]
  for (let left = scalar; left > 0n; left >>= 1n) {
    if (left & 1n) result = add(result, double)
    double = add(double, double)
  }
  return result
}

const affine = ([x, y, z]: Point, p: bigint): readonly [bigint, bigint] => {
  const by = inverse(z, p)
  return [(x * by) % p, (y * by) % p]
}

/** A curve of NIST: p, the order, b and a generator (SP 800-186 §3.2.1). */
interface Curve {
  readonly p: bigint
  readonly n: bigint
  readonly b: bigint
  readonly g: Point
  readonly octets: number
}

export const CURVES: Readonly<Record<string, Curve>> = {
  'P-256': {
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    g: [
      0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
      0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
      1n,
    ],
    octets: 32,
  },
  'P-384': {
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    g: [
      0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
      0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
      1n,
    ],
    octets: 48,
  },
  'P-521': {
    p: 2n ** 521n - 1n,
    n: 0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
    g: [
      0xc6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66n,
      0x11839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650n,
      1n,
    ],
    octets: 66,
  },
}

const INFINITY: Point = [0n, 1n, 0n]

/** Complete addition for a = -3 (Renes, Costello, Batina 2016, algorithm 4). */
const addOn =
  ({ p, b }: Curve): Add =>
  ([x1, y1, z1], [x2, y2, z2]) => {
    let [t0, t1, t2] = [(x1 * x2) % p, (y1 * y2) % p, (z1 * z2) % p]
    const t3 = mod((x1 + y1) * (x2 + y2) - t0 - t1, p)
    const t4 = mod((y1 + z1) * (y2 + z2) - t1 - t2, p)
    let y3 = mod((x1 + z1) * (x2 + z2) - t0 - t2, p)
    let x3 = mod(3n * (y3 - b * t2), p)
    let z3 = mod(t1 - x3, p)
    x3 = (t1 + x3) % p
    y3 = (b * y3) % p
    t2 = (3n * t2) % p
    y3 = mod(3n * (y3 - t2 - t0), p)
    t0 = mod(3n * t0 - t2, p)
    t1 = (t4 * y3) % p
    t2 = (t0 * y3) % p
    y3 = (x3 * z3 + t2) % p
    x3 = mod(t3 * x3 - t1, p)
    z3 = (t4 * z3 + t3 * t0) % p
    return [x3, y3, z3]
  }

/** A number from 1 below `n`. */
function chance(n: bigint): bigint {
  const octets = globalThis.crypto.getRandomValues(new Uint8Array(80))
  return 1n + (toNumber(octets) % (n - 1n))
}

function publicPoint(curve: Curve, d: bigint): readonly [bigint, bigint] {
  return affine(times(curve.g, d, INFINITY, addOn(curve)), curve.p)
}

/** A new key: x, y and d. */
export function newEc(crv: string): readonly [x: Uint8Array, y: Uint8Array, d: Uint8Array] {
  const curve = curveOf(crv)
  const d = chance(curve.n)
  const [x, y] = publicPoint(curve, d)
  return [toOctets(x, curve.octets), toOctets(y, curve.octets), toOctets(d, curve.octets)]
}

function curveOf(crv: string): Curve {
  const curve = CURVES[crv]
  if (curve === undefined) throw new Error(`no curve ${crv} stands in for node:crypto's`)
  return curve
}

/** ECDSA: r and s, of one length each (FIPS 186-5 §6.4.1). */
export function signEc(crv: string, digest: Uint8Array, d: Uint8Array): Uint8Array {
  const { n, octets, ...rest } = curveOf(crv)
  const excess = digest.length * 8 - n.toString(2).length
  const e = excess > 0 ? toNumber(digest) >> BigInt(excess) : toNumber(digest)
  const k = chance(n)
  const r = publicPoint({ n, octets, ...rest }, k)[0] % n
  const s = (inverse(k, n) * (e + r * toNumber(d))) % n
  return Uint8Array.from([...toOctets(r, octets), ...toOctets(s, octets)])
}

/** The same as DER. */
export function toDer(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2
  const integer = (octets: Uint8Array): readonly number[] => {
    const first = octets.findIndex((octet) => octet !== 0)
    const bare = [...octets.subarray(first)]
    const value = (bare[0] ?? 0) > 127 ? [0, ...bare] : bare
    return [2, value.length, ...value]
  }
  const content = [...integer(signature.subarray(0, half)), ...integer(signature.subarray(half))]
  return Uint8Array.from([0x30, ...(content.length > 127 ? [0x81] : []), content.length, ...content])
}

type Hash = (message: Uint8Array) => Uint8Array

// Ed25519 (RFC 8032 §5.1).
const P = 2n ** 255n - 19n
const L = 2n ** 252n + 27742317777372353535851937790883648493n
const D = mod(-121665n * inverse(121666n, P), P)
const B: Point = [
  15112221349535400772501151409588531511454012693041857206046113283949847762202n,
  46316835694926478169428394003475163141307993866256225615783033603165251855960n,
  1n,
]

const addEdwards: Add = ([x1, y1, z1], [x2, y2, z2]) => {
  const a = (z1 * z2) % P
  const b = (a * a) % P
  const c = (x1 * x2) % P
  const d = (y1 * y2) % P
  const e = (((D * c) % P) * d) % P
  const [f, g] = [mod(b - e, P), b + e]
  return [mod(((a * f) % P) * ((x1 + y1) * (x2 + y2) - c - d), P), (((a * g) % P) * (d + c)) % P, (f * g) % P]
}

function encodedTimes(scalar: bigint): Uint8Array {
  const [x, y] = affine(times(B, scalar, [0n, 1n, 1n], addEdwards), P)
  return toOctets(y | ((x & 1n) << 255n), 32, true)
}

function expanded(seed: Uint8Array, sha512: Hash): readonly [scalar: bigint, prefix: Uint8Array] {
  const octets = sha512(seed)
  const low = toNumber(octets.subarray(0, 32), true)
  return [(low & ((1n << 254n) - 8n)) | (1n << 254n), octets.subarray(32)]
}

export const ed25519Public = (seed: Uint8Array, sha512: Hash): Uint8Array => encodedTimes(expanded(seed, sha512)[0])

export function signEd25519(message: Uint8Array, seed: Uint8Array, sha512: Hash): Uint8Array {
  const hash = (...parts: readonly Uint8Array[]): bigint =>
    toNumber(sha512(Uint8Array.from(parts.flatMap((part) => [...part]))), true) % L
  const [scalar, prefix] = expanded(seed, sha512)
  const r = hash(prefix, message)
  const point = encodedTimes(r)
  const s = (r + hash(point, encodedTimes(scalar), message) * scalar) % L
  return Uint8Array.from([...point, ...toOctets(s, 32, true)])
}

/** What stands before a digest in RSASSA-PKCS1-v1_5 (RFC 8017 §9.2). */
const DIGEST_INFO: Readonly<Record<number, string>> = {
  32: '3031300d060960864801650304020105000420',
  48: '3041300d060960864801650304020205000430',
  64: '3051300d060960864801650304020305000440',
}

const hexOctets = (hex: string): readonly number[] => (hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16))

/** RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.1). */
export function signPkcs1(digest: Uint8Array, n: bigint, d: bigint): Uint8Array {
  const octets = Math.ceil(n.toString(16).length / 2)
  const info = [...hexOctets(DIGEST_INFO[digest.length] ?? ''), ...digest]
  const padding = new Array<number>(octets - info.length - 3).fill(0xff)
  return toOctets(power(toNumber(Uint8Array.from([0, 1, ...padding, 0, ...info])), d, n), octets)
}

/** MGF1 over a block, whose first bits are none of the number (RFC 8017 §B.2.1). */
function maskWith(hash: Hash, digest: Uint8Array, block: Uint8Array, bits: number): void {
  for (let at = 0, count = 0; at < block.length; at += digest.length, count++) {
    const mask = hash(Uint8Array.from([...digest, 0, 0, count >> 8, count & 0xff]))
    for (let index = 0; index < mask.length && at + index < block.length; index++) {
      block[at + index] = (block[at + index] ?? 0) ^ (mask[index] ?? 0)
    }
  }
  const octets = block.length + digest.length + 1
  block[0] = (block[0] ?? 0) & (0xff >> (8 * octets - bits))
}

/** RSASSA-PSS with MGF1 of the same hash (RFC 8017 §9.1.1). */
export function signPss(hash: Hash, message: Uint8Array, saltOctets: number, n: bigint, d: bigint): Uint8Array {
  const bits = n.toString(2).length - 1
  const octets = Math.ceil(bits / 8)
  const salt = globalThis.crypto.getRandomValues(new Uint8Array(saltOctets))
  const digest = hash(Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, ...hash(message), ...salt]))
  const block = new Uint8Array(octets - digest.length - 1)
  block.set([1, ...salt], block.length - saltOctets - 1)
  maskWith(hash, digest, block, bits)
  const padded = toNumber(Uint8Array.from([...block, ...digest, 0xbc]))
  return toOctets(power(padded, d, n), Math.ceil(n.toString(16).length / 2))
}

/** Whether r and s are right (FIPS 186-5 §6.4.2). */
export function verifyEc(
  crv: string,
  digest: Uint8Array,
  signature: Uint8Array,
  x: Uint8Array,
  y: Uint8Array,
): boolean {
  const curve = curveOf(crv)
  const { n, p, g, octets } = curve
  if (signature.length !== 2 * octets) return false
  const [r, s] = [toNumber(signature.subarray(0, octets)), toNumber(signature.subarray(octets))]
  if (r === 0n || s === 0n || r >= n || s >= n) return false
  const excess = digest.length * 8 - n.toString(2).length
  const e = excess > 0 ? toNumber(digest) >> BigInt(excess) : toNumber(digest)
  const [add, by] = [addOn(curve), inverse(s, n)]
  const point: Point = [toNumber(x), toNumber(y), 1n]
  const sum = add(times(g, (e * by) % n, INFINITY, add), times(point, (r * by) % n, INFINITY, add))
  return sum[2] !== 0n && affine(sum, p)[0] % n === r
}

/** r and s of one length each, out of DER. */
export function fromDer(der: Uint8Array, octets: number): Uint8Array {
  let at = (der[1] ?? 0) > 127 ? 3 : 2
  const integer = (): Uint8Array => {
    const length = der[at + 1] ?? 0
    const value = toNumber(der.subarray(at + 2, at + 2 + length))
    at += 2 + length
    return toOctets(value, octets)
  }
  return Uint8Array.from([...integer(), ...integer()])
}

function pointOf(encoded: Uint8Array): Point | undefined {
  const number = toNumber(encoded, true)
  const [odd, y] = [number >> 255n, number & ((1n << 255n) - 1n)]
  const [u, v] = [mod(y * y - 1n, P), mod(D * y * y + 1n, P)]
  const square = (u * inverse(v, P)) % P
  let x = power(square, (P + 3n) / 8n, P)
  if ((x * x) % P !== square) x = (x * power(2n, (P - 1n) / 4n, P)) % P
  if ((x * x) % P !== square) return undefined
  return [(x & 1n) === odd ? x : P - x, y, 1n]
}

/** RFC 8032 §5.1.7. */
export function verifyEd25519(message: Uint8Array, signature: Uint8Array, open: Uint8Array, sha512: Hash): boolean {
  if (signature.length !== 64) return false
  const [first, s] = [signature.subarray(0, 32), toNumber(signature.subarray(32), true)]
  const [r, a] = [pointOf(first), pointOf(open)]
  if (r === undefined || a === undefined || s >= L) return false
  const k = toNumber(sha512(Uint8Array.from([...first, ...open, ...message])), true) % L
  const neutral: Point = [0n, 1n, 1n]
  const right = affine(addEdwards(r, times(a, k, neutral, addEdwards)), P)
  const left = affine(times(B, s, neutral, addEdwards), P)
  return left[0] === right[0] && left[1] === right[1]
}

/** RFC 8017 §8.2.2. */
export function verifyPkcs1(digest: Uint8Array, signature: Uint8Array, n: bigint, e: bigint): boolean {
  const wanted = signPkcs1(digest, n, 1n)
  return signature.length === wanted.length && power(toNumber(signature), e, n) === toNumber(wanted)
}

/** RFC 8017 §8.1.2. */
export function verifyPss(
  hash: Hash,
  message: Uint8Array,
  signature: Uint8Array,
  saltOctets: number,
  n: bigint,
  e: bigint,
): boolean {
  const bits = n.toString(2).length - 1
  const padded = toOctets(power(toNumber(signature), e, n), Math.ceil(bits / 8))
  const octets = hash(message).length
  const block = padded.slice(0, -octets - 1)
  const digest = padded.subarray(-octets - 1, -1)
  maskWith(hash, digest, block, bits)
  const start = block.length - saltOctets - 1
  if (block.subarray(0, start).some((octet) => octet !== 0) || block[start] !== 1 || padded.at(-1) !== 0xbc)
    return false
  const again = hash(Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, ...hash(message), ...block.subarray(start + 1)]))
  return again.every((octet, index) => octet === digest[index])
}

function isPrime(n: bigint): boolean {
  if ([3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n, 37n].some((small) => n % small === 0n)) return false
  // Fermat's test is enough for a number that was drawn by lot.
  return power(2n, n - 1n, n) === 1n && power(3n, n - 1n, n) === 1n
}

/** A prime whose two highest bits are set. */
function newPrime(bits: number): bigint {
  for (;;) {
    const octets = globalThis.crypto.getRandomValues(new Uint8Array(Math.ceil(bits / 8)))
    const high = 3n << BigInt(bits - 2)
    const found = (toNumber(octets) & ((1n << BigInt(bits)) - 1n)) | high | 1n
    if (isPrime(found)) return found
  }
}

/** The inverse of a number that shares no divisor with `n`. */
function inverseOf(a: bigint, n: bigint): bigint {
  let [r0, r1, t0, t1] = [n, mod(a, n), 0n, 1n]
  while (r1 !== 0n) {
    const by = r0 / r1
    ;[r0, r1, t0, t1] = [r1, r0 - by * r1, t1, t0 - by * t1]
  }
  if (r0 !== 1n) throw new Error('there is no inverse')
  return mod(t0, n)
}

let pairs = 0

/**
 * A new RSA key: the members of its JWK.
 *
 * @param primes - those to take, each two of them in turn, since new ones of that size take seconds
 */
export function newRsa(
  bits: number,
  exponent: number,
  primes?: readonly bigint[],
): Readonly<Record<string, Uint8Array>> {
  const e = BigInt(exponent)
  const drawn = (): bigint => {
    for (;;) {
      const prime = newPrime(bits / 2)
      if (prime % e !== 1n) return prime
    }
  }
  const all = primes?.flatMap((p, index) => primes.slice(index + 1).map((q) => [p, q] as const)) ?? []
  const [p, q] = all[pairs++ % all.length] ?? [drawn(), drawn()]
  const d = inverseOf(e, (p - 1n) * (q - 1n))
  const octetsOf = (value: bigint): Uint8Array => toOctets(value, Math.ceil(value.toString(16).length / 2))
  const members = { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverseOf(q, p) }
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, octetsOf(value)]))
}
