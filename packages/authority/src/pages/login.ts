import { html } from 'hono/html'
import { alert, describedBy, type HtmlText, hiddenCsrf, named, page } from './layout.ts'
import { type PasskeyForm, passkeyForm } from './passkey-form.ts'

export interface LoginView {
  readonly title: string
  /** What the app is called that somebody logs in for. */
  readonly client: string
  /** Where the form is posted: `email`, `password`, `csrf`. */
  readonly action: string
  readonly csrf: string
  readonly email?: string | undefined
  readonly error?: string | undefined
  /** Where it is posted, with `csrf`, that somebody will not log in. */
  readonly cancel: string
  /** Where passkeys work. */
  readonly passkey?: PasskeyForm | undefined
  /** Where somebody goes who forgot the password. */
  readonly forgot?: string | undefined
}

export function loginPage(view: LoginView): HtmlText {
  const { title, client, action, csrf, email = '', error, cancel, passkey, forgot } = view
  const about = describedBy(error)
  const [first, second] = email === '' ? [html` autofocus`, ''] : ['', html` autofocus`]
  // Not type="email": browsers rewrite what is typed there, an international domain name for one.
  return page(
    error === undefined ? title : `Error: ${title}`,
    html`<h1>${title}</h1>
<p class="lead">to go on to ${named(client)}</p>
${alert(error)}
<form method="post" action="${action}">
${hiddenCsrf(csrf)}
<label for="email">E-mail address</label>
<input id="email" name="email" type="text" inputmode="email" autocomplete="username" autocapitalize="none"
  spellcheck="false" maxlength="254" required value="${email}"${about}${first}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024"
  required${about}${second}>
<div class="actions"><button type="submit" class="primary">Log in</button></div>
</form>
${passkey === undefined ? '' : passkeyForm(passkey, csrf, false)}
${forgot === undefined ? '' : html`<p class="way"><a href="${forgot}">Forgot your password?</a></p>`}
<form method="post" action="${cancel}" class="aside">
${hiddenCsrf(csrf)}
<button type="submit" class="quiet">Cancel</button>
</form>`,
    { passkeys: passkey !== undefined },
  )
}
