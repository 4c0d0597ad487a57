import { createVerifier, remoteKeySet } from 'countersign'
import { type Credentials, RESOURCE, SCOPE } from './control.ts'
import { send } from './http.ts'
import type { Server } from './server.ts'

/** What a token endpoint gives. */
export interface Tokens {
  readonly access_token: string
  readonly refresh_token?: string
  readonly id_token?: string
}

/** Asks for tokens as a client that proves who it is by Basic. @throws {Error} for every answer that is none */
export async function requestTokens(
  { name, origin }: Server,
  { id, secret }: Credentials,
  parameters: Readonly<Record<string, string>>,
): Promise<Tokens> {
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  const { status, text } = await send(origin, '/token', { authorization }, `${new URLSearchParams(parameters)}`)
  if (status !== 200) throw new Error(`${name} refuses a token with ${status}: ${text.slice(0, 500)}`)
  return JSON.parse(text) as Tokens
}

/** A token by client_credentials for the resource. */
export function serviceToken(server: Server): Promise<Tokens> {
  return requestTokens(server, server.service, { grant_type: 'client_credentials', resource: RESOURCE, scope: SCOPE })
}

/** New tokens for a refresh token, and the next one of those. */
export function refresh(server: Server, token: string): Promise<Tokens> {
  return requestTokens(server, server.web, { grant_type: 'refresh_token', refresh_token: token, resource: RESOURCE })
}

/**
 * What is timed gives what it should: an ES256 token for the resource, by a key of the JWK Set, with a life of ten minutes
 * and the scope that was asked for.
 */
export async function checkToken({ origin, issuer, name }: Server, token: string): Promise<void> {
  const keys = remoteKeySet(`${origin}/jwks`)
  const verifier = createVerifier({ keys, issuer, audience: RESOURCE, algorithms: ['ES256'], typ: 'at+jwt' })
  const { claims } = await verifier.verify(token)
  const { scope, exp = 0, iat = 0, jti, client_id: client } = claims
  if (scope !== SCOPE || exp - iat !== 600 || typeof jti !== 'string' || typeof client !== 'string')
    throw new Error(`${name} gives other tokens: ${JSON.stringify(claims)}`)
}

/** A client that cannot prove who it is gets nothing. */
export async function checkRefusal(server: Server): Promise<void> {
  const wrong = { ...server.service, secret: `${server.service.secret.slice(0, -4)}AAAA` }
  const given = await requestTokens(server, wrong, { grant_type: 'client_credentials', resource: RESOURCE }).catch(
    (error: unknown) => error,
  )
  if (!(given instanceof Error && given.message.includes(' with 401: ')))
    throw new Error(`${server.name} takes a wrong secret`)
}
