import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { openChromium } from '../../../../test/support/chromium.ts'
import { ADMIN_ROLE } from '../../src/accounts/users.ts'
import { note } from '../support/given.ts'
import { openWorld } from '../support/world.ts'

/** To look at the pages: SCREENSHOTS names a folder. */
async function shoot(page: Page, name: string): Promise<void> {
  const { SCREENSHOTS } = process.env
  if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true })
}

test('an administrator does their work by keyboard, without JavaScript, on a small screen', async (t) => {
  const chromium = await openChromium()
  if ('skipped' in chromium) return t.skip(chromium.skipped)
  t.after(() => chromium.close())
  const world = await openWorld('sqlite')
  t.after(() => world.stop())
  const { issuer, user, operations } = world
  await operations.updateUser(user.id, { roles: [ADMIN_ROLE] })
  const context = await chromium.newContext({ javaScriptEnabled: false, viewport: { width: 320, height: 640 } })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('request', (request) => {
    if (!request.url().startsWith(`${issuer}/`) && !request.url().startsWith('data:')) complaints.push(request.url())
  })
  const { keyboard } = page
  /** Presses Tab until what has the focus is called so, as someone does who sees where it is. */
  const reach = async (name: string): Promise<void> => {
    for (let left = 60; left > 0; left--) {
      await keyboard.press('Tab')
      const focus = page.locator(':focus')
      if ((await focus.count()) > 0 && (await focus.ariaSnapshot()).includes(`"${name}"`)) return
    }
    assert.fail(`no Tab leads to ${name} at ${page.url()}`)
  }
  const press = async (name: string): Promise<void> => {
    await reach(name)
    await Promise.all([page.waitForEvent('domcontentloaded'), keyboard.press('Enter')])
  }
  const type = async (name: string, text: string): Promise<void> => {
    await reach(name)
    await keyboard.press('ControlOrMeta+A')
    await keyboard.type(text)
  }
  const says = async (text: RegExp): Promise<void> => assert.match(await page.locator('main').innerText(), text)

  await page.goto(`${issuer}/admin`)
  await page.getByLabel('E-mail address').fill(user.email)
  await page.getByLabel('Password', { exact: true }).fill(user.password)
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.waitForURL(`${issuer}/admin`)
  await shoot(page, 'overview')

  await press('Users')
  await press('Add a user')
  await page.locator('#email:focus').waitFor()
  await keyboard.type('nora@example.org')
  await type('Name', 'Nora')
  await press('Add')
  await says(/Give nora@example\.org this password/)
  note('made password', await page.locator('.secret code').innerText())
  await shoot(page, 'user-added')
  await press('Go to the user')
  await type('Roles', 'editor reader')
  await press('Save')
  await says(/The user is changed/)
  await shoot(page, 'user')
  await press('Disable')
  await says(/disabled and logged out everywhere/)
  await press('Delete…')
  await type('Type the e-mail address', 'nora@example.org')
  await press('Delete for good')
  await says(/The user is deleted/)

  await press('Clients')
  await press('Add a client')
  await type('Name', 'Reports')
  await type('Redirect URIs', 'https://reports.example/callback')
  await shoot(page, 'new-client')
  await press('Add')
  await says(/client_secret/)
  note('client secret', await page.locator('.secret code').innerText())
  await press('Go to the client')
  await shoot(page, 'client')

  await press('Keys')
  await shoot(page, 'keys')
  await press('Rotate now')
  await says(/The next keys sign as soon as every verifier has them/)
  assert.equal(await page.getByRole('img', { name: 'The signing keys in time' }).count(), 1)
  const revoke = page.getByRole('link', { name: /^Revoke/ })
  await revoke.first().focus()
  await Promise.all([page.waitForEvent('domcontentloaded'), keyboard.press('Enter')])
  await shoot(page, 'revoke')
  await type('Reason', 'an exercise')
  await press('Revoke for good')
  await says(/The key is revoked/)
  await shoot(page, 'revoked')

  await press('Audit')
  await says(/key\.revoked.*ada@example\.org/s)
  await shoot(page, 'audit')
  assert.deepEqual(complaints, [])
})
