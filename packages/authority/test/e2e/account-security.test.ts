import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import {
  codeOf,
  formTo,
  inAccount,
  isLogin,
  openPage,
  recorded,
  send,
  stopOnTheWay,
  textOf,
} from '../support/account.ts'
import { note } from '../support/given.ts'
import type { Credentials, Page, UserAgent } from '../support/user-agent.ts'
import { newBrowser, openWorld, type World } from '../support/world.ts'

const PLACE = '/account/security'
const MINUTE = 60_000

type Person = Credentials & { readonly id: string }

describe('what somebody proves themselves with', () => {
  let world: World
  let count = 0
  before(async () => {
    world = await openWorld('sqlite')
  })
  after(() => world.stop())

  const somebody = async (): Promise<Person> => {
    const credentials = { email: `person${++count}@example.org`, password: 'correct horse battery' }
    const { user } = await world.operations.addUser(credentials)
    return { ...credentials, id: user.id }
  }
  const at = (path: string): string => `${world.issuer}${path}`
  const later = (t: TestContext, ms: number): void => {
    t.mock.timers.reset()
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + ms })
  }

  /** Sets an authenticator app up. @returns what it shows at a time, and the recovery codes */
  const setUp = async (
    agent: UserAgent,
  ): Promise<{ code: (at?: number) => string; codes: readonly string[]; page: Page }> => {
    const setup = await agent.get(at(`${PLACE}/app`))
    assert.equal(setup.status, 200, setup.html)
    const page = await send(agent, setup, `${PLACE}/app`, { code: codeOf(setup) })
    assert.equal(page.status, 200, page.html)
    const codes = [...page.html.matchAll(/<li><code>([\w-]+)<\/code>/g)].map(([, code = '']) => code)
    for (const code of codes) note('recovery code', code)
    return { code: (time) => codeOf(setup, time), codes, page }
  }

  /** A passkey as the database has it: it is good for no login. */
  const givePasskey = async (user: string, id: string): Promise<void> => {
    const data = JSON.stringify({ key: 'AAAA', counter: 0, transports: [], name: 'Laptop', backedUp: false })
    const row = { id, user_id: user, kind: 'passkey', data, lookup: `of-${id}`, created_at: 1_700_000_000 }
    await world.store.db
      .insertInto('credentials')
      .values({ ...row, last_used: null })
      .execute()
  }

  test('an authenticator app is on once its first code is right, and recovery codes are shown once', async () => {
    const person = await somebody()
    const { agent, page } = await inAccount(world, person, PLACE)
    assert.match(textOf(page), /Set up an app/)
    const setup = await agent.get(at(`${PLACE}/app`))
    assert.match(setup.html, /<div class="qr" role="img" aria-label="[^"]+"><svg /)
    const wrong = await send(agent, setup, `${PLACE}/app`, { code: '000000' })
    assert.equal(wrong.status, 400)
    assert.match(wrong.html, /id="code"[^>]* aria-describedby="error"/)
    assert.match(textOf(await agent.get(at(PLACE))), /Set up an app/)
    const right = await send(agent, wrong, `${PLACE}/app`, { code: codeOf(setup) })
    assert.equal([...right.html.matchAll(/<li><code>/g)].length, 10)
    const on = await agent.get(at(PLACE))
    assert.match(textOf(on), /On since .* You have 10 codes left\./)
    assert.deepEqual((await recorded(world, person.id)).slice(0, 2), ['account.totp_added', 'account.totp_refused'])
    const second = await openPage(newBrowser(), world, '/account', person)
    assert.match(second.html, /Confirm that it is you/)
  })

  test('the key of an app is of no use to somebody else', async () => {
    const { agent } = await inAccount(world, await somebody())
    const { agent: other, page } = await inAccount(world, await somebody(), `${PLACE}/app`)
    const theirs = await agent.get(at(`${PLACE}/app`))
    const sealed = formTo(theirs, `${PLACE}/app`).fields.find(({ name }) => name === 'sealed')?.value ?? ''
    const refused = await send(other, page, `${PLACE}/app`, { sealed, code: codeOf(theirs) })
    assert.equal(refused.status, 400)
    assert.match(textOf(await other.get(at(PLACE))), /Set up an app/)
  })

  test('who logged in a while ago logs in anew to change anything, and comes back', async (t) => {
    const person = await somebody()
    await givePasskey(person.id, 'crd_old')
    const { agent, page } = await inAccount(world, person)
    await world.store.db.deleteFrom('credentials').where('id', '=', 'crd_old').execute()
    const setup = await agent.get(at(`${PLACE}/app`))
    later(t, 11 * MINUTE)
    for (const name of ['app', 'app/remove', 'codes', 'passkeys/new', 'passkeys/crd_old', 'passkeys/crd_old/remove']) {
      const path = `${PLACE}/${name}`
      const login = await agent.get(at(path))
      assert.ok(isLogin(login), path)
      const form = { ...formTo(page, '/account'), action: path }
      assert.ok(isLogin(await agent.submit(page, { name: 'x', response: '{}' }, { form })), path)
    }
    assert.ok(isLogin(await send(agent, setup, `${PLACE}/app`, { code: codeOf(setup, Date.now()) })))
    assert.equal((await agent.get(at(PLACE))).status, 200, 'to look is nothing')
    const back = await openPage(agent, world, `${PLACE}/passkeys/new`, person)
    assert.equal(back.url, at(`${PLACE}/passkeys/new`))
    assert.equal(back.status, 200)
  })

  test('a login is as old as what somebody proved, however late they go on', async (t) => {
    const person = await somebody()
    const { agent, location } = await stopOnTheWay(world, person)
    later(t, 11 * MINUTE)
    const end = await agent.get(location)
    assert.equal(end.url, at('/account'))
    assert.ok(isLogin(await agent.get(at(`${PLACE}/app`))))
  })

  test('a page that takes a while is opened in time, so that its form is not too late', async (t) => {
    const { agent } = await inAccount(world, await somebody())
    later(t, 4 * MINUTE)
    const setup = await agent.get(at(`${PLACE}/app`))
    later(t, 9 * MINUTE)
    assert.equal((await send(agent, setup, `${PLACE}/app`, { code: codeOf(setup, Date.now()) })).status, 200)
  })

  test('who has a second factor changes none without it', async () => {
    const person = await somebody()
    const before = await inAccount(world, person)
    const { agent } = await inAccount(world, person)
    const { code } = await setUp(agent)
    for (const name of ['app', 'app/remove', 'codes', 'passkeys/new']) {
      const asked = await before.agent.get(at(`${PLACE}/${name}`))
      assert.match(asked.html, /Confirm that it is you/, name)
      const form = { ...formTo(before.page, '/account'), action: `${PLACE}/${name}` }
      assert.match((await before.agent.submit(before.page, {}, { form })).html, /Confirm that it is you/, name)
    }
    const asked = await before.agent.get(at(`${PLACE}/app/remove`))
    const next = Date.now() + 30_000
    const confirm = await before.agent.submit(asked, { code: code(next) })
    assert.equal(confirm.url, at(`${PLACE}/app/remove`), confirm.html)
    assert.match(textOf(confirm), /It is your last second factor/)
    const removed = await send(before.agent, confirm, `${PLACE}/app/remove`)
    assert.match(removed.html, /role="status">The authenticator app is removed\./)
    assert.match(textOf(removed), /Set up an app/)
    assert.equal((await recorded(world, person.id))[0], 'account.totp_removed')
    assert.equal((await before.agent.get(at(`${PLACE}/app/remove`))).url, at(PLACE), 'there is nothing to remove')
    assert.equal((await before.agent.get(at(`${PLACE}/codes`))).url, at(PLACE))
  })

  test('new recovery codes end those of before', async () => {
    const person = await somebody()
    const { agent } = await inAccount(world, person)
    const { codes } = await setUp(agent)
    const login = newBrowser()
    const asked = await openPage(login, world, `${PLACE}/codes`, person)
    const confirm = await login.submit(asked, { code: codes[0] ?? '' })
    assert.equal(confirm.url, at(`${PLACE}/codes`), confirm.html)
    const made = await send(login, confirm, `${PLACE}/codes`)
    const anew = [...made.html.matchAll(/<li><code>([\w-]+)<\/code>/g)].map(([, code = '']) => code)
    assert.equal(anew.length, 10)
    for (const code of anew) note('recovery code', code)
    const second = newBrowser()
    const page = await openPage(second, world, PLACE, person)
    assert.equal((await second.submit(page, { code: codes[1] ?? '' })).status, 401)
    assert.equal((await second.submit(page, { code: anew[0] ?? '' })).url, at(PLACE))
  })

  test('a passkey is renamed and removed by whose it is alone', async () => {
    const [person, other] = [await somebody(), await somebody()]
    const own = await inAccount(world, person)
    const foreign = await inAccount(world, other)
    await givePasskey(other.id, 'crd_theirs')
    for (const id of ['crd_theirs', 'crd_none', 'x', '%00', '..%2f..']) {
      const path = `${PLACE}/passkeys/${id}`
      for (const action of [path, `${path}/remove`]) {
        assert.equal((await own.agent.get(at(action))).status, 404, action)
        const form = { ...formTo(own.page, '/account'), action }
        assert.equal((await own.agent.submit(own.page, { name: 'Mine now' }, { form })).status, 404, action)
      }
    }
    const row = world.store.db.selectFrom('credentials').select('data').where('id', '=', 'crd_theirs')
    assert.match((await row.executeTakeFirstOrThrow()).data, /"Laptop"/)
    assert.match(textOf(await foreign.agent.get(at(PLACE))), /Laptop Added 14 November 2023 at 22:13 UTC , never used/)
    // Who has it now has a second factor, and would be asked for it.
    assert.match((await foreign.agent.get(at(`${PLACE}/passkeys/crd_theirs`))).html, /Confirm that it is you/)
  })

  test('what no authenticator made is no passkey', async () => {
    const person = await somebody()
    const { agent, page } = await inAccount(world, person, `${PLACE}/passkeys/new`)
    assert.match(page.html, /<form [^>]*data-passkey="create" data-options="\{[^"]*challenge[^"]*"/)
    for (const response of ['', '{}', 'null', '[]', JSON.stringify({ id: 'x', type: 'public-key', response: {} })])
      assert.equal((await send(agent, page, `${PLACE}/passkeys/new`, { response, name: 'x' })).status, 400, response)
    for (const time of ['', '0', '-1', 'x', '9'.repeat(30)])
      assert.equal((await send(agent, page, `${PLACE}/passkeys/new`, { at: time })).status, 400, time)
    assert.equal((await recorded(world, person.id))[0], 'account.passkey_refused')
    assert.match(textOf(await agent.get(at(PLACE))), /Add a passkey/)
  })
})
