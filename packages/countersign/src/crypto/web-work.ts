import { type Bytes, base64url, concat, equal, fromBase64url, toOctets } from '../bytes.ts'
import { JoseError } from '../errors.ts'
import type { KeyWork, Material, SignatureScheme } from './backend.ts'
import { macParts, splitCek } from './cbc.ts'
import {
  agreementOn,
  type Data,
  deriveBits,
  HASH,
  keyFor,
  ownKeyFor,
  type Subtle,
  subtle,
  type WebAlgorithm,
} from './web-keys.ts'

/** The algorithm of a key that signs, and what each signature is told beside. */
function signatureAlgorithm({ family, hash }: SignatureScheme, { crv, members }: Material): WebAlgorithm {
  const name = hash && HASH[hash]
  switch (family) {
    case 'hmac':
      return { name: 'HMAC', hash: name ?? '' }
    case 'rsa':
      return { name: 'RSASSA-PKCS1-v1_5', hash: name ?? '' }
    case 'pss':
      return { name: 'RSA-PSS', hash: name ?? '' }
    case 'ecdsa':
      return { name: 'ECDSA', namedCurve: crv ?? '' }
    case 'eddsa':
      return { name: crv ?? '' }
    case 'mldsa':
      return { name: members['alg'] ?? '' }
  }
}

function parametersOf({ family, hash = 256 }: SignatureScheme, { name }: WebAlgorithm): Parameters<Subtle['sign']>[0] {
  if (family === 'ecdsa') return { name, hash: HASH[hash] }
  if (family === 'pss') return { name, saltLength: hash / 8 }
  return { name }
}

const bytes = (buffer: ArrayBuffer): Bytes => new Uint8Array(buffer)

/** What WebCrypto answers, or nothing where it refuses what it was given; what this platform lacks is said as it is. */
async function orNothing<T>(attempt: () => Promise<T>): Promise<T | undefined> {
  try {
    return await attempt()
  } catch (error) {
    if (error instanceof JoseError && error.code === 'CS_UNSUPPORTED') throw error
    return undefined
  }
}

const GCM_TAG = 16
const gcmParameters = (iv: Bytes, aad: Bytes): { name: string; iv: Data; additionalData: Data; tagLength: number } => ({
  name: 'AES-GCM',
  iv: iv as Data,
  additionalData: aad as Data,
  tagLength: GCM_TAG * 8,
})

const AES_GCM: WebAlgorithm = { name: 'AES-GCM' }
const AES_CBC: WebAlgorithm = { name: 'AES-CBC' }
const AES_KW: WebAlgorithm = { name: 'AES-KW' }
/** A CEK has a size that no AES key may have, and that any HMAC key may. */
const ANY_OCTETS = { name: 'HMAC', hash: 'SHA-256' } as const

/** The MAC of AES-CBC-HMAC, as long as its tag (RFC 7518 §5.2.2.1). */
async function macOf(mac: Material, bits: number, input: Bytes): Promise<Bytes> {
  const key = await keyFor(mac, { name: 'HMAC', hash: `SHA-${bits}` }, 'sign')
  return bytes(await subtle().sign('HMAC', key, input as Data)).slice(0, bits / 16)
}

/** @see KeyWork.sign */
export const sign: KeyWork['sign'] = async (scheme, material, input) => {
  const algorithm = signatureAlgorithm(scheme, material)
  const key = await ownKeyFor(material, algorithm, 'sign')
  return base64url(bytes(await subtle().sign(parametersOf(scheme, algorithm), key, toOctets(input) as Data)))
}

/** @see KeyWork.verify */
export const verify: KeyWork['verify'] = async (scheme, material, input, signature) => {
  const algorithm = signatureAlgorithm(scheme, material)
  const key = await keyFor(material, algorithm, 'verify')
  const octets = fromBase64url(signature, 'the signature')
  return subtle().verify(parametersOf(scheme, algorithm), key, octets as Data, toOctets(input) as Data)
}

/** @see KeyWork.seal */
export const seal: KeyWork['seal'] = async ({ family, cekBits }, material, iv, plaintext, aad) => {
  if (family === 'gcm') {
    const key = await keyFor(material, AES_GCM, 'encrypt')
    const sealed = bytes(await subtle().encrypt(gcmParameters(iv, aad), key, plaintext as Data))
    const end = sealed.length - GCM_TAG
    return { ciphertext: sealed.slice(0, end), tag: sealed.slice(end) }
  }
  const { mac, aes } = splitCek(material)
  const key = await keyFor(aes, AES_CBC, 'encrypt')
  const ciphertext = bytes(await subtle().encrypt({ name: 'AES-CBC', iv: iv as Data }, key, plaintext as Data))
  return { ciphertext, tag: await macOf(mac, cekBits, concat(...macParts(aad, iv, ciphertext))) }
}

/** @see KeyWork.open */
export const open: KeyWork['open'] = async ({ family, cekBits }, material, iv, { ciphertext, tag }, aad) => {
  if (family === 'gcm') {
    const key = await keyFor(material, AES_GCM, 'decrypt')
    const sealed = concat(ciphertext, tag) as Data
    return orNothing(async () => bytes(await subtle().decrypt(gcmParameters(iv, aad), key, sealed)))
  }
  const { mac, aes } = splitCek(material)
  const key = await keyFor(aes, AES_CBC, 'decrypt')
  // The MAC decides before anything is decrypted (attack 41).
  if (!equal(await macOf(mac, cekBits, concat(...macParts(aad, iv, ciphertext))), tag)) return undefined
  const how = { name: 'AES-CBC', iv: iv as Data }
  return orNothing(async () => bytes(await subtle().decrypt(how, key, ciphertext as Data)))
}

/** @see KeyWork.wrap */
export const wrap: KeyWork['wrap'] = async (material, cek) => {
  const kek = await keyFor(material, AES_KW, 'wrapKey')
  const key = await subtle().importKey('raw', cek as Data, ANY_OCTETS, true, ['sign'])
  return bytes(await subtle().wrapKey('raw', key, kek, 'AES-KW'))
}

/** @see KeyWork.unwrap */
export const unwrap: KeyWork['unwrap'] = async (material, wrapped) => {
  const kek = await keyFor(material, AES_KW, 'unwrapKey')
  return orNothing(async () => {
    const key = await subtle().unwrapKey('raw', wrapped as Data, kek, 'AES-KW', ANY_OCTETS, true, ['sign'])
    return bytes((await subtle().exportKey('raw', key)) as ArrayBuffer)
  })
}

/** @see KeyWork.encryptKey */
export const encryptKey: KeyWork['encryptKey'] = async ({ hash }, material, cek) => {
  const key = await keyFor(material, { name: 'RSA-OAEP', hash: HASH[hash] }, 'encrypt')
  return bytes(await subtle().encrypt('RSA-OAEP', key, cek as Data))
}

/** @see KeyWork.decryptKey */
export const decryptKey: KeyWork['decryptKey'] = async ({ hash }, material, encrypted) => {
  const key = await ownKeyFor(material, { name: 'RSA-OAEP', hash: HASH[hash] }, 'decrypt')
  return orNothing(async () => bytes(await subtle().decrypt('RSA-OAEP', key, encrypted as Data)))
}

/** @see KeyWork.agree */
export const agree: KeyWork['agree'] = async (own, other) => {
  const algorithm = agreementOn(own.crv ?? '')
  const key = await ownKeyFor(own, algorithm, 'deriveBits')
  return orNothing(async () => {
    const secret = await deriveBits(algorithm, key, await keyFor(other, algorithm))
    return secret.some((octet) => octet !== 0) ? secret : undefined
  })
}

/** @see KeyWork.stretch */
export const stretch: KeyWork['stretch'] = async ({ hash }, password, salt, iterations, octets) => {
  const key = await subtle().importKey('raw', password as Data, 'PBKDF2', false, ['deriveBits'])
  const how = { name: 'PBKDF2', hash: HASH[hash], salt: salt as Data, iterations }
  return bytes(await subtle().deriveBits(how, key, octets * 8))
}
