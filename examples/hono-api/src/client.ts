// A client of the API: it has a key of its own, gets a token for it, and makes a proof for each request.
// node client.ts [ORIGIN]
import { pathToFileURL } from 'node:url'
import { generateKey } from 'countersign'
import { dpopProof, type ProofSigner } from 'countersign/profile'

/** What sends a request with a proof of its own. */
export interface Client {
  readonly token: string
  send(method: string, path: string, body?: unknown): Promise<Response>
}

/** @param origin - of the API, which here also gives out the tokens */
export async function createClient(origin: string): Promise<Client> {
  const key = await generateKey('ES256') // it never leaves the client: a stolen token is of no use without it
  const proofs = dpopProof.createSigner({ key })
  const token = await requestToken(origin, proofs)
  return {
    token,
    async send(method, path, body) {
      const url = `${origin}${path}`
      const proof = await proofs.sign({ method, url, accessToken: token })
      const json = body !== undefined && { body: JSON.stringify(body) }
      return fetch(url, { method, headers: { authorization: `DPoP ${token}`, dpop: proof }, ...json })
    },
  }
}

async function requestToken(origin: string, proofs: ProofSigner): Promise<string> {
  const url = `${origin}/token`
  const response = await fetch(url, { method: 'POST', headers: { dpop: await proofs.sign({ method: 'POST', url }) } })
  const { access_token, error } = (await response.json()) as Record<string, unknown>
  if (typeof access_token === 'string') return access_token
  throw new Error(`${url} gave no token: ${response.status} ${error}`)
}

async function main(origin = 'http://127.0.0.1:3000'): Promise<void> {
  const { token, send } = await createClient(origin)
  const show = async (what: string, response: Response): Promise<void> =>
    console.log(`${what.padEnd(36)} ${response.status} ${await response.text()}`)
  const url = `${origin}/orders`

  await show('POST /orders with a proof', await send('POST', '/orders', { item: 'tea' }))
  await show('GET /orders with a new proof', await send('GET', '/orders'))
  await show('GET /admin without the role', await send('GET', '/admin'))
  await show('the token as a bearer token', await fetch(url, { headers: { authorization: `Bearer ${token}` } }))

  const thief = dpopProof.createSigner({ key: await generateKey('ES256') })
  const forged = await thief.sign({ method: 'GET', url, accessToken: token })
  await show(
    'with a proof of another key',
    await fetch(url, { headers: { authorization: `DPoP ${token}`, dpop: forged } }),
  )
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main(process.argv[2])
