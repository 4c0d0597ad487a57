import { html } from 'hono/html'
import { type AdminView, adminPage, table, time } from './admin-parts.ts'
import type { Html, HtmlText } from './layout.ts'

/** Somebody, or something, that the trail speaks of. */
export interface NamedView {
  readonly text: string
  /** Where there is more about it. */
  readonly href?: string | undefined
}

export interface AuditRowView {
  /** Epoch seconds. */
  readonly at: number
  readonly event: string
  readonly actor: NamedView
  readonly ip?: string | undefined
  readonly data: readonly (readonly [name: string, value: NamedView])[]
}

export interface AuditView extends AdminView {
  readonly entries: readonly AuditRowView[]
  /** What the list is of. */
  readonly event: string
  readonly about: string
  /** Where it goes on, and where it begins, where it does not begin here. */
  readonly older?: string | undefined
  readonly newest?: string | undefined
}

export function auditPage(view: AuditView): HtmlText {
  const { entries, event, about, older, newest } = view
  return adminPage(
    'Audit trail',
    '/admin/audit',
    view,
    html`<form method="get" action="/admin/audit" class="filter">
<div class="field"><label for="event">Event</label>
<input type="text" id="event" name="event" list="events" maxlength="100" value="${event}" placeholder="login." autocapitalize="none" spellcheck="false" autocomplete="off">
<datalist id="events">
${KINDS.map((kind) => html`<option value="${kind}"></option>`)}
</datalist></div>
<div class="field"><label for="user">User</label>
<input type="text" id="user" name="user" maxlength="254" value="${about}" placeholder="e-mail address or id" autocapitalize="none" spellcheck="false" autocomplete="off"></div>
<button type="submit">Show</button>
</form>
<section class="card">
${auditTable(entries)}
</section>
<p class="ways">${newest === undefined ? '' : html`<a class="button" href="${newest}">Newest</a>`}${older === undefined ? '' : html`<a class="button" href="${older}">Older</a>`}</p>`,
  )
}

/** Beginnings of names of events, to choose from. */
const KINDS = ['login.', 'consent.', 'account.', 'user.', 'client.', 'session.', 'key.', 'admin.'] as const

export function auditTable(entries: readonly AuditRowView[]): Html {
  return table({
    caption: 'What happened, the last first',
    columns: ['When', 'Event', 'Who', 'Address', 'More'],
    rows: entries.map(({ at, event, actor, ip, data }) => [
      time(at, true),
      html`<code class="event">${event}</code>`,
      nameOf(actor),
      ip === undefined ? html`<span class="muted">–</span>` : html`<bdi class="address">${ip}</bdi>`,
      data.length === 0
        ? ''
        : html`<span class="pairs">${data.map(([name, value]) => html`<span><span class="muted">${name}</span> ${nameOf(value)}</span> `)}</span>`,
    ]),
    none: 'There is nothing.',
  })
}

function nameOf({ text, href }: NamedView): Html {
  return href === undefined ? html`<bdi>${text}</bdi>` : html`<a href="${href}"><bdi>${text}</bdi></a>`
}
