import { html } from 'hono/html'
import { type Html, type HtmlText, named, page } from './layout.ts'

export interface HomeView {
  readonly issuer: string
  readonly demo?:
    | {
        readonly apps: readonly { readonly name: string; readonly url: string }[]
        readonly user?: { readonly email: string } | undefined
      }
    | undefined
}

export function homePage({ issuer, demo }: HomeView): HtmlText {
  return page(
    'Token authority',
    html`<h1>Token authority</h1>
<p class="lead">People log in here, and apps get tokens by OpenID Connect.</p>
<dl>
<dt>Issuer</dt><dd><code>${issuer}</code></dd>
<dt>Discovery</dt><dd><a href="/.well-known/openid-configuration">/.well-known/openid-configuration</a></dd>
<dt>Public keys</dt><dd><a href="/jwks">/jwks</a></dd>
</dl>
${demo === undefined ? '' : demoOf(demo)}`,
  )
}

function demoOf({ apps, user }: NonNullable<HomeView['demo']>): Html {
  const items = apps.map(({ name, url }) => html`<li>${link(name, url)}</li>\n`)
  return html`<h2>The demo</h2>
<p>Log in to one app, then open the other: it asks for nothing.</p>
<ul>
${items}</ul>
${user === undefined ? '' : html`<p>Log in as ${named(user.email)}. The password is in the terminal where this server was started, and in the file demo-password of its data.</p>`}`
}

/** A link to the web; whatever else a URL may be is shown and not linked. */
function link(name: string, url: string): Html {
  return /^https?:\/\//.test(url) ? html`<a href="${url}">${name}</a>` : html`${name} <code>${url}</code>`
}
