import type { Bytes } from '../bytes.ts'
import type { ForeignKey, KeyAdmission, Material } from '../crypto/backend.ts'
import { JoseError, kindOf } from '../errors.ts'
import { checkNames, toText } from '../options.ts'
import { CURVE } from './curve.ts'
import { badDer, DerReader, TAG } from './der.ts'
import { named } from './from-jwk.ts'
import { checkOptions, importKey, type KeyInput } from './import.ts'
import type { Jwk } from './jwk.ts'
import { Key } from './key.ts'
import { publicMaterial } from './ops.ts'

/** What a foreign key of {@link remoteKey} is told beside the octets to work on. */
export interface RemoteRequest {
  /** The algorithm in JOSE, such as `ES256`: it says the hash, too. */
  readonly alg: string
  /** What to hash the input with where the service wants a digest, or the hash of RSA-OAEP; else nothing. */
  readonly hash: 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512' | undefined
  /** The name of the key, where it has one. */
  readonly kid: string | undefined
}

/** Signs in a place that does not show its key, such as a key management service or an HSM: for {@link remoteKey}. */
export type RemoteSign = (input: Uint8Array, request: RemoteRequest) => Uint8Array | PromiseLike<Uint8Array>

/**
 * Decrypts the encrypted key of a JWE elsewhere, with RSA-OAEP (RFC 7518 §4.3). `undefined` says that it is not one for
 * this key; what it throws says that the service could not be asked.
 *
 * @example
 * ```ts
 * import { constants, generateKeyPairSync, privateDecrypt } from 'node:crypto'
 * import { createDecrypter, createEncrypter, importKey, type RemoteUnwrap, remoteKey } from 'countersign'
 *
 * // Stands for a service that keeps the private key.
 * const service = generateKeyPairSync('rsa', { modulusLength: 2048 })
 * const unwrap: RemoteUnwrap = async (encryptedKey, { hash = 'SHA-256' }) => {
 *   const padding = constants.RSA_PKCS1_OAEP_PADDING
 *   return privateDecrypt({ key: service.privateKey, padding, oaepHash: hash.replace('-', '') }, encryptedKey)
 * }
 * const pem = service.publicKey.export({ format: 'pem', type: 'spki' }).toString()
 * const jwk = importKey(pem, { alg: 'RSA-OAEP-256' })
 * const key = remoteKey({ jwk, unwrap })
 *
 * const token = await createEncrypter({ key: jwk, expiresIn: '5m' }).encrypt({ sub: 'alice' })
 * const decrypter = createDecrypter({ keys: key, issuer: 'any', audience: 'any', unsigned: 'accept' })
 * console.log((await decrypter.decrypt(token)).claims.sub) // alice
 * ```
 */
export type RemoteUnwrap = (
  encryptedKey: Uint8Array,
  request: RemoteRequest,
) => Uint8Array | undefined | PromiseLike<Uint8Array | undefined>

/**
 * Agrees elsewhere on the secret that a private key and a public one share (the x of the point, for EC keys): for
 * ECDH-ES (RFC 7518 §4.6).
 *
 * @example
 * ```ts
 * import { createPublicKey, diffieHellman, generateKeyPairSync, type JsonWebKey } from 'node:crypto'
 * import { createDecrypter, createEncrypter, importKey, type RemoteAgree, remoteKey } from 'countersign'
 *
 * // Stands for a service that keeps the private key.
 * const service = generateKeyPairSync('ec', { namedCurve: 'P-256' })
 * const agree: RemoteAgree = async (publicJwk) => {
 *   const publicKey = createPublicKey({ key: publicJwk as JsonWebKey, format: 'jwk' })
 *   return diffieHellman({ privateKey: service.privateKey, publicKey })
 * }
 * const pem = service.publicKey.export({ format: 'pem', type: 'spki' }).toString()
 * const jwk = importKey(pem, { alg: 'ECDH-ES' })
 * const key = remoteKey({ jwk, agree })
 *
 * const token = await createEncrypter({ key: jwk, expiresIn: '5m' }).encrypt({ sub: 'alice' })
 * const decrypter = createDecrypter({ keys: key, issuer: 'any', audience: 'any', unsigned: 'accept' })
 * console.log((await decrypter.decrypt(token)).claims.sub) // alice
 * ```
 */
export type RemoteAgree = (
  publicJwk: Jwk,
  request: Pick<RemoteRequest, 'kid'>,
) => Uint8Array | undefined | PromiseLike<Uint8Array | undefined>

/** Options of {@link remoteKey}. It takes at least one of `sign`, `unwrap` and `agree`. */
export interface RemoteKeyOptions {
  /** The public key: a JWK, or whatever else `importKey` takes, such as the PEM or DER that a service gives. */
  readonly jwk: KeyInput | Key
  /** Signs the octets themselves, not a hash of them, unless it does the hashing first. */
  readonly sign?: RemoteSign
  /** Decrypts with an RSA key. */
  readonly unwrap?: RemoteUnwrap
  /** Agrees on a secret with an EC, X25519 or X448 key, for ECDH-ES. */
  readonly agree?: RemoteAgree
  /** Needed where the public key fits several algorithms, as RSA keys do. */
  readonly alg?: string
  /** The name of the key in headers and sets. */
  readonly kid?: string
  /**
   * How the signer writes ECDSA signatures: `raw` is r || s as JOSE has it, `der` what most services give. It changes
   * nothing for other algorithms. Default `raw`.
   */
  readonly encoding?: 'raw' | 'der'
}

const WORK = ['sign', 'unwrap', 'agree'] as const
const NAMES = ['jwk', ...WORK, 'alg', 'kid', 'encoding'] as const

/**
 * A private key that is a function.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} for a public key that is refused
 */
export function remoteKey(options: RemoteKeyOptions, backend: KeyAdmission): Key {
  checkNames<RemoteKeyOptions>(options, NAMES, 'remoteKey')
  const { jwk, alg, encoding = 'raw' } = options
  checkOptions(alg === undefined ? {} : { alg })
  for (const name of WORK) {
    const given: unknown = options[name]
    if (given !== undefined && typeof given !== 'function')
      throw new TypeError(`${name} is ${kindOf(given)} and not a function`)
  }
  if (WORK.every((name) => options[name] === undefined))
    throw new TypeError('remoteKey takes a function: sign, unwrap or agree')
  if (encoding !== 'raw' && encoding !== 'der') throw new TypeError("encoding is neither 'raw' nor 'der'")
  const key = Key.is(jwk) ? jwk : importKey(jwk, alg === undefined ? {} : { alg }, backend)
  if (key.kind !== 'public') {
    throw new JoseError('CS_KEY_TYPE', `the jwk of remoteKey is a ${key.kind} key`, {
      hint: 'Give its public members alone: the private ones stay with the signer.',
    })
  }
  const open = publicMaterial(Key.material(key))
  if (open === undefined) {
    throw new JoseError('CS_KEY_TYPE', 'the jwk of remoteKey is a CryptoKey whose members are out of reach here', {
      hint: 'Signatures are verified with it, so what it is made of has to be at hand: give its JWK (await exportJwk(key)).',
    })
  }
  if (alg !== undefined && key.alg !== undefined && key.alg !== alg)
    throw new TypeError(`the public key is for ${key.alg}, and alg says ${alg}`)
  const kid = options.kid === undefined ? key.kid : toText(options.kid, 'kid')
  const foreign = foreignKey(options, open, kid)
  const material: Material = { ...open, kind: 'private', foreign }
  const { use, bits } = key
  // WebCrypto exports a public key to agree with as one that is for nothing.
  const said = key.key_ops?.length === 0 && options.agree ? undefined : key.key_ops
  const key_ops = said && [...new Set(said.flatMap((name) => PRIVATE_OPS.get(name) ?? []))]
  return named(new Key(material, { alg: alg ?? key.alg, kid, use, bits, key_ops, extractable: false }))
}

/** What the private half does, of what a service says the pair may do, or the public half. */
const PRIVATE_OPS: ReadonlyMap<string, string> = new Map([
  ['sign', 'sign'],
  ['verify', 'sign'],
  ['decrypt', 'decrypt'],
  ['encrypt', 'decrypt'],
  ['unwrapKey', 'unwrapKey'],
  ['wrapKey', 'unwrapKey'],
  ['deriveKey', 'deriveKey'],
  ['deriveBits', 'deriveBits'],
])

function foreignKey(
  { sign, unwrap, agree, encoding }: RemoteKeyOptions,
  open: Material,
  kid: string | undefined,
): ForeignKey {
  return {
    ...(sign && {
      async sign({ id, hash, family }, input) {
        const request: RemoteRequest = { alg: id, hash: hash && `SHA-${hash}`, kid }
        const signature = await ask('signer', input, (octets) => sign(octets, request))
        return (encoding === 'der' && family === 'ecdsa' ? fromDer(signature, open) : signature) as Bytes
      },
    }),
    ...(unwrap && {
      async decryptKey({ id, hash }, encrypted) {
        const answer = await ask('key', encrypted, (octets) => unwrap(octets, { alg: id, hash: `SHA-${hash}`, kid }))
        return octetsOrNothing(answer, 'unwrap')
      },
    }),
    ...(agree && {
      async agree({ kty, crv, members }) {
        const publicJwk = { kty, ...(crv !== undefined && { crv }), ...members }
        const answer = await ask('key', new Uint8Array(), () => agree(publicJwk, { kid }))
        const secret = octetsOrNothing(answer, 'agree')
        const length = CURVE.get(open.crv ?? '')?.octets
        if (secret && secret.length !== length)
          throw new JoseError(
            'CS_KEY_TYPE',
            `agree gave ${secret.length} octets, a secret on ${open.crv} has ${length}`,
          )
        return secret?.some((octet) => octet !== 0) ? secret : undefined
      },
    }),
  }
}

function octetsOrNothing(answer: unknown, name: string): Bytes | undefined {
  if (answer === undefined || answer instanceof Uint8Array) return answer
  throw new JoseError('CS_KEY_TYPE', `${name} gave ${kindOf(answer)} and not octets`, {
    hint: 'Give a Uint8Array: decode base64, and wrap an ArrayBuffer. undefined says that it does not decrypt.',
  })
}

/**
 * Asks a foreign key. It is given octets of its own, and what it answers is copied before anything else runs: neither what
 * it does to the one nor what it does to the other later reaches a token.
 *
 * @throws {JoseError} `CS_UNAVAILABLE` for whatever it throws, an error of this library included
 */
async function ask(what: string, input: Bytes, work: (octets: Bytes) => unknown): Promise<unknown> {
  let answer: unknown
  try {
    const given = work(Uint8Array.from(input))
    answer = given instanceof Uint8Array ? Uint8Array.from(given) : await given
  } catch (cause) {
    throw new JoseError('CS_UNAVAILABLE', `the foreign ${what} failed`, { cause, unavailable: true })
  }
  return answer instanceof Uint8Array ? Uint8Array.from(answer) : answer
}

/** An ECDSA signature out of a foreign hand: SEQUENCE { r, s } (RFC 3279 §2.2.3) as r || s. */
function fromDer(der: unknown, { crv }: Material): Bytes {
  const octets = CURVE.get(crv ?? '')?.octets ?? 0
  try {
    const outer = new DerReader(der as Uint8Array)
    const inner = outer.enter(TAG.sequence, 'the signature')
    const signature = new Uint8Array(2 * octets)
    for (const end of [octets, 2 * octets]) {
      const half = inner.unsigned('half of the signature')
      if (half.length > octets) badDer('half of the signature is too long')
      signature.set(half, end - half.length)
    }
    inner.end('the signature')
    outer.end('the signature')
    return signature
  } catch (cause) {
    throw new JoseError('CS_SIGNATURE', 'the foreign signer did not give an ECDSA signature in DER', {
      cause,
      hint: "Where the signer gives r || s, leave encoding: 'der' out.",
    })
  }
}
