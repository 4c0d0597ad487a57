import type { Hono } from 'hono'
import type { Users } from '../../accounts/users.ts'
import type { AuditEntry } from '../../audit.ts'
import { AuthorityError } from '../../errors.ts'
import { type AuditRowView, auditPage, type NamedView } from '../../pages/admin-audit.ts'
import { type AdminDesk, type Env, show } from './desk.ts'

const PAGE = 50
const USER = /^usr_[\w-]+$/
const MOST = 254

/** Entries as pages show them: who is called by an id has an address there, too, where they are known. */
export async function auditRows(entries: readonly AuditEntry[], users: Users): Promise<readonly AuditRowView[]> {
  const ids = entries.flatMap(({ actor, data }) => [actor, ...Object.values(data)].filter(isUser))
  const emails = await users.emailsOf([...new Set(ids)])
  const named = (value: string | number | boolean): NamedView => {
    const email = isUser(value) ? emails.get(value) : undefined
    return email === undefined ? { text: String(value) } : { text: email, href: `/admin/users/${value}` }
  }
  return entries.map(({ at, event, actor, ip, data }) => ({
    ...{ at, event, ip, actor: named(actor) },
    data: Object.entries(data).map(([name, value]) => [name, named(value)] as const),
  }))
}

const isUser = (value: unknown): value is string => typeof value === 'string' && USER.test(value)

/** The page of what happened. */
export function auditPages(app: Hono<Env>, desk: AdminDesk, users: Users): void {
  app.get(
    '/admin/audit',
    desk.page(async ({ c, operations, view }) => {
      const [event, about] = ['event', 'user'].map((name) => (c.req.query(name) ?? '').trim().slice(0, MOST)) as [
        string,
        string,
      ]
      const before = /^\d{1,15}$/.test(c.req.query('before') ?? '') ? Number(c.req.query('before')) : undefined
      const filter = { ...(event !== '' && { event }), ...(about !== '' && { user: about }) }
      let [entries, error]: [readonly AuditEntry[], string | undefined] = [[], undefined]
      try {
        entries = await operations.listAudit({ ...filter, before, limit: PAGE })
      } catch (unknown) {
        if (!(unknown instanceof AuthorityError) || unknown.code !== 'USER_UNKNOWN') throw unknown
        error = 'There is no such user. Whoever was deleted is known by the id alone.'
      }
      const last = entries.length === PAGE ? entries.at(-1)?.seq : undefined
      const page = auditPage({
        ...{ ...view, again: undefined, event, about, error, entries: await auditRows(entries, users) },
        ...(last !== undefined && { older: `/admin/audit?${new URLSearchParams({ ...filter, before: `${last}` })}` }),
        ...(before !== undefined && { newest: `/admin/audit?${new URLSearchParams(filter)}` }),
      })
      return show(c, page, error === undefined ? 200 : 422)
    }),
  )
}
