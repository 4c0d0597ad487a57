// The one module here that knows a platform. It asks the process for node:http and imports nothing, so that a bundle for
// a browser has nothing to resolve, and CommonJS under a test runner no import() to forbid.

import { isObject } from '../json.ts'

/** What is answered to a request. */
export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** Something that listens. */
export interface Served {
  /** The origin, such as `http://127.0.0.1:49152`. */
  readonly url: string
  /** Ends it, and every connection. */
  close(): Promise<void>
}

/**
 * Listens on a free port of this machine alone. It does not keep the process alive.
 *
 * @param answer - by what a request is for; nothing ends the connection without a word
 * @param http - node:http, where the runtime has it
 * @throws {TypeError} where it has not, or nobody could connect
 */
export async function serve(
  answer: (target: string) => Promise<Answer | undefined>,
  http: unknown = nodeHttp(),
): Promise<Served> {
  if (!canListen(http))
    throw new TypeError('http: true takes node:http, which is not there on this runtime: use the fetch of the issuer')
  const server = http.createServer(async (request, response) => {
    const found = await answer(request.url ?? '')
    if (found === undefined) {
      request.socket.destroy()
      return
    }
    const { status, type, body } = found
    // A connection that was kept would outlive the test.
    response.writeHead(status, { 'content-type': type, connection: 'close' }).end(body)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  server.unref()
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  let closed: Promise<void> | undefined
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      closed ??= new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      return closed
    },
  }
}

/** Cloudflare's runtime has a node:http whose ports are out of reach for everybody else, so it counts as one without. */
function nodeHttp(): unknown {
  if (globalThis.navigator?.userAgent === 'Cloudflare-Workers') return undefined
  return typeof process === 'object' ? process.getBuiltinModule?.('node:http') : undefined
}

function canListen(http: unknown): http is typeof import('node:http') {
  return isObject(http) && typeof http['createServer'] === 'function'
}
