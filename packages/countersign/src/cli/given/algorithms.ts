import { ALGORITHM } from '../../alg/algorithm.ts'
import { LEFT_OUT } from '../../alg/management.ts'
import { CommandError } from '../../diagnosis/told.ts'
import { didYouMean, usage } from '../line/usage.ts'

/** What a table of algorithms is of, in words. */
export type AlgorithmKind = 'signature algorithm' | 'key management' | 'content encryption'

/**
 * The row of an algorithm that an option names.
 *
 * @throws {CommandError} `CS_USAGE` for a name that is none, with the one that it comes near to; `CS_UNSUPPORTED` for one
 *   that is left out on purpose
 */
export function namedAlgorithm<Row>(
  name: string,
  table: ReadonlyMap<string, Row>,
  kind: AlgorithmKind,
  option: string,
  command: string,
): Row {
  const row = table.get(name)
  if (row !== undefined) return row
  const why = LEFT_OUT.get(name)
  if (why !== undefined) throw new CommandError('CS_UNSUPPORTED', `${name} is left out on purpose: ${why}`)
  const names = [...table.keys()]
  const hint = `known are ${names.join(', ')}.`
  if (ALGORITHM.has(name)) throw usage(`${option} names ${name}, which is no ${kind}`, command, hint)
  if (name === 'none') throw usage(`${option} names none, and what nobody signed is never made`, command, hint)
  const same = names.find((own) => own.toLowerCase() === name.toLowerCase())
  const near = same === undefined ? didYouMean(name, names) : `, did you mean ${same}?`
  throw usage(`${option} names no ${kind} that is known${near}`, command, hint)
}

/** The same for names with commas between them. */
export function namedAlgorithms<Row>(
  names: string,
  table: ReadonlyMap<string, Row>,
  kind: AlgorithmKind,
  option: string,
  command: string,
): readonly Row[] {
  return names.split(',').map((name) => namedAlgorithm(name.trim(), table, kind, option, command))
}
