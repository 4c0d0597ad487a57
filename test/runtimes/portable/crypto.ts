// Stands for node:crypto in test files where there is none: SHA-2, HMAC, keys and signatures at once, to forge tokens
// with. What else the tests ask of it is missing, and says so.
import matrix from '../../../packages/countersign/test/keys/matrix/keys.json' with { type: 'json' }
import made from '../../../packages/countersign/test/support/keys.json' with { type: 'json' }
import { Buffer } from './buffer.ts'
import {
  CURVES,
  ed25519Public,
  fromDer,
  newEc,
  newRsa,
  signEc,
  signEd25519,
  signPkcs1,
  signPss,
  toDer,
  toNumber,
  verifyEc,
  verifyEd25519,
  verifyPkcs1,
  verifyPss,
} from './signing.ts'

type Input = string | Uint8Array

const bytesOf = (input: Input): Uint8Array => (typeof input === 'string' ? new TextEncoder().encode(input) : input)

/** The first 64 bits of the fractions of roots of the first primes (FIPS 180-4 §4.2.3, §5.3). */
const PRIMES: readonly bigint[] = (() => {
  const found: bigint[] = []
  for (let n = 2n; found.length < 80; n++) if (found.every((prime) => n % prime !== 0n)) found.push(n)
  return found
})()

/** floor(root(n) · 2^bits), of the second or third degree. */
function root(n: bigint, degree: bigint, bits: bigint): bigint {
  const target = n << (bits * degree)
  let low = 0n
  let high = 1n << (bits + 10n)
  while (low + 1n < high) {
    const middle = (low + high) >> 1n
    if (middle ** degree <= target) low = middle
    else high = middle
  }
  return low
}

interface Sha {
  readonly octets: number
  readonly blockOctets: number
  readonly start: readonly bigint[]
}

const fraction = (n: bigint, degree: bigint, bits: bigint): bigint =>
  (root(n, degree, 64n) % (1n << 64n)) >> (64n - bits)
const startOf = (from: number, bits: bigint): readonly bigint[] =>
  PRIMES.slice(from, from + 8).map((prime) => fraction(prime, 2n, bits))

const SHA: Readonly<Record<string, Sha>> = {
  sha256: { octets: 32, blockOctets: 64, start: startOf(0, 32n) },
  sha384: { octets: 48, blockOctets: 128, start: startOf(8, 64n) },
  sha512: { octets: 64, blockOctets: 128, start: startOf(0, 64n) },
}

const CONSTANTS_512 = PRIMES.map((prime) => fraction(prime, 3n, 64n))
const CONSTANTS_256 = Uint32Array.from(PRIMES.slice(0, 64), (prime) => Number(fraction(prime, 3n, 32n)))

/** SHA-256, without big integers: tests hash megabytes with it. */
function sha256(message: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil((message.length + 9) / 64) * 64)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setBigUint64(padded.length - 8, BigInt(message.length) * 8n)
  const state = Uint32Array.from(SHA['sha256']?.start ?? [], Number)
  const w = new Uint32Array(64)
  const turn = (x: number, by: number): number => (x >>> by) | (x << (32 - by))
  for (let at = 0; at < padded.length; at += 64) {
    for (let t = 0; t < 16; t++) w[t] = view.getUint32(at + 4 * t)
    for (let t = 16; t < 64; t++) {
      const [x, y] = [w[t - 15] ?? 0, w[t - 2] ?? 0]
      const small = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)
      w[t] = small + (w[t - 16] ?? 0) + (w[t - 7] ?? 0) + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10))
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
    for (let t = 0; t < 64; t++) {
      const mixed = (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g))
      const one = h + mixed + (CONSTANTS_256[t] ?? 0) + (w[t] ?? 0)
      const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))
      h = g
      g = f
      f = e
      e = (d + one) | 0
      d = c
      c = b
      b = a
      a = (one + two) | 0
    }
    for (const [index, value] of [a, b, c, d, e, f, g, h].entries()) state[index] = (state[index] ?? 0) + value
  }
  const digest = new DataView(new ArrayBuffer(32))
  for (const [index, value] of state.entries()) digest.setUint32(4 * index, value)
  return new Uint8Array(digest.buffer)
}

/** SHA-384 or SHA-512. */
function sha512Of({ start, octets }: Sha, message: Uint8Array): Uint8Array {
  const mask = (1n << 64n) - 1n
  const padded = new Uint8Array(Math.ceil((message.length + 17) / 128) * 128)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setBigUint64(padded.length - 8, BigInt(message.length) * 8n)
  const turn = (x: bigint, by: bigint): bigint => ((x >> by) | (x << (64n - by))) & mask
  let state = [...start]
  for (let at = 0; at < padded.length; at += 128) {
    const w = Array.from({ length: 16 }, (_, t) => view.getBigUint64(at + 8 * t))
    for (let t = 16; t < 80; t++) {
      const [x = 0n, y = 0n] = [w[t - 15], w[t - 2]]
      const small = (turn(x, 1n) ^ turn(x, 8n) ^ (x >> 7n)) + (turn(y, 19n) ^ turn(y, 61n) ^ (y >> 6n))
      w.push((small + (w[t - 16] ?? 0n) + (w[t - 7] ?? 0n)) & mask)
    }
    let [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n, g = 0n, h = 0n] = state
    for (let t = 0; t < 80; t++) {
      const mixed = (turn(e, 14n) ^ turn(e, 18n) ^ turn(e, 41n)) + ((e & f) ^ (~e & mask & g))
      const one = h + mixed + (CONSTANTS_512[t] ?? 0n) + (w[t] ?? 0n)
      const two = (turn(a, 28n) ^ turn(a, 34n) ^ turn(a, 39n)) + ((a & b) ^ (a & c) ^ (b & c))
      ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + one) & mask, c, b, a, (one + two) & mask]
    }
    state = [a, b, c, d, e, f, g, h].map((value, index) => (value + (state[index] ?? 0n)) & mask)
  }
  const digest = new DataView(new ArrayBuffer(64))
  for (const [index, value] of state.entries()) digest.setBigUint64(8 * index, value)
  return new Uint8Array(digest.buffer).subarray(0, octets)
}

const sha = (name: string, message: Uint8Array): Uint8Array =>
  named(name).octets === 32 ? sha256(message) : sha512Of(named(name), message)

function named(name: string): Sha {
  const found = SHA[name.toLowerCase().replace('-', '')]
  if (found === undefined) throw new Error(`this runtime has no ${name} in the stand-in for node:crypto`)
  return found
}

class Hashing {
  readonly #finish: (message: Uint8Array) => Uint8Array
  readonly #parts: Uint8Array[] = []

  constructor(finish: (message: Uint8Array) => Uint8Array) {
    this.#finish = finish
  }

  update(input: Input): this {
    this.#parts.push(bytesOf(input).slice())
    return this
  }

  digest(): Buffer
  digest(encoding: 'base64url' | 'base64' | 'hex'): string
  digest(encoding?: 'base64url' | 'base64' | 'hex'): Buffer | string {
    const octets = Buffer.from(this.#finish(Buffer.concat(this.#parts)))
    return encoding === undefined ? octets : octets.toString(encoding)
  }
}

export const createHash = (name: string): Hashing => new Hashing((message) => sha(name, message))

/** RFC 2104. */
export function createHmac(name: string, secret: Input): Hashing {
  const block = named(name).blockOctets
  const given = bytesOf(secret)
  const key = new Uint8Array(block)
  key.set(given.length > block ? sha(name, given) : given)
  const pad = (octet: number): Uint8Array => key.map((value) => value ^ octet)
  return new Hashing((message) => sha(name, Buffer.concat([pad(0x5c), sha(name, Buffer.concat([pad(0x36), message]))])))
}

export const randomBytes = (octets: number): Buffer =>
  Buffer.from(globalThis.crypto.getRandomValues(new Uint8Array(octets)))
export const timingSafeEqual = (one: Uint8Array, two: Uint8Array): boolean => Buffer.from(one).equals(two)
export const webcrypto: typeof globalThis.crypto = globalThis.crypto
export const subtle: typeof globalThis.crypto.subtle = globalThis.crypto.subtle

const absent = (what: string) => (): never => {
  throw new Error(`this runtime has no node:crypto.${what}`)
}

type Members = Readonly<Record<string, string>>
interface Exported {
  readonly format?: string
  readonly type?: string
  readonly cipher?: string
}

const KEYS: readonly { readonly jwk: Members; readonly pkcs8?: string }[] = Object.values(made).flat()
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'priv']
const publicMembers = (jwk: Members): Members =>
  Object.fromEntries(Object.entries(jwk).filter(([name]) => !PRIVATE.includes(name)))
const octetsOf = (jwk: Members, name: string): Uint8Array => Buffer.from(jwk[name] ?? '', 'base64url')
const numberOf = (jwk: Members, name: string): bigint => toNumber(octetsOf(jwk, name))

/** Object identifiers (RFC 8017 §A.1, RFC 5480 §2.1.1, RFC 8410 §3). */
const OID: Readonly<Record<string, string>> = {
  RSA: '06092a864886f70d0101010500',
  EC: '06072a8648ce3d0201',
  'P-256': '06082a8648ce3d030107',
  'P-384': '06052b81040022',
  'P-521': '06052b81040023',
  secp256k1: '06052b8104000a',
  Ed25519: '06032b6570',
  Ed448: '06032b6571',
  X25519: '06032b656e',
  X448: '06032b656f',
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Uint8Array.from([tag, ...head]), content])
}

const zero = Uint8Array.of(0)
const bits = (octets: Uint8Array): Buffer => der(3, zero, octets)
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts)
const integers = (jwk: Members, ...names: readonly string[]): Buffer[] =>
  names.map((name) => {
    const octets = octetsOf(jwk, name)
    return der(2, ...((octets[0] ?? 0) > 127 ? [zero] : []), octets)
  })

/** What stands inside a container of a key. */
const inner = {
  pkcs1: (jwk: Members): Buffer =>
    'd' in jwk
      ? sequence(der(2, zero), ...integers(jwk, 'n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'))
      : sequence(...integers(jwk, 'n', 'e')),
  sec1: (jwk: Members, named: boolean): Buffer =>
    sequence(
      der(2, Uint8Array.of(1)),
      der(4, octetsOf(jwk, 'd')),
      ...(named ? [der(0xa0, oid(jwk['crv']))] : []),
      der(0xa1, bits(pointOf(jwk))),
    ),
} as const

const oid = (name = ''): Buffer => {
  const hex = OID[name]
  if (hex === undefined) throw new Error(`this runtime writes no key on ${name}`)
  return Buffer.from(hex, 'hex')
}
const pointOf = (jwk: Members): Buffer => Buffer.concat([Uint8Array.of(4), octetsOf(jwk, 'x'), octetsOf(jwk, 'y')])

/** A key in DER, as node:crypto writes it. */
function containerOf(jwk: Members, type: string): Buffer {
  const { kty = '', crv } = jwk
  const open = !('d' in jwk)
  if (type === 'pkcs1' && kty === 'RSA') return inner.pkcs1(jwk)
  if (type === 'sec1' && kty === 'EC' && !open) return inner.sec1(jwk, true)
  if (type !== (open ? 'spki' : 'pkcs8')) throw new Error(`this runtime writes no ${type} of this key`)
  const id = sequence(...(kty === 'RSA' ? [oid('RSA')] : kty === 'EC' ? [oid('EC'), oid(crv)] : [oid(crv)]))
  if (open)
    return sequence(id, bits(kty === 'RSA' ? inner.pkcs1(jwk) : kty === 'EC' ? pointOf(jwk) : octetsOf(jwk, 'x')))
  const own = kty === 'RSA' ? inner.pkcs1(jwk) : kty === 'EC' ? inner.sec1(jwk, false) : der(4, octetsOf(jwk, 'd'))
  return sequence(der(2, zero), id, der(4, own))
}

/** A key, which is a JWK inside. */
export class KeyObject {
  readonly #jwk: Members
  readonly type: 'private' | 'public' | 'secret'

  constructor(jwk: Members) {
    this.type = jwk['kty'] === 'oct' ? 'secret' : 'd' in jwk || 'priv' in jwk ? 'private' : 'public'
    this.#jwk = jwk
  }

  static jwk(key: KeyObject): Members {
    return key.#jwk
  }

  get asymmetricKeyType(): string {
    const { kty = '', crv = '', alg = '' } = this.#jwk
    return kty === 'OKP' ? crv.toLowerCase() : kty === 'AKP' ? alg.toLowerCase() : kty.toLowerCase()
  }

  /** An encrypted container is that of another key: nothing here opens it. */
  export({ format = '', type = '', cipher }: Exported = {}): Members | Buffer | string {
    if (format === 'jwk') return { ...this.#jwk }
    const half = this.type === 'public' ? 'PUBLIC KEY' : 'PRIVATE KEY'
    const label = type === 'pkcs1' || type === 'sec1' ? `${this.#jwk['kty']} ${half}` : half
    if (cipher !== undefined) return encrypted(format, type === 'pkcs8' ? `ENCRYPTED ${label}` : label)
    return written(format, label, containerOf(this.#jwk, type))
  }
}

function written(format: string, label: string, octets: Buffer, head = ''): Buffer | string {
  if (format !== 'pem') return octets
  const lines = octets.toString('base64').replaceAll(/.{64}/g, '$&\n').trim()
  return `-----BEGIN ${label}-----\n${head}${lines}\n-----END ${label}-----\n`
}

/** A container with this label out of the matrix of keys. */
function encrypted(format: string, label: string): Buffer | string {
  const pem = matrix.forms
    .map((form) => ('pem' in form ? form.pem : ''))
    .find((text) => text?.startsWith(`-----BEGIN ${label}-----`) && text.includes('ENCRYPTED'))
  const [, head = '', body = ''] = /^-----.*-----\n((?:.*: .*\n)*\n?)([^-]*)/.exec(pem ?? '') ?? []
  return written(format, label, Buffer.from(body, 'base64'), head)
}

interface Given {
  readonly key: KeyObject | Members | string
  readonly format?: string
  readonly padding?: number
  readonly saltLength?: number
  readonly dsaEncoding?: 'der' | 'ieee-p1363'
}

const pairOf = (jwk: Members): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } => ({
  privateKey: new KeyObject(jwk),
  publicKey: new KeyObject(publicMembers(jwk)),
})

const base64url = (octets: Uint8Array): string => Buffer.from(octets).toString('base64url')
interface KeyOptions {
  readonly namedCurve?: string
  readonly modulusLength?: number
  readonly publicExponent?: number
}

/** New keys; those of RSA with 2048 bits are made of primes that are here already. */
export function generateKeyPairSync(
  type: string,
  { namedCurve = '', modulusLength = 0, publicExponent = 65537 }: KeyOptions = {},
): ReturnType<typeof pairOf> {
  if (type === 'ed25519') {
    const seed = randomBytes(32)
    return pairOf({ crv: 'Ed25519', d: base64url(seed), x: base64url(ed25519Public(seed, sha512)), kty: 'OKP' })
  }
  if (type === 'ec' && namedCurve in CURVES) {
    const [x, y, d] = newEc(namedCurve).map(base64url) as [string, string, string]
    return pairOf({ kty: 'EC', x, y, crv: namedCurve, d })
  }
  if (type === 'rsa') {
    const primes = modulusLength === 2048 && publicExponent === 65537 ? PRIMES_1024 : undefined
    const members = Object.entries(newRsa(modulusLength, publicExponent, primes))
    return pairOf({ kty: 'RSA', ...Object.fromEntries(members.map(([name, octets]) => [name, base64url(octets)])) })
  }
  throw new Error(`this runtime has no node:crypto.generateKeyPairSync for ${type} ${namedCurve}`)
}

const sha512 = (message: Uint8Array): Uint8Array => sha('sha512', message)
const PRIMES_1024 = [...made.RS256.map(({ jwk }) => jwk), matrix.keys[0]?.private as unknown as Members].flatMap(
  (jwk) => [numberOf(jwk, 'p'), numberOf(jwk, 'q')],
)

export const createSecretKey = (octets: Uint8Array): KeyObject => new KeyObject({ kty: 'oct', k: base64url(octets) })

/** Takes a JWK, or a PEM as OpenSSL has written it of one of the keys that all tests have. */
export function createPrivateKey(given: Given | string): KeyObject {
  if (typeof given !== 'string' && given.format === 'jwk') return new KeyObject(given.key as Members)
  const known = KEYS.find(({ pkcs8 }) => pkcs8 !== undefined && pkcs8.trim() === String(given).trim())
  if (known === undefined) throw new Error('this runtime has no node:crypto.createPrivateKey for what is no JWK')
  return new KeyObject(known.jwk)
}

export function createPublicKey(given: Given | KeyObject): KeyObject {
  if (given instanceof KeyObject) return new KeyObject(publicMembers(KeyObject.jwk(given)))
  if (given.format !== 'jwk') throw new Error('this runtime has no node:crypto.createPublicKey for what is no JWK')
  return new KeyObject(publicMembers(given.key as Members))
}

export const constants = { RSA_PKCS1_PADDING: 1, RSA_PKCS1_PSS_PADDING: 6 } as const

function unpacked(given: Given | KeyObject): Given & { readonly jwk: Members } {
  const how = given instanceof KeyObject ? { key: given } : given
  if (!(how.key instanceof KeyObject)) throw new Error('this runtime has no node:crypto.sign for what is no KeyObject')
  return { ...how, jwk: KeyObject.jwk(how.key) }
}

const saltOf = (length: number | undefined, hash: string, n: bigint): number =>
  length === undefined || length === -2
    ? Math.ceil((n.toString(2).length - 1) / 8) - named(hash).octets - 2
    : length === -1
      ? named(hash).octets
      : length

export function sign(hash: string | null, message: Uint8Array, given: Given | KeyObject): Buffer {
  const { jwk, padding, saltLength, dsaEncoding } = unpacked(given)
  const { kty, crv = '' } = jwk
  if (crv === 'Ed25519') return Buffer.from(signEd25519(message, octetsOf(jwk, 'd'), sha512))
  if (hash === null) throw new Error(`this runtime has no node:crypto.sign for ${crv || kty}`)
  if (kty === 'EC') {
    const signature = signEc(crv, sha(hash, message), octetsOf(jwk, 'd'))
    return Buffer.from(dsaEncoding === 'ieee-p1363' ? signature : toDer(signature))
  }
  const [n, d] = [numberOf(jwk, 'n'), numberOf(jwk, 'd')]
  if (padding !== constants.RSA_PKCS1_PSS_PADDING) return Buffer.from(signPkcs1(sha(hash, message), n, d))
  return Buffer.from(signPss((octets) => sha(hash, octets), message, saltOf(saltLength, hash, n), n, d))
}

export function verify(
  hash: string | null,
  message: Uint8Array,
  given: Given | KeyObject,
  signature: Uint8Array,
): boolean {
  const { jwk, padding, saltLength, dsaEncoding } = unpacked(given)
  const { kty, crv = '' } = jwk
  if (crv === 'Ed25519') return verifyEd25519(message, signature, octetsOf(jwk, 'x'), sha512)
  if (hash === null) throw new Error(`this runtime has no node:crypto.verify for ${crv || kty}`)
  if (kty === 'EC') {
    const [x, y] = [octetsOf(jwk, 'x'), octetsOf(jwk, 'y')]
    return verifyEc(
      crv,
      sha(hash, message),
      dsaEncoding === 'ieee-p1363' ? signature : fromDer(signature, x.length),
      x,
      y,
    )
  }
  const [n, e] = [numberOf(jwk, 'n'), numberOf(jwk, 'e')]
  if (padding !== constants.RSA_PKCS1_PSS_PADDING) return verifyPkcs1(sha(hash, message), signature, n, e)
  return verifyPss((octets) => sha(hash, octets), message, signature, saltOf(saltLength, hash, n), n, e)
}

export const createECDH = absent('createECDH')
export const createCipheriv = absent('createCipheriv')
export const createDecipheriv = absent('createDecipheriv')
export const diffieHellman = absent('diffieHellman')
export const pbkdf2Sync = absent('pbkdf2Sync')
export const privateEncrypt = absent('privateEncrypt')
export const publicEncrypt = absent('publicEncrypt')
