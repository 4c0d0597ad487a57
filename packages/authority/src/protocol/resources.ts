import type { Client } from 'oidc-provider'

/** What a client may ask tokens for: resources, and the scopes of each. */
export function resourceOf(client: Client): ReadonlyMap<string, string> {
  const held: unknown = client['resources']
  return new Map(typeof held === 'object' && held !== null ? (Object.entries(held) as [string, string][]) : [])
}
