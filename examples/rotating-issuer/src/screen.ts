// How it is shown.
import type { Tally, Verifier } from './parties.ts'

const { stdout } = process
/** Goes to the start of the line and empties it. */
const AFRESH = '\r\x1b[K'
/** Milliseconds between two lines where none can be rewritten. */
const PAUSE = 1000
let shownAt = 0

/** Shows a line for now: on a terminal it is rewritten, on a pipe there is one now and then. */
export function show(line: string): void {
  if (stdout.isTTY) {
    stdout.write(AFRESH + line.slice(0, (stdout.columns || 80) - 1))
  } else if (Date.now() >= shownAt + PAUSE) {
    shownAt = Date.now()
    console.log(line)
  }
}

/** Shows a line that stays. */
export function say(line: string): void {
  console.log(stdout.isTTY ? AFRESH + line : line)
}

/** How things stand, in a line. */
export function statusOf(tokens: number, verifiers: readonly Verifier[]): string {
  const refused = verifiers.reduce((sum, { tally }) => sum + tally.refused, 0)
  const verified = verifiers.map(({ name, tally }) => `${name} ${tally.verified} (${tally.kids.size} keys)`)
  return `${tokens} tokens | refused: ${refused} | verified: ${verified.join(', ')}`
}

const ROWS: readonly (readonly [label: string, count: (tally: Tally) => number])[] = [
  ['verified', ({ verified }) => verified],
  ['rotations seen', ({ kids }) => Math.max(0, kids.size - 1)],
  ['requests for the keys', ({ requests }) => requests],
  ['tokens that had to wait for keys', ({ waits }) => waits],
  ['refused', ({ refused }) => refused],
  ['refused, of a stranger', ({ strangers }) => strangers],
]

/** The counts of each verifier, as a table. */
export function tableOf(verifiers: readonly Verifier[]): string {
  const line = (label: string, cell: (verifier: Verifier) => string | number): string =>
    label.padEnd(34) + verifiers.map((verifier) => String(cell(verifier)).padStart(12)).join('')
  const lines = ROWS.map(([label, count]) => line(label, ({ tally }) => count(tally)))
  return [line('', ({ name }) => name), ...lines].join('\n')
}
