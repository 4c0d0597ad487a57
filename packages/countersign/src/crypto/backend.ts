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
  /** The same key with all its members, where the platform took it in without them. */
  whole?(): Awaitable<Material>
  /** Set where the private or secret part is out of reach: then this does the work, and no backend. */
  readonly foreign?: ForeignKey
}

/**
 * A key that works without showing itself: in a key management service, or a CryptoKey that stays with WebCrypto. It has
 * those of the primitives that it can do; each is as in {@link KeyWork}, without the material.
 */
export interface ForeignKey {
  sign?(scheme: SignatureScheme & { readonly id: string }, input: Bytes): Awaitable<Bytes>
  /** Left out where only its public half, which is at hand, verifies. */
  verify?(scheme: SignatureScheme, input: Bytes, signature: Bytes): Awaitable<boolean>
  seal?(scheme: ContentScheme, iv: Bytes, plaintext: Bytes, aad: Bytes): Awaitable<Sealed>
  open?(scheme: ContentScheme, iv: Bytes, sealed: Sealed, aad: Bytes): Awaitable<Bytes | undefined>
  wrap?(cek: Bytes): Awaitable<Bytes>
  unwrap?(wrapped: Bytes): Awaitable<Bytes | undefined>
  encryptKey?(scheme: OaepScheme, cek: Bytes): Awaitable<Bytes>
  decryptKey?(scheme: OaepScheme & { readonly id: string }, encrypted: Bytes): Awaitable<Bytes | undefined>
  agree?(other: Material): Awaitable<Bytes | undefined>
}

/** A key object of a platform, taken in. */
export interface Adopted {
  /** The key itself: its JWK, or what works in its place. */
  readonly key: object | AdoptedForeign
  /** What the object is bound to. */
  readonly scheme?: {
    readonly family: SignatureScheme['family'] | 'oaep'
    readonly hash?: 1 | Hash
    readonly crv?: string
  }
  readonly use?: 'enc'
  readonly key_ops?: readonly string[]
  /** What it does and no more, whatever its stuff would do. */
  readonly does?: readonly (keyof ForeignKey)[]
}

/** A key that stays with its platform. */
export interface AdoptedForeign {
  readonly foreign: Material
  readonly bits: number
  readonly extractable: boolean
  readonly exponent?: Bytes
}

/** What a signature algorithm does, free of the name it has in JOSE. */
export interface SignatureScheme {
  readonly family: 'hmac' | 'rsa' | 'pss' | 'ecdsa' | 'eddsa' | 'mldsa'
  /** The hash; EdDSA and ML-DSA bring their own. */
  readonly hash?: Hash
}

/** What encrypts a content encryption key with RSA-OAEP: the hash, where 1 is SHA-1. */
export interface OaepScheme {
  readonly hash: 1 | Hash
}

/** What encrypts content, free of the name it has in JOSE: AES-GCM, or AES-CBC with an HMAC (RFC 7518 §5). */
export interface ContentScheme {
  readonly family: 'gcm' | 'cbc'
  /** The size of the key; that of AES-CBC-HMAC is two keys in one. */
  readonly cekBits: number
}

/** What was encrypted, and the tag that vouches for it. */
export interface Sealed {
  readonly ciphertext: Bytes
  readonly tag: Bytes
}

/** How the bits of a hash bound the iterations of a password. */
export interface PasswordScheme {
  readonly hash: Hash
}

/** What to generate: a kind of key and the size, curve or parameter set that its kind needs. */
export interface KeySpec {
  readonly kty: Kty
  readonly bits?: number
  readonly crv?: string
  readonly alg?: string
  /** Whether the key agrees once and is gone: then its private member need not leave the platform. */
  readonly once?: boolean
}

/** What is signed: octets, or ASCII text that stands for its octets (a compact signing input is such a text). */
export type SigningInput = Bytes | string

/** What is done with a key. Inputs have been checked: the material fits the scheme, and lengths are what the scheme demands. */
export interface KeyWork {
  /**
   * A signature is its canonical base64url text on this interface, as it stands in every serialization; that of ECDSA is
   * r || s (RFC 7518 §3.4).
   */
  sign(scheme: SignatureScheme, material: Material, input: SigningInput): Awaitable<string>
  verify(scheme: SignatureScheme, material: Material, input: SigningInput, signature: string): Awaitable<boolean>
  /** Encrypts content. The initialization vector is new for each content. */
  seal(scheme: ContentScheme, material: Material, iv: Bytes, plaintext: Bytes, aad: Bytes): Awaitable<Sealed>
  /** Decrypts content whose tag is right; nothing for any other. */
  open(scheme: ContentScheme, material: Material, iv: Bytes, sealed: Sealed, aad: Bytes): Awaitable<Bytes | undefined>
  /** AES Key Wrap (RFC 3394). */
  wrap(material: Material, cek: Bytes): Awaitable<Bytes>
  unwrap(material: Material, wrapped: Bytes): Awaitable<Bytes | undefined>
  /** RSA-OAEP (RFC 8017 §7.1). */
  encryptKey(scheme: OaepScheme, material: Material, cek: Bytes): Awaitable<Bytes>
  decryptKey(scheme: OaepScheme, material: Material, encrypted: Bytes): Awaitable<Bytes | undefined>
  /** The shared secret of a private and a public key; nothing where it is all zeros or the point is refused. */
  agree(own: Material, other: Material): Awaitable<Bytes | undefined>
  /** PBKDF2 (RFC 8018 §5.2). */
  stretch(scheme: PasswordScheme, password: Bytes, salt: Bytes, iterations: number, octets: number): Awaitable<Bytes>
}

/** The cryptography of a platform. */
export interface Backend extends KeyWork {
  readonly name: string
  /** Whether the operations of this backend give values and never promises. */
  readonly sync: boolean
  /** Whether the platform has what an algorithm asks for, with the keys of a kind. */
  supports(needs: PlatformNeeds): boolean
  /**
   * Takes a key object of the platform's own; nothing for any other value.
   *
   * @throws {JoseError} `CS_UNSUPPORTED` for a key that has no JWK
   */
  adopt(value: unknown): Adopted | undefined
  /**
   * Checks what only the platform can: that the halves of an EC, OKP or AKP key belong together. A private key that
   * came without its public members gets them. A platform that answers with promises does both at the first use.
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
  /** Signing and verifying of a message in pieces; absent where the platform takes messages whole alone. */
  readonly pieces?: Pieces
  digest(hash: Hash, data: Bytes): Awaitable<Bytes>
  /** The SHA-256 of a text in UTF-8, as base64url. */
  fingerprint(text: string): Awaitable<string>
  random(octets: number): Bytes
  generate(spec: KeySpec): Awaitable<Material>
  /** The key as DER: SPKI for a public key, PKCS#8 for a private one. */
  exportDer(material: Material): Awaitable<Bytes>
  /** Raw DEFLATE (RFC 1951). */
  deflate(data: Bytes): Awaitable<Bytes>
  /**
   * The other way, for data that is one stream to its last octet.
   *
   * @param most - stops as soon as there would be more
   * @throws {JoseError} `CS_TOO_LARGE`, or `CS_MALFORMED` for anything but DEFLATE
   */
  inflate(data: Bytes, most: number): Awaitable<Bytes>
}

/** What an algorithm asks of a platform. */
export interface PlatformNeeds {
  readonly hash?: 1 | Hash
  /** The key that it works with. */
  readonly key?: KeySpec
  /** The size of an AES key. */
  readonly aesBits?: number
}

/** The part of a backend that hashes. */
export type Hashing = Pick<Backend, 'digest' | 'fingerprint'>

/** What key sources ask of a backend: JWKs are taken in, and keys without kid go by their thumbprints. */
export type Sourcing = Pick<Backend, 'sync' | 'admit' | 'digest' | 'fingerprint'>

/** What verifying asks of a backend. */
export type Verifying = Sourcing & Pick<Backend, 'verify' | 'pieces'>

/** The part of a backend that takes JWKs in. */
export type JwkAdmission = Pick<Backend, 'admit'>

/** The part of a backend that takes keys in, whatever they come in. */
export type KeyAdmission = Pick<Backend, 'adopt' | 'admit' | 'decryptPem'>

/** Takes a message piece by piece, for a scheme that hashes it once and from front to back. */
export interface Pieces {
  sign(scheme: SignatureScheme, material: Material): PieceSigner
  verify(scheme: SignatureScheme, material: Material): PieceVerifier
}

export interface PieceSigner {
  update(piece: SigningInput): void
  finish(): string
}

export interface PieceVerifier {
  update(piece: SigningInput): void
  finish(signature: string): boolean
}

/** A backend for `countersign/sync`. */
export type SyncBackend = {
  readonly [Name in keyof Backend]: Backend[Name] extends (...parameters: infer P) => Awaitable<infer R>
    ? (...parameters: P) => R
    : Backend[Name]
} & { readonly sync: true }
