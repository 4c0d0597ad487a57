import { ALGORITHM } from '../alg/algorithm.ts'
import { misfit, type Needs, type Role } from '../alg/needs.ts'
import type { Kty, Material } from '../crypto/backend.ts'

/** What is said about a key beside the key itself (RFC 7517 §4). */
export interface KeyInfo {
  readonly bits: number
  readonly kid?: string | undefined
  readonly alg?: string | undefined
  readonly use?: string | undefined
  readonly key_ops?: readonly string[] | undefined
  readonly extractable?: boolean | undefined
  readonly weakness?: string | undefined
  readonly allowShort?: boolean | undefined
  readonly does?: readonly string[] | undefined
}

const ROLES: readonly Role[] = ['sign', 'verify', 'encrypt', 'decrypt']

/** What an algorithm does: a key may fit it in a role that it does not have. */
const rolesOf = (row: Needs): readonly Role[] => (row.use === 'sig' ? ROLES.slice(0, 2) : ROLES.slice(2))

/**
 * One key, immutable, with its stuff out of sight: neither JSON nor the console shows more than what it is for. It
 * comes from {@link importKey}, {@link secretKey}, {@link generateKey} or {@link publicKey}, and what it may do is
 * settled there and never by a token.
 */
export class Key {
  /** A `public` key verifies and encrypts, a `private` key signs and decrypts, a `secret` does all of it. */
  readonly kind: Material['kind']
  /** The type of the key, as its JWK has it (RFC 7517 §4.1). */
  readonly kty: Kty
  /** Its curve; nothing for a key that is on none. */
  readonly crv: string | undefined
  /** The bits of a secret or of a modulus, the size of the curve, or the bits of the public key of an ML-DSA key. */
  readonly bits: number
  /** Its name in headers and sets. */
  readonly kid: string | undefined
  /** The one algorithm that it is for, where it was bound to one. */
  readonly alg: string | undefined
  /** `sig` or `enc`, where it was bound to one. */
  readonly use: string | undefined
  /** What it may do, where that was said (RFC 7517 §4.3). */
  readonly key_ops: readonly string[] | undefined
  /** Whether `exportJwk` and `exportPem` give it out. */
  readonly extractable: boolean
  readonly #material: Material
  readonly #weakness: string | undefined
  readonly #allowShort: boolean
  readonly #does: readonly string[] | undefined

  /** @internal */
  constructor(material: Material, info: KeyInfo) {
    this.kind = material.kind
    this.kty = material.kty
    this.crv = material.crv
    this.bits = info.bits
    this.kid = info.kid
    this.alg = info.alg
    this.use = info.use
    this.key_ops = info.key_ops && Object.freeze([...info.key_ops])
    this.extractable = info.extractable ?? true
    this.#weakness = info.weakness
    this.#allowShort = info.allowShort ?? false
    this.#does = info.does ?? (material.foreign && Object.keys(material.foreign))
    this.#material = material
    Object.freeze(this)
  }

  /** @internal */
  get weakness(): string | undefined {
    return this.#weakness
  }

  /** @internal */
  get allowShort(): boolean {
    return this.#allowShort
  }

  /** @internal */
  get does(): readonly string[] | undefined {
    return this.#does
  }

  /** The algorithms this key may serve, by every rule but those of the caller. */
  get algorithms(): readonly string[] {
    const serves = (row: Needs): boolean => rolesOf(row).some((role) => misfit(row, this, role) === undefined)
    return [...ALGORITHM.values()].filter(serves).map((row) => row.id)
  }

  /** What the key is, without the key. */
  toJSON(): Pick<Key, 'kind' | 'kty' | 'crv' | 'bits' | 'kid' | 'alg' | 'use' | 'key_ops' | 'extractable'> {
    const { kind, kty, crv, bits, kid, alg, use, key_ops, extractable } = this
    return { kind, kty, crv, bits, kid, alg, use, key_ops, extractable }
  }

  /** @internal The stuff of a key, for backends and exports. */
  static material(key: Key): Material {
    return key.#material
  }

  /** @internal Whether a value is a key that this library made: no look-alike passes. */
  static is(value: unknown): value is Key {
    return typeof value === 'object' && value !== null && #material in value
  }
}
