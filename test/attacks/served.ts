import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { type Cleanup, listen, listenRaw } from '../../packages/countersign/test/support/servers.ts'

/** Sets are shared by their URL for as long as the process runs, and ports come again: no path does. */
let paths = 0

/** Servers on this machine for the length of one attack. */
export class Server implements Cleanup {
  readonly #ends: (() => unknown)[] = []
  /** The URLs of the requests that came. */
  readonly asked: string[] = []

  after(act: () => unknown): void {
    this.#ends.push(act)
  }

  /** A server that answers by hand. */
  async by(answer: (request: IncomingMessage, response: ServerResponse, count: number) => void): Promise<string> {
    const handler: RequestListener = (request, response) => {
      this.asked.push(String(request.url))
      answer(request, response, this.asked.length)
    }
    return `${await listen(this, handler)}/${paths++}/jwks.json`
  }

  /** A server that answers with a text. */
  text(body: string, status = 200, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    return this.by((_request, response) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body),
    )
  }

  /** A server that answers with a JWK Set. */
  set(keys: unknown): Promise<string> {
    return this.text(JSON.stringify({ keys }))
  }

  /** A server that does not keep to HTTP. */
  async raw(answer: string | undefined): Promise<string> {
    const origin = await listenRaw(this, (socket) => {
      if (answer === undefined) socket.destroy()
      else socket.end(answer)
    })
    return `${origin}/${paths++}/jwks.json`
  }

  close(): void {
    for (const end of this.#ends.splice(0)) end()
  }
}
