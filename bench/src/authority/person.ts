import { createHash, randomBytes } from 'node:crypto'
import { CALLBACK, RESOURCE, SCOPE } from './control.ts'
import { type Answer, send } from './http.ts'
import type { Server } from './server.ts'
import { requestTokens, type Tokens } from './tokens.ts'

/** The cookies of somebody's browser, who goes to one server. */
export class Cookies {
  readonly #held = new Map<string, string>()

  /** Takes what an answer sets, and drops what it takes back. */
  take(lines: readonly string[] = []): void {
    for (const line of lines) {
      const pair = line.split(';', 1)[0] ?? ''
      const name = pair.slice(0, pair.indexOf('='))
      const value = pair.slice(pair.indexOf('=') + 1)
      if (value === '') this.#held.delete(name)
      else this.#held.set(name, value)
    }
  }

  /** What goes along. */
  get header(): string {
    return Array.from(this.#held, ([name, value]) => `${name}=${value}`).join('; ')
  }
}

/** What the form for a password says: where it goes, and the token that it carries. */
export function toForm(html: string): { readonly action: string; readonly csrf: string } {
  const action = /<form[^>]* action="([^"]+)"/.exec(html)?.[1]
  const csrf = /<input[^>]* name="csrf"[^>]* value="([^"]+)"/.exec(html)?.[1]
  if (action === undefined || csrf === undefined) throw new Error('the page has no form to log in')
  return { action, csrf }
}

/**
 * Logs somebody in who was not: from the authorization request by way of the form to the tokens, with PKCE. It takes four
 * requests of a browser and one of the client.
 *
 * @param caller - who it is, and from which address
 */
export async function logIn(server: Server, caller: number): Promise<Tokens> {
  const { origin, issuer, web, people } = server
  const person = people[caller % people.length]
  if (person === undefined) throw new Error(`${server.name} knows nobody`)
  const cookies = new Cookies()
  const from = { 'x-forwarded-for': `10.0.0.${caller + 1}` }
  const browse = async (path: string, form?: string): Promise<Answer> => {
    const sent = form === undefined ? {} : { origin: issuer, 'sec-fetch-site': 'same-origin' }
    const answer = await send(origin, path, { ...from, ...sent, cookie: cookies.header }, form)
    cookies.take(answer.headers['set-cookie'])
    return answer
  }
  const verifier = randomBytes(32).toString('base64url')
  const page = await browse(pathOf(await browse(`/auth?${toRequest(web.id, verifier)}`), issuer))
  const { action, csrf } = toForm(page.text)
  const resumed = await browse(action, `${new URLSearchParams({ ...person, csrf })}`)
  const back = toLocation(await browse(pathOf(resumed, issuer)), issuer)
  const code = back.searchParams.get('code')
  if (code === null) throw new Error(`${server.name} gave no code: ${back.search}`)
  const grant = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: verifier }
  return requestTokens(server, web, { ...grant, resource: RESOURCE })
}

function toRequest(id: string, verifier: string): URLSearchParams {
  return new URLSearchParams({
    client_id: id,
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: `openid offline_access ${SCOPE}`,
    resource: RESOURCE,
    state: 'state',
    nonce: 'nonce',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
}

function toLocation({ status, headers, text }: Answer, base: string): URL {
  const { location } = headers
  if (location === undefined) throw new Error(`the login ended with ${status}: ${text.slice(0, 500)}`)
  return new URL(location, base)
}

function pathOf(answer: Answer, base: string): string {
  const { pathname, search } = toLocation(answer, base)
  return pathname + search
}
