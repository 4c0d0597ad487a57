import type { Context, MiddlewareHandler } from 'hono'
import type { JwtClaims } from '../claims.ts'
import type { Verifying } from '../crypto/backend.ts'
import type { DemandOptions } from './demands.ts'
import { readRequest } from './fetch.ts'
import { type Admitted, Guard, type GuardOptions, type GuardResult } from './guard.ts'
import { toResponse } from './responses.ts'

/** What {@link createGuard} leaves for the handlers behind it: `c.var.jwt`. */
export interface GuardedEnv<Claims = JwtClaims, Optional extends boolean = false> {
  /** The variables of the context: `jwt` is the token that was let in. */
  Variables: { jwt: Admitted<Claims, Optional> }
}

/** Guards the routes of a Hono app, as {@link createGuard} makes it. */
export interface HonoGuard<Claims = JwtClaims, Optional extends boolean = false>
  extends MiddlewareHandler<GuardedEnv<Claims, Optional>> {
  /** Checks the token of a request, and answers nothing. */
  check(c: Context): Promise<GuardResult<Claims, Optional>>
  /**
   * Checks a token that came some other way, such as in a message of a WebSocket. There is no request: a token that needs
   * a proof is refused, and `onRefusal` is told nothing.
   */
  token(token: string | null | undefined): Promise<GuardResult<Claims, Optional>>
  /** A guard that demands more, for some routes; where both stand before a request, its token is checked once. */
  requires(demands: DemandOptions<Claims>): HonoGuard<Claims>
}

/** @see the door's `createGuard` */
export function honoGuard<Claims, Optional extends boolean>(
  options: GuardOptions<Claims, Optional, Context>,
  backend: Verifying,
): HonoGuard<Claims, Optional> {
  return toHonoGuard(Guard.of(options, ({ req }) => readRequest(req.raw), backend))
}

function toHonoGuard<Claims, Optional extends boolean>(
  guard: Guard<Claims, Optional, Context>,
): HonoGuard<Claims, Optional> {
  const middleware: MiddlewareHandler<GuardedEnv<Claims, Optional>> = async (c, next) => {
    const result = await guard.check(c)
    if (!result.ok) return toResponse(result) as Response
    c.set('jwt', result.jwt)
    return next()
  }
  return Object.assign(middleware, {
    check: (c: Context) => guard.check(c),
    token: (token: string | null | undefined) => guard.token(token),
    requires: (demands: DemandOptions<Claims>) => toHonoGuard(guard.requires(demands)),
  })
}
