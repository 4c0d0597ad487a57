import type { Bytes } from '../bytes.ts'
import type { KeyAdmission, Material } from '../crypto/backend.ts'
import { JoseError, kindOf } from '../errors.ts'
import { checkNames, toText } from '../options.ts'
import { CURVE } from './curve.ts'
import { DerReader, TAG } from './der.ts'
import { importKey } from './import.ts'
import type { Jwk } from './jwk.ts'
import { Key } from './key.ts'
import { publicMaterial } from './ops.ts'

/** What a foreign signer is told beside the octets to sign. */
export interface RemoteRequest {
  /** The algorithm in JOSE, such as `ES256`: it says the hash, too. */
  readonly alg: string
  readonly kid: string | undefined
}

/** Signs in a place that does not show its key, such as a key management service or an HSM. */
export type RemoteSign = (input: Uint8Array, request: RemoteRequest) => Uint8Array | PromiseLike<Uint8Array>

/** Options of `remoteKey`. */
export interface RemoteKeyOptions {
  /** The public key: a JWK, or a Key where the service gives it as PEM or DER. */
  readonly jwk: Jwk | Key
  /** Signs the octets themselves, not a hash of them, unless it does the hashing first. */
  readonly sign: RemoteSign
  /** Needed where the public key fits several algorithms, as RSA keys do. */
  readonly alg?: string
  readonly kid?: string
  /** How the signer writes ECDSA signatures: `raw` is r || s as JOSE has it, `der` what most services give. Default `raw`. */
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
      sign: async (scheme, input) => {
        const signature = await sign(input, { alg: scheme.id, kid })
        return encoding === 'der' && scheme.family === 'ecdsa' ? fromDer(signature, open) : signature
      },
    },
  }
  const { use, bits } = key
  return new Key(material, { alg: alg ?? key.alg, kid, use, bits, extractable: false })
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
      signature.set(half, end - half.length)
    }
    inner.end('the signature')
    outer.end('the signature')
    return signature
  } catch (cause) {
    throw new JoseError('CS_SIGNATURE', 'the foreign signer did not give an ECDSA signature in DER', { cause })
  }
}
