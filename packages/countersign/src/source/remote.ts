import type { Needs, Role } from '../alg/needs.ts'
import { type Bytes, concat, fromUtf8 } from '../bytes.ts'
import type { JwkAdmission, Sourcing } from '../crypto/backend.ts'
import { JoseError, kindOf } from '../errors.ts'
import type { JoseHeader } from '../header.ts'
import { parseObject } from '../json.ts'
import type { Key } from '../key/key.ts'
import { type Op, use } from '../op.ts'
import { checkNames, type Duration, toBoolean, toClock, toCount, toSeconds } from '../options.ts'
import { KeySet } from './set.ts'

/** The part of a `fetch` response that is read. */
export interface FetchResponse {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly body: { getReader(): BodyReader } | null
}

/** The part of a stream's reader that is used. */
export interface BodyReader {
  read(): PromiseLike<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
  cancel(): PromiseLike<void>
}

/** The platform's AbortSignal, where the program has its types. */
export type FetchSignal = typeof globalThis extends { AbortSignal: { prototype: infer Signal } } ? Signal : object

/** What is asked of `fetch`; it fits the platform's own. */
export interface FetchRequest {
  readonly method: 'GET'
  readonly headers: Readonly<Record<string, string>>
  readonly redirect: 'error'
  readonly signal: FetchSignal
}

/** Options of `remoteKeySet`; durations are seconds or texts such as `'10m'`. */
export interface RemoteKeySetOptions {
  /** For the whole answer, its body included. Default 5 s. */
  readonly timeout?: Duration
  /** How long the last good set serves when it cannot be fetched anew. Default 1 h. */
  readonly maxStale?: Duration
  /** The most octets of a decoded body. Default 512 KiB. */
  readonly maxBytes?: number
  /** How long a set is used before it is fetched again; a shorter max-age of the answer counts. Default 10 min. */
  readonly cacheMaxAge?: Duration
  /** Allows http to any host, for tests inside a network; loopback hosts need no permission. */
  readonly allowHttp?: boolean
  fetch?(url: string, request: FetchRequest): PromiseLike<FetchResponse>
  now?(): number
}

const NAMES = ['timeout', 'maxStale', 'maxBytes', 'cacheMaxAge', 'allowHttp', 'fetch', 'now'] as const
const MAX_KEYS = 100
const MAX_DEPTH = 32
/** An answer is used at least this long, and an unknown kid or a failure asks again no sooner (seconds). */
const INTERVAL = 5

/** A JWK Set that is fetched when it is needed, and kept as long as its answer allows. */
export class RemoteKeySet {
  readonly url: string
  readonly #backend: JwkAdmission
  readonly #fetch: NonNullable<RemoteKeySetOptions['fetch']>
  readonly #now: () => number
  readonly #timeout: number
  readonly #maxStale: number
  readonly #maxBytes: number
  readonly #cacheMaxAge: number
  #set: KeySet | undefined
  #freshUntil = Number.NEGATIVE_INFINITY
  #askedAt = Number.NEGATIVE_INFINITY
  #failure: unknown
  #inFlight: Promise<void> | undefined

  /** @internal @throws {TypeError} @throws {JoseError} `CS_JWKS_FETCH` for a URL that is not allowed */
  constructor(url: unknown, options: RemoteKeySetOptions, backend: JwkAdmission) {
    checkNames<RemoteKeySetOptions>(options, NAMES, 'remoteKeySet')
    this.#backend = backend
    this.url = toUrl(url, toBoolean(options.allowHttp, 'allowHttp', false))
    const { fetch = (to, request) => globalThis.fetch(to, request) } = options
    if (typeof fetch !== 'function') throw new TypeError('fetch is not a function')
    this.#fetch = fetch
    this.#now = toClock(options.now)
    this.#timeout = toSeconds(options.timeout, 'timeout', 5)
    this.#maxStale = toSeconds(options.maxStale, 'maxStale', 3600)
    this.#maxBytes = toCount(options.maxBytes, 'maxBytes', 512 * 1024)
    this.#cacheMaxAge = toSeconds(options.cacheMaxAge, 'cacheMaxAge', 600)
  }

  /** The keys as last fetched; `undefined` before the first fetch. */
  get current(): KeySet | undefined {
    return this.#set
  }

  /**
   * Fetches the set unless a fresh one is there; callers at the same time share one request.
   *
   * @throws {JoseError} `CS_JWKS_FETCH` or `CS_JWKS_INVALID`, with `unavailable: true`
   */
  async load(): Promise<void> {
    if (this.#now() >= this.#freshUntil) await this.#refresh()
  }

  /** @internal As `KeySource.select`. */
  select(header: JoseHeader, alg: Needs, role: Role): Op<readonly Key[], Sourcing> {
    return this.#lookUp((set) => set.select(header, alg, role))
  }

  /** @internal As `KeySource.first`. */
  first(alg: Needs): Op<Key, Sourcing> {
    return this.#lookUp((set) => set.first(alg))
  }

  *#lookUp<T>(search: (set: KeySet) => Op<T, Sourcing>): Op<T, Sourcing> {
    if (this.#now() >= this.#freshUntil) yield* this.#renew()
    try {
      return yield* search(this.#usable())
    } catch (error) {
      if (!(error instanceof JoseError) || error.code !== 'CS_NO_KEY' || !this.#mayAsk()) throw error
    }
    // The keys may have rotated since: one more look, but never more often than the interval.
    yield* this.#renew()
    return yield* search(this.#usable())
  }

  #usable(): KeySet {
    if (this.#set && this.#now() < this.#freshUntil + this.#maxStale) return this.#set
    if (this.#set) {
      const cause = this.#failure
      throw new JoseError('CS_UNAVAILABLE', 'the JWK Set is too old to be used', { cause, unavailable: true })
    }
    throw new JoseError('CS_UNAVAILABLE', 'the JWK Set is not loaded', {
      hint: 'With countersign/sync, await set.load() before the first token.',
      unavailable: true,
    })
  }

  #mayAsk(): boolean {
    return this.#now() >= this.#askedAt + INTERVAL
  }

  /** Waits for a new set where waiting is possible; a failure counts only where there is no set to go on with. */
  *#renew(): Op<void, Sourcing> {
    if (!this.#inFlight && !this.#mayAsk()) {
      if (!this.#set && this.#failure) throw this.#failure
      return
    }
    yield* use(({ sync }: Sourcing) => {
      const loaded = this.#refresh()
      const settled = this.#set ? loaded.catch(() => undefined) : loaded
      if (!sync) return settled
      settled.catch(() => undefined)
      return undefined
    })
  }

  #refresh(): Promise<void> {
    this.#inFlight ??= this.#fetchSet()
      .then(
        () => {
          this.#failure = undefined
        },
        (error: unknown) => {
          this.#failure = error
          throw error
        },
      )
      .finally(() => {
        this.#inFlight = undefined
      })
    return this.#inFlight
  }

  async #fetchSet(): Promise<void> {
    this.#askedAt = this.#now()
    const { text, maxAge } = await withDeadline(this.#timeout, (signal) => this.#request(signal))
    let set: KeySet
    try {
      const jwks = parseObject(text, 'the JWK Set', MAX_DEPTH)
      set = new KeySet(jwks, this.#backend, { publicOnly: true, maxKeys: MAX_KEYS })
    } catch (cause) {
      const why = cause instanceof JoseError ? cause.message : 'unreadable'
      throw new JoseError('CS_JWKS_INVALID', `the JWK Set at ${this.url} is refused: ${why}`, {
        cause,
        unavailable: true,
      })
    }
    this.#set = set
    this.#freshUntil = this.#now() + Math.max(INTERVAL, Math.min(maxAge ?? this.#cacheMaxAge, this.#cacheMaxAge))
  }

  async #request(signal: AbortSignal): Promise<{ text: string; maxAge: number | undefined }> {
    try {
      const headers = { accept: 'application/jwk-set+json, application/json' }
      // No redirects: they would lead to wherever the answer says (attack 49).
      const response = await this.#fetch(this.url, { method: 'GET', headers, redirect: 'error', signal })
      if (response.status !== 200) {
        await response.body?.getReader().cancel() // an unread body would hold the connection
        throw new Error(`HTTP status ${response.status}`)
      }
      const text = fromUtf8(await readBody(response.body, this.#maxBytes), 'the body')
      return { text, maxAge: maxAgeOf(response.headers.get('cache-control')) }
    } catch (cause) {
      throw unreachable(this.url, cause)
    }
  }
}

function unreachable(url: string, cause: unknown): JoseError {
  return new JoseError('CS_JWKS_FETCH', `the JWK Set at ${url} could not be fetched: ${reasonOf(cause)}`, {
    cause,
    unavailable: true,
  })
}

/** What went wrong, in the words of whoever met it first: fetch itself only says that it failed. */
function reasonOf(error: unknown): string {
  let reason = 'unknown failure'
  let at = error
  for (let depth = 0; depth < 4 && at instanceof Error; depth++) {
    const { code } = at as { readonly code?: unknown }
    reason = at.message || (typeof code === 'string' ? code : reason)
    at = at.cause
  }
  return reason
}

async function readBody(body: FetchResponse['body'], maxBytes: number): Promise<Bytes> {
  const reader = body?.getReader()
  const parts: Bytes[] = []
  let length = 0
  for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
    length += part.value.length
    if (length > maxBytes) {
      await reader?.cancel()
      throw new Error(`the body has more than ${maxBytes} octets`)
    }
    parts.push(part.value)
  }
  return concat(...parts)
}

/** Ends the work at the deadline even where the given fetch does not listen to its signal. */
async function withDeadline<T>(seconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const error = new Error(`no whole answer within ${seconds} s`)
  let timer: ReturnType<typeof setTimeout> | undefined
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new JoseError('CS_JWKS_FETCH', error.message, { unavailable: true }))
      controller.abort(error)
    }, seconds * 1000)
  })
  try {
    return await Promise.race([work(controller.signal), deadline])
  } finally {
    clearTimeout(timer)
  }
}

function maxAgeOf(cacheControl: string | null): number | undefined {
  const directives = (cacheControl ?? '')
    .toLowerCase()
    .split(',')
    .map((part) => part.trim())
  if (directives.includes('no-store') || directives.includes('no-cache')) return 0
  const seconds = directives.find((part) => part.startsWith('max-age='))?.slice('max-age='.length)
  return seconds !== undefined && /^\d{1,10}$/.test(seconds) ? Number(seconds) : undefined
}

/** https, or http to this machine. @throws {JoseError} `CS_JWKS_FETCH` */
function toUrl(value: unknown, allowHttp: boolean): string {
  const text = typeof value === 'object' && value !== null && 'href' in value ? value.href : value
  if (typeof text !== 'string') throw new TypeError(`the URL of the JWK Set is ${kindOf(text)}`)
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new JoseError('CS_JWKS_FETCH', 'the URL of the JWK Set is not a URL')
  }
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && (loopback || allowHttp))) {
    throw new JoseError('CS_JWKS_FETCH', `the JWK Set must be fetched by https, not by ${url.protocol.slice(0, -1)}`, {
      hint: 'Plain http is for loopback hosts; allowHttp allows it for others.',
    })
  }
  if (url.username !== '' || url.password !== '')
    throw new JoseError('CS_JWKS_FETCH', 'the URL of the JWK Set holds a password')
  return url.href
}
