import { ApiError } from './errors.ts'

const MOST_FAILURES = 10
const WINDOW_SECONDS = 15 * 60
const MOST_ACCOUNTS = 10_000

/**
 * Counts failed logins: ten in a quarter of an hour for one account, known or not. It slows guessing down to nothing;
 * its price is that anyone can lock an account out for that quarter, which a limit per address would soften.
 */
export class Attempts {
  readonly #now: () => number
  readonly #accounts = new Map<string, { failures: number; readonly since: number }>()

  constructor(now: () => number) {
    this.#now = now
  }

  /**
   * Counts a failure before the password is looked at, so that many guesses at the same moment count too.
   *
   * @throws {ApiError} `too_many_failures` (429)
   */
  begin(account: string): void {
    const now = this.#now()
    const known = this.#accounts.get(account)
    const entry = known && now < known.since + WINDOW_SECONDS ? known : { failures: 0, since: now }
    if (entry.failures >= MOST_FAILURES) {
      const seconds = Math.ceil(entry.since + WINDOW_SECONDS - now)
      throw new ApiError(429, 'too_many_failures', `too many failed logins, try again in ${seconds} s`, {
        headers: { 'Retry-After': String(seconds) },
      })
    }
    entry.failures++
    this.#accounts.set(account, entry)
    this.#forgetOldest()
  }

  /** The login went well: nothing counts any more. */
  succeed(account: string): void {
    this.#accounts.delete(account)
  }

  #forgetOldest(): void {
    const [oldest] = this.#accounts.keys()
    if (this.#accounts.size > MOST_ACCOUNTS && oldest !== undefined) this.#accounts.delete(oldest)
  }
}
