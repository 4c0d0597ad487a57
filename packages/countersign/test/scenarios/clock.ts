// One clock that a test moves, for libraries that read the platform's own.

/** A clock that stands still until it is moved. */
export interface Clock {
  /** Epoch seconds. */
  now(): number
  move(seconds: number): void
}

const START = 1_790_000_000
const { Date: RealDate, performance, setTimeout: realTimeout, clearTimeout: realClear } = globalThis
const realHrtime = process.hrtime

/** Milliseconds of real time, whatever the platform is made to say meanwhile. */
export const elapsed: () => number = performance.now.bind(performance)

type Timer = ReturnType<typeof setTimeout>

/** What a promise gives, or nothing where that takes more than some real milliseconds. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: Timer | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = realTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    realClear(timer)
  }
}

const NEVER_MS = 2 ** 31 - 1

/**
 * Makes the platform tell a time of the test's own until the test ends. All of its clocks have to agree: jwks-rsa counts
 * its requests a minute by hrtime, by Date and by timers, and its cache takes the age of a key from performance.
 *
 * @param timers - whether timers go by this clock, too; the deadline of a request must not
 */
export function startClock(t: { after(act: () => void): void }, timers: boolean): Clock {
  let ms = START * 1000
  const waiting = new Map<Timer | undefined, { readonly due: number; readonly act: () => void }>()
  const told = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [ms] : args, newTarget),
    get: (target, name) => (name === 'now' ? () => ms : Reflect.get(target, name)),
  })
  const hrtime = ([seconds, nanoseconds]: readonly [number, number] = [0, 0]): [number, number] => {
    const since = ms - seconds * 1000 - nanoseconds / 1e6
    return [Math.floor(since / 1000), (since % 1000) * 1e6]
  }
  const timeout = (act: () => void, delay = 0): Timer => {
    const timer = realTimeout(() => {}, NEVER_MS).unref()
    waiting.set(timer, { due: ms + delay, act })
    return timer
  }
  const clear = (timer: Timer | undefined): void => {
    waiting.delete(timer)
    realClear(timer)
  }
  globalThis.Date = told
  process.hrtime = Object.assign(hrtime, { bigint: realHrtime.bigint })
  // From 1 on: to the cache of jwks-rsa, 0 is no time.
  Object.defineProperty(performance, 'now', { value: () => ms - START * 1000 + 1, configurable: true })
  if (timers) Object.assign(globalThis, { setTimeout: timeout, clearTimeout: clear })
  t.after(() => {
    globalThis.Date = RealDate
    process.hrtime = realHrtime
    Reflect.deleteProperty(performance, 'now')
    Object.assign(globalThis, { setTimeout: realTimeout, clearTimeout: realClear })
    for (const timer of waiting.keys()) realClear(timer)
  })
  return {
    now: () => ms / 1000,
    move(seconds) {
      ms += Math.round(seconds * 1000)
      for (const [timer, { due, act }] of waiting) {
        if (due > ms) continue
        clear(timer)
        act()
      }
    },
  }
}
