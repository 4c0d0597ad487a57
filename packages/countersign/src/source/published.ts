import { base64url, utf8 } from '../bytes.ts'
import type { Hashing } from '../crypto/backend.ts'
import { JoseError } from '../errors.ts'
import { run, use } from '../op.ts'
import type { PlatformResponse } from '../platform.ts'

/**
 * The part of a `Request` that handlers such as that of
 * {@link countersign/revocation!createStatusList | createStatusList} read.
 */
export interface PublishedRequest {
  /** The method; GET, HEAD and OPTIONS are answered. */
  readonly method: string
  /** The headers, by their names in any case; `null` where there is none. */
  readonly headers: { get(name: string): string | null }
}

/**
 * Answers requests for something that everybody may read, such as a list of
 * {@link countersign/revocation!createStatusList | createStatusList}.
 */
export type PublishedHandler = (request: PublishedRequest) => Promise<PlatformResponse>

/** What is published now, and for how many seconds whoever has it may use it. */
export interface Published {
  /** A text, or an object that is written as JSON: once, while it is the same one. */
  readonly content: string | object
  readonly maxAge: number
}

/** Any page may read what is public. */
const OPEN = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'ETag' }
const ALLOWED = 'GET, HEAD, OPTIONS'
/** Seconds after which what cannot be published now may be asked for again. */
const RETRY = 5

/**
 * An endpoint that publishes something: with max-age, a strong ETag and 304, HEAD, and CORS for every origin.
 *
 * @param now - gives what is published; where it throws a JoseError, the answer is 503
 */
export function publish(type: string, now: () => Promise<Published>, backend: Hashing): PublishedHandler {
  let sent: { readonly content: string | object; readonly body: Uint8Array; readonly etag: string } | undefined
  const toSent = async (content: string | object): Promise<NonNullable<typeof sent>> => {
    if (sent?.content === content) return sent
    const body = utf8(typeof content === 'string' ? content : JSON.stringify(content))
    const hash = await run(
      use((platform: Hashing) => platform.digest(256, body)),
      backend,
    )
    sent = { content, body, etag: `"${base64url(hash)}"` }
    return sent
  }
  return async ({ method, headers }) => {
    if (method === 'OPTIONS') return answer(204, preflight())
    if (method !== 'GET' && method !== 'HEAD') return answer(405, { ...OPEN, allow: ALLOWED })
    try {
      const { content, maxAge } = await now()
      const { body, etag } = await toSent(content)
      const common = { ...OPEN, etag, 'cache-control': `public, max-age=${Math.floor(maxAge)}` }
      if (hasTag(headers.get('if-none-match'), etag)) return answer(304, common)
      const whole = {
        ...common,
        'content-type': type,
        'content-length': String(body.length),
        'x-content-type-options': 'nosniff',
      }
      return answer(200, whole, method === 'GET' ? body : undefined)
    } catch (error) {
      if (!(error instanceof JoseError)) throw error
      // Why is for the log of the server.
      return answer(503, { ...OPEN, 'retry-after': String(RETRY), 'cache-control': 'no-store' })
    }
  }
}

function preflight(): Record<string, string> {
  return {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': ALLOWED,
    'access-control-allow-headers': 'If-None-Match',
    'access-control-max-age': '86400',
    allow: ALLOWED,
  }
}

/** Whether If-None-Match has an entity tag, by the weak comparison (RFC 9110 §13.1.2). */
function hasTag(header: string | null, etag: string): boolean {
  if (header?.trim() === '*') return true
  const tags = header?.matchAll(/(?:^|,)\s*(?:W\/)?("[^"]*")\s*(?=,|$)/g) ?? []
  return [...tags].some(([, tag]) => tag === etag)
}

function answer(status: number, headers: Record<string, string>, body?: Uint8Array): PlatformResponse {
  return new Response(body as never, { status, headers })
}
