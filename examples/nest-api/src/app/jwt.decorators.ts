import type { IncomingMessage } from 'node:http'
import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import type { VerifiedToken } from 'countersign'
import type { AccessTokenClaims } from 'countersign/profile'

/** The scopes of this API: one that is spelled wrong does not compile. */
export type Scope = 'orders:read' | 'orders:write'
export type Role = 'admin'

/** `@Public()`: a route for everybody, with a token or without. */
export const Public = Reflector.createDecorator<void, true>({ transform: () => true })

/** `@Scopes(['orders:read'])`: a route for tokens that have all of them. */
export const Scopes = Reflector.createDecorator<Scope[]>()

/** `@Roles(['admin'])`: a route for tokens that have one of them. */
export const Roles = Reflector.createDecorator<Role[]>()

/** What the token says, and who signed it: what `@Jwt()` gives. */
export type Token = VerifiedToken<AccessTokenClaims>

/** A request that the guard has let in. */
export type GuardedRequest = IncomingMessage & { jwt?: Token }

/** `@Jwt()`: the token of the request, as a parameter of a handler. */
export const Jwt = createParamDecorator((_: unknown, context: ExecutionContext): Token => {
  const { jwt } = context.switchToHttp().getRequest<GuardedRequest>()
  if (jwt === undefined) throw new TypeError('@Jwt() is on a route that is @Public(): there is no token')
  return jwt
})
