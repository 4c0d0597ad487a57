import { type Command, HELP, type Option } from './command.ts'
import { toColumns } from './text.ts'

const PROGRAM = 'countersign-authority'

/** The help on a command, a group of commands, or all of them. */
export function helpOn(name: string, commands: readonly Command[]): string {
  const one = commands.find((row) => row.name === name)
  if (one) return helpOnOne(one)
  const some = name === '' ? commands : commands.filter((row) => row.name.startsWith(`${name} `))
  const rows = some.map((row) => [`  ${usageOf(row)}`, row.about])
  const first = `${PROGRAM}: people log in, apps get tokens, keys rotate`
  const last = `Settings come from the environment. ${PROGRAM} COMMAND --help says more, --version the version.`
  return [first, '', toColumns(rows), '', last].join('\n')
}

function helpOnOne(command: Command): string {
  const { argument } = command
  const options = Object.entries({ ...command.options, help: HELP }).map(([name, option]) => [
    `  ${optionUsage(name, option)}`,
    aboutOf(option),
  ])
  const rows = [...(argument ? [[`  ${argument.name}`, argument.about]] : []), ...options]
  const more = command.more === undefined ? [] : ['', command.more]
  return [`${PROGRAM} ${usageOf(command)} [options]`, '', `${command.about}.`, ...more, '', toColumns(rows)].join('\n')
}

const usageOf = ({ name, argument }: Command): string => (argument ? `${name} ${argument.name}` : name)

function optionUsage(name: string, { short, type, value = 'TEXT' }: Option): string {
  const names = short === undefined ? `--${name}` : `-${short}, --${name}`
  return type === 'boolean' ? names : `${names} ${value}`
}

function aboutOf({ about, multiple, oneOf }: Option): string {
  return [oneOf ? `${about}: ${oneOf.join(', ')}` : about, ...(multiple ? ['(several times)'] : [])].join(' ')
}
