import { Hono } from 'hono'
import { AuthorityError } from '../errors.ts'
import { type AccessView, sessionsPage } from '../pages/account-sessions.ts'
import { SCOPE_TEXTS } from '../pages/scopes.ts'
import { securityHeaders } from '../pages/security-headers.ts'
import { ACCOUNT_CLIENT } from '../protocol/account-client.ts'
import type { GrantInfo } from '../protocol/sessions.ts'
import { type AccountDesk, type AccountParts, type Env, goTo, noticeOf, refuse, textOf } from './account-desk.ts'

const PLACE = '/account/sessions'
/** The page that says that somebody is logged out, which is one of the protocol. */
const LOGGED_OUT = '/session/end/success'

const NOTICES = {
  ended: 'The session has ended, and its apps were told.',
  revoked: 'The app has no access any more.',
}

/** Where somebody is logged in, what has access, and the end of both. */
export function sessionRoutes({ sessions, clients }: AccountParts, desk: AccountDesk): Hono<Env> {
  const app = new Hono<Env>()

  app.get(
    PLACE,
    desk.page({}, async (c, visitor) => {
      const [listed, grants] = [await sessions.list(visitor.user.id), await sessions.grants(visitor.user.id)]
      const names = await namesOf([...listed.flatMap((one) => one.clients), ...grants.map(({ client }) => client)])
      const page = sessionsPage({
        ...desk.view(visitor),
        notice: noticeOf(c, NOTICES),
        sessions: listed
          .map(({ id, since, amr, clients: used }) => ({
            id,
            since,
            by: wayOf(amr),
            apps: used.filter((client) => client !== ACCOUNT_CLIENT).map((client) => names.get(client) ?? client),
            here: id === visitor.session,
          }))
          .sort((a, b) => Number(b.here) - Number(a.here)),
        access: byClient(grants).map((one) => ({ ...one, name: names.get(one.client) ?? one.client })),
      })
      return c.html(page, 200, securityHeaders())
    }),
  )

  app.post(
    `${PLACE}/end`,
    desk.form(
      {},
      async (c, visitor, form) => {
        const id = textOf(form['id'])
        try {
          await sessions.end(id, visitor.user.id)
        } catch (error) {
          if (!(error instanceof AuthorityError) || error.code !== 'SESSION_UNKNOWN') throw error
          await desk.record(c, visitor, 'account.session_refused')
          return refuse(c, 'gone')
        }
        await desk.record(c, visitor, 'account.session_ended')
        return id === visitor.session ? goTo(c, LOGGED_OUT) : goTo(c, PLACE, 'ended')
      },
      PLACE,
    ),
  )

  app.post(
    `${PLACE}/everywhere`,
    desk.form(
      {},
      async (c, visitor) => {
        const ended = await sessions.endEverything(visitor.user.id)
        await desk.record(c, visitor, 'account.signed_out_everywhere', { ended })
        return goTo(c, LOGGED_OUT)
      },
      PLACE,
    ),
  )

  app.post(
    `${PLACE}/revoke`,
    desk.form(
      {},
      async (c, visitor, form) => {
        const { user } = visitor
        const grants = (await sessions.grants(user.id)).filter(({ client }) => client === textOf(form['client']))
        const [first] = grants.filter(({ client }) => client !== ACCOUNT_CLIENT)
        if (first === undefined) {
          await desk.record(c, visitor, 'account.access_refused')
          return refuse(c, 'gone')
        }
        for (const { id } of grants) await sessions.revokeGrant(id, user.id).catch(unlessGone)
        await desk.record(c, visitor, 'account.access_removed', { client: first.client })
        return goTo(c, PLACE, 'revoked')
      },
      PLACE,
    ),
  )

  // What only takes forms leads to the page that has them.
  for (const name of ['end', 'everywhere', 'revoke']) app.get(`${PLACE}/${name}`, (c) => goTo(c, PLACE))
  return app

  /** What clients are called; one that is gone or disabled has its id alone. */
  async function namesOf(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const named = [...new Set(ids)].map(async (id): Promise<readonly [string, string]> => {
      const name = (await clients.find(id))?.['client_name']
      return [id, typeof name === 'string' ? name : id]
    })
    return new Map(await Promise.all(named))
  }
}

function unlessGone(error: unknown): void {
  if (!(error instanceof AuthorityError) || error.code !== 'SESSION_UNKNOWN') throw error
}

/** How somebody proved who they are (RFC 8176), in words. */
export function wayOf(amr: readonly string[]): string {
  if (amr.includes('pop')) return 'a passkey'
  return amr.includes('otp') ? 'a password and a code' : 'a password'
}

/** What each app may do: one that was let in from several browsers is one all the same. */
function byClient(grants: readonly GrantInfo[]): readonly Omit<AccessView, 'name'>[] {
  const groups = Map.groupBy(
    grants.filter(({ client }) => client !== ACCOUNT_CLIENT),
    ({ client }) => client,
  )
  return [...groups].map(([client, own]) => ({
    client,
    since: Math.min(...own.map(({ since }) => since)),
    scopes: unique(own.flatMap(({ scopes }) => scopes)).map((scope) => SCOPE_TEXTS[scope] ?? scope),
    resources: [
      ...Map.groupBy(
        own.flatMap(({ resources }) => resources),
        ({ resource }) => resource,
      ),
    ].map(([resource, several]) => ({ resource, scopes: unique(several.flatMap(({ scopes }) => scopes)) })),
  }))
}

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)]
