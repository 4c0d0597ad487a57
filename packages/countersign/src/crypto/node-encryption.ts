import * as crypto from 'node:crypto'
import { promisify } from 'node:util'
import { type Bytes, owned } from '../bytes.ts'
import type { Backend, Material, OaepScheme, SyncBackend } from './backend.ts'
import { macParts, splitCek } from './cbc.ts'
import { notDeflate, tooLarge } from './deflate.ts'
import { HASH_NAME, keyObject } from './node-keys.ts'

/** Loaded at first use: it takes Node a millisecond, and few programs compress. */
const zlib = (): typeof import('node:zlib') => process.getBuiltinModule('node:zlib')

/** The initial value of AES Key Wrap (RFC 3394 §2.2.3.1). */
const WRAP_IV = Buffer.alloc(8, 0xa6)
const wrapName = ({ secret = WRAP_IV }: Material): string => `id-aes${secret.length * 8}-wrap`

const gcmName = (bits: number): crypto.CipherGCMTypes => `aes-${bits}-gcm` as crypto.CipherGCMTypes

const oaep = ({ hash }: OaepScheme, material: Material): crypto.RsaPrivateKey & { key: crypto.KeyObject } => ({
  key: keyObject(material),
  padding: crypto.constants.RSA_PKCS1_OAEP_PADDING,
  oaepHash: HASH_NAME[hash],
})

/** What a primitive gives, or nothing where it refuses what it was given. */
function orNothing(attempt: () => Uint8Array): Bytes | undefined {
  try {
    return owned(attempt())
  } catch {
    return undefined
  }
}

/** The MAC of AES-CBC-HMAC, as long as its tag (RFC 7518 §5.2.2.1). */
function macOf(mac: Material, bits: number, aad: Bytes, iv: Bytes, ciphertext: Bytes): Bytes {
  const hmac = crypto.createHmac(`sha${bits}`, keyObject(mac))
  for (const part of macParts(aad, iv, ciphertext)) hmac.update(part)
  return hmac.digest().subarray(0, bits / 16)
}

type Encryption = Pick<
  SyncBackend,
  | 'seal'
  | 'open'
  | 'wrap'
  | 'unwrap'
  | 'encryptKey'
  | 'decryptKey'
  | 'agree'
  | 'stretch'
  | 'random'
  | 'deflate'
  | 'inflate'
>

/** What encryption takes, in this thread and at once. */
export const encryption: Encryption = {
  seal({ family, cekBits }, material, iv, plaintext, aad) {
    if (family === 'gcm') {
      const cipher = crypto.createCipheriv(gcmName(cekBits), keyObject(material), iv).setAAD(aad)
      const ciphertext = cipher.update(plaintext)
      cipher.final() // gives nothing: GCM holds nothing back
      return { ciphertext, tag: cipher.getAuthTag() }
    }
    const { mac, aes } = splitCek(material)
    const cipher = crypto.createCipheriv(`aes-${cekBits / 2}-cbc`, keyObject(aes), iv)
    const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
    return { ciphertext, tag: macOf(mac, cekBits, aad, iv, ciphertext) }
  },

  open({ family, cekBits }, material, iv, { ciphertext, tag }, aad) {
    if (family === 'gcm') {
      const decipher = crypto.createDecipheriv(gcmName(cekBits), keyObject(material), iv, { authTagLength: 16 })
      decipher.setAAD(aad).setAuthTag(tag)
      return orNothing(() => {
        const plaintext = decipher.update(ciphertext)
        decipher.final()
        return plaintext
      })
    }
    const { mac, aes } = splitCek(material)
    // The MAC decides before anything is decrypted (attack 41).
    if (!crypto.timingSafeEqual(macOf(mac, cekBits, aad, iv, ciphertext), tag)) return undefined
    const decipher = crypto.createDecipheriv(`aes-${cekBits / 2}-cbc`, keyObject(aes), iv)
    return orNothing(() => Buffer.concat([decipher.update(ciphertext), decipher.final()]))
  },

  wrap(material, cek) {
    const cipher = crypto.createCipheriv(wrapName(material), keyObject(material), WRAP_IV)
    return owned(Buffer.concat([cipher.update(cek), cipher.final()]))
  },

  unwrap(material, wrapped) {
    const decipher = crypto.createDecipheriv(wrapName(material), keyObject(material), WRAP_IV)
    return orNothing(() => Buffer.concat([decipher.update(wrapped), decipher.final()]))
  },

  encryptKey: (scheme, material, cek) => owned(crypto.publicEncrypt(oaep(scheme, material), cek)),

  decryptKey: (scheme, material, encrypted) =>
    orNothing(() => crypto.privateDecrypt(oaep(scheme, material), encrypted)),

  agree(own, other) {
    const privateKey = keyObject(own)
    const secret = orNothing(() => crypto.diffieHellman({ privateKey, publicKey: keyObject(other) }))
    return secret?.some((octet) => octet !== 0) ? secret : undefined
  },

  stretch: ({ hash }, password, salt, iterations, octets) =>
    owned(crypto.pbkdf2Sync(password, salt, iterations, octets, HASH_NAME[hash])),

  // Out of no pool: a process that was cloned would give the same vectors a second time.
  random: (octets) => crypto.randomFillSync(new Uint8Array(octets)),

  deflate: (data) => owned(zlib().deflateRawSync(data)),

  inflate(data, most) {
    let inflated: { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } }
    try {
      inflated = zlib().inflateRawSync(data, { maxOutputLength: most, info: true }) as unknown as typeof inflated
    } catch (error) {
      throw (error as { readonly code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(most) : notDeflate()
    }
    // What stands behind the end is passed over by zlib.
    if (inflated.engine.bytesWritten !== data.length) throw notDeflate()
    return owned(inflated.buffer)
  },
}

/** CryptoKeys of private RSA keys, by hash, since only WebCrypto decrypts with them off the event loop. */
const decrypting = new WeakMap<Material, Map<1 | 256 | 384 | 512, crypto.webcrypto.CryptoKey>>()

export const decryptKeyLater: Backend['decryptKey'] = async ({ hash }, material, encrypted) => {
  const keys = decrypting.get(material) ?? new Map<typeof hash, crypto.webcrypto.CryptoKey>()
  decrypting.set(material, keys)
  const how = { name: 'RSA-OAEP', hash: hash === 1 ? 'SHA-1' : `SHA-${hash}` }
  const key = keys.get(hash) ?? keyObject(material).toCryptoKey(how, false, ['decrypt'])
  keys.set(hash, key)
  try {
    return new Uint8Array(await globalThis.crypto.subtle.decrypt('RSA-OAEP', key, Uint8Array.from(encrypted)))
  } catch {
    return undefined
  }
}

const pbkdf2 = promisify(crypto.pbkdf2)

export const stretchLater: Backend['stretch'] = async ({ hash }, password, salt, iterations, octets) =>
  owned(await pbkdf2(password, salt, iterations, octets, HASH_NAME[hash]))
