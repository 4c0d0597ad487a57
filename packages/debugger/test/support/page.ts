import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { Browser, Locator, Page } from 'playwright-core'
import { buildDebuggerPage } from '../../../../scripts/build/debugger-page.ts'
import { openChromium, type Skipped } from '../../../../test/support/chromium.ts'
import { NOW } from '../../../countersign/test/cli/support/memory-host.ts'

/** How a page is opened; the clock stands still unless it is told otherwise. */
export interface View extends NonNullable<Parameters<Browser['newPage']>[0]> {
  /** Where it is, if not at its file; with a fragment, if at all. */
  readonly url?: string
  readonly hash?: string
  /** What the browser may complain of, and be right. */
  readonly expected?: RegExp
  /** Has the clock go on by itself. */
  readonly ticking?: boolean
}

export interface Suite {
  html(): string
  /** The file that the page is in. */
  readonly file: string
  /** Opens the page. Nothing where there is no browser: the test is skipped then. */
  open(t: TestContext, view?: View): Promise<Opened | undefined>
}

/** How long something may take until it is seen, in milliseconds. */
const PATIENCE = 5_000

/** Builds the page once for a file of tests, and starts one browser for them. */
export function inChromium(build: () => Promise<string> = buildDebuggerPage): Suite {
  const home = mkdtempSync(join(tmpdir(), 'countersign-debugger-'))
  const file = join(home, 'debugger.html')
  let browser: Browser | Skipped | undefined
  let html = ''
  before(async () => {
    ;[html, browser] = await Promise.all([build(), openChromium()])
    writeFileSync(file, html)
  })
  after(async () => {
    rmSync(home, { recursive: true })
    if (browser && !('skipped' in browser)) await browser.close()
  })
  return {
    html: () => html,
    file,
    async open(t, { url = String(pathToFileURL(file)), hash = '', expected, ticking = false, ...view } = {}) {
      if (browser === undefined || 'skipped' in browser) {
        t.skip(browser?.skipped)
        return undefined
      }
      const page = await browser.newPage({ reducedMotion: 'reduce', ...view })
      page.setDefaultTimeout(PATIENCE)
      const opened = new Opened(page)
      page.on('pageerror', (error) => opened.complaints.push(error.message))
      page.on('console', (message) => {
        if (!expected?.test(message.text())) opened.complaints.push(message.text())
      })
      page.on('dialog', (dialog) => {
        opened.complaints.push(`a dialog: ${dialog.message()}`)
        void dialog.dismiss()
      })
      page.on('request', (request) => {
        if (request.url().replace(/#.*/s, '') !== url && !expected?.test(request.url()))
          opened.complaints.push(request.url())
      })
      t.after(async () => {
        try {
          await opened.heldToItsWord()
        } finally {
          await page.close()
        }
      })
      if (!ticking) await page.clock.setFixedTime(NOW * 1000)
      await page.goto(`${url}${hash}`)
      return opened
    },
  }
}

/** An open page, by the names that its parts have for everybody. */
export class Opened {
  readonly page: Page
  /** What the browser complained of, and what the page asked for beside itself. */
  readonly complaints: string[] = []
  readonly token: Locator
  readonly key: Locator
  /** What is known of the token; of one inside another, the second. */
  readonly status: Locator

  constructor(page: Page) {
    this.page = page
    this.token = page.getByRole('textbox', { name: 'Token', exact: true }).first()
    this.key = page.getByRole('textbox', { name: 'Key', exact: true }).first()
    this.status = page.getByRole('status').first()
  }

  /** A numbered part of the page, by its heading. */
  panel(title: string): Locator {
    return this.page.getByRole('region', { name: new RegExp(`^(\\d )?${title}`) }).first()
  }

  button(name: string | RegExp): Locator {
    return this.page
      .getByRole('button', typeof name === 'string' ? { name, exact: true } : { name })
      .filter({ visible: true })
      .first()
  }

  /** Puts token and key into their fields. */
  async give(token: string, key?: string): Promise<void> {
    await this.token.fill(token)
    if (key !== undefined) await this.key.fill(key)
  }

  /** Waits until a part of the page says something. @returns all that it says then */
  async says(pattern: RegExp, where: Locator = this.status): Promise<string> {
    try {
      await where.filter({ hasText: pattern }).first().waitFor()
    } catch {
      assert.match(await where.first().innerText(), pattern)
    }
    return where.first().innerText()
  }

  /**
   * Waits until something is so in the page. Playwright's own way would evaluate text there, which its policy refuses.
   *
   * @param expression - JavaScript
   */
  async until(expression: string): Promise<void> {
    for (let left = PATIENCE / 25; left > 0; left--) {
      if (await this.page.evaluate(expression)) return
      await sleep(25)
    }
    assert.fail(`it never was so: ${expression}`)
  }

  /** Waits until the verdict says something, and holds that it does not say that the signature is valid. */
  async refuses(pattern: RegExp, why: string): Promise<string> {
    const said = await this.says(pattern)
    assert.doesNotMatch(said, /signature valid|claims accepted/i, why)
    assert.equal(await this.status.locator('.good').count(), 0, why)
    return said
  }

  /** Nothing was asked for, nothing complained of, and nothing is kept but how the page looks. */
  async heldToItsWord(): Promise<void> {
    assert.deepEqual(this.complaints, [])
    const kept = (await this.page.evaluate(STORAGE)) as Kept
    assert.deepEqual(
      { ...kept, local: kept.local.filter(([name]) => !/^(countersign[-.:]?)?(theme|zone)$/.test(name)) },
      { local: [], session: [], cookies: '', databases: [], caches: [] },
    )
    for (const [, value] of kept.local) assert.ok(value.length <= 10, value)
  }
}

interface Kept {
  readonly local: readonly (readonly [name: string, value: string])[]
  readonly session: readonly unknown[]
  readonly cookies: string
  readonly databases: readonly unknown[]
  readonly caches: readonly unknown[]
}

const STORAGE = `(async () => ({
  local: Object.entries(localStorage),
  session: Object.entries(sessionStorage),
  cookies: document.cookie,
  databases: await indexedDB.databases(),
  caches: await caches.keys().catch(() => []),
}))()`

export const encoded = (text: string): string => Buffer.from(text).toString('base64url')

/** A token whose signature nobody made. */
export const tokenOf = (payload: string, header = '{"alg":"ES256","kid":"2026-a"}'): string =>
  `${encoded(header)}.${encoded(payload)}.${'A'.repeat(86)}`

export const PLAIN: string = tokenOf('{"sub":"ada"}')

export { NOW }
