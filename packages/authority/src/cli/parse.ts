import { parseArgs } from 'node:util'
import { type Command, HELP, type Option, type Options, type Values } from './command.ts'
import { didYouMean, UsageError } from './usage-error.ts'

/** What a command line asks for. */
export type Request =
  | { readonly kind: 'run'; readonly command: Command; readonly values: Values<Options>; readonly argument: string }
  /** Help on a command, on a group such as `keys`, or on everything (no name). */
  | { readonly kind: 'help'; readonly name: string }
  | { readonly kind: 'version' }

/**
 * Understands a command line.
 *
 * @param args - what stands behind the name of the program
 * @throws {UsageError} that says what is near to what was written
 */
export function parseCommandLine(args: readonly string[], commands: readonly Command[]): Request {
  const [first = '', second = ''] = args
  if (first === 'help') return parseCommandLine([...args.slice(1), '--help'], commands)
  if (first === '--version') return { kind: 'version' }
  if (first === '--help' || first === '-h') return { kind: 'help', name: '' }
  const command = commands.find(({ name }) => name === first || name === `${first} ${second}`)
  if (command === undefined) return toGroup(args, commands)
  return toCall(command, args.slice(command.name.split(' ').length))
}

/** Help on a group of commands. @throws {UsageError} for everything else that names no command */
function toGroup([first = '', second = '']: readonly string[], commands: readonly Command[]): Request {
  const names = commands.map(({ name }) => name)
  const group = names.filter((name) => name.startsWith(`${first} `))
  if (first === '') throw new UsageError('there is no command')
  if (first.startsWith('-')) throw new UsageError(`${optionOf(first)} stands where a command should`)
  const words = [...new Set([...names, ...names.map((name) => name.split(' ')[0] ?? '')])]
  if (group.length === 0) {
    const near = didYouMean(`${first} ${second}`, names) || didYouMean(first, words)
    throw new UsageError(`${JSON.stringify(first)} is no command${near}`)
  }
  if (second === '--help' || second === '-h') return { kind: 'help', name: first }
  if (second === '' || second.startsWith('-')) throw new UsageError(`${first} is not all: ${group.join(', ')}`, first)
  const near = didYouMean(`${first} ${second}`, group)
  throw new UsageError(`${JSON.stringify(`${first} ${second}`)} is no command${near || `: ${group.join(', ')}`}`, first)
}

/** The name of an option without a value that may stand behind it. */
function optionOf(word: string): string {
  return word.replace(/=.*/s, '')
}

function toCall(command: Command, args: readonly string[]): Request {
  const options: Options = { ...command.options, help: HELP }
  const refuse = (why: string): never => {
    throw new UsageError(why, command.name)
  }
  // What is wrong is said below, and better: here everything passes, piece by piece.
  const { tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true })
  const given = new Map<string, string[]>()
  const words: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    const { name, rawName, value } = token
    const option = Object.hasOwn(options, name) ? options[name] : undefined
    if (option === undefined) {
      const near = didYouMean(rawName, Object.keys(options).map(dashed))
      refuse(`${command.name} has no option ${optionOf(rawName)}${near}`)
    } else {
      const values = given.get(name) ?? []
      given.set(name, [...values, toValue(dashed(name), option, value, token.inlineValue === true, refuse)])
      if (values.length > 0 && !option.multiple) refuse(`${dashed(name)} is given twice`)
    }
  }
  if (given.has('help')) return { kind: 'help', name: command.name }
  const { argument } = command
  if (words.length > (argument ? 1 : 0))
    refuse(`${command.name} takes ${argument ? `one ${argument.name}, and there are more words` : 'no further words'}`)
  if (argument && !argument.optional && !words[0]) refuse(`${command.name} needs ${argument.name}: ${argument.about}`)
  return { kind: 'run', command, values: toValues(command.options, given), argument: words[0] ?? '' }
}

const dashed = (name: string): string => `--${name}`

/** The value of an option, of which an error message says nothing: it may be a secret that stands in the wrong place. */
function toValue(
  name: string,
  option: Option,
  value: string | undefined,
  inline: boolean,
  refuse: (why: string) => never,
): string {
  if (option.type === 'boolean') return inline ? refuse(`${name} takes no value`) : 'true'
  if (value === undefined || value === '') return refuse(`${name} needs a value: ${option.value ?? 'TEXT'}`)
  if (!inline && value.startsWith('-'))
    return refuse(`${name} needs a value; one that begins with a dash is written ${name}=-…`)
  if (option.oneOf && !option.oneOf.includes(value))
    return refuse(`${name} is one of ${option.oneOf.join(', ')}${didYouMean(value, option.oneOf)}`)
  if (option.whole && !isWhole(value, option.whole))
    return refuse(`${name} is a whole number from ${option.whole.join(' to ')}`)
  return value
}

function isWhole(value: string, [least, most]: readonly [number, number]): boolean {
  return /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most
}

function toValues(options: Options, given: ReadonlyMap<string, readonly string[]>): Values<Options> {
  const values = Object.entries(options).map(([name, { type, multiple }]) => {
    const texts = given.get(name) ?? []
    return [name, type === 'boolean' ? texts.length > 0 : multiple ? texts : texts[0]]
  })
  return Object.fromEntries(values) as Values<Options>
}
