import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { createGuard, type Refusal } from 'countersign/guard'
import { createGuard as createFastifyGuard } from 'countersign/guard/fastify'
import { createGuard as createHonoGuard } from 'countersign/guard/hono'
import { createGuard as createNodeGuard } from 'countersign/guard/node'
import fastify from 'fastify'
import { Hono } from 'hono'
import { logger } from 'hono/logger'

/** A guarded server on this machine, and all that it says to its program. */
export interface Guarded {
  readonly name: string
  readonly origin: string
  /** What the guard told, and what the framework logged. */
  readonly told: Refusal[]
  readonly logged: string[]
  close(): Promise<void>
}

type Options = Omit<Parameters<typeof createGuard>[0], 'onRefusal' | 'extract'>
type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

async function serve(name: string, handlerOf: (told: Refusal[], logged: string[]) => Handler): Promise<Guarded> {
  const [told, logged]: [Refusal[], string[]] = [[], []]
  const handler = handlerOf(told, logged)
  const server = createServer((request, response) => {
    Promise.resolve(handler(request, response)).catch((error) => {
      logged.push(String(error?.stack))
      response.writeHead(500).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve()).closeAllConnections()
    })
  return { name, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, told, logged, close }
}

/** Answers a request of node:http by a handler of the platform's. */
async function bridge(
  handler: (request: Request) => Response | Promise<Response>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const headers = new Headers()
  for (let at = 0; at < request.rawHeaders.length; at += 2)
    headers.append(request.rawHeaders[at] ?? '', request.rawHeaders[at + 1] ?? '')
  const answer = await handler(new Request(`http://${request.headers.host}${request.url}`, { headers }))
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
}

/** A server behind each guard, with a log that says as much as it can. */
export const guardedServers = (options: Options): readonly (() => Promise<Guarded>)[] => [
  () =>
    serve('countersign/guard', (told) => {
      const guard = createGuard({ ...options, onRefusal: (refusal) => told.push(refusal) })
      const handler = guard.protect(() => new Response('in'))
      return (request, response) => bridge(handler as never, request, response)
    }),
  () =>
    serve('countersign/guard/node', (told, logged) => {
      const guard = createNodeGuard({ ...options, onRefusal: (refusal) => told.push(refusal) })
      return (request, response) =>
        guard(request, response, (error) => {
          if (error !== undefined) logged.push(String(error))
          response.writeHead(error === undefined ? 200 : 500).end('in')
        })
    }),
  () =>
    serve('countersign/guard/hono', (told, logged) => {
      const guard = createHonoGuard({ ...options, onRefusal: (refusal) => told.push(refusal) })
      const app = new Hono()
      app.use(logger((...line) => logged.push(line.join(' '))))
      app.get('/orders', guard, (c) => c.text('in'))
      return (request, response) => bridge((one) => app.fetch(one), request, response)
    }),
  async () => {
    const [told, logged]: [Refusal[], string[]] = [[], []]
    const stream = new Writable({
      write(chunk, _encoding, done) {
        logged.push(String(chunk))
        done()
      },
    })
    const app = fastify({ logger: { level: 'trace', stream } })
    await app.register(createFastifyGuard({ ...options, onRefusal: (refusal) => told.push(refusal) }))
    app.get('/orders', () => 'in')
    const origin = await app.listen({ host: '127.0.0.1', port: 0 })
    return { name: 'countersign/guard/fastify', origin, told, logged, close: () => app.close() }
  },
]
