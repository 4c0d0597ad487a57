import type { Needs, Role } from '../alg/needs.ts'
import type { JwkAdmission, Sourcing } from '../crypto/backend.ts'
import { JoseError, kindOf, show } from '../errors.ts'
import type { JoseHeader } from '../header.ts'
import { isObject, type JsonObject, own, parseObject, withoutUndefined } from '../json.ts'
import type { Key } from '../key/key.ts'
import { type Op, use } from '../op.ts'
import { withDeadline } from './deadline.ts'
import { type Answer, download, reasonOf } from './download.ts'
import { ENDS_WITH_REQUEST } from './ends-with-request.ts'
import { etagOf, lifetimeOf, retryAfterOf } from './freshness.ts'
import { KeyProvider } from './key-source.ts'
import { type Listener, Listeners } from './listeners.ts'
import type { Rules } from './remote-options.ts'
import { KeySet } from './set.ts'

/** What happened to a remote set, for a log line or a metric. */
export type RemoteKeySetEvent = { readonly url: string } & (
  | {
      /** `changed` is false where the server said that the set is the same (HTTP 304). */
      readonly type: 'refreshed'
      readonly changed: boolean
      readonly keys: number
      readonly skipped: number
      readonly freshSeconds: number
    }
  | {
      readonly type: 'failed'
      readonly error: JoseError
      /** No request is made before. */
      readonly retrySeconds: number
      /** For how long the keys that are here go on serving; 0 where there are none. */
      readonly usableSeconds: number
    }
)

/** A remote set as plain JSON, to be kept somewhere and given to `restore` after a restart. */
export interface RemoteKeySetSnapshot {
  readonly url: string
  readonly jwks: Readonly<Record<string, unknown>>
  /** Epoch seconds. */
  readonly fetchedAt: number
  readonly freshUntil: number
  readonly etag?: string
}

const MAX_KEYS = 100
const MAX_DEPTH = 32
/** An answer is used at least this long, and nothing asks again sooner (seconds). */
const INTERVAL = 5
/** The longest wait between two tries (seconds), before it is spread. */
const LONGEST_WAIT = 120
/** Past this part of its life a set that is in use is fetched anew in the background. */
const AHEAD = 0.8

/** What to wait for when something goes on in the background: nothing, but where it would be ended. */
const inBackground = (settled: Promise<void>): Promise<void> | undefined => (ENDS_WITH_REQUEST ? settled : undefined)

/** A set, and for how long it is good. */
interface Held {
  readonly set: KeySet
  readonly jwks: JsonObject
  readonly etag: string | undefined
  readonly fetchedAt: number
  readonly freshUntil: number
}

interface Flight {
  readonly startedAt: number
  readonly settled: Promise<void>
}

/** A JWK Set that is fetched when it is needed, and kept as long as its answer allows. */
export class RemoteKeySet extends KeyProvider {
  readonly url: string
  readonly #backend: JwkAdmission
  readonly #rules: Rules
  readonly #listeners = new Listeners<RemoteKeySetEvent>()
  #held: Held | undefined
  #flight: Flight | undefined
  #askedAt = Number.NEGATIVE_INFINITY
  /** How many tries have failed since the last that did not, when the next may be, and why the last one failed. */
  #failures = 0
  #retryAt = Number.NEGATIVE_INFINITY
  #failure: JoseError | undefined

  /** @internal @throws {TypeError} @throws {JoseError} `CS_JWKS_FETCH` for a URL that is not allowed */
  constructor(url: string, rules: Rules, backend: JwkAdmission) {
    super()
    this.url = url
    this.#rules = rules
    this.#backend = backend
  }

  /** The keys as last fetched; `undefined` before the first fetch. */
  get current(): KeySet | undefined {
    return this.#held?.set
  }

  /**
   * Fetches the set unless one that can be used is there; callers at the same time share one request. Where a try has
   * failed a moment ago, none is made.
   *
   * @throws {JoseError} `CS_JWKS_FETCH` or `CS_JWKS_INVALID`, with `unavailable: true`, where there is no set to use
   */
  async load(): Promise<void> {
    const waiting = this.#prepare()
    if (waiting) await this.#patient(waiting)
    this.#usable()
  }

  /**
   * Calls a function with each event from now on. What it throws is ignored: a log must not keep anyone out.
   *
   * @returns ends it
   */
  subscribe(listener: Listener<RemoteKeySetEvent>): () => void {
    return this.#listeners.add(listener)
  }

  /** The set as plain JSON, for the next start of the program; `undefined` before the first fetch. */
  snapshot(): RemoteKeySetSnapshot | undefined {
    if (this.#held === undefined) return undefined
    const { jwks, fetchedAt, freshUntil, etag } = this.#held
    return withoutUndefined({ url: this.url, jwks, fetchedAt, freshUntil, etag })
  }

  /**
   * Takes a snapshot in place of a first fetch. It is good for as long as a set that was fetched then, and no longer by
   * its own word. One that is older than what is here changes nothing.
   *
   * @throws {JoseError} `CS_JWKS_INVALID` for one of another URL, or one that is no snapshot
   */
  restore(snapshot: unknown): void {
    const held = this.#parse(snapshot)
    if (this.#held === undefined || held.fetchedAt > this.#held.fetchedAt) this.#held = held
  }

  /** @internal As `KeySource.select`. */
  override select(header: JoseHeader, alg: Needs, role: Role): Op<readonly Key[], Sourcing> {
    return this.#lookUp((set) => set.select(header, alg, role))
  }

  /** @internal As `KeySource.first`. */
  override first(alg: Needs): Op<Key, Sourcing> {
    return this.#lookUp((set) => set.first(alg))
  }

  *#lookUp<T>(search: (set: KeySet) => Op<T, Sourcing>): Op<T, Sourcing> {
    const waiting = this.#prepare()
    if (waiting) yield* wait(this.#patient(waiting))
    try {
      return yield* search(this.#usable())
    } catch (error) {
      if (!isUnknown(error)) throw error
      if (!this.#mayAskFor(this.#rules.now())) throw this.#doubted(error)
    }
    // The keys may have rotated since: one more look, but never more often than the interval.
    yield* wait(this.#patient(this.#refresh()))
    try {
      return yield* search(this.#usable())
    } catch (error) {
      throw isUnknown(error) ? this.#doubted(error) : error
    }
  }

  /** That a kid is unknown, with the doubt there is about it while the set cannot be fetched anew. */
  #doubted(error: JoseError): JoseError {
    if (this.#failures === 0) return error
    const why = `${error.message}, and the JWK Set could not be fetched anew`
    return new JoseError('CS_NO_KEY', why, { cause: this.#failure, unavailable: true })
  }

  /**
   * Starts a request where it is time for one.
   *
   * @returns what to wait for; nothing where there is a set that serves meanwhile, or where none may be asked for yet
   */
  #prepare(): Promise<void> | undefined {
    const now = this.#rules.now()
    // A clock that was set back does not say how old the set is: it has aged now, and serves no longer than from now.
    if (this.#held && now < this.#held.fetchedAt) this.#held = agedAt(now, this.#held)
    const held = this.#held
    if (held && now < held.freshUntil) {
      const ahead = held.fetchedAt + AHEAD * (held.freshUntil - held.fetchedAt)
      return now >= ahead && this.#mayAsk(now) ? inBackground(this.#refresh()) : undefined
    }
    // The last try has failed: whoever has keys that may still serve does not wait for the next.
    const serves = held !== undefined && this.#failures > 0 && now < held.freshUntil + this.#rules.maxStale
    if (serves) {
      return this.#mayAsk(now) ? inBackground(this.#refresh()) : undefined
    }
    return this.#inFlight(now) || this.#mayAsk(now) ? this.#refresh() : undefined
  }

  /** @throws {JoseError} with `unavailable: true` where no set may serve */
  #usable(): KeySet {
    const { now, maxStale } = this.#rules
    const held = this.#held
    if (held && now() < held.freshUntil + maxStale) return held.set
    if (held) {
      const cause = this.#failure
      throw new JoseError('CS_UNAVAILABLE', 'the JWK Set is too old to be used', { cause, unavailable: true })
    }
    if (this.#failure) throw this.#failure
    throw new JoseError('CS_UNAVAILABLE', 'the JWK Set is not loaded', {
      hint: 'With countersign/sync, await set.load() before the first token.',
      unavailable: true,
    })
  }

  /** Whether a request may be made: none is on its way, and neither the interval nor a back-off runs. */
  #mayAsk(now: number): boolean {
    if (this.#inFlight(now)) return false
    // A clock that was set back says nothing about how long ago that was.
    return now >= Math.max(this.#askedAt + INTERVAL, this.#retryAt) || now < this.#askedAt
  }

  /** The same for one kid: to wait for the request that is on its way is allowed, too. */
  #mayAskFor(now: number): boolean {
    return this.#inFlight(now) !== undefined || this.#mayAsk(now)
  }

  /** The request that is on its way. One whose deadline passed unnoticed, as on a machine that slept, is given up. */
  #inFlight(now: number): Flight | undefined {
    const flight = this.#flight
    const late = flight && (now > flight.startedAt + this.#rules.timeout + 1 || now < flight.startedAt)
    if (late) this.#flight = undefined
    return this.#flight
  }

  /** Fetches the set, or joins whoever does. It never fails: what went wrong is kept in `#failure`. */
  #refresh(): Promise<void> {
    const now = this.#rules.now()
    const pending = this.#inFlight(now)
    if (pending) return pending.settled
    this.#askedAt = now
    // Its own outcome says when the next may be; where that never comes, the interval alone does.
    this.#retryAt = Number.NEGATIVE_INFINITY
    const before = this.#held
    const settled = this.#fetch(before).then(
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
  #patient(settled: Promise<void>): Promise<void> {
    if (!ENDS_WITH_REQUEST) return settled
    const { timeout } = this.#rules
    return withDeadline(timeout + 1, 'given up', () => settled).catch(() => undefined)
  }

  #succeed(held: Held, before: Held | undefined): void {
    this.#flight = undefined
    this.#failures = 0
    this.#retryAt = Number.NEGATIVE_INFINITY
    this.#failure = undefined
    this.#held = held
    const { keys, skipped } = held.set
    this.#listeners.tell({
      type: 'refreshed',
      url: this.url,
      changed: held.set !== before?.set,
      keys: keys.length,
      skipped: skipped.length,
      freshSeconds: held.freshUntil - held.fetchedAt,
    })
  }

  #fail(cause: unknown): void {
    const { now, random, maxStale } = this.#rules
    const refused = cause instanceof JoseError && cause.code === 'CS_JWKS_INVALID'
    const error = refused ? cause : unreachable(this.url, cause)
    const spread = Math.min(1, Math.max(0, random() || 0))
    const wait = Math.min(INTERVAL * 2 ** this.#failures, LONGEST_WAIT) * (0.8 + 0.4 * spread)
    const asked = cause instanceof Refused ? Math.min(cause.retryAfter, LONGEST_WAIT) : 0
    const retrySeconds = Math.max(wait, asked)
    const at = now()
    this.#flight = undefined
    this.#failures++
    this.#failure = error
    this.#retryAt = at + retrySeconds
    // The next request makes no conditions: should they be what a server in between stumbles over, that ends it.
    if (this.#held) this.#held = { ...this.#held, etag: undefined }
    const usableSeconds = this.#held ? Math.max(0, this.#held.freshUntil + maxStale - at) : 0
    this.#listeners.tell({ type: 'failed', url: this.url, error, retrySeconds, usableSeconds })
  }

  async #fetch(before: Held | undefined): Promise<Held> {
    const accept = { accept: 'application/jwk-set+json, application/json' }
    const { etag } = before ?? {}
    const headers = etag === undefined ? accept : { ...accept, 'if-none-match': etag }
    const answer = await download(this.url, headers, this.#rules)
    const unchanged = before !== undefined && etag !== undefined && answer.status === 304
    if (answer.status !== 200 && !unchanged) throw new Refused(answer)
    // What a 304 does not say is as it was (RFC 9111 §4.3.4).
    const lifetime = lifetimeOf(answer.headers) ?? (unchanged ? before.freshUntil - before.fetchedAt : undefined)
    const times = this.#times(lifetime)
    if (unchanged) return { ...before, ...times, etag: etagOf(answer.headers) ?? etag }
    return { ...this.#read(answer.text), ...times, etag: etagOf(answer.headers) }
  }

  #read(text: string): Pick<Held, 'set' | 'jwks'> {
    try {
      const jwks = parseObject(text, 'the JWK Set', MAX_DEPTH)
      return { jwks, set: this.#toSet(jwks) }
    } catch (cause) {
      const why = cause instanceof JoseError ? cause.message : 'unreadable'
      throw new JoseError('CS_JWKS_INVALID', `the JWK Set at ${this.url} is refused: ${why}`, {
        cause,
        unavailable: true,
      })
    }
  }

  #toSet(jwks: JsonObject): KeySet {
    return new KeySet(jwks, this.#backend, { publicOnly: true, maxKeys: MAX_KEYS })
  }

  #times(lifetime: number | undefined, fetchedAt = this.#rules.now()): Pick<Held, 'fetchedAt' | 'freshUntil'> {
    const { cacheMaxAge } = this.#rules
    return { fetchedAt, freshUntil: fetchedAt + Math.max(INTERVAL, Math.min(lifetime ?? cacheMaxAge, cacheMaxAge)) }
  }

  #parse(snapshot: unknown): Held {
    const invalid = (why: string): JoseError => new JoseError('CS_JWKS_INVALID', `the snapshot is refused: ${why}`)
    if (!isObject(snapshot)) throw invalid(`it is ${kindOf(snapshot)}`)
    const [url, jwks, etag] = ['url', 'jwks', 'etag'].map((name) => own(snapshot, name))
    const [fetchedAt, freshUntil] = ['fetchedAt', 'freshUntil'].map((name) => own(snapshot, name))
    if (url !== this.url) throw invalid(`it is of ${show(url)} and not of ${this.url}`)
    const times = isTime(fetchedAt) && isTime(freshUntil)
    if (!times || fetchedAt > this.#rules.now()) throw invalid('its times are no times, or in the future')
    if (!isObject(jwks)) throw invalid(`jwks is ${kindOf(jwks)}`)
    const tag = typeof etag === 'string' ? etagOf({ get: () => etag }) : undefined
    return { jwks, set: this.#toSet(jwks), etag: tag, ...this.#times(freshUntil - fetchedAt, fetchedAt) }
  }
}

/** The same set, at the end of its life at a moment. */
function agedAt(now: number, held: Held): Held {
  return { ...held, fetchedAt: now - (held.freshUntil - held.fetchedAt), freshUntil: now }
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

/** An answer that brings no set. */
class Refused extends Error {
  readonly retryAfter: number

  constructor({ status, headers }: Answer) {
    super(`HTTP status ${status}`)
    this.retryAfter = retryAfterOf(headers)
  }
}

function unreachable(url: string, cause: unknown): JoseError {
  return new JoseError('CS_JWKS_FETCH', `the JWK Set at ${url} could not be fetched: ${reasonOf(cause)}`, {
    cause,
    unavailable: true,
  })
}

function isUnknown(error: unknown): error is JoseError {
  return error instanceof JoseError && error.code === 'CS_NO_KEY'
}

/** Waits where waiting is possible; elsewhere it goes on meanwhile. */
function* wait(settled: Promise<void>): Op<void, Sourcing> {
  yield* use(({ sync }: Sourcing) => (sync ? undefined : settled))
}
