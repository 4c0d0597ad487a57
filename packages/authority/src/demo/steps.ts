import type { RingKey } from 'countersign/keyring'
import { html } from 'hono/html'
import type { Html } from '../pages/layout.ts'
import { keyList, short } from './keys-view.ts'
import { ROTATION, rotateButton } from './rotation-page.ts'
import { snippet } from './snippet.ts'
import type { Visit } from './visit.ts'
import type { Seen } from './watch.ts'

export interface WalkView {
  readonly issuer: string
  readonly apps: readonly { readonly name: string; readonly url: string }[]
  /** The origin of the API. */
  readonly api: string
  readonly user: { readonly email: string }
  readonly keys: readonly RingKey[]
  /** The last rotation that was asked for. */
  readonly seen: Seen | undefined
  /** Who is logged in to the authority in this browser. */
  readonly visit: Visit | undefined
  /** Epoch seconds. */
  readonly now: number
}

/** One step of the walk. */
export interface Step {
  readonly id: string
  readonly title: string
  readonly text: Html
  readonly action: Html
  /** What is to be seen of it here. */
  readonly panel: Html
  /** Whether that needs the whole width. */
  readonly isWide?: boolean
  /** The pieces of code that do it. */
  readonly code: readonly string[]
}

/** How somebody becomes an administrator of the demo's API. */
const promotion = (email: string): string => `npx countersign-authority user update ${email} --role reader --role admin`

/** The steps of the walk, in order. */
export function stepsOf({ issuer, apps, api, user, keys, seen, visit, now }: WalkView): readonly Step[] {
  const [first, second] = apps
  const [notes, photos] = [first?.name ?? '', second?.name ?? '']
  const [notesUrl, photosUrl] = [first?.url ?? '', second?.url ?? '']
  return [
    {
      id: 'log-in',
      title: 'Log in',
      text: html`<p>${notes} has no passwords. It sends you here, you say who you are, and it is given a signed token that says so.</p>`,
      action: html`${button(notesUrl, `Open ${notes}`, true)} <span class="then">Press <strong>Log in</strong> there.</span>`,
      panel: html`<ol class="route">
<li><b>${notes}</b> sends your browser to the authority, with a question: who is this?</li>
<li><b>The authority</b> checks your password. ${notes} never sees it.</li>
<li><b>${notes}</b> gets a code through your browser, and changes it for tokens behind your back.</li>
</ol>`,
      code: ['depart', 'password', 'arrive'],
    },
    {
      id: 'token',
      title: 'Take the token apart',
      text: html`<p>A token is three parts with dots between. ${notes} shows you yours in three colours, with every claim spelled out.</p>`,
      action: button(`${notesUrl}/#access-token`, 'See your token'),
      panel: html`<p class="jwt"><span class="h">eyJhbGciOi…</span>.<span class="c">eyJzdWIiOi…</span>.<span class="s">k3vZq9Yx…</span></p>
<dl class="token-legend">
<div class="h"><dt>Header</dt><dd>which key signed, and how</dd></div>
<div class="c"><dt>Claims</dt><dd>who you are, for whom it is, what it may do, until when</dd></div>
<div class="s"><dt>Signature</dt><dd>changes with every letter of the other two</dd></div>
</dl>`,
      code: ['take-apart', 'resource'],
    },
    {
      id: 'api',
      title: 'Ask an API that looks at your role',
      text: html`<p>The API is a third server. It verifies your token by itself, and then looks at your roles: you are a reader, and no administrator.</p>`,
      action: button(`${notesUrl}/#api`, 'Ask the API'),
      panel: html`<ul class="answers">
<li><code>GET /notes</code> <b class="pill good">200 OK</b></li>
<li><code>POST /admin</code> <b class="pill bad">403 Forbidden</b></li>
</ul>
<p class="fine">To get in there as well, make yourself an administrator, in a second terminal and the same folder:</p>
<pre class="command" tabindex="0"><code>${promotion(user.email)}</code></pre>
<p class="fine">Then press <strong>Get a new access token</strong> in ${notes}: roles are in the token, so the old one knows nothing of it.</p>`,
      code: ['api', 'roles'],
    },
    {
      id: 'keys',
      title: 'Look at the keys',
      text: html`<p>The authority signs with private keys, and publishes the public ones. Whoever has them can verify every token, and make none.</p>`,
      action: button('/jwks', 'Open the JWK Set'),
      panel: keyList(keys, now),
      code: ['jwk-set', 'ring'],
    },
    {
      id: 'elsewhere',
      title: 'Verify it elsewhere',
      text: html`<p>Copy your access token out of ${notes}, with one click on it, and have somebody else check it. Nobody asks the authority about it: the published keys are enough.</p>`,
      action: html`${button(`${api}/verify`, 'Check it at the API')} ${button(`${notesUrl}/#access-token`, 'Copy your token')}`,
      panel: html`<p class="fine">Or on any machine with Node, as <code>verify.mjs</code>:</p>
<pre class="snippet" id="snippet" tabindex="0"><code>${snippet(issuer, api)}</code></pre>
<pre class="command" tabindex="0"><code>npm install countersign</code>
<code>node verify.mjs</code></pre>`,
      isWide: true,
      code: ['verify'],
    },
    {
      id: 'second-app',
      title: 'Open a second app, and type nothing',
      text: html`<p>${photos} is another app, with another session. Log in there: it sends you here, and you are back before you can read the address.</p>`,
      action: html`${button(photosUrl, `Open ${photos}`)} <span class="then">Press <strong>Log in</strong> there.</span>`,
      panel: sharing(visit?.apps, [notes, photos]),
      code: ['depart', 'grant'],
    },
    {
      id: 'rotate',
      title: 'Change the key, and see nothing break',
      text: html`<p>Keys do not live for ever. The next one is published before it signs, and the old one verifies until its last token has ended. Here that takes seconds; otherwise it takes weeks, and nobody notices either.</p>`,
      action: rotateButton('Rotate the keys now'),
      panel: lastRotation(seen),
      code: ['rotate', 'sign', 'watch'],
    },
    {
      id: 'log-out',
      title: 'Log out everywhere',
      text: html`<p>You end your login here, and the authority tells every app that it was used for. Open both apps afterwards: they know.</p>`,
      action: button('/session/end', 'Log out'),
      panel: html`<ol class="route">
<li><b>You</b> log out at one place.</li>
<li><b>The authority</b> sends each app a signed logout token, behind your back.</li>
<li><b><a href="${notesUrl}">${notes}</a> and <a href="${photosUrl}">${photos}</a></b> end their sessions, and say why.</li>
</ol>`,
      code: ['told', 'leave'],
    },
  ]
}

function sharing(used: readonly string[] | undefined, all: readonly string[]): Html {
  const rows = all.map((name) => {
    const isIn = used?.includes(name) === true
    return html`<li><b>${name}</b> <span class="key-state ${isIn ? 'active' : 'next'}">${isIn ? 'used your login' : 'has not asked yet'}</span></li>\n`
  })
  return html`<p class="fine">${used === undefined ? 'Nobody is logged in here in this browser.' : 'One login in this browser, and who has used it:'}</p>
<ul class="sharing">
${rows}</ul>`
}

function lastRotation(seen: Seen | undefined): Html {
  if (seen === undefined)
    return html`<p class="fine">A small service will be given tokens all the while, and verify each. You will see every one of them as a dot, and whether one is refused.</p>
<p class="dots sample" aria-hidden="true">${dots(14, 'old')}${dots(8, 'new')}</p>`
  const verdicts = seen.looks.flatMap(({ fresh, before }) => [fresh, before])
  const refused = verdicts.filter((verdict) => verdict.refused !== undefined).length
  return html`<p class="fine">The last rotation, from <code>${short(seen.from)}</code> to <code>${short(seen.to)}</code>:</p>
<p class="score"><b>${verdicts.length}</b> tokens verified, <b class="${refused === 0 ? 'good' : 'bad'}">${refused}</b> refused</p>
<p class="fine"><a href="${ROTATION}">${seen.state === 'under way' ? 'Watch it' : 'Look at it again'}</a></p>`
}

const dots = (count: number, kind: string): readonly Html[] =>
  Array.from({ length: count }, () => html`<i class="${kind}"></i>`)

const button = (url: string, text: string, primary = false): Html =>
  html`<a class="button${primary ? ' primary' : ''}" href="${url}">${text}</a>`
