import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { getRequestListener } from '@hono/node-server'
import { buildDebuggerPage } from '../../../../scripts/build/debugger-page.ts'
import { openChromium } from '../../../../test/support/chromium.ts'
import { debuggerRoutes } from '../../src/server/debugger.ts'
import { startOn } from '../support/authority.ts'

const home = mkdtempSync(join(tmpdir(), 'countersign-debugger-'))
after(() => rmSync(home, { recursive: true }))
/** An unsigned token: {"sub":"ada"}. */
const TOKEN = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.'
const PATHS = ['/debugger', '/debugger/'] as const

/** The routes of the debugger by themselves. @returns where they are */
async function serve(t: TestContext, page: string): Promise<string> {
  const server = createServer(getRequestListener(debuggerRoutes(String(pathToFileURL(page))).fetch))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('where the page was not built, /debugger says how to build it, until it is there', async (t) => {
  const file = join(home, 'later.html')
  const origin = await serve(t, file)
  for (const path of PATHS) {
    const answer = await fetch(`${origin}${path}`)
    const html = await answer.text()
    assert.equal(answer.status, 404)
    assert.match(html, /npm run build/)
    assert.doesNotMatch(html, /<script/)
    assert.match(answer.headers.get('content-security-policy') ?? '', /script-src 'self'/)
  }
  writeFileSync(file, `<meta http-equiv="Content-Security-Policy" content="default-src 'none'">`)
  assert.equal((await fetch(`${origin}/debugger`)).status, 200)
})

test('a page without a policy is not served', async (t) => {
  const file = join(home, 'open.html')
  writeFileSync(file, '<script>alert(1)</script>')
  t.mock.method(console, 'error', () => {}) // Hono tells of it
  assert.equal((await fetch(`${await serve(t, file)}/debugger`)).status, 500)
})

test('/debugger is the page as it was built, under its own policy, and nobody may frame it', async (t) => {
  const file = join(home, 'debugger.html')
  const built = await buildDebuggerPage()
  writeFileSync(file, built)
  const origin = await serve(t, file)
  for (const path of PATHS) {
    const answer = await fetch(`${origin}${path}`)
    assert.equal(answer.status, 200)
    assert.equal(await answer.text(), built)
    const policy = (answer.headers.get('content-security-policy') ?? '').split('; ')
    for (const rule of ["default-src 'none'", "connect-src 'none'", "trusted-types 'none'", "frame-ancestors 'none'"])
      assert.ok(policy.includes(rule), rule)
    assert.ok(!policy.some((rule) => /'self'|unsafe|https?:|\*/.test(rule)), `${policy}`)
    assert.equal(answer.headers.get('content-type'), 'text/html; charset=UTF-8')
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
    assert.equal(answer.headers.get('x-frame-options'), 'DENY')
    assert.equal(answer.headers.get('cross-origin-opener-policy'), 'same-origin')
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.equal(answer.headers.get('set-cookie'), null)
  }
  const browser = await openChromium()
  if ('skipped' in browser) return t.skip(browser.skipped)
  t.after(() => browser.close())
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => complaints.push(message.text()))
  page.on('request', (request) => request.url() !== `${origin}/debugger` && complaints.push(request.url()))
  await page.goto(`${origin}/debugger`)
  await page.getByRole('textbox', { name: 'Token', exact: true }).fill(TOKEN)
  await page.getByRole('status').first().getByText('Unsigned').waitFor()
  await page.getByText('"ada"').first().waitFor()
  assert.deepEqual(complaints, [])
})

test('an authority has /debugger, for everybody, whether it was built or not', async (t) => {
  const { issuer, stop } = await startOn('sqlite')
  t.after(stop)
  const isBuilt = existsSync(new URL(import.meta.resolve('countersign/debugger.html')))
  for (const path of PATHS) {
    const answer = await fetch(`${issuer}${path}`)
    const html = await answer.text()
    assert.equal(answer.status, isBuilt ? 200 : 404)
    assert.match(html, isBuilt ? /<title>countersign debugger/ : /npm run build/)
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
    assert.match(answer.headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/)
  }
  assert.equal((await fetch(`${issuer}/debugger/x`)).status, 404)
  assert.equal((await fetch(`${issuer}/debugger`, { method: 'POST' })).status, 404)
})
