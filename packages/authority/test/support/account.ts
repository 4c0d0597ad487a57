import assert from 'node:assert/strict'
import { TOTP } from 'otpauth'
import type { Credentials, Form, Page, UserAgent } from './user-agent.ts'
import { newBrowser, type World } from './world.ts'

/** Opens a page of an account as a person does: who is asked to log in does. */
export async function openPage(
  agent: UserAgent,
  { issuer }: Pick<World, 'issuer'>,
  path: string,
  credentials: Credentials,
): Promise<Page> {
  const page = await agent.get(`${issuer}${path}`)
  if (!isLogin(page)) return page
  const { email, password } = credentials
  return agent.submit(page, { email, password })
}

export const isLogin = ({ url }: Page): boolean => /\/login\/[\w-]+$/.test(new URL(url).pathname)

/** A browser in which somebody looks at their account. */
export async function inAccount(
  world: Pick<World, 'issuer'>,
  credentials: Credentials,
  path = '/account',
): Promise<{ readonly agent: UserAgent; readonly page: Page }> {
  const agent = newBrowser()
  const page = await openPage(agent, world, path, credentials)
  assert.equal(new URL(page.url).pathname, path, page.html)
  assert.equal(page.status, 200, page.html)
  return { agent, page }
}

/** A browser whose login was right, and that has not gone on to where that leads. */
export async function stopOnTheWay(
  { issuer }: Pick<World, 'issuer'>,
  { email, password }: Credentials,
): Promise<{ readonly agent: UserAgent; readonly location: URL }> {
  const agent = newBrowser({ stopAt: [`${issuer}/auth/`] })
  const login = await agent.get(`${issuer}/account`)
  const { location } = await agent.submit(login, { email, password })
  assert.ok(location)
  return { agent, location }
}

/** The form of a page that is posted somewhere, and has this value in a field where one is named. */
export function formTo({ forms, url, html }: Page, action: string, value?: string): Form {
  const form = forms.find(
    (one) => one.action === action && (value === undefined || one.fields.some((field) => field.value === value)),
  )
  assert.ok(form, `there is no form to ${action} at ${url}: ${html}`)
  return form
}

/** Sends the form of a page that goes somewhere. */
export function send(
  agent: UserAgent,
  page: Page,
  action: string,
  fields: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Page> {
  return agent.submit(page, fields, { form: formTo(page, action), headers })
}

/** What an authenticator app shows for the key that a page tells. @param at - the time, in milliseconds */
export function codeOf({ html }: Page, at = Date.now()): string {
  const [, secret = ''] = /<p class="user-code"><code>([A-Z2-7 ]+)<\/code>/.exec(html) ?? []
  assert.ok(secret, html)
  return new TOTP({ secret: secret.replaceAll(' ', '') }).generate({ timestamp: at })
}

/** Whether a browser is logged in, asked without a page that would ask for a login. */
export async function isIn(agent: UserAgent, { issuer }: Pick<World, 'issuer'>): Promise<boolean> {
  return !isLogin(await agent.get(`${issuer}/account/password`))
}

/** Text of a page as people read it. */
export const textOf = ({ html }: Page): string =>
  html
    .replaceAll(/<(head|span class="hidden")\b.*?<\/(head|span)>/gs, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')

/** The names of what was recorded of somebody, the last first. */
export async function recorded({ store }: Pick<World, 'store'>, actor: string): Promise<readonly string[]> {
  const query = store.db.selectFrom('audit').select('event').where('actor', '=', actor).orderBy('seq', 'desc')
  return (await query.execute()).map(({ event }) => event)
}
