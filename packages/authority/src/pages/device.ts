import { html, raw } from 'hono/html'
import { alert, describedBy, type HtmlText, named, page } from './layout.ts'

export interface DeviceInputView {
  /** The form of oidc-provider as it gave it: trusted. */
  readonly form: string
  readonly formId: string
  readonly error?: string | undefined
}

/** Where the code is typed that a device shows (RFC 8628 §3.3). */
export function deviceInputPage({ form, formId, error }: DeviceInputView): HtmlText {
  const title = 'Log in on a device'
  return page(
    error === undefined ? title : `Error: ${title}`,
    html`<h1>${title}</h1>
<p class="lead">Enter the code that your device shows.</p>
${alert(error)}
<label for="user_code">Code</label>
<div class="code">${raw(toLabelled(form, `${describedBy(error)}`))}</div>
<div class="actions"><button type="submit" form="${formId}" class="primary">Continue</button></div>`,
  )
}

const FIELD = 'type="text" name="user_code"'
const SCRIPT = ' onfocus="this.select(); this.onfocus = undefined;"'

/**
 * The form with a field that a label can name, and without the inline script that no page here may run. A code in the
 * form has no quotation marks, so these texts are found in the markup alone; where they are not found, the form stays.
 */
function toLabelled(form: string, attributes: string): string {
  const hints = 'autocapitalize="characters" spellcheck="false"'
  return form.replace(SCRIPT, '').replace(FIELD, () => `${FIELD} id="user_code" ${hints}${attributes}`)
}

export interface DeviceConfirmView {
  /** The form of oidc-provider as it gave it: trusted. */
  readonly form: string
  readonly formId: string
  /** What the app on the device is called. */
  readonly client: string
  readonly userCode: string
}

/** Asks whether the device is that of who is asked: a code may come from somebody who wants in (RFC 8628 §5.4). */
export function deviceConfirmPage({ form, formId, client, userCode }: DeviceConfirmView): HtmlText {
  return page(
    'Is this your device?',
    html`<h1>Is this your device?</h1>
<p class="lead">${named(client)} asks to be logged in as you, on a device that shows this code:</p>
<p class="user-code"><code>${userCode}</code></p>
<p>Go on only if you started this, and the device is in front of you. If somebody sent you the code, they would be
logged in as you.</p>
${raw(form)}
<div class="actions">
<button type="submit" form="${formId}" class="primary">Continue</button>
<button type="submit" form="${formId}" name="abort" value="yes">Cancel</button>
</div>`,
  )
}

export function deviceDonePage({ client }: { readonly client: string | undefined }): HtmlText {
  return page(
    'Your device is logged in',
    html`<h1>Your device is logged in</h1>
<p class="lead">Go back to ${client === undefined ? 'your device' : named(client)}. You can close this page.</p>`,
  )
}
