import { html } from 'hono/html'
import { type HtmlText, page } from './layout.ts'

export interface ErrorView {
  readonly title: string
  /** For whoever is asked for help. */
  readonly code: string
  readonly message: string
  readonly hint?: string | undefined
  /** Where to go from here. */
  readonly link?: { readonly href: string; readonly text: string } | undefined
}

export function errorPage({ title, code, message, hint, link }: ErrorView): HtmlText {
  return page(
    title,
    html`<h1>${title}</h1>
<p class="error" role="alert">${message}</p>
${hint === undefined ? '' : html`<p>${hint}</p>`}
${link === undefined ? '' : html`<p class="ways"><a class="button" href="${link.href}">${link.text}</a></p>`}
<p class="note">Error code: <code>${code}</code></p>`,
  )
}
