import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createAdapter } from '../../src/protocol/adapter.ts'
import { Clients } from '../../src/protocol/clients.ts'
import { Sealed } from '../../src/protocol/sealed.ts'
import {
  addClient,
  authorize,
  codeGrant,
  getTokens,
  ORDERS,
  openWorld,
  post,
  readAccessToken,
  refused,
  type TestClient,
  type World,
} from '../support/world.ts'

const PATHS = [
  '/reg',
  '/reg/app',
  '/register',
  '/registration',
  '/connect/register',
  '/client',
  '/clients',
  '/clients/app',
  '/client/app',
  '/admin',
  '/admin/clients',
  '/admin/users',
  '/admin/keys',
  '/api/clients',
  '/operations/addClient',
  '/operations/addUser',
  '/token/reg',
  '/session',
  '/sessions',
  '/users',
  '/keys',
  '/metrics',
  '/debug',
  '/interaction/x',
  '/interaction/x/login',
  '/admin/api/users',
  '/admin/api/clients',
  '/admin/api/keys',
  '/admin/api/keys/rotate',
] as const

describe('attack 70 (what is for administrators alone)', () => {
  let world: World
  let app: TestClient
  let bearer: string
  before(async () => {
    world = await openWorld('sqlite')
    app = await addClient(world, { client_id: 'app', type: 'web', resources: { [ORDERS]: 'read' } })
    bearer = (await getTokens(world, app, { scope: 'openid profile email roles offline_access' })).access_token
  })
  after(() => world.stop())

  for (const path of PATHS)
    test(`clients, users and keys are neither read nor written at ${path}`, async () => {
      const basic = `Basic ${btoa(`${app.id}:${app.secret}`)}`
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        for (const authorization of ['', basic, `Bearer ${bearer}`]) {
          const answer = await fetch(new URL(path, world.issuer), {
            method,
            headers: { ...(authorization !== '' && { authorization }), 'content-type': 'application/json' },
            redirect: 'manual',
            ...(method !== 'GET' && { body: '{"redirect_uris":["https://evil.example"]}' }),
          })
          // Pages of administration send who is not logged in to the login, and refuse forms that are not theirs.
          const login = method === 'GET' && /^\/admin(?!\/api)/.test(path)
          const expected = login ? [303, 404] : path.startsWith('/admin') ? [401, 403, 404, 405] : [404]
          assert.ok(expected.includes(answer.status), `${answer.status} for ${method} ${path}`)
          if (answer.status === 303)
            assert.match(String(answer.headers.get('location')), new RegExp(`^${world.issuer}/auth\\?`))
          assert.doesNotMatch(await answer.text(), /client_secret|redirect_uris/)
        }
      }
    })

  test('the protocol reads clients and cannot write them', async () => {
    const adapter = createAdapter({
      store: world.store,
      clients: new Clients(world.store),
      sealed: new Sealed({ state: new Uint8Array(64).fill(1), lookups: new Uint8Array(64) }),
      guards: {},
    })('Client')
    const before = await world.store.db.selectFrom('clients').selectAll().execute()
    for (const work of [
      () => adapter.upsert('evil', { redirect_uris: ['https://evil.example'] } as never, 60),
      () => adapter.destroy('app'),
      () => adapter.consume('app'),
      () => adapter.revokeByGrantId('app'),
    ])
      await assert.rejects(work, /administrator/)
    assert.deepEqual(await world.store.db.selectFrom('clients').selectAll().execute(), before)
  })

  test('a client cannot be redefined by what it sends', async () => {
    const more = {
      redirect_uris: 'https://evil.example',
      first_party: 'true',
      trusted: 'true',
      resources: 'https://foreign.example',
    }
    const registration = '{"redirect_uris":["https://evil.example"]}'
    await assert.rejects(authorize(world, app, { registration }), /registration_not_supported/)
    const arrival = await authorize(world, app, more)
    assert.equal(arrival.url.origin, 'https://app.example')
    const answer = await post(world, '/token', { ...codeGrant(arrival), ...more }, app)
    assert.equal(answer.status, 200)
    const row = await world.store.db.selectFrom('clients').selectAll().where('client_id', '=', 'app').executeTakeFirst()
    assert.doesNotMatch(String(row?.metadata), /evil|foreign/)
  })

  test('the scope admin is granted to no client that was not registered for it', async () => {
    const machine = await addClient(world, { type: 'service', resources: { [ORDERS]: 'read' } })
    for (const scope of ['admin', 'read admin']) {
      const answer = await post(world, '/token', { grant_type: 'client_credentials', resource: ORDERS, scope }, machine)
      if (answer.status === 200)
        assert.notEqual((await readAccessToken(world, String(answer.body['access_token'])))['scope'], scope)
      else refused(answer, 'invalid_scope')
      const plain = await post(world, '/token', { grant_type: 'client_credentials', scope }, machine)
      assert.doesNotMatch(String(plain.body['scope']), /admin/)
    }
    for (const parameters of [{ scope: 'openid admin' }, { scope: 'openid read admin', resource: ORDERS }] as const) {
      const tokens = await getTokens(world, app, { ...parameters })
      assert.doesNotMatch(String(tokens.scope), /admin/)
    }
  })

  test('a client is not registered with a scope that nobody offers', async () => {
    for (const scope of ['admin', 'openid admin', 'openid\tprofile'])
      await assert.rejects(
        world.operations.addClient({ type: 'web', redirect_uris: ['https://app.example/callback'], scope }),
        { code: 'CLIENT_INVALID' },
      )
  })

  test('a client that exists is not replaced by one of the same name', async () => {
    await assert.rejects(
      world.operations.addClient({ client_id: 'app', type: 'web', redirect_uris: ['https://evil.example/callback'] }),
      { code: 'CLIENT_EXISTS' },
    )
    assert.ok((await authorize(world, app)).code)
  })

  test('a client without a way to prove itself gets no grant of a machine', async () => {
    for (const grant of ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange']) {
      for (const type of ['public', 'device'] as const)
        await assert.rejects(
          world.operations.addClient({ type, redirect_uris: ['https://app.example/callback'], grant_types: [grant] }),
          { code: 'CLIENT_INVALID' },
        )
      const answer = await post(world, '/token', { grant_type: grant }, app)
      assert.match(String(answer.body['error']), /^(unauthorized_client|invalid_request)$/)
    }
  })

  test('a disabled client is refused', async () => {
    const gone = await addClient(world, { client_id: 'gone', type: 'service', resources: { [ORDERS]: 'read' } })
    await world.store.db.updateTable('clients').set({ disabled_at: 1 }).where('client_id', '=', 'gone').execute()
    refused(
      await post(world, '/token', { grant_type: 'client_credentials', resource: ORDERS }, gone),
      'invalid_client',
      401,
    )
  })
})

test('no client of the demo is registered for the scope admin, and nobody in it has that role', async () => {
  // A port of its own for each server: those beside the first may be taken.
  const demo = await openWorld('sqlite', { env: { DEMO: '1', PORT: '0' } })
  try {
    const clients = await demo.store.db.selectFrom('clients').select(['client_id', 'metadata']).execute()
    assert.equal(clients.length, 3)
    for (const { client_id, metadata } of clients) assert.doesNotMatch(metadata, /\badmin\b/, client_id)
    const user = await demo.store.db.selectFrom('users').selectAll().where('email', 'like', 'demo@%').executeTakeFirst()
    assert.doesNotMatch(String(user?.claims), /\badmin\b/)
  } finally {
    await demo.stop()
  }
})
