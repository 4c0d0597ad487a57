import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import type { Tool } from './contenders.ts'
import { type Keys, KID, type Sample, type Scheme, type Sealed } from './workload.ts'

const NOTHING = Buffer.alloc(0)
const CEK_OCTETS = 32

/**
 * The primitives alone, with their keys prepared, over the same octets: no JSON, no base64url. They seal under a
 * protected header that is the same in each call; the ephemeral key of each token stands outside of it.
 */
export function bare(scheme: Scheme, keys: Keys): Tool {
  const management = managementOf(scheme, keys)
  const { seal, open } = scheme.enc === 'A256GCM' ? GCM : CBC
  const aad = Buffer.from(protectedText(scheme))
  return {
    encrypt({ plaintext }) {
      const { cek, ...managed } = management.bring()
      return { ...managed, ...seal(cek, plaintext, aad) }
    },
    decrypt: (sample) => open(management.recover(sample), sample),
  }
}

/** base64url text of the protected header that the primitives seal under. */
export const protectedText = ({ alg, enc }: Scheme): string =>
  Buffer.from(JSON.stringify({ alg, enc, kid: KID })).toString('base64url')

/** How a CEK gets to the recipient (RFC 7518 §4.1). */
interface Management {
  bring(): Pick<Sealed, 'encryptedKey' | 'epk'> & { readonly cek: KeyObject }
  recover(sample: Sample): KeyObject
}

function managementOf({ alg, enc }: Scheme, keys: Keys): Management {
  if (alg === 'dir') return { bring: () => ({ cek: keys.encrypt, encryptedKey: NOTHING }), recover: () => keys.decrypt }
  if (alg === 'A256KW')
    return encrypted(
      (cek) => wrap(keys.encrypt, cek),
      (key) => unwrap(keys.decrypt, key),
    )
  if (alg === 'RSA-OAEP-256') return byRsa(keys)
  return alg === 'ECDH-ES' ? byAgreement(keys, enc) : byAgreement(keys, alg, true)
}

/** A new CEK for each content, encrypted. */
function encrypted(encrypt: (cek: Buffer) => Buffer, decrypt: (encryptedKey: Buffer) => Buffer): Management {
  return {
    bring() {
      const cek = randomBytes(CEK_OCTETS)
      return { cek: createSecretKey(cek), encryptedKey: encrypt(cek) }
    },
    recover: ({ encryptedKey }) => createSecretKey(decrypt(encryptedKey)),
  }
}

const WRAP_IV = Buffer.alloc(8, 0xa6)

// The last step of a key wrap gives nothing.
const wrap = (kek: KeyObject, cek: Buffer): Buffer => createCipheriv('id-aes256-wrap', kek, WRAP_IV).update(cek)
const unwrap = (kek: KeyObject, key: Buffer): Buffer => createDecipheriv('id-aes256-wrap', kek, WRAP_IV).update(key)

function byRsa(keys: Keys): Management {
  const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
  return encrypted(
    (cek) => publicEncrypt({ key: keys.encrypt, ...oaep }, cek),
    (key) => privateDecrypt({ key: keys.decrypt, ...oaep }, key),
  )
}

/** @param id - what the agreed key is for; with `wraps` it encrypts a CEK (RFC 7518 §4.6) */
function byAgreement(keys: Keys, id: string, wraps = false): Management {
  const { decrypt: privateKey, encrypt: publicKey } = keys
  const [first, info] = [uint32(1), otherInfo(id)]
  const agree = (own: KeyObject, other: KeyObject): KeyObject => {
    const secret = diffieHellman({ privateKey: own, publicKey: other })
    return createSecretKey(createHash('sha256').update(first).update(secret).update(info).digest())
  }
  const ephemeral = (): { privateKey: KeyObject; publicKey: KeyObject } =>
    publicKey.asymmetricKeyType === 'x25519'
      ? generateKeyPairSync('x25519')
      : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const agreed = (sample: Sample): KeyObject =>
    agree(privateKey, createPublicKey({ key: sample.epk as JsonWebKey, format: 'jwk' }))
  return {
    bring() {
      const pair = ephemeral()
      const epk = pair.publicKey.export({ format: 'jwk' })
      const key = agree(pair.privateKey, publicKey)
      if (!wraps) return { epk, cek: key, encryptedKey: NOTHING }
      const cek = randomBytes(CEK_OCTETS)
      return { epk, cek: createSecretKey(cek), encryptedKey: wrap(key, cek) }
    },
    recover: wraps ? (sample) => createSecretKey(unwrap(agreed(sample), sample.encryptedKey)) : agreed,
  }
}

/** What the Concat KDF takes beside the secret, for 256 bits and nobody by name (RFC 7518 §4.6.2). */
function otherInfo(id: string): Buffer {
  return Buffer.concat([uint32(id.length), Buffer.from(id), uint32(0), uint32(0), uint32(256)])
}

function uint32(value: number): Buffer {
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(value)
  return octets
}

/** How a content is encrypted (RFC 7518 §5.1). */
interface ContentEncryption {
  seal(cek: KeyObject, plaintext: Buffer, aad: Buffer): Pick<Sealed, 'iv' | 'ciphertext' | 'tag'>
  open(cek: KeyObject, sample: Sample): Buffer
}

const GCM: ContentEncryption = {
  seal(cek, plaintext, aad) {
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', cek, iv).setAAD(aad)
    const ciphertext = cipher.update(plaintext)
    cipher.final() // gives nothing
    return { iv, ciphertext, tag: cipher.getAuthTag() }
  },
  open(cek, { iv, ciphertext, tag, aad }) {
    const decipher = createDecipheriv('aes-256-gcm', cek, iv, { authTagLength: 16 }).setAAD(aad).setAuthTag(tag)
    const plaintext = decipher.update(ciphertext)
    decipher.final()
    return plaintext
  },
}

/** A128CBC-HS256 (RFC 7518 §5.2.3). */
const CBC: ContentEncryption = {
  seal(cek, plaintext, aad) {
    const { mac, aes } = halvesOf(cek)
    const iv = randomBytes(16)
    const cipher = createCipheriv('aes-128-cbc', aes, iv)
    const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
    return { iv, ciphertext, tag: macOf(mac, aad, iv, ciphertext) }
  },
  open(cek, { iv, ciphertext, tag, aad }) {
    const { mac, aes } = halvesOf(cek)
    if (!timingSafeEqual(macOf(mac, aad, iv, ciphertext), tag)) throw new Error('the tag does not match')
    const decipher = createDecipheriv('aes-128-cbc', aes, iv)
    return Buffer.concat([decipher.update(ciphertext), decipher.final()])
  },
}

const halves = new WeakMap<KeyObject, { readonly mac: KeyObject; readonly aes: KeyObject }>()

/** The keys inside a CEK, prepared once. */
function halvesOf(cek: KeyObject): { readonly mac: KeyObject; readonly aes: KeyObject } {
  const known = halves.get(cek)
  if (known !== undefined) return known
  const octets = cek.export()
  const both = { mac: createSecretKey(octets.subarray(0, 16)), aes: createSecretKey(octets.subarray(16)) }
  halves.set(cek, both)
  return both
}

function macOf(key: KeyObject, aad: Buffer, iv: Buffer, ciphertext: Buffer): Buffer {
  const aadBits = Buffer.alloc(8)
  aadBits.writeUInt32BE(aad.length * 8, 4)
  const hmac = createHmac('sha256', key).update(aad).update(iv).update(ciphertext).update(aadBits)
  return hmac.digest().subarray(0, 16)
}
