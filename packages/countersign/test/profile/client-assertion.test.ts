import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSigner, importKey, keySet, publicJwks, secretKey } from 'countersign'
import { createKeyRing, memoryStore } from 'countersign/keyring'
import { type ClientAssertionVerifier, type ClientAssertionVerifierOptions, clientAssertion } from 'countersign/profile'
import { expiringStore } from 'countersign/revocation'
import { fails, NOW, now } from '../support/forge.ts'
import { jwkFor, STRONG, verifyingKey } from '../support/keys.ts'
import { KEY, KEYS, newStore } from './kinds.ts'

const ISSUER = 'https://issuer.example'
const signer = clientAssertion.createSigner({ key: KEY, clientId: 'web', audience: ISSUER, now })
const options = { clients: { web: KEYS }, audience: ISSUER, now } as const
/** A store of its own for each attempt. */
const newVerifier = (more: Partial<ClientAssertionVerifierOptions> = {}): ClientAssertionVerifier =>
  create({ ...options, replay: newStore(), ...more })
const { createVerifier: create } = clientAssertion

const CLAIMS = { iss: 'web', sub: 'web', aud: ISSUER, iat: NOW, exp: NOW + 60, jti: 'one' }
const TYP = 'client-authentication+jwt'
const forge = (claims: object, typ: string = TYP, key = KEY): Promise<string> =>
  createSigner({ key, typ, expiresIn: 'never', now }).sign(claims as never)
const without = (name: keyof typeof CLAIMS): object =>
  Object.fromEntries(Object.entries(CLAIMS).filter(([other]) => other !== name))

// RFC 7523 §3.

for (const [why, claims, code] of [
  ['has no iss', without('iss'), 'CS_ISS'],
  ['has no sub', without('sub'), 'CS_CLAIM_MISSING'],
  ['has no aud', without('aud'), 'CS_CLAIM_MISSING'],
  ['has no exp', without('exp'), 'CS_CLAIM_MISSING'],
  ['has no jti', without('jti'), 'CS_CLAIM_MISSING'],
  ['is about somebody else', { ...CLAIMS, sub: 'alice' }, 'CS_CLAIM_VALUE'],
  ['comes from nobody known', { ...CLAIMS, iss: 'app', sub: 'app' }, 'CS_ISS'],
  ['comes from __proto__', { ...CLAIMS, iss: '__proto__', sub: '__proto__' }, 'CS_ISS'],
  ['comes from constructor', { ...CLAIMS, iss: 'constructor', sub: 'constructor' }, 'CS_ISS'],
  ['is for another server', { ...CLAIMS, aud: 'https://other.example' }, 'CS_AUD'],
  ['is for a path of this server', { ...CLAIMS, aud: `${ISSUER}/token` }, 'CS_AUD'],
  ['has expired', { ...CLAIMS, exp: NOW - 30 }, 'CS_EXPIRED'],
  ['is not valid yet', { ...CLAIMS, nbf: NOW + 31 }, 'CS_NOT_YET_VALID'],
  ['lives for longer than maxLifetime', { ...CLAIMS, exp: NOW + 331 }, 'CS_CLAIM_VALUE'],
  ['lives for ever', { ...CLAIMS, exp: 1e300 }, 'CS_CLAIM_VALUE'],
] as const) {
  test(`an assertion that ${why} is refused: ${code} (RFC 7523 §3)`, async () => {
    await fails(async () => newVerifier().verify(await forge(claims)), code)
  })
}

test('an assertion that names this server and another one could be used there, or comes from there', async () => {
  const several = { ...CLAIMS, aud: [ISSUER, 'https://other.example'] }
  await fails(async () => newVerifier().verify(await forge(several)), 'CS_AUD')
  await fails(async () => newVerifier().verify(await forge(several, `Application/${TYP}`)), 'CS_AUD')
  // Clients from before there was a type may name several.
  await newVerifier().verify(await forge(several, 'JWT'))
  await newVerifier().verify(await forge({ ...CLAIMS, aud: [ISSUER] }))
})

test('an assertion of another client, or by the key of another client, is refused', async () => {
  const stranger = importKey(jwkFor('ES256', 1))
  await fails(async () => newVerifier().verify(await forge(CLAIMS, TYP, stranger)), 'CS_SIGNATURE')
  const both = { web: KEYS, app: verifyingKey(jwkFor('ES256', 1)) }
  await fails(async () => newVerifier({ clients: both }).verify(await forge(CLAIMS, TYP, stranger)), 'CS_SIGNATURE')
})

test('an HMAC is for clients whose key is a secret, and no public key is one (attack 4)', async () => {
  const secret = secretKey(STRONG, 'HS256')
  const token = await clientAssertion.createSigner({ key: secret, clientId: 'web', audience: ISSUER, now }).sign()
  await fails(() => newVerifier().verify(token), 'CS_KEY_TYPE')
  assert.equal((await newVerifier({ clients: { web: secret } }).verify(token)).clientId, 'web')
})

for (const typ of ['jwt', 'JWT', 'application/jwt', TYP, `application/${TYP}`, TYP.toUpperCase()]) {
  test(`an assertion of type ${typ} is taken`, async () => {
    await newVerifier().verify(await forge(CLAIMS, typ))
  })
}
for (const typ of ['at+jwt', 'dpop+jwt', 'logout+jwt', 'oauth-authz-req+jwt', 'client-authentication', 'x']) {
  test(`an assertion of type ${typ} is none`, async () => {
    await fails(async () => newVerifier().verify(await forge(CLAIMS, typ)), 'CS_TYP')
  })
}

// Whose keys.

test('clients may be found: by a function, with keys in any form', async () => {
  for (const keys of [KEYS, [KEYS], keySet({ keys: [KEYS] }), await publicJwks([KEY])]) {
    const asked: string[] = []
    const clients = (clientId: string): typeof keys | undefined => {
      asked.push(clientId)
      return clientId === 'web' ? keys : undefined
    }
    const verifier = newVerifier({ clients })
    assert.equal((await verifier.verify(await signer.sign())).clientId, 'web')
    await fails(async () => verifier.verify(await forge({ ...CLAIMS, iss: 'app', sub: 'app' })), 'CS_ISS')
    assert.deepEqual(asked, ['web', 'app'])
  }
  await newVerifier({ clients: async () => KEYS }).verify(await signer.sign())
  await fails(async () => newVerifier({ clients: async () => null as never }).verify(await signer.sign()), 'CS_ISS')
})

test('clients that cannot be asked are no clients that are unknown (unavailable)', async () => {
  const down = (): never => assert.fail('the database is down')
  for (const clients of [down, async () => down()]) {
    const error = await fails(async () => newVerifier({ clients }).verify(await signer.sign()), 'CS_UNAVAILABLE')
    assert.equal(error.unavailable, true)
  }
})

// Attack 34: an assertion is used once.

test('attack 34: of 50 requests with one assertion at once exactly one is let in', async () => {
  const marks = new Set<string>()
  const replay = {
    async add(key: string) {
      await undefined
      return !marks.has(key) && marks.add(key).size > 0
    },
  }
  const verifier = newVerifier({ replay })
  const assertion = await signer.sign()
  const results = await Promise.all(Array.from({ length: 50 }, () => verifier.safeVerify(assertion)))
  assert.equal(results.filter(({ ok }) => ok).length, 1)
  for (const result of results) assert.ok(result.ok || result.error.code === 'CS_REPLAY')
})

test('attack 34: a jti is used once per client, whatever else the assertions say', async () => {
  const verifier = newVerifier({ clients: { web: KEYS, app: KEYS } })
  await verifier.verify(await forge(CLAIMS))
  await fails(async () => verifier.verify(await forge(CLAIMS)), 'CS_REPLAY')
  await fails(async () => verifier.verify(await forge({ ...CLAIMS, exp: NOW + 90 }, 'JWT')), 'CS_REPLAY')
  await verifier.verify(await forge({ ...CLAIMS, jti: 'two' }))
  await verifier.verify(await forge({ ...CLAIMS, iss: 'app', sub: 'app' }))
  // Names that run into each other when they are joined.
  await verifier.verify(await forge({ ...CLAIMS, iss: 'web', sub: 'web', jti: '","x' }))
})

test('attack 34: an assertion that is refused is not used up', async () => {
  const replay = newStore()
  const verifier = newVerifier({ replay })
  const shared = { ...CLAIMS, aud: [ISSUER, 'other'] }
  for (const claims of [{ ...CLAIMS, sub: 'alice' }, { ...CLAIMS, aud: 'other' }, { ...CLAIMS, exp: NOW - 60 }, shared])
    await fails(async () => verifier.verify(await forge(claims)))
  await fails(async () => verifier.verify(await forge(CLAIMS, 'at+jwt')), 'CS_TYP')
  assert.equal(replay.size, 0)
  await verifier.verify(await forge(CLAIMS))
})

test('attack 34: no hook sees an assertion that is refused for what it is', async () => {
  const verifier = newVerifier({ revoked: () => assert.fail('the hook was asked') })
  const shared = { ...CLAIMS, aud: [ISSUER, 'other'] }
  for (const token of [await forge(shared), await forge(CLAIMS, 'at+jwt'), await forge({ ...CLAIMS, sub: 'alice' })])
    await fails(() => verifier.verify(token), 'CS_AUD', 'CS_TYP', 'CS_CLAIM_VALUE')
})

test('attack 34: an assertion is remembered for as long as it would be taken, to the last moment', async () => {
  const clock = { time: NOW }
  const time = (): number => clock.time
  const verifier = newVerifier({ replay: expiringStore({ now: time }), now: time })
  const assertion = await forge(CLAIMS)
  await verifier.verify(assertion)
  for (clock.time of [NOW, NOW + 60, NOW + 89.9]) await fails(() => verifier.verify(assertion), 'CS_REPLAY')
  clock.time = NOW + 90
  await fails(() => verifier.verify(assertion), 'CS_EXPIRED')
})

for (const [why, add] of [
  ['throws', () => assert.fail('the store is down')],
  ['rejects', () => Promise.reject(new Error('the store is down'))],
  ['says nothing', () => undefined],
  ['says "OK"', () => 'OK'],
  ['says 1', () => 1],
] as const) {
  test(`attack 34: a store that ${why} lets nobody in (unavailable)`, async () => {
    const verifier = newVerifier({ replay: { add: add as never } })
    const error = await fails(async () => verifier.verify(await signer.sign()), 'CS_UNAVAILABLE')
    assert.equal(error.unavailable, true)
  })
}

// Options.

test('a verifier names its clients, its own name and a store', () => {
  const replay = newStore()
  for (const wrong of [
    {},
    { replay },
    { ...options },
    { ...options, replay: {} },
    { ...options, replay, clients: {} },
    { ...options, replay, clients: 'web' },
    { ...options, replay, clients: 7 },
    { ...options, replay, clients: { web: 'secret' } },
    { ...options, replay, audience: undefined },
    { ...options, replay, audience: 'any' },
    { ...options, replay, audience: [] },
    { ...options, replay, maxLifetime: '5 minutes' },
    { ...options, replay, clockTolerance: -1 },
    { ...options, replay, now: NOW },
    { ...options, replay, issuer: 'web' },
    { ...options, replay, keys: KEYS },
    { ...options, replay, typ: TYP },
    { ...options, replay, ignoreExp: true },
    { ...options, replay, cache: true },
  ])
    assert.throws(() => create(wrong as never), TypeError, JSON.stringify(wrong))
  assert.throws(() => create({ ...options, replay, clients: { web: { kty: 'EC' } as never } }), {
    code: 'CS_KEY_INVALID',
  })
})

test('a signer names the client and the one server', () => {
  const right = { key: KEY, clientId: 'web', audience: ISSUER }
  for (const wrong of [
    {},
    { ...right, clientId: '' },
    { ...right, clientId: undefined },
    { ...right, audience: [ISSUER] },
    { ...right, audience: undefined },
    { ...right, expiresIn: 'never ' },
    { ...right, expiresIn: 0 },
    { ...right, jti: false },
    { ...right, typ: 'JWT' },
  ])
    assert.throws(() => clientAssertion.createSigner(wrong as never), TypeError, JSON.stringify(wrong))
  assert.throws(() => clientAssertion.createSigner({ ...right, key: KEYS }), { code: 'CS_KEY_TYPE' })
})

// Accepted.

test('an assertion lives for a minute, and no two are the same (RFC 7523 §3)', async () => {
  const verifier = newVerifier()
  const { claims, header, clientId, key } = await verifier.verify(await signer.sign())
  const { jti, ...rest } = claims
  assert.match(jti, /^[0-9a-f-]{36}$/)
  assert.deepEqual(rest, { iss: 'web', sub: 'web', aud: ISSUER, iat: NOW, exp: NOW + 60 })
  assert.deepEqual([header.typ, header['kid'], clientId, key], [TYP, header.kid, 'web', KEYS])
  await verifier.verify(await signer.sign())
})

test('the longest life that is taken is maxLifetime and the tolerance', async () => {
  await newVerifier().verify(await forge({ ...CLAIMS, exp: NOW + 330 }))
  const strict = { maxLifetime: 60, clockTolerance: 0 }
  await newVerifier(strict).verify(await forge(CLAIMS))
  await fails(async () => newVerifier(strict).verify(await forge({ ...CLAIMS, exp: NOW + 61 })), 'CS_CLAIM_VALUE')
})

test('the keys of a client take turns, and hooks and schemas have their say', async () => {
  const ring = await createKeyRing({ alg: 'ES256', store: memoryStore() })
  const seconds = (): number => Math.floor(Date.now() / 1000)
  const turning = clientAssertion.createSigner({
    key: ring,
    alg: 'ES256',
    clientId: 'web',
    audience: ISSUER,
    expiresIn: 30,
  })
  const replay = expiringStore({ now: seconds })
  await create({ clients: { web: ring }, audience: ISSUER, replay }).verify(await turning.sign())
  await fails(async () => newVerifier({ revoked: () => true }).verify(await signer.sign()), 'CS_REVOKED')
})

test('safeVerify gives what verify gives, and the refusal as a value', async () => {
  const verifier = newVerifier()
  const assertion = await signer.sign()
  const good = await verifier.safeVerify(assertion)
  assert.ok(good.ok && good.clientId === 'web')
  const bad = await verifier.safeVerify(assertion)
  assert.ok(!bad.ok && bad.error.code === 'CS_REPLAY')
})
