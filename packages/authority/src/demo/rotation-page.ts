import { html } from 'hono/html'
import type { Html, HtmlText } from '../pages/layout.ts'
import { spoken } from './duration.ts'
import { short } from './keys-view.ts'
import { widePage } from './walk-layout.ts'
import type { Look, Seen, Verdict } from './watch.ts'

/** Where the page is, and where it is without coming again by itself. */
export const ROTATION = '/demo/rotation'
export const ROTATION_STILL = '/demo/rotation?still'

export interface RotationView {
  /** Nothing where no key has been rotated since the start. */
  readonly seen: Seen | undefined
  /** Epoch seconds. */
  readonly now: number
  /** Whether the button was pressed while a rotation was under way. */
  readonly again?: boolean
  /** Whether the page is to stay as it is. */
  readonly still?: boolean
}

const LONGEST_ROW = 60

/** A rotation, while it happens and after. */
export function rotationPage(view: RotationView): HtmlText {
  const { seen, now, still = false } = view
  if (seen === undefined)
    return widePage(
      { title: 'No key has rotated yet', kind: 'rotation' },
      html`<h1>No key has rotated yet</h1>
<p class="lead">Press the button, and watch one take over from the other.</p>
${rotateButton('Rotate the keys now')}
${back}`,
    )
  const turned = seen.looks.some(({ fresh }) => fresh.kid === seen.to)
  const comesAgain = seen.state === 'under way' && !still
  return widePage(
    { title: titleOf(seen, turned), kind: 'rotation', ...(comesAgain && { comesAgain: ROTATION }) },
    html`<h1>${titleOf(seen, turned)}</h1>
${view.again ? html`<p class="remark" role="status">A rotation is under way already: pressing again changed nothing.</p>` : ''}
<p class="lead">${leadOf(seen, turned, now)}</p>
${seen.state === 'under way' && !turned ? countdown(seen, now) : ''}
<div class="pair">
${keyCard('old', 'The old key', seen.from, turned ? 'retired, still verifies' : 'signs')}
${keyCard('new', 'The new key', seen.to, turned ? 'signs' : 'published, waits for its turn')}
</div>
${seen.looks.length === 0 ? '' : proof(seen)}
${seen.state === 'under way' ? pausing(still) : ''}
${seen.state === 'done' ? rotateButton('Once more') : ''}
${back}`,
  )
}

function titleOf({ state }: Seen, turned: boolean): string {
  if (turned) return 'The new key signs'
  return state === 'later' ? 'The next rotation is brought forward' : 'A new key is about to sign'
}

function leadOf({ state, turnAt }: Seen, turned: boolean, now: number): string {
  if (state === 'later')
    return `The new key signs in ${spoken(turnAt - now)}: so the times of the keys in your settings have it. Come back then.`
  if (!turned && state === 'done') return 'The new key has not been seen to sign. The log of the server says more.'
  if (turned) return 'Nobody had to log in again, no app was told, and nothing was restarted.'
  return 'It is published, and signs as soon as everybody who verifies tokens has had the time to fetch it.'
}

function countdown({ askedAt, turnAt }: Seen, now: number): Html {
  const [whole, left] = [Math.max(1, turnAt - askedAt), Math.max(0, Math.ceil(turnAt - now))]
  return html`<div class="countdown">
<p id="left"><b>${left}</b> ${left === 1 ? 'second' : 'seconds'} until it takes over</p>
<progress aria-labelledby="left" max="${whole}" value="${Math.max(0, whole - left)}"></progress>
</div>`
}

const keyCard = (kind: 'old' | 'new', title: string, kid: string, does: string): Html => html`<div class="key ${kind}">
<h2>${title}</h2>
<p><code>${short(kid)}</code></p>
<p class="does">${does}</p>
</div>`

/** What was verified all the while. */
function proof(seen: Seen): Html {
  const { looks, from, to } = seen
  const verdicts = looks.flatMap(({ fresh, before }) => [fresh, before])
  const refused = verdicts.filter((verdict) => verdict.refused !== undefined)
  const last = looks.at(-1) as Look
  const row = looks.slice(-LONGEST_ROW)
  const signedBy = (kid: string): number => looks.filter(({ fresh }) => fresh.kid === kid && !fresh.refused).length
  const said = `${signedBy(from)} new tokens signed by the old key, ${signedBy(to)} by the new one, ${refused.length} refused`
  return html`<section class="proof" aria-labelledby="proof">
<h2 id="proof">Did anything break?</h2>
<p class="score"><b>${verdicts.length}</b> tokens verified, <b class="${refused.length === 0 ? 'good' : 'bad'}">${refused.length}</b> refused</p>
<p class="dots" role="img" aria-label="${said}">${row.map(({ fresh }) => html`<i class="${dotOf(fresh, seen)}"></i>`)}</p>
<ul class="verdicts">
<li>${mark(last.before)} The token from <strong>before</strong> the rotation, signed by the old key <code>${short(from)}</code>, ${outcome(last.before)}</li>
<li>${mark(last.fresh)} The token that was made just now, signed by ${last.fresh.kid === to ? 'the new' : 'the old'} key <code>${short(last.fresh.kid)}</code>, ${outcome(last.fresh)}</li>
</ul>
<p class="note">Each dot is a token that a small service was given while you watched. It verifies each with nothing but the published keys, as the API does, and the first token again with every one.</p>
</section>`
}

function dotOf({ kid, refused }: Verdict, { to }: Seen): string {
  if (refused !== undefined) return 'bad'
  return kid === to ? 'new' : 'old'
}

const outcome = ({ refused }: Verdict): Html =>
  refused === undefined ? html`verifies` : html`is <strong>refused</strong>: <code>${refused}</code>`

const mark = ({ refused }: Verdict): Html =>
  refused === undefined ? html`<span class="passed">✓</span>` : html`<span class="failed">✗</span>`

const pausing = (still: boolean): Html =>
  still
    ? html`<p class="note">This page stays as it is. <a href="${ROTATION}">Follow the rotation again</a></p>`
    : html`<p class="note">This page comes again every 2 seconds. <a href="${ROTATION_STILL}">Stop that</a></p>`

/** Rotates the keys; the same button wherever it is. */
export const rotateButton = (text: string): Html =>
  html`<form class="actions" method="post" action="/demo/rotate"><button class="primary">${text}</button></form>`

const back: Html = html`<p class="onward"><a class="button" href="/#rotate">Back to the walk</a> <a href="/demo/code/watch#here">The code that watches</a></p>`
