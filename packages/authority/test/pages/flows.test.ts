import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { after, before, describe, type TestContext, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openChromium, type Skipped } from '../../../../test/support/chromium.ts'
import { addApp } from '../support/factors.ts'
import { pressOn, tabTo } from '../support/keyboard.ts'
import { addClient, openWorld, post, type TestClient, toRequest, type World } from '../support/world.ts'

// What people meet on their way into an app, by the keyboard alone, in a browser that runs no script.

describe('the way into an app, by keyboard and without JavaScript', () => {
  let browser: Browser | Skipped
  let world: World
  let shop: TestClient
  let app: Server
  let callback: string
  before(async () => {
    browser = await openChromium()
    world = await openWorld('sqlite')
    app = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<h1>The shop</h1>'))
    await once(app.listen(0, '127.0.0.1'), 'listening')
    callback = `http://127.0.0.1:${(app.address() as { port: number }).port}/callback`
    const common = { client_name: 'Corner Shop', trusted: false } as const
    shop = await addClient(world, { ...common, client_id: 'shop', type: 'web', redirect_uris: [callback] })
  })
  after(async () => {
    app.close().closeAllConnections()
    await world.stop()
    if (!('skipped' in browser)) await browser.close()
  })

  /** A browser of somebody's own, and what it complains of. */
  async function open(t: TestContext): Promise<{ page: Page; complaints: readonly string[] } | undefined> {
    if ('skipped' in browser) {
      t.skip(browser.skipped)
      return undefined
    }
    const context = await browser.newContext({
      ...{ javaScriptEnabled: false, reducedMotion: 'reduce', viewport: { width: 320, height: 640 } },
      extraHTTPHeaders: { 'x-forwarded-for': '198.51.100.20' },
    })
    t.after(() => context.close())
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => complaints.push(message.text()))
    return { page, complaints }
  }

  async function goTo(page: Page, parameters: Readonly<Record<string, string>> = {}): Promise<void> {
    const { url } = await toRequest(shop, { redirect_uri: callback, ...parameters })
    await page.goto(url.href)
  }

  async function type(page: Page, label: string, text: string): Promise<void> {
    await tabTo(page, label)
    await page.keyboard.type(text)
  }

  async function givePassword(page: Page, { email, password }: World['user']): Promise<void> {
    await page.locator('#email:focus').waitFor()
    await page.keyboard.type(email)
    await type(page, 'Password', password)
    await Promise.all([page.waitForEvent('domcontentloaded'), page.keyboard.press('Enter')])
  }

  const headingOf = (page: Page): Promise<string> => page.locator('h1').innerText()

  test('login and consent lead to the app, and the way back to no form that does anything', async (t) => {
    const opened = await open(t)
    if (!opened) return
    const { page, complaints } = opened
    await goTo(page, { prompt: 'consent', scope: 'openid email' })
    await givePassword(page, world.user)
    assert.equal(await headingOf(page), 'Allow access?')
    assert.match(await page.locator('main').innerText(), /Corner Shop.*See your e-mail address/s)
    await pressOn(page, 'Allow')
    assert.equal(await headingOf(page), 'The shop')
    assert.ok(new URL(page.url()).searchParams.has('code'))
    assert.deepEqual(complaints, [])
    await page.goBack()
    // Nothing of the login is kept: the browser asks anew, and the server knows that it is over.
    assert.equal(await headingOf(page), 'This page has expired')
    assert.match(await page.locator('main').innerText(), /expired/)
  })

  test('who says no goes back to the app, which hears of it', async (t) => {
    const opened = await open(t)
    if (!opened) return
    const { page, complaints } = opened
    await goTo(page, { prompt: 'consent' })
    await givePassword(page, world.user)
    await pressOn(page, 'Deny')
    assert.equal(new URL(page.url()).searchParams.get('error'), 'access_denied')
    await goTo(page, { prompt: 'login' })
    await page.locator('#password:focus').waitFor()
    await pressOn(page, 'Cancel')
    assert.equal(new URL(page.url()).searchParams.get('error'), 'access_denied')
    assert.deepEqual(complaints, [])
  })

  test('a code of an authenticator app is asked for, and a recovery code does as well', async (t) => {
    const opened = await open(t)
    if (!opened) return
    const { page, complaints } = opened
    const credentials = { email: 'two@example.org', password: 'correct horse battery' }
    const { user } = await world.operations.addUser(credentials)
    const factors = await addApp(world, user)
    await goTo(page)
    await givePassword(page, { ...user, ...credentials })
    assert.equal(await headingOf(page), 'Confirm that it is you')
    await page.keyboard.type(await factors.code())
    await Promise.all([page.waitForEvent('domcontentloaded'), page.keyboard.press('Enter')])
    assert.equal(await headingOf(page), 'Allow access?')
    await goTo(page, { prompt: 'login' })
    await page.locator('#password:focus').waitFor()
    await page.keyboard.type(credentials.password)
    await Promise.all([page.waitForEvent('domcontentloaded'), page.keyboard.press('Enter')])
    await page.locator('summary').focus()
    await page.keyboard.press('Enter')
    await type(page, 'Recovery code', String(factors.recovery[0]))
    await Promise.all([page.waitForEvent('domcontentloaded'), page.keyboard.press('Enter')])
    assert.equal(await headingOf(page), 'Allow access?')
    assert.deepEqual(complaints, [])
  })

  test('a device is let in, and then there is the way out', async (t) => {
    const opened = await open(t)
    if (!opened) return
    const { page, complaints } = opened
    const tv = await addClient(world, { client_id: 'tv', client_name: 'Television', type: 'device' })
    const { body } = await post(world, '/device/auth', { scope: 'openid' }, tv)
    await page.goto(`${world.issuer}/device`)
    await page.locator('#user_code:focus').waitFor()
    await page.keyboard.type(String(body['user_code']))
    await Promise.all([page.waitForEvent('domcontentloaded'), page.keyboard.press('Enter')])
    assert.equal(await headingOf(page), 'Is this your device?')
    await pressOn(page, 'Continue')
    await givePassword(page, world.user)
    assert.equal(await headingOf(page), 'Your device is logged in')
    await page.goto(`${world.issuer}/session/end`)
    assert.equal(await headingOf(page), 'Log out?')
    await pressOn(page, 'Log out')
    assert.equal(await headingOf(page), 'You are logged out')
    assert.deepEqual(complaints, [])
  })
})
