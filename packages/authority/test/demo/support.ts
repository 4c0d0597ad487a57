import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { accessToken } from 'countersign/profile'
import type { Demo } from '../../src/demo/demo.ts'
import { type Started, startOn } from '../support/authority.ts'
import type { Credentials, Page, UserAgent } from '../support/user-agent.ts'

/** An authority with its demo. */
export interface DemoForTests {
  readonly started: Started
  readonly issuer: string
  readonly demo: Demo
  readonly notes: string
  readonly photos: string
  readonly api: string
  /** The one whom the demo comes with. */
  readonly reader: Credentials
  /** An access token for the API, signed with the key that signs now. */
  tokenOf(claims: Readonly<Record<string, string>>): Promise<string>
}

/** Starts both on free ports; the end of the test ends them. */
export async function startForTest(t: Pick<TestContext, 'after'>): Promise<DemoForTests> {
  const started = await startOn('sqlite', { env: { DEMO: '1', PORT: '0' } })
  t.after(() => started.stop())
  const [authority] = started.instances
  const demo = authority?.demo
  assert.ok(authority && demo)
  const [notes = '', photos = ''] = demo.apps.map(({ url }) => url)
  const { email, password = '' } = demo.user
  const { issuer } = started
  const signer = accessToken.createSigner({
    ...{ key: authority.ring, alg: 'ES256', issuer, audience: demo.api, expiresIn: 600 },
  })
  const tokenOf = (claims: Readonly<Record<string, string>>): Promise<string> =>
    signer.sign({ sub: 'usr_1', client_id: 'demo-notes', ...claims })
  return { started, issuer, demo, notes, photos, api: demo.api, reader: { email, password }, tokenOf }
}

/** The form of a page that goes somewhere. */
export function formTo(page: Page, action: string): NonNullable<Page['forms'][number]> {
  const form = page.forms.find((one) => one.action === action)
  assert.ok(form, `there is no form to ${action} at ${page.url}: ${page.html}`)
  return form
}

/** Presses the button of a page whose form goes somewhere. */
export const press = (agent: UserAgent, page: Page, action: string): Promise<Page> =>
  agent.submit(page, {}, { form: formTo(page, action) })

/** Logs in to an app; without credentials nobody may ask for any. */
export async function logIn(agent: UserAgent, app: string, credentials?: Credentials): Promise<Page> {
  let page = await press(agent, await agent.get(app), '/login')
  if (credentials !== undefined) page = await agent.submit(page, { ...credentials })
  assert.equal(page.url, `${app}/`, `${page.status} ${page.html}`)
  assert.match(page.html, /Hello, /)
  return page
}

/** Asks the API by the page of an app. */
export async function call(agent: UserAgent, page: Page, path: string): Promise<Page> {
  const form = page.forms.find(({ buttons }) => buttons.some(({ value }) => value === path))
  assert.ok(form, `there is no button for ${path}`)
  return agent.submit(page, {}, { form })
}

/** Logs out of everything by the button of an app. */
export async function logOut(agent: UserAgent, page: Page): Promise<Page> {
  const asked = await press(agent, page, '/logout')
  return agent.submit(asked, {}, { button: { name: 'logout', value: 'yes' } })
}

export const isIn = async (agent: UserAgent, app: string): Promise<boolean> =>
  (await agent.get(app)).html.includes('Hello, ')

/** What the API said, as the page of an app shows it. */
export function answerOf({ html }: Page): string {
  return /<div class="card" role="status">(.*?)<\/div>/s.exec(html)?.[1] ?? ''
}

/** The access token, as the page of an app shows it. */
export function accessTokenOf({ html }: Page): string {
  const [, shown = ''] = /<p class="token">(.*?)<\/p>/s.exec(html) ?? []
  return shown.replaceAll(/<[^>]*>/g, '')
}

/** Where the button of an app leads to, without going there. */
export async function departureOf(agent: UserAgent, app: string): Promise<URL> {
  const headers = { origin: app, cookie: cookiesOf(agent, app) }
  return step(agent, app, await fetch(`${app}/login`, { method: 'POST', redirect: 'manual', headers }))
}

/** Takes an answer of the authority to its app, and goes no further. */
export async function arrive(agent: UserAgent, app: string, answer: URL): Promise<Response> {
  const response = await fetch(answer, { redirect: 'manual', headers: { cookie: cookiesOf(agent, app) } })
  if (response.status === 303) step(agent, app, response)
  return response
}

/** Keeps the cookies of an answer. @returns where it leads to */
function step(agent: UserAgent, app: string, response: Response): URL {
  const host = new URL(app).hostname
  for (const line of response.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    const known = agent.cookies.findIndex((one) => one.name === name && one.host === host)
    if (known >= 0) agent.cookies.splice(known, 1)
    agent.cookies.push({ name, value, host, path: '/', attributes: {} })
  }
  return new URL(response.headers.get('location') ?? '', app)
}

export const cookiesOf = (agent: UserAgent, app: string): string =>
  agent
    .cookiesFor(new URL(app))
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ')
