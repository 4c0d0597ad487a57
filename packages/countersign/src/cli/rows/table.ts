import type { EXIT } from '../../messages.ts'

/** An option of a command, as a row. Help, man page, completion, docs/cli.md and the reading of a command line go by it. */
export interface Option {
  readonly type: 'string' | 'boolean'
  /** It may be given several times. */
  readonly multiple?: true
  readonly short?: string
  /** What stands for its value in the help; what it says is what completion offers. */
  readonly value?: Value
  /** The only values that there are; with `commas` several may stand there. */
  readonly oneOf?: readonly string[]
  readonly commas?: true
  /** Its value may be left out; one that is given stands behind `=`. */
  readonly optional?: true
  /** The value that says the same as --json. */
  readonly asJson?: string
  /** It is a whole number, from the first to the second. */
  readonly whole?: readonly [least: number, most: number]
  readonly offers?: Offer
  readonly about: string
}

/** What completion offers where other values are allowed, too: algorithms of a kind, curves, or these words. */
export type Offer = 'signatures' | 'management' | 'content' | 'algorithms' | 'curves' | readonly string[]

/** By what name the exit codes are known. */
export type Exit = keyof typeof EXIT

/** What a value is, by the word that stands for it. */
export type Value =
  | 'SOURCE'
  | 'SOURCE|URL'
  | 'FILE'
  | 'URL'
  | 'TIME'
  | 'D'
  | 'CLAIM'
  | 'A'
  | 'A,B'
  | 'E'
  | 'E,F'
  | 'S'
  | 'ID'
  | 'ID=WORD'
  | 'N'
  | 'C'
  | 'U'
  | 'PATH'
  | 'NAMES'
  | 'ZONE'
  | 'PORT'
  | 'WORD'

export type Options = Readonly<Record<string, Option>>

/** A word behind the name of a command. */
export interface Argument {
  readonly name: string
  readonly about: string
  readonly optional?: true
  /** The last one, which may be there any number of times. */
  readonly multiple?: true
  /** The only words that there are. */
  readonly oneOf?: readonly string[]
  readonly value?: Value
  readonly offers?: Offer
}

/** A command, as a row. */
export interface Command {
  /** One word or two. */
  readonly name: string
  /** A line. */
  readonly about: string
  /** What is worth knowing before it is used, in paragraphs. */
  readonly more?: readonly string[]
  readonly examples: readonly (readonly [line: string, about: string])[]
  readonly arguments: readonly Argument[]
  readonly options: Options
  /** How it may end, beside what every command does: done, usage, input, internal and interrupted. */
  readonly exits?: readonly Exit[]
}

/**
 * The names of options with what they give: `lines!` is given or not, `aud[]` any number of times, others have a text.
 * A row whose options are something else does not compile.
 */
type NameOf<Name> = Name extends `${infer Bare}!` ? Bare : Name extends `${infer Bare}[]` ? Bare : Name

type OptionFor<Name> = Name extends `${string}!`
  ? Option & { readonly type: 'boolean' }
  : Name extends `${string}[]`
    ? Option & { readonly type: 'string'; readonly multiple: true }
    : Option & { readonly type: 'string'; readonly multiple?: never }

/** Options of these names. */
export type OptionsOf<Names extends string> = { readonly [Name in Names as NameOf<Name>]: OptionFor<Name> }

/** A command with options of these names. */
export interface CommandOf<Names extends string> extends Command {
  readonly options: OptionsOf<Names>
}

/** What a command line gives for each option: what was not given is `false`, `undefined` or nothing. */
export type ValuesOf<Names extends string> = {
  readonly [Name in Names as NameOf<Name>]: Name extends `${string}!`
    ? boolean
    : Name extends `${string}[]`
      ? readonly string[]
      : string | undefined
}

/** The values of any command. */
export type AnyValues = Readonly<Record<string, boolean | string | readonly string[] | undefined>>

export type GlobalNames =
  | 'json!'
  | 'quiet!'
  | 'out'
  | 'force!'
  | 'color'
  | 'no-input!'
  | 'offline!'
  | 'strict!'
  | 'verbose!'
  | 'help!'
  | 'version!'

/** The options that every command has. */
export const GLOBAL: OptionsOf<GlobalNames> = {
  json: { type: 'boolean', short: 'j', about: 'print one JSON document, also for errors' },
  quiet: { type: 'boolean', short: 'q', about: 'print no notes and no progress' },
  out: { type: 'string', short: 'o', value: 'FILE', about: 'write to a file in place of the standard output' },
  force: { type: 'boolean', about: 'overwrite a file that is there' },
  color: { type: 'string', value: 'WORD', oneOf: ['auto', 'always', 'never'], about: 'when to use colour' },
  'no-input': { type: 'boolean', about: 'never ask a question' },
  offline: { type: 'boolean', about: 'never use the network' },
  strict: { type: 'boolean', about: 'take a token by itself and nothing around it' },
  verbose: { type: 'boolean', short: 'v', about: 'print more' },
  help: { type: 'boolean', short: 'h', about: 'show help' },
  version: { type: 'boolean', short: 'V', about: 'print the version' },
}

/** What the global options say. */
export type Settings = ValuesOf<GlobalNames>
