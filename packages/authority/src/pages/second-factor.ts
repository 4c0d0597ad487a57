import { html } from 'hono/html'
import { alert, describedBy, type Html, type HtmlText, hiddenCsrf, named, page } from './layout.ts'
import { type PasskeyForm, passkeyForm } from './passkey-form.ts'

export interface SecondFactorView {
  /** What the app is called that somebody logs in for. */
  readonly client: string
  /** Who logs in. */
  readonly user: string
  readonly csrf: string
  /** Where there is an authenticator app: where its code is posted as `code`, with `csrf` and the fields. */
  readonly code?: { readonly action: string; readonly fields: Readonly<Record<string, string>> } | undefined
  readonly passkey?: PasskeyForm | undefined
  readonly error?: string | undefined
  /** Where somebody else logs in, where this is about somebody who is logged in. */
  readonly other?: string | undefined
  /** Where it is posted, with `csrf`, that somebody will not log in. */
  readonly cancel: string
}

/** Asks for what there is beside the password. */
export function secondFactorPage(view: SecondFactorView): HtmlText {
  const { client, user, csrf, code, passkey, error, other, cancel } = view
  const title = 'Confirm that it is you'
  return page(
    error === undefined ? title : `Error: ${title}`,
    html`<h1>${title}</h1>
<p class="lead">to go on to ${named(client)} as ${named(user)}</p>
${alert(error)}
${code === undefined ? '' : codeForm(code, csrf, error)}
${passkey === undefined ? '' : passkeyForm(passkey, csrf, code === undefined)}
${code === undefined ? html`<p class="caution without">Your passkey is needed. This browser has none, or runs no JavaScript.</p>` : recoveryForm(code, csrf)}
${other === undefined ? '' : html`<p class="way">Not you? <a href="${other}">Log in as somebody else</a></p>`}
<form method="post" action="${cancel}" class="aside">
${hiddenCsrf(csrf)}
<button type="submit" class="quiet">Cancel</button>
</form>`,
    { passkeys: passkey !== undefined },
  )
}

type CodeForm = NonNullable<SecondFactorView['code']>

function codeForm({ action, fields }: CodeForm, csrf: string, error: string | undefined): Html {
  return html`<form method="post" action="${action}">
${hiddenCsrf(csrf)}
${hiddenFields(fields)}<label for="code">Code of your authenticator app</label>
<div class="code"><input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code"
  maxlength="12" required autofocus${describedBy(error)}></div>
<div class="actions"><button type="submit" class="primary">Continue</button></div>
</form>`
}

/** A field of its own: on a telephone, that for a code of the app has no letters. */
function recoveryForm({ action, fields }: CodeForm, csrf: string): Html {
  return html`<details class="other-way">
<summary>Use a recovery code</summary>
<form method="post" action="${action}">
${hiddenCsrf(csrf)}
${hiddenFields(fields)}<label for="recovery">Recovery code</label>
<div class="code"><input id="recovery" name="code" type="text" autocomplete="off" autocapitalize="none"
  spellcheck="false" maxlength="40" required></div>
<div class="actions"><button type="submit">Continue</button></div>
</form>
</details>`
}

function hiddenFields(fields: Readonly<Record<string, string>>): readonly Html[] {
  return Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`)
}

export interface NoSecondFactorView {
  readonly client: string
  readonly user: string
  readonly csrf: string
  /** Where somebody sets a second factor up. */
  readonly account: string
  /** Where it is posted, with `csrf`, that somebody goes back. */
  readonly cancel: string
}

/** Says that two factors are asked for, to somebody who has one. */
export function noSecondFactorPage({ client, user, csrf, account, cancel }: NoSecondFactorView): HtmlText {
  return page(
    'You need a second factor',
    html`<h1>You need a second factor</h1>
<p class="lead">${named(client)} asks for more than a password, and ${named(user)} has nothing else yet.</p>
<p>Set up an authenticator app or a passkey on <a href="${account}">your account page</a>. Then go to ${named(client)} and
log in there again.</p>
<form method="post" action="${cancel}">
${hiddenCsrf(csrf)}
<div class="actions"><button type="submit" class="primary">Go back to <bdi>${client}</bdi></button></div>
</form>`,
  )
}
