import { html } from 'hono/html'
import type { Html, HtmlText } from '../pages/layout.ts'
import { PIECES, type Shown } from './code.ts'
import { coloured } from './colours.ts'
import { widePage } from './walk-layout.ts'

/** A file of this program, with the piece that matters in view. */
export function codePage({ name, piece, path, text, from, to }: Shown): HtmlText {
  const lines = coloured(text).map((stretches, index) => {
    const number = index + 1
    const code = stretches.map(({ kind, text: part }) =>
      kind === 'plain' ? part : html`<i class="${kind}">${part}</i>`,
    )
    const place = number === from ? html` id="here"` : ''
    return html`<span class="code-line${number >= from && number <= to ? ' here' : ''}"${place}>${code}\n</span>`
  })
  return widePage(
    { title: piece.title, kind: 'listing' },
    html`<p class="crumbs"><a href="/">The walk</a> / The code</p>
<h1>${piece.title}</h1>
<p class="lead"><code>${path}</code>, <a href="#here">lines ${from} to ${to}</a>. This is the program that answers you here.</p>
<pre class="listing"><code>${lines}</code></pre>
<nav class="pieces" aria-label="More of the code">
<h2>More of the code</h2>
<ul>
${[...PIECES].map(([other, { title }]) => html`<li>${other === name ? html`<span aria-current="page">${title}</span>` : codeLink(other)}</li>\n`)}</ul>
</nav>`,
  )
}

/** A link to a piece of the code. */
export function codeLink(name: string): Html {
  return html`<a href="/demo/code/${name}#here">${PIECES.get(name)?.title ?? name}</a>`
}
