import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { formTo, inAccount, isIn, isLogin, openPage, recorded, send, textOf } from '../support/account.ts'
import type { Credentials, Page, UserAgent } from '../support/user-agent.ts'
import {
  addClient,
  authorize,
  newBrowser,
  openWorld,
  post,
  redeem,
  refused,
  setState,
  type World,
} from '../support/world.ts'

const PAGES = ['/account', '/account/password', '/account/security', '/account/sessions', '/account/security/app']
const NASTY = `<script>alert(1)</script>"'&<img src=x>`

describe('the pages of an account', () => {
  let world: World
  let count = 0
  before(async () => {
    world = await openWorld('sqlite')
  })
  after(() => world.stop())

  /** Somebody new, so that no test is in the way of another. */
  const somebody = async (): Promise<Credentials & { readonly id: string }> => {
    const credentials = { email: `person${++count}@example.org`, password: 'correct horse battery' }
    const { user } = await world.operations.addUser({ ...credentials, name: 'Some Body' })
    return { ...credentials, id: user.id }
  }

  test('who is not logged in logs in, and comes back to the place', async () => {
    const person = await somebody()
    for (const path of PAGES) {
      const agent = newBrowser()
      const login = await agent.get(`${world.issuer}${path}`)
      assert.ok(isLogin(login), path)
      assert.ok(!login.html.includes(person.email), path)
      const page = await agent.submit(login, { email: person.email, password: person.password })
      assert.equal(page.url, `${world.issuer}${path}`)
      assert.equal(page.status, 200)
      assert.match(String(page.headers['cache-control']), /no-store/)
      assert.match(String(page.headers['content-security-policy']), /default-src 'none'/)
      assert.equal(page.headers['referrer-policy'], 'same-origin')
    }
  })

  test('a login that was cancelled ends at a page that offers another one', async () => {
    const agent = newBrowser()
    const login = await agent.get(`${world.issuer}/account`)
    const abort = login.forms.find(({ action }) => action.endsWith('/abort'))
    assert.ok(abort)
    const page = await agent.submit(login, {}, { form: abort })
    assert.equal(page.status, 400)
    assert.match(page.html, /access_denied.*|You did not log in/s)
    assert.match(page.html, /href="\/account"/)
    for (const error of ['<b>x</b>', 'server_error', '%0d%0a'])
      assert.ok(!(await agent.get(`${world.issuer}/account?error=${error}`)).html.includes('<b>'), error)
  })

  test('an answer to a login leads to a page of ours, whatever it says', async () => {
    const { agent } = await inAccount(world, await somebody())
    for (const state of [
      'https://evil.example',
      '//evil.example',
      '/account/../token',
      '/login/x',
      '/\\evil.example',
    ]) {
      const page = await agent.get(`${world.issuer}/account?code=x&state=${encodeURIComponent(state)}`)
      assert.equal(page.url, `${world.issuer}/account`, state)
    }
  })

  test('somebody who was disabled meanwhile sees nothing, and is not sent around', async () => {
    const person = await somebody()
    const { agent } = await inAccount(world, person)
    await setState(world, person.id, 'disabled')
    for (const path of PAGES) {
      const page = await agent.get(`${world.issuer}${path}`)
      assert.ok(!page.html.includes(person.email), path)
      assert.notEqual(new URL(page.url).pathname, path)
    }
  })

  test('the overview says who somebody is, and takes another name', async () => {
    const { agent, page } = await inAccount(world, world.user)
    assert.match(textOf(page), /E-mail address ada@example\.org Roles editor admin Member since \d+ \w+ \d{4} at/)
    const changed = await send(agent, page, '/account', { name: ' Ada Lovelace ' })
    assert.equal(changed.url, `${world.issuer}/account?done=name`)
    assert.match(changed.html, /role="status">Your name is changed\./)
    assert.match(changed.html, /value="Ada Lovelace"/)
    assert.deepEqual((await world.instances[0]?.users.find(world.user.id))?.roles, ['editor', 'admin'])
    assert.equal((await recorded(world, world.user.id))[0], 'account.name_changed')
    for (const name of ['', '   ', 'a\u202eb', 'x'.repeat(201)]) {
      const refused = await send(agent, page, '/account', { name })
      assert.equal(refused.status, 400, name)
      assert.match(refused.html, /<title>Error: /)
    }
    assert.equal((await agent.get(`${world.issuer}/account?done=%3Cb%3E`)).html.includes('notice'), false)
  })

  test('a name is text, whatever is in it', async () => {
    const { agent, page } = await inAccount(world, await somebody())
    await send(agent, page, '/account', { name: NASTY })
    for (const path of PAGES) {
      const { html } = await agent.get(`${world.issuer}${path}`)
      assert.ok(!html.includes('<script') && !html.includes('<img'), path)
    }
  })

  test('a way to the administration is shown to administrators alone', async () => {
    const person = await somebody()
    const { agent, page } = await inAccount(world, person)
    assert.ok(!page.html.includes('/admin'))
    await world.operations.updateUser(person.id, { roles: ['authority:admin'] })
    assert.match((await agent.get(page.url)).html, /href="\/admin"/)
  })

  describe('the password', () => {
    const change = (agent: UserAgent, page: Page, current: string, next: string, again = next): Promise<Page> =>
      send(agent, page, '/account/password', { current_password: current, new_password: next, again })

    test('is changed by who knows it, and every other session ends', async () => {
      const person = await somebody()
      const other = await inAccount(world, person)
      const { agent, page } = await inAccount(world, person, '/account/password')
      const done = await change(agent, page, person.password, 'a better one by far')
      assert.equal(done.url, `${world.issuer}/account/password?done=password`)
      assert.match(done.html, /role="status">Your password is changed\. Everywhere else you are logged out\./)
      assert.equal(await isIn(agent, world), true)
      assert.equal(await isIn(other.agent, world), false)
      const old = await openPage(newBrowser(), world, '/account', person)
      assert.equal(old.status, 401)
      await inAccount(world, { ...person, password: 'a better one by far' })
      assert.equal((await recorded(world, person.id))[1], 'account.password_changed')
    })

    test('ends what apps were given, but for what this session has given them', async () => {
      const person = await somebody()
      const client = await addClient(world, { type: 'web', trusted: false })
      const asked = { scope: 'openid offline_access', prompt: 'consent' }
      const letIn = async (agent: UserAgent): Promise<string> => {
        const as = { ...world, user: { ...world.user, ...person } }
        return String((await redeem(client, await authorize(as, client, asked, agent))).refresh_token)
      }
      const thief = newBrowser()
      const stolen = await letIn(thief)
      // Access that is given for when somebody is away outlives the session.
      await thief.submit(await thief.get(`${world.issuer}/session/end`), { logout: 'yes' })
      const { agent, page } = await inAccount(world, person, '/account/password')
      const own = await letIn(agent)
      await change(agent, page, person.password, 'a better one by far')
      const refresh = (token: string) =>
        post(world, '/token', { grant_type: 'refresh_token', refresh_token: token }, client)
      refused(await refresh(stolen), 'invalid_grant')
      assert.equal((await refresh(own)).status, 200)
    })

    test('stays as it is where the current one is wrong, or the new one is none', async () => {
      const person = await somebody()
      const { agent, page } = await inAccount(world, person, '/account/password')
      const wrong = await change(agent, page, 'not this one', 'a better one by far')
      assert.equal(wrong.status, 401)
      assert.match(wrong.html, /id="current"[^>]* aria-invalid="true" aria-describedby="error"/)
      assert.equal((await recorded(world, person.id))[0], 'account.password_refused')
      for (const [next, again, field] of [
        ['short', 'short', 'next'],
        ['x'.repeat(1025), 'x'.repeat(1025), 'next'],
        ['a better one by far', 'a better one by fat', 'again'],
      ] as const) {
        const refused = await change(agent, page, person.password, next, again)
        assert.equal(refused.status, 400, next)
        assert.match(refused.html, new RegExp(`id="${field}"[^>]* aria-invalid="true" aria-describedby="error`))
        assert.ok(!refused.html.includes(`value="${next}"`))
      }
      await inAccount(world, person)
    })

    test('is not guessed at: wrong ones count as they do at the login', async () => {
      const person = await somebody()
      const { agent, page } = await inAccount(world, person, '/account/password')
      for (let left = 10; left > 0; left--)
        assert.equal((await change(agent, page, 'wrong', 'a new password')).status, 401)
      const limited = await change(agent, page, person.password, 'a new password')
      assert.equal(limited.status, 429)
      assert.ok(Number(limited.headers['retry-after']) > 60)
      assert.match(limited.html, /Wait \d+ minutes and try again/)
      assert.equal((await recorded(world, person.id))[0], 'account.password_refused')
    })
  })

  test('a form is taken from our own page for this very session, and from nowhere else', async () => {
    const person = await somebody()
    const { agent, page } = await inAccount(world, person)
    const { page: foreign } = await inAccount(world, await somebody())
    const before = await agent.get(`${world.issuer}/account/sessions`)
    const form = formTo(page, '/account')
    const id = formTo(before, '/account/sessions/end').fields.find(({ name }) => name === 'id')?.value ?? ''
    const token = formTo(foreign, '/account').fields.find(({ name }) => name === 'csrf')?.value ?? ''
    const fields = { name: 'Somebody Else', current_password: person.password, new_password: 'x'.repeat(9), id }
    for (const action of [
      '/account',
      '/account/password',
      '/account/sessions/end',
      '/account/sessions/everywhere',
      '/account/sessions/revoke',
      '/account/security/app',
      '/account/security/app/remove',
      '/account/security/codes',
      '/account/security/passkeys/new',
      '/account/security/passkeys/crd_1',
      '/account/security/passkeys/crd_1/remove',
    ]) {
      const to = { ...form, action }
      const refusals = [
        await agent.submit(page, fields, { form: to, headers: { origin: 'https://evil.example' } }),
        await agent.submit(page, fields, { form: to, headers: { 'sec-fetch-site': 'cross-site' } }),
        await agent.submit(page, fields, { form: to, headers: { origin: 'null' } }),
        await agent.submit(page, { ...fields, csrf: '' }, { form: to }),
        await agent.submit(page, { ...fields, csrf: token }, { form: to }),
        await agent.submit(page, {}, { form: { ...to, fields: [] } }),
      ]
      assert.deepEqual(
        refusals.map(({ status }) => status),
        [403, 403, 403, 403, 403, 403],
        action,
      )
      assert.match(String(refusals[0]?.html), /nothing was changed/)
    }
    assert.equal((await recorded(world, person.id))[0], 'account.form_refused')
    assert.match((await agent.get(`${world.issuer}/account`)).html, /value="Some Body"/)
    await inAccount(world, person)
  })

  test('a form that is too large is refused, and one of a session that ended changes nothing', async () => {
    const person = await somebody()
    const { agent, page } = await inAccount(world, person)
    const large = await send(agent, page, '/account', { name: 'x'.repeat(70_000) })
    assert.equal(large.status, 413)
    await world.operations.endSessions(person.id)
    assert.ok(isLogin(await send(agent, page, '/account', { name: 'Too Late' })))
    assert.equal((await world.instances[0]?.users.find(person.id))?.name, 'Some Body')
  })

  test('a form of who was logged in before is of no use to who is now', async () => {
    const [first, second] = [await somebody(), await somebody()]
    const { agent, page } = await inAccount(world, first)
    const again = await agent.get(
      `${world.issuer}/auth?${new URLSearchParams({
        client_id: 'countersign-account',
        response_type: 'code',
        scope: 'openid',
        redirect_uri: `${world.issuer}/account`,
        code_challenge: 'x'.repeat(43),
        code_challenge_method: 'S256',
        prompt: 'login',
      })}`,
    )
    const end = await agent.submit(again, { email: second.email, password: second.password })
    // The session of the first one ends for that, by a form that sends itself.
    const now = await agent.submit(end)
    assert.ok(now.html.includes(second.email), now.html)
    assert.equal((await send(agent, page, '/account', { name: 'Mixed Up' })).status, 403)
  })
})
