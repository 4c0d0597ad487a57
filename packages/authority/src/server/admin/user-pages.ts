import type { Context, Hono } from 'hono'
import { ADMIN_ROLE, type Users } from '../../accounts/users.ts'
import { deleteUserPage, resetLinkPage, userPage } from '../../pages/admin-user.ts'
import { addedUserPage, newUserPage, usersPage } from '../../pages/admin-users.ts'
import { ACCOUNT_CLIENT } from '../../protocol/account-client.ts'
import { wayOf } from '../account-sessions.ts'
import { type AdminDesk, type Desk, type Env, type Form, faultOf, goTo, show } from './desk.ts'
import { listedUser } from './routes.ts'

const PAGE = 50

/** The pages about people. */
export function userPages(app: Hono<Env>, desk: AdminDesk, users: Users, mails: boolean): void {
  app.get(
    '/admin/users',
    desk.page(async ({ c, operations, view }) => {
      const { search = '', after } = c.req.query()
      const listed = await operations.listUsers({ search, after, limit: PAGE })
      const last = listed.length === PAGE ? listed.at(-1)?.email : undefined
      const page = usersPage({
        ...view,
        search,
        users: listed.map((user) => ({ ...user, href: hrefOf(user.id) })),
        ...(last !== undefined && { next: `/admin/users?${new URLSearchParams({ search, after: last })}` }),
        ...(after !== undefined && { first: `/admin/users?${new URLSearchParams({ search })}` }),
      })
      return show(c, page)
    }),
  )

  app.get(
    '/admin/new-user',
    desk.page(async ({ c, view }) => show(c, newUserPage({ ...view, values: { email: '', name: '', roles: '' } }))),
  )

  app.post(
    '/admin/new-user',
    desk.form(
      () => '/admin/new-user',
      async ({ c, operations, view }, form) => {
        const values = valuesOf(form)
        const { email, name, roles } = values
        try {
          const input = { email, ...(name !== '' && { name }), roles: wordsOf(roles) }
          const { user, password = '' } = await operations.addUser(input)
          return show(c, addedUserPage({ ...view, email: user.email, href: hrefOf(user.id), password }), 201)
        } catch (error) {
          return show(c, newUserPage({ ...view, values, error: faultOf(error) }), 422)
        }
      },
    ),
  )

  app.get(
    '/admin/users/:user',
    desk.page(async (at) => showUser(at)),
  )

  app.post(
    '/admin/users/:user',
    desk.form(placeOf, async (at, form) => {
      const { c, operations, visitor } = at
      const { email, name, roles } = valuesOf(form)
      const { id, name: before } = await users.demand(nameOf(c))
      const wanted = wordsOf(roles)
      if (id === visitor.user.id && !wanted.includes(ADMIN_ROLE))
        return showUser(at, form, `You cannot take ${ADMIN_ROLE} away from yourself here. The command line can.`)
      try {
        const called = name === '' && before === undefined ? undefined : name
        await operations.updateUser(id, { email, name: called, roles: wanted })
      } catch (error) {
        return showUser(at, form, faultOf(error))
      }
      return goTo(c, hrefOf(id), 'saved')
    }),
  )

  /** Has something done to a user, and goes back to their page. */
  const change = (name: string, done: Parameters<typeof goTo>[2], work: (at: Desk, id: string) => Promise<unknown>) =>
    app.post(
      `/admin/users/:user/${name}`,
      desk.form(placeOf, async (at) => {
        const { id } = await users.demand(nameOf(at.c))
        if (name === 'disable' && id === at.visitor.user.id)
          return showUser(at, undefined, 'You cannot disable yourself here. The command line can.')
        await work(at, id)
        return goTo(at.c, hrefOf(id), done)
      }),
    )
  change('disable', 'disabled', ({ operations }, id) => operations.disableUser(id))
  change('enable', 'enabled', ({ operations }, id) => operations.enableUser(id))
  change('reset-factors', 'factors', ({ operations }, id) => operations.resetFactors(id))
  change('end-sessions', 'all-ended', ({ operations }, id) => operations.endSessions(id))

  app.post(
    '/admin/users/:user/end-session',
    desk.form(placeOf, async ({ c, operations }, form) => {
      const { id } = await users.demand(nameOf(c))
      // Of another user's session this page has shown nothing.
      const own = (await operations.listSessions(id)).find((one) => one.id === form['session'])
      if (own !== undefined) await operations.endSession(own.id)
      return goTo(c, hrefOf(id), 'ended')
    }),
  )

  app.post(
    '/admin/users/:user/reset-password',
    desk.form(placeOf, async (at, form) => {
      const { c, operations, view } = at
      try {
        const mail = form['mail'] === 'yes' && mails
        const { user, link, expiresAt } = await operations.resetPassword(nameOf(c), { mail })
        if (link === undefined) return goTo(c, hrefOf(user.id), 'mailed')
        return show(c, resetLinkPage({ ...view, email: user.email, href: hrefOf(user.id), link, expiresAt }), 201)
      } catch (error) {
        return showUser(at, undefined, faultOf(error))
      }
    }),
  )

  app.get(
    '/admin/users/:user/delete',
    desk.page(async ({ c, view }) => {
      const { id, email } = await users.demand(nameOf(c))
      return show(c, deleteUserPage({ ...view, email, href: hrefOf(id) }))
    }),
  )

  app.post(
    '/admin/users/:user/delete',
    desk.form(
      (c) => `${placeOf(c)}/delete`,
      async ({ c, operations, visitor, view }, form) => {
        const { id, email } = await users.demand(nameOf(c))
        const typed = (form['email'] ?? '').trim().toLowerCase()
        const fault =
          id === visitor.user.id
            ? 'You cannot delete yourself here. The command line can.'
            : typed === email
              ? undefined
              : 'That is not the e-mail address of this user.'
        if (fault !== undefined) return show(c, deleteUserPage({ ...view, email, href: hrefOf(id), error: fault }), 422)
        await operations.deleteUser(id)
        return goTo(c, '/admin/users', 'deleted')
      },
    ),
  )

  /** @param form - what was filled in and not taken; else the form has what is so */
  async function showUser(at: Desk, form?: Form, error?: string): Promise<Response> {
    const { c, operations, visitor, view } = at
    const user = await listedUser({ operations, users }, nameOf(c))
    const sessions = await operations.listSessions(user.id)
    const page = userPage({
      ...{ ...view, ...user, error, mails, href: hrefOf(user.id) },
      ...(error !== undefined && { notice: undefined }),
      values: form ? valuesOf(form) : { email: user.email, name: user.name ?? '', roles: user.roles.join(' ') },
      sessions: sessions.map((session) => ({
        ...session,
        clients: session.clients.filter((client) => client !== ACCOUNT_CLIENT),
        by: wayOf(session.amr),
        here: session.id === visitor.session,
      })),
      trail: `/admin/audit?${new URLSearchParams({ user: user.id })}`,
      self: user.id === visitor.user.id,
    })
    return show(c, page, error === undefined ? 200 : 422)
  }
}

const nameOf = (c: Context): string => c.req.param('user') ?? ''
const hrefOf = (id: string): string => `/admin/users/${id}`
const placeOf = (c: Context): string => hrefOf(nameOf(c))

const valuesOf = ({ email = '', name = '', roles = '' }: Form) => ({ email, name: name.trim(), roles })

/** Words with spaces, lines or commas between. */
const wordsOf = (text: string): readonly string[] => text.split(/[\s,]+/).filter((word) => word !== '')
