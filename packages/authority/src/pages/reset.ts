import { html } from 'hono/html'
import { newPassword, type PasswordFault } from './account.ts'
import { alert, type HtmlText, hiddenCsrf, named, page } from './layout.ts'

/** Asks who forgot a password. */
export function forgotPage(): HtmlText {
  return page(
    'Forgot your password?',
    html`<h1>Forgot your password?</h1>
<p class="lead">We send you a link to choose a new one.</p>
<form method="post" action="/forgot">
<label for="email">E-mail address</label>
<input id="email" name="email" type="text" inputmode="email" autocomplete="username" autocapitalize="none"
  spellcheck="false" maxlength="254" required>
<div class="actions"><button type="submit" class="primary">Send the link</button></div>
</form>`,
  )
}

/** Says the same to everybody. */
export function forgotSentPage(): HtmlText {
  return page(
    'Look at your mail',
    html`<h1>Look at your mail</h1>
<p class="lead" role="status">If there is an account with this address, a link to choose a new password is on its way.</p>
<p>It is good for an hour, and once. Nothing has come after a few minutes? Look among the unwanted mail, or
<a href="/forgot">try again</a>.</p>`,
  )
}

export interface ResetView {
  /** Whose password it is. */
  readonly user: string
  readonly csrf: string
  readonly fault?: PasswordFault | undefined
}

export function resetPage({ user, csrf, fault }: ResetView): HtmlText {
  const title = 'Choose a new password'
  return page(
    fault === undefined ? title : `Error: ${title}`,
    html`<h1>${title}</h1>
<p class="lead">for ${named(user)}</p>
${alert(fault?.text)}
<form method="post" action="/reset">
${hiddenCsrf(csrf)}
<input type="text" name="username" autocomplete="username" value="${user}" hidden>
${newPassword(fault)}
<div class="actions"><button type="submit" class="primary">Change password</button></div>
</form>
<p class="note">You are logged out everywhere, and apps lose their access.</p>`,
  )
}

export function resetDonePage(): HtmlText {
  return page(
    'Your password is changed',
    html`<h1>Your password is changed</h1>
<p class="lead" role="status">You were logged out everywhere. Log in with the new one.</p>
<p class="ways"><a class="button primary" href="/account">Log in</a></p>`,
  )
}
