import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** An application's end of what an authority sends by itself: logout tokens, and questions for keys. */
export interface Receiver {
  readonly origin: string
  /** What came, as forms. */
  readonly received: URLSearchParams[]
  /** What is answered, as JSON. */
  answer: object
  close(): Promise<void>
}

/** Listens on loopback, and takes whatever comes. */
export async function startReceiver(): Promise<Receiver> {
  const received: URLSearchParams[] = []
  const server = createServer(async (request, response) => {
    received.push(new URLSearchParams(await text(request)))
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(receiver.answer))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const receiver: Receiver = {
    answer: {},
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async close() {
      server.close().closeAllConnections()
      await once(server, 'close')
    },
  }
  return receiver
}
