// Puts a fetch handler behind node:http. The platforms that workers are for do that themselves.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'

/** Something that listens on this machine. */
export interface Served {
  readonly url: string
  /** Ends it, with every connection. */
  close(): Promise<void>
}

/** @param port - 0 for any that is free */
export async function serve(
  handler: (request: Request) => Response | Promise<Response>,
  port: number,
): Promise<Served> {
  const server = createServer(async (incoming, outgoing) => {
    const request = toRequest(incoming)
    try {
      await send(request ? await handler(request) : new Response(null, { status: 400 }), outgoing)
    } catch (error) {
      console.error(error)
      outgoing.writeHead(500).end()
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** @returns nothing for what no `Request` can say, such as `OPTIONS *` */
function toRequest(incoming: IncomingMessage): Request | undefined {
  const { method = 'GET', url = '', rawHeaders } = incoming
  try {
    const headers = new Headers()
    // Not `incoming.headers`: of two Authorization headers that shows the first, and the guard has to see both.
    for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '')
    const body = method === 'GET' || method === 'HEAD' ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>)
    return new Request(`http://${incoming.headers.host}${url}`, { method, headers, body, duplex: 'half' })
  } catch {
    return undefined
  }
}

async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  outgoing.end(Buffer.from(await response.arrayBuffer()))
}
