import { html } from 'hono/html'
import type { Html } from '../pages/layout.ts'

/** Who takes part in the demo, for the eye alone: the text beside it says the same. The stylesheet gives it its colours. */
export const DRAWING: Html = html`<svg class="drawing" viewBox="0 0 420 340" aria-hidden="true" focusable="false">
<g class="routes">
<path d="M84 78 C150 78 150 170 204 170"/>
<path d="M84 262 C150 262 150 170 204 170"/>
<path d="M216 170 H340"/>
</g>
<g class="tokens">
<g transform="translate(122 91) rotate(42)"><rect x="-17" y="-6" width="34" height="12" rx="6"/><path d="M-11 0h6" class="ha"/><path d="M-2 0h6" class="cl"/><path d="M7 0h4" class="si"/></g>
<g transform="translate(122 249) rotate(-42)"><rect x="-17" y="-6" width="34" height="12" rx="6"/><path d="M-11 0h6" class="ha"/><path d="M-2 0h6" class="cl"/><path d="M7 0h4" class="si"/></g>
<g transform="translate(289 170)"><rect x="-17" y="-6" width="34" height="12" rx="6"/><path d="M-11 0h6" class="ha"/><path d="M-2 0h6" class="cl"/><path d="M7 0h4" class="si"/></g>
</g>
<g class="node notes"><rect x="24" y="46" width="64" height="64" rx="18"/><path d="M42 67h28M42 78h28M42 89h17"/><text x="56" y="132">Notes</text></g>
<g class="node photos"><rect x="24" y="230" width="64" height="64" rx="18"/><path d="M40 277l13-19 9 11 5-5 9 13z"/><circle cx="68" cy="250" r="4.5"/><text x="56" y="316">Photos</text></g>
<g class="node hub"><rect x="165" y="125" width="90" height="90" rx="26"/><path d="M186 153h48M186 169h20"/><path class="passed" d="M206 181l11 11 22-25"/><text x="210" y="240">Authority</text></g>
<g class="node api"><rect x="332" y="138" width="64" height="64" rx="18"/><path d="M356 157l-10 13 10 13M372 157l10 13-10 13"/><circle cx="364" cy="170" r="3"/><text x="364" y="224">API</text></g>
</svg>`
