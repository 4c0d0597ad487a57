import { render } from 'preact'
import { App } from './app.tsx'

const place = document.getElementById('app')
if (place === null) throw new Error('the page has no place for the debugger')
render(<App version={place.dataset['version'] ?? ''} />, place)
