import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { note } from './given.ts'

/** A letter, as it was handed over. */
export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly letter: Readonly<Record<string, unknown>>
}

/** Somebody who sends letters. */
export interface Mailer {
  readonly url: string
  readonly received: Received[]
  /** What is answered, and when. */
  answer: { status: number; headers?: Readonly<Record<string, string>>; after?: Promise<unknown> }
  /** The next letter. */
  next(): Promise<Received>
  close(): Promise<void>
}

/** Listens on loopback, and takes whatever comes. */
export async function startMailer(): Promise<Mailer> {
  const waiting: ((received: Received) => void)[] = []
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const received = { headers: request.headers, body, letter: JSON.parse(body || '{}') }
    note('token of the hook', request.headers.authorization?.slice('Bearer '.length))
    note('reset token', String(received.letter.link).split('/').at(-1))
    await mailer.answer.after
    mailer.received.push(received)
    response.writeHead(mailer.answer.status, mailer.answer.headers).end('a body that nobody reads')
    waiting.shift()?.(received)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const mailer: Mailer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/letters?for=authority`,
    received: [],
    answer: { status: 204 },
    next: () => new Promise((resolve) => waiting.push(resolve)),
    async close() {
      server.close().closeAllConnections()
      await once(server, 'close')
    },
  }
  return mailer
}

export const sha256 = (body: string): string => createHash('sha256').update(body).digest('base64url')
