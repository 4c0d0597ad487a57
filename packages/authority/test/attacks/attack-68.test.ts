import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openAuthority, type startAuthority } from '../../src/authority.ts'
import { toSettings } from '../../src/settings.ts'
import { freePort } from '../support/ports.ts'
import { MISSING } from '../support/postgres.ts'
import { UserAgent } from '../support/user-agent.ts'
import {
  addClient,
  authorize,
  codeGrant,
  errorOf,
  getTokens,
  ORDERS,
  openWorld,
  post,
  type TestClient,
  toRequest,
  type World,
} from '../support/world.ts'
import { atLogin, toFields } from './http.ts'

describe('attack 68 (a start that must not go well)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-attack-'))
  after(() => rmSync(folder, { recursive: true }))
  const settings = (env: Readonly<Record<string, string>>): Parameters<typeof startAuthority>[0] =>
    toSettings({ COUNTERSIGN_DATA: join(folder, randomBytes(4).toString('hex')), PORT: '0', ...env })
  const kekFile = (text: string): string => {
    const path = join(folder, randomBytes(4).toString('hex'))
    writeFileSync(path, text)
    return path
  }

  test('every broken setting is refused by name, and all of them in one message', () => {
    const broken = {
      PORT: '65536',
      HOST: 'a b',
      ISSUER: 'http://login.example',
      DATABASE_URL: 'mysql://x',
      COUNTERSIGN_KEK: 'short',
      COUNTERSIGN_KEK_PREVIOUS: 'short',
      TRUST_PROXY: 'yes',
      DEMO: 'maybe',
      LOG_LEVEL: 'loud',
      OUTGOING_ALLOW: 'evil.example',
      KEY_PERIOD: 'never',
    }
    for (const [name, value] of Object.entries(broken)) {
      assert.throws(
        () => toSettings({ [name]: value }),
        (error: Error & { code?: string }) =>
          error.code === 'SETTINGS' && error.message.includes(name) && !error.message.includes('\n'),
        name,
      )
    }
    assert.throws(
      () => toSettings(broken),
      (error: Error) =>
        Object.keys(broken).every((name) => new RegExp(`^ +${name} |\\b${name}\\b`, 'm').test(error.message)),
    )
  })

  for (const [why, text] of [
    ['is empty', ''],
    ['holds white space', ' \n'],
    ['holds 31 octets', randomBytes(31).toString('base64url')],
    ['holds 33 octets', randomBytes(33).toString('base64url')],
    ['holds a password', 'correct horse battery staple'],
    ['holds two keys', `${randomBytes(32).toString('base64url')}\n${randomBytes(32).toString('base64url')}`],
  ] as const)
    test(`a file for the KEK is refused that ${why}`, async () => {
      await assert.rejects(openAuthority(settings({ COUNTERSIGN_KEK_FILE: kekFile(text) })), { code: 'KEK_WRONG' })
    })

  test('a KEK of zeros is refused', async () => {
    const zeros = Buffer.alloc(32)
    for (const text of [zeros.toString('hex'), zeros.toString('base64url')]) {
      assert.throws(() => settings({ COUNTERSIGN_KEK: text }), { code: 'SETTINGS' })
      await assert.rejects(openAuthority(settings({ COUNTERSIGN_KEK_FILE: kekFile(text) })))
    }
  })

  test('a database that cannot be reached, and a folder that cannot be made, refuse to start', async () => {
    const url = `postgres://user:s3cret-pass@127.0.0.1:${await freePort()}/none`
    await assert.rejects(openAuthority(settings({ DATABASE_URL: url })), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'DATABASE')
      assert.doesNotMatch(error.message, /s3cret/)
      return true
    })
    await assert.rejects(openAuthority(settings({ COUNTERSIGN_DATA: join(kekFile('x'), 'data') })))
  })

  test('a database that is none refuses to start', async () => {
    const data = mkdtempSync(join(folder, 'broken-'))
    writeFileSync(join(data, 'authority.db'), 'this is no database'.repeat(100))
    await assert.rejects(openAuthority(settings({ COUNTERSIGN_DATA: data })))
  })
})

describe('attack 68 (what is advertised)', () => {
  let world: World
  before(async () => {
    world = await openWorld('sqlite')
  })
  after(() => world.stop())

  test('neither alg none nor HMAC is offered or taken, nor a flow that is off', async () => {
    for (const path of ['openid-configuration', 'oauth-authorization-server']) {
      const found = await (await fetch(new URL(`/.well-known/${path}`, world.issuer))).json()
      const metadata = found as Readonly<Record<string, unknown>>
      for (const [name, value] of Object.entries(metadata)) {
        if (/_alg_values_supported$/.test(name))
          assert.deepEqual(
            (value as readonly string[]).filter((alg) => /^none$|^HS|^RSA1_5$|^PBES2/i.test(alg)),
            [],
            name,
          )
      }
      assert.deepEqual(metadata['code_challenge_methods_supported'], ['S256'])
      assert.deepEqual(metadata['response_types_supported'], ['code'])
      assert.equal(metadata['registration_endpoint'], undefined)
      assert.equal(metadata['request_parameter_supported'] ?? false, false)
      for (const grant of ['implicit', 'password'])
        assert.ok(!(metadata['grant_types_supported'] as string[]).includes(grant))
      for (const [name, value] of Object.entries(metadata))
        if (/_endpoint$|_uri$|^issuer$/.test(name)) assert.ok(String(value).startsWith(world.issuer), name)
    }
  })

  for (const alg of ['none', 'None', 'HS256', 'RS1', '', 'ES256K'])
    test(`a client is not registered with the alg ${JSON.stringify(alg)}`, async () => {
      const input = { type: 'web', redirect_uris: ['https://app.example/callback'] } as const
      await assert.rejects(world.operations.addClient({ ...input, id_token_signed_response_alg: alg }), {
        code: 'CLIENT_INVALID',
      })
      await assert.rejects(world.operations.addClient({ ...input, id_token_encrypted_response_alg: alg }), {
        code: 'CLIENT_INVALID',
      })
    })

  for (const grant of ['password', 'implicit', '', 'urn:ietf:params:oauth:grant-type:jwt-bearer', '__proto__'])
    test(`the grant type ${JSON.stringify(grant)} is refused`, async () => {
      const app = await addClient(world, { type: 'web' })
      const answer = await post(
        world,
        '/token',
        { grant_type: grant, username: 'x', password: 'x', assertion: 'x' },
        app,
      )
      assert.match(String(answer.body['error']), /^(unsupported_grant_type|invalid_request|unauthorized_client)$/)
      assert.equal(answer.body['access_token'], undefined)
    })
})

for (const kind of ['sqlite', 'postgres'] as const) {
  describe(`attack 68 (a database that breaks), ${kind}`, { skip: kind === 'postgres' && MISSING }, () => {
    let world: World
    let app: TestClient
    before(async () => {
      world = await openWorld(kind)
      app = await addClient(world, { client_id: 'app', type: 'web', resources: { [ORDERS]: 'read' } })
    })
    after(() => world.stop())

    test('nobody gets a token, a page or a login from a server without its database: all is 503', async () => {
      const tokens = await getTokens(world, app, { scope: 'openid offline_access' })
      const arrival = await authorize(world, app)
      const { agent, page } = await atLogin(app)
      const service = await addClient(world, { type: 'service', resources: { [ORDERS]: 'read' } })
      // As an administrator who restores a backup may leave it, and as every statement fails where nothing answers.
      for (const table of ['oidc_state', 'clients', 'users', 'credentials', 'secrets', 'rate_limit', 'audit'])
        await world.store.db.schema.alterTable(table).renameTo(`${table}_gone`).execute()

      const answers = [
        await post(world, '/token', codeGrant(arrival), app),
        await post(world, '/token', { grant_type: 'refresh_token', refresh_token: String(tokens.refresh_token) }, app),
        await post(world, '/token', { grant_type: 'client_credentials', resource: ORDERS }, service),
        await post(world, '/token/introspection', { token: tokens.access_token }, app),
        await post(world, '/request', Object.fromEntries((await toRequest(app)).url.searchParams), app),
      ]
      for (const { status, body, headers } of answers) {
        assert.equal(status, 503, JSON.stringify(body))
        assert.equal(body['error'], 'temporarily_unavailable')
        assert.doesNotMatch(`${headers.get('www-authenticate')}`, /invalid_client/)
        for (const name of ['access_token', 'refresh_token', 'id_token', 'active']) assert.equal(body[name], undefined)
      }
      const me = await fetch(new URL('/me', world.issuer), {
        headers: { authorization: `Bearer ${tokens.access_token}` },
      })
      assert.equal(me.status, 503)
      for (const url of [(await toRequest(app)).url, page.url, `${world.issuer}/readyz`, `${world.issuer}/device`]) {
        const { status, html, location } = await agent.get(url)
        // An application that is known for a moment still is told so in its own way (RFC 6749 §4.1.2.1).
        if (location !== undefined) assert.equal(errorOf(location), 'temporarily_unavailable')
        else assert.equal(status, 503, `${status} for ${url}: ${html}`)
        assert.doesNotMatch(html, /sqlite|postgres|pool|\.ts\b|node_modules/i)
      }
      const sent = await agent.submit(page, toFields(world.user))
      assert.equal(sent.status, 503)
      assert.deepEqual(sent.headers['set-cookie'], undefined)
      const logged = JSON.stringify(world.lines)
      for (const secret of [
        tokens.access_token,
        String(tokens.refresh_token),
        arrival.code,
        world.user.password,
        String(app.secret),
      ])
        assert.ok(!logged.includes(secret))
      assert.equal((await new UserAgent().get(`${world.issuer}/healthz`)).status, 200)
    })
  })
}
