import { misfit, type Needs, type Role } from '../alg/needs.ts'
import type { JwkAdmission, Sourcing } from '../crypto/backend.ts'
import { JoseError, kindOf, show } from '../errors.ts'
import type { JoseHeader } from '../header.ts'
import { isObject, type JsonObject, own } from '../json.ts'
import { importMember } from '../key/from-jwk.ts'
import { isJwkSet, isPrivateJwk } from '../key/jwk.ts'
import { Key } from '../key/key.ts'
import { nameOf } from '../key/ops.ts'
import type { Op } from '../op.ts'
import { KeyProvider, type Selection } from './key-source.ts'

/** A member of a JWK Set that {@link keySet} does not use, and why. */
export interface SkippedKey {
  /** Its place in the set; the first is 0. */
  readonly index: number
  /** Its name, where it has one. */
  readonly kid: string | undefined
  /** Why it is left out. */
  readonly error: JoseError
}

/** Stricter rules for a set that came over the network. */
export interface SetRules {
  /** Refuses the whole set if it has a private or secret member. */
  readonly publicOnly?: boolean
  readonly maxKeys?: number
}

/**
 * The keys of a JWK Set (RFC 7517 §5), imported once by {@link keySet}. The kid of a token selects: exactly one key
 * must have it and fit. A token without kid is verified or decrypted only where exactly one key fits. Members of an
 * unknown kty, and members that the rules for keys refuse, are left out and listed in `skipped`.
 */
export class KeySet extends KeyProvider {
  /** The keys that can be used, in their order. */
  readonly keys: readonly Key[]
  /** The members that are left out, and why. */
  readonly skipped: readonly SkippedKey[]
  readonly #refused: readonly JsonObject[]
  /** Keys by name, made at the first selection, since a thumbprint may take the backend. */
  #byName: ReadonlyMap<string, readonly Key[]> | undefined
  /** What was chosen last by each name: neither keys nor rows change, so it would be chosen again. */
  readonly #chosen = new Map<string, { readonly alg: Needs; readonly role: Role; readonly keys: readonly Key[] }>()

  /** @internal @throws {JoseError} `CS_JWKS_INVALID` */
  constructor(jwks: unknown, backend: JwkAdmission, { publicOnly = false, maxKeys = 1000 }: SetRules = {}) {
    super()
    const members = membersOf(jwks, maxKeys)
    refuseMixture(members, publicOnly)
    const keys: Key[] = []
    const skipped: SkippedKey[] = []
    const refused: JsonObject[] = []
    for (const [index, member] of members.entries()) {
      if (Key.is(member)) keys.push(member)
      else {
        try {
          keys.push(importMember(member, backend))
        } catch (error) {
          if (!(error instanceof JoseError)) throw error
          const kid = own(member, 'kid')
          refused.push(member)
          skipped.push({ index, kid: typeof kid === 'string' ? kid : undefined, error })
        }
      }
    }
    this.keys = Object.freeze(keys)
    this.skipped = Object.freeze(skipped)
    this.#refused = refused
  }

  /** @internal As `KeySource.select`. */
  override select({ kid }: JoseHeader, alg: Needs, role: Role): Selection {
    if (kid === undefined) return this.#choose(this.keys, kid, alg, role)
    const chosen = this.#chosen.get(kid)
    if (chosen?.alg === alg && chosen.role === role) return chosen.keys
    if (this.#byName === undefined) return this.#selectFirst(kid, alg, role)
    return this.#choose(this.#byName.get(kid), kid, alg, role)
  }

  *#selectFirst(kid: string, alg: Needs, role: Role): Op<readonly Key[], Sourcing> {
    return this.#choose((yield* this.#index()).get(kid), kid, alg, role)
  }

  #choose(named: readonly Key[] = [], kid: string | undefined, alg: Needs, role: Role): readonly Key[] {
    const fit = named.filter((key) => misfit(alg, key, role) === undefined)
    const doubted = fit.length === 1 && kid !== undefined && this.#skippedMayFit(kid, alg)
    if (fit.length === 1 && !doubted) {
      if (kid !== undefined) this.#chosen.set(kid, { alg, role, keys: fit })
      return fit
    }
    const which = kid === undefined ? 'the token has no kid' : `kid ${show(kid)}`
    if (doubted)
      throw new JoseError('CS_AMBIGUOUS_KEY', `${which} belongs to a second key, which was left out of the set`)
    if (fit.length > 1) {
      throw new JoseError('CS_AMBIGUOUS_KEY', `${which}, and ${fit.length} keys of the set serve ${alg.id}`)
    }
    throw new JoseError('CS_NO_KEY', `${which}: ${this.#whyNone(named, kid, alg, role)}`)
  }

  /** @internal As `KeySource.first`: the first key that says it is for encryption, or else the first that fits. */
  override *first(alg: Needs): Op<Key, Sourcing> {
    const fit = this.keys.filter((key) => misfit(alg, key, 'encrypt') === undefined)
    const key = fit.find(({ use, alg: own }) => use === alg.use || own !== undefined) ?? fit[0]
    if (key) return key
    throw new JoseError('CS_NO_KEY', `no key of the set (${this.keys.length} in all) serves ${alg.id}`)
  }

  /** Whether a member that was refused bears the same name and claims to be of the same kind. */
  #skippedMayFit(kid: string, alg: Needs): boolean {
    return this.#refused.some(
      (member) =>
        own(member, 'kid') === kid &&
        alg.kty.some((kty) => kty === own(member, 'kty')) &&
        (alg.crv?.some((crv) => crv === own(member, 'crv')) ?? true) &&
        [undefined, alg.id].includes(own(member, 'alg') as string | undefined) &&
        [undefined, alg.use].includes(own(member, 'use') as Needs['use'] | undefined),
    )
  }

  *#index(): Op<ReadonlyMap<string, readonly Key[]>, Sourcing> {
    if (this.#byName) return this.#byName
    const byName = new Map<string, Key[]>()
    for (const key of this.keys) {
      const name = yield* nameOf(key)
      if (name !== undefined) byName.set(name, [...(byName.get(name) ?? []), key])
    }
    this.#byName = byName
    return byName
  }

  #whyNone(named: readonly Key[], kid: string | undefined, alg: Needs, role: Role): string {
    const [key] = named
    const fault = key && misfit(alg, key, role)
    if (fault && named.length === 1) return fault.why
    const skipped = this.skipped.find((member) => kid !== undefined && member.kid === kid)
    if (skipped) return `that key was left out of the set: ${skipped.error.message}`
    return `no key of the set (${this.keys.length} in all) ${kid === undefined ? `serves ${alg.id}` : 'has it'}`
  }
}

type Member = Key | JsonObject

function membersOf(jwks: unknown, maxKeys: number): readonly Member[] {
  if (!isJwkSet(jwks)) throw invalid(`${kindOf(jwks)} without a member "keys" is not a JWK Set`)
  const members: unknown = own(jwks, 'keys')
  if (!Array.isArray(members)) throw invalid(`keys of the JWK Set is ${kindOf(members)} and not an array`)
  if (members.length > maxKeys) throw invalid(`the JWK Set has ${members.length} keys, ${maxKeys} are allowed`)
  // Array.from and not map, which leaves out what an array does not have.
  return Array.from(members, (member: unknown, index) => {
    if (Key.is(member) || isObject(member)) return member
    throw invalid(`member ${index} of the JWK Set is ${kindOf(member)} and not a JWK`)
  })
}

/** A set of secrets and a set of public keys are two things; together they invite one to be used as the other. */
function refuseMixture(members: readonly Member[], publicOnly: boolean): void {
  const secrets = members.filter((member) => ktyOf(member) === 'oct').length
  if (secrets > 0 && (publicOnly || secrets < members.length)) {
    throw invalid(publicOnly ? 'the JWK Set holds a secret' : 'the JWK Set mixes secrets (oct) with other keys')
  }
  if (publicOnly && members.some(isPrivate)) throw invalid('the JWK Set holds a private key')
}

function isPrivate(member: Member): boolean {
  return Key.is(member) ? member.kind === 'private' : isPrivateJwk(member)
}

function ktyOf(member: Member): unknown {
  return Key.is(member) ? member.kty : own(member, 'kty')
}

function invalid(why: string): JoseError {
  return new JoseError('CS_JWKS_INVALID', why)
}
