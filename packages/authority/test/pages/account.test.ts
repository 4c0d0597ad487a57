import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { openChromium, type Skipped } from '../../../../test/support/chromium.ts'
import { axeFindings } from '../support/axe.ts'
import { note } from '../support/given.ts'
import { tabTo } from '../support/keyboard.ts'
import { openWorld, type World } from '../support/world.ts'

const PASSWORD = 'correct horse battery'

type View = NonNullable<Parameters<Browser['newContext']>[0]>

interface Person {
  readonly page: Page
  readonly context: BrowserContext
  readonly email: string
  readonly complaints: readonly string[]
}

describe('an account in a browser', () => {
  let browser: Browser | Skipped
  let world: World
  let count = 0
  before(async () => {
    browser = await openChromium()
    world = await openWorld('sqlite')
  })
  after(async () => {
    await world.stop()
    if (!('skipped' in browser)) await browser.close()
  })

  /** Somebody new with a browser of their own, or nobody where there is no browser. */
  async function open(t: TestContext, view: View = {}): Promise<Person | undefined> {
    if ('skipped' in browser) {
      t.skip(browser.skipped)
      return undefined
    }
    const email = `person${++count}@example.org`
    await world.operations.addUser({ email, password: PASSWORD, name: 'Some Body' })
    const context = await browser.newContext({ reducedMotion: 'reduce', ...view })
    t.after(() => context.close())
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => complaints.push(message.text()))
    page.on('request', (request) => {
      if (!request.url().startsWith(`${world.issuer}/`) && !request.url().startsWith('data:'))
        complaints.push(`request to ${request.url()}`)
    })
    return { page, context, email, complaints }
  }

  const at = (path: string): string => `${world.issuer}${path}`

  async function logIn({ page, email }: Person, path = '/account'): Promise<void> {
    await page.goto(at(path))
    await page.getByLabel('E-mail address').fill(email)
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Log in', exact: true }).click()
    await page.waitForURL(at(path))
  }

  /** To look at the pages: SCREENSHOTS names a folder. */
  async function shoot(page: Page, name: string): Promise<void> {
    const { SCREENSHOTS } = process.env
    if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/account-${name}.png`, fullPage: true })
  }

  async function type(page: Page, label: string, text: string): Promise<void> {
    await tabTo(page, label)
    await page.keyboard.type(text)
  }

  test('is looked after by the keyboard alone, without JavaScript', async (t) => {
    const person = await open(t, { javaScriptEnabled: false })
    if (!person) return
    const { page, email, complaints } = person
    await page.goto(at('/account'))
    await page.locator('#email:focus').waitFor()
    await page.keyboard.type(email)
    await type(page, 'Password', PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Your account' }).waitFor()

    await tabTo(page, 'Password')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Choose a new password' }).waitFor()
    await type(page, 'Current password', PASSWORD)
    await type(page, 'New password', 'a better one by far')
    await type(page, 'New password once more', 'a better one by far')
    await tabTo(page, 'Change password')
    await page.keyboard.press('Enter')
    await page.getByRole('status').getByText('Your password is changed.').waitFor()

    await tabTo(page, 'Sessions')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Where you are logged in' }).waitFor()
    await tabTo(page, 'Sign out everywhere')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'You are logged out' }).waitFor()

    await page.goBack()
    await page.getByLabel('E-mail address').waitFor()
    assert.ok(page.url().startsWith(at('/login/')), 'the way back leads to the login')
    assert.ok(!(await page.content()).includes(email))
    assert.deepEqual(complaints, [])
  })

  test('says without JavaScript what takes it, and of everything else nothing is missing', async (t) => {
    const person = await open(t, { javaScriptEnabled: false })
    if (!person) return
    const { page } = person
    await logIn(person, '/account/security/passkeys/new')
    await page.getByText('This is the one page here that needs JavaScript').waitFor()
    assert.equal(await page.getByLabel('Name').isVisible(), false)
    await page.getByRole('link', { name: 'Back' }).click()
    await page.getByRole('link', { name: 'Set up an app' }).click()
    await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor()
    assert.ok(Number((await page.locator('.qr svg').boundingBox())?.width) > 150)
  })

  test('every page fits, reads and complains of nothing: light and dark, wide and narrow', async (t) => {
    // Colours that are on their way from one scheme to the other are none to look at.
    const person = await open(t, { reducedMotion: 'reduce' })
    if (!person) return
    const { page, complaints } = person
    await logIn(person)
    for (const path of [
      '',
      '/password',
      '/security',
      '/security/app',
      '/security/passkeys/new',
      '/sessions',
      '/sessions?done=ended',
    ]) {
      await page.goto(at(`/account${path}`))
      const name = path.replaceAll(/[^a-z]+/g, '-') || '-overview'
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize({ width: 1200, height: 800 })
        assert.deepEqual(await axeFindings(page), [], `${path} ${colorScheme}`)
        await shoot(page, `${colorScheme}${name}`)
        await page.setViewportSize({ width: 320, height: 640 })
        assert.equal(await page.locator('html').evaluate((element) => element.scrollWidth), 320, path)
        await shoot(page, `small-${colorScheme}${name}`)
      }
    }
    assert.deepEqual(complaints, [])
  })

  test('a passkey is added, logs in, is renamed and removed', async (t) => {
    const person = await open(t)
    if (!person) return
    const { page, context, complaints } = person
    const devtools = await context.newCDPSession(page)
    await devtools.send('WebAuthn.enable')
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
    await logIn(person, '/account/security')
    await page.getByRole('link', { name: 'Add a passkey' }).click()
    assert.equal(await page.getByText('needs JavaScript').isVisible(), false)
    await page.getByLabel('Name').fill('Work laptop')
    await page.getByRole('button', { name: 'Add the passkey' }).click()
    await page.getByRole('status').getByText('The passkey is added.').waitFor()
    await page.getByRole('strong').getByText('Work laptop').waitFor()

    await page.getByRole('link', { name: 'Log out' }).click()
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.goto(at('/account/security'))
    await page.getByRole('button', { name: 'Log in with a passkey' }).click()
    await page.waitForURL(at('/account/security'))
    await page.getByText(/last used/).waitFor()

    await page.getByRole('link', { name: 'Rename Work laptop' }).click()
    await page.getByLabel('Name').fill('Old laptop')
    await page.getByRole('button', { name: 'Rename' }).click()
    await page.getByRole('link', { name: 'Add a passkey' }).click()
    await page.getByLabel('Name').fill('The same one again')
    await page.getByRole('button', { name: 'Add the passkey' }).click()
    await page.getByRole('alert').getByText('This device has a passkey for your account already.').waitFor()
    assert.deepEqual(await axeFindings(page), [])

    await page.goto(at('/account/security'))
    await page.getByRole('link', { name: 'Remove Old laptop' }).click()
    await page.getByText('It is your last second factor').waitFor()
    await page.getByRole('button', { name: 'Remove the passkey' }).click()
    await page.getByRole('status').getByText('The passkey is removed.').waitFor()
    assert.deepEqual(complaints, [])
    await devtools.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })
  })

  test('a link to choose a new password is followed without JavaScript, and leaves nothing behind', async (t) => {
    const person = await open(t, { javaScriptEnabled: false, viewport: { width: 320, height: 640 } })
    if (!person) return
    const { page, email, complaints } = person
    const { link = '' } = await world.operations.resetPassword(email)
    note('reset token', link.split('/').at(-1))
    await page.goto(link)
    assert.equal(page.url(), at('/reset'))
    await shoot(page, 'reset')
    await page.getByLabel('New password', { exact: true }).fill('a better one by far')
    await page.getByLabel('New password once more').fill('a better one by far')
    await page.getByRole('button', { name: 'Change password' }).click()
    await page.getByRole('heading', { name: 'Your password is changed' }).waitFor()
    await page.getByRole('link', { name: 'Log in' }).click()
    await page.getByLabel('E-mail address').fill(email)
    await page.getByLabel('Password', { exact: true }).fill('a better one by far')
    await page.getByRole('button', { name: 'Log in', exact: true }).click()
    await page.waitForURL(at('/account'))
    assert.deepEqual(complaints, [])
  })
})
