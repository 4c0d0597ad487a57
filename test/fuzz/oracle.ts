import { JoseError } from '../../packages/countersign/src/errors.ts'
import { HINTS } from '../../packages/countersign/src/messages.ts'

/** Something that must not come about, though nothing threw. */
export class Find extends Error {
  override readonly name = 'Find'
}

/** @throws {Find} where something does not hold */
export function hold(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Find(what)
}

/** More characters than this no message and no hint has. */
const MOST_TEXT = 700
const MOST_ISSUES = 64

/** What has been looked at already. */
const seen = new Set<string>()
const MOST_SEEN = 4000

/**
 * Holds that an error is a refusal as they have to be: of the one class, with a code of the table, short, and without a
 * secret. Anything else is thrown on.
 *
 * @returns its code
 */
export function refused(error: unknown, secrets: Secrets = NONE): string {
  if (!(error instanceof JoseError)) throw error
  const { code, message, hint, issues } = error
  const told = `${code} ${message}`
  if (issues.length === 0 && seen.has(told)) return code
  hold(Object.hasOwn(HINTS, code), `the code ${code} is not in the table`)
  hold(message !== '' && charactersIn(message) <= MOST_TEXT, `a message of ${message.length} characters`)
  hold(charactersIn(hint) <= MOST_TEXT, `a hint of ${hint.length} characters`)
  hold(issues.length <= MOST_ISSUES, `${issues.length} issues`)
  secrets.refuseIn(`${message}\n${hint}\n${JSON.stringify(error)}`)
  if (seen.size >= MOST_SEEN) seen.clear()
  seen.add(told)
  return code
}

/** An escape stands for one character: a value is cut at its hundredth, however it has to be written. */
function charactersIn(text: string): number {
  return text.length <= MOST_TEXT ? text.length : text.replaceAll(/\\u[0-9a-f]{4}/g, '.').length
}

const RUN = 24
const ANCHOR = 5
const STEP = RUN - ANCHOR + 1

/** Texts of which no run of 24 characters may be told. */
export class Secrets {
  readonly #texts: readonly string[]
  readonly #anchors: RegExp | undefined

  constructor(texts: readonly string[]) {
    this.#texts = texts.filter(({ length }) => length >= RUN)
    // Wherever a run of 24 begins, one of these is in it: who finds none has looked once and is done.
    const anchors = this.#texts.flatMap((text) =>
      Array.from({ length: Math.ceil((text.length - ANCHOR + 1) / STEP) }, (_, index) =>
        text.slice(index * STEP, index * STEP + ANCHOR).replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&'),
      ),
    )
    this.#anchors = anchors.length === 0 ? undefined : new RegExp(anchors.join('|'))
  }

  /** Whether a text holds a run of one. */
  in(told: string): boolean {
    if (!this.#anchors?.test(told)) return false
    return this.#texts.some((text) => {
      for (let at = 0; at + RUN <= text.length; at++) if (told.includes(text.slice(at, at + RUN))) return true
      return false
    })
  }

  /** @throws {Find} */
  refuseIn(told: string): void {
    hold(!this.in(told), 'an error tells a part of a secret')
  }
}

const NONE = new Secrets([])

/** A value with every object's members in the same order, to compare what two readers made of one text. */
export function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
