import * as crypto from 'node:crypto'
import { promisify } from 'node:util'
import { type Bytes, base64url, concat, fromBase64url } from '../bytes.ts'
import { JoseError } from '../errors.ts'
import type { Backend, Hash, KeySpec, Material, SignatureScheme, SigningInput, SyncBackend } from './backend.ts'
import { fromDer, toDer } from './ecdsa-der.ts'

/** What OpenSSL calls the curves, and the octets of a coordinate. */
const EC: ReadonlyMap<string, readonly [name: string, octets: number]> = new Map([
  ['P-256', ['prime256v1', 32]],
  ['P-384', ['secp384r1', 48]],
  ['P-521', ['secp521r1', 66]],
])

/** PKCS#8 around the 32 octets of an Ed25519 private key (RFC 8410 §7), up to those octets. */
const ED25519_PKCS8 = Uint8Array.from([0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20])

const HASH_NAME: Readonly<Record<Hash, string>> = { 256: 'sha256', 384: 'sha384', 512: 'sha512' }
const hashName = ({ hash }: SignatureScheme): string => HASH_NAME[hash ?? 256]

/** The prepared form of each key; it goes when the key goes. */
const prepared = new WeakMap<Material, crypto.KeyObject>()

function keyObject(material: Material): crypto.KeyObject {
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

/**
 * The public members that belong to a private EC or OKP key. Node takes a JWK whose halves do not belong together
 * (seen with 24.21), so the public half is always worked out anew and compared.
 */
function derivePublic(crv: string, d: Bytes): Readonly<Record<string, string>> {
  const ec = EC.get(crv)
  try {
    if (ec === undefined) {
      const der = Buffer.from(concat(ED25519_PKCS8, d))
      const jwk = crypto
        .createPublicKey(crypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
        .export({ format: 'jwk' })
      return { x: jwk.x ?? '' }
    }
    const ecdh = crypto.createECDH(ec[0])
    ecdh.setPrivateKey(d)
    const point = Uint8Array.from(ecdh.getPublicKey())
    return { x: base64url(point.subarray(1, 1 + ec[1])), y: base64url(point.subarray(1 + ec[1])) }
  } catch {
    throw new JoseError('CS_KEY_INVALID', `OpenSSL refuses this private key on ${crv}`)
  }
}

function adopt(value: unknown): object | undefined {
  if (!(value instanceof crypto.KeyObject)) return undefined
  try {
    return value.export({ format: 'jwk' })
  } catch {
    const what = value.asymmetricKeyType ?? value.type
    throw new JoseError('CS_UNSUPPORTED', `this KeyObject holds a key of type ${what}, which has no JWK`)
  }
}

function admit(material: Material): Material {
  let whole = material
  const { kind, crv, members } = material
  if (kind === 'private' && crv !== undefined) {
    const derived = derivePublic(crv, fromBase64url(members['d'] ?? '', 'd', 'CS_KEY_INVALID'))
    if (members['x'] === undefined) whole = { ...material, members: Object.freeze({ ...derived, ...members }) }
    else if (Object.entries(derived).some(([name, value]) => members[name] !== value)) {
      throw new JoseError('CS_KEY_INVALID', 'the private and the public half of the key do not belong together')
    }
  }
  keyObject(whole)
  return whole
}

const octets = (input: SigningInput): Uint8Array => (typeof input === 'string' ? Buffer.from(input, 'latin1') : input)

function mac(scheme: SignatureScheme, material: Material, input: SigningInput): crypto.Hmac {
  const hmac = crypto.createHmac(hashName(scheme), keyObject(material))
  return typeof input === 'string' ? hmac.update(input, 'latin1') : hmac.update(input)
}

// A MAC is compared in this place, since a fresh buffer for each costs a quarter of the MAC itself.
const expected: Readonly<Record<number, Buffer>> = { 32: Buffer.alloc(32), 48: Buffer.alloc(48), 64: Buffer.alloc(64) }

function verifyMac(scheme: SignatureScheme, material: Material, input: SigningInput, signature: Bytes): boolean {
  const place = expected[signature.length]
  if (place === undefined) return false
  const written = place.write(mac(scheme, material, input).digest('binary'), 'latin1')
  return written === signature.length && crypto.timingSafeEqual(place, signature)
}

/** The options of node:crypto for a key: bare where OpenSSL's defaults are right, which is faster. */
function keyOptions(
  { family, hash = 256 }: SignatureScheme,
  material: Material,
): crypto.KeyObject | crypto.SignKeyObjectInput {
  const key = keyObject(material)
  if (family !== 'pss') return key
  return { key, padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: hash / 8 }
}

const digestName = (scheme: SignatureScheme): string | null => (scheme.family === 'eddsa' ? null : hashName(scheme))

const half = (material: Material): number => EC.get(material.crv ?? '')?.[1] ?? 0

/** Everything in this thread and at once. */
export const sync: SyncBackend = {
  name: 'node:crypto',
  sync: true,

  supports({ family, hash }, crv) {
    if (family === 'ecdsa') return crypto.getCurves().includes(EC.get(crv ?? '')?.[0] ?? '')
    if (family === 'eddsa') return crv === 'Ed25519'
    return hash !== undefined && crypto.getHashes().includes(HASH_NAME[hash])
  },

  adopt,

  admit,

  sign(scheme, material, input) {
    if (scheme.family === 'hmac') return mac(scheme, material, input).digest()
    const signature = crypto.sign(digestName(scheme), octets(input), keyOptions(scheme, material))
    return scheme.family === 'ecdsa' ? fromDer(signature, half(material)) : signature
  },

  verify(scheme, material, input, signature) {
    if (scheme.family === 'hmac') return verifyMac(scheme, material, input, signature)
    const bytes = scheme.family === 'ecdsa' ? toDer(signature) : signature
    return crypto.verify(digestName(scheme), octets(input), keyOptions(scheme, material), bytes)
  },

  digest: (hash, data) => Uint8Array.from(crypto.createHash(HASH_NAME[hash]).update(data).digest()),

  generate(spec) {
    if (spec.kty === 'oct') return secret(spec)
    if (spec.kty === 'RSA') return fromPair(crypto.generateKeyPairSync('rsa', { modulusLength: spec.bits ?? 2048 }))
    if (spec.kty === 'OKP') return fromPair(crypto.generateKeyPairSync('ed25519'))
    return fromPair(crypto.generateKeyPairSync('ec', { namedCurve: EC.get(spec.crv ?? '')?.[0] ?? '' }))
  },

  exportDer(material) {
    const type = material.kind === 'public' ? 'spki' : 'pkcs8'
    return Uint8Array.from(keyObject(material).export({ format: 'der', type }))
  },
}

function secret({ bits = 256 }: KeySpec): Material {
  return { kty: 'oct', kind: 'secret', members: {}, secret: Uint8Array.from(crypto.randomBytes(bits / 8)) }
}

function fromPair({ privateKey }: crypto.KeyPairKeyObjectResult): Material {
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

const signLater = promisify(crypto.sign)
const generateRsaLater = promisify(crypto.generateKeyPair)

/** The same, with slow work on private RSA keys off the event loop. */
export const backend: Backend = {
  ...sync,
  sync: false,
  sign(scheme, material, input) {
    const slow = scheme.family === 'rsa' || scheme.family === 'pss'
    return slow
      ? signLater(digestName(scheme), octets(input), keyOptions(scheme, material))
      : sync.sign(scheme, material, input)
  },
  async generate(spec) {
    if (spec.kty !== 'RSA') return sync.generate(spec)
    return fromPair(await generateRsaLater('rsa', { modulusLength: spec.bits ?? 2048 }))
  },
}
