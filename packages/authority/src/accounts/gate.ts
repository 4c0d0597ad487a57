/** Runs a job when there is room for it. */
export type Gate = <T>(job: () => Promise<T>) => Promise<T>

/** Too much is going on at once: a server answers 503, with Retry-After. */
export class BusyError extends Error {
  override readonly name = 'BusyError'
  /** In seconds. */
  readonly retryAfter = 1
}

/**
 * Lets `atOnce` jobs run and `inLine` more wait, so that a flood of requests takes a known amount of memory.
 *
 * @returns a function that throws `BusyError` where the line is full
 */
export function createGate(atOnce: number, inLine: number): Gate {
  let free = atOnce
  const line: (() => void)[] = []
  return async (job) => {
    if (free > 0) free--
    else if (line.length < inLine) await new Promise<void>((enter) => line.push(enter))
    else throw new BusyError('too many passwords are being checked at once')
    try {
      return await job()
    } finally {
      const enter = line.shift()
      if (enter) enter()
      else free++
    }
  }
}
