import {
  type AnyValues,
  type Argument,
  type Command,
  GLOBAL,
  type Option,
  type Options,
  type Settings,
} from './table.ts'
import { didYouMean, usage } from './usage.ts'

/** What a command line asks for. */
export type Request =
  | {
      readonly kind: 'run'
      readonly command: Command
      readonly settings: Settings
      readonly values: AnyValues
      readonly words: readonly string[]
    }
  /** Help on a command, on a group such as `key`, or on everything (no name). */
  | { readonly kind: 'help'; readonly name: string; readonly settings: Settings }
  | { readonly kind: 'version'; readonly settings: Settings }

/**
 * Understands a command line.
 *
 * @param args - what stands behind the name of the program
 * @throws {CommandError} `CS_USAGE` that says what is near to what was written
 */
export function parseCommandLine(args: readonly string[], commands: readonly Command[]): Request {
  const global = readGlobal(args)
  const [first = '', second = ''] = global.rest
  if (first === 'help') return helpOn(global.rest.slice(1), global.settings, commands)
  if (global.settings.version && first === '') return { kind: 'version', settings: global.settings }
  if (first === '') return { kind: 'help', name: '', settings: global.settings }
  const row = commands.find(({ name }) => name === `${first} ${second}` || name === first)
  if (row === undefined) return toGroup(global.rest, global.settings, commands)
  return toCall(row, args, row.name.split(' ').length)
}

/**
 * The words that name the command: global options may stand before it. What follows it is read by its own table.
 */
function readGlobal(args: readonly string[]): { readonly settings: Settings; readonly rest: readonly string[] } {
  const given: Given = new Map()
  let at = 0
  while (at < args.length && (args[at] ?? '').startsWith('-') && args[at] !== '-') {
    if (args[at] === '--') {
      at++
      break
    }
    at = takeOption(args, at, GLOBAL, given, '')
  }
  const rest = args.slice(at)
  // What stands behind a group or a wrong word counts, too: `countersign keys --json` is answered in JSON.
  const settings = toValues(GLOBAL, given) as unknown as Settings
  const json = settings.json || rest.includes('--json') || rest.includes('-j')
  const help = settings.help || rest.includes('--help') || rest.includes('-h')
  return { settings: { ...settings, json, help }, rest }
}

function helpOn(words: readonly string[], settings: Settings, commands: readonly Command[]): Request {
  const name = words.filter((word) => !word.startsWith('-')).join(' ')
  const known = name === '' || commands.some((row) => row.name === name || row.name.startsWith(`${name} `))
  if (known) return { kind: 'help', name, settings }
  throw unknown(words, commands)
}

/** Help on a group of commands. @throws {CommandError} for everything else that names no command */
function toGroup(words: readonly string[], settings: Settings, commands: readonly Command[]): Request {
  const [first = '', second = ''] = words
  const group = commands.map(({ name }) => name).filter((name) => name.startsWith(`${first} `))
  if (group.length === 0) throw unknown(words, commands)
  if (settings.help) return { kind: 'help', name: first, settings }
  if (second === '' || second.startsWith('-')) throw usage(`${first} is not all: ${group.join(', ')}`, first)
  const near = didYouMean(`${first} ${second}`, group)
  throw usage(`${shown(`${first} ${second}`)} is no command${near || `: ${group.join(', ')}`}`, first)
}

function unknown([first = '', second = '']: readonly string[], commands: readonly Command[]): Error {
  const names = commands.map(({ name }) => name)
  const words = [...new Set([...names, ...names.map((name) => name.split(' ')[0] ?? ''), 'help'])]
  const near = didYouMean(`${first} ${second}`, names) || didYouMean(first, words)
  if (/^e[wy][\w-]*\./.test(first))
    return usage(
      'a token stands where a command should',
      '',
      'countersign decode TOKEN shows it, countersign verify TOKEN checks it.',
    )
  return usage(`${shown(first)} is no command${near}`)
}

/** A word of the command line in a message: what is long is no misspelling, and may be a secret. */
function shown(word: string): string {
  return word.length > 24 ? 'this' : JSON.stringify(word)
}

/** Values by the names of their options. */
type Given = Map<string, string[]>

function toCall(row: Command, args: readonly string[], nameWords: number): Request {
  const options: Options = { ...GLOBAL, ...row.options }
  const given: Given = new Map()
  const words: string[] = []
  for (let at = 0; at < args.length; ) {
    const word = args[at] ?? ''
    if (word === '--') {
      words.push(...args.slice(at + 1))
      break
    }
    if (word.startsWith('-') && word !== '-') at = takeOption(args, at, options, given, row.name)
    else {
      words.push(word)
      at++
    }
  }
  const settings = toValues(GLOBAL, given) as unknown as Settings
  if (settings.help) return { kind: 'help', name: row.name, settings }
  if (settings.version) return { kind: 'version', settings }
  const rest = words.slice(nameWords)
  checkWords(row, rest)
  return { kind: 'run', command: row, settings, values: toValues(options, given), words: rest }
}

function checkWords(row: Command, words: readonly string[]): void {
  const { name, arguments: args } = row
  if (words.length > args.length) {
    const takes = args.length === 0 ? 'takes no further words' : `takes ${args.map(({ name: own }) => own).join(' ')}`
    throw usage(`${name} ${takes}, and there are more words`, name)
  }
  for (const [index, argument] of args.entries()) checkWord(row, argument, words[index])
}

function checkWord({ name }: Command, argument: Argument, word: string | undefined): void {
  if (word === undefined) {
    if (argument.optional) return
    throw usage(`${name} needs ${argument.name}: ${argument.about}`, name)
  }
  if (argument.oneOf && !argument.oneOf.includes(word))
    throw usage(`${argument.name} is one of ${argument.oneOf.join(', ')}${didYouMean(word, argument.oneOf)}`, name)
}

/** Reads the option that stands at a place, with its value. @returns the place behind it */
function takeOption(args: readonly string[], at: number, options: Options, given: Given, command: string): number {
  const word = args[at] ?? ''
  if (!word.startsWith('--')) return takeShort(args, at, options, given, command)
  const equals = word.indexOf('=')
  const written = equals < 0 ? word.slice(2) : word.slice(2, equals)
  const inline = equals < 0 ? undefined : word.slice(equals + 1)
  return take(args, at, written, inline, options, given, command)
}

/** `-q`, `-o FILE`, `-oFILE`, and several in one word: `-jq`. */
function takeShort(args: readonly string[], at: number, options: Options, given: Given, command: string): number {
  const letters = (args[at] ?? '').slice(1)
  for (let index = 0; index < letters.length; index++) {
    const letter = letters[index] ?? ''
    const found = Object.entries(options).find(([, { short }]) => short === letter)
    if (found === undefined) throw usage(`${command || 'countersign'} has no option -${letter}`, command)
    const [name, { type }] = found
    const rest = letters.slice(index + 1)
    if (type === 'boolean') take(args, at, name, undefined, options, given, command)
    else return take(args, at, name, rest === '' ? undefined : rest.replace(/^=/, ''), options, given, command)
  }
  return at + 1
}

function take(
  args: readonly string[],
  at: number,
  name: string,
  inline: string | undefined,
  options: Options,
  given: Given,
  command: string,
): number {
  const option = Object.hasOwn(options, name) ? options[name] : undefined
  if (option === undefined) {
    const near = didYouMean(
      `--${name}`,
      Object.keys(options).map((own) => `--${own}`),
    )
    throw usage(`${command || 'countersign'} has no option ${shown(`--${name}`).replaceAll('"', '')}${near}`, command)
  }
  const values = given.get(name) ?? []
  if (values.length > 0 && option.type !== 'boolean' && !option.multiple)
    throw usage(`--${name} is given twice`, command)
  const next = args[at + 1]
  const digits = option.whole !== undefined && /^\d+$/.test(next ?? '')
  const separate = option.type === 'string' && inline === undefined && (!option.optional || digits)
  given.set(name, [...values, toValue(`--${name}`, option, inline, separate ? next : undefined, command)])
  return separate ? at + 2 : at + 1
}

/** The value of an option, of which an error message says nothing: it may be a secret that stands in the wrong place. */
function toValue(
  name: string,
  option: Option,
  inline: string | undefined,
  next: string | undefined,
  command: string,
): string {
  if (option.type === 'boolean') {
    if (inline !== undefined) throw usage(`${name} takes no value`, command)
    return 'true'
  }
  if (option.optional && (inline ?? next) === undefined) return ''
  const value = inline ?? next
  const what = option.value ?? 'S'
  if (value === undefined || value === '') throw usage(`${name} needs a value: ${name} ${what}`, command)
  if (inline === undefined && value.startsWith('-') && value !== '-')
    throw usage(
      `${name} needs a value, and what follows begins with a dash`,
      command,
      `write such a value behind an equals sign: ${name}=${what === 'TIME' || what === 'D' ? '-5m' : '-…'}`,
    )
  const parts = option.commas ? value.split(',') : [value]
  const odd = option.oneOf && parts.find((part) => !option.oneOf?.includes(part))
  if (option.oneOf && odd !== undefined)
    throw usage(
      `${name} is ${option.commas ? 'some' : 'one'} of ${option.oneOf.join(', ')}${didYouMean(odd, option.oneOf)}`,
      command,
    )
  if (option.whole && !isWhole(value, option.whole))
    throw usage(`${name} is a whole number from ${option.whole.join(' to ')}`, command)
  return value
}

function isWhole(value: string, [least, most]: readonly [number, number]): boolean {
  return /^\d{1,15}$/.test(value) && Number(value) >= least && Number(value) <= most
}

function toValues(options: Options, given: ReadonlyMap<string, readonly string[]>): AnyValues {
  const values = Object.entries(options).map(([name, { type, multiple }]) => {
    const texts = given.get(name) ?? []
    return [name, type === 'boolean' ? texts.length > 0 : multiple ? texts : texts[0]]
  })
  return Object.fromEntries(values)
}
