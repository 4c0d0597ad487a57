/** A fetch as oidc-provider calls it: `options` has a dispatcher that refuses private addresses. */
type Fetch = (url: string | URL, options: RequestInit & { dispatcher?: unknown }) => Promise<Response>

/**
 * Sends the requests of the provider: logout tokens, and requests for the keys of clients. Clients name the addresses,
 * so private ones are refused, but for the origins that the settings allow.
 */
export function createFetch(allowed: ReadonlySet<string>, send: Fetch = globalThis.fetch as Fetch): Fetch {
  return (url, options) => {
    if (!allowed.has(new URL(url).origin)) return send(url, { ...options, redirect: 'error' })
    const { dispatcher: _guard, ...rest } = options
    return send(url, { ...rest, redirect: 'error' })
  }
}
