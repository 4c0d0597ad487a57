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
import { accountRoutes } from './account.ts'
import type { AccountParts } from './account-desk.ts'
import { type AdminApiParts, adminApi } from './admin-api.ts'
import { type AdminPagesParts, adminPages } from './admin-pages.ts'
import { debuggerRoutes } from './debugger.ts'
import { type InteractionParts, interactionRoutes } from './interactions.ts'
import type { Metrics } from './metrics.ts'
import { PASSKEY_SCRIPT } from './passkey-script.ts'
import { type ResetParts, resetRoutes } from './reset.ts'
import type { Traffic } from './traffic.ts'

/** What the routes of our own need. */
export interface AppParts
  extends InteractionParts,
    AccountParts,
    ResetParts,
    Omit<AdminApiParts, 'nameOf'>,
    Omit<AdminPagesParts, 'mail'> {
  readonly store: Store
  readonly ring: KeyRing
  readonly traffic: Traffic
  /** Without it there is no /metrics. */
  readonly metrics: Metrics | undefined
  /** What has the first page, and all under /demo, once the demo runs. */
  readonly demo: () => Hono<{ Bindings: HttpBindings }> | undefined
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
  const { issuer, ring, store, traffic, metrics, log } = parts
  const app = new Hono<{ Bindings: HttpBindings }>()
  const jwks = jwksHandler(ring)
  for (const path of ['/jwks', '/.well-known/jwks.json']) app.all(path, (c) => jwks(c.req.raw))
  app.get('/healthz', (c) => c.text('ok\n'))
  app.get('/readyz', async (c) => {
    // A balancer hears of the end before it comes, and sends its requests elsewhere.
    const state = traffic.draining ? 'draining' : (await isReady(store, ring)) ? 'ready' : 'not ready'
    return c.text(`${state}\n`, state === 'ready' ? 200 : 503, { 'cache-control': 'no-store' })
  })
  if (metrics !== undefined)
    app.get('/metrics', async (c) => {
      const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }
      if (!metrics.allows(c.req.header('authorization')))
        return c.text('METRICS_TOKEN as a bearer token\n', 401, { ...headers, 'www-authenticate': 'Bearer' })
      return c.body(await metrics.read(), 200, { ...headers, 'content-type': metrics.contentType })
    })
  for (const [path, body, type] of [
    ['/style.css', STYLE, 'text/css; charset=utf-8'],
    ['/passkey.js', PASSKEY_SCRIPT, 'text/javascript; charset=utf-8'],
  ] as const)
    app.get(path, (c) =>
      c.body(body, 200, {
        'content-type': type,
        'cache-control': 'public, max-age=300',
        'x-content-type-options': 'nosniff',
      }),
    )
  for (const path of ['/', '/demo/*'])
    app.use(path, async (c, next) => (await parts.demo()?.fetch(c.req.raw, c.env)) ?? next())
  app.get('/', (c) => c.html(homePage({ issuer }), 200, securityHeaders()))
  app.route('/', interactionRoutes(parts))
  app.route('/', accountRoutes(parts))
  app.route('/', resetRoutes(parts))
  app.route('/', debuggerRoutes())
  const api = adminApi({ ...parts, nameOf })
  app.all('/admin/api/*', (c) => api.fetch(c.req.raw, c.env))
  app.route('/', adminPages(parts))
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
      request: c.env.incoming.headers['x-request-id'],
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
  // SQLite has one code for everything, and a text from a table of its own beside it.
  const { code, errstr } = error as { readonly code?: unknown; readonly errstr?: unknown }
  return [error.name, code, errstr].filter((part) => typeof part === 'string').join(' ')
}
