// What becomes of verifications when the server with the keys does not do what it should, told side by side: what
// countersign does is asserted, and what jose and jwks-rsa do is measured and printed.
import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { test } from 'node:test'
import { JoseError } from 'countersign'
import { BAD_ANSWERS } from './bad-answers.ts'
import { within } from './clock.ts'
import { body, GOOD, hang, JWK, setOf, stall, status, strange, TOKEN, tagged } from './issuer.ts'
import { type Attempt, attempt, LONGEST_MS, type Settings } from './libraries.ts'
import { onEach, onOurs, type Rig, type Tally, tableLines, tally } from './table.ts'

/** Where a set has aged by every library's rules: 10 min, and one second. */
const AGED = 601

const when = (seconds: number | undefined): string => (seconds === undefined ? 'not in time' : `after ${seconds} s`)
const asked = (count: number): string => `${count} ${count === 1 ? 'request' : 'requests'}`
/** For how long a request is waited for by default. */
const DEADLINE_MS = 5000
const ms = (count: number): string => `${Math.round(count)} ms`

const isUnanswered = ({ verdict }: Attempt): boolean => verdict === 'unanswered'

/** Holds that countersign said of keys that it cannot have: come back later, it is not the token. */
function assertUnavailable({ verdict, error }: Attempt, ...codes: string[]): void {
  assert.equal(verdict, 'refused')
  assert.ok(error instanceof JoseError, String(error))
  assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`)
  assert.equal(error.unavailable, true)
}

/** What a bad answer does to a program that has no set, and to one that has had a good one for ten minutes. */
async function coldAndWarm({ clock, issuer, start, patience }: Rig, bad: RequestListener, patienceMs = LONGEST_MS) {
  const fresh = start()
  issuer.answer = bad
  const cold = await attempt(fresh, TOKEN.a, patience(patienceMs))
  const octets = fresh.octets()
  if (cold.verdict === 'verified') return { cold, octets }
  issuer.answer = body(GOOD)
  const client = start()
  const good = await attempt(client, TOKEN.a)
  clock.move(AGED)
  issuer.answer = bad
  const warm = await attempt(client, TOKEN.a, patience(patienceMs))
  return { cold, octets, good, warm }
}

type ColdAndWarm = Awaited<ReturnType<typeof coldAndWarm>>
const COLD = { verified: 'takes it', refused: 'refuses', unanswered: 'no answer' } as const
const WARM = { verified: 'serves on', refused: 'keys lost', unanswered: 'no answer' } as const

function showColdAndWarm({ cold, octets, warm }: ColdAndWarm): string {
  const read = octets < 1024 ? '' : `, ${Math.round(octets / 1024)} KiB`
  return `${COLD[cold.verdict]} (${ms(cold.ms)}${read})${warm ? `, then ${WARM[warm.verdict]}` : ''}`
}

function assertColdAndWarm({ cold, octets, good, warm }: ColdAndWarm): void {
  assertUnavailable(cold, 'CS_JWKS_FETCH', 'CS_JWKS_INVALID')
  assert.ok(octets <= 640 * 1024, `${octets} octets were read, which is more than the limit and one chunk`)
  assert.deepEqual([good?.verdict, warm?.verdict], ['verified', 'verified'])
  // Whoever waited for the deadline of a request has waited for longer.
  for (const one of [cold, warm]) assert.ok(one && one.ms < DEADLINE_MS, `${one?.ms} ms`)
}

// What must be refused.

for (const [where, location] of [
  ['another port', undefined],
  ['file:', 'file:///etc/passwd'],
] as const) {
  test(`attack 49: a redirect to ${where} is not followed`, async () => {
    const { hits, ...figures } = await onEach(
      `redirect to ${where}`,
      {},
      async (rig) => {
        const elsewhere = await rig.open(body(GOOD))
        const figures = await coldAndWarm(rig, status(302, { location: location ?? elsewhere.url }))
        return { ...figures, hits: elsewhere.requests.length }
      },
      ({ hits, ...figures }) => `${showColdAndWarm(figures)}${location === undefined ? `, ${hits} hits there` : ''}`,
    )
    assertColdAndWarm(figures)
    assert.equal(hits, 0)
  })
}

for (const { attack, what, answer, patienceMs } of BAD_ANSWERS) {
  test(`attack ${attack}: ${what}: the answer is refused, and a good set that is there serves on`, async () => {
    const bad = answer()
    assertColdAndWarm(await onEach(what, {}, (rig) => coldAndWarm(rig, bad, patienceMs), showColdAndWarm))
  })
}

for (const [what, answer] of [
  ['hangs', hang],
  ['hangs within the body', stall],
] as const) {
  test(`a server that ${what} from the very start makes tokens unavailable within the deadline, at 3 requests in 20 s`, async () => {
    const { requests, attempts } = await onEach(
      `${what} from the start, 20 s`,
      { timeoutMs: 30 },
      async ({ issuer, start, traffic }) => {
        issuer.answer = answer
        const done = await traffic(start(), TOKEN.a, { seconds: 20, atOnce: 5, patienceMs: 300 })
        return { ...done, requests: issuer.requests.length }
      },
      ({ unanswered, longestMs, requests }) =>
        unanswered ? 'no answer' : `${asked(requests)}, longest wait ${ms(longestMs)}`,
    )
    assert.equal(attempts.length, 100)
    for (const one of attempts) assertUnavailable(one, 'CS_JWKS_FETCH')
    assert.ok(requests <= 3, `${requests} requests`)
  })
}

// Outages: what is here serves on.

const showOutage = ({ failed, attempts, requests, longestMs }: Tally & { readonly requests: number }): string =>
  `${failed} of ${attempts.length} failed, ${asked(requests)}, longest wait ${ms(longestMs)}`

/** @param seconds - from the first fetch to the outage */
const outage =
  (after: number, answer: RequestListener, pace: { readonly seconds: number; readonly atOnce?: number }) =>
  async ({ clock, issuer, start, traffic }: Rig): Promise<Tally & { readonly requests: number }> => {
    const client = start()
    const first = await attempt(client, TOKEN.a)
    clock.move(after)
    await client.settled()
    issuer.answer = answer
    const before = issuer.requests.length
    const during = await traffic(client, TOKEN.a, pace)
    return {
      ...tally([first, ...during.attempts]),
      attempts: during.attempts,
      requests: issuer.requests.length - before,
    }
  }

test('a server that hangs after a good fetch fails no verification and does not get one request a verification', async () => {
  const { failed, requests } = await onEach(
    'hangs after a good fetch, 8 s',
    // Not as short as from the start: the good fetch counts, too.
    { timeoutMs: 500 },
    outage(AGED - 1, hang, { seconds: 8, atOnce: 5 }),
    showOutage,
  )
  assert.equal(failed, 0)
  assert.ok(requests <= 3, `${requests} requests`)
})

const TEN_MINUTES = { seconds: 600 }
const DOWN = status(503)
/** The last moment before countersign would fetch anew, so that the outage is as long for all. */
const JUST_BEFORE = 479
/** jose outlasts any outage so, and trusts a withdrawn key for as long; jwks-rsa comes without its fallback. */
const OTHERWISE: Settings = { jose: { cacheMaxAge: Number.POSITIVE_INFINITY }, jwksRsa: { cacheMaxAgeFallback: 0 } }

function assertOutlasted({ failed, attempts, requests }: Tally & { readonly requests: number }): void {
  assert.equal(failed, 0)
  assert.equal(attempts.length, TEN_MINUTES.seconds)
  assert.ok(requests <= 12, `${requests} requests`)
}

for (const [scenario, after, settings] of [
  ['10 min of 503, at once after a fetch', 0, {}],
  ['10 min of 503, 8 min after a fetch', JUST_BEFORE, {}],
  ['the same, jose without expiry, jwks-rsa without fallback', JUST_BEFORE, OTHERWISE],
] as const) {
  test(`${scenario}: no verification fails, and 12 requests are the most`, async () => {
    assertOutlasted(await onEach(scenario, settings, outage(after, DOWN, TEN_MINUTES), showOutage))
  })
}

for (const random of [0, 1]) {
  test(`10 min of 503: no verification fails, and 12 requests are the most, where chance gives ${random}`, async () => {
    for (const after of [0, JUST_BEFORE]) assertOutlasted(await onOurs({ random }, outage(after, DOWN, TEN_MINUTES)))
  })
}

// Floods: whoever sends many tokens does not make many requests.

const KIDS_A_SECOND = 500
const FLOOD = 20
const NEW_KEY_AFTER = 10

/** 10 000 kids that nobody has; half-way through a new key is published, whose tokens are tried until one is verified. */
async function flood({ clock, issuer, start, patience }: Rig) {
  const client = start()
  const known = [await attempt(client, TOKEN.a)]
  clock.move(31) // past the 30 s in which jose asks for no kid
  const began = clock.now()
  const strangers: Attempt[] = []
  let trying: Promise<Attempt> | undefined
  let works: number | undefined
  for (let second = 0; second < FLOOD || (works === undefined && second < 150); second++) {
    const kids = Array.from({ length: second < FLOOD ? KIDS_A_SECOND : 0 }, (_, index) => `${second}-${index}`)
    strangers.push(...(await Promise.all(kids.map((kid) => attempt(client, strange(kid), patience(400))))))
    known.push(await attempt(client, TOKEN.a))
    if (second === NEW_KEY_AFTER) issuer.answer = body(setOf(JWK.a, JWK.b))
    if (second >= NEW_KEY_AFTER && works === undefined) {
      // A verification that waits for a later second is not given up for it.
      trying ??= attempt(client, TOKEN.b)
      const tried = await within(patience(100), trying)
      if (tried) trying = undefined
      if (tried?.verdict === 'verified') works = second - NEW_KEY_AFTER
    }
    clock.move(1)
    await client.settled()
  }
  const times = issuer.requests.map(({ at }) => at - began).filter((at) => at >= 0 && at < FLOOD)
  return { works, times, failed: tally(known).failed, waiting: strangers.filter(isUnanswered).length }
}

test('attack 50: 10 000 random kids make one request in five seconds, and keep no new key out for longer', async () => {
  const { works, times, failed, waiting } = await onEach(
    '10 000 random kids in 20 s, a new key among them',
    {},
    flood,
    ({ works, times, failed, waiting }) =>
      `${asked(times.length)}, new key ${when(works)}, ${failed} known failed, ${waiting} left waiting`,
  )
  assert.deepEqual({ failed, waiting }, { failed: 0, waiting: 0 })
  for (const [index, at] of times.slice(1).entries()) assert.ok(at - (times[index] ?? 0) >= 5, `requests at ${times}`)
  assert.ok(works !== undefined && works <= 5, `${works} s`)
})

for (const [server, answer, most] of [
  ['works', body(GOOD), 2],
  ['fails', status(503), 3],
] as const) {
  test(`attack 50: 30 kids in 10 s make ${most} requests at most where the server ${server}`, async () => {
    const thirty = async ({ clock, issuer, start }: Rig) => {
      const client = start()
      await attempt(client, TOKEN.a)
      clock.move(31)
      issuer.answer = answer
      const before = issuer.requests.length
      for (let index = 0; index < 30; index++) {
        await attempt(client, strange(`kid-${index}`))
        await client.settled()
        clock.move(1 / 3)
      }
      return { requests: issuer.requests.length - before, known: await attempt(client, TOKEN.a) }
    }
    const show = ({ requests, known }: Awaited<ReturnType<typeof thirty>>): string =>
      `${asked(requests)}, known key ${known.verdict}`
    const figures = [await onEach(`30 random kids in 10 s, server ${server}`, {}, thirty, show)]
    for (const random of [0, 1]) figures.push(await onOurs({ random }, thirty))
    for (const { requests, known } of figures) {
      assert.ok(requests <= most, `${requests} requests`)
      assert.equal(known.verdict, 'verified')
    }
  })
}

test('1 000 first verifications at the same time make one request', async () => {
  const { failed, requests } = await onEach(
    '1 000 first verifications at once',
    {},
    async ({ issuer, start }) => {
      const client = start()
      const done = tally(await Promise.all(Array.from({ length: 1000 }, () => attempt(client, TOKEN.a))))
      return { ...done, requests: issuer.requests.length }
    },
    ({ failed, requests }) => `${asked(requests)}, ${failed} failed`,
  )
  assert.deepEqual({ failed, requests }, { failed: 0, requests: 1 })
})

// What a server may do with its set.

test('a key that is published 1 s after a fetch works 5 s after that fetch', async () => {
  const { works, requests } = await onEach(
    'rotation 1 s after a fetch',
    {},
    async ({ clock, issuer, start }) => {
      const client = start()
      await attempt(client, TOKEN.a)
      issuer.answer = body(setOf(JWK.a, JWK.b))
      let works: number | undefined
      for (let second = 1; second <= 120 && works === undefined; second++) {
        clock.move(1)
        await client.settled()
        if ((await attempt(client, TOKEN.b)).verdict === 'verified') works = second
      }
      return { works, requests: issuer.requests.length }
    },
    ({ works, requests }) => `new key ${when(works)}, ${asked(requests)}`,
  )
  assert.ok(works !== undefined && works <= 5, `${works} s`)
  assert.equal(requests, 2)
})

test('a set with an ETag is asked for by it, and 304 makes it fresh again', async () => {
  const { failed, requests, conditional } = await onEach(
    '304 with ETag, max-age 10 min, 22 min',
    {},
    async ({ issuer, start, traffic }) => {
      issuer.answer = tagged(GOOD, { 'cache-control': 'max-age=600' })
      const done = await traffic(start(), TOKEN.a, { seconds: 1320, every: 20 })
      const conditional = issuer.requests.filter(({ ifNoneMatch }) => ifNoneMatch === '"one"').length
      return { ...done, requests: issuer.requests.length, conditional }
    },
    ({ failed, requests, conditional }) => `${asked(requests)}, ${conditional} with If-None-Match, ${failed} failed`,
  )
  assert.equal(failed, 0)
  assert.equal(conditional, requests - 1)
  assert.ok(requests >= 3 && requests <= 4, `${requests} requests`)
})

for (const [what, headers, least, most] of [
  ['max-age 0', { 'cache-control': 'max-age=0' }, 5, 6],
  ['no max-age', {}, 300, 600],
  ['max-age of a year', { 'cache-control': 'max-age=31536000' }, 300, 600],
] as const) {
  test(`a set with ${what} is fetched again after ${least} s at the soonest, and after ${most} s at the latest`, async () => {
    const again = await onEach(
      what,
      {},
      async ({ clock, issuer, start }) => {
        issuer.answer = body(GOOD, headers)
        const client = start()
        const began = clock.now()
        await attempt(client, TOKEN.a)
        for (let age = 0; issuer.requests.length < 2 && age < 1200; age = clock.now() - began) {
          clock.move(age < 10 || age >= 590 ? 1 : 10)
          await client.settled()
          await attempt(client, TOKEN.a)
          await client.settled()
        }
        return issuer.requests[1] && issuer.requests[1].at - began
      },
      (again) => `fetched again ${when(again)}`,
    )
    assert.ok(again !== undefined && again >= least && again <= most, `${again} s`)
  })
}

test('members of a kty that nobody knows are left out, and the others work', async () => {
  const unknown = { kty: 'lattice', kid: 'x', alg: 'ES256' }
  const { verdict } = await onEach(
    'a kty that nobody knows',
    {},
    async ({ issuer, start }) => {
      issuer.answer = body(setOf(unknown, JWK.a, { ...unknown, kid: 'y' }))
      return attempt(start(), TOKEN.a)
    },
    ({ verdict }) => `the other key: ${verdict}`,
  )
  assert.equal(verdict, 'verified')
})

test('a cold start from a snapshot makes no request', async () => {
  const { verdict, requests } = await onEach(
    'cold start from a snapshot',
    {},
    async ({ clock, issuer, start }) => {
      const client = start()
      await attempt(client, TOKEN.a)
      const snapshot = await client.snapshot()
      clock.move(60)
      const before = issuer.requests.length
      const { verdict } = await attempt(start({ snapshot }), TOKEN.a)
      return { verdict, requests: issuer.requests.length - before }
    },
    ({ verdict, requests }) => `${verdict}, ${asked(requests)}`,
  )
  assert.deepEqual({ verdict, requests }, { verdict: 'verified', requests: 0 })
})

test('the table of all three', (t) => {
  for (const line of tableLines()) t.diagnostic(line)
})
