import { createHmac } from 'node:crypto'
import { isSame } from '../same.ts'

/** Tokens for our own forms: one of a form for one interaction is of no use for another. */
export class FormTokens {
  readonly #secret: Uint8Array

  constructor(secret: Uint8Array) {
    this.#secret = secret
  }

  make(form: string, uid: string): string {
    return createHmac('sha256', this.#secret).update(`${form}:${uid}`).digest('base64url')
  }

  matches(form: string, uid: string, presented: unknown): boolean {
    return isSame(typeof presented === 'string' ? presented : '', this.make(form, uid))
  }
}

/** What a request says of where it comes from. */
interface Sender {
  header(name: string): string | undefined
}

/**
 * Whether a form was sent by one of our own pages. Browsers say so with every POST, in Origin or in Sec-Fetch-Site; who
 * says nothing is refused.
 */
export function isOwnForm(request: Sender, origin: string): boolean {
  const site = request.header('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin') return false
  return request.header('origin') === origin
}
