import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSigner, createVerifier, generateKey, JoseError, publicKey, type Verifier } from 'countersign'
import { createDenylist, type ExpiringStore, expiringStore, oneTime } from 'countersign/revocation'
import { asking, clock, Database, DOWN, ISSUER, token, unavailable } from '../revocation/rig.ts'
import { b64, CLAIMS, fails, NOW, now, POLICY, refuses } from '../support/forge.ts'

// 34. jti replay

const ONCE = token({ jti: 'once' })

/** What became of a token that was sent many times at once: how many passed, and the codes of those that did not. */
async function race(verifiers: readonly Verifier[], text: string): Promise<{ passed: number; codes: Set<string> }> {
  const results = await Promise.all(verifiers.map((verifier) => verifier.safeVerify(text)))
  const codes = results.flatMap((result) => (result.ok ? [] : [result.error.code]))
  return { passed: results.length - codes.length, codes: new Set(codes) }
}
const fifty = (verifier: Verifier): readonly Verifier[] => Array.from({ length: 50 }, () => verifier)

for (const [what, storeOf] of [
  ['a store in memory', () => expiringStore({ now })],
  ['a database', () => new Database()],
] as const) {
  test(`attack 34: of 50 at once exactly one passes, by ${what}`, async () => {
    const verifier = asking(oneTime({ store: storeOf(), now }))
    assert.deepEqual(await race(fifty(verifier), ONCE), { passed: 1, codes: new Set(['CS_REPLAY']) })
    await refuses(verifier, ONCE, 'CS_REPLAY')
  })

  test(`attack 34: of 50 verifiers that share ${what} exactly one lets the token pass`, async () => {
    const store = storeOf()
    const verifiers = Array.from({ length: 50 }, () => asking(oneTime({ store, now })))
    assert.deepEqual(await race(verifiers, ONCE), { passed: 1, codes: new Set(['CS_REPLAY']) })
  })
}

test('attack 34: a verifier that remembers results lets one of 50 pass all the same', async () => {
  const verifier = asking(oneTime({ store: new Database(), now }), { cache: true })
  assert.deepEqual(await race(fifty(verifier), ONCE), { passed: 1, codes: new Set(['CS_REPLAY']) })
  await refuses(verifier, ONCE, 'CS_REPLAY')
})

for (const [what, trouble] of DOWN) {
  test(`attack 34: while a store ${what}, none of 50 passes, and the token is not used up`, async () => {
    const store = new Database()
    const verifier = asking(oneTime({ store, now }))
    store.trouble = trouble
    assert.deepEqual(await race(fifty(verifier), ONCE), { passed: 0, codes: new Set(['CS_UNAVAILABLE']) })
    await unavailable(verifier, ONCE)
    store.trouble = undefined
    await verifier.verify(ONCE)
    await refuses(verifier, ONCE, 'CS_REPLAY')
  })
}

test('attack 34: a store that loses its connection after it has kept the mark lets nobody pass, neither then nor later', async () => {
  const store = new Database()
  const add = store.add.bind(store)
  const broken: Pick<ExpiringStore, 'add'> = {
    async add(...mark) {
      await add(...mark)
      throw new Error('ECONNRESET')
    },
  }
  await unavailable(asking(oneTime({ store: broken, now })), ONCE)
  await refuses(asking(oneTime({ store, now })), ONCE, 'CS_REPLAY')
})

for (const answer of [undefined, null, 0, 1, 'OK', 'true', '', {}, [], () => true]) {
  test(`attack 34: an answer of ${typeof answer} ${JSON.stringify(answer)} does not say that nobody was before`, async () => {
    const store = new Database()
    store.trouble = () => answer
    await unavailable(asking(oneTime({ store, now })), ONCE)
  })
}

test('attack 34: a refusal that a store throws is passed on as it is', async () => {
  const store = new Database()
  store.trouble = () => {
    throw new JoseError('CS_REPLAY', 'the store says so')
  }
  await refuses(asking(oneTime({ store, now })), ONCE, 'CS_REPLAY')
})

test('attack 34: a token that could be sent for ever, or that has no name, is refused', async () => {
  const store = new Database()
  const verifier = asking(oneTime({ store, now }), { requireExp: false })
  for (const [claims, path] of [
    [{}, 'jti'],
    [{ jti: 'a', exp: undefined }, 'exp'],
  ] as const) {
    const error = await refuses(verifier, token(claims), 'CS_CLAIM_MISSING')
    assert.equal(error.issues[0]?.path, path)
  }
  assert.equal(store.asked.length, 0)
})

test('attack 34: the mark outlives the token for every clock within the tolerance, to the second', async () => {
  for (const clockTolerance of [0, 1, 30, 600]) {
    const time = clock()
    const store = expiringStore({ now: time.now })
    const verifier = asking(oneTime({ store, clockTolerance, now: time.now }), { clockTolerance, now: time.now })
    await verifier.verify(ONCE)
    for (const [at, code] of [
      [CLAIMS.exp - 1, 'CS_REPLAY'],
      [CLAIMS.exp + clockTolerance - 0.5, 'CS_REPLAY'],
      [CLAIMS.exp + clockTolerance, 'CS_EXPIRED'],
      [CLAIMS.exp + 1e6, 'CS_EXPIRED'],
    ] as const) {
      time.time = at
      await refuses(verifier, ONCE, code)
    }
  }
})

test('attack 34: a store whose clock is ahead, and a verifier whose clock is behind, make no gap', async () => {
  const [here, there] = [clock(), clock(NOW + 30)]
  const store = expiringStore({ now: there.now })
  const verifier = asking(oneTime({ store, now: here.now }), { now: here.now })
  await verifier.verify(ONCE)
  here.time = CLAIMS.exp + 29
  there.time = here.time + 30
  await refuses(verifier, ONCE, 'CS_REPLAY')
})

test('attack 34: a verifier that is more patient than the marks does not take what they no longer know', async () => {
  const time = clock()
  const store = expiringStore({ now: time.now })
  const check = oneTime({ store, now: time.now })
  for (const options of [{ clockTolerance: '1d' as const }, { ignoreExp: true }]) {
    const verifier = asking(check, { ...options, now: time.now })
    time.time = CLAIMS.exp + 30
    await refuses(verifier, token({ jti: JSON.stringify(options) }), 'CS_EXPIRED')
  }
  assert.equal(store.size, 0)
})

test('attack 34: what is refused for another reason uses nothing up', async () => {
  const store = new Database()
  const check = oneTime({ store, now })
  const verifier = asking(check, { issuer: ISSUER })
  await refuses(verifier, token({ jti: 'once', aud: 'another' }), 'CS_AUD')
  await refuses(verifier, token({ jti: 'once', exp: NOW - 100 }), 'CS_EXPIRED')
  await refuses(verifier, `${ONCE.slice(0, -2)}${ONCE.endsWith('AA') ? 'BA' : 'AA'}`, 'CS_SIGNATURE', 'CS_BASE64')
  const schema = {
    '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: 'no' }] }) },
  } as const
  await refuses(asking(check, { claims: schema }), ONCE, 'CS_CLAIMS_SCHEMA')
  await refuses(asking([() => true, check]), ONCE, 'CS_REVOKED')
  assert.equal(store.asked.length, 0)
  await verifier.verify(ONCE)
})

test('attack 34: ids of two issuers are two, and no issuer can use up an id of another', async () => {
  const verifier = asking(oneTime({ store: new Database(), now }))
  const names = [
    { iss: 'a', jti: 'b.c' },
    { iss: 'a.b', jti: 'c' },
    { iss: 'a","b', jti: 'c' },
    { iss: undefined, jti: 'c' },
    { iss: 'null', jti: 'c' },
    { iss: '', jti: 'c' },
  ]
  for (const name of names) await verifier.verify(token(name))
  for (const name of names) await refuses(verifier, token(name), 'CS_REPLAY')
})

test('attack 34: a token is known by its id, not by its text: neither another claim nor another key makes it new', async () => {
  const verifier = asking(oneTime({ store: new Database(), now }))
  await verifier.verify(ONCE)
  await refuses(verifier, token({ jti: 'once', sub: 'mallory', exp: CLAIMS.exp + 5 }), 'CS_REPLAY')
})

test('attack 34 and 8: the other signature (r, n - s) of one token is a replay, and revoked with it', async () => {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const key = await generateKey('ES256')
  const text = await createSigner({ key, expiresIn: 'never', now }).sign({ ...CLAIMS, jti: 'a' })
  const [header = '', payload = '', signature = ''] = text.split('.')
  const raw = Buffer.from(signature, 'base64url')
  const s = BigInt(`0x${raw.subarray(32).toString('hex')}`)
  const flipped = Buffer.concat([raw.subarray(0, 32), Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex')])
  const other = `${header}.${payload}.${b64(flipped)}`
  assert.notEqual(other, text)

  const keys = await publicKey(key)
  const once = createVerifier({ keys, ...POLICY, revoked: oneTime({ store: new Database(), now }) })
  await once.verify(text)
  await refuses(once, other, 'CS_REPLAY')
  const { revoke, revoked } = createDenylist({ now })
  const listed = createVerifier({ keys, ...POLICY, revoked })
  await revoke((await listed.verify(text)).claimsSet)
  await refuses(listed, other, 'CS_REVOKED')
})

test('attack 34: a full store lets nobody pass and forgets nobody', async () => {
  const store = expiringStore({ max: 2, now })
  const verifier = asking(oneTime({ store, now }))
  for (const jti of ['a', 'b']) await verifier.verify(token({ jti }))
  await unavailable(verifier, token({ jti: 'c' }))
  for (const jti of ['a', 'b']) await refuses(verifier, token({ jti }), 'CS_REPLAY')
})

test('attack 34: one store serves several purposes, and none gets in the way of another', async () => {
  const store = expiringStore({ now })
  const verifier = asking([createDenylist({ store, now }).revoked, oneTime({ store, now })])
  await verifier.verify(ONCE)
  await refuses(verifier, ONCE, 'CS_REPLAY')
})

test('oneTime refuses options that are not what they should be, and has no store of its own', async () => {
  for (const options of [
    undefined,
    {},
    { store: undefined },
    { store: null },
    { store: {} },
    { store: expiringStore(), clockTolerance: -1 },
    { store: expiringStore(), now: 1 },
    { store: expiringStore(), tolerance: 1 },
  ])
    assert.throws(() => oneTime(options as never), TypeError, JSON.stringify(options))
  // A set has an `add` that never says false.
  await fails(() => asking(oneTime({ store: new Set() as never, now })).verify(ONCE), 'CS_UNAVAILABLE')
})
