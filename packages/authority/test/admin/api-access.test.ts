import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { createSigner, generateKey } from 'countersign'
import { accessToken, dpopProof } from 'countersign/profile'
import * as openid from 'openid-client'
import { MULTI_FACTOR } from '../../src/accounts/assurance.ts'
import { ADMIN_ROLE } from '../../src/accounts/users.ts'
import { addPasskey, addUser } from '../support/factors.ts'
import { addClient, newBrowser, newKeyPair, ORDERS, post, refused, type TestClient } from '../support/world.ts'
import { Api, audienceOf, mint, onBothStores, openMachine, personToken, setAdmin } from './support.ts'

const CHALLENGE = 'www-authenticate'

onBothStores((world) => {
  let api: Api
  let machine: { readonly client: TestClient; readonly token: string }

  before(async () => {
    api = new Api(world())
    machine = await openMachine(world())
  })

  /** Asserts that a request was refused, and how. */
  const deny = async (token: string | undefined, status: number, error: string, challenge: RegExp): Promise<void> => {
    for (const [method, path] of [
      ['GET', '/users'],
      ['POST', '/keys/rotate'],
    ] as const) {
      const answer = await api.ask(token, method, path)
      assert.deepEqual([answer.status, answer.body['error']], [status, error], JSON.stringify(answer.body))
      assert.match(String(answer.headers.get(CHALLENGE)), challenge)
    }
  }
  /** The last entries of the audit trail, as who did what. */
  const lastAudit = async (count: number): Promise<readonly string[]> =>
    (await world().operations.listAudit({ limit: count })).map(({ actor, event }) => `${actor} ${event}`)

  test('the document is for everybody, and nothing else is: without a token there is 401 (RFC 6750 §3)', async () => {
    assert.match((await api.document()).openapi, /^3\.1/)
    await deny(undefined, 401, 'no_token', /^Bearer realm="admin", scope="admin", DPoP realm="admin", algs=/)
    await deny('', 400, 'invalid_request', /^Bearer realm="admin", error="invalid_request"/)
  })

  test('a token that is none, or not ours, or over, or for something else, is refused', async () => {
    const { issuer, browser } = world()
    const { id: sub } = machine.client
    const own = { sub, client_id: sub }
    const [header, payload] = machine.token.split('.')
    const invalid = /^Bearer realm="admin", error="invalid_token"/
    for (const token of [
      'x',
      'a.b.c',
      `${header}.${payload}.AAAA`,
      `${header}.${payload}.`,
      machine.token.slice(0, -3),
    ])
      await deny(token, 401, 'invalid_token', invalid)
    await deny(await mint(world(), own, { now: () => Date.now() / 1000 - 900 }), 401, 'invalid_token', invalid)
    for (const aud of [issuer, `${issuer}/`, `${issuer}/admin/`, `${issuer}/admin/api`, ORDERS, sub])
      await deny(await mint(world(), { ...own, aud }), 401, 'invalid_token', invalid)
    const key = await generateKey('ES256')
    const foreign = { key, issuer, expiresIn: 60 }
    const claims = { ...own, aud: audienceOf(world()), scope: 'admin' } as never
    await deny(await accessToken.createSigner(foreign).sign(claims), 401, 'invalid_token', invalid)
    const elsewhere = await mint(world(), own, { issuer: 'https://elsewhere.example' })
    await deny(elsewhere, 401, 'invalid_token', invalid)
    // An ID token, or any other JWT of ours, is no access token (RFC 9068 §4).
    const [{ ring } = { ring: undefined }] = world().instances
    const other = createSigner({ key: ring as never, alg: 'ES256', issuer, expiresIn: 60, typ: 'JWT' })
    await deny(await other.sign(claims), 401, 'invalid_token', invalid)
    // The cookies of a browser are of no use here.
    assert.equal((await browser.get(`${issuer}/admin/api/users`)).status, 401)
  })

  test('a token needs the scope, and a client has to be registered to get one that has it', async () => {
    const { id: sub } = machine.client
    const lacking = /^Bearer realm="admin", error="insufficient_scope", .*scope="admin"/
    for (const scope of [undefined, 'administer', 'admins', 'openid', 'Admin'])
      await deny(await mint(world(), { sub, client_id: sub, scope }), 403, 'insufficient_scope', lacking)
    const ask = { grant_type: 'client_credentials', resource: audienceOf(world()), scope: 'admin' }
    const plain = await addClient(world(), { type: 'service', resources: { [ORDERS]: 'admin' } })
    refused(await post(world(), '/token', ask, plain), 'invalid_target')
    const other = await addClient(world(), { type: 'service', resources: { [audienceOf(world())]: 'read' } })
    const { body } = await post(world(), '/token', ask, other)
    assert.equal(body['scope'], undefined)
    await deny(String(body['access_token']), 403, 'insufficient_scope', lacking)
    const named = await post(world(), '/token', { ...ask, resource: ORDERS }, plain)
    await deny(String(named.body['access_token']), 401, 'invalid_token', /invalid_token/)
  })

  test('a person needs the role now, whatever the token says of it', async () => {
    await setAdmin(world(), false)
    const { token } = await personToken(world())
    await deny(token, 403, 'insufficient_scope', /^Bearer realm="admin", error="insufficient_scope".*authority:admin/)
    assert.deepEqual(await lastAudit(2), [`${world().user.id} admin.refused`, `${world().user.id} admin.refused`])
    await setAdmin(world(), true)
    assert.equal((await api.ask(token, 'GET', '/users')).status, 200, 'the same token')
    const { token: second, client } = await personToken(world())
    const claims = JSON.parse(Buffer.from(second.split('.')[1] ?? '', 'base64url').toString())
    assert.ok(claims.roles.includes(ADMIN_ROLE))
    await setAdmin(world(), false)
    await deny(second, 403, 'insufficient_scope', /insufficient_scope/)
    await setAdmin(world(), true)
    await world().operations.disableClient(client.id)
    await deny(second, 401, 'invalid_token', /invalid_token/)
    await world().operations.enableClient(client.id)
    await world().operations.disableUser(world().user.id)
    await deny(second, 401, 'invalid_token', /invalid_token/)
    await world().operations.enableUser(world().user.id)
    assert.equal((await api.ask(second, 'GET', '/users')).status, 200)
  })

  test('a person who has a second factor administers with it, as on the pages (RFC 9470 §3)', async () => {
    const user = await addUser(world())
    await world().operations.updateUser(user.id, { roles: [ADMIN_ROLE] })
    const { token } = await personToken({ ...world(), user, browser: newBrowser() })
    assert.equal((await api.ask(token, 'GET', '/users')).status, 200)
    await addPasskey(world(), user)
    const error = 'insufficient_user_authentication'
    await deny(token, 401, error, new RegExp(`error="${error}".*, acr_values="${MULTI_FACTOR}"$`))
    const strong = await mint(world(), { sub: user.id, client_id: machine.client.id, acr: MULTI_FACTOR })
    assert.equal((await api.ask(strong, 'GET', '/users')).status, 200)
  })

  test('a machine is refused from when its client is disabled, or gone', async () => {
    const { client, token } = await openMachine(world())
    assert.equal((await api.ask(token, 'GET', '/keys')).status, 200)
    await world().operations.disableClient(client.id)
    await deny(token, 401, 'invalid_token', /invalid_token/)
    await world().operations.enableClient(client.id)
    assert.equal((await api.ask(token, 'GET', '/keys')).status, 200)
    const nobody = await mint(world(), { sub: 'nobody', client_id: 'nobody' })
    await deny(nobody, 401, 'invalid_token', /invalid_token/)
    const built = await mint(world(), { sub: 'countersign-account', client_id: 'countersign-account' })
    await deny(built, 401, 'invalid_token', /invalid_token/)
  })

  test('who acts for somebody else does not administer, and a client that is called as a user is that user', async () => {
    const { id } = machine.client
    await setAdmin(world(), true)
    const act = await mint(world(), { sub: world().user.id, client_id: id, act: { sub: id } })
    await deny(act, 403, 'insufficient_scope', /came of another/)
    await setAdmin(world(), false)
    await addClient(world(), { type: 'web', client_id: world().user.id })
    await deny(
      await mint(world(), { sub: world().user.id, client_id: world().user.id }),
      ...([403, 'insufficient_scope', /authority:admin/] as const),
    )
  })

  test('a token that is bound to a key needs its proof, once (RFC 9449 §7)', async () => {
    const { privateKey, publicKey, key } = await newKeyPair()
    const resources = { [audienceOf(world())]: 'admin' }
    const client = await addClient(world(), { type: 'service', resources, dpop_bound_access_tokens: true })
    const DPoP = openid.getDPoPHandle(client.config, { privateKey, publicKey })
    const asked = { resource: audienceOf(world()), scope: 'admin' }
    const { access_token: token } = await openid.clientCredentialsGrant(client.config, asked, { DPoP })
    await deny(token, 401, 'invalid_token', /invalid_token/)
    const url = `${world().issuer}/admin/api/keys`
    const send = async (proof: string) => {
      const answer = await fetch(url, { headers: { authorization: `DPoP ${token}`, dpop: proof } })
      return [answer.status, ((await answer.json()) as { error?: string }).error]
    }
    const signer = dpopProof.createSigner({ key })
    const proof = await signer.sign({ method: 'GET', url, accessToken: token })
    assert.deepEqual(await send(proof), [200, undefined])
    assert.deepEqual(await send(proof), [401, 'invalid_dpop_proof'])
    const other = dpopProof.createSigner({ key: (await newKeyPair()).key })
    assert.deepEqual(await send(await other.sign({ method: 'GET', url, accessToken: token })), [
      401,
      'invalid_dpop_proof',
    ])
    const elsewhere = await signer.sign({ method: 'GET', url: `${world().issuer}/admin/api/users`, accessToken: token })
    assert.deepEqual(await send(elsewhere), [401, 'invalid_dpop_proof'])
  })
})
