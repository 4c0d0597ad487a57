import { html } from 'hono/html'
import {
  type AdminView,
  act,
  adminPage,
  badge,
  field,
  once,
  row,
  stateBadge,
  table,
  time,
  words,
} from './admin-parts.ts'
import { facts } from './desk.ts'
import { type Html, type HtmlText, hiddenCsrf, named } from './layout.ts'

export interface UserSessionView {
  readonly id: string
  readonly since: number
  readonly expiresAt: number
  /** How they proved who they are, in words. */
  readonly by: string
  readonly clients: readonly string[]
  /** Whether it is the one that looks at this page. */
  readonly here: boolean
}

export interface UserView extends AdminView {
  /** Where the user is: forms are posted below it. */
  readonly href: string
  readonly id: string
  readonly email: string
  readonly state: 'active' | 'disabled'
  readonly createdAt: number
  readonly lastLogin: number | undefined
  readonly factors: readonly string[]
  /** What the form has, which need not be so yet. */
  readonly values: { readonly email: string; readonly name: string; readonly roles: string }
  readonly sessions: readonly UserSessionView[]
  /** Where the audit trail is about them. */
  readonly trail: string
  /** Whether it is who looks at this page. */
  readonly self: boolean
  readonly mails: boolean
}

export function userPage(view: UserView): HtmlText {
  const { href, csrf, id, email, state, self, factors, values, sessions, trail } = view
  return adminPage(
    email,
    '/admin/users',
    view,
    html`<p class="under">${stateBadge(state)} ${self ? badge('This is you', 'warm') : ''}</p>
<div class="columns">
<section class="card">
<h2>Profile</h2>
<form method="post" action="${href}">
${hiddenCsrf(csrf)}
${field({ name: 'email', label: 'E-mail address', value: values.email, required: true, most: 254 })}
${field({ name: 'name', label: 'Name', value: values.name, most: 200 })}
${field({ name: 'roles', label: 'Roles', value: values.roles, note: 'With spaces between. Tokens tell of them from the next one on.' })}
<div class="actions"><button type="submit" class="primary">Save</button></div>
</form>
</section>
<section class="card">
<h2>About</h2>
${facts([
  ['Id', html`<code>${id}</code>`],
  ['Added', time(view.createdAt)],
  ['Last login', time(view.lastLogin)],
  ['Second factors', words(factors)],
  ['Audit trail', html`<a href="${trail}">What they did, and what was done</a>`],
])}
</section>
</div>
<section class="card">
<h2>Sessions</h2>
${sessionsTable(view)}
${
  sessions.length === 0
    ? ''
    : html`<div class="ways end">${act({ action: `${href}/end-sessions`, csrf, text: 'End all, with all that apps were given', look: 'bad' })}</div>`
}
</section>
<section class="card">
<h2>Access</h2>
<ul class="rows">
${row('Password', 'A link to choose a new password, good once and for an hour. The old one is good until then.', html`<div class="ways">${act({ action: `${href}/reset-password`, csrf, text: 'Make a link' })}${view.mails ? act({ action: `${href}/reset-password`, csrf, text: 'Mail a link', fields: { mail: 'yes' } }) : ''}</div>`)}
${row('Second factors', factors.length === 0 ? 'There are none.' : 'For who lost them: takes away passkeys, authenticator app and recovery codes, so that the password alone is asked for.', factors.length === 0 ? html`` : act({ action: `${href}/reset-factors`, csrf, text: 'Take away', look: 'bad' }))}
</ul>
</section>
<section class="card danger">
<h2>End of access</h2>
${self ? html`<p>You cannot disable or delete yourself here, since nobody might be left who lets you in again. The command line can.</p>` : endOf(view)}
</section>`,
  )
}

function endOf({ state, href, csrf }: UserView): Html {
  const disable =
    state === 'active'
      ? row(
          'Disable',
          'They are logged out everywhere, and nobody logs in as them until they are enabled again.',
          act({ action: `${href}/disable`, csrf, text: 'Disable', look: 'bad' }),
        )
      : row('Enable', 'They may log in again.', act({ action: `${href}/enable`, csrf, text: 'Enable' }))
  return html`<ul class="rows">
${disable}
${row('Delete', 'For good. The audit trail keeps the id.', html`<a class="button small bad" href="${href}/delete">Delete…</a>`)}
</ul>`
}

function sessionsTable({ sessions, href, csrf }: UserView): Html {
  return table({
    caption: 'Where they are logged in',
    columns: ['Since', 'By', 'Used for', 'Ends', ''],
    rows: sessions.map(({ id, since, by, clients, expiresAt, here }) => [
      time(since),
      html`${by} ${here ? badge('This browser', 'warm') : ''}`,
      words(clients),
      time(expiresAt),
      act({ action: `${href}/end-session`, csrf, text: 'End', about: 'this session', fields: { session: id } }),
    ]),
    none: 'They are not logged in anywhere.',
  })
}

export interface DeleteUserView extends AdminView {
  readonly href: string
  readonly email: string
}

export function deleteUserPage(view: DeleteUserView): HtmlText {
  const { href, email, csrf } = view
  return adminPage(
    'Delete a user?',
    '/admin/users',
    view,
    html`<section class="card danger form">
<p>${named(email)} is logged out everywhere. The password, the second factors and all that apps were given are gone for
good. Apps know the user by an id that nobody gets again: who is added anew with the same address is somebody else to
them.</p>
<form method="post" action="${href}/delete">
${hiddenCsrf(csrf)}
${field({ name: 'email', label: 'Type the e-mail address', required: true, most: 254 })}
<div class="actions"><button type="submit" class="bad">Delete for good</button><a class="button" href="${href}">Cancel</a></div>
</form>
</section>`,
  )
}

export interface ResetLinkView extends AdminView {
  readonly href: string
  readonly email: string
  readonly link: string
  readonly expiresAt: number
}

/** The one answer that has the link: it is nowhere else. */
export function resetLinkPage(view: ResetLinkView): HtmlText {
  return adminPage(
    'A link for a new password',
    '/admin/users',
    view,
    html`<section class="card form">
<p>Give it to ${named(view.email)} by a way that nobody else reads: whoever opens it chooses their password. It is good
once, until ${time(view.expiresAt)}, and is not shown again.</p>
${once('Link', view.link)}
<div class="actions"><a class="button primary" href="${view.href}">Back to the user</a></div>
</section>`,
  )
}
