import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import type * as door from 'countersign'
import { fails, NOW, refuses } from '../support/forge.ts'
import {
  type Answerer,
  answer,
  answerByHand,
  bodyOf,
  gate,
  issue,
  loaded,
  rig,
  silent,
  unreachable,
} from '../support/remote.ts'

const [a, b] = [await issue('a'), await issue('b')]
const down = answer('down', {}, 503)

for (const [random, waits] of [
  [0.5, [5, 10, 20, 40, 80, 120, 120]],
  [0, [5, 8, 16, 32, 64, 96, 96]],
  [1, [6, 12, 24, 48, 96, 144, 144]],
] as const) {
  test(`a server that fails is asked again after ${waits.join(', ')} s, where random() gives ${random}`, async () => {
    const { state, sent, verifier } = rig({ random: () => random })
    await refuses(verifier, a.token, 'CS_JWKS_FETCH')
    for (const [index, wait] of waits.entries()) {
      state.time += wait - 0.5
      await refuses(verifier, a.token, 'CS_JWKS_FETCH')
      assert.equal(sent.length, index + 1, `${wait} s have not passed`)
      state.time += 0.5
      await refuses(verifier, a.token, 'CS_JWKS_FETCH')
      assert.equal(sent.length, index + 2, `${wait} s have passed`)
    }
  })
}

test('a good answer ends the back-off', async () => {
  const { state, events, keys } = rig()
  for (const wait of [5, 10]) {
    await fails(() => keys.load(), 'CS_JWKS_FETCH')
    state.time += wait
  }
  state.answer = answer(bodyOf(a))
  await keys.load()
  state.answer = down
  state.time += 600
  await keys.load()
  assert.deepEqual(
    events.map((event) => event.type === 'failed' && event.retrySeconds),
    [5, 10, false, 5],
  )
})

for (const [status, value, seconds] of [
  [503, '30', 30],
  [429, '60', 60],
  [404, '30', 30],
  [503, '"30"', 30],
  [503, '1', 5],
  [503, '9999', 120],
  [503, 'Wed, 21 Oct 2099 07:28:00 GMT', 5],
  [503, 'soon', 5],
  [503, '-30', 5],
] as const) {
  test(`HTTP ${status} with Retry-After: ${value} is followed by ${seconds} s of peace (RFC 9110 §10.2.3)`, async () => {
    const { state, sent, events, keys } = rig()
    state.answer = answer('', { 'retry-after': value }, status)
    await fails(() => keys.load(), 'CS_JWKS_FETCH')
    assert.equal(events[0]?.type === 'failed' && events[0].retrySeconds, seconds)
    state.time += seconds - 1
    await fails(() => keys.load(), 'CS_JWKS_FETCH')
    assert.equal(sent.length, 1)
    state.time += 1
    await fails(() => keys.load(), 'CS_JWKS_FETCH')
    assert.equal(sent.length, 2)
  })
}

test('keys serve for as long as maxStale after they have aged, and no longer', async () => {
  const { state, sent, verifier } = await loaded(bodyOf(a), {}, { cacheMaxAge: '10m', maxStale: '1h' })
  state.answer = down
  for (const later of [600, 1200, 3600, 600 + 3600 - 1]) {
    state.time = NOW + later
    await verifier.verify(a.token)
  }
  state.time = NOW + 600 + 3600
  const error = await refuses(verifier, a.token, 'CS_UNAVAILABLE')
  assert.equal(error.unavailable, true)
  assert.equal((error.cause as door.JoseError).code, 'CS_JWKS_FETCH')
  assert.ok(sent.length <= 6)
  state.time += 144
  state.answer = answer(bodyOf(a))
  await verifier.verify(a.token)
})

test('maxStale is an hour by default; 0 lets no key serve that has aged', async () => {
  for (const [options, seconds] of [
    [{}, 3600],
    [{ maxStale: 0 }, 0],
    [{ maxStale: 10 }, 10],
  ] as const) {
    const { state, verifier } = await loaded(bodyOf(a), {}, options)
    state.answer = down
    state.time = NOW + 600 + seconds - 1
    await verifier.verify(a.token)
    state.time += 1
    await refuses(verifier, a.token, 'CS_UNAVAILABLE')
  }
})

test('whoever finds that the set has aged waits for a new one, and no longer than the deadline', async () => {
  const { state, sent, keys, verifier } = rig({ timeout: 0.01 })
  state.answer = answerByHand(bodyOf(a), {})
  await keys.load()
  state.answer = silent
  state.time += 600
  await verifier.verify(a.token)
  assert.equal(sent.length, 2)
})

test('after a failure nobody waits who has keys', async () => {
  const { state, sent, verifier, keys, next } = await loaded(bodyOf(a))
  state.answer = down
  state.time += 600
  await verifier.verify(a.token)
  const late = gate(answer(bodyOf(b)))
  state.answer = late.answer
  state.time += 5
  await Promise.all([verifier.verify(a.token), verifier.verify(a.token), keys.load()])
  assert.equal(sent.length, 3)
  const told = next()
  late.open()
  await told
  await verifier.verify(b.token)
})

test('an unknown kid is a matter of doubt while the set cannot be fetched anew, and certain when it can', async () => {
  const { state, verifier, next } = await loaded(bodyOf(a))
  assert.equal((await refuses(verifier, b.token, 'CS_NO_KEY')).unavailable, false)
  state.answer = down
  state.time += 5
  // The try that fails, and then the back-off.
  for (const what of ['asks', 'waits']) {
    const error = await refuses(verifier, b.token, 'CS_NO_KEY')
    assert.equal(error.unavailable, true, what)
    assert.match(error.message, /kid "b".*fetched anew/)
    assert.equal((error.cause as door.JoseError).code, 'CS_JWKS_FETCH')
    await verifier.verify(a.token)
  }
  state.answer = answer(bodyOf(a))
  state.time += 5
  await Promise.all([next(), refuses(verifier, b.token, 'CS_NO_KEY')])
  const error = await refuses(verifier, b.token, 'CS_NO_KEY')
  assert.deepEqual([error.unavailable, error.cause], [false, undefined])
})

test('a kid that two keys have is certain, also while the set cannot be fetched anew', async () => {
  const { state, verifier } = await loaded(bodyOf(a, a))
  state.answer = down
  state.time += 600
  assert.equal((await refuses(verifier, a.token, 'CS_AMBIGUOUS_KEY')).unavailable, false)
})

test('load fails where there is no set, with the failure that was, and makes no request while the back-off runs', async () => {
  const { state, sent, keys } = rig()
  const error = await fails(() => keys.load(), 'CS_JWKS_FETCH')
  assert.equal(error.unavailable, true)
  assert.match(error.message, /issuer\.example.*fetch failed/)
  state.answer = answer('[]')
  assert.equal(await fails(() => keys.load(), 'CS_JWKS_FETCH'), error)
  assert.equal(sent.length, 1)
  state.time += 5
  assert.match((await fails(() => keys.load(), 'CS_JWKS_INVALID')).message, /issuer\.example.*an array/)
})

test('load is content with keys that may still serve, and fails where they are too old', async () => {
  const { state, keys } = await loaded(bodyOf(a))
  state.answer = down
  state.time += 600
  await keys.load()
  state.time += 3600
  await fails(() => keys.load(), 'CS_UNAVAILABLE')
})

test('an answer that never comes ends at the deadline, also where fetch does not listen to its signal', async () => {
  const { state, sent, verifier } = rig({ timeout: 0.01 })
  const stalled = new ReadableStream({ pull: () => new Promise(() => {}) })
  for (const [index, never] of [silent, async () => new Response(stalled)].entries()) {
    state.answer = never
    const error = await refuses(verifier, a.token, 'CS_JWKS_FETCH')
    assert.match(error.message, /no whole answer within 0\.01 s/)
    assert.equal(error.unavailable, true)
    assert.equal(sent[index]?.signal.aborted, true)
    state.time += 144
  }
})

test('a deadline is over as soon as the answer is there', async () => {
  const { state, sent, keys } = rig({ timeout: 0.01 })
  state.answer = answerByHand(bodyOf(a), {})
  await keys.load()
  const later = rig({ timeout: 0.03 })
  later.state.answer = silent
  await fails(() => later.keys.load(), 'CS_JWKS_FETCH')
  assert.equal(sent[0]?.signal.aborted, false)
})

test('the body of an answer that is refused for its status is let go', async () => {
  for (const status of [404, 503]) {
    let cancelled = 0
    const { state, verifier } = rig()
    state.answer = async () => new Response(new ReadableStream({ cancel: () => void cancelled++ }), { status })
    await refuses(verifier, a.token, 'CS_JWKS_FETCH')
    assert.equal(cancelled, 1)
  }
})

test('the body of an answer that is too large is let go', async () => {
  let [sent, cancelled] = [0, 0]
  const { state, verifier } = rig({ maxBytes: 100 })
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    sent++
    controller.enqueue(new Uint8Array(40).fill(0x20))
  }
  state.answer = async () =>
    new Response(new ReadableStream({ pull, cancel: () => void cancelled++ }, { highWaterMark: 0 }))
  assert.match((await refuses(verifier, a.token, 'CS_JWKS_FETCH')).message, /more than 100 octets/)
  assert.deepEqual([sent, cancelled], [3, 1])
})

test('a body of exactly maxBytes is read, and of one more is not', async () => {
  const text = bodyOf(a)
  await loaded(text, {}, { maxBytes: text.length })
  await fails(() => loaded(text, {}, { maxBytes: text.length - 1 }), 'CS_JWKS_FETCH')
})

const redirect = { redirected: true }
const NO_RESPONSES: readonly (readonly [what: string, answer: Answerer])[] = [
  ['nothing', async () => undefined as never],
  ['a number', async () => 200 as never],
  ['a response without headers', async () => ({ status: 200, body: new Response(bodyOf(a)).body }) as never],
  ['a body that was read before', async () => readBefore()],
  ['a body that breaks', async () => new Response(new ReadableStream({ start: (c) => c.error(new Error('reset')) }))],
  ['a body of texts', answerByHand('', {}, { body: bodyOfTexts() })],
  ['what another place answered', answerByHand(bodyOf(a), {}, redirect)],
  ['what is no response of a browser to a redirect', answerByHand('', {}, { status: 0, body: null })],
]
for (const [what, given] of NO_RESPONSES) {
  test(`where fetch gives ${what}, the token is unavailable`, async () => {
    const { state, verifier } = rig()
    state.answer = given
    const error = await refuses(verifier, a.token, 'CS_JWKS_FETCH', 'CS_JWKS_INVALID')
    assert.equal(error.unavailable, true)
    state.answer = answer(bodyOf(a))
    state.time += 5
    await verifier.verify(a.token)
  })
}

async function readBefore(): Promise<Response> {
  const response = new Response(bodyOf(a))
  await response.text()
  return response
}

function bodyOfTexts(): door.FetchResponse['body'] {
  const parts = ['{"keys":[]}']
  return {
    getReader: () => ({
      read: async () => ({ done: parts.length === 0, value: parts.pop() as never }),
      cancel: async () => {},
    }),
  }
}

test('what fetch throws is told, down to its first cause', async () => {
  for (const [thrown, told] of [
    [new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }), /connect ECONNREFUSED/],
    [Object.assign(new Error(''), { code: 'ENOTFOUND' }), /ENOTFOUND/],
    [new Error(''), /unknown failure/],
    ['a text', /unknown failure/],
    [undefined, /unknown failure/],
  ] as const) {
    const { state, keys } = rig()
    state.answer = () => Promise.reject(thrown)
    const error = await fails(() => keys.load(), 'CS_JWKS_FETCH')
    assert.match(error.message, told)
    assert.equal(error.cause, thrown)
  }
})

test('a fetch that throws before it gives a promise is one that fails', async () => {
  const { keys } = rig({
    fetch: () => {
      throw new TypeError('no such option')
    },
  })
  assert.match((await fails(() => keys.load(), 'CS_JWKS_FETCH')).message, /no such option/)
})

test('attack 66: what is thrown while keys cannot be had holds no part of the token', async () => {
  const { state, verifier } = rig()
  const parts = a.token.split('.')
  const holdsNone = async (): Promise<void> => {
    const error = await refuses(verifier, a.token)
    const shown = `${inspect(error, { depth: 9 })} ${JSON.stringify(error)} ${error.stack} ${inspect(error.cause)}`
    for (const part of [...parts, CLAIM]) assert.ok(!shown.includes(part), shown)
  }
  for (const given of [unreachable, down, answer('[]'), answer(bodyOf(b))]) {
    state.answer = given
    await holdsNone()
    state.time += 144
  }
  state.answer = unreachable
  state.time += 600 + 3600
  await holdsNone()
})
const CLAIM = '1234567890'

for (const [random, seconds] of [
  [Number.NaN, 4],
  [-1, 4],
  [Number.POSITIVE_INFINITY, 6],
  [undefined as never, 4],
] as const) {
  test(`random() that gives ${random} spreads no further than one that gives 0 or 1`, async () => {
    const { state, events, keys } = rig({ random: () => random })
    await fails(() => keys.load(), 'CS_JWKS_FETCH')
    assert.equal(events[0]?.type === 'failed' && Math.round(events[0].retrySeconds), seconds)
    state.answer = answer(bodyOf(a))
    state.time += 6
    await keys.load()
  })
}

test('a clock that fails while nobody waits ends no process', async () => {
  const clock = { time: NOW, broken: false }
  const now = (): number => (clock.broken ? Number.NaN : clock.time)
  const { state, verifier } = await loaded(bodyOf(a), {}, { now })
  const late = gate(answer(bodyOf(a)))
  state.answer = late.answer
  clock.time += 480
  await verifier.verify(a.token)
  clock.broken = true
  late.open()
  await new Promise((resolve) => setTimeout(resolve))
  clock.broken = false
  clock.time += 7
  await verifier.verify(a.token)
})

test('at the deadline the body is let go, also where fetch does not listen to its signal', async () => {
  let cancelled = 0
  const { state, verifier } = rig({ timeout: 0.01 })
  const stalled = new ReadableStream({ pull: () => new Promise(() => {}), cancel: () => void cancelled++ })
  state.answer = async () => new Response(stalled)
  await refuses(verifier, a.token, 'CS_JWKS_FETCH')
  assert.equal(cancelled, 1)
})

test('a body that cannot be let go hides neither the status nor how long to wait', async () => {
  const body: door.FetchResponse['body'] = {
    getReader: () => ({
      read: () => Promise.reject(new Error('reset')),
      cancel: () => Promise.reject(new Error('reset')),
    }),
  }
  const { state, events, keys } = rig()
  state.answer = answerByHand('', { 'retry-after': '60' }, { status: 503, body })
  assert.match((await fails(() => keys.load(), 'CS_JWKS_FETCH')).message, /503/)
  assert.equal(events[0]?.type === 'failed' && events[0].retrySeconds, 60)
})
