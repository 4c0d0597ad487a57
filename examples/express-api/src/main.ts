import type { AddressInfo } from 'node:net'
import { generateKey, publicKey } from 'countersign'
import { accessToken } from 'countersign/profile'
import { createApp } from './app.ts'

const ISSUER = 'https://issuer.example'
const AUDIENCE = 'https://orders.example'

async function main(): Promise<void> {
  // An issuer for a try. Yours is elsewhere, and then keys is remoteKeySet('https://…/.well-known/jwks.json').
  const key = await generateKey('ES256')
  const signer = accessToken.createSigner({ key, issuer: ISSUER, audience: AUDIENCE, expiresIn: '1h' })
  const client_id = 'demo'
  const alice = await signer.sign({ sub: 'alice', client_id, scope: 'orders:read orders:write' })
  const root = await signer.sign({ sub: 'root', client_id, scope: 'orders:read', roles: ['admin'] })

  const trust = { keys: await publicKey(key), issuer: ISSUER, audience: AUDIENCE }
  const server = createApp(trust, {
    log: ({ status, reason, error }) => console.log(`refused: ${status} ${reason} ${error?.message ?? ''}`),
  })
  server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
    const origin = `127.0.0.1:${(server.address() as AddressInfo).port}`
    console.log(welcome(origin, alice, root))
  })
}

const welcome = (origin: string, alice: string, root: string): string => `
countersign: the Express example on http://${origin}

ALICE=${alice}
ROOT=${root}

curl -i http://${origin}/orders
curl -i http://${origin}/orders -H "Authorization: Bearer $ALICE"
curl -i http://${origin}/orders -H "Authorization: Bearer $ALICE" -H 'Content-Type: application/json' -d '{"item":"tea"}'
curl -i http://${origin}/admin -H "Authorization: Bearer $ALICE"
curl -i http://${origin}/admin -H "Authorization: Bearer $ROOT"
npx node -e "const s = new WebSocket('ws://${origin}/live'); s.onopen = () => s.send('$ALICE'); s.onmessage = (m) => console.log(m.data); s.onclose = (c) => console.log(c.code, c.reason)"

Ctrl-C ends it.
`

main()
