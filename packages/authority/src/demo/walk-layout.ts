import { html } from 'hono/html'
import { type Html, type HtmlText, MARK } from '../pages/layout.ts'

export interface Frame {
  readonly title: string
  /** Of what kind the page is, for its look. */
  readonly kind: 'walk' | 'rotation' | 'listing'
  /** What has the page come again in two seconds: where it says so. */
  readonly comesAgain?: string | undefined
}

/** A wide page of the demo, in the look of the authority's own; no script is in it. */
export function widePage({ title, kind, comesAgain }: Frame, content: Html): HtmlText {
  const text = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
${comesAgain === undefined ? '' : html`<meta http-equiv="refresh" content="2;url=${comesAgain}">`}
<title>${title} · countersign</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(`${MARK}`)}">
<link rel="stylesheet" href="/style.css">
<link rel="stylesheet" href="/demo/style.css">
</head>
<body class="tour ${kind}">
<header class="brand"><a href="/">${MARK}countersign</a></header>
<main>
${content}
</main>
</body>
</html>
`
  // It would be a promise if a part of it were one.
  if (text instanceof Promise) throw new TypeError('a page waits for nothing')
  return text.toString()
}
