import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOW, refuses } from '../support/forge.ts'
import { answer, gate, unreachable } from '../support/remote.ts'
import { unavailable } from './rig.ts'
import { checks, forged, listOf, readList, referring, type StatusRig } from './status-rig.ts'

/** In the example of the draft the status 1 is 0, and the status 0 is 1. */
const [VALID, REVOKED] = [referring(1), referring(0)]
/** A list where it is the other way round. */
const reversed = listOf()
reversed.set(1, 1)
const { status_list } = await readList(await reversed.token())
const forgedOther = (claims: object = {}): Promise<string> => forged({ status_list, ...claims })
const OTHER = await forgedOther()

const isValid = async ({ verifier }: StatusRig): Promise<boolean> => (await verifier.safeVerify(VALID)).ok
for (const [what, claims, headers, options, lifetime] of [
  ['its ttl', { ttl: 60 }, {}, {}, 60],
  ['its ttl and not the max-age of the answer (§8.2)', { ttl: 60 }, { 'cache-control': 'max-age=300' }, {}, 60],
  ['its ttl, though the answer is not to be kept', { ttl: 60 }, { 'cache-control': 'no-store' }, {}, 60],
  ['the max-age of the answer where it has no ttl', { ttl: undefined }, { 'cache-control': 'max-age=90' }, {}, 90],
  ['10 minutes where nobody says', { ttl: undefined }, {}, {}, 600],
  ['10 minutes where it would be a day', { ttl: 86_400, exp: undefined }, {}, {}, 600],
  ['cacheMaxAge where that is less', { ttl: 300 }, {}, { cacheMaxAge: '30s' }, 30],
  ['cacheMaxAge where that is more', { ttl: 3000 }, {}, { cacheMaxAge: '1h' }, 3000],
  ['5 seconds at least', { ttl: 0.5 }, {}, {}, 5],
  ['its exp, and the tolerance of the clocks', { ttl: 300, exp: NOW + 100 }, {}, {}, 130],
] as const) {
  test(`a list is used for ${what}`, async () => {
    const rig = checks(answer(await forged(claims), headers), { maxStale: 0, ...options })
    await rig.verifier.verify(VALID)
    rig.state.answer = unreachable
    rig.state.time = NOW + lifetime - 0.5
    assert.equal(await isValid(rig), true)
    rig.state.time = NOW + lifetime
    await unavailable(rig.verifier, VALID)
  })
}

test('a list that has aged is fetched again, and what it says now counts', async () => {
  const rig = checks(await forged({ ttl: 60 }))
  await rig.verifier.verify(VALID)
  await refuses(rig.verifier, REVOKED, 'CS_REVOKED')
  rig.state.answer = answer(OTHER)
  await rig.verifier.verify(VALID)
  rig.state.time = NOW + 60
  await refuses(rig.verifier, VALID, 'CS_REVOKED')
  assert.equal(rig.sent.length, 2)
})

test('in the last fifth of its life a list is fetched in the background', async () => {
  const rig = checks(await forged({ ttl: 10 }))
  await rig.verifier.verify(VALID)
  const { answer: gated, open } = gate(answer(OTHER))
  rig.state.answer = gated
  rig.state.time = NOW + 7.5
  assert.equal(await isValid(rig), true)
  assert.equal(rig.sent.length, 1)
  rig.state.time = NOW + 8
  assert.equal(await isValid(rig), true)
  assert.equal(await isValid(rig), true)
  assert.equal(rig.sent.length, 2)
  // Once the list has aged, whoever comes waits for that same request.
  rig.state.time = NOW + 10
  const waiting = isValid(rig)
  open()
  assert.equal(await waiting, false)
  assert.equal(rig.sent.length, 2)
})

test('a list that cannot be fetched anew serves for maxStale, and no token waits for the tries', async () => {
  const rig = checks(await forged({ ttl: 60 }), { maxStale: 100 })
  await rig.verifier.verify(VALID)
  rig.state.answer = unreachable
  rig.state.time = NOW + 60
  assert.equal(await isValid(rig), true)
  const { answer: gated, open } = gate(unreachable)
  rig.state.answer = gated
  rig.state.time = NOW + 158
  assert.equal(await isValid(rig), true)
  await refuses(rig.verifier, REVOKED, 'CS_REVOKED')
  assert.equal(rig.sent.length, 3)
  // Once the list may not serve any more, whoever comes waits for that same request.
  rig.state.time = NOW + 160
  const waiting = unavailable(rig.verifier, VALID)
  open()
  await waiting
  await unavailable(rig.verifier, REVOKED)
  assert.equal(rig.sent.length, 3)
})

test('no list serves beyond its exp, however long stale ones may', async () => {
  const rig = checks(await forged({ ttl: 60, exp: NOW + 100 }), { maxStale: '1d' })
  await rig.verifier.verify(VALID)
  rig.state.answer = unreachable
  rig.state.time = NOW + 129
  assert.equal(await isValid(rig), true)
  rig.state.time = NOW + 130
  await unavailable(rig.verifier, VALID)
})

test('attack 50: while the list cannot be had, tries are 5 s apart, then 10, 20, up to 120, however many tokens come', async () => {
  const rig = checks(unreachable)
  const at: number[] = []
  for (let second = 0; second < 600; second++) {
    rig.state.time = NOW + second
    const before = rig.sent.length
    await Promise.all([isValid(rig), isValid(rig)])
    if (rig.sent.length > before) at.push(second)
  }
  assert.deepEqual(at, [0, 5, 15, 35, 75, 155, 275, 395, 515])
  assert.equal(rig.sent.length, at.length)
  rig.state.answer = answer(await forged({ iat: NOW + 600, exp: NOW + 4000 }))
  rig.state.time = NOW + 635
  assert.equal(await isValid(rig), true)
})

test('a server that asks to be left alone is, for two minutes at most', async () => {
  for (const [asked, wait] of [
    ['60', 60],
    ['3', 5],
    ['86400', 120],
  ] as const) {
    const rig = checks(answer('busy', { 'retry-after': asked }, 503))
    await unavailable(rig.verifier, VALID)
    rig.state.answer = answer(await forged())
    rig.state.time = NOW + wait - 1
    assert.equal(await isValid(rig), false)
    assert.equal(rig.sent.length, 1)
    rig.state.time = NOW + wait
    assert.equal(await isValid(rig), true)
  }
})

test('an ETag is sent back, and a 304 is as good as the list', async () => {
  const rig = checks(answer(await forged({ ttl: 60 }), { etag: '"v1"' }), { maxStale: 0 })
  await rig.verifier.verify(VALID)
  const asked = (): unknown => rig.sent.at(-1)?.headers['if-none-match']
  assert.equal(asked(), undefined)
  rig.state.answer = answer('', {}, 304)
  for (const at of [NOW + 60, NOW + 120]) {
    rig.state.time = at
    assert.equal(await isValid(rig), true)
    assert.equal(asked(), '"v1"')
  }
  // After a failure nothing is asked on condition.
  rig.state.answer = unreachable
  rig.state.time = NOW + 180
  await unavailable(rig.verifier, VALID)
  rig.state.answer = answer(OTHER)
  rig.state.time = NOW + 190
  await refuses(rig.verifier, VALID, 'CS_REVOKED')
  assert.equal(asked(), undefined)
  assert.equal(rig.sent.length, 5)
})

test('a list that has expired is not made to last by a 304', async () => {
  const rig = checks(answer(await forged({ ttl: 60, exp: NOW + 50 }), { etag: '"v1"' }))
  await rig.verifier.verify(VALID)
  rig.state.answer = answer('', {}, 304)
  rig.state.time = NOW + 60
  assert.equal(await isValid(rig), true)
  rig.state.time = NOW + 80
  await unavailable(rig.verifier, VALID)
  assert.equal(rig.sent.at(-1)?.headers['if-none-match'], undefined)
})

test('an older list than the last one undoes nothing', async () => {
  const rig = checks(await forgedOther({ ttl: 60 }))
  await refuses(rig.verifier, VALID, 'CS_REVOKED')
  rig.state.answer = answer(await forged({ iat: NOW - 1, ttl: 60 }))
  for (const at of [NOW + 60, NOW + 120, NOW + 180]) {
    rig.state.time = at
    await refuses(rig.verifier, VALID, 'CS_REVOKED')
  }
  rig.state.answer = answer(await forged({ iat: NOW, ttl: 60 }))
  rig.state.time = NOW + 240
  await rig.verifier.verify(VALID)
})

test('a wrong list does not take the place of a good one', async () => {
  const rig = checks(await forged({ ttl: 60 }), { maxStale: 100 })
  await rig.verifier.verify(VALID)
  rig.state.answer = answer('<!doctype html>')
  rig.state.time = NOW + 60
  await refuses(rig.verifier, REVOKED, 'CS_REVOKED')
  assert.equal(await isValid(rig), true)
  rig.state.time = NOW + 160
  await unavailable(rig.verifier, VALID)
})

test('a clock that was set back makes no list last longer', async () => {
  const rig = checks(await forged({ ttl: 60, iat: NOW - 1e6 }), { maxStale: 100 })
  await rig.verifier.verify(VALID)
  rig.state.time = NOW - 1e5
  rig.state.answer = answer(await forgedOther({ iat: NOW - 1e6 }))
  assert.equal(await isValid(rig), false)
  assert.equal(rig.sent.length, 2)
})

test('a request that nobody ends is given up after its deadline, on a machine that slept', async () => {
  const { answer: gated, open } = gate(unreachable)
  const rig = checks(gated, { timeout: 1000 })
  const asked = rig.next()
  const lost = isValid(rig)
  await asked
  rig.state.time = NOW + 1002
  rig.state.answer = answer(await forged({ exp: NOW + 4000 }))
  assert.equal(await isValid(rig), true)
  // What comes of it after all changes nothing.
  open()
  assert.equal(await lost, true)
  assert.equal(await isValid(rig), true)
  assert.equal(rig.sent.length, 2)
})

test('the tries of many machines are spread by a fifth', async () => {
  for (const [chance, wait] of [
    [0, 8],
    [0.5, 10],
    [1, 12],
  ] as const) {
    const { state, sent, verifier } = checks(unreachable, { random: () => chance })
    const asked = async (seconds: number): Promise<number> => {
      state.time += seconds
      await unavailable(verifier, referring(0))
      return sent.length
    }
    assert.equal(await asked(0), 1)
    assert.equal(await asked(6), 2)
    assert.equal(await asked(wait - 0.5), 2)
    assert.equal(await asked(0.5), 3)
  }
})
