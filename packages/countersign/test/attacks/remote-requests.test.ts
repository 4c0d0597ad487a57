import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import * as door from 'countersign'
import { fails, NOW, POLICY, refuses } from '../support/forge.ts'
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
import { listen, listenRaw } from '../support/servers.ts'

const a = await issue('a')
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
  const one = rig()
  const other = rig()
  for (const { state } of [one, other]) state.answer = answer(GOOD)
  for (const later of [0, 4, 5]) {
    one.state.time = other.state.time = NOW + later
    await Promise.all(flood.map((token) => refuses(one.verifier, token, 'CS_NO_KEY')))
    for (const token of flood) await refuses(other.verifier, token, 'CS_NO_KEY')
  }
  assert.deepEqual([one.sent.length, other.sent.length], [2, 2])
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
  // A key of an unknown type is no reason to refuse a set: it is their number, and no key was looked at.
  const { message } = await fails(() => loaded(manyKeys, {}, { maxBytes: 64 * 1024 * 1024 }), 'CS_JWKS_INVALID')
  assert.match(message, /has 250000 keys, 100 are allowed$/)
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

/** Sends the same for as long as anyone listens. */
function pour(to: { readonly destroyed: boolean; write(part: string, done: () => void): unknown }, part: string): void {
  const more = (): void => {
    if (!to.destroyed) to.write(part, () => setTimeout(more))
  }
  more()
}
const SPACES = ' '.repeat(64 * 1024)

const FLOODS: readonly (readonly [what: string, handler: RequestListener])[] = [
  ['floods without end', (_request, response) => pour(response, SPACES)],
  [
    'announces 64 MB and sends them',
    (_request, response) => pour(response.writeHead(200, { 'content-length': String(64 * 1024 * 1024) }), SPACES),
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
]
const bomb = (): Uint8Array => gzipSync(new Uint8Array(64 * 1024 * 1024).fill(0x20))

for (const [what, handler] of FLOODS) {
  test(`attack 51: a real server that ${what} ends at a limit, and its connection with it`, async (t) => {
    const end = Promise.withResolvers<void>()
    const origin = await listen(t, (request, response) => {
      request.socket.on('close', () => end.resolve())
      handler(request, response)
    })
    const { verifier } = over(origin, { timeout: 0.2 })
    const error = await refuses(verifier, a.token, 'CS_JWKS_FETCH')
    assert.equal(error.unavailable, true)
    // A connection whose answer was read to its end may be kept for the next one.
    if (!what.includes('keys') && !what.includes('bomb')) await end.promise
  })
}

test('attack 51: a real server that sends headers without end ends at a limit, and its connection with it', async (t) => {
  const end = Promise.withResolvers<void>()
  const origin = await listenRaw(t, (socket) => {
    socket.on('error', () => {}).on('close', () => end.resolve())
    socket.write('HTTP/1.1 200 OK\r\n')
    pour(socket, `x: ${'y'.repeat(1000)}\r\n`)
  })
  await refuses(over(origin, { timeout: 0.2 }).verifier, a.token, 'CS_JWKS_FETCH')
  await end.promise
})
