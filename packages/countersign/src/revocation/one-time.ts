import { fault } from '../claims.ts'
import type { Hashing } from '../crypto/backend.ts'
import type { RevocationCheck } from '../jwt/acceptance.ts'
import { run } from '../op.ts'
import { checkNames, type Duration, toClock, toSeconds } from '../options.ts'
import { demandText, demandTime, deny, textOf } from './claims-read.ts'
import { type ExpiringStore, toStore } from './expiring-store.ts'
import { useOnce } from './marks.ts'

/** Options of {@link oneTime}. */
export interface OneTimeOptions {
  /** One for all processes that accept the same tokens: each store lets a token pass once. */
  readonly store: Pick<ExpiringStore, 'add'>
  /** At least that of the verifier: seconds, or a text such as `'30s'`. Default 30 s. */
  readonly clockTolerance?: Duration
  /** The time in epoch seconds. Default: the system clock. */
  now?(): number
}

/** @see the door's `oneTime` */
export function newOneTime(options: OneTimeOptions, backend: Hashing): RevocationCheck {
  checkNames<OneTimeOptions>(options, ['store', 'clockTolerance', 'now'], 'oneTime')
  const now = toClock(options.now)
  const tolerance = toSeconds(options.clockTolerance, 'clockTolerance', 30)
  const store = toStore(options.store, 'store', ['add'])
  return async ({ claims }) => {
    const [iss, jti, exp] = [textOf(claims, 'iss'), demandText(claims, 'jti'), demandTime(claims, 'exp')]
    // A verifier that is more patient would take the token after its mark is gone.
    const late = now() - exp
    if (late >= tolerance)
      deny(fault('CS_EXPIRED', 'exp', `exp passed ${Math.round(late)} s ago, and oneTime remembers for ${tolerance} s`))
    // The store has a clock, too, which may be as far from ours as this one from the issuer's.
    await run(useOnce(store, ['once', iss, jti], exp + 2 * tolerance), backend)
    return false
  }
}
