import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Demo, startDemo } from '../../src/demo/demo.ts'
import { type Started, startOn } from '../support/authority.ts'
import { type Credentials, type Page, login as passLogin, UserAgent } from '../support/user-agent.ts'
import { accessTokenOf, answerOf, arrive, call, departureOf, isIn, logIn, press } from './support.ts'

/** An authority whose demo has a clock of its own. */
async function startWithClock(
  t: TestContext,
): Promise<{ started: Started; demo: Demo; notes: string; reader: Credentials; clock: { seconds: number } }> {
  const started = await startOn('sqlite')
  const data = mkdtempSync(join(tmpdir(), 'countersign-demo-'))
  const clock = { seconds: Math.floor(Date.now() / 1000) }
  const [authority] = started.instances
  assert.ok(authority)
  const { issuer, operations, users } = authority
  const log = (): void => {}
  const now = (): number => clock.seconds
  const demo = await startDemo({ authority: { issuer, operations, users, data }, port: 0, log, now })
  t.after(async () => {
    await demo.close()
    await started.stop()
    rmSync(data, { recursive: true })
  })
  const { email, password = '' } = demo.user
  return { started, demo, notes: demo.apps[0]?.url ?? '', reader: { email, password }, clock }
}

test('an access token that is about to end is replaced before the API is asked, by many tabs at once too', async (t) => {
  const { notes, reader, clock } = await startWithClock(t)
  const agent = new UserAgent()
  const before = await logIn(agent, notes, reader)
  const kept = await call(agent, before, '/notes')
  assert.equal(accessTokenOf(kept), accessTokenOf(before))
  clock.seconds += 571
  const pages = await Promise.all(Array.from({ length: 5 }, () => call(agent, before, '/notes')))
  for (const page of pages) assert.match(answerOf(page), /200 OK/)
  const tokens = new Set([...pages, await agent.get(notes)].map(accessTokenOf))
  assert.equal(tokens.size, 1, 'one refresh for all')
  assert.ok(!tokens.has(accessTokenOf(before)))
})

test('a login that the authority takes back ends the session here when its token is refreshed', async (t) => {
  const { notes, reader, started } = await startWithClock(t)
  const agent = new UserAgent()
  const page = await logIn(agent, notes, reader)
  await started.store.db.updateTable('users').set({ state: 'disabled' }).execute()
  const refused: Page = await press(agent, page, '/refresh')
  assert.equal(refused.status, 401)
  assert.match(refused.html, /invalid_grant/)
  assert.equal(await isIn(agent, notes), false)
})

test('a session ends after eight hours, and a login that takes more than ten minutes is begun anew', async (t) => {
  const { notes, reader, clock } = await startWithClock(t)
  const agent = new UserAgent({ stopAt: [`${notes}/callback`] })
  const late = await passLogin(agent, await departureOf(agent, notes), reader)
  clock.seconds += 600
  assert.equal((await arrive(agent, notes, late)).status, 400)

  assert.equal(
    (await arrive(agent, notes, await passLogin(agent, await departureOf(agent, notes), reader))).status,
    303,
  )
  clock.seconds += 8 * 3600 - 1
  assert.ok(await isIn(agent, notes))
  clock.seconds += 1
  assert.equal(await isIn(agent, notes), false)
})

test('an authority that is gone is told in plain words, and a logout from the app works without it', async (t) => {
  const { notes, reader, started, demo } = await startWithClock(t)
  const agent = new UserAgent({ stopAt: [`${started.issuer}/session/end`] })
  const page = await logIn(agent, notes, reader)
  await started.stop()
  const photos = demo.apps[1]?.url ?? ''
  for (const refused of [await press(agent, page, '/refresh'), await press(agent, await agent.get(photos), '/login')]) {
    assert.equal(refused.status, 503)
    assert.match(refused.html, /gives no answer.*unreachable/s)
  }
  assert.ok((await press(agent, page, '/logout')).location)
  assert.equal(await isIn(agent, notes), false)
})
