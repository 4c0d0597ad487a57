import assert from 'node:assert/strict'
import type { RequestListener, ServerResponse } from 'node:http'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import * as door from 'countersign'
import { CLAIMS, fails, NOW, POLICY, refuses, signed } from '../support/forge.ts'
import { jwkFor, nodePair } from '../support/keys.ts'
import {
  type Answerer,
  answer,
  answerByHand,
  bodyOf,
  gate,
  issue,
  kidsOf,
  loaded,
  rig,
  strangers,
  unreachable,
} from '../support/remote.ts'
import { listen } from '../support/servers.ts'

const [a, b] = [await issue('a'), await issue('b')]
const GOOD = bodyOf(a)

/** A set and its verifier over a server of this machine, with a clock that does as it is told. */
function over(url: string, options: door.RemoteKeySetOptions = {}) {
  const clock = { time: NOW }
  const keys = door.remoteKeySet(url, { now: () => clock.time, random: () => 0.5, ...options })
  return { clock, keys, verifier: door.createVerifier({ keys, ...POLICY }) }
}

// 49. SSRF

const NOT_FETCHED: readonly string[] = [
  'http://issuer.example/jwks',
  'http://169.254.169.254/latest/meta-data/',
  'http://[fe80::1]/jwks',
  'http://10.0.0.1/',
  'http://0.0.0.0/',
  'http://[::]/',
  'http://[::ffff:127.0.0.1]/',
  'http://127.0.0.2/',
  'http://localhost./',
  'http://localhost.evil.example/',
  'http://127.0.0.1.evil.example/',
  'http://evil.example#@localhost/',
  'http://evil.example\\@localhost/',
  'ftp://issuer.example/jwks',
  'ws://localhost/jwks',
  'file:///etc/passwd',
  'file://localhost/etc/passwd',
  'data:application/json,{"keys":[]}',
  'blob:https://issuer.example/1',
  'javascript:alert(1)',
  'about:blank',
  'https:',
  'https://',
  '//issuer.example/jwks',
  'jwks.json',
  '',
  'https://user@issuer.example/',
  'https://user:pw@issuer.example/',
  'https://:pw@issuer.example/',
  'http://user:pw@localhost/',
]
for (const url of NOT_FETCHED) {
  test(`attack 49: a set is not fetched from ${JSON.stringify(url)}`, async () => {
    const error = await fails(() => door.remoteKeySet(url), 'CS_JWKS_FETCH')
    assert.ok(!error.message.includes('pw@'))
  })
}

test('attack 49: https, and http to this machine, is what a set is fetched by; allowHttp lifts nothing else', async () => {
  for (const url of ['https://issuer.example/', 'http://localhost:3000/', 'http://127.0.0.1/', 'http://[::1]:8080/'])
    assert.equal(door.remoteKeySet(url).url, url)
  assert.equal(door.remoteKeySet('http://issuer.internal/', { allowHttp: true }).url, 'http://issuer.internal/')
  for (const url of ['file:///etc/passwd', 'data:application/json,{"keys":[]}', 'http://user:pw@issuer.internal/'])
    await fails(() => door.remoteKeySet(url, { allowHttp: true }), 'CS_JWKS_FETCH')
})

const REDIRECTS: readonly (readonly [what: string, answer: Answerer])[] = [
  ...[300, 301, 302, 303, 307, 308].map(
    (status) => [`HTTP ${status}`, answer('', { location: '/elsewhere' }, status)] as const,
  ),
  ['the answer of another place', answerByHand(GOOD, {}, { redirected: true })],
  ['what a browser shows of a redirect', answerByHand('', {}, { status: 0, body: null })],
]
for (const [what, given] of REDIRECTS) {
  test(`attack 49: ${what} is not followed, and brings no set`, async () => {
    const { state, sent, verifier } = rig()
    state.answer = given
    const error = await refuses(verifier, a.token, 'CS_JWKS_FETCH')
    assert.match(error.message, /redirect/)
    assert.equal(error.unavailable, true)
    assert.deepEqual([sent.length, sent[0]?.redirect], [1, 'manual'])
  })
}

test('attack 49: a real server that redirects to another port, to a file or to itself is not followed', async (t) => {
  let elsewhere = 0
  const target = await listen(t, (_request, response) => {
    elsewhere++
    response.end(GOOD)
  })
  for (const status of [301, 302, 303, 307, 308]) {
    for (const location of [target, 'file:///etc/passwd', 'data:application/json,{"keys":[]}', '/again', '//[', '']) {
      let requests = 0
      const origin = await listen(t, (_request, response) => {
        requests++
        response.writeHead(status, { location }).end(GOOD)
      })
      const { verifier } = over(origin)
      assert.equal((await refuses(verifier, a.token, 'CS_JWKS_FETCH')).unavailable, true)
      assert.equal(requests, 1, `${status} to ${location}`)
    }
  }
  assert.equal(elsewhere, 0)
})

// 50. Refetch amplification

const flood = await strangers(30)

test('attack 50: 30 unknown kids cost two requests at most, one after another and all at once', async () => {
  for (const at of ['once', 'length']) {
    const { state, sent, verifier } = rig()
    state.answer = answer(GOOD)
    if (at === 'once') await Promise.all(flood.map((token) => refuses(verifier, token, 'CS_NO_KEY')))
    for (const token of flood) await refuses(verifier, token, 'CS_NO_KEY')
    state.time += 5
    await Promise.all(flood.map((token) => refuses(verifier, token, 'CS_NO_KEY')))
    for (const token of flood) await refuses(verifier, token, 'CS_NO_KEY')
    assert.equal(sent.length, 2, `at ${at}`)
  }
})

test('attack 50: 30 unknown kids cost a server that fails three requests at most, within fifteen seconds', async () => {
  const { state, sent, verifier } = rig()
  for (const token of flood) {
    await refuses(verifier, token, 'CS_JWKS_FETCH')
    state.time += 0.5
  }
  assert.equal(sent.length, 2)
  await Promise.all(flood.map((token) => refuses(verifier, token, 'CS_JWKS_FETCH')))
  assert.equal(sent.length, 3)
})

test('attack 50: 30 unknown kids against a server that failed after it was good cost three requests, too', async () => {
  const { state, sent, verifier } = await loaded(GOOD)
  state.answer = unreachable
  state.time += 5
  for (const token of flood) {
    await refuses(verifier, token, 'CS_NO_KEY')
    await verifier.verify(a.token)
    state.time += 0.5
  }
  assert.equal(sent.length, 3)
})

test('attack 50: a real server that is sent 30 unknown kids gets two requests at most, and three where it fails', async (t) => {
  const counts = { good: 0, failing: 0 }
  const good = await listen(t, (_request, response) => {
    counts.good++
    response.end(GOOD)
  })
  const failing = await listen(t, (_request, response) => {
    counts.failing++
    response.writeHead(500).end()
  })
  const one = over(good)
  await Promise.all(flood.map((token) => refuses(one.verifier, token, 'CS_NO_KEY')))
  one.clock.time += 5
  for (const token of flood) await refuses(one.verifier, token, 'CS_NO_KEY')
  const other = over(failing)
  for (const token of flood) {
    await refuses(other.verifier, token, 'CS_JWKS_FETCH')
    other.clock.time += 0.5
  }
  await Promise.all(flood.map((token) => refuses(other.verifier, token, 'CS_JWKS_FETCH')))
  assert.deepEqual(counts, { good: 2, failing: 3 })
})

test('attack 50: 30 unknown kids while a request hangs share it', async () => {
  const { state, sent, verifier } = await loaded(GOOD)
  const late = gate(answer(GOOD))
  state.answer = late.answer
  state.time += 5
  const waiting = flood.map((token) => refuses(verifier, token, 'CS_NO_KEY'))
  await verifier.verify(a.token)
  late.open()
  await Promise.all(waiting)
  assert.equal(sent.length, 2)
})

// 51. Unbounded body and time

const manyKeys = JSON.stringify({ keys: Array.from({ length: 250_000 }, () => ({ kty: 'x' })) })

test('attack 51: half a megabyte is read and one octet more is not, however it comes', async () => {
  const padded = GOOD.padEnd(512 * 1024)
  assert.deepEqual(kidsOf((await loaded(padded)).keys), ['a'])
  const { state, verifier } = rig()
  state.answer = answer(`${padded} `)
  assert.match((await refuses(verifier, a.token, 'CS_JWKS_FETCH')).message, /more than 524288 octets/)
})

test('attack 51: what a server says about the length of its answer does not count', async () => {
  const { state, verifier } = rig()
  state.answer = answer(GOOD.padEnd(512 * 1024 + 1), { 'content-length': '10' })
  await refuses(verifier, a.token, 'CS_JWKS_FETCH')
  const { keys } = await loaded(GOOD, { 'content-length': '99999999999' })
  assert.deepEqual(kidsOf(keys), ['a'])
})

test('attack 51: a hundred keys are taken and one more is not, nor are 250,000', async () => {
  const keys = (count: number): string => JSON.stringify({ keys: Array.from({ length: count }, () => ({ kty: 'x' })) })
  await loaded(keys(100))
  await fails(() => loaded(keys(101)), 'CS_JWKS_INVALID')
  await fails(() => loaded(manyKeys), 'CS_JWKS_FETCH')
  const start = performance.now()
  await fails(() => loaded(manyKeys, {}, { maxBytes: 64 * 1024 * 1024 }), 'CS_JWKS_INVALID')
  assert.ok(performance.now() - start < 1000)
})

test('attack 51: a body without end is read no further than its limit, and let go', async () => {
  let [pulled, cancelled] = [0, 0]
  const { state, verifier } = rig()
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    pulled++
    controller.enqueue(new Uint8Array(64 * 1024).fill(0x20))
  }
  state.answer = async () =>
    new Response(new ReadableStream({ pull, cancel: () => void cancelled++ }, { highWaterMark: 0 }))
  await refuses(verifier, a.token, 'CS_JWKS_FETCH')
  assert.deepEqual([pulled, cancelled], [9, 1])
})

/** Sends for as long as anyone listens. */
function pour(response: ServerResponse): void {
  const more = (): void => {
    while (!response.destroyed && response.write(new Uint8Array(64 * 1024).fill(0x20)));
  }
  response.on('drain', more).on('error', () => {})
  more()
}

const FLOODS: readonly (readonly [what: string, handler: RequestListener])[] = [
  ['floods without end', (_request, response) => pour(response)],
  [
    'announces 64 MB and sends them',
    (_request, response) => pour(response.writeHead(200, { 'content-length': String(64 * 1024 * 1024) })),
  ],
  [
    'sends a gzip bomb of 64 MB',
    (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb()),
  ],
  ['sends 250,000 keys', (_request, response) => response.end(manyKeys)],
  ['answers nothing', () => {}],
  ['sends a status and headers, and no more', (_request, response) => response.writeHead(200).flushHeaders()],
  ['stops in the middle of the body', (_request, response) => response.write(GOOD.slice(0, 20))],
  [
    'sends an octet now and then, and never the last',
    (_request, response) => {
      const timer = setInterval(() => response.write(' '), 5)
      response.on('close', () => clearInterval(timer))
    },
  ],
  [
    'sends headers without end',
    (_request, response) => {
      const { socket } = response
      socket?.write('HTTP/1.1 200 OK\r\n')
      const more = (): void => {
        while (!socket?.destroyed && socket?.write(`x: ${'y'.repeat(1000)}\r\n`));
      }
      socket?.on('drain', more).on('error', () => {})
      more()
    },
  ],
]
const bomb = (): Uint8Array => gzipSync(new Uint8Array(64 * 1024 * 1024).fill(0x20))

for (const [what, handler] of FLOODS) {
  test(`attack 51: a real server that ${what} ends at a limit, and its connection with it`, async (t) => {
    let closed: (() => void) | undefined
    const end = new Promise<void>((resolve) => {
      closed = resolve
    })
    const origin = await listen(t, (request, response) => {
      request.socket.on('close', () => closed?.())
      handler(request, response)
    })
    const { verifier } = over(origin, { timeout: 0.2 })
    const error = await refuses(verifier, a.token, 'CS_JWKS_FETCH')
    assert.equal(error.unavailable, true)
    // A connection whose answer was read to its end may be kept for the next one.
    if (!what.includes('keys') && !what.includes('bomb')) await end
  })
}

// 52. Cache poisoning across issuers

test('attack 52: two issuers with one kid are two issuers', async () => {
  const [good, evil] = [await issue('same'), await issue('same')]
  const sets = [good, evil].map(({ jwk }) => JSON.stringify({ keys: [jwk] }))
  const fetch: door.Fetch = async (url) => new Response(url.startsWith('https://good.example') ? sets[0] : sets[1])
  const verifierOf = (url: string): door.Verifier =>
    door.createVerifier({ keys: door.remoteKeySet(url, { fetch }), ...POLICY })
  const places = ['https://evil.example/jwks', 'https://good.example.evil.example/jwks', 'https://good.exampleX/jwks']
  for (const place of places.filter((place) => !place.includes('X'))) await verifierOf(place).verify(evil.token).catch(() => {})
  const verifier = verifierOf('https://good.example/jwks')
  await verifier.verify(good.token)
  await refuses(verifier, evil.token, 'CS_SIGNATURE')
  const other = verifierOf('https://evil.example/jwks')
  await other.verify(evil.token)
  await refuses(other, good.token, 'CS_SIGNATURE')
})

test('attack 52: one function that serves two issuers keeps their keys apart', async () => {
  const [good, evil] = [await issue('same'), await issue('same')]
  const fetch: door.Fetch = async (url) =>
    new Response(JSON.stringify({ keys: [(url.includes('good') ? good : evil).jwk] }))
  const verifier = door.createVerifier({
    issuers: (iss) => ({
      keys: door.remoteKeySet(iss === CLAIMS.iss ? 'https://good.example/' : 'https://evil.example/', { fetch }),
      audience: CLAIMS.aud,
    }),
    now: () => NOW,
  })
  const forged = await signAs(evil, 'https://other.example')
  await verifier.verify(forged)
  await verifier.verify(good.token)
  await refuses(verifier, evil.token, 'CS_SIGNATURE')
})

test('attack 52: two real servers with one kid are two issuers', async (t) => {
  const [good, evil] = [await issue('same'), await issue('same')]
  const origins = []
  for (const { jwk } of [good, evil]) {
    origins.push(await listen(t, (_request, response) => response.end(JSON.stringify({ keys: [jwk] }))))
  }
  const [one, other] = origins.map((origin) => over(`${origin}/jwks`).verifier)
  assert.ok(one && other)
  await Promise.all([one.verify(good.token), other.verify(evil.token)])
  await refuses(one, evil.token, 'CS_SIGNATURE')
  await refuses(other, good.token, 'CS_SIGNATURE')
})

// 54 to 57, where the set comes from afar

for (const info of [{ use: 'enc' }, { key_ops: ['encrypt'] }, { alg: 'ES384' }]) {
  test(`attack 54: a fetched key with ${JSON.stringify(info)} does not verify ES256`, async () => {
    const { state, sent, verifier } = await loaded(JSON.stringify({ keys: [{ ...a.jwk, ...info }] }))
    state.time += 5
    await refuses(verifier, a.token, 'CS_NO_KEY')
    assert.equal(sent.length, 2)
  })
}

for (const [number, what, member] of [
  [55, 'a private key', jwkFor('RS256')],
  [55, 'the private half of a key of an unknown kind', { kty: 'new', d: 'AAAA' }],
  [55, 'a private member that is null', { ...a.jwk, kid: 'x', d: null }],
  [56, 'a secret', jwkFor('HS256')],
  [56, 'a secret without its octets', { kty: 'oct', kid: 'x' }],
] as const) {
  test(`attack ${number}: ${what} among the keys of a fetched set refuses the whole set, and a good one stays`, async () => {
    const poisoned = answer(JSON.stringify({ keys: [a.jwk, member] }))
    const first = rig()
    first.state.answer = poisoned
    assert.equal((await refuses(first.verifier, a.token, 'CS_JWKS_INVALID')).unavailable, true)
    const { state, keys, verifier } = await loaded(GOOD)
    state.answer = poisoned
    state.time += 600
    await verifier.verify(a.token)
    assert.deepEqual(kidsOf(keys), ['a'])
  })
}

test('attack 57: a weak key of a fetched set is left out and told of, and what it signed is refused', async () => {
  const weak = { ...WEAK, kid: 'weak' }
  const { events, keys, verifier } = await loaded(
    JSON.stringify({ keys: [weak, { ...a.jwk, y: a.jwk['x'], kid: 'off' }, a.jwk] }),
  )
  const [event] = events
  assert.deepEqual([event?.type === 'refreshed' && event.skipped, kidsOf(keys)], [2, ['a']])
  const { privateKey } = nodePair(jwkFor('RS256'))
  await refuses(verifier, signed({ alg: 'RS256', kid: 'weak' }, CLAIMS, 'sha256', privateKey), 'CS_NO_KEY')
  await refuses(verifier, signed({ alg: 'RS256' }, CLAIMS, 'sha256', privateKey), 'CS_NO_KEY')
  await verifier.verify(a.token)
})
