import type { Bytes } from '../bytes.ts'

/** Something that is there now or by a promise. */
export type Awaitable<T> = T | PromiseLike<T>

/** The bits of a SHA-2 hash. */
export type Hash = 256 | 384 | 512

/** Key types of RFC 7518 §6.1, RFC 8037 §2 and RFC 9964 §3. */
export type Kty = 'oct' | 'RSA' | 'EC' | 'OKP' | 'AKP'

/**
 * The stuff of a key, as a backend takes it. It never leaves the library: a `Key` holds it in a private field, and a
 * backend keeps its own prepared form of it under its identity.
 */
export interface Material {
  readonly kty: Kty
  readonly crv?: string
  readonly kind: 'secret' | 'public' | 'private'
  /**
   * The members of its JWK that are the key itself (n, e, d, x, y, …), canonical base64url; none for a secret. An AKP
   * key has `alg` among them, which names its parameter set.
   */
  readonly members: Readonly<Record<string, string>>
  /** The octets of a secret. */
  readonly secret?: Bytes
  /** Set where the private or secret part is out of reach: then this does the work, and no backend. */
  readonly foreign?: ForeignKey
}

/** A key that works without showing itself: in a key management service, or a CryptoKey that is not extractable. */
export interface ForeignKey {
  sign(scheme: SignatureScheme & { readonly id: string }, input: Bytes): Awaitable<Bytes>
  /** Left out where only its public half, which is at hand, verifies. */
  verify?(scheme: SignatureScheme, input: Bytes, signature: Bytes): Awaitable<boolean>
}

/** A key object of a platform, taken in. */
export interface Adopted {
  /** The key itself: its JWK, or what works in its place. */
  readonly key: object | { readonly foreign: Material; readonly bits: number; readonly exponent?: Bytes }
  /** What the object is bound to. */
  readonly scheme?: SignatureScheme & { readonly crv?: string }
  readonly use?: 'enc'
  readonly key_ops?: readonly string[]
}

/** What a signature algorithm does, free of the name it has in JOSE. */
export interface SignatureScheme {
  readonly family: 'hmac' | 'rsa' | 'pss' | 'ecdsa' | 'eddsa' | 'mldsa'
  /** The hash; EdDSA and ML-DSA bring their own. */
  readonly hash?: Hash
}

/** What to generate: a kind of key and the size, curve or parameter set that its kind needs. */
export interface KeySpec {
  readonly kty: Kty
  readonly bits?: number
  readonly crv?: string
  readonly alg?: string
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
  /** Whether the platform has a scheme for the keys of a kind. */
  supports(scheme: SignatureScheme, keys: KeySpec): boolean
  /**
   * Takes a key object of the platform's own; nothing for any other value.
   *
   * @throws {JoseError} `CS_UNSUPPORTED` for a key that has no JWK
   */
  adopt(value: unknown): Adopted | undefined
  /**
   * Checks what only the platform can: that the halves of an EC, OKP or AKP key belong together. A private key that
   * came without its public members gets them.
   *
   * @param pkcs8 - where the key came from, if that says the key twice in ways that only the platform can compare
   * @throws {JoseError} `CS_KEY_INVALID`, or `CS_UNSUPPORTED` for a key that this platform has no use for
   */
  admit(material: Material, pkcs8?: Bytes): Material
  /**
   * The PKCS#8 DER inside an encrypted PEM.
   *
   * @throws {JoseError} `CS_KEY_INVALID` for a wrong passphrase, `CS_UNSUPPORTED` for a cipher that is not there
   */
  decryptPem(pem: string, passphrase: string | Bytes): Bytes
  sign(scheme: SignatureScheme, material: Material, input: SigningInput): Awaitable<Bytes>
  verify(scheme: SignatureScheme, material: Material, input: SigningInput, signature: Bytes): Awaitable<boolean>
  /** Signing and verifying of a message in pieces; absent where the platform takes messages whole alone. */
  readonly pieces?: Pieces
  digest(hash: Hash, data: Bytes): Awaitable<Bytes>
  generate(spec: KeySpec): Awaitable<Material>
  /** The key as DER: SPKI for a public key, PKCS#8 for a private one. */
  exportDer(material: Material): Awaitable<Bytes>
}

/** The part of a backend that takes keys in. */
export type KeyAdmission = Pick<Backend, 'adopt' | 'admit' | 'decryptPem'>

/** Takes a message piece by piece, for a scheme that hashes it once and from front to back. */
export interface Pieces {
  sign(scheme: SignatureScheme, material: Material): PieceSigner
  verify(scheme: SignatureScheme, material: Material): PieceVerifier
}

export interface PieceSigner {
  update(piece: SigningInput): void
  finish(): Bytes
}

export interface PieceVerifier {
  update(piece: SigningInput): void
  finish(signature: Bytes): boolean
}

/** A backend for `countersign/sync`. */
export type SyncBackend = {
  readonly [Name in keyof Backend]: Backend[Name] extends (...parameters: infer P) => Awaitable<infer R>
    ? (...parameters: P) => R
    : Backend[Name]
} & { readonly sync: true }
