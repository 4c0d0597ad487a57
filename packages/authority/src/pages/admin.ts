import { html } from 'hono/html'
import { type AuditRowView, auditTable } from './admin-audit.ts'
import { type AdminView, adminPage } from './admin-parts.ts'
import { type Html, type HtmlText, named } from './layout.ts'
import { type TimelineKey, timeline } from './timeline.ts'

export interface OverviewView extends AdminView {
  readonly issuer: string
  readonly counts: { readonly users: number; readonly clients: number; readonly sessions: number }
  readonly keys: readonly TimelineKey[]
  readonly entries: readonly AuditRowView[]
  /** Epoch seconds, by the clock that keys go by. */
  readonly now: number
}

export function overviewPage(view: OverviewView): HtmlText {
  const { issuer, counts, keys, entries, now } = view
  const about = html`<a href="/admin/keys">All about the keys</a>`
  return adminPage(
    'Administration',
    '/admin',
    view,
    html`<p class="lead">of ${named(issuer)}</p>
<ul class="tiles">
${tile('Users', counts.users, '/admin/users')}${tile('Clients', counts.clients, '/admin/clients')}${tile('Sessions', counts.sessions)}</ul>
<section class="card">
<h2>Signing keys</h2>
${timeline(keys, now)}
<p class="more">${about}</p>
</section>
<section class="card">
<h2>What happened last</h2>
${auditTable(entries)}
<p class="more"><a href="/admin/audit">The whole audit trail</a></p>
</section>`,
  )
}

function tile(name: string, count: number, href?: string): Html {
  const number = html`<span class="number">${count.toLocaleString('en')}</span> <span class="name">${name}</span>`
  return html`<li>${href === undefined ? html`<span class="tile">${number}</span>` : html`<a class="tile" href="${href}">${number}</a>`}</li>
`
}
