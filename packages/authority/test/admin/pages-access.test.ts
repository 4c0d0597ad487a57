import assert from 'node:assert/strict'
import { before, type TestContext, test } from 'node:test'
import { ADMIN_ROLE, type User } from '../../src/accounts/users.ts'
import { formTo, isLogin, openPage, recorded, send, textOf } from '../support/account.ts'
import { addApp, addUser } from '../support/factors.ts'
import type { Credentials, Page, UserAgent } from '../support/user-agent.ts'
import { newBrowser } from '../support/world.ts'
import { onBothStores } from './support.ts'

const MINUTE = 60_000

onBothStores((world) => {
  let ada: User & Credentials
  let agent: UserAgent

  before(async () => {
    ada = { ...world().user, roles: [...world().user.roles, ADMIN_ROLE] }
    await world().operations.updateUser(ada.id, { roles: ada.roles })
    agent = newBrowser()
    assert.equal((await openPage(agent, world(), '/admin', ada)).status, 200)
  })

  const at = (path: string): string => `${world().issuer}${path}`
  const open = async (path: string, by: UserAgent = agent): Promise<Page> => {
    const page = await by.get(at(path))
    assert.equal(page.status, 200, page.html)
    return page
  }
  const inBrowser = async (who: Credentials): Promise<UserAgent> => {
    const own = newBrowser()
    await openPage(own, world(), '/account', who)
    return own
  }
  const lastEvents = async (count: number): Promise<readonly string[]> =>
    (await recorded(world(), ada.id)).slice(0, count)
  const later = (t: TestContext, ms: number): void => t.mock.timers.enable({ apis: ['Date'], now: Date.now() + ms })

  test('who is not logged in logs in and comes back; who is no administrator is told so, and nothing else', async () => {
    const anybody = newBrowser()
    const asked = await anybody.get(at('/admin/keys'))
    assert.ok(isLogin(asked))
    const { email, password } = ada
    const back = await anybody.submit(asked, { email, password })
    assert.deepEqual([back.status, back.url], [200, at('/admin/keys')])
    const cancelled = await newBrowser().get(at('/admin?error=access_denied&state=/admin'))
    assert.deepEqual([cancelled.status, isLogin(cancelled)], [400, false])
    const bo = await addUser(world())
    const browser = await inBrowser(bo)
    for (const path of [
      '/admin',
      '/admin/users',
      `/admin/users/${ada.id}`,
      '/admin/keys',
      '/admin/audit',
      '/admin/new-client',
    ]) {
      const page = await browser.get(at(path))
      assert.equal(page.status, 403, path)
      assert.doesNotMatch(page.html, /ada@example|signs until|csrf/, path)
      assert.match(textOf(page), /These pages are for administrators/)
    }
    assert.ok((await recorded(world(), bo.id)).includes('admin.refused'))
    await world().operations.updateUser(bo.id, { roles: [ADMIN_ROLE] })
    assert.equal((await browser.get(at('/admin'))).status, 200, 'a role counts from now on')
    await world().operations.updateUser(bo.id, { roles: ['admin'] })
    assert.equal((await browser.get(at('/admin'))).status, 403)
  })

  test('a form is taken from our own page in the same session alone', async () => {
    const { user: victim } = await world().operations.addUser({ email: 'victim@example.org' })
    const place = `/admin/users/${victim.id}`
    const page = await open(place)
    const form = formTo(page, `${place}/disable`)
    const cases: readonly [Record<string, string>, Record<string, string>][] = [
      [{ csrf: '' }, {}],
      [{ csrf: 'x'.repeat(43) }, {}],
      [{}, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
      [{}, { origin: 'null' }],
      [{}, { 'sec-fetch-site': 'same-site' }],
    ]
    for (const [fields, headers] of cases) {
      const answer = await agent.submit(page, fields, { form, headers })
      assert.deepEqual(
        [answer.status, /This form was refused/.test(answer.html)],
        [403, true],
        JSON.stringify([fields, headers]),
      )
    }
    const other = newBrowser()
    await openPage(other, world(), '/admin', ada)
    const csrf = formTo(await open(place, other), `${place}/disable`).fields.find(({ name }) => name === 'csrf')?.value
    assert.equal((await agent.submit(page, { csrf: `${csrf}` }, { form })).status, 403, 'of another session')
    const stranger = await inBrowser(await addUser(world()))
    assert.equal((await stranger.submit(page, {}, { form })).status, 403)
    assert.equal((await world().operations.listUsers({ search: 'victim' }))[0]?.state, 'active')
    assert.ok((await lastEvents(5)).includes('admin.form_refused'))
    const get = await agent.get(at(`${place}/disable`))
    assert.equal(get.status, 404, 'nothing changes by a link')
    const large = await agent.submit(page, { more: 'x'.repeat(70_000) }, { form })
    assert.equal(large.status, 413)
  })

  test('what an administrator sees takes a login of an hour, and what they change one of ten minutes', async (t) => {
    const own = newBrowser()
    await openPage(own, world(), '/admin', ada)
    const { user } = await world().operations.addUser({ email: `stale@example.org` })
    const place = `/admin/users/${user.id}`
    later(t, 20 * MINUTE)
    const page = await open(place, own)
    assert.match(textOf(page), /You logged in more than ten minutes ago/)
    const asked = await send(own, page, `${place}/disable`)
    assert.ok(isLogin(asked))
    assert.equal((await world().operations.listUsers({ search: 'stale@' }))[0]?.state, 'active')
    const { password } = ada
    const back = await own.submit(asked, { password })
    assert.deepEqual([back.status, back.url], [200, at(place)], back.html)
    assert.match(textOf(await send(own, back, `${place}/disable`)), /is disabled/)
    t.mock.timers.reset()
    later(t, 3 * 60 * MINUTE)
    assert.ok(isLogin(await own.get(at(place))))
  })

  test('an administrator who has a second factor uses it', async () => {
    const bo = await addUser(world())
    await world().operations.updateUser(bo.id, { roles: [ADMIN_ROLE] })
    const own = await inBrowser(bo)
    assert.equal((await own.get(at('/admin/users'))).status, 200)
    const app = await addApp(world(), bo)
    let page = await own.get(at('/admin/users'))
    assert.doesNotMatch(page.html, /ada@example/)
    for (let left = 3; new URL(page.url).pathname !== '/admin/users' && left > 0; left--)
      page = await own.submit(
        page,
        page.html.includes('name="code"') ? { code: await app.code() } : { email: bo.email, password: bo.password },
      )
    assert.deepEqual([page.status, page.url], [200, at('/admin/users')], page.html)
    assert.match(page.html, /ada@example/)
  })

  test('an administrator does not lock themselves out', async () => {
    const place = `/admin/users/${ada.id}`
    const page = await open(place)
    assert.match(textOf(page), /You cannot disable or delete yourself here/)
    assert.doesNotMatch(page.html, /action="[^"]*\/(?:disable|delete)"/)
    const csrf = formTo(page, place).fields.find(({ name }) => name === 'csrf')
    const form = (action: string) => ({
      id: undefined,
      action,
      method: 'post',
      fields: csrf ? [csrf] : [],
      buttons: [],
    })
    const tries: readonly [string, Record<string, string>, RegExp][] = [
      [
        place,
        { email: ada.email, name: 'Ada', roles: 'editor admin' },
        /cannot take authority:admin away from yourself/,
      ],
      [`${place}/disable`, {}, /cannot disable yourself/],
      [`${place}/delete`, { email: ada.email }, /cannot delete yourself/],
      [`/admin/users/${encodeURIComponent(ada.email)}/disable`, {}, /cannot disable yourself/],
    ]
    for (const [action, fields, said] of tries) {
      const answer = await agent.submit(page, fields, { form: form(action) })
      assert.deepEqual([answer.status, said.test(answer.html)], [422, true], action)
    }
    const [now] = await world().operations.listUsers({ search: ada.email })
    assert.deepEqual([now?.state, now?.roles], ['active', ada.roles])
  })
})
