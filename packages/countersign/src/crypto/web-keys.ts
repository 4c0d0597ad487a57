import { type Bytes, equal, utf8 } from '../bytes.ts'
import { JoseError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { CURVE } from '../key/curve.ts'
import { parseJwk } from '../key/jwk.ts'
import { toMaterial } from '../key/material.ts'
import { PARAMETER_SET } from '../key/parameter-set.ts'
import { toPkcs8 } from '../key/pkcs8.ts'
import { rawSecret, secretMaterial } from '../key/secret.ts'
import type { Awaitable, Hash, KeySpec, Material } from './backend.ts'

export type Subtle = typeof globalThis.crypto.subtle
export type CryptoKey = Parameters<Subtle['sign']>[1]
export type Data = Parameters<Subtle['sign']>[2]
type Usage = Parameters<Subtle['importKey']>[4] extends Iterable<infer U> ? U : never

/** An algorithm as WebCrypto names it (Web Cryptography §18). */
export interface WebAlgorithm {
  readonly name: string
  readonly hash?: string
  readonly namedCurve?: string
}

export const subtle = (): Subtle => {
  const platform: { readonly subtle?: Subtle } | undefined = globalThis.crypto
  if (platform?.subtle) return platform.subtle
  throw new JoseError('CS_UNSUPPORTED', 'this runtime has no WebCrypto', {
    hint: 'Browsers have it on pages that came by https or from localhost alone.',
  })
}

export const HASH: Readonly<Record<1 | Hash, string>> = { 1: 'SHA-1', 256: 'SHA-256', 384: 'SHA-384', 512: 'SHA-512' }

/** What was taken in as a CryptoKey. */
const adopted = new WeakMap<Material, CryptoKey>()

/** Remembers the CryptoKey that a material stands for; of one that is extractable the material can be had. */
export function keep(material: Material, key: CryptoKey): Material {
  const kept = key.extractable ? { ...material, whole: once(() => exported(key)) } : material
  adopted.set(kept, key)
  return kept
}

/** The prepared forms of each key, by what they are for; they go when the key goes. */
const prepared = new WeakMap<Material, Map<string, Promise<CryptoKey>>>()

type Prepare = (material: Material, algorithm: WebAlgorithm, usages: readonly Usage[]) => Promise<CryptoKey>

/**
 * A public key or a secret as a CryptoKey for one use.
 *
 * @param usage - left out for a public key to agree with, which has none
 * @throws {JoseError} `CS_KEY_INVALID`, `CS_UNSUPPORTED`
 */
export function keyFor(
  material: Material,
  algorithm: WebAlgorithm,
  usage?: Usage,
  prepare: Prepare = importMaterial,
): Promise<CryptoKey> | CryptoKey {
  const own = adopted.get(material)
  if (own) return material.whole ? vetted(material, own) : own
  let keys = prepared.get(material)
  if (keys === undefined) {
    keys = new Map()
    prepared.set(material, keys)
  }
  const id = `${algorithm.name} ${algorithm.hash} ${usage}`
  let key = keys.get(id)
  if (key === undefined) {
    key = prepare(material, algorithm, usage === undefined ? [] : [usage])
    keys.set(id, key)
  }
  return key
}

/** A private key or a secret, likewise. @throws {JoseError} `CS_KEY_INVALID` too where its halves do not belong together */
export function ownKeyFor(material: Material, algorithm: WebAlgorithm, usage: Usage): Promise<CryptoKey> | CryptoKey {
  return keyFor(material, algorithm, usage, importProven)
}

/** A CryptoKey that was taken in, once what it is made of has passed the checks. */
async function vetted({ whole }: Material, own: CryptoKey): Promise<CryptoKey> {
  await whole?.()
  return own
}

async function importProven(material: Material, algorithm: WebAlgorithm, usages: readonly Usage[]): Promise<CryptoKey> {
  const whole = await wholeOf(material)
  await prove(whole)
  return importMaterial(whole, algorithm, usages)
}

function importMaterial(material: Material, algorithm: WebAlgorithm, usages: readonly Usage[]): Promise<CryptoKey> {
  const { secret } = material
  return secret
    ? importAs('raw', secret as Data, algorithm, false, usages)
    : importJwk(material, algorithm, false, usages)
}

function importJwk(
  { kty, crv, members }: Material,
  algorithm: WebAlgorithm,
  extractable: boolean,
  usages: readonly Usage[],
): Promise<CryptoKey> {
  return importAs('jwk', { kty, ...(crv && { crv }), ...members }, algorithm, extractable, usages)
}

/** The one way into WebCrypto; what it refuses is a key that is wrong, or an algorithm that is not there. */
async function importAs(
  format: 'raw' | 'jwk' | 'pkcs8',
  data: Data | object,
  algorithm: WebAlgorithm,
  extractable: boolean,
  usages: readonly Usage[],
): Promise<CryptoKey> {
  try {
    // The types have an overload for each format.
    return await subtle().importKey(format as 'raw', data as Data, algorithm, extractable, [...usages])
  } catch (cause) {
    if (cause instanceof JoseError) throw cause
    // The length of a raw key is right, so its algorithm is missing: AES with 192 bits in some browsers.
    if (format === 'raw' || nameOf(cause) !== 'DataError') {
      const bits = format === 'raw' ? ` with ${(data as Uint8Array).length * 8} bits` : ''
      throw lacking(`${algorithm.namedCurve ?? algorithm.name}${bits}`, cause)
    }
    throw new JoseError('CS_KEY_INVALID', `WebCrypto refuses this key for ${algorithm.namedCurve ?? algorithm.name}`)
  }
}

const nameOf = (error: unknown): string => String((error as { readonly name?: unknown } | undefined)?.name)

/** @returns the error for what this platform does not have */
export function lacking(what: string, cause?: unknown): JoseError {
  return new JoseError('CS_UNSUPPORTED', `this runtime has no ${what}: its WebCrypto lacks it`, {
    hint: 'capabilities() lists what it has. Node has more than browsers and workers do.',
    cause,
  })
}

/** The algorithm by which a kind of key is made, taken in and given out, whatever it is for. */
function nativeAlgorithm(variant: string | undefined): WebAlgorithm {
  if (variant === undefined) return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  return CURVE.get(variant)?.kty === 'EC' ? { name: 'ECDSA', namedCurve: variant } : { name: variant }
}

const variantOf = ({ crv, members }: Pick<Material, 'crv' | 'members'>): string | undefined => crv ?? members['alg']

/** Whether a kind of key agrees and does not sign. */
const agrees = (variant: string | undefined): boolean => variant?.startsWith('X') ?? false

function usagesOf(variant: string | undefined, kind: Material['kind']): readonly Usage[] {
  if (agrees(variant)) return kind === 'private' ? ['deriveBits'] : []
  return [kind === 'private' ? 'sign' : 'verify']
}

const wholeOf = (material: Material): Awaitable<Material> => material.whole?.() ?? material

/**
 * A private EC, OKP or AKP key that came without its public members, with a way to them: the platform works them out
 * where they are needed.
 */
export function completing(material: Material): Material {
  const { kty, kind, members } = material
  if (kind !== 'private' || kty === 'RSA' || members['x'] !== undefined || members['pub'] !== undefined) return material
  return { ...material, whole: once(() => completed(material)) }
}

async function completed(material: Material): Promise<Material> {
  const variant = variantOf(material)
  const [algorithm, usages] = [nativeAlgorithm(variant), usagesOf(variant, 'private')]
  return exported(await importAs('pkcs8', toPkcs8(material) as Data, algorithm, true, usages))
}

/** A promise that is made when it is asked for the first time. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** The material of an extractable CryptoKey, with every check there is. @throws {JoseError} as `importKey` */
async function exported(key: CryptoKey): Promise<Material> {
  const jwk = parseJwk((await subtle().exportKey('jwk', key)) as unknown as JsonObject)
  if ('draft' in jwk) return toMaterial(jwk.draft).material
  const { material, weakness } = secretMaterial(jwk.secret)
  if (weakness === undefined) return material
  throw new JoseError('CS_WEAK_SECRET', weakness)
}

/**
 * Holds that the halves of a private key belong together, before its first use: some platforms take any two. RSA keys
 * were checked by arithmetic.
 */
async function prove(material: Material): Promise<void> {
  const { kty, kind } = material
  const variant = variantOf(material)
  if (kind !== 'private' || kty === 'RSA') return
  const algorithm = nativeAlgorithm(variant)
  const { d: _, priv: __, ...open } = material.members
  const other: Material = { ...material, kind: 'public', members: open }
  const [own, half] = await Promise.all([
    importJwk(material, algorithm, false, usagesOf(variant, 'private')),
    importJwk(other, algorithm, false, usagesOf(variant, 'public')),
  ])
  if (await (agrees(variant) ? agree(own, half, algorithm) : signs(own, half, algorithm))) return
  throw new JoseError('CS_KEY_INVALID', 'the private and the public half of the key do not belong together')
}

async function signs(own: CryptoKey, half: CryptoKey, { name }: WebAlgorithm): Promise<boolean> {
  const data = utf8('do both halves belong together?') as Data
  const how = { name, hash: HASH[256] }
  return subtle().verify(how, half, await subtle().sign(how, own, data), data)
}

async function agree(own: CryptoKey, half: CryptoKey, algorithm: WebAlgorithm): Promise<boolean> {
  const pair = (await subtle().generateKey(algorithm, false, ['deriveBits'])) as {
    publicKey: CryptoKey
    privateKey: CryptoKey
  }
  const [one, two] = await Promise.all([
    deriveBits(algorithm, own, pair.publicKey),
    deriveBits(algorithm, pair.privateKey, half),
  ])
  return equal(one, two)
}

/** The octets of the secret that a private and a public key share, all there are. */
export async function deriveBits({ name }: WebAlgorithm, own: CryptoKey, other: CryptoKey): Promise<Bytes> {
  const { namedCurve = name } = other.algorithm as WebAlgorithm
  const bits = (CURVE.get(namedCurve)?.octets ?? 0) * 8
  return new Uint8Array(await subtle().deriveBits({ name, public: other }, own, bits))
}

/** @see Backend.generate */
export async function generate({ kty, bits = 2048, crv, alg, once }: KeySpec): Promise<Material> {
  if (kty === 'oct') return rawSecret(random(bits / 8))
  const variant = crv ?? alg
  const size = kty === 'RSA' ? { modulusLength: bits, publicExponent: Uint8Array.of(1, 0, 1) } : {}
  const usages = agrees(variant) ? ['deriveBits'] : ['sign', 'verify']
  try {
    if (once) return await generateOnce(crv ?? '')
    const how = { ...nativeAlgorithm(variant), ...size }
    const pair = (await subtle().generateKey(how, true, usages as Usage[])) as { readonly privateKey: CryptoKey }
    return await exported(pair.privateKey)
  } catch (cause) {
    throw cause instanceof JoseError ? cause : lacking(variant ?? kty, cause)
  }
}

/** A key that agrees, and does not leave the platform. */
async function generateOnce(crv: string): Promise<Material> {
  const pair = (await subtle().generateKey(agreementOn(crv), false, ['deriveBits'])) as {
    readonly privateKey: CryptoKey
    readonly publicKey: CryptoKey
  }
  const { kty, members } = await exported(pair.publicKey)
  return keep({ kty, crv, kind: 'private', members }, pair.privateKey)
}

/** How keys on a curve agree. */
export const agreementOn = (crv: string): WebAlgorithm =>
  CURVE.get(crv)?.kty === 'EC' ? { name: 'ECDH', namedCurve: crv } : { name: crv }

export function random(octets: number): Bytes {
  return globalThis.crypto.getRandomValues(new Uint8Array(octets))
}

/** @see Backend.exportDer */
export async function exportDer(material: Material): Promise<Bytes> {
  const variant = variantOf(material)
  const whole = await wholeOf(material)
  await prove(whole)
  // A seed is what an ML-DSA key is; some platforms write the expanded key beside it.
  if (whole.kind === 'private' && PARAMETER_SET.has(variant ?? '')) return toPkcs8(whole)
  const key = await importJwk(whole, nativeAlgorithm(variant), true, usagesOf(variant, whole.kind))
  return new Uint8Array(await subtle().exportKey(whole.kind === 'public' ? 'spki' : 'pkcs8', key))
}
