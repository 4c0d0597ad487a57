import { type Command, command, JSON_OUTPUT } from './command.ts'
import { toColumns } from './text.ts'

export const MIGRATE: Command = command({
  name: 'migrate',
  about: 'Brings the tables of the database up to date',
  more: 'So does serve at its start.',
  options: { json: JSON_OUTPUT },
  async run({ host, settings }) {
    const steps = await host.migrate(settings)
    const count = steps.filter(({ taken }) => taken).length
    const rows = steps.map(({ name, at, taken }) => [name, taken ? 'taken now' : `taken ${at}`])
    const last = count === 0 ? 'the tables were up to date' : `the tables are up to date, by ${count} of these steps`
    return { json: { steps }, text: `${toColumns(rows)}\n${last}` }
  },
})
