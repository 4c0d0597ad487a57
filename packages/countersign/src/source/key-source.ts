import type { Needs, Role } from '../alg/needs.ts'
import type { SignatureAlg } from '../alg/signature.ts'
import type { Sourcing } from '../crypto/backend.ts'
import type { JoseHeader } from '../header.ts'
import type { Key } from '../key/key.ts'
import type { Op } from '../op.ts'

/** Keys, or how to get them. */
export type Selection = readonly Key[] | Op<readonly Key[], Sourcing>

/** Where the keys for a token come from. */
export interface KeySource {
  /** Set where there is but one key, so that a key that can never serve is refused before any token comes. */
  readonly only?: Key
  /** The keys there are, where they are known before any token comes. */
  readonly keys?: readonly Key[]
  /**
   * The keys that may have made this token, or to which it may have been made, each fit for the algorithm; there is at
   * least one. A source that has them at hand gives them without the detour of an operation.
   *
   * @throws {JoseError} `CS_NO_KEY`, `CS_AMBIGUOUS_KEY`, or why the only key does not fit
   */
  select(header: JoseHeader, alg: Needs, role: Role): Selection
  /** The key to encrypt with, where a source has several. */
  first?(alg: Needs): Op<Key, Sourcing>
}

/** Whether a source had its keys at hand. */
export const isList = (found: Selection): found is readonly Key[] => Array.isArray(found)

/** The keys of a source for an operation, which waits for them where it has to. */
export function* selected(found: Selection): Op<readonly Key[], Sourcing> {
  return isList(found) ? found : yield* found
}

/**
 * An object of this library's own that stands for keys: a set, a remote set, a ring. The class is its mark, and no
 * look-alike passes; so what takes keys knows none of these by name, and a bundle has only those that a program makes.
 * {@link keySet} and {@link remoteKeySet} make such objects.
 */
export abstract class KeyProvider {
  readonly #own = true

  /** @internal As `KeySource.select`. */
  abstract select(header: JoseHeader, alg: Needs, role: Role): Selection

  /** @internal As `KeySource.first`. */
  abstract first(alg: Needs): Op<Key, Sourcing>

  /** @internal Whether a value is one that this library made. */
  static is(value: unknown): value is KeyProvider & KeySource {
    return typeof value === 'object' && value !== null && #own in value && value.#own
  }
}

/**
 * Keys to sign with that take turns: a key ring, as {@link countersign/keyring!createKeyRing | createKeyRing} opens it.
 */
export abstract class SigningKeys extends KeyProvider {
  readonly #signs = true

  /** How long a token may live that such a key signs, in seconds: nobody knows the key for longer. */
  abstract readonly tokenLifetime: number

  /** @internal The algorithms that there are keys for. */
  abstract readonly algorithms: readonly SignatureAlg[]

  /** @internal The key whose turn it is. @throws {JoseError} `CS_UNAVAILABLE` where none may sign at the moment */
  abstract signing(alg: SignatureAlg): Op<Key, Sourcing>

  /** @internal Whether a value is one that this library made. */
  static override is(value: unknown): value is SigningKeys {
    return typeof value === 'object' && value !== null && #signs in value && value.#signs
  }
}
