import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { ErrorCode, JoseError } from 'countersign'

/** Inputs that fail in one way: several, so that none of them is what is measured. */
export interface Kind<Input> {
  readonly name: string
  readonly inputs: readonly Input[]
}

/** How often inputs are tried, all kinds together, after a tenth more that warms up. */
export const TRIES = 100_000

/** What two samples may differ by, as Welch's t, before it counts as a difference. */
const MOST = 4.5

/**
 * Holds that no kind can be told from the first by its time: a t-test of each against the first, the order of all drawn
 * by chance.
 *
 * @param attempt - looks at one input, and throws unless it fails as it should: see `refusedAs`
 */
export function compare<Input>(
  t: TestContext,
  kinds: readonly Kind<Input>[],
  attempt: (input: Input) => unknown,
): void {
  const times = kinds.map((): number[] => [])
  for (let tries = -TRIES * 0.1; tries < TRIES; tries++) {
    const which = Math.floor(Math.random() * kinds.length)
    const { inputs } = kinds[which] as Kind<Input>
    const input = inputs[Math.floor(Math.random() * inputs.length)] as Input
    const start = process.hrtime.bigint()
    attempt(input)
    const taken = Number(process.hrtime.bigint() - start)
    if (tries >= 0) times[which]?.push(taken)
  }
  const [first, ...others] = times.map(statistics)
  assert.ok(first)
  for (const [index, other] of others.entries()) {
    const names = `${kinds[index + 1]?.name} against ${kinds[0]?.name}`
    const value = welch(first, other)
    const [own, its] = [first, other].map(({ mean }) => (mean / 1000).toFixed(3))
    t.diagnostic(`${names}: t = ${value.toFixed(2)} over ${first.n + other.n} tries, ${its} against ${own} µs`)
    assert.ok(Math.abs(value) < MOST, `${names}: t = ${value.toFixed(2)}`)
  }
}

/** An attempt that is refused with a code. */
export function refusedAs<Input>(
  code: ErrorCode | RegExp,
  attempt: (input: Input) => { readonly ok: boolean; readonly error?: JoseError },
): (input: Input) => void {
  return (input) => {
    const { ok, error } = attempt(input)
    const asked = typeof code === 'string' ? error?.code === code : code.test(error?.code ?? '')
    if (ok || !asked) throw new Error(`it is not refused with ${code} but ${error?.code ?? 'accepted'}`)
  }
}

interface Statistics {
  readonly n: number
  readonly mean: number
  readonly variance: number
}

/** Of a sample without its slowest tenth, which is the scheduler's. */
function statistics(sample: number[]): Statistics {
  const kept = sample.toSorted((x, y) => x - y).slice(0, Math.floor(sample.length * 0.9))
  const mean = kept.reduce((sum, x) => sum + x, 0) / kept.length
  return { n: kept.length, mean, variance: kept.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (kept.length - 1) }
}

const welch = (a: Statistics, b: Statistics): number =>
  (a.mean - b.mean) / Math.sqrt(a.variance / a.n + b.variance / b.n)
