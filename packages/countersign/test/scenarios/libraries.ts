// Three libraries that verify tokens by a set behind a URL, each as its documentation advises.
import { Agent } from 'node:http'
import { Socket } from 'node:net'
import { type BodyReader, createVerifier, type Fetch, remoteKeySet } from 'countersign'
import * as jose from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { JwksClient, type Options } from 'jwks-rsa'
import { POLICY } from '../support/forge.ts'
import { elapsed, within } from './clock.ts'

/** What a scenario asks of every library, and what it says to one alone. */
export interface Settings {
  /** Milliseconds for one answer; left out, each library's own. */
  readonly timeoutMs?: number
  /** What `snapshot` of another one gave, in place of a first fetch. */
  readonly snapshot?: string
  /** For countersign: from 0 to 1, which spreads its retries. */
  readonly random?: number
  readonly jose?: jose.RemoteJWKSetOptions
  readonly jwksRsa?: Partial<Options>
}

/** A library at work on one URL. */
export interface Client {
  /** Settles as the library does: it rejects what it refuses. */
  verify(token: string): Promise<unknown>
  /** Ends when what it began in the background is done. */
  settled(): Promise<void>
  /** The octets of bodies that it has read, decoded if it does that. */
  octets(): number
  /** What it has, for another start of the program. */
  snapshot(): Promise<string>
}

export type Library = (url: string, settings: Settings) => Client

const ALGORITHMS = ['ES256'] as const

/** As it comes; its `fetch` is the platform's own with a count. */
const countersign: Library = (url, { timeoutMs, snapshot, random = 0.5 }) => {
  let [begun, told, octets] = [0, 0, 0]
  const counted = (reader: BodyReader): BodyReader => ({
    cancel: () => reader.cancel(),
    read: async () => {
      const part = await reader.read()
      octets += part.value?.length ?? 0
      return part
    },
  })
  const fetch: Fetch = async (address, request) => {
    begun++
    const { status, redirected, headers, body } = await globalThis.fetch(address, request)
    return { status, redirected, headers, body: body && { getReader: () => counted(body.getReader()) } }
  }
  const now = (): number => Date.now() / 1000
  const timeout = timeoutMs === undefined ? {} : { timeout: timeoutMs / 1000 }
  const keys = remoteKeySet(url, { fetch, now, random: () => random, ...timeout })
  if (snapshot !== undefined) keys.restore(JSON.parse(snapshot))
  keys.subscribe(() => told++)
  const verifier = createVerifier({ ...POLICY, keys, now })
  return {
    verify: async (token) => verifier.verify(token),
    settled: async () => {
      const next = (): Promise<true> => new Promise((resolve) => keys.subscribe(() => resolve(true)))
      while (told < begun) if (!(await within(LONGEST_MS, next()))) throw new Error('a request came to no end')
    },
    octets: () => octets,
    snapshot: async () => JSON.stringify(keys.snapshot()),
  }
}

/** With its defaults: 5 s for an answer, 30 s between fetches for an unknown kid, 10 min for a set. */
const viaJose: Library = (url, { timeoutMs, snapshot, jose: options }) => {
  let octets = 0
  const counted = (): TransformStream =>
    new TransformStream({
      transform(chunk: Uint8Array, controller) {
        octets += chunk.length
        controller.enqueue(chunk)
      },
    })
  const cache = JSON.parse(snapshot ?? '{}') as jose.JWKSCacheInput
  const keys = jose.createRemoteJWKSet(new URL(url), {
    [jose.jwksCache]: cache,
    [jose.customFetch]: async (address, request) => {
      const response = await fetch(address, request)
      return response.status === 200 ? new Response(response.body?.pipeThrough(counted()), response) : response
    },
    ...(timeoutMs !== undefined && { timeoutDuration: timeoutMs }),
    ...options,
  })
  const { issuer, audience } = POLICY
  return {
    verify: (token) => jose.jwtVerify(token, keys, { algorithms: [...ALGORITHMS], issuer, audience }),
    settled: async () => {},
    octets: () => octets,
    snapshot: async () => JSON.stringify(cache),
  }
}

/**
 * With what its documentation advises: cache, rateLimit at its 10 requests a minute, and cacheMaxAgeFallback, as long as
 * the maxStale of countersign; getKeysInterceptor is its way to keys that are here already. jsonwebtoken verifies.
 */
const viaJwksRsa: Library = (url, { timeoutMs, snapshot, jwksRsa: options }) => {
  const requestAgent = new CountingAgent({ keepAlive: true })
  const client = new JwksClient({
    jwksUri: url,
    cache: true,
    rateLimit: true,
    cacheMaxAgeFallback: 3_600_000,
    requestAgent,
    ...(timeoutMs !== undefined && { timeout: timeoutMs }),
    ...(snapshot !== undefined && { getKeysInterceptor: async () => JSON.parse(snapshot) }),
    ...options,
  })
  const { issuer, audience } = POLICY
  const findKey: jsonwebtoken.GetPublicKeyOrSecret = ({ kid }, done) =>
    client.getSigningKey(kid).then(
      (key) => done(null, key.getPublicKey()),
      (error: Error) => done(error),
    )
  return {
    verify: (token) =>
      new Promise((resolve, reject) =>
        jsonwebtoken.verify(token, findKey, { algorithms: [...ALGORITHMS], issuer, audience }, (error, payload) =>
          error ? reject(error) : resolve(payload),
        ),
      ),
    settled: async () => {},
    octets: () => requestAgent.octets(),
    snapshot: async () => JSON.stringify(await client.getKeys()),
  }
}

/** An agent that knows how much came in. */
class CountingAgent extends Agent {
  readonly #sockets: Socket[] = []

  override createConnection(...args: Parameters<Agent['createConnection']>): ReturnType<Agent['createConnection']> {
    const socket = super.createConnection(...args)
    if (socket instanceof Socket) this.#sockets.push(socket)
    return socket
  }

  octets(): number {
    return this.#sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0)
  }
}

export const LIBRARIES: Readonly<Record<'countersign' | 'jose' | 'jwks-rsa', Library>> = {
  countersign,
  jose: viaJose,
  'jwks-rsa': viaJwksRsa,
}

/** More than anything takes that ends at all, on a machine that is busy. */
export const LONGEST_MS = 10_000

/** What became of one verification. */
export interface Attempt {
  readonly verdict: 'verified' | 'refused' | 'unanswered'
  readonly error?: unknown
  /** Real milliseconds. */
  readonly ms: number
}

/** Verifies a token and waits for that no longer than told: a library that never answers must not stop the others. */
export async function attempt(client: Client, token: string, patienceMs = LONGEST_MS): Promise<Attempt> {
  const began = elapsed()
  const outcome = await within(
    patienceMs,
    client.verify(token).then(
      () => ({ verdict: 'verified' }) as const,
      (error: unknown) => ({ verdict: 'refused', error }) as const,
    ),
  )
  return { verdict: 'unanswered', ...outcome, ms: elapsed() - began }
}
