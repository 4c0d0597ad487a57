import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createListener } from '../../src/server/listener.ts'
import { MISSING } from '../support/postgres.ts'
import { addClient, openWorld, type TestClient, type World } from '../support/world.ts'
import { atLogin, cookieLine, portOf, type RawRequest, sendRaw, toRaw } from './http.ts'

const FORM = 'Content-Type: application/x-www-form-urlencoded'
const ENDPOINTS = ['/token', '/token/introspection', '/token/revocation', '/request', '/device/auth', '/device', '/me']
const PAGES = [
  '/',
  '/auth',
  '/auth/x',
  '/device',
  '/device/x',
  '/session/end',
  '/login/x',
  '/consent/x',
  '/jwks',
  '/readyz',
]
const METHODS = ['HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'QUERY', 'M-SEARCH']
const MOST_ANSWER = 64 * 1024
const MEGABYTE = 1024 * 1024

for (const kind of ['sqlite', 'postgres'] as const) {
  describe(`hostile requests, ${kind}`, { skip: kind === 'postgres' && MISSING }, () => {
    let world: World
    let app: TestClient
    before(async () => {
      world = await openWorld(kind)
      app = await addClient(world, { client_id: 'app', type: 'web' })
    })
    after(() => world.stop())

    /** Asserts that a request is answered, and as a fault of whoever sent it. */
    const survives = async (request: RawRequest, most = 499): Promise<void> => {
      const { status, body } = await sendRaw(portOf(world), toRaw(request))
      const shown = `${status} for ${request.method ?? 'GET'} ${request.target.slice(0, 80)} ${request.body?.slice(0, 80)}`
      assert.ok(status >= 200 && status <= most, shown)
      assert.ok(body.length < MOST_ANSWER, `${body.length} octets for ${shown}`)
      assert.doesNotMatch(body, /node_modules|\bat \w+ \(|\.ts:\d/, shown)
    }

    test('odd values of parameters are refused and break nothing', async () => {
      const values = [
        '%00',
        '%ff',
        '%',
        '%F0%9F%98%80',
        '__proto__',
        'constructor',
        '../..',
        "'--",
        `${'('.repeat(500)}`,
        '%0d%0aa:%20b',
      ]
      const names = [
        'client_id',
        'state',
        'scope',
        'resource',
        'request_uri',
        'id_token_hint',
        'prompt',
        'max_age',
        'claims',
      ]
      for (const name of names) {
        for (const value of values) {
          for (const path of ['/auth', '/session/end'])
            await survives({ target: `${path}?client_id=app&response_type=code&${name}=${value}` })
        }
      }
      for (const uid of values)
        for (const page of ['auth', 'login', 'consent', 'device']) await survives({ target: `/${page}/${uid}` })
    })

    test('odd forms are refused and break nothing', async () => {
      const assertion = [
        '{"alg":"ES256"}',
        JSON.stringify({ iss: '\0', sub: '\0', aud: world.issuer, jti: 'x', exp: 9e9 }),
        'x',
      ]
      const forms = [
        'client_id=%00&grant_type=client_credentials',
        'client_id=app&client_id=app&grant_type=client_credentials',
        '__proto__=x&constructor=y&client_id[]=x&client_id[a]=b',
        'client_id=app&grant_type=__proto__',
        'client_id=app&grant_type=constructor&client_secret=%00',
        'a[b][c][d][e]=1&'.repeat(500),
        '&'.repeat(5000),
        '='.repeat(5000),
        'a'.repeat(50_000),
        '%',
        '%u0000',
        '\xff\xfe\x00',
        '{"client_id":"app"}',
        'client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=a.b.c',
        `client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=${assertion.map((part) => Buffer.from(part).toString('base64url')).join('.')}`,
      ]
      for (const body of forms)
        for (const target of ENDPOINTS) await survives({ method: 'POST', target, headers: [FORM], body })
    })

    test('odd types of bodies are refused and break nothing', async () => {
      const types = [
        'Content-Type: application/json',
        'Content-Type: multipart/form-data',
        'Content-Type: multipart/form-data; boundary=x',
        'Content-Type: text/plain',
        'Content-Type: x',
        'Content-Type: ',
        `${FORM}; charset=utf-7`,
        `${FORM}; charset=bogus`,
        'Content-Encoding: gzip',
      ]
      const { agent, page } = await atLogin(app)
      const own = [cookieLine(agent, page.url), `Origin: ${world.issuer}`]
      for (const type of types) {
        for (const target of [...ENDPOINTS, '/login/x'])
          await survives({ method: 'POST', target, headers: [type], body: '{{{' })
        for (const suffix of ['', '/abort'])
          await survives({
            method: 'POST',
            target: `${new URL(page.url).pathname}${suffix}`,
            headers: [...own, type],
            body: '{{{',
          })
      }
    })

    test('odd Authorization headers are refused and break nothing', async () => {
      const pairs = ['%00:x', '%ff:x', ':', 'app', 'app:%', 'app:%00', '\0:\0', `${'a'.repeat(5000)}:x`]
      const values = [
        'Basic',
        'Basic %%%',
        'Bearer',
        'Bearer ..',
        'DPoP x',
        'Negotiate x',
        ...pairs.map((pair) => `Basic ${btoa(pair)}`),
      ]
      for (const value of values) {
        for (const target of ENDPOINTS)
          await survives({
            method: 'POST',
            target,
            headers: [FORM, `Authorization: ${value}`],
            body: 'grant_type=client_credentials',
          })
      }
    })

    test('odd cookies are no session, and break nothing', async () => {
      const value = 'a'.repeat(21)
      const cookies = [
        'countersign_session=%%%',
        `countersign_session=${value}`,
        `countersign_session=${value}; countersign_session.sig=x`,
        `countersign_session=${value}; countersign_session=${value}`,
        `countersign_interaction=${'a'.repeat(10_000)}`,
        'countersign_resume=__proto__; countersign_resume.sig=%00',
        '=;;;=',
        '"',
        '\xff',
        'a=1; '.repeat(2000),
      ]
      for (const cookie of cookies)
        for (const target of PAGES) await survives({ target, headers: [`Cookie: ${cookie}`] })
    })
  })
}

describe('hostile requests, whatever the database', () => {
  let world: World
  let app: TestClient
  before(async () => {
    world = await openWorld('sqlite', { env: { TRUST_PROXY: '0' } })
    app = await addClient(world, { client_id: 'app', type: 'web' })
  })
  after(() => world.stop())
  const send = (request: RawRequest): ReturnType<typeof sendRaw> => sendRaw(portOf(world), toRaw(request))

  test('a body of 10 MB is refused before it is read, announced or not', async () => {
    const { agent, page } = await atLogin(app)
    const own = [FORM, cookieLine(agent, page.url), `Origin: ${world.issuer}`]
    const piece = 'a'.repeat(0x8000)
    for (const target of [...ENDPOINTS, '/login/x', '/consent/x', new URL(page.url).pathname]) {
      const announced = await send({
        method: 'POST',
        target,
        headers: [...own, `Content-Length: ${10 * MEGABYTE}`],
        body: piece,
      })
      const chunked = await send({
        method: 'POST',
        target,
        headers: [...own, 'Transfer-Encoding: chunked'],
        body: `${`8000\r\n${piece}\r\n`.repeat(4)}0\r\n\r\n`,
      })
      for (const { status } of [announced, chunked])
        assert.ok([400, 401, 413].includes(status), `${status} for ${target}`)
    }
    for (const target of ['/', '/jwks', '/healthz', '/style.css', '/nothing']) {
      const { status } = await send({
        method: 'POST',
        target,
        headers: [...own, `Content-Length: ${10 * MEGABYTE}`],
        body: piece,
      })
      assert.ok([404, 405].includes(status), `${status} for ${target}`)
    }
  })

  test('a URL, a header or a cookie of 20 kB is refused', async () => {
    const long = 'a'.repeat(20_000)
    const requests = [
      { target: `/auth?${long}` },
      { target: `/${long}` },
      { target: '/', headers: [`Cookie: a=${long}`] },
    ]
    for (const request of requests) assert.equal((await send(request)).status, 431)
    for (const { target, headers } of requests)
      assert.ok(
        (await send({ target: target.slice(0, 12_000), headers: (headers ?? []).map((line) => line.slice(0, 12_000)) }))
          .status < 500,
      )
  })

  test('other methods are refused and break nothing', async () => {
    for (const method of METHODS) {
      for (const target of [...ENDPOINTS, ...PAGES]) {
        const { status, body } = await send({ method, target })
        assert.ok(status >= 200 && status < 500, `${status} for ${method} ${target}`)
        assert.ok(body.length < MOST_ANSWER)
      }
    }
    assert.ok([0, 400, 404, 405].includes((await send({ method: 'CONNECT', target: 'evil.example:443' })).status))
  })

  for (const [target, most] of [
    ['//evil.example/auth', 404],
    ['/\\evil.example/auth', 404],
    ['/./auth?client_id=app', 404],
    ['/x/../token', 404],
    ['/%2e%2e/token', 404],
    ['/%61uth', 404],
    ['/AUTH', 404],
    ['/Token', 404],
    ['/token/', 404],
    ['/me/', 404],
    ['/me//', 404],
    ['/device/', 404],
    ['/session/end/', 404],
    ['/.WELL-KNOWN/openid-configuration', 404],
    ['/.well-known/openid-configuration/', 404],
    ['/.well-known/openid-configuration%00', 404],
    ['/.well-known/../token', 404],
    ['/jwks/', 404],
    ['/login', 404],
    ['/login/', 404],
    ['/login/x/y', 404],
    ['/.git/config', 404],
    ['/admin/nothing/that/is/there', 404],
    ['/operations/addUser', 404],
    ['/../../../etc/passwd', 404],
    ['http://evil.example/token', 404],
    ['http://evil.example/.well-known/openid-configuration', 404],
    ['*', 400],
    ['?', 400],
    ['http://', 400],
  ] as const)
    test(`${target} is nothing that is here`, async () => {
      for (const method of ['GET', 'POST']) {
        const { status, head, body } = await send({ method, target })
        assert.ok(status >= 400 && status <= most, `${status} for ${method}`)
        assert.doesNotMatch(head, /^location:/im)
        assert.doesNotMatch(body, /evil\.example/)
      }
    })

  test('a request that is none is refused', async () => {
    for (const text of [
      '\r\n\r\nX\r\n\r\n',
      'GET / HTTP/1.1\r\n\r\n',
      'GET / HTTP/9.9\r\nHost: x\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n',
    ])
      assert.equal((await sendRaw(portOf(world), text)).status, 400, JSON.stringify(text))
  })

  const HOSTS = [
    'evil.example',
    'evil.example:443',
    'localhost:1',
    '',
    'a b',
    'x/../y',
    '@',
    'evil.example#',
    '[::1',
    '%00',
    'localhost\\@evil.example',
  ]
  const FORWARDED = [
    'X-Forwarded-Host: evil.example',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Port: 443',
    'X-Forwarded-Prefix: /evil',
    'X-Forwarded-For: 6.6.6.6',
    'Forwarded: host=evil.example;proto=https',
    'X-Original-URL: /evil',
    'X-Rewrite-URL: /evil',
    'X-Host: evil.example',
    'X-Forwarded-Server: evil.example',
    'X-HTTP-Method-Override: DELETE',
  ]

  test('what a request says of its host, scheme and path is not believed: documents and redirects name the issuer', async () => {
    const plain = await (await fetch(new URL('/.well-known/openid-configuration', world.issuer))).json()
    const request = `/auth?client_id=app&response_type=code&scope=openid&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&code_challenge=${'x'.repeat(43)}&code_challenge_method=S256`
    for (const headers of [...HOSTS.map((host) => [`Host: ${host}`]), FORWARDED, ...FORWARDED.map((line) => [line])]) {
      const found = await send({ target: '/.well-known/openid-configuration', headers })
      if (found.status === 200) assert.deepEqual(JSON.parse(found.body), plain, headers.join())
      else assert.equal(found.status, 400)
      const to = await send({ target: request, headers })
      if (to.status !== 400) {
        assert.equal(to.status, 303)
        assert.match(to.head, /^location: \/login\/[\w-]+$/im)
        assert.doesNotMatch(to.head, /secure|domain=/i)
      }
      for (const target of [...PAGES, '/nothing']) {
        const { status, head, body } = await send({ target, headers })
        assert.ok(status < 500, `${status} for ${target} with ${headers}`)
        assert.doesNotMatch(`${head}${body}`, /evil/, `${target} with ${headers}`)
      }
    }
  })

  test('two Host headers are refused', async () => {
    const { status, body } = await send({ target: '/', headers: ['Host: localhost', 'Host: evil.example'] })
    assert.ok(status === 400 || !body.includes('evil'), `${status}`)
  })

  test('who sends a request slowly is not waited for forever', () => {
    const server = createListener({ issuer: world.issuer, app: { fetch: () => new Response() } } as never)
    assert.ok(server.headersTimeout > 0 && server.headersTimeout <= 60_000)
    assert.ok(server.requestTimeout > 0 && server.requestTimeout <= 120_000)
    assert.ok(server.keepAliveTimeout > 0 && server.keepAliveTimeout <= 60_000)
  })
})
