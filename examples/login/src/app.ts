import { createSigner, createVerifier, keySet } from 'countersign'
import { createGuard, type GuardedEnv } from 'countersign/guard/hono'
import { Hono } from 'hono'
import { Attempts } from './attempts.ts'
import { letIn } from './bearer.ts'
import { limitBody, readTexts } from './body.ts'
import { type Demo, demoRoutes } from './demo.ts'
import { ApiError, answerError } from './errors.ts'
import type { Keys } from './keys.ts'
import { pageRoutes, SECURITY_HEADERS } from './page.ts'
import { toAccount, type Users } from './users.ts'

export const AUDIENCE = 'example-api'
export const JWKS_PATH = '/.well-known/jwks.json'
const TOKEN_SECONDS = 15 * 60

/** All that the API needs from outside; a test brings its own clock, keys and users. */
export interface Dependencies {
  /** Where the API is reached, such as `http://127.0.0.1:3000`: the issuer of its tokens. */
  readonly origin: string
  readonly keys: Keys
  readonly users: Users
  /** The time in epoch seconds. */
  readonly now: () => number
  readonly demo?: Demo
}

export function createApp({ origin, keys, users, now, demo }: Dependencies): Hono<GuardedEnv> {
  const signer = createSigner({
    key: keys.current,
    issuer: origin,
    audience: AUDIENCE,
    expiresIn: TOKEN_SECONDS,
    typ: 'at+jwt', // an access token (RFC 9068), which no one mistakes for another kind of token
    jti: true,
    now,
  })
  const verifier = createVerifier({
    keys: keySet(keys.jwks),
    issuer: origin,
    audience: AUDIENCE,
    typ: 'at+jwt',
    requiredClaims: ['sub'],
    now,
  })
  const guard = createGuard({ verifier })
  const attempts = new Attempts(now)
  const app = new Hono<GuardedEnv>()

  app.onError(answerError)
  app.notFound((c) => c.json({ code: 'not_found', message: 'there is nothing here' }, 404))
  app.use(async (c, next) => {
    await next()
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.header(name, value)
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store')
  })

  app.post('/login', limitBody(4096), async (c) => {
    const { email, password } = await readTexts(c, { email: 254, password: 1024 })
    const account = toAccount(email)
    attempts.begin(account)
    const user = await users.authenticate(account, password)
    if (!user) throw new ApiError(401, 'wrong_credentials', 'the email or the password is wrong')
    attempts.succeed(account)
    const { id, name, roles } = user
    const token = await signer.sign({ sub: id, client_id: 'login-page', name, roles })
    return c.json({ access_token: token, token_type: 'Bearer', expires_in: TOKEN_SECONDS })
  })

  app.get('/me', letIn(guard), (c) => {
    const user = users.find(c.var.jwt.claims.sub ?? '')
    if (!user)
      throw new ApiError(401, 'no_user', 'the user of this token is gone', { hint: 'Log in as somebody else.' })
    return c.json(user)
  })

  // The role comes from the token: a change counts from the next one on.
  app.get('/admin/users', letIn(guard.requires({ roles: 'admin' })), (c) => c.json({ users: users.all() }))

  app.get(JWKS_PATH, (c) =>
    c.body(JSON.stringify(keys.jwks), 200, {
      'Content-Type': 'application/jwk-set+json',
      'Cache-Control': 'public, max-age=300',
    }),
  )

  app.route('/', pageRoutes())
  if (demo) app.route('/', demoRoutes(origin, demo))
  return app
}
