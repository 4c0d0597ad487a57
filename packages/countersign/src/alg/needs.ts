import type { ForeignKey, Kty } from '../crypto/backend.ts'
import { type ErrorCode, show } from '../errors.ts'

/** What a key may be asked to do. */
export type Role = 'sign' | 'verify' | 'encrypt' | 'decrypt'

/** What an algorithm asks of a key. */
export interface Needs {
  /** The name in JOSE. */
  readonly id: string
  readonly use: 'sig' | 'enc'
  readonly kty: readonly Kty[]
  /** The curves it works on, where its keys have one. */
  readonly crv?: readonly string[]
  /** The least size of a secret or a modulus, in bits. */
  readonly minBits?: number
  /** The sizes of a secret, in bits, where not every size will do. */
  readonly sizes?: readonly number[]
  /** Another name that a key for this algorithm may have as its `alg`. */
  readonly alias?: string
  /** The `key_ops` that allow a role, any one of them. Default: the role's own name. */
  readonly ops?: { readonly [Name in Role]?: readonly string[] }
  /** The role of a half that does nothing `key_ops` has a name for, so that an empty one allows it, too. */
  readonly idle?: Role
  /** What a key that works elsewhere must be able to do there for a role; `'octets'` is what none can: show itself. */
  readonly work?: { readonly [Name in Role]?: keyof ForeignKey | 'octets' }
}

/** What a key says of itself, as far as it decides what the key may do. */
export interface KeyFacts {
  readonly kind: 'secret' | 'public' | 'private'
  readonly kty: Kty
  readonly crv: string | undefined
  readonly bits: number
  readonly alg: string | undefined
  readonly use: string | undefined
  readonly key_ops: readonly string[] | undefined
  /** Why these octets make no HMAC key, apart from their number. */
  readonly weakness: string | undefined
  /** Whether the caller lifted the rule on the number of octets of an HMAC key. */
  readonly allowShort: boolean
  /** What a key does that works elsewhere, or is bound to less than its stuff would do; nothing for any other. */
  readonly does?: readonly string[] | undefined
}

/** Why a key does not serve an algorithm in a role. */
export interface Misfit {
  readonly code: ErrorCode
  readonly why: string
}

/**
 * The one gate between keys and algorithms. Everything that forbids a use is here, and nothing of it comes from a
 * token. It never throws, so that an unfit key does not hide the fitting one behind it.
 *
 * @param role - left out: whether the key could serve the algorithm in any role
 * @returns nothing where the key serves the algorithm
 */
export function misfit(needs: Needs, key: KeyFacts, role?: Role): Misfit | undefined {
  const { id } = needs
  if (!needs.kty.includes(key.kty))
    return type(`${id} takes a key of kty ${needs.kty.join(' or ')}, this one is ${key.kty}`)
  if (needs.crv && !needs.crv.includes(key.crv ?? '')) {
    return type(`${id} takes a key on ${needs.crv.join(' or ')}, this one is on ${key.crv}`)
  }
  if (key.alg !== undefined && key.alg !== id && key.alg !== needs.alias)
    return type(`the key is for ${show(key.alg)} alone, not for ${id}`)
  if (key.use !== undefined && key.use !== needs.use) {
    return type(`the key has use ${show(key.use)}, and ${id} takes ${show(needs.use)}`)
  }
  if (role !== undefined) {
    const wrong = WRONG_HALF[key.kind]?.[role]
    if (wrong) return type(wrong)
    const ops = needs.ops?.[role] ?? [role]
    const idle = needs.idle === role && key.key_ops?.length === 0
    if (key.key_ops && !idle && !ops.some((name) => key.key_ops?.includes(name)))
      return type(`key_ops of the key do not include ${ops.join(' or ')}`)
    const work = needs.work?.[role]
    if (key.does && work && !key.does.includes(work))
      return type(`the key has no way to ${role} for ${id}: it works elsewhere, or was made for something else`)
  }
  if (key.kty === 'oct' && key.weakness !== undefined) return { code: 'CS_WEAK_SECRET', why: key.weakness }
  if (needs.minBits !== undefined && key.bits < needs.minBits && !(key.kty === 'oct' && key.allowShort)) {
    const code = key.kty === 'oct' ? 'CS_WEAK_SECRET' : 'CS_KEY_SIZE'
    return { code, why: `${id} takes at least ${needs.minBits} bits, this key has ${key.bits}` }
  }
  if (needs.sizes && !needs.sizes.includes(key.bits)) {
    return { code: 'CS_KEY_SIZE', why: `${id} takes ${needs.sizes.join(' or ')} bits, this key has ${key.bits}` }
  }
  return undefined
}

/** Which half of a pair does what. */
const WRONG_HALF: { readonly [Kind in KeyFacts['kind']]?: { readonly [Name in Role]?: string } } = {
  public: {
    sign: 'a public key cannot sign: give the private one',
    decrypt: 'a public key cannot decrypt: give the private one',
  },
  private: {
    verify: 'a private key is not for verifying: give await publicKey(key)',
    encrypt: 'a private key is not for encrypting: give await publicKey(key)',
  },
}

function type(why: string): Misfit {
  return { code: 'CS_KEY_TYPE', why }
}

/** Why a key that serves none of some algorithms does not: the reason of the one that it comes nearest to. */
export function nearestMisfit(rows: Iterable<Needs>, key: KeyFacts, role: Role): Misfit {
  const all = [...rows]
  const own = all.find((row) => row.id === key.alg)
  const near =
    own ?? all.find((row) => row.kty.includes(key.kty) && (row.crv?.includes(key.crv ?? '') ?? true)) ?? all[0]
  return (near && misfit(near, key, role)) ?? type('the key serves no algorithm')
}

/** Rows by name. A Map, so a name such as `__proto__` finds nothing. */
export type Table<Row> = ReadonlyMap<string, Row>

/** Makes a table: each row is frozen and carries its own name. */
export function table<Row extends object>(rows: Readonly<Record<string, Row>>): Table<Row & { readonly id: string }> {
  return new Map(Object.entries(rows).map(([id, row]) => [id, Object.freeze({ ...row, id })]))
}
