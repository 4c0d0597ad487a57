import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { errors, type InteractionResults, type Provider } from 'oidc-provider'
import { BusyError } from '../accounts/gate.ts'
import type { Limits } from '../accounts/limits.ts'
import type { Users } from '../accounts/users.ts'
import type { Audit } from '../audit.ts'
import { consentPage } from '../pages/consent.ts'
import { errorPage } from '../pages/error.ts'
import { loginPage } from '../pages/login.ts'
import { formTarget, securityHeaders } from '../pages/security-headers.ts'
import type { CurrentProvider } from '../protocol/current.ts'
import { clientAddress } from './client-address.ts'
import { type FormTokens, isOwnForm } from './csrf.ts'

/** What the pages of an interaction need. */
export interface InteractionParts {
  readonly issuer: string
  readonly trustProxy: number
  readonly current: CurrentProvider
  readonly users: Users
  readonly limits: Limits
  readonly forms: FormTokens
  readonly audit: Audit
}

type Env = { Bindings: HttpBindings }
type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>

/** What an interaction is about, looked up once for a request. */
interface Subject {
  readonly provider: Provider
  readonly interaction: Interaction
  readonly client: string
  readonly headers: Readonly<Record<string, string>>
}

const FORM_BYTES = 16 * 1024

const SCOPE_TEXTS: Readonly<Record<string, string>> = {
  openid: 'Know who you are',
  profile: 'See your name',
  email: 'See your e-mail address',
  roles: 'See your roles',
  offline_access: 'Stay connected while you are away',
}

/** The pages on which people log in and consent. They work without JavaScript. */
export function interactionRoutes(parts: InteractionParts): Hono<Env> {
  const { issuer, forms, users, limits, audit } = parts
  const app = new Hono<Env>()
  app.use('/:page{login|consent}/*', bodyLimit({ maxSize: FORM_BYTES, onError: (c) => refuse(c, 'too_large') }))
  app.onError((error, c) => {
    if (error instanceof errors.OIDCProviderError && error.status < 500) return refuse(c, 'expired')
    throw error
  })

  app.get('/login/:uid', async (c) => {
    const subject = await load(c, 'login')
    return subject ? showLogin(c, subject, 200) : refuse(c, 'expired')
  })

  app.post('/login/:uid', async (c) => {
    const subject = await load(c, 'login')
    if (subject === undefined) return refuse(c, 'expired')
    const form = await ownForm(c, 'login')
    if (form === undefined) return refuse(c, 'forbidden')
    const [email, password] = [text(form['email']), text(form['password'])]
    const ip = clientAddress(c.env.incoming, parts.trustProxy)
    const verdict = await limits.login(email, ip)
    if (!verdict.allowed) {
      await audit.record({ actor: 'unknown', ip, event: 'login.limited', data: {} })
      const minutes = Math.max(1, Math.ceil(verdict.retryAfter / 60))
      const error = `Too many tries. Wait ${minutes === 1 ? 'a minute' : `${minutes} minutes`} and try again.`
      return showLogin(c, subject, 429, { email, error }, { 'retry-after': String(verdict.retryAfter) })
    }
    let user: Awaited<ReturnType<Users['authenticate']>>
    try {
      user = await users.authenticate(email, password)
    } catch (error) {
      if (!(error instanceof BusyError)) throw error
      return showLogin(
        c,
        subject,
        503,
        { email, error: 'Too many people log in right now. Try again.' },
        { 'retry-after': '5' },
      )
    }
    if (user === undefined) {
      await audit.record({ actor: 'unknown', ip, event: 'login.failed', data: {} })
      return showLogin(c, subject, 401, { email, error: 'E-mail address or password is wrong.' })
    }
    await limits.loginSucceeded(email, ip)
    await audit.record({ actor: user.id, ip, event: 'login.succeeded', data: { client: subject.client } })
    return finish(c, subject, { login: { accountId: user.id, amr: ['pwd'], remember: true } })
  })

  app.post('/login/:uid/abort', async (c) => {
    const subject = await load(c, 'login')
    if (subject === undefined) return refuse(c, 'expired')
    if ((await ownForm(c, 'login')) === undefined) return refuse(c, 'forbidden')
    return finish(c, subject, { error: 'access_denied', error_description: 'the login was cancelled' })
  })

  app.get('/consent/:uid', async (c) => {
    const subject = await load(c, 'consent')
    if (subject === undefined) return refuse(c, 'expired')
    const { interaction, client, headers } = subject
    const user = await users.find(interaction.session?.accountId ?? '')
    const missing = missingOf(interaction)
    const page = consentPage({
      client,
      user: user?.email ?? 'unknown',
      action: `/consent/${interaction.uid}`,
      csrf: forms.make('consent', interaction.uid),
      scopes: missing.scopes.map((name) => ({ name, text: SCOPE_TEXTS[name] ?? name })),
      resources: missing.resources.map(([resource, scopes]) => ({ resource, scopes })),
    })
    return c.html(page, 200, headers)
  })

  app.post('/consent/:uid', async (c) => {
    const subject = await load(c, 'consent')
    if (subject === undefined) return refuse(c, 'expired')
    const form = await ownForm(c, 'consent')
    if (form === undefined) return refuse(c, 'forbidden')
    const accountId = subject.interaction.session?.accountId
    const event = form['decision'] === 'allow' ? 'consent.given' : 'consent.refused'
    const ip = clientAddress(c.env.incoming, parts.trustProxy)
    await audit.record({ actor: accountId ?? 'unknown', ip, event, data: { client: subject.client } })
    if (form['decision'] !== 'allow' || accountId === undefined)
      return finish(c, subject, { error: 'access_denied', error_description: 'consent was refused' })
    return finish(c, subject, { consent: { grantId: await grantMissing(subject, accountId) } })
  })
  return app

  async function load(c: Context<Env>, page: 'login' | 'consent'): Promise<Subject | undefined> {
    const provider = await parts.current.get()
    const interaction = await provider.interactionDetails(c.env.incoming, c.env.outgoing)
    if (interaction.uid !== c.req.param('uid')) return undefined
    if ((interaction.prompt.name === 'login') !== (page === 'login')) return undefined
    const { client_id: id, redirect_uri: uri } = interaction.params
    const client = await provider.Client.find(String(id))
    const headers = securityHeaders(formTarget(uri))
    return client && { provider, interaction, client: client.clientName ?? client.clientId, headers }
  }

  /** The form, if it comes from our page for this very interaction. */
  async function ownForm(c: Context<Env>, name: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    if (!isOwnForm(c.req, issuer)) return undefined
    // What is not put as forms are put was sent by no page of ours.
    const form = await c.req.parseBody().catch(() => undefined)
    return form && forms.matches(name, c.req.param('uid') ?? '', form['csrf']) ? form : undefined
  }

  function showLogin(
    c: Context<Env>,
    { interaction, client, headers }: Subject,
    status: 200 | 401 | 429 | 503,
    view: { readonly email?: string; readonly error?: string } = {},
    more: Readonly<Record<string, string>> = {},
  ): Response | Promise<Response> {
    const { uid, params } = interaction
    const hint = typeof params['login_hint'] === 'string' ? params['login_hint'].slice(0, 254) : undefined
    const email = view.email ?? hint
    const page = loginPage({
      title: 'Log in',
      client,
      action: `/login/${uid}`,
      cancel: `/login/${uid}/abort`,
      csrf: forms.make('login', uid),
      ...(email !== undefined && { email }),
      ...(view.error !== undefined && { error: view.error }),
    })
    return c.html(page, status, { ...headers, ...more })
  }
}

/** What a person is asked for: what the client wants and has not got. */
function missingOf({ prompt }: Interaction): {
  readonly scopes: readonly string[]
  readonly resources: readonly (readonly [string, readonly string[]])[]
} {
  const { missingOIDCScope = [], missingResourceScopes = {} } = prompt.details as {
    readonly missingOIDCScope?: readonly string[]
    readonly missingResourceScopes?: Readonly<Record<string, readonly string[]>>
  }
  return { scopes: missingOIDCScope, resources: Object.entries(missingResourceScopes) }
}

async function grantMissing({ provider, interaction }: Subject, accountId: string): Promise<string> {
  const { grantId, params } = interaction
  const known = grantId === undefined ? undefined : await provider.Grant.find(grantId)
  const grant = known ?? new provider.Grant({ accountId, clientId: String(params['client_id']) })
  const { scopes, resources } = missingOf(interaction)
  if (scopes.length > 0) grant.addOIDCScope(scopes.join(' '))
  for (const [resource, names] of resources) grant.addResourceScope(resource, names.join(' '))
  return grant.save()
}

/** Goes on with what came of an interaction; a consent stands beside the login before it. */
async function finish(
  c: Context<Env>,
  { interaction, headers }: Subject,
  result: InteractionResults,
): Promise<Response> {
  interaction.result = 'consent' in result ? { ...interaction.lastSubmission, ...result } : result
  await interaction.persist()
  for (const [name, value] of Object.entries(headers)) c.header(name, value)
  return c.redirect(interaction.returnTo, 303)
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const AGAIN = 'Go back to the application that you came from and log in again.'

/** What is wrong with a request to these pages, in words for people. */
const REFUSALS = {
  expired: {
    status: 400,
    title: 'This page has expired',
    message: 'You took long, or this was finished in another tab.',
    hint: AGAIN,
  },
  forbidden: {
    status: 403,
    title: 'This form was refused',
    message: 'It was not sent from a page of this server.',
    hint: AGAIN,
  },
  too_large: {
    status: 413,
    title: 'This form was refused',
    message: 'More was sent than the form has room for.',
    hint: 'Go back and fill it in again.',
  },
} as const

function refuse(c: Context, code: keyof typeof REFUSALS): Response | Promise<Response> {
  const { status, ...view } = REFUSALS[code]
  return c.html(errorPage({ code, ...view }), status, securityHeaders())
}
