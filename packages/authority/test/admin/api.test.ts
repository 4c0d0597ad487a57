import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import * as openid from 'openid-client'
import { demandNone, note } from '../support/given.ts'
import { ORDERS, type TestClient } from '../support/world.ts'
import { Api, type Asked, onBothStores, openMachine, personToken } from './support.ts'

const NOT_FOUND = '/users/nobody@example.org'

interface Page {
  readonly users: readonly { readonly email: string }[]
  readonly next?: string
}

interface Keys {
  readonly keys: readonly {
    readonly kid: string
    readonly alg: string
    readonly state: string
    readonly reason?: string
  }[]
}

interface Sessions {
  readonly sessions: readonly { readonly id: string; readonly email: string }[]
}

onBothStores((world) => {
  let api: Api
  let machine: { readonly client: TestClient; readonly token: string }

  before(async () => {
    api = new Api(world())
    machine = await openMachine(world())
  })

  const as = <Body = Readonly<Record<string, unknown>>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => api.ask<Body>(machine.token, method, path, body, headers)
  /** The last entries of the audit trail, as who did what. */
  const lastAudit = async (count: number): Promise<readonly string[]> =>
    (await world().operations.listAudit({ limit: count })).map(({ actor, event }) => `${actor} ${event}`)

  test('users: all that there is to do, under the name of the client', async () => {
    const cleo = { email: 'Cleo@example.org', name: 'Cleo', roles: ['a'] }
    const made = await as<{ user: { id: string; email: string }; password: string }>('POST', '/users', cleo)
    const { user, password } = made.body
    note('made password', password)
    assert.deepEqual([made.status, made.headers.get('location')], [201, `/admin/api/users/${user.id}`])
    assert.deepEqual([user.email, password.length], ['cleo@example.org', 16])
    const own = await as('POST', '/users', { email: 'dora@example.org', password: 'a password of hers' })
    assert.deepEqual(Object.keys(own.body), ['user'])
    for (const name of [user.id, 'cleo@example.org', 'CLEO%40example.org']) {
      const { body } = await as('GET', `/users/${name}`)
      assert.deepEqual([body['id'], body['name'], body['factors']], [user.id, 'Cleo', []])
    }
    const changed = await as('PATCH', `/users/${user.id}`, { email: 'cleo.b@example.org', roles: ['b', 'c'] })
    assert.deepEqual(
      [changed.body['email'], changed.body['name'], changed.body['roles']],
      ['cleo.b@example.org', 'Cleo', ['b', 'c']],
    )
    assert.equal((await as('POST', `/users/${user.id}/disable`)).body['state'], 'disabled')
    assert.equal((await as('POST', `/users/${user.id}/reset-password`)).status, 422)
    assert.equal((await as('POST', `/users/${user.id}/enable`, {})).body['state'], 'active')
    const reset = await as('POST', `/users/${user.id}/reset-password`)
    note('reset link', String(reset.body['link']).split('/').at(-1))
    assert.match(String(reset.body['link']), /^http:\/\/localhost:\d+\/reset\/[\w-]{43}$/)
    assert.equal((await as('POST', `/users/${user.id}/reset-password`, { mail: true })).body['error'], 'settings')
    assert.equal((await as('POST', `/users/${user.id}/reset-factors`)).body['id'], user.id)
    assert.equal((await as('DELETE', `/users/${user.id}`)).body['email'], 'cleo.b@example.org')
    assert.equal((await as('GET', `/users/${user.id}`)).status, 404)
    const { id } = machine.client
    const events = ['deleted', 'factors_reset', 'password_reset', 'enabled', 'disabled', 'changed', 'added', 'added']
    assert.deepEqual(
      await lastAudit(8),
      events.map((event) => `${id} user.${event}`),
    )
  })

  test('users are listed page by page', async () => {
    for (const name of ['p1', 'p2', 'p3'])
      await as('POST', '/users', { email: `${name}@pages.example`, password: 'long enough' })
    const seen: string[] = []
    let next: string | undefined = ''
    while (next !== undefined) {
      const after: string = next === '' ? '' : `&after=${encodeURIComponent(next)}`
      const { body }: Asked<Page> = await as('GET', `/users?search=%40pages.example&limit=2${after}`)
      seen.push(...body.users.map(({ email }) => email))
      next = body.next
    }
    assert.deepEqual(seen, ['p1@pages.example', 'p2@pages.example', 'p3@pages.example'])
  })

  test('clients: all that there is to do', async () => {
    const web = { client_id: 'shop', client_name: 'Shop', type: 'web', redirect_uris: ['https://shop.example/cb'] }
    const { body, status, headers } = await as('POST', '/clients', { ...web, resources: { [ORDERS]: 'read' } })
    assert.deepEqual([status, body['client_id'], headers.get('location')], [201, 'shop', '/admin/api/clients/shop'])
    note('client secret', body['client_secret'])
    assert.equal((await as('POST', '/clients', web)).status, 409)
    assert.equal((await as('GET', '/clients/shop')).body['hasSecret'], true)
    assert.ok((await as('GET', '/clients')).body['clients'])
    const second = (await as('POST', '/clients/shop/rotate-secret')).body['client_secret']
    note('second secret', second)
    assert.notEqual(second, body['client_secret'])
    assert.equal((await as('GET', '/clients/shop')).body['rotating'], true)
    assert.deepEqual((await as('POST', '/clients/shop/rotate-secret', { how: 'finish' })).body, { client_id: 'shop' })
    note('third secret', (await as('POST', '/clients/shop/rotate-secret', { how: 'now' })).body['client_secret'])
    assert.equal(typeof (await as('POST', '/clients/shop/disable')).body['disabledAt'], 'number')
    assert.equal((await as('POST', '/clients/shop/enable')).body['disabledAt'], undefined)
    const { id } = machine.client
    const events = ['enabled', 'disabled', 'secret_rotated', 'secret_rotated', 'secret_rotated', 'added']
    assert.deepEqual(
      await lastAudit(6),
      events.map((event) => `${id} client.${event}`),
    )
    const { privateKey } = await openid.randomDPoPKeyPair('ES256', { extractable: true })
    const jwk = await crypto.subtle.exportKey('jwk', privateKey)
    const keys = { type: 'service', auth: 'private_key_jwt', jwks: { keys: [jwk] } }
    const { status: refusal, body: why } = await as('POST', '/clients', keys)
    assert.deepEqual([refusal, why['error']], [422, 'client_invalid'], 'a private key')
    assert.ok(!JSON.stringify(why).includes(String(jwk.d)))
  })

  test('keys: they are listed, brought forward, revoked', async () => {
    const { keys } = (await as<Keys>('GET', '/keys')).body
    assert.deepEqual(new Set(keys.map(({ state }) => state)), new Set(['active', 'next']))
    assert.equal((await as<{ rotations: unknown[] }>('POST', '/keys/rotate')).body.rotations.length, 2)
    const rsa = keys.find(({ alg, state }) => alg === 'RS256' && state === 'active')?.kid
    const { body } = await as('POST', `/keys/${rsa}/revoke`, { reason: 'an exercise' })
    assert.deepEqual([body['kid'], typeof body['active'], typeof body['verifiersKnowBy']], [rsa, 'string', 'number'])
    const after = (await as<Keys>('GET', '/keys')).body.keys
    assert.deepEqual(after.find(({ kid }) => kid === rsa)?.reason, 'an exercise')
    assert.equal((await as('POST', '/keys/unknown/revoke')).body['error'], 'key_unknown')
    assert.ok((await lastAudit(1)).includes(`${machine.client.id} key.revoked`))
  })

  test('sessions: who is logged in is seen, and logged out', async () => {
    await personToken(world())
    const { user } = world()
    const { sessions } = (await as<Sessions>('GET', `/sessions?user=${user.id}`)).body
    assert.ok(sessions.length > 0 && sessions.every(({ email }) => email === user.email))
    assert.ok((await as<Sessions>('GET', '/sessions')).body.sessions.length >= sessions.length)
    const [first] = sessions
    assert.equal((await as('DELETE', `/sessions/${first?.id}`)).body['user'], user.id)
    assert.equal((await as('DELETE', `/sessions/${first?.id}`)).status, 404)
    await personToken(world())
    const ended = await as('DELETE', `/users/${user.id}/sessions`)
    assert.ok(Number(ended.body['ended']) >= 1)
    assert.deepEqual((await as('GET', `/sessions?user=${user.email}`)).body, { sessions: [] })
    assert.deepEqual(await lastAudit(1), [`${machine.client.id} session.all_ended`])
  })

  test('the audit trail is read backwards, or followed, and has nothing secret in it', async () => {
    const page = async (query: string) => {
      const { body } = await as<{ entries: readonly { seq: number }[]; next?: number }>('GET', `/audit?${query}`)
      return {
        seqs: body.entries.map(({ seq }) => seq),
        next: Number(body.next),
      }
    }
    const { seqs, next } = await page('limit=3')
    assert.deepEqual(
      seqs,
      [...seqs].sort((a, b) => b - a),
    )
    const older = await page(`limit=2&before=${next}`)
    assert.ok(older.seqs.every((seq) => seq < next))
    assert.deepEqual((await page(`after=${older.next}&limit=1`)).seqs, older.seqs.slice(0, 1))
    assert.ok((await page('event=user.')).seqs.length > 3)
    assert.deepEqual((await page('event=user.%25')).seqs, [])
    assert.ok((await page(`user=${machine.client.id}`)).seqs.length > 3)
    assert.equal((await as('GET', `/audit?user=gone@example.org`)).status, 404)
    const rows = await world().store.db.selectFrom('audit').selectAll().execute()
    assert.ok(demandNone(rows) > 5)
    assert.ok(demandNone(world().lines) > 5)
    for (const { data } of rows) assert.doesNotMatch(data, /@/)
  })

  test('what is not as it should be gets nowhere', async () => {
    const invalid = async (method: string, path: string, body: unknown, status: number, error: string) => {
      const answer = await as(method, path, body)
      assert.deepEqual(
        [answer.status, answer.body['error']],
        [status, error],
        JSON.stringify([path, body, answer.body]),
      )
      return String(answer.body['message'])
    }
    for (const body of ['{', '', 'null x', '{"a":1}}', '\u0000'])
      await invalid('POST', '/users', body === '' ? ' ' : body, 400, 'invalid_request')
    for (const body of [null, [], [{}], 'x', 1, { email: { $gt: '' } }, { email: ['a@b.example'] }, { email: 1 }, {}])
      await invalid('POST', '/users', JSON.stringify(body), 422, 'input_invalid')
    for (const more of [
      { admin: true },
      { roles: 'a' },
      { roles: [1] },
      { roles: { 0: 'a' } },
      { name: null },
      { toString: 1 },
    ])
      await invalid('POST', '/users', { email: 'x@example.org', ...more }, 422, 'input_invalid')
    await invalid('POST', '/users', '{"email":"x@example.org","__proto__":{"roles":["a"]}}', 422, 'input_invalid')
    await invalid('POST', '/users', { email: 'x\u0000@example.org' }, 422, 'input_invalid')
    const said = await invalid(
      'POST',
      '/users',
      { email: 'x@example.org', password: ['my secret word'] },
      422,
      'input_invalid',
    )
    assert.equal(said, '/password is an array and not a string')
    await invalid('POST', '/users', { email: 'no address' }, 422, 'user_invalid')
    await invalid('POST', '/users', { email: 'x@example.org', password: 'short' }, 422, 'user_invalid')
    await invalid('POST', '/users', { email: world().user.email }, 409, 'user_exists')
    await invalid('PATCH', `/users/${world().user.id}`, { state: 'disabled' }, 422, 'input_invalid')
    await invalid('POST', '/clients', { type: 'web', resources: [] }, 422, 'input_invalid')
    await invalid('POST', '/clients', { type: 'web', resources: { x: 1 } }, 422, 'input_invalid')
    await invalid('POST', '/clients', { type: 'web' }, 422, 'client_invalid')
    await invalid('POST', '/clients', { type: 'web', redirect_uris: ['javascript:alert(1)'] }, 422, 'client_invalid')
    await invalid('POST', '/clients', { type: 'web', client_secret: 'mine' }, 422, 'input_invalid')
    const deep = `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`
    await invalid('POST', '/clients', `{"type":"web","jwks":{"keys":[${deep}]}}`, 422, 'input_invalid')
    for (const query of [
      'limit=x',
      'limit=0',
      'limit=1e2',
      'limit=201',
      'limit=-1',
      'search=a&search=b',
      'sort=email',
      'search[]=a',
    ])
      await invalid('GET', `/users?${query}`, undefined, 400, 'invalid_request')
    for (const path of [
      NOT_FOUND,
      '/users/usr_AAAAAAAAAAAAAAAAAAAAAA',
      "/users/'%20OR%201=1",
      '/users/%00',
      '/users/%E0%A4',
    ])
      await invalid('GET', path, undefined, 404, 'user_unknown')
    for (const path of ['/clients/nothing/disable', '/clients/%00/rotate-secret', '/clients/__proto__/enable'])
      await invalid('POST', path, undefined, 404, 'client_unknown')
    await invalid('DELETE', '/sessions/nothing', undefined, 404, 'session_unknown')
    await invalid('GET', '/nothing', undefined, 404, 'not_found')
    await invalid('GET', '/', undefined, 404, 'not_found')
  })

  test('a request of another kind is refused: 405 with Allow, 413, 415, and no CORS', async () => {
    const put = await as('PUT', '/users', {})
    assert.deepEqual([put.status, put.headers.get('allow')], [405, 'GET, HEAD, POST'])
    assert.equal((await as('POST', '/openapi.json')).status, 405)
    const preflight = await as('OPTIONS', '/users', undefined, { origin: 'https://evil.example' })
    assert.deepEqual([preflight.status, preflight.headers.get('access-control-allow-methods')], [405, null])
    const large = await as('POST', '/users', { email: 'x@example.org', name: 'x'.repeat(260 * 1024) })
    assert.equal(large.status, 413)
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp']) {
      const { status } = await as('POST', '/users', '{"email":"y@example.org"}', { 'content-type': type })
      assert.equal(status, 415, type)
    }
    const head = await fetch(`${world().issuer}/admin/api/users`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${machine.token}` },
    })
    assert.deepEqual([head.status, await head.text()], [200, ''])
  })
})
