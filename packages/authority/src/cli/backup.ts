import { type Command, command, JSON_OUTPUT } from './command.ts'
import { toColumns } from './text.ts'
import { UsageError } from './usage-error.ts'

const MORE = `A backup is one file, the same for both databases, and restore takes it into either. It is of one moment; the server
goes on meanwhile. The key that encrypts keys is not in it: keep a copy of that elsewhere, since without it nobody can
restore anything. What is in it are hashes and sealed texts, and the names and addresses of your users.`

export const BACKUP: Command = command({
  name: 'backup',
  about: 'Writes all that the database holds into a file, while the server runs',
  more: MORE,
  argument: { name: 'FILE', about: 'the file; - is the standard output' },
  options: {
    force: { type: 'boolean', about: 'in place of a file that is there' },
    json: JSON_OUTPUT,
  },
  async run({ host, settings, values, argument }) {
    if (argument === '-' && host.isTerminal)
      throw new UsageError('a backup is nothing for a terminal: redirect the standard output', 'backup')
    const { backUp } = await host.upkeep()
    const backed = await backUp(settings, argument, values.force)
    const { rows, octets, file, kek } = backed
    const size = octets === undefined ? [] : [`${file} has ${octets.toLocaleString('en')} octets.`]
    const text = [
      toColumns(Object.entries(rows).map(([table, count]) => [table, `${count}`])),
      '',
      ...size,
      `The key that encrypts keys is not in it, and nothing of it opens without: keep a copy of ${kek} elsewhere.`,
    ].join('\n')
    if (argument !== '-') return { json: backed, text }
    host.complain(values.json ? JSON.stringify(backed) : text)
    return undefined
  },
})
