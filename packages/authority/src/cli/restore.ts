import { type Command, command, JSON_OUTPUT } from './command.ts'
import { printable, toColumns } from './text.ts'

const MORE = `The whole file is looked at before anything is written, and then all of it goes in, or nothing. A backup of SQLite goes
into PostgreSQL and the other way round, so this is also how to move. The settings have to name the key that encrypts
keys of then; one that was replaced since goes into COUNTERSIGN_KEK_PREVIOUS.`

const NAMES = { sqlite: 'SQLite', postgres: 'PostgreSQL' } as const

export const RESTORE: Command = command({
  name: 'restore',
  about: 'Fills an empty database with what a backup holds',
  more: MORE,
  argument: { name: 'FILE', about: 'what backup wrote' },
  options: { json: JSON_OUTPUT },
  async run({ host, settings, argument }) {
    const { restore } = await host.upkeep()
    const restored = await restore(settings, argument)
    const { rows, taken, at, from, issuer } = restored
    const steps = taken.length === 0 ? [] : [`The tables were brought up to date, by ${taken.join(', ')}.`]
    const moved =
      issuer === settings.issuer
        ? []
        : [`It was the authority ${issuer}, and ISSUER is ${settings.issuer}: tokens of before are those of another.`]
    const text = [
      toColumns(Object.entries(rows).map(([table, count]) => [table, `${count}`])),
      '',
      `All is as it was at ${at}, on ${NAMES[from]}: what was ended since then, such as a login, lives again.`,
      ...steps,
      ...moved,
    ].map(printableLines)
    return { json: restored, text: text.join('\n') }
  },
})

const printableLines = (text: string): string => text.split('\n').map(printable).join('\n')
