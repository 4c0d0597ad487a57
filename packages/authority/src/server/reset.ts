import { createHash } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { BusyError } from '../accounts/gate.ts'
import type { SendMail } from '../accounts/mail.ts'
import { AuthorityError } from '../errors.ts'
import type { PasswordFault } from '../pages/account.ts'
import { errorPage } from '../pages/error.ts'
import { forgotPage, forgotSentPage, resetDonePage, resetPage } from '../pages/reset.ts'
import { securityHeaders } from '../pages/security-headers.ts'
import { faultOf } from './account.ts'
import { type AccountParts, type Env, goTo, inMinutes, refuse, textOf } from './account-desk.ts'
import { clientAddress } from './client-address.ts'
import { isOwnForm } from './csrf.ts'
import type { Later } from './later.ts'

/** What who forgot a password needs. */
export interface ResetParts
  extends Pick<AccountParts, 'issuer' | 'trustProxy' | 'users' | 'sessions' | 'limits' | 'forms' | 'audit'> {
  /** Without it nobody is mailed, and a link comes from an administrator. */
  readonly mail: SendMail | undefined
  readonly later: Later
}

const FORM_BYTES = 16 * 1024
const TOKEN = /^[\w-]{43}$/
/** For how long a browser keeps a link that was followed (seconds): no link is good for longer. */
const COOKIE_SECONDS = 3600

/** The ways to a new password of who has forgotten theirs. */
export function resetRoutes(parts: ResetParts): Hono<Env> {
  const { issuer, users, sessions, limits, forms, audit, mail, later } = parts
  const app = new Hono<Env>()
  const https = issuer.startsWith('https://')
  const cookie = https ? '__Host-countersign_reset' : 'countersign_reset'
  const attributes = { httpOnly: true, sameSite: 'Lax', secure: https, path: '/' } as const
  const addressOf = (c: Context<Env>): string => clientAddress(c.env.incoming, parts.trustProxy)
  for (const path of ['/reset', '/forgot'])
    app.use(path, bodyLimit({ maxSize: FORM_BYTES, onError: (c) => refuse(c, 'too_large') }))

  // Out of the address at once: there it would get into histories, logs and what other pages are told of this one. Who
  // only looks where a link leads, as filters of mail do, uses nothing up.
  app.get('/reset/:token', (c) => {
    const token = c.req.param('token')
    if (!TOKEN.test(token)) return refuseLink(c)
    setCookie(c, cookie, token, { ...attributes, maxAge: COOKIE_SECONDS })
    return goTo(c, '/reset')
  })

  app.get('/reset', async (c) => {
    if (c.req.query('done') === 'password') return c.html(resetDonePage(), 200, securityHeaders())
    const token = getCookie(c, cookie) ?? ''
    const user = TOKEN.test(token) ? await users.findReset(token) : undefined
    return user === undefined ? refuseLink(c) : showForm(c, token, user.email)
  })

  app.post('/reset', async (c) => {
    if (!isOwnForm(c.req, issuer)) return refuse(c, 'forbidden')
    const token = getCookie(c, cookie) ?? ''
    const form = await c.req.parseBody().catch(() => undefined)
    const user = TOKEN.test(token) ? await users.findReset(token) : undefined
    if (user === undefined) return refuseUse(c)
    if (form === undefined || !forms.matches('reset', hashOf(token), form['csrf'])) return refuse(c, 'forbidden')
    const next = textOf(form['new_password'])
    const fault = faultOf(next, textOf(form['again']))
    if (fault !== undefined) return showForm(c, token, user.email, fault)
    try {
      if ((await users.reset(token, next)) === undefined) return refuseUse(c)
    } catch (error) {
      if (!(error instanceof BusyError)) throw error
      return refuse(c, 'busy', { 'retry-after': '5' })
    }
    const ended = await sessions.endEverything(user.id)
    await audit.record({ actor: user.id, ip: addressOf(c), event: 'account.password_reset', data: { ended } })
    deleteCookie(c, cookie, attributes)
    return goTo(c, '/reset', 'password')
  })

  if (mail === undefined) return app

  app.get('/forgot', (c) => {
    const page = c.req.query('done') === 'sent' ? forgotSentPage() : forgotPage()
    return c.html(page, 200, securityHeaders())
  })

  // The answer is the same for everybody, and does not wait for what there is to do, which takes its time for some.
  app.post('/forgot', async (c) => {
    if (!isOwnForm(c.req, issuer)) return refuse(c, 'forbidden')
    const form = await c.req.parseBody().catch(() => undefined)
    if (form === undefined) return refuse(c, 'forbidden')
    const ip = addressOf(c)
    const verdict = await limits.reset(ip)
    if (!verdict.allowed) {
      await audit.record({ actor: 'unknown', ip, event: 'account.reset_limited', data: { by: 'address' } })
      return showLimited(c, verdict.retryAfter)
    }
    later.do(() => sendLink(mail, textOf(form['email']), ip))
    return goTo(c, '/forgot', 'sent')
  })
  return app

  async function sendLink(send: SendMail, email: string, ip: string): Promise<void> {
    const user = await users.findByEmail(email)
    const record = (event: string): Promise<void> =>
      audit.record({ actor: user?.state === 'active' ? user.id : 'unknown', ip, event, data: {} })
    if (user?.state !== 'active') return record('account.reset_unknown')
    if (!(await limits.resetLetter(user.email)).allowed) return record('account.reset_limited')
    const { token, expiresAt } = await users.makeReset(user.id)
    await record('account.reset_asked')
    const link = `${issuer}/reset/${token}`
    await send({ kind: 'reset-password', user, link, expiresAt }).catch(unlessTold)
  }

  function showForm(
    c: Context<Env>,
    token: string,
    email: string,
    fault?: PasswordFault,
  ): Response | Promise<Response> {
    const page = resetPage({ user: email, csrf: forms.make('reset', hashOf(token)), fault })
    return c.html(page, fault === undefined ? 200 : 400, securityHeaders())
  }

  async function refuseUse(c: Context<Env>): Promise<Response> {
    await audit.record({ actor: 'unknown', ip: addressOf(c), event: 'account.reset_refused', data: {} })
    return refuseLink(c)
  }

  /** One page for every link that is good for nothing: it tells nobody which ones there were. */
  function refuseLink(c: Context<Env>): Response | Promise<Response> {
    deleteCookie(c, cookie, attributes)
    const page = errorPage({
      title: 'This link is not good any more',
      code: 'link_expired',
      message: 'A link to choose a new password works once, for an hour, and until a newer one is sent.',
      ...(mail === undefined
        ? { hint: 'Ask whoever runs this server for a new one.' }
        : { hint: 'Ask for a new one.', link: { href: '/forgot', text: 'Send a new link' } }),
    })
    return c.html(page, 410, securityHeaders())
  }

  function showLimited(c: Context<Env>, retryAfter: number): Response | Promise<Response> {
    const page = errorPage({
      title: 'Too many tries',
      code: 'slow_down',
      message: 'Many links were asked for from where you are.',
      hint: `Wait ${inMinutes(retryAfter)} and try again.`,
    })
    return c.html(page, 429, { ...securityHeaders(), 'retry-after': String(retryAfter) })
  }
}

/** That a letter was not taken is in the log by then. */
function unlessTold(error: unknown): void {
  if (!(error instanceof AuthorityError) || error.code !== 'MAIL') throw error
}

/** A form is for one link; the link itself is in no page. */
const hashOf = (token: string): string => createHash('sha256').update(`form:${token}`).digest('base64url')
