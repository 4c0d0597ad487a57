import { ALGORITHM } from '../../alg/algorithm.ts'
import { CONTENT } from '../../alg/content.ts'
import { MANAGEMENT } from '../../alg/management.ts'
import { SIGNATURE } from '../../alg/signature.ts'
import { COMMANDS, GROUPS } from '../rows/commands.ts'
import { HELP } from '../rows/others.ts'
import { type Argument, type Command, GLOBAL, type Offer, type Option, type Options } from '../rows/table.ts'
import { topicsOf } from '../rows/topics.ts'
import { bashScript } from './bash.ts'
import { fishScript } from './fish.ts'
import type { Completed, CompletedOption, Grammar, Way } from './grammar.ts'
import { powershellScript } from './powershell.ts'
import { zshScript } from './zsh.ts'

/** What makes a shell complete command lines. It starts no program and reads no network while somebody types. */
export const SCRIPTS: Readonly<Record<string, (grammar: Grammar) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
  powershell: powershellScript,
}

/** The table, as the scripts need it. */
export function toGrammar(commands: readonly Command[] = COMMANDS): Grammar {
  const completed = commands.map(toCompleted)
  const groups = [...new Set(commands.map(({ name }) => name.split(' ')).flatMap(([a = '', b]) => (b ? [a] : [])))]
  const firsts = [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? ''))]
  const aboutOf = (first: string): string =>
    GROUPS[first] ?? commands.find(({ name }) => name === first)?.about ?? first
  return {
    commands: completed,
    groups,
    global: toOptions(GLOBAL),
    first: [...firsts.map((name) => [name, aboutOf(name)] as const), [HELP.name, HELP.about]],
    topics: topicsOf(commands).map(({ name, about }) => [name, about]),
  }
}

function toCompleted(row: Command): Completed {
  const { name, about, options } = row
  const rest = row.arguments.find(({ multiple }) => multiple)
  const words = row.arguments.filter(({ multiple }) => !multiple)
  return { name, about, options: toOptions(options), words: words.map(wayOf), ...(rest && { rest: wayOf(rest) }) }
}

function toOptions(options: Options): readonly CompletedOption[] {
  return Object.entries(options).map(([name, option]) => ({
    name: `--${name}`,
    ...(option.short !== undefined && { short: `-${option.short}` }),
    about: option.about,
    value: option.value ?? '',
    ...(option.type === 'string' && { way: wayOf(option) }),
    isOptional: option.optional ?? false,
    isRepeatable: option.multiple ?? false,
  }))
}

const LISTS: readonly string[] = ['A,B', 'E,F', 'NAMES']

function wayOf({ value, oneOf, offers, ...more }: Option | Argument): Way {
  const isList = LISTS.includes(value ?? '') || ('commas' in more && more.commas === true)
  if (oneOf) return { kind: 'words', words: oneOf, isList }
  if (offers) return { kind: 'words', words: wordsOf(offers), isList }
  if (value === 'SOURCE' || value === 'SOURCE|URL') return { kind: 'source', orUrl: value === 'SOURCE|URL' }
  return { kind: value === 'FILE' ? 'file' : 'none' }
}

function wordsOf(offers: Offer): readonly string[] {
  if (typeof offers !== 'string') return offers
  if (offers === 'curves') return [...new Set([...ALGORITHM.values()].flatMap(({ crv = [] }) => crv))]
  return [...{ signatures: SIGNATURE, management: MANAGEMENT, content: CONTENT, algorithms: ALGORITHM }[offers].keys()]
}
