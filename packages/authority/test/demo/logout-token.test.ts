import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSigner, decodeUnverified, generateKey } from 'countersign'
import { idToken, logoutToken } from 'countersign/profile'
import { type Page, login as passLogin, UserAgent } from '../support/user-agent.ts'
import { accessTokenOf, arrive, type DemoForTests, departureOf, isIn, logIn, startForTest } from './support.ts'

const EVENTS = { 'http://schemas.openid.net/event/backchannel-logout': {} }

/** Sends a logout token to an app, as the authority does. */
function tell(app: string, token: string): Promise<Response> {
  return fetch(`${app}/backchannel-logout`, { method: 'POST', body: new URLSearchParams({ logout_token: token }) })
}

const subOf = (page: Page): string => String(decodeUnverified(accessTokenOf(page)).claims['sub'])

const ringOf = ({ started }: DemoForTests) => {
  const [authority] = started.instances
  assert.ok(authority)
  return { key: authority.ring, alg: 'ES256' } as const
}

test('what is no logout token for this app, of this authority and of today, logs nobody out', async (t) => {
  const rig = await startForTest(t)
  const { notes, issuer, reader } = rig
  const agent = new UserAgent()
  const sub = subOf(await logIn(agent, notes, reader))
  const genuine = { ...ringOf(rig), issuer, audience: 'demo-notes' }
  const past = (): number => Math.floor(Date.now() / 1000) - 3600
  const plain = (claims: object): Promise<string> =>
    createSigner({ ...genuine, typ: 'logout+jwt', expiresIn: 60, jti: true }).sign({ sub, ...claims })
  const refused = {
    'for another app': await logoutToken.createSigner({ ...genuine, audience: 'demo-photos' }).sign({ sub }),
    'of another issuer': await logoutToken.createSigner({ ...genuine, issuer: 'http://localhost:1' }).sign({ sub }),
    'by another key': await logoutToken
      .createSigner({ key: await generateKey('ES256'), issuer, audience: 'demo-notes' })
      .sign({ sub }),
    expired: await logoutToken.createSigner({ ...genuine, now: past }).sign({ sub }),
    'without the event': await plain({}),
    'with a nonce': await plain({ events: EVENTS, nonce: 'n' }),
    'an ID token': await idToken.createSigner({ ...genuine, expiresIn: 60 }).sign({ sub }),
    'of another type': await createSigner({ ...genuine, expiresIn: 60, jti: true }).sign({ sub, events: EVENTS }),
    'no token': 'hello',
  }
  for (const [why, token] of Object.entries(refused)) {
    const answer = await tell(notes, token)
    assert.equal(answer.status, 400, why)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.match(await answer.text(), /"error":"invalid_request"/)
  }
  assert.equal(
    (await fetch(`${notes}/backchannel-logout`, { method: 'POST', body: new URLSearchParams() })).status,
    400,
  )
  assert.equal((await tell(notes, 'a'.repeat(100_000))).status, 413)
  assert.ok(await isIn(agent, notes))
})

test('a logout token for a person ends all of their sessions, once', async (t) => {
  const rig = await startForTest(t)
  const { notes, issuer, reader } = rig
  const [one, two, third] = [new UserAgent(), new UserAgent(), new UserAgent()]
  const sub = subOf(await logIn(one, notes, reader))
  await logIn(two, notes, reader)
  const other = { email: 'other@example.com', password: 'correct horse battery' }
  await rig.started.operations.addUser(other)
  await logIn(third, notes, other)

  const token = await logoutToken.createSigner({ ...ringOf(rig), issuer, audience: 'demo-notes' }).sign({ sub })
  const answer = await tell(notes, token)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.deepEqual([await isIn(one, notes), await isIn(two, notes), await isIn(third, notes)], [false, false, true])

  await logIn(one, notes) // the authority itself was not asked
  const replayed = await tell(notes, token)
  assert.equal(replayed.status, 400)
  assert.ok(await isIn(one, notes))
})

test('a login that was on its way when its session ended is refused', async (t) => {
  const rig = await startForTest(t)
  const { notes, issuer, reader } = rig
  const agent = new UserAgent({ stopAt: [`${notes}/callback`] })
  await arrive(agent, notes, await passLogin(agent, await departureOf(agent, notes), reader))
  const [, sid = ''] = /&quot;sid&quot;<\/b>: &quot;([^&]+)&quot;/.exec((await agent.get(notes)).html) ?? []
  assert.notEqual(sid, '')
  const late = await passLogin(agent, await departureOf(agent, notes), reader)

  const signer = logoutToken.createSigner({ ...ringOf(rig), issuer, audience: 'demo-notes' })
  assert.equal((await tell(notes, await signer.sign({ sid }))).status, 200)
  const refused = await arrive(agent, notes, late)
  assert.equal(refused.status, 400)
  assert.match(await refused.text(), /logged_out/)
  assert.equal(await isIn(agent, notes), false)
})
