import type { Table } from '../alg/needs.ts'
import { SIGNATURE, type SignatureAlg } from '../alg/signature.ts'
import { octetsIn } from '../bytes.ts'
import type { Awaitable, Verifying } from '../crypto/backend.ts'
import { JoseError, setAside, show } from '../errors.ts'
import { checkUnderstood, type JoseHeader } from '../header.ts'
import type { JsonObject } from '../json.ts'
import { Key } from '../key/key.ts'
import { atOnce, isPromise, start } from '../op.ts'
import { isNone, type Jws, type JwsSignature, unsigned } from '../serialization/jws.ts'
import { isList, type KeySource } from '../source/key-source.ts'
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

/** A verification on its way: what has to be waited for interrupts it, and else it is one run. */
interface Attempt {
  readonly jws: Jws
  readonly keys: KeySource
  readonly rules: VerifyRules
  readonly backend: Verifying
  /** Why parts were passed over. */
  fault: JoseError | undefined
}

/**
 * Verifies a JWS: the first signature that one of its candidate keys verifies (RFC 7515 §5.2). Of several signatures,
 * one that is for others, by its key, its algorithm or an extension, is passed over. No operation in steps, since every
 * token passes here, and a generator costs more than all else that is done for its signature.
 *
 * @throws {JoseError} `CS_ALG`, `CS_CRIT`, what the key source throws, or `CS_SIGNATURE`, which names no part and no key
 */
export function verify(
  jws: Jws,
  keys: KeySource,
  rules: VerifyRules,
  backend: Verifying,
): Awaitable<VerifiedSignature> {
  return tryPart({ jws, keys, rules, backend, fault: undefined }, 0)
}

function tryPart(attempt: Attempt, index: number): Awaitable<VerifiedSignature> {
  const { jws, keys, rules, backend } = attempt
  const part = jws.signatures[index]
  if (part === undefined) throw failure(jws, attempt.fault)
  let alg: SignatureAlg
  let found: Awaitable<readonly Key[]>
  try {
    alg = allowed(part, rules)
    found = candidatesOf(keys, part.header, alg, backend)
  } catch (error) {
    return passOver(attempt, index, error)
  }
  return isPromise(found) ? tryKeysLater(attempt, index, alg, found) : tryKeys(attempt, index, alg, found, 0)
}

function passOver(attempt: Attempt, index: number, error: unknown): Awaitable<VerifiedSignature> {
  attempt.fault = setAside(error, attempt.fault, attempt.jws.signatures)
  return tryPart(attempt, index + 1)
}

/** The keys that a source has for a signature. @throws {JoseError} as `KeySource.select` */
export function candidatesOf(
  keys: KeySource,
  header: JoseHeader,
  alg: SignatureAlg,
  backend: Verifying,
): Awaitable<readonly Key[]> {
  const found = keys.select(header, alg, 'verify')
  return isList(found) ? found : start(found, backend)
}

async function tryKeysLater(
  attempt: Attempt,
  index: number,
  alg: SignatureAlg,
  coming: PromiseLike<readonly Key[]>,
): Promise<VerifiedSignature> {
  let candidates: readonly Key[]
  try {
    candidates = await coming
  } catch (error) {
    return passOver(attempt, index, error)
  }
  return tryKeys(attempt, index, alg, candidates, 0)
}

/** @param from - the first of the candidates that is to be tried */
function tryKeys(
  attempt: Attempt,
  index: number,
  alg: SignatureAlg,
  candidates: readonly Key[],
  from: number,
): Awaitable<VerifiedSignature> {
  const part = attempt.jws.signatures[index] as JwsSignature
  for (let at = from; at < candidates.length; at++) {
    const key = candidates[at] as Key
    // The length is fixed by the algorithm and the key, so nothing cut or lengthened gets as far as a primitive.
    if (octetsIn(part.signature) !== signatureOctets(alg, key)) continue
    const holds = check(part, alg, key, attempt.backend)
    if (isPromise(holds)) {
      // At once, and not when it has come: a hook would be asked by then, for whom nobody waits.
      if (attempt.backend.sync) atOnce(holds)
      return tryKeyLater(attempt, index, alg, candidates, at, holds)
    }
    if (holds) return proven(part, key)
  }
  return tryPart(attempt, index + 1)
}

async function tryKeyLater(
  attempt: Attempt,
  index: number,
  alg: SignatureAlg,
  candidates: readonly Key[],
  at: number,
  holding: PromiseLike<boolean>,
): Promise<VerifiedSignature> {
  if (await holding) return proven(attempt.jws.signatures[index] as JwsSignature, candidates[at] as Key)
  return tryKeys(attempt, index, alg, candidates, at + 1)
}

const proven = ({ header, protectedHeader }: JwsSignature, key: Key): VerifiedSignature => ({
  header,
  protectedHeader,
  key,
})

function check(
  { input, signature }: JwsSignature,
  alg: SignatureAlg,
  key: Key,
  backend: Verifying,
): Awaitable<boolean> {
  const material = Key.material(key)
  if (material.foreign) return foreignVerify(alg, material, input, signature)
  return backend.verify(alg, material, input, signature)
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
