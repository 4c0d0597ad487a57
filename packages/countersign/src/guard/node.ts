import type { JwtClaims } from '../claims.ts'
import type { Verifying } from '../crypto/backend.ts'
import type { DemandOptions } from './demands.ts'
import { type Admitted, Guard, type GuardOptions, type GuardResult } from './guard.ts'
import type { GuardedRequest } from './presented.ts'
import type { Refusal } from './refusal.ts'

/** The part of node:http's IncomingMessage that {@link createGuard} reads, and of what frameworks make of it. */
export interface NodeRequest {
  /** The method, such as `GET`. */
  readonly method?: string | undefined
  /** The path with its query. */
  readonly url?: string | undefined
  /** The whole path, where a framework has cut `url` for a router. */
  readonly originalUrl?: string | undefined
  /** The headers, by their names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Names and values in turn, as they were sent. */
  readonly rawHeaders?: readonly string[] | undefined
}

/** The part of node:http's ServerResponse that {@link createGuard} uses. */
export interface NodeResponse {
  /** The status of the answer. */
  statusCode: number
  /** Sets a header. */
  setHeader(name: string, value: string): unknown
  /** Sends the answer with its body. */
  end(body: string): unknown
}

/** Guards Express, Connect, and whatever else takes `(request, response, next)`, as {@link createGuard} makes it. */
export interface NodeGuard<Claims = JwtClaims, Optional extends boolean = false> {
  /**
   * As a middleware: answers what it does not let in, and lets on the rest. `next` gets what is no refusal, as an error;
   * where it takes none, the answer is 500.
   */
  (request: NodeRequest, response: NodeResponse, next: (error?: unknown) => void): void
  /**
   * The token of a request that the guard has let in.
   *
   * @throws {TypeError} for a request that the guard does not stand before
   */
  of(request: NodeRequest): Admitted<Claims, Optional>
  /** Checks the token of a request, and answers nothing. */
  check(request: NodeRequest): Promise<GuardResult<Claims, Optional>>
  /**
   * Checks a token that came some other way, such as in a message of a WebSocket. There is no request: a token that needs
   * a proof is refused, and `onRefusal` is told nothing.
   */
  token(token: string | null | undefined): Promise<GuardResult<Claims, Optional>>
  /** A guard that demands more, for some routes; where both stand before a request, its token is checked once. */
  requires(demands: DemandOptions<Claims>): NodeGuard<Claims>
}

/** How a request of Node's is read: its `headers` hide that a field was sent twice, `rawHeaders` do not. */
export function readNodeRequest(request: NodeRequest): GuardedRequest {
  return {
    method: request.method ?? 'GET',
    path: request.originalUrl ?? request.url ?? '/',
    header(name) {
      const { rawHeaders } = request
      // An adapter that makes requests by hand may leave `rawHeaders` empty.
      if (rawHeaders === undefined || rawHeaders.length === 0) return [request.headers[name] ?? []].flat()
      return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name)
    },
  }
}

/** @see the door's `createGuard` */
export function nodeGuard<Claims, Optional extends boolean>(
  options: GuardOptions<Claims, Optional, NodeRequest>,
  backend: Verifying,
): NodeGuard<Claims, Optional> {
  return toNodeGuard(Guard.of(options, readNodeRequest, backend))
}

function toNodeGuard<Claims, Optional extends boolean>(
  guard: Guard<Claims, Optional, NodeRequest>,
): NodeGuard<Claims, Optional> {
  const middleware = (request: NodeRequest, response: NodeResponse, next: (error?: unknown) => void): void => {
    guard.check(request).then(
      (result) => (result.ok ? next() : answer(response, result)),
      // A callback that takes no error would take the request for one that was let in (attack 68).
      (error: unknown) => (next.length > 0 ? next(error) : answer(response, FAILED)),
    )
  }
  return Object.assign(middleware, {
    of: (request: NodeRequest) => guard.admitted(request, 'use it as a middleware'),
    check: (request: NodeRequest) => guard.check(request),
    token: (token: string | null | undefined) => guard.token(token),
    requires: (demands: DemandOptions<Claims>) => toNodeGuard(guard.requires(demands)),
  })
}

/** What is no refusal, where nobody else answers it. */
const FAILED = {
  status: 500,
  headers: { 'cache-control': 'no-store', 'content-type': 'application/json' },
  body: { error: 'server_error', error_description: 'the request could not be checked' },
} as const

function answer(
  response: NodeResponse,
  { status, headers, body }: Omit<Refusal, 'ok' | 'reason' | 'status' | 'body'> & { status: number; body: object },
): void {
  try {
    response.statusCode = status
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    response.end(JSON.stringify(body))
  } catch {
    // Something else has answered meanwhile, such as a limit on time: that is no reason to let the request in, nor to
    // end the process.
  }
}
