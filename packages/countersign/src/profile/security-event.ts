import type { JwtClaims } from '../claims.ts'
import type { Signer, Verifier } from '../jwt/promises.ts'
import { checkEvents, type EventClaims } from './events.ts'
import { type Kind, type LastingSignerOptions, OBJECT, type ProfileVerifierOptions, TEXT, TIME } from './kind.ts'

/** The claims of a security event token (RFC 8417 §2.2), as {@link securityEvent} gives them. */
export interface SecurityEventClaims extends JwtClaims {
  /** Who issued it. */
  readonly iss: string
  /** When it was issued, in epoch seconds. */
  readonly iat: number
  /** Its id. */
  readonly jti: string
  /** What happened: the URI of each statement about it, with what there is to say. */
  readonly events: Readonly<Record<string, EventClaims>>
  /** When it happened, in epoch seconds. */
  readonly toe?: number
  /** What several tokens have in common that are about one transaction. */
  readonly txn?: string
  /** Whom it is about, where `sub` does not say it (RFC 9493 §4.1). */
  readonly sub_id?: Readonly<Record<string, unknown>>
}

/** Makes and checks the security event tokens of RFC 8417: what {@link securityEvent} is. */
export interface SecurityEventProfile {
  /**
   * Makes a signer of security events (RFC 8417 §2).
   *
   * @throws {TypeError} for an option that is not what it should be
   * @throws {JoseError} `CS_KEY_TYPE`, `CS_KEY_SIZE` or `CS_WEAK_SECRET` for a key that cannot sign with the algorithm
   */
  createSigner<Claims = SecurityEventClaims>(options: LastingSignerOptions<Claims>): Signer<Claims>
  /**
   * Makes a verifier of security events (RFC 8417 §2).
   *
   * @throws {TypeError} for an option that is not what it should be
   * @throws {JoseError} `CS_KEY_INVALID`, `CS_KEY_TYPE`, `CS_JWKS_INVALID` for keys that are refused, or that could
   *   never verify anything
   */
  createVerifier<Claims = SecurityEventClaims>(options: ProfileVerifierOptions<Claims>): Verifier<NoInfer<Claims>>
}

/** RFC 8417 §2. What happened stays true, so such a token need not expire. */
export const SECURITY_EVENT: Kind = {
  name: 'securityEvent',
  typ: 'secevent+jwt',
  required: ['iss', 'iat', 'jti', 'events'],
  types: { events: OBJECT, toe: TIME, txn: TEXT, sub_id: OBJECT },
  further: checkEvents,
}
