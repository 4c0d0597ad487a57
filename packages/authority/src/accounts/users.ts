import { randomBytes } from 'node:crypto'
import { AuthorityError } from '../errors.ts'
import type { Store } from '../store/database.ts'
import type { UserRow } from '../store/schema.ts'
import { isEmail, toEmail } from './email.ts'
import { hashPassword, unknownPassword, verifyPassword } from './passwords.ts'

const [LEAST_PASSWORD, MOST_PASSWORD] = [8, 1024] // characters
const MOST_NAME = 200
/** What breaks a line or turns the text around it. Joiners are fine: some scripts need them. */
const MISLEADING = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u
const MOST_ROLES = 100
/** A role gets into tokens, and `scope` has shown that spaces in a name are a trap. */
const ROLE = /^[\x21-\x7e]{1,100}$/
const ID = /^usr_[A-Za-z0-9_-]{22}$/

/** Someone who logs in. */
export interface User {
  /** The `sub` of tokens: it stays when the address changes. */
  readonly id: string
  readonly email: string
  readonly state: 'active' | 'disabled'
  readonly name: string | undefined
  readonly roles: readonly string[]
}

export interface NewUser {
  readonly email: string
  readonly password: string
  readonly name?: string | undefined
  readonly roles?: readonly string[] | undefined
}

/** The people who log in here, and their passwords. */
export class Users {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** @throws {AuthorityError} `USER_INVALID`, `USER_EXISTS` */
  async add(user: NewUser): Promise<User> {
    const row = { ...toRow(user), created_at: await this.#store.now() }
    const credential = {
      id: toId('crd'),
      user_id: row.id,
      kind: 'password',
      data: await hashPassword(user.password),
      last_used: null,
    }
    await this.#store.db.transaction().execute(async (db) => {
      const added = await db
        .insertInto('users')
        .values(row)
        .onConflict((on) => on.column('email').doNothing())
        .executeTakeFirst()
      if (added.numInsertedOrUpdatedRows !== 1n)
        throw new AuthorityError('USER_EXISTS', `there is a user ${row.email} already`)
      await db.insertInto('credentials').values(credential).execute()
    })
    return parseUser(row)
  }

  /** Disabled users are found, too: look at `state`. */
  async find(id: string): Promise<User | undefined> {
    if (!ID.test(id)) return undefined
    const row = await this.#store.db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()
    return row && parseUser(row)
  }

  /** Disabled users are found, too: look at `state`. */
  async findByEmail(email: string): Promise<User | undefined> {
    const canonical = toEmail(email)
    if (!isEmail(canonical)) return undefined
    const row = await this.#store.db.selectFrom('users').selectAll().where('email', '=', canonical).executeTakeFirst()
    return row && parseUser(row)
  }

  /**
   * The user whose password this is. Whether the user is unknown, disabled or mistaken, the work is the same, and so is
   * the answer.
   *
   * @throws {BusyError} when too many passwords wait to be checked
   */
  async authenticate(email: string, password: string): Promise<User | undefined> {
    const user = await this.findByEmail(email)
    const credential = await this.#passwordOf(user?.id ?? '')
    const right = await verifyPassword(password, credential?.data ?? unknownPassword())
    if (!right || user?.state !== 'active' || credential === undefined) return undefined
    const used = { last_used: await this.#store.now() }
    await this.#store.db.updateTable('credentials').set(used).where('id', '=', credential.id).execute()
    return user
  }

  #passwordOf(userId: string): Promise<{ id: string; data: string } | undefined> {
    const passwords = this.#store.db.selectFrom('credentials').select(['id', 'data']).where('kind', '=', 'password')
    return passwords.where('user_id', '=', userId).executeTakeFirst()
  }
}

/** @throws {AuthorityError} `USER_INVALID` */
function toRow({ email, password, name, roles = [] }: NewUser): Omit<UserRow, 'created_at'> {
  const canonical = toEmail(email)
  const length = [...password.normalize('NFKC')].length
  const faults: string[] = []
  if (!isEmail(canonical))
    faults.push('the e-mail address is none: it needs one @, no spaces and at most 254 characters')
  if (length < LEAST_PASSWORD || length > MOST_PASSWORD)
    faults.push(`the password needs ${LEAST_PASSWORD} to ${MOST_PASSWORD} characters`)
  if (name !== undefined && (name.trim() === '' || name.length > MOST_NAME || MISLEADING.test(name)))
    faults.push(`the name needs 1 to ${MOST_NAME} characters that can be seen`)
  if (roles.length > MOST_ROLES || !roles.every((role) => ROLE.test(role)))
    faults.push('a role is a word of 1 to 100 characters of ASCII without spaces')
  if (faults.length > 0) throw new AuthorityError('USER_INVALID', faults.join('; '))
  return {
    id: toId('usr'),
    email: canonical,
    state: 'active',
    claims: JSON.stringify({ name: name?.trim(), roles: [...new Set(roles)] }),
  }
}

function toId(prefix: string): string {
  return `${prefix}_${randomBytes(16).toString('base64url')}`
}

/** @throws {AuthorityError} `DATABASE` for a row that this program has not written */
function parseUser({ id, email, state, claims }: Omit<UserRow, 'created_at'>): User {
  const { name, roles } = parseClaims(id, claims)
  if (state !== 'active' && state !== 'disabled') throw damaged(id, 'state')
  return { id, email, state, name, roles }
}

function parseClaims(id: string, text: string): Pick<User, 'name' | 'roles'> {
  let claims: unknown
  try {
    claims = JSON.parse(text)
  } catch {
    throw damaged(id, 'claims')
  }
  if (typeof claims !== 'object' || claims === null) throw damaged(id, 'claims')
  const { name, roles } = claims as Readonly<Record<string, unknown>>
  if (name !== undefined && typeof name !== 'string') throw damaged(id, 'name')
  if (!Array.isArray(roles) || !roles.every((role) => typeof role === 'string')) throw damaged(id, 'roles')
  return { name, roles }
}

function damaged(id: string, what: string): AuthorityError {
  return new AuthorityError('DATABASE', `the ${what} of user ${id} cannot be read`)
}
