import { fault, type JwtClaims, missing } from '../claims.ts'
import type { Hashing } from '../crypto/backend.ts'
import { show } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { RevocationCheck } from '../jwt/acceptance.ts'
import { run } from '../op.ts'
import { checkNames, type Duration, toClock, toSeconds } from '../options.ts'
import { demandText, demandTime, deny, issuersOf, textOf, toClaims } from './claims-read.ts'
import { type ExpiringStore, MemoryStore, toStore } from './expiring-store.ts'
import { readMark, writeMark } from './marks.ts'

/** Options of {@link createNotBefore}. */
export interface NotBeforeOptions {
  /** Where the marks are kept. Default: the memory of this process, which no other one sees and no restart survives. */
  readonly store?: Pick<ExpiringStore, 'raise' | 'get'>
  /**
   * How long a token lives at most, counted from its iat: seconds, or a text such as `'15m'`. So long a mark is kept,
   * and an older token is refused.
   */
  readonly tokenLifetime: Duration
  /** As of the verifiers that ask: seconds, or a text such as `'30s'`. Default 30 s. */
  readonly clockTolerance?: Duration
  /** The time in epoch seconds. Default: the system clock. */
  now?(): number
}

/** Whose tokens, to {@link createNotBefore} (RFC 7519 §4.1.2). */
export interface SubjectName {
  /** Where it is left out, the subject of this name is meant whoever issued the token. */
  readonly iss?: string
  /** What tokens have as `sub`. */
  readonly sub: string
}

/** The tokens of which session, to {@link createNotBefore}: its `sid` (OpenID Connect Front-Channel Logout 1.0 §3). */
export interface SessionName {
  /** Where it is left out, the session of this name is meant whoever issued the token. */
  readonly iss?: string
  /** Its id: what tokens have as `sid`. */
  readonly sid: string
}

/** The time of a mark of {@link createNotBefore}. */
export interface RevokeOptions {
  /** Tokens that were issued until then are revoked, by the issuer's clock, in epoch seconds. Default: now. */
  readonly at?: number
}

/**
 * Revokes all the tokens of a subject or of a session that were issued until a moment, as {@link createNotBefore} makes
 * it.
 */
export interface NotBefore {
  /**
   * Refuses the tokens of a subject that were issued until now. All the claims of a verified token may be given.
   *
   * @throws {JoseError} `CS_CLAIM_MISSING` without sub, `CS_CLAIM_TYPE`, `CS_UNAVAILABLE` where the store fails
   */
  revokeSubject(subject: SubjectName | JwtClaims, options?: RevokeOptions): Promise<void>
  /**
   * Refuses the tokens of a session that were issued until now. All the claims of a verified token may be given.
   *
   * @throws {JoseError} `CS_CLAIM_MISSING` without sid, `CS_CLAIM_TYPE`, `CS_UNAVAILABLE` where the store fails
   */
  revokeSession(session: SessionName | JwtClaims, options?: RevokeOptions): Promise<void>
  /**
   * For the option `revoked` of a verifier. A token without iat, with one in the future, or with neither sub nor sid, is
   * refused: nobody could have revoked it.
   */
  readonly revoked: RevocationCheck
}

/** @see the door's `createNotBefore` */
export function newNotBefore(options: NotBeforeOptions, backend: Hashing): NotBefore {
  checkNames<NotBeforeOptions>(options, ['store', 'tokenLifetime', 'clockTolerance', 'now'], 'createNotBefore')
  const now = toClock(options.now)
  const lifetime = toSeconds(options.tokenLifetime, 'tokenLifetime')
  const tolerance = toSeconds(options.clockTolerance, 'clockTolerance', 30)
  const store =
    options.store === undefined ? new MemoryStore({ now }) : toStore(options.store, 'store', ['raise', 'get'])

  const revoke = async (kind: Kind, named: unknown, call: RevokeOptions = {}): Promise<void> => {
    checkNames<RevokeOptions>(call, ['at'], 'revoke')
    const claims = toClaims(named, 'revoke')
    const at = Math.floor(toMoment(call.at, now, tolerance))
    const marked = [kind, textOf(claims, 'iss'), demandText(claims, kind)] as const
    await run(writeMark(store, marked, at, at + 1 + lifetime + 2 * tolerance), backend)
  }

  const isRevoked = async (claims: JsonObject): Promise<boolean> => {
    const issued = Math.floor(demandTime(claims, 'iat'))
    const names = KINDS.map((kind) => [kind, textOf(claims, kind)] as const).filter(([, name]) => name !== undefined)
    if (names.length === 0) deny(missing('sub'))
    const age = now() - issued
    // It would count as issued after whatever is marked until then.
    if (age < -tolerance) deny(fault('CS_NOT_YET_VALID', 'iat', `iat is ${Math.round(-age)} s from now`))
    if (age > lifetime + 1 + tolerance) deny(fault('CS_TOO_OLD', 'iat', tooOld(age, lifetime)))
    const marked = names.flatMap(([kind, name]) => issuersOf(claims).map((iss) => [kind, iss, name] as const))
    const marks = await Promise.all(marked.map((each) => run(readMark(store, each), backend)))
    return marks.some((at) => at !== undefined && issued <= at)
  }

  return {
    revokeSubject: (subject, call) => revoke('sub', subject, call),
    revokeSession: (session, call) => revoke('sid', session, call),
    revoked: async ({ claims }) => isRevoked(claims),
  }
}

const KINDS = ['sub', 'sid'] as const
type Kind = (typeof KINDS)[number]

const tooOld = (age: number, lifetime: number): string =>
  `the token was issued ${Math.round(age)} s ago, and marks are kept for tokens of ${lifetime} s`

/** A mark in the future, as of milliseconds, would refuse whatever is issued until then, and nothing takes it back. */
function toMoment(at: unknown, now: () => number, tolerance: number): number {
  const time = now()
  if (at === undefined) return time
  if (typeof at === 'number' && Number.isFinite(at) && at <= time + tolerance) return at
  throw new TypeError(`at is ${show(at)} and no time in epoch seconds up to now`)
}
