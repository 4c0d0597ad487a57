import type { JwtClaims } from '../claims.ts'
import type { Backend } from '../crypto/backend.ts'
import { JoseError } from '../errors.ts'
import { own } from '../json.ts'
import type { VerifyOp } from '../jwt/verifier.ts'
import { run } from '../op.ts'
import { withDeadline } from '../source/deadline.ts'
import { type Answer, type DownloadRules, download, reasonOf } from '../source/download.ts'
import { ENDS_WITH_REQUEST } from '../source/ends-with-request.ts'
import { etagOf, lifetimeOf, retryAfterOf } from '../source/freshness.ts'
import { LIST_TYPE, parseStatusListClaim, type Statuses } from './statuses.ts'

/** How a list is fetched and for how long it is used, in seconds. */
export interface ListRules extends DownloadRules {
  readonly now: () => number
  readonly cacheMaxAge: number
  readonly maxStale: number
  readonly tolerance: number
}

/** A list that was fetched, and for how long it is good. */
export interface HeldList {
  readonly statuses: Statuses
  readonly iss: string | undefined
  readonly issuedAt: number
  /** From then on it is never used. */
  readonly endsAt: number
  readonly ttl: number | undefined
  readonly etag: string | undefined
  readonly fetchedAt: number
  readonly freshUntil: number
}

interface Flight {
  readonly startedAt: number
  readonly settled: Promise<void>
}

/** A list is used at least this long, and nothing asks again sooner (seconds). */
const INTERVAL = 5
/** The longest wait between two tries (seconds). */
const LONGEST_WAIT = 120
/** Past this part of its life a list that is in use is fetched anew in the background. */
const AHEAD = 0.8

/** A status list that is fetched when it is needed, and kept as long as it says. */
export class RemoteStatusList {
  readonly #uri: string
  readonly #rules: ListRules
  readonly #verify: VerifyOp
  readonly #backend: Backend
  #held: HeldList | undefined
  #flight: Flight | undefined
  #failures = 0
  #retryAt = Number.NEGATIVE_INFINITY
  #askedAt = Number.NEGATIVE_INFINITY
  #failure: unknown

  constructor(uri: string, rules: ListRules, verify: VerifyOp, backend: Backend) {
    this.#uri = uri
    this.#rules = rules
    this.#verify = verify
    this.#backend = backend
  }

  /** The list, fetched where it is time to. @throws {JoseError} `CS_UNAVAILABLE` where there is none to use */
  async load(): Promise<HeldList> {
    const waiting = this.#prepare()
    if (waiting) await this.#patient(waiting)
    const held = this.#held
    if (held && this.#serves(held, this.#rules.now())) return held
    const why = held ? 'is too old to be used' : 'could not be had'
    throw new JoseError('CS_UNAVAILABLE', `the status list at ${this.#uri} ${why}: ${reasonOf(this.#failure)}`, {
      cause: this.#failure,
      unavailable: true,
    })
  }

  #serves({ freshUntil, endsAt }: HeldList, now: number): boolean {
    return now < Math.min(freshUntil + this.#rules.maxStale, endsAt)
  }

  /** Starts a request where it is time for one. @returns what to wait for */
  #prepare(): Promise<void> | undefined {
    const now = this.#rules.now()
    // A clock that was set back does not say how old the list is: it has aged now.
    if (this.#held && now < this.#held.fetchedAt) this.#held = { ...this.#held, fetchedAt: now, freshUntil: now }
    const held = this.#held
    if (held && this.#serves(held, now)) {
      const ahead = held.fetchedAt + AHEAD * (held.freshUntil - held.fetchedAt)
      // While the list is fresh, or the last try to get another has failed, nobody waits.
      if (now < held.freshUntil || this.#failures > 0) {
        const settled = now >= ahead && this.#mayAsk(now) ? this.#refresh(now) : undefined
        return ENDS_WITH_REQUEST ? settled : undefined
      }
    }
    return this.#inFlight(now)?.settled ?? (this.#mayAsk(now) ? this.#refresh(now) : undefined)
  }

  #mayAsk(now: number): boolean {
    if (this.#inFlight(now)) return false
    return now >= Math.max(this.#askedAt + INTERVAL, this.#retryAt) || now < this.#askedAt
  }

  /** The request that is on its way. One whose deadline passed unnoticed, as on a machine that slept, is given up. */
  #inFlight(now: number): Flight | undefined {
    const flight = this.#flight
    const late = flight && (now > flight.startedAt + this.#rules.timeout + 1 || now < flight.startedAt)
    if (late) this.#flight = undefined
    return this.#flight
  }

  /** Fetches the list. It never fails: what went wrong is kept. */
  #refresh(now: number): Promise<void> {
    this.#askedAt = now
    // Its own outcome says when the next may be; where that never comes, the interval alone does.
    this.#retryAt = Number.NEGATIVE_INFINITY
    const settled = this.#fetch(this.#held).then(
      (held) => {
        if (this.#flight === flight) this.#succeed(held)
      },
      (error: unknown) => {
        if (this.#flight === flight) this.#fail(error)
      },
    )
    const flight: Flight = { startedAt: now, settled }
    this.#flight = flight
    settled.catch(() => undefined) // where nobody waits, a clock that throws must not end the process
    return settled
  }

  /** What another request has begun may never end on some platforms: then whoever waits goes on without it. */
  #patient(settled: Promise<void>): Promise<void> {
    if (!ENDS_WITH_REQUEST) return settled
    return withDeadline(this.#rules.timeout + 1, 'given up', () => settled).catch(() => undefined)
  }

  #succeed(held: HeldList): void {
    this.#flight = undefined
    this.#failures = 0
    this.#retryAt = Number.NEGATIVE_INFINITY
    this.#failure = undefined
    this.#held = held
  }

  #fail(error: unknown): void {
    this.#flight = undefined
    this.#failure = error
    const asked = error instanceof Refused ? error.retryAfter : 0
    this.#retryAt = this.#rules.now() + Math.min(Math.max(INTERVAL * 2 ** this.#failures, asked), LONGEST_WAIT)
    this.#failures++
    // The next request makes no conditions: should they be what a server stumbles over, that ends it.
    if (this.#held) this.#held = { ...this.#held, etag: undefined }
  }

  async #fetch(before: HeldList | undefined): Promise<HeldList> {
    const accept = { accept: `application/${LIST_TYPE}` }
    // One that has expired serves no more: there is nothing to be left as it was.
    const etag = before && this.#rules.now() < before.endsAt ? before.etag : undefined
    const headers = etag === undefined ? accept : { ...accept, 'if-none-match': etag }
    const answer = await download(this.#uri, headers, this.#rules)
    const unchanged = before !== undefined && etag !== undefined && answer.status === 304
    if (answer.status !== 200 && !unchanged) throw new Refused(answer)
    const list = unchanged ? before : await this.#read(answer.text, before)
    const { now, cacheMaxAge } = this.#rules
    const fetchedAt = now()
    if (fetchedAt >= list.endsAt) throw new JoseError('CS_EXPIRED', 'the status list has expired')
    // What the list says counts before what the answer says (§8.2).
    const lifetime = Math.min(list.ttl ?? lifetimeOf(answer.headers) ?? cacheMaxAge, cacheMaxAge)
    const freshUntil = fetchedAt + Math.max(INTERVAL, lifetime)
    return { ...list, etag: etagOf(answer.headers) ?? (unchanged ? etag : undefined), fetchedAt, freshUntil }
  }

  /** Checks the token with the list (§8.3). @throws {JoseError} */
  async #read(token: string, before: HeldList | undefined): Promise<HeldList> {
    const { claims } = await run(this.#verify(token), this.#backend)
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

/** An answer that brings no list. */
class Refused extends Error {
  readonly retryAfter: number

  constructor({ status, headers }: Answer) {
    super(`HTTP status ${status}`)
    this.retryAfter = retryAfterOf(headers)
  }
}
