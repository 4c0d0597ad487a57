import type { SafeVerified } from 'countersign'
import type { AccessTokenClaims } from 'countersign/profile'
import { html } from 'hono/html'
import { spoken } from './duration.ts'
import type { Html } from './pages.ts'

interface Places {
  /** Where the API is, and whose tokens it takes. */
  readonly origin: string
  readonly issuer: string
}

export function verifyPage(view: Places & { readonly hint?: string }): Html {
  return page(
    view,
    'Check a token',
    html`<h1>Is this token good?</h1>
      <p class="lead">
        This is the API, another server than <b>${hostOf(view.issuer)}</b>. It has no secret and no database of it: only the
        keys that it publishes for everybody.
      </p>
      ${form(view.hint)}
      <p class="small">It is checked here and kept nowhere. Change one letter of it, and see.</p>`,
  )
}

export interface VerdictView extends Places {
  readonly result: SafeVerified<AccessTokenClaims>
  /** Epoch seconds. */
  readonly now: number
}

export function verdictPage(view: VerdictView): Html {
  const { result, issuer, origin, now } = view
  if (!result.ok) {
    const { code, message, hint } = result.error
    return page(
      view,
      'Refused',
      html`<h1>Refused</h1>
        <div class="verdict bad" role="status">
          <p><code class="pill bad">${code}</code></p>
          <p>${sentence(message)}${hint === undefined ? '' : html` ${sentence(hint)}`}</p>
        </div>
        <h2>Check another one</h2>
        ${form()} ${back(issuer)}`,
    )
  }
  const { claims, header, key } = result
  const lines = Object.entries(claims).map(
    ([name, value]) => html`<div><b>${JSON.stringify(name)}</b>: ${JSON.stringify(value)}</div>`,
  )
  return page(
    view,
    'Accepted',
    html`<h1>Accepted</h1>
      <div class="verdict good" role="status">
        <ul class="checks">
          <li>Signed with <code>${header.alg}</code> by key <code>${key.kid}</code>, one of the published</li>
          <li>An access token, by its type <code>${header.typ}</code></li>
          <li>From <code>${issuer}</code></li>
          <li>For <code>${origin}</code></li>
          <li>Good for another ${spoken(claims.exp - now)}</li>
        </ul>
      </div>
      <section>
        <h2>What it says</h2>
        <div class="card claims">
          <header><h3>Claims</h3></header>
          <div class="json">${lines}</div>
        </div>
      </section>
      <section>
        <h2>Check another one</h2>
        ${form()} ${back(issuer)}
      </section>`,
  )
}

function form(hint?: string): Html {
  const fault = hint === undefined ? '' : html` aria-invalid="true" aria-describedby="hint"`
  return html`<form class="paste" method="post" action="/verify">
    <label for="token">Access token</label>
    <textarea id="token" name="token" rows="6" required spellcheck="false" autocomplete="off" autocapitalize="off"${fault}></textarea>
    ${hint === undefined ? '' : html`<p id="hint" class="fault" role="alert">${hint}</p>`}
    <p class="actions"><button class="primary">Check the token</button></p>
  </form>`
}

const back = (issuer: string): Html =>
  html`<p class="small"><a href="${issuer}/#elsewhere">Back to the walk through the demo</a></p>`

function page({ issuer, origin }: Places, title: string, main: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · API</title>
        <link rel="icon" href="/icon.svg" />
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body class="api">
        <header class="top">
          <a class="brand" href="/verify"><img src="/icon.svg" alt="" width="32" height="32" />API</a>
          <nav><a href="${issuer}/#elsewhere">The walk</a></nav>
        </header>
        <main>${main}</main>
        <footer>A demo of a token authority. The API is on ${hostOf(origin)}.</footer>
      </body>
    </html>`
}

const hostOf = (origin: string): string => new URL(origin).host

/** A message of an error as a sentence. */
function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(whole) ? whole : `${whole}.`
}
