import { SIGNATURE } from '../alg/signature.ts'
import { JoseError, kindOf } from '../errors.ts'
import { isObject, type JsonObject, own } from '../json.ts'
import type { Jwk } from '../key/jwk.ts'
import type { Key } from '../key/key.ts'
import type { SecretInput } from '../key/secret.ts'

/** A key of a ring as a {@link KeyStore} has it: plain JSON. Times are epoch seconds. */
export interface StoredKey {
  /** Its name. */
  readonly kid: string
  /** The algorithm that it is for. */
  readonly alg: string
  /** What is published; a secret has none. */
  readonly publicJwk?: Jwk
  /** What is published once more, sealed: so it is one of ours, and not of somebody who can write to the store. */
  readonly voucher?: string
  /**
   * The private half, for as long as it may sign, or the secret: a compact JWE, or the JSON of a JWK where the store says
   * that nothing is sealed.
   */
  readonly privateJwk?: string
  /** Since when it is public, in epoch seconds. */
  readonly publishedAt: number
  /** When it begins to sign, in epoch seconds. */
  readonly activateAt: number
  /** When the next key takes over, in epoch seconds; known as soon as there is one. */
  readonly retireAt?: number
  /** When the key is gone, in epoch seconds. */
  readonly purgeAt?: number
  /** When it was revoked, in epoch seconds, if it was. */
  readonly revokedAt?: number
  /** Why it was revoked, in the words of whoever did. */
  readonly reason?: string
}

/** What {@link fileStore} encrypts private keys with: a key of 32 octets, or a passphrase. */
export type SealedBy =
  /** A key that encrypts keys: 32 octets. */
  | { readonly kek: SecretInput | Key; readonly passphrase?: never }
  /** A passphrase; text stands for its UTF-8. */
  | { readonly passphrase: string | Uint8Array; readonly kek?: never }

/**
 * What {@link fileStore} encrypts private keys with, and what was used before: keys under it are still opened, and
 * sealed anew.
 */
export type SealingOptions = SealedBy & { readonly previous?: SealedBy }

/** What happens in a {@link KeyStore} while nobody else changes it. */
export interface StoreTransaction {
  /** Every key, as it is now. */
  list(): Promise<readonly StoredKey[]> | readonly StoredKey[]
  /** Writes a key, in place of the one of the same kid. */
  put(key: StoredKey): Promise<void> | void
  /** Removes a key. */
  remove(kid: string): Promise<void> | void
}

/**
 * Where a ring keeps its keys. Several instances may share one store.
 *
 * @example
 * ```ts
 * import { createKeyRing, type KeyStore, type StoredKey } from 'countersign/keyring'
 *
 * // One row of a database that compares and swaps would do the same.
 * const rows = new Map<string, StoredKey>()
 * let busy = false
 * const store: KeyStore = {
 *   sealing: { kek: crypto.getRandomValues(new Uint8Array(32)) },
 *   list: async () => [...rows.values()],
 *   async exclusive(work) {
 *     if (busy) return undefined
 *     busy = true
 *     try {
 *       return await work({
 *         list: () => [...rows.values()],
 *         put: (key) => void rows.set(key.kid, key),
 *         remove: (kid) => void rows.delete(kid),
 *       })
 *     } finally {
 *       busy = false
 *     }
 *   },
 * }
 * const ring = await createKeyRing({ alg: 'ES256', store })
 * console.log(rows.size, ring.list().length) // 2 2
 * ```
 */
export interface KeyStore {
  /** What private keys are sealed with before they get here; `'none'` hands them over as they are. */
  readonly sealing: SealingOptions | 'none'
  /** Every key. */
  list(): Promise<readonly StoredKey[]>
  /**
   * Does some work while no other instance does: all that it writes is there afterwards, or nothing.
   *
   * @returns what the work gave, or `undefined` where another instance is at work: its result will be seen, and the work
   *   may be asked for again
   */
  exclusive<T>(work: (transaction: StoreTransaction) => Promise<T>): Promise<T | undefined>
  /** The time of the store in epoch seconds, where it has one that all instances share. */
  now?(): Promise<number>
}

/**
 * Reads what a store gave.
 *
 * @throws {JoseError} `CS_KEY_INVALID`
 */
export function parseStoredKeys(values: unknown): readonly StoredKey[] {
  if (!Array.isArray(values)) throw invalidStore(`${kindOf(values)} and not an array of keys`)
  const keys = Array.from(values, parseStoredKey)
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) throw invalidStore('two keys of one kid')
  return keys
}

function parseStoredKey(value: unknown): StoredKey {
  if (!isObject(value)) throw invalidStore(`${kindOf(value)} where a key is expected`)
  const [kid, alg] = [text(value, 'kid'), text(value, 'alg')]
  if (kid === undefined || alg === undefined) throw invalidStore('a key without kid or alg')
  if (!SIGNATURE.has(alg)) throw invalidStore('a key whose alg is no signature algorithm here')
  const [publishedAt, activateAt] = [time(value, 'publishedAt'), time(value, 'activateAt')]
  if (publishedAt === undefined || activateAt === undefined) throw invalidStore('a key without its times')
  const publicJwk = own(value, 'publicJwk') ?? undefined
  if (publicJwk !== undefined && !isObject(publicJwk)) throw invalidStore('a publicJwk that is no JWK')
  return {
    kid,
    alg,
    publishedAt,
    activateAt,
    ...(publicJwk && { publicJwk: publicJwk as object as Jwk }),
    ...only('voucher', text(value, 'voucher')),
    ...only('privateJwk', text(value, 'privateJwk')),
    ...only('retireAt', time(value, 'retireAt')),
    ...only('purgeAt', time(value, 'purgeAt')),
    ...only('revokedAt', time(value, 'revokedAt')),
    ...only('reason', text(value, 'reason')),
  }
}

/** A member, where it has a value. */
function only<Name extends string, T>(name: Name, value: T | undefined): { readonly [N in Name]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [N in Name]?: T }
}

/** A text that may be left out; a column of a database is null then. */
function text(row: JsonObject, name: string): string | undefined {
  const value = own(row, name) ?? undefined
  if (value === undefined || (typeof value === 'string' && value !== '')) return value
  throw invalidStore(`a key whose ${name} is ${kindOf(value)} and not text`)
}

function time(row: JsonObject, name: string): number | undefined {
  const value = own(row, name) ?? undefined
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value
  throw invalidStore(`a key whose ${name} is ${kindOf(value)} and not epoch seconds`)
}

/** @returns the error for a store that holds what it should not */
export function invalidStore(what: string): JoseError {
  return new JoseError('CS_KEY_INVALID', `the key store holds ${what}`, {
    hint: 'Restore the store from a backup. Nothing in it was changed.',
  })
}
