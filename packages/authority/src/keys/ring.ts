import { JoseError } from 'countersign'
import { createKeyRing, type KeyRing } from 'countersign/keyring'
import { type Settings, SIGNING_ALGS } from '../settings.ts'
import type { Store } from '../store/database.ts'
import type { Keks } from './kek.ts'
import { ringStore } from './ring-store.ts'
import { wrongKek } from './secrets.ts'

/** Gives the time by which keys change, out of that of the database; tests let it run fast. */
export type Clock = (databaseSeconds: number) => number

/**
 * Opens the signing keys, and makes the first ones where there are none.
 *
 * @throws {AuthorityError} `KEK_WRONG`
 */
export async function openRing(store: Store, settings: Settings, keks: Keks, clock: Clock): Promise<KeyRing> {
  try {
    return await createKeyRing({
      ...settings.schedule,
      algs: [...SIGNING_ALGS],
      store: ringStore(store, keks, clock),
      now: () => Math.floor(clock(Date.now() / 1000)),
    })
  } catch (error) {
    throw error instanceof JoseError && error.code === 'CS_KEY_INVALID' ? wrongKek(error) : error
  }
}
