import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { execute, settingsFor } from '../cli/command-process.ts'
import { type AuthorityProcess, startProcess } from '../support/processes.ts'

const skip = process.platform === 'win32' ? 'there are no such signals' : false

interface Served {
  readonly server: AuthorityProcess
  /** The headers of a request for a token, and its body. */
  readonly request: readonly [head: string, body: string]
}

/** A server with a service that may ask for tokens. */
async function serve(t: TestContext, more: Readonly<Record<string, string>>): Promise<Served> {
  const { env } = settingsFor(t)
  const server = await startProcess({ program: 'cli', env: { ...env, ...more } })
  t.after(() => server.kill())
  const resource = 'https://api.example'
  const added = await execute(
    ['client', 'add', '--id', 'robot', '--type', 'service', '--resource', `${resource}=read`, '--json'],
    env,
  )
  const { client_secret: secret } = JSON.parse(added.out) as { readonly client_secret: string }
  const body = `${new URLSearchParams({ grant_type: 'client_credentials', resource, scope: 'read' })}`
  const head = [
    'POST /token HTTP/1.1',
    'Host: localhost',
    `Authorization: Basic ${Buffer.from(`robot:${secret}`).toString('base64')}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
    'Expect: 100-continue',
  ].join('\r\n')
  return { server, request: [`${head}\r\n\r\n`, body] }
}

async function open(t: TestContext, { origin }: AuthorityProcess): Promise<Socket> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname).on('error', () => undefined)
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  return socket.setEncoding('latin1')
}

/** What comes until the other side has no more to say. */
async function toEnd(socket: Socket): Promise<string> {
  let text = ''
  for await (const chunk of socket) text += chunk
  return text
}

test('a request that is being answered is answered, on a connection that ends with it', { skip }, async (t) => {
  const { server, request } = await serve(t, {})
  const [idle, busy] = [await open(t, server), await open(t, server)]
  idle.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const [first] = await once(idle, 'data')
  assert.match(first, /^HTTP\/1\.1 200 /)
  busy.write(request[0])
  const [go] = await once(busy, 'data')
  assert.match(go, /^HTTP\/1\.1 100 /)
  const stopped = server.stop()
  await server.waitFor('stopping', 0)
  assert.equal(await toEnd(idle), '')
  busy.write(request[1])
  const answer = await toEnd(busy)
  assert.match(answer, /^HTTP\/1\.1 200 .*\r\nConnection: close\r\n.*"access_token"/s)
  assert.equal(await stopped, 0)
  assert.equal(server.lines.at(-1)?.['event'], 'stopped')
})

test('with DRAIN a server that is asked to stop says so, and serves on until a second signal', { skip }, async (t) => {
  const { server, request } = await serve(t, { DRAIN: '5m' })
  const ready = async (): Promise<readonly [number, string, string | null]> => {
    const answer = await fetch(`${server.origin}/readyz`)
    return [answer.status, await answer.text(), answer.headers.get('connection')]
  }
  assert.deepEqual(await ready(), [200, 'ready\n', 'keep-alive'])
  const stopped = server.stop()
  const line = await server.waitFor('stopping', 0)
  assert.deepEqual([line['signal'], line['drain']], ['SIGTERM', 300])
  assert.deepEqual(await ready(), [503, 'draining\n', 'close'])
  assert.equal((await fetch(`${server.origin}/healthz`)).status, 200)
  const socket = await open(t, server)
  socket.write(request.join(''))
  assert.match(await toEnd(socket), /\r\nHTTP\/1\.1 200 .*\r\nConnection: close\r\n.*"access_token"/s)
  await server.stop()
  assert.equal(await stopped, 143)
})
