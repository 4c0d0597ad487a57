// An issuer for the demonstration. A real one is another service, and gives tokens to those who log in.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKey, publicJwks, publicKey } from 'countersign'
import { accessToken } from 'countersign/profile'

/** An issuer that listens on this machine. */
export interface Issuer {
  readonly url: string
  close(): void
}

/** Publishes its key at `/jwks.json`, and gives a token that is good for an hour to whoever posts to `/token`. */
export async function startIssuer(audience: string): Promise<Issuer> {
  const key = await generateKey('ES256')
  const jwks = await publicJwks([await publicKey(key)])
  const server = createServer(async ({ method, url }, response) => {
    response.setHeader('connection', 'close')
    if (url === '/jwks.json') {
      response.setHeader('content-type', 'application/jwk-set+json').end(JSON.stringify(jwks))
    } else if (url === '/token' && method === 'POST') {
      response.end(await signer.sign({ sub: 'ada', client_id: 'demo', scope: 'orders:read orders:write' }))
    } else {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const signer = accessToken.createSigner({ key, issuer: url, audience, expiresIn: '1h' })
  return { url, close: () => server.close() }
}
