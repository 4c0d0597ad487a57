/** Something that an app can ask the API. */
export interface ApiCall {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** What the API demands for it, in words. */
  readonly needs: string
}

/** What the API said. */
export interface Answer {
  readonly call: ApiCall
  readonly status: number
  readonly statusText: string
  /** Why not, as clients read it (RFC 6750 §3). */
  readonly challenge: string | undefined
  readonly body: string
}

const SHOWN = 4000

export async function ask(apiOrigin: string, call: ApiCall, accessToken: string): Promise<Answer> {
  try {
    const response = await fetch(`${apiOrigin}${call.path}`, {
      method: call.method,
      headers: { Authorization: `Bearer ${accessToken}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(10_000),
    })
    return {
      call,
      status: response.status,
      statusText: response.statusText,
      challenge: response.headers.get('WWW-Authenticate') ?? undefined,
      body: pretty(await response.text()).slice(0, SHOWN),
    }
  } catch {
    return { call, status: 0, statusText: 'no answer', challenge: undefined, body: `${apiOrigin} gives no answer.` }
  }
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
