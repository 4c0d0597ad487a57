import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as door from 'countersign'
import { NOW, POLICY, refuses } from '../support/forge.ts'
import { bodyOf, issue, kidsOf } from '../support/remote.ts'
import { listen } from '../support/servers.ts'

const [a, b] = [await issue('a'), await issue('b')]

test('a real server is asked by the platform itself, for JSON and once', async (t) => {
  const seen: unknown[] = []
  const origin = await listen(t, (request, response) => {
    seen.push([request.method, request.url, request.headers.accept])
    response.end(bodyOf(a))
  })
  const verifier = door.createVerifier({ keys: door.remoteKeySet(`${origin}/jwks.json`), ...POLICY })
  await Promise.all([verifier.verify(a.token), verifier.verify(a.token)])
  assert.deepEqual(seen, [['GET', '/jwks.json', 'application/jwk-set+json, application/json']])
})

test('a real server that knows entity tags sends a set once, and again when it has changed', async (t) => {
  let issued = [a]
  const seen: unknown[] = []
  const origin = await listen(t, (request, response) => {
    const etag = `"${issued.length}"`
    const same = request.headers['if-none-match'] === etag
    seen.push([request.headers['if-none-match'], same ? 304 : 200])
    response.writeHead(same ? 304 : 200, { etag, 'cache-control': 'max-age=60' })
    response.end(same ? undefined : bodyOf(...issued))
  })
  let time = NOW
  const keys = door.remoteKeySet(origin, { now: () => time })
  const changes: unknown[] = []
  keys.subscribe((event) => changes.push(event.type === 'refreshed' && event.changed))
  for (const step of ['first', 'same', 'changed', 'same']) {
    if (step === 'changed') issued = [a, b]
    await keys.load()
    time += 60
  }
  assert.deepEqual(seen, [
    [undefined, 200],
    ['"1"', 304],
    ['"1"', 200],
    ['"2"', 304],
  ])
  assert.deepEqual(
    [changes, kidsOf(keys)],
    [
      [true, false, true, false],
      ['a', 'b'],
    ],
  )
})

test('a real server that is busy says when to come back', async (t) => {
  let requests = 0
  const origin = await listen(t, (_request, response) => {
    requests++
    if (requests === 1) response.writeHead(503, { 'retry-after': '60' }).end('busy')
    else response.end(bodyOf(a))
  })
  let time = NOW
  const verifier = door.createVerifier({ keys: door.remoteKeySet(origin, { now: () => time }), ...POLICY })
  for (const later of [0, 59]) {
    time = NOW + later
    assert.equal((await refuses(verifier, a.token, 'CS_JWKS_FETCH')).unavailable, true)
  }
  time = NOW + 60
  await verifier.verify(a.token)
  assert.equal(requests, 2)
})

test('a real server may compress what it sends, and send it in pieces', async (t) => {
  const { gzipSync } = await import('node:zlib')
  const origin = await listen(t, (_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' })
    for (const octet of gzipSync(bodyOf(a, b))) response.write(Uint8Array.of(octet))
    response.end()
  })
  const keys = door.remoteKeySet(origin)
  await keys.load()
  assert.deepEqual(kidsOf(keys), ['a', 'b'])
})
