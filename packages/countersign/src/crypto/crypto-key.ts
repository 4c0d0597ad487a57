import { base64url, fromBase64url } from '../bytes.ts'
import { JoseError, show } from '../errors.ts'
import type { Adopted, ForeignKey, Hash, Kty, Material, SignatureScheme } from './backend.ts'
import { type CryptoKey, keep } from './web-keys.ts'
import * as work from './web-work.ts'

interface Shape {
  readonly kty: Kty
  readonly family: SignatureScheme['family'] | 'oaep' | undefined
  /** What it does by WebCrypto where it stays there. */
  readonly does: readonly (keyof ForeignKey)[]
}

const SIGNS = ['sign', 'verify'] as const
const signing = (kty: Kty, family: SignatureScheme['family']): Shape => ({ kty, family, does: SIGNS })
const other = (kty: Kty, ...does: (keyof ForeignKey)[]): Shape => ({ kty, family: undefined, does })

/** What the algorithms of CryptoKeys are in JOSE. AES-CBC alone is none of its algorithms, and serves nothing. */
const SHAPES: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ['HMAC', signing('oct', 'hmac')],
  ['AES-CBC', other('oct')],
  ['AES-GCM', other('oct', 'seal', 'open')],
  ['AES-KW', other('oct', 'wrap', 'unwrap')],
  ['RSASSA-PKCS1-v1_5', signing('RSA', 'rsa')],
  ['RSA-PSS', signing('RSA', 'pss')],
  ['RSA-OAEP', { kty: 'RSA', family: 'oaep', does: ['encryptKey', 'decryptKey'] }],
  ['ECDSA', signing('EC', 'ecdsa')],
  ['ECDH', other('EC', 'agree')],
  ['Ed25519', signing('OKP', 'eddsa')],
  ['Ed448', signing('OKP', 'eddsa')],
  ['X25519', other('OKP', 'agree')],
  ['X448', other('OKP', 'agree')],
  ['ML-DSA-44', signing('AKP', 'mldsa')],
  ['ML-DSA-65', signing('AKP', 'mldsa')],
  ['ML-DSA-87', signing('AKP', 'mldsa')],
])

const HASHES: ReadonlyMap<string, Hash> = new Map([
  ['SHA-256', 256],
  ['SHA-384', 384],
  ['SHA-512', 512],
])

/** What is read of a CryptoKey (Web Cryptography §13). */
interface SubtleKey {
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

/** Whether a value is a key of WebCrypto's own. */
export function isCryptoKey(value: unknown): value is CryptoKey {
  const { CryptoKey: Platform } = globalThis as { readonly CryptoKey?: new () => unknown }
  if (typeof Platform !== 'function' || !(value instanceof Platform)) return false
  try {
    return typeof (value as { readonly type?: unknown }).type === 'string'
  } catch {
    return false // it has the prototype of one alone
  }
}

/**
 * Takes a CryptoKey with what it is bound to: its algorithm, its hash and its usages all go on counting. One that the
 * platform can export at once becomes a key like any other; every other works through WebCrypto.
 *
 * @param toJwk - exports an extractable key at once
 * @throws {JoseError} `CS_UNSUPPORTED` for an algorithm or a hash that JOSE does not have
 */
export function adoptCryptoKey(cryptoKey: CryptoKey, toJwk?: () => object): Adopted {
  const key = cryptoKey as unknown as SubtleKey
  const { name, hash, namedCurve } = key.algorithm
  const shape = SHAPES.get(name)
  if (shape === undefined) throw unsupported(`for ${show(name)}`)
  const { kty, family } = shape
  const atHand = key.extractable && toJwk !== undefined
  // What works by WebCrypto takes the very usage; wrapping is nothing there that a CEK could go through.
  const does = shape.does.filter((name) => atHand || mayDo(name, key))
  const bits = hash && (family === 'oaep' && hash.name === 'SHA-1' ? 1 : HASHES.get(hash.name))
  if (family !== undefined && hash !== undefined && bits === undefined) throw unsupported(`bound to ${show(hash.name)}`)
  const crv = namedCurve ?? (kty === 'OKP' ? name : undefined)
  return {
    key: atHand ? toJwk() : foreignOf(cryptoKey, key, { ...shape, does }, crv),
    ...(family && { scheme: { family, ...(bits && { hash: bits }), ...(crv && { crv }) } }),
    ...(!SIGNS.some((does) => shape.does.includes(does)) && { use: 'enc' }),
    key_ops: key.usages,
    does,
  }
}

/** The usage that each primitive asks of a CryptoKey, where several would allow its algorithm. */
const USAGE: { readonly [Name in keyof ForeignKey]?: string } = {
  seal: 'encrypt',
  open: 'decrypt',
  encryptKey: 'encrypt',
  decryptKey: 'decrypt',
  agree: 'deriveBits',
}

const mayDo = (name: keyof ForeignKey, { usages }: SubtleKey): boolean =>
  USAGE[name] === undefined || usages.includes(USAGE[name])

function unsupported(what: string): JoseError {
  return new JoseError('CS_UNSUPPORTED', `this CryptoKey is ${what}, which no algorithm of JOSE is`)
}

function foreignOf(
  cryptoKey: CryptoKey,
  key: SubtleKey,
  { kty, does }: Shape,
  crv: string | undefined,
): Adopted['key'] {
  const { name, modulusLength, length = 0, publicExponent: exponent } = key.algorithm
  const foreign: { -readonly [Name in keyof ForeignKey]: ForeignKey[Name] } = {}
  const members: Readonly<Record<string, string>> = kty === 'AKP' ? { alg: name } : {}
  const material = keep({ kty, ...(crv && { crv }), kind: key.type, members, foreign }, cryptoKey)
  const all = workOf(material)
  for (const name of does) Object.assign(foreign, { [name]: all[name] })
  return {
    foreign: material,
    bits: modulusLength ?? length,
    extractable: key.extractable,
    ...(exponent && { exponent }),
  }
}

/** What WebCrypto does, of one key. */
function workOf(material: Material): Required<ForeignKey> {
  return {
    sign: async (scheme, input) => fromBase64url(await work.sign(scheme, material, input), 'the signature'),
    verify: (scheme, input, signature) => work.verify(scheme, material, input, base64url(signature)),
    seal: (scheme, iv, plaintext, aad) => work.seal(scheme, material, iv, plaintext, aad),
    open: (scheme, iv, sealed, aad) => work.open(scheme, material, iv, sealed, aad),
    wrap: (cek) => work.wrap(material, cek),
    unwrap: (wrapped) => work.unwrap(material, wrapped),
    encryptKey: (scheme, cek) => work.encryptKey(scheme, material, cek),
    decryptKey: (scheme, encrypted) => work.decryptKey(scheme, material, encrypted),
    agree: (other) => work.agree(material, other),
  }
}
