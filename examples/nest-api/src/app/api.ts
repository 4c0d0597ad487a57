// What the program is, for those who start it: no decorator is in here, so Node reads it as it stands.
import type { INestApplication } from '@nestjs/common'
import type { Verifier } from 'countersign'
import type { AccessTokenClaims } from 'countersign/profile'

/** What the program is given. */
export interface Parts {
  readonly verifier: Verifier<AccessTokenClaims>
}

/** The module `app.ts`, once it is compiled. */
export interface Api {
  /** @returns an application that does not listen yet */
  createApp(parts: Parts): Promise<INestApplication>
}
