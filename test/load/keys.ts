import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JwkSet } from 'countersign'

/** How a server of keys is: well, or failing in one of the ways that servers have. */
export type Health = 'well' | 'refusing' | 'failing' | 'hanging'

/** Publishes keys on loopback, and fails when it is told to. */
export interface KeyServer {
  readonly jwksUri: string
  /** How often it was asked. */
  readonly asked: number
  turn(health: Health): Promise<void>
  close(): Promise<void>
}

/** @param maxAge - how long its answers are good, in seconds */
export async function startKeyServer(jwks: () => Promise<JwkSet>, maxAge: number): Promise<KeyServer> {
  let [health, asked, port]: [Health, number, number] = ['well', 0, 0]
  const server = createServer(async (_request, response) => {
    asked++
    if (health === 'hanging') return
    if (health === 'failing') return void response.writeHead(500).end()
    const body = JSON.stringify(await jwks().catch(() => undefined))
    if (body === undefined) return void response.writeHead(502).end()
    response.writeHead(200, { 'content-type': 'application/jwk-set+json', 'cache-control': `max-age=${maxAge}` })
    response.end(body)
  })
  const listen = async (): Promise<void> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }
  const close = async (): Promise<void> => {
    if (!server.listening) return
    server.close().closeAllConnections()
    await once(server, 'close')
  }
  await listen()
  return {
    get jwksUri() {
      return `http://127.0.0.1:${port}/jwks.json`
    },
    get asked() {
      return asked
    },
    async turn(next) {
      // Whoever still waits is let go.
      await close()
      health = next
      if (next !== 'refusing') await listen()
    },
    close,
  }
}
