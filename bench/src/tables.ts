import type { Bound, Spread, Table, Verdict } from './figures.ts'

/** What was found on one Node. */
export interface OnNode<T> {
  /** Its first number, such as `24`. */
  readonly major: string
  readonly found: T
}

/** A Markdown table in even columns, legible as it is: the first to the left, numbers to the right. */
export function markdown({ head, rows }: Table): string {
  const widths = head.map((title, column) => Math.max(3, ...[title, ...rows.map((row) => row[column] ?? '')].map(size)))
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => padded(cells[column] ?? '', width, column === 0)).join(' | ')} |`
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}

/** In characters, of which those outside of the first plane are one as well. */
const size = (text: string): number => Array.from(text).length

function padded(text: string, width: number, left: boolean): string {
  const space = ' '.repeat(width - size(text))
  return left ? text + space : space + text
}

/** The same table of several Nodes as one: rows that have one name are one row. */
export function sideBySide(tables: readonly OnNode<Table>[]): Table {
  const [first, second] = tables
  if (first === undefined || second === undefined) return first?.found ?? { head: [], rows: [] }
  const names = [...new Set(tables.flatMap(({ found }) => found.rows.map(([name = '']) => name)))]
  const columns = tables.map(({ major, found }) => {
    const [, lead = '', ...rest] = found.head
    const cells = new Map(found.rows.map(([name = '', ...others]) => [name, others]))
    const none = found.head.slice(1).map(() => '')
    return { head: [`${major}: ${lead}`, ...rest], cellsOf: (name: string) => cells.get(name) ?? none }
  })
  return {
    head: [first.found.head[0] ?? '', ...columns.flatMap(({ head }) => head)],
    rows: names.map((name) => [name, ...columns.flatMap(({ cellsOf }) => cellsOf(name))]),
  }
}

/** The bars and whether they hold. */
export function barsTable(runs: readonly OnNode<readonly Verdict[]>[]): Table {
  const { head, rows } = sideBySide(
    runs.map(({ major, found }) => ({
      major,
      found: { head: ['Bar', 'min', 'median', 'max', ''], rows: found.map(barRow) },
    })),
  )
  const bounds = new Map(runs.flatMap(({ found }) => found.map((verdict) => [barName(verdict), boundOf(verdict)])))
  const [title = '', ...titles] = head
  return {
    head: [title, 'bound', ...titles],
    rows: rows.map(([name = '', ...cells]) => [name, bounds.get(name) ?? '', ...cells]),
  }
}

const barRow = (verdict: Verdict): readonly string[] => [
  barName(verdict),
  ...spreadOf(verdict.value),
  `${verdict.holds ? 'holds' : 'falls short'}${verdict.rival === undefined ? '' : `, ${verdict.rival}`}`,
]

/** What is judged and beside whom. */
export const barName = ({ what, against }: Verdict): string =>
  against === undefined ? what : `${what}, against ${against}`

export function boundOf({ bound, unit }: { readonly bound: Bound; readonly unit?: string }): string {
  const [sign, value] = 'least' in bound ? ['≥', bound.least] : ['≤', bound.most]
  return `${sign} ${unit === undefined ? value.toFixed(2) : `${value.toLocaleString('en')} ${unit}`}`
}

const spreadOf = ({ min, median, max }: Spread): readonly string[] => [min, median, max].map(shown)

/** Two digits behind the point, and none where they say nothing. */
export const shown = (value: number): string =>
  Math.abs(value) < 1000 ? value.toFixed(2) : Math.round(value).toLocaleString('en')
