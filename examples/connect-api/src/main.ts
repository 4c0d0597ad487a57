import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKey, publicKey } from 'countersign'
import { accessToken } from 'countersign/profile'
import { COOKIE, createApp } from './app.ts'

const ISSUER = 'https://issuer.example'
const AUDIENCE = 'https://orders.example'
const HOUR = 3600

async function main(): Promise<void> {
  // An issuer for a try. Yours is elsewhere, and then keys is remoteKeySet('https://…/.well-known/jwks.json').
  const key = await generateKey('ES256')
  const signer = accessToken.createSigner({ key, issuer: ISSUER, audience: AUDIENCE, expiresIn: HOUR })
  const trust = { keys: await publicKey(key), issuer: ISSUER, audience: AUDIENCE }
  const tokenFor = (sub: string): Promise<string> =>
    signer.sign({ sub, client_id: 'demo', scope: 'orders:read orders:write' })
  const [alice, guest] = [await tokenFor('alice'), await tokenFor('guest')]

  const server = createServer()
  server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const app = createApp(trust, origin)
    server.on('request', (request, response) => {
      // In place of a login: whoever looks at the page is a guest.
      if (request.url === '/' && !request.headers.cookie?.includes(COOKIE)) {
        const attributes = `Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${HOUR}`
        response.setHeader('Set-Cookie', `${COOKIE}=${guest}; ${attributes}`)
      }
      app(request, response)
    })
    console.log(welcome(origin, alice))
  })
}

const welcome = (origin: string, alice: string): string => `
countersign: the Connect example

  open ${origin}

COOKIE='${COOKIE}=${alice}'

curl -i ${origin}/orders
curl -i ${origin}/orders -H "Cookie: $COOKIE"
curl -i ${origin}/orders -H "Cookie: $COOKIE" -H 'Origin: ${origin}' -d '{"item":"tea"}'
curl -i ${origin}/orders -H "Cookie: $COOKIE" -H 'Origin: https://elsewhere.example' -d '{"item":"tea"}'
curl -i ${origin}/orders -H "Cookie: $COOKIE" -d '{"item":"tea"}'
curl -i ${origin}/orders -H "Cookie: $COOKIE" -H "Authorization: Bearer \${COOKIE#*=}"

Ctrl-C ends it.
`

main()
