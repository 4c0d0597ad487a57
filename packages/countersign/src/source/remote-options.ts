import { type Duration, toClock, toSeconds } from '../options.ts'
import { type DownloadOptions, type DownloadRules, toDownloadRules } from './download.ts'

/** Options of {@link remoteKeySet} and {@link discover}; durations are seconds or texts such as `'10m'`. */
export interface RemoteKeySetOptions extends DownloadOptions {
  /** How long the last good set serves when it cannot be fetched anew, counted from when it has aged. Default 1 h. */
  readonly maxStale?: Duration
  /** How long a set is used before it is fetched again; a shorter max-age of the answer counts. Default 10 min. */
  readonly cacheMaxAge?: Duration
  /** Allows http to any host, for tests inside a network; loopback hosts need no permission. */
  readonly allowHttp?: boolean
  /** The time in epoch seconds. Default: the system clock. */
  now?(): number
  /** A number from 0 to 1, which spreads the retries of many machines. Default: `Math.random`. */
  random?(): number
}

/** The options, by name. */
export const REMOTE_NAMES: readonly string[] = [
  'timeout',
  'maxStale',
  'maxBytes',
  'cacheMaxAge',
  'allowHttp',
  'fetch',
  'now',
  'random',
]

/** The same, checked. */
export interface Rules extends DownloadRules {
  readonly now: () => number
  readonly random: () => number
  readonly maxStale: number
  readonly cacheMaxAge: number
}

/** @throws {TypeError} for an option that is not what it should be */
export function toRules(options: RemoteKeySetOptions): Rules {
  const { random = Math.random } = options
  if (typeof random !== 'function') throw new TypeError('random is not a function')
  return {
    ...toDownloadRules(options),
    random,
    now: toClock(options.now),
    maxStale: toSeconds(options.maxStale, 'maxStale', 3600),
    cacheMaxAge: toSeconds(options.cacheMaxAge, 'cacheMaxAge', 600),
  }
}
