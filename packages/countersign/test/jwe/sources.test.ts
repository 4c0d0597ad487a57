import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  exportJwk,
  importKey,
  type JoseHeader,
  type Key,
  type Keys,
  keySet,
  publicJwks,
  publicKey,
  type RemoteKeySet,
  remoteKeySet,
  secretKey,
  thumbprint,
} from 'countersign'
import { decryptJwe, encryptJwe, type JoseError } from 'countersign/jwe'
import { DOORS } from '../support/doors.ts'
import { fails, NOW } from '../support/forge.ts'
import { jwkFor, publicMembers } from '../support/keys.ts'
import { headerOf, OCTETS } from './keys.ts'

const ALG = 'ECDH-ES'
const private_ = (maker: string, which: 0 | 1, options = {}): Key => importKey(jwkFor(maker, which), options)
const [current, former] = [
  private_('ES256', 0, { alg: ALG, kid: 'new' }),
  private_('ES256', 1, { alg: ALG, kid: 'old' }),
]
const sealedFor = async (key: Key): Promise<string> => encryptJwe('x', { key: await publicKey(key) })
const [forCurrent, forFormer] = [await sealedFor(current), await sealedFor(former)]
const kek = (mask: number, kid?: string): Key =>
  secretKey(
    OCTETS.map((octet) => octet ^ mask),
    'A256KW',
    kid === undefined ? {} : { kid },
  )

const open = async (token: string, keys: Keys): Promise<Key> => (await decryptJwe(token, { keys })).key

// Keys to decrypt with.

test('a key set selects by kid, so a token for the former key opens beside the current one', async () => {
  const keys = keySet({ keys: [current, former] })
  assert.equal(await open(forCurrent, keys), current)
  assert.equal(await open(forFormer, keys), former)
  const error = await fails(() => open(forFormer, keySet({ keys: [current] })), 'CS_NO_KEY')
  assert.match(error.message, /"old"/)
})

test('a key set knows a key without kid by its thumbprint', async () => {
  const bare = private_('ES384', 0)
  const token = await encryptJwe('x', { key: await publicKey(bare), alg: ALG })
  assert.equal(headerOf(token.split('.')[0])['kid'], await thumbprint(bare))
  assert.equal(await open(token, keySet({ keys: [current, bare] })), bare)
})

test('a kid that two keys of a set have, or no kid where two fit, is ambiguous', async () => {
  const [one, two] = [kek(1, 'same'), kek(2, 'same')]
  const [named, bare] = [await encryptJwe('x', { key: one }), await encryptJwe('x', { key: kek(1) })]
  await fails(() => open(named, keySet({ keys: [one, two] })), 'CS_AMBIGUOUS_KEY')
  await fails(() => open(bare, keySet({ keys: [kek(1), kek(2)] })), 'CS_AMBIGUOUS_KEY')
  await fails(() => open(bare, keySet({ keys: [secretKey(OCTETS, 'A256GCM')] })), 'CS_NO_KEY')
  const only = kek(1)
  assert.equal(await open(bare, keySet({ keys: [only] })), only)
})

test('keys of one kid that differ in what they are for are told apart', async () => {
  const [wrap, other] = [kek(1, 'same'), secretKey(OCTETS, 'A256GCM', { kid: 'same' })]
  const keys = keySet({ keys: [other, wrap] })
  for (const key of [wrap, other]) assert.equal(await open(await encryptJwe('x', { key }), keys), key)
})

test('keys in an array are each tried, and neither one that does not fit nor one that does not open hides the next', async () => {
  const bare = await encryptJwe('x', { key: kek(1) })
  const right = kek(1)
  assert.equal(await open(bare, [current, secretKey(OCTETS), kek(2), kek(3), right, kek(4)]), right)
  await fails(() => open(bare, [current, kek(2), kek(3)]), 'CS_DECRYPTION')
  await fails(() => open(bare, [current, former]), 'CS_NO_KEY')
  assert.equal(await open(bare, Array<Key>(8).fill(right)), right)
  await assert.rejects(open(bare, Array<Key>(9).fill(right)), { name: 'TypeError', message: /at most 8/ })
})

test('a raw JWK, several of them and a raw JWK Set are keys as well', async () => {
  const jwk = await exportJwk(current)
  for (const keys of [jwk, [jwkFor('RS256'), jwk], { keys: [jwkFor('RS256'), jwk] }])
    assert.equal((await open(forCurrent, keys)).kid, 'new')
  await fails(() => open(forCurrent, publicMembers(jwk)), 'CS_KEY_TYPE')
  await fails(() => open(forCurrent, { keys: [publicMembers(jwk)] }), 'CS_NO_KEY')
  await fails(() => open(forCurrent, { keys: [jwk, jwkFor('HS256')] }), 'CS_JWKS_INVALID')
})

test('a function is asked with the header of the token, and may answer later', async () => {
  const asked: JoseHeader[] = []
  const find = (header: JoseHeader): Key | undefined => {
    asked.push(header)
    return header.kid === 'new' ? current : undefined
  }
  assert.equal(await open(forCurrent, find), current)
  assert.equal(await open(forCurrent, async (header) => find(header)), current)
  assert.equal(await open(forCurrent, () => [former, current]), current)
  await fails(() => open(forFormer, find), 'CS_NO_KEY')
  assert.deepEqual(
    asked.map(({ alg, enc, kid }) => [alg, enc, kid]),
    [...Array(2).fill([ALG, 'A256GCM', 'new']), [ALG, 'A256GCM', 'old']],
  )
})

test('a function that throws makes the token unavailable; one that gives no key, or none that fits, refuses it', async () => {
  for (const thrown of [new Error('down'), new TypeError('undefined is not an object'), 'text', undefined]) {
    const find = (): never => {
      throw thrown
    }
    for (const keys of [find, async () => find()]) {
      const error = await fails(() => open(forCurrent, keys), 'CS_UNAVAILABLE')
      assert.deepEqual([error.unavailable, error.cause], [true, thrown])
    }
  }
  for (const gives of [undefined, null, {}, 'x', [], [undefined], await exportJwk(current), Array(9).fill(current)])
    await fails(() => open(forCurrent, () => gives as Key), 'CS_NO_KEY')
  await fails(() => open(forCurrent, () => kek(1)), 'CS_KEY_TYPE')
  const half = await publicKey(current)
  await fails(() => open(forCurrent, () => half), 'CS_KEY_TYPE')
  await fails(() => open(forCurrent, () => [kek(1), kek(2)]), 'CS_NO_KEY')
})

// Keys to encrypt with.

const signing = { ...publicMembers(jwkFor('ES256')), use: 'sig', kid: 'signs' }
const silent = { ...publicMembers(jwkFor('ES384')), kid: 'says nothing' }
const sealing = { ...publicMembers(jwkFor('ES256', 1)), use: 'enc', kid: 'encrypts' }
const named = { ...publicMembers(jwkFor('ES512')), alg: ALG, kid: 'is named' }

const kidOf = async (key: Keys, alg = ALG): Promise<unknown> =>
  headerOf((await encryptJwe('x', { key, alg })).split('.')[0])['kid']

test('of a key set the first key is taken that says it is for encryption, or else the first that fits', async () => {
  for (const [keys, kid] of [
    [[signing, silent, sealing, named], 'encrypts'],
    [[signing, silent, named, sealing], 'is named'],
    [[signing, silent], 'says nothing'],
    [[sealing], 'encrypts'],
  ] as const) {
    assert.equal(await kidOf(keySet({ keys })), kid)
    assert.equal(await kidOf({ keys }), kid)
  }
  await fails(() => kidOf(keySet({ keys: [signing, publicMembers(jwkFor('RS256'))] })), 'CS_NO_KEY')
  await fails(() => kidOf(keySet({ keys: [] })), 'CS_NO_KEY')
  await fails(() => kidOf(keySet({ keys: [jwkFor('ES256')] })), 'CS_NO_KEY')
  assert.equal(await kidOf(keySet({ keys: [kek(1, 'secret'), kek(2, 'other')] }), 'A256KW'), 'secret')
})

test('of keys in an array the first is taken that fits', async () => {
  assert.equal(await kidOf([signing, silent, sealing]), 'says nothing')
  await fails(() => kidOf([signing, publicMembers(jwkFor('RS256'))]), 'CS_NO_KEY')
  await fails(() => kidOf([signing]), 'CS_KEY_TYPE')
})

test('a function gives the key to encrypt with, now or later', async () => {
  const key = await publicKey(current)
  const asked: unknown[] = []
  for (const find of [() => key, async () => key, () => [kek(1), key]]) assert.equal(await kidOf(find), 'new')
  await kidOf((header) => {
    asked.push(header.alg)
    return key
  })
  assert.deepEqual(asked, [ALG])
  await fails(() => kidOf(() => undefined), 'CS_NO_KEY')
  await fails(() => kidOf(() => current), 'CS_KEY_TYPE')
  const error = await fails(() => kidOf(() => Promise.reject(new Error('down'))), 'CS_UNAVAILABLE')
  assert.equal(error.unavailable, true)
})

test('a function that gives a shared key is told that it is for dir', async () => {
  const key = secretKey(OCTETS, 'A256GCM')
  const asked: unknown[] = []
  const find = ({ alg }: JoseHeader): Key => {
    asked.push(alg)
    return key
  }
  const token = await encryptJwe('x', { key: find, alg: 'dir' })
  assert.equal((await decryptJwe(token, { keys: find })).key, key)
  assert.deepEqual(asked, ['dir', 'dir'])
})

/** A set behind a fetch that answers as told, with a clock that is told too. */
function rig(): { readonly state: { time: number; requests: number; jwks: unknown }; readonly keys: RemoteKeySet } {
  const state = { time: NOW, requests: 0, jwks: {} as unknown }
  const keys = remoteKeySet('https://client.example/jwks.json', {
    now: () => state.time,
    fetch: async () => {
      state.requests++
      return new Response(JSON.stringify(state.jwks))
    },
  })
  return { state, keys }
}

test('a remote set is followed as its keys rotate, and asked no more often than it allows', async () => {
  const { state, keys } = rig()
  state.jwks = { keys: [signing, ...(await publicJwks([former])).keys] }
  assert.equal(await kidOf(keys), 'old')
  state.jwks = { keys: [signing, ...(await publicJwks([current, former])).keys] }
  assert.equal(await kidOf(keys), 'old')
  assert.equal(state.requests, 1)
  state.time += 600
  assert.equal(await kidOf(keys), 'new')
  assert.equal(state.requests, 2)
})

test('a remote set without a key for encryption is asked again, but not sooner than five seconds after the last time', async () => {
  const { state, keys } = rig()
  state.jwks = { keys: [signing] }
  await fails(() => kidOf(keys), 'CS_NO_KEY')
  state.jwks = { keys: [signing, sealing] }
  await fails(() => kidOf(keys), 'CS_NO_KEY')
  assert.equal(state.requests, 1)
  state.time += 5
  assert.equal(await kidOf(keys), 'encrypts')
  assert.equal(state.requests, 2)
})

test('a remote set that cannot be had makes encrypting unavailable, and one with secrets in it is refused', async () => {
  const { state, keys } = rig()
  for (const jwks of [{}, { keys: [jwkFor('HS256')] }, { keys: [jwkFor('ES256')] }]) {
    state.jwks = jwks
    state.time += 5
    const error = await fails(() => kidOf(keys), 'CS_JWKS_INVALID')
    assert.equal(error.unavailable, true)
  }
})

// JWTs take their keys in the same ways, on both doors.

const policy = { issuer: 'any', audience: 'any', unsigned: 'accept', requireExp: false } as const
const forOne = async (key: Keys, alg?: string): Promise<string> =>
  DOORS[0].door.createEncrypter({ key, expiresIn: 'never', ...(alg && { alg }) }).encrypt({})

for (const { name, door } of DOORS) {
  test(`${name}: a decrypter takes a key, several, a set, a JWK, a JWK Set and a function`, async () => {
    const token = await forOne(await publicKey(current))
    const jwk = await exportJwk(current)
    const sources: readonly Keys[] = [
      current,
      [former, current],
      keySet({ keys: [former, current] }),
      jwk,
      { keys: [jwk] },
      ({ kid }) => (kid === 'new' ? current : undefined),
    ]
    for (const keys of sources)
      assert.equal((await door.createDecrypter({ ...policy, keys }).decrypt(token)).key.kid, 'new')
  })

  test(`${name}: a decrypter follows its set from the former key to the current one, and no further`, async () => {
    const decrypter = door.createDecrypter({ ...policy, keys: keySet({ keys: [current, former] }) })
    for (const key of [current, former])
      assert.equal((await decrypter.decrypt(await forOne(await publicKey(key)))).key, key)
    await fails(async () => decrypter.decrypt(await forOne({ ...sealing, alg: ALG })), 'CS_NO_KEY')
  })

  test(`${name}: an encrypter takes a set or a function where its alg is named, and asks for each token`, async () => {
    const key = await publicKey(current)
    const kid = async (encrypter: { encrypt(claims: object): unknown }): Promise<unknown> =>
      headerOf(String(await encrypter.encrypt({})).split('.')[0])['kid']
    const options = { alg: ALG, expiresIn: 'never' } as const
    assert.equal(
      await kid(door.createEncrypter({ ...options, key: keySet({ keys: [signing, silent, sealing] }) })),
      'encrypts',
    )
    let which: Key = await publicKey(former)
    const asking = door.createEncrypter({ ...options, key: () => which })
    assert.equal(await kid(asking), 'old')
    which = key
    assert.equal(await kid(asking), 'new')
    const failing = door.createEncrypter({
      ...options,
      key: () => {
        throw new Error('down')
      },
    })
    await fails(() => failing.encrypt({}), 'CS_UNAVAILABLE')
    for (const several of [keySet({ keys: [sealing] }), () => key, [key], { keys: [sealing] }])
      assert.throws(() => door.createEncrypter({ key: several, expiresIn: 60 }), {
        name: 'TypeError',
        message: /alg is needed/,
      })
  })

  test(`${name}: an encrypter follows a remote set that was loaded, as its keys rotate`, async () => {
    const { state, keys } = rig()
    const encrypter = door.createEncrypter({ key: keys, alg: ALG, expiresIn: 'never' })
    const kid = async (): Promise<unknown> => headerOf((await encrypter.encrypt({})).split('.')[0])['kid']
    state.jwks = await publicJwks([former])
    if (name === 'countersign/sync') {
      const error: JoseError = await fails(() => encrypter.encrypt({}), 'CS_UNAVAILABLE')
      assert.match(error.hint, /load\(\)/)
    }
    await keys.load()
    assert.equal(await kid(), 'old')
    state.jwks = await publicJwks([current])
    state.time += 600
    await keys.load()
    assert.equal(await kid(), 'new')
    assert.equal(state.requests, 2)
  })
}

for (const { door } of DOORS.slice(1)) {
  test('countersign/sync refuses what only a promise could answer, to encrypt with and to decrypt with', async () => {
    const token = await forOne(await publicKey(current))
    const key = await publicKey(current)
    const encrypter = (find: Keys) => door.createEncrypter({ key: find, alg: ALG, expiresIn: 60 })
    const decrypter = (find: Keys) => door.createDecrypter({ ...policy, keys: find })
    assert.throws(() => encrypter(async () => key), { name: 'TypeError', message: /async function/ })
    assert.throws(() => decrypter(async () => current), { name: 'TypeError', message: /async function/ })
    for (const find of [() => Promise.resolve(key), () => Promise.reject(new Error('down'))]) {
      assert.throws(() => encrypter(find).encrypt({}), { name: 'TypeError', message: /promise/ })
      assert.throws(() => decrypter(find).decrypt(token), { name: 'TypeError', message: /promise/ })
      assert.throws(() => decrypter(find).safeDecrypt(token), { name: 'TypeError', message: /promise/ })
    }
  })
}
