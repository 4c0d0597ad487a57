/** The rules of countersign/lint on issuers as they are in the world: this authority, and a bare oidc-provider. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { exportJwk, generateKey, type JwkSet } from 'countersign'
import { type Finding, lint, lintIssuer } from 'countersign/lint'
import Provider from 'oidc-provider'
import { addClient, getTokens, ORDERS, openWorld, type World } from './support/world.ts'

/** The findings as lines, so that a difference tells what there is to mend. */
const lines = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ rule, severity, path, message }) => `${severity} ${rule} ${path}: ${message}`)

let world: World
before(async () => {
  world = await openWorld('sqlite')
})
after(() => world?.stop())

test('the authority: nothing is found about the issuer', async () => {
  const { issuer } = world
  const report = await lintIssuer(issuer)
  assert.deepEqual(lines(report.findings), [])
  assert.equal(report.jwksUri, `${issuer}/jwks`)
  // Of each algorithm the key that signs, and the one that will.
  assert.deepEqual([report.keys, report.maxAge], [4, 300])
})

test('the authority: nothing is found about its JWK Set', async () => {
  const answer = await fetch(`${world.issuer}/.well-known/jwks.json`)
  const { kind, findings } = await lint(await answer.text())
  assert.deepEqual([kind, lines(findings)], ['set', []])
})

test('the authority: nothing is found about the tokens that it issues', async () => {
  const published = (await (await fetch(`${world.issuer}/jwks`)).json()) as JwkSet
  const client = await addClient(world, { type: 'web', resources: { [ORDERS]: 'orders:read' } })
  const scope = 'openid email profile roles orders:read'
  const { access_token, id_token = '' } = await getTokens(world, client, { scope, resource: ORDERS })
  for (const [token, profile] of [
    [access_token, 'rfc9068'],
    [access_token, 'bcp'],
    [id_token, 'oidc-id-token'],
  ] as const) {
    const { kind, findings } = await lint(token, { profile, published })
    assert.deepEqual([kind, profile, lines(findings)], ['token', profile, []])
  }
})

test('a bare oidc-provider with one key: what its defaults offer, and how it publishes its keys', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  t.after(() => server.close().closeAllConnections())
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const jwks = { keys: [await exportJwk(await generateKey('RS256', { kid: 'one' }))] }
  const cookies = { keys: ['a key of a test'] }
  const provider = new Provider(issuer, {
    jwks: jwks as never,
    cookies,
    features: { devInteractions: { enabled: false } },
  })
  server.on('request', provider.callback())
  const { findings } = await lintIssuer(issuer)
  assert.deepEqual(lines(findings), [
    'warn CSL126 jwks: there is neither Cache-Control nor Expires.',
    'info CSL111 metadata.grant_types_supported: grant_types_supported has implicit, though no response type gives an access token.',
    'info CSL125 jwks.keys[0]: no other key serves RS256: neither a next one nor an old one.',
  ])
})
