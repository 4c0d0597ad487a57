import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import type { Limits } from '../accounts/limits.ts'
import { errorPage } from '../pages/error.ts'
import { securityHeaders } from '../pages/security-headers.ts'
import type { CurrentProvider } from '../protocol/current.ts'
import { isProtocolPath, nameOf } from './app.ts'
import { clientAddress } from './client-address.ts'
import type { Traffic } from './traffic.ts'

/** What the server is made of. */
export interface ListenerParts {
  readonly issuer: string
  readonly trustProxy: number
  readonly app: Hono<never>
  readonly current: CurrentProvider
  readonly limits: Limits
  readonly traffic: Traffic
  readonly log: (line: object) => void
}

const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000

/** A server for the routes of our own and, behind them, those of oidc-provider. */
export function createListener(parts: ListenerParts): Server {
  const own = getRequestListener(parts.app.fetch as never, { hostname: new URL(parts.issuer).host })
  const { host, protocol } = new URL(parts.issuer)
  const site: Site = { host, scheme: protocol.slice(0, -1), trustProxy: parts.trustProxy }
  const server = createServer((request, response) => {
    adopt(request, site)
    const path = pathOf(request)
    parts.traffic.begin(request, response, path)
    const answer = isProtocolPath(path) ? provide(request, response, path, parts) : own(request, response)
    void Promise.resolve(answer).catch((error: unknown) => {
      parts.log({
        level: 'error',
        event: 'request.failed',
        error: nameOf(error),
        request: request.headers['x-request-id'],
      })
      fail(response, 503)
    })
  })
  server.headersTimeout = HEADERS_TIMEOUT_MS
  server.requestTimeout = REQUEST_TIMEOUT_MS
  return server
}

/** What is so of every request. */
interface Site {
  readonly host: string
  readonly scheme: string
  readonly trustProxy: number
}

/**
 * Has a request say what is so: host and scheme are those of the issuer, whatever its headers claim, and the address is
 * the one that the trusted proxies vouch for.
 */
function adopt(request: IncomingMessage, { host, scheme, trustProxy }: Site): void {
  const address = clientAddress(request, trustProxy)
  const { headers } = request
  delete headers['forwarded']
  headers.host = host
  headers['x-forwarded-host'] = host
  headers['x-forwarded-proto'] = scheme
  headers['x-forwarded-for'] = address
}

const pathOf = ({ url = '/' }: IncomingMessage): string => url.split('?', 1)[0] as string

/** The headers of pages; of those that lead to an application; and of what no browser shows, which is JSON. */
const [HERE, LEADING_ELSEWHERE, JSON_ALONE] = [
  Object.entries(securityHeaders()),
  Object.entries(securityHeaders('anywhere')),
  Object.entries({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }),
]
const JSON_PATH = /^\/(?:token|me|request|\.well-known)(?:\/|$)/

function headersOf(path: string): readonly (readonly [string, string])[] {
  if (JSON_PATH.test(path)) return JSON_ALONE
  return path.startsWith('/auth') || path === '/session/end' ? LEADING_ELSEWHERE : HERE
}

async function provide(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  parts: ListenerParts,
): Promise<void> {
  // Headers of pages; where oidc-provider says otherwise, its own count. What it answers to an application may be a form
  // that goes there; so does the logout of someone who is logged in no more, which asks nothing and sends itself.
  for (const [name, value] of headersOf(path)) response.setHeader(name, value)
  if (path === '/device' && request.method === 'POST') {
    const verdict = await parts.limits.userCode(clientAddress(request, 1))
    if (!verdict.allowed) return fail(response, 429, verdict.retryAfter)
  }
  const answer = await parts.current.callback()
  await answer(request, response)
}

const FAILURES = {
  429: ['slow_down', 'Too many tries.', 'Wait and try again.'],
  503: ['temporarily_unavailable', 'The server cannot answer at the moment.', 'Try again in a moment.'],
} as const

function fail(response: ServerResponse, status: keyof typeof FAILURES, retryAfter = 5): void {
  if (response.headersSent) return void response.destroy()
  const [code, message, hint] = FAILURES[status]
  const headers = {
    ...securityHeaders(),
    'retry-after': String(retryAfter),
    'content-type': 'text/html; charset=utf-8',
  }
  response.writeHead(status, headers).end(errorPage({ title: 'That did not work', code, message, hint }))
}
