import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import * as door from 'countersign'
import { createGuard, type NodeGuard } from 'countersign/guard/node'
import { CLAIMS, POLICY } from '../support/forge.ts'
import { type Cleanup, listen } from '../support/servers.ts'
import { challengesOf, KEY, newClient, ORIGIN, proofs, tokenOf, verifier } from './rig.ts'

const TOKEN = tokenOf()

/** What came back over a socket. */
interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Sends lines as they are, so that nothing joins, drops or reorders them. */
function send(origin: string, ...lines: readonly string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(origin).port), '127.0.0.1', () =>
      socket.write(`${lines.join('\r\n')}\r\nhost: api.example\r\nconnection: close\r\n\r\n`),
    )
    let text = ''
    socket.setEncoding('latin1')
    socket.on('data', (part) => {
      text += part
    })
    socket.on('error', reject)
    socket.on('end', () => {
      const [head = '', ...rest] = text.split('\r\n\r\n')
      const [first = '', ...fields] = head.split('\r\n')
      const headers = Object.fromEntries(
        fields.map((field) => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 2)]),
      )
      resolve({ status: Number(first.split(' ')[1]), headers, body: rest.join('\r\n\r\n') })
    })
  })
}

/** A server with a guard before its only handler. */
async function serve(t: Cleanup, guard: NodeGuard<door.JwtClaims, boolean>) {
  const entered: IncomingMessage[] = []
  const origin = await listen(t, (request, response) => {
    guard(request, response, (error) => {
      if (error === undefined) entered.push(request)
      response.end(error === undefined ? `hello ${guard.of(request)?.claims.sub ?? 'nobody'}` : 'failed')
    })
  })
  return { origin, entered }
}

test('node:http: a request with a token comes in, and one without is answered', async (t) => {
  const { origin, entered } = await serve(t, createGuard({ verifier }))
  const good = await fetch(origin, { headers: { authorization: `Bearer ${TOKEN}` } })
  assert.equal(await good.text(), 'hello 1234567890')
  const bad = await fetch(origin)
  assert.equal(bad.status, 401)
  assert.equal(bad.headers.get('www-authenticate'), 'Bearer')
  assert.equal(bad.headers.get('cache-control'), 'no-store')
  assert.match(bad.headers.get('content-type') ?? '', /^application\/json/)
  assert.deepEqual(await bad.json(), { error: 'no_token', error_description: 'this needs an access token' })
  assert.equal(entered.length, 1)
})
test('node:http: two Authorization headers are refused, in either order, and with any other scheme', async (t) => {
  const { origin, entered } = await serve(t, createGuard({ verifier, optional: true }))
  for (const [one, two] of [
    [`Bearer ${TOKEN}`, `Bearer ${TOKEN}`],
    [`Bearer ${TOKEN}`, 'Basic YTpi'],
    ['Basic YTpi', `Bearer ${TOKEN}`],
    [`Bearer ${TOKEN}`, 'Bearer x'],
    ['Bearer x', `bearer ${TOKEN}`],
  ]) {
    const answer = await send(origin, 'GET / HTTP/1.1', `Authorization: ${one}`, 'x-y: z', `authorization: ${two}`)
    assert.equal(answer.status, 400, `${one} | ${two}`)
    assert.equal(challengesOf(answer)[0]?.['error'], 'invalid_request')
  }
  assert.equal(entered.length, 0)
})
test('node:http: white space around a field is not of it, and a tab behind the scheme is no space', async (t) => {
  const { origin } = await serve(t, createGuard({ verifier }))
  const statusOf = async (field: string): Promise<number> => (await send(origin, 'GET / HTTP/1.1', field)).status
  assert.equal(await statusOf(`Authorization:   Bearer ${TOKEN}  `), 200)
  assert.equal(await statusOf(`Authorization:Bearer ${TOKEN}`), 200)
  assert.equal(await statusOf(`AUTHORIZATION: BEARER ${TOKEN}`), 200)
  assert.equal(await statusOf(`Authorization: Bearer\t${TOKEN}`), 400)
  assert.equal(await statusOf('Authorization: Bearer'), 400)
  assert.equal(await statusOf('Authorization:'), 400)
  assert.equal(await statusOf('Authorization: Bearer a b'), 400)
})
test('node:http: cookies, Origin and Upgrade are read as they were sent', async (t) => {
  const cookie = { name: '__Host-session', origins: ['https://app.example'] }
  const { origin, entered } = await serve(t, createGuard({ verifier, cookie }))
  const session = `Cookie: __Host-session=${TOKEN}`
  const statusOf = async (...lines: string[]): Promise<number> => (await send(origin, ...lines)).status
  assert.equal(await statusOf('POST / HTTP/1.1', 'content-length: 0', session), 403)
  assert.equal(await statusOf('POST / HTTP/1.1', 'content-length: 0', session, 'Origin: null'), 403)
  assert.equal(await statusOf('GET / HTTP/1.1', session, 'Origin: https://evil.example'), 403)
  assert.equal(
    await statusOf('GET / HTTP/1.1', session, 'Origin: https://app.example', 'Origin: https://evil.example'),
    403,
  )
  assert.equal(await statusOf('GET / HTTP/1.1', session, session), 400)
  assert.equal(await statusOf('GET / HTTP/1.1', session, `Authorization: Bearer ${TOKEN}`), 400)
  assert.equal(await statusOf('GET / HTTP/1.1', `Cookie: \u00a0__Host-session=${TOKEN}`), 401)
  assert.equal(entered.length, 0)
  assert.equal(await statusOf('GET / HTTP/1.1', 'Cookie: a=b', session), 200)
  assert.equal(await statusOf('POST / HTTP/1.1', 'content-length: 0', session, 'Origin: https://app.example'), 200)
})
test('node:http: a WebSocket is opened by pages of the options alone', async (t) => {
  const guard = createGuard({ verifier, cookie: { name: 'session', origins: ['https://app.example'] } })
  const server = createServer()
  t.after(() => server.close().closeAllConnections())
  server.on('upgrade', async (request, socket) => {
    const result = await guard.check(request)
    socket.end(`HTTP/1.1 ${result.ok ? 101 : result.status} Whatever\r\n\r\n`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  const open = async (...lines: string[]): Promise<number> => {
    const session = `Cookie: session=${TOKEN}`
    return (await send(origin, 'GET / HTTP/1.1', 'Upgrade: websocket', 'Connection: upgrade', session, ...lines)).status
  }
  assert.equal(await open(), 403)
  assert.equal(await open('Origin: https://evil.example'), 403)
  assert.equal(await open('Origin: null'), 403)
  assert.equal(await open('Origin: https://app.example'), 101)
})
test('node:http: HEAD is answered without a body, and OPTIONS as any other', async (t) => {
  const { origin } = await serve(t, createGuard({ verifier }))
  const head = await send(origin, 'HEAD / HTTP/1.1')
  assert.equal(head.status, 401)
  assert.equal(head.headers['www-authenticate'], 'Bearer')
  assert.equal(head.body, '')
  assert.equal((await send(origin, 'OPTIONS / HTTP/1.1')).status, 401)
  assert.equal((await send(origin, 'OPTIONS / HTTP/1.1', `Authorization: Bearer ${TOKEN}`)).status, 200)
})
test('node:http: a request for the server as a whole is one like any other (RFC 9110 §9.3.7)', async (t) => {
  const { origin } = await serve(t, createGuard({ verifier }))
  assert.equal((await send(origin, 'OPTIONS * HTTP/1.1')).status, 401)
  assert.equal((await send(origin, 'OPTIONS * HTTP/1.1', `Authorization: Bearer ${TOKEN}`)).status, 200)
})
test('node:http: proofs are for the path that was sent, and come in one header (RFC 9449 §4.3)', async (t) => {
  const client = await newClient()
  const { origin } = await serve(t, createGuard({ verifier, dpop: proofs() }))
  const get = (path: string, ...dpop: readonly string[]): Promise<Answer> =>
    send(
      origin,
      `GET ${path} HTTP/1.1`,
      `Authorization: DPoP ${client.token}`,
      ...dpop.map((proof) => `DPoP: ${proof}`),
    )
  assert.equal((await get('/orders?a=b', await client.prove())).status, 200)
  const evil = await client.prove({ htu: 'https://evil.example/x' })
  assert.equal((await get('//evil.example/x', evil)).status, 401)
  assert.equal((await get('//evil.example/x', await client.prove({ htu: `${ORIGIN}//evil.example/x` }))).status, 200)
  const [one, two] = [await client.prove(), await client.prove()]
  const refused = await get('/orders', one, two)
  assert.equal(refused.status, 401)
  assert.equal(challengesOf(refused)[1]?.['error'], 'invalid_dpop_proof')
  assert.equal((await get('/orders')).status, 401)
  assert.equal((await get('/orders', one)).status, 200)
  assert.equal((await get('/orders', one)).status, 401)
})
test('node:http: 503 with Retry-After where the keys are out of reach', async (t) => {
  const keys = door.remoteKeySet('https://keys.internal.example/jwks.json', {
    fetch: () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:443')),
  })
  const remote = door.createVerifier({ keys, ...POLICY })
  const { origin, entered } = await serve(t, createGuard({ verifier: remote, optional: true }))
  const answer = await send(origin, 'GET / HTTP/1.1', `Authorization: Bearer ${TOKEN}`)
  assert.equal(answer.status, 503)
  assert.equal(answer.headers['retry-after'], '5')
  assert.equal(answer.headers['www-authenticate'], undefined)
  assert.equal(/internal|10\.0\.0\.7/.test(JSON.stringify(answer)), false)
  assert.equal(entered.length, 0)
})
test('node:http: a token that is verified while something else answers ends nothing', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const slow = door.createVerifier({
    ...POLICY,
    keys: async () => {
      await promise
      return KEY
    },
  })
  const guard = createGuard({ verifier: slow })
  let entered = 0
  const handler: RequestListener = (request, response) => {
    guard(request, response, () => {
      entered += 1
    })
    response.writeHead(504).end('too late')
  }
  const origin = await listen(t, handler)
  const answers = ['x.y.z', tokenOf({ ...CLAIMS, exp: 1 })].map((token) =>
    fetch(origin, { headers: { authorization: `Bearer ${token}` } }),
  )
  assert.deepEqual(
    (await Promise.all(answers)).map(({ status }) => status),
    [504, 504],
  )
  resolve()
  await new Promise((later) => setTimeout(later, 0))
  assert.equal(entered, 0)
  assert.equal((await fetch(origin)).status, 504)
})
