import type { Backend } from '../crypto/backend.ts'
import { kindOf } from '../errors.ts'
import { isObject } from '../json.ts'
import type { JwkSet } from '../key/jwk.ts'
import { checkNames, type Duration, toBoolean, toSeconds, toText } from '../options.ts'
import type { KeyProvider } from '../source/key-source.ts'
import { type TestClock, testClock } from './clock.ts'
import { Endpoint, type TestFetch } from './endpoint.ts'
import { TestKeys, toSignatureAlg } from './keys.ts'
import { type Mint, type TestClaims, toMint } from './mint.ts'
import { serve } from './serve.ts'

/** Options of {@link createTestIssuer}. */
export interface TestIssuerOptions {
  /** What its tokens have in `iss`. Default `https://issuer.test`, or its URL where it listens. */
  readonly issuer?: string
  /** Whom its tokens are for. Default `api`. */
  readonly audience?: string
  /** What it signs with. Default `ES256`. */
  readonly alg?: string
  /** The type in the header of its tokens. Default `JWT`. */
  readonly typ?: string
  /** Claims of each of its tokens, beside iss, sub, aud, iat, exp and jti. */
  readonly claims?: TestClaims
  /** Its clock. Default: one that stands still at the time of the machine. */
  readonly clock?: TestClock
  /** How long its tokens live: seconds, or a text such as `'1h'`. Default 15 min. */
  readonly tokenLifetime?: Duration
  /** Publishes its keys on a free port of this machine; close it when you are done. Default false. */
  readonly http?: boolean
}

/**
 * How an issuer of {@link createTestIssuer} gets its next key.
 *
 * @example
 * ```ts
 * import { createVerifier } from 'countersign'
 * import { createTestIssuer } from 'countersign/testing'
 *
 * const { mint, rotate, verifierOptions } = await createTestIssuer()
 * const verifier = createVerifier(verifierOptions)
 * const [first, again] = [await mint.valid(), await rotate()]
 * console.log((await verifier.safeVerify(first)).ok, typeof again) // true string
 *
 * await rotate({ keep: false })
 * console.log((await verifier.safeVerify(first)).ok) // false
 * ```
 */
export interface RotateOptions {
  /** Whether the earlier keys go on being published. Default true. */
  readonly keep?: boolean
}

/** What a verifier takes to accept the tokens of {@link createTestIssuer}. */
export interface TestVerifierOptions {
  /** The keys of the issuer, as they are at each moment. */
  readonly keys: KeyProvider
  /** What its tokens have in `iss`. */
  readonly issuer: string
  /** Whom its tokens are for. */
  readonly audience: string
  /** Its clock, in epoch seconds. */
  readonly now: () => number
}

/** An issuer that lives as long as a test, as {@link createTestIssuer} makes it. */
export interface TestIssuer {
  /** What its tokens have in `iss`. */
  readonly issuer: string
  /** Whom its tokens are for. */
  readonly audience: string
  /** Its clock, which the options for a verifier share. */
  readonly clock: TestClock
  /** Its keys, as they are at each moment: the `keys` of a verifier. */
  readonly keys: KeyProvider
  /** Where its JWK Set is: for its own `fetch`, or for every one where it listens. */
  readonly jwksUri: string
  /** The options by which `createVerifier` accepts its tokens. */
  readonly verifierOptions: TestVerifierOptions
  /** Makes tokens, good ones and bad ones. */
  readonly mint: Mint
  /**
   * Answers as the issuer would: its JWK Set at `jwksUri`, its metadata where OpenID Connect Discovery §4 and RFC 8414
   * §3.1 have it, and 404 for everything else.
   */
  readonly fetch: TestFetch
  /** The URL of every request so far, by `fetch` or by HTTP, answered or not. */
  readonly requests: readonly string[]
  /** The JWK Set that it publishes; secrets are not in it. */
  jwks(): Promise<JwkSet>
  /** Makes a new key, which signs from now on. @returns its kid */
  rotate(options?: RotateOptions): Promise<string>
  /**
   * From now on nobody answers (`true`), or every answer has an error status (a number), until it is over (`false`).
   *
   * @throws {TypeError} for anything else
   */
  outage(what: boolean | number): void
  /** Stops listening, where it does; then the port is free, and no connection is left. */
  close(): Promise<void>
}

const NAMES = ['issuer', 'audience', 'alg', 'typ', 'claims', 'clock', 'tokenLifetime', 'http'] as const
const USUAL_ISSUER = 'https://issuer.test'

/** @see the door's `createTestIssuer` */
export async function openTestIssuer(options: TestIssuerOptions, backend: Backend): Promise<TestIssuer> {
  checkNames<TestIssuerOptions>(options, NAMES, 'createTestIssuer')
  const named = options.issuer === undefined ? undefined : toText(options.issuer, 'issuer')
  const audience = toText(options.audience ?? 'api', 'audience')
  const typ = toText(options.typ ?? 'JWT', 'typ')
  const tokenLifetime = toSeconds(options.tokenLifetime, 'tokenLifetime', 15 * 60)
  const claims = toClaims(options.claims)
  const clock = options.clock === undefined ? testClock() : toTestClock(options.clock)
  const http = toBoolean(options.http, 'http', false)
  const keys = await TestKeys.make(toSignatureAlg(options.alg), backend)

  // Nobody can ask before the port is known, and by then there is an endpoint.
  const served = http ? await serve((target) => endpoint.answer(target)) : undefined
  const issuer = named ?? served?.url ?? USUAL_ISSUER
  const base = served?.url ?? baseOf(issuer)
  const endpoint: Endpoint = new Endpoint({ issuer, base, alg: keys.alg.id, jwks: () => keys.jwks() })

  return {
    issuer,
    audience,
    clock,
    keys,
    jwksUri: endpoint.jwksUri,
    verifierOptions: Object.freeze({ keys, issuer, audience, now: clock.now }),
    mint: toMint({ issuer, audience, typ, tokenLifetime, claims, clock, keys }, backend),
    fetch: endpoint.fetch,
    requests: endpoint.requests,
    jwks: () => keys.jwks(),
    async rotate(call = {}) {
      checkNames<RotateOptions>(call, ['keep'], 'rotate')
      const { kid = '' } = await keys.rotate(toBoolean(call.keep, 'keep', true))
      return kid
    },
    outage: (what) => endpoint.outage(what),
    close: async () => served?.close(),
  }
}

function toClaims(claims: unknown): TestClaims {
  if (claims === undefined) return {}
  if (!isObject(claims)) throw new TypeError(`claims is ${kindOf(claims)} and not an object`)
  return { ...claims }
}

function toTestClock(clock: unknown): TestClock {
  const functions = isObject(clock) ? [clock['now'], clock['set'], clock['advance']] : []
  if (functions.length === 0 || !functions.every((member) => typeof member === 'function'))
    throw new TypeError(`clock is ${kindOf(clock)} and not what testClock() gave`)
  return clock as unknown as TestClock
}

/** Where an issuer would be found; one whose name is no URL is found where every other one is. */
function baseOf(issuer: string): string {
  if (!URL.canParse(issuer) || !/^https?:/.test(issuer)) return USUAL_ISSUER
  const { origin, pathname } = new URL(issuer)
  return `${origin}${pathname.replace(/\/$/, '')}`
}
