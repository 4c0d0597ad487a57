import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { createKeyRing, type KeyRingEvent } from 'countersign/keyring'
import { fails, NOW, refuses } from '../support/forge.ts'
import { isHere, PRIVATE_MEMBERS } from '../support/keys.ts'
import {
  DAY,
  HOUR,
  kidIn,
  kidOf,
  MINUTE,
  publishedBy,
  READY,
  RiggedStore,
  rig,
  signerOf,
  statesOf,
  TIMES,
  verifierOf,
} from './rig.ts'

const { period, overlap, skew } = TIMES

test('a ring is born with a key that signs and one that is public and waits', async () => {
  const { ring } = await rig()
  assert.deepEqual(
    ring.list().map(({ kid: _, ...rest }) => rest),
    [
      {
        alg: 'ES256',
        state: 'active',
        publishedAt: NOW,
        activateAt: NOW,
        retireAt: NOW + period,
        purgeAt: NOW + period + overlap,
      },
      { alg: 'ES256', state: 'next', publishedAt: NOW, activateAt: NOW + period },
    ],
  )
  assert.deepEqual(new Set(await publishedBy(ring)), new Set(ring.list().map(({ kid }) => kid)))
})

test('through a whole life each key is next, active, retired and gone, at its second', async () => {
  const { clock, ring } = await rig()
  const [a, b] = ring.list().map(({ kid }) => kid)
  const stateOf = (kid = ''): string => ring.list().find((key) => key.kid === kid)?.state ?? 'gone'
  const at = async (time: number): Promise<readonly string[]> => {
    clock.time = NOW + time
    await ring.refresh()
    return [stateOf(a), stateOf(b), String(ring.list().length)]
  }
  assert.deepEqual(await at(period - 1), ['active', 'next', '2'])
  assert.deepEqual(await at(period), ['retired', 'active', '3'])
  assert.deepEqual(await at(period + overlap - 1), ['retired', 'active', '3'])
  assert.deepEqual(await at(period + overlap), ['gone', 'active', '2'])
  assert.deepEqual(await at(2 * period - 1), ['gone', 'active', '2'])
  assert.deepEqual(await at(2 * period), ['gone', 'retired', '3'])
  assert.deepEqual(await at(2 * period + overlap), ['gone', 'gone', '2'])
})

test('states follow the clock while nobody looks at the store', async () => {
  const { clock, store, ring } = await rig()
  const looks = store.looks
  clock.time = NOW + period
  assert.deepEqual(statesOf(ring), ['retired', 'active'])
  clock.time = NOW + period + overlap
  assert.deepEqual(statesOf(ring), ['purged', 'active'])
  assert.equal(store.looks, looks)
})

test('a token that was signed in the last second of a key verifies until its exp, and no longer', async () => {
  const { clock, ring, signer, verifier } = await rig({ tokenLifetime: '1h' })
  const long = signerOf(ring, () => clock.time)
  clock.time = NOW + period - 1
  const token = await long.sign({ sub: 'alice' }, { expiresIn: '1h' })
  const [old] = ring.list()
  assert.equal(kidOf(token), old?.kid)
  for (const time of [period, period + skew, period + HOUR - 2]) {
    clock.time = NOW + time
    await ring.refresh()
    assert.equal((await verifier.verify(token)).claims.sub, 'alice')
    assert.notEqual(kidOf(await signer.sign({})), old?.kid)
  }
  clock.time = NOW + period - 1 + HOUR
  await refuses(verifier, token, 'CS_EXPIRED')
})

test('each token of a year verifies to its last second, by an instance that is in use and by one that rests', async () => {
  const { clock, ring, signer, verifier, other } = await rig()
  const resting = verifierOf(await other(), () => clock.time)
  const seen = new Set<string>()
  for (let day = 0; day < 365; day += 9) {
    clock.time = NOW + day * DAY
    const token = await signer.sign({})
    seen.add(kidOf(token))
    clock.time += 10 * MINUTE - 1
    await verifier.verify(token)
    await resting.verify(token)
    assert.ok(ring.list().length <= 3)
    const { activateAt = 0, publishedAt = 0 } = ring.list().find(({ kid }) => kid === kidOf(token)) ?? {}
    if (activateAt > NOW) assert.ok(activateAt - publishedAt >= READY)
  }
  assert.equal(seen.size, 13)
})

test('the private half of a key is gone from the store soon after it retired, and its public half verifies on', async () => {
  const { clock, store, ring, signer, verifier } = await rig()
  const [old] = store.keys
  clock.time = NOW + period - 1
  const token = await signer.sign({})
  clock.time = NOW + period + skew - 1
  await ring.refresh()
  assert.ok(store.key(old?.kid)?.privateJwk)
  clock.time += 1
  await ring.refresh()
  assert.equal(store.key(old?.kid)?.privateJwk, undefined)
  assert.equal((await verifier.verify(token)).key.kind, 'public')
})

test('secrets rotate, the former ones verify for as long as their tokens live, and none is published', async () => {
  const { clock, store, ring, signer, verifier } = await rig({ alg: 'HS256' })
  clock.time = NOW + period - 1
  const token = await signer.sign({})
  for (const time of [period, period + 9 * MINUTE]) {
    clock.time = NOW + time
    await ring.refresh()
    assert.equal((await verifier.verify(token)).key.kid, kidOf(token))
    assert.notEqual(kidOf(await signer.sign({})), kidOf(token))
    assert.deepEqual(await ring.publicJwks(), { keys: [] })
    for (const { publicJwk, privateJwk } of store.keys)
      assert.deepEqual([publicJwk, typeof privateJwk], [undefined, 'string'])
  }
  clock.time = NOW + period + overlap
  await ring.refresh()
  await refuses(verifier, token, 'CS_NO_KEY')
})

test('the kid of a secret tells nothing about it', async () => {
  const { store } = await rig({ alg: 'HS256' })
  for (const { kid } of store.keys) assert.match(kid, /^[\w-]{22}$/)
})

test('an instance that starts after years finds the key whose turn it was, and goes on from there', async () => {
  const { clock, ring, other } = await rig()
  const [, b] = ring.list()
  clock.time = NOW + 5 * 365 * DAY
  const late = await other()
  assert.deepEqual(statesOf(late), ['active', 'next'])
  assert.equal(late.list()[0]?.kid, b?.kid)
  assert.equal(late.list()[1]?.activateAt, clock.time + READY)
})

test('an algorithm that is added later waits until every verifier has its key, and says so', async () => {
  const { clock, other } = await rig()
  const both = await other({ algs: ['ES256', 'EdDSA'] })
  const signer = signerOf(both, () => clock.time, 'EdDSA')
  const error = await fails(() => signer.sign({}), 'CS_UNAVAILABLE')
  assert.deepEqual([error.unavailable, error.message.includes(String(NOW + READY))], [true, true])
  assert.equal((await publishedBy(both)).length, 3)
  clock.time = NOW + READY
  const token = await signer.sign({})
  assert.ok(await verifierOf(both, () => clock.time).verify(token))
})

test('an algorithm that is taken out signs no more here, and its tokens verify on', async () => {
  const { clock, ring, other } = await rig({ algs: ['ES256', 'EdDSA'] })
  const token = await signerOf(ring, () => clock.time, 'EdDSA').sign({})
  const left = await other({ algs: ['ES256'] })
  assert.throws(() => signerOf(left, () => clock.time, 'EdDSA'), { name: 'TypeError' })
  assert.ok(await verifierOf(left, () => clock.time).verify(token))
  assert.equal((await publishedBy(left)).length, 4)
})

test('a store of secrets is refused to a ring of key pairs, and the other way round, before anything is written', async () => {
  for (const [before, after] of [
    ['HS256', 'ES256'],
    ['ES256', 'HS256'],
  ] as const) {
    const { store, other } = await rig({ alg: before })
    const rows = store.rows
    await fails(() => other({ alg: after }), 'CS_KEY_INVALID')
    assert.equal(store.rows, rows)
    assert.equal((await other()).list().length, 2)
  }
})

// What is seen of a ring.

const members = PRIVATE_MEMBERS.map((name) => `"${name}":"`)
for (const alg of ['ES256', 'RS256', 'Ed25519', 'HS256', 'ML-DSA-44']) {
  test(`nothing that a ring of ${alg} shows has a private half in it`, {
    skip: !isHere(alg) && `no ${alg} here`,
  }, async () => {
    const told: KeyRingEvent[] = []
    const { clock, store, ring } = await rig({ alg })
    ring.subscribe((event) => told.push(event))
    const secrets = store.keys.flatMap(({ privateJwk = '' }) => {
      const jwk = JSON.parse(privateJwk)
      return PRIVATE_MEMBERS.map((name) => jwk[name]).filter((value) => value !== undefined)
    })
    assert.ok(secrets.length > 0)
    clock.time = NOW + period
    await ring.refresh()
    const revocation = await ring.revoke(kidIn(ring, 'retired'), { reason: 'stolen' })
    const shown = [ring, ring.list(), await ring.publicJwks(), revocation, await ring.rotateNow(), told]
    for (const value of shown) {
      for (const text of [JSON.stringify(value), inspect(value, { depth: 20, showHidden: true })]) {
        for (const secret of secrets) assert.ok(!text.includes(secret))
        for (const member of members) assert.ok(!text.includes(member))
        assert.ok(!text.includes('privateJwk'))
      }
    }
    for (const key of ring.list()) assert.ok(!('publicJwk' in key) && !('privateJwk' in key))
  })
}

test('list() gives what may be changed without harm', async () => {
  const { ring, signer, verifier } = await rig()
  const list = ring.list() as unknown as Record<string, unknown>[]
  for (const key of list) Object.assign(key, { kid: 'x', state: 'revoked', retireAt: 0, purgeAt: 0 })
  list.length = 0
  assert.deepEqual(statesOf(ring), ['active', 'next'])
  assert.ok(await verifier.verify(await signer.sign({})))
})

test('a published set that is changed by whoever has it spoils no other', async () => {
  const { ring } = await rig()
  const set = (await ring.publicJwks()) as { keys: object[] }
  const before = JSON.stringify(set)
  for (const change of [() => set.keys.pop(), () => Object.assign(set.keys[0] ?? {}, { n: 'x', d: 'y' })]) {
    try {
      change()
    } catch (error) {
      assert.ok(error instanceof TypeError)
    }
  }
  assert.equal(JSON.stringify(await ring.publicJwks()), before)
})

test('rings of one store in one process are told apart from rings of another', async () => {
  const [one, two] = [new RiggedStore(), new RiggedStore()]
  const [a, b] = [await rig({}, one), await rig({}, two)]
  await refuses(b.verifier, await a.signer.sign({}), 'CS_NO_KEY')
  assert.equal(
    (await createKeyRing({ alg: 'ES256', store: one, now: () => NOW })).list()[0]?.kid,
    a.ring.list()[0]?.kid,
  )
})
