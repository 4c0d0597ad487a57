import type { MiddlewareHandler } from 'hono'

const COMMON = {
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** What every answer of the API has: but for those that say so themselves, nothing of it is a page. */
export const bare: MiddlewareHandler = async (c, next) => {
  await next()
  if (!c.res.headers.has('Content-Security-Policy'))
    setAll(c.res.headers, { 'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'" })
  setAll(c.res.headers, COMMON)
  if (!c.res.headers.has('Cache-Control')) c.res.headers.set('Cache-Control', 'no-store')
}

/**
 * What every answer of an app has, and each page.
 *
 * @param issuer - a form that logs in or out is answered with a redirect to there, and `form-action` counts those, too
 */
export function guarded(issuer: string): MiddlewareHandler {
  const policy = [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    `form-action 'self' ${issuer}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')
  const headers = {
    ...COMMON,
    'Content-Security-Policy': policy,
    // Not no-referrer: with that, a browser sends `Origin: null` with a form, and forms are known by their Origin here.
    'Referrer-Policy': 'same-origin',
  }
  return async (c, next) => {
    await next()
    setAll(c.res.headers, headers)
    if (!c.res.headers.has('Cache-Control')) c.res.headers.set('Cache-Control', 'no-store')
  }
}

function setAll(headers: Headers, values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) headers.set(name, value)
}
