import type { Client } from 'oidc-provider'
import { AuthorityError } from '../errors.ts'
import type { Db, Store } from '../store/database.ts'
import { endSession } from './adapter.ts'
import type { CurrentProvider } from './current.ts'
import { accountOf, hashOf, type Sealed } from './sealed.ts'

/** Somebody's login in a browser. */
export interface SessionInfo {
  /** Names it, and is of no use to whoever wants in. */
  readonly id: string
  /** The user. */
  readonly user: string
  /** When they logged in, in epoch seconds. */
  readonly since: number
  /** Until when it lasts, in epoch seconds. */
  readonly expiresAt: number
  /** The methods of the authentication (RFC 8176). */
  readonly amr: readonly string[]
  /** The class of the authentication, where there is one. */
  readonly acr: string | undefined
  /** The clients that it was used for. */
  readonly clients: readonly string[]
}

/** What somebody granted an app, or what we granted one of our own. */
export interface GrantInfo {
  readonly id: string
  readonly client: string
  /** Epoch seconds. */
  readonly since: number
  readonly scopes: readonly string[]
  readonly resources: readonly { readonly resource: string; readonly scopes: readonly string[] }[]
  /** How many refresh tokens there are that may be used. */
  readonly refreshTokens: number
}

/** What sessions need. */
export interface SessionsParts {
  readonly store: Store
  readonly sealed: Sealed
  readonly current: CurrentProvider
  /** Told of each logout that was sent to an app, or could not be. */
  readonly told: (client: string, error?: unknown) => void
}

/** A row, opened. */
interface Opened {
  readonly id: string
  readonly expiresAt: number
  readonly payload: Readonly<Record<string, unknown>>
}

/** Of one of its clients, what a session has to know. */
interface Authorization {
  readonly sid?: string
  readonly grantId?: string
}

const MOST_LISTED = 1000

/** Sessions and grants: whose they are, and their end. */
export class Sessions {
  readonly #parts: SessionsParts

  constructor(parts: SessionsParts) {
    this.#parts = parts
  }

  /** Those of a user, or of everybody, the last login first. */
  async list(user?: string): Promise<readonly SessionInfo[]> {
    const rows = await this.#rows('Session', user)
    return rows
      .filter(({ payload }) => typeof payload['accountId'] === 'string')
      .map(toSession)
      .sort((a, b) => b.since - a.since)
  }

  /**
   * Ends a session: its apps are told, and what they got by it ends too.
   *
   * @param user - whose it has to be
   * @throws {AuthorityError} `SESSION_UNKNOWN`
   */
  async end(id: string, user?: string): Promise<SessionInfo> {
    const rows = isId(id) ? await this.#rows('Session', user, id) : []
    const row = rows.find(({ payload }) => typeof payload['accountId'] === 'string')
    if (row === undefined)
      throw new AuthorityError('SESSION_UNKNOWN', 'there is no such session, or it has ended', {
        hint: 'See: countersign-authority session list',
      })
    await this.#end(row)
    return toSession(row)
  }

  async grants(user: string): Promise<readonly GrantInfo[]> {
    const rows = await this.#rows('Grant', user)
    if (rows.length === 0) return []
    const counts = await this.#parts.store.db
      .selectFrom('oidc_state')
      .select(['grant_id', ({ fn }) => fn.countAll<number>().as('count')])
      .where('model', '=', 'RefreshToken')
      .where('consumed_at', 'is', null)
      .where('expires_at', '>', now())
      .where(
        'grant_id',
        'in',
        rows.map(({ id }) => id),
      )
      .groupBy('grant_id')
      .execute()
    const countOf = new Map(counts.map(({ grant_id: id, count }) => [id, Number(count)]))
    return rows.map((row) => toGrant(row, countOf.get(row.id) ?? 0)).sort((a, b) => b.since - a.since)
  }

  /** Takes back what an app was granted, with every token that came of it. @throws {AuthorityError} `SESSION_UNKNOWN` */
  async revokeGrant(id: string, user: string): Promise<string> {
    const [row] = isId(id) ? await this.#rows('Grant', user, id) : []
    if (row === undefined) throw new AuthorityError('SESSION_UNKNOWN', 'there is no such grant, or it has ended')
    await this.#revoke([id])
    return String(row.payload['clientId'])
  }

  /**
   * Ends all that a user is logged in to: sessions, grants, the tokens of both, and logins that are under way.
   *
   * @param except - a session that goes on, with what was granted in it
   * @returns how many sessions ended
   */
  async endEverything(user: string, except?: string): Promise<number> {
    const { store, sealed } = this.#parts
    // Whoever has proved who they are, and has not gone on yet, would have a session when all others have ended.
    await store.db
      .deleteFrom('oidc_state')
      .where('model', '=', 'Interaction')
      .where('account', '=', accountOf(sealed, 'Interaction', { result: { login: { accountId: user } } }))
      .execute()
    const rows = await this.#rows('Session', user)
    const others = rows.filter(({ id }) => id !== except)
    for (const row of others) await this.#end(row)
    const kept = new Set(rows.filter(({ id }) => id === except).flatMap(grantsOf))
    const grants = (await this.#rows('Grant', user)).map(({ id }) => id)
    await this.#revoke(grants.filter((id) => !kept.has(id)))
    return others.length
  }

  async #end(row: Opened): Promise<void> {
    const { store, sealed } = this.#parts
    const { id, payload } = row
    await endSession(store.db, { id_hash: id, uid: sealed.lookup('Session', String(payload['uid'])) })
    await this.#revoke(grantsOf(row))
    const user = String(payload['accountId'])
    await Promise.all(authorizationsOf(row).map(([client, { sid }]) => this.#tell(client, user, sid)))
  }

  /** Sends a logout token (OpenID Connect Back-Channel Logout 1.0 §2.5) to an app that takes them. */
  async #tell(id: string, user: string, sid: string | undefined): Promise<void> {
    const { current, told } = this.#parts
    try {
      const client = (await (await current.get()).Client.find(id)) as LogoutClient | undefined
      if (client?.backchannelLogoutUri === undefined) return
      await client.backchannelLogout(user, sid)
      told(id)
    } catch (error) {
      told(id, error)
    }
  }

  async #revoke(grants: readonly string[]): Promise<void> {
    if (grants.length === 0) return
    await this.#parts.store.db
      .deleteFrom('oidc_state')
      .where(({ or, and, eb }) =>
        or([eb('grant_id', 'in', grants), and([eb('model', '=', 'Grant'), eb('id_hash', 'in', grants)])]),
      )
      .execute()
  }

  /** The rows that have not expired and were written here. */
  async #rows(model: 'Session' | 'Grant', user: string | undefined, id?: string): Promise<readonly Opened[]> {
    const { store, sealed } = this.#parts
    await fill(store.db, sealed)
    let query = store.db
      .selectFrom('oidc_state')
      .select(['id_hash', 'payload', 'expires_at'])
      .where('model', '=', model)
      .where('expires_at', '>', now())
      .where('account', user === undefined ? '<>' : '=', accountOf(sealed, model, { accountId: user }))
    if (id !== undefined) query = query.where('id_hash', '=', id)
    query = query.orderBy('expires_at', 'desc')
    // All that is one user's may have to end: what would be left out of it would live on.
    const rows = await (user === undefined ? query.limit(MOST_LISTED) : query).execute()
    const opened = await Promise.all(rows.map(async (row) => ({ row, payload: await sealed.open(row.payload) })))
    return opened.flatMap(({ row, payload }) =>
      payload === undefined ? [] : [{ id: row.id_hash, expiresAt: row.expires_at ?? 0, payload }],
    )
  }
}

/** What its types leave out. */
interface LogoutClient extends Client {
  backchannelLogout(user: string, sid: string | undefined): Promise<void>
}

/** Says of rows that a version before wrote whose they are. */
async function fill(db: Db, sealed: Sealed): Promise<void> {
  const rows = await db
    .selectFrom('oidc_state')
    .select(['model', 'id_hash', 'payload'])
    .where('account', 'is', null)
    .where('model', 'in', ['Session', 'Grant'])
    .execute()
  for (const { model, id_hash: id, payload } of rows) {
    const opened = await sealed.open(payload)
    const account = accountOf(sealed, model, opened ?? {})
    await db
      .updateTable('oidc_state')
      .set({ account })
      .where('model', '=', model)
      .where('id_hash', '=', id)
      .where('account', 'is', null)
      .execute()
  }
}

const now = (): number => Math.floor(Date.now() / 1000)

const authorizationsOf = ({ payload }: Opened): readonly (readonly [client: string, Authorization])[] =>
  Object.entries((payload['authorizations'] ?? {}) as Record<string, Authorization>)

/** The rows of what was granted in a session. */
const grantsOf = (session: Opened): readonly string[] =>
  authorizationsOf(session).flatMap(([, { grantId }]) => (grantId ? [hashOf('Grant', grantId)] : []))

function toSession({ id, expiresAt, payload }: Opened): SessionInfo {
  const { accountId, loginTs, amr, acr, authorizations } = payload
  return {
    id,
    user: String(accountId),
    since: Number(loginTs ?? 0),
    expiresAt,
    amr: Array.isArray(amr) ? amr.map(String) : [],
    acr: typeof acr === 'string' ? acr : undefined,
    clients: Object.keys((authorizations ?? {}) as object),
  }
}

function toGrant({ id, payload }: Opened, refreshTokens: number): GrantInfo {
  const { clientId, iat, openid, resources } = payload as {
    readonly clientId?: unknown
    readonly iat?: unknown
    readonly openid?: { readonly scope?: string }
    readonly resources?: Readonly<Record<string, string>>
  }
  return {
    id,
    client: String(clientId),
    since: Number(iat ?? 0),
    scopes: words(openid?.scope ?? ''),
    resources: Object.entries(resources ?? {}).map(([resource, scopes]) => ({ resource, scopes: words(scopes) })),
    refreshTokens,
  }
}

/** Whoever hands requests on may hand on anything: nothing would be any session, and PostgreSQL takes no U+0000. */
const isId = (id: unknown): boolean => typeof id === 'string' && /^[\w-]{43}$/.test(id)

const words = (text: string): readonly string[] => text.split(' ').filter((word) => word !== '')
