import { html } from 'hono/html'
import { type Html, type HtmlText, page } from './layout.ts'

/** A way to one of the pages that belong together. */
export interface Section {
  readonly href: string
  readonly text: string
}

/** A page among others that belong together. */
export interface Desk {
  readonly title: string
  /** What they are together, for who does not see that they are. */
  readonly label: string
  readonly sections: readonly Section[]
  /** The `href` of the one that this page is in. */
  readonly at: string
  /** The e-mail address of who is logged in. */
  readonly user: string
  /** What has just been done. */
  readonly notice?: string | undefined
  /** Whether something is wrong with what was sent, which the title then says first. */
  readonly failed?: boolean | undefined
  /** Whether passkeys are used on it. */
  readonly passkeys?: boolean | undefined
  /** Whether it has tables, which take all the room that there is. */
  readonly wide?: boolean | undefined
}

/** A page with a way to the pages beside it; its content is cards. */
export function deskPage(desk: Desk, content: Html): HtmlText {
  const { title, label, sections, at, user, notice, failed = false, passkeys, wide } = desk
  const ways = sections.map(
    ({ href, text }) => html`<li><a href="${href}"${href === at ? html` aria-current="page"` : ''}>${text}</a></li>\n`,
  )
  return page(
    failed ? `Error: ${title}` : title,
    html`<h1>${title}</h1>
${notice === undefined ? '' : html`<p class="notice" role="status">${notice}</p>`}
${content}`,
    {
      bar: html`<span class="who"><bdi>${user}</bdi> <a href="/session/end">Log out</a></span>`,
      sections: html`<nav class="sections" aria-label="${label}">
<ul>
${ways}</ul>
</nav>`,
      passkeys,
      wide,
    },
  )
}

/** Things with what is to be said of each. */
export function facts(rows: readonly (readonly [name: string, value: Html | string])[]): Html {
  const items = rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`)
  return html`<dl class="facts">
${items}</dl>`
}
