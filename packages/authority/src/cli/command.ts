import type { Operations } from '../operations.ts'
import type { Settings } from '../settings.ts'
import type { Host, Opened } from './host.ts'

/** An option of a command, as a row. */
export interface Option {
  readonly type: 'string' | 'boolean'
  /** It may be given several times. */
  readonly multiple?: true
  readonly short?: string
  /** What stands for its value in the help. */
  readonly value?: string
  /** The only values that there are. */
  readonly oneOf?: readonly string[]
  /** It is a whole number, from the first to the second. */
  readonly whole?: readonly [least: number, most: number]
  readonly about: string
}

export type Options = Readonly<Record<string, Option>>

/** What a command line gives for each option: what was not given is `false`, `undefined` or nothing. */
export type Values<O extends Options> = {
  readonly [Name in keyof O]: O[Name] extends { readonly type: 'boolean' }
    ? boolean
    : O[Name] extends { readonly multiple: true }
      ? readonly string[]
      : string | undefined
}

/** What a command has to say: for programs, and for people. */
export interface Report {
  readonly json: unknown
  readonly text: string
  /** Whether it says that something is wrong: then the exit code does, too. */
  readonly failed?: boolean
}

/** A command, as a row. */
export interface Command<O extends Options = Options> {
  /** One word or two. */
  readonly name: string
  readonly about: string
  /** What may be worth knowing before it is used. */
  readonly more?: string
  /** The one word that stands behind the name of the command. */
  readonly argument?: { readonly name: string; readonly about: string; readonly optional?: true }
  readonly options: O
  /** It looks at the settings itself, since it has something to say of those that are refused. */
  readonly faulty?: true
  /** Settings that it puts in place of those of the environment. */
  settings?(values: Values<O>): Readonly<Record<string, string>>
  run(call: Call<O>): Promise<Report | undefined>
}

/** A command line that was understood. */
export interface Call<O extends Options> {
  readonly host: Host
  /** @throws {AuthorityError} `SETTINGS`, to a command that looks at them itself */
  readonly settings: Settings
  readonly values: Values<O>
  /** The word behind the name; it is empty where the command takes none, and where it may be left out and is. */
  readonly argument: string
  /** Opens the operations for some work. */
  operate<T>(work: (operations: Operations, opened: Opened) => Promise<T>): Promise<T>
}

/** Keeps the types of the options, so that `run` gets typed values. */
export function command<const O extends Options>(row: Command<O>): Command<O> {
  return row
}

export const HELP: Option = { type: 'boolean', short: 'h', about: 'say this' }
export const JSON_OUTPUT = { type: 'boolean', about: 'print JSON' } as const
