import { html } from 'hono/html'
import { type AdminView, act, adminPage, badge, field, table, time } from './admin-parts.ts'
import { facts } from './desk.ts'
import { type Html, type HtmlText, hiddenCsrf } from './layout.ts'
import { type TimelineKey, timeline } from './timeline.ts'

export interface KeyView extends TimelineKey {
  readonly kid: string
  readonly reason?: string | undefined
  /** Where it can be revoked. */
  readonly revoke?: string | undefined
}

export interface KeysView extends AdminView {
  readonly keys: readonly KeyView[]
  /** Epoch seconds, by the clock that keys go by. */
  readonly now: number
}

const STATES = {
  next: ['Next', 'warm'],
  active: ['Signs', 'good'],
  retired: ['Verifies', 'plain'],
  revoked: ['Revoked', 'bad'],
  purged: ['Gone', 'plain'],
} as const

export function keyBadge(state: TimelineKey['state']): Html {
  const [text, kind] = STATES[state]
  return badge(text, kind)
}

export function keysPage(view: KeysView): HtmlText {
  const { keys, now, csrf } = view
  return adminPage(
    'Signing keys',
    '/admin/keys',
    view,
    html`<p class="lead">Each key is public before it signs, and stays so until the last token that it signed has expired. They take
turns by themselves.</p>
<section class="card">
${timeline(keys, now)}
</section>
<section class="card">
${table({
  caption: 'Signing keys in the order of their turns',
  columns: ['Key', 'State', 'Published', 'Signs from', 'Signs until', 'Gone', ''],
  rows: keys.map((key) => [
    html`${key.alg} <code>${key.kid}</code>${key.reason === undefined ? '' : html` <span class="muted reason">Revoked: <bdi>${key.reason}</bdi></span>`}`,
    keyBadge(key.state),
    time(key.publishedAt),
    time(key.activateAt),
    time(key.retireAt),
    time(key.purgeAt),
    key.revoke === undefined
      ? ''
      : html`<a class="button small bad" href="${key.revoke}">Revoke…<span class="hidden"> ${key.label}</span></a>`,
  ]),
  none: 'There are none.',
})}
</section>
<section class="card">
<h2>Rotate</h2>
<ul class="rows">
<li><div><strong>Bring the next rotation forward</strong>
<p>The next keys sign as soon as every verifier has them. Nothing is refused, and nobody notices.</p></div>
${act({ action: '/admin/keys/rotate', csrf, text: 'Rotate now' })}</li>
</ul>
</section>
<p class="note">What a token says, and which of these keys signed it, shows the <a href="/debugger">debugger</a>: a page that sends
nothing. It takes what stands at <a href="/jwks">/jwks</a> for its key.</p>`,
  )
}

export interface RevokeView extends AdminView {
  readonly key: KeyView
  /** The key that signs from then on. */
  readonly successor?: string | undefined
  readonly reason: string
}

export function revokePage(view: RevokeView): HtmlText {
  const { key, successor, reason, csrf } = view
  return adminPage(
    'Revoke a key?',
    '/admin/keys',
    view,
    html`<section class="card danger form">
${facts([
  ['Key', html`<code>${key.kid}</code>`],
  ['Algorithm', key.alg],
  ['State', keyBadge(key.state)],
])}
<p>This is for a key that got into wrong hands. For all else there is rotation, by which nothing is refused.</p>
<h2>What will happen</h2>
<ul class="plain">
${effectsOf(key.state, successor).map((effect) => html`<li>${effect}</li>\n`)}</ul>
<form method="post" action="${key.revoke ?? ''}">
${hiddenCsrf(csrf)}
${field({ name: 'reason', label: 'Reason', value: reason, required: true, most: 200, note: 'It stands in the list of keys.' })}
<div class="actions"><button type="submit" class="bad">Revoke for good</button><a class="button" href="/admin/keys">Cancel</a></div>
</form>
</section>`,
  )
}

function effectsOf(state: TimelineKey['state'], successor: string | undefined): readonly (Html | string)[] {
  const end = 'Nobody can take this back.'
  if (state === 'next')
    return [
      'It never signs. No token was signed by it, so none is refused.',
      'Another key is made that comes next.',
      end,
    ]
  const signed = html`Tokens that it signed are refused as soon as a verifier fetches the keys anew: apps get new access tokens with
their refresh tokens, and people stay logged in.`
  if (state !== 'active') return [signed, end]
  const next =
    successor === undefined
      ? 'Another key is made and signs in its place.'
      : html`<code>${successor}</code> signs in its place at once. Verifiers that keep the keys know it already.`
  return [next, signed, end]
}
