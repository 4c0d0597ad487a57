import { type Fault, fault, type JwtClaims, mediaType, refuse, toExpected } from '../claims.ts'
import type { Backend, Sourcing, Verifying } from '../crypto/backend.ts'
import { kindOf } from '../errors.ts'
import { isObject, type JsonObject, own } from '../json.ts'
import type { CheckedToken } from '../jwt/acceptance.ts'
import type { Safe } from '../jwt/promises.ts'
import type { SignerOptions } from '../jwt/signer.ts'
import type { Expectation, IssuerFinder, IssuerRules, VerifiedToken, VerifierOptions } from '../jwt/verifier.ts'
import { type Op, use } from '../op.ts'
import { checkNames, type Duration, toClock, toSeconds, toText } from '../options.ts'
import { type ExpiringStore, toStore } from '../revocation/expiring-store.ts'
import { useOnce } from '../revocation/marks.ts'
import type { Keys } from '../source/source.ts'
import { type Kind, type ProfileVerifierOptions, prepareKindSigner, prepareLooseVerifier } from './kind.ts'

/** The claims of a client assertion (RFC 7523 §3), as {@link clientAssertion} gives them. */
export interface ClientAssertionClaims extends JwtClaims {
  /** The client. */
  readonly iss: string
  /** The client once more. */
  readonly sub: string
  /** The authorization server. */
  readonly aud: string | readonly string[]
  /** Epoch seconds; from then on it has expired. */
  readonly exp: number
  /** Its id, which is accepted once. */
  readonly jti: string
}

/** Finds the keys of a client, for {@link clientAssertion}; nothing refuses it. */
export type ClientFinder = (clientId: string) => Keys | undefined | PromiseLike<Keys | undefined>

/** Options of `createSigner` of {@link clientAssertion}. */
export interface ClientAssertionSignerOptions extends Pick<SignerOptions, 'key' | 'alg' | 'now'> {
  /** The id of the client, which is `iss` and `sub`. */
  readonly clientId: string
  /** The issuer identifier of the authorization server. */
  readonly audience: string
  /** The life of an assertion: seconds, or a text such as `'1m'`. Default 60 s. */
  readonly expiresIn?: Duration
}

/** Options of `createVerifier` of {@link clientAssertion}. */
export interface ClientAssertionVerifierOptions<Claims = ClientAssertionClaims>
  extends Pick<VerifierOptions<Claims>, 'algorithms' | 'claims' | 'revoked' | 'clockTolerance' | 'limits' | 'now'> {
  /** The clients that are known, each with its keys: a function, or an object by client id. */
  readonly clients: ClientFinder | Readonly<Record<string, Keys>>
  /** The issuer identifier of this server; older clients name the URL of the endpoint. */
  readonly audience: Expectation
  /** Where it is kept which assertions were used: one for all processes that take the same assertions. */
  readonly replay: Pick<ExpiringStore, 'add'>
  /** How far away `exp` may be: seconds, or a text such as `'5m'`. Default five minutes. */
  readonly maxLifetime?: Duration
}

/** An assertion that holds, as {@link clientAssertion} gives it. */
export interface VerifiedAssertion<Claims = ClientAssertionClaims> extends VerifiedToken<Claims> {
  /** The client that was authenticated. A `client_id` beside the assertion has to be the same (RFC 7521 §4.2). */
  readonly clientId: string
}

/** Makes client assertions, as `createSigner` of {@link clientAssertion} gives it. */
export interface ClientAssertionSigner {
  /**
   * A new assertion; each is used once.
   *
   * @throws {JoseError} `CS_UNAVAILABLE` where a key that is elsewhere fails or no key of a ring may sign at the moment
   */
  sign(): Promise<string>
}

/** Checks client assertions, and uses each up, as `createVerifier` of {@link clientAssertion} gives it. */
export interface ClientAssertionVerifier<Claims = ClientAssertionClaims> {
  /**
   * The client, once its assertion holds.
   *
   * @throws {JoseError} for every assertion that is refused, such as `CS_SIGNATURE` and `CS_AUD`; `CS_REPLAY` for one
   *   that was used
   */
  verify(assertion: string): Promise<VerifiedAssertion<Claims>>
  /** As `verify`, with the refusal as a value. */
  safeVerify(assertion: string): Promise<Safe<VerifiedAssertion<Claims>>>
}

/** Makes and checks the assertions that clients authenticate with (RFC 7523): what {@link clientAssertion} is. */
export interface ClientAssertionProfile {
  /**
   * Makes a signer of assertions, for a client (RFC 7523 §3).
   *
   * @throws {TypeError} for an option that is not what it should be
   * @throws {JoseError} `CS_KEY_TYPE`, `CS_KEY_SIZE` or `CS_WEAK_SECRET` for a key that cannot sign with the algorithm
   */
  createSigner(options: ClientAssertionSignerOptions): ClientAssertionSigner
  /**
   * Makes a verifier of assertions, for an authorization server (RFC 7523 §3).
   *
   * @throws {TypeError} for an option that is not what it should be
   * @throws {JoseError} `CS_KEY_INVALID`, `CS_KEY_TYPE`, `CS_JWKS_INVALID` for keys that are refused, or that could
   *   never verify anything
   */
  createVerifier<Claims = ClientAssertionClaims>(
    options: ClientAssertionVerifierOptions<Claims>,
  ): ClientAssertionVerifier<NoInfer<Claims>>
}

/** RFC 7523 §3. */
const CLIENT_ASSERTION: Kind = {
  name: 'clientAssertion',
  typ: 'client-authentication+jwt',
  required: ['iss', 'sub', 'aud', 'exp', 'jti'],
  types: {},
  further(claims, faults) {
    if (own(claims, 'iss') !== own(claims, 'sub'))
      faults.push(fault('CS_CLAIM_VALUE', 'sub', 'iss and sub are not both the client (RFC 7523 §3)'))
  },
}

/**
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} for a key that cannot sign with the algorithm
 */
export function prepareAssertionSigner(
  options: ClientAssertionSignerOptions,
  backend: Pick<Backend, 'sync'>,
): () => Op<string> {
  checkNames(options, ['key', 'alg', 'clientId', 'audience', 'expiresIn', 'now'], 'clientAssertion.createSigner')
  const { clientId, audience, ...rest } = options
  toText(audience, 'audience')
  const whose = { issuer: toText(clientId, 'clientId'), subject: clientId, audience }
  const sign = prepareKindSigner<JwtClaims>(CLIENT_ASSERTION, { expiresIn: 60, ...rest, ...whose }, backend)
  return () => use((platform) => sign({}, platform))
}

const NAMES = [
  'clients',
  'audience',
  'replay',
  'maxLifetime',
  'algorithms',
  'claims',
  'revoked',
  'clockTolerance',
  'limits',
  'now',
]

/**
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} for keys that are refused, or that could never verify anything
 */
export function prepareAssertionVerifier<Claims>(
  options: ClientAssertionVerifierOptions<Claims>,
  backend: Sourcing,
): (assertion: unknown) => Op<VerifiedAssertion<Claims>, Verifying> {
  checkNames(options, NAMES, 'clientAssertion.createVerifier')
  const { clients, audience, replay, maxLifetime, ...rest } = options
  const store = toStore(replay, 'replay', ['add'])
  const longest = toSeconds(maxLifetime, 'maxLifetime', 300)
  const tolerance = toSeconds(options.clockTolerance, 'clockTolerance', 30)
  const now = toClock(options.now)
  const kind: Kind = {
    ...CLIENT_ASSERTION,
    further(claims, faults) {
      CLIENT_ASSERTION.further?.(claims, faults)
      checkLife(claims, now() + longest + tolerance, longest, faults)
    },
  }
  const issuers = toIssuers(clients, audience)
  const verify = prepareLooseVerifier(kind, { ...rest, issuers } as ProfileVerifierOptions<Claims>, backend)
  return function* (assertion) {
    const verified = yield* use((platform: Verifying) => verify(assertion, platform, refuseSharing))
    const { iss, exp, jti } = verified.claimsSet as ClientAssertionClaims
    // Last, so that an assertion that is refused is not used up. The store has a clock of its own.
    yield* useOnce(store, ['client-assertion', iss, jti], exp + 2 * tolerance)
    return { ...verified, clientId: iss }
  }
}

function toIssuers(clients: unknown, audience: unknown): IssuerFinder | Readonly<Record<string, IssuerRules>> {
  if (toExpected(audience, 'audience') === undefined)
    throw new TypeError("audience is 'any': an assertion made for another server would log its client in here")
  const rules = (keys: Keys): IssuerRules => ({ keys, audience: audience as Expectation })
  if (typeof clients === 'function') {
    const find = clients as ClientFinder
    return async (clientId) => {
      const keys = await find(clientId)
      return keys === undefined || keys === null ? undefined : rules(keys)
    }
  }
  if (!isObject(clients))
    throw new TypeError(`clients is ${kindOf(clients)}; give an object by client id, or a function`)
  return Object.fromEntries(Object.entries(clients).map(([clientId, keys]) => [clientId, rules(keys as Keys)]))
}

/** Holds that an assertion does not outlive what its use is remembered for. */
function checkLife(claims: JsonObject, latest: number, longest: number, faults: Fault[]): void {
  const exp = own(claims, 'exp')
  if (typeof exp !== 'number' || exp <= latest) return
  const text = `exp is ${Math.round(exp - latest)} s later than maxLifetime (${longest} s) allows`
  faults.push(fault('CS_CLAIM_VALUE', 'exp', text, { expected: latest, actual: exp }))
}

/**
 * An assertion of the new type names one audience: any other that it named could use it here
 * (draft-ietf-oauth-rfc7523bis §4).
 */
function refuseSharing({ header, claims: { aud } }: CheckedToken): undefined {
  if (header.typ === undefined || mediaType(header.typ) !== CLIENT_ASSERTION.typ) return
  if (Array.isArray(aud) && aud.length > 1)
    refuse([fault('CS_AUD', 'aud', `aud names ${aud.length} audiences, an assertion has one`)])
}
