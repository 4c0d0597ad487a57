// A counter for each user, behind node:http. It is told where its issuer publishes the keys, as a service is by its
// environment.
import { createServer, type Server } from 'node:http'
import { createVerifier, remoteKeySet } from 'countersign'

export interface CounterOptions {
  readonly jwksUri: string
  readonly issuer: string
  readonly audience: string
}

/** POST with a Bearer token counts, and answers with the number. */
export function createCounter({ jwksUri, issuer, audience }: CounterOptions): Server {
  const verifier = createVerifier({ keys: remoteKeySet(jwksUri), issuer, audience })
  const counts = new Map<string, number>()
  return createServer(async (request, response) => {
    const [, token = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? []
    const result = await verifier.safeVerify(token)
    if (!result.ok) {
      response.writeHead(result.error.unavailable ? 503 : 401, { 'WWW-Authenticate': 'Bearer' }).end()
      return
    }
    const { sub = '' } = result.claims
    counts.set(sub, (counts.get(sub) ?? 0) + 1)
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ count: counts.get(sub) }))
  })
}
