import { type Command, HELP, type Option } from './command.ts'

const PROGRAM = 'countersign-authority'
/** Columns of a terminal that nobody has made wider. */
const WIDTH = 80

/** The commands under what they are about, by the first words of their names; others stand at the end. */
const HEADINGS: readonly (readonly [heading: string, words: readonly string[]])[] = [
  ['The server', ['serve']],
  ['People', ['user', 'session']],
  ['Apps, services, devices', ['client']],
  ['Keys', ['keys', 'master']],
  ['Data', ['migrate', 'backup', 'restore', 'doctor']],
  ['What happened', ['audit']],
]

/** The help on a command, a group of commands, or all of them. */
export function helpOn(name: string, commands: readonly Command[]): string {
  const one = commands.find((row) => row.name === name)
  if (one) return helpOnOne(one)
  const some = name === '' ? commands : commands.filter((row) => row.name.startsWith(`${name} `))
  const first = `${PROGRAM}: people log in, apps get tokens, keys rotate`
  const last = `Settings come from the environment. COMMAND --help says more on a command, --version which version this is.`
  return [first, '', ...(name === '' ? grouped(some) : listed(some, some)), '', ...wrap(last, WIDTH)].join('\n')
}

function grouped(commands: readonly Command[]): readonly string[] {
  const known = HEADINGS.flatMap(([, words]) => words)
  const rest = commands.map(wordOf).filter((word) => !known.includes(word))
  const groups = [...HEADINGS, ['More', rest] as const].flatMap(([heading, words]) => {
    const own = words.flatMap((word) => commands.filter((row) => wordOf(row) === word))
    return own.length === 0 ? [] : [[heading, ...listed([...new Set(own)], commands)].join('\n')]
  })
  return [groups.join('\n\n')]
}

const wordOf = ({ name }: Command): string => name.split(' ', 1)[0] ?? ''

/** @param all - whose names are the width of the first column */
function listed(commands: readonly Command[], all: readonly Command[]): readonly string[] {
  const width = Math.max(...all.map((row) => usageOf(row).length))
  return commands.flatMap((row) => toLines(usageOf(row), row.about, width))
}

function helpOnOne(command: Command): string {
  const { argument, about, more } = command
  const options = Object.entries({ ...command.options, help: HELP })
  const rows = [
    ...(argument ? [[argument.name, argument.about] as const] : []),
    ...options.map(([name, option]) => [optionUsage(name, option), aboutOf(option)] as const),
  ]
  const width = Math.max(...rows.map(([usage]) => usage.length))
  return [
    ...[`${PROGRAM} ${usageOf(command)} [options]`, '', ...wrap(`${about}.`, WIDTH)],
    ...(more === undefined ? [] : ['', ...paragraphs(more).flatMap((text) => wrap(text, WIDTH))]),
    ...['', ...rows.flatMap(([usage, text]) => toLines(usage, text, width))],
  ].join('\n')
}

/** A name and what it is, with the end of a long text below its beginning. */
function toLines(name: string, text: string, width: number): readonly string[] {
  const indent = width + 4
  const [first = '', ...rest] = wrap(text, WIDTH - indent)
  return [`  ${name.padEnd(width)}  ${first}`, ...rest.map((line) => `${' '.repeat(indent)}${line}`)]
}

/** Lines that belong together as one; those of a table, with more than a space in them, stay as they are. */
function paragraphs(text: string): readonly string[] {
  const stays = (line: string): boolean => line === '' || line.includes('  ')
  return gather(text.split('\n'), (last, line) => !stays(last) && !stays(line))
}

/** Text in lines of some characters; a longer word has its own. */
function wrap(text: string, width: number): readonly string[] {
  if (text.length <= width) return [text]
  return gather(text.split(' '), (last, word) => last.length + 1 + word.length <= width)
}

/** Pieces in lines: each goes on with the line before it where the two may. */
function gather(pieces: readonly string[], may: (line: string, piece: string) => boolean): readonly string[] {
  const lines: string[] = []
  for (const piece of pieces) {
    const last = lines.at(-1)
    if (last === undefined || !may(last, piece)) lines.push(piece)
    else lines.splice(-1, 1, `${last} ${piece}`)
  }
  return lines
}

function usageOf({ name, argument }: Command): string {
  if (argument === undefined) return name
  return argument.optional ? `${name} [${argument.name}]` : `${name} ${argument.name}`
}

function optionUsage(name: string, { short, type, value = 'TEXT' }: Option): string {
  const names = short === undefined ? `--${name}` : `-${short}, --${name}`
  return type === 'boolean' ? names : `${names} ${value}`
}

function aboutOf({ about, multiple, oneOf }: Option): string {
  return [oneOf ? `${about}: ${oneOf.join(', ')}` : about, ...(multiple ? ['(several times)'] : [])].join(' ')
}
