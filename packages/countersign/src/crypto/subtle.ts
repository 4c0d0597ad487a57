import type { Bytes } from '../bytes.ts'
import { JoseError, show } from '../errors.ts'
import type { Adopted, ForeignKey, Hash, Kty, Material, SignatureScheme } from './backend.ts'

/** What is read of a CryptoKey (Web Cryptography §13). */
export interface SubtleKey {
  readonly type: 'secret' | 'public' | 'private'
  readonly extractable: boolean
  readonly algorithm: {
    readonly name: string
    readonly hash?: { readonly name: string }
    readonly namedCurve?: string
    readonly modulusLength?: number
    readonly publicExponent?: Uint8Array
    readonly length?: number
  }
  readonly usages: readonly string[]
}

interface Shape {
  readonly kty: Kty
  readonly family?: SignatureScheme['family']
}

/** What the algorithms of CryptoKeys are in JOSE: a kty, and a family where they sign. Those with none only encrypt. */
const SHAPES: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ['HMAC', { kty: 'oct', family: 'hmac' }],
  ['AES-CBC', { kty: 'oct' }],
  ['AES-GCM', { kty: 'oct' }],
  ['AES-KW', { kty: 'oct' }],
  ['RSASSA-PKCS1-v1_5', { kty: 'RSA', family: 'rsa' }],
  ['RSA-PSS', { kty: 'RSA', family: 'pss' }],
  ['RSA-OAEP', { kty: 'RSA' }],
  ['ECDSA', { kty: 'EC', family: 'ecdsa' }],
  ['ECDH', { kty: 'EC' }],
  ['Ed25519', { kty: 'OKP', family: 'eddsa' }],
  ['Ed448', { kty: 'OKP', family: 'eddsa' }],
  ['X25519', { kty: 'OKP' }],
  ['X448', { kty: 'OKP' }],
  ['ML-DSA-44', { kty: 'AKP', family: 'mldsa' }],
  ['ML-DSA-65', { kty: 'AKP', family: 'mldsa' }],
  ['ML-DSA-87', { kty: 'AKP', family: 'mldsa' }],
])

const HASHES: ReadonlyMap<string, Hash> = new Map([
  ['SHA-256', 256],
  ['SHA-384', 384],
  ['SHA-512', 512],
])

/**
 * Takes a CryptoKey with what it is bound to: its algorithm, its hash and its usages all go on counting. One that is
 * extractable becomes a key like any other; one that is not works through WebCrypto for ever.
 *
 * @param toJwk - exports an extractable key at once
 * @throws {JoseError} `CS_UNSUPPORTED` for an algorithm or a hash that JOSE does not have
 */
export function adoptCryptoKey(key: SubtleKey, toJwk: () => object): Adopted {
  const { name, hash, namedCurve } = key.algorithm
  const shape = SHAPES.get(name)
  if (shape === undefined) throw unsupported(`for ${show(name)}`)
  const { kty, family } = shape
  const bits = hash && HASHES.get(hash.name)
  if (family !== undefined && hash !== undefined && bits === undefined) throw unsupported(`bound to ${show(hash.name)}`)
  const crv = namedCurve ?? (kty === 'OKP' ? name : undefined)
  return {
    key: key.extractable ? toJwk() : foreignOf(key, shape, crv),
    ...(family ? { scheme: { family, ...(bits && { hash: bits }), ...(crv && { crv }) } } : { use: 'enc' }),
    key_ops: key.usages,
  }
}

function unsupported(what: string): JoseError {
  return new JoseError('CS_UNSUPPORTED', `this CryptoKey is ${what}, which no algorithm of JOSE is`)
}

function sizeOf({ algorithm }: SubtleKey): number {
  return algorithm.modulusLength ?? algorithm.length ?? 0
}

function foreignOf(key: SubtleKey, shape: Shape, crv: string | undefined): Adopted['key'] {
  const { publicExponent: exponent } = key.algorithm
  return { foreign: foreignMaterial(key, shape, crv), bits: sizeOf(key), ...(exponent && { exponent }) }
}

function foreignMaterial(key: SubtleKey, { kty }: Shape, crv: string | undefined): Material {
  const members = kty === 'AKP' ? { alg: key.algorithm.name } : {}
  return { kty, ...(crv && { crv }), kind: key.type, members, foreign: foreignKey(key as CryptoKey) }
}

type Subtle = typeof globalThis.crypto.subtle
type CryptoKey = Parameters<Subtle['sign']>[1]
type Data = Parameters<Subtle['sign']>[2]

function foreignKey(key: CryptoKey): ForeignKey {
  const { subtle } = globalThis.crypto
  return {
    sign: async (scheme, input) => new Uint8Array(await subtle.sign(parametersOf(scheme, key), key, input as Data)),
    verify: (scheme, input: Bytes, signature: Bytes) =>
      subtle.verify(parametersOf(scheme, key), key, signature as Data, input as Data),
  }
}

/** How WebCrypto is told what to do; the name is the key's own, since it takes no other. */
function parametersOf({ family, hash }: SignatureScheme, { algorithm }: CryptoKey): Parameters<Subtle['sign']>[0] {
  const { name } = algorithm
  if (family === 'ecdsa') return { name, hash: `SHA-${hash}` }
  if (family === 'pss') return { name, saltLength: (hash ?? 0) / 8 }
  return { name }
}
