// The page behind the steps. Whatever comes from a token or a server becomes text, never markup.

const PARTS = ['header', 'claims', 'signature']
const TIMES = ['iat', 'exp', 'nbf']

/** Tokens by email, so that step 4 can be two people. */
const tokens = new Map()
/** @type {{ pid: number, users: { name: string, email: string, password: string, roles: string[] }[] }} */
let demo = { pid: 0, users: [] }
/** The token that the steps are about. */
let current = ''

const $ = (selector, within = document) => within.querySelector(selector)

/** An element with its class and its children; a text is a child, too. */
function make(name, className, ...children) {
  const element = document.createElement(name)
  if (className) element.className = className
  element.append(...children)
  return element
}

// Requests

/** @returns what was asked and answered, as the page shows it */
async function call(method, path, { token, json } = {}) {
  const headers = {}
  if (token) headers.Authorization = `Bearer ${token}`
  if (json) headers['Content-Type'] = 'application/json'
  const response = await fetch(path, { method, headers, body: json && JSON.stringify(json) })
  const { ok, status, statusText } = response
  return {
    method,
    path,
    ok,
    status,
    statusText,
    challenge: response.headers.get('WWW-Authenticate'),
    body: await response.json(),
  }
}

async function logIn(email, password) {
  const answer = await call('POST', '/login', { json: { email, password } })
  if (answer.ok) tokens.set(email, answer.body.access_token)
  return answer
}

// Tokens: taken apart for looking at. Only a verifier decides what to believe.

function decode(part) {
  const binary = atob(part.replaceAll('-', '+').replaceAll('_', '/'))
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (char) => char.charCodeAt(0))))
}

function encode(value) {
  const binary = String.fromCharCode(...new TextEncoder().encode(JSON.stringify(value)))
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** A copy with one claim changed to its holder's advantage, under the old signature. */
function tamper(token) {
  const [header, claims, signature] = token.split('.')
  const before = decode(claims)
  const [name, value] = before.roles.includes('admin')
    ? ['exp', before.exp + 365 * 86_400]
    : ['roles', [...before.roles, 'admin']]
  const changed = [header, encode({ ...before, [name]: value }), signature].join('.')
  return { changed, name, before: before[name], after: value }
}

// Showing things

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
]

/** A duration in its largest unit of which there are at least two: `in 15 minutes`. */
function fromNow(seconds) {
  const distance = Math.abs(seconds)
  const [unit, length] = UNITS.find(([, size]) => distance >= 2 * size) ?? ['second', 1]
  const amount = Math.round(distance / length)
  const text = `${amount} ${unit}${amount === 1 ? '' : 's'}`
  return seconds < 0 ? `${text} ago` : `in ${text}`
}

function humanTime(epochSeconds) {
  const seconds = Math.round(epochSeconds - Date.now() / 1000)
  const dateStyle = Math.abs(seconds) < 86_400 ? undefined : 'medium'
  const time = new Date(epochSeconds * 1000).toLocaleString([], { dateStyle, timeStyle: 'medium' })
  return Math.abs(seconds) < 3 ? `${time}, just now` : `${time}, ${fromNow(seconds)}`
}

/** JSON over several lines; names are quieter than values, and times are told in words. */
function jsonView(value) {
  const pre = make('pre', 'json')
  const write = (item, indent) => {
    if (typeof item === 'object' && item !== null) {
      const [open, close] = Array.isArray(item) ? '[]' : '{}'
      const entries = Object.entries(item)
      const deeper = `${indent}  `
      const short = Array.isArray(item) && entries.every(([, member]) => typeof member !== 'object')
      pre.append(open)
      entries.forEach(([name, member], index) => {
        pre.append(short ? '' : `\n${deeper}`)
        if (!Array.isArray(item)) pre.append(make('b', '', `${JSON.stringify(name)}: `))
        const last = index === entries.length - 1
        write(member, deeper)
        if (!last) pre.append(short ? ', ' : ',')
        if (TIMES.includes(name) && typeof member === 'number') pre.append(make('i', '', `  ${humanTime(member)}`))
      })
      pre.append(short || entries.length === 0 ? close : `\n${indent}${close}`)
    } else pre.append(JSON.stringify(item))
  }
  write(value, '')
  return pre
}

/** The token text, each part in its colour; what differs from another token is marked. */
function tokenView(token, original = token) {
  const pre = make('pre', 'token')
  token.split('.').forEach((part, index) => {
    if (index > 0) pre.append('.')
    pre.append(make('span', PARTS[index], ...markChange(part, original.split('.')[index])))
  })
  return pre
}

/** A text with a mark around all between its first and its last difference from another. */
function markChange(text, other) {
  if (text === other) return [text]
  const most = Math.min(text.length, other.length)
  let start = 0
  while (start < most && text[start] === other[start]) start++
  let tail = 0
  while (tail < most - start && text.at(-1 - tail) === other.at(-1 - tail)) tail++
  const end = text.length - tail
  return [text.slice(0, start), make('mark', '', text.slice(start, end)), text.slice(end)]
}

function card(className, title, aside, ...content) {
  return make('section', `card ${className}`, make('header', '', title, aside), ...content)
}

const pill = (text, good) => make('span', `pill ${good ? 'good' : 'bad'}`, text)

/** One request and its answer; a refusal tells its reason first. */
function exchangeView({ method, path, ok, status, statusText, challenge, body }, who = '') {
  const title = make('span', 'aside', make('code', '', `${method} ${path}`), who)
  const content = ok ? [jsonView(body)] : [reasonView(body)]
  if (challenge) content.push(make('pre', 'raw', `WWW-Authenticate: ${challenge}`))
  return card(ok ? 'exchange' : 'exchange reason', title, pill(`${status} ${statusText}`, ok), ...content)
}

function reasonView({ code, message, hint }) {
  const list = make(
    'dl',
    '',
    make('dt', '', 'Code'),
    make('dd', 'code', code),
    make('dt', '', 'Why'),
    make('dd', '', message),
  )
  if (hint) list.append(make('dt', '', 'What to do'), make('dd', '', hint))
  return list
}

function processView({ pid, command, exitCode, stdout, stderr }) {
  const title = make('h3', '', `Process ${pid}`)
  const pre = make('pre', '', stdout, make('span', 'stderr', stderr))
  const line = make('pre', 'command', `$ ${command.join(' ')} < token`)
  return card('process', title, pill(`exit code ${exitCode}`, exitCode === 0), line, pre)
}

function setStatus(step, state, text) {
  const status = $('.status', step)
  status.dataset.state = state
  status.textContent = text
}

/** Runs the work of a button: says that it is going on, and what became of it. */
async function during(button, step, work) {
  if (button.getAttribute('aria-disabled') === 'true') return
  button.setAttribute('aria-disabled', 'true')
  setStatus(step, 'busy', 'Working…')
  try {
    const { good, text, view } = await work()
    $('.result', step)?.replaceChildren(...view)
    setStatus(step, good ? 'good' : 'bad', text)
    if (good || view.length > 0) step.classList.add('done')
  } catch {
    setStatus(step, 'bad', 'No answer from the server. Is it still running?')
  } finally {
    button.removeAttribute('aria-disabled')
  }
}

// The steps

function showToken() {
  const step = $('#token')
  const [header, claims, signature] = current.split('.')
  const { alg, kid } = decode(header)
  const octets = Math.floor((signature.length * 3) / 4)
  const explanation = make(
    'p',
    '',
    `${octets} octets, made with the private key that belongs to `,
    make('code', '', `kid ${kid}`),
    '. Whoever has the public key can check it; only this server can make one.',
  )
  $('.result', step).replaceChildren(
    tokenView(current),
    make(
      'div',
      'parts',
      card(
        'part header',
        make('h3', '', 'Header'),
        make('span', 'aside', 'how it is signed'),
        jsonView(decode(header)),
      ),
      card('part claims', make('h3', '', 'Claims'), make('span', 'aside', 'what it says'), jsonView(decode(claims))),
      card('part signature', make('h3', '', 'Signature'), make('span', 'aside', alg), explanation),
    ),
  )
  $('.pending', step).hidden = true
  step.classList.add('done')
}

function showChange() {
  const { changed, name, before, after } = tamper(current)
  const line = (value) =>
    `${JSON.stringify(name)}: ${JSON.stringify(value)}${name === 'exp' ? `  (${humanTime(value)})` : ''}`
  const diff = make('pre', 'diff', make('del', '', `− ${line(before)}`), make('ins', '', `+ ${line(after)}`))
  const aside = make('span', 'aside', name === 'exp' ? 'let it live a year longer' : 'make yourself an admin')
  $('#tamper .change').replaceChildren(card('', make('h3', '', 'The change'), aside, diff), tokenView(changed, current))
}

/** Starts the later steps afresh, since their results were about another token. */
function startAfresh() {
  for (const id of ['me', 'admin', 'tamper', 'elsewhere']) {
    const step = $(`#${id}`)
    step.classList.remove('done')
    $('.result', step).replaceChildren()
    setStatus(step, '', '')
  }
  for (const button of document.querySelectorAll('[data-needs-token]')) button.disabled = false
}

function onLogin(form) {
  const step = $('#login')
  return during($('button', form), step, async () => {
    const [email, password] = [form.elements.email.value, form.elements.password.value]
    const { ok, body } = await logIn(email, password)
    if (!ok) return { good: false, text: `Not logged in: ${body.message}.`, view: [] }
    current = body.access_token
    tokens.clear() // those of others may have expired by now
    tokens.set(email, current)
    startAfresh()
    showToken()
    showChange()
    const { name } = decode(current.split('.')[1])
    return { good: true, text: `You are ${name}. Your token is good for ${body.expires_in / 60} minutes.`, view: [] }
  })
}

function onMe(button) {
  return during(button, $('#me'), async () => {
    const answer = await call('GET', '/me', { token: current })
    const text = answer.ok ? `The API knows you: ${answer.body.name}.` : 'The API refused the token.'
    return { good: answer.ok, text, view: [exchangeView(answer)] }
  })
}

function onAdmin(button, user) {
  return during(button, $('#admin'), async () => {
    const login = tokens.has(user.email) ? undefined : await logIn(user.email, user.password)
    const refused = login && !login.ok
    const answer = refused ? login : await call('GET', '/admin/users', { token: tokens.get(user.email) })
    const text = answer.ok ? `${user.name} is let in.` : `${user.name} is not let in.`
    const view = exchangeView(answer, ` as ${user.name}`)
    view.dataset.email = user.email
    const others = [...$('#admin .result').children].filter((shown) => shown.dataset.email !== user.email)
    return { good: answer.ok, text, view: [view, ...others] }
  })
}

function onTamper(button) {
  return during(button, $('#tamper'), async () => {
    const answer = await call('GET', '/me', { token: tamper(current).changed })
    const text = answer.ok
      ? 'The API took the changed copy.'
      : 'Refused: the signature does not belong to these claims.'
    return { good: answer.ok, text, view: [exchangeView(answer)] }
  })
}

function onElsewhere(button) {
  return during(button, $('#elsewhere'), async () => {
    const token = button.dataset.which === 'own' ? current : tamper(current).changed
    const answer = await call('POST', '/demo/verify-elsewhere', { json: { token } })
    if (!answer.ok) return { good: false, text: `Not started: ${answer.body.message}.`, view: [exchangeView(answer)] }
    const { pid, exitCode } = answer.body
    const said = exitCode === 0 ? 'accepted' : 'refused'
    const text = `Process ${pid} ${said} it; this server is process ${demo.pid}.`
    return { good: exitCode === 0, text, view: [processView(answer.body)] }
  })
}

// The start

function showPeople(form) {
  const choose = ({ email, password }) => {
    form.elements.email.value = email
    form.elements.password.value = password
  }
  const cards = demo.users.map((user, index) => {
    const radio = make('input')
    Object.assign(radio, { type: 'radio', name: 'person', value: user.email, checked: index === 0 })
    radio.addEventListener('change', () => choose(user))
    const about = user.roles.includes('admin') ? 'an administrator' : 'has no special role'
    return make('label', 'person', radio, make('span', '', make('strong', '', user.name), make('small', '', about)))
  })
  $('#people').replaceChildren(...cards)
  choose(demo.users[0])
}

function showAdminButtons() {
  const buttons = demo.users.map((user) => {
    const button = make('button', '', `Ask as ${user.name}`)
    Object.assign(button, { type: 'button', disabled: true })
    button.dataset.needsToken = ''
    button.addEventListener('click', () => onAdmin(button, user))
    return button
  })
  $('#admin-actions').replaceChildren(...buttons)
}

async function start() {
  const form = $('#login-form')
  for (const button of document.querySelectorAll('[data-needs-token]')) button.disabled = true
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    onLogin(form)
  })
  $('#me button').addEventListener('click', (event) => onMe(event.currentTarget))
  $('#tamper button').addEventListener('click', (event) => onTamper(event.currentTarget))
  for (const button of document.querySelectorAll('#elsewhere button')) {
    button.addEventListener('click', () => onElsewhere(button))
  }
  setStatus($('#login'), 'busy', 'Loading the people…')
  try {
    const { ok, body } = await call('GET', '/demo/users')
    if (!ok) throw new Error(body.code)
    demo = body
    showPeople(form)
    showAdminButtons()
    setStatus($('#login'), '', '')
  } catch {
    setStatus($('#login'), 'bad', 'The people could not be loaded. Is the server still running? Then reload this page.')
  }
}

start()
