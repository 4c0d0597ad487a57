import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSigner, importKey, type Jwk } from 'countersign'
import { createKeyRing, type KeyRing, type KeyStore, type StoredKey } from 'countersign/keyring'
import { HAS_SYNC } from '../support/doors.ts'
import { fails, NOW, now, POLICY, refuses } from '../support/forge.ts'
import { isHere, jwkFor, publicMembers } from '../support/keys.ts'
import { RiggedStore, rig, statesOf } from './rig.ts'

const EC = jwkFor('ES256')
/** A row that is good, and its like. */
const GOOD: StoredKey = {
  kid: 'good',
  alg: 'ES256',
  publicJwk: { ...publicMembers(EC), kid: 'good', alg: 'ES256', use: 'sig' },
  privateJwk: JSON.stringify({ ...EC, kid: 'good', alg: 'ES256', use: 'sig' }),
  publishedAt: NOW - 1,
  activateAt: NOW - 1,
}
const storeOf = (rows: unknown): RiggedStore => Object.assign(new RiggedStore(), { rows })
const openOn = (rows: unknown): Promise<KeyRing> => createKeyRing({ alg: 'ES256', store: storeOf(rows), now })
const bad = (change: object): readonly unknown[] => [{ ...GOOD, ...change }]
const privately = (change: object): readonly unknown[] =>
  bad({ privateJwk: JSON.stringify({ ...JSON.parse(GOOD.privateJwk ?? ''), ...change }) })
const publicly = (change: object): readonly unknown[] => bad({ publicJwk: { ...GOOD.publicJwk, ...change } })
const without = (...names: readonly string[]): readonly unknown[] => [
  Object.fromEntries(Object.entries(GOOD).filter(([name]) => !names.includes(name))),
]
const STRANGER = publicMembers(jwkFor('ES256', 1))

type Case = readonly [what: string, rows: unknown]

/** What is no list of rows. */
const MISSHAPEN: readonly Case[] = [
  ...[undefined, null, 5, 'rows', {}, { length: 1 }, { keys: [] }].map(
    (rows) => [`${JSON.stringify(rows)} for an array`, rows] as const,
  ),
  ...[undefined, null, 5, 'row', [], [GOOD], true].map((row) => [`${JSON.stringify(row)} for a row`, [row]] as const),
  ['a hole', new Array(1)],
  ['the same row twice', [GOOD, GOOD]],
  ['two rows of one kid', [GOOD, { ...GOOD, alg: 'EdDSA', publicJwk: null }]],
  ...['kid', 'alg', 'publishedAt', 'activateAt'].map((name) => [`no ${name}`, without(name)] as const),
  ...['kid', 'alg', 'privateJwk', 'reason'].flatMap((name) =>
    [5, true, {}, [], ''].map((value) => [`${JSON.stringify(value)} for ${name}`, bad({ [name]: value })] as const),
  ),
  ...['publishedAt', 'activateAt', 'retireAt', 'purgeAt', 'revokedAt'].flatMap((name) =>
    ['1790000000', Number.NaN, Number.POSITIVE_INFINITY, true, {}, new Date(NOW)].map(
      (value) => [`${String(value)} for ${name}`, bad({ [name]: value })] as const,
    ),
  ),
  ['a bigint for a time', bad({ publishedAt: BigInt(NOW) })],
  ...[5, 'text', true, [], '{"kty":"EC"}'].map(
    (value) => [`${JSON.stringify(value)} for publicJwk`, bad({ publicJwk: value })] as const,
  ),
  ...['none', 'ES521', 'A256GCM', 'RSA-OAEP', '__proto__'].map((alg) => [`alg ${alg}`, bad({ alg })] as const),
]

/** Rows whose keys do not open, or are not what the row says. */
const UNOPENED: readonly Case[] = [
  ['an algorithm that the key is not for', bad({ alg: 'ES384' })],
  ['neither half', without('publicJwk', 'privateJwk')],
  ['a private half without the public one', without('publicJwk')],
  ['a private key for the public half', bad({ publicJwk: { ...EC, kid: 'good', alg: 'ES256' } })],
  ['a secret for the public half', bad({ publicJwk: { ...jwkFor('HS256'), kid: 'good' } })],
  ['the public half of a stranger', publicly(STRANGER)],
  ['a public half of another name', publicly({ kid: 'other' })],
  ['a public half without a name', publicly({ kid: undefined })],
  ['a public half of another algorithm', publicly({ alg: 'ES384' })],
  ['a public half for encryption', publicly({ use: 'enc' })],
  ['a public half off the curve', publicly({ y: STRANGER.y })],
  ['a public half without kty', publicly({ kty: undefined })],
  ['a private half of another name', privately({ kid: 'other' })],
  ['a private half without a name', privately({ kid: undefined })],
  ['a private half of another algorithm', privately({ alg: 'ES384' })],
  ['a private half of a stranger', privately({ ...jwkFor('ES256', 1) })],
  // WebCrypto compares them at the first use.
  ...(HAS_SYNC ? [['a private half that is not one key', privately({ d: jwkFor('ES256', 1).d })] as const] : []),
  ['a private half for encryption', privately({ use: 'enc' })],
  ...['null', '[]', '5', '"x"', '{}', '{', 'x', '{"kid":"good","alg":"ES256"}', 'a.b.c.d.e'].map(
    (text) => [`${text} for the private half`, bad({ privateJwk: text })] as const,
  ),
]
const CODES = ['CS_KEY_INVALID', 'CS_KEY_TYPE', 'CS_UNSUPPORTED', 'CS_MALFORMED'] as const

for (const [what, rows] of [...MISSHAPEN, ...UNOPENED]) {
  test(`a store with ${what} is refused at the start, and later a ring goes on with the keys that it has`, async () => {
    const error = await fails(() => openOn(rows), ...CODES)
    assert.ok(!JSON.stringify(error).includes(EC.d ?? '?'))
    const { store, ring, events, signer, verifier } = await rig()
    const token = await signer.sign({})
    store.rows = rows
    await fails(() => ring.refresh(), ...CODES)
    assert.equal(events.at(-1)?.type, 'failed')
    assert.deepEqual(statesOf(ring), ['active', 'next'])
    assert.ok(await verifier.verify(token))
    assert.ok(await signer.sign({}))
  })
}

test('nothing is written to a store that is refused for its shape', async () => {
  for (const [what, rows] of MISSHAPEN) {
    const store = storeOf(rows)
    await fails(() => createKeyRing({ alg: 'ES256', store, now }), ...CODES)
    assert.equal(store.rows, rows, what)
  }
})

test('nothing is written to a store whose keys do not open', async () => {
  for (const [what, rows] of UNOPENED) {
    const store = storeOf(rows)
    await fails(() => createKeyRing({ alg: 'ES256', store, now }), ...CODES)
    assert.equal(store.rows, rows, what)
  }
})

test('every fault of a stored key is CS_KEY_INVALID, as the door says', async () => {
  const codes = new Set<string>()
  for (const [, rows] of [...MISSHAPEN, ...UNOPENED]) codes.add((await fails(() => openOn(rows))).code)
  assert.deepEqual(codes, new Set(['CS_KEY_INVALID']))
})

test('a public key is no private half', async () => {
  await fails(() => openOn(privately({ d: undefined })), 'CS_KEY_INVALID')
})

test('a row that is hurt for a while is taken again when it is whole', async () => {
  const { store, ring, signer, verifier } = await rig()
  const { rows } = store
  store.rows = [null]
  await fails(() => ring.refresh(), 'CS_KEY_INVALID')
  store.rows = rows
  await ring.refresh()
  assert.ok(await verifier.verify(await signer.sign({})))
})

test('a row that is refused within a transaction is not written over', async () => {
  const { store, ring } = await rig()
  const { rows } = store
  const hurt = [...store.keys, { kid: 'x' }]
  let asked = 0
  const late: KeyStore = {
    sealing: 'none',
    list: () => store.list(),
    async exclusive(work) {
      asked++
      store.rows = hurt
      return store.exclusive(work)
    },
  }
  const other = await createKeyRing({ alg: 'ES256', store: late, now })
  await fails(() => other.revoke(ring.list()[0]?.kid ?? ''), 'CS_KEY_INVALID')
  assert.deepEqual([asked, store.rows], [1, hurt])
  store.rows = rows
})

test('rows as a SQL driver gives them are taken: null where a column is empty, more columns, a prototype of its own', async () => {
  class Row {}
  const { store, other, signer, ring } = await rig()
  const token = await signer.sign({})
  await ring.revoke(ring.list()[1]?.kid ?? '', { reason: 'x' })
  const empty = { retireAt: null, purgeAt: null, revokedAt: null, reason: null, privateJwk: null, publicJwk: null }
  store.rows = store.keys.map((key) =>
    Object.assign(new Row(), empty, key, { use: 'sig', kek_id: null, created: new Date() }),
  )
  const again = await other()
  assert.deepEqual(again.list(), ring.list())
  assert.ok(await createSigner({ key: again, ...POLICY, expiresIn: 60 }).sign({}))
  assert.ok(token)
})

test('inherited members of a row count for nothing', async () => {
  await fails(() => openOn([Object.create(GOOD)]), 'CS_KEY_INVALID')
})

test('names that an object has are names like others', async () => {
  const rows = ['__proto__', 'constructor', 'toString'].map((kid, index) => ({
    ...GOOD,
    kid,
    activateAt: NOW - 10 + index,
    publicJwk: { ...GOOD.publicJwk, kid },
    privateJwk: JSON.stringify({ ...JSON.parse(GOOD.privateJwk ?? ''), kid }),
  }))
  const ring = await openOn(rows)
  assert.deepEqual(
    ring
      .list()
      .map(({ kid, state }) => [kid, state])
      .slice(0, 3),
    [
      ['__proto__', 'retired'],
      ['constructor', 'retired'],
      ['toString', 'active'],
    ],
  )
  await ring.revoke('__proto__')
  assert.equal(ring.list()[0]?.state, 'revoked')
})

test('a key of an algorithm that is not asked for verifies, and is not signed with', async () => {
  const other = await createKeyRing({ alg: 'EdDSA', store: storeOf([GOOD]), now })
  assert.equal(other.list().find(({ kid }) => kid === 'good')?.state, 'active')
})

test('a public half that no private half vouches for is not published, nor does it verify', async () => {
  const { store, ring, verifier, events } = await rig()
  const stranger: Jwk = { ...STRANGER, kid: 'stranger', alg: 'ES256', use: 'sig' }
  const times = { publishedAt: NOW - 9, activateAt: NOW - 9, retireAt: NOW - 5, purgeAt: NOW + 3600 }
  store.rows = [...store.keys, { kid: 'stranger', alg: 'ES256', publicJwk: stranger, ...times }]
  await ring.refresh().catch(() => undefined)
  assert.ok(!(await ring.publicJwks()).keys.some(({ kid }) => kid === 'stranger'))
  const key = importKey({ ...jwkFor('ES256', 1), alg: 'ES256', kid: 'stranger' })
  await refuses(verifier, await createSigner({ key, ...POLICY, expiresIn: 60 }).sign({}), 'CS_NO_KEY')
  assert.equal(events.at(-1)?.type, 'failed')
})

test('what a row says beside its key is not published', async () => {
  const [row] = publicly({ x5t: 'abc', junk: { d: 'secret' }, k: 'secret', p: 'secret', priv: 'secret', iss: 'x' })
  const [jwk] = (await (await openOn([row])).publicJwks()).keys
  assert.deepEqual(Object.keys(jwk ?? {}).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
})

test('a row of an algorithm that this runtime lacks is refused by its name', {
  skip: isHere('ES256K') && 'it has them all',
}, async () => {
  await fails(() => openOn([{ ...GOOD, alg: 'ES256K' }]), ...CODES)
})
