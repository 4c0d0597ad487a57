import type { SafeVerified, Verifier } from 'countersign'
import type { AccessTokenClaims } from 'countersign/profile'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { guarded } from './headers.ts'
import { verdictPage, verifyPage } from './verify-page.ts'

export interface VerifyOptions {
  /** Where the API is. */
  readonly origin: string
  readonly issuer: string
  readonly verifier: Verifier<AccessTokenClaims>
}

const FORM_BYTES = 64 * 1024

/**
 * A page that checks any token with what everybody has: the published keys. The token comes in the body of a form, so that
 * it stands in no address, history or log, and it is shown nowhere.
 */
export function verifyRoutes({ origin, issuer, verifier }: VerifyOptions): Hono {
  const app = new Hono()
  app.use('/verify', guarded(origin))
  app.get('/verify', (c) => c.html(verifyPage({ origin, issuer })))
  app.post('/verify', bodyLimit({ maxSize: FORM_BYTES, onError: (c) => c.text('too large\n', 413) }), async (c) => {
    if (c.req.header('origin') !== origin) return c.text(`this takes forms of ${origin} alone\n`, 403)
    const { token } = await c.req.parseBody().catch(() => ({ token: undefined }))
    // People paste line breaks along; in a token there are none.
    const pasted = typeof token === 'string' ? token.replaceAll(/\s+/g, '') : ''
    if (pasted === '') return c.html(verifyPage({ origin, issuer, hint: 'Paste a token first.' }))
    const result: SafeVerified<AccessTokenClaims> = await verifier.safeVerify(pasted)
    const now = Math.floor(Date.now() / 1000)
    return c.html(verdictPage({ origin, issuer, result, now }), !result.ok && result.error.unavailable ? 503 : 200)
  })
  return app
}
