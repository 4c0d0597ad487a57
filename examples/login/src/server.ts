import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'

/** The one address this service has: it is a demonstration, and nobody else's. */
export const HOST = '127.0.0.1'

/** A server that listens. */
export interface Running {
  readonly origin: string
  /** Ends it at once, open connections included. */
  close(): Promise<void>
}

/**
 * Listens first and makes the app then, since the app is told its own origin and port 0 finds a free port.
 *
 * @throws the error of `listen`, such as EADDRINUSE
 */
export async function startServer(
  port: number,
  // biome-ignore lint/suspicious/noExplicitAny: whatever its routes hand on is theirs
  createApp: (origin: string) => Hono<any>,
): Promise<Running> {
  let app: Hono | undefined
  const server = createAdaptorServer({
    fetch: (request, env) => app?.fetch(request, env) ?? new Response(null, { status: 503 }),
  }) as Server
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, HOST, resolve)
  })
  const origin = `http://${HOST}:${(server.address() as AddressInfo).port}`
  app = createApp(origin)
  return {
    origin,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
