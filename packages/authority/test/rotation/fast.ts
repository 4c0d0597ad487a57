import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { TestContext } from 'node:test'
import type { Clock } from '../../src/keys/ring.ts'

/**
 * How many seconds pass for keys while one passes: at first, and where the machine turned out to be too busy for that.
 * Tokens know nothing of it: their times are real.
 */
export const [FAST, SLOWER] = [1000, 300]
/** A machine that stands still for longer than this (milliseconds) breaks what the times of the keys suppose. */
const STALL_MS = 50

/**
 * The times of the keys in fast seconds: tight where a promise hangs on it, and with as much to spare as it takes to make
 * an RSA key.
 */
export const TIMES = { period: 800, prepublish: 600, overlap: 7200, cacheMaxAge: 100, poll: 100, skew: 150 } as const

/** The same as settings. */
export const KEY_TIMES: Readonly<Record<string, string>> = {
  KEY_PERIOD: `${TIMES.period}`,
  KEY_PREPUBLISH: `${TIMES.prepublish}`,
  KEY_OVERLAP: `${TIMES.overlap}`,
  KEY_CACHE_MAX_AGE: `${TIMES.cacheMaxAge}`,
  KEY_POLL: `${TIMES.poll}`,
  KEY_SKEW: `${TIMES.skew}`,
}

/**
 * A clock that has run fast since a moment (real epoch seconds). The database tells whole seconds, which are too coarse for
 * it; its clock is that of this machine, so that is asked.
 */
export function fastClock(since: number, speed: number = FAST): Clock {
  return () => Math.floor(since + (Date.now() / 1000 - since) * speed)
}

/**
 * Does something at full speed; and once more, slower, if something was wrong with it and the machine had stood still
 * meanwhile. What is wrong with the code is so at any speed.
 *
 * @param work - gives what was wrong, by name: nothing where all was well
 */
export async function steadily(
  t: TestContext,
  work: (speed: number) => Promise<Readonly<Record<string, unknown>>>,
): Promise<Readonly<Record<string, unknown>>> {
  const delays = monitorEventLoopDelay({ resolution: 10 })
  delays.enable()
  const faults = await work(FAST).finally(() => delays.disable())
  const stall = Math.round(delays.max / 1e6)
  if (Object.keys(faults).length === 0 || stall < STALL_MS) return faults
  t.diagnostic(`The machine stood still for ${stall} ms: once more, slower. ${JSON.stringify(faults).slice(0, 300)}`)
  return work(SLOWER)
}
