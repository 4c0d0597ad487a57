import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, type TestContext, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openChromium, type Skipped } from '../../../../test/support/chromium.ts'
import { securityHeaders } from '../../src/pages/security-headers.ts'
import { STYLE } from '../../src/pages/style.ts'
import { PASSKEY_SCRIPT } from '../../src/server/passkey-script.ts'
import { axeFindings } from '../support/axe.ts'
import { CONTRASTS } from '../support/contrasts.ts'
import { everyPage, PAGES } from './views.ts'

const HOSTILE = `<b data-mine>x</b>"'><script data-mine>document.title='mine'</script>\u202e`
const NAMES = [...Object.keys(PAGES), ...Object.keys(everyPage('')).map((name) => `hostile-${name}`)]
const hostile = everyPage(HOSTILE)

let browser: Browser | Skipped
const server = createServer(({ url = '/' }, response) => {
  const name = url.slice(1)
  const page = PAGES[name] ?? hostile[name.replace('hostile-', '')]
  for (const [header, value] of Object.entries(securityHeaders())) response.setHeader(header, value)
  if (name === 'style.css') response.setHeader('Content-Type', 'text/css; charset=utf-8').end(STYLE)
  else if (name === 'passkey.js')
    response.setHeader('Content-Type', 'text/javascript; charset=utf-8').end(PASSKEY_SCRIPT)
  else if (page === undefined) response.writeHead(404).end()
  else response.setHeader('Content-Type', 'text/html; charset=utf-8').end(page)
})
let origin: string

before(async () => {
  browser = await openChromium()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`
})

after(async () => {
  server.close()
  if (!('skipped' in browser)) await browser.close()
})

type View = NonNullable<Parameters<Browser['newPage']>[0]>

/** A page that fails the test when the browser complains of anything, or asks for anything elsewhere. */
async function open(t: TestContext, view: View): Promise<{ page: Page; complaints: readonly string[] } | undefined> {
  if ('skipped' in browser) {
    t.skip(browser.skipped)
    return undefined
  }
  // A colour that is still on its way to another one is neither.
  const page = await browser.newPage({ reducedMotion: 'reduce', ...view })
  t.after(() => page.close())
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => complaints.push(message.text()))
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:')) complaints.push(request.url())
  })
  return { page, complaints }
}

test('a browser makes nothing of what others supplied, and has nothing to complain of', async (t) => {
  const opened = await open(t, {})
  if (!opened) return
  for (const name of NAMES) {
    await opened.page.goto(`${origin}/${name}`)
    assert.equal(await opened.page.locator('[data-mine], script:not([src="/passkey.js"])').count(), 0, name)
    assert.notEqual(await opened.page.title(), 'mine')
  }
  assert.deepEqual(opened.complaints, [])
})

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every page fits 320 px, and each text on it can be read (WCAG 1.4.3, 1.4.10): ${colorScheme}`, async (t) => {
    const opened = await open(t, { colorScheme, viewport: { width: 320, height: 640 } })
    if (!opened) return
    for (const name of NAMES) {
      await opened.page.goto(`${origin}/${name}`)
      assert.equal(await opened.page.evaluate('document.documentElement.scrollWidth'), 320, name)
      const texts = (await opened.page.evaluate(CONTRASTS)) as readonly { text: string; ratio: number }[]
      assert.ok(texts.length > 1)
      for (const { text, ratio } of texts) assert.ok(ratio >= 4.5, `${name}: ${text} has ${ratio.toFixed(2)}:1`)
    }
  })
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe-core finds nothing on any page: ${colorScheme}`, async (t) => {
    const opened = await open(t, { colorScheme })
    if (!opened) return
    for (const name of Object.keys(PAGES)) {
      await opened.page.goto(`${origin}/${name}`)
      // In the dark the colours are others, and nothing else is.
      const rules = colorScheme === 'dark' ? ['color-contrast'] : undefined
      assert.deepEqual(await axeFindings(opened.page, rules), [], name)
    }
  })
}

test('every field has a name, and the one that is wrong says why', async (t) => {
  const opened = await open(t, {})
  if (!opened) return
  const { page } = opened
  await page.goto(`${origin}/login2`)
  const [email, password] = [page.getByLabel('E-mail address'), page.getByLabel('Password')]
  assert.equal(await email.inputValue(), 'ada@example.org')
  for (const field of [email, password])
    assert.match(await field.and(page.locator('[aria-describedby=error][aria-invalid=true]')).ariaSnapshot(), /textbox/)
  assert.equal(await page.getByRole('alert').textContent(), 'E-mail address or password is wrong.')
  await page.locator('#password:focus').waitFor()
  await page.goto(`${origin}/login`)
  await page.locator('#email:focus').waitFor()
  await page.goto(`${origin}/deviceInput2`)
  await page.getByLabel('Code').fill('BCDF-GHJK')
  assert.equal(await page.getByLabel('Code').getAttribute('aria-describedby'), 'error')
})

test('the keyboard goes through the login page in its order, and where it is can be seen', async (t) => {
  const opened = await open(t, {})
  if (!opened) return
  const { page } = opened
  await page.goto(`${origin}/login`)
  await page.locator('#email:focus').waitFor()
  const seen: unknown[] = []
  for (let step = 0; step < 4; step++) {
    seen.push(await page.evaluate('document.activeElement.id || document.activeElement.textContent'))
    assert.equal(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle'), 'solid')
    await page.keyboard.press('Tab')
  }
  assert.deepEqual(seen, ['email', 'password', 'Log in', 'Cancel'])
})
