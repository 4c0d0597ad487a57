import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { Users } from '../accounts/users.ts'
import type { CurrentProvider } from '../protocol/current.ts'
import type { Sessions } from '../protocol/sessions.ts'
import { visitorOf } from '../server/visitor.ts'

/** Somebody who is logged in to the authority in this browser. */
export interface Visit {
  readonly email: string
  /** The apps that the login was used for, by name. */
  readonly apps: readonly string[]
}

export interface VisitParts {
  readonly current: CurrentProvider
  readonly users: Users
  readonly sessions: Sessions
}

/** Who a request is from, and which apps know. @param names - of the apps, by the ids of their clients */
export async function visitOf(
  c: Context<{ Bindings: HttpBindings }>,
  { current, users, sessions }: VisitParts,
  names: ReadonlyMap<string, string>,
): Promise<Visit | undefined> {
  const visitor = await visitorOf(c, { current, users })
  if (visitor === undefined) return undefined
  const session = (await sessions.list(visitor.user.id)).find(({ id }) => id === visitor.session)
  const apps = [...names].flatMap(([client, name]) => (session?.clients.includes(client) ? [name] : []))
  return { email: visitor.user.email, apps }
}
