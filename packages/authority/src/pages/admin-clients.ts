import { html } from 'hono/html'
import { type AdminView, adminPage, badge, check, choice, field, once, table, time, words } from './admin-parts.ts'
import { facts } from './desk.ts'
import { type Html, type HtmlText, hiddenCsrf } from './layout.ts'

export interface ClientRowView {
  readonly href: string
  readonly id: string
  readonly name: string
  /** What it is, in a word or two. */
  readonly kind: string
  readonly resources: readonly string[]
  readonly rotating: boolean
  readonly disabled: boolean
  readonly createdAt: number
}

export interface ClientsView extends AdminView {
  readonly clients: readonly ClientRowView[]
}

export const clientBadge = ({ disabled, rotating }: Pick<ClientRowView, 'disabled' | 'rotating'>): Html =>
  html`${disabled ? badge('Disabled', 'bad') : badge('Active', 'good')}${rotating ? html` ${badge('Two secrets', 'warm')}` : ''}`

export function clientsPage(view: ClientsView): HtmlText {
  return adminPage(
    'Clients',
    '/admin/clients',
    view,
    html`<div class="tools"><p class="lead">Apps, services and devices that get tokens here.</p>
<a class="button primary" href="/admin/new-client">Add a client</a></div>
<section class="card">
${table({
  caption: 'Clients by id',
  columns: ['Client', 'Id', 'What it is', 'State', 'Resources', 'Added'],
  rows: view.clients.map((client) => [
    html`<a href="${client.href}"><bdi>${client.name}</bdi></a>`,
    html`<code>${client.id}</code>`,
    client.kind,
    clientBadge(client),
    words(client.resources),
    time(client.createdAt),
  ]),
  none: 'There are no clients yet.',
})}
</section>`,
  )
}

const TYPES = [
  ['web', 'A web app: on a server, which keeps a secret'],
  ['public', 'A public app: in a browser or on a telephone, without a secret'],
  ['service', 'A service: a program that nobody logs in to'],
  ['device', 'A device without a keyboard'],
] as const
const AUTHS = [
  ['', 'As its type does'],
  ['client_secret_basic', 'A secret, in a header'],
  ['client_secret_post', 'A secret, in the body'],
  ['private_key_jwt', 'A private key of its own'],
  ['none', 'Not at all'],
] as const

/** The fields of the form that are text, and those that are ticked. */
export const CLIENT_TEXTS = [
  'type',
  'client_id',
  'client_name',
  'redirect_uris',
  'post_logout_redirect_uris',
  'backchannel_logout_uri',
  'resources',
  'scope',
  'auth',
  'jwks',
  'jwks_uri',
  'grant_types',
] as const
export const CLIENT_TICKS = ['trusted', 'dpop_bound_access_tokens', 'require_pushed_authorization_requests'] as const

export interface NewClientView extends AdminView {
  /** What was filled in, by the name of its field. */
  readonly values: Readonly<Record<string, string>>
}

export function newClientPage(view: NewClientView): HtmlText {
  const { csrf, values } = view
  const of = (name: string): string => values[name] ?? ''
  const uris = (name: string, label: string, note: string): Html =>
    field({ name, label, value: of(name), note, lines: 2, most: 8000, code: true })
  return adminPage(
    'Add a client',
    '/admin/clients',
    view,
    html`<section class="card form">
<form method="post" action="/admin/new-client">
${hiddenCsrf(csrf)}
${choice('type', 'What it is', TYPES, of('type'))}
${field({ name: 'client_name', label: 'Name', value: of('client_name'), most: 200, note: 'What people see when they log in.' })}
${field({ name: 'client_id', label: 'Id', value: of('client_id'), most: 128, code: true, note: 'A-Z a-z 0-9 . _ ~ -; one is made where it is left out.' })}
${uris('redirect_uris', 'Redirect URIs', 'Where people return after the login, one a line: https, or http on this machine.')}
${uris('resources', 'Resources', 'What it gets tokens for, one a line: https://api.example read write')}
${check('trusted', 'It is one of our own: nobody is asked for consent', of('trusted') === 'yes')}
<details${CLIENT_REST.some((name) => of(name) !== '') ? html` open` : ''}>
<summary>More</summary>
${uris('post_logout_redirect_uris', 'Where people return after the logout', 'One a line.')}
${field({ name: 'backchannel_logout_uri', label: 'What is told of a logout', value: of('backchannel_logout_uri'), code: true })}
${field({ name: 'scope', label: 'Scopes', value: of('scope'), note: 'Those that it may ask for; all, where it is left out.' })}
${field({ name: 'grant_types', label: 'Grants', value: of('grant_types'), note: 'In place of those of its type, with spaces between.' })}
${choice('auth', 'How it proves who it is', AUTHS, of('auth'))}
${field({ name: 'jwks_uri', label: 'Where its public keys are', value: of('jwks_uri'), code: true })}
${field({ name: 'jwks', label: 'Or its public keys, as a JWK Set', value: of('jwks'), lines: 3, most: 30_000, code: true })}
${check('dpop_bound_access_tokens', 'Its access tokens are bound to a key (DPoP)', of('dpop_bound_access_tokens') === 'yes')}
${check('require_pushed_authorization_requests', 'It pushes its authorization requests (PAR)', of('require_pushed_authorization_requests') === 'yes')}
</details>
<div class="actions"><button type="submit" class="primary">Add</button><a class="button" href="/admin/clients">Cancel</a></div>
</form>
</section>`,
  )
}

/** What few need, and is out of sight until then. */
const CLIENT_REST: readonly string[] = [
  ...['post_logout_redirect_uris', 'backchannel_logout_uri', 'scope', 'grant_types', 'auth', 'jwks', 'jwks_uri'],
  ...['dpop_bound_access_tokens', 'require_pushed_authorization_requests'],
]

export interface ClientSecretView extends AdminView {
  readonly title: string
  readonly href: string
  readonly id: string
  /** None where the client has none. */
  readonly secret?: string | undefined
  /** What is to be done now. */
  readonly advice: string
}

/** The one answer that has the secret: it is nowhere else. */
export function clientSecretPage(view: ClientSecretView): HtmlText {
  const { title, href, id, secret, advice } = view
  return adminPage(
    title,
    '/admin/clients',
    view,
    html`<section class="card form">
${facts([['client_id', html`<code>${id}</code>`]])}
${secret === undefined ? '' : once('client_secret', secret)}
<p>${advice}</p>
<div class="actions"><a class="button primary" href="${href}">Go to the client</a></div>
</section>`,
  )
}
