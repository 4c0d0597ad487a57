import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { type Figures, parseFigures } from '../operations/figures.ts'
import { missing } from '../support/authority.ts'
import { addClient, authorize, codeGrant, getTokens, openWorld, post, refused, type World } from '../support/world.ts'

/** Has the database refuse one kind of row from now on. @returns ends it */
async function refuseRows({ store: { raw } }: World, model: string): Promise<() => Promise<void>> {
  const name = `no_${randomBytes(4).toString('hex')}`
  if (raw.kind === 'sqlite') {
    const { database } = raw
    const when = `BEFORE INSERT ON oidc_state WHEN NEW.model = '${model}'`
    database.exec(`CREATE TRIGGER ${name} ${when} BEGIN SELECT RAISE(ABORT, 'no room'); END`)
    return async () => database.exec(`DROP TRIGGER ${name}`)
  }
  const { pool } = raw
  const body = `BEGIN RAISE EXCEPTION 'no room'; END`
  await pool.query(`CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ ${body} $$`)
  const when = `BEFORE INSERT ON oidc_state FOR EACH ROW WHEN (NEW.model = '${model}')`
  await pool.query(`CREATE TRIGGER ${name} ${when} EXECUTE FUNCTION ${name}()`)
  return async () => void (await pool.query(`DROP TRIGGER ${name} ON oidc_state`))
}

const METRICS_TOKEN = 'a-token-for-the-monitoring-system'

async function figuresOf({ issuer }: World): Promise<Figures> {
  const answer = await fetch(`${issuer}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } })
  return parseFigures(await answer.text())
}

const use = (token: unknown): Readonly<Record<string, string>> => ({
  grant_type: 'refresh_token',
  refresh_token: String(token),
})

for (const topology of ['sqlite', 'postgres'] as const)
  describe(`a token request that fails halfway, ${topology}`, { skip: missing(topology) }, () => {
    for (const model of ['AccessToken', 'RefreshToken'])
      test(`uses nothing up and leaves nothing behind: no ${model} can be written`, async () => {
        const world = await openWorld(topology, { env: { METRICS_TOKEN } })
        try {
          const [app, other] = [await addClient(world, { type: 'web' }), await addClient(world, { type: 'web' })]
          const { refresh_token: token } = await getTokens(world, app)
          const arrival = await authorize(world, other)
          const rows = async (): Promise<unknown> =>
            world.store.db
              .selectFrom('oidc_state')
              .select(['model', 'id_hash', 'consumed_at'])
              .orderBy('id_hash')
              .execute()
          const [before, figures] = [await rows(), await figuresOf(world)]
          const end = await refuseRows(world, model)
          for (let left = 2; left > 0; left--) {
            refused(await post(world, '/token', use(token), app), 'temporarily_unavailable', 503)
            refused(await post(world, '/token', codeGrant(arrival), other), 'temporarily_unavailable', 503)
          }
          assert.deepEqual(await rows(), before)
          const counted = (await figuresOf(world)).since(figures)
          const failures = { endpoint: 'token', code: 'temporarily_unavailable' }
          assert.equal(counted.value('countersign_failures_total', failures), 4)
          for (const grant of ['authorization_code', 'refresh_token'])
            assert.equal(counted.value('countersign_tokens_total', { grant }) ?? 0, 0, `${grant} was not granted`)

          await end()
          const next = await post(world, '/token', use(token), app)
          const redeemed = await post(world, '/token', codeGrant(arrival), other)
          assert.deepEqual([next.status, redeemed.status], [200, 200])
          refused(await post(world, '/token', use(token), app), 'invalid_grant')
          refused(await post(world, '/token', codeGrant(arrival), other), 'invalid_grant')
          const alive = await post(world, '/token', use(next.body['refresh_token']), app)
          assert.equal(alive.status, 200, 'one login ended with another')
        } finally {
          await world.stop()
        }
      })

    test('is answered 503 where nobody can be looked up', async () => {
      const world = await openWorld(topology)
      try {
        const app = await addClient(world, { type: 'web' })
        const { refresh_token: token, access_token } = await getTokens(world, app)
        const me = (): ReturnType<typeof fetch> =>
          fetch(`${world.issuer}/me`, { headers: { authorization: `Bearer ${access_token}` } })
        const { schema } = world.store.db
        await schema.alterTable('users').renameTo('away').execute()
        refused(await post(world, '/token', use(token), app), 'temporarily_unavailable', 503)
        const { status, headers } = await me()
        assert.deepEqual([status, headers.get('retry-after'), headers.get('www-authenticate')], [503, '5', null])
        await schema.alterTable('away').renameTo('users').execute()
        assert.deepEqual([(await me()).status, (await post(world, '/token', use(token), app)).status], [200, 200])
      } finally {
        await world.stop()
      }
    })
  })
