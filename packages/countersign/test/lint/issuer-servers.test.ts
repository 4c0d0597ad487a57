import assert from 'node:assert/strict'
import type { RequestListener, ServerResponse } from 'node:http'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type IssuerLintOptions, type IssuerReport, lintIssuer } from 'countersign/lint'
import { KEYS, METADATA, rowsOf } from '../support/audited.ts'
import { fails, now } from '../support/forge.ts'
import { listen, listenRaw } from '../support/servers.ts'

type Test = Parameters<typeof listen>[0]

const serve = (response: ServerResponse, body: unknown, type = 'application/json'): void => {
  response.writeHead(200, { 'content-type': type, 'cache-control': 'max-age=300' }).end(JSON.stringify(body))
}
const at = (issuer: string, members: object = {}): object =>
  JSON.parse(JSON.stringify({ ...METADATA, ...members }).replaceAll(METADATA.issuer, issuer))

/** Looks at a server with its keys behind a listener; its metadata comes at once, so that it is only these that are waited for. */
async function lintKeys(t: Test, keys: RequestListener, timeout: number): Promise<IssuerReport> {
  const origin = await listen(t, keys)
  const fetch: NonNullable<IssuerLintOptions['fetch']> = (url, request) =>
    url === `${origin}/jwks` ? globalThis.fetch(url, request) : Promise.resolve(Response.json(at(origin)))
  return lintIssuer(origin, { now, timeout, fetch })
}

const MIB = 2 ** 20
const zip = { 'content-encoding': 'gzip' }
const BOMB = gzipSync(Buffer.alloc(16 * MIB, ' '))

/** What a server does, and for how many seconds that is waited for. */
const HOSTILE: readonly (readonly [what: string, keys: RequestListener, timeout: number])[] = [
  ['redirects', (_, response) => response.writeHead(302, { location: '/elsewhere' }).end(), 5],
  ['sends 16 MB', (_, response) => response.end(Buffer.alloc(16 * MIB, ' ')), 5],
  ['sends a gzip bomb', (_, response) => response.writeHead(200, zip).end(BOMB), 5],
  ['never ends', (_, response) => void response.writeHead(200).write('{"keys":['), 0.5],
  ['never answers', () => {}, 0.5],
  ['hangs up', (request) => request.socket.destroy(), 5],
  [
    'is cut off',
    (_, response) => void response.writeHead(200, { 'content-length': 99 }).write('{', () => response.destroy()),
    5,
  ],
  ['has nothing', (_, response) => response.writeHead(404).end(), 5],
]
for (const [what, keys, timeout] of HOSTILE) {
  test(`a real server whose JWK Set ${what}: that is the finding`, async (t) => {
    assert.deepEqual(rowsOf(await lintKeys(t, keys, timeout)), [['CSL120', 'error', 'jwks']])
  })

  test(`a real server whose metadata ${what} is an error`, async (t) => {
    const origin = await listen(t, keys)
    await fails(() => lintIssuer(origin, { timeout }), 'CS_DISCOVERY')
  })
}

test('a real server that speaks no HTTP is an error', async (t) => {
  const origin = await listenRaw(t, (socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'))
  await fails(() => lintIssuer(origin), 'CS_DISCOVERY')
})

test('a real server that is as it should be: nothing is found', async (t) => {
  const origin: string = await listen(t, ({ url }, response) => {
    if (url === '/jwks') serve(response, { keys: KEYS }, 'application/jwk-set+json')
    else serve(response, at(origin))
  })
  const report = await lintIssuer(origin, { now })
  assert.deepEqual(rowsOf(report), [])
  assert.deepEqual([report.keys, report.maxAge], [4, 300])
})

test('a real server with a path is asked at both places', async (t) => {
  const seen: (string | undefined)[] = []
  const origin: string = await listen(t, ({ url }, response) => {
    seen.push(url)
    if (url === '/tenant/.well-known/openid-configuration') response.writeHead(404).end()
    else if (url?.endsWith('/jwks')) serve(response, { keys: KEYS })
    else serve(response, at(`${origin}/tenant`))
  })
  const report = await lintIssuer(`${origin}/tenant`, { now })
  assert.deepEqual(rowsOf(report), [])
  assert.equal(report.metadataUrl, `${origin}/.well-known/oauth-authorization-server/tenant`)
  assert.deepEqual(seen.sort(), [
    '/.well-known/oauth-authorization-server/tenant',
    '/tenant/.well-known/openid-configuration',
    '/tenant/jwks',
  ])
})

test('attack 49: a real server is not asked for another issuer by a redirect', async (t) => {
  let elsewhere = 0
  const target = await listen(t, (_, response) => {
    elsewhere++
    serve(response, METADATA)
  })
  const origin = await listen(t, ({ url }, response) => response.writeHead(302, { location: target + url }).end())
  await fails(() => lintIssuer(origin), 'CS_DISCOVERY')
  assert.equal(elsewhere, 0)
})

test('attack 49: metadata from afar sends nobody to a real server on this machine', async (t) => {
  let asked = 0
  const inside = await listen(t, (_, response) => {
    asked++
    serve(response, { keys: KEYS })
  })
  const issuer = METADATA.issuer
  const fetch: NonNullable<IssuerLintOptions['fetch']> = (url, request) =>
    url.startsWith(issuer)
      ? Promise.resolve(Response.json({ ...METADATA, jwks_uri: `${inside}/jwks` }))
      : globalThis.fetch(url, request)
  assert.deepEqual(rowsOf(await lintIssuer(issuer, { fetch })), [['CSL107', 'error', 'metadata.jwks_uri']])
  assert.equal(asked, 0)
})
