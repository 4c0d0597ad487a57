import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe } from 'node:test'
import { importKey, type Jwk, type Key, publicJwks, type RemoteKeySet, remoteKeySet } from 'countersign'
import { type AccessTokenClaims, accessToken } from 'countersign/profile'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import type { User } from '../../src/accounts/users.ts'
import type { ClientInput } from '../../src/protocol/client-metadata.ts'
import { missing, type Started, type StartOptions, startOn, TOPOLOGIES, type Topology } from './authority.ts'
import { note } from './given.ts'
import { type Credentials, login, UserAgent } from './user-agent.ts'

/** Resources that clients of the tests may ask tokens for, and one that they may not. */
export const [ORDERS, STOCK, FOREIGN] = ['https://orders.example', 'https://stock.example', 'https://foreign.example']
export const CALLBACK = 'https://app.example/callback'
/** Tests of HTTP on loopback are let through by both clients only when they are told to. */
export const HTTP = { [oauth.allowInsecureRequests]: true } as const

/** An authority, somebody who logs in to it, and what there is to know of it. */
export interface World extends Started {
  readonly user: User & Credentials
  readonly as: oauth.AuthorizationServer
  /** The hosted JWK Set, as an API reads it. */
  readonly keys: RemoteKeySet
  /** Each operation of the protocol on the database: `Session.find`. */
  readonly counted: string[]
  /** A browser in which the user is logged in. */
  readonly browser: UserAgent
}

/** A registered client with what it needs to act as one. */
export interface TestClient {
  readonly id: string
  readonly secret: string | undefined
  /** For openid-client. */
  readonly config: openid.Configuration
  /** For oauth4webapi. */
  readonly client: oauth.Client
  readonly auth: oauth.ClientAuth
}

/** An authorization response, with what only its client knows. */
export interface Arrival {
  readonly url: URL
  readonly code: string
  readonly verifier: string
  readonly nonce: string
  readonly state: string
}

/** Runs tests against each way to run an authority; those of one way share it. */
export function onEachTopology(tests: (world: () => World) => void, options: StartOptions = {}): void {
  for (const topology of TOPOLOGIES) {
    describe(topology, { skip: missing(topology) }, () => {
      let world: World | undefined
      before(async () => {
        world = await openWorld(topology, options)
      })
      after(() => world?.stop())
      tests(() => world as World)
    })
  }
}

export async function openWorld(topology: Topology, options: StartOptions = {}): Promise<World> {
  const counted: string[] = []
  const count = (model: string, operation: string): void => void counted.push(`${model}.${operation}`)
  const started = await startOn(topology, { ...options, count })
  const credentials = { email: 'ada@example.org', password: 'correct horse battery' }
  const { user } = await started.operations.addUser({ ...credentials, name: 'Ada Reyes', roles: ['editor', 'admin'] })
  const issuer = new URL(started.issuer)
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, HTTP))
  const keys = remoteKeySet(String(as.jwks_uri))
  return { ...started, user: { ...user, ...credentials }, as, keys, counted, browser: newBrowser() }
}

/** A browser at an address of its own, so that nobody's tries count for another. */
export function newBrowser(options: { readonly stopAt?: readonly string[] } = {}): UserAgent {
  return new UserAgent({ ...options, headers: { 'x-forwarded-for': `10.${[...randomBytes(3)].join('.')}` } })
}

/** Registers a client and reads the discovery document for it, as its owner would. */
export async function addClient(
  { operations, issuer, as }: World,
  input: ClientInput,
  key?: openid.CryptoKey,
): Promise<TestClient> {
  const { type } = input
  const redirects = type === 'web' || type === 'public' ? { redirect_uris: [CALLBACK] } : {}
  const { client_id: id, client_secret: secret } = await operations.addClient({ trusted: true, ...redirects, ...input })
  note('client secret', secret)
  const [forOpenid, auth] = toAuth(input, secret, key)
  const metadata = {
    id_token_signed_response_alg: input.id_token_signed_response_alg ?? 'ES256',
    use_mtls_endpoint_aliases: false,
  }
  const config = new openid.Configuration(as as openid.ServerMetadata, id, metadata, forOpenid)
  openid.allowInsecureRequests(config)
  assert.equal(config.serverMetadata().issuer, issuer)
  return { id, secret, config, client: { client_id: id, ...metadata }, auth }
}

function toAuth(
  { auth, type }: ClientInput,
  secret: string | undefined,
  key: openid.CryptoKey | undefined,
): readonly [openid.ClientAuth, oauth.ClientAuth] {
  if (key !== undefined) return [openid.PrivateKeyJwt(key), oauth.PrivateKeyJwt(key)]
  if (secret === undefined) return [openid.None(), oauth.None()]
  if (auth === 'client_secret_post') return [openid.ClientSecretPost(secret), oauth.ClientSecretPost(secret)]
  assert.ok(type !== 'device' && type !== 'public', `${type} has no secret`)
  return [openid.ClientSecretBasic(secret), oauth.ClientSecretBasic(secret)]
}

/** The URL of an authorization request with all that belongs to it. */
export async function toRequest(
  { config }: TestClient,
  parameters: Readonly<Record<string, string>> = {},
): Promise<{ readonly url: URL; readonly verifier: string; readonly nonce: string; readonly state: string }> {
  const verifier = openid.randomPKCECodeVerifier()
  const [nonce, state] = [openid.randomNonce(), openid.randomState()]
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: 'openid',
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    nonce,
    state,
    ...parameters,
  })
  return { url, verifier, nonce, state }
}

/** Has the user log in for a client. @throws where there is no code at the end */
export async function authorize(
  { user, browser }: World,
  client: TestClient,
  parameters: Readonly<Record<string, string>> = {},
  agent: UserAgent = browser,
): Promise<Arrival> {
  const { url: to, ...own } = await toRequest(client, parameters)
  const url = await login(agent, to, user)
  const code = url.searchParams.get('code')
  assert.ok(code !== null, `there is no code in ${url.search}`)
  return { url, code, ...own }
}

/** The tokens for an authorization response, by openid-client. */
export function redeem(
  { config }: TestClient,
  { url, verifier, nonce, state }: Arrival,
  parameters: Readonly<Record<string, string>> = {},
  options: openid.DPoPOptions = {},
): ReturnType<typeof openid.authorizationCodeGrant> {
  const checks = { pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state, idTokenExpected: true }
  return openid.authorizationCodeGrant(config, url, checks, parameters, options)
}

/** Tokens of the user for a client. */
export async function getTokens(
  world: World,
  client: TestClient,
  parameters: Readonly<Record<string, string>> = {},
): ReturnType<typeof redeem> {
  const { resource } = parameters
  const named: Readonly<Record<string, string>> = resource === undefined ? {} : { resource }
  return redeem(client, await authorize(world, client, parameters), named)
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

/** What a client sends that does as it likes: to an endpoint, with its own way to say who it is. */
export async function post(
  { issuer }: World,
  path: string,
  parameters: Readonly<Record<string, string>>,
  { id, secret }: { readonly id?: string; readonly secret?: string | undefined } = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const basic = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  const answer = await fetch(new URL(path, issuer), {
    method: 'POST',
    headers: { ...(secret !== undefined && { authorization: basic }), ...headers },
    body: new URLSearchParams({ ...(id !== undefined && secret === undefined && { client_id: id }), ...parameters }),
  })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) }
}

/** The parameters that redeem a code as they should be. */
export const codeGrant = ({
  code,
  verifier,
}: Pick<Arrival, 'code' | 'verifier'>): Readonly<Record<string, string>> => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: CALLBACK,
  code_verifier: verifier,
})

/** Asserts that a request was refused: with this error, and with nothing that is worth having. */
export function refused({ status, headers, body }: Answer, error: string, expected = 400): void {
  assert.deepEqual({ status, error: body['error'] }, { status: expected, error }, JSON.stringify(body))
  assert.equal(headers.get('cache-control'), 'no-store')
  for (const name of ['access_token', 'refresh_token', 'id_token']) assert.equal(body[name], undefined, name)
}

/** The error of an authorization response. */
export const errorOf = (url: URL | undefined): string | null | undefined => url?.searchParams.get('error')

/** The claims of an access token, as an API that is meant by it reads them. */
export async function readAccessToken(
  { keys, issuer }: World,
  token: string,
  audience: string = ORDERS,
): Promise<AccessTokenClaims> {
  const verifier = accessToken.createVerifier({ keys, issuer, audience, algorithms: ['ES256'] })
  return (await verifier.verify(token)).claims
}

/** Moves a time of rows in the database into the past: what they hold is sealed. */
export async function moveBack(
  { store }: World,
  column: 'expires_at' | 'consumed_at',
  seconds: number,
  ...models: readonly string[]
): Promise<void> {
  const [result] = await store.db
    .updateTable('oidc_state')
    .set((row) => ({ [column]: row(column, '-', seconds) }))
    .where('model', 'in', models)
    .where(column, 'is not', null)
    .execute()
  assert.ok(Number(result?.numUpdatedRows) > 0, `there is no ${models}`)
}

/** Takes away a person's right to log in, as an administrator does. */
export async function setState({ store }: World, userId: string, state: 'active' | 'disabled'): Promise<void> {
  await store.db.updateTable('users').set({ state }).where('id', '=', userId).execute()
}

/** A key pair in each form that a test needs. */
export interface KeyPair extends openid.CryptoKeyPair {
  readonly key: Key
  /** The public half, as a client registers it. */
  readonly jwks: { readonly keys: readonly Jwk[] }
}

export async function newKeyPair(alg = 'ES256'): Promise<KeyPair> {
  const { privateKey, publicKey } = await openid.randomDPoPKeyPair(alg, { extractable: true })
  const key = importKey(privateKey)
  return { privateKey, publicKey, key, jwks: await publicJwks([key]) }
}
