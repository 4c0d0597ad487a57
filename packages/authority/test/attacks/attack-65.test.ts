import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { missing } from '../support/authority.ts'
import {
  type Answer,
  type Arrival,
  addClient,
  authorize,
  codeGrant,
  errorOf,
  moveBack,
  ORDERS,
  openWorld,
  post,
  refused,
  type TestClient,
  toRequest,
  type World,
} from '../support/world.ts'

const OFFLINE = { scope: 'openid offline_access' }

for (const topology of ['sqlite', 'two instances'] as const) {
  describe(`attack 65 (codes are redeemed once), ${topology}`, { skip: missing(topology) }, () => {
    let world: World
    let app: TestClient
    let other: TestClient
    before(async () => {
      world = await openWorld(topology)
      app = await addClient(world, { client_id: 'app', type: 'web', resources: { [ORDERS]: 'read' } })
      other = await addClient(world, { client_id: 'other', type: 'web' })
    })
    after(() => world.stop())

    const redeem = (arrival: Arrival, client: TestClient = app): Promise<Answer> =>
      post(world, '/token', codeGrant(arrival), client)
    const isWorthNothing = async ({ body }: Answer): Promise<void> => {
      const { status } = await fetch(new URL('/me', world.issuer), {
        headers: { authorization: `Bearer ${body['access_token']}` },
      })
      assert.equal(status, 401)
      const refresh = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) }
      refused(await post(world, '/token', refresh, app), 'invalid_grant')
      const asked = await post(world, '/token/introspection', { token: String(body['access_token']) }, app)
      assert.deepEqual(asked.body, { active: false })
    }

    test('all but one of 20 redemptions at once are refused, and what the one gave is revoked', async () => {
      for (let round = 0; round < 3; round++) {
        const arrival = await authorize(world, app, OFFLINE)
        const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(arrival)))
        const [won, ...more] = answers.filter(({ status }) => status === 200)
        assert.ok(won !== undefined && more.length === 0, `${more.length + 1} of 20 redemptions won`)
        for (const answer of answers) if (answer !== won) refused(answer, 'invalid_grant')
        await isWorthNothing(won)
      }
    })

    test('a code is refused a minute later as well, and then what it gave ends', async () => {
      const arrival = await authorize(world, app, OFFLINE)
      const won = await redeem(arrival)
      assert.equal(won.status, 200)
      refused(await redeem(arrival), 'invalid_grant')
      await isWorthNothing(won)
      refused(await redeem(arrival), 'invalid_grant')
    })

    test('a code is refused to another client, which costs its owner nothing', async () => {
      const arrival = await authorize(world, app, OFFLINE)
      for (const wrong of [other, { ...app, secret: other.secret }])
        assert.match(String((await redeem(arrival, wrong)).body['error']), /^invalid_(grant|client)$/)
      const won = await redeem(arrival)
      assert.equal(won.status, 200)
      // A stranger who has the code, and is not its client, ends nothing either.
      refused(await redeem(arrival, other), 'invalid_grant')
      assert.equal(
        (
          await post(
            world,
            '/token',
            { grant_type: 'refresh_token', refresh_token: String(won.body['refresh_token']) },
            app,
          )
        ).status,
        200,
      )
    })

    test('a code that has expired is refused', async () => {
      const arrival = await authorize(world, app)
      await moveBack(world, 'expires_at', 120, 'AuthorizationCode')
      refused(await redeem(arrival), 'invalid_grant')
    })

    test('a pushed request is refused at its second use', async () => {
      const request = (await toRequest(app)).url
      const pushed = await post(world, '/request', Object.fromEntries(request.searchParams), app)
      const url = new URL('/auth', world.issuer)
      url.search = `${new URLSearchParams({ client_id: app.id, request_uri: String(pushed.body['request_uri']) })}`
      assert.ok((await world.browser.get(url)).location?.searchParams.get('code'))
      const again = await Promise.all(Array.from({ length: 5 }, () => world.browser.get(url)))
      for (const { location } of again) assert.match(String(errorOf(location)), /^invalid_request/)
    })
  })
}
