import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDecrypter, createEncrypter, createSigner, generateKey, publicKey } from 'countersign'
import { signJws, verifyJws } from 'countersign/jws'
import { createKeyRing, memoryStore } from 'countersign/keyring'
import { DOORS } from '../support/doors.ts'
import { CLAIMS, fails, NOW, now, POLICY, refuses } from '../support/forge.ts'
import { nested } from '../support/jwe.ts'
import { isHere } from '../support/keys.ts'
import { HOUR, kidIn, kidOf, MINUTE, publishedBy, rig, statesOf } from './rig.ts'

const open = (alg: string, more = {}): ReturnType<typeof createKeyRing> =>
  createKeyRing({ alg, store: memoryStore(), now, ...more })
const common = { issuer: CLAIMS.iss, audience: CLAIMS.aud, now } as const
const misuse = (message: RegExp): object => ({ name: 'TypeError', message })
const ring = await open('ES256')
const several = await createKeyRing({ algs: ['ES256', 'RS256'], store: memoryStore(), now })

for (const { name, door } of DOORS) {
  // What is refused.

  test(`${name}: a signer of a ring refuses tokens that outlive its keys`, async () => {
    for (const expiresIn of [HOUR + 1, '61m', '1d', 'never'] as const)
      assert.throws(() => door.createSigner({ ...common, key: ring, expiresIn }), misuse(/tokenLifetime/))
    const signer = door.createSigner({ ...common, key: ring, expiresIn: '10m' })
    for (const expiresIn of [HOUR + 1, '1d', 'never'] as const)
      await assert.rejects(async () => signer.sign({}, { expiresIn }), misuse(/tokenLifetime/))
    const error = await fails(() => signer.sign({ exp: NOW + HOUR + 1 }), 'CS_CLAIM_TYPE')
    assert.match(error.hint, /tokenLifetime/)
    await fails(() => signer.sign({ exp: NOW + HOUR + 0.5 }), 'CS_CLAIM_TYPE')
    await fails(() => signer.sign({ exp: 1e300 }), 'CS_CLAIM_TYPE')
    await fails(() => signer.sign({ exp: null as never }), 'CS_CLAIM_TYPE')
  })

  test(`${name}: a signer of a ring makes tokens as long as the ring keeps its keys for them`, async () => {
    const signer = door.createSigner({ ...common, key: ring, expiresIn: '1h' })
    const verifier = door.createVerifier({ ...POLICY, keys: ring })
    for (const token of [
      await signer.sign({}),
      await signer.sign({}, { expiresIn: HOUR }),
      await signer.sign({ exp: NOW + HOUR }),
      await signer.sign({ iat: NOW - 500 }),
    ])
      assert.equal((await verifier.verify(token)).claims.exp, NOW + HOUR)
    const long = await open('ES256', { tokenLifetime: '1d' })
    assert.ok(door.createSigner({ ...common, key: long, expiresIn: '1d' }))
    assert.throws(() => door.createSigner({ ...common, key: long, expiresIn: '25h' }), misuse(/86400 s/))
  })

  test(`${name}: a signer takes no algorithm that the ring does not have, and asks where it has several`, () => {
    const signer = (key: typeof ring, alg?: unknown) =>
      door.createSigner({ ...common, key, expiresIn: 60, ...(alg !== undefined && { alg: alg as string }) })
    for (const alg of ['RS256', 'ES384', 'HS256', 'none', '', 'es256', null, 5])
      assert.throws(() => signer(ring, alg), misuse(/none of those of the key ring: ES256/))
    assert.throws(() => signer(several), misuse(/signs with ES256, RS256: say which/))
    assert.throws(() => signer(several, 'PS256'), misuse(/none of those of the key ring: ES256, RS256/))
  })

  test(`${name}: what only looks like a ring is none`, () => {
    for (const key of [{ ...ring }, Object.create(ring), JSON.parse(JSON.stringify(ring)), memoryStore()])
      assert.throws(() => door.createSigner({ ...common, key, expiresIn: 60 }), misuse(/make a Key/))
  })

  test(`${name}: a ring encrypts nothing and decrypts nothing`, async () => {
    await fails(async () => {
      const encrypter = door.createEncrypter({ key: ring, alg: 'ECDH-ES', expiresIn: 60 })
      return encrypter.encrypt({})
    }, 'CS_NO_KEY')
    const key = await generateKey('ECDH-ES', { crv: 'P-256' })
    const token = await createEncrypter({ key: await publicKey(key), expiresIn: 60, now }).encrypt({})
    const policy = { issuer: 'any', audience: 'any', unsigned: 'accept', now } as const
    await fails(async () => door.createDecrypter({ ...policy, keys: ring }).decrypt(token), 'CS_NO_KEY')
  })

  test(`${name}: a verifier of a ring refuses the tokens of another ring, and says that nobody has the kid`, async () => {
    const other = await open('ES256')
    const token = await createSigner({ ...common, key: other, expiresIn: 60 }).sign({})
    await refuses(door.createVerifier({ ...POLICY, keys: ring }), token, 'CS_NO_KEY')
  })

  test(`${name}: a verifier of a ring refuses an algorithm that its allow-list lacks`, async () => {
    const token = await createSigner({ ...common, key: several, alg: 'RS256', expiresIn: 60 }).sign({})
    await refuses(door.createVerifier({ ...POLICY, keys: several, algorithms: ['ES256'] }), token, 'CS_ALG')
    assert.ok(await door.createVerifier({ ...POLICY, keys: several, algorithms: ['RS256'] }).verify(token))
  })

  // What works.

  for (const alg of ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'HS256', 'HS512', 'ML-DSA-44']) {
    test(`${name}: a ring signs and verifies by ${alg}`, { skip: !isHere(alg) && `no ${alg} here` }, async () => {
      const own = await open(alg)
      const token = await door.createSigner({ ...common, key: own, expiresIn: '10m' }).sign({ sub: 'alice' })
      const { claims, header, key } = await door.createVerifier({ ...POLICY, keys: own }).verify(token)
      const active = kidIn(own, 'active')
      assert.deepEqual([claims.sub, header.alg, header.kid, key.kid], ['alice', alg, active, active])
      assert.equal((await publishedBy(own)).length, alg.startsWith('HS') ? 0 : 2)
    })
  }

  test(`${name}: each algorithm of a ring has keys of its own`, async () => {
    assert.deepEqual(statesOf(several), ['active', 'active', 'next', 'next'])
    const verifier = door.createVerifier({ ...POLICY, keys: several })
    for (const alg of ['ES256', 'RS256']) {
      const token = await door.createSigner({ ...common, key: several, alg, expiresIn: 60 }).sign({})
      assert.equal(kidOf(token), kidIn(several, 'active', alg))
      assert.equal((await verifier.verify(token)).header.alg, alg)
    }
  })

  test(`${name}: a signer follows its ring, and its verifier knows the old key and the new one`, async () => {
    const { clock, ring: own } = await rig()
    const time = (): number => clock.time
    const signer = door.createSigner({ ...common, now: time, key: own, expiresIn: '1h' })
    const verifier = door.createVerifier({ ...POLICY, now: time, keys: own })
    const [first, second] = own.list()
    const early = await signer.sign({})
    clock.time = (second?.activateAt ?? 0) - 1
    await own.refresh()
    const last = await signer.sign({})
    clock.time += 1
    const after = await signer.sign({})
    assert.deepEqual([early, last, after].map(kidOf), [first?.kid, first?.kid, second?.kid])
    assert.equal((await verifier.verify(last)).key.kid, first?.kid)
    assert.equal((await verifier.verify(after)).key.kid, second?.kid)
  })
}

test('signJws and verifyJws take a ring, in every serialization and beside other signers', async () => {
  const key = await generateKey('EdDSA')
  const kid = kidIn(ring, 'active')
  for (const serialization of ['compact', 'flattened', 'general'] as const) {
    const token = await signJws('payload', { key: ring, serialization })
    const { header, key: used } = await verifyJws(token as string, { keys: ring })
    assert.deepEqual([header.alg, header.kid, used.kid], ['ES256', kid, kid])
  }
  const both = await signJws('payload', { signers: [{ key }, { key: several, alg: 'RS256' }, { key: ring }] })
  assert.equal((await verifyJws(both, { keys: several })).header.alg, 'RS256')
  assert.equal((await verifyJws(both, { keys: ring })).header.kid, kid)
  const named = await signJws('payload', { key: several, protected: { alg: 'ES256', typ: 'x' } })
  assert.equal((await verifyJws(named as string, { keys: several })).header.alg, 'ES256')
})

test('signJws refuses what a signer refuses', async () => {
  await assert.rejects(async () => signJws('x', { key: several }), misuse(/say which/))
  await assert.rejects(async () => signJws('x', { key: ring, alg: 'RS256' }), misuse(/none of those of the key ring/))
  const header = { alg: 'RS256' }
  await assert.rejects(async () => signJws('x', { key: ring, protected: header }), misuse(/none of those/))
  await refuses(
    { verify: (token) => verifyJws(token, { keys: several }) },
    await signJws('x', { key: ring }),
    'CS_NO_KEY',
  )
})

test('a nested JWT is signed by a ring and opened by it, before and after a rotation', async () => {
  const { clock, ring: own, signer, verifier } = await rig()
  const key = await generateKey('ECDH-ES', { crv: 'P-256' })
  const encrypter = createEncrypter({ key: await publicKey(key) })
  const decrypter = createDecrypter(nested(key, verifier))
  const seal = (): Promise<string> => encrypter.encrypt({ sub: 'alice' }, { sign: signer })
  clock.time = (own.list()[1]?.activateAt ?? 0) - MINUTE
  const before = await seal()
  clock.time += MINUTE
  for (const token of [before, await seal()]) assert.equal((await decrypter.decrypt(token)).claims.sub, 'alice')
  await own.revoke(own.list()[0]?.kid ?? '')
  await fails(() => decrypter.decrypt(before), 'CS_NO_KEY')
})

test('a token without kid is refused where two keys of a ring fit it', async () => {
  const token = await signJws(JSON.stringify(CLAIMS), { key: ring, protected: { typ: 'JWT', kid: undefined } })
  await refuses({ verify: (text) => verifyJws(text, { keys: ring }) }, token, 'CS_AMBIGUOUS_KEY')
})
