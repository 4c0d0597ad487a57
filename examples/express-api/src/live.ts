// A WebSocket that tells somebody of each new order of theirs. A browser can give a WebSocket no Authorization header, and
// a token in its URL ends up in logs, so the token is the first message.
import type { Server } from 'node:http'
import type { NodeGuard } from 'countersign/guard/node'
import type { AccessTokenClaims } from 'countersign/profile'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import type { Order, Orders } from './orders.ts'

/** What the socket needs. */
export interface Live {
  readonly server: Server
  readonly guard: NodeGuard<AccessTokenClaims>
  readonly orders: Orders
  /** Milliseconds that a socket has for its first message. */
  readonly patience: number
}

/** The longest message: a token is never longer, and there is no other message. */
const MOST_OCTETS = 16 * 1024

export function pushOrders({ server, guard, orders, patience }: Live): void {
  const sockets = new WebSocketServer({ server, path: '/live', maxPayload: MOST_OCTETS })
  sockets.on('connection', (socket) => {
    socket.on('error', () => {}) // such as a message that is too long; ws closes the socket itself
    const impatience = setTimeout(() => socket.close(4401, 'no token came'), patience)
    socket.once('close', () => clearTimeout(impatience))
    socket.once('message', async (data, isBinary) => {
      clearTimeout(impatience)
      const token = isBinary ? '' : textOf(data)
      const claims = await check(socket, guard, token)
      if (claims === undefined) return
      const stop = orders.watch((order) => {
        if (order.owner === claims.sub) push(socket, guard, token, order)
      })
      socket.once('close', stop)
      if (socket.readyState !== socket.OPEN) stop() // it closed while its token was checked
      socket.send(JSON.stringify({ watching: claims.sub }))
    })
  })
}

/** A socket may be open for longer than its token is good for, so the token is checked again each time it counts. */
async function push(socket: WebSocket, guard: Live['guard'], token: string, order: Order): Promise<void> {
  if (await check(socket, guard, token)) socket.send(JSON.stringify(order))
}

/** The claims of a token; without them, the socket is closed. */
async function check(socket: WebSocket, guard: Live['guard'], token: string): Promise<AccessTokenClaims | undefined> {
  try {
    const result = await guard.token(token)
    if (result.ok) return result.jwt.claims
    // The status of HTTP behind a 4: the codes from 4000 on are for programs (RFC 6455 §7.4.2).
    socket.close(4000 + result.status, result.reason)
  } catch {
    socket.close(1011) // no refusal but a fault of ours: nobody is let in then, either
  }
  return undefined
}

const textOf = (data: RawData): string =>
  (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)).toString()
