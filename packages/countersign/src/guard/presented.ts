import { own } from '../json.ts'
import { bare, cookiesNamed } from './cookie.ts'

/** A request, as far as a guard looks at it. */
export interface GuardedRequest {
  readonly method: string
  /** The path with its query, as the client sent it. */
  readonly path: string
  /** Every field of that name (lower case), one by one where the platform tells them apart. */
  header(name: string): readonly string[]
}

/** What a request says about who sends it. */
export type Presented =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'dpop'; readonly token: string }
  /** The request itself is wrong (RFC 6750 §3.1 invalid_request). */
  | { readonly kind: 'malformed'; readonly why: string }
  /** A cookie that came along from a page that may not send it. */
  | { readonly kind: 'foreign'; readonly why: string }

/** Where a token is looked for beside the Authorization header. */
export interface CookieSource {
  readonly name: string
  readonly origins: ReadonlySet<string>
}

const NOTHING: Presented = Object.freeze({ kind: 'nothing' })
/** A scheme, and what comes after it (RFC 9110 §11.4). */
const CREDENTIALS = /^([\w!#$%&'*+.^`|~-]+)(?: +(.*))?$/s
/** The b64token of RFC 6750 §2.1. */
const TOKEN = /^[\w.~+/-]+=*$/
/** One of our schemes behind a comma. */
const JOINED = /,[ \t]*(?:bearer|dpop)(?:[ \t,]|$)/i
const TWO = 'the request has more than one Authorization header'
const SCHEMES = { bearer: 'bearer', dpop: 'dpop' } as const

/**
 * Finds the one token of a request. A request that presents two is refused, whatever they are: which of them counts
 * would be told differently by whoever stands in front.
 */
export function presented(request: GuardedRequest, cookie: CookieSource | undefined): Presented {
  const inHeader = fromHeader(request.header('authorization'))
  if (cookie === undefined || inHeader.kind === 'malformed') return inHeader
  const inCookie = fromCookie(request, cookie)
  if (inHeader.kind === 'nothing') return inCookie
  if (inCookie.kind === 'nothing') return inHeader
  return malformed('the request has a token in its Authorization header and another one in a cookie')
}

function fromHeader(fields: readonly string[]): Presented {
  const [field] = fields
  if (field === undefined) return NOTHING
  if (fields.length > 1) return malformed(TWO)
  const [, scheme = '', token = ''] = CREDENTIALS.exec(bare(field)) ?? []
  const kind = own(SCHEMES, scheme.toLowerCase()) as keyof typeof SCHEMES | undefined
  if (scheme === '') return malformed('the Authorization header names no scheme')
  // Another scheme is for somebody else; here it is as good as none, if it is alone: a platform may have joined two headers.
  if (kind === undefined) return JOINED.test(token) ? malformed(TWO) : NOTHING
  if (!TOKEN.test(token)) return malformed('the Authorization header does not hold exactly one token')
  return { kind, token }
}

function fromCookie(request: GuardedRequest, { name, origins }: CookieSource): Presented {
  const values = cookiesNamed(name, request.header('cookie'))
  const [token] = values
  if (values.length > 1) return malformed('the request has that cookie more than once')
  if (token === undefined || token === '') return NOTHING
  const sent = request.header('origin')
  const [origin] = sent
  // A browser sends the cookie whichever page asks it to, and says which page that is (RFC 6265 §8.2).
  if (origin !== undefined && !(sent.length === 1 && origins.has(origin)))
    return { kind: 'foreign', why: 'the request comes from a page that may not send this cookie' }
  if (origin === undefined && !isSafe(request))
    return { kind: 'foreign', why: 'the request does not say from which page it comes (Origin)' }
  return { kind: 'bearer', token }
}

/** Whether a request only looks. Opening a WebSocket does not, though it is a GET. */
function isSafe(request: GuardedRequest): boolean {
  return ['GET', 'HEAD', 'OPTIONS'].includes(request.method) && request.header('upgrade').length === 0
}

const malformed = (why: string): Presented => ({ kind: 'malformed', why })
