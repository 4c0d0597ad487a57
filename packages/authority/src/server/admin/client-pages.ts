import type { Context, Hono } from 'hono'
import { AuthorityError } from '../../errors.ts'
import { clientPage } from '../../pages/admin-client.ts'
import {
  CLIENT_TEXTS,
  CLIENT_TICKS,
  type ClientRowView,
  clientSecretPage,
  clientsPage,
  newClientPage,
} from '../../pages/admin-clients.ts'
import { type ClientInput, DEVICE_CODE } from '../../protocol/client-metadata.ts'
import type { ListedClient } from '../../protocol/clients.ts'
import { type AdminDesk, type Desk, type Env, type Form, faultOf, goTo, show } from './desk.ts'
import { listedClient } from './routes.ts'
import { faultOf as schemaFault } from './schema.ts'
import { INPUTS } from './schemas.ts'

/** The pages about apps, services and devices. */
export function clientPages(app: Hono<Env>, desk: AdminDesk): void {
  app.get(
    '/admin/clients',
    desk.page(async ({ c, operations, view }) => {
      const clients = (await operations.listClients()).map((client) => ({
        ...toRow(client),
        resources: Object.keys(client.metadata.resources ?? {}),
      }))
      return show(c, clientsPage({ ...view, clients }))
    }),
  )

  app.get(
    '/admin/new-client',
    desk.page(async ({ c, view }) => show(c, newClientPage({ ...view, values: { type: 'web' } }))),
  )

  app.post(
    '/admin/new-client',
    desk.form(
      () => '/admin/new-client',
      async ({ c, operations, view }, form) => {
        const values = Object.fromEntries([...CLIENT_TEXTS, ...CLIENT_TICKS].map((name) => [name, form[name] ?? '']))
        try {
          const { client_id: id, client_secret: secret } = await operations.addClient(toInput(values))
          const advice =
            secret === undefined
              ? 'It has no secret: it is known by its id.'
              : 'Put the secret where the client reads it. It is kept as a hash alone, and not shown again.'
          const page = clientSecretPage({ ...view, title: 'The client is added', href: hrefOf(id), id, secret, advice })
          return show(c, page, 201)
        } catch (error) {
          return show(c, newClientPage({ ...view, values, error: faultOf(error) }), 422)
        }
      },
    ),
  )

  app.get(
    '/admin/clients/:client',
    desk.page(async (at) => showClient(at)),
  )

  app.post(
    '/admin/clients/:client/rotate-secret',
    desk.form(placeOf, async (at, form) => {
      const { c, operations, view } = at
      const how = HOWS.find((one) => one === form['how']) ?? 'overlap'
      try {
        const { client_id: id, client_secret: secret } = await operations.rotateClientSecret(nameOf(c), how)
        if (secret === undefined) return goTo(c, hrefOf(id), 'secret-finished')
        const title = 'The new secret'
        return show(c, clientSecretPage({ ...view, title, href: hrefOf(id), id, secret, advice: ADVICE[how] }), 201)
      } catch (error) {
        return showClient(at, faultOf(error))
      }
    }),
  )

  app.post(
    '/admin/clients/:client/disable',
    desk.form(placeOf, async ({ c, operations }) => {
      const { client_id: id } = await operations.disableClient(nameOf(c))
      return goTo(c, hrefOf(id), 'client-disabled')
    }),
  )

  app.post(
    '/admin/clients/:client/enable',
    desk.form(placeOf, async ({ c, operations }) => {
      const { client_id: id } = await operations.enableClient(nameOf(c))
      return goTo(c, hrefOf(id), 'client-enabled')
    }),
  )
}

const HOWS = ['overlap', 'finish', 'now'] as const
const ADVICE = {
  overlap: 'Both secrets are good now. Give the client this one, and then end the old one. It is not shown again.',
  now: 'The old secret is good no more. Give the client this one; it is not shown again.',
  finish: '',
} as const

async function showClient({ c, operations, view }: Desk, error?: string): Promise<Response> {
  const client = await listedClient(operations, nameOf(c))
  const { client_id: id, resources, first_party: trusted, client_name: _name, ...metadata } = client.metadata
  const page = clientPage({
    ...{ ...view, ...toRow(client), error },
    ...(error !== undefined && { notice: undefined }),
    ...{ id, disabledAt: client.disabledAt, hasSecret: client.hasSecret, trusted: trusted === true },
    resources: Object.entries(resources ?? {}).map(([resource, scopes]) => ({ resource, scopes: scopes.split(' ') })),
    metadata: Object.entries(metadata).flatMap(([name, value]) => {
      const texts = [value].flat().map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
      return texts.length === 0 ? [] : [[name, texts] as const]
    }),
  })
  return show(c, page, error === undefined ? 200 : 422)
}

function toRow(client: ListedClient): Omit<ClientRowView, 'resources'> {
  const { client_id: id, name, rotating, createdAt, disabledAt, metadata } = client
  const row = { href: hrefOf(id), id, name, rotating, createdAt, disabled: disabledAt !== undefined }
  return { ...row, kind: kindOf(metadata) }
}

/** What a client is, in a word or two: what it was registered as is not kept. */
function kindOf({ grant_types: grants, token_endpoint_auth_method: auth }: ListedClient['metadata']): string {
  const held = Array.isArray(grants) ? grants : []
  if (held.includes('authorization_code')) return auth === 'none' ? 'Public app' : 'Web app'
  return held.includes(DEVICE_CODE) ? 'Device' : 'Service'
}

const nameOf = (c: Context): string => c.req.param('client') ?? ''
const hrefOf = (id: string): string => `/admin/clients/${encodeURIComponent(id)}`
const placeOf = (c: Context): string => hrefOf(nameOf(c))

const linesOf = (text = ''): readonly string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** What a form says of a client. @throws {AuthorityError} `CLIENT_INVALID` */
function toInput(values: Form): ClientInput {
  const { type, redirect_uris, post_logout_redirect_uris, resources, grant_types, jwks, trusted, ...rest } = values
  const texts = Object.entries(rest).flatMap(([name, value]) => {
    const tick = CLIENT_TICKS.some((one) => one === name)
    return value === '' ? [] : [[name, tick ? value === 'yes' : value.trim()]]
  })
  const lists = { redirect_uris, post_logout_redirect_uris, grant_types: grant_types?.replaceAll(/[\s,]+/g, '\n') }
  const input: Readonly<Record<string, unknown>> = {
    ...{ type, ...Object.fromEntries(texts), trusted: trusted === 'yes' },
    ...Object.fromEntries(
      Object.entries(lists).flatMap(([name, text]) => (linesOf(text).length > 0 ? [[name, linesOf(text)]] : [])),
    ),
    resources: toResources(linesOf(resources)),
    ...(jwks !== undefined && jwks.trim() !== '' && { jwks: parse(jwks) }),
  }
  const fault = schemaFault(INPUTS.ClientInput, input)
  if (fault !== undefined) throw invalid(fault)
  return input as unknown as ClientInput
}

/** `https://api.example read write`: a resource and its scopes. */
function toResources(lines: readonly string[]): Readonly<Record<string, string>> {
  const resources = lines.map((line): readonly [string, string] => {
    const [resource = '', ...scopes] = line.split(/\s+/)
    if (scopes.length === 0) throw invalid(`the resource ${JSON.stringify(resource)} has no scopes behind it`)
    return [resource, scopes.join(' ')]
  })
  if (new Set(resources.map(([resource]) => resource)).size < resources.length)
    throw invalid('a resource is there twice: all its scopes go into one line')
  return Object.fromEntries(resources)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid('the public keys are no JSON')
  }
}

const invalid = (why: string): AuthorityError => new AuthorityError('CLIENT_INVALID', why)
