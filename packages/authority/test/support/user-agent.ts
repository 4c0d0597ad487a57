import { Agent as Connections, type IncomingHttpHeaders, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { note, noteFields } from './given.ts'

export interface Cookie {
  readonly name: string
  readonly value: string
  readonly host: string
  readonly path: string
  /** What else was said of it, names in small letters: `httponly`, `samesite`, `secure`, `max-age`, `expires`. */
  readonly attributes: Readonly<Record<string, string>>
}

export interface Field {
  readonly name: string
  readonly value: string
  readonly type: string
}

export interface Form {
  readonly id: string | undefined
  readonly action: string
  readonly method: string
  /** What is sent without a button: inputs that are not buttons, hidden ones too. */
  readonly fields: readonly Field[]
  readonly buttons: readonly Field[]
}

/** Where a person is. */
export interface Page {
  readonly url: string
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly html: string
  readonly forms: readonly Form[]
  /** Where the server sent the browser, and the browser did not go: the redirect URI of a client. */
  readonly location: URL | undefined
}

export interface Credentials {
  readonly email: string
  readonly password: string
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/
const MOST_REDIRECTS = 20

/**
 * A browser that knows cookies, redirects and forms, and says of each request where it comes from. It never leaves this
 * machine: a redirect to elsewhere is where it stops.
 */
export class UserAgent {
  readonly cookies: Cookie[] = []
  /** Every request, as method and URL. */
  readonly visited: string[] = []
  readonly #stopAt: readonly string[]
  readonly #connections = new Connections({ keepAlive: false })
  readonly #headers: Readonly<Record<string, string>>
  readonly #server: string | undefined

  /**
   * @param options - `stopAt`: beginnings of URLs on this machine that are not asked for; `headers`: sent with each
   * request, such as `x-forwarded-for`; `server`: the origin that is asked in place of that of every URL, as by DNS
   */
  constructor(
    options: {
      readonly stopAt?: readonly string[]
      readonly headers?: Readonly<Record<string, string>>
      readonly server?: string
    } = {},
  ) {
    this.#stopAt = options.stopAt ?? []
    this.#headers = options.headers ?? {}
    this.#server = options.server
  }

  /** Goes to an address that was typed. */
  get(url: string | URL): Promise<Page> {
    return this.#go('GET', new URL(url), undefined, {})
  }

  /**
   * Sends a form.
   *
   * @param fields - in place of what the form has
   * @param button - the name and value of the one that is pressed; by itself the first, if it has a name
   */
  submit(
    page: Page,
    fields: Readonly<Record<string, string>> = {},
    { form = page.forms[0], button, headers = {} }: Press = {},
  ): Promise<Page> {
    if (form === undefined) throw new Error(`there is no form at ${page.url}: ${page.html}`)
    const data = new URLSearchParams()
    for (const { name, value } of form.fields) data.set(name, value)
    for (const [name, value] of Object.entries(fields)) data.set(name, value)
    const pressed = button ?? form.buttons.find(({ name }) => name !== '')
    if (pressed !== undefined && pressed.name !== '') data.set(pressed.name, pressed.value)
    noteFields('typed', data)
    const to = new URL(form.action, page.url)
    const from = new URL(page.url)
    const site = from.origin === to.origin ? 'same-origin' : 'cross-site'
    if (form.method === 'get') {
      to.search = `${data}`
      return this.#go('GET', to, undefined, { 'sec-fetch-site': site, referer: page.url, ...headers })
    }
    return this.#go('POST', to, `${data}`, {
      origin: from.origin,
      referer: page.url,
      'sec-fetch-site': site,
      ...headers,
    })
  }

  /** The cookies that a request to this URL carries: ports make no difference to them (RFC 6265 §8.5). */
  cookiesFor(url: URL): readonly Cookie[] {
    return this.cookies
      .filter(({ host, path }) => host === url.hostname && inside(url.pathname, path))
      .sort((a, b) => b.path.length - a.path.length)
  }

  async #go(
    method: string,
    url: URL,
    body: string | undefined,
    headers: Readonly<Record<string, string>>,
  ): Promise<Page> {
    let [verb, to, data, more] = [method, url, body, headers]
    for (let left = MOST_REDIRECTS; left > 0; left--) {
      const answer = await this.#ask(verb, to, data, more)
      const { location } = answer.headers
      if (location === undefined || answer.status < 300 || answer.status > 399) return answer
      const next = new URL(location, to)
      noteFields('redirected with', next.searchParams)
      const stops = !LOOPBACK.test(next.hostname) || !/^https?:$/.test(next.protocol)
      if (stops || this.#stopAt.some((start) => next.href.startsWith(start))) return { ...answer, location: next }
      if (answer.status < 307) [verb, data] = ['GET', undefined]
      more = verb === 'GET' ? { 'sec-fetch-site': more['sec-fetch-site'] ?? 'none' } : more
      to = next
    }
    throw new Error(`more than ${MOST_REDIRECTS} redirects: ${this.visited.slice(-MOST_REDIRECTS).join(', ')}`)
  }

  async #ask(
    method: string,
    url: URL,
    body: string | undefined,
    headers: Readonly<Record<string, string>>,
  ): Promise<Page> {
    this.visited.push(`${method} ${url}`)
    const cookie = this.cookiesFor(url).map(({ name, value }) => `${name}=${value}`)
    const sent = request(new URL(`${url.pathname}${url.search}`, this.#server ?? url), {
      method,
      agent: this.#connections,
      headers: {
        accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
        'sec-fetch-site': 'none',
        ...(cookie.length > 0 && { cookie: cookie.join('; ') }),
        ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...this.#headers,
        ...headers,
      },
    })
    const { promise, resolve, reject } = Promise.withResolvers<import('node:http').IncomingMessage>()
    sent.on('response', resolve).on('error', reject).end(body)
    const answer = await promise
    const html = await text(answer)
    for (const line of answer.headers['set-cookie'] ?? []) this.#keep(line, url)
    const status = answer.statusCode ?? 0
    return { url: url.href, status, headers: answer.headers, html, forms: parseForms(html), location: undefined }
  }

  #keep(line: string, url: URL): void {
    const [pair = '', ...rest] = line.split(';').map((part) => part.trim())
    const attributes = Object.fromEntries(
      rest.map((part) => {
        const [name = '', ...value] = part.split('=')
        return [name.toLowerCase(), value.join('=')]
      }),
    )
    const name = pair.slice(0, pair.indexOf('='))
    const value = pair.slice(pair.indexOf('=') + 1)
    note(`cookie ${name}`, value)
    const path = attributes['path']?.startsWith('/') ? attributes['path'] : '/'
    const known = this.cookies.findIndex((one) => one.name === name && one.host === url.hostname && one.path === path)
    if (known >= 0) this.cookies.splice(known, 1)
    const gone = attributes['max-age'] === '0' || Date.parse(attributes['expires'] ?? '') <= Date.now()
    if (!gone) this.cookies.push({ name, value, host: url.hostname, path, attributes })
  }
}

export interface Press {
  readonly form?: Form
  readonly button?: { readonly name: string; readonly value: string }
  /** In place of what a browser says by itself. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Whether a cookie of one path goes along to another (RFC 6265 §5.1.4). */
function inside(path: string, cookiePath: string): boolean {
  return path === cookiePath || path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`)
}

/**
 * Goes through login and consent as a person does who agrees with everything.
 *
 * @param url - of the authorization request
 * @returns the redirect URI of the client, with what came along
 */
export async function login(
  agent: UserAgent,
  url: string | URL,
  credentials: Credentials,
  decision: 'allow' | 'deny' = 'allow',
): Promise<URL> {
  let page = await agent.get(url)
  let given = false
  while (page.location === undefined) {
    const form = page.forms.find(({ fields, buttons }) => asks(fields, 'password') || asks(buttons, 'decision'))
    if (form === undefined) throw new Error(`${page.status} and nothing to fill in at ${page.url}: ${page.html}`)
    if (asks(form.fields, 'password')) {
      if (given) throw new Error(`the login was refused with ${page.status}: ${page.html}`)
      given = true
      page = await agent.submit(page, { ...credentials }, { form })
    } else page = await agent.submit(page, {}, { form, button: { name: 'decision', value: decision } })
  }
  return page.location
}

/** Whether a form asks for something, or has a button for it. */
export function asks(fields: readonly Field[], name: string): boolean {
  return fields.some((field) => field.name === name)
}

function parseForms(html: string): readonly Form[] {
  const forms = [...html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)].map(([, head = '', inner = '']) => ({
    attributes: parseAttributes(head),
    inner,
  }))
  // Controls outside of the form that they name belong to it as well.
  const outside = html.replaceAll(/<form\b.*?<\/form>/gs, '')
  const strays = [outside, ...forms.map(({ inner }) => inner)]
    .flatMap(parseControls)
    .filter(({ form }) => form !== undefined)
  return forms.map(({ attributes, inner }) => {
    const own = parseControls(inner).filter(({ form }) => form === undefined)
    const controls = [...own, ...strays.filter(({ form }) => form === attributes['id'])]
    return {
      id: attributes['id'],
      action: attributes['action'] ?? '',
      method: (attributes['method'] ?? 'get').toLowerCase(),
      fields: controls.filter(({ type, name }) => type !== 'submit' && name !== ''),
      buttons: controls.filter(({ type }) => type === 'submit'),
    }
  })
}

interface Control extends Field {
  readonly form: string | undefined
}

function parseControls(html: string): readonly Control[] {
  return [...html.matchAll(/<(input|button)\b([^>]*)>/g)].map(([, tag, head = '']) => {
    const { name = '', value = '', form, type = tag === 'button' ? 'submit' : 'text' } = parseAttributes(head)
    return { name, value, type, form }
  })
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'" }

function parseAttributes(head: string): Readonly<Record<string, string>> {
  const found = head.matchAll(/([a-z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/gi)
  return Object.fromEntries(
    [...found].map(([, name = '', double, single, bare]) => [
      name.toLowerCase(),
      decode(double ?? single ?? bare ?? ''),
    ]),
  )
}

function decode(value: string): string {
  return value.replaceAll(/&(amp|lt|gt|quot|#39|#x27);/g, (all, name: string) => ENTITIES[name] ?? all)
}
