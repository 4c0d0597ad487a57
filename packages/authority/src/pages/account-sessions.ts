import { html } from 'hono/html'
import { type AccountView, accountPage } from './account.ts'
import { type Html, type HtmlText, hiddenCsrf, named } from './layout.ts'
import { when } from './when.ts'

/** A login in a browser. */
export interface SessionView {
  readonly id: string
  /** Epoch seconds. */
  readonly since: number
  /** How they proved who they are: `a password`. */
  readonly by: string
  /** What the apps are called that it was used for. */
  readonly apps: readonly string[]
  readonly here: boolean
}

/** An app, with what it may do. */
export interface AccessView {
  readonly client: string
  readonly name: string
  /** Epoch seconds. */
  readonly since: number
  readonly scopes: readonly string[]
  readonly resources: readonly { readonly resource: string; readonly scopes: readonly string[] }[]
}

export interface SessionsView extends AccountView {
  readonly sessions: readonly SessionView[]
  readonly access: readonly AccessView[]
}

export function sessionsPage(view: SessionsView): HtmlText {
  const { csrf, sessions, access } = view
  return accountPage(
    'Sessions',
    '/account/sessions',
    view,
    html`<section class="card">
<h2>Where you are logged in</h2>
<ul class="rows">
${sessions.map((session) => sessionRow(session, csrf))}</ul>
</section>
<section class="card">
<h2>Apps with access</h2>
${access.length === 0 ? html`<p class="muted">No app has access to your account.</p>` : accessRows(access, csrf)}
</section>
<section class="card danger">
<h2>Sign out everywhere</h2>
<p>Logs you out in every browser, this one too, and takes away the access of every app. Do this if somebody else may
be in your account, and then choose a new password.</p>
<form method="post" action="/account/sessions/everywhere">
${hiddenCsrf(csrf)}
<button type="submit" class="bad">Sign out everywhere</button>
</form>
</section>`,
  )
}

function sessionRow({ id, since, by, apps, here }: SessionView, csrf: string): Html {
  const used = apps.map((app, index) => html`${index === 0 ? '' : ', '}${named(app)}`)
  return html`<li><div><strong>${here ? 'This browser' : 'A browser'}</strong>
<p>Since ${when(since)}, with ${by}</p>
${apps.length === 0 ? '' : html`<p>Used for ${used}</p>`}</div>
<form method="post" action="/account/sessions/end">
${hiddenCsrf(csrf)}
<input type="hidden" name="id" value="${id}">
<button type="submit" class="small">${here ? 'Log out' : 'End'}<span class="hidden"> the session since ${when(since)}</span></button>
</form></li>
`
}

function accessRows(access: readonly AccessView[], csrf: string): Html {
  const rows = access.map(
    ({ client, name, since, scopes, resources }) => html`<li><div>${named(name)}
<p>Since ${when(since)}</p>
<ul class="plain">
${scopes.map((text) => html`<li>${text}</li>\n`)}${resources.map(resourceRow)}</ul></div>
<form method="post" action="/account/sessions/revoke">
${hiddenCsrf(csrf)}
<input type="hidden" name="client" value="${client}">
<button type="submit" class="small">Remove access<span class="hidden"> of <bdi>${name}</bdi></span></button>
</form></li>
`,
  )
  return html`<ul class="rows">
${rows}</ul>`
}

function resourceRow({ resource, scopes }: AccessView['resources'][number]): Html {
  const names = scopes.map((scope) => html` <code>${scope}</code>`)
  return html`<li>At <code>${resource}</code>:${scopes.length === 0 ? ' use it in your name' : names}</li>\n`
}
