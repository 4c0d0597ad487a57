import { HELP } from '../rows/others.ts'
import {
  type AnyValues,
  type Argument,
  type Command,
  GLOBAL,
  type Option,
  type Options,
  type Settings,
} from '../rows/table.ts'
import { commandElsewhere, optionElsewhere } from './synonyms.ts'
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
  /** Help on a command, a group such as `key`, a topic, or on everything (no name). Whether there is such is not known yet. */
  | { readonly kind: 'help'; readonly name: string; readonly settings: Settings }
  | { readonly kind: 'version'; readonly settings: Settings }
  /** Nothing at all. */
  | { readonly kind: 'none'; readonly settings: Settings }

/**
 * Understands a command line. Options are written in full, and stand anywhere before `--`; those of a command behind its
 * name.
 *
 * @param args - what stands behind the name of the program
 * @throws {CommandError} `CS_USAGE` that says what is near to what was written
 */
export function parseCommandLine(args: readonly string[], commands: readonly Command[]): Request {
  const { names, row, words, given } = read(args, commands, asksForHelp(args))
  const settings = toValues(GLOBAL, given) as unknown as Settings
  if (row === HELP) return { kind: 'help', name: words.join(' '), settings }
  if (settings.help) return { kind: 'help', name: names.join(' '), settings }
  if (settings.version) return { kind: 'version', settings }
  if (names.length === 0) return { kind: 'none', settings }
  if (row === undefined) throw halfACommand(names, commands)
  checkWords(row, words)
  const values = toValues({ ...GLOBAL, ...row.options }, given)
  const json = settings.json || saysJson(row, given)
  return { kind: 'run', command: row, settings: { ...settings, json }, values, words }
}

/** Whether an option of the command has the value that says the same as --json. */
function saysJson({ options }: Command, given: Given): boolean {
  return Object.entries(options).some(([name, { asJson }]) => asJson !== undefined && given.get(name)?.[0] === asJson)
}

/** The same of a command line that may be wrong otherwise. */
export function asksForJson(args: readonly string[], commands: readonly Command[]): boolean {
  try {
    const { row, given } = read(args, commands, true)
    return row !== undefined && saysJson(row, given)
  } catch {
    return false
  }
}

/** The name of the command that a command line is for, wrong as it may be otherwise; nothing where it names none. */
export function commandIn(args: readonly string[], commands: readonly Command[]): string {
  try {
    return read(args, commands, true).row?.name ?? ''
  } catch {
    return ''
  }
}

/** Values by the names of their options. */
type Given = Map<string, string[]>

interface Line {
  /** The words that name the command. */
  readonly names: readonly string[]
  /** Nothing where the names are too few. */
  readonly row: Command | undefined
  /** The words behind the name. */
  readonly words: readonly string[]
  readonly given: Given
}

/** @param isLenient - options that are wrong are passed over, for who asks for help and gets it whatever else stands there */
function read(args: readonly string[], commands: readonly Command[], isLenient: boolean): Line {
  const given: Given = new Map()
  const names: string[] = []
  const words: string[] = []
  let row: Command | undefined
  let areOptionsOver = false
  for (let at = 0; at < args.length; ) {
    const word = args[at] ?? ''
    if (!areOptionsOver && word === '--') {
      areOptionsOver = true
      at++
    } else if (!areOptionsOver && word.startsWith('-') && word !== '-') {
      at = takeOption({ args, at, row, commands, given, options: { ...GLOBAL, ...row?.options } }, isLenient)
    } else {
      at++
      if (row !== undefined) words.push(word)
      else {
        names.push(word)
        row = rowOf(names, commands)
        // `key help new` is `help key new`.
        if (row === HELP && names.length > 1) words.push(names[0] ?? '')
      }
    }
  }
  return { names, row, words, given }
}

/** Whoever asks for help gets it, whatever else stands on the line. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return args.slice(0, end < 0 ? args.length : end).some((word) => word === '-h' || word === '--help')
}

/** @returns nothing where it takes one more word. @throws {CommandError} where the words name no command */
function rowOf(names: readonly string[], commands: readonly Command[]): Command | undefined {
  const [first = '', second] = names
  const row = commands.find(({ name }) => name === names.join(' '))
  if (row !== undefined) return row
  if ((second ?? first) === HELP.name) return HELP
  const isGroup = groupOf(first, commands).length > 0
  if (second === undefined && isGroup) return undefined
  throw isGroup ? halfACommand(names, commands) : unknownCommand(names, commands)
}

/** The second words of the commands that begin with a word. */
function groupOf(first: string, commands: readonly Command[]): readonly string[] {
  return commands.flatMap(({ name }) => (name.startsWith(`${first} `) ? [name.slice(first.length + 1)] : []))
}

function halfACommand([first = '', second]: readonly string[], commands: readonly Command[]): Error {
  const group = groupOf(first, commands)
  if (second === undefined) return usage(`${first} needs one more word: ${group.join(', ')}`, first)
  const elsewhere = commandElsewhere(`${first} ${second}`)
  const whole = group.map((word) => `${first} ${word}`)
  const near = elsewhere === '' ? didYouMean(`${first} ${second}`, whole) : `, did you mean ${elsewhere}?`
  return usage(
    `${shown(`${first} ${second}`)} is no command${near || `: behind ${first} stands ${group.join(', ')}`}`,
    first,
  )
}

/** @param others - further words that would be right: topics of the help */
export function unknownCommand(
  [first = '', second = '']: readonly string[],
  commands: readonly Command[],
  others: readonly string[] = [],
): Error {
  if (/^e[wy][\w-]*\./.test(first) || /^Bearer\b/i.test(first))
    return usage(
      'a token stands where a command should',
      '',
      '`countersign decode TOKEN` shows it, `countersign verify TOKEN` checks it.',
    )
  if (/^(-$|@|env:|clip:$|prompt:$)/.test(first))
    return usage(
      'a SOURCE stands where a command should',
      '',
      '`countersign decode SOURCE` shows a token that is there.',
    )
  const elsewhere = commandElsewhere(first)
  if (elsewhere !== '') return usage(`${shown(first)} is no command, did you mean ${elsewhere}?`)
  const names = commands.map(({ name }) => name)
  const words = [...new Set([...names, ...names.map((name) => name.split(' ')[0] ?? ''), HELP.name, ...others])]
  const behind = names.filter((name) => name.endsWith(` ${first}`))
  const near = behind.length > 0 ? `, did you mean ${behind.join(' or ')}?` : didYouMean(`${first} ${second}`, names)
  const isKnown = groupOf(first, commands).length > 0
  const what = shown(second !== '' && isKnown ? `${first} ${second}` : first)
  return usage(`${what} is no command${others.length === 0 ? '' : ' and no topic'}${near || didYouMean(first, words)}`)
}

/** A word of the command line in a message: what is no misspelling may be a secret, or play tricks on a terminal. */
function shown(word: string): string {
  return word.length <= 24 && /^[a-z -]+$/.test(word) ? JSON.stringify(word) : 'this'
}

function checkWords(row: Command, words: readonly string[]): void {
  const { name, arguments: args } = row
  if (words.length > args.length && !args.at(-1)?.multiple) {
    const takes =
      args.length === 0
        ? 'no further words'
        : `${args.length === 1 ? 'one ' : ''}${args.map((argument) => argument.name).join(' ')}`
    throw usage(`${name} takes ${takes}, and there are more words`, name, QUOTES)
  }
  for (const [index, argument] of args.entries()) checkWord(row, argument, words[index])
}

const QUOTES = 'what has spaces in it stands in quotes, and an option of one letter behind a dash.'

function checkWord({ name }: Command, argument: Argument, word: string | undefined): void {
  if (word === undefined) {
    if (argument.optional) return
    throw usage(`${name} needs ${argument.name}: ${argument.about}`, name)
  }
  if (argument.oneOf && !argument.oneOf.includes(word))
    throw usage(`${argument.name} is one of ${argument.oneOf.join(', ')}${didYouMean(word, argument.oneOf)}`, name)
}

/** An option, and where it stands. */
interface Place {
  readonly args: readonly string[]
  readonly at: number
  readonly row: Command | undefined
  readonly commands: readonly Command[]
  readonly options: Options
  readonly given: Given
}

/** Reads the option that stands at a place, with its value. @returns the place behind it */
function takeOption(place: Place, isLenient: boolean): number {
  try {
    return (place.args[place.at] ?? '').startsWith('--') ? takeLong(place) : takeShort(place)
  } catch (error) {
    if (isLenient) return place.at + 1
    throw error
  }
}

function takeLong(place: Place): number {
  const word = (place.args[place.at] ?? '').slice(2)
  const equals = word.indexOf('=')
  return equals < 0 ? take(place, word, undefined) : take(place, word.slice(0, equals), word.slice(equals + 1))
}

/** `-q`, `-o FILE`, `-oFILE`, and several in one word: `-jq`. */
function takeShort(place: Place): number {
  const letters = (place.args[place.at] ?? '').slice(1)
  for (let index = 0; index < letters.length; index++) {
    const letter = letters[index] ?? ''
    const [name = '', option] = Object.entries(place.options).find(([, { short }]) => short === letter) ?? []
    if (option === undefined) throw unknownLetter(letter, letters, place)
    const rest = letters.slice(index + 1)
    if (option.type === 'string') return take(place, name, rest === '' ? undefined : rest.replace(/^=/, ''))
    take(place, name, undefined)
  }
  return place.at + 1
}

function unknownLetter(letter: string, letters: string, { row, options, commands }: Place): Error {
  const who = row?.name ?? 'countersign'
  const what = /^[!-~]$/.test(letter) ? `-${letter}` : 'of that letter'
  // `-kid` is meant for `--kid`.
  const long = Object.keys(options).find((name) => name === letters.replace(/=.*/s, '') && letters.length > 1)
  if (long !== undefined) return usage(`${who} has no option ${what}, did you mean --${long}?`, row?.name)
  const others = commands.filter((command) => Object.values(command.options).some(({ short }) => short === letter))
  return usage(`${who} has no option ${what}`, row?.name, ownersHint(what, others, row))
}

function unknownOption(name: string, { row, options, commands }: Place): Error {
  const written = `--${name}`
  const what = shown(written) === 'this' ? 'of that name' : written
  const who = row?.name ?? 'countersign'
  const others = commands.filter((command) => Object.hasOwn(command.options, name))
  const elsewhere = optionElsewhere(name, options)
  const names = Object.keys(options).map((own) => `--${own}`)
  const near = elsewhere === '' ? (others.length > 0 ? '' : didYouMean(written, names)) : `, did you mean ${elsewhere}?`
  return usage(
    `${who} has no option ${what}${near}`,
    row?.name,
    near === '' ? ownersHint(what, others, row) : undefined,
  )
}

/** Who has an option that stands at the wrong command, or before any; nothing where nobody has. */
function ownersHint(what: string, owners: readonly Command[], row: Command | undefined): string | undefined {
  if (owners.length === 0) return undefined
  const names = owners.slice(0, 4).map(({ name }) => name)
  const more = owners.length > names.length ? ' and others' : ''
  const where = row === undefined ? ', and stands behind the name of the command' : ''
  return `${what} is an option of ${names.join(', ')}${more}${where}.`
}

/** Takes an option with its value: `inline` is what stands behind its equals sign. @returns the place behind both */
function take(place: Place, name: string, inline: string | undefined): number {
  const { args, at, options, given, row } = place
  const option = Object.hasOwn(options, name) ? options[name] : undefined
  if (option === undefined) throw unknownOption(name, place)
  const values = given.get(name) ?? []
  if (values.length > 0 && option.type === 'string' && !option.multiple)
    throw usage(`--${name} is given twice, and takes one value`, row?.name)
  const next = args[at + 1]
  const digits = option.whole !== undefined && /^\d+$/.test(next ?? '')
  const separate = option.type === 'string' && inline === undefined && (!option.optional || digits)
  if (separate) checkNext(name, option, next, place)
  given.set(name, [...values, toValue(name, option, separate ? next : inline, row?.name)])
  return separate ? at + 2 : at + 1
}

/** A word that begins with a dash is the next option, or a value that has to stand behind an equals sign. */
function checkNext(name: string, { value }: Option, next: string | undefined, { row, options }: Place): void {
  if (next === undefined || !next.startsWith('-') || next === '-') return
  const long = next.replace(/^--/, '').replace(/=.*/s, '')
  const isOption = next.startsWith('--')
    ? next === '--' || Object.hasOwn(options, long)
    : Object.values(options).some(({ short }) => short === next[1])
  if (isOption) throw missing(name, value, row?.name)
  const negative = /^-[\d.:smhdw]{1,12}$/.test(next) ? next : (NEGATIVE[value ?? ''] ?? '-…')
  throw usage(
    `--${name} needs a value, and what follows begins with a dash`,
    row?.name,
    `write such a value behind an equals sign: --${name}=${negative}`,
  )
}

/** Values that begin with a dash, for an example. */
const NEGATIVE: Readonly<Record<string, string>> = { TIME: '-5m', ZONE: '-05:00' }

function missing(name: string, value = 'S', command?: string): Error {
  return usage(`--${name} needs a value: --${name} ${value}`, command)
}

/** The value of an option, of which an error message says nothing: it may be a secret that stands in the wrong place. */
function toValue(name: string, option: Option, value: string | undefined, command: string | undefined): string {
  const { oneOf, commas, whole } = option
  if (option.type === 'boolean') {
    if (value !== undefined) throw usage(`--${name} takes no value`, command)
    return 'true'
  }
  if (value === undefined) {
    if (option.optional) return ''
    throw missing(name, option.value, command)
  }
  if (value === '')
    throw usage(
      `--${name} needs a value: --${name} ${option.value ?? 'S'}, and an empty one stands there`,
      command,
      'a variable that is not set is empty: see what it holds.',
    )
  const odd = oneOf && (commas ? value.split(',') : [value]).find((part) => !oneOf.includes(part))
  if (oneOf && odd !== undefined)
    throw usage(`--${name} is ${commas ? 'some' : 'one'} of ${oneOf.join(', ')}${didYouMean(odd, oneOf)}`, command)
  if (whole && !isWhole(value, whole)) throw usage(`--${name} is a whole number from ${whole.join(' to ')}`, command)
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
