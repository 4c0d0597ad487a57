import { randomBytes } from 'node:crypto'
import type { ListedUser, User, UserChange, UserQuery } from '../accounts/users.ts'
import { AuthorityError } from '../errors.ts'
import type { OperationsParts, Write } from './parts.ts'

/** A new user, as `addUser` of {@link openAuthority} takes one. */
export interface UserInput {
  /** The address to log in with. */
  readonly email: string
  /** Made here where it is left out. */
  readonly password?: string | undefined
  /** What they are called. */
  readonly name?: string | undefined
  /** Their roles, which access tokens tell. */
  readonly roles?: readonly string[] | undefined
}

/** A user that `addUser` of {@link openAuthority} has added. */
export interface AddedUser {
  /** The user. */
  readonly user: User
  /** Shown once, where it was made here. */
  readonly password?: string
}

/** A way to choose a new password, once, as `resetPassword` of {@link openAuthority} gives it. */
export interface PasswordReset {
  /** Whose password. */
  readonly user: User
  /** To hand to the user; left out where it was mailed. */
  readonly link?: string
  /** Whether the link was mailed. */
  readonly mailed: boolean
  /** Until when it is good, in epoch seconds. */
  readonly expiresAt: number
}

/** What may be changed of a user by `updateUser` of {@link openAuthority}, beside what has an operation of its own. */
export type UserEdit = Omit<UserChange, 'state'>

/**
 * What an administrator does about people: a part of `operations` of {@link openAuthority}. A user is named by id or by
 * e-mail address.
 */
export interface UserOperations {
  /** Adds a user. @throws {AuthorityError} `USER_EXISTS`, `USER_INVALID` */
  addUser(input: UserInput): Promise<AddedUser>
  /** Users in the order of their addresses. */
  listUsers(query?: UserQuery): Promise<readonly ListedUser[]>
  /** Changes a user. @throws {AuthorityError} `USER_UNKNOWN`, `USER_INVALID`, `USER_EXISTS` */
  updateUser(user: string, change: UserEdit): Promise<User>
  /** Ends all sessions and tokens; nobody logs in any more. @throws {AuthorityError} `USER_UNKNOWN` */
  disableUser(user: string): Promise<User>
  /** Lets a user in again who was disabled. @throws {AuthorityError} `USER_UNKNOWN` */
  enableUser(user: string): Promise<User>
  /** Ends all sessions and tokens, and forgets the user. The audit trail keeps the id. @throws {AuthorityError} `USER_UNKNOWN` */
  deleteUser(user: string): Promise<User>
  /**
   * Makes a link by which the user chooses a new password; the old one is good until then.
   *
   * @throws {AuthorityError} `USER_UNKNOWN`, `USER_INVALID` for a disabled user, `SETTINGS` where mail is asked for and none is set up
   */
  resetPassword(user: string, options?: { readonly mail?: boolean | undefined }): Promise<PasswordReset>
  /** Takes away the passkeys, the authenticator app and the recovery codes of a user. @throws {AuthorityError} `USER_UNKNOWN` */
  resetFactors(user: string): Promise<User>
}

export function userOperations({ users, sessions, issuer, mail }: OperationsParts, write: Write): UserOperations {
  const setState = async (name: string, state: User['state']): Promise<User> => {
    const user = await users.change(name, { state })
    // Also of one who comes back: a login that was on its way while they were disabled must not live again.
    await sessions.endEverything(user.id)
    await write(`user.${state === 'disabled' ? 'disabled' : 'enabled'}`, { user: user.id })
    return user
  }
  return {
    async addUser({ email, password, name, roles = [] }) {
      const made = password === undefined ? randomBytes(12).toString('base64url') : undefined
      const user = await users.add({ email, password: password ?? (made as string), roles, name })
      await write('user.added', { user: user.id })
      return { user, ...(made !== undefined && { password: made }) }
    },
    listUsers: (query) => users.list(query),
    async updateUser(name, { email, name: called, roles }) {
      const user = await users.change(name, { email, name: called, roles })
      const what = Object.entries({ email, name: called, roles }).flatMap(([key, value]) =>
        value === undefined ? [] : [key],
      )
      await write('user.changed', { user: user.id, what: what.join(' ') })
      return user
    },
    disableUser: (name) => setState(name, 'disabled'),
    enableUser: (name) => setState(name, 'active'),
    async deleteUser(name) {
      const user = await users.demand(name)
      // Nobody logs in again between the end of the sessions and that of the account.
      await users.change(user.id, { state: 'disabled' })
      await sessions.endEverything(user.id)
      await users.remove(user.id)
      await write('user.deleted', { user: user.id })
      return user
    },
    async resetPassword(name, options = {}) {
      const user = await users.demand(name)
      if (user.state !== 'active')
        throw new AuthorityError('USER_INVALID', 'this user is disabled', {
          hint: 'Enable the user first: countersign-authority user enable',
        })
      if (options.mail === true && mail === undefined)
        throw new AuthorityError('SETTINGS', 'nobody is set up who sends mail', {
          hint: 'Set MAIL_HOOK, or hand the link over yourself.',
        })
      const { token, expiresAt } = await users.makeReset(user.id)
      const link = `${issuer}/reset/${token}`
      const mailed = options.mail === true && mail !== undefined
      if (mailed) await mail({ kind: 'reset-password', user, link, expiresAt })
      await write('user.password_reset', { user: user.id, mailed })
      return { user, mailed, expiresAt, ...(mailed ? {} : { link }) }
    },
    async resetFactors(name) {
      const user = await users.demand(name)
      await users.removeFactors(user.id)
      await write('user.factors_reset', { user: user.id })
      return user
    },
  }
}
