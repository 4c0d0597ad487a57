import { remoteKeySet } from 'countersign'
import { createGuard } from 'countersign/guard/hono'
import { type AccessTokenClaims, accessToken } from 'countersign/profile'
import { Hono } from 'hono'
import { bare } from './headers.ts'
import type { Log } from './log.ts'
import { ICON } from './pages.ts'
import { STYLE } from './style.ts'
import { verifyRoutes } from './verify.ts'

export interface DemoApiOptions {
  /** Where the API is: also the audience of its tokens. */
  readonly origin: string
  readonly issuer: string
  readonly log: Log
}

const NOTES = ['Buy tea', 'Water the ferns', 'Ask Max about the ladder']
const PHOTOS = ['ferns.jpg', 'ladder.jpg', 'tea-on-the-roof.jpg']

/**
 * A resource server. It shares nothing with the authority: it fetches the published keys and verifies each token itself,
 * as a service on another machine would.
 */
export function createDemoApi({ origin, issuer, log }: DemoApiOptions): Hono {
  const keys = remoteKeySet(`${issuer}/.well-known/jwks.json`)
  const verifier = accessToken.createVerifier({ keys, issuer, audience: origin })
  const guard = createGuard({
    verifier,
    realm: 'demo',
    onRefusal: ({ status, reason, error }) => {
      log({ level: 'info', event: 'demo.api.refused', status, reason, error: error?.code })
    },
  })
  const app = new Hono()
  app.use(bare)
  app.get('/', (c) =>
    c.json({
      about: 'The API of the demo. It takes the access tokens of its issuer.',
      issuer,
      audience: origin,
      routes: {
        'GET /notes': { scope: 'notes:read', role: 'reader' },
        'GET /photos': { scope: 'photos:read', role: 'reader' },
        'POST /admin': { role: 'admin' },
      },
      verify: `${origin}/verify`,
    }),
  )
  app.get('/notes', guard.requires({ scope: 'notes:read', roles: 'reader' }), (c) =>
    c.json({ notes: NOTES, token: about(c.var.jwt) }),
  )
  app.get('/photos', guard.requires({ scope: 'photos:read', roles: 'reader' }), (c) =>
    c.json({ photos: PHOTOS, token: about(c.var.jwt) }),
  )
  app.post('/admin', guard.requires({ roles: 'admin' }), (c) =>
    c.json({ done: 'Nothing, but only an administrator may do it.', token: about(c.var.jwt) }),
  )
  app.route('/', verifyRoutes({ origin, issuer, verifier }))
  app.get('/style.css', (c) => c.body(STYLE, 200, { 'Content-Type': 'text/css; charset=utf-8', ...CACHED }))
  app.get('/icon.svg', (c) => c.body(ICON['api'] ?? '', 200, { 'Content-Type': 'image/svg+xml', ...CACHED }))
  app.notFound((c) =>
    c.json({ error: 'not_found', error_description: `there is no ${c.req.method} ${c.req.path}` }, 404),
  )
  return app
}

const CACHED = { 'Cache-Control': 'public, max-age=300' }

/** What the API made of a token, for the pages to show. */
function about({ header, claims, key }: Verified): object {
  const { sub, client_id, scope, roles } = claims
  return { verified: { typ: header.typ, alg: header.alg, kid: key.kid }, sub, client_id, scope, roles }
}

interface Verified {
  readonly header: { readonly alg: string; readonly typ?: string }
  readonly key: { readonly kid: string | undefined }
  readonly claims: AccessTokenClaims
}
