import { html } from 'hono/html'
import { type Desk, deskPage } from './desk.ts'
import { alert, type Html, type HtmlText, hiddenCsrf } from './layout.ts'

const SECTIONS = [
  { href: '/admin', text: 'Overview' },
  { href: '/admin/users', text: 'Users' },
  { href: '/admin/clients', text: 'Clients' },
  { href: '/admin/keys', text: 'Keys' },
  { href: '/admin/audit', text: 'Audit' },
] as const

/** What every page of the administration shows, and its forms need. */
export interface AdminView extends Pick<Desk, 'user' | 'notice'> {
  readonly csrf: string
  readonly error?: string | undefined
  /** Where to log in again, since what changes something takes a login of these minutes. */
  readonly again?: string | undefined
}

export type AdminSection = (typeof SECTIONS)[number]['href']

/** A page of the administration. */
export function adminPage(title: string, at: AdminSection, view: AdminView, content: Html): HtmlText {
  const { user, notice, error, again } = view
  return deskPage(
    {
      ...{ title, at, user, notice },
      label: 'Administration',
      sections: SECTIONS,
      failed: error !== undefined,
      wide: true,
    },
    html`${alert(error)}${again === undefined ? '' : html`<p class="caution">You logged in more than ten minutes ago. To change something here, <a href="${again}">log in again</a>.</p>\n`}
${content}
<p class="note zone">All times are UTC.</p>`,
  )
}

/** A column of a table; on a small screen its name stands beside each value. */
export interface Table {
  /** What it is a table of, for who does not see what it stands under. */
  readonly caption: string
  readonly columns: readonly string[]
  /** The first cell of a row is its name. */
  readonly rows: readonly (readonly (Html | string)[])[]
  /** What is said where there are none. */
  readonly none: string
}

/** A table. Where it is shown as cards browsers forget what it is, so that is said. */
export function table({ caption, columns, rows, none }: Table): Html {
  if (rows.length === 0) return html`<p class="muted none">${none}</p>`
  const head = columns.map(
    (column) =>
      html`<th role="columnheader" scope="col">${column === '' ? html`<span class="hidden">What to do</span>` : column}</th>`,
  )
  const body = rows.map((row) => {
    const cells = row.map((cell, index) =>
      index === 0
        ? html`<th role="rowheader" scope="row">${cell}</th>`
        : html`<td role="cell" data-name="${columns[index] ?? ''}">${cell}</td>`,
    )
    return html`<tr role="row">${cells}</tr>\n`
  })
  return html`<table role="table" class="table">
<caption class="hidden">${caption}</caption>
<thead role="rowgroup"><tr role="row">${head}</tr></thead>
<tbody role="rowgroup">
${body}</tbody>
</table>`
}

/** What something is, in a word. */
export function badge(text: string, kind: 'good' | 'bad' | 'plain' | 'warm' = 'plain'): Html {
  return html`<span class="badge ${kind}">${text}</span>`
}

/** Who is called so has a state, and what they may do. */
export const stateBadge = (state: 'active' | 'disabled'): Html =>
  state === 'active' ? badge('Active', 'good') : badge('Disabled', 'bad')

const NONE: Html = html`<span class="muted" aria-hidden="true">–</span><span class="hidden">none</span>`

/** Words in a row. */
export function words(list: readonly string[]): Html {
  if (list.length === 0) return NONE
  return html`<span class="words">${list.map((word) => html`<code>${word}</code> `)}</span>`
}

const MINUTES: Intl.DateTimeFormatOptions = {
  ...{ day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZone: 'UTC' },
}
const FORMAT = new Intl.DateTimeFormat('en-GB', MINUTES)
const TO_SECONDS = new Intl.DateTimeFormat('en-GB', { ...MINUTES, second: '2-digit' })
/** A date stays in one line, and the time of the day may go to the next. */
const shown = (text: string): string => text.replaceAll(/(?<!,) /g, '\u00a0')

/** A time where there is little room: the page says the zone. @param seconds - of the epoch */
export function time(seconds: number | undefined, exact = false): Html {
  if (seconds === undefined) return NONE
  const date = new Date(seconds * 1000)
  return html`<time datetime="${date.toISOString()}">${shown((exact ? TO_SECONDS : FORMAT).format(date))}</time>`
}

/** A button that does something at once. */
export interface Act {
  readonly action: string
  readonly csrf: string
  readonly text: string
  /** What the button is about, for who does not see what it stands beside. */
  readonly about?: string | undefined
  readonly look?: 'bad' | 'primary' | 'quiet' | undefined
  /** What else is sent. */
  readonly fields?: Readonly<Record<string, string>>
}

export function act({ action, csrf, text, about, look, fields = {} }: Act): Html {
  const hidden = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`,
  )
  return html`<form method="post" action="${action}">
${hiddenCsrf(csrf)}
${hidden}<button type="submit" class="small${look === undefined ? '' : ` ${look}`}">${text}${about === undefined ? '' : html`<span class="hidden"> ${about}</span>`}</button>
</form>`
}

/** Something that may be done, with what that means. */
export function row(title: string, about: Html | string, way: Html): Html {
  return html`<li><div><strong>${title}</strong>
<p>${about}</p></div>
${way}</li>
`
}

/** A field of a form. */
export interface FieldView {
  readonly name: string
  readonly label: string
  readonly value?: string | undefined
  readonly note?: Html | string | undefined
  readonly required?: boolean
  readonly most?: number
  readonly lines?: number
  readonly code?: boolean
  readonly focus?: boolean
  readonly type?: 'text' | 'password'
}

export function field(view: FieldView): Html {
  const { name, label, value = '', note, required = false, most = 2000, lines, code = false, focus = false } = view
  const about = note === undefined ? '' : html` aria-describedby="${name}-note"`
  const flags = html`${required ? html` required` : ''}${focus ? html` autofocus` : ''}${about}`
  const common = html`id="${name}" name="${name}" maxlength="${most}" autocapitalize="none" spellcheck="false" autocomplete="off"`
  const look = code ? html` class="code-text"` : ''
  return html`<div class="field"><label for="${name}">${label}</label>
${note === undefined ? '' : html`<p class="note" id="${name}-note">${note}</p>\n`}${
  lines === undefined
    ? html`<input type="text" ${common}${look} value="${value}"${flags}>`
    : html`<textarea ${common}${look} rows="${lines}"${flags}>
${value}</textarea>`
}</div>
`
}

export function check(name: string, label: string, on: boolean): Html {
  return html`<div class="check"><input type="checkbox" id="${name}" name="${name}" value="yes"${on ? html` checked` : ''}><label for="${name}">${label}</label></div>
`
}

export function choice(
  name: string,
  label: string,
  options: readonly (readonly [value: string, text: string])[],
  chosen: string,
): Html {
  const items = options.map(
    ([value, text]) => html`<option value="${value}"${value === chosen ? html` selected` : ''}>${text}</option>\n`,
  )
  return html`<div class="field"><label for="${name}">${label}</label>
<select id="${name}" name="${name}">
${items}</select></div>
`
}

/** Something that is shown now and never again. */
export function once(name: string, value: string): Html {
  return html`<p class="secret"><span class="note">${name}</span><code>${value}</code></p>`
}
