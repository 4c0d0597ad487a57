// A server with a JWK Set, and the tokens of its keys.
import { createServer, type RequestListener } from 'node:http'
import { createSigner, exportJwk, generateKey, type Jwk, type Key, publicJwks, publicKey } from 'countersign'
import { b64, CLAIMS, NOW } from '../support/forge.ts'
import type { Clock } from './clock.ts'

/** A request as the server saw it. */
export interface Seen {
  /** Epoch seconds by the clock of the test. */
  readonly at: number
  readonly ifNoneMatch: string | undefined
}

export interface Issuer {
  readonly url: string
  /** What answers from now on. */
  answer: RequestListener
  readonly requests: readonly Seen[]
}

/** A server of its own on this machine, until the test ends. */
export async function openIssuer(
  t: { after(act: () => void): void },
  clock: Clock,
  answer: RequestListener,
): Promise<Issuer> {
  const requests: Seen[] = []
  const server = createServer((request, response) => {
    requests.push({ at: clock.now(), ifNoneMatch: request.headers['if-none-match'] })
    issuer.answer(request, response)
  })
  t.after(() => server.close().closeAllConnections())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const issuer: Issuer = { url: `http://127.0.0.1:${port}/jwks.json`, answer, requests }
  return issuer
}

/** The key that is there from the beginning, and the one that comes with a rotation. */
const [a, b] = [await generateKey('ES256', { kid: 'a' }), await generateKey('ES256', { kid: 'b' })]
const sign = (key: Key): Promise<string> =>
  createSigner({ key, expiresIn: 'never', now: () => NOW }).sign({ ...CLAIMS, exp: NOW + 1e6 })

/** The JWKs as they are published, and one that should never be. */
export const JWK: { readonly a: Jwk; readonly b: Jwk; readonly private: Jwk; readonly secret: Jwk } = {
  a: await exportJwk(await publicKey(a)),
  b: await exportJwk(await publicKey(b)),
  private: { ...(await exportJwk(b)), kid: 'c' },
  secret: { kty: 'oct', kid: 'c', alg: 'HS256', k: b64(Buffer.alloc(32, 7)) },
}
export const TOKEN: { readonly a: string; readonly b: string } = { a: await sign(a), b: await sign(b) }

/** A token of nobody, whose kid no set has: its signature is never looked at. */
export function strange(kid: string): string {
  const [, payload, signature] = TOKEN.a.split('.')
  return `${b64(JSON.stringify({ alg: 'ES256', typ: 'JWT', kid }))}.${payload}.${signature}`
}

/** A set as JSON. */
export const setOf = (...keys: readonly object[]): string => JSON.stringify({ keys })

/** The set with the first key. */
export const GOOD: string = JSON.stringify(await publicJwks([a]))

type Headers = Readonly<Record<string, string>>

/** Answers with a body and status 200. */
export const body =
  (content: string | Uint8Array, headers: Headers = {}): RequestListener =>
  (_request, response) =>
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(content)

/** Answers with a status that is no success, and with a set that nobody should take for one. */
export const status =
  (code: number, headers: Headers = {}): RequestListener =>
  (_request, response) =>
    response.writeHead(code, headers).end(setOf())

/** Answers with a set and its tag, or with 304 to those who have it (RFC 9110 §13.1.2). */
export const tagged =
  (content: string, headers: Headers): RequestListener =>
  (request, response) => {
    const etag = '"one"'
    if (request.headers['if-none-match'] === etag) response.writeHead(304, { etag, ...headers }).end()
    else response.writeHead(200, { etag, ...headers }).end(content)
  }

/** Takes a request and never answers. */
export const hang: RequestListener = () => {}

/** Answers with the beginning of a body and never goes on. */
export const stall: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-length': GOOD.length }).write(GOOD.slice(0, 20))
}

/** Answers with the beginning of a body and closes the connection. */
export const cut: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-length': GOOD.length }).write(GOOD.slice(0, 20), () => response.destroy())
}
