import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { generateKey } from 'countersign'
import { dpopProof } from 'countersign/profile'
import { Hono } from 'hono'
import { createApp } from './app.ts'
import { createIssuer } from './issuer.ts'

async function main(): Promise<void> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { trust, routes } = await createIssuer(origin)
  const app = new Hono().route('/', routes).route('/', createApp(trust, { origin }))
  server.on('request', getRequestListener(app.fetch))
  console.log(await welcome(origin, app))
}

/** A token and a proof, as a client gets and makes them. */
async function welcome(origin: string, app: Hono): Promise<string> {
  const proofs = dpopProof.createSigner({ key: await generateKey('ES256') })
  const first = await proofs.sign({ method: 'POST', url: `${origin}/token` })
  const answer = await app.request('/token', { method: 'POST', headers: { dpop: first } })
  const { access_token: accessToken } = (await answer.json()) as { access_token: string }
  const proof = await proofs.sign({ method: 'GET', url: `${origin}/orders`, accessToken })
  return `
countersign: the Hono example on ${origin}

A client that makes its proofs:

npx node ${process.argv[1]?.replace(/main\.ts$/, 'client.ts')} ${origin}

Or by hand. The proof is good for a minute, for this one request, and once: send it twice.

TOKEN=${accessToken}
PROOF=${proof}

curl -i ${origin}/orders
curl -i ${origin}/orders -H "Authorization: DPoP $TOKEN" -H "DPoP: $PROOF"
curl -i ${origin}/orders -H "Authorization: Bearer $TOKEN"

Ctrl-C ends it.
`
}

main()
