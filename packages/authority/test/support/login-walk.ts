import assert from 'node:assert/strict'
import type { Authenticator, Twist } from './authenticator.ts'
import { type AppUser, addApp, addUser } from './factors.ts'
import type { Credentials, Field, Form, Page, UserAgent } from './user-agent.ts'
import {
  addClient,
  newBrowser,
  ORDERS,
  readAccessToken,
  redeem,
  type TestClient,
  toRequest,
  type World,
} from './world.ts'

/** The form that is posted to this part of a login, and the one there with this field. */
export function formTo({ forms, html }: Page, end: string, field?: string): Form {
  const form = forms.find(
    ({ action, fields }) => action.endsWith(end) && (field === undefined || fields.some(({ name }) => name === field)),
  )
  if (form === undefined) throw new Error(`there is no form to ${end} in ${html}`)
  return form
}

export const has = ({ forms }: Page, end: string): boolean => forms.some(({ action }) => action.endsWith(end))
export const fieldsOf = (fields: readonly Field[]): Readonly<Record<string, string>> =>
  Object.fromEntries(fields.map(({ name, value }) => [name, value]))

/** The options of a form for a passkey. */
export function optionsOf({ html }: Page): {
  readonly challenge: string
  readonly allowCredentials?: readonly unknown[]
} {
  const [, text = ''] = /data-options="([^"]*)"/.exec(html) ?? []
  return JSON.parse(text.replaceAll('&quot;', '"'))
}

export const givePassword = (agent: UserAgent, page: Page, { email, password }: Credentials): Promise<Page> =>
  agent.submit(page, { email, password }, { form: formTo(page, '', 'password') })
export const giveCode = (agent: UserAgent, page: Page, code: string): Promise<Page> =>
  agent.submit(page, { code }, { form: formTo(page, '/code') })
export const usePasskey = (
  agent: UserAgent,
  page: Page,
  authenticator: Authenticator,
  twist: Twist = {},
): Promise<Page> =>
  agent.submit(page, { response: authenticator.get(optionsOf(page), twist) }, { form: formTo(page, '/passkey') })
export const cancel = (agent: UserAgent, page: Page): Promise<Page> =>
  agent.submit(page, {}, { form: formTo(page, '/abort') })

/** What tests of logins do, in the world of the moment. */
export function walksIn(world: () => World) {
  let made: TestClient | undefined
  const getApp = async (): Promise<TestClient> => {
    made ??= await addClient(world(), { client_id: 'app', type: 'web', resources: { [ORDERS]: 'read' } })
    return made
  }
  const start = async (agent: UserAgent, parameters: Readonly<Record<string, string>> = {}): Promise<Page> =>
    agent.get((await toRequest(await getApp(), parameters)).url)

  /** Goes through a login and redeems what comes of it. */
  const tokensOf = async (
    walk: (agent: UserAgent, page: Page) => Promise<Page>,
    parameters: Readonly<Record<string, string>> = {},
    agent: UserAgent = newBrowser(),
  ) => {
    const app = await getApp()
    const { url, ...own } = await toRequest(app, { resource: ORDERS, scope: 'openid read', ...parameters })
    const { location, html } = await walk(agent, await agent.get(url))
    const code = location?.searchParams.get('code')
    assert.ok(location && code, `${location} ${html}`)
    const tokens = await redeem(app, { url: location, code, ...own }, { resource: ORDERS })
    return { id: tokens.claims(), access: await readAccessToken(world(), tokens.access_token) }
  }
  const withPassword =
    (user: Credentials) =>
    (agent: UserAgent, page: Page): Promise<Page> =>
      givePassword(agent, page, user)
  const withCode =
    (user: Credentials, app: AppUser) =>
    async (agent: UserAgent, page: Page): Promise<Page> =>
      giveCode(agent, await givePassword(agent, page, user), await app.code())
  const person = async (): Promise<{ user: Awaited<ReturnType<typeof addUser>>; app: AppUser }> => {
    const user = await addUser(world())
    return { user, app: await addApp(world(), user) }
  }
  const eventsOf = async ({ id }: { readonly id: string }): Promise<readonly string[]> =>
    (await world().operations.listAudit({ user: id })).map(({ event }) => event)

  return { getApp, start, tokensOf, withPassword, withCode, person, eventsOf }
}
