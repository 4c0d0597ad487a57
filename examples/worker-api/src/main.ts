// Runs the worker on Node, with an issuer beside it to have tokens from.
import { startIssuer } from './issuer.ts'
import { serve } from './serve.ts'
import worker from './worker.ts'

const AUDIENCE = 'https://orders.example'

const issuer = await startIssuer(AUDIENCE)
const env = { ISSUER: issuer.url, AUDIENCE, JWKS_URL: issuer.jwksUrl }
const context = { waitUntil: (promise: Promise<unknown>) => void promise.catch(console.error) }
const served = await serve((request) => worker.fetch(request, env, context), Number(process.env['PORT'] ?? 3000))

const stop = async (): Promise<void> => {
  process.off('SIGINT', stop).off('SIGTERM', stop) // a second Ctrl-C ends it the hard way
  await Promise.all([served.close(), issuer.close()])
}
process.on('SIGINT', stop).on('SIGTERM', stop)

console.log(`
countersign: a worker behind a guard, at ${served.url}

  TOKEN=${await issuer.token({ sub: 'ada', scope: 'orders:read orders:write' })}

  curl -si ${served.url}/orders
  curl -si ${served.url}/orders -H "Authorization: Bearer $TOKEN"
  curl -si ${served.url}/orders -H "Authorization: Bearer $TOKEN" -d '{"item":"tea"}'
  curl -si ${served.url}/admin -H "Authorization: Bearer $TOKEN"

Ctrl-C ends it.
`)
