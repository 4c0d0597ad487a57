import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newBrowser, refused } from '../support/world.ts'
import {
  type Administered,
  addWeb,
  demandLogin,
  demandTold,
  enter,
  refresh,
  withoutUndefined,
  withSomebody,
} from './administered.ts'

export function testSessions(world: () => Administered): void {
  test('sessions are listed with whose they are, since when, how and for what', async () => {
    const mine = await withSomebody(world())
    const { admin, operations, user } = mine
    const [client, other] = [await addWeb(mine), await addWeb(mine)]
    const begun = Math.floor(Date.now() / 1000)
    const { agent } = await enter(mine, client)
    await enter(mine, other, agent)
    const [session, ...more] = await admin.listSessions(user.email)
    assert.ok(session !== undefined && more.length === 0)
    const { id, since, expiresAt, clients, ...rest } = withoutUndefined(session) as typeof session
    assert.deepEqual(rest, { user: user.id, email: user.email, amr: ['pwd'] })
    assert.deepEqual(clients.toSorted(), [client.id, other.id].toSorted())
    assert.ok(since >= begun && expiresAt > since)
    assert.ok(
      agent.cookies.every(({ value }) => !value.includes(id)),
      'it is of no use to a browser',
    )
    await enter(mine, client)
    assert.equal((await admin.listSessions(user.id)).length, 2)
    const all = await admin.listSessions()
    assert.ok(all.some((one) => one.id === id))
    assert.deepEqual(
      all.map((one) => one.since),
      all.map((one) => one.since).toSorted((a, b) => b - a),
    )
    assert.deepEqual(withoutUndefined(all), withoutUndefined(await operations.listSessions()))
    await assert.rejects(admin.listSessions('nobody@example.org'), { code: 'USER_UNKNOWN' })
  })

  test('a session that is ended is one of no browser, of no app and of no token; others live on', async () => {
    const mine = await withSomebody(world())
    const { admin, user } = mine
    const [client, other] = [await addWeb(mine), await addWeb(mine)]
    const first = await enter(mine, client)
    const second = await enter(mine, other, first.agent)
    const [session] = await admin.listSessions(user.id)
    assert.ok(session)
    const elsewhere = await enter(mine, client)
    const ended = await admin.endSession(session.id)
    const { email: _, ...rest } = session
    assert.deepEqual(ended, rest)
    await demandTold(mine, client, other)
    for (const one of [first, second]) await demandLogin(mine, one, false)
    await demandLogin(mine, elsewhere, true)
    await assert.rejects(admin.endSession(session.id), { code: 'SESSION_UNKNOWN', hint: /session list/ })
    const [entry] = await admin.listAudit({ user: user.id, event: 'session.ended' })
    assert.deepEqual(entry?.data, { user: user.id })
  })

  test('what names no session ends none', async () => {
    const mine = await withSomebody(world())
    const loggedIn = await enter(mine, await addWeb(mine))
    const { admin } = mine
    for (const id of ['', 'x', '%', '\0', 'A'.repeat(43), undefined, null, {}, [], 0])
      await assert.rejects(admin.endSession(id as string), { code: 'SESSION_UNKNOWN' }, String(id))
    for (const name of ['', '%', '\0', undefined, null, {}])
      await assert.rejects(admin.endSessions(name as string), { code: 'USER_UNKNOWN' }, String(name))
    await demandLogin(mine, loggedIn, true)
    assert.deepEqual(mine.receiver.received, [])
  })

  test('everything of a user ends: sessions, and what apps got without one', async () => {
    const mine = await withSomebody(world())
    const { admin, user, store } = mine
    const client = await addWeb(mine)
    const [first, second, third] = [await enter(mine, client), await enter(mine, client), await enter(mine, client)]
    const [gone] = await admin.listSessions(user.id)
    // As of a login long ago: the session has expired, and its grant has not.
    await store.db.updateTable('oidc_state').set({ expires_at: 0 }).where('id_hash', '=', String(gone?.id)).execute()
    const bystander = await enter(world(), client, newBrowser())
    assert.deepEqual(await admin.endSessions(user.email), { user: user.id, ended: 2 })
    await demandTold(mine, client, client)
    for (const one of [first, second, third]) refused(await refresh(mine, one), 'invalid_grant')
    await demandLogin(world(), bystander, true)
    assert.deepEqual(await admin.endSessions(user.id), { user: user.id, ended: 0 })
    const entries = await admin.listAudit({ user: user.id, event: 'session.all_ended' })
    assert.deepEqual(
      entries.map(({ data }) => data),
      [
        { user: user.id, ended: 0 },
        { user: user.id, ended: 2 },
      ],
    )
  })

  test('an app that cannot be told holds nobody up, and the session has ended', async () => {
    const mine = await withSomebody(world())
    const untold = await addWeb(mine, { backchannel_logout_uri: 'http://127.0.0.1:9/logout' })
    const client = await addWeb(mine)
    const loggedIn = await enter(mine, untold)
    await enter(mine, client, loggedIn.agent)
    assert.equal((await mine.admin.endSessions(mine.user.id)).ended, 1)
    await demandTold(mine, client)
    await demandLogin(mine, loggedIn, false)
  })
}
