import type { RingKey } from 'countersign/keyring'
import { html } from 'hono/html'
import type { Html } from '../pages/layout.ts'
import { spoken } from './duration.ts'

/** How many keys that only verify are listed. */
const MOST_RETIRED = 4
const ORDER: readonly RingKey['state'][] = ['active', 'next', 'retired', 'revoked']
const WORDS: Readonly<Record<RingKey['state'], string>> = {
  active: 'signs',
  next: 'waits',
  retired: 'verifies',
  revoked: 'revoked',
  purged: 'gone',
}

/** The start of a kid is enough to tell keys apart. */
export const short = (kid: string): string => kid.slice(0, 8)

/** The keys with what each does now. */
export function keyList(keys: readonly RingKey[], now: number): Html {
  const latest = [...keys].sort((a, b) => (b.retireAt ?? 0) - (a.retireAt ?? 0))
  const sorted = ORDER.flatMap((state) => latest.filter((key) => key.state === state))
  const left = new Set(sorted.filter(({ state }) => state === 'retired').slice(MOST_RETIRED))
  const shown = sorted.filter((key) => !left.has(key))
  return html`<ul class="keys">${shown.map(
    (key) => html`
<li><code>${short(key.kid)}</code> <span class="key-alg">${key.alg}</span> <b class="key-state ${key.state}">${WORDS[key.state]}</b> <span class="key-when">${since(key, now)}</span></li>`,
  )}
</ul>${left.size === 0 ? '' : html`\n<p class="note">And ${left.size} older ${left.size === 1 ? 'key' : 'keys'} that still verify what they signed.</p>`}`
}

function since(key: RingKey, now: number): string {
  const { state, activateAt, purgeAt, revokedAt } = key
  if (state === 'active') return `began ${spoken(now - activateAt)} ago`
  if (state === 'next') return `its turn is in ${spoken(activateAt - now)}`
  if (state === 'revoked') return `${spoken(now - (revokedAt ?? now))} ago`
  return purgeAt === undefined ? '' : `for another ${spoken(purgeAt - now)}`
}
