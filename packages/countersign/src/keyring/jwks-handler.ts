import { base64url, utf8 } from '../bytes.ts'
import type { Backend } from '../crypto/backend.ts'
import { JoseError } from '../errors.ts'
import type { JwkSet } from '../key/jwk.ts'
import { run, use } from '../op.ts'
import { KeyRing } from './ring.ts'

/** The part of a `Request` that is read. */
export interface JwksRequest {
  readonly method: string
  readonly headers: { get(name: string): string | null }
}

/** The platform's Response, where the program has its types. */
export type JwksResponse = typeof globalThis extends { Response: { prototype: infer R } } ? R : object

/** Answers requests for a JWK Set. */
export type JwksHandler = (request: JwksRequest) => Promise<JwksResponse>

/** A set that is sent, and what names it. */
interface Sent {
  readonly jwks: JwkSet
  readonly body: Uint8Array
  readonly etag: string
}

/** Any page may read what is public: a browser asks for the keys like everyone else. */
const OPEN = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'ETag' }
const ALLOWED = 'GET, HEAD, OPTIONS'
/** Seconds after which a set that cannot be published may be asked for again. */
const RETRY = 5

/** @see the door's `jwksHandler` */
export function jwksHandler(ring: unknown, backend: Backend): JwksHandler {
  if (!(ring instanceof KeyRing)) throw new TypeError('jwksHandler takes what createKeyRing gave')
  let sent: Sent | undefined
  const toSent = async (jwks: JwkSet): Promise<Sent> => {
    if (sent?.jwks === jwks) return sent
    const body = utf8(JSON.stringify(jwks))
    const hash = await run(
      use((platform: Backend) => platform.digest(256, body)),
      backend,
    )
    sent = { jwks, body, etag: `"${base64url(hash)}"` }
    return sent
  }
  return async ({ method, headers }) => {
    if (method === 'OPTIONS') return answer(204, preflight())
    if (method !== 'GET' && method !== 'HEAD') return answer(405, { ...OPEN, allow: ALLOWED })
    try {
      const { jwks, maxAge } = await ring.publication()
      const { body, etag } = await toSent(jwks)
      const common = { ...OPEN, etag, 'cache-control': `public, max-age=${Math.floor(maxAge)}` }
      if (names(headers.get('if-none-match'), etag)) return answer(304, common)
      const whole = {
        ...common,
        'content-type': 'application/jwk-set+json',
        'content-length': String(body.length),
        'x-content-type-options': 'nosniff',
      }
      return answer(200, whole, method === 'GET' ? body : undefined)
    } catch (error) {
      if (!(error instanceof JoseError)) throw error
      // Why is for the log of the server: subscribe to the ring.
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
function names(header: string | null, etag: string): boolean {
  if (header?.trim() === '*') return true
  const tags = header?.matchAll(/(?:^|,)\s*(?:W\/)?("[^"]*")\s*(?=,|$)/g) ?? []
  return [...tags].some(([, tag]) => tag === etag)
}

function answer(status: number, headers: Record<string, string>, body?: Uint8Array): JwksResponse {
  return new Response(body as never, { status, headers })
}
