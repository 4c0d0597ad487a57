import type { ClientMetadata } from './client-metadata.ts'

/**
 * What the pages of this server are to its own protocol: a client that sends people to log in and that gets nothing for
 * it. It is not in the database, and nobody can register its name.
 */
export const ACCOUNT_CLIENT = 'countersign-account'

/** The pages that a login returns to. */
export const ACCOUNT_PAGES = ['/account', '/admin'] as const

export function accountClient(issuer: string): ClientMetadata {
  return {
    client_id: ACCOUNT_CLIENT,
    client_name: 'your account',
    application_type: 'web',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    redirect_uris: ACCOUNT_PAGES.map((page) => `${issuer}${page}`),
    token_endpoint_auth_method: 'none',
    resources: {},
    first_party: true,
  }
}
