import { createHash } from 'node:crypto'
import { createSigner } from 'countersign'
import type { KeyRing } from 'countersign/keyring'
import { AuthorityError } from '../errors.ts'
import type { SendMail } from './mail.ts'

/** What the hook needs. */
export interface MailHookParts {
  /** The URL of who sends the letters. */
  readonly hook: string
  readonly issuer: string
  readonly ring: KeyRing
  readonly log: (line: object) => void
  readonly fetch?: typeof globalThis.fetch
}

/** For how long an answer is waited for (milliseconds), and a token is good (seconds). */
const [PATIENCE_MS, TOKEN_SECONDS] = [10_000, 60]

/**
 * Hands letters to a URL, as JSON. A token comes along that our JWK Set verifies (`typ` mail-hook+jwt, with the SHA-256
 * of the body as `body_sha256`): whoever has the hook sends no letter that is not from us.
 */
export function createMailHook({ hook, issuer, ring, log, fetch = globalThis.fetch }: MailHookParts): SendMail {
  const named = { issuer, audience: hook, typ: 'mail-hook+jwt', jti: true } as const
  const signer = createSigner({ key: ring, alg: 'ES256', expiresIn: TOKEN_SECONDS, ...named })
  return async ({ kind, user, link, expiresAt }) => {
    const letter = { kind, email: user.email, name: user.name ?? null, link, expires_at: expiresAt }
    const body = JSON.stringify(letter)
    try {
      const token = await signer.sign({ body_sha256: createHash('sha256').update(body).digest('base64url') })
      const answer = await fetch(hook, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body,
        // What is in the letter is for nobody but who was named.
        redirect: 'error',
        signal: AbortSignal.timeout(PATIENCE_MS),
      })
      await answer.body?.cancel()
      if (!answer.ok) throw new Refused(`${answer.status}`)
    } catch (error) {
      // Neither the address nor the link: of the error, what kind it is alone.
      const why = error instanceof Refused ? `status ${error.message}` : error instanceof Error ? error.name : 'unknown'
      log({ level: 'warn', event: 'mail.failed', kind, error: why })
      throw new AuthorityError('MAIL', `the letter was not taken (${why})`, {
        hint: 'See whether what MAIL_HOOK names runs and knows our keys, or hand the link over yourself.',
      })
    }
  }
}

/** An answer that is none of success. */
class Refused extends Error {}
