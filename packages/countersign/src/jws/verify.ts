import type { Table } from './alg/needs.ts'
import { SIGNATURE, type SignatureAlg } from './alg/signature.ts'
import { type Bytes, base64url } from './bytes.ts'
import { JoseError, show } from './errors.ts'
import type { JoseHeader } from './header.ts'
import { CURVE } from './key/curve.ts'
import { Key } from './key/key.ts'
import { type Op, use } from './op.ts'
import { isNone, type Jws, unsigned } from './serialization.ts'
import type { KeySource } from './source/source.ts'

/** What a verified signature proves: this header and this key, and no other of the same JWS. */
export interface VerifiedSignature {
  readonly header: JoseHeader
  readonly key: Key
}

/**
 * Verifies a JWS: the first signature that one of its candidate keys verifies (RFC 7515 §5.2).
 *
 * @param algorithms - the caller's allow-list; the key narrows it further, and the header decides nothing
 * @param accept - what becomes of the verified signature; it is part of the operation, since an operation around this
 *   one would cost each token a second generator
 * @throws {JoseError} `CS_ALG`, what the key source throws, or `CS_SIGNATURE`, which names no part and no key
 */
export function* verify<T>(
  jws: Jws,
  keys: KeySource,
  algorithms: Table<SignatureAlg>,
  accept: (verified: VerifiedSignature) => T,
): Op<T> {
  for (const { header, input, signature } of jws.signatures) {
    const alg = algorithms.get(header.alg)
    if (alg === undefined) throw notAllowed(header.alg, algorithms)
    const found = keys.select(header, alg, 'verify')
    const candidates = Array.isArray(found) ? (found as readonly Key[]) : yield* found as Op<readonly Key[]>
    for (const key of candidates) {
      // The length is fixed by the algorithm and the key, so nothing cut or lengthened gets as far as a primitive.
      if (signature.length !== signatureOctets(alg, key)) continue
      const material = Key.material(key)
      if (yield (backend) => backend.verify(alg, material, input, signature)) return accept({ header, key })
    }
  }
  throw new JoseError('CS_SIGNATURE', 'the signature does not verify')
}

function notAllowed(alg: string, algorithms: Table<SignatureAlg>): JoseError {
  if (isNone(alg)) return unsigned()
  const names = [...algorithms.keys()].join(', ')
  if (!SIGNATURE.has(alg))
    return new JoseError('CS_ALG', `alg ${show(alg)} is no signature algorithm that is known here`)
  return new JoseError('CS_ALG', `alg ${alg} is not allowed here; allowed: ${names}`)
}

/** The exact length of a signature in octets (RFC 7518 §3.2 to §3.5, RFC 8032 §5.1.6). */
function signatureOctets(alg: SignatureAlg, key: Key): number {
  switch (alg.family) {
    case 'hmac':
      return (alg.hash ?? 0) / 8
    case 'rsa':
    case 'pss':
      return Math.ceil(key.bits / 8)
    case 'ecdsa':
    case 'eddsa':
      return 2 * (CURVE.get(key.crv ?? '')?.octets ?? 0)
  }
}

/**
 * Signs a payload into a compact JWS (RFC 7515 §5.1, §7.1). The gate between key and algorithm has been passed.
 *
 * @param header - base64url text of the protected header
 * @param payload - base64url text of the payload
 */
export function* sign(alg: SignatureAlg, key: Key, header: string, payload: string): Op<string> {
  const input = `${header}.${payload}`
  const material = Key.material(key)
  const signature: Bytes = yield* use((backend) => backend.sign(alg, material, input))
  return `${input}.${base64url(signature)}`
}
