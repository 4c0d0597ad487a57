import { misfit, nearestMisfit } from '../alg/needs.ts'
import { SIGNATURE, type SignatureAlg } from '../alg/signature.ts'
import type { Awaitable, Backend } from '../crypto/backend.ts'
import { JoseError, kindOf, show } from '../errors.ts'
import { Key } from '../key/key.ts'
import { isPromise, type Op } from '../op.ts'
import { SigningKeys } from '../source/key-source.ts'
import { refuseForeign } from '../source/source.ts'
import { signInput } from './primitive.ts'

/**
 * Signs a payload into a compact JWS (RFC 7515 §5.1, §7.1). The gate between key and algorithm has been passed.
 *
 * @param header - base64url text of the protected header
 * @param payload - base64url text of the payload
 */
export function sign(
  alg: SignatureAlg,
  key: Key,
  header: string,
  payload: string,
  backend: Backend,
): Awaitable<string> {
  const input = `${header}.${payload}`
  const signature = signInput(alg, key, input, backend)
  return isPromise(signature) ? signedLater(input, signature) : `${input}.${signature}`
}

const signedLater = async (input: string, signature: PromiseLike<string>): Promise<string> =>
  `${input}.${await signature}`

/** What signs: one key, or keys that take turns. */
export type Signing = { readonly alg: SignatureAlg } & (
  | { readonly key: Key; readonly keys?: never }
  | { readonly keys: SigningKeys; readonly key?: never }
)

/**
 * What to sign with, and the algorithm.
 *
 * @throws {TypeError} for no key at all, one that needs promises where there are none, an unknown algorithm, or where
 *   the caller has to choose
 * @throws {JoseError} where the key cannot sign with the algorithm
 */
export function toSigning(key: unknown, alg: unknown, backend: Pick<Backend, 'sync'>): Signing {
  if (SigningKeys.is(key)) return { keys: key, alg: chosenAlgorithm(key.algorithms, alg) }
  if (!Key.is(key)) throw new TypeError(`key is ${kindOf(key)}; make a Key with importKey, secretKey or generateKey`)
  refuseForeign(key, backend)
  return { key, alg: toAlgorithm(key, alg) }
}

/** The key to sign with now. */
export function* currentKey({ key, keys, alg }: Signing): Op<Key> {
  return key ?? (yield* keys.signing(alg))
}

function chosenAlgorithm(algorithms: readonly SignatureAlg[], named: unknown): SignatureAlg {
  const [only, ...others] = algorithms
  const ids = algorithms.map(({ id }) => id).join(', ')
  const found = named === undefined ? others.length === 0 && only : algorithms.find(({ id }) => id === named)
  if (found) return found
  if (named === undefined) throw new TypeError(`the key ring signs with ${ids}: say which with the option alg`)
  throw new TypeError(`alg ${show(named)} is none of those of the key ring: ${ids}`)
}

/**
 * The algorithm to sign with: the caller's, or the key's own, or the only one that the key serves.
 *
 * @throws {TypeError} for an unknown name, or where the caller has to choose
 * @throws {JoseError} where the key cannot sign with it
 */
function toAlgorithm(key: Key, named: unknown): SignatureAlg {
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
