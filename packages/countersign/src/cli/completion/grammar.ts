/** How a word is completed. */
export type Way =
  | { readonly kind: 'words'; readonly words: readonly string[]; readonly isList: boolean }
  | { readonly kind: 'source'; readonly orUrl: boolean }
  | { readonly kind: 'file' }
  | { readonly kind: 'none' }

/** An option, with its dashes. */
export interface CompletedOption {
  readonly name: string
  readonly short?: string
  readonly about: string
  /** The word that stands for its value. */
  readonly value: string
  /** Nothing where it takes no value. */
  readonly way?: Way
  /** Its value stands behind an equals sign, or is left out. */
  readonly isOptional: boolean
  readonly isRepeatable: boolean
}

export interface Completed {
  readonly name: string
  readonly about: string
  readonly options: readonly CompletedOption[]
  /** The words behind the name. */
  readonly words: readonly Way[]
  /** What stands at every further place. */
  readonly rest?: Way
}

/** A word with what it means. */
export type Meant = readonly [word: string, about: string]

/** All that can be completed. */
export interface Grammar {
  readonly commands: readonly Completed[]
  /** First words that take a second one. */
  readonly groups: readonly string[]
  readonly global: readonly CompletedOption[]
  /** First words, `help` among them. */
  readonly first: readonly Meant[]
  readonly topics: readonly Meant[]
}

/** How SOURCEs begin; what follows the first three, somebody has to type. */
export const SOURCE_STARTS: readonly Meant[] = [
  ['@', 'a file'],
  ['env:', 'a variable of the environment'],
  ['fd:', 'an open descriptor'],
  ['-', 'the standard input'],
  ['clip:', 'the clipboard'],
  ['prompt:', 'asked at the terminal'],
]
export const URL_START: Meant = ['https://', 'an address']

/** The commands of a group, by their second words. */
export function membersOf({ commands }: Grammar, group: string): readonly Meant[] {
  return commands
    .filter(({ name }) => name.startsWith(`${group} `))
    .map(({ name, about }) => [name.slice(group.length + 1), about])
}

/** Every name, long or short, of the options that take the next word as their value. */
export function takingNames({ commands, global }: Grammar): readonly string[] {
  const options = [...global, ...commands.flatMap((command) => command.options)]
  const taking = options.filter(({ way, isOptional }) => way !== undefined && !isOptional)
  return [...new Set(taking.flatMap(({ name, short }) => (short === undefined ? [name] : [name, short])))]
}
