import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as promise from 'countersign'
import { type Key, type RevocationCheck, secretKey, type VerifierOptions } from 'countersign'
import fc from 'fast-check'
import type { Backend } from '../../src/crypto/backend.ts'
import { prepareVerifier } from '../../src/jwt/verifier.ts'
import { rig as ring } from '../keyring/rig.ts'
import { DOORS } from '../support/doors.ts'
import { type AnyVerifier, CLAIMS, fails, mac, NOW, now, POLICY, refuses } from '../support/forge.ts'
import { JWE_RUNTIMES, type JweRuntime, nested } from '../support/jwe.ts'
import { answer, answerByHand, bodyOf, issue, loaded, unreachable } from '../support/remote.ts'

const SECRET = Uint8Array.from({ length: 32 }, (_, index) => 3 * index + 1)
const HS = { alg: 'HS256' }
const key = secretKey(SECRET, 'HS256')
const token = (sub: string | number): string => mac(HS, { ...CLAIMS, sub: `${sub}` }, SECRET)
const TOKEN = token('alice')
const [a, b] = [await issue('a'), await issue('b')]

/** A verifier that says how many signatures it has looked at. */
interface Counting extends AnyVerifier {
  verify(token: string): Promise<promise.VerifiedToken>
  readonly looked: number
}

function counting({ backend }: JweRuntime, options: VerifierOptions): Counting {
  const verify = prepareVerifier(options, backend)
  let looked = 0
  const instead: Backend = {
    ...backend,
    verify: (...inputs) => {
      looked++
      return backend.verify(...inputs)
    },
  }
  return {
    verify: async (token) => verify(token, instead),
    get looked() {
      return looked
    },
  }
}

for (const runtime of JWE_RUNTIMES) {
  const { name } = runtime
  const make = (options: Partial<VerifierOptions> = {}): Counting =>
    counting(runtime, { ...POLICY, keys: key, cache: true, ...options } as VerifierOptions)

  test(`${name}: a token that was refused is never remembered: its signature is looked at each time`, async () => {
    const wrong = mac(HS, CLAIMS, SECRET.toReversed())
    const bad: readonly (readonly [token: string, code: string])[] = [
      [wrong, 'CS_SIGNATURE'],
      [mac(HS, { ...CLAIMS, exp: NOW - 31 }, SECRET), 'CS_EXPIRED'],
      [mac(HS, { ...CLAIMS, nbf: NOW + 31 }, SECRET), 'CS_NOT_YET_VALID'],
      [mac(HS, { ...CLAIMS, aud: 'another' }, SECRET), 'CS_AUD'],
      [mac({ ...HS, typ: 'at+jwt' }, CLAIMS, SECRET), 'CS_TYP'],
      [mac(HS, '[]', SECRET), 'CS_MALFORMED'],
      [mac(HS, '{"exp":1,"exp":2}', SECRET), 'CS_MALFORMED'],
    ]
    for (const [refused, code] of bad) {
      const verifier = make()
      for (let time = 1; time <= 4; time++) {
        await refuses(verifier, refused, code)
        assert.equal(verifier.looked, time)
      }
    }
  })

  test(`${name}: a hit does without the signature, and with nothing else`, async () => {
    let [found, asked, read] = [0, 0, 0]
    const keys = (): Key => {
      found++
      return key
    }
    const revoked: RevocationCheck = () => {
      asked++
      return false
    }
    const clock = (): number => {
      read++
      return NOW
    }
    const verifier = make({ keys, revoked, now: clock })
    const first = await verifier.verify(TOKEN)
    const [calls, looks] = [found, read]
    for (let time = 1; time <= 5; time++) {
      const next = await verifier.verify(TOKEN)
      assert.deepEqual(next, first)
      assert.equal(next.key, key)
      assert.deepEqual([verifier.looked, asked], [1, 1 + time])
      assert.deepEqual([found, read], [calls + time, looks + time])
    }
  })

  test(`${name}: without the option, and with false, each signature is looked at`, async () => {
    for (const options of [{ cache: false }, { cache: undefined }]) {
      const verifier = make(options as object)
      for (let time = 1; time <= 3; time++) {
        const { claims, claimsSet } = await verifier.verify(TOKEN)
        assert.equal(claims, claimsSet)
        assert.ok(!Object.isFrozen(claims))
        assert.equal(verifier.looked, time)
      }
    }
  })

  test(`${name}: a key that comes back as another object is another key`, async () => {
    let current = key
    const verifier = make({ keys: () => current })
    await verifier.verify(TOKEN)
    current = secretKey(SECRET, 'HS256')
    assert.equal((await verifier.verify(TOKEN)).key, current)
    assert.equal(verifier.looked, 2)
    await verifier.verify(TOKEN)
    assert.equal(verifier.looked, 2)
  })

  test(`${name}: the one that was used longest ago gives way, and what was refused takes no place`, async () => {
    const [first, second, third] = ['1', '2', '3'].map(token) as [string, string, string]
    const verifier = make({ cache: { max: 2 } })
    const looks = async (token: string): Promise<number> => {
      const before = verifier.looked
      await verifier.verify(token)
      return verifier.looked - before
    }
    assert.deepEqual([await looks(first), await looks(second)], [1, 1])
    for (let time = 0; time < 5; time++) await refuses(verifier, mac(HS, CLAIMS, SECRET.toReversed()), 'CS_SIGNATURE')
    assert.deepEqual([await looks(second), await looks(first)], [0, 0])
    assert.equal(await looks(third), 1)
    assert.deepEqual([await looks(first), await looks(third)], [0, 0])
    assert.equal(await looks(second), 1)
    assert.deepEqual([await looks(third), await looks(second), await looks(first)], [0, 0, 1])
  })

  test(`${name}: of all tokens the last so many are remembered, whatever comes in what order`, async () => {
    const tokens = Array.from({ length: 8 }, (_, index) => token(index))
    const visits = fc.array(fc.nat({ max: tokens.length - 1 }), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(visits, fc.integer({ min: 1, max: 6 }), async (order, max) => {
        const verifier = make({ cache: { max } })
        let [recent, expected]: [readonly number[], number] = [[], 0]
        for (const index of order) {
          if (!recent.includes(index)) expected++
          recent = [index, ...recent.filter((other) => other !== index)].slice(0, max)
          await verifier.verify(tokens[index] ?? '')
          assert.equal(verifier.looked, expected)
        }
      }),
      { numRuns: 40 },
    )
  })

  test(`${name}: true remembers 1000 tokens, as { max } does that says nothing`, async () => {
    const tokens = Array.from({ length: 1001 }, (_, index) => token(index))
    for (const cache of [true, {}, { max: undefined }]) {
      const verifier = make({ cache } as object)
      for (const each of tokens) await verifier.verify(each)
      assert.equal(verifier.looked, 1001)
      for (const each of tokens.slice(1)) await verifier.verify(each)
      assert.equal(verifier.looked, 1001)
      await verifier.verify(token(0))
      assert.equal(verifier.looked, 1002)
    }
  })

  test(`${name}: an outage of a key function loses nothing that is remembered`, async () => {
    let down = false
    const find = (): Key => {
      if (down) throw new Error('connection refused')
      return key
    }
    const verifier = make({ keys: find })
    await verifier.verify(TOKEN)
    down = true
    for (let time = 0; time < 3; time++) {
      assert.equal((await refuses(verifier, TOKEN, 'CS_UNAVAILABLE')).unavailable, true)
      await refuses(verifier, token('bob'), 'CS_UNAVAILABLE')
    }
    down = false
    await verifier.verify(TOKEN)
    assert.equal(verifier.looked, 1)
  })

  test(`${name}: a set that is fetched again keeps what is remembered where the server says that it is the same`, async () => {
    const same = { etag: '"1"', 'cache-control': 'max-age=300' }
    const { keys, state, sent } = await loaded(bodyOf(a), same)
    const verifier = make({ keys })
    await verifier.verify(a.token)
    state.answer = answerByHand('', same, { status: 304 })
    state.time += 301
    await keys.load()
    await verifier.verify(a.token)
    assert.deepEqual([sent.length, verifier.looked], [2, 1])
    // Keys that are told anew are keys anew, though they be the same.
    state.answer = answer(bodyOf(a), same)
    state.time += 301
    await keys.load()
    for (let time = 0; time < 3; time++) await verifier.verify(a.token)
    assert.deepEqual([sent.length, verifier.looked], [3, 2])
  })

  test(`${name}: an outage of a remote set loses nothing that is remembered, and refuses it once the set is too old`, async () => {
    const { keys, state } = await loaded(bodyOf(a), { etag: '"1"', 'cache-control': 'max-age=300' }, { maxStale: 600 })
    const verifier = make({ keys })
    await verifier.verify(a.token)
    state.answer = unreachable
    state.time += 300
    await keys.load()
    await verifier.verify(a.token)
    state.time += 600
    assert.equal((await refuses(verifier, a.token, 'CS_UNAVAILABLE')).unavailable, true)
    state.answer = answer(bodyOf(a, b))
    state.time += 200
    await keys.load()
    await verifier.verify(a.token)
    assert.equal(verifier.looked, 2)
  })

  test(`${name}: a ring goes on being looked after while all tokens are remembered, and its keys stay the same`, async () => {
    const { ring: keys, signer, clock, store } = await ring()
    const verifier = make({ keys, now: () => clock.time })
    const signed = await signer.sign({ sub: 'alice' })
    await verifier.verify(signed)
    const { looks } = store
    for (let time = 0; time < 5; time++) {
      clock.time += 31
      await verifier.verify(signed)
      await keys.refresh()
    }
    assert.ok(store.looks >= looks + 5, `the store was looked at ${store.looks - looks} times`)
    assert.equal(verifier.looked, 1)
  })
}

for (const { name, door } of DOORS) {
  test(`${name}: cache is true, false or { max }, and max a whole number above zero`, () => {
    const refused: readonly unknown[] = [
      null,
      0,
      1,
      1000,
      Number.NaN,
      10n,
      '',
      'true',
      'yes',
      Symbol('cache'),
      [],
      [1000],
      () => true,
      ...[null, 0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '10', 10n, true, [10], {}].map((max) => ({
        max,
      })),
      { maxx: 10 },
      { max: 10, ttl: 60 },
      { max: 10, key: () => 'x' },
      { max: 10, cacheKeyBuilder: () => 'x' },
      Object.create({ ttl: 60 }),
    ]
    for (const cache of refused)
      assert.throws(() => door.createVerifier({ ...POLICY, keys: key, cache: cache as never }), TypeError)
  })

  test(`${name}: neither a decrypter nor a signer remembers anything`, () => {
    const secret = secretKey(SECRET, 'A256GCM')
    const none = { name: 'TypeError', message: /has no option "cache"/ }
    assert.throws(() => door.createDecrypter({ keys: secret, ...POLICY, cache: true } as never), none)
    assert.throws(
      () =>
        door.createDecrypter({
          ...nested(secret, door.createVerifier({ ...POLICY, keys: key })),
          cache: true,
        } as never),
      none,
    )
    assert.throws(() => door.createSigner({ key, expiresIn: 60, cache: true } as never), none)
  })

  test(`${name}: what a cache gives is what there is without one`, async () => {
    for (const claims of [
      CLAIMS,
      { ...CLAIMS, aud: ['api', 'b'], n: { list: [1, { deep: null }], text: 'é \u2028' } },
    ]) {
      const one = mac({ ...HS, kid: 'k', x: [1] }, claims, SECRET)
      const bare = await door.createVerifier({ ...POLICY, keys: key }).verify(one)
      const verifier = door.createVerifier({ ...POLICY, keys: key, cache: true })
      for (let time = 0; time < 3; time++) {
        assert.deepEqual(await verifier.verify(one), bare)
        assert.deepEqual(await verifier.safeVerify(one), { ok: true, ...bare })
      }
      const result = await verifier.safeVerify(`${one}A`)
      assert.deepEqual([result.ok, 'claims' in result], [false, false])
    }
  })

  test(`${name}: of several issuers each one's tokens are remembered`, async () => {
    const issuers = {
      'https://a.example': { keys: key, audience: 'api' },
      'https://b.example': { keys: key, audience: 'b' },
    }
    const verifier = door.createVerifier({ issuers, now, cache: true })
    for (const [iss, { audience: aud }] of Object.entries(issuers)) {
      const one = mac(HS, { ...CLAIMS, iss, aud }, SECRET)
      const { claimsSet } = await verifier.verify(one)
      assert.equal((await verifier.verify(one)).claimsSet, claimsSet)
      assert.equal(claimsSet.iss, iss)
    }
  })

  test(`${name}: a verifier that remembers opens nested tokens, too`, async () => {
    let answer = false
    const secret = secretKey(SECRET, 'A256GCM')
    const verifier = door.createVerifier({ ...POLICY, keys: key, cache: true, revoked: () => answer })
    const decrypter = door.createDecrypter(nested(secret, verifier))
    const signer = door.createSigner({ key, expiresIn: 60, now })
    const token = await door.createEncrypter({ key: secret }).encrypt({ ...CLAIMS }, { sign: signer })
    const { claimsSet } = await decrypter.decrypt(token)
    assert.equal((await decrypter.decrypt(token)).claimsSet, claimsSet)
    answer = true
    await fails(() => decrypter.decrypt(token), 'CS_REVOKED')
  })
}

// Promises.

test('hits alone have a remote set refreshed ahead of its time', async () => {
  const { keys, state, sent, next } = await loaded(bodyOf(a), { 'cache-control': 'max-age=300' })
  const verifier = promise.createVerifier({ ...POLICY, keys, cache: true })
  await verifier.verify(a.token)
  await verifier.verify(a.token)
  assert.equal(sent.length, 1)
  state.time += 241
  const event = next()
  await verifier.verify(a.token)
  assert.equal((await event).type, 'refreshed')
  assert.equal(sent.length, 2)
})

test('hits alone have a remote set fetched that is past its time, and a token waits for it', async () => {
  const { keys, state, sent } = await loaded(bodyOf(a), { 'cache-control': 'max-age=300' })
  const verifier = promise.createVerifier({ ...POLICY, keys, cache: true })
  await verifier.verify(a.token)
  state.time += 301
  state.answer = answer(bodyOf(b))
  await refuses(verifier, a.token, 'CS_NO_KEY')
  assert.equal(sent.length, 2)
})

test('a hit that waits for its keys goes by what is so afterwards', async () => {
  let time = NOW
  const waits: { readonly asked: () => void; readonly answer: Promise<Key | undefined> }[] = []
  const find = (): Key | Promise<Key | undefined> => {
    const wait = waits.shift()
    wait?.asked()
    return wait?.answer ?? key
  }
  const verifier = promise.createVerifier({ ...POLICY, keys: find, now: () => time, cache: true })
  await verifier.verify(TOKEN)
  const meanwhile: readonly (readonly [found: Key | undefined, later: number, code: string])[] = [
    [undefined, NOW, 'CS_NO_KEY'],
    [key, CLAIMS.exp + 30, 'CS_EXPIRED'],
  ]
  for (const [found, later, code] of meanwhile) {
    await verifier.verify(TOKEN)
    const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<Key | undefined>()]
    waits.push({ asked: asked.resolve, answer: answer.promise })
    const refused = refuses(verifier, TOKEN, code)
    await asked.promise
    time = later
    answer.resolve(found)
    await refused
    time = NOW
  }
})

test('many verifications of one token at once agree, and each of them asks the hook', async () => {
  for (const cache of [true, { max: 1 }]) {
    let asked = 0
    const revoked: RevocationCheck = async () => asked++ >= 25
    const verifier = promise.createVerifier({ ...POLICY, keys: async () => key, revoked, cache })
    const results = await Promise.all(Array.from({ length: 50 }, () => verifier.safeVerify(TOKEN)))
    assert.equal(asked, 50)
    assert.deepEqual(results.map((result) => (result.ok ? 'ok' : result.error.code)).sort(), [
      ...Array(25).fill('CS_REVOKED'),
      ...Array(25).fill('ok'),
    ])
  }
})
