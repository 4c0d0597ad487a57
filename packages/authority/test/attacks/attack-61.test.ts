import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { missing } from '../support/authority.ts'
import {
  type Answer,
  addClient,
  authorize,
  codeGrant,
  getTokens,
  moveBack,
  ORDERS,
  openWorld,
  post,
  refused,
  type TestClient,
  type World,
} from '../support/world.ts'

const OFFLINE = { scope: 'openid offline_access' }
const GRACE = 10

for (const topology of ['sqlite', 'two instances'] as const) {
  describe(`attack 61 (refresh tokens), ${topology}`, { skip: missing(topology) }, () => {
    let world: World
    let web: TestClient
    let other: TestClient
    before(async () => {
      world = await openWorld(topology)
      web = await addClient(world, { client_id: 'app', type: 'web', resources: { [ORDERS]: 'read write' } })
      other = await addClient(world, { client_id: 'other', type: 'web' })
    })
    after(() => world.stop())

    const refresh = (
      token: string,
      client: { readonly id: string; readonly secret?: string | undefined } = web,
      more: Readonly<Record<string, string>> = {},
    ): Promise<Answer> => post(world, '/token', { grant_type: 'refresh_token', refresh_token: token, ...more }, client)
    const fresh = async (): Promise<string> => String((await getTokens(world, web, OFFLINE)).refresh_token)

    test('all but one of 20 refreshes at once are refused, and the family lives on', async () => {
      const token = await fresh()
      const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(token)))
      const won = answers.filter(({ status }) => status === 200)
      assert.equal(won.length, 1)
      for (const answer of answers) if (answer.status !== 200) refused(answer, 'invalid_grant')
      // Two tabs that refresh at once are no thief: the winner's token is good.
      assert.equal((await refresh(String(won[0]?.body['refresh_token']))).status, 200)
    })

    test('a refresh token is refused at its second use, and after the grace that ends its whole family', async () => {
      const first = await fresh()
      const winner = await refresh(first)
      assert.equal(winner.status, 200)
      refused(await refresh(first), 'invalid_grant')
      const second = await refresh(String(winner.body['refresh_token']))
      assert.equal(second.status, 200, 'a second use within the grace ended the family')

      await moveBack(world, 'consumed_at', GRACE + 1, 'RefreshToken')
      refused(await refresh(first), 'invalid_grant')
      refused(await refresh(String(second.body['refresh_token'])), 'invalid_grant')
      for (const { body } of [winner, second]) {
        const { status } = await fetch(new URL('/me', world.issuer), {
          headers: { authorization: `Bearer ${body['access_token']}` },
        })
        assert.equal(status, 401)
      }
    })

    test('20 reuses at once after the grace are all refused, and the family is gone', async () => {
      const first = await fresh()
      const winner = await refresh(first)
      await moveBack(world, 'consumed_at', GRACE + 1, 'RefreshToken')
      const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(first)))
      for (const answer of answers) refused(answer, 'invalid_grant')
      refused(await refresh(String(winner.body['refresh_token'])), 'invalid_grant')
    })

    test('a refresh token is refused for another client, and without the secret of its own', async () => {
      const token = await fresh()
      refused(await refresh(token, other), 'invalid_grant')
      refused(await refresh(token, { id: web.id }), 'invalid_client', 401)
      refused(await refresh(token, { id: web.id, secret: other.secret }), 'invalid_client', 401)
      refused(await refresh(token, { id: web.id, secret: '' }), 'invalid_request')
      assert.equal((await refresh(token)).status, 200, 'what others tried cost the owner the token')
    })

    test('more than was granted is refused at a refresh', async () => {
      const token = await fresh()
      refused(await refresh(token, web, { scope: 'openid offline_access email' }), 'invalid_scope')
      refused(await refresh(token, web, { scope: 'openid admin' }), 'invalid_scope')
    })

    test('an access token, a code and an ID token are refused in place of a refresh token', async () => {
      const tokens = await getTokens(world, web, OFFLINE)
      const arrival = await authorize(world, web, OFFLINE)
      for (const token of [tokens.access_token, String(tokens.id_token), arrival.code, '', 'x'.repeat(5000), '\0'])
        assert.ok([400, 401].includes((await refresh(token)).status))
      assert.equal((await post(world, '/token', codeGrant(arrival), web)).status, 200)
    })
  })
}
