import type { EventEmitter } from 'node:events'
import { errors, type Provider } from 'oidc-provider'
import { errorPage } from '../pages/error.ts'
import { securityHeaders } from '../pages/security-headers.ts'
import type { Db } from '../store/database.ts'
import { unavailable } from '../unavailable.ts'
import { silenceIn } from './outgoing.ts'
import { collectWrites, writeAll } from './token-writes.ts'

/** Seconds after which a request that could not be answered may be sent again. */
const RETRY = '5'

/** How a request is refused whose client cannot be told from others, or whose client has no keys that serve. */
const REFUSED: ReadonlySet<number> = new Set([400, 401])

/** An event of the provider: tokens are on their way, and what belongs to them is written. Its `grant.success` comes before that. */
export const GRANTED = 'grant.written'

type Context = Parameters<Parameters<Provider['use']>[0]>[0]

/** Whatever could not be answered says when to ask again, also what failed behind the provider's own handlers, as sessions do. */
export async function askingBack(ctx: Context, next: () => Promise<unknown>): Promise<void> {
  try {
    const silence = await silenceIn(next)
    // Nobody can say of an assertion that it is bad, or encrypt for a client, without the keys that the client publishes.
    if (silence !== undefined && REFUSED.has(ctx.status)) answerWith(ctx, unavailable(silence))
  } catch (error) {
    if (!(error instanceof errors.OIDCProviderError) || error.statusCode !== 503) throw error
    answerWith(ctx, error)
  }
  if (ctx.status !== 503) return
  ctx.remove('www-authenticate') // no other token would help
  ctx.set('retry-after', RETRY)
}

/**
 * What a token request writes is written together, once its answer is made: a code or a refresh token that was used up while
 * the answer failed would be lost, though its client was told to try again.
 */
export async function writingLast(
  ctx: Context,
  next: () => Promise<unknown>,
  provider: Provider,
  db: Db,
): Promise<void> {
  const writes = await collectWrites(next)
  if (ctx.status !== 200) return
  const emitter: EventEmitter = provider
  try {
    await writeAll(db, writes)
    emitter.emit(GRANTED, ctx)
  } catch (error) {
    if (!(error instanceof errors.OIDCProviderError)) throw error
    answerWith(ctx, error)
    emitter.emit('grant.error', ctx, error)
  }
}

function answerWith(ctx: Context, error: errors.OIDCProviderError): void {
  const { statusCode, error: code, error_description } = error
  // Nothing of an answer that was on its way: no place to go, no session that was not kept.
  for (const name of ['location', 'set-cookie']) ctx.remove(name)
  ctx.status = statusCode
  if (ctx.accepts('json', 'html') !== 'html') ctx.body = { error: code, error_description }
  else showError(ctx, { error: code, error_description })
}

/** The page of an error, for a browser. */
export function showError(
  ctx: Context,
  out: { readonly error: string; readonly error_description?: string | undefined },
): void {
  ctx.set(securityHeaders()) // also where what is answered is JSON to all but browsers
  ctx.type = 'html'
  ctx.body = errorPage({
    title: 'That did not work',
    code: out.error,
    message: out.error_description ?? 'The request cannot be answered.',
    hint: 'Go back to the application that you came from and try again.',
  })
}
