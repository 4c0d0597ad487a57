import assert from 'node:assert/strict'
import { test } from 'node:test'
import { axeFindings } from '../../authority/test/support/axe.ts'
import { inChromium } from './support/page.ts'
import { STATES, type State } from './support/states.ts'

const { open } = inChromium()

const states = await STATES()

const VIEWS = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 320 },
] as const

/** In the page: what sticks out to the right, and is not inside of something that scrolls by itself. */
const STICKS_OUT = `(() => {
  if (document.documentElement.scrollWidth <= innerWidth) return []
  return [...document.body.querySelectorAll('*')]
    .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
    .map((element) => element.tagName + ' ' + element.className + ' ' + element.textContent.slice(0, 40))
})()`

test('step 14 and 15: everybody can use every state, in both themes, at 320 px and with text of twice its size', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { page } = opened
  const found: string[] = []
  const look = async (where: string, findings: readonly string[]): Promise<void> => {
    found.push(...findings.map((finding) => `${where}: ${finding}`))
    const out = (await page.evaluate(STICKS_OUT)) as readonly string[]
    found.push(...out.map((one) => `${where}: sticks out: ${one}`))
  }
  const size = (percent: string): Promise<unknown> =>
    page.evaluate(`document.documentElement.style.setProperty('font-size', '${percent}')`)
  for (const state of states) {
    await state.enter(opened)
    for (const { colorScheme, width } of VIEWS) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 800 })
      await look(`${state.name}, ${colorScheme}, ${width} px`, await axeFindings(page))
    }
    // 320 px of room for text of twice the size, as a browser that enlarges it has it (WCAG 1.4.4).
    await page.setViewportSize({ width: 640, height: 800 })
    await size('200%')
    await look(`${state.name}, 200 %`, [])
    await size('')
    await page.setViewportSize({ width: 1280, height: 800 })
    await state.leave(opened)
  }
  assert.deepEqual(found, [])
})

test('the theme is chosen by a button, kept, and forgotten on demand', async (t) => {
  const opened = await open(t, { colorScheme: 'light' })
  if (!opened) return
  const { page } = opened
  const paper = async (): Promise<unknown> => page.evaluate('getComputedStyle(document.body).backgroundColor')
  const light = await paper()
  const theme = opened.button(/^Theme/)
  while (!/dark/.test((await theme.getAttribute('aria-label')) ?? '')) await theme.click()
  const dark = await paper()
  assert.notEqual(dark, light)
  await page.reload()
  assert.equal(await paper(), dark)
  await page.emulateMedia({ colorScheme: 'dark' })
  assert.equal(await paper(), dark)
  while (!/light/.test((await theme.getAttribute('aria-label')) ?? '')) await theme.click()
  assert.equal(await paper(), light)
  await opened.button(/^Offline/).click()
  await opened.button('Forget it').click()
  await page.keyboard.press('Escape')
  assert.equal(await page.evaluate('localStorage.length'), 0)
  assert.equal(await paper(), dark)
})

test('who wants no motion gets none', async (t) => {
  const opened = await open(t, { reducedMotion: 'reduce' })
  if (!opened) return
  const [state] = states.filter(({ name }) => name === 'verified') as [State]
  await state.enter(opened)
  const moving = `document.getAnimations().filter((one) => one.effect?.getComputedTiming().duration > 10).length`
  assert.equal(await opened.page.evaluate(moving), 0)
})
