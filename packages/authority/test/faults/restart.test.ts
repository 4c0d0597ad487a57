import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MISSING, openFailingPostgres } from '../support/postgres.ts'
import {
  addClient,
  authorize,
  codeGrant,
  getTokens,
  ORDERS,
  openWorld,
  post,
  refused,
  type World,
} from '../support/world.ts'

const FAMILIES = 8
/** How often it is asked whether it is ready again. */
const MOST_LOOKS = 1000

const use = (token: unknown): Readonly<Record<string, string>> => ({
  grant_type: 'refresh_token',
  refresh_token: String(token),
})

async function untilReady({ issuer }: World): Promise<void> {
  for (let left = MOST_LOOKS; left > 0; left--) if ((await fetch(`${issuer}/readyz`)).status === 200) return
  assert.fail('it does not get ready again by itself')
}

test('a PostgreSQL that is gone and comes back: 503 meanwhile, and nothing that was acknowledged is lost', {
  skip: MISSING,
  timeout: 120_000,
}, async () => {
  const database = await openFailingPostgres()
  const world = await openWorld('postgres', { env: { DATABASE_URL: await database.createDatabase() } })
  try {
    const app = await addClient(world, { type: 'web' })
    const service = await addClient(world, { type: 'service', resources: { [ORDERS]: 'orders:read' } })
    const machine = { grant_type: 'client_credentials', resource: ORDERS }
    const tokens: unknown[] = []
    for (let left = FAMILIES; left > 0; left--) tokens.push((await getTokens(world, app)).refresh_token)
    const arrival = await authorize(world, app)
    const audit = await world.operations.listAudit({ limit: 1000 })

    for (let round = 0; round < 2; round++) {
      // Whatever comes of those that are under way: what is answered with a token is so for good.
      const under = tokens.map((token) => post(world, '/token', use(token), app))
      const answers = Promise.all(under)
      await under[0]
      await database.fail()
      for (const [at, { status, body }] of (await answers).entries()) {
        assert.ok(
          status === 200 || (status === 503 && body['error'] === 'temporarily_unavailable'),
          `${status} ${body['error']}`,
        )
        if (status === 200) tokens[at] = body['refresh_token']
      }
      assert.equal((await fetch(`${world.issuer}/readyz`)).status, 503)
      for (const grant of [use(tokens[0]), codeGrant(arrival)]) {
        const answer = await post(world, '/token', grant, app)
        refused(answer, 'temporarily_unavailable', 503)
        assert.equal(answer.headers.get('retry-after'), '5')
      }
      const wrong = await post(world, '/token', machine, { ...service, secret: 'x' })
      assert.ok(wrong.status === 401 || wrong.status === 503, `${wrong.status}`)

      await database.recover()
      await untilReady(world)
      assert.equal((await post(world, '/token', machine, service)).status, 200)
      for (const [at, token] of tokens.entries()) {
        const { status, body } = await post(world, '/token', use(token), app)
        assert.equal(status, 200, JSON.stringify(body))
        tokens[at] = body['refresh_token']
        refused(await post(world, '/token', use(token), app), 'invalid_grant')
      }
    }
    assert.equal((await post(world, '/token', codeGrant(arrival), app)).status, 200)
    refused(await post(world, '/token', codeGrant(arrival), app), 'invalid_grant')
    assert.deepEqual((await world.operations.listAudit({ limit: 1000 })).slice(-audit.length), audit)
  } finally {
    await world.stop()
    await database.stop()
  }
})
