import type { Refusal } from 'countersign/guard'
import type { GuardedEnv, HonoGuard } from 'countersign/guard/hono'
import { createMiddleware } from 'hono/factory'
import { ApiError } from './errors.ts'

/** Puts a guard before routes, whose refusals are told like every other error of this API. */
export function letIn(guard: HonoGuard) {
  return createMiddleware<GuardedEnv>(async (c, next) => {
    const result = await guard.check(c)
    if (!result.ok) throw toApiError(result)
    c.set('jwt', result.jwt)
    await next()
  })
}

const HINTS: Partial<Record<Refusal['reason'], string>> = {
  insufficient_scope: 'Have the role given to you and log in again: the next token names it.',
}

/** What the guard has to say, with the challenge that goes along. */
export function toApiError({ reason, status, headers, body, error }: Refusal): ApiError {
  const hint = HINTS[reason] ?? error?.hint
  return new ApiError(status, body.code ?? reason, body.error_description, { headers, ...(hint && { hint }) })
}
