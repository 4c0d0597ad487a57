/** Nothing but this server's own files may style or frame a page, nothing may run in it, and its forms come back here. */
export function securityHeaders(formTargets: readonly string[] | 'anywhere' = []): Readonly<Record<string, string>> {
  // Browsers hold `form-action` against the redirects that follow a form, too: the last one leads to the application.
  const targets = formTargets === 'anywhere' ? [] : [`form-action ${["'self'", ...formTargets].join(' ')}`]
  return {
    'content-security-policy': [
      "default-src 'none'",
      // Of this server there is none; oidc-provider adds the hash of the one line that sends a form on.
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      ...targets,
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ].join('; '),
    'cache-control': 'no-store',
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  }
}

/** What `form-action` takes for a redirect URI: its origin, or the scheme of an app. */
export function formTarget(uri: unknown): readonly string[] {
  const url = typeof uri === 'string' ? URL.parse(uri) : null
  if (url === null) return []
  return /^https?:$/.test(url.protocol) ? [url.origin] : [url.protocol]
}
