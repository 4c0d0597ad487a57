import { decodeUnverified } from 'countersign'
import { html } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import type { Answer, ApiCall } from './ask.ts'
import type { Login } from './client.ts'
import type { Problem } from './problem.ts'

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>

/** What every page of an app shows. */
export interface AppView {
  readonly id: string
  readonly name: string
  readonly origin: string
  readonly issuer: string
  readonly apiOrigin: string
  readonly calls: readonly ApiCall[]
  readonly others: readonly { readonly name: string; readonly url: string }[]
}

/** What the page of someone who is logged in shows. */
export interface HomeView {
  readonly login: Login
  readonly answer?: Answer
  /** Epoch seconds. */
  readonly now: number
}

/** @param why - what has just happened: the person left here, or the authority told of a logout elsewhere */
export function signedOutPage(app: AppView, why?: 'left' | 'ended'): Html {
  const { name, issuer, others } = app
  const authority = html`<b>${hostOf(issuer)}</b>`
  if (why === undefined) {
    const lead = html`${name} has no passwords. It sends you to ${authority}, which asks who you are and tells ${name} in a
      signed token.`
    const note = `Already logged in to ${list(others)} in this browser? Then you will not be asked again.`
    return page(app, name, out(`You are not logged in to ${name}`, lead, 'Log in', note))
  }
  const lead =
    why === 'left'
      ? html`If you logged out of ${authority} as well, it has told the other apps: look at ${links(app)}.`
      : html`Your session at ${authority} has ended, and it told ${name} with a logout token.`
  return page(app, name, out(`You are logged out of ${name}`, lead, 'Log in again'))
}

const out = (title: string, lead: Html, button: string, note?: string): Html => html`<h1>${title}</h1>
  <p class="lead" role="status">${lead}</p>
  <form class="actions" method="post" action="/login"><button class="primary">${button}</button></form>
  ${note === undefined ? '' : html`<p class="small">${note}</p>`}`

export function problemPage(app: AppView, { status, code, message }: Problem): Html {
  return page(
    app,
    `${status} · ${app.name}`,
    html`<h1>${status < 500 ? 'That was refused' : 'That did not work'}</h1>
      <p class="lead">${message}</p>
      <p><code class="pill bad">${code}</code></p>
      <p class="actions"><a class="button" href="/">Back to ${app.name}</a></p>`,
  )
}

export function homePage(app: AppView, { login, answer, now }: HomeView): Html {
  const { claims, verified, accessToken } = login
  const { header, claims: carried } = decodeUnverified(accessToken)
  const who = text(claims['name']) ?? text(claims['email']) ?? claims.sub
  return page(
    app,
    app.name,
    html`<h1>Hello, ${who}</h1>
      <p class="lead">
        You are logged in to ${app.name} as <b>${text(claims['email']) ?? claims.sub}</b>, because
        <b>${hostOf(app.issuer)}</b> says so.
      </p>
      <div class="actions">
        ${app.others.map(({ name, url }) => html`<a class="button" href="${url}">Open ${name}</a>`)}
        <form method="post" action="/logout"><button>Log out</button></form>
      </div>
      <p class="small">${list(app.others)} will let you in without a password. Logging out ends both.</p>

      <section id="api">
        <h2>Call the API</h2>
        <p>
          <code>${app.apiOrigin}</code> is another service. It verifies the access token with the keys that the authority
          publishes, and then looks at what the token may do.
        </p>
        <div class="calls">
          ${app.calls.map(
            (call) => html`<form method="post" action="/call">
              <button name="call" value="${call.path}"><code>${call.method} ${call.path}</code></button>
              <span class="small">${call.needs}</span>
            </form>`,
          )}
        </div>
        ${answer === undefined ? '' : answered(app, answer)}
      </section>

      <section id="id-token">
        <h2>ID token</h2>
        <p>
          It says who logged in, and is for ${app.name} alone. Signature verified with countersign:
          <code>${verified.alg}</code>, key <code>${verified.kid ?? 'without a kid'}</code> of
          <a href="${app.issuer}/.well-known/jwks.json">the published keys</a>.
        </p>
        ${card('Claims', claims, now, 'claims')}
      </section>

      <section id="access-token">
        <h2>Access token</h2>
        <p>It opens the API. ${app.name} passes it on and need not read it; here it is taken apart, unverified.</p>
        <p class="token">${parts(accessToken)}</p>
        <div class="parts">${card('Header', header, now, 'header')} ${card('Claims', carried, now, 'claims')}</div>
        ${
          login.refreshToken === undefined
            ? ''
            : html`<form class="actions" method="post" action="/refresh">
                <button>Get a new access token</button>
                <span class="small">with the refresh token, which the server keeps and which works once</span>
              </form>`
        }
      </section>`,
  )
}

function answered(app: AppView, { call, status, statusText, challenge, body }: Answer): Html {
  const good = status >= 200 && status < 300
  return html`<div class="card" role="status">
    <header>
      <code>${call.method} ${app.apiOrigin}${call.path}</code>
      <b class="pill ${good ? 'good' : 'bad'}">${status === 0 ? '' : status} ${statusText}</b>
    </header>
    ${challenge === undefined ? '' : html`<pre class="aside">WWW-Authenticate: ${challenge}</pre>`}
    <pre>${body}</pre>
  </div>`
}

function card(title: string, members: Readonly<Record<string, unknown>>, now: number, kind: string): Html {
  const lines = Object.entries(members).map(
    ([name, value]) =>
      html`<div><b>${JSON.stringify(name)}</b>: ${JSON.stringify(value)}${when(name, value, now)}</div>`,
  )
  return html`<div class="card ${kind}">
    <header><h3>${title}</h3></header>
    <div class="json">${lines}</div>
  </div>`
}

const TIMES = ['exp', 'iat', 'nbf', 'auth_time']

/** A time of a claim in words. */
function when(name: string, value: unknown, now: number): Html | string {
  if (!TIMES.includes(name) || typeof value !== 'number') return ''
  const [away, tense] = value > now ? [value - now, 'in '] : [now - value, '']
  return html` <i>${tense}${duration(away)}${tense === '' ? ' ago' : ''}</i>`
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}

const PARTS = ['header', 'claims', 'signature']

function parts(token: string): Html {
  const spans = token.split('.').map((part, index) => html`<span class="${PARTS[index]}">${part}</span>`)
  return html`${spans.flatMap((span, index) => (index === 0 ? [span] : ['.', span]))}`
}

function page(app: AppView, title: string, main: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="/icon.svg" />
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body class="${app.id}">
        <header class="top">
          <a class="brand" href="/"><img src="/icon.svg" alt="" width="32" height="32" />${app.name}</a>
          <nav>
            ${app.others.map(({ name, url }) => html`<a href="${url}">${name}</a>`)}
            <a href="${app.issuer}">Authority</a>
          </nav>
        </header>
        <main>${main}</main>
        <footer>A demo of a token authority. ${app.name} is on ${hostOf(app.origin)} and keeps a session of its own.</footer>
      </body>
    </html>`
}

const hostOf = (origin: string): string => new URL(origin).host
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
const list = (apps: AppView['others']): string => apps.map(({ name }) => name).join(' or ')
const links = ({ others }: AppView): Html =>
  html`${others.map(({ name, url }, index) => html`${index === 0 ? '' : ', '}<a href="${url}">${name}</a>`)}`

const drawing = (tint: string, shapes: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="${tint}"/>${shapes}</svg>`

/** An icon for each app and for the API, by its id. */
export const ICON: Readonly<Record<string, string>> = {
  notes: drawing(
    '#8a4b0a',
    '<path d="M9 9h14M9 14h14M9 19h9" stroke="#fff" stroke-width="2.5" stroke-linecap="round"/><circle cx="22" cy="22" r="2.5" fill="#ffd9a0"/>',
  ),
  photos: drawing(
    '#3a49b8',
    '<circle cx="21" cy="11" r="3" fill="#ffd9a0"/><path d="M5 25l8-11 5 6 3-3 6 8z" fill="#fff" stroke="#fff" stroke-width="1.5" stroke-linejoin="round"/>',
  ),
  api: drawing(
    '#0f6b5b',
    '<path d="M13 9l-4.5 7 4.5 7M19 9l4.5 7-4.5 7" fill="none" stroke="#fff" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"/><circle cx="16" cy="16" r="2" fill="#ffd9a0"/>',
  ),
}
