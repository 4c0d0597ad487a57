import type { Needs, Role } from '../alg/needs.ts'
import type { JwkAdmission, Sourcing } from '../crypto/backend.ts'
import { JoseError, kindOf, show } from '../errors.ts'
import type { JoseHeader } from '../header.ts'
import { isObject, type JsonObject, own, parseObject, withoutUndefined } from '../json.ts'
import type { Key } from '../key/key.ts'
import { type Op, use } from '../op.ts'
import { download, MAX_DEPTH, reasonOf } from './download.ts'
import { etagOf, lifetimeOf } from './freshness.ts'
import { KeyProvider, selected } from './key-source.ts'
import { type Listener, Listeners } from './listeners.ts'
import { type Fetched, INTERVAL, Refresher, Refused } from './refresher.ts'
import type { Rules } from './remote-options.ts'
import { KeySet } from './set.ts'

/** What happened to a remote set, for a log line or a metric: `subscribe` of {@link remoteKeySet} tells it. */
export type RemoteKeySetEvent = { readonly url: string } & (
  | {
      /** The set was fetched. */
      readonly type: 'refreshed'
      /** False where the server said that the set is the same (HTTP 304). */
      readonly changed: boolean
      /** How many keys can be used. */
      readonly keys: number
      /** How many members are left out. */
      readonly skipped: number
      /** For how many seconds it is used before it is fetched again. */
      readonly freshSeconds: number
    }
  | {
      /** The set could not be fetched. */
      readonly type: 'failed'
      /** Why the set could not be fetched. */
      readonly error: JoseError
      /** For how many seconds no request is made. */
      readonly retrySeconds: number
      /** For how many seconds the keys that are here go on serving; 0 where there are none. */
      readonly usableSeconds: number
    }
)

/**
 * A remote set (RFC 7517 §5) as plain JSON, to be kept somewhere and given to `restore` after a restart.
 *
 * @example
 * ```ts
 * import { generateKey, publicJwks, remoteKeySet } from 'countersign'
 *
 * const url = 'https://issuer.example/jwks.json'
 * const jwks = await publicJwks([await generateKey('ES256')])
 * const keys = remoteKeySet(url, { fetch: async () => Response.json(jwks) })
 * await keys.load()
 * const kept = JSON.stringify(keys.snapshot()) // into a file, for the next start
 *
 * const restarted = remoteKeySet(url, { fetch: async () => Promise.reject(new Error('the network is down')) })
 * restarted.restore(JSON.parse(kept))
 * console.log(restarted.current?.keys.length, restarted.snapshot()?.url) // 1 https://issuer.example/jwks.json
 * ```
 */
export interface RemoteKeySetSnapshot {
  /** Where the set was fetched from. */
  readonly url: string
  /** The JWK Set as it was fetched. */
  readonly jwks: Readonly<Record<string, unknown>>
  /** When, in epoch seconds. */
  readonly fetchedAt: number
  /** Until when it is used before it is fetched again, in epoch seconds. */
  readonly freshUntil: number
  /** What the server called this version of it, if anything (RFC 9110 §8.8.3). */
  readonly etag?: string
}

const MAX_KEYS = 100

/** A set, and for how long it is good. */
interface Held extends Fetched {
  readonly set: KeySet
  readonly jwks: JsonObject
}

/**
 * A JWK Set (RFC 7517 §5) that {@link remoteKeySet} fetches when it is needed, and keeps as long as its answer allows.
 */
export class RemoteKeySet extends KeyProvider {
  /** Where the set is. */
  readonly url: string
  readonly #backend: JwkAdmission
  readonly #rules: Rules
  readonly #listeners = new Listeners<RemoteKeySetEvent>()
  readonly #refresher: Refresher<Held>

  /** @internal @throws {TypeError} @throws {JoseError} `CS_JWKS_FETCH` for a URL that is not allowed */
  constructor(url: string, rules: Rules, backend: JwkAdmission) {
    super()
    this.url = url
    this.#rules = rules
    this.#backend = backend
    this.#refresher = new Refresher(rules, {
      fetch: (before) => this.#fetch(before),
      servesUntil: ({ freshUntil }) => freshUntil + rules.maxStale,
      succeeded: (held, before) => this.#succeeded(held, before),
      failed: (cause, retrySeconds, held) => this.#failed(cause, retrySeconds, held),
    })
  }

  /** The keys as last fetched; `undefined` before the first fetch. */
  get current(): KeySet | undefined {
    return this.#refresher.held?.set
  }

  /**
   * Fetches the set unless one that can be used is there; callers at the same time share one request. Where a try has
   * failed a moment ago, none is made.
   *
   * @throws {JoseError} `CS_JWKS_FETCH` or `CS_JWKS_INVALID`, with `unavailable: true`, where there is no set to use
   */
  async load(): Promise<void> {
    const waiting = this.#refresher.prepare()
    if (waiting) await this.#refresher.patient(waiting)
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
    const { held } = this.#refresher
    if (held === undefined) return undefined
    const { jwks, fetchedAt, freshUntil, etag } = held
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
    const before = this.#refresher.held
    if (before === undefined || held.fetchedAt > before.fetchedAt) this.#refresher.hold(held)
  }

  /** @internal As `KeySource.select`. */
  override select(header: JoseHeader, alg: Needs, role: Role): Op<readonly Key[], Sourcing> {
    return this.#lookUp((set) => selected(set.select(header, alg, role)))
  }

  /** @internal As `KeySource.first`. */
  override first(alg: Needs): Op<Key, Sourcing> {
    return this.#lookUp((set) => set.first(alg))
  }

  *#lookUp<T>(search: (set: KeySet) => Op<T, Sourcing>): Op<T, Sourcing> {
    const refresher = this.#refresher
    const waiting = refresher.prepare()
    if (waiting) yield* wait(refresher.patient(waiting))
    try {
      return yield* search(this.#usable())
    } catch (error) {
      if (!isUnknown(error)) throw error
      if (!refresher.mayJoin()) throw this.#doubted(error)
    }
    // The keys may have rotated since: one more look, but never more often than the interval.
    yield* wait(refresher.patient(refresher.refresh()))
    try {
      return yield* search(this.#usable())
    } catch (error) {
      throw isUnknown(error) ? this.#doubted(error) : error
    }
  }

  /** That a kid is unknown, with the doubt there is about it while the set cannot be fetched anew. */
  #doubted(error: JoseError): JoseError {
    const cause = this.#refresher.failure
    if (cause === undefined) return error
    const why = `${error.message}, and the JWK Set could not be fetched anew`
    return new JoseError('CS_NO_KEY', why, { cause, unavailable: true })
  }

  /** @throws {JoseError} with `unavailable: true` where no set may serve */
  #usable(): KeySet {
    const { held, failure: cause } = this.#refresher
    const usable = this.#refresher.usable()
    if (usable) return usable.set
    if (held) {
      throw new JoseError('CS_UNAVAILABLE', 'the JWK Set is too old to be used', { cause, unavailable: true })
    }
    if (cause) throw cause
    throw new JoseError('CS_UNAVAILABLE', 'the JWK Set is not loaded', {
      hint: 'With countersign/sync, await set.load() before the first token.',
      unavailable: true,
    })
  }

  #succeeded(held: Held, before: Held | undefined): void {
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

  #failed(cause: unknown, retrySeconds: number, held: Held | undefined): JoseError {
    const { now, maxStale } = this.#rules
    const refused = cause instanceof JoseError && cause.code === 'CS_JWKS_INVALID'
    const error = refused ? cause : unreachable(this.url, cause)
    const usableSeconds = held ? Math.max(0, held.freshUntil + maxStale - now()) : 0
    this.#listeners.tell({ type: 'failed', url: this.url, error, retrySeconds, usableSeconds })
    return error
  }

  async #fetch(before: Held | undefined): Promise<Held> {
    // Its age counts from when it was asked for: who slept while it came must not take it for young (RFC 9111 §4.2.3).
    const askedAt = this.#rules.now()
    const accept = { accept: 'application/jwk-set+json, application/json' }
    const { etag } = before ?? {}
    const headers = etag === undefined ? accept : { ...accept, 'if-none-match': etag }
    const answer = await download(this.url, headers, this.#rules)
    const unchanged = before !== undefined && etag !== undefined && answer.status === 304
    if (answer.status !== 200 && !unchanged) throw new Refused(answer)
    // What a 304 does not say is as it was (RFC 9111 §4.3.4).
    const lifetime = lifetimeOf(answer.headers) ?? (unchanged ? before.freshUntil - before.fetchedAt : undefined)
    const times = this.#times(lifetime, askedAt)
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

  #times(lifetime: number | undefined, fetchedAt: number): Pick<Held, 'fetchedAt' | 'freshUntil'> {
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

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
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
