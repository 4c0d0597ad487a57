import { html } from 'hono/html'
import { type HtmlText, page } from './layout.ts'

export interface HomeView {
  readonly issuer: string
}

export function homePage({ issuer }: HomeView): HtmlText {
  return page(
    'Token authority',
    html`<h1>Token authority</h1>
<p class="lead">People log in here, and apps get tokens by OpenID Connect.</p>
<dl>
<dt>Issuer</dt><dd><code>${issuer}</code></dd>
<dt>Discovery</dt><dd><a href="/.well-known/openid-configuration">/.well-known/openid-configuration</a></dd>
<dt>Public keys</dt><dd><a href="/jwks">/jwks</a></dd>
</dl>`,
  )
}
