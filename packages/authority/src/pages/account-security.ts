import { html, raw } from 'hono/html'
import { type AccountView, accountPage, counted } from './account.ts'
import { alert, describedBy, type Html, type HtmlText, hiddenCsrf } from './layout.ts'
import { when } from './when.ts'

const AT = '/account/security'

export interface PasskeyView {
  readonly id: string
  readonly name: string
  /** Epoch seconds. */
  readonly createdAt: number
  readonly lastUsed: number | undefined
}

export interface SecurityView extends Omit<AccountView, 'csrf'> {
  /** When the authenticator app was set up (epoch seconds). */
  readonly authenticator: number | undefined
  readonly recoveryCodes: number
  readonly passkeys: readonly PasskeyView[]
  /** Whether browsers have passkeys for this server. */
  readonly passkeysWork: boolean
}

/** How few recovery codes are few. */
const FEW = 3

export function securityPage(view: SecurityView): HtmlText {
  const { passkeys, passkeysWork } = view
  return accountPage(
    'Security',
    AT,
    view,
    html`<section class="card">
<h2>Authenticator app</h2>
${view.authenticator === undefined ? withoutApp : withApp(view.authenticator, view.recoveryCodes)}
</section>
<section class="card">
<h2>Passkeys</h2>
<p>A passkey logs you in with your finger, your face or the PIN of your device, and no password. No other site can ask
for it.</p>
${passkeys.length === 0 ? '' : html`<ul class="rows">\n${passkeys.map(passkeyRow)}</ul>`}
${passkeysWork ? html`<p class="ways"><a class="button" href="${AT}/passkeys/new">Add a passkey</a></p>` : noPasskeys}
</section>
<p class="note">To change any of this you log in anew if that was a while ago.</p>`,
  )
}

const withoutApp = html`<p>An app on your phone shows a code that changes every 30 seconds. Once it is set up, logging in takes
your password and a code.</p>
<p class="ways"><a class="button" href="${AT}/app">Set up an app</a></p>`

const noPasskeys = html`<p class="muted">Browsers have passkeys only for servers with https, and this one has none.</p>`

function withApp(since: number, codes: number): Html {
  const warning = codes === 0 ? 'You have none left.' : `Only ${codes} ${codes === 1 ? 'is' : 'are'} left.`
  return html`<p><strong class="on">On</strong> since ${when(since)}. Logging in takes your password and a code.</p>
<h3>Recovery codes</h3>
<p>Each logs you in once in place of the app, if you lose it. You have ${counted(codes, 'code')} left.</p>
${codes < FEW ? html`<p class="caution">${warning} Make new ones.</p>` : ''}
<p class="ways"><a class="button" href="${AT}/codes">New recovery codes</a>
<a class="button" href="${AT}/app">Set up another app</a>
<a class="button bad" href="${AT}/app/remove">Remove the app</a></p>`
}

function passkeyRow({ id, name, createdAt, lastUsed }: PasskeyView): Html {
  const used = lastUsed === undefined ? 'never used' : html`last used ${when(lastUsed)}`
  const of = html`<span class="hidden"> <bdi>${name}</bdi></span>`
  return html`<li><div><strong><bdi>${name}</bdi></strong>
<p>Added ${when(createdAt)}, ${used}</p></div>
<p class="ways"><a href="${AT}/passkeys/${id}">Rename${of}</a>
<a class="bad" href="${AT}/passkeys/${id}/remove">Remove${of}</a></p></li>
`
}

export interface AppView extends AccountView {
  readonly secret: string
  /** The text of an SVG picture of it: trusted. */
  readonly qr: string
  readonly sealed: string
  /** Whether it takes the place of one. */
  readonly replaces: boolean
}

/** Sets an authenticator app up. */
export function appPage(view: AppView): HtmlText {
  const { secret, qr, replaces } = view
  return accountPage(
    'Set up an authenticator app',
    AT,
    view,
    html`<section class="card">
<h2>1. Scan this with the app</h2>
${replaces ? html`<p class="caution">It takes the place of the app that you have, and of its recovery codes.</p>` : ''}
<div class="qr" role="img" aria-label="QR code for the authenticator app">${raw(qr)}</div>
<p>No camera? Type this in as the key, for codes that change with time:</p>
<p class="user-code"><code>${secret}</code></p>
</section>
${codeCard(view, '2. Enter the code that it shows')}`,
  )
}

/** Asks for the code once more: the app has what it needs. */
export function appCodePage(view: Omit<AppView, 'qr' | 'secret' | 'replaces'>): HtmlText {
  return accountPage(
    'Set up an authenticator app',
    AT,
    view,
    html`${codeCard(view, 'Enter the code that the app shows now')}
<p class="note">Nothing that it shows is right? <a href="${AT}/app">Start anew</a>.</p>`,
  )
}

function codeCard({ csrf, sealed, error }: Pick<AppView, 'csrf' | 'sealed' | 'error'>, title: string): Html {
  return html`<section class="card">
<h2>${title}</h2>
${alert(error)}
<form method="post" action="${AT}/app">
${hiddenCsrf(csrf)}
<input type="hidden" name="sealed" value="${sealed}">
<label for="code">Code</label>
<div class="code"><input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code"
  maxlength="12" required${describedBy(error)}${error === undefined ? '' : html` autofocus`}></div>
<div class="actions"><button type="submit" class="primary">Turn on</button>
<a class="button" href="${AT}">Cancel</a></div>
</form>
</section>`
}

export interface CodesView extends Omit<AccountView, 'csrf'> {
  readonly codes: readonly string[]
}

/** Shows recovery codes, this once. */
export function codesPage(view: CodesView): HtmlText {
  return accountPage(
    'Your recovery codes',
    AT,
    view,
    html`<section class="card">
<h2>Print or copy these now</h2>
<p>They are shown this once. Each logs you in once in place of the authenticator app. Keep them where nobody else
looks, and not on the phone that has the app.</p>
<ol class="codes">
${view.codes.map((code) => html`<li><code>${code}</code></li>\n`)}</ol>
<p class="ways"><a class="button primary" href="${AT}">I have kept them</a></p>
</section>`,
  )
}

export interface ConfirmView extends AccountView {
  readonly title: string
  readonly text: string
  /** What it means, where that is much. */
  readonly caution?: string | undefined
  /** What of: a name that somebody gave it. */
  readonly subject?: string | undefined
  readonly action: string
  readonly button: string
  readonly bad: boolean
}

/** Asks whether somebody means it. */
export function confirmPage(view: ConfirmView): HtmlText {
  const { title, text, caution, subject, action, button, csrf, bad } = view
  return accountPage(
    title,
    AT,
    view,
    html`<section class="card${bad ? ' danger' : ''}">
${subject === undefined ? '' : html`<p><strong><bdi>${subject}</bdi></strong></p>`}
<p>${text}</p>
${caution === undefined ? '' : html`<p class="caution">${caution}</p>`}
<form method="post" action="${action}">
${hiddenCsrf(csrf)}
<div class="actions"><button type="submit" class="${bad ? 'bad' : 'primary'}">${button}</button>
<a class="button" href="${AT}">Cancel</a></div>
</form>
</section>`,
  )
}

export interface NewPasskeyView extends AccountView {
  /** What `navigator.credentials` is asked for, as JSON. */
  readonly options: string
  /** Comes back with the answer. */
  readonly at: string
}

/** Adds a passkey: of all pages of an account the one that takes a script. */
export function newPasskeyPage(view: NewPasskeyView): HtmlText {
  const { csrf, options, at, error } = view
  return accountPage(
    'Add a passkey',
    AT,
    view,
    html`<section class="card">
<p>Give it a name that tells you later where it is. Then your browser asks how to go on.</p>
${alert(error)}
<form method="post" action="${AT}/passkeys/new" data-passkey="create" data-options="${options}" data-needs-passkeys hidden>
${hiddenCsrf(csrf)}
<input type="hidden" name="at" value="${at}">
<input type="hidden" name="response" value="">
${nameField('', error)}
<p class="error" role="alert" data-passkey-error hidden></p>
<div class="actions"><button type="submit" class="primary">Add the passkey</button>
<a class="button" href="${AT}">Cancel</a></div>
</form>
<div class="without"><p class="caution">This is the one page here that needs JavaScript, and a browser that has passkeys.</p>
<p class="ways"><a class="button" href="${AT}">Back</a></p></div>
</section>`,
    { passkeys: true },
  )
}

export interface RenameView extends AccountView {
  readonly id: string
  readonly name: string
}

export function renamePage(view: RenameView): HtmlText {
  const { csrf, id, name, error } = view
  return accountPage(
    'Rename a passkey',
    AT,
    view,
    html`<section class="card">
${alert(error)}
<form method="post" action="${AT}/passkeys/${id}">
${hiddenCsrf(csrf)}
${nameField(name, error)}
<div class="actions"><button type="submit" class="primary">Rename</button>
<a class="button" href="${AT}">Cancel</a></div>
</form>
</section>`,
  )
}

function nameField(name: string, error: string | undefined): Html {
  return html`<label for="name">Name</label>
<input id="name" name="name" type="text" autocomplete="off" maxlength="64" required value="${name}"
  placeholder="My laptop"${describedBy(error)}>`
}
