import { readFileSync } from 'node:fs'
import { ELSEWHERE, LAST } from './cases/cases.ts'
import type { Outcome, Row } from './outcome.ts'
import type { Runner } from './runners/runner.ts'

const OUTCOMES: readonly Outcome[] = ['refused', 'accepted', 'left', 'crashed', 'slow', 'n/a']
export type Counts = Readonly<Record<Outcome, number>>

/** How often each outcome was that of a column. */
export function countsOf(rows: readonly Row[], column: string): Counts {
  const counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>
  for (const { cells } of rows) {
    const cell = cells[column]
    if (cell === undefined) throw new TypeError(`${column} has no cell`)
    counts[cell.outcome]++
  }
  return counts
}

/** What ours did otherwise than to refuse, in a column: nothing, if all is well. */
export const failuresOf = (rows: readonly Row[], column: string): readonly string[] =>
  rows.flatMap(({ attack, what, cells }) => {
    const { outcome, detail } = cells[column] ?? { outcome: 'n/a', detail: '' }
    return outcome === 'refused' || outcome === 'n/a' ? [] : [`${attack}: ${what}: ${column} ${outcome} ${detail}`]
  })

/** The versions that the facts are about. */
export function versions(): Readonly<Record<string, string>> {
  const read = (path: string): string =>
    JSON.parse(readFileSync(new URL(`../../${path}/package.json`, import.meta.url), 'utf8')).version
  const peers = ['jose', 'jsonwebtoken', 'fast-jwt', 'jwks-rsa'].map((name) => [name, read(`node_modules/${name}`)])
  return { countersign: read('packages/countersign'), ...Object.fromEntries(peers), node: process.versions.node }
}

/** The attacks on libraries that no case carries out, each with the reason. */
export const missing = (attacks: ReadonlySet<number>): readonly string[] =>
  Array.from({ length: LAST }, (_, index) => index + 1)
    .filter((attack) => !attacks.has(attack))
    .map((attack) => `${attack} ${ELSEWHERE.get(attack) ?? 'was not asked for'}`)

const MARKS: Readonly<Record<Outcome, string>> = {
  refused: '.',
  accepted: 'YES',
  left: 'left',
  crashed: 'crash',
  slow: 'slow',
  'n/a': '-',
}
const SHORT: Readonly<Record<string, string>> = {
  countersign: 'ours',
  'countersign +': 'ours+',
  'countersign/sync': 'sync',
  jose: 'jose',
  'jose +': 'jose+',
  jsonwebtoken: 'jwt',
  'jsonwebtoken +': 'jwt+',
  'fast-jwt': 'fast',
  'fast-jwt +': 'fast+',
  'jwks-rsa': 'rsa',
  'jwks-rsa +': 'rsa+',
}
const WIDTH = 7
const WIDE = 76

/** The lines of a table by attack, with the counts below. */
export function table(rows: readonly Row[], runners: readonly Runner[], why: boolean): readonly string[] {
  const names = runners.map(({ name }) => name)
  const line = (first: string, cells: readonly string[]): string =>
    `${first.length > WIDE ? `${first.slice(0, WIDE - 1)}…` : first.padEnd(WIDE)}${cells.map((cell) => cell.padStart(WIDTH)).join('')}`
  const head = line(
    'attack, and what is done',
    names.map((name) => SHORT[name] ?? name),
  )
  const body = rows.flatMap(({ attack, what, cells }) => {
    const row = line(
      `${String(attack).padStart(2)}  ${what}`,
      names.map((name) => MARKS[cells[name]?.outcome ?? 'n/a']),
    )
    const reasons = names.map((name) => `      ${SHORT[name]}: ${cells[name]?.outcome} ${cells[name]?.detail}`)
    return why ? [row, ...reasons] : [row]
  })
  const counts = names.map((name) => countsOf(rows, name))
  const sums = OUTCOMES.map((outcome) =>
    line(
      outcome,
      counts.map((one) => String(one[outcome])),
    ),
  )
  const asked = line(
    'asked, of all cases',
    counts.map((one) => String(rows.length - one['n/a'])),
  )
  return [head, '', ...body, '', head, ...sums, asked]
}

/** What the columns and the marks mean. */
export function legend(runners: readonly Runner[]): readonly string[] {
  return [
    ...runners.map(({ name, how, library }) => `${(SHORT[name] ?? name).padEnd(6)} ${library} ${how}`),
    '',
    '.      refused, by an error of its own',
    'YES    accepted: the attacker gets what is asked for',
    'left   accepted, and its documentation leaves that to the caller',
    'crash  refused by an error that is none of its own, such as a TypeError; who catches its errors alone does not catch it',
    'slow   refused, in more than 250 ms',
    '-      not asked: it has no such thing, or refuses the legitimate twin, too; --why and --json say which',
  ]
}
