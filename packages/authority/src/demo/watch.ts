import { setTimeout as pause } from 'node:timers/promises'
import { remoteKeySet, type Verifier } from 'countersign'
import type { Rotation } from 'countersign/keyring'
import { type AccessTokenClaims, accessToken } from 'countersign/profile'
import { Problem } from './problem.ts'
import type { Registered } from './seed.ts'

/** A service that gets tokens from the authority, and verifies them as any other service would. */
export interface WatchOptions {
  readonly issuer: string
  /** The API that its tokens are for, and the scope there. */
  readonly audience: string
  readonly scope: string
  readonly client: Registered
  /** The time in epoch seconds. */
  readonly now: () => number
}

/** What came of verifying a token. */
export interface Verdict {
  /** The key whose signature it has. */
  readonly kid: string
  /** Why it is refused; nothing for a good one. */
  readonly refused?: string | undefined
}

/** One look: a token was made and verified, and so was the one from before the rotation, once more. */
export interface Look {
  readonly fresh: Verdict
  readonly before: Verdict
}

/** A rotation as it is seen from outside. */
export interface Seen {
  /** The key that signed when it was asked for, and the one that takes over. */
  readonly from: string
  readonly to: string
  /** When it was asked for, and when the other key takes over (epoch seconds). */
  readonly askedAt: number
  readonly turnAt: number
  readonly looks: readonly Look[]
  /** `later`: it takes so long that nobody waits for it. */
  readonly state: 'under way' | 'done' | 'later'
}

/** A rotation further away than this is not waited for, and this long after its turn it is over (seconds). */
const [LONGEST_WAIT, LONGEST_TURN] = [120, 20]
const PAUSE_MS = 500
/** How many tokens of the new key are enough to have seen it. */
const ENOUGH = 6

/**
 * Watches a rotation of the keys from outside: it keeps a token from before, and makes and verifies new ones all the while.
 * It has what every service has: a client secret, and the published keys.
 */
export class Watch {
  readonly #options: WatchOptions
  readonly #verifier: Verifier<AccessTokenClaims>
  readonly #ending = new AbortController()
  #seen: Seen | undefined
  #starting: Promise<Seen> | undefined

  constructor(options: WatchOptions) {
    const { issuer, audience } = options
    this.#options = options
    const keys = remoteKeySet(`${issuer}/.well-known/jwks.json`)
    this.#verifier = accessToken.createVerifier({ keys, issuer, audience })
  }

  /** The last rotation that was asked for. */
  get seen(): Seen | undefined {
    return this.#seen
  }

  /** Whether a rotation was asked for and is not over: another one would change nothing. */
  get isBusy(): boolean {
    const { state, turnAt = 0 } = this.#seen ?? {}
    return this.#starting !== undefined || state === 'under way' || (state === 'later' && turnAt > this.#options.now())
  }

  /**
   * Has the keys rotate, and watches that from the moment before on.
   *
   * @param rotate - brings the next rotation forward
   */
  async rotate(rotate: () => Promise<readonly Rotation[]>): Promise<void> {
    if (this.isBusy) return
    this.#starting = this.#start(rotate).finally(() => {
      this.#starting = undefined
    })
    await this.#starting
  }

  /** Stops watching. */
  close(): void {
    this.#ending.abort()
  }

  async #start(rotate: () => Promise<readonly Rotation[]>): Promise<Seen> {
    const kept = await this.#token()
    const before = await this.#verify(kept)
    const rotations = await rotate()
    const turn = rotations.find(({ alg }) => alg === before.alg)
    if (turn === undefined) throw new Problem(503, 'no_next_key', 'There is no next key yet. Try again in a moment.')
    const askedAt = this.#options.now()
    const state = turn.activateAt - askedAt > LONGEST_WAIT ? 'later' : 'under way'
    const seen: Seen = { from: before.kid, to: turn.kid, askedAt, turnAt: turn.activateAt, looks: [], state }
    this.#seen = seen
    if (state === 'under way') void this.#watch(kept, seen)
    return seen
  }

  async #watch(kept: string, seen: Seen): Promise<void> {
    const { signal } = this.#ending
    const looks: Look[] = []
    while (!signal.aborted) {
      looks.push({ fresh: await this.#fresh(seen.from), before: await this.#verify(kept) })
      const enough = looks.filter(({ fresh }) => fresh.kid === seen.to).length >= ENOUGH
      const over = enough || this.#options.now() > seen.turnAt + LONGEST_TURN
      this.#seen = { ...seen, looks: [...looks], state: over ? 'done' : 'under way' }
      if (over) return
      await pause(PAUSE_MS, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  /** A new token, verified. @param known - stands for the key where there is no token */
  async #fresh(known: string): Promise<Verdict> {
    try {
      return await this.#verify(await this.#token())
    } catch {
      return { kid: known, refused: 'no_token' }
    }
  }

  async #verify(token: string): Promise<Verdict & { readonly alg: string }> {
    const result = await this.#verifier.safeVerify(token)
    if (result.ok) return { kid: result.key.kid ?? '', alg: result.header.alg }
    return { kid: '', alg: '', refused: result.error.code }
  }

  /** A token of this service for itself (RFC 6749 §4.4). */
  async #token(): Promise<string> {
    const { issuer, audience, scope, client } = this.#options
    const answer = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${client.clientId}:${client.clientSecret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: audience, scope }),
      signal: AbortSignal.timeout(10_000),
    })
    const { access_token: token } = (await answer.json()) as { readonly access_token?: unknown }
    if (typeof token === 'string') return token
    throw new Problem(503, 'no_token', 'The authority gives no token to watch with.')
  }
}
