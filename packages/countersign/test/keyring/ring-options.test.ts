import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createKeyRing,
  fileStore,
  type KeyRingOptions,
  type KeyStore,
  memoryStore,
  type RingAlgorithm,
} from 'countersign/keyring'
import { fails, now } from '../support/forge.ts'
import { isHere } from '../support/keys.ts'
import { RiggedStore, rig } from './rig.ts'

/** What `createKeyRing` makes of options, right or wrong. */
const made = (options: object): Promise<unknown> => createKeyRing({ now, ...options } as KeyRingOptions)
const store = memoryStore()
const misuse = (message: RegExp): object => ({ name: 'TypeError', message })

const REFUSED: readonly (readonly [what: string, options: object, message: RegExp])[] = [
  ['an unknown option', { alg: 'ES256', store, overlaps: '2h' }, /no option "overlaps"/],
  ['a misspelt name', { alg: 'ES256', store, tokenlifetime: 60 }, /no option "tokenlifetime"/],
  ['neither alg nor algs', { store }, /give alg, or several in algs/],
  ['alg and algs', { alg: 'ES256', algs: ['ES256'], store }, /give alg, or several in algs/],
  ['no algorithm in algs', { algs: [], store }, /at least one algorithm/],
  ['a text in place of algs', { algs: 'ES256', store }, /at least one algorithm/],
  ['an algorithm twice', { algs: ['ES256', 'EdDSA', 'ES256'], store }, /twice/],
  ['an algorithm twice in two spellings', { algs: ['ES256', { alg: 'ES256' }], store }, /twice/],
  ['an HMAC beside a signature', { algs: ['HS256', 'ES256'], store }, /secrets or key pairs/],
  ['an algorithm for encryption', { alg: 'RSA-OAEP', store }, /alg "RSA-OAEP" is none of/],
  ['content encryption', { alg: 'A256GCM', store }, /is none of/],
  ['none', { alg: 'none', store }, /alg "none" is none of/],
  ['another casing', { alg: 'es256', store }, /is none of/],
  ['an inherited name', { alg: 'constructor', store }, /is none of/],
  ['an empty alg', { alg: '', store }, /is none of/],
  ['a hole in algs', { algs: [undefined], store }, /an algorithm of a ring/],
  ['null for alg', { alg: null, store }, /an algorithm of a ring/],
  ['an algorithm without alg', { alg: { bits: 2048 }, store }, /is none of/],
  ['an option that an algorithm does not have', { alg: { alg: 'ES256', kid: 'x' }, store }, /no option "kid"/],
  ['no store', { alg: 'ES256' }, /store is nothing without a method list/],
  ['null for a store', { alg: 'ES256', store: null }, /store is null/],
  ['a directory for a store', { alg: 'ES256', store: './keys' }, /store is a string/],
  ['a store that cannot list', { alg: 'ES256', store: { ...store, list: undefined } }, /without a method list/],
  ['a store without transactions', { alg: 'ES256', store: { list: store.list } }, /without a method exclusive/],
  ['a time in place of a clock', { alg: 'ES256', store, now: 5 }, /now is a function/],
  ['a clock without numbers', { alg: 'ES256', store, now: () => 'noon' }, /now\(\) gave "noon"/],
  ['no sealing', { alg: 'ES256', store: { ...store, sealing: undefined } }, /sealing of a key store/],
  ['no options', undefined as never, /give alg/],
]

for (const [what, options, message] of REFUSED) {
  test(`createKeyRing refuses ${what}, by a promise`, async () => {
    await assert.rejects(made(options), misuse(message))
  })
}

for (const options of [undefined, null, 'ES256', 5]) {
  test(`createKeyRing refuses ${String(options)} for its options`, async () => {
    await assert.rejects(createKeyRing(options as never), misuse(/options object/))
  })
}

const UNFIT: readonly RingAlgorithm[] = [
  { alg: 'ES256', bits: 2048 },
  { alg: 'RS256', bits: 1024 },
  { alg: 'RS256', bits: 2049 },
  { alg: 'HS256', bits: 128 },
  { alg: 'EdDSA', crv: 'P-256' },
  { alg: 'RS256', crv: 'P-256' },
]
for (const alg of UNFIT) {
  test(`createKeyRing refuses ${JSON.stringify(alg)} as a mistake of the program`, async () => {
    const rigged = new RiggedStore()
    await assert.rejects(made({ alg, store: rigged }), { name: 'TypeError' })
    assert.deepEqual([rigged.looks, rigged.turns], [0, 0])
  })
}

test('a rotation does not fail for a size that the ring took at its start', async () => {
  const { store: kept } = await rig()
  await assert.rejects(made({ alg: { alg: 'ES256', bits: 2048 }, store: kept }), { name: 'TypeError' })
})

test('an algorithm may come with the size or the curve of its keys', async () => {
  if (isHere('RS256')) {
    const { store } = await rig({ alg: { alg: 'RS256', bits: 2560 } })
    for (const { publicJwk } of store.keys) assert.equal(publicJwk?.n?.length, Math.ceil((2560 * 4) / 3 / 8))
  }
  const { store: secrets } = await rig({ alg: { alg: 'HS256', bits: 512 } })
  for (const { privateJwk = '' } of secrets.keys) assert.equal(JSON.parse(privateJwk).k.length, 86)
  if (!isHere('Ed448')) return
  const { store: curves } = await rig({ alg: { alg: 'EdDSA', crv: 'Ed448' } })
  for (const { publicJwk } of curves.keys) assert.equal(publicJwk?.crv, 'Ed448')
})

test('an algorithm that this runtime lacks is refused as such, and nothing is stored', {
  skip: isHere('ES256K') && 'it has them all',
}, async () => {
  const rigged = new RiggedStore()
  await fails(() => made({ alg: 'ES256K', store: rigged }), 'CS_UNSUPPORTED')
  assert.deepEqual(rigged.rows, [])
})

test('options that are undefined are those that are left out', async () => {
  const ring = await createKeyRing({ alg: 'ES256', algs: undefined, store, now: undefined } as never)
  assert.equal(ring.list().length, 2)
})

test('a store may inherit its methods', async () => {
  class Inherited extends RiggedStore {}
  const { ring } = await rig({ store: new Inherited() })
  assert.equal(ring.list().length, 2)
})

test('fileStore refuses what is no directory, and options that are none', () => {
  const kek = new Uint8Array(32)
  for (const directory of ['', undefined, null, 5, {}, { href: 5 }])
    assert.throws(() => fileStore(directory as string, { kek }), { name: 'TypeError' })
  for (const options of [undefined, null, 'secret', { keks: kek }])
    assert.throws(() => fileStore('keys', options as never), { name: 'TypeError' })
})

test('a store has to say how private keys are sealed, and says so with one way alone', async () => {
  const kek = new Uint8Array(32).fill(7)
  const sealings: readonly unknown[] = [
    ...['', 'sealed', null, 5, {}, { kek, passphrase: 'x' }, { keks: kek }],
    ...[{ passphrase: 5 }, { passphrase: null }, { kek, previous: {} }, { kek, previous: { previous: { kek } } }],
  ]
  for (const sealing of sealings) {
    const rigged: KeyStore = Object.assign(new RiggedStore(), { sealing: sealing as never })
    await assert.rejects(made({ alg: 'ES256', store: rigged }), { name: 'TypeError' }, JSON.stringify(sealing))
  }
})
