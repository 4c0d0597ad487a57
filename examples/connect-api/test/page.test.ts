import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { openChromium } from '../../../test/support/chromium.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** The program, by its origin. */
async function start(t: TestContext): Promise<string> {
  const child = spawn(process.execPath, [MAIN], { env: { ...process.env, PORT: '0' } })
  t.after(() => child.kill('SIGKILL'))
  let printed = ''
  for await (const part of child.stdout) {
    printed += part
    if (printed.includes('Ctrl-C')) break
  }
  return /http:\/\/127\.0\.0\.1:\d+/.exec(printed)?.[0] ?? ''
}

/** A page of somebody else's on this machine. To a browser it is the same site: ports do not count. */
async function startElsewhere(t: TestContext): Promise<string> {
  const server = createServer((_request, response) => response.setHeader('Content-Type', 'text/html').end('hello'))
  t.after(() => server.close().closeAllConnections())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The next answers to requests for the orders, by their method. */
const answered = (page: Page, method: string) =>
  page.waitForResponse((response) => response.url().endsWith('/orders') && response.request().method() === method)

test('Chromium: the page orders with a cookie that it cannot read, and another page does not get that far', async (t) => {
  const browser = await openChromium()
  if ('skipped' in browser) return t.skip(browser.skipped)
  t.after(() => browser.close())
  const [origin, elsewhere] = [await start(t), await startElsewhere(t)]
  const context = await browser.newContext()
  const page = await context.newPage()

  const listed = answered(page, 'GET')
  await page.goto(origin)
  assert.deepEqual(await (await listed).json(), [])
  assert.equal(await page.evaluate('document.cookie'), '')
  const [placed, again] = [answered(page, 'POST'), answered(page, 'GET')]
  await page.getByRole('button', { name: 'Order' }).click()
  assert.equal((await placed).status(), 201)
  assert.deepEqual(await (await again).json(), [{ owner: 'guest', item: 'tea' }])

  const other = await context.newPage()
  await other.goto(elsewhere)
  const refused = answered(other, 'POST')
  const order = JSON.stringify({ item: 'a ladder' })
  await other.evaluate(`void fetch('${origin}/orders', {
    method: 'POST', mode: 'no-cors', credentials: 'include', body: ${JSON.stringify(order)},
  })`)
  assert.equal((await refused).status(), 403) // and not 401: SameSite has not kept the cookie back

  const out = page.waitForResponse(`${origin}/logout`)
  await page.getByRole('button', { name: 'Log out' }).click()
  assert.equal((await out).status(), 200)
  assert.deepEqual(await context.cookies(origin), [])
})
