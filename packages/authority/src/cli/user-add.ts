import type { User } from '../accounts/users.ts'
import { type Command, command, JSON_OUTPUT } from './command.ts'
import { printable, toColumns } from './text.ts'
import { UsageError } from './usage-error.ts'

export const USER_ADD: Command = command({
  name: 'user add',
  about: 'Adds a user, with a random password',
  more: `The password that was made is printed once. One of your own is never taken from the command line, where every user of
this machine can read it.`,
  argument: { name: 'EMAIL', about: 'what the user logs in with' },
  options: {
    name: { type: 'string', value: 'NAME', about: 'how the user is called' },
    role: { type: 'string', multiple: true, value: 'ROLE', about: 'a role, which access tokens tell APIs' },
    'password-stdin': { type: 'boolean', about: 'take the password from the standard input' },
    json: JSON_OUTPUT,
  },
  async run({ host, values, argument: email, operate }) {
    const password = values['password-stdin'] ? toPassword(await host.readInput()) : undefined
    const input = {
      email,
      ...(password === undefined ? {} : { password }),
      ...(values.name === undefined ? {} : { name: values.name }),
      ...(values.role.length > 0 ? { roles: values.role } : {}),
    }
    const added = await operate((operations) => operations.addUser(input))
    const { user, password: made } = added
    const rows = [...rowsOf(user), ...(made === undefined ? [] : [['password', made]])]
    const note = made === undefined ? [] : ['', 'The password is kept as a hash alone: it is not shown again.']
    return { json: added, text: [toColumns(rows.map((row) => row.map(printable))), ...note].join('\n') }
  },
})

/** What there is to say of a user, a line each. */
export function rowsOf({ email, id, name, roles }: User): readonly (readonly string[])[] {
  return [
    ['user', email],
    ['id', id],
    ...(name === undefined ? [] : [['name', name]]),
    ...(roles.length > 0 ? [['roles', roles.join(', ')]] : []),
  ]
}

/** The password without the end of its line, which `echo` and files bring. */
function toPassword(input: string): string {
  const password = input.replace(/\r?\n$/, '')
  if (password !== '' && !/[\r\n]/.test(password)) return password
  throw new UsageError(`the standard input has ${password === '' ? 'no password' : 'more than one line'}`, 'user add')
}
