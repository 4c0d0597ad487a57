import type { FormTokens } from './csrf.ts'

/** For how long somebody may look for the second factor (seconds). */
const SECONDS = 300
const PROOF = /^(usr_[\w-]{22})\.(\d{1,12})\.([\w-]{43})$/

/** That the password of a user was right, in a form: for one interaction, and for five minutes. */
export class PasswordProofs {
  readonly #forms: FormTokens
  readonly #now: () => number

  constructor(forms: FormTokens, now: () => number = () => Math.floor(Date.now() / 1000)) {
    this.#forms = forms
    this.#now = now
  }

  make(uid: string, user: string): string {
    const until = this.#now() + SECONDS
    return `${user}.${until}.${this.#forms.make('password-proof', `${uid}:${user}:${until}`)}`
  }

  /** Whose password was right. */
  userOf(uid: string, proof: string): string | undefined {
    const [, user = '', until = '', mac] = PROOF.exec(proof) ?? []
    if (!this.#forms.matches('password-proof', `${uid}:${user}:${until}`, mac)) return undefined
    return Number(until) > this.#now() ? user : undefined
  }
}
