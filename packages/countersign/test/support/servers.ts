import { createServer, type RequestListener } from 'node:http'
import { createServer as createRawServer, type Server, type Socket } from 'node:net'

/** What a test closes its servers with. */
export interface Cleanup {
  after(act: () => unknown): void
}

/**
 * Starts a server on this machine for the length of a test.
 *
 * @returns its origin
 */
export async function listen(test: Cleanup, handler: RequestListener): Promise<string> {
  const server = createServer(handler)
  test.after(() => server.close().closeAllConnections())
  return start(server)
}

/** The same, where not even HTTP is kept to. */
export async function listenRaw(test: Cleanup, handler: (socket: Socket) => void): Promise<string> {
  const open = new Set<Socket>()
  const server = createRawServer((socket) => {
    open.add(socket)
    socket.once('data', () => handler(socket))
  })
  test.after(() => {
    server.close()
    for (const socket of open) socket.destroy()
  })
  return start(server)
}

async function start(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}
