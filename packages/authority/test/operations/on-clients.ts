import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorOf, newBrowser, ORDERS, post, toRequest } from '../support/world.ts'
import {
  type Administered,
  addWeb,
  demandLogin,
  enter,
  forgetClients,
  refresh,
  withoutUndefined,
} from './administered.ts'

const RESOURCES = { [ORDERS]: 'orders:read' }

/** The status of a service that asks for a token by a secret, where nobody goes by what was known before. */
async function statusFor(world: Administered, id: string, secret: string | undefined): Promise<number> {
  forgetClients()
  const ask = { grant_type: 'client_credentials', resource: ORDERS, scope: 'orders:read' }
  return (await post(world, '/token', ask, { id, secret })).status
}

export function testClients(world: () => Administered): void {
  const addService = async (): Promise<{ id: string; secret: string }> => {
    const added = await world().admin.addClient({ type: 'service', resources: RESOURCES })
    return { id: added.client_id, secret: String(added.client_secret) }
  }

  test('a secret is rotated without a moment in which the client has none', async () => {
    const { admin } = world()
    const { id, secret: first } = await addService()
    const [{ secret: foreign }, status] = [await addService(), statusFor.bind(undefined, world(), id)]
    await assert.rejects(admin.rotateClientSecret(id, 'finish'), { code: 'CLIENT_INVALID' })
    const { client_secret: second } = await admin.rotateClientSecret(id)
    assert.deepEqual([await status(first), await status(second), await status(foreign)], [200, 200, 401])
    await assert.rejects(admin.rotateClientSecret(id), { code: 'CLIENT_INVALID', hint: /--finish/ })
    assert.deepEqual([await status(first), await status(second)], [200, 200])
    const of = async (): Promise<readonly unknown[]> =>
      (await admin.listClients()).filter((one) => one.client_id === id).map((one) => [one.hasSecret, one.rotating])
    assert.deepEqual(await of(), [[true, true]])
    assert.deepEqual(await admin.rotateClientSecret(id, 'finish'), { client_id: id })
    assert.deepEqual([await status(first), await status(second)], [401, 200])
    assert.deepEqual(await of(), [[true, false]])
    await admin.rotateClientSecret(id)
    const { client_secret: last } = await admin.rotateClientSecret(id, 'now')
    assert.deepEqual([await status(first), await status(second), await status(last)], [401, 401, 200])
    const hashes = `${String((await world().store.db.selectFrom('clients').selectAll().execute()).map(Object.values))}`
    for (const secret of [first, second, last]) assert.ok(!hashes.includes(String(secret)))
  })

  test('of several at once that begin a rotation one does, and the secret that it gave is good', async () => {
    const { admin, operations } = world()
    const { id, secret } = await addService()
    const begun = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? admin : operations).rotateClientSecret(id)),
    )
    const given = begun.flatMap((one) => (one.status === 'fulfilled' ? [one.value.client_secret] : []))
    assert.equal(given.length, 1)
    assert.deepEqual([await statusFor(world(), id, secret), await statusFor(world(), id, given[0])], [200, 200])
    const finished = await Promise.allSettled(Array.from({ length: 8 }, () => admin.rotateClientSecret(id, 'finish')))
    assert.equal(finished.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.deepEqual([await statusFor(world(), id, secret), await statusFor(world(), id, given[0])], [401, 200])
  })

  test('a client without a secret, nobody, and another way to rotate are refused', async () => {
    const { admin } = world()
    const { id } = await addWeb(world(), { type: 'public', backchannel_logout_uri: undefined })
    for (const how of ['overlap', 'now', 'finish'] as const)
      await assert.rejects(admin.rotateClientSecret(id, how), { code: 'CLIENT_INVALID', message: /no secret/ })
    for (const nobody of ['nobody', '', '\0', 'countersign-account'])
      for (const ask of [admin.rotateClientSecret, admin.disableClient, admin.enableClient])
        await assert.rejects(ask(nobody), { name: 'AuthorityError', code: 'CLIENT_UNKNOWN' })
    await assert.rejects(admin.rotateClientSecret(id, 'soon' as never), { code: 'CLIENT_INVALID' })
    await assert.rejects(admin.addClient({ type: 'web', client_id: id }), { code: 'CLIENT_INVALID' })
  })

  test('no client is called as a member that every object has', async () => {
    for (const id of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
      await assert.rejects(world().admin.addClient({ type: 'service', client_id: id }), {
        code: 'CLIENT_INVALID',
        message: /is taken/,
      })
  })

  test('a client that is disabled gets nothing, and works again when it is enabled', async () => {
    const { admin } = world()
    const { id, secret } = await addService()
    const client = await addWeb(world())
    const loggedIn = await enter(world(), client)
    const { disabledAt } = await admin.disableClient(id)
    assert.ok(disabledAt !== undefined)
    await world().store.db.updateTable('clients').set({ disabled_at: 60 }).where('client_id', '=', id).execute()
    assert.equal((await admin.disableClient(id)).disabledAt, 60, 'since when it was disabled')
    await admin.disableClient(client.id)
    assert.equal(await statusFor(world(), id, secret), 401)
    assert.equal((await refresh(world(), loggedIn)).status, 401)
    const page = await newBrowser().get((await toRequest(client)).url)
    assert.deepEqual([page.status, page.location], [400, undefined])
    for (const one of [id, client.id]) assert.equal((await admin.enableClient(one)).disabledAt, undefined)
    assert.equal(await statusFor(world(), id, secret), 200)
    await demandLogin(world(), loggedIn, true)
    const { location } = await loggedIn.agent.get((await toRequest(client)).url)
    assert.equal(errorOf(location), null)
  })

  test('clients are listed without their secrets, and the same from everywhere', async () => {
    const { admin, operations } = world()
    const { id, secret } = await addService()
    const all = await admin.listClients()
    assert.deepEqual(
      all.map((one) => one.client_id),
      all.map((one) => one.client_id).toSorted(),
    )
    assert.ok(!JSON.stringify(all).includes(secret))
    assert.deepEqual(withoutUndefined(all), withoutUndefined(await operations.listClients()))
    const own = all.find((one) => one.client_id === id)
    assert.deepEqual([own?.name, own?.hasSecret, own?.rotating, own?.disabledAt], [id, true, false, undefined])
    assert.deepEqual(own?.metadata.resources, RESOURCES)
  })
}
