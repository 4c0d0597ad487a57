import { html, raw } from 'hono/html'
import { type HtmlText, named, page } from './layout.ts'

export interface LogoutView {
  /** The form of oidc-provider as it gave it: trusted. */
  readonly form: string
  readonly formId: string
}

/** Asks whether somebody wants to log out: another site may have sent them here. */
export function logoutPage({ form, formId }: LogoutView): HtmlText {
  return page(
    'Log out?',
    html`<h1>Log out?</h1>
<p class="lead">You will be logged out here, and the apps that you used are told.</p>
${raw(form)}
<div class="actions">
<button type="submit" form="${formId}" name="logout" value="yes" class="primary">Log out</button>
<button type="submit" form="${formId}">Stay logged in</button>
</div>`,
  )
}

export function loggedOutPage({ client }: { readonly client: string | undefined }): HtmlText {
  return page(
    'You are logged out',
    html`<h1>You are logged out</h1>
<p class="lead">${client === undefined ? 'You' : html`You have left ${named(client)}, and`} can close this page.</p>`,
  )
}
