import { html } from 'hono/html'

/** A whole page. What anybody supplied is escaped in it: `html` does that for all that is put into its text. */
export type HtmlText = string

/** A part of a page. */
export type Html = ReturnType<typeof html>

const NOTHING: Html = html``

/** What else there is to a page. */
export interface Frame {
  /** Whether it has tables, which take all the room that there is. */
  readonly wide?: boolean | undefined
  /** What stands in the bar beside the brand: who this is, and ways to other pages. */
  readonly bar?: Html | undefined
  /** Pages that belong together: the way to each of them. They stand beside the content, which then is cards. */
  readonly sections?: Html | undefined
  /** Whether passkeys are used on it: for them there is the one script of this server. */
  readonly passkeys?: boolean | undefined
}

/** A page of this server. Its look is at /style.css, and its one picture is in it. */
export function page(title: string, content: Html, frame: Frame = {}): HtmlText {
  const { wide = false, bar = NOTHING, sections, passkeys = false } = frame
  const look = sections === undefined ? undefined : wide ? 'desk wide' : 'desk'
  const text = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · countersign</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(`${MARK}`)}">
<link rel="stylesheet" href="/style.css">
${passkeys ? html`<script src="/passkey.js" defer></script>\n` : NOTHING}</head>
<body${look === undefined ? NOTHING : html` class="${look}"`}>
<header class="brand">${MARK}countersign${bar}</header>
${sections === undefined ? NOTHING : html`${sections}\n`}<main>
${content}
</main>
</body>
</html>
`
  // It would be a promise if a part of it were one.
  if (text instanceof Promise) throw new TypeError('a page waits for nothing')
  return text.toString()
}

/** What a person or an app is called. Whichever way it is written, the sentence around it stays as it is. */
export function named(name: string): Html {
  return html`<strong><bdi>${name}</bdi></strong>`
}

/** What went wrong; `aria-describedby="error"` ties a field to it. */
export function alert(error: string | undefined): Html {
  return error === undefined ? NOTHING : html`<p class="error" role="alert" id="error">${error}</p>`
}

/** The attributes of a field that the error, where there is one, is about. */
export function describedBy(error: string | undefined): Html {
  return error === undefined ? NOTHING : html` aria-invalid="true" aria-describedby="error"`
}

/** Proves that a form came from a page of this server. */
export function hiddenCsrf(csrf: string): Html {
  return html`<input type="hidden" name="csrf" value="${csrf}">`
}

export const MARK: Html = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
<rect width="32" height="32" rx="8" fill="#0f5f49"/>
<path d="M7 10.5h18" stroke="#f3b878" stroke-width="3" stroke-linecap="round"/>
<path d="M7 16h7" stroke="#b9c4ff" stroke-width="3" stroke-linecap="round"/>
<path d="M13.5 20l4 4 8-9" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/>
</svg>`
