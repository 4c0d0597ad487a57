import { html } from 'hono/html'
import { type Html, type HtmlText, hiddenCsrf, named, page } from './layout.ts'

export interface ConsentView {
  /** What the app is called that asks. */
  readonly client: string
  /** Who is logged in. */
  readonly user: string
  /** Where the form is posted: `decision` (`allow` or `deny`), `csrf`. */
  readonly action: string
  readonly csrf: string
  /** What it asks for here, and what that means. */
  readonly scopes: readonly { readonly name: string; readonly text: string }[]
  /** What it asks for elsewhere (RFC 8707). */
  readonly resources: readonly { readonly resource: string; readonly scopes: readonly string[] }[]
}

export function consentPage({ client, user, action, csrf, scopes, resources }: ConsentView): HtmlText {
  return page(
    'Allow access?',
    html`<h1>Allow access?</h1>
<p class="lead">${named(client)} asks for access to your account.</p>
<p>You are logged in as ${named(user)}.</p>
${listScopes(scopes)}
${resources.map(listResource)}
<form method="post" action="${action}">
${hiddenCsrf(csrf)}
<div class="actions">
<button type="submit" name="decision" value="allow" class="primary">Allow</button>
<button type="submit" name="decision" value="deny">Deny</button>
</div>
</form>`,
  )
}

function listScopes(scopes: ConsentView['scopes']): Html {
  if (scopes.length === 0) return html``
  const items = scopes.map(({ name, text }) => html`<li><bdi>${text}</bdi> <code>${name}</code></li>\n`)
  return html`<h2>It will be able to</h2>
<ul>
${items}</ul>`
}

function listResource({ resource, scopes }: ConsentView['resources'][number]): Html {
  const items = scopes.map((scope) => html`<li><code>${scope}</code></li>\n`)
  return html`<h2>At <code>${resource}</code></h2>
<ul>
${scopes.length === 0 ? html`<li>use it in your name</li>\n` : items}</ul>
`
}
