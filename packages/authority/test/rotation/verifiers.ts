import { createVerifier, remoteKeySet, type Verifier } from 'countersign'
import { createLocalJWKSet, errors, jwtVerify } from 'jose'

/** What became of a token at a verifier: `verified`, `unknown kid`, or the code of another error. */
export type Outcome = string

export const [VERIFIED, UNKNOWN] = ['verified', 'unknown kid']

/** Takes tokens and says what it thinks of them. */
export interface Judge {
  judge(token: string): Promise<Outcome>
}

export interface Expected {
  readonly issuer: string
  readonly audience: string
}

/** Tries to get a set before it is given up. Whoever is asked may have been killed. */
const TRIES = 50

/**
 * A verifier that keeps the JWK Set for exactly as long as it was told, counted from its request (RFC 9111 §4.2.3), and
 * asks for no other set before that: not for a kid that it does not know either. It is jose's, and none of ours.
 */
export class Naive implements Judge {
  /** How often a set was asked for, and how often nobody gave one. */
  fetches = 0
  failures = 0
  readonly #origins: readonly string[]
  readonly #expected: Expected
  readonly #now: () => number
  readonly #keep: (maxAge: number) => number
  #set: ReturnType<typeof createLocalJWKSet> | undefined
  #until = Number.NEGATIVE_INFINITY
  #flight: Promise<void> | undefined
  #turn: number

  /** @param keep - for how long it does keep a set, in seconds of `now`, given max-age */
  constructor(
    origins: readonly string[],
    expected: Expected,
    now: () => number,
    { first = 0, keep = (maxAge) => maxAge }: { first?: number; keep?: (maxAge: number) => number } = {},
  ) {
    this.#origins = origins
    this.#expected = expected
    this.#now = now
    this.#turn = first
    this.#keep = keep
  }

  async judge(token: string): Promise<Outcome> {
    while (this.#now() >= this.#until) {
      this.#flight ??= this.#fetch().finally(() => {
        this.#flight = undefined
      })
      await this.#flight
    }
    try {
      await jwtVerify(token, this.#set as never, { ...this.#expected, typ: 'at+jwt', algorithms: ['ES256'] })
      return VERIFIED
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return UNKNOWN
      return error instanceof errors.JOSEError ? error.code : String(error)
    }
  }

  async #fetch(): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      const at = this.#now()
      const origin = this.#origins[this.#turn++ % this.#origins.length]
      this.fetches++
      const answer = await fetch(`${origin}/jwks`).catch(() => undefined)
      const maxAge = /\bmax-age=(\d+)/.exec(answer?.headers.get('cache-control') ?? '')?.[1]
      const set = await answer?.json().catch(() => undefined)
      if (answer?.status === 200 && maxAge !== undefined && set !== undefined) {
        this.#set = createLocalJWKSet(set as never)
        this.#until = at + this.#keep(Number(maxAge))
        return
      }
      this.failures++
    }
    throw new Error(`nobody of ${this.#origins} has given a JWK Set`)
  }
}

/** A verifier of ours over the hosted JWK Set. Its token times are real, and its set ages by the clock of the keys. */
export function ownJudge(origin: string, { issuer, audience }: Expected, now: () => number): Judge {
  // A request that takes longer than its timeout, by its clock, is given up for another: it is not for a fast clock to say.
  const keys = remoteKeySet(`${origin}/jwks`, { now, timeout: 5000 })
  const verifier: Verifier = createVerifier({ keys, issuer, audience, typ: 'at+jwt', algorithms: ['ES256'] })
  return {
    async judge(token) {
      const result = await verifier.safeVerify(token)
      if (result.ok) return VERIFIED
      return result.error.code === 'CS_NO_KEY' ? UNKNOWN : result.error.code
    },
  }
}
