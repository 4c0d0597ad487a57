// Makes docs/screenshots: every page of the token authority, and every state of the debugger, as people see them: light and
// dark, wide and at 320 px. For the authority it starts a demo of its own with people, apps and a rotation, so it takes port
// 3000 to 3003. `npm run screenshots -- debugger` makes those of the debugger alone, `-- authority` the others.

import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TOTP } from 'otpauth'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { type Authority, startAuthority } from '../packages/authority/src/authority.ts'
import { toSettings } from '../packages/authority/src/settings.ts'
import { NOW, Opened } from '../packages/debugger/test/support/page.ts'
import { STATES } from '../packages/debugger/test/support/states.ts'
import { openChromium } from '../test/support/chromium.ts'
import { buildDebuggerPage } from './build/debugger-page.ts'

const folder = fileURLToPath(new URL('../docs/screenshots', import.meta.url))
const ADA = { email: 'ada@example.com', password: 'correct horse battery staple' }
const CALLBACK = 'http://127.0.0.1:9/callback'

type Shot = (name: string) => Promise<void>
type View = NonNullable<Parameters<Browser['newContext']>[0]>

const VIEWS: readonly (readonly [suffix: string, view: View])[] = [
  ['light', { colorScheme: 'light', viewport: { width: 1180, height: 760 } }],
  ['dark', { colorScheme: 'dark', viewport: { width: 1180, height: 760 } }],
  ['small', { colorScheme: 'light', viewport: { width: 320, height: 640 } }],
]

/** What there are pictures of; those of the debugger begin with its name. */
const PARTS: Readonly<Record<string, (browser: Browser) => Promise<void>>> = {
  authority: shootAuthority,
  debugger: shootDebugger,
}

async function main(wanted: readonly string[]): Promise<void> {
  const parts = wanted.length > 0 ? wanted : Object.keys(PARTS)
  for (const part of parts) if (!(part in PARTS)) throw new Error(`there is no ${part} to make pictures of`)
  const browser = await openChromium()
  if ('skipped' in browser) throw new Error(browser.skipped)
  mkdirSync(folder, { recursive: true })
  try {
    for (const part of parts) {
      for (const file of readdirSync(folder))
        if (file.startsWith('debugger-') === (part === 'debugger')) rmSync(join(folder, file))
      await PARTS[part]?.(browser)
    }
  } finally {
    await browser.close()
  }
}

async function shootAuthority(browser: Browser): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'countersign-screenshots-'))
  const authority = await startAuthority(toSettings({ DEMO: '1', COUNTERSIGN_DATA: data }))
  try {
    await furnish(authority)
    for (const [suffix, view] of VIEWS) {
      const context = await browser.newContext(view)
      await walk(context, authority, suffix)
      await context.close()
    }
  } finally {
    await authority.close()
    rmSync(data, { recursive: true, force: true })
  }
}

/** The states that there are pictures of. The tests look at all. */
const OF_DEBUGGER: ReadonlySet<string> = new Set([
  ...['empty', 'partly', 'decoded', 'verified', 'expired', 'wrong', 'embedded', 'encrypted', 'nested'],
  ...['build', 'key-made', 'copy-as', 'share', 'about', 'commands'],
])

/** In the page: fields show how they begin, and none has the focus that a test gave it. */
const AT_REST = `for (const field of document.querySelectorAll('textarea')) { field.scrollTop = 0; field.blur() } scrollTo(0, 0)`
const PLACE = 'https://debugger.example/'

/** The states of the debugger, each from the beginning, at a time that stands still. */
async function shootDebugger(browser: Browser): Promise<void> {
  const body = await buildDebuggerPage()
  for (const [suffix, view] of VIEWS) {
    const page = await browser.newPage({ ...view, reducedMotion: 'reduce' })
    await page.clock.setFixedTime(NOW * 1000)
    // Links show where the page is: nowhere in particular.
    await page.route(PLACE, (route) => route.fulfill({ body, contentType: 'text/html; charset=utf-8' }))
    for (const { name, enter } of await STATES()) {
      if (!OF_DEBUGGER.has(name)) continue
      await page.goto(PLACE)
      await enter(new Opened(page))
      await page.evaluate(AT_REST)
      // A sheet lies above what is seen of the page, and not above all of it.
      const fullPage = (await page.getByRole('dialog').count()) === 0
      const path = join(folder, `debugger-${name}-${suffix}.png`)
      await page.screenshot({ path, fullPage, animations: 'disabled', caret: 'hide' })
    }
    await page.close()
  }
}

/** People and apps, so that lists have something in them. */
async function furnish({ operations, factors }: Authority): Promise<void> {
  await operations.addUser({ ...ADA, name: 'Ada Reyes', roles: ['authority:admin', 'editor'] })
  for (const [email, name, roles] of [
    ['max@example.com', 'Max Oduya', ['reader']],
    ['ines@example.com', 'Ines Vega', ['reader', 'editor']],
    ['tomas@example.com', 'Tomás Lindqvist', []],
  ] as const)
    await operations.addUser({ email, name, roles, password: ADA.password })
  const [ines] = await operations.listUsers({ search: 'ines' })
  if (ines === undefined) throw new Error('Ines is not there')
  const { secret, sealed } = await factors.beginTotp(ines)
  await factors.confirmTotp(ines, sealed, new TOTP({ secret: secret.replaceAll(' ', '') }).generate())
  await operations.disableUser('max@example.com')
  const resources = { 'https://api.example': 'orders:read orders:write' }
  await operations.addClient({
    client_id: 'shop',
    client_name: 'Corner Shop',
    type: 'web',
    redirect_uris: [CALLBACK],
    resources,
  })
  await operations.addClient({ client_id: 'reports', client_name: 'Nightly reports', type: 'service', resources })
  await operations.rotateClientSecret('reports')
}

async function walk(context: BrowserContext, authority: Authority, suffix: string): Promise<void> {
  const { issuer, demo } = authority
  const page = await context.newPage()
  const shot: Shot = async (name) => {
    const path = join(folder, `${name}-${suffix}.png`)
    await page.screenshot({ path, fullPage: true, animations: 'disabled' })
  }
  const see = async (path: string, name: string): Promise<void> => {
    await page.goto(`${issuer}${path}`)
    await shot(name)
  }
  await see('/', 'demo')
  await see(`/auth?${request()}`, 'login')
  await page.getByLabel('E-mail address').fill(ADA.email)
  await page.getByLabel('Password', { exact: true }).fill('mistyped')
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await shot('login-refused')
  await logIn(page, 'ines@example.com')
  await page.getByLabel('Code').first().waitFor()
  await shot('login-code')
  await page.goto(`${issuer}/auth?${request()}`)
  await logIn(page, ADA.email)
  await page.getByRole('heading', { name: 'Allow access?' }).waitFor()
  await shot('consent')
  for (const [path, name] of [
    ['/account', 'account'],
    ['/account/password', 'account-password'],
    ['/account/security', 'account-security'],
    ['/account/security/app', 'account-app'],
    ['/account/sessions', 'account-sessions'],
    ['/admin', 'admin'],
    ['/admin/users', 'admin-users'],
    ['/admin/clients', 'admin-clients'],
    ['/admin/clients/reports', 'admin-client'],
    ['/admin/keys', 'admin-keys'],
    ['/admin/audit', 'admin-audit'],
    ['/nothing/is/here', 'error'],
    ['/device', 'device'],
    ['/session/end', 'logout'],
  ] as const)
    await see(path, name)
  const [ines] = await authority.operations.listUsers({ search: 'ines' })
  await see(`/admin/users/${ines?.id}`, 'admin-user')
  await notes(page, `${demo?.apps[0]?.url}`, shot)
}

/** An app of the demo, with the session that is there. */
async function notes(page: Page, url: string, shot: Shot): Promise<void> {
  await page.goto(url)
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.locator('#api').waitFor()
  await shot('demo-app')
}

async function logIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(ADA.password)
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
}

function request(): URLSearchParams {
  return new URLSearchParams({
    client_id: 'shop',
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: 'openid profile email offline_access orders:read',
    resource: 'https://api.example',
    prompt: 'consent',
    code_challenge: createHash('sha256').update(randomBytes(32)).digest('base64url'),
    code_challenge_method: 'S256',
  })
}

await main(process.argv.slice(2))
