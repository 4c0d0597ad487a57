import assert from 'node:assert/strict'
import { get } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { discover } from 'countersign'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { addClient, HTTP, ORDERS, onEachTopology, post, readAccessToken, type World } from '../support/world.ts'

type Document = Readonly<Record<string, unknown>>

const WELL_KNOWN = ['openid-configuration', 'oauth-authorization-server'] as const

/** Asks an instance itself, and says that it is called something else. */
async function askAs(origin: string, path: string, headers: Readonly<Record<string, string>>): Promise<Document> {
  const { promise, resolve, reject } = Promise.withResolvers<import('node:http').IncomingMessage>()
  get(new URL(path, origin), { headers, agent: false }, resolve).on('error', reject)
  return JSON.parse(await text(await promise))
}

async function read({ issuer }: World, path: string): Promise<Document> {
  return (await fetch(new URL(path, issuer))).json() as Promise<Document>
}

onEachTopology((world) => {
  test('whatever a request says of its host, the documents say what the issuer is', async () => {
    const { issuer, origins } = world()
    const lies = {
      host: 'thief.example',
      'x-forwarded-host': 'thief.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=thief.example;proto=https',
    }
    for (const origin of origins) {
      for (const name of WELL_KNOWN) {
        const document = await askAs(origin, `/.well-known/${name}`, lies)
        assert.equal(document['issuer'], issuer)
        assert.ok(!JSON.stringify(document).includes('thief'))
      }
    }
  })

  test('nothing weak is offered (RFC 9700)', async () => {
    const document = await read(world(), '/.well-known/openid-configuration')
    assert.deepEqual(document['response_types_supported'], ['code'])
    assert.deepEqual(document['code_challenge_methods_supported'], ['S256'])
    assert.equal(document['request_uri_parameter_supported'], false)
    assert.equal(document['authorization_response_iss_parameter_supported'], true)
    const { token_endpoint_auth_methods_supported: methods, ...rest } = document
    assert.deepEqual(methods, ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'])
    assert.doesNotMatch(JSON.stringify(rest), /"(none|HS\d+|dir|A\d+(GCM)?KW|RSA1_5|implicit|password)"/)
    const grants = ['authorization_code', 'refresh_token', 'client_credentials']
    const urns = ['device_code', 'token-exchange'].map((name) => `urn:ietf:params:oauth:grant-type:${name}`)
    assert.deepEqual(new Set(document['grant_types_supported'] as string[]), new Set([...grants, ...urns]))
  })

  test('OpenID Connect Discovery and RFC 8414 say the same, and every endpoint is there', async () => {
    const { issuer } = world()
    const [first, second] = await Promise.all(WELL_KNOWN.map((name) => read(world(), `/.well-known/${name}`)))
    assert.deepEqual(first, second)
    const endpoints = Object.entries(first ?? {}).filter(([name]) => /(_endpoint|_uri)$/.test(name))
    assert.deepEqual(endpoints.map(([name]) => name.replace(/_(endpoint|uri)$/, '')).toSorted(), [
      'authorization',
      'device_authorization',
      'end_session',
      'introspection',
      'jwks',
      'pushed_authorization_request',
      'revocation',
      'token',
      'userinfo',
    ])
    for (const [name, url] of endpoints) {
      assert.ok(String(url).startsWith(`${issuer}/`), name)
      const { status } = await fetch(String(url), {
        method: /\/(jwks|auth|session\/end)$/.test(String(url)) && !/device/.test(name) ? 'GET' : 'POST',
      })
      assert.ok(status !== 404 && status < 500, `${name}: ${status}`)
    }
    assert.equal((await fetch(`${issuer}/nowhere`)).status, 404)
    assert.equal((await fetch(`${issuer}/.well-known/openid-configuration`, { method: 'POST' })).status, 404)
  })

  test('openid-client, oauth4webapi and countersign find the authority by its issuer', async () => {
    const { issuer } = world()
    const url = new URL(issuer)
    const client = await addClient(world(), { type: 'service', resources: { [ORDERS]: 'orders:read' } })
    for (const algorithm of ['oidc', 'oauth2'] as const) {
      const execute = { execute: [openid.allowInsecureRequests], algorithm }
      const config = await openid.discovery(
        url,
        client.id,
        client.secret,
        openid.ClientSecretBasic(client.secret),
        execute,
      )
      const tokens = await openid.clientCredentialsGrant(config, { resource: ORDERS })
      await readAccessToken(world(), tokens.access_token)
      const as = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { ...HTTP, algorithm }))
      assert.equal(as.issuer, issuer)
    }
    assert.equal((await discover(issuer)).issuer, issuer)
  })

  test('the JWK Set has public keys alone, the same in all instances, and may be kept for a while', async () => {
    const { issuer, origins } = world()
    const sets = await Promise.all([issuer, ...origins].map((origin) => fetch(`${origin}/jwks`)))
    const [set, ...others] = (await Promise.all(sets.map((answer) => answer.json()))) as { keys: Document[] }[]
    for (const other of others) assert.deepEqual(new Set(other.keys), new Set(set?.keys))
    assert.deepEqual(await read(world(), '/.well-known/jwks.json'), set)
    const members = new Set(set?.keys.flatMap((key) => Object.keys(key)))
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) assert.ok(!members.has(secret), secret)
    assert.deepEqual(new Set(set?.keys.map(({ alg }) => alg)), new Set(['ES256', 'RS256']))
    const [{ headers }] = sets as [Response]
    assert.match(headers.get('cache-control') ?? '', /max-age=\d+/)
    const conditional = { headers: { 'if-none-match': headers.get('etag') ?? '' } }
    assert.equal((await fetch(`${issuer}/jwks`, conditional)).status, 304)
    assert.equal((await fetch(`${issuer}/jwks`, { method: 'POST' })).status, 405)
  })

  test('a browser of a registered origin may ask the token endpoint, and no other (CORS)', async () => {
    const client = await addClient(world(), { type: 'public', redirect_uris: ['https://spa.example/callback'] })
    const ask = (origin: string) => post(world(), '/token', { grant_type: 'authorization_code' }, client, { origin })
    const known = await ask('https://spa.example')
    assert.equal(known.headers.get('access-control-allow-origin'), 'https://spa.example')
    for (const origin of ['https://thief.example', 'null', 'https://spa.example.thief.example'])
      assert.notEqual((await ask(origin)).headers.get('access-control-allow-origin'), origin)
    for (const path of ['/jwks', ...WELL_KNOWN.map((name) => `/.well-known/${name}`)]) {
      const { headers } = await fetch(`${world().issuer}${path}`, { headers: { origin: 'https://anywhere.example' } })
      assert.ok(['*', 'https://anywhere.example'].includes(headers.get('access-control-allow-origin') ?? ''), path)
    }
  })

  test('it is alive and ready', async () => {
    for (const origin of world().origins)
      for (const path of ['/healthz', '/readyz']) assert.equal((await fetch(`${origin}${path}`)).status, 200)
  })
})
