import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as oauth from 'oauth4webapi'
import { type Authority, startAuthority } from '../../src/authority.ts'
import { toSettings } from '../../src/settings.ts'
import { freePort } from '../support/ports.ts'
import {
  addClient,
  authorize,
  codeGrant,
  getTokens,
  HTTP,
  newBrowser,
  ORDERS,
  post,
  toRequest,
  type World,
} from '../support/world.ts'
import { newKek, PLACES } from './support.ts'

for (const { name, skip, openPlace } of PLACES) {
  test(`a new KEK costs nobody a token, a session or a login, ${name}`, { skip }, async (t) => {
    const { env } = await openPlace(t)
    const [old, next] = [newKek(), newKek()]
    const PORT = `${await freePort()}`
    const start = (keks: Readonly<Record<string, string>>): Promise<Authority> =>
      startAuthority(toSettings({ ...env, PORT, ...keks }))
    let authority = await start({ COUNTERSIGN_KEK: old })
    t.after(() => authority.close())
    const { issuer, operations } = authority
    const credentials = { email: 'ada@example.org', password: 'correct horse battery' }
    const { user } = await operations.addUser(credentials)
    const at = new URL(issuer)
    const as = await oauth.processDiscoveryResponse(at, await oauth.discoveryRequest(at, HTTP))
    const world = {
      issuer,
      operations,
      as,
      user: { ...user, ...credentials },
      browser: newBrowser(),
    } as unknown as World
    const app = await addClient(world, { client_id: 'app', type: 'web', resources: { [ORDERS]: 'read' } })
    const scope = 'openid offline_access'
    const tokens = await getTokens(world, app, { scope })
    const waiting = await authorize(world, app, { scope })
    const jwks = await (await fetch(new URL('/jwks', issuer))).text()
    let refreshToken = String(tokens.refresh_token)

    /** Asserts that what was given out before is as good as it was. */
    const everythingGoesOn = async (): Promise<void> => {
      assert.equal(await (await fetch(new URL('/jwks', issuer))).text(), jwks)
      const me = await fetch(new URL('/me', issuer), { headers: { authorization: `Bearer ${tokens.access_token}` } })
      assert.equal(me.status, 200)
      const refreshed = await post(world, '/token', { grant_type: 'refresh_token', refresh_token: refreshToken }, app)
      assert.equal(refreshed.status, 200)
      refreshToken = String(refreshed.body['refresh_token'])
      const { location } = await world.browser.get((await toRequest(app, { prompt: 'none' })).url)
      assert.ok(location?.searchParams.get('code'), 'the session has ended')
    }

    /** Has `fetch` notice which of its connections have ended with the server. */
    const reconnect = async (): Promise<void> => {
      const ask = (): Promise<boolean> =>
        fetch(new URL('/healthz', issuer))
          .then((answer) => answer.text())
          .then(
            () => true,
            () => false,
          )
      for (let left = 10; left > 0 && !(await ask()); ) left--
    }

    for (const keks of [{ COUNTERSIGN_KEK: next, COUNTERSIGN_KEK_PREVIOUS: old }, { COUNTERSIGN_KEK: next }]) {
      await authority.close()
      authority = await start(keks)
      await reconnect()
      await everythingGoesOn()
    }
    assert.equal((await post(world, '/token', codeGrant(waiting), app)).status, 200)
    await authority.close()
    await assert.rejects(start({ COUNTERSIGN_KEK: old }), { code: 'KEK_WRONG' })
    authority = await start({ COUNTERSIGN_KEK: next })
    await reconnect()
    await everythingGoesOn()
  })
}
