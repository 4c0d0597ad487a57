import assert from 'node:assert/strict'
import * as door from 'countersign'
import type { Refusal, RequestLike } from 'countersign/guard'
import type { NodeRequest, NodeResponse } from 'countersign/guard/node'
import { signJws } from 'countersign/jws'
import { expiringStore } from 'countersign/revocation'
import { CLAIMS, mac, NOW, now, POLICY } from '../support/forge.ts'

const SECRET = Uint8Array.from({ length: 32 }, (_, index) => index + 1)

export const KEY: door.Key = door.secretKey(SECRET, 'HS256')

/** Accepts what `tokenOf` makes. */
export const verifier: door.Verifier = door.createVerifier({ keys: KEY, ...POLICY })

/** A good token, but for what is said here. It is made by hand: no signer would write all of what tests need. */
export const tokenOf = (claims: object = {}, header: object = {}): string =>
  mac({ alg: 'HS256', ...header }, { ...CLAIMS, ...claims }, SECRET)

export const ORIGIN = 'https://api.example'
export const URL_HERE = `${ORIGIN}/orders`

/** What a request of a test is made of. */
export interface Sent {
  readonly method?: string
  readonly url?: string
}

/** Headers of a request; a field that is sent several times is an array. */
export type Fields = Readonly<Record<string, string | readonly string[]>>

/** A request: what a guard reads of a `Request`, for browsers let no program set Cookie and Origin of a whole one. */
export function requestOf(fields: Fields = {}, { method = 'GET', url = URL_HERE }: Sent = {}): Request {
  const headers = new Headers()
  for (const [name, value] of Object.entries(fields)) for (const each of [value].flat()) headers.append(name, each)
  const request: RequestLike = { method, url, headers }
  return request as Request
}

/** The same request to a server on Node, which tells repeated fields apart. */
export function nodeRequestOf(fields: Fields = {}, { method = 'GET', url = URL_HERE }: Sent = {}): NodeRequest {
  const rawHeaders = Object.entries(fields).flatMap(([name, value]) => [value].flat().flatMap((each) => [name, each]))
  const headers = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name.toLowerCase(), [value].flat()[0]]),
  )
  return { method, url: url.slice(ORIGIN.length), rawHeaders, headers }
}

/** The header of a bearer token. */
export const bearer = (token: string): { readonly authorization: string } => ({ authorization: `Bearer ${token}` })

/** What stands behind a guard on Node, and how often it was reached. */
export interface Scene {
  readonly response: NodeResponse & { readonly headers: Record<string, string>; readonly body: string | undefined }
  readonly entered: number
  readonly failed: number
}

/** Sends a request through a middleware, to its answer or its end. */
export function through(
  guard: (request: NodeRequest, response: NodeResponse, next: (error?: unknown) => void) => void,
  request: NodeRequest,
): Promise<Scene> {
  return new Promise((resolve) => {
    const headers: Record<string, string> = {}
    const done = (body: string | undefined, entered: number, failed: number): void =>
      resolve({ response: { ...response, headers, body }, entered, failed })
    const response = {
      statusCode: 200,
      setHeader(name: string, value: string) {
        headers[name.toLowerCase()] = value
      },
      end: (body: string) => done(body, 0, 0),
    }
    guard(request, response, (error) => done(undefined, error === undefined ? 1 : 0, error === undefined ? 0 : 1))
  })
}

/** A result that is a refusal. */
export function refusedBy(result: { readonly ok: boolean }): Refusal {
  assert.equal(result.ok, false, 'the request was let in')
  return result as unknown as Refusal
}

/** The token of a result that is none. */
export function admittedBy<Jwt>(result: { readonly ok: true; readonly jwt: Jwt } | Refusal): Jwt {
  return result.ok ? result.jwt : assert.fail(`refused: ${result.reason} ${result.body.error_description}`)
}

/** One challenge of WWW-Authenticate. */
export interface Challenge {
  readonly scheme: string
  readonly parameters: ReadonlyMap<string, string>
}

const NAME = /[\w!#$%&'*+.^`|~-]+/y
/** A quoted-string of RFC 6750 §3: no escapes, and printable ASCII alone. */
const QUOTED = /"([\x20\x21\x23-\x5b\x5d-\x7e]*)"/y

/** Reads challenges (RFC 9110 §11.6.1), and takes nothing that is not written exactly so. */
export function parseChallenges(text: string): readonly Challenge[] {
  let at = 0
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found) at = pattern.lastIndex
    return found ? (found[1] ?? found[0]) : undefined
  }
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  for (;;) {
    let name = take(NAME) ?? assert.fail(`a name is missing at ${at} of ${text}`)
    if (text[at] !== '=') {
      challenges.push({ scheme: name, parameters: new Map() })
      if (text[at] === ' ') {
        at += 1
        name = take(NAME) ?? assert.fail(`a parameter is missing at ${at} of ${text}`)
        assert.equal(text[at], '=', text)
      }
    }
    if (text[at] === '=') {
      at += 1
      const parameters = challenges.at(-1)?.parameters ?? assert.fail(`a parameter before every scheme: ${text}`)
      assert.ok(!parameters.has(name), `${name} stands there twice: ${text}`)
      parameters.set(name, take(QUOTED) ?? assert.fail(`${name} is no quoted-string: ${text}`))
    }
    if (at === text.length) return challenges
    assert.equal(text.slice(at, at + 2), ', ', `at ${at} of ${text}`)
    at += 2
  }
}

/** The challenges of a refusal, each as one object. */
export const challengesOf = ({ headers }: Pick<Refusal, 'headers'>): readonly Readonly<Record<string, string>>[] =>
  parseChallenges(headers['www-authenticate'] ?? assert.fail('there is no challenge')).map(
    ({ scheme, parameters }) => ({ scheme, ...Object.fromEntries(parameters) }),
  )

/** A client that has a key of its own (RFC 9449). */
export interface Client {
  readonly thumbprint: string
  /** A token that is bound to the key. */
  readonly token: string
  /** A proof for a GET of `URL_HERE`, but for what is said here. */
  prove(claims?: object, header?: object): Promise<string>
}

export async function newClient(claims: object = {}): Promise<Client> {
  const key = await door.generateKey('ES256')
  const thumbprint = await door.thumbprint(key)
  const { kid: _, alg: __, ...jwk } = await door.exportJwk(await door.publicKey(key))
  const token = tokenOf({ cnf: { jkt: thumbprint }, ...claims })
  const octets = await globalThis.crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))
  const ath = Buffer.from(octets).toString('base64url')
  let proofs = 0
  return {
    thumbprint,
    token,
    prove(changed = {}, header = {}) {
      proofs += 1
      const payload = { jti: `proof-${proofs}`, htm: 'GET', htu: URL_HERE, iat: NOW, ath, ...changed }
      return signJws(JSON.stringify(payload), { key, protected: { typ: 'dpop+jwt', jwk, kid: undefined, ...header } })
    },
  }
}

/** The option `dpop`, with a store of its own. */
export const proofs = (): {
  readonly origin: string
  readonly replay: ReturnType<typeof expiringStore>
  now(): number
} => ({
  origin: ORIGIN,
  replay: expiringStore({ now }),
  now,
})
