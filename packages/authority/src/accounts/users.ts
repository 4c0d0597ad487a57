import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { AuthorityError } from '../errors.ts'
import { literal, type Store } from '../store/database.ts'
import { removeResets, replacePassword, toId, toPassword } from './credentials.ts'
import { isEmail, toEmail } from './email.ts'
import { demandFields, parseUser, toClaims } from './fields.ts'
import { hashPassword, unknownPassword, verifyPassword } from './passwords.ts'

export { toId }

/** Who has this role administers the authority itself; what other roles mean is for apps to say. */
export const ADMIN_ROLE = 'authority:admin'

const ID = /^usr_[A-Za-z0-9_-]{22}$/
/** For how long a link to choose a new password is good (seconds). */
const RESET_SECONDS = 3600
const MOST_LISTED = 200

/** Someone who logs in, as the operations of {@link openAuthority} show them. */
export interface User {
  /** The `sub` of tokens: it stays when the address changes. */
  readonly id: string
  /** The address that they log in with. */
  readonly email: string
  /** Whether they may log in. */
  readonly state: 'active' | 'disabled'
  /** What they are called, where that is known. */
  readonly name: string | undefined
  /** Their roles, which access tokens tell. */
  readonly roles: readonly string[]
}

export interface NewUser {
  readonly email: string
  readonly password: string
  readonly name?: string | undefined
  readonly roles?: readonly string[] | undefined
}

/** A user whose password was right. */
export interface AuthenticatedUser extends User {
  /** Whether that is half of a login: they have an authenticator app. */
  readonly hasApp: boolean
  /** Names the password: it is another one once that is. */
  readonly mark: string
}

/** What changes of a user; what is left out stays. */
export interface UserChange {
  readonly email?: string | undefined
  readonly name?: string | undefined
  readonly roles?: readonly string[] | undefined
  readonly state?: User['state'] | undefined
}

/** A user as an administrator sees them. */
export interface ListedUser extends User {
  /** Epoch seconds. */
  readonly createdAt: number
  /** When somebody last logged in as them (epoch seconds). */
  readonly lastLogin: number | undefined
  /** What they have beside a password: `totp`, `passkey`. */
  readonly factors: readonly string[]
}

export interface UserQuery {
  /** A part of the e-mail address. */
  readonly search?: string | undefined
  /** The e-mail address behind which the list goes on. */
  readonly after?: string | undefined
  readonly limit?: number | undefined
}

/** The people who log in here, and their passwords. */
export class Users {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** @throws {AuthorityError} `USER_INVALID`, `USER_EXISTS` */
  async add({ email, password, name, roles = [] }: NewUser): Promise<User> {
    demandFields({ email, password, name, roles })
    const data = await hashPassword(password)
    const row = {
      id: toId('usr'),
      email: toEmail(email),
      state: 'active',
      claims: toClaims(name, roles),
      created_at: await this.#store.now(),
    }
    await this.#store.db.transaction().execute(async (db) => {
      const added = await db
        .insertInto('users')
        .values(row)
        .onConflict((on) => on.column('email').doNothing())
        .executeTakeFirst()
      if (added.numInsertedOrUpdatedRows !== 1n) throw exists(row.email)
      await db
        .insertInto('credentials')
        .values(toPassword(row.id, data, row.created_at))
        .execute()
    })
    return parseUser(row)
  }

  /** Disabled users are found, too: look at `state`. */
  async find(id: string): Promise<User | undefined> {
    if (!ID.test(id)) return undefined
    const row = await this.#store.db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()
    return row && parseUser(row)
  }

  /** When the account was made (epoch seconds). */
  async madeAt(id: string): Promise<number> {
    const query = this.#store.db.selectFrom('users').select('created_at').where('id', '=', id)
    return (await query.executeTakeFirstOrThrow()).created_at
  }

  /** Disabled users are found, too: look at `state`. */
  async findByEmail(email: string): Promise<User | undefined> {
    const canonical = toEmail(email)
    if (!isEmail(canonical)) return undefined
    const row = await this.#store.db.selectFrom('users').selectAll().where('email', '=', canonical).executeTakeFirst()
    return row && parseUser(row)
  }

  /** @param name - an id or an e-mail address. @throws {AuthorityError} `USER_UNKNOWN` */
  async demand(name: string): Promise<User> {
    const user = typeof name === 'string' ? await (ID.test(name) ? this.find(name) : this.findByEmail(name)) : undefined
    if (user !== undefined) return user
    throw new AuthorityError('USER_UNKNOWN', 'there is no such user', { hint: 'See: countersign-authority user list' })
  }

  /** In the order of their addresses. */
  async list({ search, after, limit = 50 }: UserQuery = {}): Promise<readonly ListedUser[]> {
    // PostgreSQL takes no text with U+0000 in it, and no address has one.
    if (`${search}${after}`.includes('\0')) return []
    let query = this.#store.db.selectFrom('users').selectAll().orderBy('email')
    if (search !== undefined && search !== '') {
      query = query.where(sql<boolean>`email LIKE ${`%${literal(toEmail(search))}%`} ESCAPE '\\'`)
    }
    if (after !== undefined) query = query.where('email', '>', toEmail(after))
    const rows = await query.limit(Math.max(1, Math.min(MOST_LISTED, Math.floor(limit)))).execute()
    if (rows.length === 0) return []
    const ids = rows.map(({ id }) => id)
    const credentials = await this.#store.db
      .selectFrom('credentials')
      .select(['user_id', 'kind', 'last_used'])
      .where('user_id', 'in', ids)
      .where('kind', 'in', ['password', 'totp', 'passkey'])
      .execute()
    return rows.map((row) => {
      const own = credentials.filter(({ user_id: id }) => id === row.id)
      const used = own.flatMap(({ last_used: at }) => at ?? [])
      const factors = new Set(own.map(({ kind }) => kind).filter((kind) => kind !== 'password'))
      const lastLogin = used.length > 0 ? Math.max(...used) : undefined
      return { ...parseUser(row), createdAt: row.created_at, lastLogin, factors: [...factors] }
    })
  }

  /** @throws {AuthorityError} `USER_UNKNOWN`, `USER_INVALID`, `USER_EXISTS` */
  async change(name: string, { email, name: called, roles, state }: UserChange): Promise<User> {
    const before = await this.demand(name)
    demandFields({ email, name: called, roles })
    const address = email === undefined ? before.email : toEmail(email)
    // What was not asked for is not written: somebody else may be changing just that.
    const changed = {
      ...(address !== before.email && { email: address }),
      ...((state === 'disabled' || state === 'active') && { state }),
      ...((called !== undefined || roles !== undefined) && {
        claims: toClaims(called ?? before.name, roles ?? before.roles),
      }),
    }
    if (Object.keys(changed).length === 0) return before
    const update = this.#store.db.updateTable('users').set(changed).where('id', '=', before.id)
    await update.execute().catch(async (error: unknown) => {
      throw address !== before.email && (await this.findByEmail(address)) ? exists(address) : error
    })
    // A link went to the address of before, or to who is disabled by now: it must not live again.
    if ('email' in changed || 'state' in changed) await removeResets(this.#store.db, before.id)
    return this.demand(before.id)
  }

  /** What belongs to the user goes with them. */
  async remove(id: string): Promise<void> {
    await this.#store.db.deleteFrom('users').where('id', '=', id).execute()
  }

  /** The addresses of users, by id. */
  async emailsOf(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (ids.length === 0) return new Map()
    const rows = await this.#store.db.selectFrom('users').select(['id', 'email']).where('id', 'in', ids).execute()
    return new Map(rows.map(({ id, email }) => [id, email]))
  }

  /** Takes away all that a user proves themselves with beside the password. */
  async removeFactors(id: string): Promise<void> {
    await this.#store.db
      .deleteFrom('credentials')
      .where('user_id', '=', id)
      .where('kind', 'in', ['totp', 'recovery', 'passkey'])
      .execute()
  }

  /** A user, and what names their password of now: it changes with it. */
  async findMarked(id: string): Promise<{ readonly user: User; readonly mark: string } | undefined> {
    if (!ID.test(id)) return undefined
    const row = await this.#store.db
      .selectFrom('users')
      .innerJoin('credentials', 'credentials.user_id', 'users.id')
      .select(['users.id', 'users.email', 'users.state', 'users.claims', 'credentials.data'])
      .where('users.id', '=', id)
      .where('credentials.kind', '=', 'password')
      .executeTakeFirst()
    return row && { user: parseUser(row), mark: hashOf(row.data, 'password') }
  }

  /**
   * The user whose password this is. Whether the user is unknown, disabled or mistaken, the work is the same, and so is
   * the answer.
   *
   * @throws {BusyError} when too many passwords wait to be checked
   */
  async authenticate(email: string, password: string): Promise<AuthenticatedUser | undefined> {
    const canonical = toEmail(email)
    const row = await this.#store.db
      .selectFrom('users')
      .innerJoin('credentials', 'credentials.user_id', 'users.id')
      .select([
        'users.id',
        'users.email',
        'users.state',
        'users.claims',
        'credentials.id as credential',
        'credentials.data',
      ])
      .select(({ selectFrom }) =>
        selectFrom('credentials as app')
          .select('app.id')
          .whereRef('app.user_id', '=', 'users.id')
          .where('app.kind', '=', 'totp')
          .as('app'),
      )
      .where('users.email', '=', isEmail(canonical) ? canonical : '')
      .where('credentials.kind', '=', 'password')
      .executeTakeFirst()
    const right = await verifyPassword(password, row?.data ?? unknownPassword())
    if (!right || row === undefined) return undefined
    const user = parseUser(row)
    if (user.state !== 'active') return undefined
    const own = this.#store.db.updateTable('credentials').set({ last_used: now() }).where('id', '=', row.credential)
    // One that was replaced while it was looked at is good no more.
    const { numUpdatedRows } = await own.where('data', '=', row.data).executeTakeFirstOrThrow()
    return numUpdatedRows === 1n ? { ...user, hasApp: row.app !== null, mark: hashOf(row.data, 'password') } : undefined
  }

  /** Gives a user a new password; links to choose one are good no more. @throws {AuthorityError} `USER_INVALID` */
  async setPassword(id: string, password: string): Promise<void> {
    demandFields({ password })
    const data = await hashPassword(password)
    await this.#store.db.transaction().execute((db) => replacePassword(db, id, data))
  }

  /** A secret that lets its holder choose a new password, once, within the hour; one of before is good no more. */
  async makeReset(id: string): Promise<{ readonly token: string; readonly expiresAt: number }> {
    const token = randomBytes(32).toString('base64url')
    const expiresAt = now() + RESET_SECONDS
    await this.#store.db.transaction().execute(async (db) => {
      await removeResets(db, id)
      const row = { id: toId('crd'), user_id: id, kind: 'reset', data: `${expiresAt}`, lookup: hashOf(token) }
      await db
        .insertInto('credentials')
        .values({ ...row, created_at: now(), last_used: null })
        .execute()
    })
    return { token, expiresAt }
  }

  /** Whose link this is, where it is still good. */
  async findReset(token: string): Promise<User | undefined> {
    const row = await this.#store.db
      .selectFrom('credentials')
      .select(['user_id', 'data'])
      .where('kind', '=', 'reset')
      .where('lookup', '=', hashOf(token))
      .executeTakeFirst()
    if (row === undefined || Number(row.data) <= now()) return undefined
    const user = await this.find(row.user_id)
    return user?.state === 'active' ? user : undefined
  }

  /** Uses a link: of several who try at once, one does. @throws {AuthorityError} `USER_INVALID` for the password */
  async reset(token: string, password: string): Promise<User | undefined> {
    demandFields({ password })
    const user = await this.findReset(token)
    if (user === undefined) return undefined
    // What may fail comes first: the link is used up with the change alone.
    const data = await hashPassword(password)
    return this.#store.db.transaction().execute(async (db) => {
      const link = db.deleteFrom('credentials').where('kind', '=', 'reset').where('lookup', '=', hashOf(token))
      if ((await link.executeTakeFirst()).numDeletedRows !== 1n) return undefined
      await replacePassword(db, user.id, data)
      return user
    })
  }
}

const now = (): number => Math.floor(Date.now() / 1000)

const hashOf = (token: string, of = 'reset'): string =>
  createHash('sha256').update(`${of}:${token}`).digest('base64url')

function exists(email: string): AuthorityError {
  return new AuthorityError('USER_EXISTS', `there is a user ${email} already`)
}
