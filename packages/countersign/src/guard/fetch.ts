import type { JwtClaims } from '../claims.ts'
import type { Verifying } from '../crypto/backend.ts'
import { kindOf } from '../errors.ts'
import type { PlatformResponse } from '../platform.ts'
import type { DemandOptions } from './demands.ts'
import { type Admitted, Guard, type GuardOptions, type GuardResult } from './guard.ts'
import type { GuardedRequest } from './presented.ts'
import { toResponse } from './responses.ts'

/** The part of a `Request` that {@link createGuard} reads. */
export interface RequestLike {
  /** The method, such as `GET`. */
  readonly method: string
  /** The absolute URL. */
  readonly url: string
  /** The headers, by their names in any case; `null` where there is none. */
  readonly headers: { get(name: string): string | null }
}

/**
 * The platform's Request, where the program has its types: what a handler behind {@link createGuard} gets unless it
 * says otherwise.
 */
export type PlatformRequest = typeof globalThis extends { Request: { prototype: infer R extends RequestLike } }
  ? R
  : RequestLike

/** A handler behind {@link createGuard}: it gets the token after the request, and then whatever the platform gives. */
export type GuardedHandler<Request, Jwt, Rest extends readonly unknown[]> = (
  request: Request,
  jwt: Jwt,
  ...rest: Rest
) => PlatformResponse | PromiseLike<PlatformResponse>

/** Guards what takes a `Request` and gives a `Response`, as {@link createGuard} makes it. */
export interface FetchGuard<Claims = JwtClaims, Optional extends boolean = false> {
  /** Checks the token of a request; `toResponse` of the door makes the answer of a refusal. */
  check(request: RequestLike): Promise<GuardResult<Claims, Optional>>
  /**
   * Checks a token that came some other way, such as in a message of a WebSocket. There is no request: a token that needs
   * a proof is refused, and `onRefusal` is told nothing.
   */
  token(token: string | null | undefined): Promise<GuardResult<Claims, Optional>>
  /** Puts the guard in front of a handler; requests that it does not let in are answered here. */
  protect<Request extends RequestLike = PlatformRequest, Rest extends readonly unknown[] = []>(
    handler: GuardedHandler<Request, Admitted<Claims, Optional>, Rest>,
  ): (request: Request, ...rest: Rest) => Promise<PlatformResponse>
  /** A guard that demands more, for some routes; where both stand before a request, its token is checked once. */
  requires(demands: DemandOptions<Claims>): FetchGuard<Claims>
}

/** How a `Request` is read. The platform has joined fields of one name already. */
export function readRequest(request: RequestLike): GuardedRequest {
  return {
    method: request.method,
    get path() {
      return pathOf(request.url)
    },
    header(name) {
      const value = request.headers.get(name)
      return value === null ? [] : [value]
    },
  }
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url)
  return `${pathname}${search}`
}

/** @see the door's `createGuard` */
export function fetchGuard<Claims, Optional extends boolean>(
  options: GuardOptions<Claims, Optional, RequestLike>,
  backend: Verifying,
): FetchGuard<Claims, Optional> {
  return toFetchGuard(Guard.of(options, readRequest, backend))
}

function toFetchGuard<Claims, Optional extends boolean>(
  guard: Guard<Claims, Optional, RequestLike>,
): FetchGuard<Claims, Optional> {
  return {
    check: (request) => guard.check(request),
    token: (token) => guard.token(token),
    protect(handler) {
      if (typeof handler !== 'function') throw new TypeError(`protect takes a handler, not ${kindOf(handler)}`)
      return async (request, ...rest) => {
        const result = await guard.check(request)
        return result.ok ? handler(request, result.jwt, ...rest) : toResponse(result)
      }
    },
    requires: (demands) => toFetchGuard(guard.requires(demands)),
  }
}
