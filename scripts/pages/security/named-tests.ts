import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A test that bears the number of an attack. */
export interface NamedTest {
  /** As it stands in the source; what differs from run to run is `…`. */
  readonly name: string
  /** From the root, with slashes. */
  readonly file: string
  readonly attacks: readonly number[]
}

const FILE = /\.(test|time)\.ts$|^packages\/countersign\/test\/attacks\/guard\.ts$/
const NAMED = /\b(?:test|describe)\(\s*(?:'((?:\\.|[^'\\])*)'|`((?:\\.|[^`\\])*)`|"((?:\\.|[^"\\])*)")/g
const NUMBERS = /\battacks? (\d+(?:(?:, | and | to )\d+)*)/

/** The tests below a folder that bear the number of an attack, in the order of their files. */
export function namedTests(root: string, folder: string): readonly NamedTest[] {
  const files = readdirSync(join(root, folder), { recursive: true })
    .map((file) => `${folder}/${String(file).replaceAll('\\', '/')}`)
    .filter((file) => FILE.test(file))
    .sort()
  return files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(NAMED)].flatMap(([, single, template, double]) => {
      const name = (single ?? template ?? double ?? '').replaceAll(/\$\{[^}]*\}/g, '…').replaceAll("\\'", "'")
      const numbers = NUMBERS.exec(name)?.[1]
      return numbers === undefined ? [] : [{ name, file, attacks: toNumbers(numbers) }]
    }),
  )
}

/** `5, 7 and 10 to 12` as numbers. */
function toNumbers(text: string): readonly number[] {
  return text.split(/, | and /).flatMap((part) => {
    const [from = 0, to = from] = part.split(' to ').map(Number)
    return Array.from({ length: to - from + 1 }, (_, index) => from + index)
  })
}
