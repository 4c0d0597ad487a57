import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { InteractionResults, Provider } from 'oidc-provider'
import type { Factors } from '../accounts/factors.ts'
import type { Limits } from '../accounts/limits.ts'
import type { SendMail } from '../accounts/mail.ts'
import type { Users } from '../accounts/users.ts'
import type { Audit } from '../audit.ts'
import { type ErrorView, errorPage } from '../pages/error.ts'
import { formTarget, securityHeaders } from '../pages/security-headers.ts'
import type { CurrentProvider } from '../protocol/current.ts'
import { type FormTokens, isOwnForm } from './csrf.ts'

/** What the pages of an interaction need. */
export interface InteractionParts {
  readonly issuer: string
  readonly trustProxy: number
  readonly current: CurrentProvider
  readonly users: Users
  readonly factors: Factors
  readonly limits: Limits
  readonly forms: FormTokens
  readonly audit: Audit
  /** Where there is one, people are sent what they need when they forgot their password. */
  readonly mail: SendMail | undefined
}

export type Env = { Bindings: HttpBindings }
export type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>

/** What an interaction is about, looked up once for a request. */
export interface Subject {
  readonly provider: Provider
  readonly interaction: Interaction
  /** What the app is called. */
  readonly client: string
  readonly headers: Readonly<Record<string, string>>
}

/** The interaction that a request is about, if it is at this page. */
export async function loadSubject(
  c: Context<Env>,
  { current }: Pick<InteractionParts, 'current'>,
  page: 'login' | 'consent',
): Promise<Subject | undefined> {
  const provider = await current.get()
  const interaction = await provider.interactionDetails(c.env.incoming, c.env.outgoing)
  if (interaction.uid !== c.req.param('uid')) return undefined
  if ((interaction.prompt.name === 'login') !== (page === 'login')) return undefined
  const { client_id: id, redirect_uri: uri } = interaction.params
  const client = await provider.Client.find(String(id))
  const headers = securityHeaders(formTarget(uri))
  return client && { provider, interaction, client: client.clientName ?? client.clientId, headers }
}

export type Fields = Readonly<Record<string, unknown>>

/** The form, if it comes from our page for this very interaction. */
export async function ownForm(
  c: Context<Env>,
  { issuer, forms }: Pick<InteractionParts, 'issuer' | 'forms'>,
  name: string,
): Promise<Fields | undefined> {
  if (!isOwnForm(c.req, issuer)) return undefined
  // What is not put as forms are put was sent by no page of ours.
  const form = await c.req.parseBody().catch(() => undefined)
  return form && forms.matches(name, c.req.param('uid') ?? '', form['csrf']) ? form : undefined
}

/** Goes on with what came of an interaction; a consent stands beside the login before it. */
export async function finish(
  c: Context<Env>,
  { interaction, headers }: Subject,
  result: InteractionResults,
): Promise<Response> {
  interaction.result = 'consent' in result ? { ...interaction.lastSubmission, ...result } : result
  await interaction.persist()
  for (const [name, value] of Object.entries(headers)) c.header(name, value)
  return c.redirect(interaction.returnTo, 303)
}

export const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const AGAIN = 'Go back to the application that you came from and log in again.'

/** What is wrong with a request to these pages, in words for people. */
type Refusal = 'expired' | 'forbidden' | 'too_large'

const REFUSALS: Readonly<Record<Refusal, Omit<ErrorView, 'code'> & { readonly status: 400 | 403 | 413 }>> = {
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
}

export function refuse(c: Context, code: Refusal): Response | Promise<Response> {
  const { status, ...view } = REFUSALS[code]
  return c.html(errorPage({ code, ...view }), status, securityHeaders())
}
