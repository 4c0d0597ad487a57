// Compiles the program and starts it, with an issuer inside to have a token from: a real issuer is another service.
import { generateKey, publicKey } from 'countersign'
import { accessToken } from 'countersign/profile'
import { build } from './build.ts'

const [issuer, audience] = ['https://issuer.example', 'https://orders.example']
const key = await generateKey('ES256')
// Where the issuer is another service: `keys: remoteKeySet('https://issuer.example/jwks.json')`.
const verifier = accessToken.createVerifier({ keys: await publicKey(key), issuer, audience })

const { createApp } = await build()
const app = await createApp({ verifier })
app.enableShutdownHooks()
await app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1')
const url = await app.getUrl()

const signer = accessToken.createSigner({ key, issuer, audience, expiresIn: '1h' })
const token = await signer.sign({ sub: 'ada', client_id: 'demo', scope: 'orders:read orders:write' })
console.log(`
countersign: a Nest API behind a guard, at ${url}

  TOKEN=${token}

  curl -si ${url}/orders
  curl -si ${url}/orders -H "Authorization: Bearer $TOKEN"
  curl -si ${url}/orders -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"item":"tea"}'
  curl -si ${url}/admin -H "Authorization: Bearer $TOKEN"

Ctrl-C ends it.
`)
