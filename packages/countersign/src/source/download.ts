import { type Bytes, concat, fromUtf8 } from '../bytes.ts'
import { JoseError, kindOf } from '../errors.ts'
import type { ErrorCode } from '../messages.ts'
import { type Duration, toCount, toSeconds } from '../options.ts'
import { withDeadline } from './deadline.ts'

/** The part of a {@link Fetch} response that is read. */
export interface FetchResponse {
  /** The status of the answer; 200 and 304 are used. */
  readonly status: number
  /** Whether another URL answered: then it is refused. */
  readonly redirected?: boolean
  /** Its headers, by their names in any case; `null` where there is none. */
  readonly headers: { get(name: string): string | null }
  /** Its body, as the stream that a reader takes. */
  readonly body: { getReader(): BodyReader } | null
}

/** The part of a stream's reader that is used of a {@link Fetch} response. */
export interface BodyReader {
  /** The next octets, or that there are no more. */
  read(): PromiseLike<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
  /** Lets the stream go. */
  cancel(): PromiseLike<void>
}

/** The platform's AbortSignal, where the program has its types: what ends a {@link Fetch}. */
export type FetchSignal = typeof globalThis extends { AbortSignal: { prototype: infer Signal } } ? Signal : object

/** What is asked of {@link Fetch}; it fits the platform's own. */
export interface FetchRequest {
  /** Nothing is ever sent but a GET. */
  readonly method: 'GET'
  /** The headers to send, by name. */
  readonly headers: Readonly<Record<string, string>>
  /** A redirect is given back and not followed. */
  readonly redirect: 'manual'
  /** Left out where the platform has no such option. */
  readonly cache?: 'no-store'
  /** Aborts where the answer takes too long. */
  readonly signal: FetchSignal
}

/**
 * A function that fetches, such as the platform's own.
 *
 * @example
 * ```ts
 * import { type Fetch, generateKey, publicJwks, remoteKeySet } from 'countersign'
 *
 * const body = new TextEncoder().encode(JSON.stringify(await publicJwks([await generateKey('ES256')])))
 *
 * // A stand-in for the network, with all that is read of an answer.
 * const fetch: Fetch = async (url, { method, headers, redirect, signal }) => {
 *   console.log(method, redirect, typeof headers, typeof signal) // GET manual object object
 *   const reads = [{ done: false, value: body }]
 *   const reader = { read: async () => reads.shift() ?? { done: true }, cancel: async () => {} }
 *   return { status: 200, headers: { get: () => null }, body: { getReader: () => reader } }
 * }
 * const keys = remoteKeySet('https://issuer.example/jwks.json', { fetch })
 * await keys.load()
 * console.log(keys.current?.keys.length) // 1
 * ```
 */
export type Fetch = (url: string, request: FetchRequest) => PromiseLike<FetchResponse>

/** How deep JSON that was fetched may be nested: metadata and JWK Sets. */
export const MAX_DEPTH = 32

/** How a download is bounded. */
export interface DownloadRules {
  readonly fetch: Fetch
  /** Seconds for the whole answer, its body included. */
  readonly timeout: number
  /** The most octets of a decoded body. */
  readonly maxBytes: number
}

/** The options of whatever downloads. */
export interface DownloadOptions {
  /** Fetches in place of the platform's own `fetch`. */
  readonly fetch?: Fetch
  /** For the whole answer, its body included: seconds, or a text such as `'2s'`. Default 5 s. */
  readonly timeout?: Duration
  /** The most octets of a decoded body. Default 512 KiB. */
  readonly maxBytes?: number
}

/** @throws TypeError for an option that is not what it should be */
export function toDownloadRules({ fetch = globalFetch, timeout, maxBytes }: DownloadOptions): DownloadRules {
  if (typeof fetch !== 'function') throw new TypeError(`fetch is ${kindOf(fetch)} and not a function`)
  return {
    fetch,
    timeout: toSeconds(timeout, 'timeout', 5),
    maxBytes: toCount(maxBytes, 'maxBytes', 512 * 1024),
  }
}

/** Whatever `fetch` is when it is called. */
const globalFetch: Fetch = (url, request) => globalThis.fetch(url, request)

/** An answer: one that is 200 has a text. */
export interface Answer {
  readonly status: number
  readonly headers: FetchResponse['headers']
  readonly text: string
}

/**
 * Fetches a text once, within a deadline that the body counts towards, and never by way of a redirect, which leads
 * wherever the answer says (attack 49).
 *
 * @returns every answer there is, an error status among them; only the body of a 200 is read
 * @throws {Error} where there is none; {@link reasonOf} tells why
 */
export async function download(
  url: string,
  headers: Readonly<Record<string, string>>,
  rules: DownloadRules,
): Promise<Answer> {
  return withDeadline(rules.timeout, `no whole answer within ${rules.timeout} s`, async (signal) => {
    const cache = bypassesCache() ? ({ cache: 'no-store' } as const) : {}
    const request = { method: 'GET', headers, redirect: 'manual', ...cache, signal: signal as FetchSignal } as const
    const response = await rules.fetch(url, request)
    const { status } = response
    if (status !== 200 || response.redirected === true) {
      await letGo(response.body?.getReader()) // an unread body would hold the connection
      if (response.redirected === true || (status >= 300 && status < 400 && status !== 304) || status === 0)
        throw new Error(`a redirect (HTTP status ${status}), which is not followed`)
      return { status, headers: response.headers, text: '' }
    }
    const text = fromUtf8(await readBody(response.body, rules.maxBytes, signal), 'the body')
    return { status, headers: response.headers, text }
  })
}

/** Our own cache stands in place of the platform's, or a key that is looked for would not be found in an old answer. */
function bypassesCache(): boolean {
  return typeof Request === 'function' && 'cache' in Request.prototype
}

async function readBody(body: FetchResponse['body'], maxBytes: number, signal: object): Promise<Bytes> {
  const reader = body?.getReader()
  const parts: Bytes[] = []
  let length = 0
  // A fetch that does not listen to its signal would go on for whoever has stopped waiting.
  const stop = signal as AbortSignal
  stop.addEventListener('abort', () => letGo(reader))
  for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
    length += part.value.length
    if (length > maxBytes) {
      await letGo(reader)
      throw new Error(`the body has more than ${maxBytes} octets`)
    }
    parts.push(part.value)
  }
  return concat(...parts)
}

/** What goes wrong here is nobody's concern: the answer is known. */
async function letGo(reader: BodyReader | undefined): Promise<void> {
  try {
    await reader?.cancel()
  } catch {
    // It was gone already.
  }
}

/** What went wrong, in the words of whoever met it first: fetch itself only says that it failed. */
export function reasonOf(error: unknown): string {
  let reason = 'unknown failure'
  let at = error
  for (let depth = 0; depth < 4 && at instanceof Error; depth++) {
    const { code } = at as { readonly code?: unknown }
    reason = at.message || (typeof code === 'string' ? code : reason)
    at = at.cause
  }
  return reason
}

/** The parts of a URL; the type of the platform's own is not there for every program. */
export interface CheckedUrl {
  readonly href: string
  readonly origin: string
  readonly protocol: string
  readonly hostname: string
  readonly pathname: string
}

/**
 * A URL to fetch from: https, or http to this machine.
 *
 * @param what - names it in the error
 * @throws {TypeError} for what is no text, @throws {JoseError} with the code for what may not be fetched
 */
export function toUrl(value: unknown, what: string, allowHttp: boolean, code: ErrorCode): CheckedUrl {
  const text = typeof value === 'object' && value !== null && 'href' in value ? value.href : value
  if (typeof text !== 'string') throw new TypeError(`${what} is ${kindOf(text)} where a URL is expected`)
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new JoseError(code, `${what} is not a URL`)
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && (isLoopback(url) || allowHttp))) {
    throw new JoseError(code, `${what} must be fetched by https, not by ${url.protocol.slice(0, -1)}`, {
      hint: 'Plain http is for loopback hosts; allowHttp allows it for others.',
    })
  }
  if (url.username !== '' || url.password !== '') throw new JoseError(code, `${what} holds a password`)
  return url
}

/** Whether a URL leads to this machine and nowhere else. */
export function isLoopback({ hostname }: CheckedUrl): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}
