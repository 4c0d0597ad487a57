import { ALGORITHM } from '../alg/algorithm.ts'
import { base64, base64url, utf8 } from '../bytes.ts'
import type { Hash, Hashing, KeySpec, Material } from '../crypto/backend.ts'
import { JoseError, show } from '../errors.ts'
import { withoutUndefined } from '../json.ts'
import { type Op, use } from '../op.ts'
import { checkNames } from '../options.ts'
import { CURVE } from './curve.ts'
import { type Jwk, type JwkSet, PUBLIC_MEMBERS } from './jwk.ts'
import { Key } from './key.ts'
import { sizeOf } from './material.ts'
import { toPem } from './pem.ts'

/** What may be said about a new key, to {@link generateKey}. */
export interface GenerateOptions {
  /** The name of the key; left out, an asymmetric key takes its thumbprint. */
  readonly kid?: string
  /** The size in bits: of an RSA key 2048 to 8192, of a secret for an HMAC at least as many as its hash has. */
  readonly bits?: number
  /** The curve, where the algorithm works on several. */
  readonly crv?: string
}

/** The hash of a {@link thumbprint}, as it is named in its URI (RFC 9278 §3). */
export type ThumbprintHash = 'sha-256' | 'sha-384' | 'sha-512'

/** @see the door's `generateKey` */
export function* generateKey(alg: string, options: GenerateOptions): Op<Key> {
  checkNames<GenerateOptions>(options, ['kid', 'bits', 'crv'], 'generateKey')
  const { kid } = options
  if (kid !== undefined && (typeof kid !== 'string' || kid === '')) throw new TypeError('kid is not a string with text')
  const spec = toSpec(alg, options)
  const material = yield* use((backend) => backend.generate(spec))
  const info = { alg, bits: spec.bits ?? sizeOf(material) ?? 0 }
  const key = new Key(material, { ...info, kid })
  return kid === undefined && key.kind !== 'secret' ? new Key(material, { ...info, kid: yield* thumbprint(key) }) : key
}

/** What is generated for an algorithm. @throws {TypeError} for an unknown algorithm, or a size or curve that is not for it */
export function toSpec(alg: string, { bits, crv }: GenerateOptions): KeySpec {
  const row = ALGORITHM.get(alg)
  if (row === undefined) throw new TypeError(`alg ${show(alg)} is none of ${[...ALGORITHM.keys()].join(', ')}`)
  const { generate } = row
  if (generate === undefined)
    throw new TypeError(
      `no key is made for ${alg}: give the name of its content encryption for dir, and choose a password with secretKey`,
    )
  if (crv !== undefined && (generate.crv === undefined || !row.crv?.includes(crv)))
    throw new TypeError(`crv for ${alg} is ${row.crv ? `one of ${row.crv.join(', ')}` : 'left out'}`)
  const size = toSize(alg, generate, bits, row.sizes !== undefined)
  const kty = crv === undefined ? generate.kty : (CURVE.get(crv)?.kty ?? generate.kty)
  return { ...generate, kty, ...(size !== undefined && { bits: size }), ...(crv !== undefined && { crv }) }
}

function toSize(alg: string, { kty, bits: least }: KeySpec, bits: unknown, fixed: boolean): number | undefined {
  if (bits === undefined) return least
  if (least === undefined || fixed) throw new TypeError(`the size of a key for ${alg} is fixed: leave bits out`)
  const most = kty === 'RSA' ? 8192 : 4096
  if (typeof bits !== 'number' || !Number.isInteger(bits) || bits < least || bits > most || bits % 8 !== 0) {
    throw new TypeError(`bits for ${alg} is a multiple of 8 from ${least} to ${most}`)
  }
  return bits
}

/** @see the door's `publicKey` */
export function* publicKey(key: Key): Op<Key> {
  if (key.kind === 'public') return key
  if (key.kind === 'secret') throw new JoseError('CS_KEY_TYPE', 'a secret has no public key')
  const stuff = publicMaterial(yield* wholeMaterial(key))
  if (stuff === undefined) {
    throw new JoseError('CS_KEY_TYPE', 'a CryptoKey that is not extractable does not give its public half', {
      hint: 'Import the publicKey of its pair.',
    })
  }
  const { alg, kid, use: intended, bits } = key
  const key_ops = key.key_ops?.flatMap((name) => PUBLIC_OPS.get(name) ?? [])
  return new Key(stuff, { alg, kid, use: intended, bits, key_ops })
}

/** What the public half does where the private one does something (RFC 7517 §4.3); of an agreement it does nothing. */
const PUBLIC_OPS: ReadonlyMap<string, string> = new Map([
  ['sign', 'verify'],
  ['decrypt', 'encrypt'],
  ['unwrapKey', 'wrapKey'],
])

/** What is known of the stuff of a key; a platform may have taken it in with less. */
function* wholeMaterial(key: Key): Op<Material, unknown> {
  const material = Key.material(key)
  return material.whole ? yield* use<Material, unknown>(() => material.whole?.() ?? material) : material
}

/** The public half of a private key; nothing where it is out of reach. */
export function publicMaterial({ kty, crv, members }: Material): Material | undefined {
  const names = kty === 'oct' ? [] : PUBLIC_MEMBERS[kty]
  if (names.length === 0 || names.some((name) => members[name] === undefined)) return undefined
  const open = Object.freeze(Object.fromEntries(names.map((name) => [name, members[name] ?? ''])))
  return { kty, ...(crv && { crv }), kind: 'public', members: open }
}

/** @see the door's `exportJwk` */
export function* exportJwk(key: Key): Op<Jwk> {
  mustBeExtractable(key)
  const material = yield* wholeMaterial(key)
  const stuff = material.secret ? { k: base64url(material.secret) } : material.members
  return withoutUndefined({ kty: key.kty, crv: key.crv, ...stuff, ...infoOf(key) })
}

function infoOf({ kid, alg, use, key_ops }: Key): Pick<Jwk, 'kid' | 'alg' | 'use' | 'key_ops'> {
  return withoutUndefined({ kid, alg, use, key_ops: key_ops && [...key_ops] })
}

/** @see the door's `exportPem` */
export function* exportPem(key: Key): Op<string> {
  if (key.kind === 'secret') throw new JoseError('CS_KEY_TYPE', 'a secret has no PEM form: use exportJwk')
  mustBeExtractable(key)
  const der = yield* use((backend) => backend.exportDer(Key.material(key)))
  return toPem(key.kind === 'public' ? 'PUBLIC KEY' : 'PRIVATE KEY', base64(der))
}

function mustBeExtractable(key: Key): void {
  if (key.extractable) return
  const material = Key.material(key)
  if (material.foreign && publicMaterial(material))
    throw new JoseError('CS_KEY_TYPE', 'the private half of the key is out of reach', {
      hint: 'Its public half is await publicKey(key).',
    })
  throw new JoseError('CS_KEY_TYPE', 'the key is not extractable: it was made or imported as one that is not given out')
}

/** @see the door's `thumbprint` */
export function* thumbprint(key: Key, hash: ThumbprintHash = 'sha-256'): Op<string, Hashing> {
  const bits = HASHES.get(hash)
  if (bits === undefined) throw new TypeError(`hash ${show(hash)} is none of ${[...HASHES.keys()].join(', ')}`)
  const data = utf8(requiredMembers(yield* wholeMaterial(key)))
  return base64url(yield* use((backend: Hashing) => backend.digest(bits, data)))
}

const HASHES: ReadonlyMap<string, Hash> = new Map([
  ['sha-256', 256],
  ['sha-384', 384],
  ['sha-512', 512],
])

/** @see the door's `thumbprintUri` */
export function* thumbprintUri(key: Key, hash: ThumbprintHash = 'sha-256'): Op<string, Hashing> {
  return `urn:ietf:params:oauth:jwk-thumbprint:${hash}:${yield* thumbprint(key, hash)}`
}

/** The JSON text whose hash is the thumbprint: required members alone, in order of their names (RFC 7638 §3). */
function requiredMembers(material: Material): string {
  const stuff = material.secret ? { k: base64url(material.secret) } : publicMaterial(material)?.members
  if (stuff === undefined) {
    throw new JoseError(
      'CS_KEY_TYPE',
      'a CryptoKey that is not extractable has no thumbprint: what it is made of is out of reach',
      { hint: 'Give it a name of its own, importKey(key, { kid }), or take the thumbprint of its public key.' },
    )
  }
  const { kty, crv } = material
  const all: Record<string, string> = { ...stuff, kty, ...(crv && { crv }) }
  return JSON.stringify(
    Object.fromEntries(
      Object.keys(all)
        .sort()
        .map((name) => [name, all[name]]),
    ),
  )
}

/**
 * The name of a key where it has to have one: its kid, or else its thumbprint. Publishing, signing and choosing a key
 * all go by this one rule, so that a key without kid is found again. A secret, and a key whose public half is out of
 * reach, have no name but their kid.
 */
export function* nameOf(key: Key): Op<string | undefined, Hashing> {
  return key.kid ?? (publicMaterial(yield* wholeMaterial(key)) ? yield* thumbprint(key) : undefined)
}

/**
 * The JWK Set to publish (attacks 55 and 56): each key by its public members alone, whatever it was made of.
 *
 * @throws {JoseError} `CS_KEY_TYPE` for a secret, `CS_AMBIGUOUS_KEY` for two keys of one name
 */
export function* publicJwks(keys: readonly Key[]): Op<JwkSet> {
  const published: Jwk[] = []
  for (const key of keys) {
    if (key.kind === 'secret') throw new JoseError('CS_KEY_TYPE', 'a secret is never published')
    const open = yield* publicKey(key)
    const kid = yield* nameOf(open)
    if (
      published.some(
        (other) => other.kid === kid && other.kty === key.kty && other.alg === key.alg && other.use === key.use,
      )
    ) {
      throw new JoseError('CS_AMBIGUOUS_KEY', `two keys to publish have kid ${show(kid)}`)
    }
    published.push({ ...(yield* exportJwk(open)), ...(kid !== undefined && { kid }) })
  }
  return { keys: published }
}
