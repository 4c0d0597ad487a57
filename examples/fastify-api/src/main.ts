import { generateKey, publicKey } from 'countersign'
import { accessToken } from 'countersign/profile'
import { createApp } from './app.ts'

const ISSUER = 'https://issuer.example'
const AUDIENCE = 'https://orders.example'

async function main(): Promise<void> {
  // An issuer for a try. Yours is elsewhere, and then keys is remoteKeySet('https://…/.well-known/jwks.json').
  const key = await generateKey('ES256')
  const signer = accessToken.createSigner({ key, issuer: ISSUER, audience: AUDIENCE, expiresIn: '1h' })
  const common = { client_id: 'demo', scope: 'orders:read orders:write' }
  const alice = await signer.sign({ ...common, sub: 'alice', tenant: 'acme', roles: ['clerk'] })
  const root = await signer.sign({ ...common, sub: 'root', tenant: 'acme', roles: ['admin'] })
  const nowhere = await signer.sign({ ...common, sub: 'bob' })

  const app = createApp({ keys: await publicKey(key), issuer: ISSUER, audience: AUDIENCE })
  const origin = await app.listen({ port: Number(process.env['PORT'] ?? 3000), host: '127.0.0.1' })
  console.log(welcome(origin, { alice, root, nowhere }))
}

const welcome = (origin: string, tokens: Readonly<Record<'alice' | 'root' | 'nowhere', string>>): string => `
countersign: the Fastify example on ${origin}

ALICE=${tokens.alice}
ROOT=${tokens.root}
NOWHERE=${tokens.nowhere}

curl -i ${origin}/orders
curl -i ${origin}/orders -H "Authorization: Bearer $ALICE"
curl -i ${origin}/orders -H "Authorization: Bearer $ALICE" -H 'Content-Type: application/json' -d '{"item":"tea"}'
curl -i ${origin}/admin -H "Authorization: Bearer $ALICE"
curl -i ${origin}/admin -H "Authorization: Bearer $ROOT"
curl -i ${origin}/orders -H "Authorization: Bearer $NOWHERE"

Ctrl-C ends it.
`

main()
