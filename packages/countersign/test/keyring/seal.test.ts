import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importKey, secretKey } from 'countersign'
import { decryptJwe } from 'countersign/jwe'
import {
  createKeyRing,
  type KeyRing,
  type KeyStore,
  type SealedBy,
  type SealingOptions,
  type StoredKey,
} from 'countersign/keyring'
import { fails, NOW, now } from '../support/forge.ts'
import { isHere, jwkFor, PRIVATE_MEMBERS, publicMembers } from '../support/keys.ts'
import { kidOf, RiggedStore, rig, sealedAs, signerOf, statesOf, TIMES, verifierOf } from './rig.ts'

const KEK = Uint8Array.from({ length: 32 }, (_, index) => index * 7 + 1)
const OTHER = KEK.map((octet) => octet ^ 0xff)
const PASSPHRASE = 'correct horse battery staple'

const storeOf = (sealing: SealingOptions | 'none', rows: unknown = []): RiggedStore =>
  Object.assign(new RiggedStore(), { sealing, rows })
const openOn = (store: KeyStore, alg = 'ES256', clock = now): Promise<KeyRing> =>
  createKeyRing({ alg, store, now: clock })
const sealedBy = async (sealing: SealingOptions, alg = 'ES256'): Promise<RiggedStore> => {
  const store = storeOf(sealing)
  await openOn(store, alg)
  return store
}
const texts = (store: RiggedStore): readonly (string | undefined)[] => store.keys.map(({ privateJwk }) => privateJwk)
/** What a ring does that it would not do with other keys. */
async function works(ring: KeyRing): Promise<void> {
  assert.ok(await verifierOf(ring, now).verify(await signerOf(ring, now).sign({})))
}

// What a store is sealed with.

const WEAK: readonly (readonly [what: string, sealing: unknown])[] = [
  ...[0, 16, 24, 31, 33, 64].map(
    (length) => [`a kek of ${length} octets`, { kek: new Uint8Array(length).fill(7) }] as const,
  ),
  ['a kek of text', { kek: 'x'.repeat(32) }],
  ['a kek of base64 that is none', { kek: { base64: '!' } }],
  ['a kek of two spellings', { kek: { hex: '00', base64: 'AA==' } }],
  ['a kek of numbers', { kek: [...KEK] }],
  ['null for a kek', { kek: null }],
  ['an empty passphrase', { passphrase: '' }],
  ['an empty passphrase of octets', { passphrase: new Uint8Array() }],
  ['a former kek that is too short', { kek: KEK, previous: { kek: KEK.subarray(1) } }],
  ['a former passphrase that is empty', { kek: KEK, previous: { passphrase: '' } }],
]
for (const [what, sealing] of WEAK) {
  test(`${what} seals nothing: the ring does not start, and the store is not asked`, async () => {
    const store = storeOf(sealing as SealingOptions)
    await fails(() => openOn(store), 'CS_KEY_SIZE', 'CS_KEY_INVALID', 'CS_WEAK_SECRET')
    assert.deepEqual([store.looks, store.turns], [0, 0])
  })
}

test('a kek that is a Key has to be one for wrapping keys', async () => {
  const wrong = [
    secretKey(KEK),
    secretKey(KEK, 'A256KW'),
    secretKey(KEK, 'A256GCM'),
    secretKey(KEK, 'HS256'),
    importKey(jwkFor('ES256')),
  ]
  for (const kek of wrong) await assert.rejects(openOn(storeOf({ kek })), { name: 'TypeError', message: /A256GCMKW/ })
})

const hex = Buffer.from(KEK).toString('hex')
const SAME: readonly SealedBy[] = [
  { kek: KEK },
  { kek: { hex } },
  { kek: { hex: hex.toUpperCase() } },
  { kek: { base64: Buffer.from(KEK).toString('base64') } },
  { kek: { base64url: Buffer.from(KEK).toString('base64url') } },
  { kek: secretKey(KEK, 'A256GCMKW') },
  { kek: secretKey(KEK, 'A256GCMKW', { kid: 'kek-1' }) },
]
test('a kek is the same in each of its spellings', async () => {
  for (const sealing of SAME) {
    const { rows } = await sealedBy(sealing)
    for (const other of SAME) {
      const store = storeOf(other, rows)
      await works(await openOn(store))
      assert.equal(store.rows, rows)
    }
  }
})

test('a passphrase is the same as text and as octets', async () => {
  const { rows } = await sealedBy({ passphrase: PASSPHRASE })
  await works(await openOn(storeOf({ passphrase: new TextEncoder().encode(PASSPHRASE) }, rows)))
})

test('a kek that is changed by its owner after the start seals on as it was', async () => {
  const kek = Uint8Array.from(KEK)
  const store = storeOf({ kek })
  const ring = await openOn(store)
  kek.fill(0)
  await ring.revoke(ring.list()[0]?.kid ?? '')
  await works(await openOn(storeOf({ kek: KEK }, store.rows)))
})

// What is in the store.

for (const alg of ['ES256', 'RS256', 'Ed25519', 'HS256', 'ML-DSA-44']) {
  test(`a sealed store holds nothing of a private ${alg} key`, { skip: !isHere(alg) && `no ${alg} here` }, async () => {
    // A passphrase takes its time.
    for (const sealing of alg === 'ES256' ? [{ kek: KEK }, { passphrase: PASSPHRASE }] : [{ kek: KEK }]) {
      const store = await sealedBy(sealing, alg)
      const all = JSON.stringify(store.rows)
      for (const { kid, privateJwk = '' } of store.keys) {
        assert.equal(privateJwk.split('.').length, 5)
        const keys = [secretKey(KEK, 'A256GCMKW'), secretKey({ text: PASSPHRASE }, 'PBES2-HS512+A256KW')]
        const algorithms = ['A256GCMKW', 'PBES2-HS512+A256KW']
        const { plaintext } = await decryptJwe(privateJwk, { keys, algorithms })
        const jwk = JSON.parse(new TextDecoder().decode(plaintext))
        assert.deepEqual([jwk.kid, jwk.alg, jwk.use], [kid, alg, 'sig'])
        const members = PRIVATE_MEMBERS.filter((name) => jwk[name] !== undefined)
        assert.ok(members.length > 0)
        for (const name of members) assert.ok(!all.includes(jwk[name]) && !all.includes(`"${name}"`))
      }
    }
  })
}

test('each key is sealed under a key of its own', async () => {
  const store = await sealedBy({ kek: KEK })
  const parts = texts(store).map((text) => text?.split('.') ?? [])
  for (const index of [1, 2, 3, 4]) assert.equal(new Set(parts.map((part) => part[index])).size, 2)
})

// What is refused.

const WRONG: readonly (readonly [what: string, sealing: SealingOptions | 'none'])[] = [
  ['another kek', { kek: OTHER }],
  ['a passphrase', { passphrase: PASSPHRASE }],
  ['another kek and another former one', { kek: OTHER, previous: { kek: OTHER.map((octet) => octet ^ 1) } }],
  ['nothing', 'none'],
]
for (const [what, sealing] of WRONG) {
  test(`a store that was sealed by a kek does not open with ${what}, and stays as it is`, async () => {
    const { rows } = await sealedBy({ kek: KEK })
    const store = storeOf(sealing, rows)
    const error = await fails(() => openOn(store), 'CS_KEY_INVALID', 'CS_MALFORMED')
    assert.ok(!JSON.stringify(error).includes(hex))
    assert.equal(store.rows, rows)
    await works(await openOn(storeOf({ kek: KEK }, rows)))
  })
}

test('the hint for a wrong kek says where a former one goes', async () => {
  const { rows } = await sealedBy({ kek: KEK })
  const error = await fails(() => openOn(storeOf({ kek: OTHER }, rows)), 'CS_KEY_INVALID')
  assert.match(error.hint, /previous/)
})

test('a wrong passphrase does not open, nor does the right one with a space behind it', async () => {
  const { rows } = await sealedBy({ passphrase: PASSPHRASE })
  for (const passphrase of [`${PASSPHRASE} `, PASSPHRASE.toUpperCase()])
    await fails(() => openOn(storeOf({ passphrase }, rows)), 'CS_KEY_INVALID')
})

test('an instance with a wrong kek leaves nothing in the store that the others cannot open', async () => {
  const { rows } = await sealedBy({ kek: KEK })
  const later = (): number => NOW + TIMES.period
  const wrong = storeOf({ kek: OTHER }, rows)
  await fails(() => openOn(wrong, 'ES256', later), 'CS_KEY_INVALID')
  const right = storeOf({ kek: KEK }, wrong.rows)
  assert.deepEqual(statesOf(await openOn(right, 'ES256', later)), ['retired', 'active', 'next'])
})

test('private halves of two rows that were exchanged are refused, under the eyes of a ring and at its start', async () => {
  const store = await sealedBy({ kek: KEK })
  const [a, b] = store.keys as [StoredKey, StoredKey]
  const swapped = [
    { ...a, privateJwk: b.privateJwk ?? '' },
    { ...b, privateJwk: a.privateJwk ?? '' },
  ]
  await fails(() => openOn(storeOf({ kek: KEK }, swapped)), 'CS_KEY_INVALID')
  const running = await openOn(store)
  store.rows = swapped
  await fails(() => running.refresh(), 'CS_KEY_INVALID')
  await works(running)
})

test('a row that took the name of another, with both its halves, is refused', async () => {
  const [a, b] = (await sealedBy({ kek: KEK })).keys as [StoredKey, StoredKey]
  const renamed = { ...b, kid: a.kid, publicJwk: { ...b.publicJwk, kid: a.kid } }
  await fails(() => openOn(storeOf({ kek: KEK }, [renamed])), 'CS_KEY_INVALID')
})

test("a stranger's public half in place of ours is refused while the private half is there", async () => {
  const store = await sealedBy({ kek: KEK })
  const stranger = publicMembers(jwkFor('ES256', 1))
  const rows = store.keys.map((key) => ({ ...key, publicJwk: { ...key.publicJwk, ...stranger } }))
  await fails(() => openOn(storeOf({ kek: KEK }, rows)), 'CS_KEY_INVALID')
  await fails(() => openOn(storeOf({ kek: KEK }, rows.slice(1))), 'CS_KEY_INVALID')
})

test("a stranger's public half is refused as well once the private half was dropped", async () => {
  const { clock, store, ring } = await rig({}, storeOf({ kek: KEK }))
  clock.time = NOW + TIMES.period + TIMES.skew
  await ring.refresh()
  const stranger = publicMembers(jwkFor('ES256', 1))
  const [retired] = ring.list()
  store.rows = store.keys.map((key) =>
    key.kid === retired?.kid ? { ...key, publicJwk: { ...key.publicJwk, ...stranger } } : key,
  )
  await fails(() => openOn(storeOf({ kek: KEK }, store.rows), 'ES256', () => clock.time), 'CS_KEY_INVALID')
})

test('a sealed half of which one character was changed is refused, wherever it was', async () => {
  const store = await sealedBy({ kek: KEK })
  const [a, b] = store.keys as [StoredKey, StoredKey]
  const text = a.privateJwk ?? ''
  for (let at = 0; at < text.length; at += 23) {
    const changed = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
    await fails(() => openOn(storeOf({ kek: KEK }, [{ ...a, privateJwk: changed }, b])), 'CS_KEY_INVALID')
  }
})

test('a private key that is not sealed is refused in a store that seals', async () => {
  const { rows } = await (async (): Promise<RiggedStore> => {
    const store = storeOf('none')
    await openOn(store)
    return store
  })()
  await fails(() => openOn(storeOf({ kek: KEK }, rows)), 'CS_KEY_INVALID')
})

// One kek in the place of another.

const CHANGES: readonly (readonly [what: string, before: SealedBy, after: SealedBy])[] = [
  ['a kek by a kek', { kek: KEK }, { kek: OTHER }],
  ['a kek by a passphrase', { kek: KEK }, { passphrase: PASSPHRASE }],
  ['a passphrase by a kek', { passphrase: PASSPHRASE }, { kek: KEK }],
  ['a passphrase by a passphrase', { passphrase: PASSPHRASE }, { passphrase: 'another one' }],
]
for (const [what, before, after] of CHANGES) {
  test(`${what} is replaced: all keys are sealed anew at the start, and the former one is needed no more`, async () => {
    const old = await sealedBy(before)
    const store = storeOf({ ...after, previous: before }, old.rows)
    const ring = await openOn(store)
    await works(ring)
    for (const text of texts(store)) assert.ok(text !== undefined && !texts(old).includes(text))
    const alone = storeOf(after, store.rows)
    assert.deepEqual((await openOn(alone)).list(), ring.list())
    await fails(() => openOn(storeOf(before, store.rows)), 'CS_KEY_INVALID')
  })
}

test('sealing anew leaves all alone that is not sealed, and revoked keys', async () => {
  const { store, ring, other } = await rig({}, storeOf({ kek: KEK }))
  await ring.revoke(ring.list()[0]?.kid ?? '', { reason: 'stolen' })
  const rest = (): readonly unknown[] => store.keys.map(({ privateJwk: _, voucher: _too, ...open }) => open)
  const [before, gone] = [rest(), store.keys.find(({ revokedAt }) => revokedAt !== undefined)]
  store.sealing = { kek: OTHER, previous: { kek: KEK } }
  await other()
  assert.deepEqual(rest(), before)
  assert.deepEqual(store.key(gone?.kid), gone)
})

test('what vouches for a public half is sealed anew as well, so that it outlives the former kek', async () => {
  const { clock, store, ring, signer } = await rig({}, storeOf({ kek: KEK }))
  clock.time = NOW + TIMES.period - 1
  const token = await signer.sign({})
  clock.time += 1 + TIMES.skew
  await ring.refresh()
  const time = (): number => clock.time
  await openOn(sealedAs(store, { kek: OTHER, previous: { kek: KEK } }), 'ES256', time)
  const alone = await openOn(sealedAs(store, { kek: OTHER }), 'ES256', time)
  assert.ok(await verifierOf(alone, time).verify(token))
})

test('a revocation that somebody struck out of the store brings no key back: nothing vouches for it any more', async () => {
  const { store, ring, signer } = await rig({}, storeOf({ kek: KEK }))
  const token = await signer.sign({})
  const stolen = kidOf(token)
  await ring.revoke(stolen)
  store.rows = store.keys.map((key) => {
    if (key.kid !== stolen) return key
    const { revokedAt: _, retireAt: _end, purgeAt: _gone, ...again } = key
    return { ...again, retireAt: NOW + 1, purgeAt: NOW + 1000 }
  })
  await fails(() => openOn(storeOf({ kek: KEK }, store.rows)), 'CS_KEY_INVALID')
})

test('a kek that is its own former one seals nothing anew', async () => {
  const { rows } = await sealedBy({ kek: KEK })
  const store = storeOf({ kek: KEK, previous: { kek: KEK } }, rows)
  await works(await openOn(store))
  assert.equal(store.rows, rows)
})

test('a former kek that nothing was sealed with does no harm', async () => {
  const { rows } = await sealedBy({ kek: KEK })
  const store = storeOf({ kek: KEK, previous: { passphrase: PASSPHRASE } }, rows)
  await works(await openOn(store))
  assert.equal(store.rows, rows)
})

test('two instances that seal anew at once lose no key', async () => {
  const { rows } = await sealedBy({ kek: KEK })
  const store = storeOf({ kek: OTHER, previous: { kek: KEK } }, rows)
  const rings = await Promise.all([openOn(store), openOn(store), openOn(store)])
  for (const ring of [...rings, await openOn(storeOf({ kek: OTHER }, store.rows))]) await works(ring)
})

test('an instance that knows both keks goes on while another seals anew', async () => {
  const store = storeOf({ kek: KEK, previous: { kek: OTHER } })
  const before = await openOn(store)
  const after = await openOn(sealedAs(store, { kek: OTHER, previous: { kek: KEK } }))
  await before.refresh()
  assert.ok(await verifierOf(before, now).verify(await signerOf(after, now).sign({})))
})
