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

  /** @param mark - names the password: with another one the proof is none any more */
  make(uid: string, user: string, mark: string): string {
    const until = this.#now() + SECONDS
    return `${user}.${until}.${this.#forms.make('password-proof', `${uid}:${user}:${until}:${mark}`)}`
  }

  /** Whose password was right, as the proof says and nobody has checked. */
  static claimed(proof: string): string {
    return PROOF.exec(proof)?.[1] ?? ''
  }

  /** Whether the password was right, and is the one of now. */
  proves(uid: string, proof: string, mark: string): boolean {
    const [, user = '', until = '', mac] = PROOF.exec(proof) ?? []
    if (!this.#forms.matches('password-proof', `${uid}:${user}:${until}:${mark}`, mac)) return false
    return Number(until) > this.#now()
  }
}
