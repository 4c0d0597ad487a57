import * as crypto from 'node:crypto'
import { promisify } from 'node:util'
import type { Bytes } from '../bytes.ts'
import { rawSecret } from '../key/secret.ts'
import type { Backend, KeySpec, Material, SignatureScheme, SigningInput, SyncBackend, Verifying } from './backend.ts'
import { fromDer, toDer } from './ecdsa-der.ts'
import { decryptKeyLater, encryption, stretchLater } from './node-encryption.ts'
import {
  admit,
  adopt,
  decryptPem,
  fromPair,
  fromPairOnce,
  generateVariant,
  HASH_NAME,
  halfOf,
  hashName,
  hasVariant,
  keyObject,
  keyOptions,
  mustHave,
  seedAlone,
} from './node-keys.ts'
import { pieces } from './node-pieces.ts'

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

/** EdDSA and ML-DSA bring their own hash. */
const digestName = (scheme: SignatureScheme): string | null => (scheme.hash === undefined ? null : hashName(scheme))

/** Everything in this thread and at once. */
export const sync: SyncBackend = {
  name: 'node:crypto',
  sync: true,

  supports: ({ hash, key, aesBits }) =>
    hasVariant(key?.crv ?? key?.alg) &&
    (hash === undefined || crypto.getHashes().includes(HASH_NAME[hash])) &&
    (aesBits === undefined || crypto.getCiphers().includes(`aes-${aesBits}-cbc`)),

  adopt,

  admit,

  decryptPem,
  ...encryption,

  sign(scheme, material, input) {
    if (scheme.family === 'hmac') return mac(scheme, material, input).digest()
    const signature = crypto.sign(digestName(scheme), octets(input), keyOptions(scheme, material))
    return scheme.family === 'ecdsa' ? fromDer(signature, halfOf(material)) : signature
  },

  verify(scheme, material, input, signature) {
    if (scheme.family === 'hmac') return verifyMac(scheme, material, input, signature)
    const bytes = scheme.family === 'ecdsa' ? toDer(signature) : signature
    return crypto.verify(digestName(scheme), octets(input), keyOptions(scheme, material), bytes)
  },

  pieces,

  digest: (hash, data) => Uint8Array.from(crypto.createHash(HASH_NAME[hash]).update(data).digest()),

  generate(spec) {
    const variant = spec.crv ?? spec.alg
    mustHave(variant)
    if (spec.kty === 'oct') return secret(spec)
    if (spec.kty === 'RSA') return fromPair(crypto.generateKeyPairSync('rsa', { modulusLength: spec.bits ?? 2048 }))
    const pair = generateVariant(spec)
    return spec.once ? fromPairOnce(spec, pair) : fromPair(pair)
  },

  exportDer(material) {
    const alone = seedAlone(material)
    if (alone) return alone
    const type = material.kind === 'public' ? 'spki' : 'pkcs8'
    return Uint8Array.from(keyObject(material).export({ format: 'der', type }))
  },
}

function secret({ bits = 256 }: KeySpec): Material {
  return rawSecret(encryption.random(bits / 8))
}

const signLater = promisify(crypto.sign)
const generateRsaLater = promisify(crypto.generateKeyPair)

/** The same, with slow work on private RSA keys and passwords off the event loop. */
export const backend: Backend = {
  ...sync,
  sync: false,
  sign(scheme, material, input) {
    const slow = scheme.family === 'rsa' || scheme.family === 'pss'
    return slow
      ? signLater(digestName(scheme), octets(input), keyOptions(scheme, material))
      : sync.sign(scheme, material, input)
  },
  decryptKey: decryptKeyLater,
  stretch: stretchLater,
  async generate(spec) {
    if (spec.kty !== 'RSA') return sync.generate(spec)
    return fromPair(await generateRsaLater('rsa', { modulusLength: spec.bits ?? 2048 }))
  },
}

/** As much of it as verifying takes: the whole, since nobody pays for the rest here. */
export const verifying: Verifying = backend
