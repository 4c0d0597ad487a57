import * as crypto from 'node:crypto'
import { types } from 'node:util'
import { type Bytes, base64url, fromBase64url } from '../bytes.ts'
import { JoseError } from '../errors.ts'
import { CURVE } from '../key/curve.ts'
import { PARAMETER_SET } from '../key/parameter-set.ts'
import { pkcs8Of, toPkcs8 } from '../key/pkcs8.ts'
import type { Adopted, Hash, KeySpec, Material, SignatureScheme } from './backend.ts'
import { adoptCryptoKey } from './crypto-key.ts'
import { pssPkcs8, pssSpki } from './rsa-pss.ts'

/** What OpenSSL calls the curves, and the octets of a coordinate. */
export const EC: ReadonlyMap<string, readonly [name: string, octets: number]> = new Map([
  ['P-256', ['prime256v1', 32]],
  ['P-384', ['secp384r1', 48]],
  ['P-521', ['secp521r1', 66]],
  ['secp256k1', ['secp256k1', 32]],
])

export const HASH_NAME: Readonly<Record<1 | Hash, string>> = { 1: 'sha1', 256: 'sha256', 384: 'sha384', 512: 'sha512' }
export const hashName = ({ hash }: SignatureScheme): string => HASH_NAME[hash ?? 256]

/** What Node calls the kinds of keys that have one form alone. */
const FIXED: ReadonlyMap<string, FixedType> = new Map([
  ['Ed25519', 'ed25519'],
  ['Ed448', 'ed448'],
  ['X25519', 'x25519'],
  ['X448', 'x448'],
  ['ML-DSA-44', 'ml-dsa-44'],
  ['ML-DSA-65', 'ml-dsa-65'],
  ['ML-DSA-87', 'ml-dsa-87'],
])

type FixedType = 'ed25519' | 'ed448' | 'x25519' | 'x448' | 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87'

/** What was found out; a variant is a curve or a parameter set, and RSA and secrets have neither. */
const found = new Map<string, boolean>()

/** Whether this build of Node works with keys of a curve or a parameter set; found out by trying, once. */
export function hasVariant(variant: string | undefined): boolean {
  if (variant === undefined) return true
  const known = found.get(variant)
  if (known !== undefined) return known
  const ec = EC.get(variant)
  const has = ec ? hasCurve(ec[0]) : hasFixed(variant)
  found.set(variant, has)
  return has
}

/** Node's own list of curves takes Node 26 a millisecond. */
function hasCurve(name: string): boolean {
  try {
    crypto.createECDH(name)
    return true
  } catch {
    return false
  }
}

function hasFixed(name: string): boolean {
  const octets = CURVE.get(name)?.octets ?? PARAMETER_SET.get(name)?.seedOctets ?? 0
  try {
    // An older Node may take a key that its OpenSSL knows, and then not know what it has got.
    return privateKey(pkcs8Of(name, new Uint8Array(octets).fill(1))).asymmetricKeyType === FIXED.get(name)
  } catch {
    return false
  }
}

/** @throws {JoseError} `CS_UNSUPPORTED`, naming the runtime */
export function mustHave(variant: string | undefined): void {
  if (hasVariant(variant)) return
  const { node, openssl } = process.versions
  throw new JoseError(
    'CS_UNSUPPORTED',
    `this runtime has no ${variant}: node:crypto of Node ${node} with OpenSSL ${openssl}`,
    { hint: 'capabilities() lists what it has. ML-DSA takes Node 24.6 or later.' },
  )
}

function privateKey(pkcs8: Bytes): crypto.KeyObject {
  return crypto.createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
}

/** The prepared form of each key; it goes when the key goes. */
const prepared = new WeakMap<Material, crypto.KeyObject>()

export function keyObject(material: Material): crypto.KeyObject {
  let object = prepared.get(material)
  if (object === undefined) {
    object = prepare(material)
    prepared.set(material, object)
  }
  return object
}

function prepare({ kty, crv, kind, members, secret }: Material): crypto.KeyObject {
  if (secret) return crypto.createSecretKey(secret)
  const key: crypto.JsonWebKey = { kty, ...(crv && { crv }), ...members }
  try {
    return kind === 'private'
      ? crypto.createPrivateKey({ key, format: 'jwk' })
      : crypto.createPublicKey({ key, format: 'jwk' })
  } catch {
    throw new JoseError('CS_KEY_INVALID', `OpenSSL refuses this ${kty} key`)
  }
}

/** RSA keys that are for PSS with one hash alone. */
const pssKeys: Readonly<Record<Hash, WeakMap<Material, crypto.KeyObject>>> = {
  256: new WeakMap(),
  384: new WeakMap(),
  512: new WeakMap(),
}

/**
 * The key to sign or to verify with. For PSS it says so itself: to be told its padding and its salt with each call costs
 * OpenSSL half as much again as a verification with 2048 bits takes.
 */
export function signatureKey({ family, hash = 256 }: SignatureScheme, material: Material): crypto.KeyObject {
  if (family !== 'pss') return keyObject(material)
  const keys = pssKeys[hash]
  const known = keys.get(material)
  if (known) return known
  const key = preparePss(keyObject(material), hash)
  keys.set(material, key)
  return key
}

function preparePss(key: crypto.KeyObject, hash: Hash): crypto.KeyObject {
  const pkcs1 = key.export({ format: 'der', type: 'pkcs1' })
  if (key.type === 'private') return privateKey(pssPkcs8(pkcs1, hash))
  return crypto.createPublicKey({ key: Buffer.from(pssSpki(pkcs1, hash)), format: 'der', type: 'spki' })
}

/** The octets of half an ECDSA signature. */
export const halfOf = (material: Material): number => EC.get(material.crv ?? '')?.[1] ?? 0

/** The material of a new key, prepared. */
export function fromPair({ privateKey }: crypto.KeyPairKeyObjectResult): Material {
  const { kty, crv, key_ops: _, ext: __, ...members } = privateKey.export({ format: 'jwk' })
  const material: Material = {
    kty: kty as Material['kty'],
    ...(crv && { crv }),
    kind: 'private',
    members: Object.freeze(members as Record<string, string>),
  }
  prepared.set(material, privateKey)
  return material
}

/** Makes a pair of keys on a curve or for a parameter set. */
export function generateVariant({ kty, crv, alg }: KeySpec): crypto.KeyPairKeyObjectResult {
  if (kty === 'EC') return crypto.generateKeyPairSync('ec', { namedCurve: EC.get(crv ?? '')?.[0] ?? '' })
  // The types of Node name each kind of key in an overload of its own.
  return crypto.generateKeyPairSync(FIXED.get(crv ?? alg ?? '') as 'ed25519')
}

/** The material of a pair whose private half stays where it is. */
export function fromPairOnce(
  { kty, crv }: KeySpec,
  { privateKey, publicKey }: crypto.KeyPairKeyObjectResult,
): Material {
  const { x, y } = publicKey.export({ format: 'jwk' }) as { readonly x: string; readonly y?: string }
  const material: Material = { kty, ...(crv && { crv }), kind: 'private', members: y === undefined ? { x } : { x, y } }
  prepared.set(material, privateKey)
  return material
}

/** @see Backend.admit */
export function admit(material: Material, pkcs8?: Bytes): Material {
  const { kind, members } = material
  const variant = material.crv ?? members['alg']
  mustHave(variant)
  if (pkcs8) checkWhole(pkcs8)
  let whole = material
  if (kind === 'private' && variant !== undefined) {
    const derived = derivePublic(variant, members)
    const missing = Object.keys(derived).filter((member) => members[member] === undefined)
    if (missing.length > 0) whole = { ...material, members: Object.freeze({ ...derived, ...members }) }
    else if (Object.entries(derived).some(([member, value]) => members[member] !== value)) {
      throw new JoseError('CS_KEY_INVALID', 'the private and the public half of the key do not belong together')
    }
  }
  keyObject(whole)
  return whole
}

/** OpenSSL compares what a container says twice. */
function checkWhole(pkcs8: Bytes): void {
  try {
    privateKey(pkcs8)
  } catch {
    throw new JoseError('CS_KEY_INVALID', 'the seed and the expanded key do not belong together')
  }
}

/**
 * The public members that belong to a private EC, OKP or AKP key. Node takes a JWK whose halves do not belong together
 * (seen with 24.21), so the public half is always worked out anew and compared.
 */
function derivePublic(variant: string, members: Material['members']): Readonly<Record<string, string>> {
  const secret = fromBase64url(members['d'] ?? members['priv'] ?? '', 'the private key', 'CS_KEY_INVALID')
  const ec = EC.get(variant)
  try {
    if (ec === undefined) {
      const { x, pub } = crypto
        .createPublicKey(privateKey(pkcs8Of(variant, secret)))
        .export({ format: 'jwk' }) as Record<string, string | undefined>
      return x === undefined ? { pub: pub ?? '' } : { x }
    }
    const ecdh = crypto.createECDH(ec[0])
    ecdh.setPrivateKey(secret)
    const point = Uint8Array.from(ecdh.getPublicKey())
    return { x: base64url(point.subarray(1, 1 + ec[1])), y: base64url(point.subarray(1 + ec[1])) }
  } catch {
    throw new JoseError('CS_KEY_INVALID', `OpenSSL refuses this private key for ${variant}`)
  }
}

/** PKCS#8 of an ML-DSA key by its seed; Node 24 would write the expanded key beside it, which is fifty times as long. */
export function seedAlone(material: Material): Bytes | undefined {
  return material.members['priv'] === undefined ? undefined : toPkcs8(material)
}

/** @see Backend.adopt */
export function adopt(value: unknown): Adopted | undefined {
  if (value instanceof crypto.KeyObject) return { key: toJwk(value) }
  if (!types.isCryptoKey(value)) return undefined
  const taken = adoptCryptoKey(value, () => toJwk(crypto.KeyObject.from(value)))
  // A public key to agree with has no usage, and nothing to hide: a key that is at hand agrees with it here.
  if (value.type === 'public' && value.usages.length === 0 && 'foreign' in taken.key)
    prepared.set(taken.key.foreign, crypto.KeyObject.from(value))
  return taken
}

function toJwk(key: crypto.KeyObject): object {
  try {
    return key.export({ format: 'jwk' })
  } catch {
    const { asymmetricKeyType: type = key.type, asymmetricKeyDetails: details } = key
    const what = details?.namedCurve ? `${type} on ${details.namedCurve}` : type
    throw new JoseError('CS_UNSUPPORTED', `this KeyObject holds a key of type ${what}, which has no JWK`)
  }
}

/** @see Backend.decryptPem */
export function decryptPem(pem: string, passphrase: string | Bytes): Bytes {
  try {
    const key = crypto.createPrivateKey({
      key: pem,
      format: 'pem',
      passphrase: typeof passphrase === 'string' ? passphrase : Buffer.from(passphrase),
    })
    return Uint8Array.from(key.export({ format: 'der', type: 'pkcs8' }))
  } catch (error) {
    // ERR_OSSL_UNSUPPORTED alone is what a wrong passphrase gives where the padding came out right by chance.
    if (
      /EVP_UNSUPPORTED|UNSUPPORTED_ENCRYPTION|UNKNOWN_(CIPHER|ALGORITHM)/.test(
        String((error as { code?: unknown }).code),
      )
    ) {
      throw new JoseError(
        'CS_UNSUPPORTED',
        'the private key is encrypted with a cipher that OpenSSL does not have here',
        {
          hint: 'Encrypt it anew: openssl pkcs8 -topk8 -v2 aes-256-cbc -in old.pem -out new.pem',
        },
      )
    }
    throw new JoseError(
      'CS_KEY_INVALID',
      'the private key cannot be decrypted: the passphrase is wrong, or it is damaged',
      {
        hint: 'Compare the passphrase with openssl: openssl pkey -in key.pem -noout',
      },
    )
  }
}
