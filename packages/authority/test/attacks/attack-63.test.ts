import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { asks, login, type Page, type UserAgent } from '../support/user-agent.ts'
import {
  addClient,
  authorize,
  codeGrant,
  errorOf,
  newBrowser,
  openWorld,
  post,
  refused,
  type TestClient,
  toRequest,
  type World,
} from '../support/world.ts'
import { atLogin, cookieLine, fieldOf, portOf, sendRaw, toFields, toRaw } from './http.ts'

const SESSION = 'countersign_session'

/** What a form of our own says besides its fields, and may not say. */
const FOREIGN: readonly (readonly [why: string, headers: (issuer: string) => readonly string[]])[] = [
  ['neither Origin nor Sec-Fetch-Site', () => []],
  ['no Origin', () => ['Sec-Fetch-Site: same-origin']],
  ['the Origin null', () => ['Origin: null']],
  ['an empty Origin', () => ['Origin: ']],
  ['a foreign Origin', () => ['Origin: https://evil.example']],
  ['an Origin that begins as ours', (issuer) => [`Origin: ${issuer}.evil.example`]],
  ['an Origin of another port', (issuer) => [`Origin: ${issuer}0`]],
  ['our Origin with a path', (issuer) => [`Origin: ${issuer}/`]],
  ['our Origin with another scheme', (issuer) => [`Origin: ${issuer.replace('http:', 'https:')}`]],
  ['two Origins', (issuer) => [`Origin: ${issuer}`, 'Origin: https://evil.example']],
  ['two Origins in one line', (issuer) => [`Origin: ${issuer}, ${issuer}`]],
  ['a Referer alone', (issuer) => [`Referer: ${issuer}/login/x`]],
  ['a cross-site request', (issuer) => [`Origin: ${issuer}`, 'Sec-Fetch-Site: cross-site']],
  ['a request of another port', (issuer) => [`Origin: ${issuer}`, 'Sec-Fetch-Site: same-site']],
  ['a request of no page', (issuer) => [`Origin: ${issuer}`, 'Sec-Fetch-Site: none']],
  ['a Sec-Fetch-Site of two', (issuer) => [`Origin: ${issuer}`, 'Sec-Fetch-Site: same-origin, cross-site']],
]

describe('attack 63 (cross-site forms, sessions, PKCE)', () => {
  let world: World
  let app: TestClient
  let asking: TestClient
  before(async () => {
    world = await openWorld('sqlite')
    app = await addClient(world, { client_id: 'app', type: 'web' })
    asking = await addClient(world, { client_id: 'asking', type: 'public', trusted: false })
  })
  after(() => world.stop())

  const post63 = (
    agent: UserAgent,
    path: string,
    fields: Readonly<Record<string, string>>,
    headers: readonly string[],
  ) =>
    sendRaw(
      portOf(world),
      toRaw({
        method: 'POST',
        target: path,
        headers: [
          cookieLine(agent, world.issuer + path),
          'Content-Type: application/x-www-form-urlencoded',
          ...headers,
        ],
        body: `${new URLSearchParams(fields)}`,
      }),
    )
  /** A browser in front of the question whether a client may have something. */
  const atConsent = async (): Promise<{ readonly agent: UserAgent; readonly page: Page }> => {
    const { agent, page } = await atLogin(asking, { scope: 'openid email' })
    return { agent, page: await agent.submit(page, toFields(world.user)) }
  }
  /** Whether the interaction is still open, and nobody is logged in by it. */
  const stillAsks = async (agent: UserAgent, { url }: Page, field: string): Promise<void> => {
    const page = await agent.get(url)
    assert.equal(page.status, 200)
    assert.ok(page.forms.some(({ fields, buttons }) => asks(fields, field) || asks(buttons, field)))
  }

  for (const [why, headers] of FOREIGN) {
    test(`the forms of login, consent and cancelling are refused with ${why}`, async () => {
      const { email, password } = world.user
      const start = await atLogin(app)
      const csrf = fieldOf(start.page, 'csrf')
      const { pathname } = new URL(start.page.url)
      for (const path of [pathname, `${pathname}/abort`]) {
        const { status, head } = await post63(start.agent, path, { email, password, csrf }, headers(world.issuer))
        assert.equal(status, 403, path)
        assert.doesNotMatch(head, /^(location|set-cookie):/im)
      }
      await stillAsks(start.agent, start.page, 'password')

      const consent = await atConsent()
      const fields = { csrf: fieldOf(consent.page, 'csrf'), decision: 'allow' }
      const { status, head } = await post63(
        consent.agent,
        new URL(consent.page.url).pathname,
        fields,
        headers(world.issuer),
      )
      assert.equal(status, 403)
      assert.doesNotMatch(head, /^location:/im)
      await stillAsks(consent.agent, consent.page, 'decision')
    })
  }

  test('a form is refused without its token, and with that of another form, interaction or person', async () => {
    const [mine, theirs] = [await atLogin(app), await atLogin(app)]
    const consent = await atConsent()
    const own = fieldOf(mine.page, 'csrf')
    const wrong = [undefined, '', 'x', own.slice(0, -1), `${own}x`, own.toUpperCase(), fieldOf(theirs.page, 'csrf')]
    const { pathname } = new URL(mine.page.url)
    const { email, password } = world.user
    const headers = [`Origin: ${world.issuer}`]
    for (const csrf of [...wrong, fieldOf(consent.page, 'csrf')]) {
      const fields = { email, password, ...(csrf !== undefined && { csrf }) }
      for (const path of [pathname, `${pathname}/abort`])
        assert.equal((await post63(mine.agent, path, fields, headers)).status, 403, `${path} ${csrf}`)
      const { status } = await post63(
        consent.agent,
        new URL(consent.page.url).pathname,
        { decision: 'allow', ...(csrf !== undefined && { csrf }) },
        csrf === fieldOf(consent.page, 'csrf') ? ['Origin: null'] : headers,
      )
      assert.equal(status, 403)
    }
    await stillAsks(mine.agent, mine.page, 'password')
  })

  test('a token of a form of 10 kB, or one that is a file, is refused', async () => {
    const { agent, page } = await atLogin(app)
    const { pathname } = new URL(page.url)
    const [boundary, csrf] = ['x', fieldOf(page, 'csrf')]
    const file = `--${boundary}\r\nContent-Disposition: form-data; name="csrf"; filename="a"\r\n\r\n${csrf}\r\n--${boundary}--\r\n`
    const answer = await sendRaw(
      portOf(world),
      toRaw({
        method: 'POST',
        target: pathname,
        headers: [
          cookieLine(agent, page.url),
          `Origin: ${world.issuer}`,
          `Content-Type: multipart/form-data; boundary=${boundary}`,
        ],
        body: file,
      }),
    )
    assert.equal(answer.status, 403)
    const long = await post63(agent, pathname, { csrf: 'x'.repeat(10_000) }, [`Origin: ${world.issuer}`])
    assert.equal(long.status, 403)
  })

  test('an interaction is refused to whoever has its address, and not its cookie', async () => {
    const victim = await atLogin(app)
    const { pathname } = new URL(victim.page.url)
    const thief = await atLogin(app)
    const fields = { ...toFields(world.user), csrf: fieldOf(victim.page, 'csrf') }
    const origin = [`Origin: ${world.issuer}`]
    for (const agent of [newBrowser(), thief.agent]) {
      assert.equal((await agent.get(victim.page.url)).status, 400)
      assert.equal((await post63(agent, pathname, fields, origin)).status, 400)
    }
    // The cookie of one interaction, sent along to another: its path is not what protects.
    const cookies = thief.agent.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
    const crossed = await sendRaw(
      portOf(world),
      toRaw({
        method: 'POST',
        target: pathname,
        headers: [`Cookie: ${cookies}`, 'Content-Type: application/x-www-form-urlencoded', ...origin],
        body: `${new URLSearchParams(fields)}`,
      }),
    )
    assert.equal(crossed.status, 400)
    await stillAsks(victim.agent, victim.page, 'password')
  })

  test('a cookie that was made up or changed is refused: its signature does not match', async () => {
    const { agent, page } = await atLogin(app)
    const { pathname } = new URL(page.url)
    const [pair] = agent.cookies.filter(({ name }) => name === 'countersign_interaction')
    const value = String(pair?.value)
    for (const cookie of [
      `countersign_interaction=${value}`,
      `countersign_interaction=${value}; countersign_interaction.sig=`,
      `countersign_interaction=${value}; countersign_interaction.sig=${'A'.repeat(27)}`,
    ]) {
      const answer = await sendRaw(portOf(world), toRaw({ target: pathname, headers: [`Cookie: ${cookie}`] }))
      assert.equal(answer.status, 400, cookie)
    }
  })

  test('nobody goes on with the login of another: the resume address is refused without its cookie', async () => {
    const { agent, page } = await atLogin(app)
    const uid = page.url.slice(page.url.lastIndexOf('/') + 1)
    const login63 = await post63(
      agent,
      new URL(page.url).pathname,
      { ...toFields(world.user), csrf: fieldOf(page, 'csrf') },
      [`Origin: ${world.issuer}`, 'Sec-Fetch-Site: same-origin'],
    )
    assert.equal(login63.status, 303)
    const resume = new URL(`/auth/${uid}`, world.issuer)
    for (const thief of [newBrowser(), (await atLogin(app)).agent]) {
      const answer = await thief.get(resume)
      assert.equal(answer.status, 400)
      assert.equal(answer.location, undefined)
    }
    assert.ok((await agent.get(resume)).location?.searchParams.get('code'))
    const again = await agent.get(resume)
    assert.equal(again.status, 400, 'a login was used twice')
  })

  test('a session id from before a login is worth nothing after it, and each login gives a new one', async () => {
    const { agent, page } = await atLogin(app)
    await agent.get(new URL('/device', world.issuer))
    const planted = agent.cookies.filter(({ name }) => name.startsWith(SESSION)).map((one) => ({ ...one }))
    assert.equal(planted.length, 2, 'there was no session before the login')
    await agent.submit(page, toFields(world.user))
    const id = (): string | undefined => agent.cookies.find(({ name }) => name === SESSION)?.value
    const first = id()
    assert.notEqual(first, planted.find(({ name }) => name === SESSION)?.value)

    const attacker = newBrowser()
    attacker.cookies.push(...planted)
    const { url } = await toRequest(app, { prompt: 'none' })
    assert.equal(errorOf((await attacker.get(url)).location), 'login_required')

    await login(agent, (await toRequest(app, { prompt: 'login' })).url, world.user)
    assert.notEqual(id(), first)
  })

  for (const [why, change] of [
    ['without a challenge', { code_challenge: undefined, code_challenge_method: undefined }],
    ['with the method plain', { code_challenge_method: 'plain' }],
    ['without a method, which is plain', { code_challenge_method: undefined }],
    ['with the method s256', { code_challenge_method: 's256' }],
    ['with the method none', { code_challenge_method: 'none' }],
    ['with a method and no challenge', { code_challenge: undefined }],
    ['with an empty challenge', { code_challenge: '' }],
    ['with a challenge of 42 characters', { code_challenge: 'x'.repeat(42) }],
    ['with a challenge of other characters', { code_challenge: '=+/'.repeat(15) }],
  ] as const) {
    test(`a request for a code ${why} is refused (RFC 7636 §4.4.1), pushed or not`, async () => {
      for (const client of [app, asking]) {
        const { url } = await toRequest(client)
        for (const [name, value] of Object.entries<string | undefined>(change)) {
          if (value === undefined) url.searchParams.delete(name)
          else url.searchParams.set(name, value)
        }
        const answer = await newBrowser().get(url)
        assert.equal(errorOf(answer.location), 'invalid_request')
        refused(await post(world, '/request', Object.fromEntries(url.searchParams), client), 'invalid_request')
      }
    })
  }

  test('a code is refused without its verifier, and with the challenge or another one in its place', async () => {
    const [arrival, other] = [await authorize(world, app), await authorize(world, app)]
    const grant = codeGrant(arrival)
    const challenge = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(arrival.verifier))).toString(
      'base64url',
    )
    for (const code_verifier of [challenge, other.verifier, '', 'x', `${arrival.verifier}x`, '\0'.repeat(43)])
      assert.match(String((await post(world, '/token', { ...grant, code_verifier }, app)).body['error']), /^invalid_/)
    const { code_verifier: _verifier, ...without } = grant
    refused(await post(world, '/token', without, app), 'invalid_grant')
    assert.equal((await post(world, '/token', grant, app)).status, 200)
  })

  for (const type of ['token', 'id_token', 'id_token token', 'code id_token', 'code token', 'none', '', 'CODE'])
    test(`the response type ${JSON.stringify(type)} is refused: tokens are not in URLs`, async () => {
      const { url } = await toRequest(app, { response_type: type })
      const { location } = await newBrowser().get(url)
      const said = new URLSearchParams(location?.hash.slice(1) || location?.search)
      assert.match(String(said.get('error')), /^(unsupported_response_type|invalid_request)$/)
      for (const name of ['code', 'access_token', 'id_token']) assert.equal(said.get(name), null)
    })

  for (const mode of ['fragment', 'web_message', 'jwt', 'form_post.jwt', 'x'])
    test(`the response mode ${mode} gives no code away to a page that listens`, async () => {
      const { location, html } = await world.browser.get((await toRequest(app, { response_mode: mode })).url)
      if (mode !== 'fragment') assert.equal(errorOf(location), location && 'unsupported_response_mode')
      assert.doesNotMatch(html, /postMessage/)
    })
})
