import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { servePage } from '../../countersign/src/cli/host/browser.ts'
import { inChromium, PLAIN } from './support/page.ts'

const { open, html, file } = inChromium()

/** Octets, gzipped. The ceiling is what was measured, rounded up to the next 1000; the bar is what we want it to be. */
const [CEILING, BAR, STEP] = [125_000, 60_000, 1000]

test(`the file has no more than ${CEILING} octets, gzipped`, (t) => {
  const size = gzipSync(html(), { level: 9 }).length
  const wanted = size <= BAR ? `met by ${BAR - size}` : `missed by ${size - BAR}`
  t.diagnostic(`${size} octets, gzipped; the ceiling is ${CEILING}, and the bar of ${BAR} is ${wanted}`)
  assert.ok(size > 10_000, `${size} octets: the page is empty`)
  assert.ok(size <= CEILING, `${size} octets, gzipped, and ${CEILING} are allowed`)
  if (size <= CEILING - STEP) t.diagnostic(`the ceiling can come down to ${Math.ceil(size / STEP) * STEP}`)
})

test('step 1: its policy allows its own script and style, and nothing else', () => {
  const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html()) ?? []
  const hash = (name: string): string => {
    const all = [...html().matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))]
    assert.equal(all.length, 1)
    const content = all[0]?.[1] ?? ''
    assert.ok(content.length > 1000)
    return `'sha256-${createHash('sha256').update(content).digest('base64')}'`
  }
  assert.deepEqual(policy.split('; '), [
    "default-src 'none'",
    "connect-src 'none'",
    `script-src ${hash('script')}`,
    `style-src ${hash('style')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ])
  const ahead = html().slice(0, html().indexOf('Content-Security-Policy'))
  assert.doesNotMatch(ahead, /<(script|style|link|body)/)
  const markup = html().replaceAll(/<(script|style)>.*?<\/\1>/gs, '')
  assert.doesNotMatch(markup, /\s(src|href|action|style|on\w+)=/)
})

/** Ways out of a page; each is tried against a server that listens. A beacon says that it was queued, and is stopped after that. */
const WAYS: Readonly<Record<string, string>> = {
  fetch: `fetch(origin + '/fetch').then(() => 'sent', () => 'refused')`,
  'fetch without CORS': `fetch(origin + '/no-cors', { mode: 'no-cors' }).then(() => 'sent', () => 'refused')`,
  'a form in the background': `fetch(origin + '/post', { method: 'POST', body: 'x' }).then(() => 'sent', () => 'refused')`,
  XMLHttpRequest: `new Promise((done) => { const request = new XMLHttpRequest(); request.onload = () => done('sent'); request.onerror = () => done('refused'); request.open('GET', origin + '/xhr'); request.send() })`,
  'a picture': `new Promise((done) => { const image = new Image(); image.onload = () => done('sent'); image.onerror = () => done('refused'); image.src = origin + '/x.png' })`,
  'a beacon': `(navigator.sendBeacon(origin + '/beacon', 'x'), 'refused')`,
  'a WebSocket': `new Promise((done) => { const socket = new WebSocket(origin.replace('http', 'ws')); socket.onopen = () => done('sent'); socket.onerror = () => done('refused') })`,
  'an EventSource': `new Promise((done) => { const source = new EventSource(origin + '/events'); source.onopen = () => done('sent'); source.onerror = () => { source.close(); done('refused') } })`,
  'a frame': `new Promise((done) => { const frame = document.createElement('iframe'); frame.src = origin + '/frame'; frame.onload = () => { frame.remove(); done('refused') }; document.body.append(frame) })`,
  'a form': `(() => { const form = document.createElement('form'); form.method = 'post'; form.action = origin + '/form'; document.body.append(form); form.submit(); form.remove(); return 'refused' })()`,
  'a style sheet': `new Promise((done) => { const link = document.createElement('link'); link.rel = 'stylesheet'; link.href = origin + '/x.css'; link.onload = () => done('sent'); link.onerror = () => done('refused'); document.head.append(link) })`,
  'a script': `new Promise((done) => { const script = document.createElement('script'); script.onload = () => done('sent'); script.onerror = () => done('refused'); try { script.src = origin + '/x.js'; document.head.append(script) } catch { done('refused') } })`,
  'a worker': `(() => { try { new Worker(origin + '/worker.js'); return 'refused' } catch { return 'refused' } })()`,
  'text as HTML': `(() => { try { document.body.innerHTML = '<b>x</b>'; return 'written' } catch { return 'refused' } })()`,
  // While the test evaluates, the browser lets it: so the page does it later.
  'text as a script': `new Promise((done) => setTimeout(() => { try { done(new Function('return "run"')()) } catch { done('refused') } }))`,
}

test('step 1: from its file it can fetch, load, send and post nothing, whatever runs in it', async (t) => {
  const seen: string[] = []
  const trap = createServer(({ method, url }, response) => {
    seen.push(`${method} ${url}`)
    response.setHeader('access-control-allow-origin', '*').end('x')
  })
  trap.on('upgrade', (_, socket) => {
    seen.push('upgrade')
    socket.destroy()
  })
  await once(trap.listen(0, '127.0.0.1'), 'listening')
  t.after(() => trap.close().closeAllConnections())
  const origin = `http://127.0.0.1:${(trap.address() as AddressInfo).port}`
  // The browser says of each what was refused, and names what was asked for.
  const opened = await open(t, {
    expected: /Content Security Policy|TrustedHTML|TrustedScript|TrustedString|blocked|^(http|ws):\/\/127/,
  })
  if (!opened) return
  const { page } = opened
  assert.equal(await page.evaluate('isSecureContext'), true)
  await opened.give(PLAIN)
  await page.evaluate(
    `globalThis.violated = []; document.addEventListener('securitypolicyviolation', (event) => violated.push(event.effectiveDirective))`,
  )
  for (const [way, script] of Object.entries(WAYS)) {
    const result = await page.evaluate(`(() => { const origin = '${origin}'; return ${script} })()`)
    assert.equal(result, 'refused', way)
  }
  const directives = [
    ...['connect-src', 'img-src', 'frame-src', 'form-action', 'style-src-elem'],
    'require-trusted-types-for',
  ]
  await opened.until(`${JSON.stringify(directives)}.every((name) => violated.includes(name))`)
  assert.deepEqual(seen, [])
  assert.equal(new URL(page.url()).protocol, 'file:')
})

test('it asks for itself, and for nothing else, whatever is done with it', async (t) => {
  const requests: string[] = []
  const opened = await open(t)
  if (!opened) return
  opened.page.on('request', (request) => requests.push(request.url()))
  await opened.page.reload()
  await opened.give(PLAIN, 'a secret that is long enough for its hash')
  await opened.says(/Not verified|Signature wrong/)
  await opened.button('Build').click()
  await opened.button('Decode').click()
  assert.deepEqual(requests, [opened.page.url()])
})

test('served at 127.0.0.1 it works the same', async (t) => {
  const { port, close } = await servePage(file, 0)
  t.after(close)
  const opened = await open(t, { url: `http://127.0.0.1:${port}/` })
  if (!opened) return
  await opened.give(PLAIN)
  assert.match(await opened.panel('Claims').innerText(), /"ada"/)
})
