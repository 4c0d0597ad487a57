import type { HttpBindings } from '@hono/node-server'
import { JoseError } from 'countersign'
import { jwksHandler, type KeyRing } from 'countersign/keyring'
import { Hono } from 'hono'
import { errorPage } from '../pages/error.ts'
import { homePage } from '../pages/home.ts'
import { securityHeaders } from '../pages/security-headers.ts'
import { STYLE } from '../pages/style.ts'
import { SIGNING_ALGS } from '../settings.ts'
import type { Store } from '../store/database.ts'
import { type InteractionParts, interactionRoutes } from './interactions.ts'

/** What the routes of our own need. */
export interface AppParts extends InteractionParts {
  readonly store: Store
  readonly ring: KeyRing
  readonly demo: () => Parameters<typeof homePage>[0]['demo']
  readonly log: (line: object) => void
}

/**
 * The paths that oidc-provider answers, as they are spelled; all others are ours. Its own router takes `/DEVICE` and
 * `/device/` for `/device` as well, which would get around what is done for that path.
 */
const PROTOCOL =
  /^\/(?:auth(?:\/[\w-]+)?|token(?:\/(?:introspection|revocation))?|me|device(?:\/[\w-]+)?|request|session\/end(?:\/(?:confirm|success))?|\.well-known\/(?:openid-configuration|oauth-authorization-server))$/

/** Whether a path, without its query, is one of the protocol. */
export const isProtocolPath = (path: string): boolean => PROTOCOL.test(path)

/** The part of the server that is no OAuth: keys, health, pages. */
export function createApp(parts: AppParts): Hono<{ Bindings: HttpBindings }> {
  const { issuer, ring, store, log } = parts
  const app = new Hono<{ Bindings: HttpBindings }>()
  const jwks = jwksHandler(ring)
  for (const path of ['/jwks', '/.well-known/jwks.json']) app.all(path, (c) => jwks(c.req.raw))
  app.get('/healthz', (c) => c.text('ok\n'))
  app.get('/readyz', async (c) => {
    const ready = await isReady(store, ring)
    return c.text(ready ? 'ready\n' : 'not ready\n', ready ? 200 : 503, { 'cache-control': 'no-store' })
  })
  app.get('/style.css', (c) =>
    c.body(STYLE, 200, {
      'content-type': 'text/css; charset=utf-8',
      'cache-control': 'public, max-age=300',
      'x-content-type-options': 'nosniff',
    }),
  )
  app.get('/', (c) => {
    const demo = parts.demo()
    return c.html(homePage({ issuer, ...(demo && { demo }) }), 200, securityHeaders())
  })
  app.route('/', interactionRoutes(parts))
  app.notFound((c) => {
    const page = errorPage({ title: 'There is nothing here', code: 'not_found', message: 'This page does not exist.' })
    return c.html(page, 404, securityHeaders())
  })
  app.onError((error, c) => {
    log({
      level: 'error',
      event: 'request.failed',
      path: c.req.path.replace(/^(\/\w+)\/.*/, '$1/…'),
      error: nameOf(error),
    })
    const page = errorPage({
      title: 'That did not work',
      code: 'temporarily_unavailable',
      message: 'The server cannot answer at the moment.',
      hint: 'Try again in a moment.',
    })
    return c.html(page, 503, { ...securityHeaders(), 'retry-after': '5' })
  })
  return app
}

/** Whether tokens can be made: the database answers, and there is a key for each algorithm. */
async function isReady(store: Store, ring: KeyRing): Promise<boolean> {
  try {
    await store.now()
    await store.db.selectFrom('secrets').select('name').limit(1).execute()
    await ring.publicJwks()
    const active = ring.list().filter(({ state }) => state === 'active')
    return SIGNING_ALGS.every((alg) => active.some((key) => key.alg === alg))
  } catch {
    return false
  }
}

/** What may be logged of an error: what kind it is. A message may hold what somebody sent. */
export function nameOf(error: unknown): string {
  if (error instanceof JoseError) return error.code
  if (!(error instanceof Error)) return 'unknown'
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' ? `${error.name} ${code}` : error.name
}
