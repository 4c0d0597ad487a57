import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVerifier, remoteKeySet } from 'countersign'
import { createKeyRing, type JwksHandler, jwksHandler, type KeyRing, memoryStore } from 'countersign/keyring'
import { fails, NOW, now, POLICY, refuses } from '../support/forge.ts'
import { isHere, PRIVATE_MEMBERS } from '../support/keys.ts'
import { listen } from '../support/servers.ts'
import { down, kidIn, kidOf, publishedBy, READY, rig, SOON, settle, TIMES } from './rig.ts'

const { period, prepublish, skew, poll, overlap, cacheMaxAge } = TIMES
const URL_OF_SET = 'https://issuer.example/.well-known/jwks.json'

/** The platform's Response: what a handler gives. */
const ask = async (handler: JwksHandler, method = 'GET', headers: Record<string, string> = {}): Promise<Response> =>
  handler(new Request(URL_OF_SET, { method, headers }))
const etagOf = async (handler: JwksHandler): Promise<string> => (await ask(handler)).headers.get('etag') ?? ''
const kidsOf = async (response: Response): Promise<readonly string[]> =>
  ((await response.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid)

test('jwksHandler refuses what is no ring', async () => {
  const { ring } = await rig()
  for (const other of [undefined, null, {}, { ...ring }, await ring.publicJwks(), memoryStore()])
    assert.throws(() => jwksHandler(other as KeyRing), { name: 'TypeError', message: /createKeyRing/ })
})

test('GET gives the set, as what it is, for whom and for how long', async () => {
  const { ring } = await rig()
  const response = await ask(jwksHandler(ring))
  assert.equal(response.status, 200)
  const { headers } = response
  assert.equal(headers.get('content-type'), 'application/jwk-set+json')
  assert.equal(headers.get('cache-control'), `public, max-age=${cacheMaxAge}`)
  assert.equal(headers.get('access-control-allow-origin'), '*')
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
  assert.match(headers.get('etag') ?? '', /^"[\w-]{43}"$/)
  const text = await response.clone().text()
  assert.equal(headers.get('content-length'), String(text.length))
  assert.deepEqual(JSON.parse(text), await ring.publicJwks())
  assert.deepEqual(new Set(await kidsOf(response)), new Set(ring.list().map(({ kid }) => kid)))
})

test('HEAD says what GET says, without the set', async () => {
  const handler = jwksHandler((await rig()).ring)
  const [get, head] = [await ask(handler), await ask(handler, 'HEAD')]
  assert.deepEqual([head.status, await head.text()], [200, ''])
  assert.deepEqual([...head.headers].sort(), [...get.headers].sort())
})

test('OPTIONS allows every page to ask, and to say which set it has', async () => {
  const { store, ring } = await rig()
  store.fail(down)
  const response = await ask(jwksHandler(ring), 'OPTIONS', { origin: 'https://app.example' })
  assert.deepEqual([response.status, await response.text()], [204, ''])
  assert.equal(response.headers.get('access-control-allow-origin'), '*')
  assert.match(response.headers.get('access-control-allow-methods') ?? '', /\bGET\b.*\bHEAD\b/)
  assert.match(response.headers.get('access-control-allow-headers') ?? '', /if-none-match/i)
})

test('any other method is not allowed, changes nothing and is told what is', async () => {
  const { store, ring } = await rig()
  const { looks } = store
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'get', 'PROPFIND', '']) {
    const response = (await jwksHandler(ring)({ method, headers: new Headers() })) as Response
    assert.deepEqual([response.status, await response.text()], [405, ''])
    assert.match(response.headers.get('allow') ?? '', /GET/)
    assert.equal(response.headers.get('access-control-allow-origin'), '*')
    assert.equal(response.headers.get('etag'), null)
  }
  assert.equal(store.looks, looks)
})

// 304

test('who has the set is told so without it, however the tag comes', async () => {
  const handler = jwksHandler((await rig()).ring)
  const etag = await etagOf(handler)
  for (const header of [
    etag,
    `W/${etag}`,
    '*',
    `"x", ${etag}`,
    `${etag},"x"`,
    ` ${etag} `,
    `"x" ,W/"y",\tW/${etag}`,
    '* ',
  ]) {
    for (const method of ['GET', 'HEAD']) {
      const response = await ask(handler, method, { 'if-none-match': header })
      assert.deepEqual([response.status, await response.text()], [304, ''], header)
      assert.equal(response.headers.get('etag'), etag)
      assert.equal(response.headers.get('cache-control'), `public, max-age=${cacheMaxAge}`)
      assert.equal(response.headers.get('access-control-allow-origin'), '*')
    }
  }
})

test('who has another set, or names one that is none, is given the set', async () => {
  const handler = jwksHandler((await rig()).ring)
  const etag = await etagOf(handler)
  const bare = etag.slice(1, -1)
  for (const header of [
    '',
    '"x"',
    bare,
    `'${bare}'`,
    etag.toUpperCase(),
    `"${bare}x"`,
    `w/${etag}`,
    'W/',
    ',',
    '""',
    `"x${etag}`,
  ])
    assert.equal((await ask(handler, 'GET', { 'if-none-match': header })).status, 200, header)
})

test('a comma or a star inside a tag is a part of it', async () => {
  const handler = jwksHandler((await rig()).ring)
  for (const header of ['"x,*,y"', '"a, *"', 'W/*'])
    assert.equal((await ask(handler, 'GET', { 'if-none-match': header })).status, 200, header)
})

test('the tag changes exactly when the set does', async () => {
  const { clock, ring, other } = await rig()
  const handler = jwksHandler(ring)
  const elsewhere = await other()
  const second = jwksHandler(elsewhere)
  const steps: readonly (readonly [what: string, changes: boolean, act: () => Promise<unknown>])[] = [
    ['nothing', false, async () => {}],
    ['a poll', false, async () => (clock.time += poll)],
    ['a day', false, async () => (clock.time += READY)],
    ['an early rotation is announced', false, () => ring.rotateNow()],
    ['it is there, and another next key with it', true, async () => (clock.time += SOON)],
    ['the private half of the former key is dropped', false, async () => (clock.time += skew)],
    ['the former key is purged', true, async () => (clock.time += overlap)],
    ['the next key is revoked', true, () => ring.revoke(kidIn(ring, 'next'))],
    ['it is revoked again', false, () => ring.revoke(kidIn(ring, 'revoked'))],
    ['its row is purged', false, async () => (clock.time += overlap)],
    ['the next period', true, async () => (clock.time += period)],
  ]
  let [before, set] = [await etagOf(handler), JSON.stringify(await ring.publicJwks())]
  for (const [what, changes, act] of steps) {
    await act()
    await ring.refresh()
    await elsewhere.refresh()
    const [after, now] = [await etagOf(handler), JSON.stringify(await ring.publicJwks())]
    assert.equal(after !== before, changes, what)
    assert.equal(now !== set, changes, what)
    assert.equal(await etagOf(handler), after)
    assert.equal(await etagOf(second), after, `another instance: ${what}`)
    const { status } = await ask(handler, 'GET', { 'if-none-match': before })
    assert.equal(status, changes ? 200 : 304, what)
    ;[before, set] = [after, now]
  }
})

// A store that is out of reach.

test('while keys may be missing the set is for ever shorter, and then there is none: 503, for every page to read', async () => {
  const { clock, store, ring } = await rig()
  const handler = jwksHandler(ring)
  const etag = await etagOf(handler)
  store.fail(down)
  clock.time = NOW + prepublish - skew - 7
  assert.equal((await ask(handler)).headers.get('cache-control'), 'public, max-age=7')
  assert.equal((await ask(handler, 'GET', { 'if-none-match': etag })).headers.get('cache-control'), 'public, max-age=7')
  clock.time = NOW + prepublish - skew - 4
  for (const method of ['GET', 'HEAD']) {
    for (const headers of [{}, { 'if-none-match': etag }, { 'if-none-match': '*' }]) {
      const response = await ask(handler, method, headers as Record<string, string>)
      assert.deepEqual([response.status, await response.text()], [503, ''])
      assert.equal(response.headers.get('cache-control'), 'no-store')
      assert.match(response.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
      assert.equal(response.headers.get('access-control-allow-origin'), '*')
      assert.equal(response.headers.get('etag'), null)
    }
  }
  await settle()
  store.heal()
  clock.time += 5
  assert.deepEqual([(await ask(handler)).status, await etagOf(handler)], [200, etag])
})

test('max-age is whole seconds, whatever the times of the ring', async () => {
  const ring = await createKeyRing({ alg: 'ES256', store: memoryStore(), now: () => NOW + 0.25, cacheMaxAge: 90.5 })
  assert.equal((await ask(jwksHandler(ring))).headers.get('cache-control'), 'public, max-age=90')
})

// What is in the set.

for (const alg of ['ES256', 'ES512', 'RS256', 'PS384', 'EdDSA', 'Ed448', 'ML-DSA-44', 'HS256']) {
  test(`the set of a ring of ${alg} has public members alone`, { skip: !isHere(alg) && `no ${alg} here` }, async () => {
    const { ring } = await rig({ alg })
    const body = await (await ask(jwksHandler(ring))).text()
    const { keys } = JSON.parse(body)
    assert.equal(keys.length, alg === 'HS256' ? 0 : 2)
    for (const key of keys) {
      assert.deepEqual([key.alg, key.use, typeof key.kid], [alg, 'sig', 'string'])
      assert.ok(
        Object.keys(key).every((name) => ['kty', 'crv', 'n', 'e', 'x', 'y', 'pub', 'kid', 'alg', 'use'].includes(name)),
      )
    }
    for (const name of PRIVATE_MEMBERS) assert.ok(!body.includes(`"${name}"`))
  })
}

test('the handler holds on to no set that is over', async () => {
  const { clock, ring } = await rig()
  const handler = jwksHandler(ring)
  await ask(handler)
  const first = kidIn(ring, 'active')
  clock.time = NOW + period + overlap
  await ring.refresh()
  assert.ok(!(await kidsOf(await ask(handler))).includes(first))
})

test('two handlers of one ring, and many requests at once, say the same', async () => {
  const { clock, ring } = await rig()
  const handlers = [jwksHandler(ring), jwksHandler(ring)]
  clock.time = NOW + period
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => ask(handlers[index % 2] as JwksHandler)))
  assert.equal(new Set(answers.map(({ headers }) => headers.get('etag'))).size, 1)
  for (const answer of answers) assert.deepEqual(await kidsOf(answer), await publishedBy(ring))
})

test('what is no fault of the store is not said to be one', async () => {
  const { ring } = await rig()
  const broken = { method: 'GET', headers: { get: () => assert.fail('a broken request') } }
  await assert.rejects(async () => jwksHandler(ring)(broken), /a broken request/)
})

// A real server, and a remote set as its client.

test('a real server on a ring serves remote sets through rotations and revocations, and by 304 between them', async (t) => {
  const { clock, ring, signer } = await rig({ cacheMaxAge: 60 })
  const handler = jwksHandler(ring)
  const statuses: number[] = []
  const origin = await listen(t, async (request, response) => {
    const headers = new Headers()
    for (const [name, value] of Object.entries(request.headers)) headers.set(name, String(value))
    const answer = (await handler({ method: request.method ?? '', headers })) as Response
    statuses.push(answer.status)
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(Buffer.from(await answer.arrayBuffer()))
  })
  const time = (): number => clock.time
  const keys = remoteKeySet(`${origin}/jwks.json`, { now: time, random: () => 0.5 })
  const verifier = createVerifier({ ...POLICY, now: time, clockTolerance: 0, keys })
  await verifier.verify(await signer.sign({}))
  clock.time += 120
  await keys.load()
  assert.deepEqual(statuses, [200, 304])
  clock.time = NOW + period - 1
  await keys.load()
  const late = await signer.sign({}, { expiresIn: '1h' })
  clock.time += 1
  // The key that signs now was public all along: nothing has to be fetched for it.
  const asked = statuses.length
  const first = await signer.sign({})
  assert.notEqual(kidOf(first), kidOf(late))
  for (const token of [late, first]) await verifier.verify(token)
  assert.equal(statuses.length, asked)
  clock.time += 120
  await keys.load()
  await verifier.verify(late)
  await ring.revoke(kidOf(first))
  clock.time += 120
  await keys.load()
  await refuses(verifier, first, 'CS_NO_KEY')
  assert.ok(await verifier.verify(await signer.sign({})))
  assert.ok(statuses.every((status) => status === 200 || status === 304))
  const raw = await fetch(`${origin}/jwks.json`, { method: 'HEAD' })
  assert.deepEqual(
    [raw.status, (await raw.text()).length, Number(raw.headers.get('content-length')) > 100],
    [200, 0, true],
  )
})

test('a remote set in front of a ring of secrets gets none', async (t) => {
  const { ring, signer } = await rig({ alg: 'HS256' })
  const handler = jwksHandler(ring)
  const origin = await listen(t, async (_request, response) => {
    const answer = (await handler({ method: 'GET', headers: new Headers() })) as Response
    response.writeHead(200).end(await answer.text())
  })
  const keys = remoteKeySet(`${origin}/jwks.json`, { now })
  const token = await signer.sign({})
  await fails(() => createVerifier({ ...POLICY, keys }).verify(token), 'CS_NO_KEY')
})
