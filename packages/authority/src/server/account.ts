import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { ADMIN_ROLE } from '../accounts/users.ts'
import { AuthorityError } from '../errors.ts'
import { overviewPage, type PasswordFault, passwordPage } from '../pages/account.ts'
import { errorPage } from '../pages/error.ts'
import { securityHeaders } from '../pages/security-headers.ts'
import { AccountDesk, type AccountParts, type Env, goTo, inMinutes, noticeOf, refuse, textOf } from './account-desk.ts'
import { securityRoutes } from './account-security.ts'
import { sessionRoutes } from './account-sessions.ts'
import { returnOf, type Visitor } from './visitor.ts'

/** An answer of an authenticator is the largest thing that a form here holds. */
const FORM_BYTES = 64 * 1024

/** The pages on which people look after their account. All but that which adds a passkey work without JavaScript. */
export function accountRoutes(parts: AccountParts): Hono<Env> {
  const { users, sessions, factors, limits } = parts
  const desk = new AccountDesk(parts)
  const app = new Hono<Env>()
  app.use('/account/*', bodyLimit({ maxSize: FORM_BYTES, onError: (c) => refuse(c, 'too_large') }))

  const overview = desk.page({}, (c, visitor) => showOverview(c, visitor, 200))
  app.get('/account', async (c, next) => {
    const back = returnOf(c.req.query(), '/account')
    if (back === undefined) return overview(c, next)
    return 'place' in back ? goTo(c, back.place) : showFailure(c, back.error)
  })

  app.post(
    '/account',
    desk.form({}, async (c, visitor, form) => {
      const name = textOf(form['name'])
      try {
        await users.change(visitor.user.id, { name })
      } catch (error) {
        if (!(error instanceof AuthorityError) || error.code !== 'USER_INVALID') throw error
        return showOverview(c, visitor, 400, { name, error: 'A name has 1 to 200 characters that can be seen.' })
      }
      await desk.record(c, visitor, 'account.name_changed')
      return goTo(c, '/account', 'name')
    }),
  )

  app.get(
    '/account/password',
    desk.page({}, (c, visitor) => showPassword(c, visitor, 200)),
  )

  app.post(
    '/account/password',
    desk.form({}, async (c, visitor, form) => {
      const { user } = visitor
      const [current, next] = [textOf(form['current_password']), textOf(form['new_password'])]
      const ip = desk.address(c)
      const verdict = await limits.login(user.email, ip)
      if (!verdict.allowed) {
        await desk.record(c, visitor, 'account.password_refused', { why: 'limited' })
        const text = `Too many tries. Wait ${inMinutes(verdict.retryAfter)} and try again.`
        return showPassword(c, visitor, 429, { field: 'current', text }, { 'retry-after': `${verdict.retryAfter}` })
      }
      if ((await users.authenticate(user.email, current))?.id !== user.id) {
        await desk.record(c, visitor, 'account.password_refused', { why: 'wrong' })
        return showPassword(c, visitor, 401, { field: 'current', text: 'The current password is wrong.' })
      }
      await limits.loginSucceeded(user.email, ip)
      const fault = faultOf(next, textOf(form['again']))
      if (fault !== undefined) return showPassword(c, visitor, 400, fault)
      try {
        await users.setPassword(user.id, next)
      } catch (error) {
        if (!(error instanceof AuthorityError) || error.code !== 'USER_INVALID') throw error
        return showPassword(c, visitor, 400, TOO_SHORT)
      }
      const ended = await sessions.endEverything(user.id, visitor.session)
      await desk.record(c, visitor, 'account.password_changed', { ended })
      return goTo(c, '/account/password', 'password')
    }),
  )

  app.route('/', securityRoutes(parts, desk))
  app.route('/', sessionRoutes(parts, desk))
  return app

  async function showOverview(
    c: Context<Env>,
    visitor: Visitor,
    status: 200 | 400,
    more: { readonly name?: string; readonly error?: string } = {},
  ): Promise<Response> {
    const { user } = visitor
    const [since, own, open] = [
      await users.madeAt(user.id),
      await factors.of(user.id),
      (await sessions.list(user.id)).length,
    ]
    const page = overviewPage({
      ...desk.view(visitor),
      notice: noticeOf(c, { name: 'Your name is changed.' }),
      name: user.name ?? '',
      roles: user.roles,
      since,
      authenticator: own.totp !== undefined,
      passkeys: own.passkeys.length,
      sessions: open,
      administrator: user.roles.includes(ADMIN_ROLE),
      ...more,
    })
    return c.html(page, status, securityHeaders())
  }

  function showPassword(
    c: Context<Env>,
    visitor: Visitor,
    status: 200 | 400 | 401 | 429,
    fault?: PasswordFault,
    more: Readonly<Record<string, string>> = {},
  ): Response | Promise<Response> {
    const notice = noticeOf(c, { password: 'Your password is changed. Everywhere else you are logged out.' })
    const page = passwordPage({ ...desk.view(visitor), notice, fault })
    return c.html(page, status, { ...securityHeaders(), ...more })
  }
}

const TOO_SHORT: PasswordFault = { field: 'next', text: 'The new password needs 8 to 1024 characters.' }

/** What is wrong with a new password that was typed twice. */
export function faultOf(next: string, again: string): PasswordFault | undefined {
  if ([...next.normalize('NFKC')].length < 8) return TOO_SHORT
  if (next !== again) return { field: 'again', text: 'The new password was not typed the same twice.' }
  return undefined
}

/** What stands in the way of a login. */
const FAILURES: ReadonlyMap<string, string> = new Map([
  ['access_denied', 'You did not log in.'],
  ['unmet_authentication_requirements', 'This takes a second factor, and you have not set one up.'],
  ['temporarily_unavailable', 'The server cannot answer at the moment.'],
])

/** A login that came to nothing; nobody is sent to log in again without being asked. */
function showFailure(c: Context<Env>, code: string): Response | Promise<Response> {
  const page = errorPage({
    title: 'You are not logged in',
    code,
    message: FAILURES.get(code) ?? 'The login did not come to an end.',
    link: { href: '/account', text: 'Log in to your account' },
  })
  return c.html(page, 400, securityHeaders())
}
