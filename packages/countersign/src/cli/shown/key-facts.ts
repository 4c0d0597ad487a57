import { CONTENT } from '../../alg/content.ts'
import { MANAGEMENT } from '../../alg/management.ts'
import { SIGNATURE } from '../../alg/signature.ts'
import { fromBase64url } from '../../bytes.ts'
import { type Told, tell } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import { type JsonObject, own, withoutUndefined } from '../../json.ts'
import { importMember } from '../../key/from-jwk.ts'
import { bitLength, toInteger } from '../../key/integer.ts'
import type { Key } from '../../key/key.ts'
import { thumbprint } from '../../key/ops.ts'
import { run } from '../../op.ts'
import { backend } from '../engine.ts'
import { sortOf } from '../given/key-words.ts'

/** What a key is, without anything that only its owner may see. */
export interface KeyFacts {
  readonly kind: Key['kind']
  readonly kty: string
  readonly crv?: string
  readonly bits: number
  readonly kid?: string
  readonly alg?: string
  readonly use?: string
  readonly key_ops?: readonly string[]
  /** False where its JWK says that it stays where it is. */
  readonly extractable?: boolean
  /** Nothing for a secret: others could try secrets out with it. */
  readonly thumbprint?: string
  readonly algorithms: Algorithms
}

/** The algorithms that a key may serve: signatures, the management of keys, the encryption of content. */
export interface Algorithms {
  readonly sig: readonly string[]
  readonly key: readonly string[]
  readonly enc: readonly string[]
}

export async function factsOf(key: Key): Promise<KeyFacts> {
  const { kind, kty, crv, bits, kid, alg, use, key_ops, extractable } = key
  const ids = key.algorithms
  const of = (table: ReadonlyMap<string, unknown>): readonly string[] => ids.filter((id) => table.has(id))
  return withoutUndefined({
    ...{ kind, kty, crv, bits, kid, alg, use, key_ops },
    extractable: extractable ? undefined : false,
    thumbprint: kind === 'secret' ? undefined : await run(thumbprint(key), backend),
    algorithms: { sig: of(SIGNATURE), key: of(MANAGEMENT), enc: of(CONTENT) },
  }) as KeyFacts
}

/** What a JWK says of itself that is refused as a key: nothing of it was checked. */
export interface RefusedFacts {
  readonly kind?: Key['kind']
  readonly kty?: string
  readonly crv?: string
  readonly bits?: number
  readonly kid?: string
  readonly alg?: string
  readonly use?: string
  readonly error: Told
}

export function refusedFacts(jwk: JsonObject, error: JoseError): RefusedFacts {
  const text = (name: string): string | undefined => {
    const value = own(jwk, name)
    return typeof value === 'string' && value.length <= 256 ? value : undefined
  }
  const has = (...names: readonly string[]): boolean => names.some((name) => own(jwk, name) !== undefined)
  const kty = text('kty')
  const kind =
    kty === 'oct' || has('k') ? 'secret' : has('d', 'priv') ? 'private' : has('x', 'n', 'pub') ? 'public' : undefined
  return withoutUndefined({
    ...{ kind, kty, crv: text('crv'), bits: kty === 'RSA' ? modulusBits(own(jwk, 'n')) : undefined },
    ...{ kid: text('kid'), alg: text('alg'), use: text('use') },
    error: tell(error),
  }) as RefusedFacts
}

/** As many keys as a set has at most, here and in the library. */
export const MOST_MEMBERS = 1000

/** What a member of a set is, or why it is refused. */
export async function memberFacts(jwk: JsonObject): Promise<KeyFacts | RefusedFacts> {
  let key: Key
  try {
    key = importMember(jwk, backend)
  } catch (error) {
    if (error instanceof JoseError) return refusedFacts(jwk, error)
    throw error
  }
  return factsOf(key)
}

function modulusBits(n: unknown): number | undefined {
  try {
    return typeof n === 'string' && n.length < 8192 ? bitLength(toInteger(fromBase64url(n, 'n'))) : undefined
  } catch {
    return undefined
  }
}

/** A key in a word or two, such as `RSA 2048 public`. */
export function wordsOf(facts: KeyFacts | RefusedFacts): string {
  const { kind, kty, crv, bits } = facts
  if ('algorithms' in facts) {
    const sort = sortOf(facts as Pick<Key, 'kty' | 'crv' | 'bits' | 'alg'>)
    return kind === 'secret' ? `secret, ${sort}` : `${sort} ${kind}`
  }
  return [kty ?? 'no kty', crv ?? bits, kind].filter((word) => word !== undefined).join(' ')
}
