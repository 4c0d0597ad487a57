import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refreshTokenGrant } from 'openid-client'
import { MULTI_FACTOR } from '../../src/accounts/assurance.ts'
import { FormTokens } from '../../src/server/csrf.ts'
import { PasswordProofs } from '../../src/server/password-proof.ts'
import { addUser } from '../support/factors.ts'
import { fieldsOf, formTo, giveCode, givePassword, has, walksIn } from '../support/login-walk.ts'
import type { Page, UserAgent } from '../support/user-agent.ts'
import {
  addClient,
  newBrowser,
  ORDERS,
  onEachTopology,
  readAccessToken,
  redeem,
  setState,
  toRequest,
} from '../support/world.ts'

test('that a password was right is good for five minutes, and for that password', () => {
  let now = 1_800_000_000
  const proofs = new PasswordProofs(new FormTokens(new Uint8Array(32)), () => now)
  const user = `usr_${'A'.repeat(22)}`
  const proof = proofs.make('interaction', user, 'mark')
  assert.equal(PasswordProofs.claimed(proof), user)
  now += 299
  assert.ok(proofs.proves('interaction', proof, 'mark'))
  assert.ok(!proofs.proves('another', proof, 'mark'))
  assert.ok(!proofs.proves('interaction', proof, 'another'))
  now += 1
  assert.ok(!proofs.proves('interaction', proof, 'mark'))
  assert.ok(!proofs.proves('interaction', 'no proof', 'mark'))
})

onEachTopology((world) => {
  const { start, tokensOf, withPassword, withCode, person, eventsOf } = walksIn(world)

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

  test('half a login is none any more once the password has changed', async () => {
    const { user, app } = await person()
    const agent = newBrowser()
    const asked = await givePassword(agent, await start(agent), user)
    const users = world().instances[0]?.users
    await users?.setPassword(user.id, 'another password of theirs')
    const refused = await giveCode(agent, asked, await app.code())
    assert.deepEqual([refused.status, refused.location, has(refused, '/code')], [401, undefined, false])
    const again = await givePassword(agent, refused, { ...user, password: 'another password of theirs' })
    assert.ok((await giveCode(agent, again, await app.code())).location?.searchParams.has('code'))
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

  test('audit rows of all this hold ids, and nothing that was typed', async () => {
    const rows = JSON.stringify(await world().operations.listAudit({ limit: 1000 }))
    assert.doesNotMatch(rows, /@example\.org|000000x|[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}/)
  })
})
