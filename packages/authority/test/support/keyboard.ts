import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'

/** Presses Tab until something of this name has the focus, where it can be seen. */
export async function tabTo(page: Page, name: string): Promise<void> {
  const passed: string[] = []
  for (let left = 40; left > 0; left--) {
    await page.keyboard.press('Tab')
    const focused = page.locator(':focus')
    if ((await focused.count()) === 0) continue
    const called = /"(.*?)"/.exec(await focused.ariaSnapshot())?.[1] ?? ''
    passed.push(called)
    if (called !== name) continue
    assert.equal(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle'), 'solid', name)
    return
  }
  assert.fail(`${name} was not among ${passed.join(', ')}`)
}

/** Goes to something by Tab and presses Enter, and waits for the page that it leads to. */
export async function pressOn(page: Page, name: string): Promise<void> {
  await tabTo(page, name)
  await Promise.all([page.waitForEvent('domcontentloaded'), page.keyboard.press('Enter')])
}
