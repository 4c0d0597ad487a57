/** The library's command against issuers as they are in the world: this authority, and a bare oidc-provider. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { exportJwk, generateKey } from 'countersign'
import Provider from 'oidc-provider'
import { PROCESS_ENV } from './support/process-env.ts'
import { addClient, authorize, ORDERS, openWorld, redeem, STOCK, type World } from './support/world.ts'

const CLI = fileURLToPath(new URL('../../countersign/src/cli.ts', import.meta.url))

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs the command as somebody would who has a token in a pipe. */
async function countersign(args: readonly string[], input = ''): Promise<Ended> {
  const child = spawn(process.execPath, [CLI, ...args], { env: PROCESS_ENV })
  child.stdin.end(input)
  const ended = once(child, 'close')
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = (await ended) as [number]
  return { code, out, err }
}

let world: World
let tokens: { readonly access: string; readonly id: string; readonly client: string; readonly nonce: string }

before(async () => {
  world = await openWorld('sqlite')
  const client = await addClient(world, { type: 'web', resources: { [ORDERS]: 'orders:read' } })
  const arrival = await authorize(world, client, { scope: 'openid orders:read', resource: ORDERS })
  const { access_token: access, id_token: id = '' } = await redeem(client, arrival, { resource: ORDERS })
  tokens = { access, id, client: client.id, nonce: arrival.nonce }
})
after(() => world?.stop())

test('the authority: a token that was changed, or is for somebody else, is refused', async () => {
  const { issuer } = world
  const [header = '', payload = '', signature = ''] = tokens.access.split('.')
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'somebody else' }
  const changed = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.')
  const forged = await countersign(['verify', '-', '--issuer', issuer], changed)
  assert.equal(forged.code, 4)
  assert.match(forged.err, /^error\[CS_SIGNATURE\]/)
  const elsewhere = await countersign(['verify', '-', '--issuer', issuer, '--aud', STOCK], tokens.access)
  assert.equal(elsewhere.code, 5)
  assert.match(elsewhere.err, /^error\[CS_AUD\]/)
  const slash = await countersign(['verify', '-', '--issuer', `${issuer}/`], tokens.access)
  assert.equal(slash.code, 7)
  assert.match(slash.err, /they differ by a final "\/"/)
})

test('the authority: its access tokens are accepted, with and without their profile', async () => {
  const { issuer } = world
  const args = ['verify', '-', '--issuer', issuer, '--aud', ORDERS]
  const plain = await countersign(args, `Authorization: Bearer ${tokens.access}`)
  assert.equal(plain.code, 0, plain.err)
  assert.match(plain.out, /^✓ signature {2}\w+, kid \S+, from http:\/\/\S+\n/)
  const profile = await countersign([...args, '--profile', 'rfc9068', '--json'], tokens.access)
  assert.equal(profile.code, 0, profile.out)
  const { verdict, checks } = JSON.parse(profile.out) as { verdict: string; checks: { status: string }[] }
  assert.equal(verdict, 'accepted')
  assert.ok(checks.every(({ status }) => status === 'pass'))
})

test('the authority: its ID tokens are accepted for their client and their login alone', async () => {
  const { issuer } = world
  const args = ['verify', '-', '--issuer', issuer, '--profile', 'oidc-id-token']
  // What was drawn may begin with a dash.
  const [aud, nonce] = [`--aud=${tokens.client}`, `--nonce=${tokens.nonce}`]
  const right = await countersign([...args, aud, nonce], tokens.id)
  assert.equal(right.code, 0, right.err)
  const wrong = await Promise.all([
    countersign([...args, aud, '--nonce', 'another'], tokens.id),
    countersign([...args, '--aud', 'another', nonce], tokens.id),
    countersign([...args, '--aud', ORDERS], tokens.access),
  ])
  assert.deepEqual(
    wrong.map(({ code }) => code),
    [5, 5, 5],
  )
})

test('the authority: jwks lists its keys, and picks the one that signed', async () => {
  const { issuer } = world
  const listed = await countersign(['jwks', '--issuer', issuer])
  assert.equal(listed.code, 0, listed.err)
  const { kid } = JSON.parse(Buffer.from(tokens.access.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }
  assert.ok(listed.out.includes(kid))
  const picked = await countersign(['jwks', '--issuer', issuer, `--kid=${kid}`, '--pick'])
  const verified = await countersign(['verify', tokens.access, '--key', '-', '--aud', ORDERS], picked.out)
  assert.equal(verified.code, 0, verified.err)
})

test('another issuer: a bare oidc-provider with keys of its own', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close().closeAllConnections())
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const keys = await Promise.all(['PS256', 'ES256'].map(async (alg) => exportJwk(await generateKey(alg))))
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'job',
        client_secret: 'a secret of a test',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    cookies: { keys: ['a key of a test'] },
    jwks: { keys: keys as never },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => ORDERS,
        getResourceServerInfo: () => ({
          scope: 'orders:read',
          audience: ORDERS,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    ttl: { ClientCredentials: 300 },
  })
  server.on('request', provider.callback())
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('job:a secret of a test').toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'orders:read' }),
  })
  const body = await answer.text()
  const args = ['verify', '-', '--issuer', issuer, '--aud', ORDERS]
  // The answer as it came has the token in it.
  const right = await countersign([...args, '--profile', 'rfc9068'], body)
  assert.equal(right.code, 0, `${right.err}${body}`)
  assert.match(right.out, /^✓ signature {2}ES256, kid /)
  assert.equal((await countersign([...args, '--alg', 'PS256'], body)).code, 6)
  const ours = await countersign(args, tokens.access)
  assert.equal(ours.code, 6)
  assert.match(ours.err, /^error\[CS_NO_KEY\]: no key with kid .* among 2 at http.*\n.*from elsewhere: its iss is /m)
})
