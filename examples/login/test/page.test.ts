import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
import { openChromium, type Skipped } from '../../../test/support/chromium.ts'
import { type Api, startApi } from './support.ts'

let browser: Browser | Skipped

before(async () => {
  browser = await openChromium()
})

after(async () => {
  if (!('skipped' in browser)) await browser.close()
})

type View = NonNullable<Parameters<Browser['newPage']>[0]>

interface Opened {
  readonly api: Api
  readonly page: Page
  /** All that a browser complained about, and every request that left the page's own origin. */
  readonly complaints: readonly string[]
}

/** The page of a fresh API, or nothing where there is no browser. */
async function open(t: TestContext, view: View = {}): Promise<Opened | undefined> {
  if ('skipped' in browser) {
    t.skip(browser.skipped)
    return undefined
  }
  const api = await startApi(t)
  const page = await browser.newPage(view)
  t.after(() => page.close())
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => {
    if (!request.url().startsWith(`${api.origin}/`)) complaints.push(`request to ${request.url()}`)
  })
  page.on('console', (message) => {
    // Chromium logs every refusal that a page asks for, and they are what this page is about.
    if (/status of 40[13] /.test(message.text())) return
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  await page.goto(api.origin)
  return { api, page, complaints }
}

/** The text as it is seen. */
const textOf = async (place: Locator): Promise<string> => (await place.allInnerTexts()).join('\n')

/** Presses a button of a step and gives the sentence that comes of it. */
async function press(page: Page, step: string, button: string): Promise<string> {
  await page.locator(`#${step}`).getByRole('button', { name: button }).click()
  const status = page.locator(`#${step} .status:is([data-state=good], [data-state=bad])`)
  await status.waitFor()
  return textOf(status)
}

const resultOf = (page: Page, step: string): Promise<string> => textOf(page.locator(`#${step} .result`))

/** Every step as the user who is chosen at first: the admin. */
async function takeAllSteps(page: Page): Promise<void> {
  await press(page, 'login', 'Log in')
  await press(page, 'me', 'Call GET /me')
  await press(page, 'admin', 'Ask as Ada Reyes')
  await press(page, 'tamper', 'Send the changed copy')
  await press(page, 'elsewhere', 'Verify my token there')
}

test('a wrong password and a server that is gone are told in plain words', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { api, page } = opened
  await page.getByLabel('Password').fill('wrong')
  assert.equal(await press(page, 'login', 'Log in'), 'Not logged in: the email or the password is wrong.')
  assert.ok(await page.getByRole('button', { name: 'Call GET /me' }).isDisabled())
  assert.equal(await page.locator('.done').count(), 0)
  await api.close()
  assert.equal(await press(page, 'login', 'Log in'), 'No answer from the server. Is it still running?')
})

test('a user without a role is let in, kept out, caught cheating, and verified by another process', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { api, page, complaints } = opened
  await page.getByRole('radio', { name: 'Max Lindqvist' }).check()
  await page.getByLabel('Password').press('Enter')
  await page.getByText('You are Max Lindqvist. Your token is good for 15 minutes.').waitFor()

  const parts = await textOf(page.locator('#token .token'))
  assert.deepEqual(
    await page.locator('#token .token span').allInnerTexts(),
    parts.split('.'), // header, claims, signature
  )
  const token = await resultOf(page, 'token')
  for (const shown of ['"alg": "ES256"', '"name": "Max Lindqvist"', 'in 15 minutes', '64 octets']) {
    assert.ok(token.includes(shown), shown)
  }

  assert.equal(await press(page, 'me', 'Call GET /me'), 'The API knows you: Max Lindqvist.')
  assert.match(await resultOf(page, 'me'), /200 OK.*max@example\.com/s)

  assert.equal(await press(page, 'admin', 'Ask as Max Lindqvist'), 'Max Lindqvist is not let in.')
  assert.equal(await press(page, 'admin', 'Ask as Ada Reyes'), 'Ada Reyes is let in.')
  assert.match(await resultOf(page, 'admin'), /200 OK.*ada@example\.com.*403 Forbidden.*insufficient_scope/s)

  assert.deepEqual(await page.locator('#tamper .diff > *').allInnerTexts(), [
    '− "roles": ["member"]',
    '+ "roles": ["member","admin"]',
  ])
  assert.match(await press(page, 'tamper', 'Send the changed copy'), /^Refused/)
  const refusal = await resultOf(page, 'tamper')
  for (const shown of [
    '401 Unauthorized',
    'CS_SIGNATURE',
    'the signature does not verify',
    'What was signed was changed',
  ]) {
    assert.ok(refusal.includes(shown), shown)
  }

  const accepted = await press(page, 'elsewhere', 'Verify my token there')
  const [, pid] = /^Process (\d+) accepted it; this server is process \d+\.$/.exec(accepted) ?? []
  assert.ok(pid !== undefined && Number(pid) !== process.pid, accepted)
  const printed = await resultOf(page, 'elsewhere')
  for (const shown of [`Process ${pid}`, 'exit code 0', `fetched   ${api.jwksUrl}`, `kid ${api.keys.current.kid}`]) {
    assert.ok(printed.includes(shown), shown)
  }
  assert.match(printed, /\$ node examples\/verify-elsewhere\/src\/main\.ts http/)
  assert.match(await press(page, 'elsewhere', 'Verify the changed copy there'), /refused it/)
  assert.match(await resultOf(page, 'elsewhere'), /exit code 1.*CS_SIGNATURE/s)

  assert.deepEqual(complaints, [])
})

test('an administrator who makes the token live longer is caught as well', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { page, complaints } = opened
  await takeAllSteps(page)
  assert.match(await textOf(page.locator('#tamper .diff')), /"exp"/)
  assert.match(await resultOf(page, 'tamper'), /CS_SIGNATURE/)

  await press(page, 'login', 'Log in') // a new token: what came of the old one is gone
  assert.equal(await resultOf(page, 'tamper'), '')
  assert.deepEqual(complaints, [])
})

for (const colorScheme of ['light', 'dark'] as const) {
  test(`320 pixels are wide enough for every step, ${colorScheme}`, async (t) => {
    const opened = await open(t, { viewport: { width: 320, height: 640 }, colorScheme })
    if (!opened) return
    const { page, complaints } = opened
    await takeAllSteps(page)
    const html = page.locator('html')
    assert.equal(await html.evaluate((element) => element.scrollWidth), 320)
    const cut = await page.evaluate(
      '[...document.querySelectorAll(".card, .token")].filter((card) => card.scrollWidth > card.clientWidth).length',
    )
    assert.equal(cut, 0, 'cards whose text is cut off')
    const paper = await page.evaluate('getComputedStyle(document.body).backgroundColor')
    assert.equal(paper, colorScheme === 'dark' ? 'rgb(14, 19, 17)' : 'rgb(244, 246, 244)')
    assert.deepEqual(complaints, [])
  })
}
