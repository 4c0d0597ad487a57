import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { errors } from 'oidc-provider'
import { consentRoutes } from './consent.ts'
import { loginRoutes } from './login.ts'
import { type Env, type InteractionParts, refuse } from './subject.ts'

export type { InteractionParts }

const FORM_BYTES = 16 * 1024

/** The pages on which people log in and consent. But for passkeys, they work without JavaScript. */
export function interactionRoutes(parts: InteractionParts): Hono<Env> {
  const app = new Hono<Env>()
  app.use('/:page{login|consent}/*', bodyLimit({ maxSize: FORM_BYTES, onError: (c) => refuse(c, 'too_large') }))
  app.onError((error, c) => {
    if (error instanceof errors.OIDCProviderError && error.status < 500) return refuse(c, 'expired')
    throw error
  })
  loginRoutes(app, parts)
  consentRoutes(app, parts)
  return app
}
