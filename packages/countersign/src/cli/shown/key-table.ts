import { printable } from '../../diagnosis/exact-json.ts'
import type { KeyFacts, RefusedFacts } from './key-facts.ts'
import type { Brush } from './paint.ts'

const COLUMNS = ['kid', 'key', 'alg', 'use', 'thumbprint'] as const
/** Stands in a cell that has nothing in it. */
export const NOTHING = '–'

/** Cells as lines with the names of their columns above them; none where there are no cells. */
export function columnLines(rows: readonly (readonly string[])[], brush: Brush): readonly string[] {
  const widths = COLUMNS.map((name, at) => Math.max(name.length, ...rows.map((cells) => lengthOf(cells[at] ?? ''))))
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, at) => text + ' '.repeat((widths[at] ?? 0) - lengthOf(text)))
      .join('  ')
      .trimEnd()
  return rows.length === 0 ? [] : [brush('bold', line(COLUMNS)), ...rows.map(line)]
}

/** The keys of a set, one a line, and then those that are refused. */
export function keyTable(keys: readonly (KeyFacts | RefusedFacts)[], brush: Brush): string {
  const rows = keys.flatMap((facts) => ('error' in facts ? [] : [cellsOf(facts)]))
  const refused = keys.flatMap((facts, index) =>
    'error' in facts
      ? [`${brush('warn', 'refused')}: key ${index + 1}${kidIn(facts)}: ${printable(facts.error.message)}`]
      : [],
  )
  const lines = [...columnLines(rows, brush), ...refused]
  return `${(lines.length === 0 ? [brush('dim', 'the set has no keys')] : lines).join('\n')}\n`
}

function cellsOf({ kind, kty, crv, bits, kid, alg, use, thumbprint }: KeyFacts): readonly string[] {
  const what = `${kty} ${crv ?? bits}${kind === 'public' ? '' : ` ${kind}`}`
  return [kid, what, alg, use, thumbprint].map((text) => (text === undefined ? NOTHING : printable(text)))
}

const kidIn = ({ kid }: RefusedFacts): string => (kid === undefined ? '' : `, kid ${printable(kid)}`)

const lengthOf = (text: string): number => [...text].length
