import { html } from 'hono/html'
import { type AdminView, adminPage, field, once, stateBadge, table, time, words } from './admin-parts.ts'
import { type HtmlText, hiddenCsrf, named } from './layout.ts'

export interface UserRowView {
  readonly href: string
  readonly email: string
  readonly name?: string | undefined
  readonly state: 'active' | 'disabled'
  readonly roles: readonly string[]
  readonly factors: readonly string[]
  readonly lastLogin: number | undefined
}

export interface UsersView extends AdminView {
  readonly users: readonly UserRowView[]
  readonly search: string
  /** Where the list goes on, and where it begins, where it does not begin here. */
  readonly next?: string | undefined
  readonly first?: string | undefined
}

export function usersPage(view: UsersView): HtmlText {
  const { users, search, next, first } = view
  return adminPage(
    'Users',
    '/admin/users',
    view,
    html`<div class="tools"><form method="get" action="/admin/users" class="filter" role="search">
<div class="field"><label for="search">Search by e-mail address</label>
<input type="text" id="search" name="search" maxlength="254" value="${search}" autocapitalize="none" spellcheck="false" autocomplete="off"></div>
<button type="submit">Search</button>
</form>
<a class="button primary" href="/admin/new-user">Add a user</a></div>
<section class="card">
${table({
  caption: 'Users by e-mail address',
  columns: ['E-mail address', 'Name', 'State', 'Roles', 'Second factors', 'Last login'],
  rows: users.map((user) => [
    html`<a href="${user.href}"><bdi>${user.email}</bdi></a>`,
    user.name === undefined ? '' : html`<bdi>${user.name}</bdi>`,
    stateBadge(user.state),
    words(user.roles),
    words(user.factors),
    time(user.lastLogin),
  ]),
  none: search === '' ? 'There are no users yet.' : 'Nobody is called so.',
})}
</section>
<p class="ways">${first === undefined ? '' : html`<a class="button" href="${first}">From the beginning</a>`}${next === undefined ? '' : html`<a class="button" href="${next}">Next page</a>`}</p>`,
  )
}

export interface NewUserView extends AdminView {
  readonly values: { readonly email: string; readonly name: string; readonly roles: string }
}

export function newUserPage(view: NewUserView): HtmlText {
  const { csrf, values } = view
  return adminPage(
    'Add a user',
    '/admin/users',
    view,
    html`<section class="card form">
<form method="post" action="/admin/new-user">
${hiddenCsrf(csrf)}
${field({ name: 'email', label: 'E-mail address', value: values.email, required: true, most: 254, focus: true })}
${field({ name: 'name', label: 'Name', value: values.name, most: 200 })}
${field({ name: 'roles', label: 'Roles', value: values.roles, note: 'With spaces between. Apps find them in access tokens; authority:admin lets them in here.' })}
<p class="note">A password is made, and shown to you once. They can choose another one on their account page.</p>
<div class="actions"><button type="submit" class="primary">Add</button><a class="button" href="/admin/users">Cancel</a></div>
</form>
</section>`,
  )
}

export interface AddedUserView extends AdminView {
  readonly email: string
  readonly href: string
  readonly password: string
}

/** The one answer that has the password: it is nowhere else. */
export function addedUserPage(view: AddedUserView): HtmlText {
  return adminPage(
    'The user is added',
    '/admin/users',
    view,
    html`<section class="card form">
<p>Give ${named(view.email)} this password by a way that nobody else reads. It is not shown again.</p>
${once('Password', view.password)}
<div class="actions"><a class="button primary" href="${view.href}">Go to the user</a><a class="button" href="/admin/new-user">Add another one</a></div>
</section>`,
  )
}
