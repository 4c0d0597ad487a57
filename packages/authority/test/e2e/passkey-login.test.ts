import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MULTI_FACTOR } from '../../src/accounts/assurance.ts'
import { addPasskey, addUser } from '../support/factors.ts'
import { formTo, givePassword, has, optionsOf, usePasskey, walksIn } from '../support/login-walk.ts'
import { newBrowser, onEachTopology, setState } from '../support/world.ts'

const STEP_UP = { acr_values: MULTI_FACTOR }

onEachTopology((world) => {
  const { start, tokensOf, withPassword } = walksIn(world)

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
})
