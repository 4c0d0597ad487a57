import { createServer, type RequestListener } from 'node:http'

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
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}
