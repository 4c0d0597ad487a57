import type { User } from './users.ts'

/** A letter to a user. What it says is for whoever sends it to write. */
export interface Letter {
  readonly kind: 'reset-password'
  readonly user: User
  readonly link: string
  /** Until when the link is good (epoch seconds). */
  readonly expiresAt: number
}

/** Hands a letter to somebody who sends it. @throws where they do not take it */
export type SendMail = (letter: Letter) => Promise<void>
