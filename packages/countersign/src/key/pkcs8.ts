import { type Bytes, fromBase64url } from '../bytes.ts'
import type { Material } from '../crypto/backend.ts'
import { OID_EC } from './algorithm-id.ts'
import { CURVE } from './curve.ts'
import { oidDer, TAG, toDer } from './der.ts'
import { PARAMETER_SET } from './parameter-set.ts'

const ZERO = toDer(TAG.integer, Uint8Array.of(0))
const ONE = toDer(TAG.integer, Uint8Array.of(1))

/**
 * The PKCS#8 of a private EC, OKP or AKP key by its private member alone (RFC 5958 §2): that of a platform which reads it
 * works the public half out.
 */
export function toPkcs8({ crv, members }: Pick<Material, 'crv' | 'members'>): Bytes {
  const secret = fromBase64url(members['d'] ?? members['priv'] ?? '', 'the private key', 'CS_KEY_INVALID')
  return pkcs8Of(crv ?? members['alg'] ?? '', secret)
}

/**
 * @param variant - a curve or a parameter set
 * @param secret - the octets of d, or of the seed
 */
export function pkcs8Of(variant: string, secret: Bytes): Bytes {
  const curve = CURVE.get(variant)
  const oid = oidDer(curve?.oid ?? PARAMETER_SET.get(variant)?.oid ?? '')
  if (curve?.kty === 'EC') {
    const key = toDer(TAG.sequence, ONE, toDer(TAG.octetString, secret))
    return container([oidDer(OID_EC), oid], key)
  }
  // A seed is [0] of its own choice (RFC 9881 §6), the private key of a curve an octet string in one (RFC 8410 §7).
  return container([oid], toDer(curve ? TAG.octetString : TAG.bits0, secret))
}

function container(algorithm: readonly Bytes[], key: Bytes): Bytes {
  return toDer(TAG.sequence, ZERO, toDer(TAG.sequence, ...algorithm), toDer(TAG.octetString, key))
}
