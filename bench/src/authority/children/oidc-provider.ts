// The library that ours is built on, alone: what it keeps is in memory (its adapter forgets all but 1,000 entries), its
// key is a JWK that it signs with by itself, its clients are constants, and its passwords are compared as they are.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type Configuration, type Grant, type KoaContextWithOIDC, Provider } from 'oidc-provider'
import { answer, CALLBACK, newPeople, RESOURCE, SCOPE, toSetup } from '../control.ts'

const { people: count } = toSetup()
const people = newPeople(count)
const passwords = new Map(people.map(({ email, password }) => [email, password]))
const service = { id: 'service', secret: randomBytes(32).toString('base64url') }
const web = { id: 'web', secret: randomBytes(32).toString('base64url') }

const server = createServer()
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo
const issuer = `http://localhost:${port}`
const provider = new Provider(issuer, configuration())
const protocol = provider.callback()
server.on('request', (request, response) => {
  if (request.url?.startsWith('/login/')) void login(request, response)
  else void protocol(request, response)
})
answer({ origin: `http://127.0.0.1:${port}`, issuer, service, web, people })

/** A form, and no more of a page than that. */
async function login(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { uid } = await provider.interactionDetails(request, response)
  if (request.method !== 'POST') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
    response.end(`<form method="post" action="/login/${uid}"><input type="hidden" name="csrf" value="${uid}">
      <input name="email"><input name="password" type="password"><button>Log in</button></form>`)
    return
  }
  const form = new URLSearchParams(await text(request))
  const email = form.get('email') ?? ''
  if (passwords.get(email) !== form.get('password')) return void response.writeHead(401).end()
  await provider.interactionFinished(request, response, { login: { accountId: email, amr: ['pwd'], remember: true } })
}

function configuration(): Configuration {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const common = { resources: { [RESOURCE]: SCOPE } }
  return {
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'bench' } as never] },
    clients: [
      {
        ...common,
        client_id: service.id,
        client_secret: service.secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
      {
        ...common,
        client_id: web.id,
        client_secret: web.secret,
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: [CALLBACK],
        response_types: ['code'],
      },
    ],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    extraClientMetadata: { properties: ['resources'] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    scopes: ['openid', 'offline_access', 'email', 'profile'],
    responseTypes: ['code'],
    pkce: { required: () => true },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      dPoP: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      encryption: { enabled: true },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: SCOPE,
          audience: RESOURCE,
          accessTokenTTL: 600,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
        useGrantedResource: () => false,
      },
    },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, email: id }) }),
    loadExistingGrant: grantAll,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    ttl: { AccessToken: 600, ClientCredentials: 600, AuthorizationCode: 60, IdToken: 3600 },
    interactions: { url: (_ctx, { uid }) => `/login/${uid}` },
  } as Configuration
}

/** What is asked for is granted, as ours grants it to a client that is trusted. */
async function grantAll({ oidc }: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { client, session } = oidc
  if (!client || !session?.accountId) return undefined
  const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId })
  grant.addOIDCScope([...oidc.requestParamOIDCScopes].join(' '))
  grant.addResourceScope(RESOURCE, SCOPE)
  await grant.save()
  return grant
}
