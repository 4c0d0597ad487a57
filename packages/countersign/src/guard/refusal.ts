import type { JoseError } from '../errors.ts'

/**
 * The error of a challenge (RFC 6750 §3.1, RFC 9449 §7.1), or why there is none to name: `reason` of what
 * {@link toResponse} takes.
 */
export type RefusalReason =
  | 'no_token'
  | 'invalid_request'
  | 'invalid_token'
  | 'invalid_dpop_proof'
  | 'insufficient_scope'
  | 'forbidden_origin'
  | 'unavailable'

/** How to answer a request that is not let in (RFC 6750 §3); {@link toResponse} makes a Response of it. */
export interface Refusal {
  /** Tells a refusal from a token that was let in. */
  readonly ok: false
  /** The error of the challenge, or why there is none. */
  readonly reason: RefusalReason
  /** The status of the answer. */
  readonly status: 400 | 401 | 403 | 503
  /** With their names in lower case: `www-authenticate`, `retry-after`, `cache-control`, `content-type`. */
  readonly headers: Readonly<Record<string, string>>
  /** For the client; as JSON it is the body. */
  readonly body: RefusalBody
  /** For the log: why the token was refused. */
  readonly error?: JoseError
}

/**
 * What a client is told, as {@link toResponse} sends it. Of the token it holds at most alg, typ, kid, iss, aud and
 * times, cut and escaped.
 */
export interface RefusalBody {
  /** The reason, once more (RFC 6750 §3). */
  readonly error: RefusalReason
  /** What is wrong, for the developer of the client (RFC 6750 §3). */
  readonly error_description: string
  /** The code of the refusal, such as `CS_EXPIRED`. */
  readonly code?: JoseError['code']
}

/** What a challenge says about this guard. */
export interface Challenges {
  readonly realm: string | undefined
  /** Whether tokens may come without a proof. */
  readonly bearer: boolean
  /** The algorithms of proofs, where the guard takes them. */
  readonly proofs: readonly string[] | undefined
}

const STATUS: Readonly<Record<RefusalReason, Refusal['status']>> = {
  no_token: 401,
  invalid_request: 400,
  invalid_token: 401,
  invalid_dpop_proof: 401,
  insufficient_scope: 403,
  forbidden_origin: 403,
  unavailable: 503,
}

/** Seconds after which a token that cannot be checked now may be sent again. */
const RETRY = 5

/** Why a request is refused, before it is put into words for a client. */
export interface Grounds {
  readonly reason: RefusalReason
  readonly why: string
  /** What the request needs, in the order of the options. */
  readonly scope?: readonly string[]
  readonly error?: JoseError
  /** Whether the request came under the DPoP scheme. */
  readonly proven?: boolean
}

/** A refusal in the words of HTTP. */
export function refuse(grounds: Grounds, challenges: Challenges): Refusal {
  const { reason, why, error } = grounds
  const status = STATUS[reason]
  return {
    ok: false,
    reason,
    status,
    headers: {
      'cache-control': 'no-store',
      'content-type': 'application/json',
      ...(status === 503 ? { 'retry-after': String(RETRY) } : challenged(grounds, challenges)),
    },
    body: { error: reason, error_description: why, ...(error && { code: error.code }) },
    ...(error && { error }),
  }
}

/** A request from a foreign page gets no challenge: no token would help it. */
function challenged(grounds: Grounds, { realm, bearer, proofs }: Challenges): Record<string, string> {
  const { reason, why, scope = [] } = grounds
  const proven = grounds.proven === true || !bearer
  if (reason === 'forbidden_origin') return {}
  // A request without a token has done nothing wrong yet: it is told the scheme and no error (RFC 6750 §3.1).
  const fault = reason === 'no_token' ? [] : [pair('error', reason), pair('error_description', why)]
  const told = [...fault, ...(scope.length > 0 ? [pair('scope', scope.join(' '))] : [])]
  const place = realm === undefined ? [] : [pair('realm', realm)]
  const schemes = [
    ...(bearer ? [scheme('Bearer', [...place, ...(proven ? [] : told)])] : []),
    ...(proofs ? [scheme('DPoP', [...place, ...(proven ? told : []), pair('algs', proofs.join(' '))])] : []),
  ]
  return { 'www-authenticate': schemes.join(', ') }
}

const scheme = (name: string, parameters: readonly string[]): string =>
  parameters.length === 0 ? name : `${name} ${parameters.join(', ')}`

/** Messages quote values of a token, and the header has room for some printable ASCII only (RFC 6750 §3). */
function pair(name: string, value: string): string {
  return `${name}="${value.replaceAll('"', "'").replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?')}"`
}
