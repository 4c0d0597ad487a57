import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { before, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { formTo, inAccount, isIn, isLogin, recorded, send, stopOnTheWay, textOf } from '../support/account.ts'
import type { Credentials, Page, UserAgent } from '../support/user-agent.ts'
import {
  addClient,
  authorize,
  newBrowser,
  ORDERS,
  onEachTopology,
  post,
  redeem,
  refused,
  type TestClient,
} from '../support/world.ts'

const PLACE = '/account/sessions'

/** The sessions that a page offers to end, this browser's first. */
const sessionsOn = ({ forms }: Page): readonly string[] =>
  forms
    .filter(({ action }) => action === `${PLACE}/end`)
    .map(({ fields }) => fields.find(({ name }) => name === 'id')?.value ?? '')

onEachTopology((world) => {
  let notes: TestClient
  let count = 0
  before(async () => {
    const resources = { [ORDERS]: 'read write' }
    notes = await addClient(world(), {
      client_id: 'notes',
      type: 'web',
      client_name: 'Notes',
      trusted: false,
      resources,
    })
  })

  const somebody = async (): Promise<Credentials & { readonly id: string }> => {
    const credentials = { email: `person${++count}@example.org`, password: 'correct horse battery' }
    const { user } = await world().operations.addUser(credentials)
    return { ...credentials, id: user.id }
  }

  /** Lets an app in. @returns its refresh token */
  const letIn = async (person: Credentials, agent: UserAgent): Promise<string> => {
    const asked = { scope: 'openid email offline_access read', prompt: 'consent', resource: ORDERS }
    const tokens = await redeem(
      notes,
      await authorize({ ...world(), user: { ...world().user, ...person } }, notes, asked, agent),
    )
    assert.ok(tokens.refresh_token)
    return tokens.refresh_token
  }
  const refresh = (token: string): ReturnType<typeof post> =>
    post(world(), '/token', { grant_type: 'refresh_token', refresh_token: token }, notes)

  test('sessions are listed, and one of them is ended without the others', async () => {
    const person = await somebody()
    const far = await inAccount(world(), person)
    await letIn(person, far.agent)
    const { agent, page } = await inAccount(world(), person, PLACE)
    const [here, there] = sessionsOn(page)
    assert.ok(here !== undefined && there !== undefined && here !== there)
    assert.match(textOf(page), /This browser Since .* UTC , with a password .*A browser Since .* Used for Notes/)
    assert.ok(!page.html.includes('countersign-account') && !page.html.includes('your account<'))
    const ended = await agent.submit(page, {}, { form: formTo(page, `${PLACE}/end`, there) })
    assert.equal(ended.url, `${world().issuer}${PLACE}?done=ended`)
    assert.deepEqual(sessionsOn(ended), [here])
    assert.equal(await isIn(far.agent, world()), false)
    assert.equal(await isIn(agent, world()), true)
    assert.equal((await recorded(world(), person.id))[0], 'account.session_ended')
    assert.equal((await agent.submit(page, {}, { form: formTo(page, `${PLACE}/end`, there) })).status, 404)
  })

  test('the session of this browser ends at the page that says so', async () => {
    const { agent, page } = await inAccount(world(), await somebody(), PLACE)
    const out = await send(agent, page, `${PLACE}/end`)
    assert.match(out.html, /<h1>You are logged out<\/h1>/)
    assert.ok(isLogin(await agent.get(page.url)))
  })

  test('an address that only takes a form leads to the page that has it', async () => {
    const { agent, page } = await inAccount(world(), await somebody(), PLACE)
    for (const name of ['end', 'everywhere', 'revoke'])
      assert.equal((await agent.get(`${page.url}/${name}`)).url, page.url, name)
  })

  test('nobody ends a session, or takes away the access of an app, of somebody else', async () => {
    const [person, other] = [await somebody(), await somebody()]
    const theirs = await inAccount(world(), other, PLACE)
    const token = await letIn(other, theirs.agent)
    const [id = ''] = sessionsOn(theirs.page)
    const { agent, page } = await inAccount(world(), person, PLACE)
    for (const wrong of [id, '', 'x', '\0', id.slice(1)])
      assert.equal((await send(agent, page, `${PLACE}/end`, { id: wrong })).status, 404, wrong)
    const form = { ...formTo(page, `${PLACE}/end`), action: `${PLACE}/revoke` }
    for (const client of ['notes', 'countersign-account', '', '\0'])
      assert.equal((await agent.submit(page, { client }, { form })).status, 404, client)
    assert.equal(await isIn(theirs.agent, world()), true)
    assert.equal((await refresh(token)).status, 200)
    assert.equal((await recorded(world(), person.id))[0], 'account.access_refused')
  })

  test('an app is listed once with what it may do, and loses all of it', async () => {
    const person = await somebody()
    const { agent } = await inAccount(world(), person)
    const tokens = [await letIn(person, agent), await letIn(person, newBrowser())]
    const page = await agent.get(`${world().issuer}${PLACE}`)
    assert.equal(page.forms.filter(({ action }) => action === `${PLACE}/revoke`).length, 1)
    assert.match(
      textOf(page),
      /Apps with access Notes Since .* UTC Know who you are See your e-mail address Stay connected while you are away At https:\/\/orders\.example : read Remove access/,
    )
    const gone = await send(agent, page, `${PLACE}/revoke`)
    assert.match(textOf(gone), /The app has no access any more\..*No app has access to your account\./)
    for (const token of tokens) refused(await refresh(token), 'invalid_grant')
    assert.equal((await recorded(world(), person.id))[0], 'account.access_removed')
  })

  test('signing out everywhere ends each session, and the access of each app', async () => {
    const person = await somebody()
    const far = await inAccount(world(), person)
    const { agent, page } = await inAccount(world(), person, PLACE)
    const token = await letIn(person, agent)
    const out = await send(agent, page, `${PLACE}/everywhere`)
    assert.match(out.html, /<h1>You are logged out<\/h1>/)
    for (const one of [agent, far.agent]) assert.equal(await isIn(one, world()), false)
    refused(await refresh(token), 'invalid_grant')
    assert.equal((await recorded(world(), person.id))[0], 'account.signed_out_everywhere')
    const { page: anew } = await inAccount(world(), person, PLACE)
    assert.match(textOf(anew), /No app has access to your account\./)
  })

  test('a form that is sent slowly keeps no session from ending', async () => {
    const person = await somebody()
    const thief = await inAccount(world(), person)
    const cookie = thief.agent.cookies.flatMap(({ name, value, path }) => (path === '/' ? [`${name}=${value}`] : []))
    const began = world().counted.filter((one) => one === 'Session.find').length
    const slow = request(`${world().issuer}/device`, {
      method: 'POST',
      headers: { cookie: cookie.join('; '), 'content-type': 'application/x-www-form-urlencoded', 'content-length': 2 },
    })
    const answer = once(slow, 'response')
    slow.write('a')
    // Once the session was read, the rest of the form is waited for.
    while (world().counted.filter((one) => one === 'Session.find').length === began) await setImmediate()
    await world().operations.endSessions(person.id)
    slow.end('b')
    const [{ statusCode }] = (await answer) as [IncomingMessage]
    assert.equal(statusCode, 400)
    assert.deepEqual(await world().operations.listSessions(person.id), [])
    assert.equal(await isIn(thief.agent, world()), false)
  })

  test('a login that is on its way ends with the sessions', async () => {
    const person = await somebody()
    const { agent, location } = await stopOnTheWay(world(), person)
    assert.deepEqual(await world().operations.endSessions(person.id), { user: person.id, ended: 0 })
    assert.equal((await agent.get(location)).status, 400)
    assert.equal(await isIn(agent, world()), false)
  })

  test('an app that is disabled is listed by its id, and can still be got rid of', async () => {
    const person = await somebody()
    const { agent } = await inAccount(world(), person)
    await letIn(person, agent)
    // Each instance remembers for a moment what a client is called.
    for (const { operations } of world().instances) {
      await operations.enableClient('notes')
      await operations.disableClient('notes')
    }
    const page = await agent.get(`${world().issuer}${PLACE}`)
    assert.match(textOf(page), /Apps with access notes Since/)
    assert.match(textOf(await send(agent, page, `${PLACE}/revoke`)), /No app has access/)
    for (const { operations } of world().instances) await operations.enableClient('notes')
  })
})
