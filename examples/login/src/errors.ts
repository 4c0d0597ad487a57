import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

/** What may accompany a refusal. */
export interface ApiErrorDetails {
  /** What the caller can do about it. */
  readonly hint?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A refusal as the client sees it: a status, a code for programs and a sentence for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: ContentfulStatusCode
  readonly code: string
  readonly hint: string | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(status: ContentfulStatusCode, code: string, message: string, details: ApiErrorDetails = {}) {
    super(message)
    this.status = status
    this.code = code
    this.hint = details.hint
    this.headers = details.headers ?? {}
  }
}

/** Every error leaves as `{ code, message, hint? }`; what nobody foresaw is logged and told to nobody. */
export function answerError(error: Error, c: Context): Response {
  if (!(error instanceof ApiError)) {
    console.error(error)
    return c.json({ code: 'internal', message: 'something went wrong here' }, 500)
  }
  const { status, code, message, hint, headers } = error
  return c.json({ code, message, hint }, status, headers)
}
