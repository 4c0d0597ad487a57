import { html } from 'hono/html'
import type { Html } from './layout.ts'

const FORMAT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })

/** A time for people: they are told the zone, since a server does not know theirs. @param seconds - of the epoch */
export function when(seconds: number): Html {
  const date = new Date(seconds * 1000)
  return html`<time datetime="${date.toISOString()}">${FORMAT.format(date)} UTC</time>`
}
