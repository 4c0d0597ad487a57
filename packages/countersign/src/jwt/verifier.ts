import type { Table } from '../alg/needs.ts'
import type { SignatureAlg } from '../alg/signature.ts'
import {
  CLAIMS_OPTION_NAMES,
  type ClaimsOptions,
  type ClaimsPolicy,
  type Expected,
  type JwtClaims,
  toExpected,
  toPolicy,
  validate,
} from '../claims.ts'
import type { Sourcing, Verifying } from '../crypto/backend.ts'
import { JoseError, kindOf, show } from '../errors.ts'
import { type HeaderReader, headerReader, type JoseHeader } from '../header.ts'
import { isObject, own } from '../json.ts'
import { checkedSource, toAlgorithms } from '../jws/rules.ts'
import { type VerifyRules, verify } from '../jws/verify.ts'
import type { Key } from '../key/key.ts'
import type { Op } from '../op.ts'
import { checkNames, JWT_LIMITS, type Limits, toLimits } from '../options.ts'
import { type CompactJws, parseCompact } from '../serialization/jws.ts'
import { askHook, type KeySource, type Keys, refuseAsync } from '../source/source.ts'
import { parseClaims } from './decode.ts'
import { type Handles, handles } from './handles.ts'

/** Texts of which one must match exactly, or `'any'` to accept every one. */
export type Expectation = string | readonly string[]

/** One issuer of an allow-list: its keys, and whom its tokens must be for. */
export interface IssuerRules {
  readonly keys: Keys
  readonly audience: Expectation
}

/** Finds the rules for an issuer; `undefined` refuses it. */
export type IssuerFinder = (iss: string) => IssuerRules | undefined | PromiseLike<IssuerRules | undefined>

interface CommonOptions extends ClaimsOptions {
  /** Narrows the algorithms further than the keys do. */
  readonly algorithms?: readonly string[]
  readonly limits?: Partial<Limits>
}

/** Tokens of one issuer, or of several that share their keys. */
export interface OneIssuerOptions extends CommonOptions {
  readonly keys: Keys
  readonly issuer: Expectation
  readonly audience: Expectation
  readonly issuers?: never
}

/** Tokens of several issuers, each with keys of its own. */
export interface ManyIssuersOptions extends CommonOptions {
  readonly issuers: Readonly<Record<string, IssuerRules>> | IssuerFinder
  readonly keys?: never
  readonly issuer?: never
  readonly audience?: never
}

/** Options of `createVerifier`. */
export type VerifierOptions = OneIssuerOptions | ManyIssuersOptions

/** A token whose signature and claims have been checked. */
export interface VerifiedToken {
  readonly claims: JwtClaims
  readonly header: JoseHeader
  /** The key that verified the signature. */
  readonly key: Key
}

/** The outcome of `safeVerify`. */
export type SafeVerified = ({ readonly ok: true } & VerifiedToken) | { readonly ok: false; readonly error: JoseError }

/** Verifies a token, step by step; what has not even the form of a token is refused before the first. */
export type VerifyOp = (token: unknown) => Op<VerifiedToken, Verifying>

/** The verifiers that the doors gave out. */
export const VERIFIERS: Handles<VerifyOp> = handles()

/** What counts for the tokens of one issuer. */
interface Rules {
  readonly keys: KeySource
  readonly issuer: Expected
  readonly audience: Expected
}

const NAMES = ['keys', 'algorithms', 'issuer', 'audience', 'issuers', 'limits', ...CLAIMS_OPTION_NAMES] as const

/**
 * Checks every option once and prepares all that does not depend on the token.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} for keys that are refused, or that could never verify anything
 */
export function prepareVerifier(options: VerifierOptions, backend: Sourcing): VerifyOp {
  checkNames<VerifierOptions>(options, NAMES, 'createVerifier')
  const limits = toLimits(options.limits, JWT_LIMITS)
  const algorithms = toAlgorithms(options.algorithms)
  const policy = toPolicy(options)
  const readHeader = headerReader(limits)
  const sourceOf = sources(algorithms, backend)
  const rules = options.issuers === undefined ? oneIssuer(options, sourceOf) : manyIssuers(options, sourceOf, backend)
  const prepared: Prepared = { limits, signature: { algorithms, understood: NOTHING }, policy, readHeader, rules }
  return (token) => verifyToken(token, prepared)
}

/** No extension is for JWTs: `b64` is not (RFC 7797 §7), and no other is known. */
const NOTHING: ReadonlySet<string> = new Set()

interface Prepared {
  readonly limits: Limits
  readonly signature: VerifyRules
  readonly policy: ClaimsPolicy
  readonly readHeader: HeaderReader
  /** What counts for every token, or how to find what counts for this one. */
  readonly rules: Rules | FindRulesOf
}

type FindRulesOf = (jws: CompactJws, limits: Limits) => Op<Rules, Verifying>

/** @throws {JoseError} at once where the token has not the form of one */
function verifyToken(token: unknown, prepared: Prepared): Op<VerifiedToken, Verifying> {
  const { limits, readHeader, rules } = prepared
  const jws = parseCompact(token, limits, readHeader)
  return typeof rules === 'function' ? findAndCheck(jws, rules, prepared) : check(jws, rules, prepared)
}

function* findAndCheck(jws: CompactJws, find: FindRulesOf, prepared: Prepared): Op<VerifiedToken, Verifying> {
  return yield* check(jws, yield* find(jws, prepared.limits), prepared)
}

function check(
  jws: CompactJws,
  { keys, issuer, audience }: Rules,
  { limits, signature, policy }: Prepared,
): Op<VerifiedToken, Verifying> {
  return verify(jws, keys, signature, ({ header, key }) => {
    const claims = parseClaims(jws.payload, limits)
    validate(claims, header.typ, policy, issuer, audience)
    return { claims, header, key }
  })
}

type SourceOf = (keys: unknown) => KeySource

function oneIssuer(options: OneIssuerOptions, sourceOf: SourceOf): Rules {
  return {
    keys: sourceOf(options.keys),
    issuer: toExpected(options.issuer, 'issuer'),
    audience: toExpected(options.audience, 'audience'),
  }
}

/** An allow-list: `iss` is read before the signature is checked, and chooses among trusted keys alone. */
function manyIssuers(options: ManyIssuersOptions, sourceOf: SourceOf, backend: Sourcing): Prepared['rules'] {
  for (const name of ['keys', 'issuer', 'audience'] as const) {
    if (options[name] !== undefined)
      throw new TypeError(`${name} and issuers exclude each other: each issuer brings its own`)
  }
  const { issuers } = options
  const toRules: ToRules = (iss, rules) => {
    checkNames<IssuerRules>(rules, ['keys', 'audience'], 'an issuer')
    return { keys: sourceOf(rules.keys), issuer: [iss], audience: toExpected(rules.audience, 'audience') }
  }
  const find = typeof issuers === 'function' ? asked(issuers, toRules, backend) : undefined
  const list = find ? undefined : listed(issuers, toRules)
  return function* (jws, limits) {
    const iss = own(parseClaims(jws.payload, limits), 'iss')
    if (typeof iss !== 'string') throw new JoseError('CS_ISS', `iss is ${kindOf(iss)}, and the keys are chosen by it`)
    const rules = find ? yield* find(iss) : list?.get(iss)
    if (rules === undefined)
      throw new JoseError('CS_ISS', `iss ${show(iss)} is not one of the issuers that are trusted here`)
    return rules
  }
}

type FindRules = (iss: string) => Op<Rules | undefined, Verifying>
type ToRules = (iss: string, rules: unknown) => Rules

function listed(issuers: unknown, toRules: ToRules): ReadonlyMap<string, Rules> {
  if (!isObject(issuers)) throw new TypeError(`issuers is ${kindOf(issuers)}; give an object by iss, or a function`)
  const rules = new Map(Object.entries(issuers).map(([iss, given]) => [iss, toRules(iss, given)]))
  if (rules.size === 0) throw new TypeError('issuers is empty, which would trust nobody')
  return rules
}

function asked(find: IssuerFinder, toRules: ToRules, backend: Sourcing): FindRules {
  refuseAsync(find, 'issuers', backend)
  return function* (iss) {
    const given = yield* askHook(() => find(iss), 'the issuers function')
    if (given === undefined || given === null) return undefined
    try {
      return toRules(iss, given)
    } catch (cause) {
      // A look-up by iss may find `Object.prototype`: that is nobody's fault but the token's.
      throw new JoseError('CS_ISS', `the issuers function gave no rules for iss ${show(iss)}`, { cause })
    }
  }
}

/** Makes keys a source, each object once: a function may give the same raw JWK Set for every token. */
function sources(algorithms: Table<SignatureAlg>, backend: Sourcing): SourceOf {
  const known = new WeakMap<object, KeySource>()
  return (keys) => {
    const kept = typeof keys === 'object' && keys !== null ? keys : undefined
    const source = (kept && known.get(kept)) ?? checkedSource(keys, algorithms, backend)
    if (kept) known.set(kept, source)
    return source
  }
}
