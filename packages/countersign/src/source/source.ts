import { misfit, type Needs, type Role } from '../alg/needs.ts'
import type { Sourcing } from '../crypto/backend.ts'
import { JoseError, kindOf } from '../errors.ts'
import type { JoseHeader } from '../header.ts'
import { isObject } from '../json.ts'
import { importMember } from '../key/from-jwk.ts'
import { isJwkSet, type Jwk } from '../key/jwk.ts'
import { Key } from '../key/key.ts'
import { type Op, PromiseInSyncError, use } from '../op.ts'
import { KeyProvider, type KeySource, selected } from './key-source.ts'
import { KeySet } from './set.ts'

export type { KeySource }

/**
 * A function that finds the key for a header (RFC 7515 §6). What it throws refuses the token as unavailable.
 *
 * @example
 * ```ts
 * import { createSigner, createVerifier, generateKey, type KeyFinder } from 'countersign'
 *
 * const key = await generateKey('HS256', { kid: 'main' })
 * const keys: KeyFinder = ({ kid }) => (kid === 'main' ? key : undefined) // or a promise of one
 *
 * const verifier = createVerifier({ keys, issuer: 'any', audience: 'any' })
 * const token = await createSigner({ key, expiresIn: '5m' }).sign({ sub: 'alice' })
 * console.log((await verifier.verify(token)).key.kid) // main
 * ```
 */
export type KeyFinder = (
  header: JoseHeader,
) => Key | readonly Key[] | undefined | PromiseLike<Key | readonly Key[] | undefined>

/**
 * What stands for keys wherever a token is checked or encrypted, such as `keys` of {@link createVerifier}. An array is
 * consent to try each fitting key, at most eight.
 */
export type Keys =
  | Key
  | readonly (Key | Jwk)[]
  | KeyProvider
  | Jwk
  | { readonly keys: readonly (Jwk | Key)[] }
  | KeyFinder

/** The key of a source to encrypt with: of several that fit the first. @throws {JoseError} as `select` */
export function* toEncryptWith(source: KeySource, { id }: Pick<Needs, 'id'>, needs: Needs): Op<Key, Sourcing> {
  if (source.first) return yield* source.first(needs)
  const [key] = yield* selected(source.select({ alg: id }, needs, 'encrypt'))
  return key as Key
}

const MOST_TRIED = 8

/**
 * Takes keys in any of their forms. No source reads `jwk`, `jku`, `x5u` or `x5c` of a token (attacks 10 and 11).
 *
 * @param sync - for `countersign/sync`: an async function is refused at once
 * @throws {TypeError} for what is no source of keys
 * @throws {JoseError} for a JWK or JWK Set that is refused
 */
export function toSource(keys: unknown, backend: Sourcing): KeySource {
  if (KeyProvider.is(keys)) {
    for (const key of keys.keys ?? []) refuseForeign(key, backend)
    return keys
  }
  if (Key.is(keys)) return oneKey(toKey(keys, backend))
  if (Array.isArray(keys)) return severalKeys(Array.from(keys, (key) => toKey(key, backend)))
  if (typeof keys === 'function') {
    refuseAsync(keys, 'keys', backend)
    return foundKeys(keys as KeyFinder)
  }
  if (isJwkSet(keys)) return toSource(new KeySet(keys, backend), backend)
  if (isObject(keys)) return oneKey(toKey(keys, backend))
  throw new TypeError(
    `keys is ${kindOf(keys)}; give a Key (importKey makes one of a PEM), keys in an array, a key set, a JWK, a JWK Set or a function`,
  )
}

/** An async function is of no use where nothing waits. @throws TypeError */
export function refuseAsync(hook: object, name: string, { sync }: Pick<Sourcing, 'sync'>): void {
  if (!sync || hook.constructor.name !== 'AsyncFunction') return
  throw new TypeError(`${name} is an async function, which countersign/sync cannot await: use countersign`)
}

/** A key that works elsewhere answers with promises, which is of no use where nothing waits. @throws TypeError */
export function refuseForeign(key: Key, { sync }: Pick<Sourcing, 'sync'>): void {
  if (!sync || Key.material(key).foreign === undefined) return
  throw new TypeError(
    'the key works by promises (remoteKey, or a CryptoKey that is not extractable), which countersign/sync cannot await: use countersign',
  )
}

/**
 * Asks a function of the caller's. What it throws refuses the token, as something that may be over soon.
 *
 * @throws {JoseError} `CS_UNAVAILABLE`, or the JoseError that the function threw
 */
export function* askHook(hook: () => unknown, what: string): Op<unknown, unknown> {
  try {
    return yield* use<unknown, unknown>(hook)
  } catch (cause) {
    throw hookFailure(cause, what)
  }
}

/** What to throw for what a function of the caller's threw. */
export function hookFailure(cause: unknown, what: string): unknown {
  if (cause instanceof JoseError || cause instanceof PromiseInSyncError) return cause
  return new JoseError('CS_UNAVAILABLE', `${what} failed`, { cause, unavailable: true })
}

function toKey(key: unknown, backend: Sourcing): Key {
  if (!isObject(key)) throw new TypeError(`keys holds ${kindOf(key)} where a Key is expected`)
  const taken = Key.is(key) ? key : importMember(key, backend)
  refuseForeign(taken, backend)
  return taken
}

function oneKey(key: Key): KeySource {
  const keys = Object.freeze([key])
  // Neither a key nor a row changes, so what fitted once fits again.
  let fits: { readonly alg: Needs; readonly role: Role } | undefined
  return {
    only: key,
    keys,
    select(_header, alg, role) {
      if (fits?.alg === alg && fits.role === role) return keys
      const fault = misfit(alg, key, role)
      if (fault) throw new JoseError(fault.code, fault.why)
      fits = { alg, role }
      return keys
    },
  }
}

function severalKeys(keys: readonly Key[]): KeySource {
  if (keys.length === 0) throw new TypeError('keys is an empty array')
  if (keys.length > MOST_TRIED)
    throw new TypeError(`keys holds ${keys.length} keys to try, at most ${MOST_TRIED}: use keySet`)
  return {
    keys,
    select(_header, alg, role) {
      return fitting(keys, alg, role)
    },
  }
}

function fitting(keys: readonly Key[], alg: Needs, role: Role): readonly Key[] {
  const [first] = keys
  if (keys.length === 1 && first) {
    const fault = misfit(alg, first, role)
    if (fault) throw new JoseError(fault.code, fault.why)
    return keys
  }
  const fit = keys.filter((key) => misfit(alg, key, role) === undefined)
  if (fit.length === 0) throw new JoseError('CS_NO_KEY', `none of the ${keys.length} keys serves ${alg.id}`)
  return fit
}

function foundKeys(find: KeyFinder): KeySource {
  return {
    *select(header, alg, role) {
      const found = yield* askHook(() => find(header), 'the key function')
      const keys = Array.isArray(found) ? found : [found]
      // A look-up by kid that finds `Object.prototype` or nothing is no more than a key that is not there.
      if (keys.length === 0 || keys.length > MOST_TRIED || !keys.every((key): key is Key => Key.is(key))) {
        const gave = Array.isArray(found) ? `an array that is not 1 to ${MOST_TRIED} keys` : kindOf(found)
        throw new JoseError('CS_NO_KEY', `the key function gave ${gave} and no Key`)
      }
      return fitting(keys, alg, role)
    },
  }
}
