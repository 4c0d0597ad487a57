// autocannon has no types that keep pace with it: this is what of it is used here.
import { createRequire } from 'node:module'

/** What is sent next, on one connection: autocannon asks for it anew each time. */
export interface Shot {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** What came back. Names of headers are in lower case. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A request and what it has to be answered, as the load carries them from one to the other. */
export interface Round<Context> {
  /** What to send, and what is needed to judge the answer. */
  next(): { readonly shot: Shot; readonly context: Context }
  judge(reply: Reply, context: Context): void
}

export interface Limits {
  readonly connections: number
  /** For so long, or … */
  readonly seconds?: number
  /** … so many requests. */
  readonly amount?: number
  /** Requests a second, on all connections together. */
  readonly rate?: number
}

/** What autocannon counted: nothing of this is an answer. */
export interface Result {
  readonly requests: number
  readonly errors: number
  readonly timeouts: number
}

interface Raw {
  readonly requests: { readonly total: number }
  readonly errors: number
  readonly timeouts: number
}

interface Kept<Context> {
  context?: Context
}

type Autocannon = (options: object) => Promise<Raw>

const autocannon = createRequire(import.meta.url)('autocannon') as Autocannon

/** Seconds without an answer: longer than any server here takes to say that it cannot give one. */
const PATIENCE = 30

/** Loads a server. One request at a time on each connection, so each answer is that of the request before it. */
export async function shoot<Context>(url: string, round: Round<Context>, limits: Limits): Promise<Result> {
  const { connections, seconds, amount, rate } = limits
  const { requests, errors, timeouts } = await autocannon({
    url,
    connections,
    timeout: PATIENCE,
    ...(amount === undefined ? { duration: seconds } : { amount }),
    ...(rate !== undefined && { overallRate: rate, ignoreCoordinatedOmission: true }),
    requests: [
      {
        setupRequest(request: object, kept: Kept<Context>) {
          const { shot, context } = round.next()
          kept.context = context
          return { ...request, ...shot }
        },
        onResponse(status: number, body: string, kept: Kept<Context>, headers: Record<string, string | string[]>) {
          const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value].flat().join(', ')])
          round.judge({ status, body, headers: Object.fromEntries(lower) }, kept.context as Context)
        },
      },
    ],
  })
  return { requests: requests.total, errors, timeouts }
}
