import type { Bytes } from '../bytes.ts'

/** Something that is there now or by a promise. */
export type Awaitable<T> = T | PromiseLike<T>

/** The bits of a SHA-2 hash. */
export type Hash = 256 | 384 | 512

/** Key types of RFC 7518 §6.1 and RFC 8037 §2. */
export type Kty = 'oct' | 'RSA' | 'EC' | 'OKP'

/**
 * The stuff of a key, as a backend takes it. It never leaves the library: a `Key` holds it in a private field, and a
 * backend keeps its own prepared form of it under its identity.
 */
export interface Material {
  readonly kty: Kty
  readonly crv?: string
  readonly kind: 'secret' | 'public' | 'private'
  /** The members of its JWK that are the key itself (n, e, d, x, y, …), canonical base64url; none for a secret. */
  readonly members: Readonly<Record<string, string>>
  /** The octets of a secret. */
  readonly secret?: Bytes
}

/** What a signature algorithm does, free of the name it has in JOSE. */
export interface SignatureScheme {
  readonly family: 'hmac' | 'rsa' | 'pss' | 'ecdsa' | 'eddsa'
  /** The hash; EdDSA brings its own. */
  readonly hash?: Hash
}

/** What to generate: a kind of key and the size or curve that its kind needs. */
export interface KeySpec {
  readonly kty: Kty
  readonly bits?: number
  readonly crv?: string
}

/** What is signed: octets, or ASCII text that stands for its octets (a compact signing input is such a text). */
export type SigningInput = Bytes | string

/**
 * The cryptography of a platform. Inputs have been checked: the material fits the scheme, and a signature has exactly
 * the length its scheme demands. ECDSA signatures are r || s on this interface (RFC 7518 §3.4).
 */
export interface Backend {
  readonly name: string
  /** Whether the operations of this backend give values and never promises. */
  readonly sync: boolean
  /** Whether the platform has a scheme, on a curve where it takes one. */
  supports(scheme: SignatureScheme, crv?: string): boolean
  /**
   * The JWK of a key object of the platform's own; nothing for any other value.
   *
   * @throws {JoseError} `CS_UNSUPPORTED` for a key that has no JWK
   */
  adopt(value: unknown): object | undefined
  /**
   * Checks what only the platform can: that the halves of an EC or OKP key belong together. A private key that came
   * without its public members gets them. @throws {JoseError} `CS_KEY_INVALID`
   */
  admit(material: Material): Material
  sign(scheme: SignatureScheme, material: Material, input: SigningInput): Awaitable<Bytes>
  verify(scheme: SignatureScheme, material: Material, input: SigningInput, signature: Bytes): Awaitable<boolean>
  digest(hash: Hash, data: Bytes): Awaitable<Bytes>
  generate(spec: KeySpec): Awaitable<Material>
  /** The key as DER: SPKI for a public key, PKCS#8 for a private one. */
  exportDer(material: Material): Awaitable<Bytes>
}

/** The part of a backend that takes keys in. */
export type KeyAdmission = Pick<Backend, 'adopt' | 'admit'>

/** A backend for `countersign/sync`. */
export type SyncBackend = {
  readonly [Name in keyof Backend]: Backend[Name] extends (...parameters: infer P) => Awaitable<infer R>
    ? (...parameters: P) => R
    : Backend[Name]
} & { readonly sync: true }
