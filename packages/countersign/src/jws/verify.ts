import type { Table } from '../alg/needs.ts'
import { SIGNATURE, type SignatureAlg } from '../alg/signature.ts'
import type { Bytes } from '../bytes.ts'
import type { SigningInput, Verifying } from '../crypto/backend.ts'
import { JoseError, setAside, show } from '../errors.ts'
import { checkUnderstood, type JoseHeader } from '../header.ts'
import type { JsonObject } from '../json.ts'
import { Key } from '../key/key.ts'
import type { Op } from '../op.ts'
import { isNone, type Jws, type JwsSignature, unsigned } from '../serialization/jws.ts'
import type { KeySource } from '../source/source.ts'
import { foreignVerify, signatureOctets } from './primitive.ts'

/** What a verified signature proves: this header and this key, and no other of the same JWS. */
export interface VerifiedSignature {
  readonly header: JoseHeader
  readonly protectedHeader: JsonObject
  readonly key: Key
}

/** What the caller allows. */
export interface VerifyRules {
  /** The allow-list; the key narrows it further, and the header decides nothing. */
  readonly algorithms: Table<SignatureAlg>
  /** The extensions that a header may call critical. */
  readonly understood: ReadonlySet<string>
}

/**
 * Verifies a JWS: the first signature that one of its candidate keys verifies (RFC 7515 §5.2). Of several signatures,
 * one that is for others, by its key, its algorithm or an extension, is passed over.
 *
 * @param accept - what becomes of the verified signature; it is part of the operation, since an operation around this
 *   one would cost each token a second generator
 * @throws {JoseError} `CS_ALG`, `CS_CRIT`, what the key source throws, or `CS_SIGNATURE`, which names no part and no key
 */
export function* verify<T>(
  jws: Jws,
  keys: KeySource,
  rules: VerifyRules,
  accept: (verified: VerifiedSignature) => T,
): Op<T, Verifying> {
  let fault: JoseError | undefined
  for (const part of jws.signatures) {
    let alg: SignatureAlg
    let candidates: readonly Key[]
    try {
      alg = allowed(part, rules)
      const found = keys.select(part.header, alg, 'verify')
      candidates = Array.isArray(found) ? (found as readonly Key[]) : yield* found as Op<readonly Key[], Verifying>
    } catch (error) {
      fault = setAside(error, fault, jws.signatures)
      continue
    }
    const { header, protectedHeader, input, signature } = part
    for (const key of candidates) {
      // The length is fixed by the algorithm and the key, so nothing cut or lengthened gets as far as a primitive.
      if (signature.length !== signatureOctets(alg, key)) continue
      if (yield check(alg, key, input, signature)) return accept({ header, protectedHeader, key })
    }
  }
  throw failure(jws, fault)
}

/** The step that checks a signature. */
function check(
  alg: SignatureAlg,
  key: Key,
  input: SigningInput,
  signature: Bytes,
): (backend: Verifying) => boolean | PromiseLike<boolean> {
  const material = Key.material(key)
  if (material.foreign) return () => foreignVerify(alg, material, input, signature)
  return (backend) => backend.verify(alg, material, input, signature)
}

/** The algorithm of a signature, once the caller's rules let it pass. @throws {JoseError} `CS_ALG`, `CS_CRIT` */
export function allowed(
  { header }: Pick<JwsSignature, 'header'>,
  { algorithms, understood }: VerifyRules,
): SignatureAlg {
  checkUnderstood(header, understood)
  const alg = algorithms.get(header.alg)
  if (alg === undefined) throw notAllowed(header.alg, algorithms)
  return alg
}

function notAllowed(alg: string, algorithms: Table<SignatureAlg>): JoseError {
  if (isNone(alg)) return unsigned()
  const names = [...algorithms.keys()].join(', ')
  if (!SIGNATURE.has(alg))
    return new JoseError('CS_ALG', `alg ${show(alg)} is no signature algorithm that is known here`)
  return new JoseError('CS_ALG', `alg ${alg} is not allowed here; allowed: ${names}`)
}

/** @returns the one error for a JWS of which nothing verified */
export function failure({ signatures }: Jws, fault: JoseError | undefined): JoseError {
  if (fault?.unavailable) return fault
  const what = signatures.length === 1 ? 'the signature does not verify' : 'none of the signatures verifies'
  return new JoseError('CS_SIGNATURE', what)
}
