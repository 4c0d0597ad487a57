import { randomBytes } from 'node:crypto'
import { isName } from '../accounts/fields.ts'
import { AuthorityError } from '../errors.ts'

/**
 * What an administrator says of a client, to `addClient` of {@link openAuthority}; most members are those of OpenID
 * Connect Dynamic Client Registration 1.0 §2.
 */
export interface ClientInput {
  /** Its id: 1 to 128 characters of A-Z a-z 0-9 . _ ~ -. Default: a random one. */
  readonly client_id?: string | undefined
  /** What people see on the consent page. Default: its id. */
  readonly client_name?: string | undefined
  /** A web application with a secret, one in a browser or on a device of its user without, a machine, a device without keyboard. */
  readonly type: ClientType
  /** Where people come back to after a login, each exactly as the client spells it. */
  readonly redirect_uris?: readonly string[] | undefined
  /** Where people come back to after a logout. */
  readonly post_logout_redirect_uris?: readonly string[] | undefined
  /** Where the client is told of logouts (OpenID Connect Back-Channel Logout 1.0 §2.2). */
  readonly backchannel_logout_uri?: string | undefined
  /** What it may get tokens by. Default: what its type does. */
  readonly grant_types?: readonly string[] | undefined
  /** How it proves who it is. Default: by a secret, where its type has one. */
  readonly auth?: ClientAuth | undefined
  /** Its public keys, as a JWK Set. */
  readonly jwks?: { readonly keys: readonly object[] } | undefined
  /** Where it publishes them. */
  readonly jwks_uri?: string | undefined
  /** The key management by which its ID tokens are encrypted; left out, they are not. */
  readonly id_token_encrypted_response_alg?: string | undefined
  /** The content encryption of its ID tokens. */
  readonly id_token_encrypted_response_enc?: string | undefined
  /** The algorithm that signs its ID tokens. */
  readonly id_token_signed_response_alg?: string | undefined
  /** The scopes that it may ask for, with spaces between. */
  readonly scope?: string | undefined
  /** What the client may ask tokens for: the URI of a resource and the scopes there, with spaces between. */
  readonly resources?: Readonly<Record<string, string>> | undefined
  /** Whether its access tokens are always bound to a key (RFC 9449 §5.2). */
  readonly dpop_bound_access_tokens?: boolean | undefined
  /** Whether it has to push its authorization requests (RFC 9126 §6). */
  readonly require_pushed_authorization_requests?: boolean | undefined
  /** One of our own: nobody is asked for consent. */
  readonly trusted?: boolean | undefined
  /** Whether a client of the same id makes way, with a new secret. */
  readonly replace?: boolean | undefined
}

export const CLIENT_TYPES = ['web', 'public', 'service', 'device'] as const
export const CLIENT_AUTHS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const

/**
 * What a client of {@link openAuthority} is: `web` has a secret, `public` runs in a browser or on a device of its user,
 * `service` is a machine, `device` has no keyboard.
 */
export type ClientType = (typeof CLIENT_TYPES)[number]
/** How a client of {@link openAuthority} proves who it is (OpenID Connect Core 1.0 §9). */
export type ClientAuth = (typeof CLIENT_AUTHS)[number]

/** A client as OpenID Connect registers it (Dynamic Client Registration §2), with two members of our own. */
export interface ClientMetadata {
  readonly [name: string]: unknown
  readonly client_id: string
  readonly resources: Readonly<Record<string, string>>
  /** One of our own: nobody is asked for consent. */
  readonly first_party: boolean
}

export const CLIENT_ID: RegExp = /^[\w.~-]{1,128}$/

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'

const GRANTS: Readonly<Record<ClientType, readonly string[]>> = {
  web: ['authorization_code', 'refresh_token'],
  public: ['authorization_code', 'refresh_token'],
  service: ['client_credentials'],
  device: [DEVICE_CODE, 'refresh_token'],
}
const AUTH: Readonly<Record<ClientType, ClientAuth>> = {
  web: 'client_secret_basic',
  public: 'none',
  service: 'client_secret_basic',
  device: 'none',
}

/** Metadata for what an administrator said. @throws {AuthorityError} `CLIENT_INVALID` */
export function toMetadata(input: ClientInput): ClientMetadata {
  const { type } = input
  if (!CLIENT_TYPES.includes(type)) throw invalid(`type is none of ${CLIENT_TYPES.join(', ')}`)
  const id = input.client_id ?? randomBytes(12).toString('base64url')
  if (!CLIENT_ID.test(id)) throw invalid('client_id is not 1 to 128 characters of A-Z a-z 0-9 . _ ~ -')
  if (input.client_name !== undefined && !isName(input.client_name))
    throw invalid('client_name is not 1 to 200 characters that can be seen')
  // Sessions of oidc-provider keep what is a client's as a member of that name: these are members of every object.
  if (id in {}) throw invalid(`client_id ${id} is taken`)
  const redirects = [...(input.redirect_uris ?? []), ...(input.post_logout_redirect_uris ?? [])]
  for (const uri of redirects) checkRedirect(uri, type)
  const grants = input.grant_types ?? GRANTS[type]
  const auth = input.auth ?? AUTH[type]
  if (auth === 'none' && grants.some((grant) => grant === 'client_credentials' || grant === TOKEN_EXCHANGE))
    throw invalid('a client that cannot prove who it is gets no tokens by client_credentials or token exchange')
  const code = grants.includes('authorization_code')
  if (code && (input.redirect_uris ?? []).length === 0)
    throw invalid('a client that people log in to needs a redirect URI')
  const native = type === 'public' && (input.redirect_uris ?? []).some((uri) => !uri.startsWith('https://'))
  return withoutUndefined({
    client_id: id,
    client_name: input.client_name ?? id,
    application_type: native ? 'native' : 'web',
    grant_types: grants,
    response_types: code ? ['code'] : [],
    redirect_uris: input.redirect_uris ?? [],
    post_logout_redirect_uris: input.post_logout_redirect_uris,
    backchannel_logout_uri: input.backchannel_logout_uri,
    backchannel_logout_session_required: input.backchannel_logout_uri === undefined ? undefined : true,
    token_endpoint_auth_method: auth,
    jwks: input.jwks,
    jwks_uri: input.jwks_uri,
    id_token_signed_response_alg: input.id_token_signed_response_alg,
    id_token_encrypted_response_alg: input.id_token_encrypted_response_alg,
    id_token_encrypted_response_enc: input.id_token_encrypted_response_enc,
    scope: input.scope,
    dpop_bound_access_tokens: input.dpop_bound_access_tokens,
    require_pushed_authorization_requests: input.require_pushed_authorization_requests,
    resources: toResources(input.resources ?? {}),
    first_party: input.trusted ?? false,
  })
}

/** Whether a client of such metadata has a secret. */
export function needsSecret(metadata: ClientMetadata): boolean {
  return String(metadata['token_endpoint_auth_method']).startsWith('client_secret_')
}

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])$/

/**
 * Redirect URIs are compared as they stand (RFC 9700 §4.1.3); what is registered is https, or http on loopback, or the
 * scheme of an app with a dot in it (RFC 8252 §7.1).
 */
function checkRedirect(uri: string, type: ClientType): void {
  const url = URL.parse(uri)
  const shown = JSON.stringify(uri)
  if (url === null) throw invalid(`${shown} is no URI`)
  if (url.username !== '' || url.password !== '' || uri.includes('#') || /[\s\\]/.test(uri))
    throw invalid(`${shown} has a user, a fragment or white space in it`)
  if (url.protocol === 'https:') return
  if (url.protocol === 'http:' && LOOPBACK.test(url.hostname)) return
  if (type === 'public' && /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(url.protocol)) return
  throw invalid(
    `${shown} is neither https, nor http on this machine${type === 'public' ? ', nor com.example.app:/…' : ''}`,
  )
}

function toResources(resources: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [resource, scopes] of Object.entries(resources)) {
    if (URL.parse(resource) === null || resource.includes('#') || /\s/.test(resource))
      throw invalid(`resource ${JSON.stringify(resource)} is no absolute URI without a fragment (RFC 8707 §2)`)
    if (!/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/.test(scopes))
      throw invalid(`the scopes of ${resource} are not words with a space between`)
  }
  return resources
}

export const invalid = (why: string): AuthorityError => new AuthorityError('CLIENT_INVALID', why)

function withoutUndefined<T extends object>(members: T): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T
}
