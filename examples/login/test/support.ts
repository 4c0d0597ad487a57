import { request } from 'node:http'
import type { TestContext } from 'node:test'
import { createSigner, type Key } from 'countersign'
import { AUDIENCE, createApp, JWKS_PATH } from '../src/app.ts'
import { createElsewhere } from '../src/elsewhere.ts'
import { createKeys, type Keys } from '../src/keys.ts'
import { seedUsers } from '../src/seed.ts'
import { startServer } from '../src/server.ts'
import { type NewUser, Users } from '../src/users.ts'

/** A time that a test sets, in epoch seconds. */
export interface Clock {
  seconds: number
}

/** The API of a test, listening on a port of its own. */
export interface Api {
  readonly origin: string
  readonly jwksUrl: string
  readonly keys: Keys
  readonly users: Users
  readonly admin: NewUser
  readonly member: NewUser
  /** Logs in and gives the access token. */
  tokenFor(user: NewUser): Promise<string>
  close(): Promise<void>
}

/** Without a clock it is now, as other processes think too. The end of the test ends the API. */
export async function startApi(t: Pick<TestContext, 'after'>, clock?: Clock): Promise<Api> {
  const users = new Users()
  const keys = await createKeys()
  const [admin, member] = await seedUsers(users, () => 'correct horse')
  const stopping = new AbortController()
  const now = (): number => clock?.seconds ?? Math.floor(Date.now() / 1000)
  const server = await startServer(0, (origin) => {
    const verifyElsewhere = createElsewhere({
      jwksUrl: `${origin}${JWKS_PATH}`,
      issuer: origin,
      audience: AUDIENCE,
      signal: stopping.signal,
    })
    return createApp({ origin, keys, users, now, demo: { users: [admin, member], verifyElsewhere } })
  })
  t.after(async () => {
    stopping.abort()
    await server.close()
    users.close()
  })
  const { origin, close } = server
  return {
    origin,
    jwksUrl: `${origin}${JWKS_PATH}`,
    keys,
    users,
    admin,
    member,
    tokenFor: async ({ email, password }) => {
      const answer = await post(`${origin}/login`, { email, password })
      return String((await toJson(answer))['access_token'])
    },
    close,
  }
}

/** A token as the API makes them, by a key of the test's choice. */
export function signAs(key: Key, { origin }: Pick<Api, 'origin'>, clock?: Clock): Promise<string> {
  const now = (): number => clock?.seconds ?? Math.floor(Date.now() / 1000)
  const signer = createSigner({ key, issuer: origin, audience: AUDIENCE, expiresIn: '15m', typ: 'at+jwt', now })
  return signer.sign({ sub: 'somebody', roles: ['admin'] })
}

/** The token with its claims exchanged for others, and the signature kept. */
export function withClaims(token: string, change: Record<string, unknown>): string {
  const [header, claims = '', signature] = token.split('.')
  const changed = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), ...change }
  return [header, encode(changed), signature].join('.')
}

export const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

export function post(url: string, body: unknown, type = 'application/json'): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return fetch(url, { method: 'POST', headers: { 'Content-Type': type }, body: text })
}

export function get(url: string, token?: string): Promise<Response> {
  return fetch(url, token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } })
}

export async function toJson(response: Response): Promise<Record<string, unknown>> {
  return JSON.parse(await response.text())
}

/** The status of a GET that names another host than it is sent to, which `fetch` would not do. */
export function statusForHost(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { host } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode))
    })
      .on('error', reject)
      .end()
  })
}
