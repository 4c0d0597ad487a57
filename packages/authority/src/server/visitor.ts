import { createHash, randomBytes } from 'node:crypto'
import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { MULTI_FACTOR } from '../accounts/assurance.ts'
import type { User, Users } from '../accounts/users.ts'
import { ACCOUNT_CLIENT, type ACCOUNT_PAGES } from '../protocol/account-client.ts'
import type { CurrentProvider } from '../protocol/current.ts'
import { hashOf } from '../protocol/sealed.ts'

type Page = (typeof ACCOUNT_PAGES)[number]

/** Somebody who is logged in in this browser. */
export interface Visitor {
  readonly user: User
  /** Names the session, as `Sessions` do. */
  readonly session: string
  /** Stays while the session's own id changes: forms of ours are tied to it. */
  readonly uid: string
  /** When they proved who they are (epoch seconds), and whether by two factors. */
  readonly since: number
  readonly twoFactors: boolean
}

/** Who a request is from, by the session that logins in this browser share. */
export async function visitorOf(
  c: Context<{ Bindings: HttpBindings }>,
  { current, users }: { readonly current: CurrentProvider; readonly users: Users },
): Promise<Visitor | undefined> {
  const provider = await current.get()
  const session = await provider.Session.get(provider.createContext(c.env.incoming, c.env.outgoing) as never)
  if (session.accountId === undefined) return undefined
  const user = await users.find(session.accountId)
  if (user?.state !== 'active') return undefined
  return {
    user,
    session: hashOf('Session', session.jti),
    uid: session.uid,
    since: session.loginTs ?? 0,
    twoFactors: session.acr === MULTI_FACTOR,
  }
}

/** What forms are tied to: they are for one session, and for who had it when they were made. */
export const whose = ({ uid, user }: Visitor): string => `${uid} ${user.id}`

/** What a page wants of a login. */
export interface Demand {
  /** The page that the login returns to, and the place there, such as `/account/passkeys`. */
  readonly page: Page
  readonly place: string
  /** How long ago the login may be (seconds). */
  readonly maxAge?: number
  readonly twoFactors?: boolean
}

/** Where a browser goes to log in for a page of ours, as our own protocol has it. */
export function loginUrl(issuer: string, { page, place, maxAge, twoFactors }: Demand): string {
  const query = new URLSearchParams({
    client_id: ACCOUNT_CLIENT,
    response_type: 'code',
    scope: 'openid',
    redirect_uri: `${issuer}${page}`,
    state: place,
    // Nobody knows what this is the hash of, and so nobody ever redeems the code: the session is all that is wanted.
    code_challenge: createHash('sha256').update(randomBytes(32)).digest('base64url'),
    code_challenge_method: 'S256',
    ...(maxAge !== undefined && { max_age: String(maxAge) }),
    ...(twoFactors && { acr_values: MULTI_FACTOR }),
  })
  return `${issuer}/auth?${query}`
}

/** What a login brought to one of our pages: where to go on, or that it did not come to anything. */
export type Return = { readonly place: string } | { readonly error: string }

/** The names of clients have dots; a segment of dots alone would lead elsewhere. */
const PLACE = /^\/(?:account|admin)(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)*$/

/** Reads the answer to a login off the query of a page; nothing where there is none. */
export function returnOf(query: Readonly<Record<string, string>>, page: Page): Return | undefined {
  const { code, error, state = '' } = query
  if (error !== undefined) return { error: /^[a-z_]{1,64}$/.test(error) ? error : 'login_failed' }
  if (code === undefined) return undefined
  return { place: PLACE.test(state) ? state : page }
}
