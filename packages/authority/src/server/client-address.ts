import type { IncomingMessage } from 'node:http'

/**
 * Who a request is from: the other end of the connection, or what the proxies that are trusted say of it. Each of them
 * adds the address that it sees at the end of X-Forwarded-For; what stands before theirs, anybody may have written.
 */
export function clientAddress(request: IncomingMessage, trustedProxies: number): string {
  const peer = request.socket.remoteAddress ?? 'unknown'
  if (trustedProxies === 0) return peer
  const header = request.headers['x-forwarded-for']
  const forwarded = String(header ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  return forwarded.at(-trustedProxies) ?? forwarded[0] ?? peer
}
