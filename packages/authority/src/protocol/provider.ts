import type { KeyRing } from 'countersign/keyring'
import {
  type Account,
  type Adapter,
  type Client,
  type Configuration,
  errors,
  type Grant,
  type KoaContextWithOIDC,
  Provider,
  type ResourceServer,
} from 'oidc-provider'
import { MULTI_FACTOR } from '../accounts/assurance.ts'
import type { User, Users } from '../accounts/users.ts'
import { RingKey } from '../keys/ring-key.ts'
import type { Secrets } from '../keys/secrets.ts'
import { ACCESS_TOKEN_SECONDS, type Settings, SIGNING_ALGS } from '../settings.ts'
import type { Db } from '../store/database.ts'
import { unavailable } from '../unavailable.ts'
import { askingBack, showError, writingLast } from './answers.ts'
import { devicePages, logoutPages } from './built-in-pages.ts'
import { TOKEN_EXCHANGE } from './client-metadata.ts'
import { secretMatches } from './clients.ts'
import { keepKnownClaims, loginPolicy } from './login-policy.ts'
import { createFetch } from './outgoing.ts'
import { resourceOf } from './resources.ts'
import { createTokenExchange, EXCHANGE_PARAMETERS } from './token-exchange.ts'

const MINUTE = 60
const DAY = 86_400
/** A refresh token that nobody uses ends, and so does its family at some time, however often it is used (seconds). */
const [IDLE_REFRESH, LONGEST_REFRESH] = [14 * DAY, 90 * DAY]

const [DEFAULT_ALG] = SIGNING_ALGS
/** How clients may have their ID tokens encrypted: by keys of theirs, and not by a secret that we only have a hash of. */
const ENCRYPTION_ALGS = ['ECDH-ES', 'RSA-OAEP-256', 'RSA-OAEP'] as const
const ENCRYPTIONS = ['A256GCM', 'A128GCM', 'A256CBC-HS512', 'A128CBC-HS256'] as const
const SIGNATURES = ['ES256', 'RS256', 'PS256', 'Ed25519', 'EdDSA'] as const

/** What a provider is made of; but for the keys, all of it stays as long as the server. */
export interface ProviderParts {
  readonly settings: Settings
  readonly ring: KeyRing
  readonly secrets: Secrets
  readonly users: Users
  readonly adapter: (model: string) => Adapter
  readonly db: Db
  /** Origins with private addresses that requests may go to. */
  readonly outgoing: ReadonlySet<string>
}

/** Somebody of ours, as oidc-provider wants to be told of them. */
interface KnownAccount extends Account {
  readonly user: User
}

/**
 * An OpenID Connect provider (oidc-provider) with the keys of the ring as they are now. It is replaced when they change.
 *
 * @throws {JoseError} `CS_UNAVAILABLE` where the store of the ring is out of reach
 */
export async function createProvider(parts: ProviderParts): Promise<Provider> {
  const { settings, ring, users, db } = parts
  const { issuer } = settings
  const provider = new Provider(issuer, await toConfiguration(parts))
  provider.use(askingBack)
  provider.use((ctx, next) => (ctx.path === '/token' ? writingLast(ctx, next, provider, db) : next()))
  // Whatever a request says of its host and scheme was replaced by what the issuer says.
  provider.proxy = true
  provider.Client.prototype.compareClientSecret = function compare(actual: string): boolean {
    return secretMatches(this.clientSecret, actual)
  }
  const exchange = createTokenExchange({ issuer, ring, users })
  provider.registerGrantType(TOKEN_EXCHANGE, exchange, EXCHANGE_PARAMETERS)
  return provider
}

async function toConfiguration(parts: ProviderParts): Promise<Configuration> {
  const { settings, secrets, users, adapter } = parts
  const https = settings.issuer.startsWith('https://')
  const cookie = { httpOnly: true, sameSite: 'lax', signed: true, secure: https } as const
  const name = (text: string): string => (https ? `__Host-${text}` : text)
  return {
    adapter: adapter as never,
    jwks: { keys: await signingKeys(parts.ring) },
    clientDefaults: { id_token_signed_response_alg: DEFAULT_ALG, grant_types: ['authorization_code'] },
    cookies: {
      keys: [Buffer.from(secrets.cookies).toString('base64url')],
      // A path narrows the cookies of an interaction, which the prefix __Host- does not allow.
      names: {
        session: name('countersign_session'),
        interaction: 'countersign_interaction',
        resume: 'countersign_resume',
      },
      long: cookie,
      short: cookie,
    },
    claims: {
      // How somebody logged in is said in each ID token, and not where it is asked for alone.
      openid: ['sub', 'acr', 'amr', 'auth_time'],
      email: ['email', 'email_verified'],
      profile: ['name'],
      roles: ['roles'],
      sid: null,
      iss: null,
    } as never,
    scopes: ['openid', 'offline_access', 'email', 'profile', 'roles'],
    responseTypes: ['code'],
    pkce: { required: () => true },
    subjectTypes: ['public'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    enabledJWA: {
      clientAuthSigningAlgValues: SIGNATURES,
      idTokenSigningAlgValues: SIGNING_ALGS,
      userinfoSigningAlgValues: SIGNING_ALGS,
      introspectionSigningAlgValues: SIGNING_ALGS,
      authorizationSigningAlgValues: SIGNING_ALGS,
      requestObjectSigningAlgValues: SIGNATURES,
      idTokenEncryptionAlgValues: ENCRYPTION_ALGS,
      idTokenEncryptionEncValues: ENCRYPTIONS,
      dPoPSigningAlgValues: SIGNATURES,
    },
    features: {
      devInteractions: { enabled: false },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true, ...devicePages() },
      pushedAuthorizationRequests: { enabled: true },
      dPoP: { enabled: true },
      introspection: { enabled: true, allowedPolicy: isOwn },
      revocation: { enabled: true, allowedPolicy: isOwn },
      encryption: { enabled: true },
      backchannelLogout: { enabled: true },
      claimsParameter: { enabled: true, assertClaimsParameter: keepKnownClaims },
      rpInitiatedLogout: { enabled: true, ...logoutPages() },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx: unknown, resource: string, client: Client) =>
          toResourceServer(resourceOf(client), resource),
        // Who was granted one resource means it, also where the token request does not name it again (RFC 8707 §2.2).
        useGrantedResource: () => true,
      },
    } as never,
    extraClientMetadata: { properties: ['resources', 'first_party'] },
    async findAccount(_ctx, sub) {
      const user = await users.find(sub).catch((error) => {
        throw unavailable(error)
      })
      return user?.state === 'active' ? toAccount(user) : undefined
    },
    extraTokenClaims(ctx, token) {
      if (!('accountId' in token)) return undefined
      const account = (ctx as KoaContextWithOIDC).oidc.account as KnownAccount | undefined
      return account && { roles: [...account.user.roles], ...loginOf(ctx as KoaContextWithOIDC) }
    },
    loadExistingGrant,
    issueRefreshToken: async (_ctx, client, source) =>
      client.grantTypeAllowed('refresh_token') &&
      (source.scopes.has('offline_access') || client['first_party'] === true),
    rotateRefreshToken,
    ttl: {
      AccessToken: ACCESS_TOKEN_SECONDS,
      ClientCredentials: ACCESS_TOKEN_SECONDS,
      AuthorizationCode: MINUTE,
      DeviceCode: 10 * MINUTE,
      IdToken: settings.schedule.tokenLifetime,
      Interaction: 60 * MINUTE,
      Session: IDLE_REFRESH,
      Grant: LONGEST_REFRESH,
      RefreshToken: (_ctx, token) => {
        const began = typeof token.iiat === 'number' ? token.iiat : Math.floor(Date.now() / 1000)
        return Math.max(1, Math.min(IDLE_REFRESH, began + LONGEST_REFRESH - Math.floor(Date.now() / 1000)))
      },
    },
    acrValues: [MULTI_FACTOR],
    interactions: {
      policy: loginPolicy(),
      url: (_ctx, { prompt, uid }) => `/${prompt.name === 'login' ? 'login' : 'consent'}/${uid}`,
    },
    clientBasedCORS: (_ctx, origin, client) =>
      origin !== 'null' && (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin),
    fetch: createFetch(parts.outgoing) as never,
    fetchResponseBodyLimits: { jwks_uri: 512 * 1024, sector_identifier_uri: 64 * 1024 },
    renderError: showError,
  } as Configuration
}

/** The keys as oidc-provider takes them: of each algorithm, the one that signs first; the others verify old ID tokens. */
async function signingKeys(ring: KeyRing): Promise<RingKey[]> {
  const { keys } = await ring.publicJwks()
  const active = new Set(ring.list().flatMap(({ kid, state }) => (state === 'active' ? [kid] : [])))
  const first = keys.filter(({ kid }) => active.has(kid as string))
  const rest = keys.filter(({ kid }) => !active.has(kid as string))
  return [...first, ...rest].map((jwk) => new RingKey(ring, jwk))
}

/** An access token for a resource is a JWT (RFC 9068), and says nothing that was not granted for it. */
function toResourceServer(resources: ReadonlyMap<string, string>, resource: string): ResourceServer {
  const scope = resources.get(resource)
  if (scope === undefined) throw new errors.InvalidTarget('the client may not ask for tokens for this resource')
  return {
    scope,
    audience: resource,
    accessTokenTTL: ACCESS_TOKEN_SECONDS,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: DEFAULT_ALG } },
  }
}

/** How and when somebody logged in, for whoever gets the access token (RFC 9068 §2.2.1). */
function loginOf({ oidc }: KoaContextWithOIDC): Readonly<Record<string, unknown>> {
  const { AuthorizationCode: code, RefreshToken: refresh, DeviceCode: device } = oidc.entities
  const { acr, amr, authTime } = code ?? refresh ?? device ?? {}
  return {
    ...(authTime !== undefined && { auth_time: authTime }),
    ...(acr !== undefined && { acr }),
    ...(amr !== undefined && { amr }),
  }
}

function toAccount(user: User): KnownAccount {
  const { id, email, name, roles } = user
  return {
    user,
    accountId: id,
    claims: async () => ({
      sub: id,
      email,
      email_verified: false,
      roles: [...roles],
      ...(name !== undefined && { name }),
    }),
  }
}

/** What was granted before; to one of our own clients, whatever it asks for. */
async function loadExistingGrant(ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { oidc } = ctx
  const { provider, client, session, result } = oidc
  const accountId = session?.accountId
  if (client === undefined || session === undefined || accountId === undefined) return undefined
  const grantId = result?.consent?.grantId ?? session.grantIdFor(client.clientId)
  const known = grantId === undefined ? undefined : await provider.Grant.find(grantId)
  const grant = known?.accountId === accountId && known.clientId === client.clientId ? known : undefined
  if (client['first_party'] !== true) return grant
  const granted = grant ?? new provider.Grant({ accountId, clientId: client.clientId })
  const before = JSON.stringify(granted)
  granted.addOIDCScope([...oidc.requestParamOIDCScopes].join(' '))
  for (const [resource, { scopes }] of Object.entries(oidc.resourceServers ?? {})) {
    const asked = [...oidc.requestParamScopes].filter((scope) => scopes.has(scope))
    if (asked.length > 0) granted.addResourceScope(resource, asked.join(' '))
  }
  if (grant === undefined || JSON.stringify(granted) !== before) await granted.save()
  return granted
}

/** A client learns of its own tokens, and ends its own alone (RFC 7662 §2.1, RFC 7009 §2.1). */
const isOwn = (_ctx: unknown, client: Client, token: { readonly clientId?: string }): boolean =>
  token.clientId === client.clientId

/** Every refresh token is used once. A request that will be refused for its resource must not use one up. */
function rotateRefreshToken({ oidc }: KoaContextWithOIDC): boolean {
  const granted = oidc.entities.RefreshToken?.resourceIndicators
  for (const resource of [oidc.params?.['resource'] ?? []].flat())
    if (!granted?.has(String(resource))) throw new errors.InvalidTarget('this resource was not granted')
  return true
}
