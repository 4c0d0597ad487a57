import type { Hashing } from '../crypto/backend.ts'
import { JoseError, kindOf } from '../errors.ts'
import type { Op } from '../op.ts'
import { askHook } from '../source/source.ts'
import { type ExpiringStore, markKey } from './expiring-store.ts'

/**
 * What marks are for: single tokens taken back, all of a subject or a session, and what is used once. One store may serve
 * all of them, and the key of a mark begins with its purpose: whoever changes one forgets the marks that are kept.
 */
export type Purpose = 'deny' | 'sub' | 'sid' | 'once' | 'client-assertion' | 'dpop'

/** What a mark is of: a purpose, which keeps it apart from what else is in the store, and the names of the thing. */
export type Marked = readonly [purpose: Purpose, ...names: readonly (string | undefined)[]]

/**
 * Uses something up, as one step of the store: of several at once one wins (attack 34).
 *
 * @param until - the first epoch second at which it would be refused anyway
 * @throws {JoseError} `CS_REPLAY` where it was used before; `CS_UNAVAILABLE` where the store fails, or does not say
 */
export function* useOnce(store: Pick<ExpiringStore, 'add'>, used: Marked, until: number): Op<void, Hashing> {
  const key = yield* markKey(...used)
  const added = yield* askHook(() => store.add(key, 1, until), WHAT)
  if (added === true) return
  if (added === false) throw new JoseError('CS_REPLAY', 'the token has been used before')
  throw noAnswer(added, 'true or false')
}

/** Writes a mark: the greater value stays, and the later time. @throws {JoseError} `CS_UNAVAILABLE` where the store fails */
export function* writeMark(
  store: Pick<ExpiringStore, 'raise'>,
  marked: Marked,
  value: number,
  until: number,
): Op<void, Hashing> {
  const key = yield* markKey(...marked)
  yield* askHook(() => store.raise(key, value, until), WHAT)
}

/**
 * The value of a mark, or nothing where there is none.
 *
 * @throws {JoseError} `CS_UNAVAILABLE` where the store fails, or gives something that it cannot have been given
 */
export function* readMark(store: Pick<ExpiringStore, 'get'>, marked: Marked): Op<number | undefined, Hashing> {
  const key = yield* markKey(...marked)
  const value = yield* askHook(() => store.get(key), WHAT)
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && !Number.isNaN(value)) return value
  throw noAnswer(value, 'a number or nothing')
}

const WHAT = 'the store'

function noAnswer(answer: unknown, expected: string): JoseError {
  const why = `${WHAT} gave ${kindOf(answer)} and not ${expected}`
  return new JoseError('CS_UNAVAILABLE', why, { unavailable: true })
}
