import { kindOf } from '../errors.ts'
import { checkNames, toClock } from '../options.ts'
import type { Knowledge } from './explain.ts'

/**
 * What is known beside what {@link explain} is to tell of.
 *
 * @example
 * ```ts
 * import { explain } from 'countersign/lint'
 *
 * const token = 'eyJhbGciOiJub25lIn0.eyJleHAiOjEwMDB9.'
 * const [explanation] = await explain(token, { now: () => 2000 })
 * console.log(explanation?.parts?.find(({ name }) => name === 'exp')?.meaning) // when the token expires: …
 * ```
 */
export interface ExplainOptions {
  /** What an encrypted private key was encrypted with. */
  readonly passphrase?: string | Uint8Array
  /** The time in epoch seconds. Default: the clock of the machine. */
  readonly now?: () => number
}

/** @throws {TypeError} for an option that is not what it should be */
export function toKnowledge(options: ExplainOptions): Knowledge {
  checkNames<ExplainOptions>(options, ['passphrase', 'now'], 'explain')
  const { passphrase, now } = options
  if (passphrase !== undefined && typeof passphrase !== 'string' && !(passphrase instanceof Uint8Array))
    throw new TypeError(`passphrase is text or octets, not ${kindOf(passphrase)}`)
  return { now: toClock(now)(), ...(passphrase !== undefined && { passphrase }) }
}
