import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { exportJwk, generateKey, publicKey } from 'countersign'
import type { StateRow } from '../../src/store/schema.ts'
import type { Cookie } from '../support/user-agent.ts'
import {
  addClient,
  authorize,
  codeGrant,
  errorOf,
  getTokens,
  newBrowser,
  openWorld,
  post,
  refused,
  type TestClient,
  toRequest,
  type World,
} from '../support/world.ts'
import { newKek, PLACES } from './support.ts'

const WRONG = { code: 'KEK_WRONG' }

// How rows are sealed has nothing to do with which database they are in: the quicker one is enough.
for (const { openPlace } of PLACES.slice(0, 1)) {
  describe('sealed rows that somebody with the database moves about', () => {
    test('the secret of one purpose is refused for another: nothing starts', async (t) => {
      const { open, alter } = await openPlace(t)
      const env = { COUNTERSIGN_KEK: newKek() }
      const { store, close } = await open(env)
      const secrets = await store.db.selectFrom('secrets').selectAll().execute()
      const [key] = await store.db.selectFrom('signing_keys').selectAll().where('private_jwe', 'is not', null).execute()
      await close()
      const put = (to: string, jwe: string): Promise<void> =>
        alter((db) => db.updateTable('secrets').set({ jwe }).where('name', '=', to).execute())
      for (const [at, { name: to, jwe }] of secrets.entries()) {
        const other = secrets[(at + 1) % secrets.length]
        for (const wrong of [other?.jwe, key?.private_jwe, key?.voucher, '', 'x.y.z', jwe.slice(0, -1)]) {
          await put(to, String(wrong))
          await assert.rejects(open(env), WRONG)
        }
        await put(to, jwe)
      }
      await (await open(env)).close()
    })

    test('a signing key is refused with half of another, with a secret, or with a key of a stranger: nothing starts', async (t) => {
      const { open, alter } = await openPlace(t)
      const env = { COUNTERSIGN_KEK: newKek() }
      const { store, close } = await open(env)
      const rows = await store.db.selectFrom('signing_keys').selectAll().where('alg', '=', 'ES256').execute()
      const [secret] = await store.db.selectFrom('secrets').selectAll().execute()
      await close()
      const [one, two] = rows
      assert.ok(one && two, 'there are no two keys of ES256')
      const stranger = await exportJwk(await publicKey(await generateKey('ES256')))
      const evil = JSON.stringify({ ...stranger, kid: one.kid, alg: 'ES256', use: 'sig' })
      const renamed = JSON.stringify({ ...JSON.parse(two.public_jwk), kid: one.kid })
      for (const change of [
        { private_jwe: two.private_jwe },
        { private_jwe: String(secret?.jwe) },
        { private_jwe: one.voucher },
        { private_jwe: null, voucher: two.voucher },
        { private_jwe: null, voucher: one.private_jwe },
        { private_jwe: null, voucher: null },
        { public_jwk: two.public_jwk },
        { public_jwk: renamed, private_jwe: two.private_jwe, voucher: two.voucher },
        { public_jwk: evil },
        { public_jwk: evil, private_jwe: null },
        { public_jwk: evil, private_jwe: null, voucher: null },
        { alg: 'RS256' },
        { alg: 'none' },
      ]) {
        await alter((db) => db.updateTable('signing_keys').set(change).where('kid', '=', one.kid).execute())
        await assert.rejects(open(env), JSON.stringify(Object.keys(change)))
        await alter((db) => db.updateTable('signing_keys').set(one).where('kid', '=', one.kid).execute())
      }
      const inserted = { ...one, kid: 'stranger', public_jwk: JSON.stringify({ ...stranger, kid: 'stranger' }) }
      await alter((db) => db.insertInto('signing_keys').values(inserted).execute())
      await assert.rejects(open(env))
      await alter((db) => db.deleteFrom('signing_keys').where('kid', '=', 'stranger').execute())
      await (await open(env)).close()
    })
  })
}

describe('rows of codes, tokens and sessions that are moved about', () => {
  let world: World
  let app: TestClient
  before(async () => {
    world = await openWorld('sqlite')
    app = await addClient(world, { client_id: 'app', type: 'web' })
    await world.operations.addUser({ email: 'mallory@example.org', password: 'another long password' })
  })
  after(() => world.stop())

  const rowsOf = (model: string): Promise<readonly StateRow[]> =>
    world.store.db.selectFrom('oidc_state').selectAll().where('model', '=', model).execute()
  const clear = (): Promise<unknown> => world.store.db.deleteFrom('oidc_state').execute()
  /** Gives one row of a model what another row holds. */
  const copy = async (from: StateRow, to: StateRow): Promise<void> => {
    const { payload, grant_id, expires_at } = from
    await world.store.db
      .updateTable('oidc_state')
      .set({ payload, grant_id, expires_at })
      .where('model', '=', to.model)
      .where('id_hash', '=', to.id_hash)
      .execute()
  }

  test("what another one's session holds is refused in one's own", async () => {
    await clear()
    const [ada, mallory] = [newBrowser(), newBrowser()]
    await authorize(world, app, {}, ada)
    const [hers] = await rowsOf('Session')
    const theirs = {
      ...world,
      user: { ...world.user, email: 'mallory@example.org', password: 'another long password' },
    }
    await authorize(theirs, app, {}, mallory)
    const own = (await rowsOf('Session')).find(({ id_hash }) => id_hash !== hers?.id_hash)
    assert.ok(hers && own)
    await copy(hers, own)
    const { location } = await mallory.get((await toRequest(app, { prompt: 'none' })).url)
    assert.equal(errorOf(location), 'login_required')
    assert.ok(mallory.cookies.some(({ name }: Cookie) => name === 'countersign_session'))
  })

  test('what another code or refresh token holds is refused in place of its own', async () => {
    await clear()
    const [first, second] = [await authorize(world, app), await authorize(world, app)]
    const [one, two] = await rowsOf('AuthorizationCode')
    assert.ok(one && two)
    await copy(one, two)
    await copy(two, one)
    const answers = [
      await post(world, '/token', codeGrant(first), app),
      await post(world, '/token', codeGrant(second), app),
      await post(world, '/token', { ...codeGrant(first), code: second.code }, app),
      await post(world, '/token', { ...codeGrant(second), code: first.code }, app),
    ]
    assert.ok(answers.filter(({ status }) => status === 200).length <= 1)
    for (const { status, body } of answers) assert.ok(status === 200 || body['error'] === 'invalid_grant')
  })

  test('a row is refused under another model, though its name is right there', async () => {
    await clear()
    const { refresh_token, access_token } = await getTokens(world, app, { scope: 'openid offline_access' })
    const { createHash } = await import('node:crypto')
    const hashOf = (model: string, id: string): string =>
      createHash('sha256').update(`${model}:${id}`).digest('base64url')
    const [refreshing] = await rowsOf('RefreshToken')
    const [access] = await rowsOf('AccessToken')
    assert.ok(refreshing && access)
    assert.equal(refreshing.id_hash, hashOf('RefreshToken', String(refresh_token)))
    // A short access token as a long refresh token, and the other way round.
    await world.store.db
      .insertInto('oidc_state')
      .values([
        { ...access, model: 'RefreshToken', id_hash: hashOf('RefreshToken', access_token) },
        { ...refreshing, model: 'AccessToken', id_hash: hashOf('AccessToken', String(refresh_token)) },
      ])
      .execute()
    refused(
      await post(world, '/token', { grant_type: 'refresh_token', refresh_token: access_token }, app),
      'invalid_grant',
    )
    const me = await fetch(new URL('/me', world.issuer), { headers: { authorization: `Bearer ${refresh_token}` } })
    assert.equal(me.status, 401)
  })

  test('a row is refused that was changed, cut, or written by a stranger', async () => {
    await clear()
    const { refresh_token } = await getTokens(world, app, { scope: 'openid offline_access' })
    const [row] = await rowsOf('RefreshToken')
    assert.ok(row)
    const flipped = `${row.payload.slice(0, -2)}${row.payload.endsWith('AA') ? 'BB' : 'AA'}`
    const plain = JSON.stringify({ jti: refresh_token, kind: 'RefreshToken', clientId: app.id })
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(plain).toString('base64url')}.`
    for (const payload of [flipped, row.payload.slice(1), '', '{}', plain, none]) {
      await copy({ ...row, payload }, row)
      const grant = { grant_type: 'refresh_token', refresh_token: String(refresh_token) }
      refused(await post(world, '/token', grant, app), 'invalid_grant')
    }
    await copy(row, row)
    const grant = { grant_type: 'refresh_token', refresh_token: String(refresh_token) }
    assert.equal((await post(world, '/token', grant, app)).status, 200)
  })

  test('a row lives no longer than what is sealed in it says', async () => {
    await clear()
    const arrival = await authorize(world, app)
    await world.store.db.updateTable('oidc_state').set({ expires_at: null }).execute()
    const now = Date.now
    const { mock } = await import('node:test')
    mock.method(Date, 'now', () => now() + 120_000)
    try {
      refused(await post(world, '/token', codeGrant(arrival), app), 'invalid_grant')
    } finally {
      mock.restoreAll()
    }
  })
})
