import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { Locator } from 'playwright-core'
import { buildDebuggerPage } from '../../../scripts/build/debugger-page.ts'
import { axeFindings } from '../../authority/test/support/axe.ts'
import { servePage } from '../../countersign/src/cli/host/browser.ts'
import { keyFor, publicMembers, sign } from './support/keys.ts'
import { inChromium, NOW, type Opened } from './support/page.ts'

const { open, html, file } = inChromium(() => buildDebuggerPage({ online: true }))
const KID = '2026-a'
const JWKS = { keys: [{ ...publicMembers(keyFor('ES256')), kid: KID }] }

interface Remote {
  readonly origin: string
  /** `127.0.0.1:1234` */
  readonly host: string
  readonly asked: { readonly path: string; readonly headers: IncomingMessage['headers'] }[]
}

type Answer = (response: ServerResponse, remote: Remote) => void

const allowed = (response: ServerResponse): ServerResponse => response.setHeader('access-control-allow-origin', '*')

/** Another server on this machine, with keys and what may go wrong with them. */
async function remote(t: TestContext, answers: Readonly<Record<string, Answer>>): Promise<Remote> {
  const asked: Remote['asked'] = []
  const server = createServer(({ url = '', headers, method }, response) => {
    asked.push({ path: `${method} ${url}`, headers })
    const answer = answers[url]
    if (answer) answer(response, own)
    else allowed(response).writeHead(404).end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close().closeAllConnections())
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const own = { host, origin: `http://${host}`, asked }
  return own
}

const keys: Answer = (response) => allowed(response).end(JSON.stringify(JWKS))

/** Opens the page where it is hosted, with a token and a cookie that is nobody's business. */
async function hosted(t: TestContext, expected: RegExp): Promise<Opened | undefined> {
  const { port, close } = await servePage(file, 0)
  t.after(close)
  const opened = await open(t, { url: `http://127.0.0.1:${port}/`, expected })
  if (!opened) return undefined
  await opened.token.fill(await sign({ sub: 'ada', exp: NOW + 60 }, 'ES256', { kid: KID }))
  return opened
}

const address = ({ page }: Opened): Locator => page.getByRole('textbox', { name: /^Address of a JWK Set/ })
const fetching = (opened: Opened): Locator => opened.panel('Key')

test('step 15: the page that is hosted is alike, but that it may fetch, over https or from this machine', () => {
  const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html()) ?? []
  const rules = policy.split('; ')
  assert.ok(rules.includes('connect-src https: http://localhost:* http://127.0.0.1:*'), policy)
  for (const rule of ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "trusted-types 'none'"])
    assert.ok(rules.includes(rule), rule)
})

test('the file that is not hosted has neither the buttons nor a call of fetch', async () => {
  const offline = await buildDebuggerPage()
  assert.doesNotMatch(offline, /Discover the issuer|Address of a JWK Set/)
  assert.doesNotMatch(offline, /\bfetch\((?!['"`]https:\/\/example\.com)/)
  assert.match(html(), /Discover the issuer/)
})

test('step 15: a click names the host first, and fetches a JWK Set once, without credentials', async (t) => {
  const { host, origin, asked } = await remote(t, { '/jwks.json': keys })
  const opened = await hosted(t, new RegExp(host))
  if (!opened) return
  const { page } = opened
  await page.context().addCookies([{ name: 'session', value: 'secret', domain: '127.0.0.1', path: '/' }])
  const button = opened.button(/^Fetch the set/)
  assert.equal(await button.isDisabled(), true)
  await address(opened).fill(`${origin}/jwks.json`)
  assert.match(await button.innerText(), new RegExp(`from ${host}`))
  await opened.says(new RegExp(host), fetching(opened))
  assert.equal(asked.length, 0, 'nothing is asked before the click')
  await button.click()
  await opened.says(/Signature valid: ES256, kid 2026-a/)
  assert.deepEqual(
    asked.map(({ path }) => path),
    ['GET /jwks.json'],
  )
  const headers = asked[0]?.headers ?? {}
  for (const name of ['cookie', 'authorization', 'referer']) assert.equal(headers[name], undefined, name)
  await page.context().clearCookies()
})

test('step 15: an issuer is asked for its metadata, and its keys are taken where it says', async (t) => {
  const metadata: Answer = (response, { origin }) =>
    allowed(response).end(JSON.stringify({ issuer: origin, jwks_uri: `${origin}/keys` }))
  const { host, origin, asked } = await remote(t, { '/.well-known/openid-configuration': metadata, '/keys': keys })
  const opened = await hosted(t, new RegExp(host))
  if (!opened) return
  await address(opened).fill(origin)
  await opened.button(/^Discover the issuer/).click()
  await opened.says(/Signature valid/)
  assert.deepEqual(
    asked.map(({ path }) => path),
    ['GET /.well-known/openid-configuration', 'GET /keys'],
  )
})

test('step 15: redirects are not followed, and what fails is told in words, CORS by its name', async (t) => {
  const elsewhere = await remote(t, { '/jwks.json': keys })
  const { host, origin } = await remote(t, {
    '/moved': (response) =>
      allowed(response)
        .writeHead(302, { location: `${elsewhere.origin}/jwks.json` })
        .end(),
    '/closed': (response) => response.end(JSON.stringify(JWKS)),
    '/broken': (response) => allowed(response).end('<html>'),
    '/other': (response) => allowed(response).end('{"keys":12}'),
    '/large': (response) => allowed(response).end(`{"keys":[],"x":"${'x'.repeat(2_000_000)}"}`),
    '/.well-known/openid-configuration': (response) =>
      allowed(response).end(
        JSON.stringify({ issuer: 'https://other.example', jwks_uri: `${elsewhere.origin}/jwks.json` }),
      ),
  })
  const opened = await hosted(t, new RegExp(`${host}|Failed to load|CORS|ERR_FAILED|net::`))
  if (!opened) return
  const said = fetching(opened)
  for (const [path, pattern] of [
    ['/moved', /cannot be reached, leads elsewhere, or does not let pages of others read it \(CORS\)/],
    ['/closed', /\(CORS\)[\s\S]*countersign jwks/],
    ['/absent', /HTTP status 404/],
    ['/broken', /no JSON/],
    ['/large', /more than 1048576 octets/],
    ['/other', /error\[CS_\w+\]/],
  ] as const) {
    await address(opened).fill(`${origin}${path}`)
    await opened.button(/^Fetch the set/).click()
    await opened.says(pattern, said)
    assert.doesNotMatch(await opened.status.innerText(), /Signature valid/)
    await opened.key.fill('')
  }
  await address(opened).fill(origin)
  await opened.button(/^Discover the issuer/).click()
  await opened.says(/names the issuer "https:\/\/other\.example"/, said)
  assert.deepEqual(elsewhere.asked, [])
  assert.deepEqual(await axeFindings(opened.page), [])
})

test('step 15: metadata from afar leads to no service of this machine, and names its issuer to the character', async (t) => {
  const here = await remote(t, { '/keys': keys })
  const opened = await hosted(t, /id\.example\.com/)
  if (!opened) return
  const { page } = opened
  const said = fetching(opened)
  for (const [issuer, jwksUri, pattern] of [
    ['https://id.example.com', `${here.origin}/keys`, /jwks_uri is on this machine, and the issuer is not/],
    ['https://id.example.com/', 'https://id.example.com/keys', /names the issuer "https:\/\/id\.example\.com\/"/],
  ] as const) {
    await page.route('https://id.example.com/**', (route) =>
      route.fulfill({
        headers: { 'access-control-allow-origin': '*' },
        json: { issuer, jwks_uri: jwksUri },
      }),
    )
    await address(opened).fill('https://id.example.com')
    await opened.button(/^Discover the issuer/).click()
    await opened.says(pattern, said)
    await page.unrouteAll()
  }
  assert.deepEqual(here.asked, [])
})

test('step 15: a key that is typed while another is fetched stays', async (t) => {
  let answer = (): void => undefined
  const late = new Promise<void>((resolve) => {
    answer = resolve
  })
  const slow: Answer = async (response) => {
    await late
    allowed(response).end(JSON.stringify(JWKS))
  }
  const { host, origin } = await remote(t, { '/jwks.json': slow })
  const opened = await hosted(t, new RegExp(host))
  if (!opened) return
  await address(opened).fill(`${origin}/jwks.json`)
  await opened.button(/^Fetch the set/).click()
  await opened.says(/Fetching from/, fetching(opened))
  await opened.key.fill('a secret of my own')
  answer()
  await opened.says(/A click asks/, fetching(opened))
  assert.equal(await opened.key.inputValue(), 'a secret of my own')
})

test('step 15: what is no address of https, or of this machine, cannot be asked', async (t) => {
  const opened = await hosted(t, /^$/)
  if (!opened) return
  for (const text of [
    'http://example.com/jwks',
    'ftp://example.com/',
    'javascript:alert(1)',
    'data:application/json,{}',
    '//x',
    'x',
  ]) {
    await address(opened).fill(text)
    assert.equal(await opened.button(/^Fetch the set/).isDisabled(), true, text)
    assert.equal(await opened.button(/^Discover the issuer/).isDisabled(), true, text)
  }
})
