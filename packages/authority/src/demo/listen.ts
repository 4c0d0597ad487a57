import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { AuthorityError } from '../errors.ts'

/** Whatever answers requests, such as a Hono app. */
export interface Answering {
  fetch(request: Request): Response | Promise<Response>
}

/** A server that listens; whoever asks before `serve` is told to come back. */
export interface Listening {
  /** Where browsers find it: always 127.0.0.1, so that its cookies are of another host than those of the authority. */
  readonly origin: string
  serve(app: Answering): void
  /** Ends it at once, open connections included. */
  close(): Promise<void>
}

/**
 * Listens first; the app comes later, since it is told its own origin and port 0 finds a free port.
 *
 * @throws {AuthorityError} `SETTINGS` where the port is taken
 */
export async function listen(port: number, host: string): Promise<Listening> {
  let app: Answering | undefined
  const server = createAdaptorServer({
    fetch: (request) => app?.fetch(request) ?? new Response(null, { status: 503, headers: { 'Retry-After': '1' } }),
  }) as Server
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve)
  }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EADDRINUSE') throw cause
    throw new AuthorityError('SETTINGS', `port ${port} is in use, and the demo needs it`, {
      hint: 'The demo takes PORT and the three ports after it: set PORT to another one.',
      cause,
    })
  })
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: (answering) => {
      app = answering
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
