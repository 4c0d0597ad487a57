import * as door from 'countersign'
import { CLAIMS, NOW, POLICY } from './forge.ts'
import { publicMembers } from './keys.ts'

/** Where the sets of `rig` are said to be. */
export const URL_OF_SET = 'https://issuer.example/.well-known/jwks.json'

/** A key of an issuer, as it publishes it, and a token that it signed. */
export interface Issued {
  readonly kid: string
  readonly jwk: door.Jwk
  readonly token: string
  /** A token that names an issuer of any kind. */
  sign(iss: string): Promise<string>
}

/** Makes a key, and a token by it that outlives every test. */
export async function issue(kid: string): Promise<Issued> {
  const key = await door.generateKey('ES256', { kid })
  const sign = (iss: string): Promise<string> => signAs(key, iss)
  return { kid, jwk: publicMembers(await door.exportJwk(key)), token: await sign(CLAIMS.iss), sign }
}

/** Tokens of one key under names that no set has. */
export async function strangers(count: number): Promise<readonly string[]> {
  const jwk = await door.exportJwk(await door.generateKey('ES256'))
  return Promise.all(
    Array.from({ length: count }, (_, index) => signAs(door.importKey(jwk, { kid: `stranger-${index}` }), CLAIMS.iss)),
  )
}

async function signAs(key: door.Key, iss: string): Promise<string> {
  const signer = door.createSigner({ key, expiresIn: 'never', now: () => NOW })
  return signer.sign({ ...CLAIMS, iss, exp: NOW + 1e6 })
}

/** The text of a JWK Set. */
export const bodyOf = (...issued: readonly Issued[]): string => JSON.stringify({ keys: issued.map(({ jwk }) => jwk) })

/** The names of the keys that a set has now. */
export const kidsOf = ({ current }: door.RemoteKeySet): readonly (string | undefined)[] | undefined =>
  current?.keys.map(({ kid }) => kid)

/** A server: it answers a request, or never. */
export type Answerer = (request: door.FetchRequest, url: string) => Promise<door.FetchResponse>

/** Answers with a text. */
export function answer(text: string, headers: Readonly<Record<string, string>> = {}, status = 200): Answerer {
  const bare = status === 204 || status === 304
  return async () => new Response(bare ? null : text, { status, headers })
}

/** Answers with headers that no `Response` would take, and with a body that needs nothing but promises. */
export function answerByHand(
  text: string,
  headers: Readonly<Record<string, string>>,
  response: Partial<door.FetchResponse> = {},
): Answerer {
  return async () => {
    const parts = [new TextEncoder().encode(text)]
    const reader = {
      read: async () => ({ done: parts.length === 0, value: parts.pop() }),
      cancel: async () => {},
    }
    return {
      status: 200,
      headers: { get: (name) => headers[name] ?? null },
      body: { getReader: () => reader },
      ...response,
    }
  }
}

/** Nothing is there: the port is closed, or the network is. */
export const unreachable: Answerer = () => Promise.reject(new TypeError('fetch failed'))

/** Takes the request and is never heard of again. */
export const silent: Answerer = () => new Promise(() => {})

/** Answers as told, but no sooner than it is opened. */
export function gate(then: Answerer): { readonly open: () => void; readonly answer: Answerer } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return {
    open: resolve,
    async answer(request, url) {
      await promise
      return then(request, url)
    },
  }
}

/** What `rig` gives. */
export interface Rig {
  /** The clock of the set, and what its server does. */
  readonly state: { time: number; answer: Answerer }
  /** The requests that were made. */
  readonly sent: readonly door.FetchRequest[]
  readonly events: readonly door.RemoteKeySetEvent[]
  readonly keys: door.RemoteKeySet
  /** Has a clock of its own, which stands still: no token expires while a test moves that of the set. */
  readonly verifier: door.Verifier
  /** The next event: ask before whatever brings it about. */
  next(): Promise<door.RemoteKeySetEvent>
}

/** A set behind a server and a clock that do as they are told. */
export function rig(options: door.RemoteKeySetOptions = {}): Rig {
  const state = { time: NOW, answer: unreachable }
  const sent: door.FetchRequest[] = []
  const events: door.RemoteKeySetEvent[] = []
  const keys = door.remoteKeySet(URL_OF_SET, {
    now: () => state.time,
    random: () => 0.5,
    fetch: async (url, request) => {
      sent.push(request)
      return state.answer(request, url)
    },
    ...options,
  })
  keys.subscribe((event) => events.push(event))
  return { state, sent, events, keys, verifier: door.createVerifier({ keys, ...POLICY }), next: () => nextOf(keys) }
}

/** The next event of a set. */
export function nextOf(keys: door.RemoteKeySet): Promise<door.RemoteKeySetEvent> {
  return new Promise((resolve) => {
    const end = keys.subscribe((event) => {
      end()
      resolve(event)
    })
  })
}

/** A set that was fetched a moment ago. */
export async function loaded(
  text: string,
  headers: Readonly<Record<string, string>> = {},
  options: door.RemoteKeySetOptions = {},
): Promise<Rig> {
  const made = rig(options)
  made.state.answer = answer(text, headers)
  await made.keys.load()
  return made
}
