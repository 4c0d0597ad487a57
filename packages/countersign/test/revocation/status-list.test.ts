import assert from 'node:assert/strict'
import type { webcrypto } from 'node:crypto'
import { test } from 'node:test'
import { createVerifier, decodeUnverified, type Key, remoteKey } from 'countersign'
import { createKeyRing, memoryStore } from 'countersign/keyring'
import { createStatusList, type StatusBits, type StatusList } from 'countersign/revocation'
import fc from 'fast-check'
import { CLAIMS, fails, NOW, now, refuses } from '../support/forge.ts'
import { jwkFor, publicMembers } from '../support/keys.ts'
import { clock, KEY } from './rig.ts'
import { checks, EXAMPLE, forged, KEYS, listOf, readList, referring, SIGNING, URI } from './status-rig.ts'

const BITS: readonly StatusBits[] = [1, 2, 4, 8]

test('createStatusList refuses options that are not what they should be', async () => {
  for (const options of [
    { uri: undefined },
    { uri: '' },
    { uri: 'statuses/1' },
    { bits: 3 },
    { bits: '1' },
    { bits: 0 },
    { bits: undefined },
    { size: undefined },
    { size: 0 },
    { size: 1.5 },
    { size: 64 * 1024 * 1024 + 1 },
    { size: 8 * 1024 * 1024 + 1, bits: 8 },
    { key: undefined },
    { key: jwkFor('ES256') },
    { ttl: 0 },
    { ttl: -1 },
    { ttl: '1d' },
    { expiresIn: 1 },
    { expiresIn: 'never' },
    { ttl: 301, expiresIn: 601 },
    { octets: new Uint8Array(12) },
    { octets: [0] },
    { issuer: '' },
    { alg: 'RS256' },
    { now: 1 },
    { typ: 'JWT' },
  ])
    await assert.rejects(
      async () => listOf(options as never),
      { name: /^(TypeError|JoseError)$/ },
      JSON.stringify(options),
    )
})

test('an index that is not in the list, and a status that has too many bits, are refused', () => {
  const list = listOf({ bits: 2, size: 10 })
  for (const index of [-1, 10, 1.5, Number.NaN, '1', undefined, null, 2 ** 53]) {
    assert.throws(() => list.set(index as number, 1), TypeError)
    assert.throws(() => list.get(index as number), TypeError)
    assert.throws(() => list.reference(index as number), TypeError)
  }
  for (const status of [-1, 4, 0.5, Number.NaN, '1', undefined, true])
    assert.throws(() => list.set(0, status as number), TypeError)
  assert.deepEqual(list.octets(), new Uint8Array(3))
})

for (const [bits, statuses, octets, lst] of [
  [1, [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1], [0xb9, 0xa3], EXAMPLE.lst],
  [2, [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3], [0xc9, 0x44, 0xf9], 'eNo76fITAAPfAgc'],
] as const) {
  test(`the example of the draft with statuses of ${bits} bits is written and read as there (§4.1, §4.2)`, async () => {
    const list = listOf({ bits, size: statuses.length })
    for (const [index, status] of statuses.entries()) list.set(index, status)
    assert.deepEqual(list.octets(), Uint8Array.from(octets))
    const { check } = checks(await forged({ status_list: { bits, lst } }))
    for (const [index, status] of statuses.entries())
      assert.equal(await check.status({ claims: { iss: CLAIMS.iss, status: list.reference(index) } }), status)
  })
}

test('the token says what the draft asks for (§5.1)', async () => {
  const list = listOf({ issuer: CLAIMS.iss, ttl: '10m', expiresIn: '2h' })
  const text = await list.token()
  assert.equal(decodeUnverified(text).header['typ'], 'statuslist+jwt')
  const { status_list: statusList, ...claims } = await readList(text)
  assert.deepEqual(claims, { iss: CLAIMS.iss, sub: URI, iat: NOW, exp: NOW + 7200, ttl: 600 })
  assert.deepEqual(Object.keys(statusList as object), ['bits', 'lst'])
  assert.deepEqual(list.reference(7), { status_list: { idx: 7, uri: URI } })
  // A verifier of other tokens does not take it.
  await refuses(createVerifier({ keys: KEYS, issuer: 'any', audience: 'any', now }), text, 'CS_TYP')
})

test('a list that says nothing about its times is good for 5 minutes at a time, and for an hour', async () => {
  const { exp, ttl, iss } = await readList(await listOf().token())
  assert.deepEqual([exp, ttl, iss], [NOW + 3600, 300, undefined])
})

test('the token stays the same until a status changes or half of its life is over', async () => {
  const time = clock()
  const list = listOf({ now: time.now })
  const first = await list.token()
  list.set(5, 0)
  time.time += 1799
  assert.equal(await list.token(), first)
  list.set(5, 1)
  const second = await list.token()
  assert.notEqual(second, first)
  list.set(5, 1)
  assert.equal(await list.token(), second)
  time.time += 1800
  const third = await list.token()
  assert.notEqual(third, second)
  assert.equal((await readList(third)).iat, time.time)
  // Nor is it from the future, once the clock has been set back.
  time.time -= 1e6
  assert.equal((await readList(await list.token())).iat, time.time)
})

/** A key that counts its signatures, and fails as it is told. */
async function counted(): Promise<{ readonly state: { signatures: number; fails: boolean }; readonly key: Key }> {
  const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const jwk = jwkFor('ES256')
  const secret = await crypto.subtle.importKey('jwk', { ...jwk } as webcrypto.JsonWebKey, ecdsa, false, ['sign'])
  const state = { signatures: 0, fails: false }
  const sign = async (input: Uint8Array): Promise<Uint8Array> => {
    state.signatures++
    if (state.fails) throw new Error('the service is down')
    return new Uint8Array(await crypto.subtle.sign(ecdsa, secret, Uint8Array.from(input)))
  }
  return { state, key: remoteKey({ jwk: publicMembers(jwk), sign }) }
}

test('many who ask at once get one token, signed once', async () => {
  const { state, key } = await counted()
  const list = listOf({ key })
  const tokens = new Set(await Promise.all(Array.from({ length: 20 }, () => list.token())))
  assert.equal(tokens.size, 1)
  assert.equal(state.signatures, 1)
})

test('a key that fails is asked again, and nobody is given what it did not sign', async () => {
  const { state, key } = await counted()
  const list = listOf({ key })
  state.fails = true
  await fails(() => list.token(), 'CS_UNAVAILABLE')
  state.fails = false
  assert.equal((await readList(await list.token())).sub, URI)
})

test('a status that changes while the token is made is in the next one, and no list is half of two', async () => {
  for (let turns = 0; turns < 20; turns++) {
    const list = listOf({ bits: 8, size: 1000 })
    const first = list.token()
    for (let turn = 0; turn < turns; turn++) await undefined
    for (let index = 0; index < 1000; index++) list.set(index, 7)
    assert.deepEqual(await statusesIn(await list.token()), new Set([7]))
    assert.equal((await statusesIn(await first)).size, 1)
  }
})

async function statusesIn(text: string): Promise<ReadonlySet<number>> {
  const { check } = checks(text)
  const statuses = new Set<number>()
  for (let idx = 0; idx < 1000; idx++)
    statuses.add(await check.status({ claims: { status: { status_list: { idx, uri: URI } } } }))
  return statuses
}

test('a list goes on after a restart as it was', () => {
  const before = listOf({ bits: 4, size: 9 })
  for (let index = 0; index < 9; index++) before.set(index, index)
  const octets = before.octets()
  const after = listOf({ bits: 4, size: 9, octets })
  octets.fill(0xff)
  for (let index = 0; index < 9; index++) assert.equal(after.get(index), index)
})

test('a key ring signs with the key whose turn it is, and the token changes with it', async () => {
  const time = clock()
  const ring = await createKeyRing({ alg: 'ES256', store: memoryStore(), tokenLifetime: '10m', now: time.now })
  const list = listOf({ key: ring, now: time.now })
  const kidOf = async (): Promise<unknown> => decodeUnverified(await list.token()).header['kid']
  const first = await kidOf()
  assert.equal(first, ring.list().find(({ state }) => state === 'active')?.kid)
  // The ring keeps no key for longer, so no list lives longer.
  assert.equal(decodeUnverified(await list.token()).claims['exp'], NOW + 600)
  await ring.revoke(String(first))
  assert.notEqual(await kidOf(), first)
  assert.throws(() => listOf({ key: ring, expiresIn: '1h' }), TypeError)
})

test('a secret signs a list for those who share it', async () => {
  const list = listOf({ key: KEY })
  list.set(1, 1)
  const { verifier } = checks(await list.token(), { keys: KEY })
  await verifier.verify(referring(0))
  await refuses(verifier, referring(1), 'CS_REVOKED')
})

const changes = fc.array(fc.tuple(fc.nat(199), fc.nat(255)), { maxLength: 60 })
for (const bits of BITS) {
  test(`whatever is set in a list of ${bits} bits is what its reader finds`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), changes, async (size, all) => {
        const list = listOf({ bits, size })
        const model = new Map<number, number>()
        for (const [at, value] of all) {
          const [index, status] = [at % size, value % 2 ** bits]
          list.set(index, status)
          model.set(index, status)
        }
        const { check } = checks(await list.token())
        for (let index = 0; index < size; index++) {
          assert.equal(list.get(index), model.get(index) ?? 0)
          assert.equal(await check.status({ claims: { status: list.reference(index) } }), model.get(index) ?? 0)
        }
      }),
      { numRuns: 20 },
    )
  })
}

test('lists of one status, and of one more than fills an octet, work', async () => {
  for (const bits of BITS) {
    for (const size of [1, 8 / bits, 8 / bits + 1]) {
      const list: StatusList = createStatusList({ uri: URI, bits, size, key: SIGNING, now })
      list.set(size - 1, 2 ** bits - 1)
      assert.equal(list.octets().length, Math.ceil((size * bits) / 8))
      const { check } = checks(await list.token())
      assert.equal(await check.status({ claims: { status: list.reference(size - 1) } }), 2 ** bits - 1)
    }
  }
})
