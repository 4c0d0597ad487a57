import { misfit, nearestMisfit } from '../alg/needs.ts'
import { SIGNATURE, type SignatureAlg } from '../alg/signature.ts'
import { base64url } from '../bytes.ts'
import type { Backend } from '../crypto/backend.ts'
import { JoseError, kindOf, show } from '../errors.ts'
import { Key } from '../key/key.ts'
import type { Op } from '../op.ts'
import { refuseForeign } from '../source/source.ts'
import { signInput } from './primitive.ts'

/**
 * Signs a payload into a compact JWS (RFC 7515 §5.1, §7.1). The gate between key and algorithm has been passed.
 *
 * @param header - base64url text of the protected header
 * @param payload - base64url text of the payload
 */
export function* sign(alg: SignatureAlg, key: Key, header: string, payload: string): Op<string> {
  const input = `${header}.${payload}`
  return `${input}.${base64url(yield* signInput(alg, key, input))}`
}

/**
 * A key to sign with.
 *
 * @throws TypeError for anything else, and for a key that needs promises where there are none
 */
export function toSigningKey(key: unknown, backend: Pick<Backend, 'sync'>): Key {
  if (!Key.is(key)) throw new TypeError(`key is ${kindOf(key)}; make a Key with importKey, secretKey or generateKey`)
  refuseForeign(key, backend)
  return key
}

/**
 * The algorithm to sign with: the caller's, or the key's own, or the only one that the key serves.
 *
 * @throws {TypeError} for an unknown name, or where the caller has to choose
 * @throws {JoseError} where the key cannot sign with it
 */
export function toAlgorithm(key: Key, named: unknown): SignatureAlg {
  const id = named === undefined ? (key.alg ?? onlyAlgorithm(key)) : named
  const alg = typeof id === 'string' ? SIGNATURE.get(id) : undefined
  if (alg === undefined) {
    if (named === undefined)
      throw new JoseError('CS_ALG', `the key is for ${show(id)}, which is no signature algorithm here`)
    throw new TypeError(`alg ${show(named)} is none of ${[...SIGNATURE.keys()].join(', ')}`)
  }
  const fault = misfit(alg, key, 'sign')
  if (fault) throw new JoseError(fault.code, fault.why)
  return alg
}

function onlyAlgorithm(key: Key): string {
  const [only, ...others] = key.algorithms.filter((id) => SIGNATURE.has(id))
  if (only === undefined) {
    const { code, why } = nearestMisfit(SIGNATURE.values(), key, 'sign')
    throw new JoseError(code, why)
  }
  if (others.length > 0)
    throw new TypeError(`the key signs with ${[only, ...others].join(', ')}: say which with the option alg`)
  return only
}
