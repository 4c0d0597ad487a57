import { html } from 'hono/html'
import { type Html, hiddenCsrf } from './layout.ts'

/** A form that is sent with a passkey. The page that it is on has `passkeys: true`. */
export interface PasskeyForm {
  /** Where it is posted: `response`, `csrf`, and the fields below. */
  readonly action: string
  /** What `navigator.credentials.get` is asked for, as JSON. */
  readonly options: string
  readonly fields: Readonly<Record<string, string>>
}

/** Nobody sees it where the browser cannot. @param primary - whether it is the way that is offered first */
export function passkeyForm({ action, options, fields }: PasskeyForm, csrf: string, primary: boolean): Html {
  const hidden = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`,
  )
  return html`<form method="post" action="${action}" data-passkey="get" data-options="${options}" data-needs-passkeys hidden>
${hiddenCsrf(csrf)}
<input type="hidden" name="response" value="">
${hidden}<p class="error" role="alert" data-passkey-error hidden></p>
<div class="actions"><button type="submit"${primary ? html` class="primary"` : ''}>Log in with a passkey</button></div>
</form>`
}
