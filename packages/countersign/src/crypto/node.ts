import * as crypto from 'node:crypto'
import { promisify } from 'node:util'
import { rawSecret } from '../key/secret.ts'
import type { Backend, KeySpec, Material, SyncBackend, Verifying } from './backend.ts'
import { decryptKeyLater, encryption, stretchLater } from './node-encryption.ts'
import {
  admit,
  adopt,
  decryptPem,
  fromPair,
  fromPairOnce,
  generateVariant,
  HASH_NAME,
  hasVariant,
  keyObject,
  mustHave,
  seedAlone,
} from './node-keys.ts'
import { pieces } from './node-pieces.ts'
import { sign, signLater, verify } from './node-signatures.ts'

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

  sign,
  verify,
  pieces,

  digest: (hash, data) => Uint8Array.from(crypto.createHash(HASH_NAME[hash]).update(data).digest()),

  fingerprint: (text) => crypto.hash('sha256', text, 'base64url'),

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

const generateRsaLater = promisify(crypto.generateKeyPair)

/** The same, with slow work on private RSA keys and passwords off the event loop. */
export const backend: Backend = {
  ...sync,
  sync: false,
  sign: signLater,
  decryptKey: decryptKeyLater,
  stretch: stretchLater,
  async generate(spec) {
    if (spec.kty !== 'RSA') return sync.generate(spec)
    return fromPair(await generateRsaLater('rsa', { modulusLength: spec.bits ?? 2048 }))
  },
}

/** As much of it as verifying takes: the whole, since nobody pays for the rest here. */
export const verifying: Verifying = backend
