// JWEs made by hand with WebCrypto, whatever their headers say; nothing here is the library's.
import type { webcrypto } from 'node:crypto'
import { capabilities, type Jwk } from 'countersign'
import { b64 } from './forge.ts'
import { jwkFor, publicMembers } from './keys.ts'

const { subtle } = globalThis.crypto
type Octets = Uint8Array<ArrayBuffer>

const utf8 = (text: string): Octets => new TextEncoder().encode(text)
const octetsOf = (text: unknown): Octets => Uint8Array.from(Buffer.from(String(text), 'base64url'))
const join = (...parts: readonly Uint8Array[]): Octets => Uint8Array.from(parts.flatMap((part) => [...part]))
export const random = (length: number): Octets => globalThis.crypto.getRandomValues(new Uint8Array(length))

/** Octets with one bit of one of them changed, by default of the last. */
export const flipped = (octets: Uint8Array, at = -1): Octets => {
  const index = at < 0 ? octets.length + at : at
  return Uint8Array.from(octets, (octet, position) => (position === index ? octet ^ 1 : octet))
}

/** The content encryptions by the octets of their CEK, their vector and their tag. */
export const ENC = {
  A128GCM: { family: 'gcm', cek: 16, iv: 12, tag: 16 },
  A192GCM: { family: 'gcm', cek: 24, iv: 12, tag: 16 },
  A256GCM: { family: 'gcm', cek: 32, iv: 12, tag: 16 },
  'A128CBC-HS256': { family: 'cbc', cek: 32, iv: 16, tag: 16 },
  'A192CBC-HS384': { family: 'cbc', cek: 48, iv: 16, tag: 24 },
  'A256CBC-HS512': { family: 'cbc', cek: 64, iv: 16, tag: 32 },
} as const
export type Enc = keyof typeof ENC

const { management, content } = capabilities()
/** Whether this runtime has an algorithm; what each runtime has is held elsewhere. */
export const isHere = (name: string): boolean => [...management, ...content].includes(name)

export const ENCS: readonly Enc[] = (Object.keys(ENC) as Enc[]).filter(isHere)

/** A content that was encrypted by hand. */
export interface Content {
  readonly iv: Octets
  readonly ciphertext: Octets
  readonly tag: Octets
}

/** AES-GCM (RFC 7518 §5.3). */
export async function gcm(
  key: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array | string,
  iv: Octets = random(12),
  tag = 16,
): Promise<Content> {
  const own = await subtle.importKey('raw', Uint8Array.from(key), 'AES-GCM', false, ['encrypt'])
  const additionalData = typeof aad === 'string' ? utf8(aad) : Uint8Array.from(aad)
  const how = { name: 'AES-GCM', iv, additionalData, tagLength: tag * 8 }
  const sealed = new Uint8Array(await subtle.encrypt(how, own, Uint8Array.from(plaintext)))
  return { iv, ciphertext: sealed.slice(0, -tag), tag: sealed.slice(-tag) }
}

/** AES-CBC without a MAC. */
export async function cbc(cek: Uint8Array, plaintext: Uint8Array, iv: Octets = random(16)): Promise<Octets> {
  const key = Uint8Array.from(cek.subarray(cek.length / 2))
  const own = await subtle.importKey('raw', key, 'AES-CBC', false, ['encrypt'])
  return new Uint8Array(await subtle.encrypt({ name: 'AES-CBC', iv }, own, Uint8Array.from(plaintext)))
}

/** The MAC of AES-CBC-HMAC, whole; the first half of it is the tag (RFC 7518 §5.2.2.1). */
export async function macOf(cek: Uint8Array, ...input: readonly Uint8Array[]): Promise<Octets> {
  const how = { name: 'HMAC', hash: `SHA-${cek.length * 8}` }
  const key = await subtle.importKey('raw', Uint8Array.from(cek.subarray(0, cek.length / 2)), how, false, ['sign'])
  return new Uint8Array(await subtle.sign('HMAC', key, join(...input)))
}

/** How many bits there are, in 64 bits. */
export function bitsOf({ length }: { readonly length: number }): Octets {
  const octets = new Uint8Array(8)
  new DataView(octets.buffer).setBigUint64(0, BigInt(length) * 8n)
  return octets
}

/** A content, encrypted with a CEK that fits. */
export async function sealByHand(
  enc: Enc,
  cek: Uint8Array,
  plaintext: Uint8Array | string,
  aad: string,
): Promise<Content> {
  const octets = typeof plaintext === 'string' ? utf8(plaintext) : plaintext
  const { family, tag } = ENC[enc]
  if (family === 'gcm') return gcm(cek, octets, aad)
  const iv = random(16)
  const ciphertext = await cbc(cek, octets, iv)
  return { iv, ciphertext, tag: (await macOf(cek, utf8(aad), iv, ciphertext, bitsOf(utf8(aad)))).slice(0, tag) }
}

/** How a CEK gets to a recipient, by hand. */
export interface Managed {
  readonly cek: Uint8Array
  readonly encryptedKey: Octets
  readonly parameters: Readonly<Record<string, unknown>>
}

/** AES Key Wrap (RFC 3394). */
export async function wrapByHand(kek: Uint8Array, cek: Uint8Array): Promise<Octets> {
  const key = await subtle.importKey('raw', Uint8Array.from(kek), 'AES-KW', false, ['wrapKey'])
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  const wrapped = await subtle.importKey('raw', Uint8Array.from(cek), hmac, true, ['sign'])
  return new Uint8Array(await subtle.wrapKey('raw', wrapped, key, 'AES-KW'))
}

/** What agrees upon a secret: the algorithm of WebCrypto for a key. */
const agreementOf = ({ kty, crv = '' }: Jwk) => (kty === 'EC' ? { name: 'ECDH', namedCurve: crv } : { name: crv })

/** The Concat KDF (RFC 7518 §4.6.2), without parties. */
async function concatKdf(secret: Uint8Array, id: string, bits: number): Promise<Octets> {
  const uint32 = (value: number): Octets => Uint8Array.of(value >> 24, value >> 16, value >> 8, value)
  const info = join(uint32(id.length), utf8(id), uint32(0), uint32(0), uint32(bits))
  const parts: Octets[] = []
  for (let round = 1; round <= Math.ceil(bits / 256); round++)
    parts.push(new Uint8Array(await subtle.digest('SHA-256', join(uint32(round), secret, info))))
  return join(...parts).slice(0, bits / 8)
}

async function agreeByHand(jwk: Jwk, id: string, bits: number) {
  const how = agreementOf(jwk)
  const pair = (await subtle.generateKey(how, true, ['deriveBits'])) as webcrypto.CryptoKeyPair
  const other = await subtle.importKey('jwk', publicMembers(jwk) as webcrypto.JsonWebKey, how, false, [])
  const sizes: Readonly<Record<string, number>> = { 'P-521': 528, 'P-384': 384, X448: 448 }
  const length = sizes[jwk.crv ?? ''] ?? 256
  const secret = new Uint8Array(await subtle.deriveBits({ name: how.name, public: other }, pair.privateKey, length))
  const { ext: _, key_ops: __, ...epk } = await subtle.exportKey('jwk', pair.publicKey)
  return { epk, key: await concatKdf(secret, id, bits) }
}

/**
 * Brings a CEK to a recipient (RFC 7518 §4). The CEK may have any length, where the algorithm takes any.
 *
 * @param jwk - the recipient's key; a password is an oct one
 */
export async function manageByHand(alg: string, jwk: Jwk, enc: Enc, given?: Uint8Array): Promise<Managed> {
  const cek = given ?? random(ENC[enc].cek)
  const secret = octetsOf(jwk.k ?? '')
  const bits = Number(/A(\d{3})(?:GCM)?KW$/.exec(alg)?.[1] ?? 0)
  if (alg === 'dir') return { cek: secret, encryptedKey: random(0), parameters: {} }
  if (alg.startsWith('RSA-OAEP')) {
    const how = { name: 'RSA-OAEP', hash: `SHA-${alg.slice(9) || 1}` }
    const { n = '', e = '' } = jwk
    const key = await subtle.importKey('jwk', { kty: 'RSA', n, e }, how, false, ['encrypt'])
    const encryptedKey = new Uint8Array(await subtle.encrypt('RSA-OAEP', key, Uint8Array.from(cek)))
    return { cek, encryptedKey, parameters: {} }
  }
  if (alg.startsWith('ECDH-ES')) {
    const direct = alg === 'ECDH-ES'
    const { epk, key } = await agreeByHand(jwk, direct ? enc : alg, direct ? ENC[enc].cek * 8 : bits)
    if (direct) return { cek: key, encryptedKey: random(0), parameters: { epk } }
    return { cek, encryptedKey: await wrapByHand(key, cek), parameters: { epk } }
  }
  if (alg.startsWith('PBES2')) {
    const kek = await stretchByHand(alg, secret, SALT, LEAST, bits)
    return { cek, encryptedKey: await wrapByHand(kek, cek), parameters: { p2s: b64(SALT), p2c: LEAST } }
  }
  if (alg.endsWith('GCMKW')) {
    const { iv, ciphertext, tag } = await gcm(secret, cek, '')
    return { cek, encryptedKey: ciphertext, parameters: { iv: b64(iv), tag: b64(tag) } }
  }
  return { cek, encryptedKey: await wrapByHand(secret, cek), parameters: {} }
}

/** The fewest iterations that there may be, so that tests take no longer than they must. */
export const LEAST = 1000
export const SALT: Octets = Uint8Array.from({ length: 16 }, (_, index) => index)

async function stretchByHand(alg: string, password: Octets, p2s: Uint8Array, iterations: number, bits: number) {
  const key = await subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits'])
  const salt = join(utf8(alg), Uint8Array.of(0), p2s)
  const how = { name: 'PBKDF2', hash: `SHA-${/HS(\d+)/.exec(alg)?.[1]}`, salt, iterations }
  return new Uint8Array(await subtle.deriveBits(how, key, bits))
}

/** What a JWE is forged of. */
export interface Forgery {
  readonly alg: string
  readonly enc: Enc
  readonly key: Jwk
  readonly plaintext?: Uint8Array | string
  /** Further members of the protected header, or others in the place of its own. */
  readonly header?: Readonly<Record<string, unknown>>
  /** The JSON text of the protected header, in the place of all that. */
  readonly text?: string
  /** The CEK. */
  readonly cek?: Uint8Array
  /** The key of the content where it is another than the one that is wrapped. */
  readonly sealedWith?: Uint8Array
  /** Where alg and its parameters stand: by default in the protected header. */
  readonly algIn?: 'protected' | 'unprotected' | 'header'
  /** Members of unprotected headers. */
  readonly unprotected?: Readonly<Record<string, unknown>>
  readonly own?: Readonly<Record<string, unknown>>
  /** Text that is authenticated beside. */
  readonly aad?: string
}

/** A JWE in its parts, to be changed before it is written. */
export interface Forged extends Content {
  /** base64url text of the protected header. */
  readonly encoded: string
  readonly encryptedKey: Octets
  readonly cek: Uint8Array
  readonly unprotected?: Readonly<Record<string, unknown>>
  readonly own?: Readonly<Record<string, unknown>>
  readonly aad?: string
}

/** The plaintext of a JWE for which nothing else is said: claims that anyone may read. */
export const BARE_CLAIMS = '{"sub":"1234567890"}'

/** Makes a JWE by hand that is right in all that is not asked for otherwise. */
export async function forge(forgery: Forgery): Promise<Forged> {
  const { alg, enc, key, header = {}, algIn = 'protected', aad } = forgery
  const managed = await manageByHand(alg, key, enc, forgery.cek)
  const own = { alg, ...managed.parameters }
  const members = { ...(algIn === 'protected' && own), enc, ...header }
  const encoded = b64(forgery.text ?? JSON.stringify(members))
  const additional = aad === undefined ? encoded : `${encoded}.${b64(aad)}`
  const cek = forgery.sealedWith ?? managed.cek
  const content = await sealByHand(enc, cek, forgery.plaintext ?? BARE_CLAIMS, additional)
  const unprotected = { ...(algIn === 'unprotected' && own), ...forgery.unprotected }
  const ownHeader = { ...(algIn === 'header' && own), ...forgery.own }
  return {
    ...content,
    ...{ encoded, encryptedKey: managed.encryptedKey, cek: managed.cek },
    ...(Object.keys(unprotected).length > 0 && { unprotected }),
    ...(Object.keys(ownHeader).length > 0 && { own: ownHeader }),
    ...(aad !== undefined && { aad: b64(aad) }),
  }
}

/** A forged JWE in the compact serialization. */
export const compact = ({ encoded, encryptedKey, iv, ciphertext, tag }: Forged): string =>
  [encoded, b64(encryptedKey), b64(iv), b64(ciphertext), b64(tag)].join('.')

const sharedOf = ({ encoded, unprotected, aad, iv, ciphertext, tag }: Forged) => ({
  protected: encoded,
  ...(unprotected && { unprotected }),
  ...(aad !== undefined && { aad }),
  ...{ iv: b64(iv), ciphertext: b64(ciphertext), tag: b64(tag) },
})

const partOf = ({ own, encryptedKey }: Pick<Forged, 'own' | 'encryptedKey'>) => ({
  ...(own && { header: own }),
  ...(encryptedKey.length > 0 && { encrypted_key: b64(encryptedKey) }),
})

/** A forged JWE in the flattened serialization. */
export const flattened = (forged: Forged) => ({ ...sharedOf(forged), ...partOf(forged) })

/** A forged JWE in the general serialization, for itself or for other recipients. */
export const general = (forged: Forged, recipients: readonly Pick<Forged, 'own' | 'encryptedKey'>[] = [forged]) => ({
  ...sharedOf(forged),
  recipients: recipients.map(partOf),
})

/** A forged JWE in every serialization that has a place for all of it. */
export function everyForm(forged: Forged): readonly unknown[] {
  const open = forged.unprotected !== undefined || forged.own !== undefined || forged.aad !== undefined
  return [...(open ? [] : [compact(forged)]), flattened(forged), general(forged)]
}

const oct = (octets: number, which: number): Jwk => ({
  kty: 'oct',
  k: b64(Uint8Array.from({ length: octets }, (_, index) => (index * 7 + which * 101 + octets) % 251)),
})

/** The key management algorithms. */
export const EVERY_ALG: readonly string[] = [
  ...['A128KW', 'A192KW', 'A256KW', 'A128GCMKW', 'A192GCMKW', 'A256GCMKW'],
  ...['RSA-OAEP', 'RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512'],
  ...['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'],
  ...['PBES2-HS256+A128KW', 'PBES2-HS384+A192KW', 'PBES2-HS512+A256KW', 'dir'],
]

/** Those that this runtime has. */
export const ALGS: readonly string[] = EVERY_ALG.filter(isHere)

/**
 * A private or secret JWK for an algorithm, without a word about it.
 *
 * @param which - 1 for a stranger: another key of the same kind
 */
export function keyFor(alg: string, enc: Enc = 'A128GCM', which: 0 | 1 = 0): Jwk {
  if (alg.startsWith('RSA')) return jwkFor('RS256', which)
  if (alg.startsWith('ECDH')) return jwkFor('ES256', which)
  if (alg.startsWith('PBES2')) return oct(20, which)
  if (alg === 'dir') return oct(ENC[enc].cek, which)
  return oct(Number(alg.slice(1, 4)) / 8, which)
}
