import type { Ask, Case, LibraryName } from './case.ts'
import { Lacks } from './case.ts'
import { Late, type Runner } from './runners/runner.ts'
import { RUNNERS } from './runners/runners.ts'

/** What came of an attack. `left`: accepted, where the documentation leaves it to the caller. */
export type Outcome = 'refused' | 'accepted' | 'left' | 'crashed' | 'slow' | 'n/a'

export interface Cell {
  readonly outcome: Outcome
  /** The error, or why there is none. */
  readonly detail: string
  /** Milliseconds. */
  readonly ms: number
}

export interface Row {
  readonly attack: number
  readonly what: string
  readonly cells: Readonly<Record<string, Cell>>
}

/** Milliseconds in which everything has to be refused. */
export const SLOW = 250

/** An error in one line, for people. */
export function told(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${typeof error}`
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : ''
  const text = error.message.split('\n', 1)[0] ?? ''
  return `${error.name}${code}: ${text.length > 90 ? `${text.slice(0, 90)}…` : text}`
}

/** Asks a library something. What it answers, or throws, is not judged yet. */
export async function askOf(runner: Runner, ask: Ask): Promise<Cell> {
  const begin = performance.now()
  const since = (): number => performance.now() - begin
  try {
    const harm = await runner.ask(ask)
    const ms = since()
    return harm === true ? { outcome: 'accepted', detail: '', ms } : { outcome: 'refused', detail: harm.held, ms }
  } catch (error) {
    const ms = since()
    if (error instanceof Late) return { outcome: 'slow', detail: 'no answer in five seconds', ms }
    if (error instanceof Lacks) return { outcome: 'n/a', detail: error.message, ms }
    return { outcome: runner.isOwn(error) ? 'refused' : 'crashed', detail: told(error), ms }
  }
}

const controls = new WeakMap<Ask, Map<Runner, Promise<Cell>>>()
/** What becomes of the legitimate twin of a case; asked once for all cases that share it. */
export function controlOf(runner: Runner, ask: Ask): Promise<Cell> {
  const known = controls.get(ask) ?? new Map<Runner, Promise<Cell>>()
  controls.set(ask, known)
  const cell = known.get(runner) ?? askOf(runner, ask)
  known.set(runner, cell)
  return cell
}

/** Carries out an attack on one library, as it is used there. */
export async function attack(runner: Runner, one: Case): Promise<Cell> {
  const { ask, control, lacks, duty, byOptions, misuse, within = SLOW } = one
  const none = (detail: string): Cell => ({ outcome: 'n/a', detail, ms: 0 })
  const name: LibraryName = runner.library
  if (lacks?.[name] !== undefined) return none(lacks[name])
  if (byOptions && runner.use === 'plain') return none('its first example does not ask for it')
  const twin = await controlOf(runner, control)
  if (twin.outcome !== 'accepted') return none(twin.outcome === 'n/a' ? twin.detail : `no control: ${twin.detail}`)
  let cell = await askOf(runner, ask)
  // The first time pays for what is compiled; only what is slow twice is slow. What hangs is not asked again.
  if (cell.ms > within && cell.ms < 1500) {
    const again = await askOf(runner, ask)
    if (again.ms < cell.ms) cell = again
  }
  if (cell.outcome === 'n/a' || cell.outcome === 'slow') return cell
  if (cell.outcome === 'crashed' && misuse) cell = { ...cell, outcome: 'refused' }
  if (cell.outcome === 'accepted' && duty?.[name] !== undefined) return { ...cell, outcome: 'left', detail: duty[name] }
  if (cell.outcome !== 'accepted' && cell.ms > within)
    return { ...cell, outcome: 'slow', detail: `${Math.round(cell.ms)} ms, ${cell.detail}` }
  return cell
}

/** Carries out an attack on every library. */
export async function attackAll(one: Case): Promise<Row> {
  const cells: Record<string, Cell> = {}
  for (const runner of RUNNERS) cells[runner.name] = await attack(runner, one)
  return { attack: one.attack, what: one.what, cells }
}
