import assert from 'node:assert/strict'
import { createServer, type RequestListener, type Server } from 'node:http'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import * as door from 'countersign'
import * as sync from 'countersign/sync'
import { CLAIMS, fails, NOW, POLICY, refuses } from './support/forge.ts'

const URL_OF_SET = 'https://issuer.example/.well-known/jwks.json'
const [first, second] = [await door.generateKey('ES256'), await door.generateKey('ES256')]
const body = async (...keys: readonly door.Key[]): Promise<string> => JSON.stringify(await door.publicJwks(keys))
const sign = (key: door.Key): Promise<string> =>
  door.createSigner({ key, expiresIn: 'never', now: () => NOW }).sign({ ...CLAIMS, exp: NOW + 1e6 })
const [firstToken, secondToken] = [await sign(first), await sign(second)]

/** A set behind a fetch that answers as told, with a clock that is told too. */
function rig(options: Partial<door.RemoteKeySetOptions> = {}) {
  const state = { time: NOW, requests: 0, answer: async (): Promise<Response> => new Response('{}') }
  const keys = door.remoteKeySet(URL_OF_SET, {
    now: () => state.time,
    fetch: async () => {
      state.requests++
      return state.answer()
    },
    ...options,
  })
  return { state, keys, verifier: door.createVerifier({ keys, ...POLICY, now: () => state.time }) }
}

const json =
  (text: string, headers: Record<string, string> = {}) =>
  async (): Promise<Response> =>
    new Response(text, { headers })

test('a URL that is not https and not on this machine is refused', async () => {
  const refused = [
    'http://issuer.example/jwks',
    'ftp://issuer.example',
    'file:///etc/passwd',
    'data:application/json,{}',
    'jwks.json',
    '',
    'https://user:pw@issuer.example/',
    'http://localhost.evil.example/',
    'http://127.0.0.1.evil.example/',
  ]
  for (const url of refused) await fails(() => door.remoteKeySet(url), 'CS_JWKS_FETCH')
  for (const url of [undefined, null, 1, {}]) assert.throws(() => door.remoteKeySet(url as never), TypeError)
  for (const url of ['https://issuer.example/', 'http://localhost:3000/', 'http://127.0.0.1/', 'http://[::1]:8080/'])
    door.remoteKeySet(url)
  door.remoteKeySet('http://issuer.internal/', { allowHttp: true })
  door.remoteKeySet(new URL(URL_OF_SET))
})

test('an option that is not what it should be is refused at construction', () => {
  for (const options of [
    { timeout: 'soon' },
    { timeout: Number.NaN },
    { maxBytes: 0 },
    { maxBytes: 1.5 },
    { allowHttp: 1 },
    { fetch: 1 },
    { now: 1 },
    { cacheMaxAge: -1 },
    { maxStale: null },
    { timeOut: 5 },
  ]) {
    assert.throws(() => door.remoteKeySet(URL_OF_SET, options as never), TypeError, JSON.stringify(options))
  }
})

const badAnswers: readonly (readonly [what: string, answer: () => Promise<Response>])[] = [
  ['a network failure', () => Promise.reject(new TypeError('fetch failed'))],
  ['something thrown that is no error', () => Promise.reject('no')],
  ['204', async () => new Response(null, { status: 204 })],
  ['301', async () => new Response(null, { status: 301, headers: { location: '/elsewhere' } })],
  ['404', async () => new Response('{"keys":[]}', { status: 404 })],
  ['500', async () => new Response('{"keys":[]}', { status: 500 })],
  ['no body', async () => new Response(null)],
  ['HTML', json('<!doctype html><title>Log in</title>')],
  ['truncated JSON', json('{"keys":[{"kty":"EC"')],
  ['invalid UTF-8', async () => new Response(new Uint8Array([0x7b, 0xff, 0x7d]))],
  ['null', json('null')],
  ['an array', json('[]')],
  ['an object without keys', json('{}')],
  ['keys that are an object', json('{"keys":{}}')],
  ['keys that hold null', json('{"keys":[null]}')],
  ['keys twice', json('{"keys":[],"keys":[]}')],
  ['101 keys', json(JSON.stringify({ keys: Array.from({ length: 101 }, () => ({ kty: 'x' })) }))],
  ['deep nesting', json(`{"keys":[],"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)],
  ['half a megabyte and one octet', json(' '.repeat(512 * 1024 + 1))],
]
for (const [what, answer] of badAnswers) {
  test(`attack 59: ${what} makes the token unavailable, not invalid, and is asked once in five seconds`, async () => {
    const { state, verifier } = rig()
    state.answer = answer
    const error = await refuses(verifier, firstToken, 'CS_JWKS_FETCH', 'CS_JWKS_INVALID')
    assert.equal(error.unavailable, true)
    await Promise.all(
      Array.from({ length: 10 }, () => refuses(verifier, firstToken, 'CS_JWKS_FETCH', 'CS_JWKS_INVALID')),
    )
    assert.equal(state.requests, 1)
    state.answer = json(await body(first))
    state.time += 5
    await verifier.verify(firstToken)
    assert.equal(state.requests, 2)
  })
}

test('the body of an answer that is refused for its status is let go', async () => {
  let cancelled = 0
  const { state, verifier } = rig()
  state.answer = async () => new Response(new ReadableStream({ cancel: () => void cancelled++ }), { status: 503 })
  await refuses(verifier, firstToken, 'CS_JWKS_FETCH')
  assert.equal(cancelled, 1)
})

test('an answer that never comes ends at the deadline, also where fetch does not listen to its signal', async () => {
  const { state, verifier } = rig({ timeout: 0.01 })
  state.answer = () => new Promise(() => {})
  assert.equal((await refuses(verifier, firstToken, 'CS_JWKS_FETCH')).unavailable, true)
  state.time += 5
  state.answer = async () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) }))
  await refuses(verifier, firstToken, 'CS_JWKS_FETCH')
})

test('verifications at the same time share one request, and later ones need none', async () => {
  const { state, verifier } = rig()
  state.answer = json(await body(first, second))
  await Promise.all(Array.from({ length: 100 }, (_, index) => verifier.verify(index % 2 ? firstToken : secondToken)))
  await verifier.verify(firstToken)
  assert.equal(state.requests, 1)
})

for (const [cacheControl, seconds] of [
  [undefined, 600],
  ['max-age=60', 60],
  ['public, MAX-AGE=60, must-revalidate', 60],
  ['max-age=31536000', 600],
  ['max-age=0', 5],
  ['no-store', 5],
  ['max-age=nonsense', 600],
  ['max-age=-1', 600],
] as const) {
  test(`a set with Cache-Control ${cacheControl} is used for ${seconds} s`, async () => {
    const { state, verifier } = rig()
    state.answer = json(await body(first), cacheControl === undefined ? {} : { 'cache-control': cacheControl })
    await verifier.verify(firstToken)
    state.time += seconds - 1
    await verifier.verify(firstToken)
    assert.equal(state.requests, 1)
    state.time += 1
    await verifier.verify(firstToken)
    assert.equal(state.requests, 2)
  })
}

test('an unknown kid asks again, but not sooner than five seconds after the last time', async () => {
  const { state, verifier } = rig()
  state.answer = json(await body(first))
  await verifier.verify(firstToken)
  state.answer = json(await body(first, second))
  await refuses(verifier, secondToken, 'CS_NO_KEY')
  assert.equal(state.requests, 1)
  state.time += 5
  await verifier.verify(secondToken)
  assert.equal(state.requests, 2)
  const strangers = await Promise.all(
    Array.from({ length: 30 }, async (_, index) =>
      sign(door.importKey(await door.exportJwk(first), { kid: `random-${index}` })),
    ),
  )
  for (const token of strangers) await refuses(verifier, token, 'CS_NO_KEY')
  assert.equal(state.requests, 2)
})

test('attack 58: a failed refresh keeps the last good set, for as long as maxStale', async () => {
  const { state, verifier } = rig({ cacheMaxAge: '10m', maxStale: '1h' })
  state.answer = json(await body(first))
  await verifier.verify(firstToken)
  state.answer = async () => new Response('down', { status: 503 })
  for (const later of [600, 1200, 3600, 600 + 3600 - 1]) {
    state.time = NOW + later
    await verifier.verify(firstToken)
  }
  state.time = NOW + 600 + 3600 + 5
  const error = await refuses(verifier, firstToken, 'CS_UNAVAILABLE')
  assert.equal(error.unavailable, true)
  assert.equal((error.cause as door.JoseError).code, 'CS_JWKS_FETCH')
  state.time += 5
  state.answer = json(await body(first))
  await verifier.verify(firstToken)
})

test('countersign/sync verifies with a set that was loaded, and says so where it was not', async () => {
  const { state, keys } = rig()
  state.answer = json(await body(first))
  const verifier = sync.createVerifier({ keys, ...POLICY })
  const error = await refuses(verifier, firstToken, 'CS_UNAVAILABLE')
  assert.match(error.hint, /load\(\)/)
  await keys.load()
  await keys.load()
  assert.equal(verifier.verify(firstToken).claims.sub, CLAIMS.sub)
  assert.equal(state.requests, 1)
  assert.deepEqual(
    keys.current?.keys.map((key) => key.kid),
    [first.kid],
  )
})

test('countersign/sync refuses what only a promise could answer', async () => {
  assert.throws(() => sync.createVerifier({ keys: async () => first, ...POLICY }), TypeError)
  assert.throws(() => sync.createVerifier({ issuers: async () => undefined }), TypeError)
  const later = sync.createVerifier({ keys: () => Promise.resolve(first), ...POLICY })
  assert.throws(() => later.verify(firstToken), TypeError)
  assert.throws(() => later.safeVerify(firstToken), TypeError)
  const failing = sync.createVerifier({ keys: () => Promise.reject(new Error('down')), ...POLICY })
  assert.throws(() => failing.verify(firstToken), TypeError)
})

for (const [name, verify] of [
  ['countersign', door.createVerifier],
  ['countersign/sync', sync.createVerifier],
] as const) {
  test(`${name}: a key function that throws makes the token unavailable, whatever it throws`, async () => {
    for (const thrown of [new Error('down'), new TypeError('undefined is not an object'), 'text', undefined]) {
      const find = (): never => {
        throw thrown
      }
      for (const verifier of [verify({ keys: find, ...POLICY }), verify({ issuers: find })]) {
        const error = await refuses(verifier, firstToken, 'CS_UNAVAILABLE')
        assert.equal(error.unavailable, true)
        assert.equal(error.cause, thrown)
      }
    }
  })
}

const servers: Server[] = []
after(() => {
  for (const server of servers) server.close().closeAllConnections()
})
async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/jwks.json`
}

test('a real server is asked by the platform itself, for JSON and once', async () => {
  const seen: unknown[] = []
  const text = await body(first)
  const url = await listen((request, response) => {
    seen.push([request.method, request.url, request.headers.accept])
    response.end(text)
  })
  const verifier = door.createVerifier({ keys: door.remoteKeySet(url), ...POLICY })
  await Promise.all([verifier.verify(firstToken), verifier.verify(firstToken)])
  assert.deepEqual(seen, [['GET', '/jwks.json', 'application/jwk-set+json, application/json']])
})

test('a real server that redirects, ends early, floods or sends a gzip bomb gets no further', async () => {
  let elsewhere = 0
  const target = await listen((_request, response) => {
    elsewhere++
    response.end('{"keys":[]}')
  })
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20))
  const handlers: readonly RequestListener[] = [
    (_request, response) => response.writeHead(302, { location: target }).end(),
    (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"keys":[')
      response.destroy()
    },
    (_request, response) => {
      const flood = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024, 0x20)));
      }
      response.on('drain', flood).on('error', () => {})
      flood()
    },
    (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
  ]
  for (const handler of handlers) {
    const verifier = door.createVerifier({ keys: door.remoteKeySet(await listen(handler)), ...POLICY })
    assert.equal((await refuses(verifier, firstToken, 'CS_JWKS_FETCH')).unavailable, true)
  }
  assert.equal(elsewhere, 0)
})
