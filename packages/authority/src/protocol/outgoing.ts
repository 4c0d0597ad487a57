import { AsyncLocalStorage } from 'node:async_hooks'

/** A fetch as oidc-provider calls it: `options` has a dispatcher that refuses private addresses. */
type Fetch = (url: string | URL, options: RequestInit & { dispatcher?: unknown }) => Promise<Response>

/** Whether somebody who had to be asked for the request at hand did not answer, and why. */
interface Silence {
  cause?: unknown
}

const silences = new AsyncLocalStorage<Silence>()

/** How a server is out of reach, as the codes of Node and of its fetch begin. */
const OUT_OF_REACH = /^(?:E(?:CONN|TIMEDOUT|HOST|NET|PIPE|AI_AGAIN)|ENOTFOUND$|UND_ERR_(?:SOCKET|.*TIMEOUT))/

/**
 * Sends the requests of the provider: logout tokens, and requests for the keys of clients. Clients name the addresses,
 * so private ones are refused, but for the origins that the settings allow.
 */
export function createFetch(allowed: ReadonlySet<string>, send: Fetch = globalThis.fetch as Fetch): Fetch {
  return async (url, options) => {
    const { dispatcher: _guard, ...rest } = options
    const silence = silences.getStore()
    try {
      const answer = await send(url, {
        ...(allowed.has(new URL(url).origin) ? rest : options),
        redirect: 'error',
      })
      if (answer.status >= 500 && silence) silence.cause = new Error(`status ${answer.status}`)
      return answer
    } catch (error) {
      if (silence && isOutOfReach(error)) silence.cause = error
      throw error
    }
  }
}

function isOutOfReach(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = (error.cause ?? {}) as { readonly code?: unknown }
  return error.name === 'TimeoutError' || (typeof code === 'string' && OUT_OF_REACH.test(code))
}

/** Does some work. @returns why somebody whom it asked did not answer; `undefined` where everybody did, or nobody was asked */
export async function silenceIn(work: () => Promise<unknown>): Promise<unknown> {
  const silence: Silence = {}
  await silences.run(silence, work)
  return silence.cause
}
