import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refreshTokenGrant } from 'openid-client'
import { MULTI_FACTOR } from '../../src/accounts/assurance.ts'
import { FormTokens } from '../../src/server/csrf.ts'
import { PasswordProofs } from '../../src/server/password-proof.ts'
import type { Authenticator, Twist } from '../support/authenticator.ts'
import { type AppUser, addApp, addPasskey, addUser } from '../support/factors.ts'
import type { Credentials, Field, Form, Page, UserAgent } from '../support/user-agent.ts'
import {
  addClient,
  errorOf,
  newBrowser,
  ORDERS,
  onEachTopology,
  readAccessToken,
  redeem,
  setState,
  type TestClient,
  toRequest,
} from '../support/world.ts'

const STEP_UP = { acr_values: MULTI_FACTOR }
const UNMET = 'unmet_authentication_requirements'
const essential = (request: object): { readonly claims: string } => ({
  claims: JSON.stringify({ id_token: { acr: { essential: true, ...request } } }),
})

/** The form that is posted to this part of a login, and the one there with this field. */
function formTo({ forms, html }: Page, end: string, field?: string): Form {
  const form = forms.find(
    ({ action, fields }) => action.endsWith(end) && (field === undefined || fields.some(({ name }) => name === field)),
  )
  if (form === undefined) throw new Error(`there is no form to ${end} in ${html}`)
  return form
}

const has = ({ forms }: Page, end: string): boolean => forms.some(({ action }) => action.endsWith(end))
const fieldsOf = (fields: readonly Field[]): Readonly<Record<string, string>> =>
  Object.fromEntries(fields.map(({ name, value }) => [name, value]))

/** The options of a form for a passkey. */
function optionsOf({ html }: Page): { readonly challenge: string; readonly allowCredentials?: readonly unknown[] } {
  const [, text = ''] = /data-options="([^"]*)"/.exec(html) ?? []
  return JSON.parse(text.replaceAll('&quot;', '"'))
}

const givePassword = (agent: UserAgent, page: Page, { email, password }: Credentials): Promise<Page> =>
  agent.submit(page, { email, password }, { form: formTo(page, '', 'password') })
const giveCode = (agent: UserAgent, page: Page, code: string): Promise<Page> =>
  agent.submit(page, { code }, { form: formTo(page, '/code') })
const usePasskey = (agent: UserAgent, page: Page, authenticator: Authenticator, twist: Twist = {}): Promise<Page> =>
  agent.submit(page, { response: authenticator.get(optionsOf(page), twist) }, { form: formTo(page, '/passkey') })
const cancel = (agent: UserAgent, page: Page): Promise<Page> => agent.submit(page, {}, { form: formTo(page, '/abort') })

test('that a password was right is good for five minutes', () => {
  let now = 1_800_000_000
  const proofs = new PasswordProofs(new FormTokens(new Uint8Array(32)), () => now)
  const user = `usr_${'A'.repeat(22)}`
  const proof = proofs.make('interaction', user)
  now += 299
  assert.equal(proofs.userOf('interaction', proof), user)
  assert.equal(proofs.userOf('another', proof), undefined)
  now += 1
  assert.equal(proofs.userOf('interaction', proof), undefined)
})

onEachTopology((world) => {
  let made: TestClient | undefined
  const getApp = async (): Promise<TestClient> => {
    made ??= await addClient(world(), { client_id: 'app', type: 'web', resources: { [ORDERS]: 'read' } })
    return made
  }
  const start = async (agent: UserAgent, parameters: Readonly<Record<string, string>> = {}): Promise<Page> =>
    agent.get((await toRequest(await getApp(), parameters)).url)

  /** Goes through a login and redeems what comes of it. */
  const tokensOf = async (
    walk: (agent: UserAgent, page: Page) => Promise<Page>,
    parameters: Readonly<Record<string, string>> = {},
    agent: UserAgent = newBrowser(),
  ) => {
    const app = await getApp()
    const { url, ...own } = await toRequest(app, { resource: ORDERS, scope: 'openid read', ...parameters })
    const { location, html } = await walk(agent, await agent.get(url))
    const code = location?.searchParams.get('code')
    assert.ok(location && code, `${location} ${html}`)
    const tokens = await redeem(app, { url: location, code, ...own }, { resource: ORDERS })
    return { id: tokens.claims(), access: await readAccessToken(world(), tokens.access_token) }
  }
  const withPassword =
    (user: Credentials) =>
    (agent: UserAgent, page: Page): Promise<Page> =>
      givePassword(agent, page, user)
  const withCode =
    (user: Credentials, app: AppUser) =>
    async (agent: UserAgent, page: Page): Promise<Page> =>
      giveCode(agent, await givePassword(agent, page, user), await app.code())
  const person = async (): Promise<{ user: Awaited<ReturnType<typeof addUser>>; app: AppUser }> => {
    const user = await addUser(world())
    return { user, app: await addApp(world(), user) }
  }
  const eventsOf = async ({ id }: { readonly id: string }): Promise<readonly string[]> =>
    (await world().operations.listAudit({ user: id })).map(({ event }) => event)

  test('a login with a password says so in its tokens, and claims nothing more (RFC 8176, RFC 9068 §2.2.1)', async () => {
    const { id, access } = await tokensOf(withPassword(await addUser(world())))
    assert.deepEqual([id?.['amr'], id?.['acr']], [['pwd'], undefined])
    assert.deepEqual([access['amr'], access['acr']], [['pwd'], undefined])
    assert.equal(typeof access['auth_time'], 'number')
  })

  test('who has an authenticator app is always asked for its code, and the tokens say so', async () => {
    const { user, app } = await person()
    const { id, access } = await tokensOf(async (agent, page) => {
      const asked = await givePassword(agent, page, user)
      assert.deepEqual([asked.status, asked.location], [200, undefined])
      assert.match(asked.html, /name="code"[^>]* inputmode="numeric" autocomplete="one-time-code"/)
      for (const wrong of ['', '12345', '1234567', 'abcdef', 'wrong', String(app.recovery[0]).slice(1)].slice(0, 4)) {
        const again = await giveCode(agent, asked, wrong)
        assert.deepEqual([again.status, again.location, has(again, '/code')], [401, undefined, true], wrong)
      }
      return giveCode(agent, asked, await app.code())
    })
    for (const claims of [id, access]) {
      assert.deepEqual([claims?.['amr'], claims?.['acr']], [['pwd', 'otp', 'mfa'], MULTI_FACTOR])
      assert.equal(typeof claims?.['auth_time'], 'number')
    }
    assert.equal(id?.sub, user.id)
    assert.deepEqual((await eventsOf(user)).toReversed().slice(-5), [
      ...Array(4).fill('login.code_failed'),
      'login.succeeded',
    ])
  })

  test('tokens that a refresh token brings say how its login was, and not how the last one was', async () => {
    const { user, app } = await person()
    const agent = newBrowser()
    const client = await addClient(world(), { type: 'web', resources: { [ORDERS]: 'read' } })
    const request = await toRequest(client, { resource: ORDERS, scope: 'openid read' })
    const { location } = await withCode(user, app)(agent, await agent.get(request.url))
    const code = String(location?.searchParams.get('code'))
    const first = await redeem(client, { ...request, url: location as URL, code }, { resource: ORDERS })
    const refreshed = await refreshTokenGrant(client.config, String(first.refresh_token))
    const [before, after] = [
      await readAccessToken(world(), first.access_token),
      await readAccessToken(world(), refreshed.access_token),
    ]
    assert.deepEqual(after['amr'], ['pwd', 'otp', 'mfa'])
    assert.deepEqual([after['acr'], after['auth_time']], [MULTI_FACTOR, before['auth_time']])
  })

  test('a code that was used lets nobody in, in another browser and at another instance', async () => {
    const { user, app } = await person()
    const code = await app.code()
    const browsers = [newBrowser(), newBrowser(), newBrowser(), newBrowser()]
    const pages = await Promise.all(browsers.map(async (agent) => givePassword(agent, await start(agent), user)))
    const ends = await Promise.all(browsers.map((agent, at) => giveCode(agent, pages[at] as Page, code)))
    assert.equal(ends.filter(({ location }) => location?.searchParams.has('code')).length, 1)
  })

  test('a recovery code stands in for the app, once', async () => {
    const { user, app } = await person()
    const [code = ''] = app.recovery
    const walk = async (agent: UserAgent, page: Page): Promise<Page> => {
      const asked = await givePassword(agent, page, user)
      const form = asked.forms.findLast(({ action }) => action.endsWith('/code'))
      return agent.submit(asked, { code: ` ${code.toUpperCase()} ` }, form && { form })
    }
    const { id } = await tokensOf(walk)
    assert.deepEqual([id?.['amr'], id?.['acr']], [['pwd', 'otp', 'mfa'], MULTI_FACTOR])
    const agent = newBrowser()
    assert.equal((await walk(agent, await start(agent))).status, 401)
    assert.deepEqual((await eventsOf(user)).slice(0, 3), [
      'login.code_failed',
      'login.succeeded',
      'login.recovery_used',
    ])
  })

  test('the sixth code in 15 minutes is refused, the right one too, from everywhere', async () => {
    const { user, app } = await person()
    const agent = newBrowser()
    const asked = await givePassword(agent, await start(agent), user)
    for (let count = 0; count < 5; count++) assert.equal((await giveCode(agent, asked, '000000x')).status, 401)
    const elsewhere = newBrowser()
    for (const [browser, page] of [
      [agent, asked],
      [elsewhere, await givePassword(elsewhere, await start(elsewhere), user)],
    ] as const) {
      const { status, headers, location, html } = await giveCode(browser, page, await app.code())
      assert.deepEqual([status, location], [429, undefined])
      assert.match(String(headers['retry-after']), /^[1-9]\d*$/)
      assert.match(html, /Too many tries\. Wait 1[45] minutes and try again\./)
    }
    assert.equal((await eventsOf(user))[0], 'login.code_limited')
  })

  test('the right code has the wrong ones forgotten', async () => {
    const { user, app } = await person()
    for (let round = 0; round < 2; round++) {
      const agent = newBrowser()
      const asked = await givePassword(agent, await start(agent), user)
      for (let count = 0; count < 4; count++) assert.equal((await giveCode(agent, asked, '000000x')).status, 401)
      assert.ok((await giveCode(agent, asked, await app.code())).location)
    }
  })

  test('a form for a code is taken from its own page, for its own interaction, user and time', async () => {
    const { user, app } = await person()
    const other = await person()
    const [agent, second, third] = [newBrowser(), newBrowser(), newBrowser()]
    const asked = await givePassword(agent, await start(agent), user)
    const [elsewhere, theirs] = [
      await givePassword(second, await start(second), user),
      await givePassword(third, await start(third), other.user),
    ]
    const form = formTo(asked, '/code')
    const { csrf = '', proof = '' } = fieldsOf(form.fields)
    const foreign = fieldsOf(formTo(elsewhere, '/code').fields)
    const send = (fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) =>
      agent.submit(asked, fields, { form, headers })
    const code = await app.code()
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }, { origin: 'null' }])
      assert.equal((await send({ code }, headers)).status, 403)
    for (const wrong of ['', 'x', foreign['csrf'] ?? '']) assert.equal((await send({ code, csrf: wrong })).status, 403)
    const [id = '', until = '', mac = ''] = proof.split('.')
    for (const wrong of [
      '',
      'x',
      String(foreign['proof']),
      fieldsOf(formTo(theirs, '/code').fields)['proof'] ?? '',
      [other.user.id, until, mac].join('.'),
      [id, Number(until) + 1, mac].join('.'),
      [id, until, mac.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))].join('.'),
    ]) {
      const answer = await send({ code, proof: wrong })
      assert.deepEqual([answer.status, answer.location], [401, undefined], wrong)
      assert.ok(has(answer, '/abort') && !has(answer, '/code'), 'the password is asked for again')
    }
    assert.ok((await send({ code, csrf })).location)
  })

  test('who is disabled after the password gets in by no code, and hears what a wrong password has', async () => {
    const { user, app } = await person()
    const agent = newBrowser()
    const asked = await givePassword(agent, await start(agent), user)
    await setState(world(), user.id, 'disabled')
    const { status, html, location } = await giveCode(agent, asked, await app.code())
    assert.deepEqual([status, location], [401, undefined])
    assert.match(html, /E-mail address or password is wrong\./)
  })

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

  test('a passkey is a whole login', async () => {
    const user = await addUser(world())
    const authenticator = await addPasskey(world(), user)
    const { id, access } = await tokensOf((agent, page) => usePasskey(agent, page, authenticator))
    for (const claims of [id, access]) assert.deepEqual(claims?.['amr'], ['pop', 'user', 'mfa'])
    assert.deepEqual([id?.sub, id?.['acr']], [user.id, MULTI_FACTOR])
    assert.ok((await tokensOf((agent, page) => usePasskey(agent, page, authenticator), STEP_UP)).id)
    await setState(world(), user.id, 'disabled')
    const agent = newBrowser()
    const { status, location } = await usePasskey(agent, await start(agent), authenticator)
    assert.deepEqual([status, location], [401, undefined])
  })

  test('a passkey is good for the page that asked for it, and not with anything wrong in it', async () => {
    const user = await addUser(world())
    const authenticator = await addPasskey(world(), user)
    const [agent, second] = [newBrowser(), newBrowser()]
    const [page, elsewhere] = [await start(agent), await start(second)]
    const form = formTo(page, '/passkey')
    for (const [twist, from] of [
      [{}, elsewhere],
      [{ origin: 'https://evil.example' }, page],
      [{ rpId: 'evil.example' }, page],
      [{ flags: 1 }, page],
      [{ userHandle: undefined }, page],
    ] as const) {
      const response = authenticator.get(optionsOf(from), twist)
      const answer = await agent.submit(page, { response }, { form })
      assert.deepEqual([answer.status, answer.location], [401, undefined], JSON.stringify(twist))
      assert.match(answer.html, /This passkey was not accepted\./)
    }
    const response = authenticator.get(optionsOf(page))
    const foreign = { headers: { origin: 'https://evil.example' }, form }
    assert.equal((await agent.submit(page, { response }, foreign)).status, 403)
    assert.equal((await agent.submit(page, { response, csrf: 'x' }, { form })).status, 403)
    assert.equal((await agent.submit(page, { response: 'x'.repeat(17_000) }, { form })).status, 413)
    assert.ok((await agent.submit(page, { response }, { form })).location)
  })

  test('who has a passkey and no app is asked for that where two factors are, and it has to be theirs', async () => {
    const user = await addUser(world())
    const [own, foreign] = [await addPasskey(world(), user), await addPasskey(world(), await addUser(world()))]
    const agent = newBrowser()
    await tokensOf(withPassword(user), {}, agent)
    const afterPassword = newBrowser()
    for (const [browser, page] of [
      [agent, await start(agent, STEP_UP)],
      [afterPassword, await givePassword(afterPassword, await start(afterPassword, STEP_UP), user)],
    ] as const) {
      assert.ok(!has(page, '/code'))
      assert.equal(optionsOf(page).allowCredentials?.length, 1)
      const refused = await usePasskey(browser, page, foreign)
      assert.deepEqual([refused.status, refused.location], [401, undefined])
      assert.match(refused.html, new RegExp(`This passkey is not one of ${user.email}`))
      const { location } = await usePasskey(browser, page, own, { userHandle: undefined })
      assert.ok(location?.searchParams.has('code'))
    }
  })

  test('passkeys are tried no more often from one address than passwords', async () => {
    const user = await addUser(world())
    const agent = newBrowser()
    const page = await start(agent)
    const form = formTo(page, '/passkey')
    const { store } = world()
    await agent.submit(page, { response: '{}' }, { form })
    await store.db.updateTable('rate_limit').set({ points: 100 }).where('key', 'like', 'address:%').execute()
    const closed = await agent.submit(page, { response: '{}' }, { form })
    assert.equal(closed.status, 429)
    assert.equal((await givePassword(agent, page, user)).status, 429)
    await store.db.deleteFrom('rate_limit').execute()
  })

  test('audit rows of all this hold ids, and nothing that was typed', async () => {
    const rows = JSON.stringify(await world().operations.listAudit({ limit: 1000 }))
    assert.doesNotMatch(rows, /@example\.org|000000x|[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}/)
  })
})
