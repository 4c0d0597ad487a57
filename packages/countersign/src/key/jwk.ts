import { type Bytes, fromBase64, fromBase64url } from '../bytes.ts'
import type { Kty } from '../crypto/backend.ts'
import { JoseError, kindOf, show } from '../errors.ts'
import { isObject, type JsonObject, own } from '../json.ts'
import { certifies } from './certificate.ts'
import { type Draft, invalid, RSA_PRIVATE } from './material.ts'

/** A JSON Web Key (RFC 7517 §4), as {@link exportJwk} gives it. Members that countersign does not know are ignored. */
export interface Jwk {
  /** The type of the key: `EC`, `OKP`, `RSA`, `oct` or `AKP`. */
  readonly kty: string
  /** The name of the key (RFC 7517 §4.5). */
  readonly kid?: string
  /** The one algorithm it is for (RFC 7517 §4.4); of an ML-DSA key the parameter set, too (RFC 9964 §3). */
  readonly alg?: string
  /** `sig` or `enc` (RFC 7517 §4.2). */
  readonly use?: string
  /** What it may do, such as `verify` (RFC 7517 §4.3). */
  readonly key_ops?: string[]
  /** Whether it may be exported again; a member of the Web Cryptography API. */
  readonly ext?: boolean
  /** The curve of an EC or OKP key (RFC 7518 §6.2.1.1, RFC 8037 §2). */
  readonly crv?: string
  /** The point of an EC key, or the public key of an OKP one, in base64url (RFC 7518 §6.2.1.2, RFC 8037 §2). */
  readonly x?: string
  /** The other coordinate of an EC key (RFC 7518 §6.2.1.3). */
  readonly y?: string
  /** The modulus of an RSA key (RFC 7518 §6.3.1.1). */
  readonly n?: string
  /** The exponent of an RSA key (RFC 7518 §6.3.1.2). */
  readonly e?: string
  /** The private half of an EC, OKP or RSA key (RFC 7518 §6.2.2.1, §6.3.2.1, RFC 8037 §2). */
  readonly d?: string
  /** The first prime of a private RSA key (RFC 7518 §6.3.2.2). */
  readonly p?: string
  /** The second prime (RFC 7518 §6.3.2.3). */
  readonly q?: string
  /** `d` for the first prime (RFC 7518 §6.3.2.4). */
  readonly dp?: string
  /** `d` for the second prime (RFC 7518 §6.3.2.5). */
  readonly dq?: string
  /** The inverse of the second prime (RFC 7518 §6.3.2.6). */
  readonly qi?: string
  /** The octets of a secret, in base64url (RFC 7518 §6.4.1). */
  readonly k?: string
  /** The public key of an ML-DSA key, in base64url (RFC 9964 §3). */
  readonly pub?: string
  /** The seed of a private ML-DSA key, in base64url (RFC 9964 §3). */
  readonly priv?: string
  /**
   * The certificates of the key (RFC 7517 §4.7): the first has to be of this key; whether it is to be trusted is not
   * looked at.
   */
  readonly x5c?: string[]
}

/** A JWK Set (RFC 7517 §5), as {@link publicJwks} gives it. */
export interface JwkSet {
  /** Its keys. */
  readonly keys: readonly Jwk[]
}

/** The members that only the owner of a key may see, of every kty (RFC 7518 §6.2.2, §6.3.2 and §6.4.1, RFC 9964 §3). */
export const PRIVATE_MEMBERS: readonly string[] = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

/** What a JWK says about its key. */
export interface JwkInfo {
  readonly kid: string | undefined
  readonly alg: string | undefined
  readonly use: string | undefined
  readonly key_ops: readonly string[] | undefined
  readonly extractable: boolean
  /** What a key object does, where that is less than its stuff would do. */
  readonly does?: readonly string[]
}

/** A JWK taken apart: a secret, or the members of an asymmetric key. */
export type ParsedJwk = { readonly info: JwkInfo } & ({ readonly secret: Bytes } | { readonly draft: Draft })

/** The members that make up the public key, by kty, in the order of their thumbprint (RFC 7638 §3.2, RFC 9964 §6). */
export const PUBLIC_MEMBERS: Readonly<Record<Exclude<Kty, 'oct'>, readonly string[]>> = {
  RSA: ['e', 'n'],
  EC: ['x', 'y'],
  OKP: ['x'],
  AKP: ['alg', 'pub'],
}

/**
 * Reads a JWK member by member; inherited members do not count (attack 22).
 *
 * @throws {JoseError} `CS_KEY_INVALID`, or `CS_UNSUPPORTED` for a kty or form that countersign does not have
 */
export function parseJwk(jwk: JsonObject): ParsedJwk {
  const info = readInfo(jwk)
  const kty = text(jwk, 'kty')
  if (kty === undefined) {
    throw new JoseError('CS_KEY_INVALID', 'this object has no kty, so it is no JWK', {
      hint: "Of key objects, importKey takes those of this runtime's own; of any other give its JWK.",
    })
  }
  if (kty === 'oct') return { info, secret: octets(jwk, 'k') }
  const has = (name: string): boolean => own(jwk, name) !== undefined
  const kind = isPrivateJwk(jwk) ? 'private' : 'public'
  const members = (...names: readonly string[]): Record<string, Bytes> =>
    pick(jwk, kind === 'private' ? [...names, ...privateNames(kty)] : names)
  if (kty === 'RSA') {
    if (has('oth')) throw new JoseError('CS_UNSUPPORTED', 'this RSA key has more than two primes (oth)')
    if (kind === 'private' && !RSA_PRIVATE.every(has)) {
      throw new JoseError('CS_UNSUPPORTED', 'this private RSA key lacks d, p, q, dp, dq or qi', {
        hint: 'Export the key with its primes; no runtime takes it with n, e and d alone.',
      })
    }
    return { info, draft: { kty, kind, members: members('n', 'e') } }
  }
  if (kty === 'EC' || kty === 'OKP') {
    const crv = text(jwk, 'crv')
    if (crv === undefined) throw invalid(`a JWK of kty ${kty} takes a crv`)
    return { info, draft: { kty, crv, kind, members: members(...PUBLIC_MEMBERS[kty]) } }
  }
  if (kty === 'AKP') {
    const { alg } = info
    if (alg === undefined) throw invalid('a JWK of kty AKP takes an alg (RFC 9964 §3)')
    return { info, draft: { kty, alg, kind, members: members('pub') } }
  }
  throw new JoseError('CS_UNSUPPORTED', `kty ${show(kty)} is not supported`)
}

/** Whether a JWK has a part that only its owner may see; of an RSA key one prime gives the whole of it away. */
export function isPrivateJwk(jwk: JsonObject): boolean {
  return privateNames(own(jwk, 'kty')).some((name) => own(jwk, name) !== undefined)
}

const privateNames = (kty: unknown): readonly string[] => (kty === 'RSA' ? RSA_PRIVATE : [kty === 'AKP' ? 'priv' : 'd'])

/**
 * The first certificate of a JWK has to be for the key of the JWK (RFC 7517 §4.7); nothing else of it is looked at.
 *
 * @param draft - left out for a secret, which no certificate is for
 * @throws {JoseError} `CS_KEY_INVALID`
 */
export function checkCertificate(jwk: JsonObject, draft?: Draft): void {
  const chain = own(jwk, 'x5c')
  if (chain === undefined) return
  const certificates: readonly unknown[] = Array.isArray(chain) ? chain : []
  const [first] = certificates
  if (typeof first !== 'string' || !certificates.every((item) => typeof item === 'string'))
    throw invalid('x5c of the JWK is not an array of certificates in base64')
  const certificate = fromBase64(first, 'x5c of the JWK', 'CS_KEY_INVALID')
  if (draft === undefined || !certifies(certificate, draft))
    throw invalid('the first certificate in x5c of the JWK is for another key')
}

/** Whether a value is a JWK Set in shape: an object with a member `keys`. */
export function isJwkSet(value: unknown): value is JsonObject & { readonly keys: unknown } {
  return isObject(value) && Object.hasOwn(value, 'keys')
}

/** The fields about the key, each checked for its type (attack 54). */
function readInfo(jwk: JsonObject): JwkInfo {
  const use = text(jwk, 'use')
  const operations = own(jwk, 'key_ops')
  const key_ops = operations === undefined ? undefined : parseKeyOps(operations)
  const ext = own(jwk, 'ext')
  if (ext !== undefined && typeof ext !== 'boolean') throw invalid('ext of the JWK is not a boolean')
  const info = { kid: text(jwk, 'kid'), alg: text(jwk, 'alg'), use, key_ops, extractable: ext ?? true }
  const signs = key_ops?.some((name) => name === 'sign' || name === 'verify')
  if (key_ops?.length && (use === 'sig' || use === 'enc') && signs !== (use === 'sig')) {
    throw invalid(`use ${show(use)} and key_ops of the JWK contradict each other (RFC 7517 §4.3)`)
  }
  return info
}

function parseKeyOps(value: unknown): readonly string[] {
  if (!Array.isArray(value) || !Array.from(value).every((name): name is string => typeof name === 'string')) {
    throw invalid('key_ops of the JWK is not an array of strings')
  }
  if (new Set(value).size !== value.length) throw invalid('key_ops of the JWK names an operation twice')
  return value
}

function text(jwk: JsonObject, name: string): string | undefined {
  const value = own(jwk, name)
  if (value === undefined || typeof value === 'string') return value
  throw invalid(`${name} of the JWK is ${kindOf(value)} and not a string`)
}

function octets(jwk: JsonObject, name: string): Bytes {
  const value = text(jwk, name)
  if (value === undefined) throw invalid(`the JWK lacks ${name}`)
  return fromBase64url(value, `${name} of the JWK`, 'CS_KEY_INVALID')
}

function pick(jwk: JsonObject, names: readonly string[]): Record<string, Bytes> {
  return Object.fromEntries(names.map((name) => [name, octets(jwk, name)]))
}
