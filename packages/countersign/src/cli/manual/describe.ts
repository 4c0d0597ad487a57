import { HELP } from '../rows/others.ts'
import type { Argument, Command, Option, Value } from '../rows/table.ts'
import { VALUES } from '../rows/topics.ts'

/** An option as it is written: `-H, --header CLAIM`, `--jti[=ID]`. */
export function spell(name: string, option: Option): string {
  const { short } = option
  return `${short === undefined ? '' : `-${short}, `}${spellLong(name, option)}`
}

function spellLong(name: string, { type, value = 'S', optional }: Option): string {
  if (type === 'boolean') return `--${name}`
  return optional ? `--${name}[=${value}]` : `--${name} ${value}`
}

/** What an option is for, with the values that there are. */
export function aboutOption({ about, oneOf, whole, multiple }: Option): string {
  const values = oneOf ? ` (${oneOf.join(', ')})` : whole ? ` (${whole[0]} to ${whole[1]})` : ''
  return `${about}${values}${multiple ? '; repeatable' : ''}`
}

function spellArgument({ name, optional, multiple }: Argument): string {
  const words = multiple ? `${name}...` : name
  return optional ? `[${words}]` : words
}

/** The shape of a command line: `countersign key set FILE WHAT [SRC] [OPTIONS]`. */
export function usageOf(row: Command): string {
  const options = row === HELP ? [] : ['[OPTIONS]']
  return ['countersign', row.name, ...row.arguments.map(spellArgument), ...options].join(' ')
}

/** The values of a command that have a grammar, with what they may be in a line. */
export function valuesOf({ arguments: words, options }: Command): readonly (readonly [Value, string, topic: string])[] {
  const named = [...words, ...Object.values(options)].flatMap(({ value }) => (value === undefined ? [] : [value]))
  const used = new Set<Value>(named.flatMap((value) => (value === 'SOURCE|URL' ? ['SOURCE', value] : [value])))
  return [...used].flatMap((value) => {
    const row = VALUES[value]
    return row === undefined ? [] : [[value, row.about, row.topic] as const]
  })
}
