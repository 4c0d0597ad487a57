import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyFor, publicMembers, sign } from './support/keys.ts'
import { inChromium, NOW, type Opened, PLAIN } from './support/page.ts'

const { open } = inChromium()

/** What has the focus: its role and name, as a screen reader says them. */
async function focused({ page }: Opened): Promise<string> {
  const at = page.locator(':focus')
  return (await at.count()) === 0 ? '' : ((await at.ariaSnapshot()).split('\n')[0] ?? '')
}

/** Presses Tab until something of this name has the focus, and holds that it is seen at each step. */
async function tabTo(opened: Opened, name: RegExp, key = 'Tab'): Promise<void> {
  const passed: string[] = []
  for (let left = 60; left > 0; left--) {
    await opened.page.keyboard.press(key)
    const at = await focused(opened)
    if (at === '') continue
    passed.push(at)
    assert.ok(await opened.page.evaluate(IS_SEEN), `${at} has the focus, and nobody sees it`)
    if (name.test(at)) return
  }
  assert.fail(`${name} was not among ${passed.join(', ')}`)
}

/** In the page: whether the focus has an outline that is drawn, on an element that is inside of the window. */
const IS_SEEN = `(() => {
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement)
  const box = document.activeElement.getBoundingClientRect()
  const isIn = box.bottom > 0 && box.top < innerHeight && box.width > 0 && box.height > 0
  return isIn && ((outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2) || boxShadow !== 'none')
})()`

test('step 14: by keyboard alone: paste, key, verify, copy', async (t) => {
  const opened = await open(t, { permissions: ['clipboard-read', 'clipboard-write'] })
  if (!opened) return
  const { page } = opened
  const { keyboard } = page
  assert.equal(
    await page.evaluate('document.activeElement === document.body'),
    true,
    'nothing takes the focus by itself',
  )
  const token = await sign({ sub: 'ada', exp: NOW + 60 }, 'ES256')
  const paste = async (text: string): Promise<void> => {
    await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`)
    await keyboard.press('ControlOrMeta+V')
  }
  await tabTo(opened, /textbox "Token"/)
  await paste(token)
  await opened.says(/Not verified/)
  await tabTo(opened, /textbox "Key"/)
  await paste(JSON.stringify(publicMembers(keyFor('ES256'))))
  await keyboard.press('ControlOrMeta+Enter')
  await opened.says(/Signature valid/)
  assert.match(await focused(opened), /status/)
  await keyboard.press('ControlOrMeta+Shift+C')
  const sheet = page.getByRole('dialog', { name: 'Copy as' })
  await sheet.waitFor()
  await tabTo(opened, /button "(Copy|Copied)[^"]*code/)
  await keyboard.press('Enter')
  await opened.until(`navigator.clipboard.readText().then((text) => text.startsWith('countersign verify'))`)
  await keyboard.press('Escape')
  assert.equal(await page.getByRole('dialog').count(), 0)
})

test('step 14: Tab goes through the page in the order in which it is read, and is caught nowhere', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { page } = opened
  await opened.give(PLAIN, JSON.stringify(publicMembers(keyFor('ES256'))))
  await opened.says(/Signature wrong/)
  await page.evaluate('document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute("tabindex")')
  const seen: { readonly name: string; readonly order: number }[] = []
  const ORDER = `[...document.querySelectorAll('*')].indexOf(document.activeElement)`
  for (let left = 100; left > 0; left--) {
    await page.keyboard.press('Tab')
    const order = (await page.evaluate(ORDER)) as number
    const name = await focused(opened)
    if (name === '' || order <= (seen.at(-1)?.order ?? -1)) break
    seen.push({ name, order })
    assert.ok(await page.evaluate(IS_SEEN), name)
  }
  assert.ok(seen.length > 15 && seen.length < 99, `${seen.map(({ name }) => name)}`)
  for (const name of ['textbox "Token"', 'textbox "Key"'])
    assert.ok(
      seen.some((one) => one.name.includes(name)),
      name,
    )
  assert.equal(await page.locator('[tabindex]:not([tabindex="0"]):not([tabindex="-1"])').count(), 0)
})

test('step 14: Alt and a number lead to the panels, Esc out of a field, ? to help, Ctrl K to all commands', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { page } = opened
  await opened.give(await sign({ sub: 'ada', exp: NOW + 60 }, 'ES256'))
  for (const [number, title] of ['Token', 'Header', 'Claims', 'Key', 'Timeline', 'Findings'].entries()) {
    await page.keyboard.press(`Alt+${number + 1}`)
    assert.match(await focused(opened), new RegExp(`heading "${title}`), title)
    assert.ok(await page.evaluate(IS_SEEN), title)
  }
  await opened.token.focus()
  await page.keyboard.type('?')
  assert.equal(await page.getByRole('dialog').count(), 0, 'a field takes what is typed')
  await page.keyboard.press('Escape')
  assert.equal(await page.evaluate(`document.activeElement.matches('textarea')`), false)
  await page.keyboard.press('Shift+?')
  await page.getByRole('dialog', { name: /Keyboard|Help/ }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').first().waitFor({ state: 'detached' })
  await page.keyboard.press('ControlOrMeta+K')
  const commands = page.getByRole('dialog', { name: 'Commands' })
  await commands.waitFor()
  await page.keyboard.type('build')
  await page.keyboard.press('Enter')
  await page.getByRole('textbox', { name: 'Token that was made' }).waitFor()
  assert.equal(await page.getByRole('dialog').count(), 0)
})

test('step 14: every sheet opens, keeps Tab inside, closes by Esc and gives the focus back', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { page } = opened
  await opened.give(PLAIN)
  for (const name of ['Keys', 'Copy as', 'Share', /^Offline/, /help/i]) {
    const button = opened.button(name)
    await button.focus()
    await page.keyboard.press('Enter')
    const sheet = page.getByRole('dialog')
    await sheet.waitFor()
    const [first] = await Promise.all([focused(opened)])
    assert.notEqual(first, '', String(name))
    for (let left = 25; left > 0; left--) {
      await page.keyboard.press('Tab')
      // Between the last and the first the browser's own bar has its turn.
      const place = await page.evaluate(
        `document.activeElement === document.body || document.querySelector('dialog').contains(document.activeElement)`,
      )
      assert.ok(place, `${name}: ${await focused(opened)}`)
    }
    await page.keyboard.press('Escape')
    await sheet.waitFor({ state: 'detached' })
    assert.equal(await button.and(page.locator(':focus')).count(), 1, String(name))
  }
})

test('an example, and away with it', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { page } = opened
  assert.match(await opened.status.innerText(), /Paste a token/)
  await opened.button('Show an example').press('Enter')
  await opened.says(/9007199254740993/, opened.panel('Claims'))
  await opened.button('Clear').press('Enter')
  assert.equal(await opened.token.inputValue(), '')
  assert.equal(await page.getByRole('region', { name: /^Claims/ }).count(), 0)
})
