import type { JwtClaims } from '../claims.ts'
import type { Backend } from '../crypto/backend.ts'
import { JoseError } from '../errors.ts'
import { own } from '../json.ts'
import type { VerifyToken } from '../jwt/verifier.ts'
import { run } from '../op.ts'
import { type DownloadRules, download, reasonOf } from '../source/download.ts'
import { etagOf, lifetimeOf } from '../source/freshness.ts'
import { type Fetched, INTERVAL, Refresher, Refused } from '../source/refresher.ts'
import { LIST_TYPE, parseStatusListClaim, type Statuses } from './statuses.ts'

/** How a list is fetched and for how long it is used, in seconds. */
export interface ListRules extends DownloadRules {
  readonly now: () => number
  readonly cacheMaxAge: number
  readonly maxStale: number
  readonly random: () => number
  readonly tolerance: number
}

/** A list that was fetched, and for how long it is good. */
export interface HeldList extends Fetched {
  readonly statuses: Statuses
  readonly iss: string | undefined
  readonly issuedAt: number
  /** From then on it is never used. */
  readonly endsAt: number
  readonly ttl: number | undefined
}

/** A status list that is fetched when it is needed, and kept as long as it says (draft-ietf-oauth-status-list-17 §8). */
export class RemoteStatusList {
  readonly #uri: string
  readonly #rules: ListRules
  readonly #verify: VerifyToken
  readonly #backend: Backend
  readonly #refresher: Refresher<HeldList>

  constructor(uri: string, rules: ListRules, verify: VerifyToken, backend: Backend) {
    this.#uri = uri
    this.#rules = rules
    this.#verify = verify
    this.#backend = backend
    this.#refresher = new Refresher(rules, {
      fetch: (before) => this.#fetch(before),
      servesUntil: ({ freshUntil, endsAt }) => Math.min(freshUntil + rules.maxStale, endsAt),
      failed: (cause) => this.#failed(cause),
    })
  }

  /** The list, fetched where it is time to. @throws {JoseError} `CS_UNAVAILABLE` where there is none to use */
  async load(): Promise<HeldList> {
    const refresher = this.#refresher
    const waiting = refresher.prepare()
    if (waiting) await refresher.patient(waiting)
    const held = refresher.usable()
    if (held) return held
    throw refresher.failure ?? this.#failed(new Error('nothing was fetched yet'))
  }

  #failed(cause: unknown): JoseError {
    const why = `the status list at ${this.#uri} could not be had: ${reasonOf(cause)}`
    return new JoseError('CS_UNAVAILABLE', why, { cause, unavailable: true })
  }

  async #fetch(before: HeldList | undefined): Promise<HeldList> {
    // Its age counts from when it was asked for: who slept while it came must not take it for young (RFC 9111 §4.2.3).
    const fetchedAt = this.#rules.now()
    const accept = { accept: `application/${LIST_TYPE}` }
    // One that has expired serves no more: there is nothing to be left as it was.
    const etag = before && fetchedAt < before.endsAt ? before.etag : undefined
    const headers = etag === undefined ? accept : { ...accept, 'if-none-match': etag }
    const answer = await download(this.#uri, headers, this.#rules)
    const unchanged = before !== undefined && etag !== undefined && answer.status === 304
    if (answer.status !== 200 && !unchanged) throw new Refused(answer)
    const list = unchanged ? before : await this.#read(answer.text, before)
    const { now, cacheMaxAge } = this.#rules
    if (now() >= list.endsAt) throw new JoseError('CS_EXPIRED', 'the status list has expired')
    // What the list says counts before what the answer says (§8.2).
    const lifetime = Math.min(list.ttl ?? lifetimeOf(answer.headers) ?? cacheMaxAge, cacheMaxAge)
    const freshUntil = fetchedAt + Math.max(INTERVAL, lifetime)
    return { ...list, etag: etagOf(answer.headers) ?? (unchanged ? etag : undefined), fetchedAt, freshUntil }
  }

  /** Checks the token with the list (§8.3). @throws {JoseError} */
  async #read(token: string, before: HeldList | undefined): Promise<HeldList> {
    const { claims } = await this.#verify(token, this.#backend)
    const { sub, iss, exp, iat } = claims as JwtClaims & { readonly iat: number }
    if (sub !== this.#uri) throw new JoseError('CS_SUB', 'sub of the status list is not where it was fetched from')
    const { now, tolerance } = this.#rules
    if (iat > now() + tolerance) throw new JoseError('CS_NOT_YET_VALID', 'iat of the status list lies in the future')
    // Several servers may sign in turn, and an old list would undo what was revoked since: it is no news.
    if (before && iat < before.issuedAt && now() < before.endsAt) return before
    const ttl = own(claims, 'ttl')
    if (ttl !== undefined && !(typeof ttl === 'number' && ttl > 0))
      throw new JoseError('CS_CLAIM_TYPE', 'ttl is not a number of seconds above zero')
    const statuses = await run(parseStatusListClaim(own(claims, 'status_list')), this.#backend)
    const endsAt = exp === undefined ? Number.POSITIVE_INFINITY : exp + tolerance
    return { statuses, iss, issuedAt: iat, endsAt, ttl, etag: undefined, fetchedAt: 0, freshUntil: 0 }
  }
}
