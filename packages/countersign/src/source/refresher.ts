import type { JoseError } from '../errors.ts'
import { withDeadline } from './deadline.ts'
import type { Answer } from './download.ts'
import { endsWithRequest } from './ends-with-request.ts'
import { retryAfterOf } from './freshness.ts'

/** Something that was fetched, and for how long it is good (epoch seconds). */
export interface Fetched {
  readonly fetchedAt: number
  readonly freshUntil: number
  readonly etag: string | undefined
}

/** The clock, the chance and the patience of whatever fetches. */
export interface RefreshRules {
  readonly now: () => number
  /** From 0 to 1; it spreads the retries of many machines. */
  readonly random: () => number
  /** Seconds for a whole answer. */
  readonly timeout: number
}

/** How a thing is fetched, and what becomes of it. */
export interface Refreshable<Held> {
  fetch(before: Held | undefined): Promise<Held>
  /** Until when it serves where it cannot be fetched anew. */
  servesUntil(held: Held): number
  succeeded?(held: Held, before: Held | undefined): void
  /**
   * @param retrySeconds - no request is made before
   * @returns why there is nothing new, in its own words
   */
  failed(cause: unknown, retrySeconds: number, held: Held | undefined): JoseError
}

interface Flight {
  readonly startedAt: number
  readonly settled: Promise<void>
}

/** What was fetched is used at least this long, and nothing asks again sooner (seconds). */
export const INTERVAL = 5
/** The longest wait between two tries (seconds), before it is spread. */
const LONGEST_WAIT = 120
/** Past this part of its life something that is in use is fetched anew in the background. */
const AHEAD = 0.8

/** What to wait for when something goes on in the background: nothing, but where it would be ended. */
const inBackground = (settled: Promise<void>): Promise<void> | undefined => (endsWithRequest() ? settled : undefined)

/**
 * When something remote is fetched: when it is needed, ahead of its end, by one request at a time, and after a failure
 * ever more rarely. Meanwhile what is here serves on.
 */
export class Refresher<Held extends Fetched> {
  readonly #rules: RefreshRules
  readonly #thing: Refreshable<Held>
  #held: Held | undefined
  #flight: Flight | undefined
  #askedAt = Number.NEGATIVE_INFINITY
  /** How many tries have failed since the last that did not, when the next may be, and why the last one failed. */
  #failures = 0
  #retryAt = Number.NEGATIVE_INFINITY
  #failure: JoseError | undefined

  constructor(rules: RefreshRules, thing: Refreshable<Held>) {
    this.#rules = rules
    this.#thing = thing
  }

  /** What was fetched last, or put here in its place. */
  get held(): Held | undefined {
    return this.#held
  }

  /** Why the last try failed; nothing where it did not. */
  get failure(): JoseError | undefined {
    return this.#failure
  }

  /** Takes something in place of a first fetch. */
  hold(held: Held): void {
    this.#held = held
  }

  /** What is here, if it may serve now. */
  usable(): Held | undefined {
    const held = this.#held
    return held && this.#rules.now() < this.#thing.servesUntil(held) ? held : undefined
  }

  /**
   * Starts a request where it is time for one.
   *
   * @returns what to wait for; nothing where something serves meanwhile, or where nobody may be asked yet
   */
  prepare(): Promise<void> | undefined {
    const now = this.#rules.now()
    // A clock that was set back does not say how old it is: it has aged now, and serves no longer than from now.
    if (this.#held && now < this.#held.fetchedAt) this.#held = agedAt(now, this.#held)
    const held = this.#held
    // Once the last try has failed, whoever has something that may still serve does not wait for the next.
    if (held && now < this.#thing.servesUntil(held) && (now < held.freshUntil || this.#failures > 0)) {
      const ahead = held.fetchedAt + AHEAD * (held.freshUntil - held.fetchedAt)
      return now >= ahead && this.#mayAsk(now) ? inBackground(this.refresh()) : undefined
    }
    return this.mayJoin(now) ? this.refresh() : undefined
  }

  /** Whether there is a request to wait for, or one may be made. */
  mayJoin(now: number = this.#rules.now()): boolean {
    return this.#inFlight(now) !== undefined || this.#mayAsk(now)
  }

  /** Whether a request may be made: none is on its way, and neither the interval nor a back-off runs. */
  #mayAsk(now: number): boolean {
    if (this.#inFlight(now)) return false
    // A clock that was set back says nothing about how long ago that was.
    return now >= Math.max(this.#askedAt + INTERVAL, this.#retryAt) || now < this.#askedAt
  }

  /** The request that is on its way. One whose deadline passed unnoticed, as on a machine that slept, is given up. */
  #inFlight(now: number): Flight | undefined {
    const flight = this.#flight
    const late = flight && (now > flight.startedAt + this.#rules.timeout + 1 || now < flight.startedAt)
    if (late) this.#flight = undefined
    return this.#flight
  }

  /** Fetches, or joins whoever does. It never fails: what went wrong is kept. */
  refresh(): Promise<void> {
    const now = this.#rules.now()
    const pending = this.#inFlight(now)
    if (pending) return pending.settled
    this.#askedAt = now
    // Its own outcome says when the next may be; where that never comes, the interval alone does.
    this.#retryAt = Number.NEGATIVE_INFINITY
    const before = this.#held
    const settled = this.#thing.fetch(before).then(
      (held) => this.#flight === flight && this.#succeed(held, before),
      (error: unknown) => this.#flight === flight && this.#fail(error),
    ) as Promise<void>
    const flight: Flight = { startedAt: now, settled }
    this.#flight = flight
    // Where nobody waits, a clock that throws meanwhile must not end the process.
    settled.catch(() => undefined)
    return settled
  }

  /** What another request has begun may never end there: then whoever waits for it goes on without it. */
  patient(settled: Promise<void>): Promise<void> {
    if (!endsWithRequest()) return settled
    return withDeadline(this.#rules.timeout + 1, 'given up', () => settled).catch(() => undefined)
  }

  #succeed(held: Held, before: Held | undefined): void {
    this.#flight = undefined
    this.#failures = 0
    this.#retryAt = Number.NEGATIVE_INFINITY
    this.#failure = undefined
    this.#held = held
    this.#thing.succeeded?.(held, before)
  }

  #fail(cause: unknown): void {
    const { now, random } = this.#rules
    const spread = Math.min(1, Math.max(0, random() || 0))
    const wait = Math.min(INTERVAL * 2 ** this.#failures, LONGEST_WAIT) * (0.8 + 0.4 * spread)
    const asked = cause instanceof Refused ? Math.min(cause.retryAfter, LONGEST_WAIT) : 0
    const retrySeconds = Math.max(wait, asked)
    this.#flight = undefined
    this.#failures++
    this.#retryAt = now() + retrySeconds
    // The next request makes no conditions: should they be what a server in between stumbles over, that ends it.
    if (this.#held) this.#held = { ...this.#held, etag: undefined }
    this.#failure = this.#thing.failed(cause, retrySeconds, this.#held)
  }
}

/** The same, at the end of its life at a moment. */
function agedAt<Held extends Fetched>(now: number, held: Held): Held {
  return { ...held, fetchedAt: now - (held.freshUntil - held.fetchedAt), freshUntil: now }
}

/** An answer that does not bring what was asked for. */
export class Refused extends Error {
  readonly retryAfter: number

  constructor({ status, headers }: Answer) {
    super(`HTTP status ${status}`)
    this.retryAfter = retryAfterOf(headers)
  }
}
