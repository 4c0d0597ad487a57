import type { JwtClaims } from '../claims.ts'
import type { Awaitable, Verifying } from '../crypto/backend.ts'
import { JoseError, kindOf, show } from '../errors.ts'
import { isObject, type JsonObject, own } from '../json.ts'
import type { AnyVerifier } from '../jwt/decrypter.ts'
import { type Look, VERIFIERS, type VerifiedToken, type VerifyToken } from '../jwt/verifier.ts'
import type { Op } from '../op.ts'
import { checkNames, toBoolean, toText } from '../options.ts'
import { DEMAND_NAMES, type DemandOptions, type Demands, lacking, toDemands, toFurther } from './demands.ts'
import { toOrigin } from './origin.ts'
import { type CookieSource, type GuardedRequest, type Presented, presented } from './presented.ts'
import { type ProofOptions, type Proofs, toProofs } from './proofs.ts'
import { type Challenges, type Grounds, type Refusal, refuse } from './refusal.ts'

/**
 * A cookie that holds the token.
 *
 * @example
 * ```ts
 * import { createSigner, createVerifier, generateKey } from 'countersign'
 * import { createGuard } from 'countersign/guard'
 *
 * const key = await generateKey('HS256')
 * const verifier = createVerifier({ keys: key, issuer: 'any', audience: 'any' })
 * const cookie = { name: '__Host-token', origins: ['https://app.example'] }
 * const guard = createGuard({ verifier, cookie })
 *
 * const token = await createSigner({ key, expiresIn: '5m' }).sign({ sub: 'alice' })
 * const ask = (origin: string): Promise<{ readonly ok: boolean }> => {
 *   const sent = new Map([['cookie', `__Host-token=${token}`], ['origin', origin]])
 *   const headers = { get: (name: string) => sent.get(name) ?? null }
 *   return guard.check({ method: 'POST', url: 'https://api.example/', headers })
 * }
 * console.log((await ask('https://app.example')).ok, (await ask('https://evil.example')).ok) // true false
 * ```
 */
export interface CookieOptions {
  /** Its name; one that begins with `__Host-` cannot be set by a neighbouring domain. */
  readonly name: string
  /** The origins of the pages that may send it, such as `https://app.example`: yours, if pages of yours do. */
  readonly origins: readonly string[]
}

/** Options of every {@link createGuard}; `Request` is what the framework has for one. */
export interface GuardOptions<Claims, Optional extends boolean, Request> extends DemandOptions<Claims> {
  /** Checks the tokens: what `createVerifier` gave, or a verifier of `countersign/profile`. */
  readonly verifier: AnyVerifier<Claims>
  /** Lets requests without a token through, too; a token that is wrong is still refused. Default false. */
  readonly optional?: Optional
  /** Takes the token out of this cookie, too. */
  readonly cookie?: CookieOptions
  /** Takes the token out of wherever it is, in place of the Authorization header; not beside `cookie`. */
  extract?(request: Request): Awaitable<string | null | undefined>
  /** Takes tokens that are bound to a key (RFC 9449), with the proof that their sender has it. */
  readonly dpop?: ProofOptions
  /** Names what is guarded, in the challenge (RFC 9110 §11.5). */
  readonly realm?: string
  /** Told of each request that is refused, for the log: there `error` says why. What it throws is ignored. */
  onRefusal?(refusal: Refusal, request: Request): void
}

/** The token of a request that {@link createGuard} has let in; `undefined` where none is needed and none came. */
export type Admitted<Claims, Optional extends boolean = false> =
  | VerifiedToken<Claims>
  | (Optional extends true ? undefined : never)

/** The outcome of a check of {@link createGuard}; {@link toResponse} makes an answer of a refusal. */
export type GuardResult<Claims = JwtClaims, Optional extends boolean = false> =
  | { readonly ok: true; readonly jwt: Admitted<Claims, Optional> }
  | Refusal

const NAMES = ['verifier', 'optional', 'cookie', 'extract', 'dpop', 'realm', 'onRefusal', ...DEMAND_NAMES] as const

/** What was found out about a request, before it is asked what the token may do. */
type Checked =
  | { readonly kind: 'token'; readonly token: VerifiedToken<unknown>; readonly proven: boolean }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly grounds: Grounds }

/** How a framework's request is read. */
export type Reading<Request> = (request: Request) => GuardedRequest

/** What guards that came of one another share. */
interface Family<Request> {
  readonly verify: VerifyToken<unknown>
  readonly cookie: CookieSource | undefined
  readonly extract: ((request: Request) => unknown) | undefined
  readonly proofs: Proofs | undefined
  readonly challenges: Challenges
  readonly onRefusal: ((refusal: Refusal, request: Request) => void) | undefined
  readonly read: Reading<Request>
  readonly backend: Verifying
  /** Requests that have been checked: a token that may be used once, or a proof, is looked at once for each. */
  readonly seen: WeakMap<object, Promise<Checked>>
}

/** What a guard let in. */
type Admissions = WeakMap<object, { readonly jwt: unknown }>

/** The guard behind those of the doors: it knows requests as the framework has them, and answers none. */
export class Guard<Claims, Optional extends boolean, Request extends object> {
  readonly #family: Family<Request>
  readonly #demands: Demands
  readonly #optional: boolean
  /** What this guard let in, and after it those of the guards that it came of: whom it lets in, they would let in. */
  readonly #admissions: readonly [Admissions, ...Admissions[]]

  private constructor(family: Family<Request>, demands: Demands, optional: boolean, above: readonly Admissions[] = []) {
    this.#family = family
    this.#demands = demands
    this.#optional = optional
    this.#admissions = [new WeakMap(), ...above]
  }

  /** @throws {TypeError} for an option that is not what it should be */
  static of<Claims, Optional extends boolean, Request extends object>(
    options: GuardOptions<Claims, Optional, Request>,
    read: Reading<Request>,
    backend: Verifying,
  ): Guard<Claims, Optional, Request> {
    checkNames<GuardOptions<Claims, Optional, Request>>(options, NAMES, 'createGuard')
    const verify = VERIFIERS.of(options.verifier)
    if (verify === undefined)
      throw new TypeError(`verifier is ${kindOf(options.verifier)}; give what createVerifier gave`)
    const { cookie, extract, dpop, realm, onRefusal } = options
    if (cookie !== undefined && extract !== undefined)
      throw new TypeError('cookie and extract exclude each other: extract says where the token is')
    const proofs = dpop === undefined ? undefined : toProofs(dpop, backend)
    if (proofs?.required && (cookie ?? extract) !== undefined)
      throw new TypeError(
        'dpop.required takes tokens out of the Authorization header alone: leave cookie and extract out',
      )
    const family: Family<Request> = {
      verify,
      cookie: cookie === undefined ? undefined : toCookie(cookie),
      extract: toFunction(extract, 'extract')?.bind(options),
      proofs,
      challenges: {
        realm: realm === undefined ? undefined : toRealm(realm),
        bearer: proofs?.required !== true,
        proofs: proofs?.algorithms,
      },
      onRefusal: toFunction(onRefusal, 'onRefusal')?.bind(options),
      read,
      backend,
      seen: new WeakMap(),
    }
    return new Guard(family, toDemands(options as DemandOptions<never>), toBoolean(options.optional, 'optional', false))
  }

  /** A guard that demands more of the same requests; it does not check their token again. A token is needed there. */
  requires(demands: DemandOptions<Claims>): Guard<Claims, false, Request> {
    return new Guard(this.#family, toFurther(demands, this.#demands), false, this.#admissions)
  }

  /** Checks the token of a request. What is no refusal is thrown: then, too, nobody may be let in. */
  async check(request: Request): Promise<GuardResult<Claims, Optional>> {
    // Before anything is begun, of which a failure would then be nobody's, and end the process.
    if (typeof request !== 'object' || request === null)
      throw new TypeError(`check takes a request, not ${kindOf(request)}; a token by itself is for token()`)
    const { seen } = this.#family
    let checking = seen.get(request)
    if (checking === undefined) {
      checking = this.#look(request)
      seen.set(request, checking)
    }
    const result = this.#decide(await checking)
    if (!result.ok) this.#tell(result, request)
    else for (const admissions of this.#admissions) admissions.set(request, result)
    return result
  }

  /**
   * The token of a request that this guard, or one that came of it, has let in.
   *
   * @param advice - completes the error: what to do, in the words of the framework
   * @throws {TypeError} for a request that the guard does not stand before
   */
  admitted(request: Request, advice: string): Admitted<Claims, Optional> {
    const result = this.#admissions[0].get(request)
    if (result === undefined) throw new TypeError(`the guard does not stand before this request: ${advice}`)
    return result.jwt as Admitted<Claims, Optional>
  }

  /** Checks a token that came some other way, such as a message of a WebSocket. One that needs a proof is refused. */
  async token(token: unknown): Promise<GuardResult<Claims, Optional>> {
    const none = token === undefined || token === null || token === ''
    return this.#decide(none ? NOTHING : await this.#verified({ kind: 'bearer', token: token as string }, undefined))
  }

  async #look(request: Request): Promise<Checked> {
    const { read, cookie, extract } = this.#family
    const about = read(request)
    if (extract === undefined) return this.#verified(presented(about, cookie), about)
    const token = await extract(request)
    if (token === undefined || token === null || token === '') return NOTHING
    return this.#verified({ kind: 'bearer', token: token as string }, about)
  }

  async #verified(found: Presented, about: GuardedRequest | undefined): Promise<Checked> {
    const { verify, proofs, backend } = this.#family
    if (found.kind === 'nothing') return NOTHING
    if (found.kind === 'malformed') return refused({ reason: 'invalid_request', why: found.why })
    if (found.kind === 'foreign') return refused({ reason: 'forbidden_origin', why: found.why })
    // Where proofs are not taken, theirs is a scheme like any other that is not ours.
    if (found.kind === 'dpop' && proofs === undefined) return NOTHING
    const proven = found.kind === 'dpop'
    let reason: 'invalid_token' | 'invalid_dpop_proof' = 'invalid_token'
    let looked = false
    try {
      // Before a hook is asked, which may use the token up.
      const look: Look = ({ claims }) => {
        looked = true
        const thumbprint = boundTo(claims, proven, proofs?.required === true)
        if (thumbprint === undefined || proofs === undefined || about === undefined) return undefined
        return (function* (): Op<void, Verifying> {
          reason = 'invalid_dpop_proof'
          yield* proofs.check({ request: about, token: found.token, thumbprint })
          reason = 'invalid_token'
        })()
      }
      const token = await verify(found.token, backend, look)
      // A verifier that forgot to would let a bound token in as a bearer's.
      if (!looked) throw new Error('the verifier has not let the guard look at the token')
      return { kind: 'token', token, proven }
    } catch (error) {
      return refused({ ...groundsOf(error, reason), proven })
    }
  }

  #decide(checked: Checked): GuardResult<Claims, Optional> {
    const { challenges } = this.#family
    const { scope } = this.#demands
    if (checked.kind === 'refused')
      return refuse({ ...checked.grounds, scope: scopeFor(checked.grounds, scope) }, challenges)
    if (checked.kind === 'nothing') {
      if (this.#optional) return { ok: true, jwt: undefined as Admitted<Claims, Optional> }
      return refuse({ reason: 'no_token', why: 'this needs an access token', scope }, challenges)
    }
    const { token, proven } = checked
    const why = lacking(token.claimsSet, token.claims, this.#demands)
    if (why !== undefined) return refuse({ reason: 'insufficient_scope', why, scope, proven }, challenges)
    return { ok: true, jwt: token as Admitted<Claims, Optional> }
  }

  #tell(refusal: Refusal, request: Request): void {
    try {
      const told: unknown = this.#family.onRefusal?.(refusal, request)
      // A log that fails lets nobody in, keeps nobody from being answered, and does not end the process.
      Promise.resolve(told).catch(() => {})
    } catch {
      // The same.
    }
  }
}

const NOTHING: Checked = Object.freeze({ kind: 'nothing' })
const refused = (grounds: Grounds): Checked => ({ kind: 'refused', grounds })

/**
 * Whether whoever sends a token may send it: one that is bound to a key needs its proof (RFC 9449 §7.2).
 *
 * @returns the thumbprint of the key that is to be proven; nothing where the token is bound to none
 */
function boundTo(claims: JsonObject, proven: boolean, required: boolean): string | undefined {
  const cnf = own(claims, 'cnf')
  if (!proven) {
    if (cnf !== undefined) throw unfit('the token is bound to a key, and a bearer of it is not enough')
    if (required) throw unfit('the token is not bound to a key, and only such are taken here')
    return undefined
  }
  const thumbprint = isObject(cnf) && Object.keys(cnf).length === 1 ? own(cnf, 'jkt') : undefined
  if (typeof thumbprint === 'string' && thumbprint !== '') return thumbprint
  throw unfit('the token is not bound to a key in the way that the DPoP scheme needs')
}

const unfit = (why: string): JoseError =>
  new JoseError('CS_CLAIM_VALUE', why, {
    hint: 'Send a token that is bound to a key under the DPoP scheme, with a proof.',
  })

/** A request that is wrong in itself is not mended by a scope. */
const scopeFor = ({ reason }: Grounds, scope: readonly string[]): readonly string[] =>
  reason === 'invalid_request' ? [] : scope

/** What was thrown, as a refusal. What is none stays what it is. */
function groundsOf(error: unknown, reason: 'invalid_token' | 'invalid_dpop_proof'): Grounds {
  if (!(error instanceof JoseError)) throw error
  // What is out of reach, and where, is for the log alone.
  if (error.unavailable) return { reason: 'unavailable', why: 'the token cannot be checked at the moment', error }
  return { reason, why: error.message, error }
}

function toCookie(options: unknown): CookieSource {
  checkNames<CookieOptions>(options, ['name', 'origins'], 'cookie')
  const name = toText(options.name, 'cookie.name')
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) throw new TypeError(`cookie.name is ${show(name)}, which no cookie can have`)
  const { origins } = options
  if (!Array.isArray(origins) || origins.length === 0)
    throw new TypeError(
      "cookie.origins is an array of origins, such as ['https://app.example']: any page could send it",
    )
  return { name, origins: new Set(Array.from(origins, (origin) => toOrigin(origin, 'cookie.origins'))) }
}

/** Text that can stand in a challenge as it is (RFC 9110 §11.5). @throws {TypeError} */
function toRealm(value: unknown): string {
  const text = toText(value, 'realm')
  if (!/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/.test(text))
    throw new TypeError(
      `realm is ${show(text)}; a challenge has room for printable ASCII without quotes and backslashes`,
    )
  return text
}

function toFunction<F>(value: F, name: string): F {
  if (value !== undefined && typeof value !== 'function')
    throw new TypeError(`${name} is ${kindOf(value)} and not a function`)
  return value
}
