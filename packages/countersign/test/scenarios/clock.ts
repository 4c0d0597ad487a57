// One clock that a test moves, for libraries that read the platform's own.

/** A clock that stands still until it is moved. */
export interface Clock {
  /** Epoch seconds. */
  now(): number
  move(seconds: number): void
}

const START = 1_790_000_000
const { Date: RealDate, performance } = globalThis
const realHrtime = process.hrtime

/** Milliseconds of real time, whatever the platform is made to say meanwhile. */
export const elapsed: () => number = performance.now.bind(performance)

/**
 * Makes the platform tell a time of the test's own until the test ends. All of its clocks have to agree: jwks-rsa counts
 * its requests a minute by hrtime and by Date, and its cache takes the age of a key from performance.
 */
export function startClock(t: { after(act: () => void): void }): Clock {
  let ms = START * 1000
  const told = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [ms] : args, newTarget),
    get: (target, name) => (name === 'now' ? () => ms : Reflect.get(target, name)),
  })
  const hrtime = ([seconds, nanoseconds]: readonly [number, number] = [0, 0]): [number, number] => {
    const since = ms - seconds * 1000 - nanoseconds / 1e6
    return [Math.floor(since / 1000), (since % 1000) * 1e6]
  }
  globalThis.Date = told
  process.hrtime = Object.assign(hrtime, { bigint: realHrtime.bigint })
  Object.defineProperty(performance, 'now', { value: () => ms - START * 1000, configurable: true })
  t.after(() => {
    globalThis.Date = RealDate
    process.hrtime = realHrtime
    Reflect.deleteProperty(performance, 'now')
  })
  return {
    now: () => ms / 1000,
    move: (seconds) => {
      ms += Math.round(seconds * 1000)
    },
  }
}
