import type { ServerResponse } from 'node:http'
import { type CanActivate, type ExecutionContext, HttpException, Inject, Injectable } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import type { NodeGuard, Refusal } from 'countersign/guard/node'
import type { AccessTokenClaims } from 'countersign/profile'
import { type GuardedRequest, Public, Roles, Scopes } from './jwt.decorators.ts'

/** The name under which the guard of countersign is injected. */
export const GUARD = Symbol('guard')

/** Stands before every route; decorators say which are open, and what the others demand. */
@Injectable()
export class JwtGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    @Inject(GUARD) private readonly guard: NodeGuard<AccessTokenClaims>,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()]
    const scope = this.reflector.getAllAndOverride(Scopes, targets)
    const roles = this.reflector.getAllAndOverride(Roles, targets)
    const demanding = scope !== undefined || roles !== undefined
    // A route that demands something is not open, though its class is.
    if (!demanding && this.reflector.getAllAndOverride(Public, targets)) return true

    const guard = demanding ? this.guard.requires({ ...(scope && { scope }), ...(roles && { roles }) }) : this.guard
    const request = context.switchToHttp().getRequest<GuardedRequest>()
    const result = await guard.check(request)
    if (!result.ok) throw refused(result, context.switchToHttp().getResponse<ServerResponse>())
    request.jwt = result.jwt
    return true
  }
}

/** What Nest answers with: the filter for exceptions writes status and body, and leaves headers alone. */
function refused({ status, headers, body, error }: Refusal, response: ServerResponse): HttpException {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  return new HttpException({ ...body }, status, { cause: error })
}
