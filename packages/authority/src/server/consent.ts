import type { Hono } from 'hono'
import { consentPage } from '../pages/consent.ts'
import { SCOPE_TEXTS } from '../pages/scopes.ts'
import { clientAddress } from './client-address.ts'
import {
  type Env,
  finish,
  type Interaction,
  type InteractionParts,
  loadSubject,
  ownForm,
  refuse,
  type Subject,
} from './subject.ts'

/** The page on which people say what an app may do. */
export function consentRoutes(app: Hono<Env>, parts: InteractionParts): void {
  const { forms, users, audit } = parts

  app.get('/consent/:uid', async (c) => {
    const subject = await loadSubject(c, parts, 'consent')
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
    const subject = await loadSubject(c, parts, 'consent')
    if (subject === undefined) return refuse(c, 'expired')
    const form = await ownForm(c, parts, 'consent')
    if (form === undefined) return refuse(c, 'forbidden')
    const accountId = subject.interaction.session?.accountId
    const event = form['decision'] === 'allow' ? 'consent.given' : 'consent.refused'
    const ip = clientAddress(c.env.incoming, parts.trustProxy)
    await audit.record({ actor: accountId ?? 'unknown', ip, event, data: { client: subject.client } })
    if (form['decision'] !== 'allow' || accountId === undefined)
      return finish(c, subject, { error: 'access_denied', error_description: 'consent was refused' })
    return finish(c, subject, { consent: { grantId: await grantMissing(subject, accountId) } })
  })
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
