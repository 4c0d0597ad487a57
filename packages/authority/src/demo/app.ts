import { randomBytes } from 'node:crypto'
import { JoseError } from 'countersign'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { createMiddleware } from 'hono/factory'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { type Answer, type ApiCall, ask } from './ask.ts'
import { DemoClient, type Departure, type Login } from './client.ts'
import { Expiring } from './expiring.ts'
import { guarded } from './headers.ts'
import type { Log } from './log.ts'
import { type AppView, homePage, ICON, problemPage, signedOutPage } from './pages.ts'
import { Problem, toProblem } from './problem.ts'
import { STYLE } from './style.ts'

/** One of the demo's apps. */
export interface DemoAppOptions {
  /** Names its cookies: browsers keep cookies by host, whatever the port. */
  readonly id: string
  readonly name: string
  readonly origin: string
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly apiOrigin: string
  /** The scopes that it asks for at the API. */
  readonly scope: string
  /** What its pages can ask the API. */
  readonly calls: readonly ApiCall[]
  /** The other apps of the same authority. */
  readonly others: readonly { readonly name: string; readonly url: string }[]
  readonly log: Log
  /** The time in epoch seconds. Default: the system clock. */
  readonly now?: () => number
}

/** Someone who is logged in here. */
interface Session {
  login: Login
  /** What the API said last. */
  answer?: Answer
  /** A refresh on its way: a refresh token is used once, however many tabs ask. */
  refreshing?: Promise<Login> | undefined
}

/** A browser that was sent to the authority, and what has to be the case when it comes back. */
type Journey = { readonly browser: string } & (
  | { readonly to: 'log in'; readonly departure: Departure }
  | { readonly to: 'log out' }
)

const JOURNEY_SECONDS = 600
const SESSION_SECONDS = 8 * 3600
const PLACES = 1000
const FORM_BYTES = 16 * 1024

/**
 * A web application that knows its users from the authority alone (OpenID Connect, authorization code with PKCE). Tokens
 * stay on the server; a browser has the id of its session.
 */
export function createDemoApp(options: DemoAppOptions): Hono {
  const { id, name, origin, issuer, clientId, apiOrigin, scope, calls, others, log } = options
  const now = options.now ?? (() => Math.floor(Date.now() / 1000))
  const client = new DemoClient({
    issuer,
    clientId,
    clientSecret: options.clientSecret,
    redirectUri: `${origin}/callback`,
    signedOutUri: `${origin}/signed-out`,
    resource: apiOrigin,
    scope,
    now,
  })
  const view: AppView = { id, name, origin, issuer, apiOrigin, calls, others }

  /** By the id in the cookie. */
  const sessions = new Expiring<Session>({ seconds: SESSION_SECONDS, max: PLACES, now })
  /** The ids of sessions that the authority ended, so that their browsers can be told. */
  const ended = new Expiring<true>({ seconds: SESSION_SECONDS, max: PLACES, now })
  /** The sessions of the authority that it ended: a login of one may still be on its way here. */
  const over = new Expiring<true>({ seconds: JOURNEY_SECONDS, max: PLACES, now })
  /** By state. */
  const journeys = new Expiring<Journey>({ seconds: JOURNEY_SECONDS, max: PLACES, now })

  const cookie = { path: '/', httpOnly: true, sameSite: 'Lax', secure: origin.startsWith('https:') } as const
  const SESSION = `${id}_session`
  const BROWSER = `${id}_browser`

  const app = new Hono()
  app.use(guarded(issuer))
  app.use(createMiddleware((c, next) => canonical(c, next, origin)))
  app.use(bodyLimit({ maxSize: FORM_BYTES, onError: tooLarge }))

  app.get('/style.css', (c) => c.body(STYLE, 200, { 'Content-Type': 'text/css; charset=utf-8', ...CACHED }))
  app.get('/icon.svg', (c) => c.body(ICON[id] ?? '', 200, { 'Content-Type': 'image/svg+xml', ...CACHED }))

  app.get('/', (c) => {
    const session = sessionOf(c)
    if (session !== undefined) return c.html(homePage(view, { ...session, now: now() }))
    const mine = getCookie(c, SESSION)
    if (mine !== undefined) deleteCookie(c, SESSION, cookie)
    const why = ended.get(mine) ? 'ended' : undefined
    return c.html(signedOutPage(view, why))
  })

  app.post('/login', ownForms(origin), async (c) => {
    const { url, departure } = await client.depart()
    journeys.set(departure.state, { browser: browserOf(c), to: 'log in', departure })
    return c.redirect(url.href, 303)
  })

  app.get('/callback', async (c) => {
    const query = new URL(c.req.url).searchParams
    const journey = takeJourney(c, query)
    if (journey?.to !== 'log in')
      throw new Problem(400, 'foreign_state', 'This login did not begin in this browser, or it began too long ago.')
    const login = await client.arrive(query, journey.departure)
    if (over.get(sidOf(login))) throw new Problem(400, 'logged_out', 'You logged out while this login was on its way.')
    sessions.delete(getCookie(c, SESSION) ?? '')
    const fresh = randomBytes(32).toString('base64url') // a new id: whoever knew the old one gains nothing by this login
    sessions.set(fresh, { login })
    setCookie(c, SESSION, fresh, { ...cookie, maxAge: SESSION_SECONDS })
    return c.redirect('/', 303)
  })

  app.post('/call', ownForms(origin), async (c) => {
    const session = mustBeIn(c)
    const { call: chosen } = await c.req.parseBody()
    const call = calls.find(({ path }) => path === chosen)
    if (call === undefined) throw new Problem(400, 'unknown_call', 'This app asks the API nothing of that kind.')
    if (session.login.expiresAt - now() < 30) await refresh(c, session)
    session.answer = await ask(apiOrigin, call, session.login.accessToken)
    return c.redirect('/#api', 303)
  })

  app.post('/refresh', ownForms(origin), async (c) => {
    await refresh(c, mustBeIn(c))
    return c.redirect('/#access-token', 303)
  })

  app.post('/logout', ownForms(origin), async (c) => {
    const session = sessionOf(c)
    if (session === undefined) return c.redirect('/', 303)
    end(c)
    await revoke(session.login)
    const { url, state } = await client.leave(session.login)
    journeys.set(state, { browser: browserOf(c), to: 'log out' })
    return c.redirect(url.href, 303)
  })

  app.get('/signed-out', (c) => {
    if (takeJourney(c, new URL(c.req.url).searchParams)?.to !== 'log out') return c.redirect('/', 303)
    return c.html(signedOutPage(view, 'left'))
  })

  // Comes from the authority itself, without a browser and its cookies (Back-Channel Logout §2.5).
  app.post('/backchannel-logout', async (c) => {
    const { logout_token: token } = await c.req.parseBody()
    try {
      if (typeof token !== 'string') throw new Problem(400, 'invalid_request', 'there is no logout_token')
      const { sid, sub } = await client.readLogout(token)
      if (sid !== undefined) over.set(sid, true)
      const mine = sessions
        .entries()
        .filter(([, { login }]) => (sid === undefined ? login.claims.sub === sub : sidOf(login) === sid))
      for (const [key] of mine) {
        sessions.delete(key)
        ended.set(key, true)
      }
      log({ level: 'info', event: 'demo.logged_out', app: name, sessions: mine.length })
      return c.body(null, 200)
    } catch (error) {
      const unavailable = error instanceof JoseError && error.unavailable
      const { code, message } = unavailable ? UNAVAILABLE : toProblem(error, issuer)
      log({ level: 'warn', event: 'demo.logout_token_refused', app: name, error: code })
      return c.json({ error: 'invalid_request', error_description: message }, unavailable ? 503 : 400)
    }
  })

  app.notFound((c) => c.html(problemPage(view, new Problem(404, 'not_found', 'There is no such page here.')), 404))
  app.onError((error, c) => {
    const problem = toProblem(error, issuer)
    const { status, code } = problem
    log({
      level: status >= 500 ? 'warn' : 'info',
      event: 'demo.refused',
      app: name,
      path: c.req.path,
      status,
      error: code,
    })
    return c.html(problemPage(view, problem), status as ContentfulStatusCode)
  })
  return app

  function sessionOf(c: Context): Session | undefined {
    return sessions.get(getCookie(c, SESSION))
  }

  function mustBeIn(c: Context): Session {
    const session = sessionOf(c)
    if (session === undefined) throw new Problem(401, 'no_session', 'You are not logged in here, or not any more.')
    return session
  }

  /** Names a browser for as long as it may be away. This proves nothing but that it is the same browser. */
  function browserOf(c: Context): string {
    const browser = getCookie(c, BROWSER) ?? randomBytes(32).toString('base64url')
    setCookie(c, BROWSER, browser, { ...cookie, maxAge: JOURNEY_SECONDS })
    return browser
  }

  /**
   * The journey that a browser comes back from, once. One that another browser began stays where it is: who sends a
   * victim a state and a code of their own logs nobody in (RFC 9700 §4.7).
   */
  function takeJourney(c: Context, query: URLSearchParams): Journey | undefined {
    const [state, ...more] = query.getAll('state')
    const journey = journeys.get(state)
    if (state === undefined || journey === undefined || more.length > 0) return undefined
    if (journey.browser !== getCookie(c, BROWSER)) return undefined
    journeys.delete(state)
    return journey
  }

  async function refresh(c: Context, session: Session): Promise<void> {
    session.refreshing ??= client.refresh(session.login).finally(() => {
      session.refreshing = undefined
    })
    try {
      session.login = await session.refreshing
    } catch (error) {
      const problem = toProblem(error, issuer)
      if (problem.code !== 'invalid_grant') throw problem
      end(c)
      throw new Problem(401, 'invalid_grant', `${issuer} gives no more tokens for this login: log in again.`)
    }
  }

  function end(c: Context): void {
    sessions.delete(getCookie(c, SESSION) ?? '')
    deleteCookie(c, SESSION, cookie)
  }

  /**
   * What is forgotten here might live on at the authority, if nobody answers its question whether to log out there, too.
   * After a logout that the authority told of there is nothing to revoke; and a login in place of another shares its
   * grant, which would be gone for both.
   */
  async function revoke(login: Login): Promise<void> {
    try {
      await client.revoke(login)
    } catch (error) {
      log({ level: 'warn', event: 'demo.revocation_failed', app: name, error: toProblem(error, issuer).code })
    }
  }
}

const CACHED = { 'Cache-Control': 'public, max-age=300' }
const UNAVAILABLE = { code: 'unavailable', message: 'the logout token cannot be checked at the moment' }

function sidOf({ claims }: Login): string | undefined {
  const { sid } = claims
  return typeof sid === 'string' ? sid : undefined
}

function tooLarge(): never {
  throw new Problem(413, 'too_large', 'That is too much for a form.')
}

/** An app has one origin: under another name for this machine its cookies would not be found. */
async function canonical(c: Context, next: () => Promise<void>, origin: string): Promise<Response | undefined> {
  if (c.req.header('host') === new URL(origin).host) {
    await next()
    return undefined
  }
  if (c.req.method === 'GET') return c.redirect(`${origin}/`, 302)
  throw new Problem(421, 'misdirected', `This app is at ${origin}.`)
}

/** Lets in the forms of the app's own pages: browsers say with each where it comes from. */
function ownForms(origin: string) {
  return createMiddleware(async (c, next) => {
    if (c.req.header('origin') !== origin)
      throw new Problem(403, 'foreign_origin', `This takes forms of ${origin} alone.`)
    await next()
  })
}
