import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { openChromium, type Skipped } from '../../../../test/support/chromium.ts'
import { login as passLogin, UserAgent } from '../support/user-agent.ts'
import { type DemoForTests, departureOf, startForTest } from './support.ts'

let browser: Browser | Skipped

before(async () => {
  browser = await openChromium()
})

after(async () => {
  if (!('skipped' in browser)) await browser.close()
})

type View = NonNullable<Parameters<Browser['newContext']>[0]>

interface Opened extends DemoForTests {
  /** A browser of its own: cookies are not shared with another one. */
  readonly person: (view?: View) => Promise<{ readonly context: BrowserContext; readonly page: Page }>
  /** All that browsers complained about, and every request to elsewhere. */
  readonly complaints: string[]
}

/** A demo and people who use it, or nothing where there is no browser. */
async function open(t: TestContext): Promise<Opened | undefined> {
  if ('skipped' in browser) {
    t.skip(browser.skipped)
    return undefined
  }
  const chromium = browser
  const demo = await startForTest(t)
  const complaints: string[] = []
  const places = [demo.issuer, demo.notes, demo.photos].map((origin) => `${origin}/`)
  const person = async (view: View = {}): Promise<{ context: BrowserContext; page: Page }> => {
    const context = await chromium.newContext(view)
    t.after(() => context.close())
    const page = await context.newPage()
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => {
      if (!places.some((place) => request.url().startsWith(place))) complaints.push(`request to ${request.url()}`)
    })
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    return { context, page }
  }
  return { ...demo, person, complaints }
}

/** Logs in to an app by hand. */
async function logIn(page: Page, app: string, { reader }: DemoForTests): Promise<void> {
  await page.goto(app)
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.getByLabel(/e-?mail/i).fill(reader.email)
  await page.getByLabel('Password', { exact: true }).fill(reader.password)
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.getByRole('heading', { name: 'Hello, Dana Demo' }).waitFor()
}

/** Presses a button of the API and gives what came of it, as it is seen. */
async function ask(page: Page, what: string, { api }: DemoForTests): Promise<string> {
  await page.getByRole('button', { name: what }).click()
  const answer = page.locator('#api .card').filter({ hasText: what.replace(' ', ` ${api}`) })
  await answer.waitFor()
  return answer.innerText()
}

/** To look at the pages: SCREENSHOTS names a folder. */
async function shoot(page: Page, name: string): Promise<void> {
  const { SCREENSHOTS } = process.env
  if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true })
}

test('one login opens two apps and an API by role, and one logout closes all of it', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { notes, photos, issuer, person, complaints } = opened
  const { page } = await person()
  await page.goto(notes)
  await shoot(page, 'signed-out')
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  assert.ok(page.url().startsWith(`${issuer}/login/`))
  await shoot(page, 'login')
  await logIn(page, notes, opened)
  assert.equal(page.url(), `${notes}/`)
  await shoot(page, 'signed-in')

  assert.match(await ask(page, 'GET /notes', opened), /200 OK.*Buy tea/s)
  await shoot(page, 'api-200')
  assert.match(await ask(page, 'POST /admin', opened), /403 Forbidden.*the token lacks the role admin/s)
  await shoot(page, 'api-403')
  const token = (): Promise<string> => page.locator('.token').innerText()
  const first = await token()
  await page.getByRole('button', { name: 'Get a new access token' }).click()
  await page.waitForURL(/#access-token$/)
  assert.notEqual(await token(), first)

  await page.getByRole('link', { name: 'Open Photos' }).click()
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.getByRole('heading', { name: 'Hello, Dana Demo' }).waitFor()
  assert.equal(page.url(), `${photos}/`, 'without a prompt')
  assert.match(await ask(page, 'GET /photos', opened), /200 OK.*ferns\.jpg/s)
  await shoot(page, 'photos')

  await page.getByRole('button', { name: 'Log out' }).click()
  assert.ok(page.url().startsWith(`${issuer}/session/end`))
  await shoot(page, 'logout')
  await page.locator('button[name=logout]').click()
  await page.getByText('You are logged out of Photos').waitFor()
  await shoot(page, 'left')
  await page.goto(notes)
  await page.getByText('it told Notes with a logout token').waitFor()
  await shoot(page, 'ended')
  await page.getByRole('button', { name: 'Log in again' }).click()
  await page.waitForURL(`${issuer}/login/*`)
  assert.equal(await page.getByLabel('Password', { exact: true }).count(), 1, 'the session of the authority is gone')
  assert.deepEqual(complaints, [])
})

test('who is out at the authority already gets out of an app all the same', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { notes, person, complaints } = opened
  const { page, context } = await person()
  await logIn(page, notes, opened)
  await context.clearCookies({ domain: 'localhost' })
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.getByRole('heading', { name: 'You are logged out of Notes' }).waitFor()
  assert.deepEqual(complaints, [])
})

test('the answer to a login of one browser is refused in another', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { notes, person, complaints } = opened
  const attacker = new UserAgent({ stopAt: [`${notes}/callback`] })
  const caught = await passLogin(attacker, await departureOf(attacker, notes), opened.reader)
  const { page } = await person()
  await page.goto(notes)
  await page.getByRole('button', { name: 'Log in', exact: true }).click() // a login of its own has begun, too
  const answer = await page.goto(caught.href)
  assert.equal(answer?.status(), 400)
  await page.getByText('foreign_state').waitFor()
  await shoot(page, 'refused')
  await page.getByRole('link', { name: 'Back to Notes' }).click()
  await page.getByRole('heading', { name: 'You are not logged in to Notes' }).waitFor()
  // Chromium logs the status of the page that refuses, and the test asked for that.
  assert.deepEqual(
    complaints.filter((text) => !/status of 400/.test(text)),
    [],
  )
})

for (const colorScheme of ['light', 'dark'] as const) {
  test(`320 pixels are wide enough for the apps, ${colorScheme}`, async (t) => {
    const opened = await open(t)
    if (!opened) return
    const { notes, person, complaints } = opened
    const { page } = await person({ viewport: { width: 320, height: 640 }, colorScheme })
    const widthOf = (): Promise<number> => page.locator('html').evaluate((element) => element.scrollWidth)
    await page.goto(notes)
    assert.equal(await widthOf(), 320)
    await shoot(page, `small-out-${colorScheme}`)
    await logIn(page, notes, opened)
    await ask(page, 'POST /admin', opened)
    assert.equal(await widthOf(), 320)
    await shoot(page, `small-${colorScheme}`)
    const cut = await page.evaluate(
      '[...document.querySelectorAll(".card, .token, button")].filter((box) => box.scrollWidth > box.clientWidth).length',
    )
    assert.equal(cut, 0, 'boxes whose text is cut off')
    assert.deepEqual(complaints, [])
  })
}
