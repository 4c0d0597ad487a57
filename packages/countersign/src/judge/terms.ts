import type { Issue, JoseError } from '../errors.ts'
import type { JoseHeader } from '../header.ts'
import type { JsonObject } from '../json.ts'
import type { Key } from '../key/key.ts'
import type { Keys } from '../source/source.ts'

/** A token whose signature holds. */
export interface Signed {
  readonly token: string | JsonObject
  readonly header: JoseHeader
  /** Nothing where what was signed is no claims set. */
  readonly claims: JsonObject | undefined
  readonly key: Key
  readonly keys: Keys
  readonly algorithms: readonly string[] | undefined
}

/** What is demanded by name: that it has a value, or that it is there. */
export type Asked = ReadonlyMap<string, 'value' | 'presence'>

/** What is demanded that the library's verifiers go by, too. */
export interface Terms {
  /** Epoch seconds, whole. */
  readonly now: number
  readonly leeway: number
  readonly maxAge: number | undefined
  readonly allowExpired: boolean
  readonly issuer: string | undefined
  readonly audience: readonly string[]
  readonly subject: string | undefined
  readonly typ: string | undefined
  readonly required: readonly string[]
}

/** Why a token whose signature holds is refused. */
export interface Fault {
  /** What is told. */
  readonly error: JoseError
  readonly issues: readonly Issue[]
  /** What is at fault as a whole and not in a claim, with its code. */
  readonly whole: readonly Pick<Issue, 'path' | 'code'>[]
  /** What was asked for, and was not come to. */
  readonly open: ReadonlySet<string>
}

/** What a kind of token has to be. */
export interface Profile {
  readonly asked: Asked
  /** What is looked at only once all else holds. */
  readonly last?: readonly string[]
  /** @throws {JoseError} for a token that it refuses */
  hold(signed: Signed): Promise<void>
}

/** What is demanded of a token beside its signature. */
export interface Demands extends Terms {
  /** The algorithms that are allowed, where somebody says so. */
  readonly algorithms: readonly string[] | undefined
  /** Extensions that may be critical, beside those that are understood anyway. */
  readonly crit: readonly string[] | undefined
  readonly profile: Profile | undefined
  /** What is demanded by name. */
  readonly asked: Asked
}
