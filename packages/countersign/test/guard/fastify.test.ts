import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect, constants } from 'node:http2'
import { test } from 'node:test'
import { createVerifier, generateKey, publicKey, remoteKeySet, thumbprint } from 'countersign'
import { createGuard } from 'countersign/guard/fastify'
import { dpopProof } from 'countersign/profile'
import { expiringStore, oneTime } from 'countersign/revocation'
import { createTestIssuer, type TestIssuer } from 'countersign/testing'
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  type InjectOptions,
  type onRequestAsyncHookHandler,
} from 'fastify'
import type { Cleanup } from '../support/servers.ts'

const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` })

/** A verifier for the tokens of an issuer. */
const verifierOf = ({ verifierOptions }: TestIssuer) => createVerifier(verifierOptions)

/** Whose token a request has; what a program may have said of `request.jwt` elsewhere does not matter here. */
const whose = (request: FastifyRequest): unknown => request.jwt.claimsSet.sub

/** An app for the length of a test. */
function open(t: Cleanup, options: FastifyServerOptions = {}): FastifyInstance {
  const app = fastify({ forceCloseConnections: true, ...options }) // fetch keeps connections
  t.after(() => app.close())
  return app
}

/** Status and challenge, or body where there is none. */
async function ask(app: FastifyInstance, request: string | InjectOptions): Promise<readonly [number, unknown]> {
  const { statusCode, headers, body } = await app.inject(request)
  return [statusCode, headers['www-authenticate'] ?? body]
}

const never = (): never => assert.fail('the handler of a request that is refused')

test('fastify: createGuard refuses options that are not what they should be', async () => {
  const verifier = verifierOf(await createTestIssuer())
  for (const options of [
    {},
    { verifier: {} },
    { verifier, scopes: 'a' },
    { verifier, scope: 'a"b' },
    { verifier, onRefusal: 1 },
    { verifier, cookie: { name: 'a', origins: [] } },
  ])
    assert.throws(() => createGuard(options as never), TypeError, JSON.stringify(options))
  assert.throws(() => createGuard({ verifier }).requires({}), TypeError)
})

test('fastify: what is refused is answered before any handler, over inject and over a port (RFC 6750 §3)', async (t) => {
  const issuer = await createTestIssuer({ typ: 'at+jwt' })
  const app = open(t)
  const verifier = createVerifier({ ...issuer.verifierOptions, typ: 'at+jwt' })
  await app.register(createGuard({ verifier, realm: 'books', scope: 'read' }))
  app.get('/', never)
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })

  const { mint } = issuer
  const good = await mint.valid({ scope: 'read' })
  const cases: { why: string; headers: Record<string, string>; status: number; challenge: RegExp }[] = [
    { why: 'no token', headers: {}, status: 401, challenge: /^Bearer realm="books", scope="read"$/ },
    {
      why: 'another scheme',
      headers: { authorization: 'Basic YTpi' },
      status: 401,
      challenge: /^Bearer realm="books", scope="read"$/,
    },
    {
      why: 'two tokens in one field',
      headers: { authorization: `Bearer ${good}, Bearer ${good}` },
      status: 400,
      challenge: /error="invalid_request"/,
    },
    {
      why: 'another scope',
      headers: bearer(await mint.valid({ scope: 'write' })),
      status: 403,
      challenge: /error="insufficient_scope", error_description="the token lacks the scope read", scope="read"$/,
    },
  ]
  for (const { name, token } of await mint.hostile({ scope: 'read' }))
    cases.push({ why: name, headers: bearer(token), status: 401, challenge: /error="invalid_token"/ })

  for (const { why, headers, status, challenge } of cases) {
    const injected = await app.inject({ url: '/', headers })
    const answer = await fetch(origin, { headers })
    assert.equal(injected.statusCode, status, why)
    assert.match(String(injected.headers['www-authenticate']), challenge, why)
    assert.equal(answer.status, status, why)
    assert.match(answer.headers.get('www-authenticate') ?? '', challenge, why)
    for (const name of ['content-type', 'cache-control'] as const)
      assert.equal(answer.headers.get(name), injected.headers[name], why)
    assert.match(String(injected.headers['content-type']), /^application\/json\b/, why)
    assert.equal(injected.headers['cache-control'], 'no-store', why)
    const body = JSON.parse(injected.body) as Record<string, unknown>
    assert.deepEqual(await answer.json(), body, why)
    assert.ok(typeof body['error'] === 'string' && typeof body['error_description'] === 'string', why)
  }
})

test('fastify: a token sent twice is malformed, though it is good', async (t) => {
  const issuer = await createTestIssuer()
  const app = open(t)
  await app.register(createGuard({ verifier: verifierOf(issuer) }))
  app.get('/', never)
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  const { authorization } = bearer(await issuer.mint.valid())
  const headers = ['host', new URL(origin).host, 'Authorization', authorization, 'authorization', authorization]
  const [answer] = await once(httpRequest(origin, { headers }).end(), 'response')
  answer.resume()
  assert.equal(answer.statusCode, 400)
})

test('fastify: keys out of reach are 503 with Retry-After and no challenge', async (t) => {
  const issuer = await createTestIssuer()
  issuer.outage(true)
  const keys = remoteKeySet(issuer.jwksUri, { fetch: issuer.fetch, now: issuer.clock.now })
  const app = open(t)
  await app.register(createGuard({ verifier: createVerifier({ ...issuer.verifierOptions, keys }) }))
  app.get('/', never)
  const answer = await app.inject({ url: '/', headers: bearer(await issuer.mint.valid()) })
  assert.equal(answer.statusCode, 503)
  assert.deepEqual([answer.headers['retry-after'], answer.headers['www-authenticate']], ['5', undefined])
})

test('fastify: what is no refusal goes to the error handler, and the handler is not called', async (t) => {
  const issuer = await createTestIssuer()
  const fault = new Error('a bug')
  const app = open(t)
  const extract = (): never => {
    throw fault
  }
  await app.register(createGuard({ verifier: verifierOf(issuer), extract }))
  app.setErrorHandler((error, _request, reply) => {
    assert.equal(error, fault)
    return reply.code(500).send('ours')
  })
  app.get('/', never)
  assert.deepEqual(await ask(app, '/'), [500, 'ours'])
})

test('fastify: a refusal reaches onRefusal with the request, and neither the error handler nor the body', async (t) => {
  const issuer = await createTestIssuer()
  const told: string[] = []
  const app = open(t, { bodyLimit: 10 })
  await app.register(
    createGuard({
      verifier: verifierOf(issuer),
      onRefusal({ status, reason, error }, request) {
        told.push(`${request.method} ${request.url} ${status} ${reason} ${error?.code}`)
        throw new Error('a log that fails')
      },
    }),
  )
  app.setErrorHandler(never)
  app.addHook('preParsing', never)
  app.post('/', { schema: { body: { type: 'string' } } }, never)
  const headers = { ...bearer(await issuer.mint.expired()), 'content-type': 'application/json' }
  const [status] = await ask(app, { method: 'POST', url: '/?a=b', headers, payload: '{"longer than":"ten octets"}' })
  assert.equal(status, 401)
  assert.deepEqual(told, ['POST /?a=b 401 invalid_token CS_EXPIRED'])
})

test('fastify: hooks from before the guard run, those from behind it do not; an answer passes onSend and onResponse', async (t) => {
  const issuer = await createTestIssuer()
  const seen: string[] = []
  const note = (name: string) => async (): Promise<void> => {
    seen.push(name)
  }
  const app = open(t)
  app.addHook('onRequest', note('before'))
  await app.register(createGuard({ verifier: verifierOf(issuer) }))
  app.addHook('onRequest', async (request) => {
    seen.push(`behind: ${whose(request)}`)
  })
  app.addHook('preHandler', note('preHandler'))
  app.addHook('onSend', note('onSend'))
  app.addHook('onResponse', note('onResponse'))
  app.get('/', { onRequest: note('of the route') }, note('handler'))

  assert.equal((await app.inject('/')).statusCode, 401)
  assert.deepEqual(seen.splice(0), ['before', 'onSend', 'onResponse'])
  await app.inject({ url: '/', headers: bearer(await issuer.mint.valid({ sub: 'alice' })) })
  const all = ['before', 'behind: alice', 'of the route', 'preHandler', 'handler', 'onSend', 'onResponse']
  assert.deepEqual(seen, all)
})

test('fastify: a guard counts for its instance and the children after it, and for no parent and no sibling', async (t) => {
  const issuer = await createTestIssuer()
  const headers = bearer(await issuer.mint.valid({ sub: 'alice' }))
  const app = open(t)
  app.get('/parent', () => 'open')
  app.register(async (child) => {
    child.get('/earlier', () => 'open')
  })
  app.register(async (child) => {
    child.get('/in-before', (request) => whose(request)) // Fastify gives a route the hooks of its instance at the start
    await child.register(createGuard({ verifier: verifierOf(issuer) }))
    child.get('/in', (request) => whose(request))
    await child.register(async (grandchild) => {
      grandchild.get('/below', (request) => whose(request))
    })
  })
  app.register(async (child) => {
    child.get('/later', () => 'open')
  })
  for (const url of ['/parent', '/earlier', '/later']) assert.deepEqual(await ask(app, url), [200, 'open'], url)
  for (const url of ['/in-before', '/in', '/below']) {
    assert.deepEqual(await ask(app, url), [401, 'Bearer'], url)
    assert.deepEqual(await ask(app, { url, headers }), [200, 'alice'], url)
  }
})

test('fastify: a guard of the root also stands before HEAD, unknown paths, and routes of plugins after it', async (t) => {
  const issuer = await createTestIssuer()
  const headers = bearer(await issuer.mint.valid({ sub: 'alice' }))
  const app = open(t)
  app.register(createGuard({ verifier: verifierOf(issuer) })) // not awaited: Fastify keeps the order
  app.register(
    async (child) => {
      child.get('/', (request) => whose(request))
    },
    { prefix: '/v1' },
  )
  app.get('/', (request) => whose(request))
  for (const url of ['/', '/v1', '/nowhere']) {
    assert.deepEqual(await ask(app, url), [401, 'Bearer'], url)
    const head = await app.inject({ method: 'HEAD', url })
    assert.deepEqual([head.statusCode, head.headers['www-authenticate'], head.body], [401, 'Bearer', ''], url)
  }
  for (const url of ['/', '/v1']) assert.deepEqual(await ask(app, { url, headers }), [200, 'alice'], url)
  assert.equal((await app.inject({ url: '/nowhere', headers })).statusCode, 404)
  assert.ok(app.hasPlugin('countersign-guard'))
})

test('fastify: two issuers in two instances take no token of each other; a guard inside a guard asks for both', async (t) => {
  const [ours, theirs] = [await createTestIssuer({ issuer: 'https://a.test' }), await createTestIssuer()]
  const tokens = [await ours.mint.valid({ sub: 'alice' }), await theirs.mint.valid({ sub: 'bob' })] as const
  const app = open(t)
  const read = (request: FastifyRequest) => whose(request)
  for (const [prefix, issuer] of [
    ['/ours', ours],
    ['/theirs', theirs],
  ] as const)
    app.register(
      async (child) => {
        await child.register(createGuard({ verifier: verifierOf(issuer) }))
        child.get('/', read)
      },
      { prefix },
    )
  app.register(async (child) => {
    await child.register(createGuard({ verifier: verifierOf(ours) }))
    await child.register(async (grandchild) => {
      const extract = ({ headers }: FastifyRequest) => headers['x-second'] as string | undefined
      await grandchild.register(createGuard({ verifier: verifierOf(theirs), extract }))
      grandchild.get('/both', read)
    })
  })
  const status = async (url: string, token: string): Promise<number> =>
    (await ask(app, { url, headers: bearer(token) }))[0]
  assert.deepEqual([await status('/ours', tokens[1]), await status('/theirs', tokens[0])], [401, 401])
  assert.deepEqual([await status('/ours', tokens[0]), await status('/theirs', tokens[1])], [200, 200])
  assert.deepEqual([await status('/both', tokens[0]), await status('/both', tokens[1])], [401, 401])
  const both = { ...bearer(tokens[0]), 'x-second': tokens[1] }
  assert.deepEqual(await ask(app, { url: '/both', headers: both }), [200, 'bob'])
})

test('fastify: requires() demands more of a route, in addition to the guard', async (t) => {
  const issuer = await createTestIssuer()
  const app = open(t)
  const guard = createGuard({ verifier: verifierOf(issuer), scope: 'a' })
  await app.register(guard)
  app.get('/scope', { onRequest: guard.requires({ scope: 'b' }) }, (request) => whose(request))
  app.get('/role', { onRequest: [guard.requires({ roles: ['x', 'y'] })] }, (request) => whose(request))
  app.get('/later', { preHandler: guard.requires({ scope: 'b' }) }, (request) => whose(request))
  const status = async (url: string, claims: Record<string, unknown>): Promise<number> =>
    (await ask(app, { url, headers: bearer(await issuer.mint.valid(claims)) }))[0]

  assert.deepEqual(await ask(app, '/scope'), [401, 'Bearer scope="a"']) // the guard before it answers
  for (const [url, claims, expected] of [
    ['/scope', { scope: 'a' }, 403],
    ['/scope', { scope: 'b' }, 403],
    ['/scope', { scope: 'a b' }, 200],
    ['/later', { scope: 'a' }, 403],
    ['/later', { scope: 'a b' }, 200],
    ['/role', { scope: 'a' }, 403],
    ['/role', { scope: 'a', roles: ['z'] }, 403],
    ['/role', { roles: ['x'] }, 403],
    ['/role', { scope: 'a', roles: ['y'] }, 200],
  ] as const)
    assert.equal(await status(url, claims), expected, `${url} ${JSON.stringify(claims)}`)
})

test('fastify: requires() works by itself on a route, and then all that the guard demands counts there', async (t) => {
  const issuer = await createTestIssuer()
  const app = open(t)
  const guard = createGuard({ verifier: verifierOf(issuer), scope: 'a' })
  app.get('/', { onRequest: guard.requires({ scope: 'b' }) }, (request) => whose(request))
  app.get('/open', () => 'open')
  assert.deepEqual(await ask(app, '/'), [401, 'Bearer scope="a b"'])
  assert.equal((await ask(app, { url: '/', headers: bearer(await issuer.mint.valid({ scope: 'b' })) }))[0], 403)
  const headers = bearer(await issuer.mint.valid({ sub: 'alice', scope: 'a b' }))
  assert.deepEqual(await ask(app, { url: '/', headers }), [200, 'alice'])
  assert.deepEqual(await ask(app, '/open'), [200, 'open'])
})

test('fastify: a token that counts once is looked at once a request, however many guards stand before it', async (t) => {
  const issuer = await createTestIssuer()
  const { now } = issuer.clock
  const revoked = oneTime({ store: expiringStore({ now }), now })
  const guard = createGuard({ verifier: createVerifier({ ...issuer.verifierOptions, revoked }) })
  const app = open(t)
  app.register(guard)
  app.register(guard) // by two plugins that both depend on it, say
  const further = [guard.requires({ scope: 'a' }), guard.requires({ roles: 'x' })]
  app.get('/', { onRequest: further }, async (request) => (await guard.check(request)).ok)
  const headers = bearer(await issuer.mint.valid({ scope: 'a', roles: ['x'] }))
  assert.deepEqual(await ask(app, { url: '/', headers }), [200, 'true'])
  assert.equal((await ask(app, { url: '/', headers }))[0], 401)
})

test('fastify: optional lets a request without a token through, and none with a wrong one', async (t) => {
  const issuer = await createTestIssuer()
  const app = open(t)
  const guard = createGuard({ verifier: verifierOf(issuer), optional: true, scope: 'a' })
  await app.register(guard)
  const read = (request: FastifyRequest): unknown => ({
    jwt: (request.jwt as unknown) === undefined ? null : whose(request),
  })
  app.get('/', read)
  app.get('/needed', { onRequest: guard.requires({ roles: 'x' }) }, read)
  assert.deepEqual(await ask(app, '/'), [200, '{"jwt":null}'])
  assert.equal((await ask(app, { url: '/', headers: bearer(await issuer.mint.expired({ scope: 'a' })) }))[0], 401)
  assert.equal((await ask(app, { url: '/', headers: bearer(await issuer.mint.valid()) }))[0], 403)
  assert.equal((await ask(app, { url: '/', headers: { authorization: 'Bearer a b' } }))[0], 400)
  const headers = bearer(await issuer.mint.valid({ sub: 'alice', scope: 'a', roles: ['x'] }))
  assert.deepEqual(await ask(app, { url: '/', headers }), [200, '{"jwt":"alice"}'])

  assert.equal((await ask(app, '/needed'))[0], 401)
  assert.deepEqual(await ask(app, { url: '/needed', headers }), [200, '{"jwt":"alice"}'])
})

test('fastify: a token is that of its request: others at the same moment, or on the same connection, have theirs', async (t) => {
  const issuer = await createTestIssuer()
  const app = open(t)
  await app.register(createGuard({ verifier: verifierOf(issuer) }))
  app.addHook('preHandler', async () => new Promise<void>((resolve) => setImmediate(resolve)))
  app.get('/', (request) => whose(request))
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  const names = Array.from({ length: 20 }, (_, index) => `user ${index}`)
  const answers = names.map(async (sub, index) => {
    const response = await fetch(origin, index % 4 === 3 ? {} : { headers: bearer(await issuer.mint.valid({ sub })) })
    return response.ok ? response.text() : response.status
  })
  assert.deepEqual(
    await Promise.all(answers),
    names.map((sub, index) => (index % 4 === 3 ? 401 : sub)),
  )
})

test('fastify: check() decides and answers nothing, token() takes what came some other way', async (t) => {
  const issuer = await createTestIssuer()
  const guard = createGuard({ verifier: verifierOf(issuer), scope: 'a' })
  const app = open(t)
  app.get('/', async (request: FastifyRequest, reply: FastifyReply) => {
    const result = await guard.check(request)
    return result.ok ? result.jwt.claims.sub : reply.code(418).send(result.reason)
  })
  assert.deepEqual(await ask(app, '/'), [418, 'no_token'])
  const token = await issuer.mint.valid({ sub: 'alice', scope: 'a' })
  assert.deepEqual(await ask(app, { url: '/', headers: bearer(token) }), [200, 'alice'])

  for (const [text, reason] of [
    [undefined, 'no_token'],
    ['', 'no_token'],
    [`Bearer ${token}`, 'invalid_token'],
    [await issuer.mint.unsigned({ scope: 'a' }), 'invalid_token'],
    [await issuer.mint.valid(), 'insufficient_scope'],
  ] as const) {
    const result = await guard.token(text)
    assert.equal(!result.ok && result.reason, reason)
  }
  const result = await guard.token(token)
  assert.equal(result.ok && result.jwt.claims.sub, 'alice')
})

test('fastify: check() and token() let nobody in as hooks, where Fastify would not look at what they say', async (t) => {
  const guard = createGuard({ verifier: verifierOf(await createTestIssuer()) })
  for (const hook of [guard.check, guard.token] as readonly unknown[] as readonly onRequestAsyncHookHandler[]) {
    const app = open(t)
    app.get('/', { onRequest: hook }, () => 'in')
    assert.equal((await app.inject('/')).statusCode, 500)
  }
  // @ts-expect-error: it decides, and answers nothing
  const _hook: onRequestAsyncHookHandler = guard.check
})

test('fastify: a cookie comes from the pages of one origin alone', async (t) => {
  const issuer = await createTestIssuer()
  const app = open(t)
  const cookie = { name: '__Host-token', origins: ['https://app.example'] }
  await app.register(createGuard({ verifier: verifierOf(issuer), cookie }))
  app.post('/', (request) => whose(request))
  const held = { cookie: `a=b; __Host-token=${await issuer.mint.valid({ sub: 'alice' })}` }
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await ask(app, { method: 'POST', url: '/', headers }))[0]
  assert.equal(await status(held), 403)
  assert.equal(await status({ ...held, origin: 'https://elsewhere.example' }), 403)
  assert.equal(await status({ ...held, origin: 'https://app.example', ...bearer(await issuer.mint.valid()) }), 400)
  assert.equal(await status({ ...held, origin: 'https://app.example' }), 200)
})

test('fastify: a proof is for the URL that the client sent, whatever rewriteUrl makes of it (RFC 9449 §4.3)', async (t) => {
  const issuer = await createTestIssuer()
  const { now } = issuer.clock
  const app = open(t, { rewriteUrl: ({ url = '' }) => url.replace('/public', '') })
  const dpop = { origin: 'https://api.example', replay: expiringStore({ now }), required: true, now }
  await app.register(createGuard({ verifier: verifierOf(issuer), dpop }))
  app.register(
    async (child) => {
      child.get('/books', (request) => whose(request))
    },
    { prefix: '/v1' },
  )
  const key = await generateKey('ES256')
  const token = await issuer.mint.valid({ sub: 'alice', cnf: { jkt: await thumbprint(await publicKey(key)) } })
  const proofs = dpopProof.createSigner({ key, now })
  const fields = async (path: string): Promise<Record<string, string>> => ({
    authorization: `DPoP ${token}`,
    dpop: await proofs.sign({ method: 'GET', url: `https://api.example${path}`, accessToken: token }),
  })
  const url = '/public/v1/books?page=2'
  const inner = await app.inject({ url, headers: await fields('/v1/books') })
  assert.deepEqual([inner.statusCode, inner.json().error], [401, 'invalid_dpop_proof'])
  const headers = await fields('/public/v1/books')
  assert.deepEqual(await ask(app, { url, headers }), [200, 'alice'])
  assert.equal((await ask(app, { url, headers }))[0], 401)
  assert.equal((await ask(app, { url, headers: bearer(token) }))[0], 401)
})

test('fastify: HTTP/2, where a cookie may come in pieces and a field twice (RFC 9113 §8.2.3)', async (t) => {
  const issuer = await createTestIssuer()
  const app = open(t, { http2: true } as FastifyServerOptions)
  await app.register(
    createGuard({ verifier: verifierOf(issuer), cookie: { name: 'token', origins: ['https://app.example'] } }),
  )
  app.get('/', (request) => whose(request))
  const session = connect(await app.listen({ port: 0, host: '127.0.0.1' }))
  t.after(() => session.destroy())
  const ask = async (headers: Record<string, string | string[]>): Promise<readonly [unknown, string]> => {
    const stream = session.request({ ':path': '/', ...headers })
    const answered = once(stream, 'response')
    let text = ''
    for await (const part of stream.setEncoding('utf8')) text += part
    return [(await answered)[0][constants.HTTP2_HEADER_STATUS], text]
  }
  const token = await issuer.mint.valid({ sub: 'alice' })
  assert.equal((await ask({}))[0], 401)
  assert.equal((await ask({ cookie: ['a=b', `token=${token}`, `token=${token}`] }))[0], 400)
  assert.equal((await ask({ cookie: [`token=${token}`], ...bearer(token) }))[0], 400)
  assert.deepEqual(await ask({ cookie: ['a=b', `token=${token}`] }), [200, 'alice'])
  assert.deepEqual(await ask(bearer(token)), [200, 'alice'])
})

test('fastify: of gives the token with the type of its guard, and refuses requests that it does not stand before', async (t) => {
  const issuer = await createTestIssuer()
  const app = open(t)
  const guard = createGuard({ verifier: verifierOf(issuer) })
  app.get('/single', { onRequest: guard.requires({ scope: 'a' }) }, (request) => guard.of(request).claims.sub)
  app.register(async (child) => {
    child.get('/earlier', (request) => guard.of(request).claims.sub)
  })
  app.register(async (child) => {
    await child.register(guard)
    child.get('/', (request) => guard.of(request).claims.sub)
  })
  app.get('/checked', async (request) => {
    const result = await guard.check(request)
    return result.ok ? guard.of(request).claims.sub : result.reason // as on Node
  })
  const headers = bearer(await issuer.mint.valid({ sub: 'alice', scope: 'a' }))
  for (const url of ['/', '/single', '/checked'])
    assert.deepEqual(await ask(app, { url, headers }), [200, 'alice'], url)
  assert.equal((await ask(app, { url: '/earlier', headers }))[0], 500) // it stands outside: nobody is let in by mistake
  assert.match(app.printPlugins(), /countersign-guard/)
})
