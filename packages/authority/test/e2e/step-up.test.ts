import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MULTI_FACTOR } from '../../src/accounts/assurance.ts'
import { addApp, addUser } from '../support/factors.ts'
import { cancel, fieldsOf, formTo, giveCode, givePassword, has, walksIn } from '../support/login-walk.ts'
import { errorOf, newBrowser, onEachTopology } from '../support/world.ts'

const STEP_UP = { acr_values: MULTI_FACTOR }
const UNMET = 'unmet_authentication_requirements'
const essential = (request: object): { readonly claims: string } => ({
  claims: JSON.stringify({ id_token: { acr: { essential: true, ...request } } }),
})

onEachTopology((world) => {
  const { start, tokensOf, withPassword, withCode, person } = walksIn(world)

  test('acr_values has somebody who is logged in show the second factor alone (RFC 9470 §4)', async () => {
    const user = await addUser(world())
    const agent = newBrowser()
    await tokensOf(withPassword(user), {}, agent)
    const app = await addApp(world(), user)
    const asked = await start(agent, { ...STEP_UP, prompt: 'none' })
    assert.equal(errorOf(asked.location), 'login_required')
    const { id, access } = await tokensOf(
      async (_agent, page) => {
        assert.ok(page.html.includes(user.email))
        assert.ok(!page.forms.some(({ fields }) => fields.some(({ name }) => name === 'password')))
        assert.equal((await giveCode(agent, page, '000000x')).status, 401)
        return giveCode(agent, page, await app.code())
      },
      STEP_UP,
      agent,
    )
    for (const claims of [id, access]) assert.deepEqual(claims?.['amr'], ['pwd', 'otp', 'mfa'])
    assert.equal(id?.['acr'], MULTI_FACTOR)
    const silent = await start(agent, { ...STEP_UP, prompt: 'none' })
    assert.ok(silent.location?.searchParams.has('code'))
  })

  test('a code alone makes a login stronger, and its password no fresher', async (t) => {
    const user = await addUser(world())
    const agent = newBrowser()
    const first = await tokensOf(withPassword(user), {}, agent)
    const app = await addApp(world(), user)
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 60_000 })
    const { id } = await tokensOf(async (_agent, page) => giveCode(agent, page, await app.code()), STEP_UP, agent)
    assert.deepEqual([id?.['acr'], id?.['auth_time']], [MULTI_FACTOR, first.id?.['auth_time']])
  })

  test('who cancels a second factor sends the app what it has to know (OpenID Connect Unmet Requirements)', async () => {
    const { user } = await person()
    const agent = newBrowser()
    const page = await givePassword(agent, await start(agent, STEP_UP), user)
    assert.equal(errorOf((await cancel(agent, page)).location), UNMET)
    const plain = newBrowser()
    const asked = await givePassword(plain, await start(plain), user)
    assert.equal(errorOf((await cancel(plain, asked)).location), 'access_denied')
  })

  test('who has no second factor is told what to do, with and without a session, and the app hears of it', async () => {
    const user = await addUser(world())
    const agent = newBrowser()
    const first = await givePassword(agent, await start(agent, STEP_UP), user)
    await tokensOf(withPassword(user), {}, agent)
    const second = await start(agent, STEP_UP)
    for (const page of [first, second]) {
      assert.equal(page.status, 200)
      assert.match(page.html, /<a href="\/account">/)
      assert.deepEqual(page.forms.length, 1)
    }
    assert.equal(errorOf((await cancel(agent, second)).location), UNMET)
    const again = await start(agent, STEP_UP)
    assert.equal(again.location, undefined, 'and is asked again the next time')
  })

  test('an essential acr that there is not here is unmet at once; what is asked for without need is left out', async () => {
    const user = await addUser(world())
    const [fresh, agent] = [newBrowser(), newBrowser()]
    await tokensOf(withPassword(user), {}, agent)
    for (const browser of [fresh, agent])
      for (const request of [{ value: 'urn:mace:incommon:iap:silver' }, { values: ['gold', 'platinum'] }])
        for (const more of [{}, { prompt: 'none' }, STEP_UP])
          assert.equal(errorOf((await start(browser, { ...essential(request), ...more })).location), UNMET)
    assert.equal(errorOf((await start(agent, essential({ values: 'gold' }))).location), 'invalid_request')
    for (const parameters of [
      { acr_values: 'gold platinum' },
      { claims: JSON.stringify({ id_token: { acr: { value: 'gold' } } }) },
      ...[1, 'x', true, null].map((sub) => ({ claims: JSON.stringify({ id_token: { sub } }) })),
      essential({}),
      { claims: JSON.stringify({ userinfo: { email: { essential: true } }, id_token: { name: null } }) },
    ])
      assert.ok((await start(agent, parameters)).location?.searchParams.has('code'), JSON.stringify(parameters))
  })

  test('an essential acr of two factors is asked for, once', async () => {
    const { user, app } = await person()
    for (const request of [{ value: MULTI_FACTOR }, { values: ['gold', MULTI_FACTOR] }]) {
      const agent = newBrowser()
      const { id } = await tokensOf(withCode(user, app), essential(request), agent)
      assert.equal(id?.['acr'], MULTI_FACTOR)
      assert.ok((await start(agent, essential(request))).location?.searchParams.has('code'))
    }
  })

  test('an essential acr has somebody who is logged in show the second factor alone', async () => {
    const user = await addUser(world())
    const agent = newBrowser()
    await tokensOf(withPassword(user), {}, agent)
    const app = await addApp(world(), user)
    for (const request of [{ value: MULTI_FACTOR }, { values: [MULTI_FACTOR] }]) {
      const page = await start(agent, essential(request))
      assert.ok(!page.forms.some(({ fields }) => fields.some(({ name }) => name === 'password')))
      assert.equal((await giveCode(agent, page, 'wrong')).status, 401)
    }
    const { id } = await tokensOf(
      async (_agent, page) => giveCode(agent, page, await app.code()),
      essential({ value: MULTI_FACTOR }),
      agent,
    )
    assert.equal(id?.['acr'], MULTI_FACTOR)
  })

  test('where the login is too old or asked for anew, the whole of it is, for who was logged in', async () => {
    const { user, app } = await person()
    const agent = newBrowser()
    await tokensOf(withCode(user, app), {}, agent)
    for (const parameters of [{ prompt: 'login' }, { prompt: 'login', ...STEP_UP }]) {
      const page = await start(agent, parameters)
      const email = page.forms.flatMap(({ fields }) => fields).find(({ name }) => name === 'email')
      assert.equal(email?.value, user.email)
      assert.ok(!has(page, '/code'))
    }
  })

  test('no code alone is enough where the password is asked for anew, or where nobody is logged in', async () => {
    const { user, app } = await person()
    const agent = newBrowser()
    await tokensOf(withCode(user, app), {}, agent)
    for (const [browser, parameters] of [
      [agent, { prompt: 'login' }],
      [agent, { prompt: 'login', ...STEP_UP }],
      [newBrowser(), STEP_UP],
    ] as const) {
      const page = await start(browser, parameters)
      const { csrf = '' } = fieldsOf(formTo(page, '/abort').fields)
      const form = { ...formTo(page, '/abort'), action: `${page.url}/code` }
      for (const proof of ['', 'x']) {
        const answer = await browser.submit(page, { csrf, proof, code: await app.code() }, { form })
        assert.deepEqual([answer.status, answer.location], [401, undefined])
      }
    }
  })

  test('somebody else logs in where one is asked for the second factor', async () => {
    const { user } = await person()
    const other = await person()
    const agent = newBrowser()
    const plain = await addUser(world())
    await tokensOf(withPassword(plain), {}, agent)
    await addApp(world(), plain)
    const page = await start(agent, STEP_UP)
    const [, href = ''] = /<a href="(\/login\/[^"]*\?other)"/.exec(page.html) ?? []
    const form = await agent.get(new URL(href, page.url))
    const asked = await givePassword(agent, form, other.user)
    assert.ok(asked.html.includes(other.user.email) && !asked.html.includes(user.email))
    // The one who was logged in is logged out first, by a form that a browser sends by itself.
    let end = await giveCode(agent, asked, await other.app.code())
    while (end.location === undefined) end = await agent.submit(end)
    assert.ok(end.location.searchParams.has('code'), `${end.location}`)
  })
})
