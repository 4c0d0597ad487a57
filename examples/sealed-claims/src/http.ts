import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { JoseError, type JwkSet } from 'countersign'
import { JWKS_SECONDS, JWKS_TYPE } from './format.ts'

/** What a route is asked, as far as one looks at it here. */
export interface Asked {
  readonly query: URLSearchParams
  readonly body: string
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** An object goes out as JSON. */
  readonly body: string | object
}

/** Routes by method and path, such as `GET /keys`. */
export type Routes = Readonly<Record<string, (asked: Asked) => Promise<Answer>>>

/** A server that listens. */
export interface Server {
  readonly origin: string
  /** What it answers from now on; the routes of a server may have to know its origin, and so come after it. */
  serve(routes: Routes): void
  /** Ends it at once, open connections included. */
  close(): Promise<void>
}

const HOST = '127.0.0.1'
const MOST_CHARACTERS = 64 * 1024 // no token is that long

/**
 * A server on this machine.
 *
 * @param port - 0 finds a free one
 * @throws the error of `listen`, such as EADDRINUSE
 */
export async function listen(port: number): Promise<Server> {
  let routes: Routes = {}
  const server = createServer(async (request, response) => {
    const { status, headers, body } = await answer(request, routes)
    const [type, text] = typeof body === 'string' ? ['text/plain', body] : ['application/json', JSON.stringify(body)]
    response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store', ...headers }).end(text)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, HOST, resolve)
  })
  return {
    origin: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    serve: (given) => {
      routes = given
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(request: IncomingMessage, routes: Routes): Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://ignored')
  const name = `${request.method} ${pathname}`
  const route = Object.hasOwn(routes, name) ? routes[name] : undefined
  if (!route) return { status: 404, body: { code: 'not_found', message: 'there is nothing here' } }
  try {
    const body = await readBody(request)
    if (body === undefined) return { status: 413, body: { code: 'too_large', message: 'this is no token' } }
    return await route({ query: searchParams, body })
  } catch (error) {
    return refusal(error)
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  let body = ''
  request.setEncoding('utf8')
  // Not destroyed where it is too long, since that would take the connection of the answer with it.
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    body += part
    if (body.length > MOST_CHARACTERS) return undefined
  }
  return body.trim()
}

/** A token that is refused is for its bearer to know (403); keys that cannot be had are no fault of the token (503). */
function refusal(error: unknown): Answer {
  if (error instanceof JoseError) {
    const { code, message, hint, unavailable } = error
    const body = { code, message, hint }
    return unavailable ? { status: 503, headers: { 'Retry-After': '5' }, body } : { status: 403, body }
  }
  console.error(error)
  return { status: 500, body: { code: 'internal', message: 'something went wrong here' } }
}

/** A JWK Set, and how long it may be kept. */
export function publish(jwks: JwkSet): Answer {
  const headers = { 'Content-Type': JWKS_TYPE, 'Cache-Control': `public, max-age=${JWKS_SECONDS}` }
  return { status: 200, headers, body: jwks }
}
