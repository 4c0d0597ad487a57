import { ApiError } from './errors.ts'

/** Runs a job when there is room for it. */
export type Gate = <T>(job: () => Promise<T>) => Promise<T>

/**
 * Lets `atOnce` jobs run and `inLine` more wait, so that a flood of requests takes a known amount of memory.
 *
 * @returns a function that throws `busy` (503) where the line is full
 */
export function createGate(atOnce: number, inLine: number): Gate {
  let free = atOnce
  const line: (() => void)[] = []
  return async (job) => {
    if (free > 0) free--
    else if (line.length < inLine) await new Promise<void>((enter) => line.push(enter))
    else throw new ApiError(503, 'busy', 'too much is going on at once', { headers: { 'Retry-After': '1' } })
    try {
      return await job()
    } finally {
      const enter = line.shift()
      if (enter) enter()
      else free++
    }
  }
}
