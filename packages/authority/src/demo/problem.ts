import { JoseError } from 'countersign'
import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client'

/** Why a request is refused, for the person who made it. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** What to say of an error. Words of the authority are passed on; those of anything unforeseen stay here. */
export function toProblem(error: unknown, issuer: string): Problem {
  if (error instanceof Problem) return error
  if (error instanceof AuthorizationResponseError) return refused(403, error, issuer)
  if (error instanceof ResponseBodyError) return refused(502, error, issuer)
  if (error instanceof JoseError) return new Problem(error.unavailable ? 503 : 400, error.code, error.message)
  const code = toCode(error)
  if (error instanceof ClientError) {
    if (code === 'OAUTH_TIMEOUT') return unreachable(issuer)
    return new Problem(502, code ?? 'refused_answer', `The answer of ${issuer} is refused: ${error.message}.`)
  }
  if (error instanceof TypeError && error.message === 'fetch failed') return unreachable(issuer)
  return new Problem(500, 'bug', 'Something went wrong here.')
}

const refused = (status: number, error: AuthorizationResponseError | ResponseBodyError, issuer: string): Problem =>
  new Problem(status, error.error, `${issuer} refused: ${error.error_description ?? error.error}.`)

const unreachable = (issuer: string): Problem =>
  new Problem(503, 'unreachable', `${issuer} gives no answer. Is it still running?`)

function toCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
