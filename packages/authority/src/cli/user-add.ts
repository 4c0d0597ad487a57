import { type Command, command, JSON_OUTPUT } from './command.ts'
import { printable, toColumns } from './text.ts'
import { UsageError } from './usage-error.ts'

export const USER_ADD: Command = command({
  name: 'user add',
  about: 'Adds a user, and prints the random password that was made, once',
  more: 'A password is never taken from the command line, where every user of this machine can read it.',
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
    const rows = [
      ['user', user.email],
      ['id', user.id],
      ...(user.roles.length > 0 ? [['roles', user.roles.join(', ')]] : []),
      ...(made === undefined ? [] : [['password', made]]),
    ]
    const note = made === undefined ? [] : ['', 'The password is kept as a hash alone: it is not shown again.']
    return { json: added, text: [toColumns(rows.map((row) => row.map(printable))), ...note].join('\n') }
  },
})

/** The password without the end of its line, which `echo` and files bring. */
function toPassword(input: string): string {
  const password = input.replace(/\r?\n$/, '')
  if (password !== '' && !/[\r\n]/.test(password)) return password
  throw new UsageError(`the standard input has ${password === '' ? 'no password' : 'more than one line'}`, 'user add')
}
