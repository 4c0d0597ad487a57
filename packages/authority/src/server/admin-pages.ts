import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { overviewPage } from '../pages/admin.ts'
import { errorPage } from '../pages/error.ts'
import { securityHeaders } from '../pages/security-headers.ts'
import type { Store } from '../store/database.ts'
import { auditPages, auditRows } from './admin/audit-pages.ts'
import { clientPages } from './admin/client-pages.ts'
import { AdminDesk, type AdminDeskParts, type Env, goTo, refuse, show } from './admin/desk.ts'
import { keyPages, keyViews } from './admin/key-pages.ts'
import { userPages } from './admin/user-pages.ts'
import { returnOf } from './visitor.ts'

/** What the pages of the administration need. */
export interface AdminPagesParts extends AdminDeskParts {
  readonly store: Store
  /** Who sends mail, where somebody does. */
  readonly mail: unknown
  /** The time in epoch seconds, by the clock that keys go by. */
  readonly now: () => number
}

/** A JWK Set is the largest thing that a form here holds. */
const FORM_BYTES = 64 * 1024
const LAST_ENTRIES = 8

/** All under /admin but the API: what an administrator does, on pages that work without JavaScript. */
export function adminPages(parts: AdminPagesParts): Hono<Env> {
  const { issuer, users, store, mail, now } = parts
  const desk = new AdminDesk(parts)
  const app = new Hono<Env>()
  app.use('/admin/*', bodyLimit({ maxSize: FORM_BYTES, onError: (c) => refuse(c, 'too_large') }))

  const overview = desk.page(async ({ c, operations, view }) => {
    const entries = await operations.listAudit({ limit: LAST_ENTRIES })
    const page = overviewPage({
      ...{ ...view, again: undefined, issuer, now: now() },
      counts: await countsOf(store),
      keys: await keyViews(operations),
      entries: await auditRows(entries, users),
    })
    return show(c, page)
  })
  app.get('/admin', async (c, next) => {
    const back = returnOf(c.req.query(), '/admin')
    if (back === undefined) return overview(c, next)
    if ('place' in back) return goTo(c, back.place)
    // Nobody is sent to log in again without being asked.
    const page = errorPage({
      ...{ title: 'You are not logged in', code: back.error },
      message: FAILURES.get(back.error) ?? 'The login did not come to an end.',
      link: { href: '/admin', text: 'Log in to administer' },
    })
    return c.html(page, 400, securityHeaders())
  })

  userPages(app, desk, users, mail !== undefined)
  clientPages(app, desk)
  keyPages(app, desk, now)
  auditPages(app, desk, users)
  return app
}

/** What stands in the way of a login. */
const FAILURES: ReadonlyMap<string, string> = new Map([
  ['access_denied', 'You did not log in.'],
  ['unmet_authentication_requirements', 'This takes your second factor.'],
  ['temporarily_unavailable', 'The server cannot answer at the moment.'],
])

/** How many there are of each. */
async function countsOf({ db }: Store): Promise<{ users: number; clients: number; sessions: number }> {
  const of = async (table: 'users' | 'clients'): Promise<number> =>
    Number((await db.selectFrom(table).select(db.fn.countAll().as('count')).executeTakeFirstOrThrow()).count)
  const { count } = await db
    .selectFrom('oidc_state')
    .select(db.fn.countAll().as('count'))
    .where('model', '=', 'Session')
    .where('account', '<>', '')
    .where('expires_at', '>', Math.floor(Date.now() / 1000))
    .executeTakeFirstOrThrow()
  return { users: await of('users'), clients: await of('clients'), sessions: Number(count) }
}
