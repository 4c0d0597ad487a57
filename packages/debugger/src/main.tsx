import { render } from 'preact'
import { App } from './app.tsx'
import { type Arrival, readAddress } from './work/share.ts'

/** What the address of the page brought; it is taken out of it at once. */
function arrive(): Arrival {
  const arrival = readAddress(location)
  if (arrival.rest !== undefined) history.replaceState(null, '', arrival.rest)
  return arrival
}

const place = document.getElementById('app')
if (place === null) throw new Error('the page has no place for the debugger')
const policy = document.querySelector<HTMLMetaElement>('meta[http-equiv="Content-Security-Policy"]')?.content ?? ''
render(<App version={place.dataset['version'] ?? ''} policy={policy} arrive={arrive} />, place)
