import type { ListedUser } from '../accounts/users.ts'
import { AuthorityError } from '../errors.ts'
import type { Operations } from '../operations.ts'
import { type Command, command, JSON_OUTPUT } from './command.ts'
import { printable, toColumns, toTable, toTime } from './text.ts'
import { UsageError } from './usage-error.ts'
import { rowsOf } from './user-add.ts'

/** How many are listed where it is not said, and how many are asked for at once. */
const [FIRST, PAGE] = [50, 200]

export const USER = { name: 'USER', about: 'the user, by e-mail address or id' } as const

export const USER_LIST: Command = command({
  name: 'user list',
  about: 'Lists the users by their e-mail addresses',
  options: {
    search: { type: 'string', value: 'TEXT', about: 'those with this text in their address' },
    limit: { type: 'string', value: 'N', whole: [1, 1_000_000], about: `how many at most; ${FIRST} by itself` },
    all: { type: 'boolean', about: 'however many there are' },
    json: JSON_OUTPUT,
  },
  async run({ host, values, operate }) {
    if (values.all && values.limit !== undefined)
      throw new UsageError('--all and --limit say different things', 'user list')
    const most = values.all ? Number.POSITIVE_INFINITY : Number(values.limit ?? FIRST)
    const found = await operate((operations) => collect(operations, values.search, most))
    const users = found.slice(0, most)
    if (found.length > most)
      host.complain(
        `there are more than these ${most}: --all lists them, and --search those with a text in their address`,
      )
    const rows = users.map(({ email, name = '', state, roles, factors, lastLogin, id }) => {
      const last = lastLogin === undefined ? '' : toTime(lastLogin)
      return [email, name, state, roles.join(', '), factors.join(', '), last, id]
    })
    const head = ['e-mail', 'name', 'state', 'roles', 'factors', 'last login', 'id']
    const nobody = values.search === undefined ? 'there are no users' : 'there are no such users'
    return { json: users, text: rows.length === 0 ? nobody : toTable(head, rows) }
  },
})

/** Page by page, until there are more than are wanted, or no more. */
async function collect(operations: Operations, search: string | undefined, most: number): Promise<ListedUser[]> {
  const users: ListedUser[] = []
  for (;;) {
    const limit = Math.min(PAGE, most + 1 - users.length)
    const page = await operations.listUsers({ search, after: users.at(-1)?.email, limit })
    users.push(...page)
    if (page.length === 0 || users.length > most) return users
  }
}

export const USER_UPDATE: Command = command({
  name: 'user update',
  about: 'Changes address, name or roles of a user',
  more: `What is not said stays, and so does the id: it is what apps know the user by. Roles that are given take the place of all
that there were; tokens have them at the next login or refresh.`,
  argument: USER,
  options: {
    email: { type: 'string', value: 'NEW', about: 'what the user logs in with from now on' },
    name: { type: 'string', value: 'NAME', about: 'how the user is called' },
    role: { type: 'string', multiple: true, value: 'ROLE', about: 'a role, in place of those of before' },
    'no-roles': { type: 'boolean', about: 'none of the roles of before' },
    json: JSON_OUTPUT,
  },
  async run({ values, argument, operate }) {
    const { email, name, role, 'no-roles': none } = values
    if (none && role.length > 0) throw new UsageError('--role and --no-roles say different things', 'user update')
    const change = {
      ...(email !== undefined && { email }),
      ...(name !== undefined && { name }),
      ...((none || role.length > 0) && { roles: role }),
    }
    if (Object.keys(change).length === 0)
      throw new UsageError('nothing changes: there is --email, --name, --role and --no-roles', 'user update')
    const user = await operate((operations) => operations.updateUser(argument, change))
    return { json: user, text: toColumns(rowsOf(user).map((row) => row.map(printable))) }
  },
})

export const USER_DISABLE: Command = command({
  name: 'user disable',
  about: 'Keeps a user out, until enabled again',
  more: 'All sessions and tokens end. APIs take an access token that they verify by themselves until it expires: 10 minutes at most.',
  argument: USER,
  options: { json: JSON_OUTPUT },
  async run({ argument, operate }) {
    const user = await operate((operations) => operations.disableUser(argument))
    return { json: user, text: `${printable(user.email)} is disabled: all sessions and tokens have ended` }
  },
})

export const USER_ENABLE: Command = command({
  name: 'user enable',
  about: 'Lets a user log in again',
  argument: USER,
  options: { json: JSON_OUTPUT },
  async run({ argument, operate }) {
    const user = await operate((operations) => operations.enableUser(argument))
    return { json: user, text: `${printable(user.email)} may log in` }
  },
})

export const USER_DELETE: Command = command({
  name: 'user delete',
  about: 'Forgets a user for good',
  more: `All sessions and tokens end, and password, second factors, name and roles are gone; the audit trail keeps the id. Who is
added again with the same address is somebody else to apps. To keep somebody out for a while there is user disable.`,
  argument: USER,
  options: { yes: { type: 'boolean', about: 'do not ask' }, json: JSON_OUTPUT },
  async run({ host, values, argument, operate }) {
    if (!values.yes) {
      const named = printable(argument)
      const answer = await host.ask(`This forgets ${named} for good. To go on, type ${named} once more: `)
      if (answer === undefined)
        throw new UsageError('this is final, and there is nobody to ask: add --yes if it is meant', 'user delete')
      if (spelling(answer) !== spelling(argument))
        throw new AuthorityError('USAGE', 'that is something else: nobody was deleted')
    }
    const user = await operate((operations) => operations.deleteUser(argument))
    const text = `${printable(user.email)} is deleted; the audit trail has the id, ${printable(user.id)}`
    return { json: user, text }
  },
})

const spelling = (name: string): string => name.trim().toLowerCase()

export const USER_RESET_PASSWORD: Command = command({
  name: 'user reset-password',
  about: 'Makes a link to choose a new password, once',
  more: 'It is good for an hour, and the one before it no more. The old password stays until a new one is chosen.',
  argument: USER,
  options: { mail: { type: 'boolean', about: 'hand the link to MAIL_HOOK, which sends it' }, json: JSON_OUTPUT },
  async run({ values, argument, operate }) {
    const options = values.mail ? { mail: true } : {}
    const reset = await operate((operations) => operations.resetPassword(argument, options))
    const [email, until] = [printable(reset.user.email), toTime(reset.expiresAt)]
    const text = reset.mailed
      ? `a link for ${email} was handed to MAIL_HOOK; it is good once, until ${until}`
      : `${reset.link}\n\nThe link is for ${email} alone and good once, until ${until}. It is not shown again.`
    return { json: reset, text }
  },
})

export const USER_RESET_FACTORS: Command = command({
  name: 'user reset-factors',
  about: 'Takes away passkeys and codes: the password is left',
  more: 'For who has lost them. Make sure by another way that it is the user who asks: the password alone lets in from then on.',
  argument: USER,
  options: { json: JSON_OUTPUT },
  async run({ argument, operate }) {
    const user = await operate((operations) => operations.resetFactors(argument))
    return { json: user, text: `${printable(user.email)} logs in by the password alone, and may set up new factors` }
  },
})
