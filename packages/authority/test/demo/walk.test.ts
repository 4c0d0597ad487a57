import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { decodeUnverified } from 'countersign'
import type { Browser, Page } from 'playwright-core'
import { openChromium, type Skipped } from '../../../../test/support/chromium.ts'
import { COMMANDS } from '../../src/cli/main.ts'
import { parseCommandLine } from '../../src/cli/parse.ts'
import { axeFindings } from '../support/axe.ts'
import { CONTRASTS } from '../support/contrasts.ts'
import type { Credentials } from '../support/user-agent.ts'
import { type DemoForTests, startForTest } from './support.ts'

let browser: Browser | Skipped
let demo: DemoForTests
const ends: (() => unknown)[] = []

before(async () => {
  browser = await openChromium()
  demo = await startForTest({ after: (end) => ends.push(end as () => unknown) })
})

after(async () => {
  for (const end of ends) await end()
  if (!('skipped' in browser)) await browser.close()
})

type View = NonNullable<Parameters<Browser['newContext']>[0]>

/** A page in a browser of its own. @param complaints - all that it complains about, and every request to elsewhere */
async function open(view: View, complaints: string[]): Promise<Page> {
  assert.ok(!('skipped' in browser))
  const context = await browser.newContext({ reducedMotion: 'reduce', ...view })
  ends.unshift(() => context.close())
  const page = await context.newPage()
  const places = [demo.issuer, demo.notes, demo.photos, demo.api].map((origin) => `${origin}/`)
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => complaints.push(message.text()))
  page.on('request', (request) => {
    if (places.some((place) => request.url().startsWith(place)) || request.url().startsWith('data:')) return
    complaints.push(`request to ${request.url()}`)
  })
  return page
}

/** To look at the pages: SCREENSHOTS names a folder. */
async function shoot(page: Page, name: string): Promise<void> {
  const { SCREENSHOTS } = process.env
  if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true })
}

/** Somebody who goes through the demo. */
interface Person {
  readonly page: Page
  readonly credentials: Credentials
  /** A token of theirs, once they have one. */
  token: string
}

const follow = (page: Page, name: string): Promise<void> => page.getByRole('link', { name, exact: true }).click()
const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click()
const home = (page: Page): Promise<unknown> => page.goto(demo.issuer)
const kidOf = (token: string): string => String(decodeUnverified(token).header['kid'])

/** Steps 1 to 4: what is seen of a login, of a token, of the API and of the keys. */
async function walkToTheKeys(person: Person): Promise<void> {
  const { page, credentials } = person
  await home(page)
  await page.getByText('The password is in the terminal').waitFor()
  await follow(page, 'Open Notes')
  await press(page, 'Log in')
  await page.getByLabel(/e-?mail/i).fill(credentials.email)
  await page.getByLabel('Password', { exact: true }).fill(credentials.password)
  await press(page, 'Log in')
  await page.getByRole('heading', { name: /^Hello, / }).waitFor()

  await home(page)
  const who = `You are logged in here as ${credentials.email}. So far this login was used for Notes.`
  await page.getByRole('status').filter({ hasText: who }).waitFor()
  await follow(page, 'See your token')
  assert.equal(page.url(), `${demo.notes}/#access-token`)

  await home(page)
  await follow(page, 'Ask the API')
  await press(page, 'GET /notes')
  await page.getByText('200 OK').waitFor()
  await press(page, 'POST /admin')
  await page.getByText('403 Forbidden').waitFor()
  await home(page)
  await promote(page, credentials)
  await follow(page, 'See your token')
  await press(page, 'Get a new access token')
  await press(page, 'POST /admin')
  await page.getByText('200 OK').waitFor()
  person.token = await page.locator('.token').innerText()

  await home(page)
  assert.match(
    await page.locator('#keys .panel').innerText(),
    new RegExp(`${kidOf(person.token).slice(0, 8)}\\s+ES256\\s+signs`),
  )
  await follow(page, 'Open the JWK Set')
  assert.ok((await page.locator('body').innerText()).includes(`"kid":"${kidOf(person.token)}"`))
}

/** Runs the command of the page for somebody. */
async function promote(page: Page, { email }: Credentials): Promise<void> {
  const command = await page.locator('#api .command').innerText()
  const words = command.replace(demo.reader.email, email).trim().split(/\s+/)
  assert.deepEqual(words.slice(0, 2), ['npx', 'countersign-authority'])
  const parsed = parseCommandLine(words.slice(2), COMMANDS)
  assert.equal(parsed.kind, 'run', command)
  const roles = words.filter((_, index) => words[index - 1] === '--role')
  await demo.started.operations.updateUser(email, { roles })
}

/** Steps 5 and 6: the token at a stranger's, and an app that asks nothing. */
async function walkElsewhere({ page, token }: Person): Promise<void> {
  await home(page)
  await follow(page, 'Check it at the API')
  await page.getByLabel('Access token').fill(token)
  await press(page, 'Check the token')
  await page.getByRole('heading', { name: 'Accepted' }).waitFor()
  await follow(page, 'Back to the walk through the demo')
  await follow(page, 'Open Photos')
  await press(page, 'Log in')
  await page.getByRole('heading', { name: /^Hello, / }).waitFor()
  assert.equal(page.url(), `${demo.photos}/`)
  await home(page)
  assert.match(
    await page.locator('#second-app .panel').innerText(),
    /Notes\s+used your login\s+Photos\s+used your login/,
  )
}

/** Step 7: a key takes over from another while somebody watches. */
async function seeTheRotation(person: Person): Promise<void> {
  const { page, token } = person
  await home(page)
  await page.getByRole('link', { name: /^(Watch it|Look at it again)$/ }).click()
  // However long the machine takes: the page comes again by itself until it is done.
  await page.getByRole('button', { name: 'Once more' }).waitFor({ timeout: 90_000 })
  await page.getByRole('heading', { name: 'The new key signs' }).waitFor()
  assert.equal(await page.locator('meta[http-equiv]').count(), 0, 'there is nothing more to wait for')
  assert.match(await page.locator('.score').innerText(), /^[1-9]\d+ tokens verified, 0 refused$/)
  const [older, newer] = await page.locator('.key code').allInnerTexts()
  assert.equal(kidOf(token).slice(0, 8), older)
  for (const kid of [older, newer])
    assert.ok((await page.locator('.verdicts').innerText()).includes(`key ${kid}, verifies`))

  await home(page)
  assert.match(
    await page.locator('#keys .panel').innerText(),
    new RegExp(`${older} ES256 verifies`.replaceAll(' ', '\\s+')),
  )
  await follow(page, 'Check it at the API')
  await page.getByLabel('Access token').fill(token)
  await press(page, 'Check the token')
  await page.getByRole('heading', { name: 'Accepted' }).waitFor()
  await page.goto(demo.notes)
  await press(page, 'Get a new access token')
  await page.waitForURL(/#access-token$/)
  assert.equal(kidOf(await page.locator('.token').innerText()).slice(0, 8), newer)
}

/** Step 8: one logout for all. */
async function walkOut({ page }: Person): Promise<void> {
  await home(page)
  await follow(page, 'Log out')
  await page.locator('button[name=logout]').click()
  await page.waitForURL(`${demo.issuer}/session/end/success`)
  for (const [name, app] of [
    ['Notes', demo.notes],
    ['Photos', demo.photos],
  ] as const) {
    await page.goto(app)
    await page.getByText(`it told ${name} with a logout token`).waitFor()
  }
  await home(page)
  await page.getByText('The password is in the terminal').waitFor()
}

// Most of a walk is waiting for a key.
describe('the walk', { concurrency: true }, () => {
  test('people go through the whole demo, with JavaScript and without, and no token is refused while a key changes', async (t) => {
    if ('skipped' in browser) return t.skip(browser.skipped)
    const other = { email: 'reader@example.com', password: 'correct horse battery' }
    await demo.started.operations.addUser({ ...other, roles: ['reader'] })
    const complaints: string[] = []
    const people: Person[] = [
      { page: await open({ javaScriptEnabled: false }, complaints), credentials: demo.reader, token: '' },
      { page: await open({ colorScheme: 'dark' }, complaints), credentials: other, token: '' },
    ]
    for (const step of [walkToTheKeys, walkElsewhere]) await Promise.all(people.map(step))
    for (const { page } of people.slice(0, 1)) await press(page, 'Rotate the keys now')
    for (const step of [seeTheRotation, walkOut]) await Promise.all(people.map(step))
    assert.deepEqual(complaints, [])
  })

  test('the program on the page verifies a token on any machine, and refuses another', async () => {
    const html = await (await fetch(demo.issuer)).text()
    const [, shown = ''] = /<pre [^>]*id="snippet"[^>]*><code>(.*?)<\/code>/s.exec(html) ?? []
    const program = shown.replaceAll('&#39;', "'").replaceAll('&quot;', '"').replaceAll('&gt;', '>')
    assert.doesNotMatch(program, /[<&]/)
    // Beside the packages, where `countersign` is found as if it had been installed.
    const folder = mkdtempSync(join(fileURLToPath(new URL('..', import.meta.url)), '.snippet-'))
    try {
      const file = join(folder, 'verify.mjs')
      writeFileSync(file, program)
      const run = async (token: string): Promise<{ code: unknown; out: string; err: string }> => {
        const child = spawn(process.execPath, [file], { stdio: 'pipe' })
        child.stdin.end(`${token}\n`)
        const ended = new Promise((resolve) => child.once('exit', resolve))
        const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
        return { code, out, err }
      }
      const token = await demo.tokenOf({ name: 'Dana' })
      const [good, bad] = await Promise.all([run(token), run(`${token.slice(0, -8)}AAAAAAAA`)])
      assert.deepEqual([good.code, good.err], [0, ''])
      assert.match(good.out, /name: 'Dana'/)
      assert.equal(bad.code, 1)
      assert.match(bad.err, /CS_SIGNATURE/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`every wide page fits 320 px, each text on it can be read (WCAG 1.4.3, 1.4.10), and axe-core finds nothing: ${colorScheme}`, async (t) => {
      if ('skipped' in browser) return t.skip(browser.skipped)
      const complaints: string[] = []
      const page = await open({ colorScheme, viewport: { width: 320, height: 640 } }, complaints)
      const places = ['/', '/demo/rotation', '/demo/code/take-apart', '/demo/code/password'].map(
        (path) => demo.issuer + path,
      )
      for (const [index, url] of [...places, `${demo.api}/verify`].entries()) {
        await page.goto(url)
        await shoot(page, `walk-${index}-${colorScheme}`)
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320, url)
        const texts = (await page.evaluate(CONTRASTS)) as readonly { text: string; ratio: number }[]
        for (const { text: words, ratio } of texts)
          assert.ok(ratio >= 4.5, `${url}: ${words} has ${ratio.toFixed(2)}:1`)
        assert.deepEqual(await axeFindings(page), [], url)
        const levels = (await page.evaluate(
          '[...document.querySelectorAll("h1,h2,h3")].map((h) => +h.tagName[1])',
        )) as number[]
        assert.equal(levels.filter((level) => level === 1).length, 1)
        for (const [at, level] of levels.entries())
          assert.ok(level <= (levels[at - 1] ?? 0) + 1, `${url}: headings ${levels}`)
      }
      assert.deepEqual(complaints, [])
    })
  }
})
