import { html } from 'hono/html'
import { type ClientRowView, clientBadge } from './admin-clients.ts'
import { type AdminView, act, adminPage, row, time, words } from './admin-parts.ts'
import { facts } from './desk.ts'
import type { Html, HtmlText } from './layout.ts'

export interface ClientView extends AdminView, Omit<ClientRowView, 'resources'> {
  readonly disabledAt: number | undefined
  readonly hasSecret: boolean
  readonly trusted: boolean
  readonly resources: readonly { readonly resource: string; readonly scopes: readonly string[] }[]
  /** What else is registered, by name. */
  readonly metadata: readonly (readonly [name: string, values: readonly string[]])[]
}

export function clientPage(view: ClientView): HtmlText {
  const { href, csrf, id, name, kind, disabled, disabledAt, resources, metadata, trusted } = view
  return adminPage(
    name,
    '/admin/clients',
    view,
    html`<p class="under">${clientBadge(view)}</p>
<section class="card">
<h2>About</h2>
${facts([
  ['client_id', html`<code>${id}</code>`],
  ['What it is', kind],
  ['Consent', trusted ? 'Nobody is asked' : 'People are asked'],
  ['Added', time(view.createdAt)],
  ...(disabledAt === undefined ? [] : [['Disabled since', time(disabledAt)] as const]),
])}
</section>
<section class="card even">
<h2>Resources</h2>
${
  resources.length === 0
    ? html`<p class="muted">It gets no tokens for any API.</p>`
    : facts(resources.map(({ resource, scopes }) => [resource, words(scopes)]))
}
</section>
<section class="card">
<h2>Registered</h2>
${facts(metadata.map(([member, values]) => [member, html`<span class="lines">${values.map((value) => html`<code>${value}</code> `)}</span>`]))}
</section>
<section class="card">
<h2>Access</h2>
<ul class="rows">
${secretRows(view)}${
  disabled
    ? row('Enable', 'It gets tokens again.', act({ action: `${href}/enable`, csrf, text: 'Enable' }))
    : row(
        'Disable',
        'It gets nothing more, and nobody logs in to it. Access tokens that it has end within ten minutes.',
        act({ action: `${href}/disable`, csrf, text: 'Disable', look: 'bad' }),
      )
}
</ul>
</section>`,
  )
}

function secretRows({ href, csrf, hasSecret, rotating }: ClientView): Html {
  if (!hasSecret) return row('Secret', 'This client has none.', html``)
  const rotate = (how: string, text: string, look?: 'bad'): Html =>
    act({ action: `${href}/rotate-secret`, csrf, text, look, fields: { how } })
  const now = row(
    'Replace the secret at once',
    `For one that got into wrong hands. ${rotating ? 'Both secrets end' : 'The old one ends'}, and the client gets nothing until it has the new one.`,
    rotate('now', 'Replace', 'bad'),
  )
  return rotating
    ? html`${row('Two secrets are good', 'Once the client uses the new one, end the old one.', rotate('finish', 'End the old one'))}${now}`
    : html`${row('New secret', 'It is good beside the old one until you end that: nothing stops.', rotate('overlap', 'Make one'))}${now}`
}
