import type { Bytes, Target, Trouble } from './target.ts'

const MOST_RUNS = 3000
const STACK = 12
const OWN = 'withStack'

type Run = ReturnType<Target['prepare']>

export const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error)

/** What two troubles of the same cause have in common: what was thrown, and where, numbers left out. */
export function nameOf(why: string): string {
  const [first = '', ...stack] = why.split('\n')
  const places = stack.filter((line) => line.trimStart().startsWith('at '))
  // Behind these the way leads through the fuzzer, by whichever of its doors.
  const end = places.findIndex((line) => line.includes(OWN))
  if (end >= 0) places.length = end
  return [first.replaceAll(/\d+|".*"/g, '…').slice(0, 80), ...places.slice(0, 3)].join('\n')
}

/** The stack of what an input makes a target throw; nothing where it throws nothing. */
export async function withStack(run: Run, input: Bytes): Promise<string | undefined> {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = STACK
  try {
    await run(input)
    return undefined
  } catch (error) {
    return stackOf(error)
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** The trouble with an input that has as little as possible beside what makes it. */
export async function smaller(trouble: Trouble, run: Run): Promise<Trouble> {
  if (trouble.kind !== 'thrown') return trouble
  const name = nameOf(trouble.why)
  let { input, why } = trouble
  let left = MOST_RUNS
  for (let size = input.length >> 1; size > 0 && left > 0; size >>= 1) {
    for (let at = 0; at < input.length && left > 0; left--) {
      const without = Buffer.concat([input.subarray(0, at), input.subarray(at + size)]) as Bytes
      const still = await withStack(run, without)
      if (still === undefined || nameOf(still) !== name) at += size
      else [input, why] = [without, still]
    }
  }
  return { ...trouble, input, why }
}
