import { html } from 'hono/html'
import { type Html, type HtmlText, named } from '../pages/layout.ts'
import { codeLink } from './code-page.ts'
import { DRAWING } from './drawing.ts'
import { type Step, stepsOf, type WalkView } from './steps.ts'
import { widePage } from './walk-layout.ts'

/** The first page of the demo: what there is to try, step by step. */
export function walkPage(view: WalkView): HtmlText {
  const steps = stepsOf(view)
  return widePage(
    { title: 'Follow one login all the way', kind: 'walk' },
    html`<div class="hero">
${DRAWING}
<div>
<h1>Follow one login all the way</h1>
<p class="lead">Two apps, an API and this authority run on one machine. Eight steps take you from the first click to a key that changes while you watch. It takes about five minutes, and the code of every step is one click away.</p>
${who(view)}
</div>
</div>
<nav class="contents" aria-label="Steps">
<ol>
${steps.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>\n`)}</ol>
</nav>
${steps.map(section)}
${afterwards(view)}`,
  )
}

function who({ user, visit }: WalkView): Html {
  if (visit !== undefined) {
    const { email, apps } = visit
    const used = apps.length === 0 ? '' : html` So far this login was used for ${listed(apps)}.`
    return html`<p class="greeting in" role="status"><span>You are logged in here as ${named(email)}.${used}</span> <a href="/account">Your account</a></p>`
  }
  return html`<p class="greeting">
<span>Log in as ${named(user.email)}.</span> <span>The password is in the terminal where this server was started, and in the file <code>demo-password</code> of its data.</span></p>`
}

const section = ({ id, title, text, action, panel, isWide, code }: Step, index: number): Html => html`
<section class="step${isWide ? ' roomy' : ''}" id="${id}" aria-labelledby="${id}-title">
<p class="step-number" aria-hidden="true">${index + 1}</p>
<div class="what">
<h2 id="${id}-title">${title}</h2>
${text}
<div class="do">${action}</div>
<p class="source"><span>The code</span> ${code.map((name, place) => html`${place === 0 ? '' : html` <span aria-hidden="true">·</span> `}${codeLink(name)}`)}</p>
</div>
<div class="panel">${panel}</div>
</section>`

const afterwards = ({ issuer }: WalkView): Html => html`
<section class="after" aria-labelledby="after">
<h2 id="after">Now without the demo</h2>
<p>Start it with <code>countersign-authority serve</code> in another folder: then nobody may log in until you say so, and keys take their time.</p>
<dl>
<div><dt>Issuer</dt><dd><code>${issuer}</code></dd></div>
<div><dt>Discovery</dt><dd><a href="/.well-known/openid-configuration">/.well-known/openid-configuration</a></dd></div>
<div><dt>Public keys</dt><dd><a href="/jwks">/jwks</a></dd></div>
</dl>
</section>`

/** Names with an "and" before the last. */
function listed(names: readonly string[]): Html {
  return html`${names.map((name, index) => html`${index === 0 ? '' : index === names.length - 1 ? ' and ' : ', '}${named(name)}`)}`
}
