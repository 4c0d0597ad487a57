import { once } from 'node:events'
import { connect } from 'node:net'
import type { Credentials, Page, UserAgent } from '../support/user-agent.ts'
import { newBrowser, type TestClient, toRequest, type World } from '../support/world.ts'

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** Asserts on the host of a request are of no use where a library sends it: this sends what it is given, and nothing else. */
export async function sendRaw(port: number, text: string): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('latin1').on('data', (chunk) => {
    answer += chunk
  })
  // Who refuses early closes while we still write.
  socket.on('error', () => undefined)
  socket.write(text, 'latin1')
  await once(socket, 'close')
  const [head = '', ...rest] = answer.split('\r\n\r\n')
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), head, body: rest.join('\r\n\r\n') }
}

export interface RawRequest {
  readonly method?: string
  readonly target: string
  readonly headers?: readonly string[]
  readonly body?: string
}

/** The text of a request that ends its connection. */
export function toRaw({ method = 'GET', target, headers = [], body }: RawRequest): string {
  const has = (name: string): boolean => headers.some((line) => line.toLowerCase().startsWith(`${name}:`))
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(has('host') ? [] : ['Host: localhost']),
    'Connection: close',
    ...headers,
    ...(body !== undefined && !has('transfer-encoding') && !has('content-length')
      ? [`Content-Length: ${body.length}`]
      : []),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}

/** The port of the first instance. */
export const portOf = ({ origins }: Pick<World, 'origins'>): number => Number(new URL(String(origins[0])).port)

/** The cookies that a browser would send to a page, as a line. */
export function cookieLine(agent: UserAgent, url: string): string {
  const pairs = agent.cookiesFor(new URL(url)).map(({ name, value }) => `${name}=${value}`)
  return `Cookie: ${pairs.join('; ')}`
}

/** A browser that was sent to log in, and looks at the form. */
export async function atLogin(
  client: TestClient,
  parameters: Readonly<Record<string, string>> = {},
): Promise<{ readonly agent: UserAgent; readonly page: Page }> {
  const agent = newBrowser()
  const page = await agent.get((await toRequest(client, parameters)).url)
  return { agent, page }
}

/** The value of a hidden field. */
export function fieldOf({ forms, html }: Page, name: string): string {
  const field = forms.flatMap(({ fields }) => fields).find((one) => one.name === name)
  if (field === undefined) throw new Error(`there is no ${name} in ${html}`)
  return field.value
}

/** What somebody types into the form of the login. */
export const toFields = ({ email, password }: Credentials): { readonly email: string; readonly password: string } => ({
  email,
  password,
})
