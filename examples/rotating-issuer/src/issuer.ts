// The issuer: tokens at /token, and the keys to verify them with where everybody can fetch them. No line of it rotates a
// key or mends what a kill left behind; the ring does both.
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createSigner, JoseError } from 'countersign'
import { createKeyRing, fileStore, type JwksRequest, type JwksResponse, jwksHandler } from 'countersign/keyring'
import { endWithParent } from './child.ts'
import { ALG, CLAIMS, JWKS_PATH, now, TIMES } from './terms.ts'

endWithParent()
const [folder = '', port = '0'] = process.argv.slice(2)

const kek = readFileSync(join(folder, 'kek')) // for real: from a secret manager, and not from the disk of the store
const ring = await createKeyRing({ alg: ALG, store: fileStore(join(folder, 'keys'), { kek }), ...TIMES, now })
const signer = createSigner({ key: ring, ...CLAIMS, expiresIn: TIMES.tokenLifetime, now })
const publish = jwksHandler(ring)

const server = createServer(async (request, response) => {
  if (request.url === JWKS_PATH) return send(response, await publish(toRequest(request)))
  if (request.url === '/token') return sendToken(response) // for real, a login stands before this
  response.writeHead(404).end()
})

async function sendToken(response: ServerResponse): Promise<void> {
  try {
    const token = await signer.sign({ sub: 'ada' })
    response.writeHead(200, { 'Content-Type': 'application/jwt', 'Cache-Control': 'no-store' }).end(token)
  } catch (error) {
    // The store is out of reach, and nobody knows what became of the key meanwhile.
    if (!(error instanceof JoseError && error.unavailable)) throw error
    response.writeHead(503, { 'Retry-After': '1' }).end()
  }
}

/** A request of node:http, as far as `jwksHandler` reads it. */
function toRequest({ method = 'GET', headers }: IncomingMessage): JwksRequest {
  return { method, headers: { get: (name) => headers[name]?.toString() ?? null } }
}

/** Sends a Response by node:http. */
async function send(response: ServerResponse, { status, headers, body }: JwksResponse): Promise<void> {
  response.writeHead(status, Object.fromEntries(headers))
  for await (const part of body ?? []) response.write(part)
  response.end()
}

server.listen(Number(port), '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
