import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { lint } from 'countersign/lint'
import type { Browser, Page } from 'playwright-core'
import { buildDebuggerPage } from '../../../scripts/build-debugger.ts'
import { openChromium, type Skipped } from '../../../test/support/chromium.ts'
import { axeFindings } from '../../authority/test/support/axe.ts'
import { servePage } from '../../countersign/src/cli/host/browser.ts'
import { command, NOW } from '../../countersign/test/cli/support/memory-host.ts'

const home = mkdtempSync(join(tmpdir(), 'countersign-debugger-'))
const file = join(home, 'debugger.html')
let browser: Browser | Skipped
let html: string

before(async () => {
  html = await buildDebuggerPage()
  writeFileSync(file, html)
  browser = await openChromium()
})

after(async () => {
  rmSync(home, { recursive: true })
  if (!('skipped' in browser)) await browser.close()
})

interface Opened {
  readonly page: Page
  /** What the browser complained of, and what the page asked for beside itself. */
  readonly complaints: string[]
}

type View = NonNullable<Parameters<Browser['newPage']>[0]>

async function open(t: TestContext, view: View = {}, url = String(pathToFileURL(file))): Promise<Opened | undefined> {
  if ('skipped' in browser) {
    t.skip(browser.skipped)
    return undefined
  }
  const page = await browser.newPage(view)
  t.after(() => page.close())
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => complaints.push(message.text()))
  page.on('request', (request) => {
    if (request.url() !== url) complaints.push(request.url())
  })
  await page.clock.setFixedTime(NOW * 1000)
  await page.goto(url)
  return { page, complaints }
}

const encoded = (text: string): string => Buffer.from(text).toString('base64url')
const tokenOf = (payload: string, header = '{"alg":"ES256","kid":"2026-a"}'): string =>
  `${encoded(header)}.${encoded(payload)}.${'A'.repeat(86)}`
const PLAIN = tokenOf('{"sub":"ada"}')
/** Signed with a secret that everybody knows: that of a page where tokens are tried out. */
const JSON_WEB_TOKEN =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c'
const HOSTILE = `<img src=x onerror=alert(1)><script>document.title='mine'</script>\u202e"'`

const REFUSED: readonly (readonly [why: string, text: string])[] = [
  ['a word', 'nonsense'],
  ['two parts that are none', 'a.b'],
  ['base64 in place of base64url', PLAIN.replace('.e', '.+')],
  ['a header that is no JSON', `${encoded('{"alg"')}.e30.`],
  ['a JSON document without a token', '{"access_token":12}'],
  ['hostile text', HOSTILE],
]

/** What a run of the command says on the side, on one line each. */
const saidBy = async (text: string): Promise<readonly string[]> =>
  (await command(['decode', '-'], { input: text })).err
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.trim())

test('the page refuses in the words of the command', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { page, complaints } = opened
  for (const [why, text] of REFUSED) {
    await page.fill('#token', text)
    assert.deepEqual(await page.locator('#status p').allInnerTexts(), await saidBy(text), why)
    assert.equal(await page.locator('#parts').innerText(), '')
  }
  assert.deepEqual(complaints, [])
})

test('its policy allows its own script and style, and nothing else', () => {
  const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html) ?? []
  const hash = (name: string): string => {
    const [, content = ''] = new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(html) ?? []
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
  const ahead = html.slice(0, html.indexOf('Content-Security-Policy'))
  assert.doesNotMatch(ahead, /<(script|style|link|body)/)
  assert.doesNotMatch(html, /\s(src|href|action|on\w+)=/)
  const size = gzipSync(html, { level: 9 }).length
  assert.ok(size <= 60_000, `${size} octets, gzipped`)
})

test('the browser holds the page to it: nothing can be sent, loaded or written as HTML', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const tries = [
    `fetch('https://example.com/').then(() => 'sent', () => 'refused')`,
    `new Promise((done) => { const socket = new WebSocket('wss://example.com/'); socket.onopen = () => done('sent'); socket.onerror = () => done('refused') })`,
    `navigator.sendBeacon('https://example.com/', 'x') ? 'sent' : 'refused'`,
    `new Promise((done) => { const image = new Image(); image.onload = () => done('sent'); image.onerror = () => done('refused'); image.src = 'https://example.com/x.png' })`,
    `(() => { try { document.body.innerHTML = '<b>x</b>'; return 'written' } catch { return 'refused' } })()`,
  ]
  const violated = opened.page.evaluate(
    `new Promise((done) => document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective)))`,
  )
  for (const [index, script] of tries.entries()) {
    const result: unknown = await opened.page.evaluate(script)
    // A beacon says that it was queued; the policy stops it after that.
    if (index !== 2) assert.equal(result, 'refused', script)
  }
  assert.equal(await violated, 'connect-src')
})

test('hostile text in a token stays text', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { page, complaints } = opened
  const text = JSON.stringify(HOSTILE)
  await page.fill('#token', tokenOf(`{${text}:${text}}`, `{"alg":${text}}`))
  assert.equal(await page.title(), 'countersign debugger')
  assert.equal(await page.locator('#parts img, #parts script').count(), 0)
  assert.match(await page.locator('#parts').innerText(), /<img src=x onerror=alert\(1\)>/)
  assert.ok(!(await page.locator('#parts').innerText()).includes('\u202e'))
  await page.fill('#token', tokenOf(HOSTILE))
  assert.equal(await page.locator('#parts img, #parts script').count(), 0)
  assert.deepEqual(complaints, [])
})

test('a token is shown as the command shows it, with every digit', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { page, complaints } = opened
  const payload = `{"sub":"ada","account":9007199254740993,"rate":1.10,"exp":${NOW + 852},"sub":"eve"}`
  for (const text of [
    tokenOf(payload),
    `curl -H "Authorization: Bearer ${tokenOf(payload)}" https://api.example.com`,
  ]) {
    await page.fill('#token', text)
    // A terminal, since a pipe gets a part octet by octet.
    const world = { input: text, terminal: 'output' } as const
    const header = await command(['decode', '-', '--part', 'header', '--color=never'], world)
    const claims = await command(['decode', '-', '--part', 'payload', '--color=never'], world)
    assert.deepEqual(await page.locator('#parts pre').allInnerTexts(), [header.out.trim(), claims.out.trim()])
    assert.match(claims.out, /"account": 9007199254740993/)
    assert.deepEqual(await page.locator('#parts > .told p').allInnerTexts(), await saidBy(text))
    assert.equal(await page.locator('#status').innerText(), 'Not verified: anyone can write this.')
    assert.match(await page.locator('#parts').innerText(), /64 bytes, not checked/)
  }
  assert.deepEqual(complaints, [])
})

test('it shows what can be read of tokens that are encrypted, unsigned, detached or cut off', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { page, complaints } = opened
  const header = encoded('{"alg":"dir","enc":"A256GCM"}')
  const cases: readonly (readonly [text: string, shown: RegExp])[] = [
    [`${header}..AAAA.AAAA.AAAA`, /Encrypted:.* only the header can be read[\s\S]*JWE header/],
    [`${encoded('{"alg":"none"}')}.${encoded('{}')}.`, /none: nobody signed this/],
    [PLAIN.replace(/\..*\./, '..'), /detached: it travels by itself/],
    [PLAIN.slice(0, PLAIN.lastIndexOf('.')), /note\[CS_NOTE_CUT\][\s\S]*"sub": "ada"/],
    [tokenOf('some text\nin lines'), /some text\nin lines/],
  ]
  for (const [text, shown] of cases) {
    await page.fill('#token', text)
    assert.match(await page.locator('.result').innerText(), shown)
  }
  assert.deepEqual(complaints, [])
})

test('it finds what the library finds, the gravest first, and says what to do', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { page, complaints } = opened
  const sound = `{"iss":"https://id.example.com","aud":"api","sub":"ada","iat":${NOW},"exp":${NOW + 600}}`
  for (const text of [
    JSON_WEB_TOKEN,
    `${encoded('{"alg":"none"}')}.${encoded('{}')}.`,
    tokenOf(
      `{"exp":${NOW}000,"password":${JSON.stringify(HOSTILE)}}`,
      `{"alg":"ES256","jku":${JSON.stringify(HOSTILE)}}`,
    ),
    tokenOf(sound, '{"alg":"ES256","typ":"example+jwt"}'),
  ]) {
    const { findings } = await lint(text, { now: () => NOW })
    await page.fill('#token', text)
    const list = page.locator('section', { has: page.getByRole('heading', { name: /^findings/ }) })
    await list
      .getByText(findings[0]?.message ?? 'none: nothing looks wrong')
      .first()
      .waitFor()
    const shown = await list.getByRole('listitem').allInnerTexts()
    assert.equal(shown.length, findings.length)
    for (const [index, { rule, message, fix, spec }] of findings.entries()) {
      assert.ok(shown[index]?.includes(`${rule} `) && shown[index]?.includes(message), `${rule} in ${shown[index]}`)
      assert.ok(shown[index]?.endsWith(`fix: ${fix} (${spec})`))
    }
  }
  assert.deepEqual(complaints, [])
})

test('times are told from now, and the clock goes on', async (t) => {
  const opened = await open(t, { timezoneId: 'Asia/Kolkata' })
  if (!opened) return
  const { page } = opened
  await page.clock.install({ time: NOW * 1000 - 1000 })
  await page.reload()
  await page.clock.pauseAt(NOW * 1000)
  await page.fill('#token', tokenOf(`{"exp":${NOW + 61},"iat":${NOW - 60}}`))
  const times = page.locator('.times li')
  assert.deepEqual(await times.allInnerTexts(), [
    'exp\n2026-11-21T22:36:01Z\n(in 1m 01s)',
    'iat\n2026-11-21T22:34:00Z\n(1m ago)',
  ])
  await page.clock.runFor(2000)
  assert.match(await times.first().innerText(), /\(in 59s\)$/)
  assert.equal(await times.locator('.bad').count(), 0)
  await page.clock.runFor(62_000)
  assert.match(await times.first().innerText(), /\(\ds ago\)$/)
  assert.equal(await times.locator('.bad').count(), 1)
  await page.selectOption('#zone', 'local')
  assert.match(await times.first().innerText(), /2026-11-22T04:06:01\+05:30/)
})

test('by keyboard: an example, and away with it', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { page, complaints } = opened
  assert.match(await page.locator('#status').innerText(), /Paste a token/)
  await page.getByRole('button', { name: 'Show an example' }).press('Enter')
  assert.equal(await page.evaluate('document.activeElement.id'), 'token')
  assert.match(await page.locator('#parts').innerText(), /"account": 9007199254740993/)
  await page.getByRole('button', { name: 'Clear' }).press('Enter')
  assert.equal(await page.getByRole('textbox', { name: 'Token' }).inputValue(), '')
  assert.equal(await page.locator('#parts').innerText(), '')
  assert.deepEqual(complaints, [])
})

for (const view of [
  { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  { colorScheme: 'dark', viewport: { width: 320, height: 640 } },
] as const) {
  const { colorScheme, viewport } = view
  test(`everybody can use it: ${colorScheme}, ${viewport.width} px`, async (t) => {
    const opened = await open(t, view)
    if (!opened) return
    const { page } = opened
    // Its own policy lets no script in; this is that of the test.
    for (const text of ['', 'nonsense', `Bearer ${tokenOf(`{"exp":1,"name":"${'x'.repeat(500)}","n":1,"ok":true}`)}`]) {
      await page.fill('#token', text)
      assert.deepEqual(await axeFindings(page), [])
      const wide = await page.evaluate('document.documentElement.scrollWidth')
      assert.equal(wide, viewport.width, text.slice(0, 20))
    }
  })
}

test('served at 127.0.0.1 it works the same', async (t) => {
  const { port, close } = await servePage(file, 0)
  t.after(close)
  const opened = await open(t, {}, `http://127.0.0.1:${port}/`)
  if (!opened) return
  const { page, complaints } = opened
  await page.fill('#token', PLAIN)
  assert.match(await page.locator('#parts').innerText(), /"sub": "ada"/)
  assert.deepEqual(complaints, [])
})
