import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** What requests are told apart by, where nobody needs more: by the first part of their paths, which holds nothing of anyone. */
const ROUTES: ReadonlyMap<string, string> = new Map([
  ['token', 'token'],
  ['auth', 'auth'],
  ['request', 'auth'],
  ['device', 'auth'],
  ['jwks', 'jwks'],
  ['.well-known', 'jwks'],
  ['me', 'me'],
  ['login', 'login'],
  ['consent', 'login'],
  ['forgot', 'login'],
  ['reset', 'login'],
  ['session', 'logout'],
  ['account', 'account'],
  ['passkey', 'account'],
  ['admin', 'admin'],
  ['healthz', 'probe'],
  ['readyz', 'probe'],
  ['metrics', 'probe'],
])

/** The class that a path belongs to: one of few. */
export function routeOf(path: string): string {
  const end = path.indexOf('/', 1)
  return ROUTES.get(path.slice(1, end < 0 ? undefined : end)) ?? 'other'
}

/** A request that is over: nothing that somebody sent but a name for it. */
export interface Visit {
  readonly method: string
  readonly route: string
  /** What it was answered with; nothing where whoever asked went away before that. */
  readonly status: number | undefined
  readonly seconds: number
  /** What it is called in the log, here and in what stands in front of this server. */
  readonly request: string
}

const REQUEST_ID = /^[\w-]{8,64}$/

/** The requests that are being answered. */
export class Traffic {
  readonly #open = new Set<ServerResponse>()
  readonly #seen: readonly ((visit: Visit) => void)[]
  #draining = false

  /** @param seen - told of each request once it is over */
  constructor(...seen: readonly ((visit: Visit) => void)[]) {
    this.#seen = seen
  }

  /** How many there are. */
  get open(): number {
    return this.#open.size
  }

  /** Whether this server is about to stop, and wants no new ones. */
  get draining(): boolean {
    return this.#draining
  }

  /** From now on each answer is the last one of its connection, so that whoever asks again asks somebody else. */
  drain(): void {
    this.#draining = true
    for (const response of this.#open) response.shouldKeepAlive = false
  }

  /** Takes notice of a request, and gives it a name where it has none. */
  begin(request: IncomingMessage, response: ServerResponse, path: string): void {
    const name = nameOfRequest(request)
    request.headers['x-request-id'] = name
    response.setHeader('X-Request-Id', name)
    if (this.#draining) response.shouldKeepAlive = false
    this.#open.add(response)
    const from = performance.now()
    response.once('close', () => {
      this.#open.delete(response)
      if (this.#seen.length === 0) return
      const visit: Visit = {
        method: request.method ?? '',
        route: routeOf(path),
        status: response.writableFinished ? response.statusCode : undefined,
        seconds: (performance.now() - from) / 1000,
        request: name,
      }
      for (const tell of this.#seen) tell(visit)
    })
  }
}

function nameOfRequest({ headers }: IncomingMessage): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID()
}

/** A line for each request that was told to come back later, so that whoever has its name finds it. Probes ask all the time. */
export function unanswered(log: (line: object) => void): (visit: Visit) => void {
  return ({ method, route, status, request }) => {
    if (status === 503 && route !== 'probe')
      log({ level: 'warn', event: 'request.unavailable', method, route, request })
  }
}
