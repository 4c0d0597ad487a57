import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { getRequestListener } from '@hono/node-server'
import { generateKey, remoteKeySet, thumbprint } from 'countersign'
import { dpopProof, type ProofInput } from 'countersign/profile'
import { createTestIssuer, type TestClaims, type TestIssuer } from 'countersign/testing'
import { createApp, type Setting, type Trust } from '../src/app.ts'
import { Orders } from '../src/orders.ts'

/** Where clients think they are: the server is behind a proxy, so to speak. */
const ORIGIN = 'https://api.example'
const SCOPE = 'orders:read orders:write'
/** Every token of this issuer would be let in, were it not for its one fault. */
const openIssuer = () => createTestIssuer({ typ: 'at+jwt', claims: { client_id: 'test', scope: SCOPE } })

async function start(t: TestContext, trust: Trust, setting: Partial<Setting> = {}): Promise<string> {
  const app = createApp(trust, { origin: ORIGIN, ...setting })
  const server = createServer(getRequestListener(app.fetch))
  t.after(() => server.close().closeAllConnections())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Somebody with a key. */
async function openClient({ mint, clock }: TestIssuer) {
  const key = await generateKey('ES256')
  const proofs = dpopProof.createSigner({ key, now: clock.now })
  const cnf = { jkt: await thumbprint(key) }
  return {
    /** What binds a token to the key. */
    cnf,
    token: (claims: TestClaims = {}): Promise<string> => mint.valid({ ...claims, cnf }),
    /** The header fields of a request, by default of one for the orders. */
    async fields(accessToken: string, request: Partial<ProofInput> = {}): Promise<Record<string, string>> {
      const proof = await proofs.sign({ method: 'GET', url: `${ORIGIN}/orders`, accessToken, ...request })
      return { authorization: `DPoP ${accessToken}`, dpop: proof }
    },
  }
}

const ask = (origin: string, headers: Record<string, string>, path = '/orders'): Promise<Response> =>
  fetch(`${origin}${path}`, { headers })
const order = (origin: string, headers: Record<string, string>, body = '{"item":"tea"}'): Promise<Response> =>
  fetch(`${origin}/orders`, { method: 'POST', headers, body })
const errorOf = async (answer: Response): Promise<unknown> => ((await answer.json()) as { error?: unknown }).error

test('requests without a good token are refused, and no handler is called', async (t) => {
  const issuer = await openIssuer()
  const client = await openClient(issuer)
  const orders = new Orders()
  const origin = await start(t, issuer.verifierOptions, { orders })

  const nobody = await order(origin, {})
  assert.equal(nobody.status, 401)
  assert.match(
    nobody.headers.get('www-authenticate') ?? '',
    /^DPoP realm="orders", scope="orders:write", algs="[^"]+"$/,
  )
  const post = { method: 'POST' }
  for (const { name, token, code } of await issuer.mint.hostile({ cnf: client.cnf })) {
    const answer = await order(origin, await client.fields(token, post))
    assert.equal(answer.status, 401, name)
    const body = (await answer.json()) as Record<string, unknown>
    assert.deepEqual([body['error'], body['code']], ['invalid_token', code], name)
  }
  const narrow = await order(origin, await client.fields(await client.token({ scope: 'orders:read' }), post))
  assert.deepEqual([narrow.status, await errorOf(narrow)], [403, 'insufficient_scope'])
  const admin = await client.fields(await client.token(), { url: `${ORIGIN}/admin` })
  assert.equal((await ask(origin, admin, '/admin')).status, 403)
  assert.deepEqual(orders.all, [])
})

test('a token is nothing without a proof of its key, for this request, and once (RFC 9449 §7)', async (t) => {
  const issuer = await openIssuer()
  const [client, thief] = [await openClient(issuer), await openClient(issuer)]
  const origin = await start(t, issuer.verifierOptions)
  const token = await client.token()
  const good = await client.fields(token)
  assert.equal((await ask(origin, good)).status, 200)
  for (const { why, fields, error = 'invalid_dpop_proof' } of [
    { why: 'sent again', fields: good },
    { why: 'no proof', fields: { authorization: `DPoP ${token}` } },
    { why: 'as a bearer token', fields: { authorization: `Bearer ${token}` }, error: 'invalid_token' },
    {
      why: 'with a proof, but as a bearer',
      fields: { ...good, authorization: `Bearer ${token}` },
      error: 'invalid_token',
    },
    { why: 'of another key', fields: await thief.fields(token) },
    { why: 'for another method', fields: await client.fields(token, { method: 'POST' }) },
    { why: 'for another path', fields: await client.fields(token, { url: `${ORIGIN}/admin` }) },
    { why: 'for another origin', fields: await client.fields(token, { url: `${origin}/orders` }) },
    { why: 'for another token', fields: await client.fields(token, { accessToken: await client.token() }) },
    { why: 'for none', fields: await client.fields(token, { accessToken: undefined }) },
    { why: 'a token of nobody’s', fields: await client.fields(await issuer.mint.valid()), error: 'invalid_token' },
  ]) {
    const answer = await ask(origin, fields)
    assert.deepEqual([answer.status, await errorOf(answer)], [401, error], why)
    assert.match(
      answer.headers.get('www-authenticate') ?? '',
      new RegExp(`^DPoP realm="orders", error="${error}"`),
      why,
    )
  }
  const old = await client.fields(token)
  issuer.clock.advance('2m')
  assert.equal(await errorOf(await ask(origin, old)), 'invalid_dpop_proof')
})

test('a proof counts once, however many requests bring it at the same moment', async (t) => {
  const issuer = await openIssuer()
  const client = await openClient(issuer)
  const orders = new Orders()
  const origin = await start(t, issuer.verifierOptions, { orders })
  const fields = await client.fields(await client.token(), { method: 'POST' })
  const answers = await Promise.all(Array.from({ length: 20 }, () => order(origin, fields)))
  assert.equal(answers.filter(({ status }) => status === 201).length, 1)
  assert.equal(orders.all.length, 1)
})

test('a request with two tokens, or with two proofs, is refused', async (t) => {
  const issuer = await openIssuer()
  const client = await openClient(issuer)
  const origin = await start(t, issuer.verifierOptions)
  const token = await client.token()
  const { authorization = '', dpop = '' } = await client.fields(token)
  const { dpop: second = '' } = await client.fields(token)
  for (const [fields, status] of [
    [['authorization', authorization, 'authorization', authorization, 'dpop', dpop], 400],
    [['authorization', authorization, 'dpop', dpop, 'dpop', second], 401],
  ] as const) {
    const headers = ['host', new URL(origin).host, ...fields]
    const [answer] = await once(httpRequest(`${origin}/orders`, { headers }).end(), 'response')
    answer.resume()
    assert.equal(answer.statusCode, status)
  }
})

test('a token is refused once it has expired', async (t) => {
  const issuer = await openIssuer()
  const client = await openClient(issuer)
  const origin = await start(t, issuer.verifierOptions)
  const token = await issuer.mint.valid({ cnf: client.cnf }, { expiresIn: '5m' })
  assert.equal((await ask(origin, await client.fields(token))).status, 200)
  issuer.clock.advance('5m')
  issuer.clock.advance('30s') // how far clocks may differ
  assert.equal(await errorOf(await ask(origin, await client.fields(token))), 'invalid_token')
})

test('keys or a store out of reach are 503 with Retry-After, and not the fault of the token', async (t) => {
  const issuer = await openIssuer()
  const client = await openClient(issuer)
  const keys = remoteKeySet(issuer.jwksUri, { fetch: issuer.fetch, now: issuer.clock.now })
  issuer.outage(true)
  const down = (): Promise<never> => Promise.reject(new Error('no answer from redis.internal'))
  for (const origin of [
    await start(t, { ...issuer.verifierOptions, keys }),
    await start(t, issuer.verifierOptions, { replay: { add: down, raise: down, get: down } }),
  ]) {
    const answer = await ask(origin, await client.fields(await client.token()))
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '5'])
    assert.doesNotMatch(await answer.text(), /redis/)
  }
})

test('alice orders and sees her orders, an admin sees all, and health needs no token', async (t) => {
  const issuer = await openIssuer()
  const client = await openClient(issuer)
  const origin = await start(t, issuer.verifierOptions)
  const alice = await client.token({ sub: 'alice' })
  const tea = { owner: 'alice', item: 'tea' }
  const placed = await order(origin, await client.fields(alice, { method: 'POST' }))
  assert.deepEqual([placed.status, await placed.json()], [201, tea])
  const broken = await order(origin, await client.fields(alice, { method: 'POST' }), 'no JSON')
  assert.equal(broken.status, 400)
  assert.deepEqual(await (await ask(origin, await client.fields(alice), '/orders?all=1')).json(), [tea])
  const bob = await client.fields(await client.token({ sub: 'bob' }))
  assert.deepEqual(await (await ask(origin, bob)).json(), [])
  const root = await client.token({ sub: 'root', roles: ['admin'] })
  const all = await ask(origin, await client.fields(root, { url: `${ORIGIN}/admin` }), '/admin')
  assert.deepEqual(await all.json(), [tea])
  assert.deepEqual(await (await ask(origin, {}, '/health')).json(), { up: true })
})

const SRC = new URL('../src/', import.meta.url)

test('the program prints a token and a proof that work once, and its client gets further ones', async (t) => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('main.ts', SRC))], {
    env: { ...process.env, PORT: '0' },
  })
  t.after(() => child.kill('SIGKILL'))
  let printed = ''
  for await (const part of child.stdout) {
    printed += part
    if (printed.includes('Ctrl-C')) break
  }
  const [origin = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(printed) ?? []
  const printedAs = (name: string): string => new RegExp(`^${name}=(\\S+)$`, 'm').exec(printed)?.[1] ?? ''
  const fields = { authorization: `DPoP ${printedAs('TOKEN')}`, dpop: printedAs('PROOF') }
  assert.deepEqual([(await ask(origin, fields)).status, (await ask(origin, fields)).status], [200, 401])

  const client = [fileURLToPath(new URL('client.ts', SRC)), origin]
  const { stdout } = await promisify(execFile)(process.execPath, client)
  const statuses = stdout.split('\n').map((line) => /(?<= )\d{3}(?= )/.exec(line)?.[0])
  assert.deepEqual(statuses, ['201', '200', '403', '401', '401', undefined])
})

test('no token is given out without a proof', async (t) => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('main.ts', SRC))], {
    env: { ...process.env, PORT: '0' },
  })
  t.after(() => child.kill('SIGKILL'))
  let printed = ''
  for await (const part of child.stdout) {
    printed += part
    if (printed.includes('Ctrl-C')) break
  }
  const [origin = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(printed) ?? []
  const answer = await fetch(`${origin}/token`, { method: 'POST' })
  assert.deepEqual([answer.status, await errorOf(answer)], [400, 'invalid_dpop_proof'])
})
