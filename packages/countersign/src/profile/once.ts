import type { Backend } from '../crypto/backend.ts'
import { JoseError, kindOf } from '../errors.ts'
import type { Op } from '../op.ts'
import { type ExpiringStore, markKey } from '../revocation/expiring-store.ts'
import { askHook } from '../source/source.ts'

/** The names of a thing that is used once: apart from what else is in the store, and from those of anybody else. */
export type Use = readonly [purpose: string, ...names: readonly string[]]

/**
 * Uses something up, as one step of the store: of several at once one wins (attack 34).
 *
 * @param until - the first epoch second at which it would be refused anyway
 * @throws {JoseError} `CS_REPLAY` where it was used before; `CS_UNAVAILABLE` where the store fails, or does not say
 */
export function* useOnce(store: ExpiringStore, used: Use, until: number): Op<void, Pick<Backend, 'digest'>> {
  const key = yield* markKey(...used)
  const added = yield* askHook(() => store.add(key, 1, until), 'the replay store')
  if (added === true) return
  if (added === false) throw new JoseError('CS_REPLAY', 'the token has been used before')
  const why = `the replay store gave ${kindOf(added)} and not true or false`
  throw new JoseError('CS_UNAVAILABLE', why, { unavailable: true })
}
