import { assuranceOf } from '../accounts/assurance.ts'
import { type Command, command, JSON_OUTPUT } from './command.ts'
import { printable, toTable, toTime } from './text.ts'
import { UsageError } from './usage-error.ts'

const METHODS = ['password', 'password and code', 'passkey'] as const

export const SESSION_LIST: Command = command({
  name: 'session list',
  about: 'Lists who is logged in, the last login first',
  options: {
    user: { type: 'string', value: 'USER', about: 'those of one user, by e-mail address or id' },
    json: JSON_OUTPUT,
  },
  async run({ values, operate }) {
    const sessions = await operate((operations) => operations.listSessions(values.user))
    const rows = sessions.map(({ email, user, since, amr, clients, expiresAt, id }) => [
      email ?? user,
      toTime(since),
      methodOf(amr),
      clients.join(', '),
      toTime(expiresAt),
      id,
    ])
    const head = ['who', 'since', 'how', 'apps', 'expires', 'id']
    return { json: sessions, text: rows.length === 0 ? 'nobody is logged in' : toTable(head, rows) }
  },
})

/** How somebody logged in, in words where there are some (RFC 8176). */
function methodOf(amr: readonly string[]): string {
  const known = METHODS.find((method) => assuranceOf(method).amr.join() === amr.join())
  return known ?? amr.join(', ')
}

export const SESSION_END: Command = command({
  name: 'session end',
  about: 'Ends a session, or all that a user is logged in to',
  more: `Apps that take back-channel logouts are told, and refresh tokens are good no more. With --user the consents of the user end,
too, and all that apps and devices got by them.`,
  argument: { name: 'ID', about: 'the session, as session list has it', optional: true },
  options: {
    user: { type: 'string', value: 'USER', about: 'everything of one user, by e-mail address or id' },
    json: JSON_OUTPUT,
  },
  async run({ values, argument: id, operate }) {
    const { user } = values
    if ((id === '') === (user === undefined))
      throw new UsageError('either one session is ended, by ID, or all of one user, by --user', 'session end')
    if (user === undefined) {
      const session = await operate((operations) => operations.endSession(id))
      const { user: whose, since } = session
      return {
        json: session,
        text: `the session of ${printable(whose)} has ended; it was there since ${toTime(since)}`,
      }
    }
    const all = await operate((operations) => operations.endSessions(user))
    const { user: whose, ended } = all
    const sessions = ended === 1 ? '1 session' : `${ended} sessions`
    return { json: all, text: `${sessions} of ${printable(whose)} ended, and every grant and token` }
  },
})
