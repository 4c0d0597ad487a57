import { fault, type JwtClaims } from '../claims.ts'
import type { Hashing } from '../crypto/backend.ts'
import type { RevocationCheck } from '../jwt/acceptance.ts'
import { run } from '../op.ts'
import { checkNames, type Duration, toClock, toSeconds } from '../options.ts'
import { demandText, deny, issuersOf, textOf, timeOf, toClaims } from './claims-read.ts'
import { type ExpiringStore, MemoryStore, toStore } from './expiring-store.ts'
import { readMark, writeMark } from './marks.ts'

/** Options of {@link createDenylist}. */
export interface DenylistOptions {
  /** Where the marks are kept. Default: the memory of this process, which no other one sees and no restart survives. */
  readonly store?: Pick<ExpiringStore, 'raise' | 'get'>
  /** At least that of the verifiers that ask: seconds, or a text such as `'30s'`. Default 30 s. */
  readonly clockTolerance?: Duration
  /** The time in epoch seconds. Default: the system clock. */
  now?(): number
}

/** What names one token to `revoke` of {@link createDenylist}: its issuer and its id (RFC 7519 §4.1.7). */
export interface TokenName {
  /** Who issued it. Where it is left out, the id is revoked whoever issued it. */
  readonly iss?: string
  /** Its id. */
  readonly jti: string
  /** When it expires, in epoch seconds. Where it is left out, the token is revoked for ever. */
  readonly exp?: number
}

/** Revokes single tokens, as {@link createDenylist} makes it. */
export interface Denylist {
  /**
   * From now on the token is refused. All the claims of a verified token may be given.
   *
   * @throws {JoseError} `CS_CLAIM_MISSING` without jti, `CS_CLAIM_TYPE`, `CS_UNAVAILABLE` where the store fails
   */
  revoke(token: TokenName | JwtClaims): Promise<void>
  /**
   * For the option `revoked` of a verifier. A token without jti is refused: nobody could have revoked it. So is one that
   * has expired by more than `clockTolerance`, whatever the verifier thinks of that: its mark may be gone.
   */
  readonly revoked: RevocationCheck
}

const PURPOSE = 'deny'

const tooLate = (late: number, tolerance: number): string =>
  `exp passed ${Math.round(late)} s ago, and the denylist remembers for ${tolerance} s`

/** @see the door's `createDenylist` */
export function newDenylist(options: DenylistOptions, backend: Hashing): Denylist {
  checkNames<DenylistOptions>(options, ['store', 'clockTolerance', 'now'], 'createDenylist')
  const now = toClock(options.now)
  const tolerance = toSeconds(options.clockTolerance, 'clockTolerance', 30)
  const store =
    options.store === undefined ? new MemoryStore({ now }) : toStore(options.store, 'store', ['raise', 'get'])

  return {
    async revoke(token) {
      const claims = toClaims(token, 'revoke')
      const [iss, jti, exp] = [textOf(claims, 'iss'), demandText(claims, 'jti'), timeOf(claims, 'exp')]
      const until = exp === undefined ? Number.POSITIVE_INFINITY : exp + 2 * tolerance
      await run(writeMark(store, [PURPOSE, iss, jti], 1, until), backend)
    },
    async revoked({ claims }) {
      const [jti, exp] = [demandText(claims, 'jti'), timeOf(claims, 'exp')]
      // A verifier that is more patient, or ignores exp, would take the token after its mark is gone.
      const late = exp === undefined ? Number.NEGATIVE_INFINITY : now() - exp
      if (late >= tolerance) deny(fault('CS_EXPIRED', 'exp', tooLate(late, tolerance)))
      const marks = issuersOf(claims).map((iss) => run(readMark(store, [PURPOSE, iss, jti]), backend))
      return (await Promise.all(marks)).some((mark) => mark !== undefined)
    },
  }
}
