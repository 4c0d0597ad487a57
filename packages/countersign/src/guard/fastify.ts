import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify'
import type { JwtClaims } from '../claims.ts'
import type { Verifying } from '../crypto/backend.ts'
import type { VerifiedToken } from '../jwt/verifier.ts'
import type { DemandOptions } from './demands.ts'
import { type Admitted, Guard, type GuardOptions, type GuardResult } from './guard.ts'
import { readNodeRequest } from './node.ts'

/**
 * What `request.jwt` is behind {@link createGuard}. Say once what your claims are, and every handler has them typed:
 *
 * `declare module 'countersign/guard/fastify' { interface GuardTypes { claims: MyClaims } }`
 *
 * With `optional: true` in the interface, too, it may be `undefined`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: a program fills it in.
export interface GuardTypes {}

type ClaimsOfProgram = GuardTypes extends { claims: infer Claims } ? Claims : JwtClaims
type NoneOfProgram = GuardTypes extends { optional: true } ? undefined : never

declare module 'fastify' {
  interface FastifyRequest {
    /** The token that the guard has let in. */
    jwt: VerifiedToken<ClaimsOfProgram> | NoneOfProgram
  }
}

/** A hook of a route, as `requires` of {@link createGuard} makes it: it demands more than the guard before it. */
export type RouteGuard = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>

/**
 * Guards the routes of a Fastify instance, as {@link createGuard} makes it: register it, and each route of that
 * instance needs a token.
 */
export interface FastifyGuard<Claims = JwtClaims, Optional extends boolean = false> extends FastifyPluginCallback {
  /**
   * The token of a request that the guard, or what it requires of a route, has let in: `request.jwt` with the type of the
   * claims of this guard.
   *
   * @throws {TypeError} for a request that the guard does not stand before
   */
  of(request: FastifyRequest): Admitted<Claims, Optional>
  /**
   * Checks the token of a request, and answers nothing: as a hook it would let everybody in, so it is none.
   *
   * @throws {TypeError} where Fastify calls it as a hook
   */
  check(request: FastifyRequest, ...none: readonly never[]): Promise<GuardResult<Claims, Optional>>
  /**
   * Checks a token that came some other way, such as in a message of a WebSocket. There is no request: a token that needs
   * a proof is refused, and `onRefusal` is told nothing.
   */
  token(token: string | null | undefined): Promise<GuardResult<Claims, Optional>>
  /** As `onRequest` of a route: what it demands beyond the guard. The token of a request is checked once. */
  requires(demands: DemandOptions<Claims>): RouteGuard
}

/** @see the door's `createGuard` */
export function fastifyGuard<Claims, Optional extends boolean>(
  options: GuardOptions<Claims, Optional, FastifyRequest>,
  backend: Verifying,
): FastifyGuard<Claims, Optional> {
  const guard = Guard.of(options, ({ raw }) => readNodeRequest(raw), backend)
  const plugin: FastifyPluginCallback = (instance, _options, done) => {
    if (!instance.hasRequestDecorator('jwt')) instance.decorateRequest('jwt')
    instance.addHook('onRequest', toHook(guard))
    done()
  }
  // It counts for the instance that it is registered with, and not for a scope of its own.
  return Object.assign(plugin, {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: 'countersign-guard',
    // By this name other plugins can say that they need it, and Fastify names it where it does not start.
    [Symbol.for('plugin-meta')]: { name: 'countersign-guard' },
    of: (request: FastifyRequest) => guard.admitted(request, 'register it before its routes'),
    async check(request: FastifyRequest, ...none: readonly never[]) {
      refuseHook(none)
      return guard.check(request)
    },
    async token(token: string | null | undefined, ...none: readonly never[]) {
      refuseHook(none)
      return guard.token(token)
    },
    requires: (demands: DemandOptions<Claims>) => toHook(guard.requires(demands)),
  })
}

/** Fastify does not look at what a hook gives, so a decision would decide nothing. @throws {TypeError} */
function refuseHook(further: readonly unknown[]): void {
  if (further.length > 0)
    throw new TypeError('check and token answer nothing: as a hook take what requires gives, or register the guard')
}

function toHook<Claims, Optional extends boolean>(guard: Guard<Claims, Optional, FastifyRequest>): RouteGuard {
  return async (request, reply) => {
    const result = await guard.check(request)
    if (!result.ok) return reply.code(result.status).headers(result.headers).send(JSON.stringify(result.body))
    request.jwt = result.jwt as FastifyRequest['jwt']
    return undefined
  }
}
