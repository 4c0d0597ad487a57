import { html } from 'hono/html'
import { type Desk, deskPage, facts, type Section } from './desk.ts'
import { alert, describedBy, type Html, type HtmlText, hiddenCsrf } from './layout.ts'
import { when } from './when.ts'

/** What every page of an account has. */
export interface AccountView {
  /** The e-mail address. */
  readonly user: string
  /** Proves that the forms on the page are ours. */
  readonly csrf: string
  readonly notice?: string | undefined
  readonly error?: string | undefined
}

const SECTIONS: readonly Section[] = [
  { href: '/account', text: 'Overview' },
  { href: '/account/password', text: 'Password' },
  { href: '/account/security', text: 'Security' },
  { href: '/account/sessions', text: 'Sessions' },
]

/** A page of an account. @param at - in which section it is */
export function accountPage(
  title: string,
  at: string,
  { user, notice, error }: Omit<AccountView, 'csrf'>,
  content: Html,
  more: Pick<Desk, 'passkeys'> = {},
): HtmlText {
  const failed = error !== undefined
  return deskPage({ title, label: 'Your account', sections: SECTIONS, at, user, notice, failed, ...more }, content)
}

export interface OverviewView extends AccountView {
  readonly name: string
  readonly roles: readonly string[]
  /** When the account was made (epoch seconds). */
  readonly since: number
  readonly authenticator: boolean
  readonly passkeys: number
  readonly sessions: number
  readonly administrator: boolean
}

export function overviewPage(view: OverviewView): HtmlText {
  const { user, csrf, name, roles, since, error, administrator } = view
  const about = describedBy(error)
  return accountPage(
    'Your account',
    '/account',
    view,
    html`<section class="card">
<h2>Who you are</h2>
${facts([
  ['E-mail address', html`<bdi>${user}</bdi>`],
  ['Roles', roles.length === 0 ? 'None' : html`${roles.map((role) => html`<code>${role}</code> `)}`],
  ['Member since', when(since)],
])}
<form method="post" action="/account">
${hiddenCsrf(csrf)}
<label for="name">Name</label>
${alert(error)}
<div class="beside">
<input id="name" name="name" type="text" autocomplete="name" maxlength="200" required value="${name}"${about}>
<button type="submit">Save</button>
</div>
</form>
<p class="note">Apps that you let see it show your name. Whoever runs this server can change the address.</p>
</section>
<section class="card">
<h2>Logging in</h2>
${overview(view)}
</section>
${administrator ? html`<p><a class="button" href="/admin">Administration</a></p>` : ''}`,
  )
}

function overview({ authenticator, passkeys, sessions }: OverviewView): Html {
  const app = authenticator ? 'An authenticator app' : 'No authenticator app'
  return html`<ul class="rows">
<li><div><strong>Password</strong></div><a href="/account/password">Change<span class="hidden"> the password</span></a></li>
<li><div><strong>Two factors</strong><p>${app}, ${counted(passkeys, 'passkey')}</p></div>
<a href="/account/security">Manage<span class="hidden"> two factors</span></a></li>
<li><div><strong>Sessions</strong><p>Open in ${counted(sessions, 'browser')}</p></div>
<a href="/account/sessions">Manage<span class="hidden"> sessions</span></a></li>
</ul>`
}

export function counted(count: number, what: string): string {
  return `${count === 0 ? 'no' : count} ${what}${count === 1 ? '' : 's'}`
}

/** Which field an error is about. */
export interface PasswordFault {
  readonly field: 'current' | 'next' | 'again'
  readonly text: string
}

export interface PasswordView extends Omit<AccountView, 'error'> {
  readonly fault?: PasswordFault | undefined
}

export function passwordPage({ fault, ...view }: PasswordView): HtmlText {
  return accountPage(
    'Password',
    '/account/password',
    { ...view, error: fault?.text },
    html`<section class="card">
<h2>Choose a new password</h2>
${alert(fault?.text)}
<form method="post" action="/account/password">
${hiddenCsrf(view.csrf)}
<input type="text" name="username" autocomplete="username" value="${view.user}" hidden>
<label for="current">Current password</label>
<input id="current" name="current_password" type="password" autocomplete="current-password" maxlength="1024"
  required${fault?.field === 'current' ? describedBy(fault.text) : ''}>
${newPassword(fault)}
<div class="actions"><button type="submit" class="primary">Change password</button></div>
</form>
</section>
<p class="note">You stay logged in here. Everywhere else you are logged out.</p>`,
  )
}

/** The two fields of a new password. */
export function newPassword(fault: PasswordFault | undefined): Html {
  const about = (field: string, ...more: readonly string[]): Html => {
    const wrong = fault?.field === field
    const ids = [...(wrong ? ['error'] : []), ...more].join(' ')
    return html`${wrong ? html` aria-invalid="true"` : ''}${ids === '' ? '' : html` aria-describedby="${ids}"`}`
  }
  return html`<label for="next">New password</label>
<p class="note" id="next-hint">At least 8 characters. A few words that nobody expects together are good.</p>
<input id="next" name="new_password" type="password" autocomplete="new-password" minlength="8" maxlength="1024"
  required${about('next', 'next-hint')}>
<label for="again">New password once more</label>
<input id="again" name="again" type="password" autocomplete="new-password" maxlength="1024" required${about('again')}>`
}
