import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { test } from 'node:test'
import { jwkFor, publicMembers } from '../support/keys.ts'
import { type Cleanup, listen, listenRaw } from '../support/servers.ts'
import { token, worldOf } from './support/golden-world.ts'
import { command, NOW, type Ran, type World } from './support/memory-host.ts'
import { run } from './support/process.ts'

const JWKS = { keys: [{ ...publicMembers(jwkFor('ES256', 0)), kid: '2026-a' }] }
const real: typeof globalThis.fetch = (url, init) => globalThis.fetch(url, init)

/** The command with the network of this machine. */
const verify = (args: readonly string[], world: World = {}): Promise<Ran> =>
  command(['verify', ...args], { ...worldOf({ fetch: real, ...world }) })

type Pages = Readonly<Record<string, unknown>>

/** A server with some pages, all of them JSON; what is a function answers by itself. */
async function serve(test: Cleanup, pages: (origin: string) => Pages): Promise<{ origin: string; seen: string[] }> {
  const seen: string[] = []
  let known: Pages = {}
  const origin = await listen(test, (request, response) => {
    const path = request.url ?? ''
    seen.push(path)
    const page = known[path]
    if (typeof page === 'function') return (page as RequestListener)(request, response)
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(page ?? {}))
  })
  known = pages(origin)
  return { origin, seen }
}

const OIDC = '/.well-known/openid-configuration'

/** An issuer as most are. */
const issuer = (test: Cleanup, pages: Pages = {}): ReturnType<typeof serve> =>
  serve(test, (origin) => ({ [OIDC]: { issuer: origin, jwks_uri: `${origin}/jwks` }, '/jwks': JWKS, ...pages }))

/** Holds that nothing was judged, and gives what was said. */
async function unjudged(args: readonly string[], code: string, world: World = {}): Promise<string> {
  const ran = await verify([...args, '--json'], world)
  assert.equal(ran.code, 7, ran.out)
  const document = ran.json() as { error: { code: string; message: string; hint: string }; verdict?: string }
  assert.deepEqual([document.error.code, document.verdict], [code, undefined])
  assert.match(document.error.message, / The token was NOT checked\.$/)
  return `${document.error.message}\n${document.error.hint}`
}

test('a token of another issuer is refused though its key is known', async (t) => {
  const { origin } = await issuer(t)
  const ran = await verify([token(), '--issuer', origin, '--json'])
  assert.equal(ran.code, 5)
  assert.equal((ran.json()['error'] as { code: string }).code, 'CS_ISS')
})

test('metadata that names another issuer is refused, and what it nearly is is told', async (t) => {
  const { origin } = await serve(t, (own) => ({
    [OIDC]: { issuer: `${own}/`, jwks_uri: `${own}/jwks` },
    '/jwks': JWKS,
  }))
  const said = await unjudged([token(), '--issuer', origin], 'CS_DISCOVERY')
  assert.match(said, /they differ by a final "\/"/)
  assert.ok(said.endsWith(`--issuer ${origin}/`))
  const far = await serve(t, (own) => ({ [OIDC]: { issuer: 'https://other.example', jwks_uri: `${own}/jwks` } }))
  assert.match(
    await unjudged([token(), '--issuer', far.origin], 'CS_DISCOVERY'),
    /names the issuer "https:\/\/other\.example" and not "http:\/\/127\.0\.0\.1:\d+"\./,
  )
})

test('where nobody answers, or not as it should be, nothing is judged', async (t) => {
  const pages: Record<string, RequestListener> = {
    '/moved': (_, response) => response.writeHead(302, { location: '/jwks' }).end(),
    '/fails': (_, response) => response.writeHead(500).end(),
    '/huge': (_, response) => response.end(JSON.stringify({ ...JWKS, more: 'x'.repeat(600_000) })),
    '/text': (_, response) => response.end('<html>'),
    '/never': () => undefined,
    '/drip': (_, response) => void response.writeHead(200).write('{"keys":'),
  }
  const { origin } = await issuer(t, {
    ...pages,
    '/private': { keys: [jwkFor('ES256')] },
    '/secret': { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] },
    '/no-set': { keys: 'none' },
  })
  const gone = await listenRaw(t, (socket) => socket.destroy())
  const at = (path: string, ...more: string[]): readonly string[] => [token(), '--jwks', `${origin}${path}`, ...more]
  const said = async (path: string, code = 'CS_JWKS_FETCH', ...more: string[]): Promise<string> =>
    unjudged(at(path, ...more), code)
  assert.match(await said('/nothing'), /could not fetch http:\/\/127\.0\.0\.1:\d+\/nothing: HTTP status 404\./)
  assert.match(await said('/fails'), /HTTP status 500/)
  assert.match(await said('/moved'), /a redirect \(HTTP status 302\), which is not followed.*\n.*that it leads to/)
  assert.match(await said('/huge'), /the body has more than 524288 octets/)
  assert.match(await said('/never', 'CS_JWKS_FETCH', '--timeout', '0.05s'), /: no answer in 0\.05s\. The token was NOT/)
  assert.match(await said('/drip', 'CS_JWKS_FETCH', '--timeout', '0.05s'), /no answer in 0\.05s/)
  assert.match(await said('/text', 'CS_JWKS_INVALID'), /is not JSON/)
  assert.match(await said('/no-set', 'CS_JWKS_INVALID'), /not an array/)
  const open = await said('/private', 'CS_JWKS_INVALID')
  assert.match(open, /holds a private key\..*\n.*known to everybody now/)
  assert.ok(!open.includes(String(jwkFor('ES256').d)))
  assert.match(await said('/secret', 'CS_JWKS_INVALID'), /holds a secret/)
  assert.match(await unjudged([token(), '--jwks', `${gone}/jwks`], 'CS_JWKS_FETCH'), /could not fetch/)
  assert.match(await unjudged([token(), '--issuer', `${origin}/nobody`], 'CS_DISCOVERY'), /there is no metadata at/)
})

test('the deadline is five seconds unless --timeout says otherwise', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  for (const [seconds, args] of [
    [5, []],
    [2, ['--timeout', '2s']],
  ] as const) {
    let isAsked = (): void => undefined
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve
    })
    const fetch = (async () => {
      isAsked()
      return new Promise(() => undefined)
    }) as unknown as typeof globalThis.fetch
    const running = verify([token(), '--jwks', 'https://id.example.com/jwks', ...args], { fetch })
    await asked
    t.mock.timers.tick(seconds * 1000 - 1)
    t.mock.timers.tick(1)
    const { code, err } = await running
    assert.equal(code, 7)
    assert.ok(
      err.startsWith(
        `error[CS_JWKS_FETCH]: could not fetch https://id.example.com/jwks: no answer in ${seconds}s. The token was NOT checked.\n`,
      ),
    )
  }
})

test('a proxy that is set and not gone by is told of where nobody answers', async () => {
  const args = [token(), '--jwks', 'https://down.example.com/jwks']
  const hint = async (env: Record<string, string>): Promise<string> => (await verify(args, { fetch: down, env })).err
  const down = (async () => {
    throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') })
  }) as typeof globalThis.fetch
  assert.match(
    await hint({ HTTPS_PROXY: 'http://proxy:3128' }),
    /fix: HTTPS_PROXY is set, and Node\.js goes by it only/,
  )
  assert.match(
    await hint({ https_proxy: 'http://proxy:3128', NODE_USE_ENV_PROXY: '1' }),
    /fix: check the address; behind/,
  )
  assert.match(await hint({}), /fix: check the address; behind a proxy set NODE_USE_ENV_PROXY=1; or save the set/)
  const fails = (async () => new Response('', { status: 503 })) as unknown as typeof globalThis.fetch
  const answered = await verify(args, { fetch: fails, env: { HTTPS_PROXY: 'http://proxy:3128' } })
  assert.match(answered.err, /HTTP status 503.*\n.*fix: check the address/)
})

test('an issuer is found by discovery, and its keys are fetched once (OpenID Connect Discovery 1.0 §4)', async (t) => {
  const { origin, seen } = await issuer(t)
  const ran = await verify([token({ iss: origin }), '--issuer', origin, '--json'])
  assert.equal(ran.code, 0, ran.out)
  const [signature, , iss] = ran.json()['checks'] as { name: string; status: string; source?: string }[]
  assert.equal(signature?.source, `${origin}/jwks`)
  assert.deepEqual([iss?.name, iss?.status], ['iss', 'pass'])
  assert.deepEqual(seen, [OIDC, '/jwks'])
})

test('an issuer with a path is found where RFC 8414 §3.1 has it, too', async (t) => {
  const path = '/tenants/one'
  const { origin, seen } = await serve(t, (own) => ({
    [`/.well-known/oauth-authorization-server${path}`]: { issuer: `${own}${path}`, jwks_uri: `${own}/jwks` },
    '/jwks': JWKS,
  }))
  assert.equal((await verify([token({ iss: `${origin}${path}` }), '--issuer', `${origin}${path}`])).code, 0)
  assert.equal(seen.length, 3)
})

test('as a process: --jwks by URL, and --issuer', async (t) => {
  const { origin } = await issuer(t)
  const T = token({ iss: origin, exp: undefined })
  const byUrl = await run(['verify', T, '--jwks', `${origin}/jwks`, '--iss', origin])
  assert.deepEqual([byUrl.code, byUrl.err], [0, ''])
  const byIssuer = await run(['verify', '-', '--issuer', origin], { input: `Authorization: Bearer ${T}\n` })
  assert.equal(byIssuer.code, 0)
  assert.match(byIssuer.out, /^✓ signature {2}ES256, kid 2026-a, from http:\/\/127\.0\.0\.1:\d+\/jwks\n✓ iss\n/)
})

test('of many tokens the keys are fetched once', async (t) => {
  const { origin, seen } = await issuer(t)
  const lines = Array.from({ length: 50 }, (_, index) => token({ iss: origin, jti: `${index}`, exp: NOW + 60 }))
  const { code, out, err } = await verify(['-', '--lines', '--issuer', origin], { input: lines.join('\n') })
  assert.deepEqual([code, out.split('\n').length, err], [0, 51, 'note[CS_NOTE_COUNT]: 50 accepted, 0 rejected.\n'])
  assert.deepEqual(seen, [OIDC, '/jwks'])
})
