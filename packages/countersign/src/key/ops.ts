import { SIGNATURE, type SignatureAlg } from '../alg/signature.ts'
import { base64, base64url, utf8 } from '../bytes.ts'
import type { Hash, Material } from '../crypto/backend.ts'
import { JoseError, show } from '../errors.ts'
import { withoutUndefined } from '../json.ts'
import { type Op, use } from '../op.ts'
import { checkNames } from '../options.ts'
import { type Jwk, type JwkSet, PUBLIC_MEMBERS } from './jwk.ts'
import { Key } from './key.ts'
import { sizeOf } from './material.ts'
import { toPem } from './pem.ts'

/** What may be said about a new key. */
export interface GenerateOptions {
  /** The name of the key; left out, an asymmetric key takes its thumbprint. */
  readonly kid?: string
  /** The size of an RSA key, 2048 to 8192, or of a secret, at least the bits of its hash. */
  readonly bits?: number
}

/** The hash of a thumbprint, as it is named in its URI (RFC 9278 §3). */
export type ThumbprintHash = 'sha-256' | 'sha-384' | 'sha-512'

/** @see the door's `generateKey` */
export function* generateKey(alg: string, options: GenerateOptions): Op<Key> {
  checkNames<GenerateOptions>(options, ['kid', 'bits'], 'generateKey')
  const { kid, bits } = options
  const row = SIGNATURE.get(alg)
  if (row === undefined) throw new TypeError(`alg ${show(alg)} is none of ${[...SIGNATURE.keys()].join(', ')}`)
  if (kid !== undefined && (typeof kid !== 'string' || kid === '')) throw new TypeError('kid is not a string with text')
  const size = toSize(row, bits)
  const material = yield* use((backend) =>
    backend.generate(size === undefined ? row.generate : { ...row.generate, bits: size }),
  )
  const info = { alg, bits: size ?? sizeOf(material) ?? 0 }
  const key = new Key(material, { ...info, kid })
  return kid === undefined && key.kind !== 'secret' ? new Key(material, { ...info, kid: yield* thumbprint(key) }) : key
}

function toSize(row: SignatureAlg, bits: number | undefined): number | undefined {
  const least = row.generate.bits
  if (bits === undefined) return least
  if (least === undefined) throw new TypeError(`the size of a key for ${row.id} is fixed: leave bits out`)
  const most = row.generate.kty === 'RSA' ? 8192 : 4096
  if (!Number.isInteger(bits) || bits < least || bits > most || bits % 8 !== 0) {
    throw new TypeError(`bits for ${row.id} is a multiple of 8 from ${least} to ${most}`)
  }
  return bits
}

/** @see the door's `publicKey` */
export function publicKey(key: Key): Key {
  if (key.kind === 'public') return key
  if (key.kind === 'secret') throw new JoseError('CS_KEY_TYPE', 'a secret has no public key')
  const stuff = publicMaterial(Key.material(key))
  if (stuff === undefined) {
    throw new JoseError('CS_KEY_TYPE', 'a CryptoKey that is not extractable does not give its public half', {
      hint: 'Import the publicKey of its pair.',
    })
  }
  const { alg, kid, use: intended, bits } = key
  const key_ops = key.key_ops?.filter((name) => name === 'sign').map(() => 'verify')
  return new Key(stuff, { alg, kid, use: intended, bits, key_ops })
}

/** The public half of a private key; nothing where it is out of reach. */
export function publicMaterial({ kty, crv, members }: Material): Material | undefined {
  const names = kty === 'oct' ? [] : PUBLIC_MEMBERS[kty]
  if (names.length === 0 || names.some((name) => members[name] === undefined)) return undefined
  const open = Object.freeze(Object.fromEntries(names.map((name) => [name, members[name] ?? ''])))
  return { kty, ...(crv && { crv }), kind: 'public', members: open }
}

/** @see the door's `exportJwk` */
export function exportJwk(key: Key): Jwk {
  mustBeExtractable(key)
  const material = Key.material(key)
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
export function* thumbprint(key: Key, hash: ThumbprintHash = 'sha-256'): Op<string> {
  const bits = HASHES.get(hash)
  if (bits === undefined) throw new TypeError(`hash ${show(hash)} is none of ${[...HASHES.keys()].join(', ')}`)
  const data = utf8(requiredMembers(key))
  return base64url(yield* use((backend) => backend.digest(bits, data)))
}

const HASHES: ReadonlyMap<string, Hash> = new Map([
  ['sha-256', 256],
  ['sha-384', 384],
  ['sha-512', 512],
])

/** @see the door's `thumbprintUri` */
export function* thumbprintUri(key: Key, hash: ThumbprintHash = 'sha-256'): Op<string> {
  return `urn:ietf:params:oauth:jwk-thumbprint:${hash}:${yield* thumbprint(key, hash)}`
}

/** The JSON text whose hash is the thumbprint: required members alone, in order of their names (RFC 7638 §3). */
function requiredMembers(key: Key): string {
  const material = Key.material(key)
  const stuff = material.secret ? { k: base64url(material.secret) } : publicMaterial(material)?.members
  if (stuff === undefined) {
    throw new JoseError(
      'CS_KEY_TYPE',
      'a CryptoKey that is not extractable has no thumbprint: what it is made of is out of reach',
      { hint: 'Give it a name of its own, importKey(key, { kid }), or take the thumbprint of its public key.' },
    )
  }
  const all: Record<string, string> = { ...stuff, kty: key.kty, ...(key.crv && { crv: key.crv }) }
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
export function* nameOf(key: Key): Op<string | undefined> {
  return key.kid ?? (publicMaterial(Key.material(key)) ? yield* thumbprint(key) : undefined)
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
    const open = publicKey(key)
    const kid = yield* nameOf(open)
    if (
      published.some(
        (other) => other.kid === kid && other.kty === key.kty && other.alg === key.alg && other.use === key.use,
      )
    ) {
      throw new JoseError('CS_AMBIGUOUS_KEY', `two keys to publish have kid ${show(kid)}`)
    }
    published.push({ ...exportJwk(open), ...(kid !== undefined && { kid }) })
  }
  return { keys: published }
}
