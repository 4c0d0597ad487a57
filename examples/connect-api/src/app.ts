import type { IncomingMessage, ServerResponse } from 'node:http'
import connect from 'connect'
import type { OneIssuerOptions } from 'countersign'
import { createGuard } from 'countersign/guard/node'
import { accessToken } from 'countersign/profile'
import { Orders, toItem } from './orders.ts'
import { servePage } from './page.ts'

/** Whose tokens are taken, and by what clock: what differs between a test, a try and the real thing. */
export type Trust = Pick<OneIssuerOptions, 'keys' | 'issuer' | 'audience' | 'now'>

/** The cookie with the token. No neighbouring domain can set one whose name begins like that (RFC 6265bis §4.1.3). */
export const COOKIE = '__Host-token'
/** Gone at once. The other attributes have to be those that it was set with. */
const NO_COOKIE = `${COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0`
const MOST_OCTETS = 4096

/** @param origin - where the pages are that may use the cookie, such as `https://app.example` */
export function createApp(trust: Trust, origin: string, orders: Orders = new Orders()): connect.Server {
  const verifier = accessToken.createVerifier(trust)
  const guard = createGuard({ verifier, cookie: { name: COOKIE, origins: [origin] } })
  const reading = guard.requires({ scope: 'orders:read' })
  const writing = guard.requires({ scope: 'orders:write' })
  const app = connect()

  app.use('/health', (_request, response) => send(response, 200, { up: true }))
  app.use(servePage)

  app.use(guard) // everything from here on needs a token

  app.use('/orders', (request, response, next) => {
    if (request.method === 'GET') reading(request, response, next)
    else writing(request, response, next)
  })
  app.use('/orders', (request, response, next) => {
    // Connect knows no promises: what fails in one is handed on by hand.
    answerOrders(request, response, guard.of(request).claims.sub).catch(next)
  })

  app.use('/admin', guard.requires({ roles: 'admin' }))
  app.use('/admin', (_request, response) => send(response, 200, orders.all))

  app.use('/logout', (request, response) => {
    if (request.method !== 'POST') return send(response, 405, { error: 'POST' })
    response.setHeader('Set-Cookie', NO_COOKIE)
    send(response, 200, { out: true })
  })
  return app

  async function answerOrders(request: IncomingMessage, response: ServerResponse, owner: string): Promise<void> {
    if (request.method === 'GET') return send(response, 200, orders.of(owner))
    if (request.method !== 'POST') return send(response, 405, { error: 'GET or POST' })
    const item = toItem(await bodyOf(request))
    if (item === undefined) return send(response, 400, { error: 'give an item, as in { "item": "tea" }' })
    orders.add({ owner, item })
    send(response, 201, { owner, item })
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  response.end(JSON.stringify(body))
}

/** The body of a request, or nothing of one that is too long. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request.setEncoding('utf8')) {
    text += part
    if (text.length > MOST_OCTETS) return ''
  }
  return text
}
