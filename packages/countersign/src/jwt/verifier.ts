import type { Table } from '../alg/needs.ts'
import type { SignatureAlg } from '../alg/signature.ts'
import {
  CLAIMS_OPTION_NAMES,
  type ClaimsOptions,
  type ClaimsPolicy,
  type Expected,
  type FurtherChecks,
  type JwtClaims,
  toExpected,
  toPolicy,
  validate,
} from '../claims.ts'
import type { Awaitable, Sourcing, Verifying } from '../crypto/backend.ts'
import { JoseError, kindOf, show } from '../errors.ts'
import { type HeaderReader, headerReader, type JoseHeader } from '../header.ts'
import { isObject, type JsonObject, own } from '../json.ts'
import { checkedSource, toAlgorithms } from '../jws/rules.ts'
import { allowed, candidatesOf, type VerifiedSignature, type VerifyRules, verify } from '../jws/verify.ts'
import type { Key } from '../key/key.ts'
import { isPromise, type Op, start, use } from '../op.ts'
import { checkNames, JWT_LIMITS, type Limits, refuseLost, toLimits } from '../options.ts'
import { type CompactJws, parseCompact } from '../serialization/jws.ts'
import type { KeySource } from '../source/key-source.ts'
import { askHook, type Keys, refuseAsync } from '../source/source.ts'
import {
  ACCEPTANCE_NAMES,
  type Acceptance,
  type AcceptanceOptions,
  type Accepted,
  type CheckedToken,
  toAcceptance,
} from './acceptance.ts'
import { parseClaims } from './decode.ts'
import { type Handles, handles } from './handles.ts'
import { recalling } from './recall.ts'
import { type CacheOptions, toCache } from './result-cache.ts'

/**
 * Texts of which one must match exactly, or `'any'` to accept every one: `issuer` and `audience` of
 * {@link createVerifier}.
 */
export type Expectation = string | readonly string[]

/** One issuer of an allow-list ({@link ManyIssuersOptions}): its keys, and whom its tokens must be for. */
export interface IssuerRules {
  /** Its keys, in any form that keys come in. */
  readonly keys: Keys
  /** Whom its tokens must be for; `'any'` takes every audience. */
  readonly audience: Expectation
}

/** Finds the rules for an issuer, in place of an allow-list ({@link ManyIssuersOptions}); `undefined` refuses it. */
export type IssuerFinder = (iss: string) => IssuerRules | undefined | PromiseLike<IssuerRules | undefined>

interface CommonOptions<Claims> extends ClaimsOptions, AcceptanceOptions<Claims> {
  /** Narrows the algorithms further than the keys do. */
  readonly algorithms?: readonly string[]
  /**
   * Remembers the tokens that were accepted, so that one that comes again need not have its signature verified. All else
   * is checked each time, also whether the key is still there. Such claims are frozen. Default false.
   */
  readonly cache?: boolean | CacheOptions
  /** What is refused for its size before any work is spent on it: octets, levels; see {@link Limits}. */
  readonly limits?: Partial<Limits>
}

/** Options of {@link createVerifier} for tokens of one issuer, or of several that share their keys. */
export interface OneIssuerOptions<Claims = JwtClaims> extends CommonOptions<Claims> {
  /** Whose signatures count, in any form that keys come in: of a set the kid of the token selects. */
  readonly keys: Keys
  /** Who must be named as `iss`, one of several where there are several; `'any'` takes every issuer. */
  readonly issuer: Expectation
  /** Whom the token must be for, one of several where there are several; `'any'` takes every audience. */
  readonly audience: Expectation
  readonly issuers?: never
}

/**
 * Options of {@link createVerifier} for tokens of several issuers, each with keys of its own (RFC 8725 §3.8).
 *
 * @example
 * ```ts
 * import { createSigner, createVerifier, generateKey, publicKey } from 'countersign'
 *
 * const [red, blue] = [await generateKey('ES256'), await generateKey('ES256')]
 * const rules = {
 *   'https://red.example': { keys: await publicKey(red), audience: 'api' },
 *   'https://blue.example': { keys: await publicKey(blue), audience: 'api' },
 * }
 * const verifier = createVerifier({ issuers: rules }) // or (iss) => …, which may look into a database
 *
 * const signer = createSigner({ key: blue, issuer: 'https://blue.example', audience: 'api', expiresIn: '5m' })
 * const { claims, key } = await verifier.verify(await signer.sign({ sub: 'alice' }))
 * console.log(claims.iss, key.kid === blue.kid) // https://blue.example true
 *
 * const liar = createSigner({ key: blue, issuer: 'https://red.example', audience: 'api', expiresIn: '5m' })
 * const result = await verifier.safeVerify(await liar.sign({ sub: 'alice' }))
 * console.log(result.ok || result.error.code) // CS_SIGNATURE
 * ```
 */
export interface ManyIssuersOptions<Claims = JwtClaims> extends CommonOptions<Claims> {
  /** The rules by the exact text of `iss`, or a function that finds them. */
  readonly issuers: Readonly<Record<string, IssuerRules>> | IssuerFinder
  readonly keys?: never
  readonly issuer?: never
  readonly audience?: never
}

/** Options of {@link createVerifier}: for one issuer, or for an allow-list of them. */
export type VerifierOptions<Claims = JwtClaims> = OneIssuerOptions<Claims> | ManyIssuersOptions<Claims>

/** A token whose signature and claims {@link createVerifier} has checked. */
export interface VerifiedToken<Claims = JwtClaims> extends Accepted<Claims> {
  /** The protected header. */
  readonly header: JoseHeader
  /** The key that verified the signature. */
  readonly key: Key
}

/** The outcome of `safeVerify` of {@link createVerifier}, with the refusal as a value. */
export type SafeVerified<Claims = JwtClaims> =
  | ({ readonly ok: true } & VerifiedToken<Claims>)
  | { readonly ok: false; readonly error: JoseError }

/** Looks at a token that is in order, before a schema or a hook does. @throws {JoseError} */
export type Look = (token: CheckedToken) => Op<void, Verifying> | undefined

/**
 * Verifies a token; what has not even the form of a token is refused before there is a promise. Whatever else is to be
 * found out about it is for `look`: a hook that is asked before may use up a token that is refused afterwards.
 */
export type VerifyToken<Claims = JwtClaims> = (
  token: unknown,
  backend: Verifying,
  look?: Look,
) => Awaitable<VerifiedToken<Claims>>

/** The verifiers that the doors gave out. */
export const VERIFIERS: Handles<VerifyToken<unknown>> = handles()

/** What counts for the tokens of one issuer. */
interface Rules {
  readonly keys: KeySource
  readonly issuer: Expected
  readonly audience: Expected
}

export const VERIFIER_NAMES: readonly string[] = [
  'keys',
  'algorithms',
  'issuer',
  'audience',
  'issuers',
  'cache',
  'limits',
  ...ACCEPTANCE_NAMES,
  ...CLAIMS_OPTION_NAMES,
]

/**
 * Checks every option once and prepares all that does not depend on the token.
 *
 * @param further - what a profile demands of the claims beyond the options
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} for keys that are refused, or that could never verify anything
 */
export function prepareVerifier<Claims = JwtClaims>(
  options: VerifierOptions<Claims>,
  backend: Sourcing,
  further?: FurtherChecks,
): VerifyToken<Claims> {
  checkNames<VerifierOptions<Claims>>(options, VERIFIER_NAMES, 'createVerifier')
  const limits = toLimits(options.limits, JWT_LIMITS)
  refuseLost(options, ['algorithms'])
  const algorithms = toAlgorithms(options.algorithms)
  const policy = toPolicy(options, further)
  const readHeader = headerReader(limits)
  const sourceOf = sources(algorithms, backend)
  const rules = options.issuers === undefined ? oneIssuer(options, sourceOf) : manyIssuers(options, sourceOf, backend)
  const prepared: Prepared = { limits, signature: { algorithms, understood: NOTHING }, policy, readHeader, rules }
  const cache = toCache<VerifiedToken>(options.cache)
  const accept = toAcceptance(options, backend)
  const verifyAnew: CheckToken = (token, platform) => verifyToken(token, prepared, platform)
  const check = cache
    ? recalling(cache, limits, verifyAnew, (token, platform) => stillHolds(token, prepared, platform))
    : verifyAnew
  return (token, platform, look) => {
    const checked = check(token, platform)
    const looked = look ? start(lookAt(checked, look), platform) : checked
    if (accept === undefined) return looked as Awaitable<VerifiedToken<Claims>>
    return isPromise(looked)
      ? looked.then((token) => decide(token, accept, platform))
      : decide(looked, accept, platform)
  }
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

/** Finds what counts for a token by its claims, in which nobody believes yet. */
type FindRulesOf = (claims: JsonObject) => Op<Rules, Verifying>

type Checking = Awaitable<VerifiedToken>
/** Checks a token but for what is left to decide. @throws {JoseError} at once where it has not the form of one */
export type CheckToken = (token: unknown, backend: Verifying) => Checking

/** @throws {JoseError} at once where the token has not the form of one */
function verifyToken(token: unknown, prepared: Prepared, backend: Verifying): Checking {
  const { limits, readHeader, rules } = prepared
  const jws = parseCompact(token, limits, readHeader)
  return typeof rules === 'function'
    ? start(findAndCheck(jws, rules, prepared), backend)
    : check(jws, rules, prepared, backend)
}

function* findAndCheck(jws: CompactJws, find: FindRulesOf, prepared: Prepared): Op<VerifiedToken, Verifying> {
  const rules = yield* find(parseClaims(jws.payload, prepared.limits))
  return yield* use((backend: Verifying) => check(jws, rules, prepared, backend))
}

function check(jws: CompactJws, rules: Rules, prepared: Prepared, backend: Verifying): Checking {
  const verified = verify(jws, rules.keys, prepared.signature, backend)
  return isPromise(verified)
    ? checkClaimsLater(verified, jws, rules, prepared)
    : checkClaims(verified, jws, rules, prepared)
}

async function checkClaimsLater(
  verifying: PromiseLike<VerifiedSignature>,
  jws: CompactJws,
  rules: Rules,
  prepared: Prepared,
): Promise<VerifiedToken> {
  return checkClaims(await verifying, jws, rules, prepared)
}

function checkClaims(
  { header, key }: VerifiedSignature,
  jws: CompactJws,
  { issuer, audience }: Rules,
  { limits, policy }: Prepared,
): VerifiedToken {
  const claims = parseClaims(jws.payload, limits)
  validate(claims, header.typ, policy, issuer, audience)
  return { claims, claimsSet: claims, header, key }
}

function* lookAt(checking: Checking, look: Look): Op<VerifiedToken, Verifying> {
  const checked = yield* use(() => checking)
  const looking = look(checked)
  if (looking) yield* looking
  return checked
}

/** What is left to decide once a token has been checked. */
function decide<Claims>(
  checked: VerifiedToken,
  accept: Acceptance<Claims>,
  backend: Verifying,
): Awaitable<VerifiedToken<Claims>> {
  const claims = accept(checked satisfies CheckedToken, backend)
  return isPromise(claims) ? claims.then((accepted) => accepting(checked, accepted)) : accepting(checked, claims)
}

const accepting = <Claims>({ claimsSet, header, key }: VerifiedToken, claims: Claims): VerifiedToken<Claims> => ({
  claims,
  claimsSet,
  header,
  key,
})

/** Whether a token that was accepted is to be accepted now. @throws {JoseError} for one that is to be refused */
function stillHolds(token: VerifiedToken, prepared: Prepared, backend: Verifying): Awaitable<boolean> {
  const { rules } = prepared
  return typeof rules === 'function'
    ? start(findAndHold(token, rules, prepared), backend)
    : holdsUnder(rules, token, prepared, backend)
}

function* findAndHold(token: VerifiedToken, find: FindRulesOf, prepared: Prepared): Op<boolean, Verifying> {
  const rules = yield* find(token.claimsSet)
  return yield* use((backend: Verifying) => holdsUnder(rules, token, prepared, backend))
}

function holdsUnder(rules: Rules, token: VerifiedToken, prepared: Prepared, backend: Verifying): Awaitable<boolean> {
  const { header } = token
  // The source is asked as for a new token: so a remote set goes on being refreshed, and a ring rotates.
  const candidates = candidatesOf(rules.keys, header, allowed({ header }, prepared.signature), backend)
  return isPromise(candidates)
    ? candidates.then((list) => isAmong(list, token, rules, prepared))
    : isAmong(candidates, token, rules, prepared)
}

function isAmong(
  candidates: readonly Key[],
  { claimsSet, header, key }: VerifiedToken,
  { issuer, audience }: Rules,
  { policy }: Prepared,
): boolean {
  if (!candidates.includes(key)) return false
  validate(claimsSet, header.typ, policy, issuer, audience)
  return true
}

type SourceOf = (keys: unknown) => KeySource

function oneIssuer(options: OneIssuerOptions<unknown>, sourceOf: SourceOf): Rules {
  return {
    keys: sourceOf(options.keys),
    issuer: toExpected(options.issuer, 'issuer'),
    audience: toExpected(options.audience, 'audience'),
  }
}

/** An allow-list: `iss` is read before the signature is checked, and chooses among trusted keys alone. */
function manyIssuers(options: ManyIssuersOptions<unknown>, sourceOf: SourceOf, backend: Sourcing): Prepared['rules'] {
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
  return function* (claims) {
    const iss = own(claims, 'iss')
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
