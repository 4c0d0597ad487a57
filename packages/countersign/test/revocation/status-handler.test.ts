import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKeyRing } from 'countersign/keyring'
import type { StatusList } from 'countersign/revocation'
import { down, RiggedStore } from '../keyring/rig.ts'
import { NOW } from '../support/forge.ts'
import { clock } from './rig.ts'
import { listOf, readList, TYPE, URI } from './status-rig.ts'

const ask = async (list: StatusList, method = 'GET', headers: Record<string, string> = {}): Promise<Response> =>
  (await list.handler(new Request(URI, { method, headers }))) as Response

test('GET gives the token, as what it is, for whom and for how long', async () => {
  const list = listOf({ ttl: '2m' })
  const response = await ask(list)
  assert.equal(response.status, 200)
  const { headers } = response
  assert.equal(headers.get('content-type'), TYPE)
  assert.equal(headers.get('cache-control'), 'public, max-age=120')
  assert.equal(headers.get('access-control-allow-origin'), '*')
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
  assert.match(headers.get('etag') ?? '', /^"[\w-]{43}"$/)
  const text = await response.text()
  assert.equal(text, await list.token())
  assert.equal(headers.get('content-length'), String(text.length))
  assert.equal((await readList(text)).sub, URI)
})

test('HEAD says what GET says, without the token', async () => {
  const list = listOf()
  const [get, head] = [await ask(list), await ask(list, 'HEAD')]
  assert.deepEqual([head.status, await head.text()], [200, ''])
  assert.deepEqual([...head.headers].sort(), [...get.headers].sort())
})

test('OPTIONS allows every page to ask, and to say which list it has', async () => {
  const response = await ask(listOf(), 'OPTIONS', { origin: 'https://app.example' })
  assert.deepEqual([response.status, await response.text()], [204, ''])
  assert.equal(response.headers.get('access-control-allow-origin'), '*')
  assert.match(response.headers.get('access-control-allow-methods') ?? '', /\bGET\b.*\bHEAD\b/)
  assert.match(response.headers.get('access-control-allow-headers') ?? '', /if-none-match/i)
})

test('any other method is not allowed, and is told what is', async () => {
  const list = listOf()
  for (const method of ['POST', 'PUT', 'DELETE', 'get', '']) {
    const response = (await list.handler({ method, headers: new Headers() })) as Response
    assert.deepEqual([response.status, await response.text()], [405, ''])
    assert.match(response.headers.get('allow') ?? '', /GET/)
  }
})

test('who has the list is told so without it, until a status changes', async () => {
  const list = listOf()
  const etag = (await ask(list)).headers.get('etag') ?? ''
  for (const header of [etag, `W/${etag}`, '*', `"x", ${etag}`]) {
    const response = await ask(list, 'GET', { 'if-none-match': header })
    assert.deepEqual([response.status, await response.text()], [304, ''], header)
    assert.equal(response.headers.get('etag'), etag)
    assert.match(response.headers.get('cache-control') ?? '', /max-age=300/)
  }
  for (const header of ['"x"', etag.slice(1, -1), ''])
    assert.equal((await ask(list, 'GET', { 'if-none-match': header })).status, 200, header)
  list.set(3, 1)
  assert.equal((await ask(list, 'GET', { 'if-none-match': etag })).status, 200)
})

test('while no key may sign, the answer is 503 and is not kept', async () => {
  const time = clock()
  const store = new RiggedStore()
  const ring = await createKeyRing({ alg: 'ES256', store, tokenLifetime: '10m', now: time.now })
  const list = listOf({ key: ring, now: time.now })
  store.fail(down)
  time.time = NOW + 1e8
  const response = await ask(list)
  assert.equal(response.status, 503)
  assert.equal(await response.text(), '')
  assert.equal(response.headers.get('cache-control'), 'no-store')
  assert.match(response.headers.get('retry-after') ?? '', /^\d+$/)
})

test('a fault of the program is not hidden behind a 503', async () => {
  const time = clock(Number.NaN)
  await assert.rejects(() => ask(listOf({ now: time.now })), TypeError)
})
