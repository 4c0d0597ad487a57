import type { Bytes } from '../bytes.ts'
import type { KeyAdmission, Material } from '../crypto/backend.ts'
import { JoseError, kindOf } from '../errors.ts'
import { checkNames, toText } from '../options.ts'
import { CURVE } from './curve.ts'
import { badDer, DerReader, TAG } from './der.ts'
import { checkOptions, importKey, type KeyInput, named } from './import.ts'
import { Key } from './key.ts'
import { publicMaterial } from './ops.ts'

/** What a foreign signer is told beside the octets to sign. */
export interface RemoteRequest {
  /** The algorithm in JOSE, such as `ES256`: it says the hash, too. */
  readonly alg: string
  /** What to hash the input with where the service wants a digest; nothing where it takes the message itself. */
  readonly hash: 'SHA-256' | 'SHA-384' | 'SHA-512' | undefined
  readonly kid: string | undefined
}

/** Signs in a place that does not show its key, such as a key management service or an HSM. */
export type RemoteSign = (input: Uint8Array, request: RemoteRequest) => Uint8Array | PromiseLike<Uint8Array>

/** Options of `remoteKey`. */
export interface RemoteKeyOptions {
  /** The public key: a JWK, or whatever else `importKey` takes, such as the PEM or DER that a service gives. */
  readonly jwk: KeyInput | Key
  /** Signs the octets themselves, not a hash of them, unless it does the hashing first. */
  readonly sign: RemoteSign
  /** Needed where the public key fits several algorithms, as RSA keys do. */
  readonly alg?: string
  readonly kid?: string
  /**
   * How the signer writes ECDSA signatures: `raw` is r || s as JOSE has it, `der` what most services give. It changes
   * nothing for other algorithms. Default `raw`.
   */
  readonly encoding?: 'raw' | 'der'
}

const NAMES = ['jwk', 'sign', 'alg', 'kid', 'encoding'] as const

/**
 * A private key that is a function.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} for a public key that is refused
 */
export function remoteKey(options: RemoteKeyOptions, backend: KeyAdmission): Key {
  checkNames<RemoteKeyOptions>(options, NAMES, 'remoteKey')
  const { jwk, sign, alg, encoding = 'raw' } = options
  checkOptions(alg === undefined ? {} : { alg })
  if (typeof sign !== 'function') throw new TypeError(`sign is ${kindOf(sign)} and not a function`)
  if (encoding !== 'raw' && encoding !== 'der') throw new TypeError("encoding is neither 'raw' nor 'der'")
  const key = Key.is(jwk) ? jwk : importKey(jwk, alg === undefined ? {} : { alg }, backend)
  if (key.kind !== 'public') {
    throw new JoseError('CS_KEY_TYPE', `the jwk of remoteKey is a ${key.kind} key`, {
      hint: 'Give its public members alone: the private ones stay with the signer.',
    })
  }
  const open = publicMaterial(Key.material(key))
  if (open === undefined) {
    throw new JoseError('CS_KEY_TYPE', 'the jwk of remoteKey is a CryptoKey that is not extractable', {
      hint: 'Signatures are verified with it, so what it is made of has to be at hand: give its JWK.',
    })
  }
  if (alg !== undefined && key.alg !== undefined && key.alg !== alg)
    throw new TypeError(`the public key is for ${key.alg}, and alg says ${alg}`)
  const kid = options.kid === undefined ? key.kid : toText(options.kid, 'kid')
  const material: Material = {
    ...open,
    kind: 'private',
    foreign: {
      async sign(scheme, input) {
        const signature = await ask(sign, input, { alg: scheme.id, hash: scheme.hash && `SHA-${scheme.hash}`, kid })
        return encoding === 'der' && scheme.family === 'ecdsa' ? fromDer(signature, open) : signature
      },
    },
  }
  const { use, bits } = key
  const signs = key.key_ops?.some((name) => name === 'sign' || name === 'verify') ? ['sign'] : []
  const key_ops = key.key_ops && signs
  return named(new Key(material, { alg: alg ?? key.alg, kid, use, bits, key_ops, extractable: false }))
}

/**
 * Asks the signer. It is given octets of its own, and what it answers is copied before anything else runs: neither what
 * it does to the one nor what it does to the other later reaches a token.
 *
 * @throws {JoseError} `CS_UNAVAILABLE` for whatever it throws, an error of this library included
 */
async function ask(sign: RemoteSign, input: Bytes, request: RemoteRequest): Promise<Bytes> {
  let signature: unknown
  try {
    const answer: unknown = sign(Uint8Array.from(input), request)
    signature = answer instanceof Uint8Array ? Uint8Array.from(answer) : await answer
  } catch (cause) {
    throw new JoseError('CS_UNAVAILABLE', 'the foreign signer failed', { cause, unavailable: true })
  }
  return (signature instanceof Uint8Array ? Uint8Array.from(signature) : signature) as Bytes
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
