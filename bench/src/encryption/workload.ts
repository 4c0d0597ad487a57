import {
  createSecretKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  randomUUID,
} from 'node:crypto'

export const KID = '2026-11'

/** Whom the plaintext is encrypted to, and who opens it; for a secret both are the same. */
export interface Keys {
  readonly encrypt: KeyObject
  readonly decrypt: KeyObject
}

/** One pair of algorithms that is measured. */
export interface Scheme {
  readonly name: string
  readonly alg: string
  readonly enc: string
  generate(): Keys
}

const scheme = (alg: string, enc: string, generate: () => Keys, crv?: string): Scheme => ({
  ...{ name: `${alg}+${enc}${crv === undefined ? '' : `@${crv}`}`, alg, enc, generate },
})

const p256 = (): Keys => fromPair(generateKeyPairSync('ec', { namedCurve: 'P-256' }))
const x25519 = (): Keys => fromPair(generateKeyPairSync('x25519'))

export const SCHEMES: readonly Scheme[] = [
  scheme('dir', 'A256GCM', secret),
  scheme('dir', 'A128CBC-HS256', secret),
  scheme('A256KW', 'A256GCM', secret),
  scheme('RSA-OAEP-256', 'A256GCM', () => fromPair(generateKeyPairSync('rsa', { modulusLength: 2048 }))),
  scheme('ECDH-ES', 'A256GCM', p256, 'P-256'),
  scheme('ECDH-ES', 'A256GCM', x25519, 'X25519'),
  scheme('ECDH-ES+A256KW', 'A256GCM', p256, 'P-256'),
  scheme('ECDH-ES+A256KW', 'A256GCM', x25519, 'X25519'),
]

function secret(): Keys {
  const key = createSecretKey(randomBytes(32))
  return { encrypt: key, decrypt: key }
}

const fromPair = ({ privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }): Keys => ({
  encrypt: publicKey,
  decrypt: privateKey,
})

/** A plaintext to measure with. */
export interface Size {
  readonly name: string
  /** The schemes that are measured with it; all where none is named. */
  readonly schemes?: readonly string[]
  make(): Buffer
}

const SMALL_OCTETS = 300
const LARGE_OCTETS = 65_536

/** A session in JSON, and a file. */
export const SIZES: readonly Size[] = [
  { name: '300 B', make: session },
  { name: '64 kB', schemes: ['dir+A256GCM', 'A256KW+A256GCM'], make: () => randomBytes(LARGE_OCTETS) },
]

function session(): Buffer {
  const members = { sub: randomUUID(), name: 'John Doe', admin: true, csrf: randomBytes(32).toString('base64url') }
  const cart = Array.from({ length: 4 }, () => randomUUID())
  const text = JSON.stringify({ ...members, cart })
  return Buffer.from(text.padEnd(SMALL_OCTETS)).subarray(0, SMALL_OCTETS)
}

/** What encryption gives, in octets. */
export interface Sealed {
  /** The ephemeral public key, which the platform gives and takes fastest as the members of a JWK. */
  readonly epk?: JsonWebKey
  readonly encryptedKey: Buffer
  readonly iv: Buffer
  readonly ciphertext: Buffer
  readonly tag: Buffer
}

/** One JWE in the forms that contenders take: text for a library, octets for a primitive. */
export interface Sample extends Sealed {
  readonly plaintext: Buffer
  readonly token: string
  /** The octets of the protected header as it is written, which the tag covers. */
  readonly aad: Buffer
}

/** @param token - a compact JWE of this plaintext */
export function toSample(plaintext: Buffer, token: string): Sample {
  const [header = '', ...rest] = token.split('.')
  const { epk } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { readonly epk?: JsonWebKey }
  const [encryptedKey, iv, ciphertext, tag] = rest.map((part) => Buffer.from(part, 'base64url'))
  if (!encryptedKey || !iv || !ciphertext || !tag) throw new Error('a contender makes no compact JWE')
  return { plaintext, token, aad: Buffer.from(header), ...(epk && { epk }), encryptedKey, iv, ciphertext, tag }
}

/** The sample with one bit of its ciphertext turned, under the tag that it had before. */
export function tampered(sample: Sample): Sample {
  const parts = sample.token.split('.')
  const ciphertext = Buffer.from(sample.ciphertext)
  const at = ciphertext.length >> 1
  ciphertext.writeUInt8(ciphertext.readUInt8(at) ^ 1, at)
  return toSample(sample.plaintext, parts.with(3, ciphertext.toString('base64url')).join('.'))
}
