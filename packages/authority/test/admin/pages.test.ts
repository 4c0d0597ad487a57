import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ADMIN_ROLE, type User } from '../../src/accounts/users.ts'
import { formTo, isLogin, openPage, recorded, send, textOf } from '../support/account.ts'
import { addApp } from '../support/factors.ts'
import { demandNone, note } from '../support/given.ts'
import type { Credentials, Page, UserAgent } from '../support/user-agent.ts'
import { newBrowser } from '../support/world.ts'
import { onBothStores } from './support.ts'

const HOSTILE = `<b data-mine>x</b>"'><script data-mine>alert(1)</script>`

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
  /** Opens a page and sends one of its forms. */
  const post = async (path: string, action: string, fields: Record<string, string> = {}, by = agent): Promise<Page> =>
    send(by, await open(path, by), action, fields)
  const inBrowser = async (who: Credentials): Promise<UserAgent> => {
    const own = newBrowser()
    await openPage(own, world(), '/account', who)
    return own
  }
  const lastEvents = async (count: number): Promise<readonly string[]> =>
    (await recorded(world(), ada.id)).slice(0, count)
  const onceOf = ({ html }: Page): string => /class="secret">.*?<code>([^<]+)<\/code>/s.exec(html)?.[1] ?? ''

  test('users are added, found, changed, disabled, given a link, and deleted', async () => {
    const filled = await post('/admin/new-user', '/admin/new-user', { email: 'no address', name: 'Nora', roles: 'a b' })
    assert.equal(filled.status, 422)
    assert.match(filled.html, /role="alert" id="error">The e-mail address is none.*value="no address".*value="Nora"/s)
    const added = await send(agent, filled, '/admin/new-user', {
      email: 'nora@example.org',
      name: 'Nora',
      roles: 'a, b\nc',
    })
    const password = onceOf(added)
    note('made password', password)
    assert.deepEqual([added.status, added.url, password.length], [201, at('/admin/new-user'), 16])
    assert.equal(added.headers['cache-control'], 'no-store')
    const nora = { email: 'nora@example.org', password }
    const theirs = await inBrowser(nora)
    const found = await open('/admin/users?search=NORA')
    const place = /href="(\/admin\/users\/usr_[\w-]+)"/.exec(found.html)?.[1] ?? ''
    assert.match(textOf(await open(place)), /a password.*End all/)

    const wrong = await post(place, place, { email: ada.email, name: 'Nora B', roles: 'c' })
    assert.deepEqual([wrong.status, /there is a user/i.test(wrong.html)], [422, true])
    const saved = await send(agent, wrong, place, { email: 'nora.b@example.org', name: 'Nora B', roles: 'c' })
    assert.deepEqual([saved.status, saved.url], [200, at(`${place}?done=saved`)])
    assert.match(saved.html, /role="status">The user is changed.*value="nora.b@example.org".*value="c"/s)

    const session = formTo(saved, `${place}/end-session`)
    assert.match(textOf(await agent.submit(saved, {}, { form: session })), /The session is ended/)
    assert.ok(isLogin(await theirs.get(at('/account/password'))))
    const link = await post(place, `${place}/reset-password`)
    note('reset link', onceOf(link).split('/').at(-1))
    assert.deepEqual([link.status, link.url], [201, at(`${place}/reset-password`)])
    assert.match(onceOf(link), /^http:\/\/localhost:\d+\/reset\/[\w-]{43}$/)
    assert.match(textOf(await post(place, `${place}/disable`)), /disabled and logged out everywhere/)
    assert.match(textOf(await post(place, `${place}/reset-password`)), /This user is disabled/)
    assert.match(textOf(await post(place, `${place}/enable`)), /may log in again/)
    const id = place.split('/').at(-1) ?? ''
    await addApp(world(), { ...ada, id })
    assert.match(textOf(await post(place, `${place}/reset-factors`)), /the password alone is asked for/)

    const not = await post(`${place}/delete`, `${place}/delete`, { email: 'nora@example.org' })
    assert.deepEqual([not.status, /not the e-mail address/.test(not.html)], [422, true])
    const deleted = await send(agent, not, `${place}/delete`, { email: ' Nora.B@example.org' })
    assert.deepEqual([deleted.url, /The user is deleted/.test(deleted.html)], [at('/admin/users?done=deleted'), true])
    assert.equal((await agent.get(at(place))).status, 404)
    const events = ['deleted', 'factors_reset', 'enabled', 'disabled', 'password_reset'].map((event) => `user.${event}`)
    assert.deepEqual(await lastEvents(8), [...events, 'session.ended', 'user.changed', 'user.added'])
    const [{ ip } = { ip: undefined }] = await world().operations.listAudit({ user: ada.id, limit: 1 })
    assert.match(`${ip}`, /^10\./)
    assert.ok(demandNone(await world().store.db.selectFrom('audit').selectAll().execute()) > 2)
    assert.ok(!agent.visited.some((one) => one.includes(password)))
  })

  test('clients are added, given new secrets, disabled', async () => {
    const asked = { type: 'web', client_id: 'shop', client_name: 'Shop', resources: 'https://api.example' }
    const wrong = await post('/admin/new-client', '/admin/new-client', asked)
    assert.deepEqual([wrong.status, /has no scopes behind it/.test(wrong.html)], [422, true])
    const none = await send(agent, wrong, '/admin/new-client', { ...asked, resources: '' })
    assert.match(none.html, /needs a redirect URI/)
    const jwks = await send(agent, none, '/admin/new-client', { ...asked, resources: '', jwks: '{"keys":' })
    assert.match(jwks.html, /public keys are no JSON/)
    const filled = {
      ...{ ...asked, trusted: 'yes', jwks: '', resources: 'https://api.example read  write\r\nhttps://b.example x' },
      redirect_uris: 'https://shop.example/a\r\n\r\n https://shop.example/b ',
    }
    const added = await send(agent, jwks, '/admin/new-client', filled)
    assert.equal(added.status, 201, added.html)
    note('client secret', onceOf(added))
    const [client] = (await world().operations.listClients()).filter((one) => one.client_id === 'shop')
    assert.deepEqual(client?.metadata.resources, { 'https://api.example': 'read write', 'https://b.example': 'x' })
    assert.deepEqual(client?.metadata['redirect_uris'], ['https://shop.example/a', 'https://shop.example/b'])
    assert.equal(client?.metadata.first_party, true)
    assert.match(textOf(await open('/admin/clients')), /Shop shop Web app Active/)
    const place = '/admin/clients/shop'
    const rotate = async (how: string): Promise<Page> => {
      const page = await open(place)
      return agent.submit(page, {}, { form: formTo(page, `${place}/rotate-secret`, how) })
    }
    const second = onceOf(await rotate('overlap'))
    note('second secret', second)
    assert.match(textOf(await open(place)), /Two secrets/)
    assert.match(textOf(await rotate('finish')), /The old secret is good no more/)
    const third = onceOf(await rotate('now'))
    note('third secret', third)
    assert.equal(new Set([onceOf(added), second, third]).size, 3)
    assert.match(textOf(await post(place, `${place}/disable`)), /The client is disabled.*Disabled since/)
    assert.match(textOf(await post(place, `${place}/enable`)), /The client is enabled/)
    assert.equal((await agent.get(at('/admin/clients/nothing'))).status, 404)
    const rotations = ['secret_rotated', 'secret_rotated', 'secret_rotated']
    assert.deepEqual(
      await lastEvents(6),
      ['enabled', 'disabled', ...rotations, 'added'].map((event) => `client.${event}`),
    )
  })

  test('keys are drawn, brought forward, and revoked with a reason', async () => {
    const page = await open('/admin/keys')
    assert.match(page.html, /<svg role="img" aria-labelledby="timeline-title timeline-about"/)
    assert.match(page.html, /<desc id="timeline-about">ES256 key [\w-]{8}: public since [^<]*signs until/)
    const keys = await world().operations.listKeys()
    for (const { kid } of keys) assert.ok(page.html.includes(`<code>${kid}</code>`))
    assert.match(textOf(await post('/admin/keys', '/admin/keys/rotate')), /The next keys sign as soon as/)
    const active = keys.find(({ alg, state }) => alg === 'RS256' && state === 'active')?.kid
    const next = keys.find(({ alg, state }) => alg === 'RS256' && state === 'next')?.kid
    const place = `/admin/keys/${active}/revoke`
    const ask = await open(place)
    assert.ok(textOf(ask).includes(`${next} signs in its place at once`), textOf(ask))
    const why = await send(agent, ask, place, { reason: ' ' })
    assert.deepEqual([why.status, /Say why/.test(why.html)], [422, true])
    const done = await send(agent, why, place, { reason: `lost ${HOSTILE}` })
    assert.match(textOf(done), /The key is revoked/)
    assert.doesNotMatch(done.html, /<(?:b|script) data-mine/)
    assert.equal((await world().operations.listKeys()).find(({ kid }) => kid === active)?.state, 'revoked')
    assert.equal((await agent.get(at(place))).status, 404, 'once')
    assert.deepEqual((await lastEvents(1))[0], 'key.revoked')
  })

  test('the audit trail is filtered and paged, and says who is meant', async () => {
    const page = await open(`/admin/audit?user=${ada.email}&event=user.`)
    assert.match(page.html, new RegExp(`<a href="/admin/users/${ada.id}"><bdi>${ada.email}</bdi></a>`))
    assert.doesNotMatch(textOf(page), /key\.revoked|login\.succeeded/)
    assert.equal((await agent.get(at('/admin/audit?user=nobody@example.org'))).status, 422)
    for (let left = 60; left > 0; left--) {
      const row = { actor: 'administrator', ip: '192.0.2.1', at: 1_700_000_000, data: JSON.stringify({ count: left }) }
      await world()
        .store.db.insertInto('audit')
        .values({ ...row, event: 'test.many' })
        .execute()
    }
    const first = await open('/admin/audit?event=test.')
    const older = /href="(\/admin\/audit\?[^"]*before=\d+)">Older/.exec(first.html)?.[1]?.replaceAll('&amp;', '&') ?? ''
    const second = await open(older)
    assert.deepEqual(
      [first, second].map(({ html }) => html.split('test.many').length - 1),
      [50, 10],
    )
    assert.match(second.html, />Newest</)
    for (const query of [
      'before=x',
      'before=-1',
      "event='%20OR%201=1",
      'user=%00',
      'event=%00',
      'limit=1',
      'before=9&before=8',
    ])
      assert.ok([200, 422].includes((await agent.get(at(`/admin/audit?${query}`))).status), query)
  })

  test('whatever somebody is called, pages show it and nothing is made of it', async () => {
    const { operations } = world()
    const roles = ['<b>x</b>', `"'><script>`]
    const { user } = await operations.addUser({ email: `"<b/data-mine>"@example.org`, name: HOSTILE, roles })
    const client = {
      type: 'service',
      client_id: 'hostile',
      client_name: HOSTILE,
      auth: 'none',
      grant_types: [],
    } as const
    await operations.addClient({ ...client, resources: { 'https://x.example/"><script>alert(1)</script>': 'a<b>' } })
    await openPage(newBrowser(), world(), '/account', ada)
    await world()
      .store.db.insertInto('audit')
      .values({ actor: HOSTILE, ip: HOSTILE, at: 1, event: HOSTILE, data: JSON.stringify({ [HOSTILE]: HOSTILE }) })
      .execute()
    const hostile = encodeURIComponent(HOSTILE)
    const places = [
      '/admin',
      '/admin/users',
      `/admin/users/${user.id}`,
      `/admin/users/${user.id}/delete`,
      '/admin/clients',
      '/admin/clients/hostile',
    ]
    const queries = [
      `/admin/users?search=${hostile}&after=${hostile}`,
      `/admin/audit?event=${hostile}`,
      `/admin/keys?done=${hostile}`,
    ]
    for (const place of [...places, '/admin/audit', ...queries]) {
      const { html, headers } = await open(place)
      assert.doesNotMatch(html, /<(?:b|script)[\s/>]/, place)
      assert.match(`${headers['content-security-policy']}`, /default-src 'none'.*frame-ancestors 'none'/)
      assert.equal(headers['cache-control'], 'no-store')
    }
  })
})
