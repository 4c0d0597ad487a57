import type { ContentAlg } from '../alg/content.ts'
import type { ManagementAlg } from '../alg/management.ts'
import { type Bytes, base64url, concat, utf8 } from '../bytes.ts'
import type { Awaitable, Backend, ContentScheme, ForeignKey, Material } from '../crypto/backend.ts'
import { JoseError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { CURVE } from '../key/curve.ts'
import { Key } from '../key/key.ts'
import { publicMaterial } from '../key/ops.ts'
import { rawSecret } from '../key/secret.ts'
import { type Op, PromiseInSyncError, use } from '../op.ts'
import { deriveKey, type Parties } from './agreement.ts'
import type { Parameters } from './parameters.ts'

/** What the caller may say about how a key is managed. */
export interface ManagementOptions {
  readonly apu?: Bytes
  readonly apv?: Bytes
  readonly p2c?: number
}

/** A CEK, how it goes to its recipient, and what that one has to know. */
export interface ManagedKey {
  readonly cek: Material
  readonly encryptedKey: Bytes
  readonly parameters: JsonObject
}

const NOTHING: Bytes = new Uint8Array()
const SALT_OCTETS = 16
const GCM_IV_OCTETS = 12

/** A CEK for a content (RFC 7516 §5.1). */
export function* newCek({ cekBits }: ContentScheme): Op<Material> {
  return rawSecret(yield* use((backend) => backend.random(cekBits / 8)))
}

/**
 * Brings a CEK to a recipient (RFC 7516 §5.1). The gate between key and algorithm has been passed.
 *
 * @param given - the CEK that several recipients share; left out, one is made
 * @throws {JoseError} `CS_UNAVAILABLE` for a key that works elsewhere and fails
 */
export function* manage(
  alg: ManagementAlg,
  key: Key,
  content: ContentAlg,
  options: ManagementOptions,
  given?: Material,
): Op<ManagedKey> {
  const material = Key.material(key)
  if (alg.family === 'direct') return { cek: material, encryptedKey: NOTHING, parameters: {} }
  if (alg.family === 'agreement') return yield* agree(alg, material, content, options, given)
  const cek = given ?? (yield* newCek(content))
  const octets = cek.secret ?? NOTHING
  const parameters: Record<string, unknown> = {}
  let encryptedKey: Bytes
  switch (alg.family) {
    case 'wrap':
      encryptedKey = yield* ask(
        material,
        (own) => own.wrap(octets),
        (backend) => backend.wrap(material, octets),
      )
      break
    case 'oaep':
      encryptedKey = yield* ask(
        material,
        (own) => own.encryptKey(alg, octets),
        (backend) => backend.encryptKey(alg, material, octets),
      )
      break
    case 'gcm-wrap': {
      const iv = yield* use((backend) => backend.random(GCM_IV_OCTETS))
      const how = wrapping(alg.kekBits)
      const sealed = yield* ask(
        material,
        (own) => own.seal(how, iv, octets, NOTHING),
        (backend) => backend.seal(how, material, iv, octets, NOTHING),
      )
      encryptedKey = sealed.ciphertext
      Object.assign(parameters, { iv: base64url(iv), tag: base64url(sealed.tag) })
      break
    }
    case 'password': {
      const salt = yield* use((backend) => backend.random(SALT_OCTETS))
      const iterations = options.p2c ?? alg.iterations
      const kek = yield* fromPassword(alg, material, salt, iterations)
      encryptedKey = yield* use((backend) => backend.wrap(kek, octets))
      Object.assign(parameters, { p2s: base64url(salt), p2c: iterations })
    }
  }
  return { cek, encryptedKey, parameters }
}

function* agree(
  alg: ManagementAlg & { readonly family: 'agreement' },
  other: Material,
  content: ContentAlg,
  { apu = NOTHING, apv = NOTHING }: ManagementOptions,
  given: Material | undefined,
): Op<ManagedKey> {
  const { crv = '' } = other
  const kty = CURVE.get(crv)?.kty ?? other.kty
  const ephemeral = yield* use((backend) => backend.generate({ kty, crv, once: true }))
  const secret = yield* use((backend) => backend.agree(ephemeral, other))
  if (secret === undefined)
    throw new JoseError('CS_KEY_INVALID', 'no secret can be agreed upon with the public key of the recipient')
  const parameters = {
    epk: { kty, crv, ...publicMaterial(ephemeral)?.members },
    ...(apu.length > 0 && { apu: base64url(apu) }),
    ...(apv.length > 0 && { apv: base64url(apv) }),
  }
  const agreed = yield* fromSecret(alg, content, secret, { apu, apv })
  if (alg.kekBits === undefined) return { cek: agreed, encryptedKey: NOTHING, parameters }
  const cek = given ?? (yield* newCek(content))
  const encryptedKey = yield* use((backend) => backend.wrap(agreed, cek.secret ?? NOTHING))
  return { cek, encryptedKey, parameters }
}

/** The key that comes out of an agreement: the CEK itself, or one that wraps it (RFC 7518 §4.6). */
function fromSecret(
  alg: ManagementAlg & { readonly family: 'agreement' },
  content: ContentAlg,
  secret: Bytes,
  parties: Parties,
): Op<Material> {
  return alg.kekBits === undefined
    ? deriveKey(secret, content.cekBits, content.id, parties)
    : deriveKey(secret, alg.kekBits, alg.id, parties)
}

/** The key that wraps, out of a password (RFC 7518 §4.8.1.1: the salt is the algorithm, a zero and what the header has). */
function* fromPassword(
  alg: ManagementAlg & { readonly family: 'password' },
  { secret = NOTHING }: Material,
  salt: Bytes,
  iterations: number,
): Op<Material> {
  const whole = concat(utf8(alg.id), Uint8Array.of(0), salt)
  return rawSecret(yield* use((backend) => backend.stretch(alg, secret, whole, iterations, alg.kekBits / 8)))
}

const wrapping = (kekBits: number): ContentScheme => ({ family: 'gcm', cekBits: kekBits })

/**
 * The CEK of a recipient, or nothing where the key does not give one. Whoever calls goes on in either case, so that no
 * one can tell where it went wrong (attack 40).
 *
 * @throws {JoseError} `CS_UNAVAILABLE` for a key that works elsewhere and fails, `CS_UNSUPPORTED`
 */
export function* recover(
  alg: ManagementAlg,
  key: Key,
  content: ContentAlg,
  encryptedKey: Bytes,
  { epk, parties, iv, tag, salt, iterations }: Parameters,
): Op<Material | undefined> {
  const material = Key.material(key)
  switch (alg.family) {
    case 'direct':
      return material
    case 'wrap':
      return toCek(
        yield* ask(
          material,
          (own) => own.unwrap(encryptedKey),
          (backend) => backend.unwrap(material, encryptedKey),
        ),
      )
    case 'oaep':
      return toCek(
        yield* ask(
          material,
          (own) => own.decryptKey(alg, encryptedKey),
          (backend) => backend.decryptKey(alg, material, encryptedKey),
        ),
      )
    case 'gcm-wrap': {
      const sealed = { ciphertext: encryptedKey, tag: tag ?? NOTHING }
      const how = wrapping(alg.kekBits)
      return toCek(
        yield* ask(
          material,
          (own) => own.open(how, iv ?? NOTHING, sealed, NOTHING),
          (backend) => backend.open(how, material, iv ?? NOTHING, sealed, NOTHING),
        ),
      )
    }
    case 'agreement': {
      const other = epk as Material
      const secret = yield* ask(
        material,
        (own) => own.agree(other),
        (backend) => backend.agree(material, other),
      )
      if (secret === undefined) return undefined
      const agreed = yield* fromSecret(alg, content, secret, parties as Parties)
      if (alg.kekBits === undefined) return agreed
      return toCek(yield* use((backend) => backend.unwrap(agreed, encryptedKey)))
    }
    case 'password': {
      const kek = yield* fromPassword(alg, material, salt ?? NOTHING, iterations ?? 0)
      return toCek(yield* use((backend) => backend.unwrap(kek, encryptedKey)))
    }
  }
}

const toCek = (octets: Bytes | undefined): Material | undefined => octets && rawSecret(octets)

/**
 * Has a key do its part: here, or where it is. The gate between key and algorithm has seen that it can.
 *
 * @throws {JoseError} `CS_UNAVAILABLE` for whatever goes wrong elsewhere
 */
export function* ask<T>(
  { foreign }: Material,
  elsewhere: (key: Required<ForeignKey>) => Awaitable<T>,
  here: (backend: Backend) => Awaitable<T>,
): Op<T> {
  if (foreign === undefined) return yield* use(here)
  try {
    return yield* use(() => elsewhere(foreign as Required<ForeignKey>))
  } catch (cause) {
    if (cause instanceof JoseError || cause instanceof PromiseInSyncError) throw cause
    throw new JoseError('CS_UNAVAILABLE', 'the platform could not use its key', { cause, unavailable: true })
  }
}
